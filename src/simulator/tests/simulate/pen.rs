//! What the house writes, on its way: the real journal on a disk that fails by the seed, group by group and acknowledged then, and
//! from it to the store in its order, when the store is there. What a frame says is a place in a list, so that nothing has to be
//! encoded; that each one is read as it was written is looked at all the same.

use std::collections::VecDeque;
use std::time::Duration;

use call::cdr::Record;
use journal::fake::{FakeDisk, Faults};
use journal::{Batch, Draft, Journal, JournalError, Setup};
use store::Entry;

use super::chance::Chance;
use super::mishaps::What;
use super::sabotage::Sabotage;
use super::whole::Deed;
use super::world::{Thing, World};

/// Frames of one group.
const GROUP: usize = 64;
/// Bytes of the journal that the store is given at once.
const AT_ONCE: usize = 32 << 10;
/// Pauses between tries.
const AGAIN: Duration = Duration::from_millis(250);

/// Where entries are on their way.
pub struct Pen {
    /// Everything that was ever handed over.
    said: Vec<Entry>,
    /// Handed over, not on disk.
    queue: VecDeque<usize>,
    /// The group that is being written has so many of them.
    syncing: usize,
    disk: FakeDisk,
    journal: Option<Journal>,
    /// The last frame that was acknowledged.
    acknowledged: u64,
    /// What the store is being given.
    feeding: Option<Batch>,
}

impl std::fmt::Debug for Pen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pen({} queued, {} acknowledged)", self.queue.len(), self.acknowledged)
    }
}

/// Segments of 8 KiB, sixteen of them reserved.
fn setup(life: u32) -> Setup {
    let small = Setup::small(u128::from(life) + 1);
    Setup { reserve_bytes: 16 * small.segment_bytes, ..small }
}

/// The payload of a frame: the place, and something behind it whose length depends on it.
fn payload(place: usize) -> Vec<u8> {
    let mut bytes = (place as u64).to_le_bytes().to_vec();
    bytes.resize(40 + 61 * (place % 7), u8::try_from(place % 251).unwrap());
    bytes
}

impl Pen {
    pub fn new(seed: u64) -> Self {
        let disk = FakeDisk::new(seed);
        let (journal, _) = Journal::open(Box::new(disk.clone()), setup(0)).expect("an empty disk");
        Self {
            said: Vec::new(),
            queue: VecDeque::new(),
            syncing: 0,
            disk,
            journal: Some(journal),
            acknowledged: 0,
            feeding: None,
        }
    }

    /// Everything is in the store up to this frame.
    pub fn is_empty(&self, cursor: u64) -> bool {
        self.queue.is_empty() && cursor == self.acknowledged
    }

    /// Writes the group at hand; the places that are on disk now.
    fn put(&mut self) -> Result<Vec<usize>, JournalError> {
        let Some(journal) = &mut self.journal else { return Ok(Vec::new()) };
        let places: Vec<usize> = self.queue.iter().take(self.syncing.min(GROUP)).copied().collect();
        let payloads: Vec<Vec<u8>> = places.iter().map(|place| payload(*place)).collect();
        let drafts: Vec<Draft<'_>> =
            payloads.iter().map(|payload| Draft { kind: 1, version: 1, payload }).collect();
        let count = journal.append(&drafts)?;
        self.acknowledged = journal.next() - 1;
        self.queue.drain(..count);
        self.syncing -= count;
        Ok(places.into_iter().take(count).collect())
    }

    /// The frames after one, as they were written.
    fn batch(&mut self, cursor: u64) -> Result<Option<Batch>, String> {
        let Some(journal) = &mut self.journal else { return Ok(None) };
        let Ok(batch) = journal.read(cursor, AT_ONCE) else { return Ok(None) };
        if let Some(gap) = batch.gaps.first() {
            return Err(format!("frames {} to {} of the journal are gone", gap.from, gap.to));
        }
        for (seq, frame) in (cursor + 1..).zip(&batch.frames) {
            if frame.seq != seq || frame.payload != payload(place(&frame.payload)) {
                return Err(format!("frame {seq} is read as {frame:?}"));
            }
        }
        Ok((batch.through > cursor).then_some(batch))
    }
}

fn place(payload: &[u8]) -> usize {
    let bytes = payload.first_chunk::<8>().copied().unwrap_or_default();
    usize::try_from(u64::from_le_bytes(bytes)).unwrap()
}

impl World {
    /// The house writes.
    pub fn write(&mut self, entry: Entry) {
        if self.sabotage == Some(Sabotage::EarlyWord) && entry.is_offer() {
            self.later(Duration::from_millis(1), Thing::OnDisk(entry.call()));
        }
        let pen = &mut self.whole.pen;
        pen.queue.push_back(pen.said.len());
        pen.said.push(entry);
        self.sync();
    }

    fn sync(&mut self) {
        let pen = &mut self.whole.pen;
        if pen.syncing > 0 || pen.queue.is_empty() {
            return;
        }
        pen.syncing = pen.queue.len();
        let slow = self.dice.permille(self.weather.slow_rows);
        let wait = if slow { self.dice.ms(200, 1_500) } else { self.dice.ms(1, self.weather.disk) };
        self.later(wait, Thing::Synced);
    }

    /// How bad the disk is now.
    fn dirty_disk(&mut self) {
        let fails = self.whole.much(What::Fails, self.now).map_or(0, |often| u32::try_from(often).unwrap());
        let full = self.whole.much(What::Full, self.now).is_some();
        let disk = &self.whole.pen.disk;
        let room = full.then(|| disk.used());
        disk.set(Faults { write_errors: fails, name_errors: fails / 3, room, ..Faults::default() });
    }

    /// A group is written, or the disk does not do it.
    pub fn synced(&mut self) {
        if let Some(left) = self.whole.left_of(What::Stands, self.now) {
            return self.later(left + Duration::from_millis(1), Thing::Synced);
        }
        self.dirty_disk();
        let told = match self.whole.pen.put() {
            Ok(told) => told,
            Err(why) => {
                self.say(|| format!("the journal: {why}"));
                return self.later(AGAIN, Thing::Synced);
            }
        };
        if self.sabotage != Some(Sabotage::EarlyWord) {
            for place in told {
                let entry = &self.whole.pen.said[place];
                if entry.is_offer() {
                    let call = entry.call();
                    self.later(Duration::from_millis(1), Thing::OnDisk(call));
                }
            }
        }
        if self.whole.pen.syncing > 0 {
            return self.later(Duration::from_millis(1), Thing::Synced);
        }
        if let Some(journal) = self.whole.pen.journal.as_mut().filter(|_| self.dice.permille(150)) {
            // A reserve that can't be kept now is kept later.
            let _ = journal.tend();
        }
        self.sync();
        self.feed(Duration::ZERO);
    }

    fn feed(&mut self, pause: Duration) {
        let cursor = self.whole.front.shelf().books.cursor;
        let pen = &mut self.whole.pen;
        if pen.feeding.is_some() {
            return;
        }
        match pen.batch(cursor) {
            Ok(Some(batch)) => pen.feeding = Some(batch),
            Ok(None) => return,
            Err(fault) => return self.watch.fault(fault),
        }
        let wait = pause + self.dice.ms(1, 20) + self.slowness();
        self.later(wait, Thing::Fed);
    }

    /// How much longer the store takes now.
    pub fn slowness(&self) -> Duration {
        Duration::from_millis(self.whole.much(What::Slow, self.now).unwrap_or(0))
    }

    /// The store has taken a batch, or has not, or says that it has not.
    pub fn fed(&mut self) {
        let away = self.whole.much(What::Away, self.now).is_some();
        let lies = self.whole.much(What::Lies, self.now).is_some_and(|often| self.dice.permille(often));
        let Some(batch) = self.whole.pen.feeding.take() else { return };
        if !away && (!lies || self.dice.permille(500)) {
            self.enter(&batch);
        }
        self.feed(if away || lies { AGAIN } else { Duration::ZERO });
    }

    /// One transaction: the rows, and how far they go.
    fn enter(&mut self, batch: &Batch) {
        let pen = &self.whole.pen;
        let entries = || batch.frames.iter().map(|frame| &pen.said[place(&frame.payload)]);
        if let Some(deeds) = &mut self.whole.deeds {
            deeds.push(Deed::Wrote(entries().cloned().collect()));
        }
        let news = |entry: &Entry| {
            let Entry::Record(record) = entry else { return false };
            matches!(record.as_ref(), Record::Errand(_) | Record::CallBack(_) | Record::Ended(_))
        };
        let tells = entries().any(news);
        let mut shelf = self.whole.front.shelf();
        entries().for_each(|entry| shelf.books.write(entry));
        shelf.books.cursor = batch.through;
        drop(shelf);
        if let Some(journal) = &mut self.whole.pen.journal {
            journal.pass(batch.through);
        }
        if tells {
            self.round_soon(Duration::from_millis(2));
        }
    }

    /// The process is gone. Of the group that was being written any part may have come to disk, and the store may have done
    /// what it was given.
    pub fn pen_falls(&mut self, power: bool) {
        self.dirty_disk();
        let done = self.dice.permille(500) && self.whole.much(What::Away, self.now).is_none();
        if let Some(batch) = self.whole.pen.feeding.take().filter(|_| done) {
            self.enter(&batch);
        }
        let (begun, calls) = (self.dice.permille(700), self.dice.below(6));
        let pen = &mut self.whole.pen;
        let acknowledged = pen.acknowledged;
        if begun && pen.syncing > 0 {
            if power {
                pen.disk.cut_power_in(calls);
            }
            // Whatever comes of it, nobody is told.
            let _ = pen.put();
        }
        if power {
            pen.disk.cut_power();
        }
        pen.acknowledged = acknowledged;
        pen.journal = None;
        pen.queue.clear();
        pen.syncing = 0;
    }

    /// The journal of the next life: what was acknowledged is in it. False: the disk does not let it be opened.
    pub fn pen_begins(&mut self) -> Result<bool, String> {
        self.dirty_disk();
        let cursor = self.whole.front.shelf().books.cursor;
        let life = self.whole.lives;
        let pen = &mut self.whole.pen;
        let (journal, found) = match Journal::open(Box::new(pen.disk.clone()), setup(life)) {
            Ok(opened) => opened,
            Err(why) => {
                self.say(|| format!("the journal can't be opened: {why}"));
                return Ok(false);
            }
        };
        if let Some(gap) = found.gaps.iter().find(|gap| gap.to > cursor) {
            return Err(format!("frames {} to {} of the journal are gone", gap.from, gap.to));
        }
        if found.next <= pen.acknowledged {
            return Err(format!("the journal ends before {}, which was acknowledged", pen.acknowledged));
        }
        pen.acknowledged = found.next - 1;
        pen.journal = Some(journal);
        self.replay()?;
        Ok(true)
    }

    /// What the journal has is brought to the store at once, as before anybody calls.
    pub fn replay(&mut self) -> Result<(), String> {
        self.whole.pen.feeding = None;
        loop {
            let cursor = self.whole.front.shelf().books.cursor;
            match self.whole.pen.batch(cursor)? {
                Some(batch) => self.enter(&batch),
                None => return Ok(()),
            }
        }
    }
}

/// The disk of a seed has a seed of its own.
pub fn disk_seed(seed: u64) -> u64 {
    Chance::new(seed ^ 0x6469_736b).below(u64::MAX)
}
