//! STUN Binding (RFC 8489) as keep-alive of SIP over UDP (RFC 5626 sections 4.4.2 and 8): reads a request, writes its answer.
//!
//! A phone behind a NAT asks on the SIP port from where we see it, and by a changed answer learns that its way has changed.

use std::net::{IpAddr, SocketAddr};

/// In bytes 4 to 7 of every STUN message; no SIP message begins like one, as its first byte is a letter.
const COOKIE: u32 = 0x2112_A442;
const HEAD: usize = 20;
/// Largest request that is looked at; the usual one has no attribute or a few.
const MOST_BYTES: usize = 548;
/// Most unknown attributes that an answer names. Further ones are left out: an answer must not be longer than its request.
const MOST_UNKNOWN: usize = 6;

const BINDING: u16 = 0x0001;
const SUCCESS: u16 = 0x0101;
const ERROR: u16 = 0x0111;

const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const FINGERPRINT: u16 = 0x8028;
/// From here on an attribute may be passed over by who does not know it.
const OPTIONAL: u16 = 0x8000;
/// What is known and needs nothing here: credentials, which a keep-alive does not ask for (RFC 5626 section 8).
const PASSED: [u16; 5] = [0x0006, 0x0008, 0x0014, 0x0015, 0x001C];

/// Whether a datagram is STUN at all (RFC 8489 section 6.3).
pub fn is_stun(bytes: &[u8]) -> bool {
    bytes.len() >= HEAD
        && bytes.first().is_some_and(|first| first & 0xC0 == 0)
        && bytes.get(4..8) == Some(&COOKIE.to_be_bytes())
}

/// The answer to a Binding request from this address; `None` for whatever is not one: there is no answer to that.
pub fn answer(bytes: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let request = Request::read(bytes)?;
    let mut answer = if request.unknown.is_empty() {
        let mut answer = Answer::new(SUCCESS, request.id);
        answer.push(XOR_MAPPED_ADDRESS, &mapped(from, request.id));
        answer
    } else {
        let mut answer = Answer::new(ERROR, request.id);
        // Class 4, number 20, no words.
        answer.push(ERROR_CODE, &[0, 0, 4, 20]);
        let listed: Vec<u8> = request.unknown.iter().flat_map(|kind| kind.to_be_bytes()).collect();
        answer.push(UNKNOWN_ATTRIBUTES, &listed);
        answer
    };
    if request.sealed {
        answer.seal();
    }
    Some(answer.bytes)
}

/// What matters of a Binding request.
struct Request<'a> {
    id: &'a [u8; 12],
    /// Attributes that we would have to understand, at most [`MOST_UNKNOWN`].
    unknown: Vec<u16>,
    /// It has a right FINGERPRINT.
    sealed: bool,
}

impl<'a> Request<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        if !is_stun(bytes) || bytes.len() > MOST_BYTES {
            return None;
        }
        let (kind, rest) = number(bytes)?;
        let (length, rest) = number(rest)?;
        let (id, mut rest) = rest.get(4..)?.split_first_chunk::<12>()?;
        let whole = usize::from(length) == rest.len() && rest.len() % 4 == 0;
        if kind != BINDING || !whole {
            return None;
        }
        let (mut unknown, mut sealed) = (Vec::new(), false);
        while !rest.is_empty() {
            // Nothing comes behind a FINGERPRINT (section 14.7).
            if sealed {
                return None;
            }
            let before = bytes.len().checked_sub(rest.len())?;
            let (kind, after) = number(rest)?;
            let (length, after) = number(after)?;
            let value = after.get(..usize::from(length))?;
            rest = after.get(usize::from(length).next_multiple_of(4)..)?;
            if kind == FINGERPRINT {
                sealed = value == fingerprint(bytes.get(..before)?).to_be_bytes();
                if !sealed {
                    return None;
                }
            } else if kind < OPTIONAL && !PASSED.contains(&kind) && unknown.len() < MOST_UNKNOWN {
                unknown.push(kind);
            }
        }
        Some(Self { id, unknown, sealed })
    }
}

fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (first, rest) = bytes.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*first), rest))
}

struct Answer {
    bytes: Vec<u8>,
}

impl Answer {
    fn new(kind: u16, id: &[u8; 12]) -> Self {
        let head = [&kind.to_be_bytes()[..], &[0, 0], &COOKIE.to_be_bytes(), id].concat();
        Self { bytes: head }
    }

    /// Adds an attribute, filled up to four bytes, and counts it in the header.
    fn push(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(value.len()).unwrap_or_default();
        self.bytes.extend(kind.to_be_bytes());
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.count(0);
    }

    /// Writes the length that the header tells, with so many bytes to come.
    fn count(&mut self, more: usize) {
        let length = self.bytes.len().saturating_sub(HEAD).saturating_add(more);
        if let Some(place) = self.bytes.get_mut(2..4) {
            place.copy_from_slice(&u16::try_from(length).unwrap_or_default().to_be_bytes());
        }
    }

    /// FINGERPRINT covers a header that counts it already (section 14.7).
    fn seal(&mut self) {
        self.count(8);
        let seal = fingerprint(&self.bytes);
        self.push(FINGERPRINT, &seal.to_be_bytes());
    }
}

/// An address as XOR-MAPPED-ADDRESS holds it (section 14.2).
fn mapped(from: SocketAddr, id: &[u8; 12]) -> Vec<u8> {
    let cookie = COOKIE.to_be_bytes();
    let [high, low, ..] = cookie;
    let port = from.port() ^ u16::from_be_bytes([high, low]);
    let mask = cookie.iter().chain(id);
    let (family, octets) = match from.ip().to_canonical() {
        IpAddr::V4(v4) => (1, v4.octets().to_vec()),
        IpAddr::V6(v6) => (2, v6.octets().to_vec()),
    };
    let hidden = octets.iter().zip(mask).map(|(octet, mask)| octet ^ mask);
    [0, family].into_iter().chain(port.to_be_bytes()).chain(hidden).collect()
}

/// CRC-32 as in ISO 3309, changed by a word so that it differs from other CRCs in the packet (section 14.7).
fn fingerprint(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            let odd = sum & 1 == 1;
            sum = (sum >> 1) ^ if odd { 0xEDB8_8320 } else { 0 };
        }
    }
    !sum ^ 0x5354_554E
}

#[cfg(test)]
#[path = "stun_tests.rs"]
mod tests;
