//! An order of a promise as an errand of the house: whom exactly, on which phone, in which words. Pure.

use call::errand::{Errand, Task};
use call::ids::{CallId, Lang, Name, Pii, Skill, StaffNo, UnitCode};
use call::plan::{Member, Plan};
use promise::{Contact, Miss, Order, Script, To};

/// What a call needs to know of its owner beside the order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct About {
    /// The case's number, as spoken.
    pub case: Option<Pii>,
    /// The citizen's number, normalised; `None`: anonymous.
    pub citizen: Option<Pii>,
    /// The citizen's language.
    pub lang: Lang,
    /// At any hour, before the others.
    pub urgent: bool,
    /// When the matter was received, or the citizen entered the queue, UTC ms.
    pub since: i64,
    /// Where it is, as spoken; empty when unknown.
    pub place: Name,
    /// What an operator must be able to answer.
    pub skill: Skill,
    /// The operator who had the call.
    pub operator: Option<StaffNo>,
    /// There is no further round.
    pub last_round: bool,
}

/// The errand of an order.
///
/// # Errors
/// Why nobody can be called: nobody stands at that place of the chain, or no number of the citizen is known.
pub fn errand(
    order: &Order,
    about: &About,
    plan: &Plan,
    staff: &[(StaffNo, Option<UnitCode>)],
    call: CallId,
) -> Result<Errand, Miss> {
    let contact = || whom(&order.to, plan);
    let what = match order.script {
        Script::Handover => Task::HandOver { contact: contact()?, staff: receivers(&order.to, plan, staff) },
        Script::Reminder(minutes) => Task::Remind { contact: contact()?, minutes },
        // The promise itself goes down the chain, one contact a task.
        Script::Urgent => Task::Urgent { chain: vec![contact()?], rounds: 1, place: about.place.clone() },
        Script::Reach => Task::Reach { contact: contact()? },
        Script::CallBack => Task::CallBack {
            since: about.since,
            skill: about.skill.clone(),
            operator: about.operator.clone(),
        },
        Script::Check => Task::Reply { received_at: about.since },
        Script::Echo3 => Task::Echo3 { received_at: about.since, last: about.last_round },
    };
    let citizen = match order.script {
        // A test of a contact is about nobody.
        Script::Reach => None,
        Script::Handover | Script::Reminder(_) | Script::Urgent => about.citizen.clone(),
        Script::Check | Script::Echo3 | Script::CallBack => {
            Some(about.citizen.clone().ok_or(Miss::WrongNumber)?)
        }
    };
    Ok(Errand {
        call,
        task: order.key.to_string().into(),
        what,
        case: about.case.clone(),
        citizen,
        lang: about.lang,
        urgent: about.urgent,
        ring: order.ring,
    })
}

/// Whose phone rings.
fn whom(to: &To, plan: &Plan) -> Result<Member, Miss> {
    let found = match to {
        To::Contact(unit, contact) => {
            let chain = plan.units.get(&UnitCode(unit.clone())).map(|unit| &unit.contacts);
            chain.and_then(|chain| chain.get(place(*contact))).cloned()
        }
        // The first of the list who is not busy is the core's to find: here it is whoever leads the shift.
        To::ShiftLead => plan.shift_leads.iter().find_map(|lead| operator(lead, plan)),
        To::Citizen(_) => None,
    };
    found.ok_or(Miss::Nobody)
}

fn place(contact: Contact) -> usize {
    match contact {
        Contact::Liaison => 0,
        Contact::Deputy => 1,
        Contact::Leader => 2,
    }
}

fn operator(lead: &StaffNo, plan: &Plan) -> Option<Member> {
    let found = plan.operators.iter().find(|operator| operator.staff == *lead)?;
    Some(Member { staff: found.staff.clone(), address: found.address.clone() })
}

/// Whose staff number is a receipt: everybody of the unit, its contacts first.
fn receivers(to: &To, plan: &Plan, staff: &[(StaffNo, Option<UnitCode>)]) -> Vec<StaffNo> {
    let To::Contact(unit, _) = to else { return Vec::new() };
    let unit = UnitCode(unit.clone());
    let mut all: Vec<StaffNo> = plan
        .units
        .get(&unit)
        .map(|unit| unit.contacts.iter().map(|member| member.staff.clone()).collect())
        .unwrap_or_default();
    for (no, of) in staff {
        if of.as_ref() == Some(&unit) && !all.contains(no) {
            all.push(no.clone());
        }
    }
    all
}
