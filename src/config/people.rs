//! staff.toml and operators.toml: who works here, on which phone, and who answers the hotline.

use call::ids::{Address, Name, Pii, Skill, StaffNo, UnitCode};
use call::plan::{Member, Operator};

use crate::fault::{At, Faults};
use crate::known::Known;
use crate::places::UnitRow;
use crate::problem::{Kind, Problem, What};
use crate::settings::{Role, Staff};
use crate::sheet::Table;
use crate::words;

/// Staff by number.
pub(crate) type Roster = Known<String, Staff>;

const ROLES: &[(&str, Role)] =
    &[("operator", Role::Operator), ("desk", Role::Desk), ("liaison", Role::Liaison), ("lead", Role::Lead)];

/// A phone or a number, exactly one of them.
pub(crate) fn address(table: &Table<'_>) -> Option<At<Address>> {
    let phone = table.parsed("phone", Kind::Name, words::name);
    let number = table.parsed("number", Kind::Telephone, words::telephone);
    if table.has("phone") == table.has("number") {
        table.blame_at(table.spot(), Problem::one_of("phone", "number"));
    }
    let phone = phone.map(|p| At { value: Address::Phone(p.value.into()), spot: p.spot });
    phone.or(number.map(|n| At { value: Address::Number(Pii::new(n.value)), spot: n.spot }))
}

/// Reads staff.toml; the second value are the places of numbers outside.
pub(crate) fn staff(
    root: Table<'_>,
    units: &Known<String, UnitRow>,
    faults: &Faults,
) -> (Roster, Vec<At<String>>) {
    let mut roster = Roster::new(What::Staff);
    let mut phones: Known<Address, ()> = Known::new(What::Phone);
    let mut outside = Vec::new();
    let file = root.spot().file;
    for row in root.tables("staff") {
        let no = row.need_parsed("no", Kind::Staff, words::staff);
        let role = row.word("role", ROLES, Role::Desk);
        let unit = row.parsed("unit", Kind::Unit, words::code);
        let unit = unit.filter(|code| units.find(faults, code, &code.value).is_some());
        let address = address(&row);
        if let Some(at) = &address {
            let shown = At { value: shown(&at.value), spot: at.spot };
            phones.insert(faults, &shown, at.value.clone(), ());
            outside.extend(matches!(at.value, Address::Number(_)).then_some(shown));
        }
        if let (Some(no), Some(address)) = (no, address) {
            let unit = unit.map(|code| UnitCode(code.value.into()));
            let person = Staff { no: StaffNo(no.value.as_str().into()), unit, role, address: address.value };
            roster.insert(faults, &no, no.value.clone(), person);
        }
        row.done();
    }
    root.done();
    (roster.finish(faults, file), outside)
}

/// For the admin who wrote it: phones by name, numbers as they are. Never for a log.
pub(crate) fn shown(address: &Address) -> String {
    match address {
        Address::Phone(user) => user.to_string(),
        Address::Number(number) => number.reveal().to_owned(),
    }
}

/// Turns staff numbers into members.
pub(crate) fn members(numbers: &[At<String>], roster: &Roster, faults: &Faults) -> Vec<Member> {
    let found = numbers.iter().filter_map(|no| roster.find(faults, no, &no.value));
    found.map(|s| Member { staff: s.no.clone(), address: s.address.clone() }).collect()
}

/// Reads operators.toml: the operators in the order of hunting, and the shift leads.
pub(crate) fn operators(root: Table<'_>, roster: &Roster, faults: &Faults) -> (Vec<Operator>, Vec<StaffNo>) {
    let file = root.spot().file;
    let mut seen: Known<StaffNo, ()> = Known::new(What::Operator);
    let mut operators = Vec::new();
    for row in root.tables("operator") {
        let no = row.need_parsed("staff", Kind::Staff, words::staff);
        let skills = row.all_parsed("skills", Kind::Name, words::name);
        let ready = row.flag("ready", false);
        if skills.is_empty() {
            row.blame("skills", Problem::missing("skills"));
        }
        if let Some(no) = no
            && let Some(person) = roster.find(faults, &no, &no.value)
        {
            seen.insert(faults, &no, person.no.clone(), ());
            operators.push(Operator {
                staff: person.no.clone(),
                address: person.address.clone(),
                skills: skills.into_iter().map(|s| Skill(Name::from(s.value))).collect(),
                ready_on_register: ready,
            });
        }
        row.done();
    }
    if operators.is_empty() && !faults.in_file(file) {
        root.blame_at(root.spot(), Problem::missing("operator"));
    }
    let leads = root.all_parsed("shift_leads", Kind::Staff, words::staff);
    let seen = seen.finish(faults, file);
    let leads = leads.into_iter().filter_map(|no| {
        let key = StaffNo(no.value.as_str().into());
        seen.find(faults, &no, &key).map(|()| key)
    });
    let leads = leads.collect();
    root.done();
    (operators, leads)
}
