//! Requests of the far end inside a dialog: in order, then BYE, INFO, OPTIONS, and changes of the session.

use std::time::Duration;

use super::body;
use super::contract::{Ended, Event, Pressed, SessionId};
use super::receive::unsupported;
use super::table::Key;
use super::{Owner, Stack};
use crate::SipError;
use crate::flow::Flow;
use crate::message::{Request, Response, phrase};
use crate::method::Method;
use crate::session::Stage;

impl Stack {
    pub(crate) fn inside_in(
        &mut self,
        now: Duration,
        key: &Key,
        id: SessionId,
        flow: &Flow,
        request: Request,
    ) {
        if request.method == Method::Cancel {
            return self.cancel_in(now, key, flow, &request);
        }
        if !self.open_server(key, &request, flow) {
            return;
        }
        let seq = request.headers.cseq().map_or(0, |(n, _)| n);
        let tag =
            request.headers.view_from().and_then(|f| f.tag().map(|t| t.into_owned())).unwrap_or_default();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.hear(&request.headers);
        if let Some(server) = self.servers.get_mut(key) {
            server.label = Some(session.ids.print());
        }
        if !session.dialog_with(&tag).is_some_and(|d| d.in_order(seq)) {
            // Overtaken by a later one (RFC 3261 section 12.2.2).
            self.respond(now, key, Response::to(&request, 500, "CSeq Out of Order"));
            return;
        }
        // The far end has a new connection, or its NAT a new port.
        let moved = (session.pinned || flow.transport.reliable()) && session.flow != *flow;
        if moved {
            session.flow = flow.clone();
        }
        let (policy, stage) = (session.policy, session.stage);
        if moved {
            self.note_dialog(id);
        }
        if let Some(response) = self.objection(&request, policy) {
            self.respond(now, key, response);
            return;
        }
        match &request.method {
            Method::Invite | Method::Update => self.reoffer_in(now, key, id, request),
            Method::Prack => self.prack_in(now, key, id, request),
            // The called end may not hang up before it has answered (section 15).
            Method::Bye if matches!(stage, Stage::Calling | Stage::Cancelling) => {
                self.respond(now, key, Response::to(&request, 481, phrase(481)));
            }
            Method::Bye => self.bye_in(now, key, id, &request),
            Method::Refer => self.refer_in(now, key, id, request),
            Method::Notify => self.notify_in(now, key, id, &request),
            Method::Subscribe => self.subscribe_in(now, key, id, &request),
            Method::Info => self.info_in(now, key, id, &request),
            Method::Options => {
                let response = self.capabilities(&request, policy);
                self.respond(now, key, response);
            }
            Method::Ack
            | Method::Cancel
            | Method::Register
            | Method::Message
            | Method::Publish
            | Method::Other(_) => {
                self.respond(now, key, unsupported(&request, true));
            }
        }
    }

    /// BYE; on an early dialog it ends the INVITE with 487 too (section 15.1.2).
    fn bye_in(&mut self, now: Duration, key: &Key, id: SessionId, request: &Request) {
        self.respond(now, key, Response::to(request, 200, "OK"));
        self.end(now, id, Ended::Bye, request.headers.q850());
    }

    /// Keys by INFO. One of a package is none of them: we have never said that we take any (RFC 6086 section 4.2.2). Candidates
    /// that a browser sends behind its description (RFC 8840) are such a package: a lite end does not need them. An empty one only asks whether we are there; any other is answered 415, so that its sender need not
    /// repeat it.
    fn info_in(&mut self, now: Duration, key: &Key, id: SessionId, request: &Request) {
        if request.headers.get("Info-Package").is_some() {
            let mut response = Response::to(request, 469, phrase(469));
            response.headers.push_scanned("Recv-Info", String::new());
            self.respond(now, key, response);
            return;
        }
        let pressed = body::key(request);
        let mut response = Response::to(request, 200, "OK");
        if pressed.is_none() && !request.body.is_empty() {
            response = Response::to(request, 415, phrase(415));
            let accept = "application/dtmf-relay, application/dtmf".to_owned();
            response.headers.push_scanned("Accept", accept);
        }
        self.respond(now, key, response);
        if let Some((key, duration_ms)) = pressed {
            self.tell_of(id, Event::Key { session: id, key, duration_ms });
        }
    }

    /// Sends a key by INFO (application/dtmf-relay), held for so long.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] before the answer, [`SipError::Full`].
    pub fn press(
        &mut self,
        now: Duration,
        id: SessionId,
        key: Pressed,
        held: Duration,
    ) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        if session.stage != Stage::Up {
            return Err(SipError::WrongState);
        }
        let credentials = session.credentials.clone();
        let (mut request, flow) = session.request(Method::Info, None)?;
        let body = format!("Signal={}\r\nDuration={}\r\n", key.0, held.as_millis());
        request.set_body("application/dtmf-relay", body.into_bytes())?;
        self.send_request(now, request, flow, Owner::Inside(id), credentials).map(|_| ())
    }
}
