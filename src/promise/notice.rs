//! The monthly notice to the head of a unit: made on the first working day, edited and signed by a person, then sent.

use crate::action::{Action, Key, Kind, News, Plan, Reader};
use crate::clock::Clock;
use crate::fact::Fact;
use crate::ids::{Month, Name, Of};
use crate::refusal::Refusal;

/// How far a notice is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// Its day has not come.
    Planned,
    /// Made from the store; waits for an editor.
    Draft,
    /// Signed: its text stays as it is.
    Signed,
    /// Sent to the head of the unit.
    Sent,
}

/// What can happen to a notice.
#[derive(Clone, PartialEq, Debug)]
pub enum NoticeEvent {
    /// Its day has come.
    Due(Key),
    /// A person has changed the text: who, and of how many edits they knew.
    Edited(Name, u32),
    /// Who signed it, and of how many edits they knew: nobody signs what they have not read.
    Signed(Name, u32),
    /// Who sent it.
    Sent(Name),
}

/// The notice to one unit about one month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// The month that it is about.
    pub about: Month,
    /// To whom.
    pub unit: Name,
    /// How far it is.
    pub stage: Stage,
    /// How often its text was changed.
    pub edits: u32,
}

impl Notice {
    /// A notice to come; plan it while the month runs.
    pub fn plan(clock: Clock<'_>, about: Month, unit: Name) -> (Self, Vec<Action>) {
        let key = Key { of: Of::Notice(about, unit.clone()), kind: Kind::Notice, rev: 1, turn: 1 };
        let plan = Plan::at(key, clock.notice(about).at);
        (Self { about, unit, stage: Stage::Planned, edits: 0 }, vec![Action::Plan(plan)])
    }

    /// When its day has moved: other working days were loaded.
    pub fn calendar_changed(&self, clock: Clock<'_>) -> Option<Action> {
        let key = Key { of: Of::Notice(self.about, self.unit.clone()), kind: Kind::Notice, rev: 1, turn: 1 };
        (self.stage == Stage::Planned).then(|| Action::Move(key, clock.notice(self.about).at.max(clock.now)))
    }

    /// Takes one thing that happened.
    ///
    /// # Errors
    /// [`Refusal::NoDraft`] before it is made, [`Refusal::SignedAlready`] after it was signed, [`Refusal::EditedMeanwhile`],
    /// [`Refusal::NotSigned`].
    pub fn handle(&mut self, event: NoticeEvent) -> Result<Vec<Action>, Refusal> {
        let (stage, fact) = match event {
            NoticeEvent::Due(_) if self.stage != Stage::Planned => return Ok(Vec::new()),
            NoticeEvent::Due(_) => (Stage::Draft, Fact::NoticeMade),
            NoticeEvent::Edited(by, known) => {
                self.is_draft(known)?;
                self.edits = self.edits.saturating_add(1);
                (Stage::Draft, Fact::NoticeEdited(by))
            }
            NoticeEvent::Signed(by, known) => {
                self.is_draft(known)?;
                (Stage::Signed, Fact::NoticeSigned(by))
            }
            NoticeEvent::Sent(by) => match self.stage {
                Stage::Planned | Stage::Draft => return Err(Refusal::NotSigned),
                Stage::Signed | Stage::Sent => (Stage::Sent, Fact::NoticeSent(by)),
            },
        };
        let mut out = vec![Action::Record(fact)];
        if self.stage == Stage::Planned {
            out.push(Action::Tell(Reader::ShiftLead, News::NoticeReady));
        }
        self.stage = stage;
        Ok(out)
    }

    /// Whether it may be changed by somebody who knew of so many edits.
    fn is_draft(&self, known: u32) -> Result<(), Refusal> {
        match self.stage {
            Stage::Planned => Err(Refusal::NoDraft),
            Stage::Draft if known != self.edits => Err(Refusal::EditedMeanwhile),
            Stage::Draft => Ok(()),
            Stage::Signed | Stage::Sent => Err(Refusal::SignedAlready),
        }
    }
}
