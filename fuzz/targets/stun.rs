//! STUN: whatever is answered was a Binding request, and its answer is a STUN message that is no longer than it need be.
#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use sip::stun;

/// A success has one address, and an error names at most so many attributes; either may be sealed.
const LONGEST: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let four: SocketAddr = ([192, 0, 2, 1], 32_853).into();
    let six: SocketAddr = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap();
    for from in [four, six] {
        let Some(answer) = stun::answer(bytes, from) else { continue };
        assert!(stun::is_stun(bytes) && bytes[..2] == [0, 1], "only requests are answered");
        assert!(stun::is_stun(&answer) && answer[4..20] == bytes[4..20], "the answer names its request");
        assert!(matches!(answer[..2], [1, 1] | [1, 0x11]), "success or error");
        let told = usize::from(u16::from_be_bytes([answer[2], answer[3]]));
        assert!(told + 20 == answer.len() && told % 4 == 0 && answer.len() <= LONGEST, "{answer:?}");
        assert_eq!(stun::answer(&answer, from), None, "two houses don't go on for ever");
    }
    // The same bytes as attributes of a good request: that is where the reading is.
    if bytes.first().is_some_and(|first| first & 0xc0 != 0) {
        let length = u16::try_from(bytes.len() - 1).unwrap_or(u16::MAX);
        let head = [&[0, 1][..], &length.to_be_bytes(), &0x2112_a442_u32.to_be_bytes(), b"transactions"].concat();
        let _ = stun::answer(&[&head, &bytes[1..]].concat(), four);
    }
});
