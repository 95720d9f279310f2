//! Reading the trace back: the messages of some SIP Call-IDs, in the order in which they went over the wire.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::files::{Place, Series, day_of};
use crate::journal::{ENDINGS, ENTRY, MAGIC, PREFIX};
use crate::message::Traced;
use crate::{TraceError, record};

/// Most messages that are read for one question. When there are more, the first ones are given and [`Found::more`] is set.
pub const MOST_FOUND: usize = 20_000;
/// Longest record.
const RECORD: usize = record::FRAME + 48 + 65_536;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The messages of these Call-IDs.
    pub call_ids: &'a [String],
    /// From this moment on, UTC us; `None`: from the oldest.
    pub from_us: Option<i64>,
    /// Up to this moment.
    pub until_us: Option<i64>,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// In the order of time.
    pub messages: Vec<Traced>,
    /// There are more than these.
    pub more: bool,
    /// Files with a torn end or a record that does not fit its checksum: what stood there is lost.
    pub torn: usize,
}

/// Looks through the trace's folder. A folder that is not there holds nothing.
///
/// # Errors
/// [`TraceError::File`].
pub fn find(folder: &Path, wanted: &Wanted<'_>) -> Result<Found, TraceError> {
    let series = Series {
        folder: folder.to_owned(),
        prefix: PREFIX.to_owned(),
        endings: ENDINGS,
        days: u16::MAX,
        most_bytes: u64::MAX,
    };
    let places = match series.places() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::default()),
        other => other.map_err(TraceError::file(folder))?,
    };
    let hashes: BTreeSet<u64> = wanted.call_ids.iter().map(|id| record::hash(id.as_bytes())).collect();
    let mut found = Found::default();
    // A message is filed under the day on which its batch was written.
    let first = wanted.from_us.map(|at| day_of(at).saturating_sub(1));
    let last = wanted.until_us.map(|at| day_of(at).saturating_add(1));
    let asked = |place: &Place| first.is_none_or(|d| place.day >= d) && last.is_none_or(|d| place.day <= d);
    for place in places.into_iter().filter(asked) {
        let path = series.path(place, "trace");
        let index = read_all(&series.path(place, "index")).map_err(TraceError::file(&path))?;
        match File::open(&path) {
            Ok(file) => one(&file, &index, &hashes, wanted, &mut found).map_err(TraceError::file(&path))?,
            // It was removed for its age meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(TraceError::file(&path)(error)),
        }
    }
    found.messages.sort_by_key(|message| message.at_us);
    Ok(found)
}

fn read_all(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(mut file) => file.read_to_end(&mut bytes).map(|_| bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(bytes),
        Err(error) => Err(error),
    }
}

/// One file: by its index as far as that goes, and record by record behind it.
fn one(
    file: &File,
    index: &[u8],
    hashes: &BTreeSet<u64>,
    wanted: &Wanted<'_>,
    found: &mut Found,
) -> io::Result<()> {
    let mut end = MAGIC.len() as u64;
    let mut torn = false;
    for entry in index.chunks(ENTRY) {
        let Some((hash, offset)) = entry_of(entry) else {
            torn = true;
            break;
        };
        let asked = hashes.contains(&hash);
        if asked {
            match at(file, offset)? {
                Some((message, _)) => keep(message, wanted, found),
                None => torn = true,
            }
        }
        end = offset;
    }
    // The index's last record, and what it does not know: written, but not indexed when a crash came.
    let mut known = end > MAGIC.len() as u64 || index.len() >= ENTRY;
    while let Some((message, length)) = at(file, end)? {
        let hash = record::hash(message.call_id().unwrap_or_default().as_bytes());
        if !std::mem::take(&mut known) && hashes.contains(&hash) {
            keep(message, wanted, found);
        }
        end += length as u64;
    }
    found.torn += usize::from(torn || end < file.metadata()?.len());
    Ok(())
}

fn entry_of(entry: &[u8]) -> Option<(u64, u64)> {
    let sum = record::crc32(entry.get(..12)?);
    let fits = u32::from_le_bytes(record::array(entry, 12)?) == sum;
    let offset = u32::from_le_bytes(record::array(entry, 8)?);
    fits.then_some((u64::from_le_bytes(record::array(entry, 0)?), offset.into()))
}

/// The record at a place of a file.
fn at(file: &File, offset: u64) -> io::Result<Option<(Traced, usize)>> {
    let mut frame = [0; record::FRAME];
    if file.read_exact_at(&mut frame, offset).is_err() {
        return Ok(None);
    }
    let [a, b, c, d, ..] = frame;
    let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    let whole = length.saturating_add(record::FRAME);
    if whole > RECORD {
        return Ok(None);
    }
    let mut bytes = vec![0; whole];
    match file.read_exact_at(&mut bytes, offset) {
        Ok(()) => Ok(record::read(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn keep(message: Traced, wanted: &Wanted<'_>, found: &mut Found) {
    let asked = message.call_id().is_some_and(|id| wanted.call_ids.iter().any(|w| w == id))
        && wanted.from_us.is_none_or(|at| message.at_us >= at)
        && wanted.until_us.is_none_or(|at| message.at_us <= at);
    if !asked {
        return;
    }
    if found.messages.len() < MOST_FOUND {
        found.messages.push(message);
    } else {
        found.more = true;
    }
}
