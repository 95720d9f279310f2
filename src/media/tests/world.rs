//! Far ends that send a tone each and keep what they hear, over an array instead of a network.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use audio::FRAME;
use audio::g711::{self, Law};
use audio::{ear, rtp, tones};

use crate::command::{Codec, Command, Event, Group, Hearers, Leg, PlayTag, Room, Stream};
use crate::floor::Floor;
use crate::keys::Srtp;
use crate::line::{Channel, Line, Take};
use crate::ports::Port;
use crate::sound::Sound;
use crate::srtp::{Guard, TAIL};

pub const ROOM: Room = Room(1);
/// The wall clock at the first tick.
pub const UTC: i64 = 1_791_770_400_000;

/// Hertz of each far end's tone.
pub fn tone(leg: u64) -> f32 {
    350.0 + 170.0 * leg as f32
}

/// One far end.
pub struct Phone {
    pub addr: SocketAddr,
    /// Our socket that it speaks to.
    pub socket: u32,
    pub heard: Vec<i16>,
    pub keys: String,
    pub packets: Vec<Vec<u8>>,
    at: usize,
    pub silent: bool,
    /// Its next packet is lost on the way.
    pub lose: bool,
    /// It encrypts.
    pub guard: Option<Guard>,
    pub ssrc: u32,
    pub sequence: u16,
    /// The packet that it sent last, as it was on the wire.
    pub last: Vec<u8>,
    events: audio::dtmf::Receiver,
}

/// Packets that wait, with who sent them.
type Waiting = VecDeque<(Vec<u8>, SocketAddr)>;

#[derive(Default)]
pub struct Wire {
    to_us: BTreeMap<(u32, bool), Waiting>,
    from_us: Vec<(u32, SocketAddr, Vec<u8>)>,
    pub reports: usize,
    /// The last report that we sent.
    pub report: Vec<u8>,
}

impl Line for Wire {
    fn receive(&mut self, socket: u32, channel: Channel, take: Take<'_>) {
        let Some(waiting) = self.to_us.get_mut(&(socket, channel == Channel::Rtcp)) else { return };
        for (mut bytes, from) in waiting.drain(..) {
            take(from, Duration::ZERO, &mut bytes);
        }
    }

    fn send(&mut self, socket: u32, channel: Channel, to: SocketAddr, bytes: &[u8]) {
        match channel {
            Channel::Rtp => self.from_us.push((socket, to, bytes.to_vec())),
            Channel::Rtcp => {
                self.reports += 1;
                self.report = bytes.to_vec();
            }
        }
    }

    fn flush(&mut self) {}
}

impl Wire {
    /// RTCP for one of our ports.
    pub fn put_report(&mut self, port: u32, from: SocketAddr, bytes: &[u8]) {
        self.to_us.entry((port, true)).or_default().push_back((bytes.to_vec(), from));
    }

    /// A packet for one of our ports.
    pub fn put(&mut self, port: u32, from: SocketAddr, bytes: &[u8]) {
        self.to_us.entry((port, false)).or_default().push_back((bytes.to_vec(), from));
    }
}

pub struct World {
    pub floor: Floor,
    pub wire: Wire,
    pub phones: BTreeMap<u64, Phone>,
    pub events: Vec<Event>,
    pub ticks: u64,
    /// Where our packets went that no phone was there to take.
    elsewhere: Vec<SocketAddr>,
}

pub fn stream(leg: u64) -> Stream {
    Stream {
        remote: Some(address(leg)),
        rtcp_mux: false,
        codec: if leg.is_multiple_of(2) { Codec::Pcmu } else { Codec::Pcma },
        payload_type: if leg.is_multiple_of(2) { 0 } else { 8 },
        also: Vec::new(),
        dtmf: Some(101),
        send: true,
        receive: true,
        srtp: None,
    }
}

/// The same keys at the other end.
pub fn mirrored(keys: &Srtp) -> Srtp {
    Srtp { send: keys.receive.clone(), receive: keys.send.clone() }
}

pub fn address(leg: u64) -> SocketAddr {
    ([127, 0, 0, 1], 10_000 + leg as u16).into()
}

fn law(leg: u64) -> Law {
    if leg.is_multiple_of(2) { Law::Mu } else { Law::A }
}

impl World {
    pub fn new() -> Self {
        Self::with(Floor::deaf(Duration::from_secs(10)))
    }

    pub fn with(floor: Floor) -> Self {
        let mut world = Self {
            floor,
            wire: Wire::default(),
            phones: BTreeMap::new(),
            events: Vec::new(),
            ticks: 0,
            elsewhere: Vec::new(),
        };
        world.order(Command::OpenRoom { room: ROOM, recording: None });
        world
    }

    pub fn now(&self) -> Duration {
        Duration::from_millis(20) * self.ticks as u32
    }

    pub fn utc_ms(&self) -> i64 {
        UTC + 20 * i64::try_from(self.ticks).unwrap()
    }

    pub fn order(&mut self, command: Command) {
        self.floor.order(self.now(), command);
        while let Some(event) = self.floor.poll() {
            self.events.push(event);
        }
    }

    pub fn open(&mut self, leg: u64) {
        self.open_as(leg, stream(leg));
    }

    /// A leg with a seat whose packets are encrypted; `keys` as we have them.
    pub fn sit_secured(&mut self, leg: u64, group: Group, keys: &Srtp) {
        self.open_as(leg, Stream { srtp: Some(Box::new(keys.clone())), ..stream(leg) });
        self.phones.get_mut(&leg).unwrap().guard = Some(Guard::new(&mirrored(keys)));
        self.seat(leg, group);
    }

    /// A leg with a seat on this socket.
    pub fn sit_on(&mut self, socket: u32, leg: u64, group: Group) {
        self.open_on(socket, leg, stream(leg));
        self.seat(leg, group);
    }

    pub fn open_as(&mut self, leg: u64, media: Stream) {
        self.open_on(leg as u32, leg, media);
    }

    pub fn open_on(&mut self, socket: u32, leg: u64, media: Stream) {
        let port = Port { thread: 0, index: leg as u32, socket, addr: ([127, 0, 0, 1], 20_000).into() };
        self.order(Command::Open { leg: Leg(leg), port, media });
        self.phones.insert(
            leg,
            Phone {
                addr: address(leg),
                socket,
                heard: Vec::new(),
                keys: String::new(),
                packets: Vec::new(),
                sequence: 65_000,
                ssrc: leg as u32,
                last: Vec::new(),
                guard: None,
                at: 0,
                silent: false,
                lose: false,
                events: audio::dtmf::Receiver::default(),
            },
        );
    }

    pub fn sit(&mut self, leg: u64, group: Group) {
        self.open(leg);
        self.seat(leg, group);
    }

    pub fn seat(&mut self, leg: u64, group: Group) {
        let track = ["", "citizen", "operator", "desk", "liaison", "supervisor", "emergency"][leg as usize];
        self.order(Command::Seat { room: ROOM, leg: Leg(leg), track, group, record_alone: leg != 1 });
    }

    pub fn say(&mut self, play: u64, to: Hearers, hertz: f32, ms: usize) {
        let sounds = vec![Arc::new(Sound::new("tone", tones::sine(hertz, 6_000, ms * 8)))];
        self.order(Command::Play { room: ROOM, play: PlayTag(play), to, sounds });
    }

    pub fn tick(&mut self) {
        for (leg, phone) in self.phones.iter_mut().filter(|(_, p)| !p.silent) {
            let samples = tones::sine(tone(*leg), 5_000, phone.at + FRAME);
            let mut payload = [0; FRAME];
            g711::encode(law(*leg), &samples[phone.at..], &mut payload);
            let packet = rtp::Packet {
                marker: false,
                payload_type: stream(*leg).payload_type,
                sequence: phone.sequence,
                timestamp: phone.at as u32,
                ssrc: phone.ssrc,
                payload: &payload,
            };
            let mut bytes = [0; 172 + TAIL];
            let length = rtp::write(&packet, &mut bytes);
            let length = match &mut phone.guard {
                Some(guard) => guard.protect(&mut bytes, length).unwrap(),
                None => length,
            };
            phone.last = bytes[..length].to_vec();
            if !std::mem::take(&mut phone.lose) {
                self.wire.put(phone.socket, phone.addr, &phone.last);
            }
            phone.sequence = phone.sequence.wrapping_add(1);
            phone.at += FRAME;
        }
        self.floor.tick(self.now(), self.utc_ms(), &mut self.wire);
        self.ticks += 1;
        while let Some(event) = self.floor.poll() {
            self.events.push(event);
        }
        self.floor.sweep();
        let now = self.now();
        for (_, to, bytes) in std::mem::take(&mut self.wire.from_us) {
            let Some((leg, phone)) = self.phones.iter_mut().find(|(_, p)| p.addr == to) else {
                self.elsewhere.push(to);
                continue;
            };
            let mut clear = bytes.clone();
            if let Some(guard) = &mut phone.guard {
                let Some(length) = guard.unprotect(&mut clear, now) else { continue };
                clear.truncate(length);
            }
            let Some(packet) = rtp::read(&clear) else { continue };
            if packet.payload_type == 101 {
                phone.keys.extend(phone.events.packet(packet.timestamp, packet.payload));
            } else {
                let mut samples = [0; FRAME];
                g711::decode(law(*leg), packet.payload, &mut samples);
                phone.heard.extend(samples);
            }
            phone.packets.push(bytes);
        }
    }

    pub fn run(&mut self, ms: u64) {
        for _ in 0..ms / 20 {
            self.tick();
        }
    }

    /// Lets a while pass and forgets what was heard before.
    pub fn listen(&mut self) {
        self.run(200);
        for phone in self.phones.values_mut() {
            phone.heard.clear();
        }
        self.run(400);
    }

    /// How many of our packets went to anybody but the phones.
    pub fn leaked(&self) -> usize {
        self.elsewhere.len()
    }

    pub fn hears(&self, leg: u64, hertz: f32) -> bool {
        ear::level(&self.phones[&leg].heard, hertz) > 1_000.0
    }

    /// Whose tones each of these hears must be exactly this.
    pub fn assert_hears(&self, leg: u64, others: &[u64]) {
        for other in self.phones.keys() {
            assert_eq!(
                self.hears(leg, tone(*other)),
                others.contains(other),
                "seat {leg} and the tone of {other}"
            );
        }
    }

    pub fn done(&self, play: u64) -> usize {
        let done = |e: &&Event| matches!(e, Event::PlayDone { play: p, .. } if *p == PlayTag(play));
        self.events.iter().filter(done).count()
    }
}
