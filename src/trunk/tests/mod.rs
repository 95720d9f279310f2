//! Trunks in virtual time: scenarios against exchanges that answer, fall silent and refuse, and anything in any order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod asking;
mod calls;
mod finding;
mod random;
mod registering;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{Action, Answer, Event, Line, Settings, State, Way};

pub fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How a destination behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exchange {
    /// Answers 200 after 20 ms and grants what is asked.
    Well,
    /// Says nothing; whoever carries the request tells 408 after 32 s.
    Dead,
    /// Answers everything with this.
    Says(Answer),
}

/// One trunk, its exchanges, and everything that it did.
pub struct World {
    pub line: Line<&'static str>,
    pub now: Duration,
    pub exchanges: BTreeMap<&'static str, Exchange>,
    /// What a look-up finds, and for how long.
    pub names: (Result<Vec<&'static str>, String>, Duration),
    pub did: Vec<(Duration, Action<&'static str>)>,
    coming: Vec<(Duration, Event<&'static str>)>,
}

impl World {
    pub fn new(settings: Settings, way: Way<&'static str>) -> Self {
        let line = Line::new(settings, way, 7, Duration::ZERO);
        let names = (Ok(vec!["a", "b"]), s(300));
        let exchanges = ["a", "b", "c"].map(|at| (at, Exchange::Well)).into();
        Self { line, now: Duration::ZERO, exchanges, names, did: Vec::new(), coming: Vec::new() }
    }

    /// A trunk with destinations `a` and `b`.
    pub fn fixed(settings: Settings) -> Self {
        Self::new(settings, Way::Fixed(vec!["a", "b"]))
    }

    pub fn tell(&mut self, event: Event<&'static str>) {
        self.line.handle(self.now, event);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(action) = self.line.poll() {
            let (after, event) = match &action {
                Action::Locate(ticket) => {
                    let (found, good_for) = self.names.clone();
                    (20, Some(Event::Located(*ticket, found, good_for)))
                }
                Action::Register { request, to, expires } => self.answer(*request, to, Some(*expires)),
                Action::Ask { request, to } => self.answer(*request, to, None),
                Action::Changed(_) => (0, None),
            };
            self.coming.extend(event.map(|e| (self.now + Duration::from_millis(after), e)));
            self.did.push((self.now, action));
        }
    }

    fn answer(&self, request: u64, to: &str, expires: Option<u32>) -> (u64, Option<Event<&'static str>>) {
        let (after, answer) = match self.exchanges[to] {
            Exchange::Well => (20, Answer { expires, ..Answer::status(200) }),
            Exchange::Dead => (32_000, Answer::status(408)),
            Exchange::Says(answer) => (20, answer),
        };
        (after, Some(Event::Answered(request, answer)))
    }

    pub fn until(&mut self, end: Duration) {
        self.drain();
        let mut steps = 0;
        loop {
            steps += 1;
            assert!(steps < 200_000, "it spins at {:?}", self.now);
            let next =
                self.coming.iter().enumerate().min_by_key(|(_, (at, _))| *at).map(|(i, (at, _))| (i, *at));
            let timer = self.line.next_timeout();
            match (next, timer) {
                (Some((i, at)), timer) if at <= end && timer.is_none_or(|t| at <= t) => {
                    self.now = self.now.max(at);
                    let (_, event) = self.coming.swap_remove(i);
                    self.tell(event);
                }
                (_, Some(at)) if at <= end => {
                    self.now = self.now.max(at);
                    self.tell(Event::Timeout);
                }
                (_, _) => break,
            }
        }
        self.now = end;
    }

    /// Where it registered since, and when; 0 s are left out.
    pub fn registered(&self, since: Duration) -> Vec<(&'static str, Duration)> {
        let one = |(at, action): &(Duration, Action<&'static str>)| match action {
            Action::Register { to, expires, .. } if *expires > 0 && *at >= since => Some((*to, *at)),
            _ => None,
        };
        self.did.iter().filter_map(one).collect()
    }

    pub fn asked(&self, whom: &str, since: Duration) -> Vec<Duration> {
        let hit = |(at, action): &&(Duration, Action<&'static str>)| {
            *at >= since && matches!(action, Action::Ask { to, .. } if *to == whom)
        };
        self.did.iter().filter(hit).map(|(at, _)| *at).collect()
    }

    pub fn changes(&self) -> Vec<State> {
        let one = |(_, action): &(Duration, Action<&'static str>)| match action {
            Action::Changed(state) => Some(state.clone()),
            _ => None,
        };
        self.did.iter().filter_map(one).collect()
    }
}

pub fn registering() -> Settings {
    Settings { register: Some(s(3600)), ..Settings::default() }
}

pub fn asking(every: u64) -> Settings {
    Settings { qualify: s(every), ..Settings::default() }
}
