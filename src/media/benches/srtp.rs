//! What encryption costs a leg: its packets in both directions, 50 a second each, by suite.
#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use media::keys::{MasterKey, Srtp, Suite};
use media::srtp::{Guard, TAIL};

/// Packets of one figure: twenty seconds of one direction.
const PACKETS: u32 = 1_000;
const ROUNDS: usize = 101;
/// Header and 20 ms of G.711.
const LENGTH: usize = 172;

fn main() {
    for suite in [Suite::AesCm128Sha80, Suite::AesCm128Sha32, Suite::AesGcm128, Suite::AesGcm256] {
        let mut figures: Vec<f64> = (0..ROUNDS).map(|_| leg_second(suite)).collect();
        figures.sort_by(f64::total_cmp);
        println!(
            "SRTP {suite:?}: {:.1} us of CPU a leg-second, 50 packets out and 50 in (median of {ROUNDS})",
            figures[ROUNDS / 2]
        );
    }
}

/// Microseconds that one leg costs a second.
fn leg_second(suite: Suite) -> f64 {
    let key = |n: u8| MasterKey::new(suite, &vec![n; suite.key() + suite.salt()], 0).unwrap();
    let mut house = Guard::new(&Srtp { send: key(1), receive: key(2) });
    let mut far = Guard::new(&Srtp { send: key(2), receive: key(1) });
    let mut busy = Duration::ZERO;
    for n in 0..PACKETS {
        let now = Duration::from_millis(20) * n;
        let mut theirs = packet(n);
        let length = far.protect(&mut theirs, LENGTH).unwrap();
        let mut ours = packet(n);
        let begun = Instant::now();
        let read = house.unprotect(black_box(&mut theirs[..length]), now);
        let sent = house.protect(black_box(&mut ours), LENGTH);
        busy += begun.elapsed();
        assert!(read == Some(LENGTH) && sent.is_some_and(|s| s > LENGTH), "packet {n}");
    }
    busy.as_secs_f64() * 1e6 / f64::from(PACKETS) * 50.0
}

fn packet(n: u32) -> [u8; LENGTH + TAIL] {
    let mut packet = [0xD5; LENGTH + TAIL];
    packet[..2].copy_from_slice(&[0x80, 8]);
    packet[2..4].copy_from_slice(&(n as u16).to_be_bytes());
    packet[4..8].copy_from_slice(&(n * 160).to_be_bytes());
    packet[8..12].copy_from_slice(&[1, 2, 3, 4]);
    packet
}
