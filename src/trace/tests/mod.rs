//! What the trace promises: nothing secret, nothing lost but what is said, found again by Call-ID.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod exports;
mod keep;
mod secrets;

use std::path::Path;

use sip::{Flow, Transport};

use crate::{Direction, Settings, Traced};

/// A UTC moment, us.
pub(crate) const NOON: i64 = 1_795_521_600_000_000;

pub(crate) fn flow() -> Flow {
    Flow::udp("192.0.2.1:5060".parse().unwrap(), "198.51.100.9:5070".parse().unwrap())
}

pub(crate) fn settings(folder: &Path) -> Settings {
    Settings { folder: folder.join("trace"), days: 7, most_bytes: 1 << 30, pcap: None, homer: None }
}

pub(crate) fn request(method: &str, call_id: &str) -> Vec<u8> {
    format!(
        "{method} sip:89000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9:5070;branch=z9hG4bKa\r\n\
         From: <sip:13800001234@198.51.100.9>;tag=a\r\nTo: <sip:89000@192.0.2.1>\r\nCall-ID: {call_id}\r\n\
         CSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

pub(crate) fn traced(at_us: i64, call_id: &str) -> Traced {
    Traced::new(at_us, Direction::In, &flow(), &request("INVITE", call_id))
}

pub(crate) fn over(transport: Transport, local: &str, remote: &str) -> Flow {
    Flow::new(transport, local.parse().unwrap(), remote.parse().unwrap(), 3)
}
