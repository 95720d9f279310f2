//! Changes of a session in both directions, by re-INVITE or UPDATE, with glare (RFC 3261 section 14, RFC 3311).

use std::time::Duration;

use super::body::{self, Body};
use super::contract::{Ended, Event, SessionId};
use super::receive::ALLOW;
use super::table::{Key, back};
use super::{Owner, Stack};
use crate::SipError;
use crate::message::{Request, Response, phrase};
use crate::method::Method;
use crate::session::{Retry, Stage};

impl Stack {
    /// Re-INVITE or UPDATE from the far end.
    pub(crate) fn reoffer_in(&mut self, now: Duration, key: &Key, id: SessionId, request: Request) {
        let Some(session) = self.sessions.get(&id) else { return };
        if session.reinvite.is_some() {
            self.respond(now, key, Response::to(&request, 491, phrase(491)));
            return;
        }
        if session.stage != Stage::Up || session.is_changing() {
            // Section 14.2: try again in 0 to 10 s.
            let mut response = Response::to(&request, 500, phrase(500));
            response.headers.push_scanned("Retry-After", self.ids.below(10).to_string());
            self.respond(now, key, response);
            return;
        }
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
        // Both are target refresh requests (section 12.2.2, RFC 3311 section 5.2).
        if let (Some(contact), Some(dialog)) = (request.headers.contact(), &mut session.dialog) {
            dialog.target = contact.uri;
        }
        self.ask_hop(id, key);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (is_invite, waits) = (request.method == Method::Invite, (key.clone(), request));
        session.reoffer = Some(waits);
        if let Some(server) = self.servers.get_mut(key) {
            server.owner = Owner::Session(id);
        }
        if is_invite || offer.is_some() {
            self.tell_of(id, Event::Reoffer { session: id, offer });
        } else if self.answer_reoffer(now, id, Ok(Vec::new())).is_err() {
            // An UPDATE without offer only refreshes; it has just been put there to be answered.
            self.end(now, id, Ended::PeerGone, None);
        }
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
        let session = self.sessions.get(&id).ok_or(SipError::NoSession)?;
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err(status) => (status.clamp(300, 699), Vec::new()),
        };
        let way = back(&request, &session.flow);
        let response = self.in_dialog(session, &request, status, body);
        if !self.respond(now, &key, response) {
            return Err(SipError::WrongState);
        }
        if status == 200 && request.method == Method::Invite {
            let seq = request.headers.cseq().map_or(1, |(n, _)| n);
            let bytes = self.take_sent(&key);
            self.await_ack(now, id, seq, way, bytes);
        }
        Ok(())
    }

    /// Offers a change of the session: hold, retrieve, another address. [`Event::Reanswered`] follows. Takes the place of
    /// one that still waits for its second try.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] while another change is under way, [`SipError::Full`].
    pub fn reinvite(&mut self, now: Duration, id: SessionId, offer: Vec<u8>) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        if session.stage != Stage::Up || session.is_changing() {
            return Err(SipError::WrongState);
        }
        session.retry = None;
        let (flow, credentials) = (session.way(), session.credentials.clone());
        let dialog = session.dialog.as_mut().ok_or(SipError::WrongState)?;
        let user = dialog.local.uri.user.clone();
        let mut request = dialog.request(Method::Invite, None)?;
        request.headers.push("Contact", self.contact(&flow, &user))?;
        request.headers.push("Allow", ALLOW)?;
        request.set_body("application/sdp", offer)?;
        let key = self.send_request(now, request, flow, Owner::Reinvite(id), credentials)?;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.reinvite = Some(key);
        }
        Ok(())
    }

    /// The first 2xx to a re-INVITE of ours.
    pub(crate) fn reinvite_taken(&mut self, id: SessionId, key: &Key, response: Response) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.reinvite = None;
        if let (Some(contact), Some(dialog)) = (response.headers.contact(), &mut session.dialog) {
            dialog.target = contact.uri;
        }
        self.ask_hop(id, key);
        self.send_ack(id, key, Vec::new());
        self.tell_of(id, Event::Reanswered { session: id, result: Ok(response.body) });
    }

    /// Our re-INVITE was refused: 491 is tried again after a random wait, longer for the caller (section 14.1); 408 and
    /// 481 end the dialog (section 12.2.1.2); anything else leaves the session as it was.
    pub(crate) fn reinvite_refused(&mut self, now: Duration, id: SessionId, status: u16, offer: &[u8]) {
        // In steps of 10 ms: the caller 2.1 to 4 s, the called end 0 to 2 s.
        let steps = (self.ids.below(190).saturating_add(210), self.ids.below(200));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.reinvite = None;
        match status {
            491 if session.stage == Stage::Up => {
                let steps = if session.caller { steps.0 } else { steps.1 };
                let at = now.saturating_add(Duration::from_millis(steps.saturating_mul(10)));
                session.retry = Some(Retry { at, offer: offer.to_vec() });
                self.wake_session(id);
            }
            408 | 481 => self.gone(now, id, Ended::PeerGone),
            status => self.tell_of(id, Event::Reanswered { session: id, result: Err(status) }),
        }
    }

    /// The second try. When the far end's change came between, the owner's offer is out of date: it makes a new one.
    pub(crate) fn retry_due(&mut self, now: Duration, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(Retry { offer, .. }) = session.retry.take_if(|r| r.at <= now) else { return };
        if self.reinvite(now, id, offer).is_err() {
            self.tell_of(id, Event::Reanswered { session: id, result: Err(491) });
        }
    }
}
