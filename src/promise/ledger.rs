//! The ledger of matters that outside conditions block: each has an owner, is reviewed, and is struck off one by one.

use crate::action::{Action, Key, Kind, News, Plan, Reader};
use crate::clock::Clock;
use crate::fact::Fact;
use crate::ids::{CaseId, ItemId, Name, Of};
use crate::refusal::Refusal;

/// What can happen to an item.
#[derive(Clone, PartialEq, Debug)]
pub enum ItemEvent {
    /// Its review is due.
    Due(Key),
    /// It was reviewed, with what was found.
    Reviewed(Name),
    /// It is done, or can be done now: struck off, and why.
    Struck(Name),
}

/// An item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// Which.
    pub id: ItemId,
    /// The case that it blocks.
    pub case: Option<CaseId>,
    /// Who must see to it: a unit.
    pub owner: Name,
    /// When it is to be reviewed next, UTC ms.
    pub review_at: i64,
    /// How often it was.
    pub reviews: u32,
    /// UTC ms.
    pub struck_at: Option<i64>,
}

impl Item {
    /// A new one, and why it is blocked.
    pub fn open(
        clock: Clock<'_>,
        id: ItemId,
        case: Option<CaseId>,
        owner: Name,
        why: Name,
    ) -> (Self, Vec<Action>) {
        let review_at = clock.review();
        let item = Self { id, case, owner, review_at, reviews: 0, struck_at: None };
        let listed = Action::Record(Fact::Listed(why));
        let plan = item.plan(1, review_at);
        (item, vec![listed, plan])
    }

    /// Its review was not made in time.
    pub fn is_overdue(&self, now: i64) -> bool {
        self.struck_at.is_none() && self.review_at < now
    }

    /// Takes one thing that happened.
    ///
    /// # Errors
    /// [`Refusal::StruckOff`].
    pub fn handle(&mut self, clock: Clock<'_>, event: ItemEvent) -> Result<Vec<Action>, Refusal> {
        match event {
            ItemEvent::Due(key) => {
                if self.struck_at.is_some() || key.rev != self.reviews.saturating_add(1) {
                    return Ok(Vec::new());
                }
                // Reminded again until somebody looks.
                let again = self.plan(key.turn.saturating_add(1), clock.review());
                Ok(vec![Action::Tell(Reader::Owner, News::Review), again])
            }
            ItemEvent::Reviewed(what) => {
                self.is_listed()?;
                self.reviews = self.reviews.saturating_add(1);
                self.review_at = clock.review();
                let record = Action::Record(Fact::Reviewed(what, self.review_at));
                Ok(vec![record, Action::Cancel(None), self.plan(1, self.review_at)])
            }
            ItemEvent::Struck(why) => {
                self.is_listed()?;
                self.struck_at = Some(clock.now);
                Ok(vec![Action::Record(Fact::Struck(why)), Action::Cancel(None)])
            }
        }
    }

    fn is_listed(&self) -> Result<(), Refusal> {
        if self.struck_at.is_some() { Err(Refusal::StruckOff) } else { Ok(()) }
    }

    fn plan(&self, turn: u32, at: i64) -> Action {
        let rev = self.reviews.saturating_add(1);
        Action::Plan(Plan::at(Key { of: Of::Item(self.id), kind: Kind::Review, rev, turn }, at))
    }
}
