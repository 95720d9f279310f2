//! Busy and silent liaisons, citizens of all tempers: how a call goes, and what people do by themselves afterwards.

use promise::{
    Answers, CallId, CaseId, Contact, Event, Method, Miss, Name, Order, Outcome, Proof, Script, To, What,
};

use super::dice::Dice;

pub const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// 30 departments and 9 agencies.
pub const UNITS: u64 = 39;

pub fn unit(number: u64) -> Name {
    format!("u{number:02}").into()
}

/// Every fifth unit hardly ever answers, and hardly ever calls back by itself.
fn is_silent(unit: &str) -> bool {
    unit[1..].parse::<u64>().unwrap() % 5 == 4
}

/// What somebody does, later.
#[derive(Clone, Debug)]
pub enum Deed {
    Tell(CaseId, Event),
    /// Echo 2 and the report, if the case is theirs by then.
    Finish(CaseId),
    /// Asks in the place of our calls, or gives up.
    Ask(CaseId, What),
    CallsAgain(CallId),
    Reached(CallId),
    /// Rows of what is closed go.
    Sweep(CaseId),
}

/// How long a call takes (ms), and what comes of it; `None`: our line fails.
pub fn fate(dice: &mut Dice, order: &Order) -> (i64, Option<Outcome>) {
    if dice.below(1000) < 8 {
        return (0, None);
    }
    let miss = |dice: &mut Dice, order: &Order| match dice.below(10) {
        0..6 => (i64::try_from(order.ring.as_millis()).unwrap(), Miss::NoAnswer),
        6..8 => (SECOND, Miss::Busy),
        8 => (12 * SECOND, Miss::Declined),
        _ => (25 * SECOND, Miss::NoKeys),
    };
    let staff = || Name::from("3001");
    let spoken = match (&order.to, order.script) {
        (To::Contact(unit, who), script) => {
            let share = match who {
                Contact::Liaison if is_silent(unit) => 15,
                Contact::Deputy if is_silent(unit) => 40,
                Contact::Liaison | Contact::Deputy | Contact::Leader => 80,
            };
            if !dice.percent(share) {
                None
            } else {
                Some(match script {
                    Script::Handover if dice.percent(3) => Outcome::WrongUnit,
                    Script::Handover => Outcome::Received(staff()),
                    Script::Urgent | Script::Reach => Outcome::Acknowledged(staff()),
                    _ => Outcome::Heard,
                })
            }
        }
        (To::ShiftLead, _) => dice.percent(50).then(|| Outcome::Acknowledged("9001".into())),
        (To::Citizen(_), Script::CallBack) => dice.percent(70).then_some(Outcome::Connected),
        (To::Citizen(_), _) => dice.percent(65).then(|| Outcome::Answered(answers(dice))),
    };
    match spoken {
        Some(outcome) => (dice.between(10 * SECOND, 100 * SECOND), Some(outcome)),
        None if dice.below(200) == 0 && matches!(order.to, To::Citizen(_)) => {
            (SECOND, Some(Outcome::Missed(Miss::WrongNumber)))
        }
        None => {
            let (after, miss) = miss(dice, order);
            (after, Some(Outcome::Missed(miss)))
        }
    }
}

pub fn answers(dice: &mut Dice) -> Answers {
    let score = match dice.below(100) {
        0..3 => 1,
        3..6 => 2,
        6..15 => 3,
        15..45 => 4,
        _ => 5,
    };
    let silent = dice.percent(3);
    Answers {
        first: Some(dice.percent(93)),
        second: Some(dice.percent(95)),
        score: (!silent).then_some(score),
    }
}

/// What the unit does after the receipt, with the delays from then (ms).
pub fn after_receipt(dice: &mut Dice, id: CaseId, unit: &str, has_work: bool) -> Vec<(i64, Deed)> {
    let mut deeds = Vec::new();
    let by = || Name::from("3001");
    let silent = is_silent(unit);
    if dice.percent(if silent { 40 } else { 97 }) {
        let after = match dice.below(10) {
            0..6 => dice.between(0, MINUTE),
            6..9 => dice.between(MINUTE, 10 * MINUTE),
            _ => dice.between(10 * MINUTE, 3 * HOUR),
        };
        let proof = if dice.percent(70) { Proof::Proven(CallId(dice.draw().into())) } else { Proof::Claimed };
        deeds.push((after, Deed::Tell(id, Event::CalledBack(proof, by()))));
    }
    if dice.percent(3) {
        let why = Event::Returned("not ours".into());
        deeds.push((dice.between(MINUTE, DAY), Deed::Tell(id, why)));
    }
    if has_work {
        if dice.percent(60) {
            let echo = Event::Echo1 { method: Method::Written, proof: Proof::Claimed, by: by(), until: None };
            deeds.push((dice.between(HOUR, 2 * DAY), Deed::Tell(id, echo)));
        }
        if dice.percent(12) {
            let days = i32::try_from(dice.below(12)).unwrap();
            deeds
                .push((dice.between(DAY, 6 * DAY), Deed::Tell(id, Event::AskExtension(days, "rain".into()))));
        }
        let most = if silent { 14 * DAY } else { 7 * DAY };
        deeds.push((dice.between(20 * MINUTE, most), Deed::Finish(id)));
    }
    deeds
}
