//! The framer against hostile streams: folding, smuggled lengths, blank lines without end, one byte at a time.
#![allow(clippy::unwrap_used, clippy::panic)]

use sip::framing::{Broken, Frame, Framer};
use sip::{Wire, parse};

fn head(extra: &str) -> String {
    format!(
        "OPTIONS sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:b@b>\r\nCall-ID: one\r\nCSeq: 7 OPTIONS\r\n{extra}\r\n"
    )
}

/// What is cut when the bytes come in pieces of this size.
fn cut(bytes: &[u8], piece: usize) -> Result<Vec<Frame>, Broken> {
    let (mut framer, mut frames) = (Framer::default(), Vec::new());
    for part in bytes.chunks(piece) {
        framer.push(part);
        while let Some(frame) = framer.cut()? {
            frames.push(frame);
        }
    }
    Ok(frames)
}

#[test]
fn the_pieces_do_not_matter() {
    let whole = head("l: 4\r\n") + "body";
    let stream = format!("\r\n\r\n{whole}\r\n{whole}\r\n\r\n\n\r{whole}\r\n");
    let expected: Vec<Frame> = [None, Some(&whole), Some(&whole), None, Some(&whole)]
        .into_iter()
        .map(|m| m.map_or(Frame::Ping, |m| Frame::Message(m.clone().into_bytes())))
        .collect();
    for piece in [1, 2, 3, 5, 7, 100, 100_000] {
        assert_eq!(cut(stream.as_bytes(), piece), Ok(expected.clone()), "pieces of {piece}");
    }
}

#[test]
fn a_folded_line_is_no_header_and_a_folded_length_is_one() {
    let smuggled = head("Subject: hi\r\n l: 999\r\n\tContent-Length: 998\r\n");
    assert_eq!(cut(smuggled.as_bytes(), 9), Ok(vec![Frame::Message(smuggled.clone().into_bytes())]));
    let folded = head("Content-Length:\r\n 4\r\n") + "body";
    assert_eq!(cut(folded.as_bytes(), 9), Ok(vec![Frame::Message(folded.clone().into_bytes())]));
    assert!(parse(folded.as_bytes(), Wire::Stream).is_ok());
    assert_eq!(cut(head("Content-Length: 1\r\n 2\r\n").as_bytes(), 9), Err(Broken::Length));
}

#[test]
fn a_body_without_length_has_no_end() {
    for name in ["Content-Type", "c"] {
        let text = head(&format!("{name}: application/sdp\r\n")) + "v=0\r\n";
        let mut framer = Framer::default();
        framer.push(text.as_bytes());
        assert_eq!(framer.cut(), Err(Broken::Length));
        let fault = parse(framer.head().unwrap(), Wire::Stream).unwrap_err();
        assert_eq!((fault.status, fault.reply.is_some()), (400, true));
        assert!(parse(text.as_bytes(), Wire::Datagram).is_ok(), "a datagram ends by itself");
    }
    assert_eq!(cut(head("").as_bytes(), 50).map(|f| f.len()), Ok(1), "no body, no length: read all the same");
}

#[test]
fn line_ends_without_end_neither_recurse_nor_pile_up() {
    for blank in ["\r", "\n", "\r\r\n", "\r\n"] {
        let mut framer = Framer::default();
        for _ in 0..20 {
            framer.push(blank.repeat(4_000).as_bytes());
            while framer.cut().unwrap().is_some() {}
            assert!(framer.waiting() < 4 && !framer.begun(), "{blank:?}");
        }
    }
}

#[test]
fn a_header_without_end_is_cut_off_at_the_limit_and_looked_at_once() {
    let mut framer = Framer::default();
    let mut pushed = 0usize;
    let broken = loop {
        // Two bytes of an empty line again and again: the search must not begin anew each time.
        framer.push(b"X\r\n");
        pushed += 3;
        match framer.cut() {
            Ok(None) => assert!(framer.begun() && pushed < 70_000),
            Ok(Some(frame)) => panic!("{frame:?}"),
            Err(broken) => break broken,
        }
    };
    assert_eq!((broken, framer.head()), (Broken::TooLarge, None));
    assert_eq!(format!("{framer:?}"), format!("Framer({pushed} bytes)"), "how much, not what");
}
