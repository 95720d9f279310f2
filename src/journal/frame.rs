//! The layout on disk: the head of a segment, and blocks of frames. All numbers are little-endian, all sums CRC-32C.
//!
//! Segment head (its own sector): `hotlineJ`, layout u32, 0 u32, number u64, generation u128, first u64, sum u32.
//! Block head: `HJbk`, sum of the rest u32, generation u128, number u64, first u64, frames u32, bytes u32, sum of the
//! body u32, 0 u32. Frame: bytes u32, sum u32, kind u8, version u8, 0 u16, payload. A block is filled up with zeros to a
//! whole sector, so that no acknowledged byte shares its sector with one that is still to be written.

/// What a disk writes whole or not at all, in bytes.
pub const SECTOR: usize = 512;
/// The layout that is written.
const LAYOUT: u32 = 1;
const SEGMENT_MAGIC: &[u8; 8] = b"hotlineJ";
const BLOCK_MAGIC: &[u8; 4] = b"HJbk";
const SEGMENT_HEAD: usize = 52;
/// Bytes before the frames of a block.
pub(crate) const BLOCK_HEAD: usize = 56;
/// Bytes before the payload of a frame.
pub(crate) const FRAME_HEAD: usize = 12;

/// A frame to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Draft<'a> {
    /// What it is, in the writer's terms.
    pub kind: u8,
    /// The shape of its payload.
    pub version: u8,
    /// What it says. Sealed by whoever writes it, if it is about a person.
    pub payload: &'a [u8],
}

/// A frame that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its number in this generation of the journal, from 1, without holes.
    pub seq: u64,
    /// What it is, in the writer's terms.
    pub kind: u8,
    /// The shape of its payload.
    pub version: u8,
    /// What it says.
    pub payload: Vec<u8>,
}

/// Never the payload: it may be about a person.
impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { seq, kind, version, payload } = self;
        write!(f, "Frame({seq}, kind {kind}.{version}, {} bytes)", payload.len())
    }
}

/// Whose a block is. A segment that is used again holds old blocks, which have another number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Owner {
    pub(crate) generation: u128,
    pub(crate) number: u64,
}

/// What a segment's head says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Head {
    /// A segment of ours, and the number of its first frame.
    Ours { owner: Owner, first: u64 },
    /// One that a later program wrote.
    Newer { layout: u32 },
    /// None: it was never begun, or its sector is damaged.
    None,
}

/// A block's head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BlockHead {
    pub(crate) owner: Owner,
    pub(crate) first: u64,
    pub(crate) frames: u32,
    pub(crate) body: usize,
    sum: u32,
}

impl BlockHead {
    /// Bytes on disk, with its filling.
    pub(crate) fn bytes(&self) -> usize {
        (BLOCK_HEAD + self.body).next_multiple_of(SECTOR)
    }

    /// The number after its last frame.
    pub(crate) fn next(&self) -> u64 {
        self.first.saturating_add(u64::from(self.frames))
    }

    /// Whether this is its body, untouched.
    pub(crate) fn holds(&self, body: &[u8]) -> bool {
        crc32c::crc32c(body) == self.sum
    }
}

/// The first sector of a segment.
pub(crate) fn segment_head(owner: Owner, first: u64) -> Vec<u8> {
    let mut head = Vec::with_capacity(SECTOR);
    head.extend_from_slice(SEGMENT_MAGIC);
    head.extend_from_slice(&LAYOUT.to_le_bytes());
    head.extend_from_slice(&[0; 4]);
    head.extend_from_slice(&owner.number.to_le_bytes());
    head.extend_from_slice(&owner.generation.to_le_bytes());
    head.extend_from_slice(&first.to_le_bytes());
    head.extend_from_slice(&crc32c::crc32c(&head).to_le_bytes());
    head.resize(SECTOR, 0);
    head
}

/// Reads a segment's first sector.
pub(crate) fn read_segment_head(sector: &[u8]) -> Head {
    let Some(head) = sector.first_chunk::<SEGMENT_HEAD>() else { return Head::None };
    if !head.starts_with(SEGMENT_MAGIC) || crc32c::crc32c(&head[..48]) != u32_at(head, 48) {
        return Head::None;
    }
    match u32_at(head, 8) {
        LAYOUT => {
            let owner = Owner { number: u64_at(head, 16), generation: u128_at(head, 24) };
            Head::Ours { owner, first: u64_at(head, 40) }
        }
        layout => Head::Newer { layout },
    }
}

/// Puts frames into a block, as many as fit: how many.
pub(crate) fn fill(block: &mut Vec<u8>, owner: Owner, first: u64, group: &[Draft<'_>], most: usize) -> usize {
    block.clear();
    block.resize(BLOCK_HEAD, 0);
    let mut frames = 0u32;
    for draft in group {
        if block.len() + FRAME_HEAD + draft.payload.len() > most {
            break;
        }
        let seq = first.saturating_add(u64::from(frames));
        let bytes = u32::try_from(draft.payload.len()).unwrap_or(u32::MAX);
        block.extend_from_slice(&bytes.to_le_bytes());
        block.extend_from_slice(&frame_sum(seq, draft.kind, draft.version, draft.payload).to_le_bytes());
        block.extend_from_slice(&[draft.kind, draft.version, 0, 0]);
        block.extend_from_slice(draft.payload);
        frames += 1;
    }
    let body = u32::try_from(block.len() - BLOCK_HEAD).unwrap_or(u32::MAX);
    let sum = crc32c::crc32c(&block[BLOCK_HEAD..]);
    block[..4].copy_from_slice(BLOCK_MAGIC);
    block[8..24].copy_from_slice(&owner.generation.to_le_bytes());
    block[24..32].copy_from_slice(&owner.number.to_le_bytes());
    block[32..40].copy_from_slice(&first.to_le_bytes());
    block[40..44].copy_from_slice(&frames.to_le_bytes());
    block[44..48].copy_from_slice(&body.to_le_bytes());
    block[48..52].copy_from_slice(&sum.to_le_bytes());
    let sum = crc32c::crc32c(&block[8..BLOCK_HEAD]);
    block[4..8].copy_from_slice(&sum.to_le_bytes());
    block.resize(block.len().next_multiple_of(SECTOR), 0);
    frames as usize
}

/// Reads the head of a block, if one begins here.
pub(crate) fn read_block_head(bytes: &[u8]) -> Option<BlockHead> {
    let head = bytes.first_chunk::<BLOCK_HEAD>()?;
    if !head.starts_with(BLOCK_MAGIC) || crc32c::crc32c(&head[8..]) != u32_at(head, 4) {
        return None;
    }
    let owner = Owner { generation: u128_at(head, 8), number: u64_at(head, 24) };
    let body = u32_at(head, 44) as usize;
    Some(BlockHead { owner, first: u64_at(head, 32), frames: u32_at(head, 40), body, sum: u32_at(head, 48) })
}

/// The frames of a block's body that are as they were written; damaged ones are left out.
pub(crate) fn frames<'a>(head: &BlockHead, mut body: &'a [u8]) -> impl Iterator<Item = (u64, Draft<'a>)> {
    let (mut at, end) = (head.first, head.next());
    std::iter::from_fn(move || {
        while at < end {
            let seq = at;
            let (front, rest) = body.split_first_chunk::<FRAME_HEAD>()?;
            let (payload, rest) = rest.split_at_checked(u32_at(front, 0) as usize)?;
            (body, at) = (rest, at + 1);
            let (kind, version) = (front[8], front[9]);
            if frame_sum(seq, kind, version, payload) == u32_at(front, 4) {
                return Some((seq, Draft { kind, version, payload }));
            }
        }
        None
    })
}

fn frame_sum(seq: u64, kind: u8, version: u8, payload: &[u8]) -> u32 {
    let sum = crc32c::crc32c(&seq.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c_append(sum, &[kind, version]), payload)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default())
}

fn u128_at(bytes: &[u8], at: usize) -> u128 {
    u128::from_le_bytes(bytes.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default())
}
