//! Messages as a packet capture that Wireshark opens: Ethernet, IP and UDP headers around each, whatever carried it.
//!
//! What came over TCP, TLS or a WebSocket is shown as a datagram of the same addresses: the handshakes were not kept, and
//! what was inside of them is what one wants to read. Wireshark takes port 5060 for SIP by itself; for another port say
//! "decode as SIP".

use std::net::{IpAddr, SocketAddr};

use crate::message::Traced;

/// The longest packet: what an IP header can tell.
const MOST: usize = 65_535;
const ETHERNET: usize = 14;
const UDP: usize = 8;

/// The head of a capture file: microseconds, link type Ethernet (libpcap's pcap-savefile(5)).
pub fn header() -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out
}

/// One packet with its head. A message too long for one IP packet is cut.
pub fn packet(message: &Traced) -> Vec<u8> {
    let (from, to) = (message.source(), message.destination());
    let ip = if from.is_ipv4() && to.is_ipv4() { 20 } else { 40 };
    let room = MOST - ip - UDP;
    let bytes = message.bytes.get(..room).unwrap_or(&message.bytes);
    let mut frame = Vec::with_capacity(ETHERNET + ip + UDP + bytes.len());
    // Locally administered addresses that nobody has, and what follows: IPv4 or IPv6.
    frame.extend_from_slice(&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
    frame.extend_from_slice(if ip == 20 { &[0x08, 0x00] } else { &[0x86, 0xdd] });
    let datagram = udp(from, to, bytes);
    frame.extend_from_slice(&head(from.ip(), to.ip(), datagram.len()));
    frame.extend_from_slice(&datagram);
    let (seconds, micros) = (message.at_us.div_euclid(1_000_000), message.at_us.rem_euclid(1_000_000));
    let mut out = Vec::with_capacity(16 + frame.len());
    let low = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
    let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
    for word in [low(seconds), low(micros), length, length] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&frame);
    out
}

/// A whole capture file.
pub fn file(messages: &[Traced]) -> Vec<u8> {
    messages.iter().fold(header(), |mut out, message| {
        out.extend_from_slice(&packet(message));
        out
    })
}

/// IPv4 (RFC 791) or IPv6 (RFC 8200) with UDP inside.
fn head(from: IpAddr, to: IpAddr, length: usize) -> Vec<u8> {
    if let (IpAddr::V4(from), IpAddr::V4(to)) = (from, to) {
        let mut head = vec![0x45, 0];
        head.extend_from_slice(&short(length + 20));
        head.extend_from_slice(&[0, 0, 0x40, 0, 64, 17, 0, 0]);
        head.extend_from_slice(&from.octets());
        head.extend_from_slice(&to.octets());
        let sum = short_of(checksum(&[&head]));
        head.splice(10..12, sum);
        return head;
    }
    let mut head = vec![0x60, 0, 0, 0];
    head.extend_from_slice(&short(length));
    head.extend_from_slice(&[17, 64]);
    head.extend_from_slice(&six(from));
    head.extend_from_slice(&six(to));
    head
}

/// UDP (RFC 768), its checksum over the pseudo header too.
fn udp(from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() + UDP;
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(&from.port().to_be_bytes());
    out.extend_from_slice(&to.port().to_be_bytes());
    out.extend_from_slice(&short(length));
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(bytes);
    let mut pseudo = match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => [from.octets(), to.octets()].concat(),
        (from, to) => [six(from), six(to)].concat(),
    };
    pseudo.extend_from_slice(&[0, 17]);
    pseudo.extend_from_slice(&short(length));
    let sum = match checksum(&[&pseudo, &out]) {
        0 => 0xffff,
        sum => sum,
    };
    out.splice(6..8, short_of(sum));
    out
}

fn six(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn short(value: usize) -> [u8; 2] {
    short_of(u16::try_from(value).unwrap_or(u16::MAX))
}

fn short_of(value: u16) -> [u8; 2] {
    value.to_be_bytes()
}

/// The Internet checksum (RFC 1071) over parts of which all but the last have an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u64 = words
        .map(|w| u64::from(u16::from_be_bytes([*w.first().unwrap_or(&0), *w.get(1).unwrap_or(&0)])))
        .sum();
    let mut sum = sum;
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}
