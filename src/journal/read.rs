//! Reads what was acknowledged, in order: for whoever takes it to the store.

use crate::disk::DiskFile;
use crate::error::JournalError;
use crate::frame::{self, Frame, Owner, SECTOR};
use crate::journal::Journal;
use crate::scan::{self, Gap};

/// Where the last reading ended, so that the next one does not begin at the front of the segment.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) number: u64,
    file: Box<dyn DiskFile>,
    /// The block at this offset is the next one, and all before the frame of this number are in blocks before it.
    at: u64,
    seq: u64,
}

/// Some frames in order, and what is missing among them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Batch {
    /// What can be read.
    pub frames: Vec<Frame>,
    /// What was on disk once and is damaged. Whoever reads tells somebody.
    pub gaps: Vec<Gap>,
    /// Everything up to here is in one of the two: where to go on. The same as before when nothing is left.
    pub through: u64,
}

impl Journal {
    /// The acknowledged frames after one, about so many bytes of them on disk (and at least a block, if there is any).
    /// Frames that were passed are not missed.
    ///
    /// # Errors
    /// [`JournalError::Disk`] when a segment can't be opened; to be tried again. Sectors that can't be read are a gap.
    pub fn read(&mut self, after: u64, most_bytes: usize) -> Result<Batch, JournalError> {
        let mut batch = Batch { through: after, ..Batch::default() };
        if let Some(oldest) = self.segments.front() {
            batch.through = batch.through.max(oldest.first.saturating_sub(1));
        }
        let mut left = most_bytes.max(SECTOR);
        while left > 0 && batch.through + 1 < self.next {
            let wanted = batch.through + 1;
            let Some(segment) = self.segments.iter().find(|segment| segment.next > wanted) else { break };
            let (number, end, next) = (segment.number, segment.end, segment.next);
            let (mark_at, mark_seq) = match &self.mark {
                Some(mark) if mark.number == number && mark.seq <= wanted => (mark.at, mark.seq),
                _ => {
                    let name = segment.name();
                    let file = self.disk.open(&name).map_err(JournalError::disk("open a segment"))?;
                    let first = segment.first;
                    self.mark = Some(Mark { number, file, at: SECTOR as u64, seq: first });
                    (SECTOR as u64, first)
                }
            };
            let Some(mark) = &mut self.mark else { break };
            let rest = usize::try_from(end.saturating_sub(mark_at)).unwrap_or(0);
            let some = rest.min(left.saturating_add(self.setup.most_block()));
            let owner = Owner { generation: self.generation, number };
            let mut taken = batch.take(&scan::load(&*mark.file, mark_at, some), owner, next, left);
            if taken.seq.is_none() && some < rest {
                // Damage that is longer than what was looked at.
                taken = batch.take(&scan::load(&*mark.file, mark_at, rest), owner, next, left);
            }
            mark.at = mark_at + taken.bytes as u64;
            mark.seq = taken.seq.unwrap_or(mark_seq);
            if !batch.is_empty() {
                left = left.saturating_sub(taken.bytes.max(SECTOR));
            }
            if taken.seq.is_none() || mark.at >= end {
                // Nothing more is in this segment, whatever was to be.
                batch.missing_up_to(next);
            }
        }
        Ok(batch)
    }
}

/// How far a reading came.
struct Taken {
    /// Bytes that are done with.
    bytes: usize,
    /// The number after the last block that was looked at; `None` if there was none.
    seq: Option<u64>,
}

impl Batch {
    /// Takes the frames of whole blocks, up to those of `end`, until so many bytes are done with.
    fn take(&mut self, bytes: &[u8], owner: Owner, end: u64, most: usize) -> Taken {
        let mut taken = Taken { bytes: 0, seq: None };
        while (taken.bytes < most || self.is_empty())
            && let Some(block) = scan::next_block(bytes, taken.bytes, owner)
        {
            for (seq, draft) in frame::frames(&block.head, block.body(bytes)) {
                if seq <= self.through || seq >= end {
                    continue;
                }
                self.missing_up_to(seq);
                let (kind, version, payload) = (draft.kind, draft.version, draft.payload.to_vec());
                self.frames.push(Frame { seq, kind, version, payload });
                self.through = seq;
            }
            self.missing_up_to(block.head.next().min(end));
            taken.bytes = block.at + block.head.bytes();
            taken.seq = Some(block.head.next());
        }
        taken
    }

    /// Nothing was read yet, good or bad: what was stepped over on the way there does not count.
    fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.gaps.is_empty()
    }

    /// Everything between what was read last and this one is missing.
    fn missing_up_to(&mut self, seq: u64) {
        if seq > self.through + 1 {
            self.gaps.push(Gap { from: self.through + 1, to: seq - 1 });
            self.through = seq - 1;
        }
    }
}
