//! The year: one heap of what comes, two nodes that claim and call, and people who do their part or do not.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use promise::{
    Again, CallId, Citizen, Claim, Event, Figures, Key, Month, Of, Order, Outcome, Placed, Proof, To,
};

use super::almanac;
use super::dice::Dice;
use super::nodes::{LINES, Node, Talk};
use super::people::{self, DAY, Deed, HOUR, MINUTE, SECOND};
use crate::world::house::House;
use crate::world::time::at;

/// What comes.
#[derive(Clone, Debug)]
pub(super) enum Next {
    /// A citizen calls.
    Citizen(u64),
    /// Somebody does something.
    Person(Deed),
    /// A call of a node is over.
    Over(usize, u64),
    /// ... or its lease is half gone.
    Renew(usize, u64),
    Crash(usize),
    /// Both nodes, for half an hour to two.
    Outage,
    Restart(usize),
    /// Tasks are due, or leases run out.
    Look,
    /// The first of a month.
    Month(Month),
    /// Next year's notice appears.
    Notice,
}

/// What is counted on the way, to show that the weather was bad enough.
#[derive(Default, Debug)]
pub struct Weather {
    pub calls: u64,
    pub cases: u64,
    pub crashes: u64,
    pub torn: u64,
    pub leases_lost: u64,
    pub late_results: u64,
    pub no_lines: u64,
    pub refused: u64,
    pub done: u64,
    pub latest_start: i64,
}

pub struct Sim {
    pub house: House,
    pub now: i64,
    pub figures: Figures,
    pub heard: Vec<(Option<u64>, bool)>,
    pub desks: Vec<bool>,
    pub weather: Weather,
    pub completions: BTreeMap<Key, u32>,
    pub swept: u64,
    pub notice_at: i64,
    pub with_notice: calendar::Calendar,
    pub(super) dice: Dice,
    pub(super) nodes: [Node; 2],
    pub(super) heap: BinaryHeap<Reverse<(i64, u64)>>,
    pub(super) coming: BTreeMap<u64, Next>,
    pub(super) sequence: u64,
    pub(super) look_at: i64,
    pub(super) open_callbacks: BTreeMap<Citizen, CallId>,
    pub(super) end: i64,
}

impl Sim {
    pub fn new(house: House, with_notice: calendar::Calendar, seed: u64, citizens: u64) -> Self {
        let start = at("2026-01-01 00:00");
        let mut sim = Self {
            house,
            now: start,
            figures: Figures::default(),
            heard: Vec::new(),
            desks: Vec::new(),
            weather: Weather::default(),
            completions: BTreeMap::new(),
            swept: 0,
            notice_at: at("2026-12-20 10:00"),
            with_notice,
            dice: Dice::new(seed),
            nodes: [Node::new("a", 3 * SECOND), Node::new("b", -4 * SECOND)],
            heap: BinaryHeap::new(),
            coming: BTreeMap::new(),
            sequence: 0,
            look_at: i64::MAX,
            open_callbacks: BTreeMap::new(),
            end: at("2027-01-01 00:00"),
        };
        sim.prepare(start, citizens);
        sim
    }

    fn prepare(&mut self, start: i64, citizens: u64) {
        for citizen in 0..citizens {
            let day = start + i64::try_from(self.dice.below(365)).unwrap() * DAY;
            let hour = if self.dice.percent(85) {
                self.dice.between(8 * HOUR, 21 * HOUR)
            } else {
                self.dice.between(0, DAY)
            };
            self.push(day + hour, Next::Citizen(citizen));
        }
        // At least fifty crashes, whatever the length.
        for _ in 0..50 + citizens / 1000 {
            let when = self.dice.between(start, self.end);
            let node = usize::try_from(self.dice.below(2)).unwrap();
            self.push(when, Next::Crash(node));
        }
        // Once a month the whole house is away, by day; in some just before those are called who waited for the morning.
        for month in 1..=12 {
            let from = at(&format!("2026-{month:02}-{:02} 07:55", 1 + self.dice.below(28)));
            let when = if month % 3 == 0 { from } else { from + self.dice.between(0, 10 * HOUR) };
            self.push(when, Next::Outage);
        }
        for day in 0..430 {
            // 08:00: whoever waited for the morning is called.
            self.push(start + day * DAY + 8 * HOUR + 5 * SECOND, Next::Look);
        }
        for month in 1..=12 {
            let from = at(&format!("2026-{month:02}-01 00:00"));
            self.push(from, Next::Month(Month { year: 2026, month }));
        }
        self.push(self.notice_at, Next::Notice);
    }

    pub(super) fn push(&mut self, at: i64, next: Next) {
        self.sequence += 1;
        self.heap.push(Reverse((at, self.sequence)));
        self.coming.insert(self.sequence, next);
    }

    /// Until nothing is to come any more.
    pub fn run(&mut self) {
        while let Some(Reverse((at, number))) = self.heap.pop() {
            assert!(at >= self.now, "time runs backwards");
            self.now = at;
            let next = self.coming.remove(&number).unwrap();
            self.happen(next);
            self.claim_all();
            self.look_again();
        }
    }

    fn happen(&mut self, next: Next) {
        match next {
            Next::Citizen(citizen) => self.citizen(citizen),
            Next::Person(deed) => self.person(deed),
            Next::Over(node, talk) => self.over(node, talk),
            Next::Renew(node, talk) => self.renew(node, talk),
            Next::Crash(node) => {
                let away = self.dice.between(5 * SECOND, 15 * MINUTE);
                self.crash(node, away);
            }
            Next::Outage => {
                let away = self.dice.between(30 * MINUTE, 2 * HOUR);
                self.crash(0, away);
                self.crash(1, away);
            }
            Next::Restart(node) => self.nodes[node].up = true,
            Next::Look => {
                if self.look_at <= self.now {
                    self.look_at = i64::MAX;
                }
            }
            Next::Month(month) => self.month(month),
            Next::Notice => self.notice(),
        }
    }

    /// Some node that is up; else it is tried again.
    pub(super) fn anybody(&mut self) -> Option<usize> {
        let first = usize::try_from(self.dice.below(2)).unwrap();
        [first, 1 - first].into_iter().find(|node| self.nodes[*node].up)
    }

    /// The node is gone with all that was not committed; everything that others work with comes from the rows again.
    fn crash(&mut self, node: usize, away: i64) {
        if !self.nodes[node].up {
            return;
        }
        self.weather.crashes += 1;
        self.nodes[node].up = false;
        self.nodes[node].talks.clear();
        self.house.rebuild_open();
        self.push(self.now + away, Next::Restart(node));
    }

    fn claim_all(&mut self) {
        let first = usize::try_from(self.dice.below(2)).unwrap();
        for node in [first, 1 - first] {
            self.claim(node);
        }
    }

    fn claim(&mut self, node: usize) {
        while self.nodes[node].up && self.nodes[node].talks.len() < LINES {
            let now = self.nodes[node].now(self.now);
            let given_up = self.house.table.release(now);
            for key in given_up {
                let done = self.house.given_up(now, &key);
                self.watch(&done);
            }
            self.house.table.expire(now);
            let name = self.nodes[node].name.clone();
            let Some(claim) = self.house.table.claim(now, &name, almanac::is_day(now)) else { return };
            for other in &self.nodes {
                assert!(!other.believes(self.now, &claim.key), "{} runs twice at once", claim.key);
            }
            if claim.attempt > 1 {
                self.weather.leases_lost += 1;
            }
            self.weather.latest_start = self.weather.latest_start.max(claim.lag_ms);
            // Now and then the node dies between what it has worked out and the commit.
            if self.dice.below(2000) == 0 {
                self.torn(node, &claim);
                return;
            }
            let done = self.house.due(now, &claim);
            self.watch(&done);
            match done.order().cloned() {
                Some(order) => self.place(node, claim, &order),
                None => self.count(&claim.key),
            }
        }
    }

    fn torn(&mut self, node: usize, claim: &Claim) {
        self.weather.torn += 1;
        if let Of::Case(id) = &claim.key.of {
            let clock = self.house.clock(self.nodes[node].now(self.now));
            let mut working_copy = self.house.cases[id].clone();
            working_copy.handle(clock, Event::Due(claim.key.clone())).unwrap();
        }
        self.crash(node, 2 * MINUTE);
    }

    fn place(&mut self, node: usize, claim: Claim, order: &Order) {
        let now = self.nodes[node].now(self.now);
        let plan = self.house.table.get(&claim.key).unwrap().plan.clone();
        if let Some(lane) = &plan.lane {
            for other in &self.nodes {
                assert!(!other.occupies(self.now, lane), "{lane:?} is called twice at once");
            }
        }
        self.may_call(now, &claim, order);
        let (after, outcome) = people::fate(&mut self.dice, order);
        let Some(outcome) = outcome else {
            self.weather.no_lines += 1;
            if self.house.table.failed(now, &claim, "no trunk".into()).unwrap() == Again::Human {
                let done = self.house.given_up(now, &claim.key);
                self.watch(&done);
            }
            return;
        };
        let stalls = self.dice.below(500) == 0;
        let placed = Placed { call: CallId(self.dice.draw().into()), began_at: now };
        let after = if stalls { after + 4 * MINUTE } else { after };
        self.sequence += 1;
        let talk = self.sequence;
        if !stalls {
            self.push(self.now + 30 * SECOND, Next::Renew(node, talk));
        }
        self.push(self.now + after, Next::Over(node, talk));
        self.nodes[node].talks.insert(talk, Talk { claim, placed, outcome, lane: plan.lane, stalls });
    }

    /// Nobody who sleeps is called, unless they await it or it is urgent.
    fn may_call(&self, now: i64, claim: &Claim, order: &Order) {
        let To::Citizen(citizen) = &order.to else { return };
        let awaited = match &claim.key.of {
            Of::CallBack(call) => self.house.callbacks[call].is_awaited(),
            _ => false,
        };
        assert!(awaited || almanac::is_day(now), "{citizen:?} is called at night: {}", claim.key);
    }

    fn renew(&mut self, node: usize, number: u64) {
        let now = self.nodes[node].now(self.now);
        let Some(talk) = self.nodes[node].talks.get_mut(&number) else { return };
        self.house.table.renew(now, &mut talk.claim).expect("renewed in time");
        self.push(self.now + 30 * SECOND, Next::Renew(node, number));
    }

    fn over(&mut self, node: usize, number: u64) {
        let now = self.nodes[node].now(self.now);
        let Some(talk) = self.nodes[node].talks.remove(&number) else { return };
        let Some(done) = self.house.called(now, &talk.claim, talk.placed, talk.outcome.clone()) else {
            assert!(talk.stalls, "a lease was lost that was renewed");
            self.weather.late_results += 1;
            return;
        };
        self.count(&talk.claim.key);
        self.watch(&done);
        // 'Connect me now'.
        let Of::Case(id) = &done.of else { return };
        if matches!(talk.outcome, Outcome::Received(_)) && self.dice.percent(40) {
            let proof = Proof::Proven(talk.placed.call);
            self.tell(now, *id, Event::CalledBack(proof, "3001".into()));
        }
    }

    fn count(&mut self, key: &Key) {
        self.weather.done += 1;
        *self.completions.entry(key.clone()).or_default() += 1;
    }

    /// Comes back when the next task is due for some node, or a lease runs out.
    fn look_again(&mut self) {
        let up = self.nodes.iter().filter(|node| node.up);
        let wanted = up.filter_map(|node| {
            let next = self.house.table.next_at(node.now(self.now))?;
            Some((next - node.skew).max(self.now + 1))
        });
        let Some(at) = wanted.min() else { return };
        if at < self.look_at {
            self.look_at = at;
            self.push(at, Next::Look);
        }
    }
}
