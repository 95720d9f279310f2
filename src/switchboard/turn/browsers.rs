//! Legs of browsers: who has one, what the hub is told of it, and what it tells.
//!
//! What a browser is called by decides: a phone that registered over WebSocket is offered WebRTC and nothing else (RFC 7118 is
//! what browsers have; a phone that is none registers over UDP, TCP or TLS). What calls us is taken as what it offers to be, but
//! over WebSocket nothing clear is taken.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use browser::{Credentials, Far, Order, Told, Why};
use call::action::SeatRole;
use call::cause::{Cause, Reason, Side};
use call::event::LegEvent;
use call::ids::Address;
use call::{Event, LegId, Now};
use media::Port;
use sip::Transport;
use sip::sdp::{self, Home, Ice, Shield};

use super::Turn;
use super::inbox::Arrival;
use super::legs::{Leg, Met, State};
use super::outbox::reason as reason_of;
use crate::contract::{Leased, Notice, Output};

/// How long after a browser has closed its end its BYE may come.
const LAST_WORD: Duration = Duration::from_millis(500);
/// How long the page of a window may take to load anew and take its seat over; less than what silence is taken for.
const COMES_BACK: Duration = Duration::from_secs(8);

/// Where the hub's name of a leg says how many it had before: no name is used twice.
const TIME: u32 = 48;

/// A leg by the hub's name.
pub(super) fn there(id: LegId, time: u16) -> browser::Leg {
    browser::Leg(id.0 | u64::from(time) << TIME)
}

fn here(leg: browser::Leg) -> (LegId, u16) {
    (LegId(leg.0 & ((1 << TIME) - 1)), u16::try_from(leg.0 >> TIME).unwrap_or_default())
}

impl Turn {
    /// Whether a phone's call is a browser's: by its offer, or, without one, by its way.
    pub(super) fn browser_calls(&self, arrival: &Arrival) -> Option<Arc<Home>> {
        let sip::Source::Phone(_) = &arrival.source else { return None };
        let web = arrival.flow.transport.is_web() || arrival.offer.as_deref().is_some_and(sdp::is_web);
        self.setup.browsers.clone().filter(|_| web)
    }

    /// Whether the phone that would be rung is a browser.
    pub(super) fn is_browser(&self, to: &Address) -> Option<Arc<Home>> {
        let Address::Phone(user) = to else { return None };
        let web = self.stack.transport_of(user.as_ref()).is_some_and(Transport::is_web);
        self.setup.browsers.clone().filter(|_| web)
    }

    /// A port of this thread for a leg with such a shield, whose far end listens there, as far as it is known.
    pub(super) fn port(
        &mut self,
        now: Now,
        thread: u16,
        shield: &Shield,
        far: Option<SocketAddr>,
    ) -> Option<Port> {
        if shield.is_web() {
            self.ports.take_inside(thread, now.mono)
        } else {
            self.ports.take_facing(thread, far, now.mono)
        }
    }

    /// A page's phone gets credentials of its own. Whoever asked learns by the phone's own REGISTER if they were refused.
    pub(super) fn leased(&mut self, now: Now, leased: Leased, time: Duration) {
        let Leased { name, user, password } = leased;
        let until = now.mono.saturating_add(time);
        let lease = sip::Lease { name, user, password: password.into(), until };
        if self.stack.lease(now.mono, lease).is_err() {
            self.notice(Notice::LeaseRefused);
        }
    }

    /// Tells the hub what is new of a leg: that there is one, then who its far end is.
    pub(super) fn introduce(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        self.out.extend(orders(id, leg).into_iter().map(Output::Browser));
    }

    /// The hub gave a leg up. A browser that hangs up closes its end as its BYE comes: that is what counts then.
    pub(super) fn browser_told(&mut self, now: Now, told: Told) {
        let Told::Gone(leg, why) = told;
        let (id, time) = here(leg);
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.time == time) else { return };
        leg.met = None;
        leg.time = leg.time.wrapping_add(1);
        // A window in talk is not rung again: its page comes back by itself, with Replaces.
        let may_return = leg.seat == SeatRole::Desk && leg.state == State::Up;
        self.notice(Notice::Browser { why });
        let reason = match why {
            Why::Closed => {
                let wait = if may_return { COMES_BACK } else { LAST_WORD };
                self.leaving.insert((now.mono.saturating_add(wait), id));
                return;
            }
            Why::NoWay => Reason::PeerGone,
            Why::Certificate => Reason::Protocol,
            Why::Full => Reason::Overload,
        };
        self.drop_browser(now, id, Cause::new(Side::Network, reason));
    }

    /// No BYE came: the page was left or loaded anew. Its phone does not come back; another of the same user is rung at once.
    pub(super) fn leaving_due(&mut self, now: Now) {
        while let Some((until, id)) = self.leaving.first().copied()
            && until <= now.mono
        {
            self.leaving.pop_first();
            let Some(leg) = self.legs.get(&id) else { continue };
            // A window's phone may be back and have let its seat be: it is not sent away.
            if let Some(user) = leg.phone.clone().filter(|_| leg.seat != SeatRole::Desk) {
                self.stack.give_up_phone(&user);
            }
            self.drop_browser(now, id, Cause::new(Side::Network, Reason::PeerGone));
        }
    }

    fn drop_browser(&mut self, now: Now, id: LegId, cause: Cause) {
        let Some(leg) = self.legs.get(&id) else { return };
        let (session, state) = (leg.session, leg.state);
        self.stack.hang_up(now.mono, session, Some(reason_of(cause)));
        if state != State::Calling {
            self.over(now, id, cause);
        } else if self.release(now, id).is_some() {
            self.hotline.handle(now, Event::Leg(id, LegEvent::Failed(cause)));
        }
    }
}

fn orders(id: LegId, leg: &mut Leg) -> Vec<Order> {
    let mut orders = Vec::new();
    let Some(ice) = leg.shield.ice() else { return orders };
    let web = leg.agreed.as_ref().and_then(|agreed| agreed.web.as_deref());
    if leg.met.is_none() {
        let ours = credentials(web.map_or(&ice, |web| &web.ours));
        orders.push(Order::Open { leg: there(id, leg.time), port: leg.port, ours });
        leg.met = Some(Met::Ours);
    }
    if let Some(web) = web
        && !matches!(&leg.met, Some(Met::Both(before)) if **before == *web)
    {
        let far = Far {
            fragment: web.theirs.fragment.clone(),
            fingerprints: web.fingerprints.iter().map(|print| print.0).collect(),
            client: web.client,
        };
        let ours = credentials(&web.ours);
        orders.push(Order::Meet { leg: there(id, leg.time), ours, far: Box::new(far) });
        leg.met = Some(Met::Both(Box::new(web.clone())));
    }
    orders
}

fn credentials(ice: &Ice) -> Credentials {
    Credentials { fragment: ice.fragment.clone(), password: ice.password.clone() }
}
