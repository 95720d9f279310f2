//! The world around one house: an agenda of things that will happen, and the one loop that lets them happen.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::SocketAddr;
use std::time::Duration;

use call::Now;
use call::ids::RequestId;
use sip::Flow;
use switchboard::Turn;
use switchboard::contract::{Input, Notice, Output};

use super::agenda::Entry;
use super::carrier::{CARRIERS, Carriers};
use super::chance::Chance;
use super::diary::Diary;
use super::glance::Glance;
use super::house;
use super::phone::{Line, Phone, Stage};
use super::sabotage::Sabotage;
use super::sound::{Later, Sound};
use super::store;
use super::tally::{Fault, Tally};
pub use super::thing::{Chore, Thing};
use super::trail::Trail;
use super::watch::Watch;
use super::weather::{BASE, Weather};
use super::whole::Whole;
use super::wire::Connection;
use super::words::{entry_words, order_words, short};

pub struct World {
    pub now: Duration,
    pub dice: Chance,
    pub weather: Weather,
    pub seed: u64,
    pub edition: u32,
    pub turn: Turn,
    pub phones: Vec<Phone>,
    pub by_address: BTreeMap<SocketAddr, usize>,
    pub connections: BTreeMap<u64, Connection>,
    pub sound: Sound,
    pub watch: Watch,
    pub trail: Trail,
    pub carriers: Carriers,
    pub sabotage: Option<Sabotage>,
    /// The house was told to close.
    pub closing: bool,
    pub diary: Diary,
    /// Citizens who have still to call.
    pub to_come: u32,
    /// Nobody does anything of their own any more.
    pub evening: bool,
    /// So far the wall clock was set forward, ms.
    pub clock_set: i64,
    pub requests: u64,
    pub whole: Whole,
    agenda: BinaryHeap<Entry>,
    serial: u64,
    armed: Option<Duration>,
    /// What comes later does not happen.
    end: Option<Duration>,
    steps: u64,
}

/// After the evening everything has its time to run out: the longest chain is a call that waits for its hunt, the
/// debrief and 64*T1 twice.
const RUN_OUT: Duration = Duration::from_secs(600);
/// Then it closes: registrations are taken back, and the last transactions are over.
const CLOSING: Duration = Duration::from_secs(200);
/// The last citizen has so long before everybody hangs up.
const LAST_CALL: Duration = Duration::from_secs(120);

impl World {
    pub fn new(seed: u64, calls: u32, diary: Diary) -> Self {
        let mut dice = Chance::new(seed);
        let weather = Weather::of(&mut dice);
        Self::in_weather(weather, dice, seed, calls, diary)
    }

    pub fn in_weather(weather: Weather, dice: Chance, seed: u64, calls: u32, diary: Diary) -> Self {
        diary.write(BASE, || format!("{weather:?}"));
        let setup = house::setup(&weather, seed, 0);
        let now = Now { mono: BASE, utc_ms: weather.utc_ms };
        let turn = Turn::new(setup, house::ports(&weather), now);
        let mut world = Self {
            now: BASE,
            dice,
            weather,
            seed,
            edition: 0,
            turn,
            phones: Vec::new(),
            by_address: BTreeMap::new(),
            connections: BTreeMap::new(),
            sound: Sound::default(),
            watch: Watch::default(),
            trail: Trail::default(),
            carriers: Carriers::new(BASE),
            sabotage: None,
            closing: false,
            diary,
            to_come: calls,
            evening: false,
            clock_set: 0,
            requests: 0,
            whole: Whole::default(),
            agenda: BinaryHeap::new(),
            serial: 0,
            armed: None,
            end: None,
            steps: 0,
        };
        world.install();
        world.later(Duration::from_secs(3), Thing::Citizen);
        world.later(Duration::from_secs(4), Thing::Office);
        world.later(Duration::from_secs(5), Thing::Inspect);
        for carrier in 0..CARRIERS {
            let wait = world.dice.ms(5_000, 90_000);
            world.later(wait, Thing::Mood(carrier));
        }
        world
    }

    pub fn say(&self, words: impl FnOnce() -> String) {
        self.diary.write(self.now, words);
    }

    pub fn at(&mut self, at: Duration, thing: Thing) {
        self.serial += 1;
        self.agenda.push(Entry { at: Reverse((at, self.serial)), thing: Box::new(thing) });
    }

    pub fn later(&mut self, span: Duration, thing: Thing) {
        self.at(self.now + span, thing);
    }

    pub fn clock(&self) -> Now {
        let since = i64::try_from((self.now - BASE).as_millis()).unwrap();
        Now { mono: self.now, utc_ms: self.weather.utc_ms + since + self.clock_set }
    }

    /// Lets everything happen until nothing is left.
    pub fn run(&mut self) -> Result<Tally, Fault> {
        while let Some(Entry { at: Reverse((at, _)), thing }) = self.agenda.pop() {
            if self.end.is_some_and(|end| at > end) {
                break;
            }
            self.now = at;
            let evening = matches!(*thing, Thing::Evening);
            self.happen(*thing).map_err(|words| Fault { at, words })?;
            if evening {
                self.later(
                    if self.whole.on { super::evening::MONTHS_RUN_OUT } else { RUN_OUT },
                    Thing::Close,
                );
            }
        }
        self.last().map_err(|words| Fault { at: self.now, words })?;
        self.count_whole();
        let calls = self.watch.offered() as u64;
        let watch = &mut self.watch;
        let (mut kinds, ends) = (std::mem::take(&mut watch.kinds), std::mem::take(&mut watch.ends));
        for (kind, count) in self.trail.take_kinds() {
            *kinds.entry(kind).or_default() += count;
        }
        Ok(Tally { calls, steps: self.steps, kinds, ends, desks: std::mem::take(&mut watch.desks) })
    }

    fn happen(&mut self, thing: Thing) -> Result<(), String> {
        match thing {
            Thing::ToHouse(flow, bytes) => return self.message(flow, bytes),
            Thing::ToPhone(phone, flow, bytes) => self.reach(phone, &flow, &bytes),
            Thing::HouseFlowClosed(id) => return self.tell("a connection is gone", Input::FlowClosed(id)),
            Thing::HouseCantSend(flow) => return self.tell("a send failed", Input::SendFailed(flow)),
            Thing::PhoneFlowClosed(phone, id) => {
                self.phones[phone].stack.flow_closed(self.now, id);
                self.attend(phone);
            }
            // Set anew meanwhile.
            Thing::HouseTimer if self.armed != Some(self.now) => {}
            Thing::HouseTimer if self.closing && self.sabotage == Some(Sabotage::Asleep) => {}
            Thing::HouseTimer => {
                self.armed = None;
                if self.turn.next_timeout().is_some_and(|at| at <= self.now) {
                    return self.tell("timer", Input::Timeout);
                }
                self.arm();
            }
            Thing::PhoneTimer(phone) if self.phones[phone].armed != Some(self.now) => {}
            Thing::PhoneTimer(phone) => {
                self.phones[phone].armed = None;
                self.phones[phone].stack.timeout(self.now);
                self.attend(phone);
            }
            Thing::Told(event) => {
                self.say(|| format!("media tells {event:?}"));
                if matches!(event, media::Event::LegClosed { .. }) {
                    self.sound.closing -= 1;
                }
                return self.tell("", Input::Media(event));
            }
            Thing::Sound(due) => {
                self.sound.due(self.now, &mut self.dice, due);
                self.take_later();
            }
            Thing::OnDisk(call) => {
                self.watch.on_disk(call);
                return self.tell("a first row is on disk", Input::OnDisk(call));
            }
            Thing::Found(call, found) => return self.tell("the store answers", Input::Found(call, found)),
            Thing::Named(input) => return self.tell("a name is looked up", *input),
            Thing::Mood(carrier) => self.mood(carrier),
            Thing::Inspect => return self.inspect(),
            Thing::Close if self.goes_on() => {}
            Thing::Close => {
                (self.closing, self.end) = (true, Some(self.now + CLOSING));
                return self.tell("the house closes", Input::Closing);
            }
            Thing::Citizen => self.citizen_comes(),
            Thing::Office => return self.office(),
            Thing::Calm => return self.calm(),
            Thing::Phone(phone, life, chore) if self.phones[phone].life == life => self.chore(phone, chore),
            Thing::Deed(phone, life, session, deed) if self.phones[phone].life == life => {
                self.deed(phone, session, deed);
            }
            Thing::Phone(..) | Thing::Deed(..) => {}
            Thing::Evening => {
                self.good_night();
                if !self.whole.on && self.dice.permille(300) {
                    return self.shut_down();
                }
            }
            of_the_whole => return self.happens_to_the_whole(of_the_whole),
        }
        Ok(())
    }

    fn happens_to_the_whole(&mut self, thing: Thing) -> Result<(), String> {
        match thing {
            Thing::Mishap(index) => return self.goes_wrong(index),
            Thing::Restart => return self.restart(),
            Thing::Synced => self.synced(),
            Thing::Fed => self.fed(),
            Thing::Round => return self.round(),
            Thing::Kept(ticket) => return self.kept(ticket),
            Thing::CloseUnheard(calls) => return self.close_unheard(&calls),
            Thing::Case => self.case_comes(),
            Thing::Month => self.month_later(),
            _ => {}
        }
        Ok(())
    }

    /// The last citizen has called: some time later it is evening.
    pub fn no_more_citizens(&mut self) {
        let wait = self.evening_in(LAST_CALL);
        self.later(wait, Thing::Evening);
    }

    /// What the process had to do is not done any more.
    pub fn forget_inside(&mut self) {
        self.agenda.retain(|entry| !entry.thing.is_inside());
        self.armed = None;
    }

    fn message(&mut self, flow: Flow, bytes: Vec<u8>) -> Result<(), String> {
        if self.whole.down || (flow.id > 0 && flow.id <= self.whole.dead_streams) {
            return Ok(());
        }
        let seen = Glance::at(&bytes);
        let staff = self.by_address.get(&flow.remote).is_some_and(|p| self.phones[*p].is_staff());
        self.diary.write(self.now, || {
            format!(
                "house hears {} from {} ({})",
                seen.words(),
                self.name_of(flow.remote),
                short(seen.call_id)
            )
        });
        self.watch.begin(self.now, Some(seen), staff);
        self.trail.begin();
        self.trail.heard(self.now, flow.remote, &seen);
        let Some(bytes) = self.tampered(&flow, bytes) else { return Ok(()) };
        self.step(Input::Message(flow, bytes))
    }

    /// The house gets something else than a message.
    pub fn tell(&mut self, words: &str, input: Input) -> Result<(), String> {
        if self.whole.down {
            return Ok(());
        }
        if !words.is_empty() {
            self.diary.write(self.now, || words.to_owned());
        }
        self.watch.begin(self.now, None, false);
        self.trail.begin();
        self.step(input)
    }

    /// One input, then drain; afterwards the invariants.
    fn step(&mut self, input: Input) -> Result<(), String> {
        self.steps += 1;
        self.sound.step();
        self.turn.handle(self.clock(), input);
        while let Some(output) = self.turn.poll() {
            self.perform(output)?;
        }
        self.take_later();
        self.arm();
        self.turn.check().map_err(|broken| broken.to_string())?;
        self.sound.check()?;
        self.watch.end(&self.sound)?;
        self.check_trail()?;
        if self.steps.is_multiple_of(16) {
            let counts = self.turn.counts(self.now);
            let open = self.sound.lines.len() + self.sound.closing;
            self.sound.check_air(self.now)?;
            self.check_channels(counts.legs)?;
            if open > counts.legs {
                return Err(format!(
                    "{open} streams are open or closing, the house knows {} legs",
                    counts.legs
                ));
            }
        }
        Ok(())
    }

    /// Sets the house's timer; a busy house looks late.
    fn arm(&mut self) {
        let Some(at) = self.turn.next_timeout() else { return };
        let at = at.max(self.now) + self.dice.ms(0, self.weather.lag);
        if self.armed.is_none_or(|armed| at < armed) {
            self.armed = Some(at);
            self.at(at, Thing::HouseTimer);
        }
    }

    fn take_later(&mut self) {
        for (at, later) in std::mem::take(&mut self.sound.later) {
            let thing = match later {
                Later::Tell(event) => Thing::Told(event),
                Later::Due(due) => Thing::Sound(due),
            };
            self.at(at, thing);
        }
    }

    fn perform(&mut self, output: Output) -> Result<(), String> {
        match output {
            Output::Send(flow, bytes) => {
                let seen = Glance::at(&bytes);
                self.diary.write(self.now, || {
                    let to = self.name_of(flow.remote);
                    format!("  house sends {} to {to} ({})", seen.words(), short(seen.call_id))
                });
                self.watch.sent(self.now, seen, &self.sound);
                self.trail.sent(self.now, flow.remote, &seen);
                self.house_sends(flow, bytes);
            }
            Output::Media(thread, command) => {
                self.diary.write(self.now, || format!("  media {thread}: {}", order_words(&command)));
                match &command {
                    media::Command::Open { leg, port, .. } => self.watch.opened(*leg, port.addr),
                    media::Command::Seat { room, leg, .. } => self.watch.seated(*room, *leg),
                    _ => {}
                }
                self.sound.order(self.now, thread, &mut self.dice, command)?;
            }
            Output::Store(entry) => {
                self.diary.write(self.now, || format!("  writes {}", entry_words(&entry)));
                self.watch.wrote(self.now, &entry);
                if self.whole.on {
                    self.watch_errands(&entry)?;
                    self.write(entry);
                } else if entry.is_offer()
                    && let Some(wait) = store::on_disk(&self.weather, &mut self.dice)
                {
                    self.later(wait, Thing::OnDisk(entry.call()));
                }
            }
            Output::Find(call, question) => {
                let utc_ms = self.clock().utc_ms;
                let found = store::answer(&self.weather, &mut self.dice, utc_ms, call, question);
                if let Some((wait, lookup)) = found {
                    self.later(wait, Thing::Found(call, lookup));
                }
            }
            Output::Locate(ticket, uri) => self.look_up(ticket, &uri.to_string()),
            Output::Reply(request, reply) => self.replied(request, &reply),
            // The simulated wire has no door: it lets everything through, which is harder.
            Output::Gate(_) => {}
            // These phones are no browsers.
            Output::Browser(_) => {}
            Output::Notice(notice) => {
                self.diary.write(self.now, || format!("  notes {notice:?}"));
                self.watch.noted(&notice);
                // Trunks that nobody asks are silent after one call that nobody answers.
                if let Notice::Trunk { name, word: "silent", .. } = &notice
                    && !self.weather.lean
                {
                    self.trail.told_silent(name);
                }
            }
        }
        Ok(())
    }

    fn replied(&mut self, request: RequestId, reply: &Result<call::action::Answer, call::action::Refusal>) {
        self.watch.replied(request);
        if let Ok(answer) = reply {
            self.watch.viewed(answer, &self.sound);
        }
    }

    /// Everybody has hung up and every timer has run out: nothing is left anywhere.
    fn last(&mut self) -> Result<(), String> {
        self.watch.last()?;
        self.verdict()?;
        let counts = self.turn.counts(self.now);
        let all = 2 * usize::from(self.weather.ports);
        let left = [counts.calls, counts.legs, counts.sessions, counts.transactions, counts.look_ups];
        if left != [0; 5] || counts.free_ports != all || !self.turn.is_closed() {
            return Err(format!("left in the house: {counts:?}, of {all} ports"));
        }
        if !self.sound.lines.is_empty() || !self.sound.rooms.is_empty() {
            return Err(format!("left with media: {:?} {:?}", self.sound.lines, self.sound.rooms));
        }
        if self.watch.sounds != self.sound.opened {
            return Err(format!("{} streams, {} rows of their sound", self.sound.opened, self.watch.sounds));
        }
        for phone in &self.phones {
            let told = |l: &&Line| l.born >= phone.missed_until && self.watch.could_cancel(&l.call_id);
            let there = |l: &&Line| l.stage != Stage::Ringing || told(l);
            if let Some(line) = phone.lines.values().find(there) {
                return Err(format!("{} still has a line that is {:?}", phone.name, line.stage));
            }
        }
        Ok(())
    }

    /// The phone of an address, for the diary.
    pub fn name_of(&self, address: SocketAddr) -> String {
        self.by_address.get(&address).map_or_else(|| address.to_string(), |p| self.phones[*p].name.clone())
    }
}
