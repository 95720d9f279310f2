//! Changes of a session in both directions, by re-INVITE or UPDATE, with glare (RFC 3261 section 14, RFC 3311).

use std::time::Duration;

use super::body::{self, Body};
use super::contract::{Ended, Event, SessionId};
use super::server::{Unanswered, too_small};
use super::table::{Key, back};
use super::update::Refusal;
use super::{Owner, Stack};
use crate::SipError;
use crate::interval::Expires;
use crate::message::{Request, Response, phrase};
use crate::method::Method;
use crate::session::{Retry, Stage};

impl Stack {
    /// Re-INVITE or UPDATE from the far end.
    pub(crate) fn reoffer_in(&mut self, now: Duration, key: &Key, id: SessionId, request: Request) {
        let offer = match body::description(&request) {
            Body::None => None,
            Body::Sdp(offer) => Some(offer),
            Body::Strange => {
                let mut response = Response::to(&request, 415, phrase(415));
                response.headers.push_scanned("Accept", "application/sdp".to_owned());
                self.respond(now, key, response);
                return;
            }
        };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let policy = session.policy;
        match session.clash(&request.method, offer.is_some()) {
            Some(491) => {
                self.respond(now, key, Response::to(&request, 491, phrase(491)));
                return;
            }
            Some(_) => {
                let response = self.later(&request);
                self.respond(now, key, response);
                return;
            }
            None => {}
        }
        if session.interval.answer(&request.headers, policy).is_err() {
            self.respond(now, key, too_small(&request, policy));
            return;
        }
        // Both are target refresh requests (section 12.2.2, RFC 3311 section 5.2).
        let tag = far_tag(&request);
        if let (Some(contact), Some(dialog)) = (request.headers.contact(), session.dialog_with(&tag)) {
            dialog.target = contact.uri;
        }
        self.ask_hop(id, key);
        self.note_dialog(id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if request.method == Method::Update && offer.is_none() {
            // It only refreshes, whatever else is under way.
            let timer = session.interval.answer(&request.headers, policy);
            return self.reply(now, id, key, &request, (200, Vec::new()), timer);
        }
        if let Some(server) = self.servers.get_mut(key) {
            server.owner = Owner::Session(id);
        }
        session.reoffer = Some((key.clone(), request));
        self.tell_of(id, Event::Reoffer { session: id, offer });
    }

    /// Section 14.2, RFC 3311 section 5.2: try again in 0 to 10 s.
    pub(crate) fn later(&mut self, request: &Request) -> Response {
        let mut response = Response::to(request, 500, phrase(500));
        response.headers.push_scanned("Retry-After", self.ids.below(10).to_string());
        response
    }

    /// Answers a change of theirs, with the session's interval where there is one.
    fn reply(
        &mut self,
        now: Duration,
        id: SessionId,
        key: &Key,
        request: &Request,
        (status, body): (u16, Vec<u8>),
        timer: Timer,
    ) {
        // An UPDATE before the answer sets no interval: the 2xx to the INVITE does.
        let up = self.sessions.get(&id).is_some_and(|s| s.stage == Stage::Up);
        let granted = if status == 200 && up { self.granted(now, id, timer) } else { Vec::new() };
        let Some(session) = self.sessions.get(&id) else { return };
        let mut response = self.in_dialog(session, request, status, body);
        for (name, value) in granted {
            response.headers.push_scanned(name, value);
        }
        self.respond(now, key, response);
        self.wake_session(id);
    }

    /// Answers [`Event::Reoffer`]: a session description, or the status that refuses it (the session goes on as before).
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] when no re-offer waits (any more: the far end may take it back).
    pub fn answer_reoffer(
        &mut self,
        now: Duration,
        id: SessionId,
        answer: Result<Vec<u8>, u16>,
    ) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        let (key, request) = session.reoffer.take().ok_or(SipError::WrongState)?;
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err(status) => (status.clamp(300, 699), Vec::new()),
        };
        if !self.servers.contains_key(&key) {
            return Err(SipError::WrongState);
        }
        let way = back(&request, &session.flow);
        let timer = match request.method {
            Method::Prack => Ok(None),
            _ => session.interval.answer(&request.headers, session.policy),
        };
        let offer = body::description(&request);
        if status == 200
            && let Body::Sdp(theirs) = &offer
        {
            self.agreed(id, &far_tag(&request), body.clone(), theirs.clone());
        } else if status == 200 {
            session.ours = Some(body.clone());
        }
        if request.method == Method::Prack {
            let Some(session) = self.sessions.get(&id) else { return Ok(()) };
            let response = self.in_dialog(session, &request, status, body);
            self.respond(now, &key, response);
            self.proven(now, id);
            return Ok(());
        }
        self.reply(now, id, &key, &request, (status, body), timer);
        if status == 200 && request.method == Method::Invite {
            let seq = request.headers.cseq().map_or(1, |(n, _)| n);
            let bytes = self.take_sent(&key);
            let offers = matches!(offer, Body::None);
            self.await_ack(now, id, Unanswered { seq, flow: way, bytes, offers });
        } else {
            // A 2xx that waited for this.
            self.proven(now, id);
        }
        Ok(())
    }

    /// Offers a change of the session by re-INVITE: hold, retrieve, another address or codec; without a description the far
    /// end is to offer, and [`Stack::ack`] answers. [`Event::Reanswered`] follows. Takes the place of one that still waits for
    /// its second try.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] while another change is under way, [`SipError::Full`].
    pub fn reinvite(&mut self, now: Duration, id: SessionId, offer: Vec<u8>) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        if session.stage != Stage::Up || session.is_changing() {
            return Err(SipError::WrongState);
        }
        session.retry = None;
        self.send_reinvite(now, id, offer)
    }

    pub(crate) fn send_reinvite(
        &mut self,
        now: Duration,
        id: SessionId,
        offer: Vec<u8>,
    ) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        let credentials = session.credentials.clone();
        let user = session.dialog.as_ref().map(|d| d.local.uri.user.clone()).unwrap_or_default();
        let (mut request, flow) = session.request(Method::Invite, None)?;
        request.headers.push("Contact", self.contact(&flow, &user))?;
        self.refresh_headers(id, &mut request.headers);
        if !offer.is_empty() {
            request.set_body("application/sdp", offer)?;
        }
        let key = self.send_request(now, request, flow, Owner::Reinvite(id), credentials)?;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.reinvite = Some(key);
        }
        Ok(())
    }

    /// The first 2xx to a re-INVITE of ours.
    pub(crate) fn reinvite_taken(&mut self, now: Duration, id: SessionId, key: &Key, response: Response) {
        let ours = self.clients.get(key).map(|c| c.request.body.clone()).unwrap_or_default();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.reinvite = None;
        session.hear(&response.headers);
        if let (Some(contact), Some(dialog)) = (response.headers.contact(), &mut session.dialog) {
            dialog.target = contact.uri;
        }
        self.ask_hop(id, key);
        self.note_dialog(id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.heard_timer(now, &response.headers);
        let refreshed = std::mem::take(&mut session.refreshing);
        let news = !refreshed || session.theirs.as_ref() != Some(&response.body);
        session.theirs = Some(response.body.clone());
        if ours.is_empty() && session.stage == Stage::Up {
            session.late_offer = true;
            session.asked_by = Some(key.clone());
        } else {
            session.ours = Some(ours);
            self.send_ack(id, key, Vec::new());
        }
        self.wake_session(id);
        if news {
            self.tell_of(id, Event::Reanswered { session: id, result: Ok(response.body) });
        }
    }

    /// Our re-INVITE was refused: 491 is tried again after a random wait, longer for the caller (section 14.1); 408 and
    /// 481 end the dialog (section 12.2.1.2); anything else leaves the session as it was.
    pub(crate) fn reinvite_refused(&mut self, now: Duration, id: SessionId, refusal: Refusal, offer: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.reinvite = None;
        if session.refreshing {
            return self.refresh_refused(now, id, refusal);
        }
        match refusal.0 {
            491 if session.stage == Stage::Up => self.retry_later(now, id, offer.to_vec(), false),
            408 | 481 => self.gone(now, id, Ended::PeerGone),
            status => self.tell_of(id, Event::Reanswered { session: id, result: Err(status) }),
        }
    }

    /// Glare: the same once more after a random wait.
    pub(crate) fn retry_later(&mut self, now: Duration, id: SessionId, offer: Vec<u8>, update: bool) {
        let at = now.saturating_add(self.back_off(id));
        if let Some(session) = self.sessions.get_mut(&id) {
            session.retry = Some(Retry { at, offer, update });
        }
        self.wake_session(id);
    }

    /// The second try. When the far end's change came between, the owner's offer is out of date: it makes a new one.
    pub(crate) fn retry_due(&mut self, now: Duration, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(Retry { offer, update, .. }) = session.retry.take_if(|r| r.at <= now) else { return };
        let sent = if update { self.update(now, id, offer) } else { self.reinvite(now, id, offer) };
        if sent.is_err() {
            self.tell_of(id, Event::Reanswered { session: id, result: Err(491) });
        }
    }
}

/// The far end's tag in a request of theirs.
fn far_tag(request: &Request) -> String {
    request.headers.view_from().and_then(|f| f.tag().map(|t| t.into_owned())).unwrap_or_default()
}

/// What the session's interval says to a request.
type Timer = Result<Option<(Expires, bool)>, ()>;
