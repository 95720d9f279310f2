//! The journal itself: opening, appending, and letting go.

use std::collections::VecDeque;

use crate::disk::{Disk, DiskFile};
use crate::error::JournalError;
use crate::frame::{self, BLOCK_HEAD, Draft, FRAME_HEAD, Head, Owner, SECTOR};
use crate::read::Mark;
use crate::reserve::{self, Reserve};
use crate::scan::{self, Opened, Scan};
use crate::setup::Setup;

/// So often a block is written at its place before its segment is given up. Written anew it is dirty anew, so that the
/// next sync is the one that counts.
const WRITE_TRIES: usize = 3;

/// What a journal has done and has left.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Frames that were acknowledged since it was opened.
    pub frames: u64,
    /// Bytes that were written for them, with heads and filling.
    pub bytes: u64,
    /// Groups that were acknowledged, each with one sync.
    pub groups: u64,
    /// Writes or syncs that failed and were tried again.
    pub failures: u64,
    /// Segments in use.
    pub segments: usize,
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Bytes that are reserved and free.
    pub reserve_bytes: u64,
    /// Bytes that ought to be.
    pub reserve_wanted: u64,
    /// The first frame that is still here.
    pub first: u64,
    /// The number of the next frame.
    pub next: u64,
}

/// A segment in use. It holds the frames from `first` up to the one before `next`, some of which may be damaged.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) first: u64,
    pub(crate) next: u64,
    /// Where its blocks end, in bytes.
    pub(crate) end: u64,
}

impl Segment {
    pub(crate) fn name(&self) -> String {
        reserve::segment_name(self.number)
    }
}

/// The segment that is written to: always the newest.
#[derive(Debug)]
struct Pen {
    file: Box<dyn DiskFile>,
    number: u64,
    at: u64,
}

/// Group append, read, let go. See the crate's documentation.
#[derive(Debug)]
pub struct Journal {
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) setup: Setup,
    pub(crate) generation: u128,
    /// Oldest first.
    pub(crate) segments: VecDeque<Segment>,
    pub(crate) next: u64,
    pub(crate) mark: Option<Mark>,
    pen: Option<Pen>,
    reserve: Reserve,
    block: Vec<u8>,
    done: Figures,
}

impl Journal {
    /// Reads what is there, and cuts a torn end. It appends to a new segment, which it begins with the first group.
    ///
    /// # Errors
    /// [`JournalError::Newer`], and [`JournalError::Disk`] when the folder or the end of the last segment can't be read,
    /// or what is there can't be made sure of.
    pub fn open(disk: Box<dyn Disk>, setup: Setup) -> Result<(Self, Opened), JournalError> {
        settle_names(&*disk)?;
        let names = disk.list().map_err(JournalError::disk("list its folder"))?;
        let scans = scan_all(&*disk, &names)?;
        let generation = scans.iter().rev().find_map(|scan| scan.generation).unwrap_or(setup.generation);
        let strange = |scan: &&Scan| scan.generation.is_some_and(|other| other != generation);
        let foreign = scans.iter().filter(strange).map(|scan| reserve::segment_name(scan.number)).collect();
        let ours: Vec<&Scan> = scans.iter().filter(|scan| scan.generation == Some(generation)).collect();
        let (gaps, next, torn) = scan::survey(&ours);
        if let Some(last) = ours.last() {
            make_sure(&*disk, last)?;
        }
        let segments = in_use(&ours, next);
        let unborn = scans.iter().filter(|scan| scan.generation.is_none()).map(|scan| scan.number);
        let reserve = Reserve::open(&*disk, &setup, &names, unborn)?;
        let first = segments.front().map_or(next, |segment| segment.first);
        let journal = Self {
            disk,
            setup,
            generation,
            segments,
            next,
            mark: None,
            pen: None,
            reserve,
            block: Vec::new(),
            done: Figures::default(),
        };
        Ok((journal, Opened { generation, first, next, gaps, torn, foreign }))
    }

    /// The generation: a store's cursor into another one says nothing about this.
    pub fn generation(&self) -> u128 {
        self.generation
    }

    /// The number that the next frame gets.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Bytes that the payload of a frame may have.
    pub fn most_payload(&self) -> usize {
        self.setup.most_block() - BLOCK_HEAD - FRAME_HEAD
    }

    /// What it has done and has left.
    pub fn figures(&self) -> Figures {
        let segment = self.setup.segment();
        Figures {
            segments: self.segments.len(),
            segment_bytes: segment,
            reserve_bytes: segment * self.reserve.len() as u64,
            reserve_wanted: segment * self.setup.spares() as u64,
            first: self.segments.front().map_or(self.next, |segment| segment.first),
            next: self.next,
            ..self.done
        }
    }

    /// Writes as many of a group as fit one block, and returns when they are on disk: how many from its front, at least
    /// one. They have the numbers from [`Self::next`] on. After an error none is acknowledged, and all of them may be
    /// found at the next start; the same ones, or others, may be tried again at once.
    ///
    /// # Errors
    /// [`JournalError::TooLarge`] for the first of them, [`JournalError::Full`], [`JournalError::DiskFull`],
    /// [`JournalError::Disk`].
    pub fn append(&mut self, group: &[Draft<'_>]) -> Result<usize, JournalError> {
        let Some(foremost) = group.first() else { return Ok(0) };
        if foremost.payload.len() > self.most_payload() {
            return Err(JournalError::TooLarge { bytes: foremost.payload.len(), most: self.most_payload() });
        }
        let begun = self.pen.is_some();
        match self.put(group) {
            // The segment at hand is given up; a new one may be elsewhere on the disk.
            Err(JournalError::Disk { .. }) if begun => self.put(group),
            done => done,
        }
    }

    fn put(&mut self, group: &[Draft<'_>]) -> Result<usize, JournalError> {
        let segment = self.setup.segment();
        let most = self.setup.most_block();
        loop {
            let mut pen = match self.pen.take() {
                Some(pen) => pen,
                None => self.begin()?,
            };
            let owner = Owner { generation: self.generation, number: pen.number };
            let frames = frame::fill(&mut self.block, owner, self.next, group, most);
            let bytes = self.block.len() as u64;
            if pen.at + bytes > segment {
                continue;
            }
            match self.write(&mut pen) {
                Ok(()) => {
                    pen.at += bytes;
                    self.next += frames as u64;
                    if let Some(newest) = self.segments.back_mut() {
                        (newest.next, newest.end) = (self.next, pen.at);
                    }
                    self.pen = Some(pen);
                    self.done.frames += frames as u64;
                    self.done.bytes += bytes;
                    self.done.groups += 1;
                    return Ok(frames);
                }
                Err(why) => {
                    // What it holds stays; nothing more is written to it.
                    if self.segments.back().is_some_and(|newest| newest.first == newest.next)
                        && let Some(empty) = self.segments.pop_back()
                    {
                        self.reserve.used(empty.number);
                    }
                    return Err(JournalError::disk("write")(why));
                }
            }
        }
    }

    /// Writes the block at hand where the pen is.
    fn write(&mut self, pen: &mut Pen) -> std::io::Result<()> {
        let mut tries = 0;
        loop {
            tries += 1;
            match pen.file.write_at(pen.at, &self.block).and_then(|()| pen.file.sync()) {
                Err(_) if tries < WRITE_TRIES => self.done.failures += 1,
                done => {
                    self.done.failures += u64::from(done.is_err());
                    return done;
                }
            }
        }
    }

    /// Begins a new segment: its name is on disk before its head, and its head before any frame.
    fn begin(&mut self) -> Result<Pen, JournalError> {
        if self.segments.len() as u64 >= self.setup.most_segments() {
            return Err(JournalError::Full { mib: self.setup.most_bytes >> 20 });
        }
        let number = self.reserve.number();
        let mut file = self.reserve.take(&*self.disk, &self.setup, number)?;
        let head = frame::segment_head(Owner { generation: self.generation, number }, self.next);
        let written = self
            .disk
            .sync_dir()
            .and_then(|()| file.write_at(0, &head))
            .and_then(|()| file.sync())
            .map_err(JournalError::disk("begin a segment"));
        if let Err(fault) = written {
            self.done.failures += 1;
            self.reserve.used(number);
            return Err(fault);
        }
        let at = SECTOR as u64;
        self.segments.push_back(Segment { number, first: self.next, next: self.next, end: at });
        Ok(Pen { file, number, at })
    }

    /// Everything up to this frame is in the store: segments that hold no other are used again or removed. The newest
    /// one stays, for it says which number comes next.
    pub fn pass(&mut self, through: u64) {
        while self.segments.len() > 1
            && let Some(oldest) = self.segments.front()
            && oldest.next.saturating_sub(1) <= through
            && let Some(oldest) = self.segments.pop_front()
        {
            if self.mark.as_ref().is_some_and(|mark| mark.number == oldest.number) {
                self.mark = None;
            }
            self.reserve.used(oldest.number);
        }
    }

    /// One step of keeping the reserve: whether another one is to be done. For idle moments: it may take some ms.
    ///
    /// # Errors
    /// [`JournalError::DiskFull`] and [`JournalError::Disk`]: the reserve is smaller than it ought to be. To be tried
    /// again after a pause.
    pub fn tend(&mut self) -> Result<bool, JournalError> {
        self.reserve.tend(&*self.disk, &self.setup)
    }
}

/// Reads all segments among these names, rising.
pub(crate) fn scan_all(disk: &dyn Disk, names: &[String]) -> Result<Vec<Scan>, JournalError> {
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| reserve::number_of(name)).collect();
    numbers.sort_unstable();
    let mut scans = Vec::with_capacity(numbers.len());
    for number in &numbers {
        let file =
            disk.open(&reserve::segment_name(*number)).map_err(JournalError::disk("open a segment"))?;
        let scan = Scan::of(&*file, *number).map_err(JournalError::disk("read a segment"))?;
        if let Head::Newer { layout } = scan.head {
            return Err(JournalError::Newer { layout });
        }
        scans.push(scan);
    }
    Ok(scans)
}

/// The segments that hold something or say what comes next.
fn in_use(ours: &[&Scan], next: u64) -> VecDeque<Segment> {
    let begun: Vec<_> = ours.iter().filter_map(|scan| Some((scan, scan.first?))).collect();
    let of = |(index, (scan, first)): (usize, &(&&Scan, u64))| {
        let after = begun.get(index + 1).map_or(next, |(_, after)| *after);
        Segment { number: scan.number, first: *first, next: after.max(*first), end: scan.size }
    };
    begun.iter().enumerate().map(of).collect()
}

/// What names are seen now are those of the next start, whatever the power does.
fn settle_names(disk: &dyn Disk) -> Result<(), JournalError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match disk.sync_dir() {
            Ok(()) => return Ok(()),
            Err(_) if tries < WRITE_TRIES => {}
            Err(why) => return Err(JournalError::disk("sync its folder")(why)),
        }
    }
}

/// What was read may not be on disk: the process may have ended before its last sync, or after one that failed. What
/// counts from now on is written anew and synced, and what was cut must not come back.
fn make_sure(disk: &dyn Disk, last: &Scan) -> Result<(), JournalError> {
    let mut file =
        disk.open(&reserve::segment_name(last.number)).map_err(JournalError::disk("open a segment"))?;
    let mut tries = 0;
    loop {
        tries += 1;
        match last.write_anew(&mut *file) {
            Ok(()) => return Ok(()),
            Err(_) if tries < WRITE_TRIES => {}
            Err(why) => return Err(JournalError::disk("make sure of its last group")(why)),
        }
    }
}
