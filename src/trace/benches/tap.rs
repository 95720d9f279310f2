//! What the tap costs the loop, and the writing thread, per message.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use sip::Flow;
use trace::{Direction, Settings, Tap};

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        folder: folder.path().join("trace"),
        days: 7,
        most_bytes: 1 << 30,
        pcap: None,
        homer: None,
    };
    let flow = Flow::udp("192.0.2.1:5060".parse().unwrap(), "198.51.100.9:5070".parse().unwrap());
    let message = format!(
        "INVITE sip:89000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9:5070;branch=z9hG4bKa\r\n\
         From: <sip:13800001234@198.51.100.9>;tag=a\r\nTo: <sip:89000@192.0.2.1>\r\nCall-ID: abcdefgh@example\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:a@198.51.100.9:5070>\r\nContent-Type: application/sdp\r\n\
         Content-Length: 300\r\n\r\n{}",
        "a=rtpmap:8 PCMA/8000\r\n".repeat(15)
    );
    let (tap, keeper) = Tap::start(&settings).unwrap();
    // In bursts, with time to catch up between them: the figure is that of a tap that drops nothing.
    let (rounds, burst) = (400_u32, 500_u32);
    let mut spent = Duration::ZERO;
    let start = Instant::now();
    for round in 0..rounds {
        let begun = Instant::now();
        for n in 0..burst {
            tap.note(i64::from(round * burst + n), Direction::In, &flow, message.as_bytes());
        }
        spent += begun.elapsed();
        while tap.counts().kept + tap.counts().dropped < u64::from((round + 1) * burst) {
            std::thread::yield_now();
        }
    }
    let (all, counts) = (rounds * burst, tap.counts());
    println!("{} bytes: {:?} per message for the loop", message.len(), spent / all);
    println!(
        "{:?} per message altogether, {} kept, {} dropped",
        start.elapsed() / all,
        counts.kept,
        counts.dropped
    );
    drop(tap);
    keeper.stop();
    let begun = Instant::now();
    let ids = ["nobody".to_owned()];
    let wanted = trace::Wanted { call_ids: &ids, from_us: None, until_us: None };
    trace::find(&settings.folder, &wanted).unwrap();
    println!("{all} messages looked through for a Call-ID in {:?}", begun.elapsed());
}
