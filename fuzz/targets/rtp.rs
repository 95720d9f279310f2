//! RTP: a packet that is read can be written, and is read the same again.
#![no_main]

use audio::dtmf::Receiver;
use audio::g711::Law;
use audio::jitter::{FRAME, Jitter};
use audio::rtp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(packet) = rtp::read(bytes) else { return };
    let mut out = vec![0; rtp::HEADER + packet.payload.len()];
    let length = rtp::write(&packet, &mut out);
    assert_eq!(length, out.len());
    assert_eq!(rtp::read(&out), Some(packet));
    let mut keys = Receiver::default();
    let _ = keys.packet(packet.timestamp, packet.payload);
    let mut jitter = Jitter::default();
    jitter.push(packet.sequence, packet.payload, Law::A);
    jitter.push(packet.sequence.wrapping_add(packet.timestamp as u16), packet.payload, Law::A);
    for _ in 0..4 {
        jitter.pop(&mut [0; FRAME]);
    }
});
