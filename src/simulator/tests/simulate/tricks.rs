//! What no honest phone does: forged requests inside a dialog, a CANCEL out of turn, garbage, broken connections.

use std::fmt::Write as _;
use std::time::Duration;

use sip::sdp::{self, Codec, Direction};
use sip::{Message, SessionId, Wire};

use super::chance::Chance;
use super::glance::Glance;
use super::phone::{Line, Stage};
use super::world::World;

/// One trick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trick {
    /// CANCEL of the INVITE, whether anything was answered or not.
    Cancel,
    /// The first INVITE once more.
    Again,
    /// Two re-INVITEs at once that are never acknowledged.
    Glare,
    /// A re-INVITE without an offer.
    AskOffer,
    /// A re-INVITE that nothing can be agreed on.
    Nonsense,
    Update,
    UpdateOffer,
    /// A key, a body that is none, nothing.
    Info(&'static str),
    /// A BYE of another dialog, and one that comes too late in the order.
    StrangeBye,
    OldBye,
    /// An ACK that nothing waits for, with a body.
    Ack,
    /// A method that is not for us.
    Method(&'static str),
    /// The 200 that was sent, once more as if another phone behind this one had picked up too.
    Fork,
    /// No SIP at all.
    Noise,
    /// The connection breaks.
    Cut,
}

/// An INVITE is known again for 64*T1 after its answer.
const AGAIN: Duration = Duration::from_secs(25);

impl Trick {
    pub fn any(dice: &mut Chance) -> Self {
        dice.pick(&[
            Self::Cancel,
            Self::Again,
            Self::Glare,
            Self::AskOffer,
            Self::Nonsense,
            Self::Update,
            Self::UpdateOffer,
            Self::Info("Signal=1\r\nDuration=100\r\n"),
            Self::Info("Signal=99\r\n"),
            Self::Info(""),
            Self::StrangeBye,
            Self::OldBye,
            Self::Ack,
            Self::Method("REFER"),
            Self::Method("MESSAGE"),
            Self::Method("PRACK"),
            Self::Method("FOO"),
            Self::Fork,
            Self::Noise,
        ])
    }
}

impl World {
    /// Keeps what a phone sends, for tricks with it: its INVITE, or its answer to one.
    pub fn keep_for_tricks(&mut self, phone: usize, bytes: &[u8]) {
        if bytes.starts_with(b"INVITE ") {
            let fresh = |l: &&mut Line| l.stage == Stage::Dialling && l.sent.is_none();
            if let Some(line) = self.phones[phone].lines.values_mut().rev().find(fresh) {
                line.sent = Some(bytes.to_vec());
            }
        } else if bytes.starts_with(b"SIP/2.0 200") {
            let seen = Glance::at(bytes);
            let ours = |l: &&mut Line| l.taken.is_none() && l.call_id == seen.call_id;
            let line = self.phones[phone].lines.values_mut().find(ours);
            if let Some(line) = line.filter(|_| seen.method == "INVITE") {
                line.taken = Some(bytes.to_vec());
            }
        }
    }

    /// Keeps what a phone hears, for tricks with it.
    pub fn overhear(&mut self, phone: usize, bytes: &[u8]) {
        if !bytes.starts_with(b"SIP/2.0 200") {
            return;
        }
        let seen = Glance::at(bytes);
        let ours = |l: &&mut Line| {
            let sent = l.sent.as_deref().map(Glance::at);
            l.taken.is_none() && sent.is_some_and(|s| s.call_id == seen.call_id)
        };
        if seen.method == "INVITE"
            && let Some(line) = self.phones[phone].lines.values_mut().find(ours)
        {
            line.taken = Some(bytes.to_vec());
        }
    }

    /// Plays a trick on the house.
    pub fn trick(&mut self, phone: usize, session: SessionId, trick: Trick) {
        let flow = self.phones[phone].flow();
        let messages = match trick {
            Trick::Cut => return self.cut(phone),
            Trick::Noise => vec![b"\x00\x01 no SIP \xff\r\n\r\n".to_vec()],
            Trick::Fork => self.fork(phone, session),
            Trick::Cancel | Trick::Again => self.forge_of_invite(phone, session, trick),
            Trick::Glare
            | Trick::AskOffer
            | Trick::Nonsense
            | Trick::Update
            | Trick::UpdateOffer
            | Trick::Info(_)
            | Trick::StrangeBye
            | Trick::OldBye
            | Trick::Ack
            | Trick::Method(_) => self.forge_inside(phone, session, trick),
        };
        for bytes in messages {
            self.phone_sends(phone, &flow, bytes);
        }
    }

    fn fork(&mut self, phone: usize, session: SessionId) -> Vec<Vec<u8>> {
        let n = self.dice.below(1 << 40);
        // Once the house has the first answer; before it, the other would be the first.
        let line = self.phones[phone].lines.get(&session).filter(|l| l.sent.is_none() && l.acked);
        let Some(taken) = line.and_then(|l| l.taken.as_deref()) else { return Vec::new() };
        let text = String::from_utf8_lossy(taken).into_owned();
        let other = |line: &str| match (line.starts_with("To:"), line.split_once(";tag=")) {
            (true, Some((to, _))) => format!("{to};tag=fork{n}"),
            _ => line.to_owned(),
        };
        vec![text.split("\r\n").map(other).collect::<Vec<_>>().join("\r\n").into_bytes()]
    }

    fn forge_of_invite(&mut self, phone: usize, session: SessionId, trick: Trick) -> Vec<Vec<u8>> {
        let line = self.phones[phone].lines.get(&session);
        let Some((born, sent)) = line.and_then(|l| l.sent.clone().map(|sent| (l.born, sent))) else {
            return Vec::new();
        };
        if trick == Trick::Again {
            // Much later, or to a house that has fallen since, it would be a new call, and rightly so.
            return if self.now < born + AGAIN && self.whole.lives == 0 { vec![sent] } else { Vec::new() };
        }
        let text = String::from_utf8_lossy(&sent).into_owned();
        let head = text.split("\r\n\r\n").next().unwrap_or_default().to_owned();
        let mut cancel = String::new();
        for line in head.split("\r\n") {
            let wanted = ["INVITE ", "Via:", "From:", "To:", "Call-ID:", "CSeq:", "Max-Forwards:"];
            if wanted.iter().any(|w| line.starts_with(w)) {
                let line = match line.strip_prefix("INVITE ") {
                    Some(rest) => format!("CANCEL {rest}"),
                    None if line.starts_with("CSeq:") => line.replace("INVITE", "CANCEL"),
                    None => line.to_owned(),
                };
                let _ = write!(cancel, "{line}\r\n");
            }
        }
        cancel.push_str("Content-Length: 0\r\n\r\n");
        vec![cancel.into_bytes()]
    }

    fn forge_inside(&mut self, phone: usize, session: SessionId, trick: Trick) -> Vec<Vec<u8>> {
        let at = self.phones[phone].at;
        let transport = self.phones[phone].transport.as_str();
        let n = self.dice.below(1 << 40);
        let Some(line) = self.phones[phone].lines.get_mut(&session) else { return Vec::new() };
        let callee = line.sent.is_none();
        let mut forge = Forge { at: format!("{transport} {at}"), n, seq: line.forged, callee, ok: None };
        forge.ok = line.taken.as_deref().and_then(|bytes| match sip::parse(bytes, Wire::Stream) {
            Ok(Message::Response(ok)) => Some(ok),
            Ok(Message::Request(_)) | Err(_) => None,
        });
        line.forged += 10;
        let hold = sdp::offer(line.local, &[Codec::Pcma], Direction::SendOnly, &sdp::Shield::clear());
        let hold = String::from_utf8_lossy(&hold).into_owned();
        let sdp = "application/sdp";
        match trick {
            Trick::Glare => {
                let first = forge.request("INVITE", sdp, &hold);
                vec![first, forge.request("INVITE", sdp, &hold)]
            }
            Trick::AskOffer => vec![forge.request("INVITE", "", "")],
            Trick::Nonsense => {
                let nonsense = "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nt=0 0\r\nm=video 9 RTP/AVP 31\r\n";
                vec![forge.request("INVITE", sdp, nonsense)]
            }
            Trick::Update => vec![forge.request("UPDATE", "", "")],
            Trick::UpdateOffer => vec![forge.request("UPDATE", sdp, &hold)],
            Trick::Info(body) => vec![forge.request("INFO", "application/dtmf-relay", body)],
            Trick::StrangeBye => {
                let bytes = forge.request("BYE", "", "");
                let text = String::from_utf8_lossy(&bytes).replace(";tag=", ";tag=x");
                vec![text.into_bytes()]
            }
            Trick::OldBye => {
                forge.seq = 0;
                vec![forge.request("BYE", "", "")]
            }
            Trick::Ack => vec![forge.request("ACK", sdp, "v=0\r\n")],
            Trick::Method(method) => vec![forge.request(method, "", "")],
            Trick::Cancel | Trick::Again | Trick::Fork | Trick::Noise | Trick::Cut => Vec::new(),
        }
    }
}

/// Forges requests of a dialog whose 200 was overheard.
struct Forge {
    at: String,
    n: u64,
    seq: u32,
    /// The house called.
    callee: bool,
    ok: Option<sip::Response>,
}

impl Forge {
    /// Nothing before the answer was heard.
    fn request(&mut self, method: &str, kind: &str, body: &str) -> Vec<u8> {
        let Some(ok) = &self.ok else { return Vec::new() };
        let (headers, at) = (&ok.headers, &self.at);
        self.n += 1;
        self.seq += 1;
        let header = |name| headers.get(name).unwrap_or_default();
        let host = at.split(' ').nth(1).unwrap_or_default();
        let (mut from, mut to) = (header("From"), header("To"));
        if self.callee {
            std::mem::swap(&mut from, &mut to);
        }
        let call_id = header("Call-ID");
        let (n, seq) = (self.n, self.seq);
        let mut text = format!(
            "{method} sip:10.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/{at};branch=z9hG4bKtrick{n};rport\r\n\
             Max-Forwards: 70\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {seq} {method}\r\n\
             Contact: <sip:{host}>\r\n"
        );
        if !kind.is_empty() {
            let _ = write!(text, "Content-Type: {kind}\r\n");
        }
        let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
        text.into_bytes()
    }
}
