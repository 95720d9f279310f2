//! RFC 4475 and RFC 5118: each message meets its outcome at the wire scanner. The tables are our reading of the RFCs; where
//! an RFC leaves the choice between reading and refusing, they hold what this house does.
//!
//! The messages are third-party data and not part of this repository. They are read from the folder named by
//! `HOTLINE_RFC_DATA`, with subfolders `rfc4475` and `rfc5118`; where it is missing, that is said and skipped.
//! `own_torture.rs` holds messages of our own for the same faults.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use sip::framing::{Frame, Framer};
use sip::{Message, Wire, parse};

/// What must come of a message at the wire. What the stack makes of an accepted one (415, 416, 420, 482 ...) is its own test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Read as a request or response.
    Read,
    /// Refused with this status.
    Fault(u16),
}
use Outcome::{Fault, Read};

/// RFC 4475 section 3.1.1 valid, 3.1.2 invalid, 3.2 transaction, 3.3 application, 3.4 backward compatibility.
const RFC4475: &[(&str, Outcome)] = &[
    ("wsinv", Read),
    ("intmeth", Read),
    ("esc01", Read),
    ("escnull", Read),
    ("esc02", Read),
    ("lwsdisp", Read),
    ("longreq", Read),
    ("dblreq", Read),
    ("semiuri", Read),
    ("transports", Read),
    ("mpart01", Read),
    ("unreason", Read),
    ("noreason", Read),
    ("badinv01", Fault(400)),
    ("clerr", Fault(400)),
    ("ncl", Fault(400)),
    ("scalar02", Fault(400)),
    ("scalarlg", Fault(400)),
    ("quotbal", Fault(400)),
    ("ltgtruri", Fault(400)),
    ("lwsruri", Fault(400)),
    ("lwsstart", Fault(400)),
    ("trws", Fault(400)),
    ("escruri", Fault(400)),
    ("baddate", Read),
    ("regbadct", Fault(400)),
    ("badaspec", Fault(400)),
    ("baddn", Fault(400)),
    ("badvers", Fault(505)),
    ("mismatch01", Fault(400)),
    ("mismatch02", Fault(501)),
    ("bigcode", Fault(400)),
    ("badbranch", Read),
    ("insuf", Fault(400)),
    ("unkscm", Read),
    ("novelsc", Read),
    ("unksm2", Read),
    ("bext01", Read),
    ("invut", Read),
    ("regaut01", Read),
    ("multi01", Fault(400)),
    ("mcl01", Fault(400)),
    ("bcast", Read),
    ("zeromf", Read),
    ("cparam01", Read),
    ("cparam02", Read),
    ("regescrt", Read),
    ("sdp01", Read),
    ("inv2543", Read),
];

/// Where a stream must end otherwise than a datagram: a body without Content-Length has no end there (RFC 3261 section 20.14).
const STREAM: &[(&str, Outcome)] = &[("inv2543", Fault(400))];

/// RFC 5118 section 4.
const RFC5118: &[(&str, Outcome)] = &[
    ("ipv6-good", Read),
    ("ipv6-bad", Fault(400)),
    ("port-ambiguous", Read),
    ("port-unambiguous", Read),
    ("via-received-param-with-delim", Read),
    ("via-received-param-no-delim", Read),
    ("ipv6-in-sdp", Read),
    ("mult-ip-in-header", Read),
    ("mult-ip-in-sdp", Read),
    ("ipv4-mapped-ipv6", Read),
    ("ipv6-bug-abnf-3-colons", Read),
    ("ipv6-correct-abnf-2-colons", Read),
];

fn folder(name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("HOTLINE_RFC_DATA").map_or(beside, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("{name}: not there, skipped (set HOTLINE_RFC_DATA to the folder that holds it)");
    None
}

fn outcome(bytes: &[u8], wire: Wire) -> Outcome {
    match parse(bytes, wire) {
        Ok(Message::Request(_) | Message::Response(_)) => Read,
        Err(fault) => Fault(fault.status),
    }
}

/// Over a stream the same bytes arrive in pieces; what the framer cuts meets the same fate. Where it can't cut, because a
/// Content-Length can't be trusted, the header alone does, before the connection is closed; a body that never comes is
/// waited for until the owner of the sockets loses patience.
fn over_stream(bytes: &[u8], piece: usize) -> Outcome {
    let mut framer = Framer::default();
    for part in bytes.chunks(piece) {
        framer.push(part);
    }
    match framer.cut() {
        Ok(Some(Frame::Message(whole))) => outcome(&whole, Wire::Stream),
        Ok(Some(Frame::Ping)) => panic!("a message was taken for a keep-alive"),
        Ok(None) => Fault(400),
        Err(_) => outcome(framer.head().unwrap(), Wire::Stream),
    }
}

fn check(table: &[(&str, Outcome)], read: impl Fn(&str) -> Vec<u8>) {
    let mut wrong = Vec::new();
    for (name, expected) in table {
        let bytes = read(name);
        let got = [outcome(&bytes, Wire::Datagram), over_stream(&bytes, 1), over_stream(&bytes, 7)];
        let streamed = STREAM.iter().find(|(n, _)| n == name).map_or(*expected, |(_, outcome)| *outcome);
        if got != [*expected, streamed, streamed] {
            wrong.push(format!("{name}: expected {expected:?}, UDP / TCP by 1 / by 7 gave {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn rfc4475_meets_its_outcomes() {
    assert_eq!(RFC4475.len(), 49);
    let Some(folder) = folder("rfc4475") else { return };
    check(RFC4475, |name| std::fs::read(folder.join(format!("{name}.dat"))).unwrap());
}

#[test]
fn rfc5118_meets_its_outcomes() {
    assert_eq!(RFC5118.len(), 12);
    let Some(folder) = folder("rfc5118") else { return };
    check(RFC5118, |name| {
        let text = String::from_utf8(std::fs::read(folder.join(name)).unwrap()).unwrap();
        transcribed(name, &text)
    });
}

/// The RFC's archive holds bare line feeds, and leaves the closing blank line out where there is no body.
/// In `ipv6-in-sdp` Content-Length says 268 for the 251 bytes that follow; what is tested there is the addresses.
fn transcribed(name: &str, text: &str) -> Vec<u8> {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let whole = if text.contains("\r\n\r\n") { text } else { format!("{}\r\n\r\n", text.trim_end()) };
    if name == "ipv6-in-sdp" { whole.replace("Content-Length: 268", "Content-Length: 251") } else { whole }
        .into_bytes()
}
