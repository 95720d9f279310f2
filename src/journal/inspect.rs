//! Looks through a journal without changing anything: for checks beside a process that has it.

use crate::disk::Disk;
use crate::error::JournalError;
use crate::frame::{self, Frame, Owner, SECTOR};
use crate::journal::scan_all;
use crate::reserve;
use crate::scan::{self, Gap, Scan};

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inspected {
    /// The journal's generation; `None`: nothing was ever written.
    pub generation: Option<u128>,
    /// Segments in use.
    pub segments: usize,
    /// Bytes of the segments that are reserved and free.
    pub reserve_bytes: u64,
    /// The first frame that is still here; that of [`Self::next`] if there is none.
    pub first: u64,
    /// The number that the next frame gets.
    pub next: u64,
    /// Damage, in order.
    pub gaps: Vec<Gap>,
    /// The last group is not whole: it is being written, or was never acknowledged.
    pub torn: bool,
    /// Segments of another generation, which somebody put here.
    pub foreign: Vec<String>,
}

/// Reads all of it, and shows each frame that is whole. Beside a process that writes, segments that are let go meanwhile
/// are left out.
///
/// # Errors
/// [`JournalError::Newer`], and [`JournalError::Disk`] when the folder or a segment can't be read.
pub fn inspect(disk: &dyn Disk, show: &mut dyn FnMut(&Frame)) -> Result<Inspected, JournalError> {
    let names = disk.list().map_err(JournalError::disk("list its folder"))?;
    let spares = names.iter().filter(|name| reserve::is_spare(name));
    let reserve_bytes = spares.filter_map(|name| disk.open(name).and_then(|file| file.size()).ok()).sum();
    let scans = scan_all(disk, &names)?;
    let generation = scans.iter().rev().find_map(|scan| scan.generation);
    let strange = |scan: &&Scan| scan.generation.is_some() && scan.generation != generation;
    let foreign = scans.iter().filter(strange).map(|scan| reserve::segment_name(scan.number)).collect();
    let ours: Vec<&Scan> = scans.iter().filter(|scan| scan.generation == generation).collect();
    let (gaps, next, torn) = scan::survey(&ours);
    let first = ours.iter().find_map(|scan| scan.first).unwrap_or(next);
    let mut shown = first;
    for scan in ours.iter().filter(|scan| scan.first.is_some()) {
        let Some(generation) = generation else { continue };
        let name = reserve::segment_name(scan.number);
        let file = disk.open(&name).map_err(JournalError::disk("open a segment"))?;
        let bytes = scan::load(&*file, 0, usize::try_from(scan.size).unwrap_or(0));
        let (owner, mut at) = (Owner { generation, number: scan.number }, SECTOR);
        while let Some(block) = scan::next_block(&bytes, at, owner) {
            for (seq, draft) in frame::frames(&block.head, block.body(&bytes)) {
                if seq >= shown && seq < next {
                    let (kind, version, payload) = (draft.kind, draft.version, draft.payload.to_vec());
                    show(&Frame { seq, kind, version, payload });
                    shown = seq + 1;
                }
            }
            at = block.at + block.head.bytes();
        }
    }
    Ok(Inspected { generation, segments: ours.len(), reserve_bytes, first, next, gaps, torn, foreign })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fake::FakeDisk;
    use crate::{Draft, Journal, Setup};

    fn written(disk: &FakeDisk, frames: u64) {
        let (mut journal, _) = Journal::open(Box::new(disk.clone()), Setup::small(3)).unwrap();
        for n in 0..frames {
            let payload = n.to_le_bytes().repeat(60);
            journal.append(&[Draft { kind: 1, version: 1, payload: &payload }]).unwrap();
        }
    }

    #[test]
    fn a_sound_journal_shows_every_frame_once_and_is_left_as_it_was() {
        let disk = FakeDisk::new(1);
        written(&disk, 40);
        let calls = disk.calls();
        let mut shown = Vec::new();
        let found = inspect(&disk, &mut |frame| shown.push(frame.seq)).unwrap();
        assert_eq!(shown, (1..=40).collect::<Vec<u64>>());
        assert_eq!((found.first, found.next, found.generation), (1, 41, Some(3)));
        assert!(found.gaps.is_empty() && found.foreign.is_empty() && !found.torn && found.segments > 1);
        assert_eq!(disk.calls(), calls, "nothing was written");
    }

    #[test]
    fn a_damaged_sector_is_named() {
        let disk = FakeDisk::new(1);
        written(&disk, 10);
        // The head of the segment, two sectors of the first group, and into the second.
        assert!(disk.rot("00000000000000000001.journal", 3 * SECTOR as u64 + 100));
        let mut shown = 0;
        let found = inspect(&disk, &mut |_| shown += 1).unwrap();
        assert_eq!((found.gaps.len(), shown), (1, 9), "{found:?}");
    }

    #[test]
    fn an_empty_folder_is_nothing() {
        let found = inspect(&FakeDisk::new(1), &mut |_| {}).unwrap();
        assert_eq!((found.generation, found.next, found.segments), (None, 1, 0));
    }
}
