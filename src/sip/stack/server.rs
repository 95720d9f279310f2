//! The called end of an INVITE: ringing, answering, refusing, CANCEL, and the 2xx that is repeated until its ACK.

use std::time::Duration;

use rsip::Header;

use super::body::{self, Body};
use super::contract::{Ended, Event, SessionId, Source};
use super::receive::{ALLOW, supported};
use super::table::{Key, back, identity, server_key};
use super::{Owner, Stack};
use crate::SipError;
use crate::dialog::Dialog;
use crate::early::Opening;
use crate::flow::Flow;
use crate::interval::Interval;
use crate::message::{Request, Response, phrase};
use crate::method::Method;
use crate::policy::{Manner, Policy};
use crate::session::{Session, Stage, Unacked};
use crate::session_id::SessionIds;

/// A 2xx that has just been sent.
pub(crate) struct Unanswered {
    /// CSeq number of its INVITE.
    pub seq: u32,
    pub flow: Flow,
    pub bytes: Vec<u8>,
    /// It makes an offer, which the ACK answers.
    pub offers: bool,
}

/// What we tell a caller to wait when a limit is reached, seconds.
pub(crate) const RETRY_AFTER: &str = "30";

impl Stack {
    pub(crate) fn invite_in(&mut self, now: Duration, key: &Key, flow: &Flow, request: Request) {
        let identity = identity(&request);
        if identity.as_ref().is_some_and(|i| self.identities.contains(i)) {
            let response = Response::to(&request, 482, phrase(482));
            return self.answer_alone(key, &request, flow, response);
        }
        let source = match self.admit(now, flow, &request) {
            Ok(source) => source,
            Err(response) => return self.answer_alone(key, &request, flow, *response),
        };
        let found = body::description(&request);
        let policy = self.policy_of(&source);
        if let Some((response, why)) = self.unacceptable(&request, &found, policy) {
            self.tell(0, Event::Refused { from: flow.remote, status: response.status, why });
            return self.answer_alone(key, &request, flow, response);
        }
        let replaces = match self.replaced(&request, &source) {
            Ok(replaces) => replaces,
            Err((status, why)) => {
                self.tell(0, Event::Refused { from: flow.remote, status, why });
                let response = Response::to(&request, status, phrase(status));
                return self.answer_alone(key, &request, flow, response);
            }
        };
        if !self.open_server_as(key, &request, flow, identity) {
            return;
        }
        let offer = match found {
            Body::Sdp(offer) => Some(offer),
            Body::None | Body::Strange => None,
        };
        self.take(key, flow, request, source, offer, replaces);
    }

    /// Why an admitted INVITE can't be taken (RFC 3261 sections 8.2.3 and 21.5.4).
    fn unacceptable(
        &self,
        request: &Request,
        found: &Body,
        policy: Policy,
    ) -> Option<(Response, &'static str)> {
        let headers = &request.headers;
        let known = |v: &str| {
            let range = v.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            matches!(range.as_str(), "application/sdp" | "application/*" | "*/*")
        };
        if matches!(found, Body::Strange) {
            let mut response = Response::to(request, 415, phrase(415));
            response.headers.push_scanned("Accept", "application/sdp, multipart/mixed".to_owned());
            return Some((response, "the INVITE's body holds no session description"));
        }
        if headers.get("Accept").is_some() && !headers.tokens("Accept").any(known) {
            return Some((
                Response::to(request, 406, phrase(406)),
                "the caller accepts no session description",
            ));
        }
        if manner(request, policy).is_none() {
            let mut response = Response::to(request, 421, phrase(421));
            response.headers.push_scanned("Require", "100rel".to_owned());
            return Some((
                response,
                "the trunk's setting requires 100rel, and the caller does not support it",
            ));
        }
        if Interval::new(policy).answer(headers, policy).is_err() {
            return Some((
                too_small(request, policy),
                "the caller's session timer is shorter than the setting allows",
            ));
        }
        if self.sessions.len() >= self.settings.most_sessions {
            let mut response = Response::to(request, 503, phrase(503));
            response.headers.push_scanned("Retry-After", RETRY_AFTER.to_owned());
            return Some((response, "the limit of sessions is reached"));
        }
        None
    }

    fn take(
        &mut self,
        key: &Key,
        flow: &Flow,
        request: Request,
        source: Source,
        offer: Option<Vec<u8>>,
        replaces: Option<SessionId>,
    ) {
        let id = SessionId(self.mint());
        let tag = self.ids.tag();
        let ids = SessionIds::new(self.ids.uuid());
        let mut session = Session::new(Stage::Incoming, flow.clone(), request.clone(), key.clone(), tag, ids);
        session.policy = self.policy_of(&source);
        session.interval = Interval::new(session.policy);
        session.manner = manner(&request, session.policy).unwrap_or_default();
        if offer.is_some() {
            session.opening = Opening::Theirs;
        }
        session.theirs.clone_from(&offer);
        session.hear(&request.headers);
        session.dialog = Dialog::of_server(&request, &session.tag);
        session.pinned = matches!(source, Source::Phone(_));
        if let Some(server) = self.servers.get_mut(key) {
            server.owner = Owner::Session(id);
            server.label = Some(session.ids.print());
        }
        self.enter(id, session);
        let (request, flow) = (Box::new(request), flow.clone());
        self.tell_of(id, Event::Incoming { session: id, source, request, offer, flow, replaces });
    }

    /// 100 Trying: from here the caller knows that we have the call.
    pub fn trying(&mut self, now: Duration, id: SessionId) {
        if let Some(session) = self.sessions.get(&id).filter(|s| s.stage == Stage::Incoming) {
            let response = Response::to(&session.invite, 100, phrase(100));
            let key = session.key.clone();
            self.respond(now, &key, response);
        }
    }

    /// 200 with the answer, or, after an INVITE without offer, with our offer. Waits for the PRACK of a reliable response that
    /// described us; what was described there is not said again.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`].
    pub fn accept(&mut self, now: Duration, id: SessionId, body: Vec<u8>) -> Result<(), SipError> {
        let session = self.waiting(id)?;
        if session.provisional.holds_answer() || session.reoffer.is_some() {
            session.held = Some(body);
            return Ok(());
        }
        self.accept_now(now, id, body)
    }

    pub(crate) fn accept_now(
        &mut self,
        now: Duration,
        id: SessionId,
        mut body: Vec<u8>,
    ) -> Result<(), SipError> {
        let ask_at = now.checked_add(self.settings.ask_every).filter(|at| *at > now);
        let session = self.waiting(id)?;
        if session.opening == Opening::Done {
            body.clear();
        }
        let offers = session.opening == Opening::Open;
        if !body.is_empty() {
            session.ours = Some(body.clone());
        }
        session.stage = Stage::Up;
        session.ask_at = ask_at;
        session.remind = None;
        session.provisional.over();
        let seq = session.invite.headers.cseq().map_or(1, |(n, _)| n);
        let way = back(&session.invite, &session.flow);
        let timer = session.interval.answer(&session.invite.headers, session.policy);
        let timer = self.granted(now, id, timer);
        let key = self.say(now, id, 200, &timer, body)?;
        let bytes = self.take_sent(&key);
        self.await_ack(now, id, Unanswered { seq, flow: way, bytes, offers });
        self.ask_hop(id, &key);
        self.note_dialog(id);
        Ok(())
    }

    /// Refuses with 300 to 699. The session is over.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`], [`SipError::BreaksLine`] for a bad header.
    pub fn reject(
        &mut self,
        now: Duration,
        id: SessionId,
        status: u16,
        headers: &[(&str, String)],
    ) -> Result<(), SipError> {
        self.waiting(id)?;
        self.say(now, id, status.clamp(300, 699), headers, Vec::new())?;
        self.forget(now, id);
        Ok(())
    }

    /// Hangs up a call that still waits for our answer.
    pub(crate) fn refuse_waiting(&mut self, now: Duration, id: SessionId) {
        let reason = self.sessions.get_mut(&id).and_then(|s| s.reason.take());
        let headers: Vec<(&str, String)> = reason.into_iter().map(|r| ("Reason", r)).collect();
        if self.reject(now, id, 480, &headers).is_err() {
            // The reason broke its line: the refusal matters more.
            let _ = self.reject(now, id, 480, &[]);
        }
    }

    pub(crate) fn waiting(&mut self, id: SessionId) -> Result<&mut Session, SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        if session.stage == Stage::Incoming { Ok(session) } else { Err(SipError::WrongState) }
    }

    /// Answers the INVITE that the session began with; its transaction.
    pub(crate) fn say(
        &mut self,
        now: Duration,
        id: SessionId,
        status: u16,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<Key, SipError> {
        let session = self.sessions.get(&id).ok_or(SipError::NoSession)?;
        let mut response = self.in_dialog(session, &session.invite, status, body);
        for (name, value) in headers {
            response.headers.push(name, value.clone())?;
        }
        let key = session.key.clone();
        if self.respond(now, &key, response) { Ok(key) } else { Err(SipError::WrongState) }
    }

    /// Repeats a 2xx to an INVITE until its ACK comes.
    pub(crate) fn await_ack(&mut self, now: Duration, id: SessionId, sent: Unanswered) {
        let times = self.settings.times;
        let Unanswered { seq, flow, bytes, offers } = sent;
        if let Some(session) = self.sessions.get_mut(&id) {
            let (next, until) = (now.saturating_add(times.t1), now.saturating_add(times.give_up()));
            session.unacked = Some(Unacked { seq, bytes, flow, interval: times.t1, next, until, offers });
        }
        self.wake_session(id);
    }

    /// A response that makes or belongs to our end of the dialog.
    pub(crate) fn in_dialog(
        &self,
        session: &Session,
        request: &Request,
        status: u16,
        body: Vec<u8>,
    ) -> Response {
        let mut response = Response::to(request, status, phrase(status)).tag(&session.tag);
        let headers = &mut response.headers;
        if (101..300).contains(&status) && request.method != Method::Prack {
            headers.copy(&request.headers, usize::MAX, |h| matches!(h, Header::RecordRoute(_)));
            let early = || session.early.first().map(|e| &e.dialog);
            let dialog = session.dialog.as_ref().or_else(early);
            let user = dialog.map_or("", |d| d.local.uri.user.as_str());
            headers.push_scanned("Contact", self.contact(&session.flow, user));
            headers.push_scanned("Allow", ALLOW.to_owned());
            headers.push_scanned("Supported", supported(session.policy));
        }
        if let Some(warning) = session.warning.filter(|_| status >= 400) {
            headers.push_scanned("Warning", warning.to_owned());
        }
        if !body.is_empty() {
            headers.push_scanned("Content-Type", "application/sdp".to_owned());
            response.body = body;
        }
        response
    }

    /// CANCEL finds its INVITE by the same branch (section 9.2). After the final answer it changes nothing.
    pub(crate) fn cancel_in(&mut self, now: Duration, key: &Key, flow: &Flow, request: &Request) {
        let invite = server_key(request, &Method::Invite);
        let owner = invite.as_ref().and_then(|k| self.servers.get(k)).map(|s| s.owner);
        let (Some(invite), Some(owner)) = (invite, owner) else {
            return self.answer_alone(key, request, flow, Response::to(request, 481, phrase(481)));
        };
        if !self.open_server(key, request, flow) {
            return;
        }
        let session = match owner {
            Owner::Session(id) => self.sessions.get_mut(&id).map(|s| (id, s)),
            Owner::Nobody
            | Owner::Reinvite(_)
            | Owner::Presence(_)
            | Owner::Refer(_)
            | Owner::Report(_)
            | Owner::Update(_)
            | Owner::Inside(_)
            | Owner::Outside(_) => None,
        };
        let Some((id, session)) = session else {
            return self.answer(now, key, Response::to(request, 200, phrase(200)));
        };
        let tag = session.tag.clone();
        let taken_back = session.reoffer.take_if(|(k, _)| *k == invite);
        let over = session.stage == Stage::Incoming && session.key == invite;
        self.respond(now, key, Response::to(request, 200, phrase(200)).tag(&tag));
        if let Some((invite, request)) = taken_back {
            self.respond(now, &invite, Response::to(&request, 487, phrase(487)));
        }
        if over {
            self.end(now, id, Ended::Cancel, request.headers.q850());
        }
    }

    pub(crate) fn session_due(&mut self, now: Duration, at: Duration, id: SessionId) {
        let t2 = self.settings.times.t2;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !session.alarm.rings(at) {
            return;
        }
        let key = session.key.clone();
        if session.cancelled_by.is_some_and(|by| by <= now) {
            return self.client_failed(now, &key, 487);
        }
        if self.provisional_due(now, id) {
            return;
        }
        self.remind(now, id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(unacked) = &mut session.unacked {
            if unacked.until <= now {
                session.unacked = None;
                return self.gone(now, id, Ended::NoAck);
            }
            if unacked.next <= now {
                unacked.interval = unacked.interval.saturating_mul(2).min(t2);
                unacked.next = now.saturating_add(unacked.interval);
                let (flow, bytes) = (unacked.flow.clone(), unacked.bytes.clone());
                self.send(&flow, bytes);
            }
        }
        if self.refresh_due(now, id) {
            return;
        }
        self.retry_due(now, id);
        self.report_due(now, id);
        self.ask_due(now, id);
        self.wake_session(id);
    }
}

/// How provisional responses to this INVITE are sent; `None`: we require what the caller can't.
fn manner(request: &Request, policy: Policy) -> Option<Manner> {
    let requires = request.headers.tokens("Require").any(|t| t == "100rel");
    let supports = request.headers.tokens("Supported").any(|t| t == "100rel");
    Manner::of(policy, supports, requires)
}

/// 422: the shortest interval that we take (RFC 4028 section 6).
pub(crate) fn too_small(request: &Request, policy: Policy) -> Response {
    let mut response = Response::to(request, 422, phrase(422));
    response.headers.push_scanned("Min-SE", policy.min_se.as_secs().to_string());
    response
}
