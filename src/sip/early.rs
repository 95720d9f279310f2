//! What stands before the final answer: the calling end's early dialogs, one a fork, and the called end's reliable responses.

use std::collections::VecDeque;
use std::time::Duration;

use crate::dialog::Dialog;
use crate::flow::Flow;

/// Most reliable responses that wait behind the one that is not acknowledged yet. When full, the owner is told
/// [`crate::SipError::Full`].
const MOST_WAITING: usize = 4;

/// An early dialog at the calling end.
#[derive(Clone, Debug)]
pub(crate) struct Early {
    pub dialog: Dialog,
    /// RSeq of the last reliable response that was taken (RFC 3262 section 4).
    pub rseq: Option<u32>,
    /// Their description, once it counts: from a reliable response, and from each change since.
    pub theirs: Option<Vec<u8>>,
    /// Ours, where it is not the INVITE's.
    pub ours: Option<Vec<u8>>,
    /// This reliable response made an offer, which the owner has not answered yet.
    pub offered: Option<u32>,
}

impl Early {
    /// A fork that was heard for the first time.
    pub fn new(dialog: Dialog) -> Self {
        Self { dialog, rseq: None, theirs: None, ours: None, offered: None }
    }

    /// Whether a reliable response is the next one: repeated ones and those that overtook others are not taken.
    pub fn takes(&mut self, rseq: u32) -> bool {
        let next = self.rseq.is_none_or(|last| last.checked_add(1) == Some(rseq));
        if next {
            self.rseq = Some(rseq);
        }
        next
    }
}

/// How far the first exchange of descriptions is at the called end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opening {
    /// Their INVITE made the offer; we have not answered reliably.
    Theirs,
    /// Their INVITE made none, nor did we.
    Open,
    /// A reliable response of ours made the offer; its PRACK will answer.
    Ours,
    /// Both have described themselves.
    Done,
}

/// A reliable response that is repeated until its PRACK comes.
#[derive(Clone, Debug)]
pub(crate) struct Unproven {
    pub rseq: u32,
    /// It holds a session description: the 2xx waits for its PRACK (RFC 3262 section 3).
    pub described: bool,
    pub bytes: Vec<u8>,
    pub flow: Flow,
    pub interval: Duration,
    pub next: Duration,
    pub until: Duration,
}

/// The reliable responses of one INVITE of theirs: one is out at a time, the others wait.
#[derive(Debug, Default)]
pub(crate) struct Provisional {
    /// RSeq of the last one; `None` before the first.
    pub rseq: Option<u32>,
    /// Status of the last one, for the reminder.
    pub status: u16,
    pub out: Option<Unproven>,
    waiting: VecDeque<(u16, Vec<u8>)>,
}

impl Provisional {
    /// Puts one behind the others; `false` when there is no room.
    pub fn queue(&mut self, status: u16, body: Vec<u8>) -> bool {
        let room = self.waiting.len() < MOST_WAITING;
        if room {
            self.waiting.push_back((status, body));
        }
        room
    }

    /// The next one, when none is out.
    pub fn next(&mut self) -> Option<(u16, Vec<u8>)> {
        if self.out.is_some() { None } else { self.waiting.pop_front() }
    }

    /// Whether the 2xx must wait for a PRACK.
    pub fn holds_answer(&self) -> bool {
        self.out.as_ref().is_some_and(|o| o.described) || self.waiting.iter().any(|(_, b)| !b.is_empty())
    }

    /// A PRACK for this number: `false` when no such response waits for one.
    pub fn proven(&mut self, rseq: u32) -> bool {
        self.out.take_if(|o| o.rseq == rseq).is_some()
    }

    /// The final answer goes out: nothing is repeated any more.
    pub fn over(&mut self) {
        self.out = None;
        self.waiting.clear();
    }

    /// When something must be repeated or given up.
    pub fn next_timeout(&self) -> Option<Duration> {
        self.out.as_ref().map(|o| o.next.min(o.until))
    }
}
