//! Everything that can be asked of the media threads and everything that they tell: the contract of this crate.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::course::Course;
use crate::keys::Srtp;
use crate::ports::Port;
use crate::sound::Sound;
pub use crate::trouble::{Trouble, Unrecorded};

/// One leg's stream. The caller mints it and never uses it twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Leg(pub u64);

/// One room: the call's ULID.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Room(pub u128);

/// One thing being played; comes back in [`Event::PlayDone`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PlayTag(pub u64);

/// What a leg's sound is packed in (RFC 3551), 20 ms packets of 160 bytes; the RTP clock is 8 kHz for all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Codec {
    /// A-law, static payload type 8.
    #[default]
    Pcma,
    /// mu-law, static payload type 0.
    Pcmu,
    /// G.722 at 64 kbit/s, 16 kHz, static payload type 9: a wide leg.
    G722,
}

impl Codec {
    /// 16 kHz.
    pub fn is_wide(self) -> bool {
        matches!(self, Self::G722)
    }
}

/// What offer and answer agreed on for one leg (RFC 3264).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stream {
    /// Where the peer's SDP says that it listens. `None` (unknown, or 0.0.0.0): nothing is sent until its first packet.
    pub remote: Option<SocketAddr>,
    /// RTCP on the RTP port (RFC 5761). Without it RTCP goes to the port above.
    pub rtcp_mux: bool,
    /// The agreed codec.
    pub codec: Codec,
    /// RTP payload type of the codec, 0..=127.
    pub payload_type: u8,
    /// Other formats that were agreed on, under their payload types: when the far end sends one of them, both ends speak it from
    /// there on (RFC 3264 section 6.1).
    pub also: Vec<(u8, Codec)>,
    /// Payload type of telephone-event (RFC 4733) when it was agreed on.
    pub dtmf: Option<u8>,
    /// We may send (our direction is `sendrecv` or `sendonly`).
    pub send: bool,
    /// The peer may send (our direction is `sendrecv` or `recvonly`). Without it no media loss is told.
    pub receive: bool,
    /// The keys when the leg is encrypted (RFC 4568): then nothing clear is heard or sent. A leg that once had keys never
    /// becomes clear again: an update without them keeps those it has.
    pub srtp: Option<Box<Srtp>>,
}

/// One order to the media thread that owns the leg and its room. Orders about a leg or room that is not there are ignored.
#[derive(Clone, Debug)]
pub enum Command {
    /// Begin to receive and send on a port. Until it is seated the leg sends nothing and what it hears is discarded
    /// (keys are told).
    Open {
        /// Which leg.
        leg: Leg,
        /// From [`crate::PortPool::take`].
        port: Port,
        /// What was agreed on.
        media: Stream,
    },
    /// A new offer and answer for the leg. A changed `remote` opens the latch again.
    Update {
        /// Which leg.
        leg: Leg,
        /// What is agreed on now.
        media: Stream,
    },
    /// The leg goes on behind another port of its thread, with another far end: its seat and its figures stay, who may be heard
    /// is open again. Whoever gets the port before from orders after this one has it alone. Behind a port without socket the
    /// leg is clear; elsewhere one that had keys stays encrypted.
    Rehouse {
        /// Which leg.
        leg: Leg,
        /// From [`crate::PortPool::take`] or [`crate::PortPool::take_inside`].
        port: Port,
        /// What was agreed on with the other far end.
        media: Stream,
    },
    /// End the stream; a seat that it still has is taken away. [`Event::LegClosed`] follows, then the port may go back.
    Close {
        /// Which leg.
        leg: Leg,
    },
    /// Send keys to the peer (RFC 4733), one after the other.
    SendDigits {
        /// To which leg.
        leg: Leg,
        /// Which keys.
        digits: Digits,
        /// How long each is held, 40 ms .. 8 s.
        hold: Duration,
    },

    /// Open a room without seats. With `recording` it can be recorded, by [`Command::Recording`] `Start`.
    OpenRoom {
        /// Which room.
        room: Room,
        /// Where its files go; `None`: never recorded.
        recording: Option<RecordingSpec>,
    },
    /// Give a leg of the same thread a seat. At most [`crate::MOST_SEATS`].
    Seat {
        /// In which room.
        room: Room,
        /// Which leg.
        leg: Leg,
        /// Name of its track in the recording: `citizen`, `operator`, ... A second seat of that name that sits while the
        /// first does gets a track of its own; one that comes after it continues its track.
        track: &'static str,
        /// Whom it hears.
        group: Group,
        /// What it says while [`Group::Alone`] is recorded on its private track (staff: yes, citizen: no).
        record_alone: bool,
    },
    /// Move a seat to another group.
    Move {
        /// In which room.
        room: Room,
        /// Which leg.
        leg: Leg,
        /// Whom it hears from now on.
        group: Group,
    },
    /// Nobody hears a muted seat, nor does the recording; it goes on hearing.
    Mute {
        /// In which room.
        room: Room,
        /// Which leg.
        leg: Leg,
        /// Muted or not.
        on: bool,
    },
    /// Take a seat away. The leg stays open.
    Unseat {
        /// In which room.
        room: Room,
        /// Which leg.
        leg: Leg,
    },
    /// Close the room: every seat is taken away, everything playing is done, the recording is closed.
    CloseRoom {
        /// Which room.
        room: Room,
    },

    /// Say something. At most [`crate::MOST_PLAYS`] at a time; one more is done at once.
    Play {
        /// In which room.
        room: Room,
        /// Comes back in [`Event::PlayDone`], exactly once.
        play: PlayTag,
        /// Who hears it.
        to: Hearers,
        /// One after the other, without a gap.
        sounds: Vec<Arc<Sound>>,
    },
    /// Stop saying it.
    StopPlay {
        /// In which room.
        room: Room,
        /// Which.
        play: PlayTag,
    },
    /// What a seat hears behind everything else while nothing is said to it. Never recorded.
    Background {
        /// In which room.
        room: Room,
        /// Which leg.
        leg: Leg,
        /// What.
        sound: Background,
    },
    /// Start, pause or resume the room's recording. [`Event::RecordingClosed`] comes after [`Command::CloseRoom`].
    Recording {
        /// In which room.
        room: Room,
        /// What to do.
        what: Recording,
    },

    /// Record what this seat says as a message; a beep first. [`Event::MessageTaken`] follows.
    TakeMessage {
        /// In which room; it must have been opened with a `recording`.
        room: Room,
        /// Who speaks.
        leg: Leg,
        /// Longest message.
        max: Duration,
        /// Ends after so much silence.
        silence: Duration,
    },
    /// Stop a message that is being taken.
    StopMessage {
        /// In which room.
        room: Room,
        /// Who speaks.
        leg: Leg,
    },
    /// Throw away the last message of this leg.
    DiscardMessage {
        /// In which room.
        room: Room,
        /// Who spoke.
        leg: Leg,
    },
}

/// Who hears whom: seats of one group hear each other and nobody else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Group {
    /// The call itself. Recorded in the main file.
    Main,
    /// A private talk beside it. Recorded in the private file.
    Private,
    /// Hears only what is played to this seat and its background; nobody hears it.
    Alone,
    /// Beside the call: hears the main group and what is said to it; this one seat hears it, or nobody does. Recorded in the
    /// private file while somebody hears it, else not at all.
    Beside(Option<Leg>),
}

/// Who hears what is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hearers {
    /// One seat.
    Seat(Leg),
    /// Every seat of the main group, also one that comes later.
    Main,
    /// Every seat of the private group, also one that comes later.
    Private,
}

/// What a seat hears behind everything else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Background {
    /// Nothing.
    #[default]
    Silence,
    /// Hold music.
    Music,
    /// Ring-back, 450 Hz 1 s on, 4 s off.
    RingBack,
}

/// What to do with a recording.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Recording {
    /// Begin. Once a room.
    Start,
    /// Write silence until `Resume`.
    Pause,
    /// Go on.
    Resume,
}

/// Where a room's recordings go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingSpec {
    /// Folder, made if missing: `.../2026-10-10`.
    pub folder: PathBuf,
    /// File name without `.wav`: the call's ULID. The private file adds `-private`, messages `-message-1`, `-message-2`, ...
    pub stem: String,
}

/// A telephone key: `0`..`9`, `*`, `#`, `A`..`D`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(pub char);

impl fmt::Debug for Key {
    /// Keyed digits are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("key")
    }
}

/// How a key came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyIn {
    /// As telephone events (RFC 4733).
    Events,
    /// As tones in the sound, on a leg without telephone events.
    Sound,
}

/// Keys to send, at most [`Digits::MOST`].
#[derive(Clone, PartialEq, Eq)]
pub struct Digits(Box<str>);

impl Digits {
    /// The most keys of one order.
    pub const MOST: usize = 64;

    /// From `0`..`9`, `*`, `#`, `A`..`D`; `None` when another character is among them or there are too many.
    pub fn new(keys: &str) -> Option<Self> {
        let good = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#' | 'A'..='D');
        (keys.len() <= Self::MOST && keys.chars().all(good)).then(|| Self(keys.into()))
    }

    /// The keys, for the wire only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Digits {
    /// Keyed digits are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}

/// What the media threads and the recorder tell.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// A key was pressed. Told once per press, when it begins, or at its end when the beginning was lost.
    Digit {
        /// On this leg.
        leg: Leg,
        /// Which.
        key: Key,
        /// How it came.
        by: KeyIn,
    },
    /// The first packet of a valid source arrived: the leg's latch has closed on it.
    FirstPacket {
        /// On this leg.
        leg: Leg,
    },
    /// Neither RTP nor RTCP for the time-out (10 s by default).
    MediaLost {
        /// On this leg.
        leg: Leg,
    },
    /// Sound again after `MediaLost`.
    MediaBack {
        /// On this leg.
        leg: Leg,
    },
    /// The leg is closed; its figures. The port may be given back.
    LegClosed {
        /// Which leg.
        leg: Leg,
        /// Its figures.
        stats: LegStats,
        /// How it went.
        course: Course,
    },
    /// Everything was said, or it was stopped, or nobody is left to hear it. Exactly once per [`Command::Play`].
    PlayDone {
        /// In this room.
        room: Room,
        /// Which.
        play: PlayTag,
    },
    /// A message ended.
    MessageTaken {
        /// In this room.
        room: Room,
        /// Who spoke.
        leg: Leg,
        /// Length without the closing silence, milliseconds; 0: nothing was said.
        length_ms: u32,
        /// Why it ended.
        ended: MessageEnd,
        /// The file; `None` when nothing was said, or it could not be written ([`Event::Trouble`] says why).
        file: Option<RecordedFile>,
    },
    /// The room's recording is complete on disk.
    RecordingClosed {
        /// Of which room.
        room: Room,
        /// The files: main first, then private if anything private was said.
        files: Vec<RecordedFile>,
    },
    /// A file of a recording that is over is FLAC now, proved to be the same sound; the WAV file goes some seconds later.
    Compressed {
        /// The call's name, from the file's.
        call: String,
        /// The file, without the names of its channels: those are as before.
        file: RecordedFile,
    },
    /// Something that an admin must know. Sound goes on.
    Trouble(Trouble),
}

/// Why a message ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageEnd {
    /// By [`Command::StopMessage`], or the seat or room was closed.
    Stopped,
    /// `max` was reached.
    Full,
    /// Nothing but silence for the limit.
    Silence,
}

/// A recording on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedFile {
    /// What it holds.
    pub kind: FileKind,
    /// Where.
    pub path: PathBuf,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// Size.
    pub bytes: u64,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// Names of the channels in order: `mix`, `house`, `citizen`, ...; of a message only its seat's.
    pub tracks: Vec<String>,
}

/// What a file holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FileKind {
    /// The call: mix, prompts, one track per seat.
    Main,
    /// Consultations and whispers, apart from the mix.
    Private,
    /// A voice message.
    Message,
}

/// A leg's figures over its whole life.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct LegStats {
    /// RTP packets taken.
    pub received: u64,
    /// RTP packets sent.
    pub sent: u64,
    /// Lost of those expected, 0.0 ..= 1.0 (RFC 3550 section 6.4.1).
    pub loss_ratio: f32,
    /// Interarrival jitter, milliseconds (RFC 3550 section 6.4.1).
    pub jitter_ms: f32,
    /// Frames that came after their turn and were not heard.
    pub late: u64,
    /// Packets in which nothing but silence was: digital silence of G.711, or comfort noise (RFC 3389).
    pub silent: u64,
    /// Packets of strangers: not from the latched source, and dropped.
    pub strangers: u64,
    /// Packets that were no RTP of this stream: version, payload type, length.
    pub malformed: u64,
    /// Packets on an encrypted leg that were forged, clear, repeated or too old, and dropped.
    pub forged: u64,
    /// The peer's last report of what it lost of ours, 0.0 ..= 1.0.
    pub far_loss_ratio: Option<f32>,
    /// How our sound is heard there, by the peer's own account (RFC 3611): 1.0 ..= 5.0.
    pub far_mos: Option<f32>,
    /// To the far end and back, ms, as its reports tell (RFC 3550 section 6.4.1); the mean with the latest ones heaviest.
    pub round_trip_ms: Option<f32>,
    /// How much longer the runs of lost packets were than those of random loss; 1.0 upwards, 0.0 before anything came.
    pub burst_ratio: f32,
}
