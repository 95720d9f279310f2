//! The calling end of an INVITE: challenges, forks, the ACK, and taking it back.

use std::time::Duration;

use super::contract::{Ended, Event, Invite, SessionId, Target};
use super::receive::allow;
use super::table::Key;
use super::{Owner, Stack};
use crate::SipError;
use crate::address::NameAddr;
use crate::dialog::Dialog;
use crate::digest::Challenge;
use crate::flow::Flow;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::session::{Session, Stage};

impl Stack {
    /// Calls somebody. Events follow under the returned id: Progress, then Answered or Failed.
    ///
    /// # Errors
    /// [`SipError::Unreachable`] when the user has no phone, [`SipError::Full`], [`SipError::BreaksLine`].
    pub fn invite(&mut self, now: Duration, invite: Invite) -> Result<SessionId, SipError> {
        if self.sessions.len() >= self.settings.most_sessions {
            return Err(SipError::Full);
        }
        let (uri, flow) = match invite.to {
            Target::User(user) => {
                let binding = self.registrar.newest(&user).ok_or(SipError::Unreachable)?;
                (binding.contact.clone(), binding.flow.clone())
            }
            Target::Uri(uri, flow) => (*uri, flow),
        };
        let (tag, call_id) = (self.ids.tag(), self.ids.call_id());
        let mut request = Request::new(Method::Invite, uri.clone());
        let headers = &mut request.headers;
        headers.push("Max-Forwards", "70")?;
        headers.push("From", invite.from.with_tag(&tag).to_string())?;
        headers.push("To", NameAddr::new(uri).to_string())?;
        headers.push("Call-ID", call_id.clone())?;
        headers.push("CSeq", "1 INVITE")?;
        headers.push("Contact", self.contact(&flow))?;
        headers.push("Allow", allow())?;
        headers.push("User-Agent", self.settings.agent.clone())?;
        for (name, value) in invite.headers {
            headers.push(&name, value)?;
        }
        if let Some(offer) = invite.offer {
            request.set_body("application/sdp", offer)?;
        }
        let id = self.mint_session();
        let key = self.send_request(now, request.clone(), flow.clone(), Owner::Session(id))?;
        self.dialogs.insert((call_id, tag.clone()), id);
        let session = Session {
            stage: Stage::Calling,
            flow,
            invite: request,
            key,
            tag,
            dialog: None,
            unacked: None,
            ack: None,
            credentials: invite.credentials,
            tries: 0,
            reoffer: None,
            reinvite: None,
            retry: None,
            reason: None,
            caller: true,
            cancelled_by: None,
        };
        self.sessions.insert(id, session);
        Ok(id)
    }

    /// Ends a session whatever its state: 480 for a waiting INVITE, CANCEL for one of ours, BYE for a dialog. The session
    /// is over for the owner, except that a 2xx that crosses the CANCEL still comes as [`Event::Answered`], and that
    /// a cancelled INVITE ends with [`Event::Failed`]. `reason` becomes the Reason header (RFC 3326).
    pub fn hang_up(&mut self, now: Duration, id: SessionId, reason: Option<String>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.reason = reason;
        match session.stage {
            Stage::Incoming => {
                let refused = self.reject(now, id, 480, &[]);
                debug_assert!(refused.is_ok());
            }
            Stage::Calling => {
                session.stage = Stage::Cancelling;
                self.cancel_if_heard(now, id);
            }
            Stage::Cancelling => {}
            Stage::Up => self.bye(now, id),
        }
    }

    fn bye(&mut self, now: Duration, id: SessionId) {
        let Some(mut session) = self.forget(now, id) else { return };
        let Some(dialog) = session.dialog.as_mut() else { return };
        let flow = hop(&session.flow, dialog);
        let Ok(mut request) = dialog.request(Method::Bye, None) else { return };
        if let Some(reason) = session.reason.take() {
            request.headers.push_scanned("Reason", reason);
        }
        // A full table loses the BYE as the wire might: the far end's own timers end the call.
        let _ = self.send_request(now, request, flow, Owner::Nobody);
    }

    /// CANCEL may leave only after a provisional response (section 9.1); until then the wish waits.
    fn cancel_if_heard(&mut self, now: Duration, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id).filter(|s| s.cancelled_by.is_none()) else { return };
        let heard = self.clients.get(&session.key).is_some_and(|c| match &c.kind {
            super::table::ClientKind::Invite(t) => t.can_cancel(),
            super::table::ClientKind::Other(_) => false,
        });
        if !heard {
            return;
        }
        session.cancelled_by = Some(now.saturating_add(self.settings.times.give_up()));
        let Some(client) = self.clients.get(&session.key) else { return };
        let invite = &client.request;
        let mut cancel = Request::new(Method::Cancel, invite.uri.clone());
        for name in ["Via", "Max-Forwards", "Route", "From", "To", "Call-ID"] {
            for value in invite.headers.all(name) {
                cancel.headers.push_scanned(name, value.to_owned());
            }
        }
        let seq = invite.headers.cseq().map_or(1, |(n, _)| n);
        cancel.headers.push_scanned("CSeq", format!("{seq} CANCEL"));
        if let Some(reason) = session.reason.take() {
            cancel.headers.push_scanned("Reason", reason);
        }
        let flow = client.flow.clone();
        self.send_cancel(now, cancel, flow);
        self.wake_session(id);
    }

    pub(crate) fn invite_answered(&mut self, now: Duration, id: SessionId, key: &Key, response: Response) {
        let Some(session) = self.sessions.get(&id) else {
            // The session is over; a late fork's 2xx must not be left ringing.
            if (200..300).contains(&response.status) {
                self.drop_fork(now, key, &response);
            }
            return;
        };
        let (cancelling, fresh) = (session.stage == Stage::Cancelling, session.tries == 0);
        match response.status {
            ..=199 => {
                if cancelling {
                    self.cancel_if_heard(now, id);
                } else if response.status > 100 {
                    self.tell(Event::Progress { session: id, status: response.status, body: response.body });
                }
            }
            200..=299 => self.up(now, id, key, response),
            401 | 407 if fresh && !cancelling && self.challenged(now, id, &response) => {}
            status => self.concluded(now, &Method::Invite, Owner::Session(id), status, Some(&response)),
        }
    }

    /// Repeats the INVITE with credentials (RFC 7616 section 3.4); `false` when there are none to give.
    fn challenged(&mut self, now: Duration, id: SessionId, response: &Response) -> bool {
        let cnonce = self.ids.tag();
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        let Some(user) = session.credentials.clone() else { return false };
        let mut request = session.invite.clone();
        if !authorize(&mut request, response, &user, &cnonce) {
            return false;
        }
        session.tries = 1;
        session.invite = request.clone();
        let flow = session.flow.clone();
        let Ok(key) = self.send_request(now, request, flow, Owner::Session(id)) else { return false };
        if let Some(session) = self.sessions.get_mut(&id) {
            session.key = key;
        }
        true
    }

    /// A 2xx: the first makes the dialog, a repetition gets the same ACK, another fork gets ACK and BYE.
    fn up(&mut self, now: Duration, id: SessionId, key: &Key, response: Response) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(dialog) = &session.dialog {
            let tag = response.headers.to().and_then(|t| t.tag().map(str::to_owned)).unwrap_or_default();
            if dialog.remote_tag() == tag {
                if let Some((_, bytes)) = session.ack.clone() {
                    let flow = hop(&session.flow, dialog);
                    self.send(&flow, bytes);
                }
                return;
            }
            return self.drop_fork(now, key, &response);
        }
        let Some(dialog) = Dialog::of_client(&session.invite, &response) else {
            return self.concluded(now, &Method::Invite, Owner::Session(id), 500, Some(&response));
        };
        session.dialog = Some(dialog);
        session.stage = Stage::Up;
        session.cancelled_by = None;
        let offered = !session.invite.body.is_empty();
        if offered {
            let seq = session.invite.headers.cseq().map_or(1, |(n, _)| n);
            self.send_ack(id, seq, Vec::new());
        }
        self.tell(Event::Answered { session: id, body: response.body });
    }

    /// Answers the offer of a 2xx to an INVITE that had none.
    ///
    /// # Errors
    /// [`SipError::NoSession`].
    pub fn ack(&mut self, id: SessionId, answer: Vec<u8>) -> Result<(), SipError> {
        let session = self.sessions.get(&id).ok_or(SipError::NoSession)?;
        let seq = session.invite.headers.cseq().map_or(1, |(n, _)| n);
        self.send_ack(id, seq, answer);
        Ok(())
    }

    pub(crate) fn send_ack(&mut self, id: SessionId, seq: u32, body: Vec<u8>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(dialog) = session.dialog.as_mut() else { return };
        let flow = hop(&session.flow, dialog);
        let Ok(mut request) = dialog.request(Method::Ack, Some(seq)) else { return };
        for name in ["Authorization", "Proxy-Authorization"] {
            for value in session.invite.headers.all(name) {
                request.headers.push_scanned(name, value.to_owned());
            }
        }
        if !body.is_empty() {
            request.headers.push_scanned("Content-Type", "application/sdp".to_owned());
            request.body = body;
        }
        let Ok(bytes) = self.print_free(request, &flow) else { return };
        if let Some(session) = self.sessions.get_mut(&id) {
            session.ack = Some((seq, bytes.clone()));
        }
        self.send(&flow, bytes);
    }

    /// ACK and BYE for a 2xx that nobody wants (section 13.2.2.4).
    fn drop_fork(&mut self, now: Duration, key: &Key, response: &Response) {
        let Some(client) = self.clients.get(key) else { return };
        let Some(mut dialog) = Dialog::of_client(&client.request, response) else { return };
        let seq = dialog.local_seq;
        let flow = hop(&client.flow, &dialog);
        if let Ok(ack) = dialog.request(Method::Ack, Some(seq))
            && let Ok(bytes) = self.print_free(ack, &flow)
        {
            self.send(&flow, bytes);
        }
        if let Ok(bye) = dialog.request(Method::Bye, None) {
            let _ = self.send_request(now, bye, flow, Owner::Nobody);
        }
    }

    /// A request of ours came to its end: refused, timed out, or done.
    pub(crate) fn concluded(
        &mut self,
        now: Duration,
        method: &Method,
        owner: Owner,
        status: u16,
        response: Option<&Response>,
    ) {
        match owner {
            Owner::Nobody => {}
            Owner::Outside(token) => self.outside_done(now, token, status, response),
            Owner::Reinvite(id) => self.reinvite_refused(now, id, status),
            Owner::Session(id) if *method == Method::Invite => {
                if self.forget(now, id).is_some() {
                    let q850 = response.and_then(|r| r.headers.q850());
                    let retry_after = response.and_then(|r| r.headers.number("Retry-After"));
                    self.tell(Event::Failed { session: id, status, q850, retry_after });
                }
            }
            // A request inside the dialog that nobody answers, or that meets no dialog, ends it (section 12.2.1.2).
            Owner::Session(id) if matches!(status, 408 | 481) => self.end(now, id, Ended::PeerGone, None),
            Owner::Session(_) => {}
        }
    }

    fn outside_done(&mut self, now: Duration, token: u64, status: u16, response: Option<&Response>) {
        let cnonce = self.ids.tag();
        if matches!(status, 401 | 407)
            && let Some((outside, tries @ 0)) = self.outside.get_mut(&token)
            && let Some(user) = outside.credentials.clone()
            && response.is_some_and(|r| authorize(&mut outside.request, r, &user, &cnonce))
        {
            *tries = 1;
            let (request, flow) = (outside.request.clone(), outside.flow.clone());
            if self.send_request(now, request, flow, Owner::Outside(token)).is_ok() {
                return;
            }
        }
        self.outside.remove(&token);
        self.tell(Event::Done { token, status });
    }
}

/// Adds the answer to a challenge and counts the CSeq on; `false` when there is no challenge that we can answer.
fn authorize(request: &mut Request, response: &Response, user: &super::contract::User, cnonce: &str) -> bool {
    let (ask, give) = if response.status == 407 {
        ("Proxy-Authenticate", "Proxy-Authorization")
    } else {
        ("WWW-Authenticate", "Authorization")
    };
    let Some(challenge) = response.headers.all(ask).filter_map(Challenge::parse).reduce(Challenge::better)
    else {
        return false;
    };
    let uri = request.uri.to_string();
    let value = challenge.answer(&user.name, &user.password, &request.method, &uri, cnonce, 1);
    let seq = request.headers.cseq().map_or(1, |(n, _)| n).saturating_add(1);
    let method = request.method.clone();
    request.headers.remove(give);
    request.headers.push(give, value).is_ok()
        && request.headers.set("CSeq", format!("{seq} {method}")).is_ok()
}

/// The way of a request inside a dialog. Over a stream, the connection at hand; over UDP without routes, the address
/// that the far end really sends from, which also works through NAT; with routes, the first one.
pub(crate) fn hop(flow: &Flow, dialog: &Dialog) -> Flow {
    let mut flow = flow.clone();
    if !flow.transport.reliable()
        && !dialog.routes.is_empty()
        && let Some(address) = super::contract::literal(dialog.next_hop())
    {
        flow.remote = address;
    }
    flow
}
