//! A finished file: chunks of one length, so that any place is found without reading what is before it.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::{Chunks, HEAD, Head, Layout};
use crate::Chance;
use crate::cipher::TAG;
use crate::error::VaultError;
use crate::key::DataKey;

/// Bytes of sound in a chunk.
pub const CHUNK: usize = 1 << 16;
/// Chunks that stay in memory until the end: whoever writes a sound file goes back to its beginning then, to a WAV's lengths,
/// to a FLAC's table of places (18 bytes each 10 s: enough for 40 hours). When full: what comes after goes to the disk, and
/// nobody can go back to it.
const HELD: usize = 4;

/// Writes blocks. What was written is a file only after [`Self::finish`]; no chunk is ever sealed twice.
#[derive(Debug)]
pub struct BlocksWriter<W> {
    to: W,
    chunks: Chunks,
    /// The first chunks.
    held: Vec<u8>,
    /// The chunk that grows behind them.
    tail: Vec<u8>,
    /// Its number.
    no: u32,
    at: u64,
    finished: bool,
}

impl<W: Write + Seek> BlocksWriter<W> {
    /// Writes the head of a new file.
    ///
    /// # Errors
    /// The system's, or that of the randomness.
    pub fn begin(mut to: W, key: &DataKey, chance: &dyn Chance) -> io::Result<Self> {
        let (head, chunks) = Head::draw(Layout::Blocks, key, chance)?;
        to.write_all(&head.bytes)?;
        let no = u32::try_from(HELD).map_err(|_| VaultError::TooLong)?;
        Ok(Self { to, chunks, held: Vec::new(), tail: Vec::new(), no, at: 0, finished: false })
    }

    fn length(&self) -> u64 {
        let before = u64::from(self.no) - HELD as u64;
        self.held.len() as u64 + before * CHUNK as u64 + self.tail.len() as u64
    }

    /// Seals what is still in memory, the last chunk as the last. Nothing can be written after it.
    ///
    /// # Errors
    /// The system's: it is no file then.
    pub fn finish(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.finished, true) {
            return Ok(());
        }
        let mut held = std::mem::take(&mut self.held);
        let only = self.tail.is_empty();
        let last = held.len().div_ceil(CHUNK).max(1) - 1;
        for no in 0..=last {
            let rest = held.split_off(held.len().min(CHUNK));
            self.put(u32::try_from(no).map_err(|_| VaultError::TooLong)?, only && no == last, held)?;
            held = rest;
        }
        if !only {
            let tail = std::mem::take(&mut self.tail);
            self.put(self.no, true, tail)?;
        }
        self.to.flush()
    }

    fn put(&mut self, no: u32, last: bool, mut body: Vec<u8>) -> io::Result<()> {
        self.chunks.seal(0, no, last, &mut body)?;
        self.to.seek(SeekFrom::Start(place(no)))?;
        self.to.write_all(&body)
    }

    /// At the end; how much was taken.
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = HELD * CHUNK - self.held.len();
        let heap = if room > 0 {
            &mut self.held
        } else {
            if self.tail.len() == CHUNK {
                let next = self.no.checked_add(1).ok_or(VaultError::TooLong)?;
                let full = std::mem::take(&mut self.tail);
                self.put(self.no, false, full)?;
                self.no = next;
            }
            &mut self.tail
        };
        let room = if room > 0 { room } else { CHUNK - heap.len() };
        let part = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        heap.extend_from_slice(part);
        Ok(part.len())
    }
}

/// Where a chunk begins in the file.
fn place(no: u32) -> u64 {
    HEAD as u64 + u64::from(no) * (CHUNK + TAG) as u64
}

impl<W: Write + Seek> Write for BlocksWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.finished {
            return Err(io::Error::other("the file is finished"));
        }
        let count = if self.at == self.length() {
            self.append(bytes)?
        } else {
            let at = usize::try_from(self.at).unwrap_or(usize::MAX);
            let over = self.held.get_mut(at..).filter(|held| !held.is_empty());
            let over = over.ok_or_else(|| io::Error::other("what is sealed can't be written anew"))?;
            let count = over.len().min(bytes.len());
            over.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            count
        };
        self.at += count as u64;
        Ok(count)
    }

    /// Nothing: what is in memory is sealed at the end, and once.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write + Seek> Seek for BlocksWriter<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = self.length();
        self.at = sought(to, self.at, end)?;
        if self.at > end {
            self.at = end;
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is nothing yet"));
        }
        Ok(self.at)
    }
}

fn sought(to: SeekFrom, at: u64, end: u64) -> io::Result<u64> {
    let at = match to {
        SeekFrom::Start(at) => Some(at),
        SeekFrom::Current(by) => at.checked_add_signed(by),
        SeekFrom::End(by) => end.checked_add_signed(by),
    };
    at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "before the beginning"))
}

/// Reads blocks from any place.
#[derive(Debug)]
pub struct BlocksReader<R> {
    from: R,
    chunks: Chunks,
    /// Of the file.
    bytes: u64,
    at: u64,
    /// The chunk that is open.
    no: Option<u32>,
    open: Vec<u8>,
    /// The file ends with a chunk that is not the last one.
    cut: bool,
}

impl<R: Read + Seek> BlocksReader<R> {
    /// Of a file whose head was read.
    ///
    /// # Errors
    /// The system's; the data key is not the one that wrapped the file's own.
    pub fn new(mut from: R, head: &Head, key: &DataKey) -> io::Result<Self> {
        let (chunks, bytes) = (head.open(key)?, from.seek(SeekFrom::End(0))?);
        Ok(Self { from, chunks, bytes, at: 0, no: None, open: Vec::new(), cut: false })
    }

    /// Bytes of sound, if the file is whole: reading tells.
    pub fn length(&self) -> u64 {
        let sealed = self.bytes.saturating_sub(HEAD as u64);
        sealed.saturating_sub(TAG as u64 * sealed.div_ceil((CHUNK + TAG) as u64))
    }

    /// Opens a chunk. The last one must say that it is. A file that was cut between two chunks reads to there, and ends with
    /// [`io::ErrorKind::UnexpectedEof`]; the error of one that was changed is [`io::ErrorKind::InvalidData`].
    fn load(&mut self, no: u32) -> io::Result<()> {
        if self.no == Some(no) {
            return Ok(());
        }
        let (from, to) = (place(no), place(no.checked_add(1).ok_or(VaultError::TooLong)?).min(self.bytes));
        let mut body = std::mem::take(&mut self.open);
        self.no = None;
        body.resize(usize::try_from(to.saturating_sub(from)).unwrap_or_default(), 0);
        self.from.seek(SeekFrom::Start(from))?;
        self.from.read_exact(&mut body)?;
        let last = to == self.bytes;
        let sealed = last.then(|| body.clone());
        let opened = self.chunks.open(no, last, &mut body).map(|plain| plain.len());
        let length = match (opened, sealed) {
            (Ok(length), _) => length,
            (Err(error), None) => return Err(error.into()),
            (Err(error), Some(sealed)) => {
                body = sealed;
                self.cut = true;
                self.chunks.open(no, false, &mut body).map_err(|_| error)?.len()
            }
        };
        body.truncate(length);
        (self.open, self.no) = (body, Some(no));
        Ok(())
    }
}

impl<R: Read + Seek> Read for BlocksReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // The last chunk of a file says that it is, so an empty file has one too.
        let empty = self.at == 0 && self.length() == 0;
        if into.is_empty() || self.at >= self.length() && !empty {
            let cut = self.cut && !into.is_empty();
            return if cut { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(0) };
        }
        let (no, within) = (self.at / CHUNK as u64, self.at % CHUNK as u64);
        self.load(u32::try_from(no).map_err(|_| VaultError::TooLong)?)?;
        let rest = usize::try_from(within).ok().and_then(|at| self.open.get(at..)).unwrap_or_default();
        let count = rest.len().min(into.len());
        into.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.at += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for BlocksReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = sought(to, self.at, self.length())?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Cursor;

    use super::*;
    use crate::tests::{Dice, keys};

    fn sound(length: usize) -> Vec<u8> {
        (0..length).map(|i| u8::try_from((i * 7 + i / 251) % 256).unwrap()).collect()
    }

    fn sealed(key: &DataKey, plain: &[u8]) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut writer = BlocksWriter::begin(&mut file, key, &Dice::default()).unwrap();
        for piece in plain.chunks(40_000) {
            writer.write_all(piece).unwrap();
            writer.flush().unwrap();
        }
        writer.finish().unwrap();
        writer.finish().unwrap();
        assert!(writer.write(&[1]).is_err());
        file.into_inner()
    }

    fn reader(bytes: &[u8], key: &DataKey) -> BlocksReader<Cursor<Vec<u8>>> {
        let mut from = Cursor::new(bytes.to_vec());
        let head = Head::read(&mut from).unwrap().unwrap();
        assert_eq!((head.layout, head.key), (Layout::Blocks, key.id));
        BlocksReader::new(from, &head, key).unwrap()
    }

    fn read(bytes: &[u8], key: &DataKey) -> (Vec<u8>, Option<io::ErrorKind>) {
        let mut out = Vec::new();
        let said = reader(bytes, key).read_to_end(&mut out);
        (out, said.err().map(|error| error.kind()))
    }

    #[test]
    fn what_was_written_is_read_whole_and_from_any_place() {
        for key in keys() {
            for length in
                [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, HELD * CHUNK, HELD * CHUNK + 1, 6 * CHUNK, 400_000]
            {
                let plain = sound(length);
                let bytes = sealed(&key, &plain);
                assert_eq!(read(&bytes, &key), (plain.clone(), None), "{length}");
                assert!(plain.len() < 64 || !bytes.windows(64).any(|window| plain.starts_with(window)));
                let mut reader = reader(&bytes, &key);
                assert_eq!(reader.length(), length as u64);
                for at in [0, 43, CHUNK - 1, CHUNK, 5 * CHUNK + 9, length.saturating_sub(5)] {
                    let mut some = Vec::new();
                    reader.seek(SeekFrom::Start(at as u64)).unwrap();
                    reader.by_ref().take(70_000).read_to_end(&mut some).unwrap();
                    let to = plain.len().min(at + 70_000);
                    assert_eq!(some, plain.get(at..to).unwrap_or_default(), "{length} from {at}");
                }
            }
        }
    }

    #[test]
    fn a_writer_may_go_back_to_the_beginning_and_nowhere_else() {
        let key = keys().remove(0);
        let (mut file, mut plain) = (Cursor::new(Vec::new()), sound(6 * CHUNK));
        let mut writer = BlocksWriter::begin(&mut file, &key, &Dice::default()).unwrap();
        writer.write_all(&plain).unwrap();
        writer.seek(SeekFrom::Start(40)).unwrap();
        writer.write_all(&[9; 4]).unwrap();
        assert_eq!(writer.seek(SeekFrom::End(0)).unwrap(), plain.len() as u64);
        writer.write_all(&[5]).unwrap();
        writer.seek(SeekFrom::Start((HELD * CHUNK) as u64)).unwrap();
        assert!(writer.write(&[1]).is_err() && writer.seek(SeekFrom::Start(u64::MAX / 2)).is_err());
        writer.finish().unwrap();
        plain[40..44].fill(9);
        plain.push(5);
        assert_eq!(read(&file.into_inner(), &key), (plain, None));
    }

    #[test]
    fn what_was_changed_or_cut_or_moved_is_told() {
        let key = keys().remove(0);
        let plain = sound(6 * CHUNK + 100);
        let bytes = sealed(&key, &plain);
        for at in [0, 4, 8, 20, HEAD - 1].into_iter().chain((HEAD..bytes.len()).step_by(9_973)) {
            let mut bent = bytes.clone();
            bent[at] ^= 1;
            let mut from = Cursor::new(bent);
            let Ok(Some(head)) = Head::read(&mut from) else { continue };
            let whole = BlocksReader::new(from, &head, &key).and_then(|mut r| r.read_to_end(&mut Vec::new()));
            assert_eq!(whole.unwrap_err().kind(), io::ErrorKind::InvalidData, "byte {at} was changed");
        }
        // Between two chunks, and within one.
        let cut = |chunks: usize, more: usize| read(&bytes[..HEAD + chunks * (CHUNK + TAG) + more], &key);
        assert_eq!(cut(3, 0), (plain[..3 * CHUNK].to_vec(), Some(io::ErrorKind::UnexpectedEof)));
        assert_eq!(cut(3, 50), (plain[..3 * CHUNK].to_vec(), Some(io::ErrorKind::InvalidData)));
        assert_eq!(cut(0, 0), (Vec::new(), Some(io::ErrorKind::InvalidData)));
        let mut swapped = bytes.clone();
        let (one, other) = swapped[HEAD..].split_at_mut(CHUNK + TAG);
        one.swap_with_slice(&mut other[..CHUNK + TAG]);
        assert_eq!(read(&swapped, &key), (Vec::new(), Some(io::ErrorKind::InvalidData)));
        assert!(Head::read(&mut b"RIFF....".as_slice()).unwrap().is_none());
        assert!(Head::read(&mut b"HLRS\x01".as_slice()).is_err());
    }
}
