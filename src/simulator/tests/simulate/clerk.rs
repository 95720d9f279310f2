//! The promise clock in the world: the real rounds of it, polled by hand, stopped in their middle when the house falls.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use call::action::SeatRole;
use call::cdr::{EventRow, Record};
use call::ids::Pii;
use clockwork::news::{Means, means};
use clockwork::{Parts, Rounds, Rules};
use promise::{CaseId, Key, Kind, Opening, Settings, Track};
use store::promises::Timing;
use store::{Entry, StoreError};
use switchboard::contract::Input;
use switchboard::handle::{FarSide, Handle};

use super::books::NODE;
use super::house::{self, OUTSIDE};
use super::keeper::{Fate, Front};
use super::mishaps::What;
use super::vows::citizen;
use super::world::{Thing, World};

/// While calls of the promise clock are under way it looks this often, if nothing comes in.
const LOOK: Duration = Duration::from_secs(5);
/// After an error.
const REST: Duration = Duration::from_secs(1);
/// A case that can't be opened now is opened so much later.
const LATER: Duration = Duration::from_secs(5);

type Round = Pin<Box<dyn Future<Output = (Rounds<Front>, Result<bool, StoreError>)>>>;

/// The promise clock of one life.
pub struct Clerk {
    far: FarSide,
    handle: Handle,
    idle: Option<Rounds<Front>>,
    busy: Option<Round>,
}

impl std::fmt::Debug for Clerk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clerk(busy: {})", self.busy.is_some())
    }
}

thread_local! {
    static MINTED: Cell<u64> = const { Cell::new(0) };
}

/// Names of calls to come: of this seed from now on.
pub fn begin_minting(seed: u64) {
    MINTED.set(seed << 20);
}

/// Not for a secret: each call has another name.
#[expect(clippy::unnecessary_wraps, reason = "as the system's random source")]
fn mint() -> std::io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    MINTED.set(MINTED.get() + 1);
    bytes[2..10].copy_from_slice(&MINTED.get().to_be_bytes());
    Ok(bytes)
}

/// What is promised on a short day: minutes where the house has hours.
fn settings() -> Settings {
    let s = Duration::from_secs;
    Settings {
        handover_within: s(300),
        handover_gap: s(20),
        call_back: s(120),
        call_back_warn: s(60),
        check_after: s(180),
        check_grace: s(60),
        citizen_tries: 2,
        citizen_gap: s(60),
        missed_within: s(120),
        ..Settings::default()
    }
}

impl World {
    fn rules(&self) -> Rules {
        let setup = house::setup(&self.weather, self.seed, self.edition);
        Rules {
            calendar: Arc::new(setup.plan.calendar.clone()),
            plan: setup.plan,
            settings: Arc::new(settings()),
            staff: Arc::new([]),
            reach: false,
        }
    }

    fn timing(&self) -> Timing {
        let rules = self.rules();
        Timing { now: self.clock().utc_ms, calendar: rules.calendar, settings: rules.settings }
    }

    /// The promise clock of a new life.
    pub fn clerk_begins(&mut self) {
        let (handle, far) = FarSide::new();
        let parts = Parts {
            store: self.whole.front.clone(),
            handle: handle.clone(),
            clock: self.whole.clock.clone(),
            node: NODE.to_owned(),
            rules: self.rules(),
            random: mint,
        };
        self.whole.clock.set(self.clock());
        self.whole.clerk = Some(Clerk { far, handle, idle: Some(Rounds::new(parts)), busy: None });
        self.round_soon(Duration::from_millis(5));
    }

    /// The next round begins after so long at the latest.
    pub fn round_soon(&mut self, wait: Duration) {
        if self.whole.clerk.is_none() {
            return;
        }
        let at = self.now + wait;
        if self.whole.round_at.is_none_or(|round| at < round) {
            self.whole.round_at = Some(at);
            self.at(at, Thing::Round);
        }
    }

    /// It is time for a round.
    pub fn round(&mut self) -> Result<(), String> {
        if self.whole.round_at != Some(self.now) {
            return Ok(());
        }
        let Some(clerk) = &mut self.whole.clerk else { return Ok(()) };
        // Busy: what came in meanwhile is looked at when the round is over.
        let Some(mut rounds) = clerk.idle.take() else { return Ok(()) };
        self.whole.round_at = None;
        clerk.busy = Some(Box::pin(async move {
            let more = rounds.round().await;
            (rounds, more)
        }));
        self.poll_round()
    }

    /// A question of the promise clock is answered, one way or another.
    pub fn kept(&mut self, ticket: u64) -> Result<(), String> {
        let lies = self.whole.much(What::Lies, self.now).is_some_and(|often| self.dice.permille(often));
        let fate = match (self.whole.much(What::Away, self.now), lies) {
            (Some(_), _) => Fate::Fails,
            (None, true) if self.dice.permille(500) => Fate::Lies,
            (None, true) => Fate::Fails,
            (None, false) => Fate::Done,
        };
        if fate != Fate::Done {
            self.say(|| format!("the store's answer to the promise clock: {fate:?}"));
        }
        self.whole.front.answer(ticket, fate);
        self.poll_round()
    }

    fn poll_round(&mut self) -> Result<(), String> {
        self.whole.clock.set(self.clock());
        let live = self.watch.live().len();
        let prompt =
            [What::Away, What::Slow, What::Lies].iter().all(|w| self.whole.much(*w, self.now).is_none());
        self.whole.front.shelf().prompt = prompt;
        let Some(clerk) = &mut self.whole.clerk else { return Ok(()) };
        clerk.handle.gauges().calls.store(live as u64, Ordering::Relaxed);
        let Some(round) = &mut clerk.busy else { return Ok(()) };
        let mut cx = Context::from_waker(Waker::noop());
        let done = round.as_mut().poll(&mut cx);
        let errands = errands(&mut clerk.far);
        if let Poll::Ready((rounds, more)) = done {
            let live = rounds.live_count();
            clerk.busy = None;
            clerk.idle = Some(rounds);
            self.round_is_over(more, live);
        }
        let asked = std::mem::take(&mut self.whole.front.shelf().asked);
        for (ticket, writes) in asked {
            let wait = self.dice.ms(1, if writes { 12 } else { 4 }) + self.slowness();
            self.later(wait, Thing::Kept(ticket));
        }
        for errand in errands {
            let key = Key::parse(&errand.task).ok_or("an errand without a task")?;
            self.say(|| format!("the promise clock sets out: {} for {key}", errand.call));
            self.whole.errands.insert(errand.call, key);
            self.tell("", Input::Errand(Box::new(errand)))?;
        }
        let fault = self.whole.front.shelf().books.fault.take();
        fault.map_or(Ok(()), Err)
    }

    fn round_is_over(&mut self, more: Result<bool, StoreError>, live: usize) {
        let utc_ms = self.clock().utc_ms;
        let next = self.whole.front.shelf().books.next_look(utc_ms);
        let due = next.map(|at| Duration::from_millis(u64::try_from(at - utc_ms).unwrap_or(0)));
        // Somebody came in while it was busy.
        let missed = self.whole.round_at.is_some_and(|at| at <= self.now);
        if missed {
            self.whole.round_at = None;
        }
        match more {
            Ok(true) => self.round_soon(Duration::from_millis(1)),
            Ok(false) if missed => self.round_soon(Duration::from_millis(1)),
            Ok(false) => {
                let look = (live > 0).then_some(LOOK);
                if let Some(wait) = due.into_iter().chain(look).min() {
                    self.round_soon(wait.max(Duration::from_millis(1)));
                }
            }
            Err(_) => self.round_soon(REST),
        }
    }

    /// An operator opens a case and gives it to a unit.
    pub fn case_comes(&mut self) {
        if self.whole.down || self.whole.much(What::Away, self.now).is_some() {
            return self.later(LATER, Thing::Case);
        }
        let timing = self.timing();
        let id = CaseId((u128::from(timing.now.unsigned_abs()) << 80) | u128::from(self.requests + 1));
        self.requests += 1;
        let number = Pii::new(OUTSIDE);
        let opening = Opening {
            at: timing.now,
            track: if self.dice.permille(500) { Track::Reply } else { Track::Case },
            citizen: Some(citizen(&number)),
            confidential: self.dice.permille(100),
            urgent: self.dice.permille(200),
            repeat_of: None,
        };
        let unit = self.dice.pick(&["TAX", "TAX", "CIVIL", "HOUSING"]);
        self.say(|| format!("a case for {unit}: {opening:?}"));
        self.whole.front.shelf().books.open_case(&timing, id, opening, number, unit);
        self.round_soon(Duration::from_millis(10));
    }

    /// Looks at what the house writes of the calls that the promise clock set out on: nobody's phone rings twice for one try.
    pub fn watch_errands(&mut self, entry: &Entry) -> Result<(), String> {
        let Entry::Record(record) = entry else { return Ok(()) };
        match record.as_ref() {
            Record::Errand(row) => self.whole.reports.entry(row.call).or_default().push(row.clone()),
            Record::Leg(row) => drop(self.whole.seats.insert((row.call, row.leg), row.seat)),
            Record::Event(row) if row.kind == "leg.invited" => return self.rings_for(row),
            _ => {}
        }
        Ok(())
    }

    fn rings_for(&mut self, row: &EventRow) -> Result<(), String> {
        let Some(key) = self.whole.errands.get(&row.call) else { return Ok(()) };
        let wanted = match key.kind {
            Kind::CallBack | Kind::Check | Kind::Echo3 => SeatRole::Citizen,
            _ => SeatRole::Liaison,
        };
        let seat = row.leg.and_then(|leg| self.whole.seats.get(&(row.call, leg)));
        if seat != Some(&wanted) {
            return Ok(());
        }
        let rung = self.whole.rung.entry(key.clone()).or_default();
        if !rung.insert(row.call) {
            return Ok(());
        }
        for before in rung.iter().filter(|call| **call != row.call) {
            let reports = self.whole.reports.get(before).map_or(&[][..], Vec::as_slice);
            // One that came to nothing for the house's own reasons is tried again.
            if !matches!(means(key.kind, reports), Means::OverInVain(_)) {
                return Err(format!("{key} rings a second time: {before}, then {}", row.call));
            }
        }
        Ok(())
    }
}

/// The errands that were sent out so far.
fn errands(far: &mut FarSide) -> Vec<call::errand::Errand> {
    let mut all = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(errand)) = pin!(far.errand()).poll(&mut cx) {
        all.push(errand);
    }
    all
}
