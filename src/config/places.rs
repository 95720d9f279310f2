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
    let mut units = Known::from(What::Unit, &root);
    for row in root.tables("unit") {
        let code = row.need_parsed("code", Kind::Unit, words::code);
        let name = row.need("name");
        let kind = row.word("kind", KINDS, UnitKind::Department);
        let contacts = row.all_parsed("contacts", Kind::Staff, words::staff);
        if contacts.is_empty() {
            row.blame("contacts", Problem::missing("contacts"));
        }
        let unit = name.map(|name| UnitRow { name: name.value.into(), kind, contacts });
        units.insert(faults, code.as_ref().map(|code| (code, code.value.clone())), unit);
        row.done();
    }
    root.done();
    units
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
    let mut desks = Known::from(What::Desk, &root);
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
        let no = no.map(|no| no.value);
        let desk = no.zip(name).zip(unit).map(|((no, name), unit)| Desk {
            no,
            name: name.value.into(),
            unit: UnitCode(unit.value.into()),
            straight,
            hunt,
            members,
        });
        desks.insert(faults, shown.as_ref().zip(no), desk);
        row.done();
    }
    root.done();
    desks
}

/// Reads services.toml.
pub(crate) fn services(root: Table<'_>, desks: &Desks, faults: &Faults) -> BTreeMap<ServiceCode, Service> {
    let mut services = Known::from(What::Service, &root);
    for row in root.tables("service") {
        let code = row.need_parsed("code", Kind::Unit, words::code);
        let name = row.need("name");
        let offered = row.texts("desks");
        if offered.is_empty() {
            row.blame("desks", Problem::missing("desks"));
        }
        let offered = offered.iter().filter_map(|shown| desk(shown, desks, faults, &row)).collect();
        let key = code.as_ref().map(|code| (code, ServiceCode(code.value.as_str().into())));
        let service = key.as_ref().zip(name).map(|((_, code), name)| Service {
            code: code.clone(),
            name: name.value.into(),
            desks: offered,
        });
        services.insert(faults, key, service);
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
