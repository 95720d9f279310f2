//! staff.toml and operators.toml: who works here, on which phone, and who answers the hotline.

use call::ids::{Address, Name, Pii, Skill, StaffNo, UnitCode};
use call::plan::{Limits, Member, Operator};

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

/// Whether wrap-up lasts until a call's outcome is given.
const OUTCOMES: &[(&str, bool)] = &[("optional", false), ("required", true)];

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
    let mut roster = Roster::from(What::Staff, &root);
    let mut phones: Known<Address, ()> = Known::from(What::Phone, &root);
    let mut outside = Vec::new();
    for row in root.tables("staff") {
        let no = row.need_parsed("no", Kind::Staff, words::staff);
        let name = row.parsed("name", Kind::PersonName, words::person);
        let role = row.word("role", ROLES, Role::Desk);
        let unit = row.parsed("unit", Kind::Unit, words::code);
        let unit = unit.filter(|code| units.find(faults, code, &code.value).is_some());
        let address = address(&row);
        if let Some(at) = &address {
            let shown = At { value: shown(&at.value), spot: at.spot };
            phones.insert(faults, Some((&shown, at.value.clone())), Some(()));
            outside.extend(matches!(at.value, Address::Number(_)).then_some(shown));
        }
        let person = no.as_ref().zip(address).map(|(no, address)| Staff {
            no: StaffNo(no.value.as_str().into()),
            name: name.map(|name| name.value.into()),
            unit: unit.map(|code| UnitCode(code.value.into())),
            role,
            address: address.value,
        });
        roster.insert(faults, no.as_ref().map(|no| (no, no.value.clone())), person);
        row.done();
    }
    root.done();
    (roster, outside)
}

/// Phones by name; of a number only so much as a log may hold, as faults of a reload go there.
fn shown(address: &Address) -> String {
    match address {
        Address::Phone(user) => user.to_string(),
        Address::Number(number) => number.masked(),
    }
}

/// Turns staff numbers into members.
pub(crate) fn members(numbers: &[At<String>], roster: &Roster, faults: &Faults) -> Vec<Member> {
    let found = numbers.iter().filter_map(|no| roster.find(faults, no, &no.value));
    found.map(|s| Member { staff: s.no.clone(), address: s.address.clone() }).collect()
}

/// Reads operators.toml: the operators in the order of hunting, and the shift leads; its one limit goes into `limits`.
pub(crate) fn operators(
    root: Table<'_>,
    roster: &Roster,
    limits: &mut Limits,
    faults: &Faults,
) -> (Vec<Operator>, Vec<StaffNo>) {
    limits.outcome_required = root.word("outcome", OUTCOMES, false);
    let mut seen: Known<StaffNo, ()> = Known::from(What::Operator, &root);
    let whole = root.is_whole();
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
            seen.insert(faults, Some((&no, person.no.clone())), Some(()));
            operators.push(Operator {
                staff: person.no.clone(),
                address: person.address.clone(),
                skills: skills.into_iter().map(|s| Skill(Name::from(s.value))).collect(),
                ready_on_register: ready,
            });
        }
        row.done();
    }
    if operators.is_empty() && whole {
        root.blame_at(root.spot(), Problem::missing("operator"));
    }
    let leads = root.all_parsed("shift_leads", Kind::Staff, words::staff);
    let leads = leads.into_iter().filter_map(|no| {
        let key = StaffNo(no.value.as_str().into());
        seen.find(faults, &no, &key).map(|()| key)
    });
    let leads = leads.collect();
    root.done();
    (operators, leads)
}
