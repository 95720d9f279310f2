//! Who may speak to us: trunks by address, phones by digest, nobody else; REGISTER and OPTIONS.

use std::time::Duration;

use super::contract::{Event, Source};
use super::receive::allow;
use super::table::Key;
use super::{Stack, Wake};
use crate::digest::Verdict;
use crate::flow::Flow;
use crate::message::{Request, Response, phrase};
use crate::registrar::Change;

impl Stack {
    /// The trunk that this way belongs to.
    pub(crate) fn peer_of(&self, flow: &Flow) -> Option<&str> {
        let ip = flow.remote.ip();
        self.settings.peers.iter().find(|p| p.nets.iter().any(|n| n.contains(ip))).map(|p| p.name.as_str())
    }

    fn is_phone_net(&self, flow: &Flow) -> bool {
        self.settings.phone_nets.iter().any(|n| n.contains(flow.remote.ip()))
    }

    pub(crate) fn is_known(&self, flow: &Flow) -> bool {
        self.peer_of(flow).is_some() || self.is_phone_net(flow)
    }

    /// Who sends this INVITE. A phone that claims a user of ours is asked for its digest even inside a trunk's
    /// network, so that a registered phone on the same machine is known by name. `None`: an answer was sent.
    pub(crate) fn source_of(
        &mut self,
        now: Duration,
        key: &Key,
        flow: &Flow,
        request: &Request,
    ) -> Option<Source> {
        let claimed = request.headers.from().and_then(|f| f.uri.user_plain()).unwrap_or_default();
        let ours = self.is_phone_net(flow) && self.settings.users.iter().any(|u| u.name == claimed);
        if !ours && let Some(peer) = self.peer_of(flow) {
            return Some(Source::Peer(peer.to_owned()));
        }
        if !self.is_phone_net(flow) {
            self.reject_now(now, key, Response::to(request, 403, phrase(403)));
            let from = flow.remote.ip();
            self.tell(Event::TurnedAway {
                from,
                status: 403,
                why: "the source is no trunk and no phone network",
            });
            return None;
        }
        self.authenticate(now, key, flow, request).map(Source::Phone)
    }

    /// Checks the digest; challenges when it is missing, stale or wrong (RFC 7616 section 3.3).
    fn authenticate(&mut self, now: Duration, key: &Key, flow: &Flow, request: &Request) -> Option<String> {
        let realm = self.settings.realm.clone();
        let mut stale = false;
        for value in request.headers.all("Authorization") {
            let users = &self.settings.users;
            let password = |name: &str| users.iter().find(|u| u.name == name).map(|u| u.password.as_str());
            match self.nonces.check(now, value, &realm, &request.method, password) {
                (Verdict::Good, Some(user)) => return Some(user),
                (Verdict::Stale, _) => stale = true,
                (Verdict::Good, None) => {}
                (Verdict::Bad, _) => {
                    let from = flow.remote.ip();
                    self.tell(Event::TurnedAway {
                        from,
                        status: 401,
                        why: "the digest credentials are wrong",
                    });
                }
            }
        }
        let mut response = Response::to(request, 401, phrase(401));
        for challenge in self.nonces.challenge(now, &realm, stale) {
            response.headers.push_scanned("WWW-Authenticate", challenge);
        }
        self.reject_now(now, key, response);
        None
    }

    pub(crate) fn register_in(&mut self, now: Duration, key: &Key, flow: &Flow, request: &Request) {
        if !self.is_phone_net(flow) {
            return self.reject_now(now, key, Response::to(request, 403, phrase(403)));
        }
        let Some(user) = self.authenticate(now, key, flow, request) else { return };
        // A user may register itself only (RFC 3261 section 10.3 step 4).
        let to = request.headers.to().filter(|t| t.uri.is_sip()).and_then(|t| t.uri.user_plain());
        if to.as_deref() != Some(user.as_str()) {
            return self.reject_now(now, key, Response::to(request, 403, phrase(403)));
        }
        let (response, change) = self.registrar.register(now, &user, request, flow);
        self.reject_now(now, key, response);
        self.wake(self.registrar.next_timeout(), Wake::Registrar);
        match change {
            Change::None => {}
            Change::Came => self.tell(Event::Registered { user }),
            Change::Left => self.tell(Event::Unregistered { user }),
        }
    }

    pub(crate) fn registrar_due(&mut self, now: Duration, closed: Option<u64>) {
        for user in self.registrar.expire(now, closed) {
            self.tell(Event::Unregistered { user });
        }
        self.wake(self.registrar.next_timeout(), Wake::Registrar);
    }

    /// OPTIONS is answered as an INVITE would be (RFC 3261 section 11.2).
    pub(crate) fn options_in(&mut self, now: Duration, key: &Key, request: &Request) {
        let mut response = if self.draining {
            let mut busy = Response::to(request, 503, phrase(503));
            busy.headers.push_scanned("Retry-After", "30".to_owned());
            busy
        } else {
            Response::to(request, 200, "OK")
        };
        for (name, value) in [("Allow", allow()), ("Accept", "application/sdp".to_owned())] {
            response.headers.push_scanned(name, value);
        }
        self.reject_now(now, key, response);
    }
}
