//! RTP: a packet that is read can be written, and is read the same again.
#![no_main]

use audio::codec::{Codec, Decoder};
use audio::dtmf::Receiver;
use audio::playout::Playout;
use audio::{FRAME, rtp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(packet) = rtp::read(bytes) else { return };
    let mut out = vec![0; rtp::HEADER + packet.payload.len()];
    let length = rtp::write(&packet, &mut out);
    assert_eq!(length, out.len());
    assert_eq!(rtp::read(&out), Some(packet));
    let mut keys = Receiver::default();
    let _ = keys.packet(packet.timestamp, packet.payload);
    let (mut playout, mut decoder) = (Playout::new(), Decoder::new(Codec::Pcma));
    playout.push(packet.sequence, packet.timestamp, 0, packet.payload);
    playout.push(packet.sequence.wrapping_add(packet.timestamp as u16), packet.timestamp, 200, packet.payload);
    playout.push_noise(packet.sequence, packet.timestamp.rotate_left(7), 300, packet.payload);
    for tick in 0..4 {
        playout.next(tick * 160, &mut decoder, &mut [0; FRAME]);
    }
});
