//! The guard's place in the turn: who is heard, who is told to come later, what goes to the world outside, and what is told of it.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use call::Now;
use call::action::{Ring, SeatRole};
use call::cause::{Cause, Reason, Side};
use call::ids::{CallId, Name, Pii};
use guard::{
    Asked, Deed, Kind, Lines, Load, Origin, Outbound, Outcome, Overload, Sources, Standing, Stopped,
};
use sip::{Flow, Knock, Known, Method, Porter, Welcome};

use super::Turn;
use super::pace::Pace;
use super::trunks::Outgoing;
use crate::contract::{Gate, GuardSetup, GuardView, Notice, Output, Setup};
use crate::numbers::{self, Place};
use crate::wire::MOST_FRIENDS;

/// New calls of one source that are refused with a record, as a multiple of what it may bring; more get 503 without one, so
/// that a flood does not fill the store.
const RECORDED: u32 = 3;
/// What a source that brings far too much is told to wait, seconds.
const FLOOD_RETRY: u32 = 30;

/// Seats that a call gets in any case: the citizen, and who answers.
const SEATED: usize = 2;

/// The sockets are told again of a friend after so long: they may have forgotten it.
const FRIEND: Duration = Duration::from_secs(10);

/// What the turn knows of friends and enemies.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) sources: Sources,
    pub(super) overload: Overload,
    pub(super) outbound: Outbound,
    lines: Lines,
    flood: Pace,
    a_second: u32,
    place: Place,
    first: Vec<Name>,
    trusted: Vec<(String, Vec<sip::Net>)>,
    utc_ms: i64,
    /// Sources in no network of ours that requests of ours went to, and when the sockets were told. Bounded by [`MOST_FRIENDS`].
    friends: HashMap<Origin, Duration>,
    pub(super) out: VecDeque<Output>,
}

/// Hears what belongs to dialogs and registered phones; nothing new.
#[derive(Debug)]
struct Inside;

impl Porter for Inside {
    fn knock(&mut self, _: Duration, knock: &Knock<'_>) -> Welcome {
        if knock.registered { Welcome::Come } else { Welcome::Silence }
    }

    fn answers_faults(&self) -> bool {
        false
    }
}

impl Watch {
    pub(super) fn new(setup: &Setup) -> Self {
        let GuardSetup { sources, overload, outbound, .. } = setup.guard.clone();
        let mut watch = Self {
            sources: Sources::new(sources),
            overload: Overload::new(overload),
            outbound: Outbound::new(outbound),
            lines: Lines::default(),
            flood: Pace::default(),
            a_second: 0,
            place: setup.place.clone(),
            first: Vec::new(),
            trusted: Vec::new(),
            utc_ms: 0,
            friends: HashMap::new(),
            out: VecDeque::new(),
        };
        watch.set(setup);
        watch
    }

    /// Other settings; who is listed, and what was counted, stays.
    pub(super) fn set(&mut self, setup: &Setup) {
        let GuardSetup { sources, overload, outbound, first, .. } = setup.guard.clone();
        self.sources.set(sources);
        self.overload.set(overload);
        self.outbound.set(outbound);
        self.first = first;
        self.place = setup.place.clone();
        self.a_second = setup.calls_per_second.saturating_mul(RECORDED);
        let trusted = |peer: &&sip::Peer| setup.trunks.iter().any(|t| *t.name == *peer.name && t.trusted);
        let trusted = setup.sip.peers.iter().filter(trusted);
        self.trusted = trusted.map(|p| (p.name.clone(), p.nets.clone())).collect();
    }

    fn say(&mut self, now: Duration, notice: Notice) {
        if let Some(left_out) = self.lines.take(now) {
            if left_out > 0 {
                self.out.push_back(Output::Notice(Notice::LeftOut(left_out)));
            }
            self.out.push_back(Output::Notice(notice));
        }
    }

    fn judged(&mut self, now: Duration, from: SocketAddr, outcome: Outcome, notice: Notice) {
        match outcome {
            Outcome::Counted => {}
            Outcome::First => self.say(now, notice),
            Outcome::Listed(reason) => {
                let origin = Origin::of(from.ip());
                self.say(now, Notice::Listed { origin, why: reason.word() });
            }
        }
    }

    /// A wrong or right password.
    fn credentials(
        &mut self,
        now: Duration,
        from: SocketAddr,
        standing: Standing,
        (user, right): (&str, bool),
    ) {
        let origin = Origin::of(from.ip());
        if right {
            return self.sources.right(now, origin, user);
        }
        let outcome = self.sources.wrong(now, self.utc_ms, origin, standing, user);
        let why = "the digest credentials are wrong";
        self.judged(now, from, outcome, Notice::TurnedAway { from, status: 401, why });
    }

    /// Something else that was turned away.
    fn turned_away(
        &mut self,
        now: Duration,
        from: SocketAddr,
        standing: Standing,
        status: u16,
        why: &'static str,
    ) {
        let notice = Notice::TurnedAway { from, status, why };
        let deed = match status {
            // Told with its user already.
            401 => return,
            // A phone with other codecs, or a full house: no misdeed.
            406 | 415 | 488 | 503 => return self.say(now, notice),
            _ if standing == Standing::Stranger => Deed::Knock,
            403 | 404 | 484 => Deed::Probe,
            _ => Deed::Garbage,
        };
        let outcome = self.sources.did(now, self.utc_ms, Origin::of(from.ip()), standing, deed);
        self.judged(now, from, outcome, notice);
    }

    /// A call that is served before others: of a number that the settings name, or marked so by a trunk that is believed
    /// (RFC 3261 section 20.26, RFC 4412 section 12.1 and RFC 7135).
    fn comes_first(&self, knock: &Knock<'_>) -> bool {
        let headers = &knock.request.headers;
        let from = headers.from().and_then(|f| f.uri.user_plain());
        let number = from.and_then(|from| numbers::normalise(&from, &self.place));
        if number.is_some_and(|number| self.first.iter().any(|first| **first == *number)) {
            return knock.known != Known::Stranger;
        }
        let priority = headers.get("Priority").is_some_and(|p| p.trim().eq_ignore_ascii_case("emergency"));
        let resource = headers.get("Resource-Priority").is_some_and(|p| {
            p.split(',').any(|v| v.trim().get(..5).is_some_and(|v| v.eq_ignore_ascii_case("esnet")))
        });
        (priority || resource) && self.is_trusted(knock.flow.remote.ip())
    }

    fn is_trusted(&self, ip: IpAddr) -> bool {
        self.trusted.iter().any(|(_, nets)| nets.iter().any(|net| net.contains(ip)))
    }
}

impl Porter for Watch {
    fn knock(&mut self, now: Duration, knock: &Knock<'_>) -> Welcome {
        let (from, standing) = (knock.flow.remote, standing(knock.known));
        let scanner = |agent: &str| self.sources.is_scanner(agent);
        if standing != Standing::Trunk && knock.request.headers.get("User-Agent").is_some_and(scanner) {
            let (status, why) = (0, "a scanner's User-Agent");
            let outcome = self.sources.did(now, self.utc_ms, Origin::of(from.ip()), standing, Deed::Scanner);
            self.judged(now, from, outcome, Notice::TurnedAway { from, status, why });
            return Welcome::Silence;
        }
        if knock.known == Known::Stranger {
            return Welcome::Come;
        }
        if !knock.registered && knock.claims.as_ref().is_some_and(|user| !self.sources.may_try(now, user)) {
            return Welcome::Silence;
        }
        let kind = match (&knock.request.method, knock.registered) {
            (Method::Register, true) => Kind::Refresh,
            (Method::Register, false) => Kind::Register,
            (Method::Invite, _) if self.comes_first(knock) => Kind::Emergency,
            (Method::Invite, _) => {
                if !self.flood.take(now, from.ip().to_canonical(), self.a_second) {
                    return Welcome::Later(FLOOD_RETRY);
                }
                Kind::Call
            }
            _ => Kind::Other,
        };
        self.overload.admit(now, kind).map_or_else(Welcome::Later, |()| Welcome::Come)
    }
}

fn standing(known: Known) -> Standing {
    match known {
        Known::Peer => Standing::Trunk,
        Known::Phone => Standing::Phone,
        Known::Stranger => Standing::Stranger,
    }
}

impl Turn {
    /// A message: heard, or heard as far as it belongs to what runs already, or dropped before it is read.
    pub(super) fn message(&mut self, now: Now, flow: &Flow, bytes: &[u8]) {
        self.watch.utc_ms = now.utc_ms;
        let origin = Origin::of(flow.remote.ip());
        let standing = standing(self.stack.knows(flow));
        if self.watch.sources.hears(now.mono, origin, standing) {
            self.stack.receive_by(now.mono, flow, bytes, &mut self.watch);
            // A scanner is listed without anything being refused.
            self.shut(now, flow.remote, standing);
        } else if self.stack.has_business_with(|at| Origin::of(at.ip()) == origin) {
            self.stack.receive_by(now.mono, flow, bytes, &mut Inside);
        }
    }

    fn standing_of(&self, from: SocketAddr) -> Standing {
        standing(self.stack.knows(&Flow::udp(from, from)))
    }

    pub(super) fn credentials(&mut self, now: Now, from: SocketAddr, user: &str, right: bool) {
        let standing = self.standing_of(from);
        self.watch.credentials(now.mono, from, standing, (user, right));
        self.shut(now, from, standing);
    }

    pub(super) fn turned_away(&mut self, now: Now, from: SocketAddr, status: u16, why: &'static str) {
        let standing = self.standing_of(from);
        self.watch.turned_away(now.mono, from, standing, status, why);
        self.shut(now, from, standing);
    }

    /// A number that is not ours was dialled, or one that is too short.
    pub(super) fn probed(&mut self, now: Now, session: sip::SessionId, cause: Cause) {
        if matches!(cause.reason, Reason::NotOurs | Reason::Incomplete)
            && let Some(from) = self.stack.far_end(session)
        {
            self.turned_away(now, from, cause.sip_status(), "the dialled number is not ours");
        }
    }

    /// The sockets need not even take what a listed stranger sends, unless something runs with it.
    fn shut(&mut self, now: Now, from: SocketAddr, standing: Standing) {
        let origin = Origin::of(from.ip());
        if standing == Standing::Stranger
            && self.watch.sources.is_listed(now.mono, origin)
            && !self.stack.has_business_with(|at| Origin::of(at.ip()) == origin)
        {
            let list = self.watch.sources.list(now.mono);
            let left = list.iter().find(|row| row.origin == origin).map(|row| row.left);
            if let Some(left) = left {
                self.out.push_back(Output::Gate(Gate::Shut(origin, left)));
            }
        }
    }

    /// A request of ours goes to this way: its answer must come in.
    pub(super) fn opened(&mut self, now: Duration, flow: &Flow, bytes: &[u8]) {
        let origin = Origin::of(flow.remote.ip());
        if bytes.starts_with(b"SIP/2.0 ")
            || self.watch.friends.get(&origin).is_some_and(|at| now.saturating_sub(*at) < FRIEND)
            || self.stack.knows(flow) != Known::Stranger
        {
            return;
        }
        if self.watch.friends.len() >= MOST_FRIENDS {
            self.watch.friends.clear();
        }
        self.watch.friends.insert(origin, now);
        self.out.push_back(Output::Gate(Gate::Friend(origin)));
    }

    /// The way of a call to a number outside, if it may go out now.
    pub(super) fn allowed_out(&mut self, now: Now, ring: &Ring, number: &Pii) -> Result<Outgoing, Cause> {
        let out = self.way_out(now, ring, number)?;
        match self.may_go_out(now, ring, number) {
            Ok(()) => Ok(out),
            Err(cause) => {
                self.channel_back(&out.trunk);
                Err(cause)
            }
        }
    }

    fn may_go_out(&mut self, now: Now, ring: &Ring, number: &Pii) -> Result<(), Cause> {
        let desk = ring.desk.map_or_else(|| ring.seat.word().to_owned(), |no| no.to_string());
        let number = number.reveal();
        let number = numbers::normalise(number, &self.setup.place).unwrap_or_else(|| number.to_owned());
        let emergency = ring.seat == SeatRole::Emergency;
        let asked = Asked { desk: &desk, number: &number, emergency };
        let day = self.setup.plan.calendar.zone.date(now.utc_ms);
        let day = i64::from(day.year()) * 1_000 + i64::from(day.day_of_year());
        self.watch.outbound.ask(now.mono, day, now.utc_ms, asked).map(|_| ()).map_err(|denied| {
            if denied.alarm {
                self.alarm(denied.why, Some(ring.call));
            }
            Cause::new(Side::House, Reason::Outbound)
        })
    }

    /// A number that is not on the allow-list was ordered.
    pub(super) fn denied(&mut self, now: Now) {
        if self.watch.outbound.denied(now.mono, now.utc_ms) {
            self.alarm(Stopped::Denied, None);
        }
    }

    fn alarm(&mut self, why: Stopped, call: Option<CallId>) {
        self.out.push_back(Output::Notice(Notice::OutboundStopped { why: why.word(), call }));
    }

    /// Stops outbound calls, or allows them again.
    pub(super) fn order_outbound(&mut self, now: Now, allowed: bool) {
        self.watch.outbound.order(now.utc_ms, allowed);
    }

    pub(super) fn pardon(&mut self, now: Now, origin: Origin) {
        self.watch.sources.pardon(now.mono, origin);
        self.out.push_back(Output::Gate(Gate::Open(origin)));
    }

    pub(super) fn measured(&mut self, now: Now, load: Load) {
        let before = self.watch.overload.refusing();
        self.watch.overload.measure(now.mono, load);
        let after = self.watch.overload.refusing();
        if (before > 0.0) != (after > 0.0) {
            self.watch.say(now.mono, Notice::Overloaded(after > 0.0));
        }
    }

    /// Whether there is time for one more seat: a third is for calls whose sound does not suffer from it. Emergencies have theirs.
    pub(super) fn may_sit(&self, ring: &Ring) -> bool {
        let others = || self.legs.values().filter(|leg| leg.call == ring.call).count();
        self.watch.overload.has_seats() || ring.seat == SeatRole::Emergency || others() < SEATED
    }

    /// What the guard knows, for the admin.
    pub fn guard(&self, now: Duration) -> GuardView {
        let watch = &self.watch;
        GuardView {
            listed: watch.sources.list(now),
            names_locked: watch.sources.names_locked(now),
            counts: watch.sources.counts(),
            refusing: watch.overload.refusing(),
            refused: watch.overload.refused(),
            load: watch.overload.load(),
            outbound: watch.outbound.view(),
        }
    }
}
