//! Bytes of strangers and forged ones on the browsers' port, with a leg in every state: nothing is answered, nothing ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use media::srtp::{Guard, TAIL};
use media::{Engine, Port};
use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME, RawAttribute};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, TransactionId};
use rtc_stun::textattrs::TextAttribute;

use crate::contract::{Counts, Credentials, Far, Leg, Order};
use crate::dtls::{Handshake, Identity, Step};
use crate::hub::Hub;

const LEG: Leg = Leg(1);

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// xorshift64*: the same seed makes the same garbage.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % limit
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.below(256) as u8).collect()
    }

    /// Random bytes that look like STUN, DTLS, SRTP, SRTCP or nothing by their first ones, or an earlier datagram, changed.
    fn garbage(&mut self, seen: &[Vec<u8>]) -> Vec<u8> {
        let heads: [&[u8]; 7] = [
            &[0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42],
            &[22, 254, 253, 0, 0],
            &[21, 254, 253, 0, 1],
            &[0x80, 8],
            &[0x80, 200, 0, 6],
            &[100],
            &[],
        ];
        let pick = self.below(heads.len() + 6);
        if let Some(head) = heads.get(pick) {
            let length = self.below(200);
            return [head, &self.bytes(length)[..]].concat();
        }
        let mut bytes = seen.get(self.below(seen.len().max(1))).cloned().unwrap_or_default();
        if bytes.is_empty() {
            return bytes;
        }
        match self.below(4) {
            0 => bytes.truncate(self.below(bytes.len())),
            1 => bytes.extend(self.bytes(40)),
            _ => {
                for _ in 0..=self.below(3) {
                    let place = self.below(bytes.len());
                    bytes[place] ^= 1 << self.below(8);
                }
            }
        }
        bytes
    }
}

/// A hub with one leg, and the browser of it.
struct Bench {
    hub: Hub,
    counts: Arc<Counts>,
    now: Instant,
    port: Port,
    out: Vec<(SocketAddr, Vec<u8>)>,
    ours: Credentials,
    identity: Identity,
    handshake: Option<Handshake>,
    guard: Option<Guard>,
    print: [u8; 32],
    home: SocketAddr,
    /// What the browser has sent.
    seen: Vec<Vec<u8>>,
    sequence: u16,
    _engine: Engine,
}

impl Bench {
    fn new() -> Self {
        let settings = media::Settings {
            address: [127, 0, 0, 1].into(),
            ports: (0, 0),
            legs_per_port: 1,
            any: 1,
            inside: 1,
            threads: 1,
            lost_after: Duration::from_secs(60),
            recordings: Default::default(),
        };
        let (mut engine, mut pool, _) = Engine::start(&settings).unwrap();
        let (counts, now) = (Arc::<Counts>::default(), Instant::now());
        let identity = Identity::new().unwrap();
        let print = identity.print;
        let ours = Credentials {
            fragment: "ours".into(),
            password: "a password of ours that is long".to_owned().into(),
        };
        Self {
            hub: Hub::new(identity, engine.rings().ends, Arc::clone(&counts), now),
            counts,
            now,
            port: pool.take_inside(0, Duration::ZERO).unwrap(),
            out: Vec::new(),
            ours,
            identity: Identity::new().unwrap(),
            handshake: None,
            guard: None,
            print,
            home: at("192.0.2.7:50000"),
            seen: Vec::new(),
            sequence: 0,
            _engine: engine,
        }
    }

    fn order(&mut self, order: Order) {
        self.hub.order(self.now, order, &mut |to, bytes| self.out.push((to, bytes.to_vec())));
    }

    fn give(&mut self, from: SocketAddr, bytes: &[u8]) {
        self.now += Duration::from_micros(200);
        let mut bytes = bytes.to_vec();
        self.hub.receive(self.now, from, &mut bytes, &mut |to, bytes| self.out.push((to, bytes.to_vec())));
    }

    /// The browser sends.
    fn send(&mut self, bytes: Vec<u8>) {
        self.give(self.home, &bytes);
        self.seen.push(bytes);
    }

    fn open(&mut self) {
        let (port, ours) = (self.port, self.ours.clone());
        self.order(Order::Open { leg: LEG, port, ours });
    }

    fn meet(&mut self) {
        let far = Far { fragment: "far1".into(), fingerprints: vec![self.identity.print], client: false };
        let ours = self.ours.clone();
        self.order(Order::Meet { leg: LEG, ours, far: Box::new(far) });
    }

    fn check(&self) -> Vec<u8> {
        let password = self.ours.password.to_string();
        let proof =
            MessageIntegrity::new_short_term_integrity_with_provider(password, self.identity.crypto());
        let mut check = Message::default();
        let wanted = RawAttribute { typ: ATTR_USE_CANDIDATE, ..RawAttribute::default() };
        check
            .build(&[
                Box::new(TransactionId::new()),
                Box::new(BINDING_REQUEST),
                Box::new(TextAttribute::new(ATTR_USERNAME, "ours:far1".into())),
                Box::new(wanted),
                Box::new(proof),
                Box::new(FINGERPRINT),
            ])
            .unwrap();
        check.raw
    }

    /// The browser begins the handshake, or takes what came for it and goes on. Whether it has its keys.
    fn shake(&mut self) -> bool {
        let far = Far { fragment: "ours".into(), fingerprints: vec![self.print], client: true };
        let mut handshake =
            self.handshake.take().unwrap_or_else(|| Handshake::new(&self.identity, &far).unwrap());
        handshake.begin(self.now);
        for (to, bytes) in std::mem::take(&mut self.out) {
            if to == self.home
                && bytes.first().is_some_and(|first| (20..=63).contains(first))
                && let Step::Keys(keys) = handshake.read(self.now, &bytes)
            {
                self.guard = Some(Guard::new(&keys));
            }
        }
        while let Some(bytes) = handshake.poll() {
            self.send(bytes.to_vec());
        }
        self.handshake = Some(handshake);
        self.guard.is_some()
    }

    /// A packet of the browser's sound is taken.
    fn is_heard(&mut self) -> bool {
        let mut packet = vec![0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
        packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        self.sequence += 1;
        packet.resize(172 + TAIL, 0xd5);
        let length = self.guard.as_mut().unwrap().protect(&mut packet, 172).unwrap();
        packet.truncate(length);
        let before = self.dropped();
        self.send(packet);
        self.dropped() == before
    }

    fn dropped(&self) -> u64 {
        let Counts { strangers, forged, late } = &*self.counts;
        [strangers, forged, late].map(|count| count.load(Ordering::Relaxed)).iter().sum()
    }

    /// The steps of a leg's life, up to the one of this number.
    fn live(&mut self, step: usize) -> bool {
        match step {
            0 => {}
            1 => self.open(),
            2 => self.meet(),
            3 => {
                let check = self.check();
                self.send(check);
                assert_eq!(self.out.len(), 1, "a check is answered");
            }
            _ => return self.shake(),
        }
        false
    }
}

#[test]
fn garbage_of_strangers_is_answered_with_nothing_and_keeps_no_leg_from_its_keys() {
    let stranger = at("198.51.100.9:4444");
    for seed in 1..6 {
        let (mut bench, mut dice) = (Bench::new(), Dice(seed));
        let mut step = 0;
        while !bench.live(step) {
            step += 1;
            assert!(step < 20, "the handshake does not end");
            let before = (bench.dropped(), bench.out.len());
            for _ in 0..300 {
                let garbage = dice.garbage(&bench.seen);
                bench.give(stranger, &garbage);
            }
            assert_eq!(bench.out.len(), before.1, "step {step}: something was sent");
            assert_eq!(bench.dropped(), before.0 + 300, "step {step}: something was taken");
            assert_eq!(bench.hub.poll(), None, "step {step}");
        }
        assert!(bench.is_heard(), "seed {seed}");
    }
}

#[test]
fn a_leg_that_is_up_is_not_ended_by_what_is_forged_with_its_own_address() {
    for seed in 1..6 {
        let (mut bench, mut dice) = (Bench::new(), Dice(seed));
        for step in 0..20 {
            if bench.live(step) {
                break;
            }
        }
        assert!(bench.is_heard());
        for _ in 0..2_000 {
            let garbage = dice.garbage(&bench.seen);
            bench.give(bench.home, &garbage);
        }
        assert_eq!(bench.hub.poll(), None, "seed {seed}");
        assert!(bench.out.iter().all(|(to, _)| *to == bench.home));
        assert!(bench.is_heard(), "seed {seed}");
    }
}

#[test]
fn forged_messages_before_the_keys_may_break_the_handshake_and_nothing_else() {
    for seed in 1..11 {
        let (mut bench, mut dice) = (Bench::new(), Dice(seed));
        for step in 0..20 {
            if bench.live(step) {
                break;
            }
            for _ in 0..50 {
                let garbage = dice.garbage(&bench.seen);
                bench.give(bench.home, &garbage);
            }
        }
        // Whatever came of it, the leg is over by its patience at the latest, and its ring is free again.
        bench.now += crate::PATIENCE + Duration::from_secs(1);
        let mut out = Vec::new();
        bench.hub.due(bench.now, &mut |to, bytes| out.push((to, bytes.to_vec())));
        let over = bench.hub.poll().is_some();
        assert!(over || bench.guard.is_some(), "seed {seed}: neither keys nor an end");
        bench.order(Order::Close { leg: LEG });
        bench.hub.poll();
        bench.open();
        assert_eq!(bench.hub.poll(), None, "seed {seed}: the ring is not free");
    }
}
