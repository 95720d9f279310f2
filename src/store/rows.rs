//! What others hand in: entries for the writer, and the staff and version of a configuration.

use call::cdr::Record;
use call::ids::{Address, CallId, LegId, Name, StaffNo, UnitCode};

use crate::course::Course;

/// One thing to write. Each is written under a key, so that writing it twice is the same as once.
#[derive(Clone, PartialEq, Debug)]
pub enum Entry {
    /// What the core says about a call; keys as in [`Record`].
    Record(Box<Record>),
    /// A recording; key: call and path. Written when it begins and again when it is closed.
    Recording(Box<RecordingRow>),
    /// How a leg sounded; key: call and leg.
    LegSound(Box<LegSound>),
    /// How a leg was signalled; key: call, leg and SIP Call-ID.
    LegSip(Box<LegSip>),
}

impl Entry {
    /// The call that it is about.
    pub fn call(&self) -> CallId {
        match self {
            Self::Record(record) => match record.as_ref() {
                Record::Offered(row) | Record::Updated(row) | Record::Ended(row) => row.call,
                Record::Leg(row) => row.call,
                Record::Event(row) => row.call,
                Record::CallBack(row) => row.call,
                Record::Rating(row) => row.call,
                Record::Errand(row) => row.call,
                Record::Stated(row) => row.stated.call,
            },
            Self::Recording(row) => row.call,
            Self::LegSound(row) => row.call,
            Self::LegSip(row) => row.call,
        }
    }

    /// Whether it is a call's first row, the one that may be refused.
    pub fn is_offer(&self) -> bool {
        matches!(self, Self::Record(record) if matches!(record.as_ref(), Record::Offered(_)))
    }
}

/// What a recording is of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RecordingKind {
    /// All seats of the main group.
    Mix,
    /// One seat's track.
    Leg,
    /// A private track: consultation or whisper, outside the mix.
    Private,
    /// A voice message.
    Voicemail,
}

impl RecordingKind {
    /// The word in the store and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mix => "mix",
            Self::Leg => "leg",
            Self::Private => "private",
            Self::Voicemail => "voicemail",
        }
    }
}

/// A recording's facts. Those that are known only at its end are `None` while it runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingRow {
    /// Of which call.
    pub call: CallId,
    /// Whose track; `None` for the mix.
    pub leg: Option<LegId>,
    /// Of what.
    pub kind: RecordingKind,
    /// The file as it was first written, from the folder of the recordings; key within the call. See [`Self::file`].
    pub path: String,
    /// `pcm_s16le`: WAV, as it was written; `flac`: made smaller after the call.
    pub codec: String,
    /// Begun, UTC ms.
    pub started_at: i64,
    /// Length, ms.
    pub duration_ms: Option<u64>,
    /// Size, bytes.
    pub bytes: Option<u64>,
    /// SHA-256 of the closed file, hex.
    pub sha256: Option<String>,
    /// The key that the file is sealed with; `None`: it is not.
    pub key_id: Option<String>,
    /// To be purged then, UTC ms.
    pub retain_until: Option<i64>,
    /// Not to be purged while this holds.
    pub legal_hold: bool,
    /// Purged, UTC ms; the row stays.
    pub purged_at: Option<i64>,
}

impl RecordingRow {
    /// The file as it is kept now, from the folder of the recordings.
    pub fn file(&self) -> String {
        match (self.codec.as_str(), self.path.strip_suffix(".wav")) {
            ("flac", Some(stem)) => format!("{stem}.flac"),
            _ => self.path.clone(),
        }
    }
}

/// How a leg sounded, as far as it was measured.
#[derive(Clone, PartialEq, Debug)]
pub struct LegSound {
    /// Of which call.
    pub call: CallId,
    /// Which leg.
    pub leg: LegId,
    /// Lost packets of those expected, 0.0 to 1.0 (RFC 3550 section 6.4.1, over the whole leg).
    pub loss_ratio: f32,
    /// Interarrival jitter, ms (RFC 3550 section 6.4.1).
    pub jitter_ms: f32,
    /// Mean opinion score, 1.0 to 5.0 (ITU-T G.107).
    pub mos: Option<f32>,
    /// How keys came: `rfc4733`, `info`, `inband`.
    pub dtmf_mode: Name,
    /// `PCMA`, ... ; empty leaves what the leg's row says.
    pub codec: Name,
    /// Packets both ways; `None` of legs from before this was kept.
    pub packets: Option<Packets>,
    /// How it went over time; `None` of a leg too short for it, or from before this was kept.
    pub course: Option<Course>,
    /// What reports told of it.
    pub reports: Reports,
}

/// What the reports of a leg told; each `None` where the far end said nothing of it, or from before this was kept.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Reports {
    /// How much longer the runs of lost packets were than those of random loss, 1.0 upwards (BurstR of ITU-T G.107).
    pub burst_ratio: Option<f32>,
    /// To the far end and back, ms (RFC 3550 section 6.4.1).
    pub round_trip_ms: Option<f32>,
    /// What it lost of ours, 0.0 to 1.0.
    pub far_loss: Option<f32>,
    /// How we sound there, by its own account, 1.0 to 5.0 (RFC 3611 section 4.7).
    pub far_mos: Option<f32>,
}

/// What went over a leg, and where its far end said it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packets {
    /// RTP packets that came.
    pub received: u64,
    /// Of these, those in which nothing but silence was; 0 of legs from before this was kept.
    pub silent: u64,
    /// RTP packets that we sent.
    pub sent: u64,
    /// The kind of address that the far end announced: [`call::heard::Announced::word`].
    pub announced: Name,
}

/// How a leg was signalled: one INVITE of it. Written when it goes out, and again when it came to nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LegSip {
    /// Of which call.
    pub call: CallId,
    /// Of which leg.
    pub leg: LegId,
    /// The INVITE's Call-ID.
    pub sip_call_id: Name,
    /// Sent, or refused; UTC ms.
    pub at: i64,
    /// The trunk that it went or came by; `phone` for a phone of the house.
    pub way: Name,
    /// The status that refused it.
    pub status: Option<u16>,
    /// Q.850 cause of the refusal's Reason header.
    pub q850: Option<u8>,
    /// The far end's words, cleaned; empty when it said none.
    pub far_words: String,
    /// Codecs of the far end's description, where they were the reason: `G729, G723`.
    pub offered: String,
}

impl LegSip {
    /// What it tells beside the leg's verdict.
    pub fn facts(&self) -> call::advice::Facts<'_> {
        call::advice::Facts { status: self.status, offered: &self.offered }
    }
}

/// Somebody who works here, as the configuration has them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaffRow {
    /// Staff number.
    pub no: StaffNo,
    /// The unit that they belong to; `None` for the hotline itself.
    pub unit: Option<UnitCode>,
    /// What they do.
    pub role: StaffRole,
    /// Where they are rung. An outside number is sealed in the store.
    pub address: Address,
}

/// What somebody does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StaffRole {
    /// Answers the hotline.
    Operator,
    /// Sits at a window.
    Desk,
    /// A unit's contact.
    Liaison,
    /// Leads a shift.
    Lead,
}

impl StaffRole {
    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Desk => "desk",
            Self::Liaison => "liaison",
            Self::Lead => "lead",
        }
    }
}

/// Who changed the configuration, when and why. Its hash is the plan's version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigVersion {
    /// Taken into use, UTC ms.
    pub at: i64,
    /// By whom.
    pub author: String,
    /// Why.
    pub comment: String,
    /// The files that it was read from.
    pub files: Vec<(String, String)>,
}
