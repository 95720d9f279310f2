//! Trunks that must prove who they are: the digest of their INVITEs, asked for and checked.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::Stack;
use super::contract::{Event, User};
use crate::digest::Verdict;
use crate::flow::Flow;
use crate::message::{Request, Response, phrase};

impl Stack {
    /// What a trunk has to prove itself with.
    pub(crate) fn proof_of(&self, peer: &str) -> Option<&User> {
        self.settings.proofs.iter().find(|(name, _)| name == peer).map(|(_, user)| user)
    }

    /// Checks a trunk's digest; `Err` holds the challenge when it is missing, stale or wrong (RFC 7616 section 3.3).
    pub(crate) fn prove(
        &mut self,
        now: Duration,
        flow: &Flow,
        request: &Request,
        user: &User,
    ) -> Result<(), Box<Response>> {
        let (mut stale, mut wrong) = (false, false);
        for value in request.headers.all("Authorization") {
            let asked = (&*self.settings.realm, &*self.settings.digests);
            let password = |name: &str| (user.name == name).then_some(user.password.as_str());
            match self.nonces.check(now, value, asked, &request.method, password) {
                (Verdict::Good, Some(_)) => return Ok(()),
                (Verdict::Stale, _) => stale = true,
                (Verdict::Good | Verdict::Bad, _) => wrong = true,
            }
        }
        if wrong {
            let why = "the digest credentials of a trunk are wrong";
            self.tell(0, Event::Refused { from: flow.remote, status: 401, why });
        }
        let mut response = Response::to(request, 401, phrase(401));
        let offered = self.offered(request);
        for challenge in self.nonces.challenge(now, &self.settings.realm, stale, &offered) {
            response.headers.push_scanned("WWW-Authenticate", challenge);
        }
        Err(Box::new(response))
    }

    /// Gives these addresses another one as ours: what a trunk's look-up found, behind a NAT. All others are as the settings
    /// say.
    pub fn advertise_to(&mut self, told: std::collections::HashMap<IpAddr, IpAddr>) {
        self.told = told;
    }

    /// The address that we give as ours on this way.
    pub(crate) fn sent_by(&self, flow: &Flow) -> SocketAddr {
        let far = flow.remote.ip().to_canonical();
        let of_net =
            || self.settings.advertised_to.iter().find(|(net, _)| net.contains(far)).map(|(_, ip)| *ip);
        let told = self.told.get(&far).copied().or_else(of_net).or(self.settings.advertised);
        SocketAddr::new(told.unwrap_or(flow.local.ip()), flow.local.port())
    }
}
