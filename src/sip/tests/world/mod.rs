//! Two stacks over a seeded wire that loses, doubles and reorders; each test file uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use sip::{
    Event, Flow, Host, Invite, NameAddr, Net, Output, Peer, Policy, SessionId, Settings, Stack, Target, Uri,
};

/// xorshift64*: enough chance for a wire.
pub struct Chance(u64);

impl Chance {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

pub struct End {
    pub stack: Stack,
    pub events: Vec<Event>,
}

/// Two ends and the packets between them, by time of arrival.
pub struct World {
    pub now: Duration,
    pub ends: [End; 2],
    air: BTreeMap<(Duration, u64), (usize, Flow, Vec<u8>)>,
    pub chance: Chance,
    pub loss: u64,
    sent: u64,
    /// Changes what is sent before it arrives: an end that can do less, or says something else.
    pub edit: Option<fn(String) -> String>,
    /// Every message that was sent, by its sender, also what the wire lost.
    pub log: Vec<(usize, String)>,
}

pub fn address(end: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, u8::try_from(end).unwrap() + 1], 5060))
}

fn settings(n: u8, policy: Policy) -> Settings {
    let peers = vec![Peer { policy, ..Peer::at("far", vec![Net::parse("127.0.0.0/8").unwrap()]) }];
    Settings { seed: [n; 32], peers, ..Settings::default() }
}

impl World {
    /// How often the ends ask by OPTIONS from now on, with the usual policy.
    pub fn ask_every(&mut self, ask_every: Duration) {
        for end in &mut self.ends {
            end.stack.reconfigure(Settings { ask_every, ..settings(1, Policy::default()) });
        }
    }

    /// Nobody asks by OPTIONS any more; the policies stay.
    pub fn stop_asking(&mut self, policies: [Policy; 2]) {
        for (end, policy) in self.ends.iter_mut().zip(policies) {
            end.stack.reconfigure(Settings { ask_every: Duration::ZERO, ..settings(1, policy) });
        }
    }

    /// An end loses its power: it is there again at once, and knows nothing.
    pub fn restart(&mut self, end: usize) {
        let n = u8::try_from(end).unwrap();
        self.ends[end].stack = Stack::new(settings(n + 101, Policy::default()));
    }

    pub fn new(seed: u64, loss: u64) -> Self {
        Self::with(seed, loss, [Policy::default(); 2])
    }

    /// Each end speaks to the other by its own policy.
    pub fn with(seed: u64, loss: u64, policies: [Policy; 2]) -> Self {
        let end =
            |n: u8| End { stack: Stack::new(settings(n, policies[usize::from(n) - 1])), events: Vec::new() };
        let chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        Self {
            now: Duration::ZERO,
            ends: [end(1), end(2)],
            air: BTreeMap::new(),
            chance,
            loss,
            sent: 0,
            edit: None,
            log: Vec::new(),
        }
    }

    /// Moves what the stacks want to send into the air, and notes their events.
    pub fn drain(&mut self) {
        for from in 0..2 {
            while let Some(output) = self.ends[from].stack.poll() {
                match output {
                    Output::Event(_, event) => self.ends[from].events.push(event),
                    Output::Locate(ticket, _) => self.ends[from].stack.located(ticket, Vec::new()),
                    Output::Send(flow, bytes) => {
                        let text = String::from_utf8_lossy(&bytes).into_owned();
                        self.log.push((from, text.clone()));
                        let bytes = self.edit.map_or(bytes, |edit| edit(text).into_bytes());
                        let copies = if self.chance.below(100) < self.loss {
                            0
                        } else {
                            1 + u64::from(self.chance.below(20) == 0)
                        };
                        for _ in 0..copies {
                            let delay = Duration::from_millis(5 + self.chance.below(40));
                            self.sent += 1;
                            let back = Flow::udp(flow.remote, flow.local);
                            self.air.insert((self.now + delay, self.sent), (1 - from, back, bytes.clone()));
                        }
                    }
                }
            }
        }
    }

    /// Goes to the next thing that happens, at most to `until`; `false` when nothing happens before it.
    pub fn step(&mut self, until: Duration) -> bool {
        self.drain();
        let packet = self.air.keys().next().map(|(at, _)| *at);
        let timers = self.ends.iter().filter_map(|e| e.stack.next_timeout()).min();
        let Some(at) = packet.into_iter().chain(timers).min().filter(|at| *at <= until) else {
            self.now = until;
            return false;
        };
        self.now = self.now.max(at);
        if packet.is_some_and(|p| p <= self.now) {
            let (_, (to, flow, bytes)) = self.air.pop_first().unwrap();
            self.ends[to].stack.receive(self.now, &flow, &bytes);
        }
        for end in &mut self.ends {
            end.stack.timeout(self.now);
        }
        self.drain();
        true
    }

    pub fn run(&mut self, length: Duration, mut each: impl FnMut(&mut Self)) {
        let until = self.now + length;
        while self.step(until) {
            each(self);
        }
        each(self);
    }

    pub fn call(&mut self) -> SessionId {
        self.call_with(Some(b"v=0\r\n".to_vec()))
    }

    /// A call; without an offer the called end makes it.
    pub fn call_with(&mut self, offer: Option<Vec<u8>>) -> SessionId {
        let invite = Invite {
            to: Target::Uri(
                Box::new(Uri::parse("sip:89000@127.0.0.2").unwrap()),
                Flow::udp(address(0), address(1)),
            ),
            from: NameAddr::new(Uri::sip("13800000000", Host::V4([127, 0, 0, 1].into()), None)),
            headers: Vec::new(),
            offer,
            credentials: None,
            policy: None,
            token: 0,
        };
        let now = self.now;
        self.ends[0].stack.invite(now, invite).unwrap()
    }

    pub fn incoming(&self) -> Option<SessionId> {
        self.ends[1].events.iter().find_map(|e| match e {
            Event::Incoming { session, .. } => Some(*session),
            _ => None,
        })
    }

    /// How many messages of this end begin so; what is sent twice counts twice.
    pub fn said(&self, end: usize, begins: &str) -> usize {
        self.log.iter().filter(|(from, text)| *from == end && text.starts_with(begins)).count()
    }

    /// The first message of this end that begins so.
    pub fn first(&self, end: usize, begins: &str) -> &str {
        let found = self.log.iter().find(|(from, text)| *from == end && text.starts_with(begins));
        &found.unwrap_or_else(|| panic!("end {end} sent no {begins}: {:#?}", self.log)).1
    }

    pub fn heard(&self, end: usize, what: impl Fn(&Event) -> bool) -> usize {
        self.ends[end].events.iter().filter(|e| what(e)).count()
    }
}

pub fn over(event: &Event) -> bool {
    matches!(event, Event::Failed { .. } | Event::Ended { .. })
}

/// Two ends that talk; their sessions.
pub fn talk(w: &mut World) -> (SessionId, SessionId) {
    let out = w.call();
    w.run(Duration::from_millis(200), |_| {});
    let (inc, now) = (w.incoming().unwrap(), w.now);
    w.ends[1].stack.accept(now, inc, b"v=0\r\n".to_vec()).unwrap();
    w.run(Duration::from_secs(1), |_| {});
    (out, inc)
}
