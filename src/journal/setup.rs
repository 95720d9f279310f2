//! How large a journal is: its segments, its reserve, its bound.

use crate::frame::SECTOR;

/// Bytes of a segment: large enough that a new one is seldom begun, small enough that little is kept of what is in the store.
const SEGMENT: u64 = 4 << 20;
/// The smallest segment that makes sense.
const SMALLEST: u64 = 8 * SECTOR as u64;
/// Bytes of a block: what one write and one sync take.
const MOST_BLOCK: u64 = 1 << 20;
/// Bytes of all segments by default, when the store takes nothing for days. When full: [`crate::JournalError::Full`].
const MOST: u64 = 8 << 30;

/// How a journal is to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setup {
    /// Bytes of a segment, a multiple of [`SECTOR`]; others are rounded.
    pub segment_bytes: u64,
    /// Bytes that are reserved on the disk beside what is in use, in whole segments.
    pub reserve_bytes: u64,
    /// Bytes of all segments in use at most.
    pub most_bytes: u64,
    /// Names a new journal, if the folder has none: a random number. A store's cursor belongs to one generation.
    pub generation: u128,
}

impl Setup {
    /// The usual sizes with a reserve of so many MiB.
    pub fn reserving(reserve_mib: u64, generation: u128) -> Self {
        let reserve_bytes = reserve_mib.saturating_mul(1 << 20);
        Self { segment_bytes: SEGMENT, reserve_bytes, most_bytes: MOST.max(reserve_bytes), generation }
    }

    /// Small ones for tests and simulations: segments of 8 KiB, a reserve of four, at most 4,096.
    pub fn small(generation: u128) -> Self {
        let segment_bytes = 8 << 10;
        Self { segment_bytes, reserve_bytes: 4 * segment_bytes, most_bytes: 4096 * segment_bytes, generation }
    }

    /// Bytes of a segment, in whole sectors.
    pub(crate) fn segment(&self) -> u64 {
        self.segment_bytes.max(SMALLEST).next_multiple_of(SECTOR as u64)
    }

    /// Spare segments to have.
    pub(crate) fn spares(&self) -> usize {
        usize::try_from(self.reserve_bytes.div_ceil(self.segment())).unwrap_or(usize::MAX)
    }

    /// Segments in use at most.
    pub(crate) fn most_segments(&self) -> u64 {
        (self.most_bytes / self.segment()).max(2)
    }

    /// Bytes of a block at most, in whole sectors.
    pub(crate) fn most_block(&self) -> usize {
        let bytes = (self.segment() / 4).min(MOST_BLOCK) / SECTOR as u64 * SECTOR as u64;
        usize::try_from(bytes).unwrap_or(SECTOR)
    }
}
