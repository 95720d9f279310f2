//! One INVITE usage: where it stands, its dialog, and what must be repeated until the far end has it.

use std::time::Duration;

use crate::dialog::Dialog;
use crate::flow::Flow;
use crate::message::Request;
use crate::stack::contract::{User, literal};
use crate::stack::hop::Hop;
use crate::stack::table::Key;
use crate::timers::Alarm;
use crate::uri::Uri;

/// A proxy gives up on an INVITE after three minutes of silence; a provisional response each minute holds it (RFC 3261
/// section 13.3.1.1).
pub(crate) const REMINDER: Duration = Duration::from_secs(60);

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
    /// Over for the owner; our BYE waits for the ACK of our 2xx (section 15).
    Closing,
}

/// A 2xx of ours that was not acknowledged yet (section 13.3.1.4): repeated from T1, doubling to T2, for 64*T1.
#[derive(Clone, Debug)]
pub(crate) struct Unacked {
    /// CSeq number of the INVITE, which the ACK carries too.
    pub seq: u32,
    pub bytes: Vec<u8>,
    pub flow: Flow,
    pub interval: Duration,
    pub next: Duration,
    pub until: Duration,
}

/// A re-INVITE that met 491 and waits for its second try (section 14.1).
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    pub at: Duration,
    pub offer: Vec<u8>,
}

/// A transfer that the far end asked for (RFC 3515).
#[derive(Debug)]
pub(crate) struct Referral {
    /// The REFER, until it is accepted or refused.
    pub waits: Option<(Key, Request)>,
    /// Its CSeq number, which names the report.
    pub number: u32,
    /// The phone wants no reports, or no more of them.
    pub silent: bool,
    /// The report ends then at the latest.
    pub until: Duration,
    /// What was told last.
    pub last: u16,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub stage: Stage,
    pub flow: Flow,
    /// Requests go back the way that theirs come (a registered phone, maybe behind NAT), not to the Contact's address.
    pub pinned: bool,
    /// The INVITE as received, or as sent last, without Via.
    pub invite: Request,
    /// Its transaction.
    pub key: Key,
    /// Our tag.
    pub tag: String,
    pub dialog: Option<Dialog>,
    /// What is known of its next hop, when that is a name.
    pub hop: Option<Hop>,
    pub unacked: Option<Unacked>,
    /// Their 2xx made the offer: our ACK waits for the owner's answer.
    pub late_offer: bool,
    pub credentials: Option<User>,
    /// Their re-INVITE or UPDATE that waits for our answer.
    pub reoffer: Option<(Key, Request)>,
    /// Our re-INVITE that waits for theirs.
    pub reinvite: Option<Key>,
    pub retry: Option<Retry>,
    /// Their REFER, until its end was told.
    pub referral: Option<Referral>,
    /// Far ends that rang for our INVITE, by tag: a call that is not answered yet can be replaced too.
    pub early: Vec<String>,
    /// Reason header for CANCEL and BYE.
    pub reason: Option<String>,
    /// Warning header of a refused change.
    pub warning: Option<&'static str>,
    /// We placed the call: decides the back-off after 491.
    pub caller: bool,
    /// CANCEL was sent; when nothing final has come by then, the INVITE counts as cancelled (section 9.1).
    pub cancelled_by: Option<Duration>,
    /// When the last provisional response is to be repeated.
    pub remind: Option<Duration>,
    /// When the far end is to be asked whether it is still there, and whether the last question found nobody.
    pub ask_at: Option<Duration>,
    pub missed: bool,
    /// The owner's own name for it.
    pub token: u64,
    pub alarm: Alarm,
}

impl Session {
    /// A session at its first INVITE.
    pub fn new(stage: Stage, flow: Flow, invite: Request, key: Key, tag: String) -> Self {
        Self {
            stage,
            flow,
            pinned: false,
            invite,
            key,
            tag,
            dialog: None,
            hop: None,
            unacked: None,
            late_offer: false,
            credentials: None,
            reoffer: None,
            reinvite: None,
            retry: None,
            referral: None,
            early: Vec::new(),
            reason: None,
            warning: None,
            caller: matches!(stage, Stage::Calling),
            cancelled_by: None,
            remind: None,
            ask_at: None,
            missed: false,
            token: 0,
            alarm: Alarm::default(),
        }
    }

    /// The next moment at which something must be repeated or given up.
    pub fn next_timeout(&self) -> Option<Duration> {
        let unacked = self.unacked.as_ref().map(|u| u.next.min(u.until));
        let retry = self.retry.as_ref().map(|r| r.at);
        let report = self.referral.as_ref().map(|r| r.until);
        [unacked, retry, report, self.cancelled_by, self.remind, self.ask_at].into_iter().flatten().min()
    }

    /// Whether a change of the session is under way at either end.
    pub fn is_changing(&self) -> bool {
        self.reinvite.is_some() || self.reoffer.is_some() || self.unacked.is_some() || self.late_offer
    }

    /// The way of our next request inside the dialog.
    pub fn way(&self) -> Flow {
        let Some(dialog) = &self.dialog else { return self.flow.clone() };
        let hop = self.hop.as_ref().filter(|hop| self.hop_by_name() == Some(&hop.uri));
        match hop.and_then(|hop| hop.ways.first()) {
            Some(way) => way.clone(),
            None => dialog.way(&self.flow, self.pinned),
        }
    }

    /// The next hop, when requests go there and it has to be looked up.
    pub fn hop_by_name(&self) -> Option<&Uri> {
        let dialog = self.dialog.as_ref().filter(|d| !d.stays(&self.flow, self.pinned))?;
        Some(dialog.next()).filter(|uri| uri.is_sip() && literal(uri).is_none())
    }
}
