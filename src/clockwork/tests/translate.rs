//! Each kind of order as an errand, and why some can't be one.

use std::time::Duration;

use call::errand::Task;
use call::ids::{Address, CallId, Lang, Pii, Skill, StaffNo, UnitCode};
use call::plan::{Member, Operator, Plan, Unit, UnitKind};
use promise::{CaseId, Citizen, Contact, Key, Kind, Miss, Of, Order, Script, To};

use crate::translate::{About, errand};

fn member(no: &str) -> Member {
    Member { staff: StaffNo(no.into()), address: Address::Phone(format!("phone{no}").into()) }
}

pub(super) fn plan(contacts: &[&str], leads: &[&str]) -> Plan {
    let unit = Unit {
        code: UnitCode("CG".into()),
        name: "城管局".into(),
        kind: UnitKind::Department,
        contacts: contacts.iter().map(|no| member(no)).collect(),
    };
    let operator = |no: &str| Operator {
        staff: StaffNo(no.into()),
        address: Address::Phone(format!("phone{no}").into()),
        skills: vec![Skill("lead".into())],
        ready_on_register: true,
    };
    Plan {
        version: "".into(),
        numbers: Vec::new(),
        greeting: super::greeting(),
        menus: call::plan::Menus::default(),
        limits: call::plan::Limits::default(),
        units: [(unit.code.clone(), unit)].into(),
        desks: Default::default(),
        services: Default::default(),
        operators: ["1001", "1009"].map(operator).into(),
        shift_leads: leads.iter().map(|no| StaffNo((*no).into())).collect(),
        emergency: Vec::new(),
        allowed_outside: Vec::new(),
        unit_access: call::plan::UnitAccess::default(),
        calendar: Default::default(),
    }
}

fn about() -> About {
    About {
        case: Some(Pii::new("261012000015")),
        citizen: Some(Pii::new("13800001234")),
        lang: Lang::En,
        urgent: true,
        since: 1_000,
        place: "东湖路".into(),
        skill: Skill("en".into()),
        operator: Some(StaffNo("1004".into())),
        last_round: true,
    }
}

fn order(script: Script, to: To, kind: Kind) -> Order {
    let key = Key { of: Of::Case(CaseId(0xab)), kind, rev: 2, turn: 1 };
    Order { key, to, script, ring: Duration::from_secs(17) }
}

fn contact(place: Contact) -> To {
    To::Contact("CG".into(), place)
}

fn staff() -> Vec<(StaffNo, Option<UnitCode>)> {
    let row = |no: &str, unit: Option<&str>| (StaffNo(no.into()), unit.map(|unit| UnitCode(unit.into())));
    vec![row("2001", Some("CG")), row("2002", Some("FG")), row("1001", None), row("3001", Some("CG"))]
}

#[test]
fn a_hand_over_goes_to_its_contact_and_everybody_of_the_unit_may_receive_it() {
    let plan = plan(&["3001", "3002"], &[]);
    let order = order(Script::Handover, contact(Contact::Deputy), Kind::Handover);
    let errand = errand(&order, &about(), &plan, &staff(), CallId(9)).unwrap();
    let numbers = ["3001", "3002", "2001"].map(|no| StaffNo(no.into()));
    assert_eq!(errand.what, Task::HandOver { contact: member("3002"), staff: numbers.into() });
    assert_eq!((errand.call, &*errand.task), (CallId(9), "case/ab/handover/2.1"));
    assert_eq!((errand.case, errand.citizen), (about().case, about().citizen));
    assert_eq!((errand.lang, errand.urgent, errand.ring), (Lang::En, true, Duration::from_secs(17)));
}

#[test]
fn reminders_urgent_matters_and_tests_go_to_one_contact() {
    let plan = plan(&["3001", "3002", "3003"], &["1009"]);
    let what = |script, to, kind| errand(&order(script, to, kind), &about(), &plan, &[], CallId(9)).unwrap();
    let reminder = what(Script::Reminder(8), contact(Contact::Liaison), Kind::WarnLiaison);
    assert_eq!(reminder.what, Task::Remind { contact: member("3001"), minutes: 8 });
    let urgent = what(Script::Urgent, To::ShiftLead, Kind::Urgent);
    let chain = vec![member("1009")];
    assert_eq!(urgent.what, Task::Urgent { chain, rounds: 1, place: "东湖路".into() });
    let reach = what(Script::Reach, contact(Contact::Leader), Kind::Reach);
    assert_eq!((reach.what, reach.citizen), (Task::Reach { contact: member("3003") }, None));
}

#[test]
fn citizens_are_asked_and_called_back() {
    let plan = plan(&[], &[]);
    let what = |script, kind| {
        let order = order(script, To::Citizen(Citizen(1)), kind);
        errand(&order, &about(), &plan, &[], CallId(9)).unwrap().what
    };
    assert_eq!(what(Script::Check, Kind::Check), Task::Reply { received_at: 1_000 });
    assert_eq!(what(Script::Echo3, Kind::Echo3), Task::Echo3 { received_at: 1_000, last: true });
    let (skill, operator) = (Skill("en".into()), Some(StaffNo("1004".into())));
    assert_eq!(what(Script::CallBack, Kind::CallBack), Task::CallBack { since: 1_000, skill, operator });
}

#[test]
fn whom_nobody_knows_is_not_called() {
    let plan = plan(&["3001"], &["1008"]);
    let miss = |script, to, about: &About| {
        errand(&order(script, to, Kind::Handover), about, &plan, &staff(), CallId(9)).unwrap_err()
    };
    assert_eq!(miss(Script::Handover, contact(Contact::Deputy), &about()), Miss::Nobody);
    assert_eq!(miss(Script::Reach, To::Contact("XX".into(), Contact::Liaison), &about()), Miss::Nobody);
    assert_eq!(miss(Script::Urgent, To::ShiftLead, &about()), Miss::Nobody);
    let unknown = About { citizen: None, ..about() };
    assert_eq!(miss(Script::Check, To::Citizen(Citizen(1)), &unknown), Miss::WrongNumber);
}
