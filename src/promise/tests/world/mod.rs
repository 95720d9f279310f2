//! A small house in virtual time: one node runs the tasks, people answer as their habits say, and everything is a line of text.
#![allow(dead_code, reason = "each test uses its part")]

pub mod house;
pub mod notices;
pub mod people;
pub mod time;
pub mod words;

use std::sync::LazyLock;

use calendar::Calendar;
use promise::{
    Again, Answers, CallId, Case, CaseId, Citizen, Claim, Event, Of, Opening, Order, Outcome, Placed, Proof,
    Refusal, Settings, Terms, Track,
};

use house::{Done, House};
use people::{Habit, People};

/// More turns than this at one moment are a loop.
const MOST_TURNS: u32 = 10_000;

/// One thing that the house has done.
pub struct Line {
    pub at: i64,
    pub of: Option<Of>,
    pub text: String,
}

struct Talking {
    ends: i64,
    claim: Claim,
    placed: Placed,
    order: Order,
    outcome: Outcome,
}

pub struct World {
    pub now: i64,
    pub house: House,
    pub people: People,
    pub lines: Vec<Line>,
    calls: Vec<Talking>,
    minted: u128,
    node: promise::Name,
}

/// Answers that say yes to everything.
pub fn whole(score: u8) -> Answers {
    Answers { first: Some(true), second: Some(true), score: Some(score) }
}

impl World {
    pub fn new(now: i64) -> Self {
        static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| notices::calendar(&[2024, 2025, 2026]));
        Self {
            now,
            house: House::new(CALENDAR.clone(), Settings::default(), Terms::default()),
            people: People::default(),
            lines: Vec::new(),
            calls: Vec::new(),
            minted: 0,
            node: "a".into(),
        }
    }

    pub fn mint(&mut self) -> u128 {
        self.minted += 1;
        self.minted
    }

    pub fn open(&mut self, track: Track, known: bool, urgent: bool) -> CaseId {
        let id = CaseId(self.mint());
        let citizen = known.then_some(Citizen(id.0));
        let opening = Opening { at: self.now, track, citizen, confidential: false, urgent, repeat_of: None };
        self.house.open(id, opening).unwrap();
        id
    }

    pub fn case(&self, id: CaseId) -> &Case {
        &self.house.cases[&id]
    }

    /// An event by a person.
    pub fn tell(&mut self, id: CaseId, event: Event) -> Result<(), Refusal> {
        match self.house.tell(self.now, id, event) {
            Ok(done) => {
                self.log(&done);
                Ok(())
            }
            Err(refusal) => {
                let text = format!("refused {}", refusal.word());
                self.lines.push(Line { at: self.now, of: Some(Of::Case(id)), text });
                Err(refusal)
            }
        }
    }

    pub fn rebuild_all(&mut self) {
        self.house.rebuild_all();
    }

    pub fn log(&mut self, done: &Done) {
        let texts = done.actions.iter().filter_map(words::action);
        self.lines.extend(texts.map(|text| Line { at: self.now, of: Some(done.of.clone()), text }));
    }

    /// Everything until a moment, that moment included.
    pub fn run_until(&mut self, until: i64) {
        loop {
            self.settle();
            let table = self.house.table.next_at(self.now);
            let calls = self.calls.iter().map(|call| call.ends).min();
            let clock = self.house.clock(self.now);
            let morning = (!clock.is_day(self.now)).then(|| clock.by_day(self.now));
            let next = [table, calls, morning].into_iter().flatten().min().filter(|at| *at <= until);
            let Some(next) = next else { break };
            self.now = next.max(self.now);
        }
        self.now = until.max(self.now);
    }

    /// Everything that can happen at this moment.
    fn settle(&mut self) {
        for _ in 0..MOST_TURNS {
            let over = self.calls.iter().position(|call| call.ends <= self.now);
            if let Some(over) = over {
                let call = self.calls.remove(over);
                self.over(call);
                continue;
            }
            for key in self.house.table.release(self.now) {
                self.given_up(&key);
            }
            self.house.table.expire(self.now);
            let is_day = self.house.clock(self.now).is_day(self.now);
            let node = self.node.clone();
            let Some(claim) = self.house.table.claim(self.now, &node, is_day) else { return };
            let done = self.house.due(self.now, &claim);
            self.log(&done);
            if let Some(order) = done.order().cloned() {
                self.place(claim, order);
            }
        }
        panic!("no end at {}", time::say(self.now));
    }

    /// The node is away for so long (ms): its calls are gone, its leases run out, and it begins again from the durable rows.
    pub fn crash(&mut self, away: i64) {
        self.calls.clear();
        self.now += away;
        self.rebuild_all();
    }

    fn place(&mut self, claim: Claim, order: Order) {
        let placed = Placed { call: CallId(self.mint()), began_at: self.now };
        match self.people.fate(&order) {
            (after, Some(outcome)) => {
                self.calls.push(Talking { ends: self.now + after, claim, placed, order, outcome });
            }
            (_, None) => {
                let again = self.house.table.failed(self.now, &claim, "no trunk".into()).unwrap();
                if again == Again::Human {
                    self.given_up(&claim.key);
                }
            }
        }
    }

    fn given_up(&mut self, key: &promise::Key) {
        let done = self.house.given_up(self.now, key);
        self.log(&done);
    }

    fn over(&mut self, call: Talking) {
        let Some(done) = self.house.called(self.now, &call.claim, call.placed, call.outcome.clone()) else {
            return;
        };
        self.log(&done);
        let (Of::Case(id), Habit::Connects(staff)) = (&done.of, self.people.habit(&call.order.to).clone())
        else {
            return;
        };
        if matches!(call.outcome, Outcome::Received(_) | Outcome::Acknowledged(_)) {
            let proof = Proof::Proven(call.placed.call);
            self.tell(*id, Event::CalledBack(proof, staff.as_str().into())).unwrap();
        }
    }
}
