//! Facts made by hand and messages as text, and what the doctor says of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod findings;
mod messages;

use std::net::SocketAddr;
use std::time::Duration;

use sip::Transport;
use sip::locate::Destination;
use sip::sdp::{Direction, Format, Look};

use crate::*;

pub fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A trunk with all that is needed.
pub fn written() -> Written {
    Written {
        proxy: Some("sip:192.0.2.1:5060".to_owned()),
        host: "192.0.2.1".to_owned(),
        port: Some(5060),
        nets: true,
        ..Written::named("carrier")
    }
}

pub fn asked(status: u16) -> Asked {
    let answer = Answered {
        status,
        reason: "Words".to_owned(),
        took: Duration::from_millis(12),
        ..Answered::default()
    };
    Asked {
        transport: Transport::Udp,
        remote: at("192.0.2.1:5060"),
        ours: at("10.0.0.5:5062"),
        answer: Some(answer),
        challenge: Vec::new(),
    }
}

pub fn silent() -> Asked {
    Asked { answer: None, ..asked(0) }
}

/// All is well as far as OPTIONS.
pub fn facts() -> Facts {
    let to = Destination { transport: Transport::Udp, remote: at("192.0.2.1:5060"), name: None };
    Facts {
        lookup: Some(Lookup { asked: Vec::new(), to: Ok(vec![to]) }),
        options: vec![asked(200)],
        ..Facts::default()
    }
}

pub fn look(formats: &[(u8, &str)], profile: &str) -> Look {
    let format =
        |(payload_type, name): &(u8, &str)| Format { payload_type: *payload_type, name: (*name).to_owned() };
    Look {
        remote: at("192.0.2.1:20000"),
        formats: formats.iter().map(format).collect(),
        ptime: Some(20),
        direction: Direction::SendRecv,
        profile: profile.to_owned(),
    }
}

pub const USUAL: &[(u8, &str)] = &[(8, "PCMA/8000"), (101, "TELEPHONE-EVENT/8000")];

/// A call that was answered as it should be.
pub fn called() -> Called {
    let from = vec![at("192.0.2.1:20000")];
    let first = Some(Duration::from_millis(31));
    Called {
        number: "05351234567".to_owned(),
        sent_as: "05351234567".to_owned(),
        forms: vec![
            (Form::AsIs, "05351234567".to_owned()),
            (Form::E164, "+865351234567".to_owned()),
            (Form::National, "05351234567".to_owned()),
            (Form::Local, "1234567".to_owned()),
        ],
        invite: asked(200),
        provisional: Vec::new(),
        cancelled: false,
        too_small: None,
        timer: Some((1800, Some("uac".to_owned()))),
        offered: Some(look(USUAL, "RTP/AVP")),
        answer: Some(look(USUAL, "RTP/AVP")),
        unusable: None,
        shown: Vec::new(),
        sound: Some(Sound { packets: 98, first, from, ..Sound::default() }),
        bye: Some(200),
    }
}

/// Everything that is said, in both languages.
pub fn said(report: &Report) -> String {
    let words = |w: &Words| format!("{}\n{}\n", w.zh, w.en);
    let findings = report
        .findings
        .iter()
        .map(|f| format!("{}{}", words(&f.seen), f.advice.as_ref().map(words).unwrap_or_default()));
    let proposals = report.proposals.iter().map(|p| format!("{}\n{}", p.line, words(&p.why)));
    findings.chain(proposals).collect()
}

pub fn lines(report: &Report) -> Vec<&str> {
    report.proposals.iter().map(|p| p.line.as_str()).collect()
}
