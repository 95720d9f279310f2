//! From the world to the core: what the SIP machine tells becomes an offer, a leg's event or a key.

use std::net::SocketAddr;
use std::time::Duration;

use call::action::SeatRole;
use call::cause::{Cause, Reason, Side};
use call::event::{Key, LegEvent, Offer, Source};
use call::ids::Name;
use call::{CallId, Event, LegId, Now};
use media::Port;
use sip::sdp::{self, Direction, Encryption, Local, SdpFault, Shield};
use sip::{Ended, Request, SessionId};

use super::Turn;
use super::legs::{KeyWay, Leg, State, listens};
use super::signal::Refused;
use crate::contract::{Notice, Prack};
use crate::diverted;
use crate::numbers::{self, Claim};
use crate::outward::encryption;

/// A new INVITE as the SIP machine tells it.
pub(super) struct Arrival {
    pub(super) session: SessionId,
    pub(super) source: sip::Source,
    pub(super) request: Box<Request>,
    pub(super) offer: Option<Vec<u8>>,
    pub(super) flow: sip::Flow,
}

impl Turn {
    /// Something that the SIP machine tells; `leg` is the session's token.
    pub(super) fn told(&mut self, now: Now, leg: LegId, event: sip::Event) {
        match event {
            sip::Event::Incoming { session, source, request, offer, flow, replaces } => {
                let arrival = Arrival { session, source, request, offer, flow };
                match replaces {
                    Some(old) => self.taken_over(now, arrival, old),
                    None => {
                        if let Some(arrival) = self.aside(now, arrival) {
                            self.arrived(now, arrival);
                        }
                    }
                }
            }
            sip::Event::Progress { status, .. } => {
                self.way_said(now, leg, status, None);
                self.progressed(now, leg);
            }
            sip::Event::Answered { session, .. } if !self.legs.contains_key(&leg) => {
                // Taken over by another phone just as this one picked up, or given up before for another way.
                self.stack.hang_up(now.mono, session, Some(super::outbox::ELSEWHERE.to_owned()));
            }
            sip::Event::Answered { body, .. } => {
                self.way_said(now, leg, 200, None);
                self.answered(now, leg, &body);
            }
            sip::Event::Failed { targets, .. } if !targets.is_empty() => self.diverted(now, leg, &targets),
            sip::Event::Failed { status, reason, q850, retry_after, .. } => {
                let refused = Refused { status, q850, words: &reason, description: &[] };
                self.failed(now, leg, refused, retry_after);
            }
            sip::Event::Acked { body, .. } => self.acked(now, leg, &body),
            sip::Event::EarlyAnswer { body, .. } => self.acked(now, leg, &body),
            sip::Event::Ended { how, .. } => self.ended(now, leg, how),
            sip::Event::Reoffer { session, offer } => self.reoffered(now, leg, session, offer),
            // The house itself never changes a session, holding is done in the room: this is the far end's answer to a refresh.
            sip::Event::Reanswered { result, .. } => self.redescribed(now, leg, result),
            // Our INVITEs always make the offer.
            sip::Event::EarlyOffer { .. } => {}
            sip::Event::ClientDone { request, status, expires, min_expires, retry_after } => {
                let answer = trunk::Answer { status, expires, min_expires, retry_after };
                self.line_answered(now.mono, request, answer);
            }
            sip::Event::Referred { session, target, taking, .. } => {
                self.referred(now, leg, session, &target, taking);
            }
            sip::Event::ReferTold { .. } => {}
            sip::Event::Key { key, .. } => self.keyed(now, leg, key.0, KeyWay::Info),
            sip::Event::Registered { user, .. } => self.phone(now, user, true),
            sip::Event::Unregistered { user } => self.phone(now, user, false),
            sip::Event::Credentials { from, user, right } => self.credentials(now, from, &user, right),
            sip::Event::Refused { from, status, why } => {
                self.counts.turned_away += 1;
                self.turned_away(now, from, status, why);
            }
        }
    }

    fn phone(&mut self, now: Now, user: String, reachable: bool) {
        if reachable {
            self.phones.insert(user.clone());
        } else {
            self.phones.remove(&user);
        }
        self.hotline.handle(now, Event::Phone { phone: user.as_str().into(), reachable });
        self.notice(Notice::Phone { user, reachable });
    }

    /// A new call: it is named, gets a port, and is offered to the core, which answers or refuses it.
    fn arrived(&mut self, now: Now, arrival: Arrival) {
        let leg = self.hotline.mint_leg();
        let call = self.taken_up(now, &arrival.request).unwrap_or_else(|| self.dice.call(now.utc_ms));
        self.counts.offered += 1;
        self.stack.set_token(arrival.session, leg.0);
        let trunk: Option<Name> = match &arrival.source {
            sip::Source::Peer(name) => Some(name.as_str().into()),
            sip::Source::Phone(_) => None,
        };
        if let Some(name) = &trunk {
            self.line_spoke(now.mono, name, &arrival.flow);
        }
        let limit = self.limit(now, &arrival);
        let thread = self.ports.least_loaded(now.mono);
        let shield = self.shield(&arrival);
        let codecs = self.codecs_of(&arrival.source);
        let (codec, far) = self.codec_of(&arrival, &codecs, &shield);
        let port = if limit.is_none() { self.port(now, thread, &shield, far) } else { None };
        let fault = codec.err();
        let codec = codec.map_err(no_description);
        // A limit comes first: it is the reason that also holds for the caller's next try.
        let full = port.is_none().then_some(Cause::new(Side::House, Reason::Overload));
        let refuse = limit.or(full).or(codec.err());
        self.counts.refused += u64::from(limit.or(full).is_some());
        let offer = self.offer(&arrival, call, leg, codec.unwrap_or(""), refuse);
        let early = self.asks_early(&arrival);
        let port = port.unwrap_or(NO_PORT);
        self.rooms.insert(call, thread);
        let phone = match &arrival.source {
            sip::Source::Phone(user) => Some(user.as_str().into()),
            sip::Source::Peer(_) => None,
        };
        let local = self.local(now, port);
        let mut new = Leg::new(call, arrival.session, SeatRole::Citizen, State::Offered, port, local, shield);
        if let Some(trunk) = trunk.as_ref().and_then(|name| self.trunk(name)) {
            new.speak_with(trunk);
        }
        (new.trunk, new.phone) = (trunk.filter(|_| limit.is_none()), phone);
        (new.offer, new.fault, new.early) = (arrival.offer, fault, early);
        new.codecs = codecs;
        new.sip_call_id = offer.sip_call_id.clone();
        self.legs.insert(leg, new);
        self.hotline.handle(now, Event::Offered(offer));
    }

    /// The INVITE of a call that a crash left unheard has come again: it is the same call. Once it is too late for that,
    /// the call is closed, and what comes is another one.
    fn taken_up(&mut self, now: Now, request: &Request) -> Option<CallId> {
        let call = self.unheard.remove(request.headers.call_id()?)?;
        // A ULID begins with its millisecond.
        let offered = i64::try_from(call.0 >> 80).unwrap_or_default();
        let since = Duration::from_millis(now.utc_ms.abs_diff(offered));
        (since < store::UNHEARD_FOR).then_some(call)
    }

    /// Whether the caller asks for early media (RFC 5009) and may have it. Where our description is an offer, it must be proven.
    fn asks_early(&self, arrival: &Arrival) -> bool {
        let headers = &arrival.request.headers;
        let proves = || {
            let mut tokens = headers.tokens("Supported").chain(headers.tokens("Require"));
            tokens.any(|t| t == "100rel")
        };
        let sip::Source::Peer(name) = &arrival.source else { return false };
        let trunk = self.trunk(name).filter(|t| t.early_media);
        trunk.is_some_and(|t| arrival.offer.is_some() || t.prack != Prack::Off && proves())
            && headers.tokens("P-Early-Media").any(|t| t == "supported")
    }

    /// Why the house can't take one more call now.
    fn limit(&mut self, now: Now, arrival: &Arrival) -> Option<Cause> {
        let overload = Some(Cause::new(Side::House, Reason::Overload));
        let source = arrival.flow.remote.ip().to_canonical();
        if self.crowded || !self.pace.take(now.mono, source, self.setup.calls_per_second) {
            return overload;
        }
        match &arrival.source {
            sip::Source::Peer(name) => match self.lines.of(name).map(|line| line.enter(now.mono)) {
                Some(Err(trunk::Limit::Channels)) => Some(Cause::new(Side::House, Reason::ChannelsFull)),
                Some(Err(trunk::Limit::Rate)) => overload,
                Some(Ok(())) | None => None,
            },
            sip::Source::Phone(_) => None,
        }
    }

    /// The codec that an answer would agree on, and where the far end would listen; none yet when the offer is ours to make.
    pub(super) fn codec_of(
        &self,
        arrival: &Arrival,
        codecs: &[sdp::Codec],
        shield: &Shield,
    ) -> (Result<&'static str, SdpFault>, Option<SocketAddr>) {
        let Some(offer) = &arrival.offer else { return (Ok(""), None) };
        let local = Local { address: NO_PORT.addr, id: 1, version: 1 };
        match sdp::answer(offer, local, codecs, Direction::SendRecv, shield) {
            Ok((_, agreed)) => (Ok(agreed.codec.name()), listens(&agreed)),
            Err(fault) => (Err(fault), None),
        }
    }

    /// The keys of a call that comes in.
    pub(super) fn shield(&mut self, arrival: &Arrival) -> Shield {
        if let Some(home) = self.browser_calls(arrival) {
            return self.secrets.web(home);
        }
        let wanted = self.wanted(arrival);
        self.secrets.shield(wanted)
    }

    /// Whether a call that comes in must be encrypted.
    pub(super) fn wanted(&self, arrival: &Arrival) -> Encryption {
        let trunk = match &arrival.source {
            sip::Source::Peer(name) => self.trunk(name),
            sip::Source::Phone(_) => None,
        };
        encryption(arrival.flow.transport.secure(), trunk)
    }

    fn offer(
        &self,
        arrival: &Arrival,
        call: CallId,
        leg: LegId,
        codec: &str,
        refuse: Option<Cause>,
    ) -> Offer {
        let request = &arrival.request;
        let (source, trunk) = match &arrival.source {
            sip::Source::Peer(name) => (Source::Trunk(name.as_str().into()), self.trunk(name)),
            sip::Source::Phone(user) => (Source::Phone(user.as_str().into()), None),
        };
        let headers = &request.headers;
        let from = headers.from().and_then(|f| numbers::of_uri(&f.uri));
        let named = |header| headers.addresses(header).into_iter().filter_map(|a| numbers::of_uri(&a.uri));
        let asserted: Vec<String> = named("P-Asserted-Identity").collect();
        let preferred = named("P-Preferred-Identity").next();
        let claim = Claim {
            from: from.as_deref(),
            asserted: &asserted,
            preferred: preferred.as_deref(),
            privacy: headers.get("Privacy"),
            trusted: trunk.is_some_and(|t| t.trusted),
        };
        let place = &self.setup.place;
        let read = |raw: &str| match trunk {
            Some(trunk) => numbers::read(raw, trunk, place),
            None => numbers::normalise(raw, place),
        };
        let dialled = numbers::of_uri(&request.uri).unwrap_or_default();
        let to = read(&dialled).unwrap_or(dialled);
        let mut from = numbers::identify(claim, read);
        if trunk.is_some_and(|t| t.trusted) {
            from.diverted = diverted::dialled_first(headers, &to, read);
        }
        Offer {
            call,
            leg,
            from,
            to: to.into(),
            source,
            sip_call_id: request.headers.call_id().unwrap_or_default().into(),
            codec: codec.into(),
            refuse,
        }
    }

    /// Our end of a new leg: the session's number is the time, as RFC 8866 section 5.2 recommends.
    pub(super) fn local(&self, now: Now, port: Port) -> Local {
        let address = SocketAddr::new(self.setup.advertised, port.addr.port());
        Local { address, id: now.utc_ms.unsigned_abs(), version: 0 }
    }

    fn progressed(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id).filter(|l| l.state == State::Calling && !l.ringing) else {
            return;
        };
        leg.ringing = true;
        self.hotline.handle(now, Event::Leg(id, LegEvent::Ringing));
    }

    fn answered(&mut self, now: Now, id: LegId, body: &[u8]) {
        let Some(leg) = self.legs.get(&id) else { return };
        let accepted = leg.accept(body);
        if accepted.as_ref().is_ok_and(|agreed| self.clashes(id, agreed)) {
            return self.indistinct(now, id);
        }
        let Some(leg) = self.legs.get_mut(&id) else { return };
        match accepted {
            Ok(agreed) => {
                leg.agree(agreed);
                leg.state = State::Up;
                self.place(id);
                self.hotline.handle(now, Event::Leg(id, LegEvent::Answered));
            }
            Err(fault) => {
                let session = leg.session;
                self.stack.hang_up(now.mono, session, Some(unusable(fault)));
                let refused = Refused { status: fault.status(), description: body, ..Refused::default() };
                self.signalled(now, id, refused);
                self.release(now, id);
                let cause = Cause::new(Side::Callee, Reason::NoCodec);
                self.hotline.handle(now, Event::Leg(id, LegEvent::Failed(cause)));
            }
        }
    }

    /// Who was called listens where the far end of another leg on the same port does: their packets can't be told apart, and
    /// our offer named the port already. Nobody is let hear what may be somebody else's.
    fn indistinct(&mut self, now: Now, id: LegId) {
        let Some(session) = self.legs.get(&id).map(|leg| leg.session) else { return };
        self.stack.hang_up(now.mono, session, None);
        self.release(now, id);
        let cause = Cause::new(Side::House, Reason::Overload);
        self.hotline.handle(now, Event::Leg(id, LegEvent::Failed(cause)));
    }

    fn failed(&mut self, now: Now, id: LegId, refused: Refused<'_>, retry_after: Option<u32>) {
        let status = refused.status;
        self.way_said(now, id, status, retry_after);
        self.signalled(now, id, refused);
        if !self.goes_on(now, id, status) {
            self.failed_for_good(now, id, status);
        }
    }

    pub(super) fn failed_for_good(&mut self, now: Now, id: LegId, status: u16) {
        let Some(leg) = self.release(now, id) else { return };
        if leg.state == State::Calling {
            self.hotline.handle(now, Event::Leg(id, LegEvent::Failed(Cause::from_sip(status))));
        }
    }

    /// The ACK of our 200; after an INVITE or re-INVITE without offer it brings the answer to ours.
    fn acked(&mut self, now: Now, id: LegId, body: &[u8]) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if body.is_empty() && leg.agreed.is_some() {
            return;
        }
        let (session, accepted) = (leg.session, leg.accept(body));
        match accepted {
            Ok(agreed) if self.clashes(id, &agreed) => {
                self.stack.hang_up(now.mono, session, None);
                self.over(now, id, Cause::new(Side::House, Reason::Overload));
            }
            Ok(agreed) => self.agree(now, id, agreed),
            Err(fault) => {
                self.stack.hang_up(now.mono, session, Some(unusable(fault)));
                self.over(now, id, Cause::new(Side::Network, Reason::NoCodec));
            }
        }
    }

    /// The far end says something else of itself than before as it answers a refresh of the session. What can't be read
    /// changes nothing.
    fn redescribed(&mut self, now: Now, id: LegId, result: Result<Vec<u8>, u16>) {
        if let Ok(body) = result
            && let Some(leg) = self.legs.get(&id).filter(|l| l.state == State::Up)
            && let Ok(agreed) = leg.accept(&body)
            && !self.clashes(id, &agreed)
        {
            self.agree(now, id, agreed);
        }
    }

    fn ended(&mut self, now: Now, id: LegId, how: Ended) {
        let Some(leg) = self.legs.get(&id) else { return };
        let side = match leg.seat {
            SeatRole::Citizen => Side::Citizen,
            SeatRole::Operator | SeatRole::Supervisor => Side::Operator,
            SeatRole::Desk | SeatRole::Liaison | SeatRole::Emergency => Side::Callee,
        };
        let cause = match how {
            Ended::Bye => Cause::new(side, Reason::Normal),
            Ended::Cancel => Cause::new(side, Reason::GaveUp),
            Ended::NoAck | Ended::PeerGone | Ended::FlowClosed | Ended::NoPrack | Ended::Expired => {
                Cause::new(Side::Network, Reason::PeerGone)
            }
        };
        self.over(now, id, cause);
    }

    pub(super) fn over(&mut self, now: Now, id: LegId, cause: Cause) {
        if self.release(now, id).is_some() {
            self.hotline.handle(now, Event::Leg(id, LegEvent::Ended(cause)));
        }
    }

    /// A re-INVITE or UPDATE: hold, retrieval, another address or codec. What can't be agreed on changes nothing. A far end
    /// that would listen where that of another leg on the same port does is answered from another port.
    fn reoffered(&mut self, now: Now, id: LegId, session: SessionId, offer: Option<Vec<u8>>) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let again = |offer: &[u8], leg: &mut Leg| leg.answer_again(offer).map(|(body, a)| (body, Some(a)));
        let mut said = match &offer {
            None => Ok((leg.our_offer(), None)),
            Some(offer) => again(offer, leg),
        };
        let (before, mut port) = (leg.local.address, None);
        if let (Some(offer), Ok((_, Some(agreed)))) = (&offer, &said)
            && self.clashes(id, agreed)
        {
            port = self.apart(now, id, &agreed.clone());
            let (Some(port), Some(leg)) = (port, self.legs.get_mut(&id)) else {
                let _ = self.stack.answer_reoffer(now.mono, session, Err(NO_ROOM));
                return;
            };
            leg.local.address.set_port(port.addr.port());
            said = again(offer, leg);
        }
        let fault = said.as_ref().err().copied();
        self.stack.warn(session, fault.map(SdpFault::warning));
        let (body, agreed) = match said {
            Ok((body, agreed)) => (Ok(body), agreed),
            Err(fault) => (Err(fault.status()), None),
        };
        // The far end may have taken its offer back, or be gone: then nothing changes either.
        let done = self.stack.answer_reoffer(now.mono, session, body).is_ok();
        match (agreed, port) {
            (Some(agreed), port) if done => self.agree_on(now, id, agreed, port),
            (_, Some(port)) => {
                self.ports.give_back(port, now.mono);
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.local.address = before;
                }
            }
            (_, None) => {}
        }
    }

    /// Both ends agree anew.
    fn agree(&mut self, now: Now, id: LegId, agreed: sdp::Agreed) {
        self.agree_on(now, id, agreed, None);
    }

    /// The same, perhaps with the stream on another port from now on.
    fn agree_on(&mut self, now: Now, id: LegId, agreed: sdp::Agreed, port: Option<Port>) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.agree(agreed);
        let told_later = leg.state == State::Offered;
        // Before the answer: whether the caller holds us is told with it.
        let hold = if told_later { None } else { leg.hold_changed() };
        match port {
            Some(port) => self.rehouse(now, id, port),
            None => self.place(id),
        }
        if let Some(held) = hold {
            let event = if held { LegEvent::Hold } else { LegEvent::Unhold };
            self.hotline.handle(now, Event::Leg(id, event));
        }
    }

    /// A key press. A phone that sends each by two ways is heard by the first.
    pub(super) fn keyed(&mut self, now: Now, id: LegId, key: char, way: KeyWay) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(way) = KeyWay::after(leg.keys, way) else { return };
        leg.keys = Some(way);
        if let Some(key) = Key::from_char(key) {
            self.hotline.handle(now, Event::Key(id, key));
        }
    }
}

/// A later offer that can't be taken for now changes nothing (RFC 3261 section 14.2).
const NO_ROOM: u16 = 503;

/// Stands for a port that is not there, in a leg that is refused at once.
const NO_PORT: Port = Port {
    thread: u16::MAX,
    index: u32::MAX,
    socket: u32::MAX,
    addr: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0),
};

/// The cause of a call whose offer can't be answered.
fn no_description(fault: SdpFault) -> Cause {
    let reason = match fault {
        SdpFault::Malformed => Reason::Protocol,
        SdpFault::NoAudio
        | SdpFault::NoCodec
        | SdpFault::NotEncrypted
        | SdpFault::NoSuite
        | SdpFault::Encrypted
        | SdpFault::NotWeb => Reason::NoCodec,
    };
    Cause::new(Side::Network, reason)
}

/// The Reason header of a call that is ended because of its description (RFC 3326).
fn unusable(fault: SdpFault) -> String {
    format!("SIP;cause={};text=\"{}\"", fault.status(), sip::phrase(fault.status()))
}
