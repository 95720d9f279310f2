//! A task: something to do at a moment, by whichever node takes it first. A row of the store's `task` table.
//!
//! | words of the calls | here |
//! |---|---|
//! | PLANNED, DUE | [`TaskState::Planned`], before and after its `due_at` |
//! | DIALLING, CONNECTED | [`TaskState::Running`] |
//! | RETRY | a new task with the next `turn`, so that each row is one try; what failed for technical reasons is planned again |
//! | DONE, HUMAN, CANCELLED, EXPIRED | the states of these names |
//! | REFUSED, WRONG_NUMBER | outcomes of a call, told to the owner: the task is done |

mod table;

use std::time::Duration;

use crate::action::{Key, Plan};
use crate::clock::after;
use crate::ids::Name;

pub use table::Table;

/// How tasks are leased.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// A node that does not renew a task for so long has lost it (60 s).
    pub lease: Duration,
    /// The most that two nodes' clocks differ by (10 s): a lease is taken over only so much later.
    pub skew: Duration,
    /// Wait after a technical failure: the first ...
    pub back_off: Duration,
    /// ... doubled each time up to this.
    pub back_off_most: Duration,
    /// Attempts before a person takes over (8).
    pub attempts: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            skew: Duration::from_secs(10),
            back_off: Duration::from_secs(10),
            back_off_most: Duration::from_secs(600),
            attempts: 8,
        }
    }
}

impl Terms {
    /// When an attempt that failed now is repeated, UTC ms.
    pub fn again(&self, now: i64, attempt: u32) -> i64 {
        let doubled = self.back_off.saturating_mul(1 << attempt.saturating_sub(1).min(16));
        after(now, doubled.min(self.back_off_most))
    }
}

/// Where a task stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum TaskState {
    /// Waits for its moment, or for a node.
    Planned,
    /// A node has it.
    Running,
    /// Done.
    Done,
    /// Failed too often: a person must.
    Human,
    /// Not wanted any more.
    Cancelled,
    /// Nobody began it while it was of use.
    Expired,
}

impl TaskState {
    /// The word in the store's `task.state`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Done => "done",
            Self::Human => "human",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// A row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// What, when, for whom. `due_at` moves when it is planned again after a failure.
    pub plan: Plan,
    /// Where it stands.
    pub state: TaskState,
    /// How often it was begun; the number of the claim that may end it.
    pub attempt: u32,
    /// The node that has or had it.
    pub lease_by: Option<Name>,
    /// UTC ms by that node's clock.
    pub lease_until: i64,
    /// When it was begun first, UTC ms.
    pub started_at: Option<i64>,
    /// How late that was, ms.
    pub lag_ms: i64,
    /// When it came to its last state, UTC ms.
    pub ended_at: Option<i64>,
    /// Why the last attempt failed.
    pub last_error: Option<Name>,
}

/// A node's right to run a task: shown again to renew or end it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The task.
    pub key: Key,
    /// Who.
    pub node: Name,
    /// Which attempt.
    pub attempt: u32,
    /// Until when, UTC ms by the node's own clock; renew at half of it.
    pub until: i64,
    /// How late it began, ms.
    pub lag_ms: i64,
}

/// What becomes of an attempt that failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    /// It is tried again at this moment, UTC ms.
    At(i64),
    /// It failed too often: the owner hears [`crate::Miss::NoLine`].
    Human,
}

/// The node has the task no more: it was taken over, or is over. Whatever the node has brought about must not be committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lost;

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the lease is lost: drop what was done and claim again")
    }
}

impl std::error::Error for Lost {}
