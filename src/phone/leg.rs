//! One call as the phone's handset keeps it, and what of it its holder sees.

use std::sync::Arc;
use std::time::Duration;

use sip::sdp::{self, Codec, Direction, Encryption, Secrets, Shield};
use sip::{Headers, SessionId};
use tokio::sync::{oneshot, watch};

use crate::media::Line;
use crate::{PhoneError, seed};

/// Most provisional responses that are remembered of one call. Further ones are forgotten.
pub(crate) const MOST_PROGRESS: usize = 32;

/// Who or what ended a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// We hung up, cancelled or refused.
    Us,
    /// The far end hung up.
    Them,
    /// Our INVITE was refused or got no answer.
    Refused,
    /// The far end took its INVITE back.
    Cancelled,
    /// The far end is not there any more.
    Lost,
}

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Ending {
    /// By whom.
    pub by: EndedBy,
    /// Final status of our INVITE when it was not taken; 487 when we cancelled it.
    pub status: Option<u16>,
    /// Q.850 cause of the far end's Reason header.
    pub q850: Option<u8>,
    /// The far end's words, or what was wrong.
    pub reason: String,
    /// Seconds after which the far end wants to be asked again (Retry-After).
    pub retry_after: Option<u32>,
    /// From the INVITE to the end.
    pub lasted: Duration,
    /// From the answer to the end; `None` when there was none.
    pub talked: Option<Duration>,
}

impl Ending {
    /// The phone is gone, and nobody is left to say more.
    pub(crate) fn stopped() -> Self {
        let reason = "the phone was stopped".to_owned();
        Self {
            by: EndedBy::Us,
            status: None,
            q850: None,
            reason,
            retry_after: None,
            lasted: Duration::ZERO,
            talked: None,
        }
    }
}

/// Where a call stands.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// INVITE out or in, not answered.
    Early,
    Up,
    Ended(Arc<Ending>),
}

/// What its holder sees of a call.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub stage: Stage,
    /// Provisional responses to our INVITE, in order.
    pub progress: Vec<u16>,
    /// Of the INVITE that came, or of the 2xx to ours.
    pub headers: Arc<Headers>,
    /// Which way sound flows, seen from us.
    pub direction: Direction,
    /// 2xx acknowledged.
    pub acked: bool,
}

/// What ends a call, before the times are known.
pub(crate) struct Verdict {
    pub by: EndedBy,
    pub status: Option<u16>,
    pub q850: Option<u8>,
    pub reason: String,
    pub retry_after: Option<u32>,
}

impl Verdict {
    pub fn by(by: EndedBy) -> Self {
        Self { by, status: None, q850: None, reason: String::new(), retry_after: None }
    }
}

/// A re-INVITE of ours.
pub(crate) struct Change {
    /// Who waits for the answer.
    pub told: oneshot::Sender<Result<(), PhoneError>>,
    /// The direction before it.
    pub wish: Direction,
    /// The keys before it, when it changes them.
    pub shield: Option<Shield>,
    /// The codecs before it, when it changes them.
    pub codecs: Option<Vec<Codec>>,
}

/// One call.
pub(crate) struct Leg {
    pub session: SessionId,
    pub seen: watch::Sender<Seen>,
    /// `None` while it rings here.
    pub line: Option<Arc<Line>>,
    /// Of the INVITE that came; `None` when we are to offer.
    pub offer: Option<Vec<u8>>,
    pub talk: Talk,
    /// Our re-INVITE that waits for its answer.
    pub change: Option<Change>,
    pub began: Duration,
    pub answered: Option<Duration>,
    /// We hung up before the answer to our INVITE: when one comes all the same, it is hung up again.
    pub dropped: bool,
}

/// Our side of offer and answer.
pub(crate) struct Talk {
    id: u64,
    version: u64,
    /// What we would like.
    pub wish: Direction,
    /// Whether the sound is encrypted, and by which keys.
    pub shield: Shield,
    /// What it speaks, best first.
    pub codecs: Vec<Codec>,
}

impl Talk {
    pub fn new(id: u64, encryption: Encryption, codecs: &[Codec]) -> Self {
        let shield = Secrets::new(&seed::bytes()).shield(encryption);
        // Fits into what every parser of o= holds.
        Self { id: id >> 16, version: 0, wish: Direction::SendRecv, shield, codecs: codecs.to_vec() }
    }

    fn local(&mut self, line: &Line) -> sdp::Local {
        self.version += 1;
        sdp::Local { address: line.address, id: self.id, version: self.version }
    }

    pub fn offer(&mut self, line: &Line) -> Vec<u8> {
        let local = self.local(line);
        sdp::offer(local, &self.codecs, self.wish, &self.shield)
    }

    pub fn answer(&mut self, line: &Line, offer: &[u8]) -> Result<(Vec<u8>, sdp::Agreed), sdp::SdpFault> {
        let local = self.local(line);
        sdp::answer(offer, local, &self.codecs, self.wish, &self.shield)
    }

    pub fn accept(&self, answer: &[u8]) -> Result<sdp::Agreed, sdp::SdpFault> {
        sdp::accept(answer, &self.codecs, self.wish, &self.shield)
    }

    /// Other keys of ours from here on, or none; what was before.
    pub fn renew(&mut self, encryption: Encryption) -> Shield {
        std::mem::replace(&mut self.shield, Secrets::new(&seed::bytes()).shield(encryption))
    }
}

impl Leg {
    pub fn new(session: SessionId, talk: Talk, began: Duration, headers: Arc<Headers>) -> Self {
        let seen = Seen {
            stage: Stage::Early,
            progress: Vec::new(),
            headers,
            direction: Direction::SendRecv,
            acked: false,
        };
        Self {
            session,
            seen: watch::Sender::new(seen),
            line: None,
            offer: None,
            talk,
            change: None,
            began,
            answered: None,
            dropped: false,
        }
    }

    /// What offer and answer came to.
    pub fn agree(&mut self, agreed: sdp::Agreed) {
        self.talk.shield.commit(&agreed);
        self.seen.send_modify(|s| s.direction = agreed.direction);
        if let Some(line) = &self.line {
            line.agree(agreed);
        }
    }

    pub fn up(&mut self, now: Duration) {
        self.answered = Some(now);
        self.seen.send_modify(|s| s.stage = Stage::Up);
    }

    /// The first packet is waited for from here.
    pub fn acked(&self) {
        if let Some(line) = &self.line {
            let now = line.media().now();
            line.port().acked.get_or_insert(now);
        }
        self.seen.send_modify(|s| s.acked = true);
    }

    pub fn is_up(&self) -> bool {
        self.answered.is_some()
    }

    /// The last word; the leg is out of the table.
    pub fn end(self, now: Duration, verdict: Verdict) {
        if let Some(line) = &self.line {
            line.close();
        }
        let Verdict { by, status, q850, reason, retry_after } = verdict;
        let talked = self.answered.map(|at| now.saturating_sub(at));
        let lasted = now.saturating_sub(self.began);
        let ending = Ending { by, status, q850, reason, retry_after, lasted, talked };
        self.seen.send_modify(|s| s.stage = Stage::Ended(Arc::new(ending)));
    }
}
