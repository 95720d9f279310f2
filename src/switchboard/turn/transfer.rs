//! Transfer keys, second lines, take-overs and diversions: what phones of other makes ask for, in words of rooms and seats.

use std::net::SocketAddr;

use call::action::{SeatRole, Transferred};
use call::event::{LegEvent, Transfer};
use call::ids::Name;
use call::{Event, LegId, Now};
use media::Port;
use sip::sdp::{Agreed, Encryption, SdpFault};
use sip::{Host, SessionId, Taking, Uri};

use super::Turn;
use super::inbox::Arrival;
use super::legs::{Leg, State};
use super::outbox::{ELSEWHERE, warning};
use crate::contract::Notice;
use crate::numbers;

/// What a leg is to the phone that takes it over.
struct Anew {
    /// What it says of itself.
    body: Vec<u8>,
    /// What both agree on; `None`: the far end has still to say.
    agreed: Option<Agreed>,
    /// Another port, where the one before can't be kept.
    port: Option<Port>,
}

impl Turn {
    /// REFER: the core decides. What names nobody of the house is not even told by name.
    pub(super) fn referred(&mut self, now: Now, id: LegId, session: SessionId, target: &Uri, taking: Taking) {
        if !self.legs.contains_key(&id) {
            // Its call is over on our side; the session may be, too.
            let _ = self.stack.refer_refused(now.mono, session, 481);
            return;
        }
        let what = match taking {
            Taking::Session(other) => {
                let of = |(_, leg): &(&LegId, &Leg)| leg.session == other;
                Transfer::With(self.legs.iter().find(of).map(|(id, _)| *id))
            }
            Taking::Unknown => Transfer::With(None),
            Taking::Nobody if self.stack.names_us(session, target) || self.is_ours(target) => {
                self.name(target).map_or(Transfer::Outside, Transfer::To)
            }
            Taking::Nobody => Transfer::Outside,
        };
        self.hotline.handle(now, Event::Transfer(id, what));
    }

    /// Whether a URI points to this house: a bare number, our realm, one of our addresses.
    fn is_ours(&self, uri: &Uri) -> bool {
        match &uri.host {
            None => true,
            Some(Host::Name(name)) => name.eq_ignore_ascii_case(&self.setup.sip.realm),
            Some(host @ (Host::V4(_) | Host::V6(_))) => host.ip().is_some_and(|ip| {
                ip == self.setup.advertised
                    || self.setup.sip.advertised == Some(ip)
                    || self.setup.listening.iter().any(|(_, at)| at.ip() == ip)
            }),
        }
    }

    fn name(&self, uri: &Uri) -> Option<Name> {
        uri.user_plain().filter(|user| !user.is_empty()).map(|user| Name::from(user.as_str()))
    }

    /// What became of a transfer. A phone that has hung up meanwhile is told nothing.
    pub(super) fn tell_transfer(&mut self, now: Now, id: LegId, news: Transferred) {
        /// No verdict on a transfer is milder.
        const FAILED: u16 = 400;
        let Some(session) = self.legs.get(&id).map(|l| l.session) else { return };
        let _ = match news {
            Transferred::Trying => self.stack.refer_progress(now.mono, session, 100),
            Transferred::Ringing => self.stack.refer_progress(now.mono, session, 180),
            Transferred::Done => self.stack.refer_progress(now.mono, session, 200),
            Transferred::Failed(cause) => {
                self.stack.refer_refused(now.mono, session, cause.sip_status().max(FAILED))
            }
        };
    }

    /// A phone of the house that is in a call dials somebody of the house: a private talk beside that call. `Some`: the
    /// arrival is a call of its own.
    pub(super) fn aside(&mut self, now: Now, arrival: Arrival) -> Option<Arrival> {
        let sip::Source::Phone(user) = &arrival.source else { return Some(arrival) };
        let Some(beside) = self.hotline.room_for_aside(user) else { return Some(arrival) };
        let Some(to) = self.name(&arrival.request.uri) else { return Some(arrival) };
        let ours = numbers::normalise(&to, &self.setup.place);
        if ours.is_some_and(|to| self.setup.plan.numbers.iter().any(|n| **n == *to)) {
            return Some(arrival);
        }
        let Some(call) = self.legs.get(&beside).map(|l| l.call) else { return Some(arrival) };
        let shield = self.shield(&arrival);
        let thread = self.rooms.get(&call).copied();
        let codecs = self.codecs_in(call, beside, None);
        let (codec, far) = self.codec_of(&arrival, &codecs, &shield);
        let Some(port) = thread.and_then(|thread| self.port(now, thread, &shield, far)) else {
            let _ = self.stack.reject(now.mono, arrival.session, 503, &[]);
            return None;
        };
        if let Err(fault) = codec {
            self.ports.give_back(port, now.mono);
            let _ = self.stack.reject(now.mono, arrival.session, fault.status(), &[warning(fault)]);
            return None;
        }
        let user = Name::from(user.as_str());
        let id = self.hotline.mint_leg();
        self.stack.set_token(arrival.session, id.0);
        let mut leg = Leg::new(
            call,
            arrival.session,
            SeatRole::Operator,
            State::Offered,
            port,
            self.local(now, port),
            shield,
        );
        (leg.offer, leg.phone, leg.codecs) = (arrival.offer, Some(user), codecs);
        self.legs.insert(id, leg);
        self.signalling(now, id);
        self.hotline.handle(now, Event::Aside { leg: id, beside, to });
        None
    }

    /// INVITE with Replaces: the same person takes the call over with another phone. The seat and its leg stay; only the
    /// session behind them changes (RFC 3891), and the port where a browser takes over from a phone that is none, or the other
    /// way round. Nobody takes over the call of somebody else.
    pub(super) fn taken_over(&mut self, now: Now, arrival: Arrival, old: SessionId) {
        let new = arrival.session;
        let (sip::Source::Phone(user) | sip::Source::Peer(user)) = &arrival.source;
        let own = |(_, leg): &(&LegId, &Leg)| {
            leg.session == old
                && matches!(leg.state, State::Up | State::Calling)
                && leg.phone.as_deref() == Some(user.as_str())
        };
        let Some(id) = self.legs.iter().find(own).map(|(id, _)| *id) else {
            let why = "a phone wants to take over the call of somebody else by Replaces";
            self.notice(Notice::TurnedAway { from: arrival.flow.remote, status: 403, why });
            let _ = self.stack.reject(now.mono, new, 403, &[]);
            return;
        };
        match self.described_anew(now, id, &arrival) {
            Ok(anew) => self.moved_in(now, id, (old, new), anew),
            Err(Some(fault)) => {
                let _ = self.stack.reject(now.mono, new, fault.status(), &[warning(fault)]);
            }
            Err(None) => {
                let _ = self.stack.reject(now.mono, new, 503, &[]);
            }
        }
    }

    /// What the leg says of itself to the phone that takes it over: the answer to its offer, or an offer. A port with a socket
    /// can't become one without: then it gets another. `Err(None)`: there is no such port left.
    fn described_anew(&mut self, now: Now, id: LegId, arrival: &Arrival) -> Result<Anew, Option<SdpFault>> {
        let (wanted, browser) = (self.wanted(arrival), self.browser_calls(arrival));
        let advertised = self.setup.advertised;
        let Some(leg) = self.legs.get_mut(&id) else { return Err(None) };
        let thread = leg.port.thread;
        let port = match (&browser, leg.shield.is_web()) {
            (Some(_), false) => Some(self.ports.take_inside(thread, now.mono).ok_or(None)?),
            (None, true) => Some(self.ports.take(thread, now.mono).ok_or(None)?),
            (Some(_), true) | (None, false) => None,
        };
        // The other phone has keys of its own; an encrypted leg stays one.
        let wanted = if leg.shield.is_encrypted() { Encryption::Required } else { wanted };
        let fresh = match browser {
            Some(home) => self.secrets.web(home),
            None => self.secrets.shield(wanted),
        };
        let (shield, local) = (std::mem::replace(&mut leg.shield, fresh), leg.local);
        if let Some(port) = port {
            leg.local.address = SocketAddr::new(advertised, port.addr.port());
        }
        let described = match &arrival.offer {
            None => Ok((leg.our_offer(), None)),
            Some(offer) => leg.answer_to(offer).map(|(body, agreed)| (body, Some(agreed))),
        };
        let at = port.unwrap_or(leg.port);
        match described {
            Ok((_, Some(agreed))) if self.ports.clashes(at, agreed.remote) => {
                // Nobody could tell its packets from those of another leg on the port.
                (leg.shield, leg.local) = (shield, local);
                if let Some(port) = port {
                    self.ports.give_back(port, now.mono);
                }
                Err(None)
            }
            Ok((body, agreed)) => Ok(Anew { body, agreed, port }),
            Err(fault) => {
                (leg.shield, leg.local) = (shield, local);
                if let Some(port) = port {
                    self.ports.give_back(port, now.mono);
                }
                Err(Some(fault))
            }
        }
    }

    fn moved_in(&mut self, now: Now, id: LegId, (old, new): (SessionId, SessionId), anew: Anew) {
        let Anew { body, agreed, port } = anew;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let rang = leg.state == State::Calling;
        if let Some(agreed) = &agreed {
            leg.shield.commit(agreed);
        }
        (leg.session, leg.agreed, leg.state) = (new, agreed, State::Up);
        (leg.held, leg.keys) = (false, None);
        // A browser that was taken over from may have closed its end already.
        self.leaving.retain(|(_, leaving)| *leaving != id);
        self.stack.set_token(new, id.0);
        // What the old session still has to say is nobody's business.
        self.stack.set_token(old, 0);
        self.signalling(now, id);
        match port {
            Some(port) => self.rehouse(now, id, port),
            None => self.place(id),
        }
        // A session that is gone has told its end already.
        let _ = self.stack.accept(now.mono, new, body);
        self.stack.hang_up(now.mono, old, Some(ELSEWHERE.to_owned()));
        let event = if rang { LegEvent::Answered } else { LegEvent::Moved };
        self.hotline.handle(now, Event::Leg(id, event));
        if self.legs.get_mut(&id).and_then(Leg::hold_changed) == Some(true) {
            self.hotline.handle(now, Event::Leg(id, LegEvent::Hold));
        }
    }

    /// A phone that we rang points elsewhere. Nobody is called there by SIP's own means: the core looks whether it is one
    /// of ours.
    pub(super) fn diverted(&mut self, now: Now, id: LegId, targets: &[Uri]) {
        let Some(leg) = self.release(now, id) else { return };
        if leg.state == State::Calling {
            let ours = targets.iter().find(|uri| self.is_ours(uri));
            let to = ours.and_then(|uri| self.name(uri));
            self.hotline.handle(now, Event::Redirected(id, to));
        }
    }
}
