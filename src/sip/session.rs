//! One INVITE usage: where it stands, its dialog, and what must be repeated until the far end has it.

use std::time::Duration;

use crate::SipError;
use crate::dialog::Dialog;
use crate::early::{Early, Opening, Provisional};
use crate::flow::Flow;
use crate::headers::Headers;
use crate::interval::Interval;
use crate::message::Request;
use crate::method::Method;
use crate::policy::{Manner, Policy};
use crate::session_id::SessionIds;
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
    /// It made an offer, which the ACK answers.
    pub offers: bool,
}

/// A change of ours that met 491 and waits for its second try (section 14.1, RFC 3311 section 5.1).
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    pub at: Duration,
    pub offer: Vec<u8>,
    /// By UPDATE.
    pub update: bool,
}

/// An UPDATE of ours that waits for its answer.
#[derive(Clone, Debug)]
pub(crate) struct Updating {
    /// Its CSeq number. One of an early dialog is not waited for any more once the session is up.
    pub seq: u32,
    /// It makes an offer.
    pub offers: bool,
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
    /// The re-INVITE of ours that made it; `None`: the session's first INVITE.
    pub asked_by: Option<Key>,
    pub credentials: Option<User>,
    pub policy: Policy,
    /// The far end's Allow names UPDATE (RFC 3311 section 4).
    pub takes_update: bool,
    /// The descriptions that count, for a refresh by re-INVITE.
    pub ours: Option<Vec<u8>>,
    pub theirs: Option<Vec<u8>>,
    /// The calling end's early dialogs, one for each fork that was heard.
    pub early: Vec<Early>,
    /// The called end's first exchange of descriptions, and its reliable responses.
    pub opening: Opening,
    pub manner: Manner,
    pub provisional: Provisional,
    /// Our 2xx waits for a PRACK.
    pub held: Option<Vec<u8>>,
    pub update: Option<Updating>,
    pub interval: Interval,
    /// The re-INVITE or UPDATE that is under way only refreshes.
    pub refreshing: bool,
    pub ids: SessionIds,
    /// Their re-INVITE, UPDATE or PRACK that waits for our answer.
    pub reoffer: Option<(Key, Request)>,
    /// Our re-INVITE that waits for theirs.
    pub reinvite: Option<Key>,
    pub retry: Option<Retry>,
    /// Their REFER, until its end was told.
    pub referral: Option<Referral>,
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
    pub fn new(stage: Stage, flow: Flow, invite: Request, key: Key, tag: String, ids: SessionIds) -> Self {
        Self {
            policy: Policy::default(),
            takes_update: false,
            ours: None,
            theirs: None,
            early: Vec::new(),
            opening: Opening::Open,
            manner: Manner::Plain,
            provisional: Provisional::default(),
            held: None,
            update: None,
            interval: Interval::default(),
            refreshing: false,
            ids,
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
            asked_by: None,
            credentials: None,
            reoffer: None,
            reinvite: None,
            retry: None,
            referral: None,
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
        let own = [unacked, retry, report, self.cancelled_by, self.remind, self.ask_at];
        let parts = [self.provisional.next_timeout(), self.interval.next_timeout()];
        own.into_iter().chain(parts).flatten().min()
    }

    /// Whether a change of the session is under way at either end.
    pub fn is_changing(&self) -> bool {
        self.reinvite.is_some()
            || self.update.is_some()
            || self.reoffer.is_some()
            || self.unacked.is_some()
            || self.late_offer
    }

    /// Why a change by the far end can't be taken now: 491 when ours is under way, 500 when theirs is (RFC 3261 section
    /// 14.2, RFC 3311 section 5.2).
    pub fn clash(&self, method: &Method, offers: bool) -> Option<u16> {
        let updating = self.reoffer.as_ref().is_some_and(|(_, r)| r.method == Method::Update);
        if *method == Method::Update && !offers {
            return updating.then_some(500);
        }
        let early = match self.stage {
            Stage::Calling if *method != Method::Update => Some(491),
            Stage::Calling if self.early.iter().any(|e| e.offered.is_some()) => Some(500),
            Stage::Calling if self.early.iter().all(|e| e.theirs.is_none()) => Some(491),
            Stage::Incoming if *method != Method::Update => Some(500),
            Stage::Incoming => match self.opening {
                Opening::Theirs | Opening::Open => Some(500),
                Opening::Ours => Some(491),
                Opening::Done => None,
            },
            Stage::Cancelling | Stage::Closing => Some(500),
            Stage::Calling | Stage::Up => None,
        };
        let waits = self.unacked.as_ref().is_some_and(|u| u.offers);
        let ours = self.reinvite.is_some() || self.update.as_ref().is_some_and(|u| u.offers);
        let theirs = self.reoffer.is_some() || self.late_offer;
        let unheard = *method == Method::Invite && self.unacked.is_some();
        let glare = (ours || *method == Method::Update && waits).then_some(491);
        early.or(glare).or((theirs || unheard).then_some(500))
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

    /// The dialog with this far end's tag: the session's, or, before the answer, that of a fork.
    pub fn dialog_with(&mut self, tag: &str) -> Option<&mut Dialog> {
        let early = matches!(self.stage, Stage::Calling | Stage::Cancelling);
        match &mut self.dialog {
            Some(dialog) => Some(dialog).filter(|d| d.remote_tag() == tag),
            None => self.early.iter_mut().map(|e| &mut e.dialog).find(|d| early && d.remote_tag() == tag),
        }
    }

    /// The same to look at.
    pub fn dialog_seen(&self, tag: &str) -> Option<&Dialog> {
        let early = matches!(self.stage, Stage::Calling | Stage::Cancelling);
        match &self.dialog {
            Some(dialog) => Some(dialog).filter(|d| d.remote_tag() == tag),
            None => self.early.iter().map(|e| &e.dialog).find(|d| early && d.remote_tag() == tag),
        }
    }

    /// A request in the session's dialog, with its way.
    ///
    /// # Errors
    /// [`SipError::WrongState`] when there is no dialog yet.
    pub fn request(&mut self, method: Method, ack_of: Option<u32>) -> Result<(Request, Flow), SipError> {
        let way = self.way();
        let dialog = self.dialog.as_mut().ok_or(SipError::WrongState)?;
        let mut request = dialog.request(method, ack_of)?;
        request.headers.push_scanned("Session-ID", self.ids.print());
        Ok((request, way))
    }

    /// What a message of the far end says of itself: what it allows, and its part of the Session-ID.
    pub fn hear(&mut self, headers: &Headers) {
        self.ids.hear(headers);
        if headers.get("Allow").is_some() {
            self.takes_update = headers.tokens("Allow").any(|m| m == Method::Update.as_str());
        }
    }
}
