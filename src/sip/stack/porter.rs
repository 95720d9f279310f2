//! Who stands at the door: the owner is asked before anything is done about a request outside any dialog.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::Stack;
use crate::digest;
use crate::flow::Flow;
use crate::message::{Request, Response, phrase};
use crate::method::Method;

/// To whom the address belongs that a request came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// A trunk.
    Peer,
    /// A network of the phones.
    Phone,
    /// Nobody.
    Stranger,
}

/// A request outside any dialog, not CANCEL or ACK: nothing has been done about it yet, also no password was looked at.
#[derive(Debug)]
pub struct Knock<'a> {
    /// The way it came.
    pub flow: &'a Flow,
    /// The request.
    pub request: &'a Request,
    /// Whose address that is.
    pub known: Known,
    /// The user whose password it claims to know, as written in Authorization.
    pub claims: Option<String>,
    /// A phone of this user, or, when nothing is claimed, of the user in To (REGISTER) or From, is registered at this very
    /// address.
    pub registered: bool,
}

/// What becomes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Welcome {
    /// It is dealt with.
    Come,
    /// 503 with this Retry-After, seconds; no transaction and no session.
    Later(u32),
    /// Nothing is sent.
    Silence,
}

/// Whoever is asked.
pub trait Porter: fmt::Debug {
    /// A request knocks.
    fn knock(&mut self, now: Duration, knock: &Knock<'_>) -> Welcome;

    /// Whether what can't be read is answered at all.
    fn answers_faults(&self) -> bool {
        true
    }
}

/// Lets everything in: the stack's own rules decide.
#[derive(Clone, Copy, Debug)]
pub struct OpenDoor;

impl Porter for OpenDoor {
    fn knock(&mut self, _: Duration, _: &Knock<'_>) -> Welcome {
        Welcome::Come
    }
}

impl Stack {
    /// Whose address this way's far end is.
    pub fn knows(&self, flow: &Flow) -> Known {
        if self.peer_of(flow).is_some() {
            Known::Peer
        } else if self.is_phone_net(flow) {
            Known::Phone
        } else {
            Known::Stranger
        }
    }

    /// Whether a dialog, a request of ours or a registered phone has its far end at this host. Costs a walk over all of them:
    /// for sources of which little is heard.
    pub fn has_business_with(&self, mut at: impl FnMut(SocketAddr) -> bool) -> bool {
        self.sessions.values().any(|s| at(s.flow.remote))
            || self.clients.values().any(|c| at(c.flow.remote))
            || self.registrar.flows().any(|flow| at(flow.remote))
    }

    /// The far end of a session.
    pub fn far_end(&self, id: super::contract::SessionId) -> Option<SocketAddr> {
        self.sessions.get(&id).map(|s| s.flow.remote)
    }

    /// Asks the porter; `false` when the request was turned away.
    pub(crate) fn ask_porter(
        &mut self,
        now: Duration,
        (key, flow, request): (&str, &Flow, &Request),
        porter: &mut dyn Porter,
    ) -> bool {
        if matches!(request.method, Method::Cancel | Method::Ack) {
            return true;
        }
        let claims = request.headers.all("Authorization").find_map(digest::claimed);
        // A REGISTER may be sent for somebody else; whose phone it makes known stands in To (RFC 3261 section 10.2).
        let register = request.method == Method::Register;
        let named = if register { request.headers.to() } else { request.headers.from() };
        let user = claims.clone().or_else(|| named?.uri.user_plain());
        let registered = user.is_some_and(|user| self.registrar.is_at(&user, flow.remote));
        let knock = Knock { flow, request, known: self.knows(flow), claims, registered };
        match porter.knock(now, &knock) {
            Welcome::Come => true,
            Welcome::Silence => false,
            Welcome::Later(seconds) => {
                let mut response = Response::to(request, 503, phrase(503));
                response.headers.push_scanned("Retry-After", seconds.to_string());
                self.answer_alone(key, request, flow, response);
                false
            }
        }
    }
}
