//! The door to rtc-srtp alone: known answers, replay, roll-over, sources, changes of keys, and everything forged.

use std::time::Duration;

use audio::{rtcp, rtp};
use proptest::prelude::*;

use super::world::mirrored;
use crate::keys::{LONGEST_MKI, MasterKey, Srtp, Suite};
use crate::srtp::{Guard, TAIL, is_report};

const T0: Duration = Duration::ZERO;

pub fn key(suite: Suite, byte: u8) -> MasterKey {
    MasterKey::new(suite, &vec![byte; suite.key() + suite.salt()], 0).unwrap()
}

pub fn keys(suite: Suite) -> Srtp {
    Srtp { send: key(suite, 0x5a), receive: key(suite, 0xa5) }
}

fn pair(suite: Suite) -> (Guard, Guard) {
    let keys = keys(suite);
    (Guard::new(&keys), Guard::new(&mirrored(&keys)))
}

fn packet(ssrc: u32, sequence: u16) -> Vec<u8> {
    let packet =
        rtp::Packet { marker: false, payload_type: 8, sequence, timestamp: 7, ssrc, payload: &[0xd5; 160] };
    let mut bytes = vec![0; rtp::HEADER + 160];
    rtp::write(&packet, &mut bytes);
    bytes
}

fn report(ssrc: u32) -> Vec<u8> {
    let sent = rtcp::Sent { ssrc, timestamp: 1, packets: 2, octets: 3, ..rtcp::Sent::default() };
    let mut bytes = vec![0; rtcp::LONGEST];
    let length = rtcp::write(&sent, &mut rtcp::Counter::default(), &mut bytes);
    bytes.truncate(length);
    bytes
}

fn sealed(guard: &mut Guard, bytes: &[u8]) -> Vec<u8> {
    let mut buffer = bytes.to_vec();
    buffer.resize(bytes.len() + TAIL, 0);
    let length = if is_report(bytes) {
        guard.protect_report(&mut buffer, bytes.len())
    } else {
        guard.protect(&mut buffer, bytes.len())
    };
    buffer.truncate(length.unwrap());
    buffer
}

fn opened(guard: &mut Guard, bytes: &[u8], now: Duration) -> Option<Vec<u8>> {
    let mut buffer = bytes.to_vec();
    let length = if is_report(bytes) {
        guard.unprotect_report(&mut buffer, now)?
    } else {
        guard.unprotect(&mut buffer, now)?
    };
    buffer.truncate(length);
    Some(buffer)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter_map(|b| char::from(b).to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn known_answers_come_out() {
    // Of libsrtp's validation: one key, one packet of RTP and of RTCP.
    let sha = "e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6";
    let gcm = "000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab";
    let rows = [
        (Suite::AesCm128Sha80, sha, "4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb"),
        (Suite::AesCm128Sha32, sha, "4e55dc4ce79978d88ca4d215949d2402 b78d6acc"),
        (Suite::AesGcm128, gcm, "c5002ede04cfdd2eb91159e0880aa06e d2976826f796b201df3131a127e8a392"),
    ];
    let head = bytes("800f1234 decafbad cafebabe");
    let clear = [head.clone(), vec![0xab; 16]].concat();
    for (suite, master, wanted) in rows {
        let key = MasterKey::new(suite, &bytes(master), 0).unwrap();
        let both = Srtp { send: key.clone(), receive: key };
        let sent = sealed(&mut Guard::new(&both), &clear);
        assert_eq!(sent, [head.clone(), bytes(wanted)].concat(), "{suite:?}");
        assert_eq!(opened(&mut Guard::new(&both), &sent, T0).unwrap(), clear);
    }
    let key = MasterKey::new(Suite::AesCm128Sha80, &bytes(sha), 0).unwrap();
    let both = Srtp { send: key.clone(), receive: key };
    let clear = [bytes("81c8000b cafebabe"), vec![0xab; 16]].concat();
    let wanted = bytes("81c8000b cafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798");
    assert_eq!(sealed(&mut Guard::new(&both), &clear), wanted);
}

#[test]
fn all_that_is_sent_comes_out_once_and_in_clear() {
    for suite in Suite::ALL {
        let (mut us, mut them) = pair(suite);
        for sequence in 0..200 {
            for clear in [packet(9, sequence), report(9)] {
                let sent = sealed(&mut us, &clear);
                assert!(sent.len() > clear.len() && sent.len() <= clear.len() + TAIL);
                assert!(!sent.windows(8).any(|w| w == &[0xd5; 8][..]), "{suite:?}: clear on the wire");
                assert_eq!(opened(&mut them, &sent, T0), Some(clear), "{suite:?} {sequence}");
                assert_eq!(opened(&mut them, &sent, T0), None, "{suite:?}: a second time");
            }
        }
    }
}

#[test]
fn late_packets_are_taken_within_the_window_and_old_ones_not() {
    let (mut us, mut them) = pair(Suite::AesCm128Sha80);
    let sent: Vec<_> = (0..200).map(|n| sealed(&mut us, &packet(9, n))).collect();
    assert!(opened(&mut them, &sent[100], T0).is_some(), "positive control: joining late");
    assert!(opened(&mut them, &sent[99], T0).is_some() && opened(&mut them, &sent[40], T0).is_some());
    assert!(opened(&mut them, &sent[36], T0).is_none(), "64 behind");
    assert!(opened(&mut them, &sent[199], T0).is_some());
    assert!(opened(&mut them, &sent[101], T0).is_none(), "98 behind");
}

#[test]
fn numbers_roll_over_as_often_as_they_like() {
    for suite in [Suite::AesCm128Sha80, Suite::AesGcm128] {
        let (mut us, mut them) = pair(suite);
        let first = sealed(&mut us, &packet(9, 32_000));
        assert!(opened(&mut them, &first, T0).is_some());
        let (mut sequence, mut lost) = (32_001u16, 0);
        for n in 0..140_000u32 {
            let sent = sealed(&mut us, &packet(9, sequence));
            // One in ten is lost, so that the roll-over itself is seen by what comes around it.
            if n % 10 != 3 {
                assert!(opened(&mut them, &sent, T0).is_some(), "{suite:?} {n}");
            } else {
                lost += 1;
            }
            sequence = sequence.wrapping_add(1);
        }
        assert!(lost > 0 && opened(&mut them, &first, T0).is_none(), "an old one of the first round");
    }
}

#[test]
fn forged_packets_are_nothing_whatever_is_changed_in_them() {
    for suite in Suite::ALL {
        let (mut us, mut them) = pair(suite);
        for clear in [packet(9, 500), report(9)] {
            assert_eq!(opened(&mut them, &clear, T0), None, "in clear");
            let sent = sealed(&mut us, &clear);
            for bit in 0..sent.len() * 8 {
                let mut forged = sent.clone();
                forged[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(opened(&mut them, &forged, T0), None, "{suite:?} bit {bit}");
            }
            for length in 0..sent.len() {
                assert_eq!(opened(&mut them, &sent[..length], T0), None, "{suite:?} cut to {length}");
            }
            assert_eq!(opened(&mut them, &sent, T0), Some(clear), "the true one is still new");
        }
    }
}

#[test]
fn reports_that_say_they_are_not_encrypted_are_nothing() {
    for suite in Suite::ALL {
        let (mut us, mut them) = pair(suite);
        let mut forged = report(9);
        // The library takes these for authentic: index without the flag, and any tag.
        forged.extend_from_slice(&[0; 30]);
        assert_eq!(opened(&mut them, &forged, T0), None);
        let sent = sealed(&mut us, &report(9));
        assert!(opened(&mut them, &sent, T0).is_some(), "positive control");
    }
}

#[test]
fn forged_first_packets_do_not_keep_the_true_ones_out() {
    for suite in Suite::ALL {
        let (mut us, mut them) = pair(suite);
        for n in 0..1_000u16 {
            // The source's own number, far ahead; and any number of sources that are none.
            assert_eq!(opened(&mut them, &sealed_by_stranger(9, 30_000 + n), T0), None);
            assert_eq!(opened(&mut them, &sealed_by_stranger(10_000 + u32::from(n), n), T0), None);
        }
        let sent = sealed(&mut us, &packet(9, 0));
        assert!(opened(&mut them, &sent, T0).is_some(), "{suite:?}");
    }
}

fn sealed_by_stranger(ssrc: u32, sequence: u16) -> Vec<u8> {
    let mut bytes = packet(ssrc, sequence);
    bytes.extend_from_slice(&[7; 16]);
    bytes
}

#[test]
fn a_source_that_changes_is_heard_and_the_one_before_cannot_be_played_again() {
    let (mut us, mut them) = pair(Suite::AesCm128Sha80);
    let before: Vec<_> = (0..50).map(|n| sealed(&mut us, &packet(1, n))).collect();
    assert!(before.iter().all(|p| opened(&mut them, p, T0).is_some()));
    for ssrc in 2..=64 {
        let sent = sealed(&mut us, &packet(ssrc, 0));
        assert!(opened(&mut them, &sent, T0).is_some(), "source {ssrc}");
    }
    assert!(before.iter().all(|p| opened(&mut them, p, T0).is_none()), "replayed");
    let more = sealed(&mut us, &packet(65, 0));
    assert!(opened(&mut them, &more, T0).is_none(), "the table of sources is bounded");
}

#[test]
fn an_identifier_of_the_key_is_cut_out() {
    for suite in Suite::ALL {
        for mki in [1, 4, LONGEST_MKI] {
            let plain = keys(suite);
            let named = MasterKey::new(suite, &vec![0x5a; suite.key() + suite.salt()], mki).unwrap();
            let mut us = Guard::new(&plain);
            let mut them = Guard::new(&Srtp { send: plain.receive.clone(), receive: named });
            for clear in [packet(9, 1), report(9)] {
                let mut sent = sealed(&mut us, &clear);
                let tag = match (suite, is_report(&clear)) {
                    (Suite::AesCm128Sha80, _) | (Suite::AesCm128Sha32, true) => 10,
                    (Suite::AesCm128Sha32, false) => 4,
                    (Suite::AesGcm128 | Suite::AesGcm256, _) => 0,
                };
                let at = sent.len() - tag;
                sent.splice(at..at, std::iter::repeat_n(0, mki.into()));
                assert_eq!(opened(&mut them, &sent, T0), Some(clear), "{suite:?} {mki}");
            }
        }
    }
}

#[test]
fn unchanged_keys_go_on_and_changed_ones_overlap_for_two_seconds() {
    let (mut us, mut them) = pair(Suite::AesCm128Sha80);
    let sent: Vec<_> = (0..4).map(|n| sealed(&mut us, &packet(9, n))).collect();
    assert!(opened(&mut them, &sent[0], T0).is_some());
    let old = keys(Suite::AesCm128Sha80);
    assert!(!us.update(&old, T0) && !them.update(&mirrored(&old), T0), "nothing changed");
    assert!(opened(&mut them, &sent[0], T0).is_none(), "the window went on too");
    let new = Srtp { send: key(Suite::AesGcm128, 1), receive: key(Suite::AesGcm128, 2) };
    assert!(us.update(&new, T0));
    them.update(&mirrored(&new), T0);
    let under_new = sealed(&mut us, &packet(10, 0));
    assert!(opened(&mut them, &under_new, T0).is_some());
    assert!(opened(&mut them, &sent[1], Duration::from_secs(2)).is_some(), "still on its way");
    assert!(opened(&mut them, &sent[0], Duration::from_secs(2)).is_none(), "but not twice");
    assert!(opened(&mut them, &sent[2], Duration::from_millis(2_001)).is_none());
    assert!(opened(&mut them, &sent[3], T0).is_none(), "the old key is gone for good");
}

#[test]
fn a_roll_over_counter_that_goes_on_over_a_change_of_keys_is_followed() {
    for suite in [Suite::AesCm128Sha80, Suite::AesGcm256] {
        let (mut us, mut them) = pair(suite);
        let mut sequence = 60_000u16;
        for _ in 0..80_000 {
            let sent = sealed(&mut us, &packet(9, sequence));
            assert!(opened(&mut them, &sent, T0).is_some());
            sequence = sequence.wrapping_add(1);
        }
        // A sender of the kind that RFC 3711 section 3.3.1 wants: what it seals under the new key is in round 2.
        let new = Srtp { send: key(suite, 1), receive: key(suite, 2) };
        let mut keeps = Guard::new(&new);
        for step in [60_000u16, 24_464, 54_464, sequence.wrapping_sub(1)] {
            sealed(&mut keeps, &packet(9, step));
        }
        them.update(&mirrored(&new), T0);
        for _ in 0..10 {
            assert_eq!(opened(&mut them, &sealed_by_stranger(9, sequence), T0), None);
            let sent = sealed(&mut keeps, &packet(9, sequence));
            assert!(opened(&mut them, &sent, T0).is_some(), "{suite:?}");
            assert!(opened(&mut them, &sent, T0).is_none(), "{suite:?}: a second time");
            sequence = sequence.wrapping_add(1);
        }
    }
}

proptest! {
    #[test]
    fn nothing_that_arrives_opens_or_breaks_a_guard(
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..220), 1..40),
        suite in 0usize..4,
    ) {
        let mut guard = Guard::new(&keys(Suite::ALL[suite]));
        for mut packet in packets {
            prop_assert_eq!(guard.unprotect(&mut packet.clone(), T0), None);
            prop_assert_eq!(guard.unprotect_report(&mut packet, T0), None);
        }
    }

    /// The far end itself may send strange headers: what is authentic must not break anything either.
    #[test]
    fn authentic_nonsense_breaks_nothing(
        mut packet in prop::collection::vec(any::<u8>(), 0..220), first in 0x80u8..0xc0, suite in 0usize..4,
    ) {
        let keys = keys(Suite::ALL[suite]);
        let (mut us, mut them) = (Guard::new(&keys), Guard::new(&mirrored(&keys)));
        if let Some(flags) = packet.first_mut() {
            *flags = first;
        }
        let length = packet.len();
        packet.resize(length + TAIL, 0);
        if let Some(sealed) = us.protect(&mut packet, length) {
            packet.truncate(sealed);
            them.unprotect(&mut packet, T0);
        }
    }
}
