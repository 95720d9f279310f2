//! The whole house: it falls and begins again, its disk and its database fail, its wall clock is set, and what it owes is called for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use call::action::SeatRole;
use call::errand::ErrandRow;
use call::{CallId, LegId};
use switchboard::contract::Input;
use switchboard::{Clock, Turn};

use store::Entry;

use super::chance::Chance;
use super::clerk::Clerk;
use super::diary::Diary;
use super::house;
use super::keeper::Front;
use super::mishaps::{Mishap, What};
use super::pen::{self, Pen};
use super::sabotage::Sabotage;
use super::weather::{BASE, Weather};
use super::world::{Thing, World};

/// Between two tries to begin while the store is away.
const SUPERVISED: Duration = Duration::from_secs(2);
/// What nobody took up again is closed then.
const CLOSED_AFTER: Duration = Duration::from_secs(64);

/// What was done to the store.
#[derive(Clone, Debug)]
pub enum Deed {
    Wrote(Vec<Entry>),
    /// A life began at this moment, UTC ms.
    Began(i64),
    /// Calls that nobody took up again were closed.
    Closed(i64, Vec<CallId>),
}

/// What a whole house has beside its switchboard.
#[derive(Debug)]
pub struct Whole {
    /// This run is one of a whole house.
    pub on: bool,
    pub mishaps: Vec<Mishap>,
    pub front: Front,
    pub pen: Pen,
    pub clerk: Option<Clerk>,
    pub clock: Clock,
    /// When the next round of the promise clock begins.
    pub round_at: Option<Duration>,
    /// No process runs.
    pub down: bool,
    /// Lives of the house before this one.
    pub lives: u32,
    /// Streams up to this one broke with an earlier life.
    pub dead_streams: u64,
    /// The task of each call that the promise clock has set out on, its reports, and for which calls whose phone rang.
    pub errands: BTreeMap<CallId, promise::Key>,
    pub reports: BTreeMap<CallId, Vec<ErrandRow>>,
    pub rung: BTreeMap<promise::Key, BTreeSet<CallId>>,
    pub seats: BTreeMap<(CallId, LegId), SeatRole>,
    /// Kept where somebody wants to do the same again.
    pub deeds: Option<Vec<Deed>>,
}

impl Default for Whole {
    fn default() -> Self {
        Self {
            on: false,
            mishaps: Vec::new(),
            front: Front::new(),
            pen: Pen::new(0),
            clerk: None,
            clock: Clock::by_hand(),
            round_at: None,
            down: false,
            lives: 0,
            dead_streams: 0,
            errands: BTreeMap::new(),
            reports: BTreeMap::new(),
            rung: BTreeMap::new(),
            seats: BTreeMap::new(),
            deeds: None,
        }
    }
}

impl Whole {
    fn now(&self, what: What, now: Duration) -> Option<&Mishap> {
        self.mishaps.iter().find(|m| m.what == what && m.begins() <= now && now < m.ends())
    }

    /// How much of it there is now.
    pub fn much(&self, what: What, now: Duration) -> Option<u64> {
        self.now(what, now).map(|mishap| mishap.much.unsigned_abs())
    }

    /// How long it still lasts.
    pub fn left_of(&self, what: What, now: Duration) -> Option<Duration> {
        self.now(what, now).map(|mishap| mishap.ends() - now)
    }

    /// When everything has gone wrong that will.
    pub fn over_at(&self) -> Duration {
        self.mishaps.iter().map(Mishap::ends).max().unwrap_or(BASE)
    }
}

impl World {
    /// A whole house on a short day, with these mishaps.
    pub fn whole(seed: u64, calls: u32, mishaps: Vec<Mishap>, diary: Diary) -> Self {
        let mut dice = Chance::new(seed);
        let weather = Weather::of_the_whole(&mut dice);
        let mut world = Self::in_weather(weather, dice, seed, calls, diary);
        for (index, mishap) in mishaps.iter().enumerate() {
            world.at(mishap.begins(), Thing::Mishap(index));
        }
        world.whole.on = true;
        world.whole.pen = Pen::new(pen::disk_seed(seed));
        world.whole.mishaps = mishaps;
        super::clerk::begin_minting(seed);
        world.clerk_begins();
        for _ in 0..world.dice.weigh(&[(50, 0), (35, 1), (15, 2)]) {
            let wait = world.dice.ms(4_000, 60_000);
            world.later(wait, Thing::Case);
        }
        world
    }

    /// Something goes wrong.
    pub fn goes_wrong(&mut self, index: usize) -> Result<(), String> {
        let mishap = self.whole.mishaps[index];
        self.say(|| format!("MISHAP {mishap}"));
        match mishap.what {
            What::Kill | What::Power => {
                self.falls(mishap.what == What::Power, Duration::from_millis(mishap.span));
                Ok(())
            }
            What::Clock => {
                self.clock_set += mishap.much;
                self.round_soon(Duration::from_millis(1_000));
                Ok(())
            }
            // The journal has room that it took before.
            What::Full | What::Away | What::Slow | What::Lies | What::Stands | What::Fails => Ok(()),
        }
    }

    /// The process is gone, and begins again after a while.
    fn falls(&mut self, power: bool, down: Duration) {
        if self.whole.down {
            return;
        }
        self.whole.down = true;
        self.pen_falls(power);
        self.whole.clerk = None;
        self.whole.round_at = None;
        self.whole.front.forget();
        self.forget_inside();
        self.whole.dead_streams = self.connections.len() as u64;
        let open: Vec<(u64, usize)> =
            self.connections.iter().filter_map(|(id, c)| c.falls().map(|p| (*id, p))).collect();
        for (id, phone) in open {
            let wait = self.dice.ms(1, 2_000);
            self.later(wait, Thing::PhoneFlowClosed(phone, id));
        }
        for connection in self.connections.values_mut() {
            connection.breaks();
        }
        self.sound.falls();
        self.watch.falls();
        self.trail.falls();
        self.later(down, Thing::Restart);
    }

    /// The next life begins.
    pub fn restart(&mut self) -> Result<(), String> {
        if self.whole.much(What::Away, self.now).is_some() {
            self.say(|| "the house can't begin: the store is away".into());
            self.later(SUPERVISED, Thing::Restart);
            return Ok(());
        }
        if !self.pen_begins()? {
            self.later(SUPERVISED, Thing::Restart);
            return Ok(());
        }
        let utc_ms = self.clock().utc_ms;
        let left = match self.sabotage {
            Some(Sabotage::NoAftermath) => super::books::Left::default(),
            _ => self.whole.front.shelf().books.close(utc_ms, None),
        };
        self.whole.deeds.iter_mut().for_each(|deeds| deeds.push(Deed::Began(utc_ms)));
        self.say(|| format!("the house begins again: {left:?}"));
        self.whole.down = false;
        self.whole.lives += 1;
        let setup =
            house::setup(&self.weather, self.seed + (u64::from(self.whole.lives) << 40), self.edition);
        self.turn = Turn::new(setup, house::ports(&self.weather), self.clock());
        let calls: Vec<CallId> = left.unheard.iter().map(|(call, _)| *call).collect();
        if !calls.is_empty() {
            self.later(CLOSED_AFTER, Thing::CloseUnheard(calls));
        }
        self.tell("what nobody has heard", Input::Unheard(left.unheard))?;
        self.clerk_begins();
        self.round_soon(Duration::from_millis(5));
        Ok(())
    }

    /// Those of these calls that are open still are closed.
    pub fn close_unheard(&mut self, calls: &[CallId]) -> Result<(), String> {
        if self.whole.much(What::Away, self.now).is_some() {
            self.later(SUPERVISED, Thing::CloseUnheard(calls.to_vec()));
            return Ok(());
        }
        // What still is on its way to the store may say that somebody has taken it up.
        self.replay()?;
        let utc_ms = self.clock().utc_ms;
        let left = self.whole.front.shelf().books.close(utc_ms, Some(calls));
        self.whole.deeds.iter_mut().for_each(|deeds| deeds.push(Deed::Closed(utc_ms, calls.to_vec())));
        self.say(|| format!("closed: {:?}", left.interrupted));
        Ok(())
    }
}
