//! Reads whole segments at the start: what of them holds, where the end is, and what is missing before it.

use std::io;
use std::ops::Range;

use crate::disk::DiskFile;
use crate::frame::{self, BLOCK_HEAD, BlockHead, Head, Owner, SECTOR};

/// So often a sector is read that the disk gives an error for, before it counts as damaged.
const READ_TRIES: usize = 8;

/// Frames that were on disk once and can't be read any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The first that is missing.
    pub from: u64,
    /// The last that is missing.
    pub to: u64,
}

/// What was found at the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The generation of this journal: the folder's, or the new one.
    pub generation: u128,
    /// The first frame that is still here; that of [`Self::next`] if there is none.
    pub first: u64,
    /// The number that the next frame gets.
    pub next: u64,
    /// Damage, in order.
    pub gaps: Vec<Gap>,
    /// The last group had been begun and never acknowledged: it was cut off.
    pub torn: bool,
    /// Segments of another generation, which somebody put here. They are left alone.
    pub foreign: Vec<String>,
}

/// A block that begins somewhere in bytes that were read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) at: usize,
    pub(crate) head: BlockHead,
    /// Every byte of it is as it was written.
    pub(crate) whole: bool,
}

impl Block {
    pub(crate) fn body<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let from = self.at + BLOCK_HEAD;
        bytes.get(from..from + self.head.body).unwrap_or_default()
    }
}

/// The next block of this owner from an offset on. Damage and what an earlier use left are stepped over.
/// A block that does not end within the bytes is none.
pub(crate) fn next_block(bytes: &[u8], mut at: usize, owner: Owner) -> Option<Block> {
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(head) = frame::read_block_head(rest).filter(|head| head.owner == owner)
            && let Some(body) = rest.get(BLOCK_HEAD..BLOCK_HEAD + head.body)
        {
            return Some(Block { at, head, whole: head.holds(body) });
        }
        at += SECTOR;
    }
    None
}

/// Reads a range as far as the file goes. Sectors that can't be read are zeros.
///
/// # Errors
/// None of the disk's: see [`READ_TRIES`].
pub(crate) fn load(file: &dyn DiskFile, from: u64, bytes: usize) -> Vec<u8> {
    let mut into = vec![0; bytes];
    match read_all(file, from, &mut into) {
        Ok(read) => into.truncate(read),
        Err(_) => {
            for (index, sector) in into.chunks_mut(SECTOR).enumerate() {
                let at = from + (index * SECTOR) as u64;
                if !(0..READ_TRIES).any(|_| read_all(file, at, sector).is_ok()) {
                    sector.fill(0);
                }
            }
        }
    }
    into
}

fn read_all(file: &dyn DiskFile, from: u64, into: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = into.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(from + read as u64, rest) {
            Ok(0) => break,
            Ok(some) => read += some,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(read)
}

/// One segment as it was found.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) number: u64,
    pub(crate) size: u64,
    pub(crate) head: Head,
    pub(crate) generation: Option<u128>,
    /// The number of its first frame, by its head or, if that is damaged, by its first block.
    pub(crate) first: Option<u64>,
    /// Runs of readable frames, rising.
    runs: Vec<Range<u64>>,
    /// The last whole block: where it is, its bytes, and the number after it.
    pub(crate) last_whole: Option<(u64, Vec<u8>, u64)>,
    /// The first block after it, none of which is whole.
    torn: Option<u64>,
}

impl Scan {
    /// Reads all of it.
    pub(crate) fn of(file: &dyn DiskFile, number: u64) -> io::Result<Self> {
        let size = file.size()?;
        let bytes = load(file, 0, usize::try_from(size).unwrap_or(0));
        let head = match frame::read_segment_head(&bytes) {
            // A segment that is used again and was never begun bears the head of its last use.
            Head::Ours { owner, .. } if owner.number != number => Head::None,
            head => head,
        };
        let generation = match head {
            Head::Ours { owner, .. } => Some(owner.generation),
            Head::Newer { .. } => None,
            Head::None => generation_by_blocks(&bytes, number),
        };
        let mut scan = Self {
            number,
            size,
            head,
            generation,
            first: None,
            runs: Vec::new(),
            last_whole: None,
            torn: None,
        };
        if let Head::Ours { first, .. } = head {
            scan.first = Some(first);
        }
        if let Some(generation) = generation {
            scan.blocks(&bytes, Owner { generation, number });
        }
        Ok(scan)
    }

    fn blocks(&mut self, bytes: &[u8], owner: Owner) {
        let mut at = SECTOR;
        while let Some(block) = next_block(bytes, at, owner) {
            let (head, end) = (block.head, block.at + block.head.bytes());
            if self.first.is_none() {
                self.first = Some(head.first);
            }
            for (seq, _) in frame::frames(&head, block.body(bytes)) {
                match self.runs.last_mut() {
                    Some(run) if run.end == seq => run.end = seq + 1,
                    Some(run) if run.end > seq => {}
                    _ => self.runs.push(seq..seq + 1),
                }
            }
            if block.whole {
                self.torn = None;
                let body = bytes.get(block.at..end).unwrap_or_default().to_vec();
                self.last_whole = Some((block.at as u64, body, head.next()));
            } else if self.torn.is_none() {
                self.torn = Some(block.at as u64);
            }
            at = end;
        }
    }

    /// Writes what ends this segment to the disk again: its head, its last whole block, and nothing where a torn one was.
    pub(crate) fn write_anew(&self, file: &mut dyn DiskFile) -> io::Result<()> {
        if let Head::Ours { owner, first } = self.head {
            file.write_at(0, &frame::segment_head(owner, first))?;
        }
        if let Some((at, block, _)) = &self.last_whole {
            file.write_at(*at, block)?;
        }
        if let Some(at) = self.torn {
            file.write_at(at, &[0; SECTOR])?;
        }
        file.sync()
    }

    /// The number after the last frame that was surely written, if this is the newest segment.
    pub(crate) fn next(&self) -> Option<u64> {
        self.last_whole.as_ref().map(|(_, _, next)| *next).or(self.first)
    }
}

fn generation_by_blocks(bytes: &[u8], number: u64) -> Option<u128> {
    let heads = bytes.chunks(SECTOR).filter_map(frame::read_block_head);
    heads.filter(|head| head.owner.number == number).map(|head| head.owner.generation).next()
}

/// What is missing in segments of one generation, given in rising order: gaps, the number after the last, torn or not.
pub(crate) fn survey(scans: &[&Scan]) -> (Vec<Gap>, u64, bool) {
    let mut gaps = Vec::new();
    let begun: Vec<_> = scans.iter().filter(|scan| scan.first.is_some()).collect();
    let Some(mut expected) = begun.first().and_then(|scan| scan.first) else { return (gaps, 1, false) };
    for (index, scan) in begun.iter().enumerate() {
        // What a failed write left at the end of one segment was written anew in the next: it counts there.
        let end = match begun.get(index + 1) {
            Some(after) => after.first,
            None => scan.next(),
        };
        let end = end.unwrap_or(expected).max(expected);
        for run in &scan.runs {
            let (from, to) = (run.start.min(end), run.end.min(end));
            if from > expected {
                gaps.push(Gap { from: expected, to: from - 1 });
            }
            expected = expected.max(to);
        }
        if end > expected {
            gaps.push(Gap { from: expected, to: end - 1 });
            expected = end;
        }
    }
    (gaps, expected, begun.last().is_some_and(|scan| scan.torn.is_some()))
}
