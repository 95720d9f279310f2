//! The figures that the hotline publishes, counted from what was written down; the same whoever counts, and in any order.

use std::collections::BTreeMap;

use crate::fact::Fact;
use crate::settings::Settings;
use crate::vow::{End, What};

/// So many of so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Share {
    /// Of these ...
    pub whole: u64,
    /// ... so many.
    pub part: u64,
}

impl Share {
    fn count(&mut self, yes: bool) {
        self.whole = self.whole.saturating_add(1);
        self.part = self.part.saturating_add(u64::from(yes));
    }

    /// In thousandths, rounded down, so that 1000 means all; `None` when there is nothing to count.
    pub fn permille(self) -> Option<u64> {
        self.part.saturating_mul(1000).checked_div(self.whole)
    }
}

/// How many promises of a kind were kept, missed, or did not need to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Made.
    pub made: u64,
    /// Kept in time.
    pub kept: u64,
    /// Missed, with a reason.
    pub missed: u64,
    /// Not needed any more.
    pub void: u64,
}

/// One thing to count.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// A fact of a case, a call-back, a test.
    Fact(&'a Fact),
    /// A call of a citizen that is over.
    Call {
        /// How long it waited for a person, ms; `None`: nobody answered it.
        waited: Option<u64>,
        /// Settled by the operator or in the three-way call.
        on_spot: bool,
    },
    /// A window was rung for a three-way call: somebody took it.
    Desk(bool),
}

/// The figures.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Rows 7 to 19: each promise.
    pub promises: BTreeMap<What, Tally>,
    /// Row 10: call-backs in time; a claimed one that the citizen denies is none.
    pub on_time: Share,
    /// Call-backs that were claimed and that the citizen denies: taken off [`Self::on_time`], whichever is counted first.
    pub denied: u64,
    /// Row 10: satisfied with the reply, of those who said how it was.
    pub reply: Share,
    /// Row 17: satisfied, in all questions that were answered.
    pub satisfied: Share,
    /// Row 4: settled on the spot, of the calls that somebody answered.
    pub on_spot: Share,
    /// Answered within 15 s, of all calls ...
    pub within_15: Share,
    /// ... and within 30 s.
    pub within_30: Share,
    /// Windows that took their calls.
    pub desks: Share,
    /// Row 19: contacts that the monthly test has reached.
    pub reachable: Share,
}

impl Figures {
    /// All at once.
    pub fn recount<'a>(settings: &Settings, all: impl IntoIterator<Item = Seen<'a>>) -> Self {
        let mut figures = Self::default();
        for seen in all {
            figures.add(settings, seen);
        }
        figures
    }

    /// One more.
    pub fn add(&mut self, settings: &Settings, seen: Seen<'_>) {
        match seen {
            Seen::Fact(fact) => self.fact(settings, fact),
            Seen::Call { waited, on_spot } => {
                self.within_15.count(waited.is_some_and(|ms| ms <= 15_000));
                self.within_30.count(waited.is_some_and(|ms| ms <= 30_000));
                if waited.is_some() {
                    self.on_spot.count(on_spot);
                }
            }
            Seen::Desk(took) => self.desks.count(took),
        }
    }

    fn fact(&mut self, settings: &Settings, fact: &Fact) {
        match fact {
            Fact::Promised(pledge) => self.tally(pledge.what, |tally| &mut tally.made),
            Fact::Ended(what, end) => {
                match end {
                    End::Kept(_) => self.tally(*what, |tally| &mut tally.kept),
                    End::Missed(_) => self.tally(*what, |tally| &mut tally.missed),
                    End::Void(_) => self.tally(*what, |tally| &mut tally.void),
                }
                self.call_backs();
            }
            Fact::Disputed(What::CallBack) => {
                self.denied = self.denied.saturating_add(1);
                self.call_backs();
            }
            Fact::Scored(what, answers, _) => {
                if let Some(score) = answers.score {
                    let good = score > settings.bad_score;
                    self.satisfied.count(good);
                    if *what == What::Check {
                        self.reply.count(good);
                    }
                }
            }
            Fact::Reached(_, yes) => self.reachable.count(*yes),
            // Everything else is a step on the way.
            _ => {}
        }
    }

    /// Row 10 from what it is made of.
    fn call_backs(&mut self) {
        let of = self.promises.get(&What::CallBack).copied().unwrap_or_default();
        self.on_time =
            Share { whole: of.kept.saturating_add(of.missed), part: of.kept.saturating_sub(self.denied) };
    }

    fn tally(&mut self, what: What, of: impl FnOnce(&mut Tally) -> &mut u64) {
        let count = of(self.promises.entry(what).or_default());
        *count = count.saturating_add(1);
    }
}
