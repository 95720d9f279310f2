//! One datagram, and the same bytes as a stream in pieces: both are read without a panic, and what is read can be printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::framing::{Frame, Framer};
use sip::{Wire, parse};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = parse(bytes, Wire::Datagram) {
        hotline_fuzz::stands_printing(message);
    }
    let piece = usize::from(bytes.first().copied().unwrap_or(1)).max(1);
    let mut framer = Framer::default();
    for part in bytes.chunks(piece) {
        framer.push(part);
        while let Ok(Some(frame)) = framer.cut() {
            if let Frame::Message(whole) = frame
                && let Ok(message) = parse(&whole, Wire::Stream)
            {
                hotline_fuzz::stands_printing(message);
            }
        }
    }
});
