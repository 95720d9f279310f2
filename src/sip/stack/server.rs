//! The called end of an INVITE: ringing, answering, refusing, CANCEL, and the 2xx that is repeated until its ACK.

use std::time::Duration;

use super::contract::{Ended, Event, SessionId};
use super::receive::allow;
use super::table::{Key, back, server_key};
use super::{Owner, Stack};
use crate::SipError;
use crate::dialog::Dialog;
use crate::flow::Flow;
use crate::message::{Request, Response, phrase};
use crate::method::Method;
use crate::session::{Session, Stage, Unacked};

impl Stack {
    pub(crate) fn invite_in(&mut self, now: Duration, key: &Key, flow: &Flow, request: Request) {
        let headers = &request.headers;
        if headers.to().is_some_and(|t| t.tag().is_some()) {
            return self.reject_now(now, key, Response::to(&request, 481, phrase(481)));
        }
        if self.is_merged(key, &request) {
            return self.reject_now(now, key, Response::to(&request, 482, phrase(482)));
        }
        if !request.body.is_empty() && headers.content_type().as_deref() != Some("application/sdp") {
            let mut response = Response::to(&request, 415, phrase(415));
            response.headers.push_scanned("Accept", "application/sdp".to_owned());
            return self.reject_now(now, key, response);
        }
        let understood = |v: &str| {
            v.split(';')
                .next()
                .is_some_and(|t| matches!(t.trim(), "application/sdp" | "application/*" | "*/*"))
        };
        if headers.get("Accept").is_some() && !headers.tokens("Accept").any(understood) {
            return self.reject_now(now, key, Response::to(&request, 406, phrase(406)));
        }
        if self.sessions.len() >= self.settings.most_sessions {
            let mut response = Response::to(&request, 503, phrase(503));
            response.headers.push_scanned("Retry-After", "30".to_owned());
            return self.reject_now(now, key, response);
        }
        let Some(source) = self.source_of(now, key, flow, &request) else { return };
        let id = self.mint_session();
        let tag = self.ids.tag();
        let Some(dialog) = Dialog::of_server(&request, &tag) else { return };
        self.dialogs.insert((dialog.call_id.clone(), tag.clone()), id);
        if let Some(origin) = origin(&request) {
            self.origins.insert(origin, id);
        }
        if let Some(server) = self.servers.get_mut(key) {
            server.owner = Owner::Session(id);
        }
        let session = Session {
            stage: Stage::Incoming,
            flow: flow.clone(),
            invite: request.clone(),
            key: key.clone(),
            tag,
            dialog: Some(dialog),
            unacked: None,
            ack: None,
            credentials: None,
            tries: 0,
            reoffer: None,
            reinvite: None,
            retry: None,
            reason: None,
            caller: false,
            cancelled_by: None,
        };
        self.sessions.insert(id, session);
        self.tell(Event::Incoming { session: id, source, request: Box::new(request), flow: flow.clone() });
    }

    /// The same INVITE over two paths (RFC 3261 section 8.2.2.2), while the first one's transaction still stands.
    fn is_merged(&self, key: &Key, request: &Request) -> bool {
        let session = origin(request).and_then(|o| self.origins.get(&o)).and_then(|id| self.sessions.get(id));
        session.is_some_and(|s| {
            s.key != *key
                && s.invite.headers.cseq() == request.headers.cseq()
                && self.servers.contains_key(&s.key)
        })
    }

    /// 100 Trying: from here the caller knows that we have the call.
    pub fn trying(&mut self, now: Duration, id: SessionId) {
        if let Some(session) = self.sessions.get(&id).filter(|s| s.stage == Stage::Incoming) {
            let response = Response::to(&session.invite, 100, phrase(100));
            let key = session.key.clone();
            self.respond(now, &key, response);
        }
    }

    /// A provisional response, 180 or 183, with early media if there is a body.
    pub fn progress(&mut self, now: Duration, id: SessionId, status: u16, body: Vec<u8>) {
        if let Some(session) = self.sessions.get(&id).filter(|s| s.stage == Stage::Incoming) {
            let (key, response) =
                (session.key.clone(), self.in_dialog(session, &session.invite, status, body));
            self.respond(now, &key, response);
        }
    }

    /// 200 with the answer, or, after an INVITE without offer, with our offer.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`].
    pub fn accept(&mut self, now: Duration, id: SessionId, body: Vec<u8>) -> Result<(), SipError> {
        let session = self.sessions.get(&id).ok_or(SipError::NoSession)?;
        if session.stage != Stage::Incoming {
            return Err(SipError::WrongState);
        }
        let (key, response) = (session.key.clone(), self.in_dialog(session, &session.invite, 200, body));
        let flow = back(&session.invite, &session.flow);
        if let Some(session) = self.sessions.get_mut(&id) {
            session.stage = Stage::Up;
        }
        self.accepted(now, id, &key, response, flow);
        Ok(())
    }

    /// Sends a 2xx to an INVITE and keeps it for repetition.
    pub(crate) fn accepted(
        &mut self,
        now: Duration,
        id: SessionId,
        key: &Key,
        response: Response,
        flow: Flow,
    ) {
        let bytes = response.print();
        self.respond(now, key, response);
        let times = self.settings.times;
        if let Some(session) = self.sessions.get_mut(&id) {
            let (next, until) = (now.saturating_add(times.t1), now.saturating_add(times.give_up()));
            session.unacked = Some(Unacked { bytes, flow, interval: times.t1, next, until });
        }
        self.wake_session(id);
    }

    /// Refuses. The session is over.
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
        let session = self.sessions.get(&id).ok_or(SipError::NoSession)?;
        if session.stage != Stage::Incoming {
            return Err(SipError::WrongState);
        }
        let mut response = self.in_dialog(session, &session.invite, status, Vec::new());
        for (name, value) in headers {
            response.headers.push(name, value.clone())?;
        }
        let key = session.key.clone();
        self.respond(now, &key, response);
        self.forget(now, id);
        Ok(())
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
        if (101..300).contains(&status) {
            for route in request.headers.all("Record-Route") {
                headers.push_scanned("Record-Route", route.to_owned());
            }
            headers.push_scanned("Contact", self.contact(&session.flow));
            headers.push_scanned("Allow", allow());
        }
        if !body.is_empty() {
            headers.push_scanned("Content-Type", "application/sdp".to_owned());
            response.body = body;
        }
        response
    }

    /// CANCEL finds its INVITE by the same branch (section 9.2).
    pub(crate) fn cancel_in(&mut self, now: Duration, key: &Key, request: &Request) {
        let found = server_key(request, &Method::Invite).and_then(|k| self.servers.get(&k)).map(|s| s.owner);
        let status = if found.is_some() { 200 } else { 481 };
        let response = Response::to(request, status, phrase(status));
        let Some(Owner::Session(id)) = found else { return self.reject_now(now, key, response) };
        let tag = self.sessions.get(&id).map(|s| s.tag.clone()).unwrap_or_default();
        self.respond(now, key, response.tag(&tag));
        // After the final answer a CANCEL changes nothing (section 9.2).
        if self.sessions.get(&id).is_some_and(|s| s.stage == Stage::Incoming) {
            self.end(now, id, Ended::Cancel, request.headers.q850());
        }
    }

    pub(crate) fn session_due(&mut self, now: Duration, id: SessionId) {
        let t2 = self.settings.times.t2;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.cancelled_by.is_some_and(|at| at <= now) {
            let key = session.key.clone();
            return self.client_failed(now, &key, 487);
        }
        if let Some(unacked) = &mut session.unacked {
            if unacked.until <= now {
                // Nobody acknowledged: BYE, and over (section 13.3.1.4).
                session.unacked = None;
                self.hang_up(now, id, None);
                return self.tell(Event::Ended { session: id, how: Ended::PeerGone, q850: None });
            }
            if unacked.next <= now {
                unacked.interval = unacked.interval.saturating_mul(2).min(t2);
                unacked.next = now.saturating_add(unacked.interval);
                let (flow, bytes) = (unacked.flow.clone(), unacked.bytes.clone());
                self.send(&flow, bytes);
            }
        }
        self.retry_due(now, id);
        self.wake_session(id);
    }
}

/// What names an INVITE's sender whatever its path: Call-ID and From tag.
pub(crate) fn origin(request: &Request) -> Option<(String, String)> {
    let from = request.headers.from()?;
    Some((request.headers.call_id()?.to_owned(), from.tag()?.to_owned()))
}
