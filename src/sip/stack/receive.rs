//! Bytes from the network to the machine that they are for.

use std::time::Duration;

use super::contract::{Event, SessionId};
use super::table::{Key, ServerKind, back, client_key, server_key, stamp};
use super::{Owner, Stack};
use crate::flow::Flow;
use crate::message::{Message, Request, Response, phrase};
use crate::method::Method;
use crate::normal::{Wire, parse};
use crate::transaction::Heard;

/// What we can do; unknown options in Require are refused with 420 (RFC 3261 section 8.2.2.3).
const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REGISTER";
const EXTENSIONS: &[&str] = &[];

impl Stack {
    /// One datagram, or one message cut out of a stream by [`crate::framing::Framer`].
    pub fn receive(&mut self, now: Duration, flow: &Flow, bytes: &[u8]) {
        let wire = if flow.transport.reliable() { Wire::Stream } else { Wire::Datagram };
        match parse(bytes, wire) {
            Ok(Message::Request(request)) => self.request_in(now, flow, request),
            Ok(Message::Response(response)) => self.response_in(now, response),
            Err(fault) => {
                let from = flow.remote.ip();
                let known = self.is_known(flow);
                let reply = fault.reply.filter(|_| known);
                let status = if reply.is_some() { fault.status } else { 0 };
                self.tell(Event::TurnedAway { from, status, why: fault.reason });
                if let Some(reply) = reply {
                    self.answer_fault(flow, *reply);
                }
            }
        }
    }

    /// Answers what could not be read as a request, without a transaction: a repetition is answered again.
    fn answer_fault(&mut self, flow: &Flow, reply: Response) {
        let mut asked = Request::new(Method::Options, crate::Uri::sip("", flow.remote.ip().into(), None));
        asked.headers = reply.headers;
        stamp(&mut asked, flow);
        let tag = self.ids.tag();
        let mut response = Response::to(&asked, reply.status, &reply.reason).tag(&tag);
        response.headers.push_scanned("Server", self.settings.agent.clone());
        self.send(&back(&asked, flow), response.print());
    }

    fn request_in(&mut self, now: Duration, flow: &Flow, mut request: Request) {
        stamp(&mut request, flow);
        let of = if request.method == Method::Ack { Method::Invite } else { request.method.clone() };
        let Some(key) = server_key(&request, &of) else { return };
        if request.method == Method::Ack {
            return self.ack_in(now, &key, &request);
        }
        if self.servers.contains_key(&key) {
            return self.repeated(&key);
        }
        let session = self.session_of(&request);
        // A stranger gets nothing, whatever the method; a request inside a dialog proves itself by its tags.
        if session.is_none()
            && !self.is_known(flow)
            && !(request.method == Method::Invite && self.settings.refuse_strangers)
        {
            let from = flow.remote.ip();
            return self.tell(Event::TurnedAway {
                from,
                status: 0,
                why: "the source is no trunk and no phone network",
            });
        }
        if !self.open_server(&key, &request, flow) {
            return;
        }
        if let Some(response) = self.objection(&request) {
            return self.reject_now(now, &key, response);
        }
        match (&request.method, session) {
            (Method::Cancel, _) => self.cancel_in(now, &key, &request),
            (Method::Ack, _) => {}
            (Method::Invite, Some(id)) => self.reinvite_in(now, &key, id, request),
            (Method::Update, Some(id)) => self.reinvite_in(now, &key, id, request),
            (Method::Bye, Some(id)) => self.bye_in(now, &key, id, &request),
            (Method::Info, Some(id)) => self.info_in(now, &key, id, &request),
            (Method::Invite, None) => self.invite_in(now, &key, flow, request),
            (Method::Register, None) => self.register_in(now, &key, flow, &request),
            (Method::Options, _) => self.options_in(now, &key, &request),
            (Method::Bye | Method::Info | Method::Update, None) => {
                self.reject_now(now, &key, Response::to(&request, 481, phrase(481)));
            }
            (Method::Register, Some(_)) => {
                self.reject_now(now, &key, Response::to(&request, 400, phrase(400)))
            }
            (
                Method::Prack
                | Method::Refer
                | Method::Notify
                | Method::Subscribe
                | Method::Message
                | Method::Publish,
                _,
            ) => self.reject_now(now, &key, allowing(&request, 405)),
            (Method::Other(_), _) => self.reject_now(now, &key, allowing(&request, 501)),
        }
    }

    /// What is wrong with a request whatever its method (RFC 3261 section 8.2.2).
    fn objection(&self, request: &Request) -> Option<Response> {
        let headers = &request.headers;
        if !request.uri.is_sip() && request.uri.scheme != crate::Scheme::Tel {
            return Some(Response::to(request, 416, phrase(416)));
        }
        if request.method == Method::Cancel {
            return None;
        }
        let strange: Vec<&str> = ["Require", "Proxy-Require"]
            .iter()
            .flat_map(|name| headers.tokens(name))
            .filter(|t| !EXTENSIONS.contains(t))
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
        let to = headers.to()?;
        let id = *self.dialogs.get(&(headers.call_id()?.to_owned(), to.tag()?.to_owned()))?;
        let dialog = self.sessions.get(&id)?.dialog.as_ref()?;
        let from = headers.from()?;
        (dialog.remote_tag() == from.tag().unwrap_or_default()).then_some(id)
    }

    fn ack_in(&mut self, now: Duration, key: &Key, request: &Request) {
        if let Some(server) = self.servers.get_mut(key)
            && let ServerKind::Invite(transaction) = &mut server.kind
            && !transaction.is_open()
        {
            transaction.ack(now);
            self.wake_server(key);
        }
        // The ACK of a 2xx is a transaction of its own and finds its dialog (section 13.2.2.4).
        if let Some(id) = self.session_of(request)
            && let Some(session) = self.sessions.get_mut(&id)
            && session.unacked.take().is_some()
        {
            self.tell(Event::Acked { session: id, body: request.body.clone() });
        }
    }

    fn response_in(&mut self, now: Duration, response: Response) {
        // Exactly one Via must be ours (section 18.1.2).
        let Some(via) = response.headers.via() else { return };
        let Some(branch) = via.branch() else { return };
        let Some((seq, method)) = response.headers.cseq() else { return };
        let key = client_key(branch, &method);
        let Some(client) = self.clients.get_mut(&key) else { return };
        if client.request.headers.cseq() != Some((seq, method)) {
            return;
        }
        let heard = match &mut client.kind {
            super::table::ClientKind::Invite(t) => t.response(now, response.status),
            super::table::ClientKind::Other(t) => t.response(now, response.status),
        };
        self.wake_client(&key);
        match heard {
            Heard::Pass => self.answered(now, &key, response),
            Heard::PassAndAck => {
                self.ack_refusal(&key, &response);
                self.answered(now, &key, response);
            }
            Heard::AckAgain => {
                if let Some(client) = self.clients.get(&key)
                    && let Some(bytes) = client.ack.clone()
                {
                    let flow = client.flow.clone();
                    self.send(&flow, bytes);
                }
            }
            Heard::Ignore => {}
        }
    }

    /// The ACK of a refusal goes out with the INVITE's own branch (section 17.1.1.3).
    fn ack_refusal(&mut self, key: &Key, response: &Response) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let invite = &client.request.headers;
        let mut ack = Request::new(Method::Ack, client.request.uri.clone());
        let seq = invite.cseq().map_or(0, |(n, _)| n);
        for name in ["Via", "Max-Forwards", "Route", "From"] {
            let most = if name == "Via" { 1 } else { usize::MAX };
            for value in invite.all(name).take(most) {
                ack.headers.push_scanned(name, value.to_owned());
            }
        }
        ack.headers.push_scanned("To", response.headers.get("To").unwrap_or_default().to_owned());
        ack.headers.push_scanned("Call-ID", invite.call_id().unwrap_or_default().to_owned());
        ack.headers.push_scanned("CSeq", format!("{seq} ACK"));
        let bytes = ack.print();
        client.ack = Some(bytes.clone());
        let flow = client.flow.clone();
        self.send(&flow, bytes);
    }

    /// A client transaction ended without an answer: time-out (408) or broken connection (503).
    pub(crate) fn client_failed(&mut self, now: Duration, key: &Key, status: u16) {
        let Some(client) = self.clients.remove(key) else { return };
        self.concluded(now, &client.request.method.clone(), client.owner, status, None);
    }

    fn answered(&mut self, now: Duration, key: &Key, response: Response) {
        let Some(client) = self.clients.get(key) else { return };
        let (owner, method) = (client.owner, client.request.method.clone());
        match owner {
            Owner::Session(id) if method == Method::Invite => self.invite_answered(now, id, key, response),
            Owner::Reinvite(id) => self.reinvite_answered(now, id, response),
            Owner::Session(_) | Owner::Nobody | Owner::Outside(_) if response.status >= 200 => {
                self.concluded(now, &method, owner, response.status, Some(&response));
            }
            Owner::Session(_) | Owner::Nobody | Owner::Outside(_) => {}
        }
    }
}

/// 405 or 501 with what would be allowed (section 8.2.1).
fn allowing(request: &Request, status: u16) -> Response {
    let mut response = Response::to(request, status, phrase(status));
    response.headers.push_scanned("Allow", ALLOW.to_owned());
    response
}

/// The Allow header's value.
pub(crate) fn allow() -> String {
    ALLOW.to_owned()
}
