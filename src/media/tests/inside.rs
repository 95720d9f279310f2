//! Legs on ports without socket, through the engine and its thread: their packets come and go by the rings.

use std::time::{Duration, Instant};

use audio::FRAME;
use audio::g711::{self, Law};
use audio::{ear, rtp, tones};

use crate::command::{Codec, Command, Group, Leg, Room, Stream};
use crate::engine::{Engine, Settings};
use crate::rings::{INSIDE, Outer};

const ROOM: Room = Room(5);
const FRAMES: usize = 75;
/// Between two looks at the clock and the rings.
const POLL: Duration = Duration::from_millis(4);

fn settings() -> Settings {
    Settings {
        address: [127, 0, 0, 1].into(),
        ports: (0, 0),
        legs_per_port: 1,
        any: 1,
        inside: 3,
        threads: 2,
        lost_after: Duration::from_secs(10),
        recordings: Default::default(),
    }
}

fn packet(n: usize, tone: &[i16]) -> Vec<u8> {
    let mut payload = [0; FRAME];
    g711::encode(Law::A, &tone[n % 50 * FRAME..][..FRAME], &mut payload);
    let n = n as u16;
    let said = rtp::Packet {
        marker: n == 0,
        payload_type: 8,
        sequence: n,
        timestamp: u32::from(n) * 160,
        ssrc: 7,
        payload: &payload,
    };
    let mut bytes = vec![0; rtp::HEADER + FRAME];
    let length = rtp::write(&said, &mut bytes);
    bytes.truncate(length);
    bytes
}

/// What a leg is sent.
fn listen(ring: &mut Outer, heard: &mut Vec<i16>) {
    let mut bytes = [0; 1_500];
    while let Some(length) = ring.pop(&mut bytes) {
        let Some(packet) = rtp::read(&bytes[..length]).filter(|p| p.payload_type == 8) else { continue };
        let mut samples = vec![0; packet.payload.len()];
        g711::decode(Law::A, packet.payload, &mut samples);
        heard.extend(samples);
    }
}

#[test]
fn legs_without_socket_hear_each_other_by_their_rings() {
    let (mut engine, mut pool, mut events) = Engine::start(&settings()).unwrap();
    let mut rings = engine.rings();
    assert_eq!(rings.ends.len(), 3, "shared out over the threads");
    let thread = rings.ends[0].port().thread;
    engine.send(thread, Command::OpenRoom { room: ROOM, recording: None }).unwrap();
    let mut ends = Vec::new();
    for leg in [1, 2].map(Leg) {
        let port = pool.take_inside(thread, Duration::ZERO).unwrap();
        assert!(port.is_inside());
        let at = rings.ends.iter().position(|end| end.port() == port).unwrap();
        ends.push(rings.ends.remove(at));
        let media = Stream {
            remote: Some(INSIDE),
            rtcp_mux: true,
            codec: Codec::Pcma,
            payload_type: 8,
            also: Vec::new(),
            dtmf: None,
            send: true,
            receive: true,
            srtp: None,
        };
        engine.send(thread, Command::Open { leg, port, media }).unwrap();
        let seat =
            Command::Seat { room: ROOM, leg, track: "citizen", group: Group::Main, record_alone: false };
        engine.send(thread, seat).unwrap();
    }
    let voices = [400.0, 700.0].map(|hertz| tones::sine(hertz, 8_000, 50 * FRAME));
    let mut heard = [Vec::new(), Vec::new()];
    let (begun, mut said) = (Instant::now(), 0);
    while said < FRAMES {
        while said < FRAMES && begun.elapsed() >= Duration::from_millis(20) * said as u32 {
            for (end, voice) in ends.iter_mut().zip(&voices) {
                assert!(end.push(&packet(said, voice)));
            }
            said += 1;
        }
        ends.iter_mut().zip(&mut heard).for_each(|(end, heard)| listen(end, heard));
        std::thread::sleep(POLL);
    }
    for (at, own, other) in [(0, 400.0, 700.0), (1, 700.0, 400.0)] {
        let last = &heard[at][heard[at].len().saturating_sub(4_000)..];
        let (own, other) = (ear::level(last, own), ear::level(last, other));
        assert!(other > 3_000.0 && own < 300.0, "leg {at} hears {other} of the other and {own} of itself");
    }
    engine.stop();
    while events.try_recv().is_ok() {}
}
