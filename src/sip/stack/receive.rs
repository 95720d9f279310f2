//! Bytes from the network to the machine that they are for.

use std::time::Duration;

use super::Stack;
use super::contract::{Event, SessionId};
use super::porter::{OpenDoor, Porter};
use super::table::{Key, client_key, server_key, stamp};
use crate::Scheme;
use crate::flow::{Flow, Transport};
use crate::message::{Message, Request, Response, phrase};
use crate::method::Method;
use crate::normal::{Fault, parse};
use crate::policy::Policy;
use crate::session::Stage;
use crate::stun;
use crate::transaction::Heard;
use crate::whose::wire_of;

/// What we can do (RFC 3261 section 20.5).
pub(crate) const ALLOW: &str =
    "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, SUBSCRIBE, REGISTER";
/// Extensions that any request may require of us (section 8.2.2.3), beside those of the far end's [`Policy`]: RFC 3891, RFC
/// 4488.
const EXTENSIONS: &[&str] = &["replaces", "norefersub"];

/// What we name in Supported (section 20.37).
pub(crate) fn supported(policy: Policy) -> String {
    let all: Vec<&str> = EXTENSIONS.iter().chain(policy.extensions()).copied().collect();
    all.join(", ")
}

const STRANGER: &str = "the source is no trunk and no phone network";

impl Stack {
    /// One datagram, or one message cut out of a stream by [`crate::framing::Framer`].
    pub fn receive(&mut self, now: Duration, flow: &Flow, bytes: &[u8]) {
        self.receive_by(now, flow, bytes, &mut OpenDoor);
    }

    /// The same, with somebody at the door who is asked about each request outside dialogs.
    pub fn receive_by(&mut self, now: Duration, flow: &Flow, bytes: &[u8], porter: &mut dyn Porter) {
        if flow.transport == Transport::Udp && stun::is_stun(bytes) {
            return self.stun_in(flow, bytes);
        }
        match parse(bytes, wire_of(flow.transport)) {
            Ok(Message::Request(request)) => self.request_in(now, flow, request, porter),
            Ok(Message::Response(response)) => self.response_in(now, flow, response),
            Err(fault) => self.fault_in(flow, fault, porter.answers_faults()),
        }
    }

    /// A keep-alive over UDP (RFC 5626 section 4.4.2). A stranger's gets nothing, as all that comes from strangers.
    fn stun_in(&mut self, flow: &Flow, bytes: &[u8]) {
        if !self.is_known(flow) {
            return self.tell(0, Event::Refused { from: flow.remote, status: 0, why: STRANGER });
        }
        if let Some(answer) = stun::answer(bytes, flow.remote) {
            self.send(flow, answer);
        }
    }

    /// Answers what could not be read, without a transaction; a stranger gets nothing.
    fn fault_in(&mut self, flow: &Flow, fault: Fault, answers: bool) {
        let reply = fault.reply.filter(|_| answers && self.is_known(flow));
        let status = if reply.is_some() { fault.status } else { 0 };
        self.tell(0, Event::Refused { from: flow.remote, status, why: fault.reason });
        let Some(reply) = reply else { return };
        let mut asked = Request::new(Method::Options, crate::Uri::sip("", flow.remote.ip().into(), None));
        asked.headers = reply.headers;
        stamped(&mut asked, flow);
        let key = asked.headers.get("Via").unwrap_or_default().to_owned();
        let response = Response::to(&asked, reply.status, &reply.reason);
        self.answer_alone(&key, &asked, flow, response);
    }

    fn request_in(&mut self, now: Duration, flow: &Flow, mut request: Request, porter: &mut dyn Porter) {
        stamped(&mut request, flow);
        if request.method == Method::Ack {
            return self.ack_in(now, &request);
        }
        let Some(key) = server_key(&request, &request.method) else { return };
        if self.servers.contains_key(&key) {
            return self.repeat(&key);
        }
        // A request inside a dialog proves itself by its tags, wherever it comes from.
        if let Some(id) = self.session_of(&request) {
            return self.inside_in(now, &key, id, flow, request);
        }
        if !self.ask_porter(now, (&key, flow, &request), porter) {
            return;
        }
        let heard = self.is_known(flow) || request.method == Method::Invite && self.settings.refuse_strangers;
        if !heard {
            return self.tell(0, Event::Refused { from: flow.remote, status: 0, why: STRANGER });
        }
        self.outside_in(now, &key, flow, request);
    }

    /// A request outside any dialog of ours.
    fn outside_in(&mut self, now: Duration, key: &Key, flow: &Flow, request: Request) {
        if let Some(response) = self.objection(&request, self.policy_at(flow)).or_else(|| astray(&request)) {
            return self.answer_alone(key, &request, flow, response);
        }
        match request.method {
            Method::Invite => self.invite_in(now, key, flow, request),
            Method::Register => self.register_in(now, key, flow, &request),
            Method::Options => self.options_in(key, flow, &request),
            Method::Cancel => self.cancel_in(now, key, flow, &request),
            Method::Ack => {}
            Method::Bye
            | Method::Info
            | Method::Update
            | Method::Prack
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish
            | Method::Other(_) => {
                let response = unsupported(&request, false);
                self.answer_alone(key, &request, flow, response);
            }
        }
    }

    /// What is wrong with a request whatever its method (RFC 3261 sections 8.2.2 and 12.2.2).
    pub(crate) fn objection(&self, request: &Request, policy: Policy) -> Option<Response> {
        let headers = &request.headers;
        if !request.uri.is_sip() && request.uri.scheme != Scheme::Tel {
            return Some(Response::to(request, 416, phrase(416)));
        }
        if request.method == Method::Cancel {
            return None;
        }
        let strange: Vec<&str> = headers
            .tokens("Require")
            .filter(|t| !EXTENSIONS.contains(t) && !policy.extensions().contains(t))
            .collect();
        if !strange.is_empty() {
            let mut response = Response::to(request, 420, phrase(420));
            response.headers.push_scanned("Unsupported", strange.join(", "));
            return Some(response);
        }
        if let Some(encoding) = headers.get("Content-Encoding")
            && !encoding.eq_ignore_ascii_case("identity")
        {
            let mut response = Response::to(request, 415, phrase(415));
            response.headers.push_scanned("Accept-Encoding", "identity".to_owned());
            return Some(response);
        }
        None
    }

    /// The session that a request inside a dialog belongs to.
    fn session_of(&self, request: &Request) -> Option<SessionId> {
        let headers = &request.headers;
        let tag = headers.view_to()?.tag()?;
        let id = *self.dialogs.get(&*tag)?;
        let session = self.sessions.get(&id)?;
        let from = headers.view_from()?;
        let dialog = session.dialog_seen(&from.tag().unwrap_or_default())?;
        (headers.call_id() == Some(&dialog.call_id)).then_some(id)
    }

    /// The ACK of a refusal belongs to its INVITE's transaction; that of a 2xx finds its dialog (section 13.2.2.4).
    fn ack_in(&mut self, now: Duration, request: &Request) {
        if let Some(key) = server_key(request, &Method::Invite) {
            self.acknowledge(now, &key);
        }
        let seq = request.headers.cseq().map(|(n, _)| n);
        let Some(id) = self.session_of(request) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.unacked.take_if(|u| Some(u.seq) == seq).is_none() {
            return;
        }
        session.ids.hear(&request.headers);
        if session.stage == Stage::Closing {
            return self.bye(now, id);
        }
        self.tell_of(id, Event::Acked { session: id, body: request.body.clone() });
    }

    fn response_in(&mut self, now: Duration, flow: &Flow, response: Response) {
        // A second Via shows that it went astray (section 8.1.3.3).
        if response.headers.all("Via").nth(1).is_some() {
            return;
        }
        let Some(branch) = response.headers.view_via().and_then(|via| via.branch()) else { return };
        let Some((seq, method)) = response.headers.cseq() else { return };
        let key = client_key(&branch, &method);
        let Some(client) = self.clients.get_mut(&key) else { return };
        if client.request.headers.cseq().is_none_or(|(n, _)| n != seq) {
            return;
        }
        if client.flow.transport.reliable() && client.flow.id == 0 {
            client.flow.id = flow.id;
        }
        let heard = client.kind.response(now, response.status);
        self.wake_client(&key);
        match heard {
            Heard::Pass => self.answered(now, &key, response),
            Heard::PassAndAck => {
                self.ack_refusal(&key, &response);
                self.answered(now, &key, response);
            }
            Heard::AckAgain => self.ack_again(&key, None),
            Heard::Ignore => {}
        }
    }

    /// A response for whoever sent the request.
    fn answered(&mut self, now: Duration, key: &Key, response: Response) {
        let Some(client) = self.clients.get(key) else { return };
        let is_invite = client.request.method == Method::Invite;
        match response.status {
            ..=199 if is_invite => self.invite_progress(now, key, response),
            ..=199 => {}
            200..=299 if is_invite => self.invite_taken(now, key, response),
            401 | 407 if self.challenged(now, key, &response) => {}
            422 if self.too_short(now, key, &response) => {}
            status => {
                // The transaction goes on absorbing repetitions; only its owner is through with it.
                let Some(client) = self.clients.remove(key) else { return };
                self.concluded(now, &client, status, Some(&response));
                self.clients.insert(key.clone(), client);
            }
        }
    }
}

/// A request with a To tag names a dialog that we don't have (section 12.2.2).
fn astray(request: &Request) -> Option<Response> {
    let tagged = request.headers.view_to().is_some_and(|to| to.tag().is_some());
    let inside = !matches!(request.method, Method::Cancel | Method::Register);
    (tagged && inside).then(|| Response::to(request, 481, phrase(481)))
}

/// 481 where a dialog is needed, else 405 or 501 with what would be allowed (section 8.2.1).
pub(crate) fn unsupported(request: &Request, inside: bool) -> Response {
    let status = match &request.method {
        Method::Bye | Method::Info | Method::Update | Method::Prack | Method::Notify if !inside => 481,
        // Nobody is sent anywhere by who has no call with us.
        Method::Refer if !inside => 403,
        Method::Subscribe if !inside => 489,
        Method::Other(_) => 501,
        Method::Invite
        | Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Options
        | Method::Register
        | Method::Info
        | Method::Update
        | Method::Prack
        | Method::Refer
        | Method::Notify
        | Method::Subscribe
        | Method::Message
        | Method::Publish => 405,
    };
    let mut response = Response::to(request, status, phrase(status));
    if !matches!(status, 403 | 481 | 489) {
        response.headers.push_scanned("Allow", ALLOW.to_owned());
    }
    response
}

fn stamped(request: &mut Request, flow: &Flow) {
    if let Some(via) = request.headers.view_via().and_then(|via| stamp(via, flow)) {
        request.headers.set_first("Via", via);
    }
}
