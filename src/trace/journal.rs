//! The files of the trace under writing: records one after another, and beside each file an index by Call-ID.

use std::fs::File;
use std::io::{self, Write};

use crate::files::{Place, Series, day_of};
use crate::message::Traced;
use crate::{lines, record};

/// Endings of a file and of its index.
pub(crate) const ENDINGS: &[&str] = &["trace", "index"];
/// How the names of the journal's files begin.
pub(crate) const PREFIX: &str = "sip-";
/// The first bytes of a file: what it is and of which version.
pub(crate) const MAGIC: &[u8; 16] = b"hotline trace 1\n";
/// A file of this size is followed by the next one, so that the oldest can go in small pieces. Offsets fit 32 bits.
pub(crate) const SEGMENT: u64 = 64 << 20;
/// Bytes of an index entry: hash of the Call-ID, offset of the record, checksum of both.
pub(crate) const ENTRY: usize = 16;

/// The journal under writing.
pub(crate) struct Journal {
    series: Series,
    open: Option<Open>,
}

struct Open {
    place: Place,
    files: Vec<File>,
    length: u64,
}

impl Journal {
    pub fn new(series: Series) -> Self {
        Self { series, open: None }
    }

    /// Writes these messages, of one moment of writing. A file that could not be written is left as it is, its torn end
    /// is no record, and the next message opens another one.
    ///
    /// # Errors
    /// The system's; the messages are lost to the journal then.
    pub fn write(&mut self, messages: &[Traced]) -> io::Result<()> {
        let Some(first) = messages.first() else { return Ok(()) };
        let (mut records, mut index) = (Vec::new(), Vec::new());
        let at = self.opened(day_of(first.at_us))?;
        for message in messages {
            let offset = u32::try_from(at + records.len() as u64).unwrap_or(u32::MAX);
            record::push(&mut records, message);
            let hash = record::hash(lines::value(&message.bytes, &["Call-ID", "i"]).unwrap_or_default());
            entry(&mut index, hash, offset);
        }
        let done = self.append(&records, &index);
        if done.is_err() {
            self.open = None;
        }
        done
    }

    fn append(&mut self, records: &[u8], index: &[u8]) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        for (file, bytes) in open.files.iter_mut().zip([records, index]) {
            file.write_all(bytes)?;
        }
        open.length += records.len() as u64;
        Ok(())
    }

    /// The length of the file that takes the messages of a day.
    fn opened(&mut self, day: i64) -> io::Result<u64> {
        if let Some(open) = &self.open
            && open.place.day == day
            && open.length < SEGMENT
        {
            return Ok(open.length);
        }
        let (place, mut files) = self.series.open_next(day)?;
        self.series.prune(day)?;
        let mut length = files.first().map_or(Ok(0), |file| file.metadata().map(|m| m.len()))?;
        if length == 0 {
            if let Some(file) = files.first_mut() {
                file.write_all(MAGIC)?;
            }
            length = MAGIC.len() as u64;
        }
        self.open = Some(Open { place, files, length });
        Ok(length)
    }
}

/// Adds an index entry.
fn entry(out: &mut Vec<u8>, hash: u64, offset: u32) {
    let start = out.len();
    out.extend_from_slice(&hash.to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
    let sum = record::crc32(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&sum.to_le_bytes());
}
