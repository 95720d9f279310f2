//! Captures and HEP packets, taken apart again by readers of our own.

use std::collections::BTreeMap;
use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

use sip::Transport;

use super::{NOON, flow, over, request, settings, traced};
use crate::hep::{self, Homer};
use crate::{Direction, Settings, Tap, Traced, pcap};

/// Takes a capture apart, checking each length and checksum: time, addresses, ports, payload.
fn packets(file: &[u8]) -> Vec<(i64, IpAddr, IpAddr, u16, u16, Vec<u8>)> {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    assert_eq!(
        (word(0), word(4), word(20)),
        (0xa1b2_c3d4, 0x0004_0002, 1),
        "microseconds, version 2.4, Ethernet"
    );
    let mut found = Vec::new();
    let mut at = 24;
    while at < file.len() {
        let (length, original) = (word(at + 8) as usize, word(at + 12) as usize);
        assert_eq!(length, original);
        let frame = &file[at + 16..at + 16 + length];
        let time = i64::from(word(at)) * 1_000_000 + i64::from(word(at + 4));
        let (ip, rest) = match &frame[12..14] {
            [8, 0] => {
                assert_eq!(sum(&frame[14..34]), 0xffff, "IPv4 checksum");
                assert_eq!(u16::from_be_bytes([frame[16], frame[17]]) as usize, frame.len() - 14);
                let ip = |at: usize| IpAddr::from(<[u8; 4]>::try_from(&frame[at..at + 4]).unwrap());
                assert_eq!(frame[23], 17);
                ((ip(26), ip(30)), 34)
            }
            [0x86, 0xdd] => {
                let ip = |at: usize| IpAddr::from(<[u8; 16]>::try_from(&frame[at..at + 16]).unwrap());
                assert_eq!(u16::from_be_bytes([frame[18], frame[19]]) as usize, frame.len() - 54);
                assert_eq!(frame[20], 17);
                ((ip(22), ip(38)), 54)
            }
            other => panic!("{other:?} is no IP"),
        };
        let udp = &frame[rest..];
        let addresses = if rest == 34 { &frame[26..34] } else { &frame[22..54] };
        let pseudo = [addresses, &[0, 17], &udp[4..6]].concat();
        assert_eq!(u32::from(sum(&[pseudo, udp.to_vec()].concat())), 0xffff, "UDP checksum");
        assert_eq!(u16::from_be_bytes([udp[4], udp[5]]) as usize, udp.len());
        let port = |at: usize| u16::from_be_bytes([udp[at], udp[at + 1]]);
        found.push((time, ip.0, ip.1, port(0), port(2), udp[8..].to_vec()));
        at += 16 + length;
    }
    found
}

fn sum(bytes: &[u8]) -> u16 {
    let mut sum: u32 =
        bytes.chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(*w.get(1).unwrap_or(&0))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[test]
fn a_capture_holds_whole_packets_of_both_families() {
    let six = over(Transport::Tls, "[2001:db8::1]:5061", "[2001:db8::9]:40000");
    let odd = [request("INVITE", "a"), b"x".to_vec()].concat();
    let messages = [
        traced(NOON + 1, "a"),
        Traced::new(NOON + 2, Direction::Out, &six, &odd),
        Traced::new(NOON + 3, Direction::In, &flow(), &vec![b'x'; 65_535]),
    ];
    let read = packets(&pcap::file(&messages));
    assert_eq!(read.len(), 3);
    let (time, from, to, source, destination, payload) = &read[0];
    assert_eq!((*time, *from, *to), (NOON + 1, flow().remote.ip(), flow().local.ip()));
    assert_eq!((*source, *destination, payload), (5070, 5060, &request("INVITE", "a")));
    assert_eq!((read[1].1, read[1].3, &read[1].5), (six.local.ip(), 5061, &odd));
    assert_eq!(read[2].5.len(), 65_535 - 28, "cut to what an IP packet holds");
}

/// Takes a HEP packet apart, checking each length: chunk type and value.
fn chunks(packet: &[u8]) -> BTreeMap<u16, Vec<u8>> {
    let short = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
    assert_eq!((&packet[..4], short(4) as usize), (&b"HEP3"[..], packet.len()));
    let mut found = BTreeMap::new();
    let mut at = 6;
    while at < packet.len() {
        let (vendor, kind, length) = (short(at), short(at + 2), short(at + 4) as usize);
        assert_eq!(vendor, 0);
        assert!(found.insert(kind, packet[at + 6..at + length].to_vec()).is_none(), "chunk {kind} twice");
        at += length;
    }
    found
}

#[test]
fn homer_gets_each_message_with_its_key_and_correlation() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let homer = Homer { server: server.local_addr().unwrap().to_string(), id: 2001, password: "hush".into() };
    assert!(!format!("{homer:?}").contains("hush"));
    let (tap, keeper) =
        Tap::start(&Settings { days: 0, homer: Some(homer), ..settings(folder.path()) }).unwrap();
    let authorized = String::from_utf8(request("INVITE", "c-1")).unwrap();
    let authorized = authorized.replace("CSeq", "Authorization: Digest response=\"deadbeef\"\r\nCSeq");
    tap.note(NOON + 5, Direction::In, &flow(), authorized.as_bytes());
    let mut buffer = vec![0; 65_536];
    let length = server.recv(&mut buffer).unwrap();
    let got = chunks(&buffer[..length]);
    assert_eq!((&got[&1][..], &got[&2][..], &got[&0x0b][..]), (&[2][..], &[17][..], &[1][..]));
    assert_eq!((&got[&3][..], &got[&4][..]), (&[198, 51, 100, 9][..], &[192, 0, 2, 1][..]));
    assert_eq!((&got[&7][..], &got[&8][..]), (&5070_u16.to_be_bytes()[..], &5060_u16.to_be_bytes()[..]));
    assert_eq!(got[&9], u32::try_from(NOON / 1_000_000).unwrap().to_be_bytes());
    assert_eq!(got[&0x0a], 5_u32.to_be_bytes());
    assert_eq!((&got[&0x0c][..], &got[&0x0e][..]), (&2001_u32.to_be_bytes()[..], &b"hush"[..]));
    assert_eq!(got[&0x11], b"c-1");
    let payload = String::from_utf8_lossy(&got[&0x0f]);
    assert!(payload.starts_with("INVITE sip:89000@") && !payload.contains("deadbeef"), "{payload}");
    drop(tap);
    keeper.stop();
    assert!(!folder.path().join("trace").exists(), "Homer alone keeps nothing here");
}

#[test]
fn ipv6_over_tls_and_a_message_of_any_length_fit_a_packet() {
    let homer = Homer { server: "127.0.0.1:9060".into(), id: 1, password: String::new() };
    let six = over(Transport::Wss, "[2001:db8::1]:443", "[2001:db8::9]:40000");
    let long = [request("INVITE", "z"), vec![b'x'; 65_000]].concat();
    let got = chunks(&hep::packet(&Traced::new(NOON, Direction::Out, &six, &long), &homer));
    assert_eq!((&got[&1][..], &got[&2][..], got[&5].len(), got[&6].len()), (&[10][..], &[6][..], 16, 16));
    assert!(!got.contains_key(&0x0e) && got[&0x0f].len() > 64_000);
    assert_eq!(got[&0x11], b"z");
}

#[test]
fn capture_files_are_kept_like_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("caps").join("house");
    let (tap, keeper) =
        Tap::start(&Settings { days: 0, pcap: Some(prefix), ..settings(folder.path()) }).unwrap();
    for n in 0..10 {
        tap.note(NOON + n, Direction::In, &flow(), &request("INVITE", "a"));
    }
    while tap.counts().kept < 10 {
        std::thread::yield_now();
    }
    drop(tap);
    keeper.stop();
    let file = std::fs::read(folder.path().join("caps/house-2026-11-24.0001.pcap")).unwrap();
    assert_eq!(packets(&file).len(), 10);
}
