//! How people answer our calls in the tests.

use std::collections::BTreeMap;

use promise::{Answers, Contact, Miss, Order, Outcome, Script, To};

/// How somebody answers.
#[derive(Clone, PartialEq, Debug)]
pub enum Habit {
    /// Nobody answers.
    Silent,
    /// Busy, at once.
    Busy,
    /// Key 1 and this staff number, whatever we call for.
    Takes(String),
    /// The same, and has the citizen connected at once.
    Connects(String),
    /// Key 3.
    WrongUnit,
    /// Key 2.
    Declines,
    /// Answers and presses nothing.
    NoKeys,
    /// No such number.
    WrongNumber,
    /// There is nobody at this place of the chain.
    Nobody,
    /// Says this when asked.
    Says(Answers),
    /// Our trunk is away: the task fails.
    NoLine,
}

/// Who answers how; `Silent` unless said.
#[derive(Default)]
pub struct People(pub BTreeMap<String, Habit>);

/// What becomes of a call: after so long (ms), this; `None`: it could not be placed.
pub type Fate = (i64, Option<Outcome>);

/// The word for whom we call.
pub fn name(to: &To) -> &'static str {
    match to {
        To::Contact(_, Contact::Liaison) => "liaison",
        To::Contact(_, Contact::Deputy) => "deputy",
        To::Contact(_, Contact::Leader) => "leader",
        To::ShiftLead => "lead",
        To::Citizen(_) => "citizen",
    }
}

impl People {
    pub fn habit(&self, to: &To) -> &Habit {
        let own = match to {
            To::Contact(unit, _) => self.0.get(&format!("{unit}-{}", name(to))),
            To::ShiftLead | To::Citizen(_) => None,
        };
        own.or_else(|| self.0.get(name(to))).unwrap_or(&Habit::Silent)
    }

    pub fn fate(&self, order: &Order) -> Fate {
        let missed = |after: i64, miss| (after * 1000, Some(Outcome::Missed(miss)));
        let ring = i64::try_from(order.ring.as_secs()).unwrap();
        match self.habit(&order.to) {
            Habit::Silent => missed(ring, Miss::NoAnswer),
            Habit::Busy => missed(1, Miss::Busy),
            Habit::Declines => missed(12, Miss::Declined),
            Habit::NoKeys => missed(25, Miss::NoKeys),
            Habit::WrongNumber => missed(1, Miss::WrongNumber),
            Habit::Nobody => missed(0, Miss::Nobody),
            Habit::NoLine => (0, None),
            Habit::WrongUnit => (15_000, Some(Outcome::WrongUnit)),
            Habit::Takes(staff) | Habit::Connects(staff) => {
                let staff = staff.as_str().into();
                let outcome = match order.script {
                    Script::Handover => Outcome::Received(staff),
                    Script::Urgent | Script::Reach => Outcome::Acknowledged(staff),
                    Script::Reminder(_) => Outcome::Heard,
                    Script::Check | Script::Echo3 | Script::CallBack => Outcome::Connected,
                };
                (15_000, Some(outcome))
            }
            Habit::Says(answers) => {
                let spoken = if order.script == Script::CallBack {
                    Outcome::Connected
                } else {
                    Outcome::Answered(*answers)
                };
                (40_000, Some(spoken))
            }
        }
    }
}
