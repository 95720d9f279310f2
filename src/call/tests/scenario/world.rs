//! The world around the core in virtual time: it performs every action and plays the parts that scripts leave out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use call::action::{Action, Hearers, Play, Question, Ring, SeatRole};
use call::cause::{Cause, Reason, Side};
use call::event::{LegEvent, Message, MessageEnd};
use call::ids::{Address, PlayId, RequestId};
use call::plan::Limits;
use call::{CallId, Event, Hotline, LegId, Now, Plan};

use super::room::Room;
use super::script::House;
use super::seen::CallSeen;
use super::store::CaseStore;
use super::words::{self, Names};

/// Second 0 of every script on the monotonic clock: not zero, so that nobody takes one clock for the other.
const BASE: Duration = Duration::from_secs(3600);
/// Every prompt lasts so long here, whatever its text; beeps and pauses take no time.
const PROMPT: Duration = Duration::from_secs(2);
/// How long the network and the phones take to answer.
const WIRE: Duration = Duration::from_millis(20);
/// More inputs than this at one moment are a loop.
const MOST_TURNS: u32 = 2_000;

/// One thing that the world has seen the core do.
pub struct Line {
    /// Since second 0.
    pub at: Duration,
    /// See `words.rs`.
    pub text: String,
}

/// What the world will do by itself.
enum Due {
    Tell(Event),
    Rings(LegId),
    Fails(LegId, Cause),
    PlayEnds(CallId, PlayId),
    MessageEnds(LegId, Duration, MessageEnd),
}

/// How far a leg has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Invited, not answered.
    Ringing,
    /// Sound can flow.
    Up,
    /// We took it back before it was answered.
    TakenBack,
    /// Over.
    Down,
}

/// One leg.
pub struct Leg {
    /// Of which call.
    pub call: CallId,
    /// The phone's or citizen's name.
    pub name: String,
    /// Its seat.
    pub role: SeatRole,
    /// How far it is.
    pub way: Way,
}

struct Playing {
    to: Hearers,
    text: String,
}

/// Everything around the core.
pub struct World {
    /// Since second 0.
    pub now: Duration,
    /// What the core did, in order.
    pub trace: Vec<Line>,
    /// Broken invariants.
    pub faults: Vec<String>,
    /// The core.
    pub hotline: Hotline,
    /// In the order of their beginning.
    pub calls: Vec<CallSeen>,
    /// All legs ever.
    pub legs: BTreeMap<LegId, Leg>,
    /// The open rooms.
    pub rooms: BTreeMap<CallId, Room>,
    /// Phones that are there.
    pub registered: BTreeSet<String>,
    /// Orders and how often each was answered.
    pub requests: BTreeMap<RequestId, u32>,
    /// What `ListCalls` and `ListAgents` said last.
    pub answer: Option<call::action::Answer>,
    /// The case store.
    pub store: CaseStore,
    journal: Option<Duration>,
    clock: i64,
    due: BTreeMap<(Duration, u64), Due>,
    serial: u64,
    plays: BTreeMap<(CallId, PlayId), Playing>,
    messages: BTreeMap<LegId, Duration>,
}

impl World {
    /// The house before second 0.
    pub fn new(plan: Plan, house: &House) -> Self {
        let phones = super::plans::desk_phones(&plan);
        let now = Now { mono: BASE, utc_ms: house.clock };
        let mut world = Self {
            now: Duration::ZERO,
            trace: Vec::new(),
            faults: Vec::new(),
            hotline: Hotline::new(Arc::new(plan), now),
            calls: Vec::new(),
            legs: BTreeMap::new(),
            rooms: BTreeMap::new(),
            registered: BTreeSet::new(),
            requests: BTreeMap::new(),
            answer: None,
            store: CaseStore::new(house),
            journal: house.journal,
            clock: house.clock,
            due: BTreeMap::new(),
            serial: 0,
            plays: BTreeMap::new(),
            messages: BTreeMap::new(),
        };
        for phone in phones.iter().chain(&house.duty) {
            if !house.away.contains(phone) && !world.registered.contains(phone) {
                world.register(phone, true);
            }
        }
        world
    }

    /// Lets time pass until this moment, with everything that falls due on the way.
    pub fn advance(&mut self, to: Duration) {
        let mut turns = (self.now, 0);
        while let Some(at) = self.next().filter(|at| *at <= to) {
            self.now = at.max(self.now);
            turns = if turns.0 == self.now { (self.now, turns.1 + 1) } else { (self.now, 0) };
            if turns.1 > MOST_TURNS {
                self.faults.push(format!("{:.3} the core never comes to rest", self.now.as_secs_f64()));
                return;
            }
            let first = self.due.first_key_value().map(|(key, _)| *key).filter(|key| key.0 <= self.now);
            match first.and_then(|key| self.due.remove(&key)) {
                Some(due) => self.fall_due(due),
                None => self.tell(Event::Timeout),
            }
        }
        self.now = to;
    }

    /// When something happens next.
    pub fn next(&self) -> Option<Duration> {
        let own = self.due.first_key_value().map(|((at, _), _)| *at);
        let core = self.hotline.next_timeout().map(|at| at.saturating_sub(BASE));
        own.into_iter().chain(core).min()
    }

    /// Tells the core one thing and performs everything that it asks for.
    pub fn tell(&mut self, event: Event) {
        let now = self.moment();
        self.guard_privacy(&format!("{event:?}"));
        if let Event::Journaled(call) = &event {
            self.journaled(*call);
        }
        self.hotline.handle(now, event);
        while let Some(action) = self.hotline.poll() {
            let text = words::line(&action, self);
            self.trace.push(Line { at: self.now, text });
            self.guard_privacy(&format!("{action:?}"));
            self.perform(action);
        }
        if let Err(fault) = self.hotline.check() {
            self.fault(&fault.to_string());
        }
        self.check();
    }

    /// Both clocks as they stand.
    pub fn moment(&self) -> Now {
        let utc_ms = self.clock + i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX);
        Now { mono: BASE + self.now, utc_ms }
    }

    /// Something that must never be.
    pub fn fault(&mut self, what: &str) {
        let fault = format!("{:.3} {what}", self.now.as_secs_f64());
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    fn blame(&mut self, leg: LegId, what: Result<(), String>) {
        if let Err(what) = what {
            let name = Names::leg(self, leg);
            self.fault(&format!("{name} {what}"));
        }
    }

    fn later(&mut self, after: Duration, due: Due) {
        self.serial += 1;
        self.due.insert((self.now + after, self.serial), due);
    }

    /// Tells the core something after a while.
    pub fn tell_later(&mut self, after: Duration, event: Event) {
        self.later(after, Due::Tell(event));
    }

    /// A phone comes or goes.
    pub fn register(&mut self, phone: &str, here: bool) {
        if here {
            self.registered.insert(phone.to_owned());
        } else {
            self.registered.remove(phone);
        }
        self.tell(Event::Phone { phone: phone.into(), reachable: here });
    }

    fn fall_due(&mut self, due: Due) {
        match due {
            Due::Tell(event) => self.tell(event),
            Due::Rings(leg) if self.way(leg) == Way::Ringing => {
                self.tell(Event::Leg(leg, LegEvent::Ringing));
            }
            Due::Fails(leg, cause) if self.way(leg) == Way::Ringing => self.fail(leg, cause),
            Due::Rings(_) | Due::Fails(..) => {}
            Due::PlayEnds(call, play) => self.play_ends(call, play),
            Due::MessageEnds(leg, began, end) if self.messages.get(&leg) == Some(&began) => {
                self.message_ends(leg, end);
            }
            Due::MessageEnds(..) => {}
        }
    }

    /// How far a leg is.
    pub fn way(&self, leg: LegId) -> Way {
        self.legs.get(&leg).map_or(Way::Down, |l| l.way)
    }

    /// Sets how far a leg is.
    pub fn set_way(&mut self, leg: LegId, way: Way) {
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.way = way;
        }
    }

    /// An outgoing leg is not answered.
    pub fn fail(&mut self, leg: LegId, cause: Cause) {
        self.set_way(leg, Way::Down);
        self.tell(Event::Leg(leg, LegEvent::Failed(cause)));
    }

    fn perform(&mut self, action: Action) {
        self.guard_journal(&action);
        match action {
            Action::Record(record) => self.write_down(*record),
            Action::Ringing(_) => {}
            Action::Answer(leg) => self.set_way(leg, Way::Up),
            Action::Refuse(leg, _, _) => self.set_way(leg, Way::Down),
            Action::Ring(ring) => self.ring(ring),
            Action::HangUp(leg, _) => self.hang_up(leg),
            Action::Transferred(leg, _) => {
                if self.way(leg) != Way::Up {
                    self.blame(leg, Err("is told of a transfer and has no call".to_owned()));
                }
            }
            Action::OpenRoom(call) => {
                if self.rooms.insert(call, Room::default()).is_some() {
                    self.fault("the room is open already");
                }
            }
            Action::Seat(call, leg, _, group) => {
                if self.way(leg) != Way::Up {
                    self.blame(leg, Err("sits down without a leg that is up".to_owned()));
                }
                self.in_room(call, leg, |room| room.seat(leg, group));
            }
            Action::Move(call, leg, group) => {
                self.in_room(call, leg, |room| room.change(leg, |seat| seat.group = group));
            }
            Action::Mute(call, leg, muted) => {
                self.in_room(call, leg, |room| room.change(leg, |seat| seat.muted = muted));
            }
            Action::Unseat(call, leg) => {
                self.in_room(call, leg, |room| room.unseat(leg));
                self.end_lonely_plays();
            }
            Action::CloseRoom(call) => {
                if self.rooms.remove(&call).is_none() {
                    self.fault("a room is closed that is not open");
                }
                self.end_lonely_plays();
            }
            Action::Play(play) => self.play(play),
            Action::StopPlay(call, play) => self.later(Duration::ZERO, Due::PlayEnds(call, play)),
            Action::Background(call, leg, what) => {
                self.in_room(call, leg, |room| room.change(leg, |seat| seat.background = what));
            }
            Action::Recording(call, what) => {
                let done = self.rooms.get_mut(&call).ok_or("no room".to_owned()).and_then(|r| r.record(what));
                if let Err(fault) = done {
                    self.fault(&fault);
                }
            }
            Action::TakeMessage { leg, max, .. } => {
                self.messages.insert(leg, self.now);
                self.later(max, Due::MessageEnds(leg, self.now, MessageEnd::Full));
            }
            Action::StopMessage(_, leg) => {
                self.later(Duration::ZERO, Due::MessageEnds(leg, self.began(leg), MessageEnd::Stopped));
            }
            Action::DiscardMessage(..) => {}
            Action::Find(call, question) => self.find(call, &question),
            Action::Reply(request, reply) => {
                *self.requests.entry(request).or_default() += 1;
                self.answer = reply.ok();
            }
        }
    }

    fn in_room(&mut self, call: CallId, leg: LegId, what: impl FnOnce(&mut Room) -> Result<(), String>) {
        let done = self.rooms.get_mut(&call).ok_or("is in no open room".to_owned()).and_then(what);
        self.blame(leg, done);
    }

    fn ring(&mut self, ring: Ring) {
        let citizen = |c: &&CallSeen| c.id == ring.call && ring.seat == SeatRole::Citizen;
        let citizen = self.calls.iter().find(citizen).map(|c| c.name.clone());
        let name = citizen.unwrap_or_else(|| words::address(&ring.to));
        let here = match &ring.to {
            Address::Phone(user) => self.registered.contains(&**user),
            Address::Number(_) => true,
        };
        let leg = Leg { call: ring.call, name, role: ring.seat, way: Way::Ringing };
        if self.legs.insert(ring.leg, leg).is_some() {
            self.fault("a leg's number is used twice");
        }
        let absent = Cause::new(Side::Callee, Reason::Absent);
        self.later(WIRE, if here { Due::Rings(ring.leg) } else { Due::Fails(ring.leg, absent) });
    }

    fn hang_up(&mut self, leg: LegId) {
        let way = match self.way(leg) {
            Way::Ringing => Way::TakenBack,
            Way::Up => Way::Down,
            Way::TakenBack | Way::Down => {
                self.blame(leg, Err("is hung up twice".to_owned()));
                Way::Down
            }
        };
        self.set_way(leg, way);
    }

    fn play(&mut self, play: Play) {
        if self.hearers(play.call, play.to).is_empty() {
            self.fault(&format!("{} is said to nobody", words::said(&play.say)));
        }
        let prompts = play.say.iter().filter(|s| matches!(s, call::action::Say::Prompt(..))).count();
        let lasts = PROMPT * u32::try_from(prompts).unwrap_or(0);
        let playing = Playing { to: play.to, text: words::said(&play.say) };
        if self.plays.insert((play.call, play.play), playing).is_some() {
            self.fault("a play's number is used twice");
        }
        self.later(lasts, Due::PlayEnds(play.call, play.play));
    }

    fn play_ends(&mut self, call: CallId, play: PlayId) {
        if self.plays.remove(&(call, play)).is_some() {
            self.tell(Event::PlayDone(call, play));
        }
    }

    /// What nobody is left to hear is over.
    fn end_lonely_plays(&mut self) {
        let lonely: Vec<_> = self
            .plays
            .iter()
            .filter(|((call, _), playing)| self.hearers(*call, playing.to).is_empty())
            .map(|(key, _)| *key)
            .collect();
        for (call, play) in lonely {
            self.later(Duration::ZERO, Due::PlayEnds(call, play));
        }
    }

    fn began(&self, leg: LegId) -> Duration {
        self.messages.get(&leg).copied().unwrap_or_default()
    }

    /// Whether this leg speaks into a message now.
    pub fn takes_message(&self, leg: LegId) -> bool {
        self.messages.contains_key(&leg)
    }

    /// The message of this leg ends in this way after a while.
    pub fn message_ends_later(&mut self, leg: LegId, after: Duration, end: MessageEnd) {
        self.later(after, Due::MessageEnds(leg, self.began(leg), end));
    }

    fn message_ends(&mut self, leg: LegId, ended: MessageEnd) {
        let Some(began) = self.messages.remove(&leg) else { return };
        let silence = if ended == MessageEnd::Silence { Duration::from_secs(5) } else { Duration::ZERO };
        let length = self.now.saturating_sub(began + silence);
        let length_ms = u32::try_from(length.as_millis()).unwrap_or(u32::MAX);
        self.tell(Event::MessageTaken(leg, Message { length_ms, ended }));
    }

    fn find(&mut self, call: CallId, question: &Question) {
        let found = self.store.find(question);
        self.later(Duration::from_millis(5), Due::Tell(Event::Found(call, found)));
    }

    /// The journal takes the call's first row.
    pub fn journal(&mut self, call: CallId) {
        if let Some(after) = self.journal {
            self.later(after, Due::Tell(Event::Journaled(call)));
        }
    }

    /// Whether the journal takes longer than a call waits for it.
    pub fn journal_is_dead(&self) -> bool {
        self.journal.is_none_or(|after| after >= Limits::default().journal_wait)
    }
}

impl Names for World {
    fn leg(&self, leg: LegId) -> String {
        self.legs.get(&leg).map_or_else(|| format!("leg-{}", leg.0), |l| l.name.clone())
    }

    fn call(&self, call: CallId) -> String {
        self.calls.iter().find(|c| c.id == call).map_or_else(|| call.to_string(), |c| c.name.clone())
    }

    fn hearers(&self, call: CallId, to: Hearers) -> Vec<String> {
        use call::action::Group;
        let Some(room) = self.rooms.get(&call) else { return Vec::new() };
        let legs: Vec<LegId> = match to {
            Hearers::Seat(leg) => room.seats.contains_key(&leg).then_some(leg).into_iter().collect(),
            Hearers::Main => room.group(Group::Main).collect(),
            Hearers::Private => room.group(Group::Private).collect(),
        };
        legs.into_iter().map(|leg| Names::leg(self, leg)).collect()
    }

    fn playing(&self, call: CallId, play: PlayId) -> String {
        self.plays.get(&(call, play)).map_or_else(|| "nothing".to_owned(), |p| p.text.clone())
    }
}
