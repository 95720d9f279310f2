//! A message as bytes of a journal file: length and checksum before it, so that a torn end is seen and read no further.
//!
//! ```text
//! u32 length of what follows the checksum | u32 CRC-32 of it | i64 UTC us | u8 direction | u8 transport | u8 family | u8 0
//! | our address: 16 bytes, u16 port | far address: 16 bytes, u16 port | the message          (all little-endian)
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use sip::Transport;

use crate::message::{Direction, Traced};

/// Bytes before the part that the checksum covers.
pub(crate) const FRAME: usize = 8;
/// Bytes of that part before the message.
const HEAD: usize = 48;
/// Longest part: a message never has more bytes than a datagram.
const MOST: usize = HEAD + 65_536;

const TRANSPORTS: [Transport; 5] =
    [Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss];

/// Adds the record of a message.
pub(crate) fn push(out: &mut Vec<u8>, message: &Traced) {
    let start = out.len();
    out.extend_from_slice(&[0; FRAME]);
    out.extend_from_slice(&message.at_us.to_le_bytes());
    let transport = TRANSPORTS.iter().position(|t| *t == message.transport).unwrap_or_default();
    let family = if message.local.is_ipv4() { 4 } else { 6 };
    let direction = match message.direction {
        Direction::In => 0,
        Direction::Out => 1,
    };
    out.extend_from_slice(&[direction, u8::try_from(transport).unwrap_or_default(), family, 0]);
    for address in [message.local, message.remote] {
        let ip = match address.ip() {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        };
        out.extend_from_slice(&ip.octets());
        out.extend_from_slice(&address.port().to_le_bytes());
    }
    let room = MOST - HEAD;
    out.extend_from_slice(message.bytes.get(..room).unwrap_or(&message.bytes));
    let part = out.get(start + FRAME..).unwrap_or_default();
    let (length, sum) = (u32::try_from(part.len()).unwrap_or_default(), crc32(part));
    if let Some(frame) = out.get_mut(start..start + FRAME) {
        frame
            .iter_mut()
            .zip(length.to_le_bytes().into_iter().chain(sum.to_le_bytes()))
            .for_each(|(to, b)| *to = b);
    }
}

/// The record at the start of these bytes and its whole length; `None` where it is torn, or none.
pub(crate) fn read(bytes: &[u8]) -> Option<(Traced, usize)> {
    let length = usize::try_from(u32::from_le_bytes(array(bytes, 0)?)).ok()?;
    if !(HEAD..=MOST).contains(&length) {
        return None;
    }
    let part = bytes.get(FRAME..FRAME + length)?;
    if crc32(part) != u32::from_le_bytes(array(bytes, 4)?) {
        return None;
    }
    let at_us = i64::from_le_bytes(array(part, 0)?);
    let [direction, transport, family, _] = array(part, 8)?;
    let direction = match direction {
        0 => Direction::In,
        1 => Direction::Out,
        _ => return None,
    };
    let transport = *TRANSPORTS.get(usize::from(transport))?;
    let address = |at: usize| -> Option<SocketAddr> {
        let ip = Ipv6Addr::from(array::<16>(part, at)?);
        let ip =
            if family == 4 { ip.to_ipv4_mapped().unwrap_or(Ipv4Addr::UNSPECIFIED).into() } else { ip.into() };
        Some(SocketAddr::new(ip, u16::from_le_bytes(array(part, at + 16)?)))
    };
    let (local, remote) = (address(12)?, address(30)?);
    let bytes = part.get(HEAD..)?.to_vec();
    Some((Traced { at_us, direction, transport, local, remote, bytes }, FRAME + length))
}

/// So many bytes from a place.
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let (mut value, mut bit) = (n as u32, 0);
        while bit < 8 {
            value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        table[n] = value;
        n += 1;
    }
    table
}

const TABLE: [u32; 256] = table();

/// CRC-32 as in ISO 3309 (zip, Ethernet).
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        let [low, ..] = (sum ^ u32::from(*byte)).to_le_bytes();
        TABLE.get(usize::from(low)).copied().unwrap_or_default() ^ (sum >> 8)
    };
    !bytes.iter().fold(u32::MAX, step)
}

/// The hash by which a Call-ID is found again (FNV-1a, 64 bits): the same in every version of this program.
pub(crate) fn hash(call_id: &[u8]) -> u64 {
    call_id
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
