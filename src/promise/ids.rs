//! Names of things: cases, citizens, calls, units, staff. All are opaque here; no number of a citizen ever comes in.

use std::sync::Arc;

/// A case: the ULID of its row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CaseId(pub u128);

/// A citizen as far as calls go: the keyed hash of the number, or the row that holds it. Two calls to the same one are
/// never placed at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Citizen(pub u128);

/// A call of ours: the ULID of its record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CallId(pub u128);

/// An item of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ItemId(pub u128);

/// A unit's code, a staff number, a reason in somebody's words.
pub type Name = Arc<str>;

/// A month of a year.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Month {
    /// 2026
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl Month {
    /// The one after it.
    pub fn next(self) -> Self {
        if self.month >= 12 {
            Self { year: self.year.saturating_add(1), month: 1 }
        } else {
            Self { month: self.month.saturating_add(1), ..self }
        }
    }
}

/// To what a task, a promise or a fact belongs.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Of {
    /// A case.
    Case(CaseId),
    /// The call-back that is owed to a citizen because of this call.
    CallBack(CallId),
    /// An item of the ledger.
    Item(ItemId),
    /// The monthly notice to one unit; the month is the one that it is about.
    Notice(Month, Name),
    /// The monthly reachability test of one unit.
    Reach(Month, Name),
}

impl std::fmt::Display for Of {
    /// As in the store's `task.ref`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Case(id) => write!(f, "case/{:x}", id.0),
            Self::CallBack(call) => write!(f, "callback/{:x}", call.0),
            Self::Item(id) => write!(f, "ledger/{:x}", id.0),
            Self::Notice(m, unit) => write!(f, "notice/{}-{:02}/{unit}", m.year, m.month),
            Self::Reach(m, unit) => write!(f, "reach/{}-{:02}/{unit}", m.year, m.month),
        }
    }
}
