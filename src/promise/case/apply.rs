//! What each fact makes of a case: the only place where its fields change.

use crate::case::{Asking, Case};
use crate::fact::{Fact, Flag, Pledge};
use crate::state::State;
use crate::vow::{Vow, What};

impl Case {
    /// Takes a fact that was written at this moment (UTC ms).
    pub(super) fn apply(&mut self, at: i64, fact: &Fact) {
        match fact {
            Fact::Moved(state) => self.moved(at, *state),
            Fact::Assigned(unit) => {
                self.unit = Some(unit.clone());
                self.ordered_at = at;
            }
            Fact::Promised(pledge) => {
                self.rev = self.rev.saturating_add(1);
                self.vows.insert(pledge.what, Vow::new(self.rev, *pledge));
                self.set_asking(pledge.what, Asking::Calls);
            }
            Fact::DueChanged { new, .. } => {
                let Pledge { from, days, due_at, provisional, .. } = *new;
                self.change(new.what, |old| {
                    let changes = old.changes.saturating_add(1);
                    *old = Vow { from, days, due_at, provisional, changes, ..old.clone() };
                });
            }
            Fact::Ended(what, end) => self.change(*what, |vow| vow.end = Some((at, *end))),
            Fact::Late(what, _) => self.change(*what, |vow| vow.late_at = Some(at)),
            Fact::Tried(what, _) => self.change(*what, |vow| vow.tries = vow.tries.saturating_add(1)),
            Fact::Person(what) => self.set_asking(*what, Asking::Person),
            Fact::Scored(what, _, _) => self.set_asking(*what, Asking::Nobody),
            Fact::ExtensionAsked(days, _) => self.extension = Some(*days),
            Fact::ExtensionAnswered(days, _) => {
                self.extension = None;
                self.extended = self.extended.saturating_add(u32::from(days.is_some()));
            }
            Fact::Round(round) => {
                self.round = *round;
                self.round_rev = self.rev;
                self.ordered_at = at;
                self.extended = 0;
            }
            Fact::Flagged(Flag::Urgent, on) => self.urgent = *on,
            Fact::Flagged(Flag::Supervised, on) => self.supervised = *on,
            Fact::Flagged(Flag::Blocked, on) => self.blocked = *on,
            Fact::Merged(into) => self.merged_into = Some(*into),
            Fact::Received(..)
            | Fact::Returned(_)
            | Fact::Told { .. }
            | Fact::Reported(_)
            | Fact::Disputed(_)
            | Fact::GaveUp(_)
            | Fact::Decided(_)
            | Fact::Joined(_)
            | Fact::Settled
            | Fact::Reached(..)
            | Fact::Listed(_)
            | Fact::Reviewed(..)
            | Fact::Struck(_)
            | Fact::NoticeMade
            | Fact::NoticeEdited(_)
            | Fact::NoticeSigned(_)
            | Fact::NoticeSent(_) => {}
        }
    }

    fn moved(&mut self, at: i64, state: State) {
        self.state = state;
        if state.is_closed() {
            self.closed_at = Some(at);
        }
        // Nobody is asked any more about what is closed, or begins again with somebody else.
        let anew = matches!(state, State::Returned | State::Redo | State::JointMeeting);
        if state.is_closed() || anew {
            self.check = Asking::Nobody;
            self.echo3 = Asking::Nobody;
        }
    }

    fn change(&mut self, what: What, change: impl FnOnce(&mut Vow)) {
        if let Some(vow) = self.vows.get_mut(&what) {
            change(vow);
        }
    }

    fn set_asking(&mut self, what: What, asking: Asking) {
        match what {
            What::Check => self.check = asking,
            What::Echo3 => self.echo3 = asking,
            What::Handover
            | What::CallBack
            | What::Echo1
            | What::Work
            | What::Echo2
            | What::Urgent
            | What::MissedCall => {}
        }
    }
}
