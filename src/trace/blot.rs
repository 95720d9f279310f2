//! Blots secrets out of a message before it is written: answers to challenges, SRTP keys, keyed digits, passwords in URIs.
//! The message keeps its length, so that Content-Length and offsets stay true.

use std::ops::Range;

use crate::lines::{self, find};

/// What stands in a secret's place.
const BLOT: u8 = b'*';

/// Blots out in place:
/// - in Authorization, Proxy-Authorization and the Authentication-Info headers, everything but the parameters that say who
///   and for what (RFC 7616: `response`, `rspauth`, `cnonce`; any other scheme's credentials as a whole);
/// - in a body, the keys of `a=crypto` (RFC 4568), `a=key-mgmt`, `k=` and `a=ice-pwd`;
/// - in INFO and in KPML bodies, the key that was pressed;
/// - a password in a URI.
pub fn blot(bytes: &mut [u8]) {
    let body = lines::body(bytes);
    let mut secrets = Vec::new();
    credentials(bytes, &mut secrets);
    passwords(bytes, body, &mut secrets);
    let lines: Vec<_> = lines::lines(bytes, body..bytes.len()).collect();
    let keyed = lines::method(bytes).eq_ignore_ascii_case(b"INFO") || has(bytes, body, "dtmf");
    let bare = keyed && find(bytes, "application/dtmf", 0, bytes.len()).is_some();
    for line in lines {
        key_of(bytes, &line, &mut secrets);
        if keyed {
            digit(bytes, &line, bare, &mut secrets);
        }
        for quote in ["digits=\"", "digits='"] {
            if let Some(at) = find(bytes, quote, line.start, line.end) {
                let start = at + quote.len();
                secrets.push(start..until(bytes, start, line.end, b"\"'"));
            }
        }
    }
    for range in secrets {
        for byte in bytes.get_mut(range).unwrap_or_default() {
            if !matches!(byte, b'\r' | b'\n') {
                *byte = BLOT;
            }
        }
    }
}

/// Whether a body part is named in the message's header.
fn has(bytes: &[u8], body: usize, word: &str) -> bool {
    lines::fields(bytes).iter().any(|(name, value)| {
        lines::is_named(bytes, name, &["Content-Type", "c"])
            && find(bytes, word, value.start, value.end.min(body)).is_some()
    })
}

/// The first of these bytes from `start` on, or `end`.
fn until(bytes: &[u8], start: usize, end: usize, stops: &[u8]) -> usize {
    let part = bytes.get(start..end).unwrap_or_default();
    part.iter().position(|b| stops.contains(b)).map_or(end, |at| start + at)
}

fn credentials(bytes: &[u8], secrets: &mut Vec<Range<usize>>) {
    const ANSWERS: &[&str] = &["Authorization", "Proxy-Authorization"];
    const INFOS: &[&str] = &["Authentication-Info", "Proxy-Authentication-Info"];
    for (name, value) in lines::fields(bytes) {
        let info = lines::is_named(bytes, &name, INFOS);
        if !info && !lines::is_named(bytes, &name, ANSWERS) {
            continue;
        }
        let text = bytes.get(value.clone()).unwrap_or_default();
        let digest = text.trim_ascii_start().get(..6).is_some_and(|s| s.eq_ignore_ascii_case(b"Digest"));
        if !info && !digest {
            secrets.push(value);
            continue;
        }
        for word in ["response", "rspauth", "cnonce"] {
            let mut from = value.start;
            while let Some(at) = find(bytes, word, from, value.end) {
                from = at + word.len();
                let equals = until(bytes, from, value.end, b"=,");
                let gap = bytes.get(from..equals).unwrap_or_default();
                if bytes.get(equals) == Some(&b'=') && gap.trim_ascii().is_empty() {
                    let start = equals + 1;
                    secrets.push(start..until(bytes, start, value.end, b","));
                }
            }
        }
    }
}

/// `sip:user:password@host`.
fn passwords(bytes: &[u8], body: usize, secrets: &mut Vec<Range<usize>>) {
    for scheme in ["sip:", "sips:"] {
        let mut from = 0;
        while let Some(at) = find(bytes, scheme, from, body) {
            from = at + scheme.len();
            let end = until(bytes, from, body, b"@ \t\r\n<>\",");
            let colon = until(bytes, from, end, b":");
            if bytes.get(end) == Some(&b'@') && colon < end {
                secrets.push(colon + 1..end);
            }
        }
    }
}

/// A line of a session description that holds a key.
fn key_of(bytes: &[u8], line: &Range<usize>, secrets: &mut Vec<Range<usize>>) {
    let text = bytes.get(line.clone()).unwrap_or_default();
    let begins = |word: &str| text.get(..word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word.as_bytes()));
    if begins("k=") {
        secrets.push(line.start + 2..line.end);
    } else if begins("a=key-mgmt:") || begins("a=ice-pwd:") {
        secrets.push(until(bytes, line.start, line.end, b":") + 1..line.end);
    } else if begins("a=crypto:") {
        let mut from = line.start;
        while let Some(at) = find(bytes, "inline:", from, line.end) {
            let start = at + "inline:".len();
            from = until(bytes, start, line.end, b"|; \t");
            secrets.push(start..from);
        }
    }
}

/// `Signal=5` of application/dtmf-relay; a line that is nothing but a key, of application/dtmf.
fn digit(bytes: &[u8], line: &Range<usize>, bare: bool, secrets: &mut Vec<Range<usize>>) {
    let text = bytes.get(line.clone()).unwrap_or_default();
    let is =
        |word: &[u8]| text.trim_ascii_start().get(..word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word));
    if is(b"Signal") {
        secrets.push((until(bytes, line.start, line.end, b"=:") + 1).min(line.end)..line.end);
    } else if bare && text.trim_ascii().len() <= 2 && !is(b"--") {
        secrets.push(line.clone());
    }
}
