//! The watch: looks at everything that the house sends and writes down, and knows what must never be.

mod lives;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use call::action::SeatRole;
use call::cause::{Cause, Reason};
use call::cdr::{EventRow, LegRow, Outcome, Record};
use call::errand::{ErrandRow, News};
use call::ids::RequestId;
use call::{CallId, LegId};
use media::command::{Leg, Room};
use store::Entry;
use switchboard::contract::Notice;

use super::glance::Glance;
use super::house::HOUSE;
use super::office::STRANGER;
use super::sound::Sound;

/// A first row that is not acknowledged in this time does not hold its call any longer.
const JOURNAL_WAIT: Duration = Duration::from_secs(2);

/// After its citizen has left a call ends in this time: the debrief, a last word to a desk, the store.
const LONGEST_END: Duration = Duration::from_secs(40);
/// An INVITE of which nothing was heard in this time (RFC 3261 section 17.1.1.2) can't be taken back.
const TIMER_B: Duration = Duration::from_secs(32);

/// A call as far as it was seen.
#[derive(Default, Debug)]
struct Seen {
    offered: Duration,
    on_disk: bool,
    seq: u32,
    mono_ms: u64,
    finals: u32,
    citizen: Option<LegId>,
    citizen_left: Option<Cause>,
    citizen_left_at: Option<Duration>,
    legs: BTreeSet<LegId>,
    /// Legs whose rows say that they are not over.
    rows_open: BTreeSet<LegId>,
    call_backs: u32,
    ended: bool,
    /// The house fell while it went on.
    cut: bool,
    /// A unit dialled in: who called is staff, and the citizen is rung.
    dialled_in: bool,
    /// Reports of the errand, and whether it is over.
    reports: (u32, bool),
}

impl Seen {
    /// Reports come in their order, and nothing after the end.
    fn report(&mut self, row: &ErrandRow) -> Sense {
        let (no, over) = self.reports;
        if over || row.no != no + 1 {
            return Err(format!("report {} after {no}, over: {over}", row.no));
        }
        self.reports = (row.no, matches!(row.news, News::Over(_)));
        Ok(())
    }
}

/// One SIP dialog between the house and somebody.
#[derive(Debug)]
struct Talk {
    citizen: bool,
    port: Option<SocketAddr>,
    leg: Option<LegId>,
    over: bool,
    /// The house's INVITE was sent first, and something was heard of it in its time.
    began: Duration,
    heard: bool,
}

impl Talk {
    fn new(citizen: bool, began: Duration) -> Self {
        Self { citizen, port: None, leg: None, over: false, began, heard: false }
    }
}

/// What was seen in the step that is under way.
#[derive(Default, Debug)]
struct Step {
    /// Somebody of the staff hung up: the dialog.
    hung_up: Option<String>,
    /// Dialogs to which the house sent BYE.
    byes: Vec<String>,
    /// Legs of dialogs that ended.
    over: Vec<LegId>,
    ended: Vec<CallId>,
    /// Somebody could not be reached.
    failed: bool,
}

#[derive(Default, Debug)]
pub struct Watch {
    calls: BTreeMap<CallId, Seen>,
    by_sip: HashMap<String, CallId>,
    leg_of: HashMap<LegId, CallId>,
    talks: HashMap<String, Talk>,
    by_port: HashMap<SocketAddr, String>,
    orders: BTreeMap<RequestId, u32>,
    /// Which leg has a phone, as operator or as one of the called.
    busy: HashMap<(String, bool), LegId>,
    step: Step,
    fault: Option<String>,
    /// Second lines of operators.
    asides: BTreeSet<LegId>,
    /// Of supervisors who listen or whisper: they go when the talk they are beside is over.
    beside: BTreeSet<LegId>,
    /// How often each kind of event was seen, and each way in which a call ended.
    pub kinds: BTreeMap<&'static str, u64>,
    pub ends: BTreeMap<&'static str, u64>,
    pub desks: BTreeMap<String, u64>,
    /// Rows of how a stream sounded.
    pub sounds: usize,
    /// Who was told to be there last.
    there: HashMap<String, bool>,
    answered: BTreeMap<String, (CallId, bool)>,
}

pub type Sense = Result<(), String>;

impl Watch {
    pub fn fault(&mut self, words: impl Into<String>) {
        self.fault.get_or_insert(words.into());
    }

    /// The calls that are not over.
    pub fn live(&self) -> Vec<CallId> {
        self.calls.iter().filter(|(_, seen)| !seen.ended && !seen.cut).map(|(call, _)| *call).collect()
    }

    /// Whether somebody could not be reached in this step.
    pub fn failed(&self) -> bool {
        self.step.failed
    }

    pub fn offered(&self) -> usize {
        self.calls.len()
    }

    /// A new step: the house gets this message, or something else.
    pub fn begin(&mut self, now: Duration, heard: Option<Glance<'_>>, staff: bool) {
        self.step = Step::default();
        let Some(heard) = heard else { return };
        if heard.is_request() && heard.method == "INVITE" && !heard.inside {
            self.talks.entry(heard.call_id.to_owned()).or_insert(Talk::new(!heard.second, now));
        }
        if let Some(talk) = self.talks.get_mut(heard.call_id).filter(|_| !heard.is_request()) {
            talk.heard |= now < talk.began + TIMER_B;
        }
        if heard.is_request() && heard.method == "BYE" && staff {
            let talk = self.talks.get(heard.call_id).filter(|t| !t.citizen && !t.over);
            self.step.hung_up = talk.map(|_| heard.call_id.to_owned());
        }
    }

    /// The house sends this.
    pub fn sent(&mut self, now: Duration, seen: Glance<'_>, sound: &Sound) {
        if seen.is_request() && seen.method == "INVITE" && !seen.inside {
            self.talks.entry(seen.call_id.to_owned()).or_insert(Talk::new(false, now));
        }
        let answered = (100..300).contains(&seen.status) && seen.method == "INVITE";
        if answered && self.talks.get(seen.call_id).is_some_and(|t| t.citizen) {
            let call = self.by_sip.get(seen.call_id).and_then(|call| self.calls.get_key_value(call));
            let may = call.is_some_and(|(_, c)| c.on_disk || now >= c.offered + JOURNAL_WAIT);
            if let Some((id, call)) = call {
                self.answered.entry(seen.call_id.to_owned()).or_insert((*id, false)).1 |= call.on_disk;
            }
            if !may {
                self.fault(format!("{} before the call's first row is on disk", seen.words()));
            }
        }
        let Some(talk) = self.talks.get_mut(seen.call_id).filter(|_| !seen.fork) else { return };
        if let Some(port) = seen.audio {
            let port = SocketAddr::new(HOUSE.ip(), port);
            match talk.port.replace(port) {
                Some(before) if before != port => {
                    self.fault.get_or_insert("the house's port changes within a dialog".into());
                }
                Some(_) => {}
                None if talk.citizen => talk.leg = sound.on_port(port).map(|(leg, _)| LegId(leg.0)),
                None => match sound.on_port(port) {
                    // The house answers a second line, or goes on with another phone.
                    Some((leg, _)) => talk.leg = Some(LegId(leg.0)),
                    None => {
                        self.by_port.insert(port, seen.call_id.to_owned());
                    }
                },
            }
            return;
        }
        let bye = seen.is_request() && seen.method == "BYE";
        if bye || (seen.status == 200 && seen.method == "BYE") {
            if bye && !talk.over {
                self.step.byes.push(seen.call_id.to_owned());
            }
            if !std::mem::replace(&mut talk.over, true) {
                self.step.over.extend(talk.leg);
            }
        }
    }

    /// The house opens a stream on this port, which it told in an INVITE or tells in its answer now.
    pub fn opened(&mut self, leg: Leg, port: SocketAddr) {
        let talk = self.by_port.remove(&port).and_then(|call_id| self.talks.get_mut(&call_id));
        if let Some(talk) = talk {
            talk.leg = Some(LegId(leg.0));
        }
    }

    /// The house gives a leg a seat.
    pub fn seated(&mut self, room: Room, leg: Leg) {
        if self.leg_of.get(&LegId(leg.0)) != Some(&CallId(room.0)) {
            self.fault(format!("{leg:?} gets a seat in the room of another call"));
        }
    }

    pub fn on_disk(&mut self, call: CallId) {
        if let Some(seen) = self.calls.get_mut(&call) {
            seen.on_disk = true;
        }
        self.answered.values_mut().filter(|(of, _)| *of == call).for_each(|(_, known)| *known = true);
    }

    pub fn ordered(&mut self, request: RequestId) {
        self.orders.insert(request, 0);
    }

    pub fn replied(&mut self, request: RequestId) {
        let count = self.orders.entry(request).or_insert(1);
        *count += 1;
        if *count > 1 {
            self.fault("an order is answered twice, or was never given");
        }
    }

    /// The house tells that a phone came or went.
    pub fn noted(&mut self, notice: &Notice) {
        if let Notice::Trunk { word, .. } = notice {
            let kind = match *word {
                "up" => "trunk.up",
                "silent" => "trunk.silent",
                "unregistered" => "trunk.unregistered",
                _ => "trunk.other",
            };
            *self.kinds.entry(kind).or_default() += 1;
        }
        if let Notice::Phone { user, reachable } = notice {
            let before = self.there.insert(user.clone(), *reachable).unwrap_or(false);
            if before == *reachable {
                self.fault(format!("{user} is told to be {} twice", if before { "there" } else { "gone" }));
            }
        }
    }

    /// The house writes this down.
    pub fn wrote(&mut self, now: Duration, entry: &Entry) {
        let Entry::Record(record) = entry else {
            self.sounds += usize::from(matches!(entry, Entry::LegSound(_)));
            if !self.calls.contains_key(&entry.call()) {
                self.fault("something is written down about a call that never was");
            }
            return;
        };
        if let Err(fault) = self.recorded(now, entry.call(), record) {
            self.fault(fault);
        }
    }

    fn recorded(&mut self, now: Duration, call: CallId, record: &Record) -> Sense {
        if let Record::Offered(row) = record {
            let dialled_in = row.profile == "dial_in";
            let seen = Seen { offered: now, dialled_in, ..Seen::default() };
            let old = self.calls.insert(row.call, seen);
            self.by_sip.insert(row.sip_call_id.to_string(), row.call);
            return if old.is_none_or(|old| old.cut) {
                Ok(())
            } else {
                Err("a call is offered twice".into())
            };
        }
        // An outcome may be stated long after the call; that the call was ever there is looked up by who takes the order.
        if matches!(record, Record::Stated(_)) && (call == STRANGER || self.calls.contains_key(&call)) {
            return Ok(());
        }
        let seen = self.calls.get_mut(&call).ok_or("a record comes before its call's first row")?;
        if seen.ended {
            return Err(format!("a record follows the call's last one: {record:?}"));
        }
        match record {
            Record::Event(row) => self.event(now, row)?,
            Record::Leg(row) => {
                seen.legs.insert(row.leg);
                if row.left_at.is_some() {
                    seen.rows_open.remove(&row.leg);
                } else {
                    seen.rows_open.insert(row.leg);
                }
                self.leg_of.insert(row.leg, call);
                if row.seat == SeatRole::Citizen && row.joined_at.is_some() && row.left_at.is_none() {
                    seen.citizen = Some(row.leg);
                }
                // The house did not ring who dials in.
                if !seen.dialled_in {
                    self.phone_is_busy(row)?;
                }
            }
            Record::Ended(row) => {
                seen.ended = true;
                self.step.ended.push(call);
                if let Some(cause) = row.cause {
                    *self.ends.entry(cause.word()).or_default() += 1;
                }
                let whole = u64::try_from((now - seen.offered).as_millis()).unwrap();
                let parts = [row.wait_ms, row.queue_ms, row.billsec_ms];
                if row.duration_ms.abs_diff(whole) > 1 || parts.iter().any(|part| *part > row.duration_ms) {
                    return Err(format!("{parts:?} of {whole} ms do not add up"));
                }
                if seen.reports.0 > 0 && !seen.reports.1 {
                    return Err("an errand has no end".into());
                }
                if let Some(leg) = seen.rows_open.first() {
                    return Err(format!("the last row of {leg:?} says that it is not over"));
                }
                let missed =
                    row.outcome == Some(Outcome::Abandoned) && !row.caller.number.reveal().is_empty();
                if seen.call_backs > 1 || (missed && seen.call_backs == 0) {
                    return Err(format!("{} call-backs, missed: {missed}", seen.call_backs));
                }
                if seen.citizen_left_at.is_some_and(|at| now > at + LONGEST_END) {
                    return Err("a call goes on long after its citizen".into());
                }
            }
            Record::CallBack(_) => seen.call_backs += 1,
            Record::Offered(_) | Record::Updated(_) | Record::Rating(_) | Record::Stated(_) => {}
            Record::Errand(row) => seen.report(row)?,
        }
        Ok(())
    }

    /// A person is rung by one call at a time.
    fn phone_is_busy(&mut self, row: &LegRow) -> Sense {
        let operates = match row.seat {
            SeatRole::Operator | SeatRole::Supervisor if self.asides.contains(&row.leg) => return Ok(()),
            SeatRole::Operator | SeatRole::Supervisor => true,
            SeatRole::Desk | SeatRole::Liaison => false,
            SeatRole::Citizen | SeatRole::Emergency => return Ok(()),
        };
        let phone = (row.uri_masked.clone(), operates);
        if row.left_at.is_some() {
            if self.busy.get(&phone) == Some(&row.leg) {
                self.busy.remove(&phone);
            }
            return Ok(());
        }
        match self.busy.insert(phone, row.leg) {
            Some(other) if other != row.leg => {
                Err(format!("{} is rung by {:?} and {other:?} at once", row.uri_masked, row.leg))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn event(&mut self, now: Duration, row: &EventRow) -> Sense {
        *self.kinds.entry(row.kind).or_default() += 1;
        let Some(seen) = self.calls.get_mut(&row.call) else { return Ok(()) };
        if row.seq != seen.seq + 1 {
            return Err(format!("event {} follows event {}", row.seq, seen.seq));
        }
        if row.mono_ms < seen.mono_ms {
            return Err("the time line runs backwards".into());
        }
        (seen.seq, seen.mono_ms) = (row.seq, row.mono_ms);
        if let Some(leg) = row.leg {
            seen.legs.insert(leg);
            self.leg_of.insert(leg, row.call);
        }
        match row.kind {
            "call.offered" => seen.citizen = row.leg,
            "leg.aside" => self.asides.extend(row.leg),
            "leg.supervise" if row.detail == "mode=barge" => self.beside.retain(|leg| Some(*leg) != row.leg),
            "leg.supervise" => self.beside.extend(row.leg),
            "leg.invited" if seen.citizen_left.is_some() => {
                return Err("somebody is rung for a citizen who is gone".into());
            }
            "call.ended" | "call.abandoned" => seen.finals += 1,
            "room.ringing" => *self.desks.entry(row.detail.clone()).or_default() += 1,
            "leg.left" | "leg.failed" if row.leg == seen.citizen => {
                (seen.citizen_left, seen.citizen_left_at) = (row.cause, Some(now));
            }
            "leg.failed" if row.leg.is_some() => self.step.failed = true,
            _ => {}
        }
        if seen.finals > 1 { Err("a call has two final events".into()) } else { Ok(()) }
    }

    /// The step is over: what must hold now.
    pub fn end(&mut self, sound: &Sound) -> Sense {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let open = |leg: &&LegId| sound.lines.contains_key(&Leg(leg.0));
        // Another phone has gone on with it.
        let moved = |leg: &LegId| self.talks.values().any(|t| !t.over && t.leg == Some(*leg));
        if let Some(leg) = self.step.over.iter().filter(open).find(|leg| !moved(leg)) {
            return Err(format!("the stream of {leg:?} outlives its dialog"));
        }
        for call in &self.step.ended {
            let seen = &self.calls[call];
            if seen.finals != 1 {
                return Err("the last record comes without a final event".into());
            }
            if let Some(leg) = seen.legs.iter().find(|leg| sound.lines.contains_key(&Leg(leg.0))) {
                return Err(format!("{leg:?} outlives its call"));
            }
            if sound.rooms.contains_key(&Room(call.0)) {
                return Err("a room outlives its call".into());
            }
        }
        for bye in &self.step.byes {
            self.good_bye(&self.talks[bye], sound)?;
        }
        Ok(())
    }

    /// Whether this BYE of the house had to be: no seat's end takes another with it.
    fn good_bye(&self, talk: &Talk, sound: &Sound) -> Sense {
        let Some(call) = talk.leg.and_then(|leg| self.leg_of.get(&leg)) else { return Ok(()) };
        let seen = &self.calls[call];
        // An operator's second line begins and ends with the private talk that it is for.
        let second = |talk: &Talk| talk.leg.is_some_and(|leg| self.asides.contains(&leg));
        let beside = talk.leg.is_some_and(|leg| self.beside.contains(&leg));
        let hung_up =
            self.step.hung_up.as_ref().filter(|by| !second(talk) && !beside && !second(&self.talks[*by]));
        if let Some(hung_up) = hung_up {
            let theirs = self.talks[hung_up].leg.and_then(|leg| self.leg_of.get(&leg));
            if theirs == Some(call) && (talk.citizen || (seen.citizen_left.is_none() && !seen.ended)) {
                return Err("a seat's hang-up takes another seat with it".into());
            }
        }
        if !talk.citizen || seen.ended || seen.dialled_in {
            return Ok(());
        }
        let Some(cause) = seen.citizen_left else {
            return Err("the citizen gets BYE and the call goes on".into());
        };
        let staff = sound.rooms.get(&Room(call.0)).is_some_and(|c| !c.seats.is_empty());
        let cut = matches!(cause.reason, Reason::MediaLost | Reason::PeerGone | Reason::NoCodec);
        if staff && !cut { Err(format!("the citizen gets BYE while others sit: {cause:?}")) } else { Ok(()) }
    }

    /// Whether the house could tell a phone that rings that it is over.
    pub fn could_cancel(&self, call_id: &str) -> bool {
        self.talks.get(call_id).is_some_and(|talk| talk.heard)
    }
}
