//! RTCP: any bytes are read; what we write ourselves is always RTCP.
#![no_main]

use audio::rtcp::{self, Counter, Sent};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let word = |at: usize| bytes.get(at..at + 4).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let ssrc = word(4);
    if let Some(report) = rtcp::read(bytes, ssrc) {
        let _ = format!("{report:?} {:?}", report.block.map(|block| block.round_trip_ms(i64::from(word(8)))));
    }
    let mut heard = Counter::default();
    for packet in bytes.chunks_exact(8) {
        heard.count(ssrc, u16::from_be_bytes([packet[0], packet[1]]), word(2), word(0));
    }
    let ratio = heard.loss_ratio();
    assert!((0.0..=1.0).contains(&ratio), "{ratio}");
    let (utc_ms, timestamp, packets, octets) = (i64::from(word(0)), word(1), word(2), word(3));
    let echo = Some((word(5), word(6)));
    let sent = Sent { ssrc, utc_ms, timestamp, packets, octets, echo, voip: Some(rtcp::Voip::default()) };
    let mut out = [0; rtcp::LONGEST];
    let length = rtcp::write(&sent, &mut heard, &mut out);
    assert!(rtcp::read(&out[..length], ssrc).is_some());
});
