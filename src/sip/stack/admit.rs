//! Who may speak to us: trunks by address, phones by digest, nobody else; REGISTER and OPTIONS.

use std::time::Duration;

use super::contract::{Event, Peer, Source};
use super::receive::{ALLOW, supported};
use super::server::RETRY_AFTER;
use super::table::Key;
use super::{Stack, Wake, user_of};
use crate::digest::{Algorithm, Verdict, claimed};
use crate::flow::Flow;
use crate::message::{Request, Response, phrase};
use crate::policy::Policy;
use crate::registrar::Change;
use crate::session::Session;

/// Whom a phone has proven to be.
struct Proven {
    /// The user.
    user: String,
    /// The name by which it did; that of a lease is another one.
    by: String,
}

/// Beginnings of the User-Agent of phones that stop at a challenge of SHA-256 instead of passing over it (RFC 8760
/// section 2.4), as met.
const MD5_ALONE: &[&str] = &["baresip v0.", "baresip v1."];

impl Stack {
    /// The trunk that this way belongs to.
    pub(crate) fn peer_of(&self, flow: &Flow) -> Option<&str> {
        let ip = flow.remote.ip();
        let proven = self.proven.get(&flow.id).map(Vec::as_slice).unwrap_or_default();
        let from = |p: &&Peer| {
            let near = p.nets.iter().any(|n| n.contains(ip));
            match &p.certificate {
                None => near,
                // Who shows the certificate may come from anywhere, unless networks are said too.
                Some(name) => (near || p.nets.is_empty()) && proven.contains(name),
            }
        };
        self.settings.peers.iter().find(from).map(|p| p.name.as_str())
    }

    pub(crate) fn is_phone_net(&self, flow: &Flow) -> bool {
        self.settings.phone_nets.iter().any(|n| n.contains(flow.remote.ip()))
    }

    pub(crate) fn is_known(&self, flow: &Flow) -> bool {
        self.peer_of(flow).is_some() || self.is_phone_net(flow)
    }

    /// Who sends this INVITE, or the answer that turns it away. A phone that claims a user of ours is asked for its digest
    /// even inside a trunk's network, so that a registered phone on the same machine is known by name.
    pub(crate) fn admit(
        &mut self,
        now: Duration,
        flow: &Flow,
        request: &Request,
    ) -> Result<Source, Box<Response>> {
        let ours = self.is_phone_net(flow) && {
            let claimed = request.headers.from().and_then(|f| f.uri.user_plain()).unwrap_or_default();
            user_of(&self.settings.users, &claimed).is_some()
        };
        if !ours && let Some(peer) = self.peer_of(flow).map(str::to_owned) {
            if let Some(user) = self.proof_of(&peer).cloned() {
                self.prove(now, flow, request, &user)?;
            }
            return Ok(Source::Peer(peer));
        }
        if !self.is_phone_net(flow) {
            return Err(self.forbid(flow, request, "the source is no trunk and no phone network"));
        }
        self.authenticate(now, flow, request).map(|proven| Source::Phone(proven.user))
    }

    fn forbid(&mut self, flow: &Flow, request: &Request, why: &'static str) -> Box<Response> {
        self.tell(0, Event::Refused { from: flow.remote, status: 403, why });
        Box::new(Response::to(request, 403, phrase(403)))
    }

    /// Checks the digest; `Err` holds the challenge when it is missing, stale or wrong (RFC 7616 section 3.3).
    fn authenticate(
        &mut self,
        now: Duration,
        flow: &Flow,
        request: &Request,
    ) -> Result<Proven, Box<Response>> {
        let mut stale = false;
        let mut wrong = None;
        for value in request.headers.all("Authorization") {
            let (asked, users) = ((&*self.settings.realm, &*self.settings.digests), &self.settings.users);
            let leases = &self.leases;
            let leased = |name: &str| leases.get(now, name).map(|lease| lease.password.as_str());
            let password =
                |name: &str| user_of(users, name).map(|u| u.password.as_str()).or_else(|| leased(name));
            match self.nonces.check(now, value, asked, &request.method, password) {
                (Verdict::Good, Some(by)) => {
                    let user = self.leases.get(now, &by).map_or_else(|| by.clone(), |l| l.user.clone());
                    let credentials =
                        Event::Credentials { from: flow.remote, user: user.clone(), right: true };
                    self.tell(0, credentials);
                    return Ok(Proven { user, by });
                }
                (Verdict::Stale, _) => stale = true,
                (Verdict::Good | Verdict::Bad, _) => wrong = Some(claimed(value).unwrap_or_default()),
            }
        }
        if let Some(user) = wrong {
            let (from, why) = (flow.remote, "the digest credentials are wrong");
            self.tell(0, Event::Credentials { from, user, right: false });
            self.tell(0, Event::Refused { from, status: 401, why });
        }
        let mut response = Response::to(request, 401, phrase(401));
        let offered = self.offered(request);
        for challenge in self.nonces.challenge(now, &self.settings.realm, stale, &offered) {
            response.headers.push_scanned("WWW-Authenticate", challenge);
        }
        Err(Box::new(response))
    }

    /// The algorithms for this phone, best first. One that gives up at the sight of SHA-256 is offered MD5 alone, where
    /// that is allowed at all: what it would not answer protects nobody. One that does not say who it is (scripts, the
    /// test tool sipp) finds MD5 first, as such often read the first challenge only.
    pub(crate) fn offered(&self, request: &Request) -> Vec<Algorithm> {
        let mut offered = self.settings.digests.clone();
        let Some(agent) = request.headers.get("User-Agent") else {
            offered.reverse();
            return offered;
        };
        let is = |name: &&str| agent.get(..name.len()).is_some_and(|a| a.eq_ignore_ascii_case(name));
        if offered.contains(&Algorithm::Md5) && MD5_ALONE.iter().any(is) {
            offered.retain(|a| *a == Algorithm::Md5);
        }
        offered
    }

    pub(crate) fn register_in(&mut self, now: Duration, key: &Key, flow: &Flow, request: &Request) {
        // The To of a REGISTER must be a SIP address (RFC 3261 section 10.2, RFC 4475 section 3.3.4).
        if request.headers.to().is_none_or(|to| !to.uri.is_sip()) {
            let response = Response::to(request, 400, "To Is No SIP Address");
            return self.answer_alone(key, request, flow, response);
        }
        let user = if self.is_phone_net(flow) {
            self.authenticate(now, flow, request).and_then(|proven| {
                // A user may register itself only (RFC 3261 section 10.3 step 4).
                let to = request.headers.to().and_then(|t| t.uri.user_plain());
                let own = to.as_deref() == Some(proven.user.as_str());
                if own { Ok(proven) } else { Err(self.forbid(flow, request, "registers another user")) }
            })
        } else {
            Err(self.forbid(flow, request, "registers from outside the phone networks"))
        };
        match user {
            Ok(Proven { user, by }) if self.open_server(key, request, flow) => {
                let (response, change) = self.registrar.register(now, (&user, &by), request, flow);
                self.answer(now, key, response);
                self.part_from(now, &user);
                self.registered(user, change);
            }
            Ok(_) => {}
            Err(response) => self.answer_alone(key, request, flow, *response),
        }
    }

    pub(crate) fn wake_phone(&mut self, user: &str) {
        let at = self.registrar.alarm(user);
        self.wake(at, || Wake::Phone(user.to_owned()));
    }

    /// Requests inside a dialog go to where its phone is now: one that was cut off has come back by another connection.
    fn rejoin(&mut self, user: &str) {
        let lost = |s: &&mut Session| s.flow.id == 0 && s.flow.transport.is_web() && s.pinned;
        for session in self.sessions.values_mut().filter(lost) {
            let target = session.dialog.as_ref().map(|dialog| &dialog.target);
            if let Some(flow) = target.and_then(|target| self.registrar.way_to(user, target)) {
                session.flow = flow.clone();
            }
        }
    }

    /// A phone of this user that was cut off in a talk is not waited for any more: its end of the talk is closed.
    pub fn give_up_phone(&mut self, user: &str) {
        if self.registrar.give_up(user) {
            self.tell(0, Event::Unregistered { user: user.to_owned() });
        }
    }

    fn registered(&mut self, user: String, change: Change) {
        self.wake_phone(&user);
        self.rejoin(&user);
        match change {
            Change::None => {}
            Change::Came(expires) | Change::Anew(expires) => {
                if matches!(change, Change::Anew(_)) {
                    self.tell(0, Event::Unregistered { user: user.clone() });
                }
                let Some(binding) = self.registrar.newest(&user) else { return };
                let (contact, flow) = (Box::new(binding.contact.clone()), binding.flow.clone());
                self.tell(0, Event::Registered { user, contact, expires, flow });
            }
            Change::Left => self.tell(0, Event::Unregistered { user }),
        }
    }

    pub(crate) fn phone_due(&mut self, now: Duration, at: Duration, user: &str) {
        let left = self.registrar.expire(now, at, user);
        let change = if left { Change::Left } else { Change::None };
        self.registered(user.to_owned(), change);
    }

    /// OPTIONS is answered as an INVITE would be (RFC 3261 section 11.2), and without a transaction: trunks and phones ask
    /// all the time.
    pub(crate) fn options_in(&mut self, key: &Key, flow: &Flow, request: &Request) {
        let response = self.capabilities(request, self.policy_at(flow));
        self.answer_alone(key, request, flow, response);
    }

    pub(crate) fn capabilities(&self, request: &Request, policy: Policy) -> Response {
        let status = if self.draining { 503 } else { 200 };
        let mut response = Response::to(request, status, phrase(status));
        let headers = &mut response.headers;
        if self.draining {
            headers.push_scanned("Retry-After", RETRY_AFTER.to_owned());
        }
        headers.push_scanned("Allow", ALLOW.to_owned());
        headers.push_scanned("Accept", "application/sdp".to_owned());
        headers.push_scanned("Supported", supported(policy));
        response
    }
}
