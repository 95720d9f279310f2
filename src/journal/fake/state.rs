//! What is on the fake disk, what is only in its page cache, and what a power cut makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::time::Duration;

use super::Faults;
use super::dice::Dice;
use crate::frame::SECTOR;

type Sector = [u8; SECTOR];
/// States of a sector that a power cut may leave, beside the one on disk.
const STATES: usize = 4;

/// One file's content: sectors that were never written are zeros.
#[derive(Default)]
struct Content {
    /// On disk for good.
    durable: BTreeMap<u64, Sector>,
    durable_size: u64,
    /// What is read: the page cache.
    cached: BTreeMap<u64, Sector>,
    size: u64,
    /// States of sectors since the last sync, oldest first: any of them may be on disk.
    dirty: BTreeMap<u64, Vec<Sector>>,
    /// Sectors that can't be read.
    scratched: BTreeSet<u64>,
}

/// A change of names that no sync has made durable yet.
enum Change {
    Named(String, u64),
    Gone(String),
    Moved(String, String),
}

/// The whole disk.
pub(crate) struct State {
    dice: Dice,
    pub(crate) faults: Faults,
    pub(crate) took: Duration,
    pub(crate) calls: u64,
    pub(crate) cut_in: Option<u64>,
    pub(crate) off: bool,
    power: u64,
    contents: BTreeMap<u64, Content>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    changes: Vec<Change>,
    next_id: u64,
}

/// How much of a call is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    All,
    AllAndFails,
    SomeAndFails,
    NothingAndFails,
}

impl Does {
    fn verdict(self) -> io::Result<()> {
        if self == Self::All { Ok(()) } else { Err(broken()) }
    }
}

fn broken() -> io::Error {
    io::Error::other("an error of the disk")
}

fn apply(names: &mut BTreeMap<String, u64>, change: &Change) {
    match change {
        Change::Named(name, id) => drop(names.insert(name.clone(), *id)),
        Change::Gone(name) => drop(names.remove(name)),
        Change::Moved(from, to) => {
            if let Some(id) = names.remove(from) {
                names.insert(to.clone(), id);
            }
        }
    }
}

impl State {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            faults: Faults::default(),
            took: Duration::ZERO,
            calls: 0,
            cut_in: None,
            off: false,
            power: 0,
            contents: BTreeMap::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            changes: Vec::new(),
            next_id: 0,
        }
    }

    /// For a file that was opened between these power cuts.
    pub(crate) fn of(&mut self, power: u64) -> io::Result<&mut Self> {
        if self.power == power { Ok(self) } else { Err(io::Error::other("the power was cut")) }
    }

    /// What the next call that changes something does.
    fn does(&mut self, chances: u32) -> io::Result<Does> {
        self.on()?;
        if self.faults.read_only {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        self.calls += 1;
        if let Some(left) = self.cut_in {
            self.cut_in = left.checked_sub(1);
            if left == 0 {
                self.off = true;
                return Ok(Does::SomeAndFails);
            }
        }
        if !self.dice.per_mille(chances) {
            return Ok(Does::All);
        }
        let kinds = [Does::AllAndFails, Does::SomeAndFails, Does::NothingAndFails, Does::NothingAndFails];
        Ok(kinds[self.dice.below(kinds.len())])
    }

    fn on(&self) -> io::Result<()> {
        if self.off { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    fn content(&mut self, id: u64) -> io::Result<&mut Content> {
        self.contents.get_mut(&id).ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub(crate) fn used(&self) -> u64 {
        self.names.values().filter_map(|id| self.contents.get(id)).map(|content| content.size).sum()
    }

    fn has_room(&self, more: u64) -> io::Result<()> {
        let full = self.faults.room.is_some_and(|room| self.used().saturating_add(more) > room);
        if full { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    pub(crate) fn list(&self) -> io::Result<Vec<String>> {
        self.on()?;
        Ok(self.names.keys().cloned().collect())
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        let does = self.does(self.faults.name_errors)?;
        if matches!(does, Does::All | Does::AllAndFails) {
            apply(&mut self.names, &change);
            self.changes.push(change);
        }
        does.verdict()
    }

    pub(crate) fn create(&mut self, name: &str) -> io::Result<(u64, u64)> {
        self.on()?;
        if self.names.contains_key(name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.next_id += 1;
        self.contents.insert(self.next_id, Content::default());
        self.change(Change::Named(name.to_owned(), self.next_id))?;
        Ok((self.next_id, self.power))
    }

    pub(crate) fn open(&mut self, name: &str) -> io::Result<(u64, u64)> {
        self.on()?;
        let id = *self.names.get(name).ok_or(ErrorKind::NotFound)?;
        Ok((id, self.power))
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.on()?;
        if !self.names.contains_key(from) {
            return Err(ErrorKind::NotFound.into());
        }
        if self.names.contains_key(to) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.change(Change::Moved(from.to_owned(), to.to_owned()))
    }

    pub(crate) fn remove(&mut self, name: &str) -> io::Result<()> {
        self.on()?;
        if !self.names.contains_key(name) {
            return Err(ErrorKind::NotFound.into());
        }
        self.change(Change::Gone(name.to_owned()))
    }

    pub(crate) fn sync_dir(&mut self) -> io::Result<()> {
        let does = self.does(self.faults.name_errors)?;
        let done = match does {
            Does::All | Does::AllAndFails => self.changes.len(),
            Does::SomeAndFails => self.dice.below(self.changes.len() + 1),
            Does::NothingAndFails => 0,
        };
        for change in self.changes.drain(..done) {
            apply(&mut self.durable_names, &change);
        }
        does.verdict()
    }

    pub(crate) fn size(&mut self, id: u64) -> io::Result<u64> {
        self.on()?;
        Ok(self.content(id)?.size)
    }

    pub(crate) fn preallocate(&mut self, id: u64, bytes: u64) -> io::Result<()> {
        let more = bytes.saturating_sub(self.content(id)?.size);
        let does = self.does(self.faults.write_errors)?;
        self.has_room(more)?;
        if does != Does::NothingAndFails {
            let content = self.content(id)?;
            content.size = content.size.max(bytes);
        }
        does.verdict()
    }

    pub(crate) fn read_at(&mut self, id: u64, at: u64, into: &mut [u8]) -> io::Result<usize> {
        self.on()?;
        if self.dice.per_mille(self.faults.read_errors) {
            return Err(broken());
        }
        let content = self.content(id)?;
        let some = content.size.saturating_sub(at).min(into.len() as u64);
        let end = at + some;
        let mut done = 0;
        let mut from = at;
        while from < end {
            let (sector, within) = (from / SECTOR as u64, (from % SECTOR as u64) as usize);
            if content.scratched.contains(&sector) {
                return Err(broken());
            }
            let take = (SECTOR - within).min((end - from) as usize);
            let into = &mut into[done..done + take];
            match content.cached.get(&sector) {
                Some(bytes) => into.copy_from_slice(&bytes[within..within + take]),
                None => into.fill(0),
            }
            (done, from) = (done + take, from + take as u64);
        }
        Ok(done)
    }

    pub(crate) fn write_at(&mut self, id: u64, at: u64, bytes: &[u8]) -> io::Result<()> {
        let end = at + bytes.len() as u64;
        let more = end.saturating_sub(self.content(id)?.size);
        let does = self.does(self.faults.write_errors)?;
        self.has_room(more)?;
        let done = match does {
            Does::All | Does::AllAndFails => bytes.len(),
            Does::SomeAndFails => self.dice.below(bytes.len() / SECTOR + 1) * SECTOR,
            Does::NothingAndFails => 0,
        };
        let content = self.content(id)?;
        let mut rest = bytes.get(..done).unwrap_or_default();
        let mut from = at;
        while !rest.is_empty() {
            let (sector, within) = (from / SECTOR as u64, (from % SECTOR as u64) as usize);
            let (now, later) = rest.split_at((SECTOR - within).min(rest.len()));
            let state = content.cached.entry(sector).or_insert([0; SECTOR]);
            state[within..within + now.len()].copy_from_slice(now);
            let states = content.dirty.entry(sector).or_default();
            states.push(*state);
            if states.len() > STATES {
                states.remove(0);
            }
            (rest, from) = (later, from + now.len() as u64);
        }
        content.size = content.size.max(at + done as u64);
        does.verdict()
    }

    pub(crate) fn sync(&mut self, id: u64) -> io::Result<()> {
        let does = self.does(self.faults.write_errors)?;
        if self.dice.per_mille(self.faults.slow_syncs) {
            self.took += self.faults.slow;
        }
        let mut dice = self.dice.clone();
        let content = self.content(id)?;
        if does != Does::NothingAndFails {
            content.durable_size = content.size;
        }
        let whole = matches!(does, Does::All | Does::AllAndFails);
        // After an error the rest is taken for clean, and is in the page cache only.
        for (sector, states) in std::mem::take(&mut content.dirty) {
            let lost = does == Does::NothingAndFails || (!whole && dice.per_mille(500));
            if let Some(last) = states.last().filter(|_| !lost) {
                content.durable.insert(sector, *last);
            }
        }
        self.dice = dice;
        does.verdict()
    }

    pub(crate) fn cut_power(&mut self) {
        let Self { dice, contents, .. } = self;
        for content in contents.values_mut() {
            for (sector, states) in std::mem::take(&mut content.dirty) {
                // The one on disk, or any that it had since.
                let which = dice.below(states.len() + 1);
                if let Some(state) = states.get(which) {
                    content.durable.insert(sector, *state);
                }
            }
            if dice.per_mille(500) {
                content.durable_size = content.durable_size.max(content.size);
            }
            content.size = content.durable_size;
            content.cached = content.durable.clone();
        }
        let kept = self.dice.below(self.changes.len() + 1);
        for change in self.changes.drain(..).take(kept) {
            apply(&mut self.durable_names, &change);
        }
        self.names = self.durable_names.clone();
        let named: BTreeSet<u64> = self.names.values().copied().collect();
        self.contents.retain(|id, _| named.contains(id));
        (self.power, self.off, self.cut_in) = (self.power + 1, false, None);
    }

    pub(crate) fn rot(&mut self, name: &str, at: u64) -> bool {
        let Some(content) = self.names.get(name).and_then(|id| self.contents.get_mut(id)) else {
            return false;
        };
        if at >= content.size {
            return false;
        }
        let (sector, within) = (at / SECTOR as u64, (at % SECTOR as u64) as usize);
        for state in [&mut content.durable, &mut content.cached] {
            state.entry(sector).or_insert([0; SECTOR])[within] ^= 1;
        }
        true
    }

    pub(crate) fn scratch(&mut self, name: &str, from: u64) {
        if let Some(content) = self.names.get(name).and_then(|id| self.contents.get_mut(id)) {
            content.scratched.insert(from);
        }
    }
}
