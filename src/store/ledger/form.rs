//! An entry as a frame of the journal, and back. A frame holds numbers and words of citizens, so it is sealed.

use call::cdr::{CallBackRow, CallRow, EventRow, LegRow, RatingRow, Record, StatedRow};
use call::errand::ErrandRow;
use call::event::{Caller, Stated};
use journal::{Draft, Frame};

use crate::errand;
use crate::ledger::part::{Part, row};
use crate::rows::{Entry, LegSip, LegSound, Packets, RecordingRow, Reports};
use crate::seal::{Keys, SealFault};

/// The version of the form: see [`crate::ledger::part`].
const VERSION: u8 = 1;

/// Kinds of frames. A number is never used for something else.
mod kind {
    pub(super) const OFFERED: u8 = 1;
    pub(super) const UPDATED: u8 = 2;
    pub(super) const ENDED: u8 = 3;
    pub(super) const LEG: u8 = 4;
    pub(super) const EVENT: u8 = 5;
    pub(super) const CALL_BACK: u8 = 6;
    pub(super) const RATING: u8 = 7;
    pub(super) const ERRAND: u8 = 8;
    pub(super) const STATED: u8 = 9;
    pub(super) const RECORDING: u8 = 20;
    pub(super) const LEG_SOUND: u8 = 21;
    pub(super) const LEG_SIP: u8 = 22;
}

row!(Caller { raw, number, withheld, diverted });
row!(CallRow {
    call,
    did,
    source,
    sip_call_id,
    caller,
    lang,
    profile,
    config_version,
    offered_at,
    answered_at,
    ended_at,
    notice_played_at,
    wait_ms,
    queue_ms,
    duration_ms,
    billsec_ms,
    operator,
    outcome,
    cause,
    urgent,
    case,
});
row!(LegRow {
    call,
    leg,
    seat,
    party,
    uri_masked,
    attempt,
    invited_at,
    ringing_at,
    answered_at,
    joined_at,
    left_at,
    hold_ms,
    result,
    codec,
});
row!(EventRow { call, seq, at, mono_ms, kind, leg, actor, cause, detail });
row!(CallBackRow { call, number, why, since, due_at });
row!(RatingRow { call, score, reason, operator, desk, service });
row!(Stated { call, outcome, case, service, note, by });
row!(StatedRow { at, stated });
row!(RecordingRow {
    call,
    leg,
    kind,
    path,
    codec,
    started_at,
    duration_ms,
    bytes,
    sha256,
    key_id,
    retain_until,
    legal_hold,
    purged_at,
});
row!(Packets { received, silent, sent, announced });
row!(Reports { burst_ratio, round_trip_ms, far_loss, far_mos });
row!(LegSound { call, leg, loss_ratio, jitter_ms, mos, dtmf_mode, codec, packets, course, reports });
row!(LegSip { call, leg, sip_call_id, at, way, status, q850, far_words, offered });

impl Part for ErrandRow {
    fn put(&self, to: &mut Vec<u8>) {
        let Self { call, task, no, at, news } = self;
        let (kind, staff, value, cause) = errand::parts(news);
        call.put(to);
        task.put(to);
        no.put(to);
        at.put(to);
        kind.put(to);
        staff.cloned().put(to);
        value.put(to);
        cause.put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let (call, task, no, at) =
            (Part::take(from)?, Part::take(from)?, Part::take(from)?, Part::take(from)?);
        let kind = String::take(from)?;
        let news = errand::whole(&kind, Part::take(from)?, Part::take(from)?, Part::take(from)?)?;
        Some(Self { call, task, no, at, news })
    }
}

/// What of a frame is not to be read: a later program wrote it, or somebody else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unreadable {
    /// Kind or version are not known here.
    Strange,
    /// The key does not open it.
    Sealed,
    /// It opens, and is not what its kind says.
    Broken,
}

impl Unreadable {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Strange => "written by another version of this program",
            Self::Sealed => "sealed by another key, or changed",
            Self::Broken => "not of the form that it claims",
        }
    }
}

/// Seals an entry for this journal: its kind, and the payload of its frame.
pub(super) fn seal(keys: &Keys, generation: u128, entry: &Entry) -> Result<(u8, Vec<u8>), SealFault> {
    let mut plain = Vec::with_capacity(512);
    let kind = put(entry, &mut plain);
    Ok((kind, keys.seal_bytes(PLACE, &owner(generation, kind), &plain)?))
}

/// The frame of a sealed entry.
pub(super) fn draft(kind: u8, payload: &[u8]) -> Draft<'_> {
    Draft { kind, version: VERSION, payload }
}

/// The entry of a frame of this journal.
pub(super) fn open(keys: &Keys, generation: u128, frame: &Frame) -> Result<Entry, Unreadable> {
    if frame.version != VERSION {
        return Err(Unreadable::Strange);
    }
    let sealed = keys.open_bytes(PLACE, &owner(generation, frame.kind), &frame.payload);
    let plain = sealed.map_err(|SealFault| Unreadable::Sealed)?;
    let mut rest = plain.as_slice();
    let entry = take(frame.kind, &mut rest)?;
    if rest.is_empty() { entry.ok_or(Unreadable::Broken) } else { Err(Unreadable::Broken) }
}

/// What a sealed frame is bound to.
const PLACE: &str = "journal";

fn owner(generation: u128, kind: u8) -> String {
    format!("{generation:032x}.{kind}")
}

fn put(entry: &Entry, to: &mut Vec<u8>) -> u8 {
    let (row, kind): (&dyn Put, u8) = match entry {
        Entry::Record(record) => match record.as_ref() {
            Record::Offered(row) => (row, kind::OFFERED),
            Record::Updated(row) => (row, kind::UPDATED),
            Record::Ended(row) => (row, kind::ENDED),
            Record::Leg(row) => (row, kind::LEG),
            Record::Event(row) => (row, kind::EVENT),
            Record::CallBack(row) => (row, kind::CALL_BACK),
            Record::Rating(row) => (row, kind::RATING),
            Record::Errand(row) => (row, kind::ERRAND),
            Record::Stated(row) => (row, kind::STATED),
        },
        Entry::Recording(row) => (row.as_ref(), kind::RECORDING),
        Entry::LegSound(row) => (row.as_ref(), kind::LEG_SOUND),
        Entry::LegSip(row) => (row.as_ref(), kind::LEG_SIP),
    };
    row.put_to(to);
    kind
}

/// Whatever can be put.
trait Put {
    fn put_to(&self, to: &mut Vec<u8>);
}

impl<T: Part> Put for T {
    fn put_to(&self, to: &mut Vec<u8>) {
        self.put(to);
    }
}

fn take(kind: u8, from: &mut &[u8]) -> Result<Option<Entry>, Unreadable> {
    let record = |record: Record| Entry::Record(Box::new(record));
    Ok(match kind {
        kind::OFFERED => Part::take(from).map(Record::Offered).map(record),
        kind::UPDATED => Part::take(from).map(Record::Updated).map(record),
        kind::ENDED => Part::take(from).map(Record::Ended).map(record),
        kind::LEG => Part::take(from).map(Record::Leg).map(record),
        kind::EVENT => Part::take(from).map(Record::Event).map(record),
        kind::CALL_BACK => Part::take(from).map(Record::CallBack).map(record),
        kind::RATING => Part::take(from).map(Record::Rating).map(record),
        kind::ERRAND => Part::take(from).map(Record::Errand).map(record),
        kind::STATED => Part::take(from).map(Record::Stated).map(record),
        kind::RECORDING => Part::take(from).map(Box::new).map(Entry::Recording),
        kind::LEG_SOUND => Part::take(from).map(Box::new).map(Entry::LegSound),
        kind::LEG_SIP => Part::take(from).map(Box::new).map(Entry::LegSip),
        _ => return Err(Unreadable::Strange),
    })
}
