//! A file that grows: a chunk for each piece that is written. A crash can cut it anywhere; what is whole before that reads.

use std::io::{self, Read, Write};

use super::{Chunks, Head, Layout};
use crate::Chance;
use crate::cipher::TAG;
use crate::error::VaultError;
use crate::key::DataKey;

/// Bytes of the largest chunk: a longer piece becomes several.
const PIECE: usize = 1 << 20;
/// Bytes before a chunk: its length, little-endian, without the tag.
const LENGTH: usize = 4;

/// Writes a tape: each write is a chunk, and on its way to the system when it returns.
#[derive(Debug)]
pub struct TapeWriter<W> {
    to: W,
    chunks: Chunks,
    next: u32,
    /// A chunk may stand there in part: nothing can come after it.
    broken: bool,
}

impl<W: Write> TapeWriter<W> {
    /// Writes the head of a new file.
    ///
    /// # Errors
    /// The system's, or that of the randomness.
    pub fn begin(mut to: W, key: &DataKey, chance: &dyn Chance) -> io::Result<Self> {
        let (head, chunks) = Head::draw(Layout::Tape, key, chance)?;
        to.write_all(&head.bytes)?;
        Ok(Self { to, chunks, next: 0, broken: false })
    }

    fn chunk(&mut self, piece: &[u8]) -> io::Result<()> {
        let length = u32::try_from(piece.len()).map_err(|_| VaultError::TooLong)?;
        let mut body = Vec::with_capacity(LENGTH + piece.len() + TAG);
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(piece);
        self.chunks.seal(LENGTH, self.next, false, &mut body)?;
        // The number is used up whatever becomes of the chunk.
        self.next = self.next.checked_add(1).ok_or(VaultError::TooLong)?;
        self.broken = true;
        self.to.write_all(&body)?;
        self.broken = false;
        Ok(())
    }
}

impl<W: Write> Write for TapeWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::Error::other("what was written before it is not whole"));
        }
        let piece = bytes.get(..PIECE.min(bytes.len())).unwrap_or_default();
        if !piece.is_empty() {
            self.chunk(piece)?;
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Reads a tape to its end, or to where a crash cut it.
#[derive(Debug)]
pub struct TapeReader<R> {
    from: R,
    chunks: Chunks,
    next: u32,
    open: Vec<u8>,
    /// What of it was read.
    at: usize,
    ended: bool,
}

impl<R: Read> TapeReader<R> {
    /// The reader stands behind the head.
    ///
    /// # Errors
    /// The data key is not the one that wrapped the file's own.
    pub fn new(from: R, head: &Head, key: &DataKey) -> Result<Self, VaultError> {
        let chunks = head.open(key)?;
        Ok(Self { from, chunks, next: 0, open: Vec::new(), at: 0, ended: false })
    }

    /// The next chunk. Nothing after one that is not whole.
    fn load(&mut self) -> io::Result<()> {
        let (mut length, mut body) = ([0; LENGTH], std::mem::take(&mut self.open));
        (self.at, self.ended) = (0, true);
        body.clear();
        if !filled(&mut self.from, &mut length)? {
            return Ok(());
        }
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > PIECE {
            return Ok(());
        }
        body.resize(length + TAG, 0);
        if filled(&mut self.from, &mut body)? && self.chunks.open(self.next, false, &mut body).is_ok() {
            body.truncate(length);
            self.next = self.next.saturating_add(1);
            (self.open, self.ended) = (body, false);
        }
        Ok(())
    }
}

/// False: it ended before.
fn filled(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

impl<R: Read> Read for TapeReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.open.len() && !self.ended {
            self.load()?;
        }
        let rest = self.open.get(self.at..).unwrap_or_default();
        let count = rest.len().min(into.len());
        into.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tests::{Dice, keys};

    fn read(bytes: &[u8], key: &DataKey) -> Vec<u8> {
        let (mut from, mut out) = (bytes, Vec::new());
        let head = Head::read(&mut from).unwrap().unwrap();
        TapeReader::new(from, &head, key).unwrap().read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn it_reads_to_where_it_was_cut_and_never_past_what_was_changed() {
        for key in keys() {
            let dice = Dice::default();
            let (mut bytes, mut ends, mut plain) = (Vec::new(), Vec::new(), Vec::new());
            let mut writer = TapeWriter::begin(&mut bytes, &key, &dice).unwrap();
            for length in [0, 1, 333, 16, 5_000] {
                plain.extend((0..length).map(|i: usize| u8::try_from(i % 251).unwrap()));
                writer.write_all(&plain[plain.len() - length..]).unwrap();
                ends.push((plain.len(), length));
            }
            let chunks: Vec<(usize, usize)> = ends
                .into_iter()
                .filter(|(_, length)| *length > 0)
                .scan(super::super::HEAD, |at, (plain, length)| {
                    *at += LENGTH + length + TAG;
                    Some((*at, plain))
                })
                .collect();
            assert_eq!(read(&bytes, &key), plain);
            for cut in (super::super::HEAD..bytes.len()).step_by(7) {
                let whole = chunks.iter().rev().find(|(end, _)| *end <= cut).map_or(0, |(_, plain)| *plain);
                assert_eq!(read(&bytes[..cut], &key), plain[..whole], "cut at {cut}");
                let mut bent = bytes.clone();
                bent[cut] ^= 0x40;
                let got = read(&bent, &key);
                assert!(plain.starts_with(&got) && got.len() < plain.len(), "byte {cut} was changed");
            }
        }
    }

    #[test]
    fn a_long_piece_becomes_several_chunks_and_nothing_comes_after_a_torn_one() {
        let (key, dice) = (keys().remove(0), Dice::default());
        let (plain, mut bytes) = (vec![7; 2 * PIECE + 5], Vec::new());
        TapeWriter::begin(&mut bytes, &key, &dice).unwrap().write_all(&plain).unwrap();
        assert_eq!(bytes.len(), super::super::HEAD + plain.len() + 3 * (LENGTH + TAG));
        assert_eq!(read(&bytes, &key), plain);

        let mut small = [0; 100];
        let mut writer = TapeWriter::begin(&mut small[..], &key, &dice).unwrap();
        assert_eq!(writer.write(&[1; 30]).unwrap_err().kind(), io::ErrorKind::WriteZero);
        assert!(writer.write(&[1]).unwrap_err().to_string().contains("not whole"));
        assert!(read(&small, &key).is_empty());
    }
}
