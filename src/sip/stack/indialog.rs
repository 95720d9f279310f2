//! Requests inside a dialog: BYE, INFO, and re-INVITE or UPDATE in both directions with glare (RFC 3261 section 14).

use std::time::Duration;

use super::client::hop;
use super::contract::{Ended, Event, SessionId};
use super::table::{ClientKind, Key, back, client_key};
use super::{Owner, Stack};
use crate::SipError;
use crate::flow::Flow;
use crate::message::{Request, Response, phrase};
use crate::method::Method;
use crate::session::Stage;
use crate::transaction::ClientOther;

impl Stack {
    /// BYE; on an early dialog it ends the INVITE with 487 too (section 15.1.2).
    pub(crate) fn bye_in(&mut self, now: Duration, key: &Key, id: SessionId, request: &Request) {
        let Some(session) = self.sessions.get(&id) else { return };
        if session.stage == Stage::Incoming {
            // BYE on an early dialog ends the INVITE too (section 15.1.2).
            let (invite, refusal) =
                (session.key.clone(), self.in_dialog(session, &session.invite, 487, Vec::new()));
            self.respond(now, &invite, refusal);
        }
        self.respond(now, key, Response::to(request, 200, "OK"));
        self.end(now, id, Ended::Bye, request.headers.q850());
    }

    /// Digits by INFO; any other INFO is answered 415 so that its sender need not repeat it.
    pub(crate) fn info_in(&mut self, now: Duration, key: &Key, id: SessionId, request: &Request) {
        if !self.in_order(now, key, id, request) {
            return;
        }
        let body = String::from_utf8_lossy(&request.body);
        let found = match request.headers.content_type().as_deref() {
            Some("application/dtmf-relay") => {
                let signal = body.lines().find_map(|l| l.trim().strip_prefix("Signal"));
                signal.and_then(|s| s.trim_start().strip_prefix('=')).and_then(|s| s.trim().chars().next())
            }
            Some("application/dtmf") => body.trim().chars().next(),
            Some(_) => None,
            None if request.body.is_empty() => {
                return self.respond(now, key, Response::to(request, 200, "OK"));
            }
            None => None,
        };
        match found.filter(|c| c.is_ascii_digit() || matches!(c, '*' | '#' | 'A'..='D')) {
            Some(digit) => {
                self.respond(now, key, Response::to(request, 200, "OK"));
                self.tell(Event::Key { session: id, key: digit });
            }
            None => {
                let mut response = Response::to(request, 415, phrase(415));
                response
                    .headers
                    .push_scanned("Accept", "application/dtmf-relay, application/dtmf".to_owned());
                self.respond(now, key, response);
            }
        }
    }

    /// An older CSeq than the last is answered 500 (section 12.2.2).
    fn in_order(&mut self, now: Duration, key: &Key, id: SessionId, request: &Request) -> bool {
        let seq = request.headers.cseq().map_or(0, |(n, _)| n);
        let dialog = self.sessions.get_mut(&id).and_then(|s| s.dialog.as_mut());
        let good = dialog.is_some_and(|d| d.in_order(seq));
        if !good {
            self.respond(now, key, Response::to(request, 500, "CSeq Out of Order"));
        }
        good
    }

    /// Re-INVITE or UPDATE from the far end.
    pub(crate) fn reinvite_in(&mut self, now: Duration, key: &Key, id: SessionId, request: Request) {
        let below = self.ids.below(10);
        if !self.in_order(now, key, id, &request) {
            return;
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let ours_is_out = session.reinvite.is_some();
        let theirs_is_open = session.reoffer.is_some() || session.unacked.is_some();
        if session.stage != Stage::Up || theirs_is_open {
            // Section 14.2: try again in 0 to 10 s.
            let mut response = Response::to(&request, 500, phrase(500));
            response.headers.push_scanned("Retry-After", below.to_string());
            return self.respond(now, key, response);
        }
        if ours_is_out {
            return self.respond(now, key, Response::to(&request, 491, phrase(491)));
        }
        // Both are target refresh requests (section 12.2.2, RFC 3311 section 5.2).
        if let (Some(contact), Some(dialog)) = (request.headers.contact(), session.dialog.as_mut()) {
            dialog.target = contact.uri;
        }
        let body = request.body.clone();
        if request.method == Method::Update && body.is_empty() {
            let response = self.sessions.get(&id).map(|s| self.in_dialog(s, &request, 200, Vec::new()));
            if let Some(response) = response {
                self.respond(now, key, response);
            }
            return;
        }
        session.reoffer = Some((key.clone(), request));
        self.tell(Event::Reoffer { session: id, body });
    }

    /// Answers [`Event::Reoffer`]: a session description, or the status that refuses it (the session goes on as before).
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] when no re-offer waits.
    pub fn answer_reoffer(
        &mut self,
        now: Duration,
        id: SessionId,
        answer: Result<Vec<u8>, u16>,
    ) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        let (key, request) = session.reoffer.take().ok_or(SipError::WrongState)?;
        let session = self.sessions.get(&id).ok_or(SipError::NoSession)?;
        let flow = back(&request, &session.flow);
        match answer {
            Ok(body) => {
                let response = self.in_dialog(session, &request, 200, body);
                if request.method == Method::Invite {
                    self.accepted(now, id, &key, response, flow);
                } else {
                    self.respond(now, &key, response);
                }
            }
            Err(status) => {
                let response = self.in_dialog(session, &request, status, Vec::new());
                self.respond(now, &key, response);
            }
        }
        Ok(())
    }

    /// Offers a change of the session. [`Event::Reanswered`] follows.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] while another change is under way, [`SipError::Full`].
    pub fn reinvite(&mut self, now: Duration, id: SessionId, offer: Vec<u8>) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        if session.stage != Stage::Up
            || session.reinvite.is_some()
            || session.reoffer.is_some()
            || session.unacked.is_some()
        {
            return Err(SipError::WrongState);
        }
        let dialog = session.dialog.as_mut().ok_or(SipError::WrongState)?;
        let flow = hop(&session.flow, dialog);
        let mut request = dialog.request(Method::Invite, None)?;
        let contact = self.contact(&flow);
        request.headers.push("Contact", contact)?;
        request.headers.push("Allow", super::receive::allow())?;
        request.set_body("application/sdp", offer)?;
        let key = self.send_request(now, request, flow, Owner::Reinvite(id))?;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.reinvite = Some(key);
        }
        Ok(())
    }

    pub(crate) fn reinvite_answered(&mut self, now: Duration, id: SessionId, response: Response) {
        if response.status < 200 {
            return;
        }
        if response.status >= 300 {
            return self.concluded(
                now,
                &Method::Invite,
                Owner::Reinvite(id),
                response.status,
                Some(&response),
            );
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let seq = response.headers.cseq().map_or(1, |(n, _)| n);
        if let Some((_, bytes)) = session.ack.clone().filter(|(n, _)| *n == seq) {
            let flow = session.flow.clone();
            return self.send(&flow, bytes);
        }
        session.reinvite = None;
        if let (Some(contact), Some(dialog)) = (response.headers.contact(), session.dialog.as_mut()) {
            dialog.target = contact.uri;
        }
        self.send_ack(id, seq, Vec::new());
        self.tell(Event::Reanswered { session: id, result: Ok(response.body) });
    }

    /// Our re-INVITE was refused: 491 is tried again after a random wait, longer for the caller (section 14.1); 408 and
    /// 481 end the dialog; anything else leaves the session as it was.
    pub(crate) fn reinvite_refused(&mut self, now: Duration, id: SessionId, status: u16) {
        let wait = (self.ids.below(200), self.ids.below(190));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let offer =
            session.reinvite.take().and_then(|key| self.clients.get(&key)).map(|c| c.request.body.clone());
        match (status, offer) {
            (491, Some(offer)) => {
                let tens = if session.caller { wait.1.saturating_add(210) } else { wait.0 };
                let at = now.saturating_add(Duration::from_millis(tens.saturating_mul(10)));
                session.retry = Some((at, offer));
                self.wake_session(id);
            }
            (408 | 481, _) => {
                self.hang_up(now, id, None);
                self.tell(Event::Ended { session: id, how: Ended::PeerGone, q850: None });
            }
            (_, _) => self.tell(Event::Reanswered { session: id, result: Err(status) }),
        }
    }

    pub(crate) fn retry_due(&mut self, now: Duration, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.retry.as_ref().is_some_and(|(at, _)| *at <= now)
            && let Some((_, offer)) = session.retry.take()
            && let Err(SipError::WrongState) = self.reinvite(now, id, offer.clone())
            && let Some(session) = self.sessions.get_mut(&id)
        {
            session.retry = Some((now.saturating_add(self.settings.times.t1), offer));
        }
    }

    /// CANCEL goes out with its INVITE's Via (section 9.1), so its transaction is named by the same branch and CANCEL.
    pub(crate) fn send_cancel(&mut self, now: Duration, request: Request, flow: Flow) {
        let times = self.settings.times;
        let Some(via) = request.headers.via() else { return };
        let key = client_key(via.branch().unwrap_or_default(), &request.method);
        let kind = ClientKind::Other(ClientOther::start(now, times, flow.transport.reliable()));
        self.open_client(key, request, flow, Owner::Nobody, kind);
    }
}
