//! One INVITE usage: where it stands, its dialog, and what must be repeated until the far end has it.

use std::time::Duration;

use crate::dialog::Dialog;
use crate::flow::Flow;
use crate::message::Request;
use crate::stack::contract::User;
use crate::stack::table::Key;

/// Where a session stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Their INVITE is here; nothing final was sent.
    Incoming,
    /// Our INVITE is out; nothing final was heard.
    Calling,
    /// We took our INVITE back; a 2xx may still come.
    Cancelling,
    /// Both ends are in the dialog.
    Up,
}

/// A 2xx of ours that was not acknowledged yet (RFC 3261 section 13.3.1.4): repeated from T1, doubling to T2, for 64*T1.
#[derive(Clone, Debug)]
pub(crate) struct Unacked {
    pub bytes: Vec<u8>,
    pub flow: Flow,
    pub interval: Duration,
    pub next: Duration,
    pub until: Duration,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub stage: Stage,
    pub flow: Flow,
    /// The INVITE as received, or as sent last, without Via.
    pub invite: Request,
    /// Its transaction.
    pub key: Key,
    /// Our tag.
    pub tag: String,
    pub dialog: Option<Dialog>,
    pub unacked: Option<Unacked>,
    /// Our ACK of their 2xx, for its repetitions, with the CSeq number it acknowledges.
    pub ack: Option<(u32, Vec<u8>)>,
    pub credentials: Option<User>,
    /// Challenges answered so far; a second one in a row means that the password is wrong.
    pub tries: u8,
    /// Their re-INVITE or UPDATE that waits for our answer.
    pub reoffer: Option<(Key, Request)>,
    /// Our re-INVITE that waits for theirs.
    pub reinvite: Option<Key>,
    /// A re-INVITE to be tried again after 491 (section 14.1).
    pub retry: Option<(Duration, Vec<u8>)>,
    /// Reason header for CANCEL and BYE.
    pub reason: Option<String>,
    /// We placed the call: decides the back-off after 491.
    pub caller: bool,
    /// CANCEL was sent; when nothing final has come by then, the INVITE counts as cancelled (section 9.1).
    pub cancelled_by: Option<Duration>,
}

impl Session {
    /// The next moment at which something must be repeated or given up.
    pub fn next_timeout(&self) -> Option<Duration> {
        let unacked = self.unacked.as_ref().map(|u| u.next.min(u.until));
        [unacked, self.retry.as_ref().map(|(at, _)| *at), self.cancelled_by].into_iter().flatten().min()
    }
}
