//! units.toml, desks.toml and services.toml: departments and agencies, their windows, and what these offer.

use std::collections::BTreeMap;

use call::ids::{DeskNo, Name, ServiceCode, UnitCode};
use call::plan::{Desk, Hunt, Service, Unit, UnitKind};

use crate::fault::{At, Faults};
use crate::known::Known;
use crate::people::{Roster, members};
use crate::problem::{Kind, Problem, What};
use crate::sheet::Table;
use crate::words;

const KINDS: &[(&str, UnitKind)] = &[("department", UnitKind::Department), ("agency", UnitKind::Agency)];
const HUNTS: &[(&str, Hunt)] =
    &[("sequential", Hunt::Sequential), ("all", Hunt::All), ("longest_idle", Hunt::LongestIdle)];

/// A unit whose contacts are still staff numbers: staff refer to units and units to staff.
pub(crate) struct UnitRow {
    name: Name,
    kind: UnitKind,
    contacts: Vec<At<String>>,
}

/// Desks by number.
pub(crate) type Desks = Known<DeskNo, Desk>;

/// Reads units.toml.
pub(crate) fn unit_rows(root: Table<'_>, faults: &Faults) -> Known<String, UnitRow> {
    let file = root.spot().file;
    let mut units = Known::new(What::Unit);
    for row in root.tables("unit") {
        let code = row.need_parsed("code", Kind::Unit, words::code);
        let name = row.need("name");
        let kind = row.word("kind", KINDS, UnitKind::Department);
        let contacts = row.all_parsed("contacts", Kind::Staff, words::staff);
        if contacts.is_empty() {
            row.blame("contacts", Problem::missing("contacts"));
        }
        if let (Some(code), Some(name)) = (code, name) {
            let unit = UnitRow { name: name.value.into(), kind, contacts };
            units.insert(faults, &code, code.value.clone(), unit);
        }
        row.done();
    }
    root.done();
    units.finish(faults, file)
}

/// Gives the units their contacts.
pub(crate) fn units(
    rows: Known<String, UnitRow>,
    roster: &Roster,
    faults: &Faults,
) -> BTreeMap<UnitCode, Unit> {
    let unit = |(code, row): (String, UnitRow)| {
        let code = UnitCode(code.into());
        let contacts = members(&row.contacts, roster, faults);
        (code.clone(), Unit { code, name: row.name, kind: row.kind, contacts })
    };
    rows.into_map().into_iter().map(unit).collect()
}

/// Reads desks.toml.
pub(crate) fn desks(
    root: Table<'_>,
    units: &Known<String, UnitRow>,
    roster: &Roster,
    faults: &Faults,
) -> Desks {
    let file = root.spot().file;
    let mut desks = Known::new(What::Desk);
    for row in root.tables("desk") {
        let shown = row.need("no");
        let no = row.parsed("no", Kind::Desk, words::desk);
        let name = row.need("name");
        let unit = row.need_parsed("unit", Kind::Unit, words::code);
        let unit = unit.filter(|code| units.find(faults, code, &code.value).is_some());
        let straight = row.flag("straight", false);
        let hunt = row.word("hunt", HUNTS, Hunt::Sequential);
        let numbers = row.all_parsed("members", Kind::Staff, words::staff);
        if numbers.is_empty() {
            row.blame("members", Problem::missing("members"));
        }
        let members = members(&numbers, roster, faults);
        if let (Some(shown), Some(no), Some(name), Some(unit)) = (shown, no, name, unit) {
            let (name, unit) = (name.value.into(), UnitCode(unit.value.into()));
            let desk = Desk { no: no.value, name, unit, straight, hunt, members };
            desks.insert(faults, &shown, no.value, desk);
        }
        row.done();
    }
    root.done();
    desks.finish(faults, file)
}

/// Reads services.toml.
pub(crate) fn services(root: Table<'_>, desks: &Desks, faults: &Faults) -> BTreeMap<ServiceCode, Service> {
    let mut services = Known::new(What::Service);
    for row in root.tables("service") {
        let code = row.need_parsed("code", Kind::Unit, words::code);
        let name = row.need("name");
        let offered = row.texts("desks");
        if offered.is_empty() {
            row.blame("desks", Problem::missing("desks"));
        }
        let offered = offered.iter().filter_map(|shown| desk(shown, desks, faults, &row)).collect();
        if let (Some(shown), Some(name)) = (code, name) {
            let code = ServiceCode(shown.value.as_str().into());
            let service = Service { code: code.clone(), name: name.value.into(), desks: offered };
            services.insert(faults, &shown, code, service);
        }
        row.done();
    }
    root.done();
    services.into_map()
}

/// A reference to a desk.
fn desk(shown: &At<String>, desks: &Desks, faults: &Faults, row: &Table<'_>) -> Option<DeskNo> {
    let Some(no) = words::desk(&shown.value) else {
        row.blame_at(shown.spot, Problem::format("desks", Kind::Desk, &shown.value));
        return None;
    };
    desks.find(faults, shown, &no).map(|d| d.no)
}
