//! The calling end of an INVITE: forks, the ACK, and taking it back.

use std::time::Duration;

use super::contract::{Ended, Event, Invite, SessionId, Target};
use super::receive::{ALLOW, supported};
use super::table::{Ack, Client, ClientKind, Key};
use super::{Owner, Stack};
use crate::SipError;
use crate::address::NameAddr;
use crate::dialog::Dialog;
use crate::headers::Headers;
use crate::interval::{Expires, Interval, Refresher};
use crate::message::{Request, Response};
use crate::method::Method;
use crate::policy::{Policy, Reliable};
use crate::session::{Session, Stage};
use crate::session_id::SessionIds;
use crate::uri::Uri;

/// Most forks of one INVITE that are acknowledged. Further ones get nothing and end by their own timers.
pub(crate) const MOST_FORKS: usize = 8;
/// Most targets of a redirection that are told; further ones are not looked at.
const MOST_TARGETS: usize = 8;

impl Stack {
    /// Calls somebody. Events follow under the returned id: Progress, then Answered or Failed.
    ///
    /// # Errors
    /// [`SipError::Unreachable`] when the user has no phone, [`SipError::Full`], [`SipError::BreaksLine`].
    pub fn invite(&mut self, now: Duration, invite: Invite) -> Result<SessionId, SipError> {
        if self.sessions.len() >= self.settings.most_sessions {
            return Err(SipError::Full);
        }
        let (uri, flow, pinned) = match invite.to {
            Target::User(user) => {
                let binding = self.registrar.newest(&user).ok_or(SipError::Unreachable)?;
                (binding.contact.clone(), binding.flow.clone(), true)
            }
            Target::Uri(uri, flow) => (*uri, flow, false),
        };
        let (tag, call_id) = (self.ids.tag(), self.ids.call_id());
        let contact = self.contact(&flow, &invite.from.uri.user);
        let mut request = Request::new(Method::Invite, uri.clone());
        let headers = &mut request.headers;
        headers.push("Max-Forwards", "70")?;
        headers.push("From", invite.from.with_tag(&tag).to_string())?;
        headers.push("To", NameAddr::new(uri).to_string())?;
        headers.push("Call-ID", call_id)?;
        headers.push("CSeq", "1 INVITE")?;
        headers.push("Contact", contact)?;
        headers.push("Allow", ALLOW)?;
        headers.push("User-Agent", self.settings.agent.clone())?;
        let pinned_policy = if pinned { self.settings.phones } else { self.policy_at(&flow) };
        let policy = invite.policy.unwrap_or(pinned_policy);
        let (ids, interval) = (SessionIds::new(self.ids.uuid()), Interval::new(policy));
        abilities(headers, policy, interval);
        headers.push("Session-ID", ids.print())?;
        for (name, value) in invite.headers {
            headers.push(&name, value)?;
        }
        if let Some(offer) = invite.offer {
            request.set_body("application/sdp", offer)?;
        }
        let id = SessionId(self.mint());
        let owner = Owner::Session(id);
        let key = self.send_request(now, request.clone(), flow.clone(), owner, invite.credentials.clone())?;
        let mut session = Session::new(Stage::Calling, flow, request, key, tag, ids);
        session.policy = policy;
        session.interval = interval;
        session.pinned = pinned;
        session.credentials = invite.credentials;
        session.token = invite.token;
        self.enter(id, session);
        Ok(id)
    }

    /// Ends a session whatever its state: 480 for a waiting INVITE of theirs, CANCEL for one of ours, BYE for a dialog. The
    /// session is over for the owner, except that an unanswered call of ours still ends with [`Event::Failed`], or, when
    /// its answer crossed the CANCEL, comes up as [`Event::Answered`]. `reason` becomes the Reason header (RFC 3326).
    pub fn hang_up(&mut self, now: Duration, id: SessionId, reason: Option<String>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.reason = reason;
        match session.stage {
            Stage::Incoming => self.refuse_waiting(now, id),
            Stage::Calling => {
                session.stage = Stage::Cancelling;
                self.cancel_if_heard(now, id);
            }
            Stage::Cancelling | Stage::Closing => {}
            Stage::Up => self.leave(now, id),
        }
    }

    /// Hangs up an answered call. The called end must not send BYE before the ACK of its 2xx (section 15).
    fn leave(&mut self, now: Duration, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.late_offer {
            let key = session.asked_by.take().unwrap_or_else(|| session.key.clone());
            self.send_ack(id, &key, Vec::new());
        } else if session.unacked.is_some() {
            session.stage = Stage::Closing;
            session.retry = None;
            session.interval.granted = None;
            return;
        }
        self.bye(now, id);
    }

    pub(crate) fn bye(&mut self, now: Duration, id: SessionId) {
        let Some(mut session) = self.forget(now, id) else { return };
        let Ok((mut request, flow)) = session.request(Method::Bye, None) else { return };
        if let Some(reason) = session.reason.take() {
            // A reason that would break its line is left out: the BYE matters more.
            let _ = request.headers.push("Reason", reason);
        }
        // A full table loses the BYE as the wire might: the far end's own timers end the call.
        let _ = self.send_request(now, request, flow, Owner::Nobody, session.credentials);
    }

    /// Whether the far end gave any sign of life, be it 100, to a call of ours.
    pub fn is_heard(&self, id: SessionId) -> bool {
        let Some(session) = self.sessions.get(&id) else { return true };
        match self.clients.get(&session.key).map(|c| &c.kind) {
            Some(ClientKind::Invite(t)) => t.can_cancel(),
            Some(ClientKind::Other(_)) | None => true,
        }
    }

    /// CANCEL may leave only after a provisional response (section 9.1); until then the wish waits.
    pub(crate) fn cancel_if_heard(&mut self, now: Duration, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id).filter(|s| s.cancelled_by.is_none()) else { return };
        let Some(client) = self.clients.get(&session.key) else { return };
        let heard = match &client.kind {
            ClientKind::Invite(t) => t.can_cancel(),
            ClientKind::Other(_) => false,
        };
        if !heard {
            return;
        }
        session.cancelled_by = Some(now.saturating_add(self.settings.times.give_up()));
        let mut cancel = Request::new(Method::Cancel, client.request.uri.clone());
        copy(
            &client.request,
            &mut cancel,
            &["Via", "Max-Forwards", "Route", "From", "To", "Call-ID", "Session-ID"],
        );
        let seq = client.request.headers.cseq().map_or(1, |(n, _)| n);
        cancel.headers.push_scanned("CSeq", format!("{seq} CANCEL"));
        if let Some(reason) = session.reason.take() {
            let _ = cancel.headers.push("Reason", reason);
        }
        let flow = client.flow.clone();
        self.send_cancel(now, cancel, flow);
        self.wake_session(id);
    }

    /// A 2xx: the first makes the dialog, a repetition gets the same ACK, another fork gets ACK and BYE (section 13.2.2.4).
    pub(crate) fn invite_taken(&mut self, now: Duration, key: &Key, response: Response) {
        let Some(client) = self.clients.get(key) else { return };
        let tag = response.headers.to().and_then(|t| t.tag().map(str::to_owned)).unwrap_or_default();
        if client.acks.iter().any(|a| a.tag == tag) {
            return self.ack_again(key, Some(&tag));
        }
        let owner = client.owner;
        let known = match owner {
            Owner::Session(id) | Owner::Reinvite(id) => self.sessions.get(&id),
            Owner::Nobody
            | Owner::Presence(_)
            | Owner::Update(_)
            | Owner::Inside(_)
            | Owner::Refer(_)
            | Owner::Report(_)
            | Owner::Outside(_) => None,
        };
        let same = known.and_then(|s| s.dialog.as_ref()).is_some_and(|d| d.remote_tag() == tag);
        match (owner, known.map(|s| s.stage)) {
            (Owner::Reinvite(id), Some(_)) => self.reinvite_taken(now, id, key, response),
            (Owner::Session(id), Some(Stage::Calling | Stage::Cancelling)) => self.up(now, id, key, response),
            // The owner has not answered the late offer yet.
            (Owner::Session(_), Some(_)) if same => {}
            (Owner::Reinvite(_), None) => self.drop_fork(now, key, &response, false),
            (Owner::Session(_), _) => self.drop_fork(now, key, &response, true),
            (
                Owner::Nobody
                | Owner::Presence(_)
                | Owner::Update(_)
                | Owner::Inside(_)
                | Owner::Refer(_)
                | Owner::Report(_)
                | Owner::Outside(_),
                _,
            ) => {}
        }
    }

    fn up(&mut self, now: Duration, id: SessionId, key: &Key, response: Response) {
        let Some(client) = self.clients.get(key) else { return };
        let mut dialog = Dialog::of_client(&client.request, &response);
        let flow = client.flow.clone();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.hear(&response.headers);
        let mut body = response.body;
        let offered = !session.invite.body.is_empty();
        session.ours = Some(session.invite.body.clone()).filter(|_| offered);
        session.late_offer = !offered;
        let tag = dialog.as_ref().map(|d| d.remote_tag().to_owned()).unwrap_or_default();
        let place = session.early.iter().position(|e| e.dialog.remote_tag() == tag);
        if let (Some(early), Some(dialog)) = (place.map(|p| session.early.remove(p)), dialog.as_mut()) {
            // The dialog goes on from the early one; its routes and target are those of the 2xx (section 13.2.2.4).
            dialog.local_seq = dialog.local_seq.max(early.dialog.local_seq);
            dialog.remote_seq = early.dialog.remote_seq;
            if let Some(theirs) = early.theirs.filter(|_| early.offered.is_none()) {
                // It described itself reliably: what the 2xx says beside is not looked at (section 13.2.1).
                body = theirs;
                session.late_offer = false;
            }
            session.ours = early.ours.or(session.ours.take());
        }
        session.theirs = Some(body.clone());
        session.dialog = dialog;
        session.flow = flow;
        session.stage = Stage::Up;
        session.ask_at = now.checked_add(self.settings.ask_every).filter(|at| *at > now);
        session.cancelled_by = None;
        session.update = None;
        session.heard_timer(now, &response.headers);
        if !session.late_offer {
            self.send_ack(id, key, Vec::new());
        }
        self.wake_session(id);
        self.ask_hop(id, key);
        self.note_dialog(id);
        let headers = Box::new(response.headers);
        self.tell_of(id, Event::Answered { session: id, body, headers });
    }

    /// Answers the offer of a 2xx to an INVITE that had none.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] when no such offer waits.
    pub fn ack(&mut self, id: SessionId, answer: Vec<u8>) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        if !session.late_offer {
            return Err(SipError::WrongState);
        }
        let key = session.asked_by.take().unwrap_or_else(|| session.key.clone());
        self.send_ack(id, &key, answer);
        Ok(())
    }

    /// Acknowledges the 2xx that this INVITE or re-INVITE of the session got.
    pub(crate) fn send_ack(&mut self, id: SessionId, key: &Key, body: Vec<u8>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.late_offer = false;
        if !body.is_empty() {
            session.ours = Some(body.clone());
        }
        // The transaction may be over when a late offer is answered late; its INVITE is known all the same.
        let invite = self.clients.get(key).map_or(&session.invite, |c| &c.request);
        let seq = invite.headers.cseq().map_or(1, |(n, _)| n);
        let credentials = invite.clone();
        let Ok((mut ack, flow)) = session.request(Method::Ack, Some(seq)) else { return };
        copy(&credentials, &mut ack, &["Authorization", "Proxy-Authorization"]);
        if !body.is_empty() {
            ack.headers.push_scanned("Content-Type", "application/sdp".to_owned());
            ack.body.clone_from(&body);
        }
        let tag = session.dialog.as_ref().map(|d| d.remote_tag().to_owned()).unwrap_or_default();
        let Ok(bytes) = self.print_free(ack, &flow) else { return };
        self.keep_ack(key, Ack { tag, flow, bytes, body });
    }

    fn keep_ack(&mut self, key: &Key, ack: Ack) {
        self.send(&ack.flow, ack.bytes.clone());
        if let Some(client) = self.clients.get_mut(key) {
            client.acks.push(ack);
        }
    }

    /// The response that this ACK was for came again; `None`: the only one, of a refusal.
    pub(crate) fn ack_again(&mut self, key: &Key, tag: Option<&str>) {
        let Some(client) = self.clients.get(key) else { return };
        if let Some(ack) = client.acks.iter().find(|a| tag.is_none_or(|t| t == a.tag)) {
            let (flow, bytes) = (ack.flow.clone(), ack.bytes.clone());
            self.send(&flow, bytes);
        }
    }

    /// The ACK of a refusal goes out with the INVITE's own branch (section 17.1.1.3).
    pub(crate) fn ack_refusal(&mut self, key: &Key, response: &Response) {
        let Some(client) = self.clients.get(key) else { return };
        let (invite, flow) = (&client.request, client.flow.clone());
        let mut ack = Request::new(Method::Ack, invite.uri.clone());
        copy(invite, &mut ack, &["Via", "Max-Forwards", "Route", "From"]);
        ack.headers.push_scanned("To", response.headers.get("To").unwrap_or_default().to_owned());
        copy(invite, &mut ack, &["Call-ID", "Session-ID"]);
        let seq = invite.headers.cseq().map_or(1, |(n, _)| n);
        ack.headers.push_scanned("CSeq", format!("{seq} ACK"));
        let (tag, bytes) = (String::new(), ack.print());
        self.keep_ack(key, Ack { tag, flow, bytes, body: Vec::new() });
    }

    /// ACK, and BYE where that dialog still stands, for a 2xx that nobody wants.
    fn drop_fork(&mut self, now: Duration, key: &Key, response: &Response, stands: bool) {
        let Some(client) = self.clients.get(key).filter(|c| c.acks.len() < MOST_FORKS) else { return };
        let Some(mut dialog) = Dialog::of_client(&client.request, response) else { return };
        let (flow, credentials) = (dialog.way(&client.flow, false), client.credentials.clone());
        let (seq, tag) = (dialog.local_seq, dialog.remote_tag().to_owned());
        if let Ok(ack) = dialog.request(Method::Ack, Some(seq))
            && let Ok(bytes) = self.print_free(ack, &flow)
        {
            self.keep_ack(key, Ack { tag, flow: flow.clone(), bytes, body: Vec::new() });
        }
        // The early dialog's PRACKs may have used the next numbers; that some are passed over is allowed (section 12.2.1.1).
        dialog.local_seq = dialog.local_seq.saturating_add(PASSED_OVER);
        if stands && let Ok(bye) = dialog.request(Method::Bye, None) {
            let _ = self.send_request(now, bye, flow, Owner::Nobody, credentials);
        }
    }

    /// A request of ours came to its end: refused, timed out, or done.
    pub(crate) fn concluded(
        &mut self,
        now: Duration,
        client: &Client,
        status: u16,
        response: Option<&Response>,
    ) {
        match client.owner {
            Owner::Nobody | Owner::Inside(_) => {}
            Owner::Update(id) => self.updated(now, id, client, status, response),
            Owner::Outside(number) => self.outside_done(client, number, status, response),
            Owner::Reinvite(id) => {
                let retry_after = response.and_then(|r| r.headers.number("Retry-After"));
                self.reinvite_refused(now, id, (status, retry_after), &client.request.body);
            }
            Owner::Presence(id) => self.presence_told(now, id, status),
            Owner::Refer(id) => self.refer_answered(id, status),
            Owner::Report(id) => self.report_answered(id, status),
            Owner::Session(id) => {
                let Some(session) = self.forget(now, id) else { return };
                let q850 = response.and_then(|r| r.headers.q850());
                let retry_after = response.and_then(|r| r.headers.number("Retry-After"));
                let reason = response.map_or_else(String::new, |r| r.reason.clone());
                let targets = response.filter(|_| (300..400).contains(&status)).map(targets);
                let targets = targets.unwrap_or_default();
                let failed = Event::Failed { session: id, status, reason, q850, retry_after, targets };
                self.tell(session.token, failed);
            }
        }
    }

    /// The far end is not there any more: a last BYE, in case it is, and the end.
    pub(crate) fn gone(&mut self, now: Duration, id: SessionId, how: Ended) {
        let Some(session) = self.sessions.get(&id) else { return };
        let told = (session.stage != Stage::Closing).then_some(session.token);
        self.bye(now, id);
        if let Some(token) = told {
            self.tell(token, Event::Ended { session: id, how, q850: None });
        }
    }
}

/// Where a redirection points, by its q values (RFC 3261 sections 8.1.3.4 and 20.10).
fn targets(response: &Response) -> Vec<Uri> {
    let mut contacts = response.headers.addresses("Contact");
    contacts.truncate(MOST_TARGETS);
    let thousandths = |c: &NameAddr| {
        let q = c.param("q").flatten().and_then(|q| q.parse::<f32>().ok()).unwrap_or(1.0);
        std::cmp::Reverse((q.clamp(0.0, 1.0) * 1000.0) as u32)
    };
    contacts.sort_by_key(thousandths);
    contacts.into_iter().map(|c| c.uri).collect()
}

/// More than one early dialog can have used for its own requests.
const PASSED_OVER: u32 = 1_000;

/// Says which extensions we know, which we require, and the session interval that we ask for.
fn abilities(headers: &mut Headers, policy: Policy, interval: Interval) {
    let required = policy.prack == Reliable::Required;
    if required {
        headers.push_scanned("Require", "100rel".to_owned());
    }
    headers.push_scanned("Supported", supported(policy));
    if interval.asked > 0 {
        let expires = Expires { seconds: interval.asked, refresher: Some(Refresher::Uac) };
        headers.push_scanned("Session-Expires", expires.print());
        headers.push_scanned("Min-SE", interval.least.to_string());
    }
}

/// Copies all headers of these names, in this order.
fn copy(from: &Request, to: &mut Request, names: &[&str]) {
    for name in names {
        for value in from.headers.all(name) {
            to.headers.push_scanned(name, value.to_owned());
        }
    }
}
