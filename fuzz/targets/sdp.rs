//! Session descriptions: any offer is answered or refused; what we answer is itself a description that can be read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::sdp::{self, Codec, Direction, Encryption, Local, Secrets, Shield};

fuzz_target!(|offer: &[u8]| {
    let local = Local { address: ([192, 0, 2, 1], 20_000).into(), id: 1, version: 1 };
    let either = Secrets::new(&[7; 32]).shield(Encryption::Either);
    if let Ok((answer, agreed)) = sdp::answer(offer, local, &Codec::ALL, Direction::SendRecv, &either) {
        assert!(agreed.remote.port() != 0 && (10..=60).contains(&agreed.ptime));
        // Our offers have one line, so that is what the other end's reader of answers looks for.
        if agreed.srtp.is_none() && answer.windows(2).filter(|w| w == b"m=").count() == 1 {
            let taken = sdp::accept(&answer, &Codec::ALL, Direction::SendRecv, &Shield::clear()).expect("our own answer is read");
            assert_eq!((taken.codec, taken.remote), (agreed.codec, local.address));
        }
    }
    let _ = (sdp::accept(offer, &Codec::ALL, Direction::SendRecv, &either), sdp::direction(offer));
    let ours = sdp::offer(local, &Codec::ALL, Direction::SendRecv, &Shield::clear());
    assert!(sdp::accept(&ours, &Codec::ALL, Direction::SendRecv, &Shield::clear()).is_ok());
});
