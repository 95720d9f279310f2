//! A journal, who writes to it, and a store that takes from it, in bad weather; all by one seed.

use std::time::Duration;

use journal::fake::{FakeDisk, Faults};
use journal::{Disk, Draft, Journal, Setup};

use crate::liar::Liar;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    pub frames: u64,
    pub cuts: u64,
    /// Cuts in the middle of a call.
    pub cut_within: u64,
    pub kills: u64,
    pub torn: u64,
    /// Appends that gave an error.
    pub refused: u64,
    /// Writes and syncs that failed, most of which the journal tried again.
    pub failures: u64,
    pub took: Duration,
}

impl Tally {
    pub fn add(&mut self, one: Self) {
        self.frames += one.frames;
        self.cuts += one.cuts;
        self.cut_within += one.cut_within;
        self.kills += one.kills;
        self.torn += one.torn;
        self.refused += one.refused;
        self.failures += one.failures;
        self.took += one.took;
    }
}

pub struct World {
    seed: u64,
    chance: u64,
    disk: FakeDisk,
    lying: bool,
    faults: Faults,
    journal: Option<Journal>,
    /// What must be there, by its place: acknowledged, or found at a start.
    line: Vec<Vec<u8>>,
    /// Handed over and not acknowledged: may be found at the next start, from its front.
    pending: Vec<Vec<u8>>,
    /// How many the store has.
    cursor: u64,
    tally: Tally,
}

impl World {
    pub fn new(seed: u64, faults: Faults) -> Self {
        let disk = FakeDisk::new(seed);
        Self {
            seed,
            chance: seed,
            disk,
            lying: false,
            faults,
            journal: None,
            line: Vec::new(),
            pending: Vec::new(),
            cursor: 0,
            tally: Tally::default(),
        }
    }

    pub fn lying(seed: u64) -> Self {
        Self { lying: true, ..Self::new(seed, Faults::default()) }
    }

    fn roll(&mut self, below: u64) -> u64 {
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % below
    }

    /// So many steps, then fair weather: everything must come to the store.
    pub fn run(mut self, steps: usize) -> Result<Tally, String> {
        self.start()?;
        for _ in 0..steps {
            match self.roll(40) {
                0 => self.cut()?,
                1 => self.kill()?,
                2 => {
                    let calls = self.roll(30);
                    self.disk.cut_power_in(calls);
                }
                3..=6 => self.tend(),
                7..=12 => self.feed()?,
                _ => self.append(),
            }
            if self.disk.is_off() {
                self.tally.cut_within += 1;
                self.cut()?;
            }
        }
        self.faults = Faults::default();
        self.kill()?;
        while self.cursor < self.line.len() as u64 {
            self.feed()?;
        }
        self.tally.frames = self.cursor;
        self.tally.took = self.disk.took();
        Ok(self.tally)
    }

    /// Opens until the disk lets it; the power may go meanwhile.
    fn start(&mut self) -> Result<(), String> {
        let setup = Setup { generation: u128::from(self.seed), ..Setup::small(0) };
        for _ in 0..10_000 {
            self.disk.set(self.faults);
            let disk: Box<dyn Disk> =
                if self.lying { Box::new(Liar(self.disk.clone())) } else { Box::new(self.disk.clone()) };
            match Journal::open(disk, setup) {
                Ok((journal, opened)) => {
                    if !opened.gaps.is_empty() {
                        return Err(format!("{:?} of {} are gone", opened.gaps, self.line.len()));
                    }
                    let there = opened.next - 1;
                    let (least, most) = (self.line.len(), self.line.len() + self.pending.len());
                    if there < least as u64 || there > most as u64 {
                        return Err(format!("{there} frames are there, not {least} to {most}"));
                    }
                    self.line.extend(self.pending.drain(..).take(there as usize - least));
                    self.tally.torn += u64::from(opened.torn);
                    self.journal = Some(journal);
                    return Ok(());
                }
                Err(_) if self.disk.is_off() => {
                    self.tally.cuts += 1;
                    self.disk.cut_power();
                }
                Err(_) => {}
            }
        }
        Err("it did not open in ten thousand tries".to_owned())
    }

    fn end(&mut self) {
        if let Some(journal) = self.journal.take() {
            self.tally.failures += journal.figures().failures;
        }
    }

    fn cut(&mut self) -> Result<(), String> {
        self.end();
        self.tally.cuts += 1;
        self.disk.cut_power();
        self.start()
    }

    fn kill(&mut self) -> Result<(), String> {
        self.end();
        self.tally.kills += 1;
        self.start()
    }

    /// What could not be written is kept and tried again with more behind it, as the house does.
    fn append(&mut self) {
        let more = self.roll(6) + u64::from(self.pending.is_empty());
        for _ in 0..more {
            let id = (self.line.len() + self.pending.len()) as u64;
            let mut payload = id.to_le_bytes().to_vec();
            let length = 8 + self.roll(700) as usize;
            payload.resize(length, (id ^ self.tally.kills) as u8);
            self.pending.push(payload);
        }
        let Some(journal) = &mut self.journal else { return };
        let group: Vec<_> =
            self.pending.iter().map(|payload| Draft { kind: 3, version: 1, payload }).collect();
        match journal.append(&group) {
            Ok(done) => self.line.extend(self.pending.drain(..done)),
            Err(_) => self.tally.refused += 1,
        }
    }

    fn tend(&mut self) {
        // What fails here is tried again: the reserve is smaller meanwhile.
        let _ = self.journal.as_mut().map(Journal::tend);
    }

    fn feed(&mut self) -> Result<(), String> {
        let most = self.roll(6000) as usize;
        let all = self.roll(3) > 0;
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let Ok(batch) = journal.read(self.cursor, most) else { return Ok(()) };
        if !batch.gaps.is_empty() {
            return Err(format!("reading: {:?} are gone", batch.gaps));
        }
        for frame in &batch.frames {
            self.cursor += 1;
            if frame.seq != self.cursor || self.line.get(frame.seq as usize - 1) != Some(&frame.payload) {
                return Err(format!("frame {} came as {}, or is another", frame.seq, self.cursor));
            }
        }
        if batch.through != self.cursor || batch.frames.is_empty() && self.cursor != self.line.len() as u64 {
            return Err(format!("read up to {}, has {}, of {}", batch.through, self.cursor, self.line.len()));
        }
        if all {
            journal.pass(self.cursor);
        }
        Ok(())
    }
}
