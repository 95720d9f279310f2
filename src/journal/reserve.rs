//! Segments that are reserved on the disk and not in use: where new ones come from, and where used ones go.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, ErrorKind};

use crate::disk::{Disk, DiskFile};
use crate::error::JournalError;
use crate::setup::Setup;

const ENDING: &str = ".journal";
const SPARE: &str = "spare-";
/// A spare that is being made: not reserved yet.
const DRAFT: &str = "draft-";

/// The file name of a segment.
pub(crate) fn segment_name(number: u64) -> String {
    format!("{number:020}{ENDING}")
}

/// The number of a segment by its file name; `None` for any other file.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(ENDING)?;
    (digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// The number of any file of ours.
fn any_number_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(ENDING)?;
    digits.strip_prefix(SPARE).or(digits.strip_prefix(DRAFT)).unwrap_or(digits).parse().ok()
}

/// Whether a file is a spare by its name.
pub(crate) fn is_spare(name: &str) -> bool {
    name.starts_with(SPARE) && any_number_of(name).is_some()
}

fn spare_name(number: u64) -> String {
    format!("{SPARE}{number}{ENDING}")
}

/// The spare segments, and files that are to become some. All files of a folder are numbered by one counter, whatever
/// they are, so that what an earlier use left in a file is never taken for a block of a later one.
#[derive(Debug)]
pub(crate) struct Reserve {
    spares: BTreeSet<u64>,
    /// Segments that hold nothing that is needed: their frames are all in the store, or they were begun in vain. They go
    /// by rising number only: were one to stay while a later one goes, what is between would look lost at the next start.
    used: BTreeSet<u64>,
    /// Other files that are no use as they are: spares of another size, drafts.
    debris: VecDeque<String>,
    next_number: u64,
    /// Names changed since the last sync of the folder.
    unsynced: bool,
}

impl Reserve {
    /// Finds spares of the right size; everything else of ours is debris.
    pub(crate) fn open(
        disk: &dyn Disk,
        setup: &Setup,
        names: &[String],
        unborn: impl Iterator<Item = u64>,
    ) -> Result<Self, JournalError> {
        let mut reserve = Self {
            spares: BTreeSet::new(),
            used: unborn.collect(),
            debris: VecDeque::new(),
            next_number: 1,
            unsynced: false,
        };
        for name in names {
            let Some(number) = any_number_of(name) else { continue };
            reserve.next_number = reserve.next_number.max(number + 1);
            if name.starts_with(SPARE) {
                let size = disk.open(name).and_then(|file| file.size());
                if size.map_err(JournalError::disk("open its reserve"))? == setup.segment() {
                    reserve.spares.insert(number);
                } else {
                    reserve.debris.push_back(name.clone());
                }
            } else if name.starts_with(DRAFT) {
                reserve.debris.push_back(name.clone());
            }
        }
        Ok(reserve)
    }

    pub(crate) fn len(&self) -> usize {
        self.spares.len()
    }

    /// A number that no file has or had.
    pub(crate) fn number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// A file for a new segment, under its name: a spare, or a new one if there is none. The folder is still to be synced.
    pub(crate) fn take(
        &mut self,
        disk: &dyn Disk,
        setup: &Setup,
        number: u64,
    ) -> Result<Box<dyn DiskFile>, JournalError> {
        // What was used is used again at once if nothing else is left.
        if self.spares.is_empty() {
            self.clear_used(disk, setup);
        }
        let name = segment_name(number);
        while let Some(spare) = self.spares.pop_last() {
            match disk.rename(&spare_name(spare), &name) {
                Ok(()) => {}
                // An earlier try was told that it failed, and yet it was done.
                Err(why) if why.kind() == ErrorKind::NotFound => continue,
                Err(why) => {
                    self.spares.insert(spare);
                    return Err(JournalError::disk("take a segment from its reserve")(why));
                }
            }
            return disk.open(&name).map_err(|why| {
                self.used(number);
                JournalError::disk("open a segment")(why)
            });
        }
        let made = disk.create(&name).and_then(|mut file| {
            file.preallocate(setup.segment())?;
            Ok(file)
        });
        made.map_err(|why| {
            self.used(number);
            JournalError::disk("make a segment")(why)
        })
    }

    /// A segment holds nothing that is needed any more.
    pub(crate) fn used(&mut self, number: u64) {
        self.used.insert(number);
    }

    /// Clears the oldest of the used segments away: whether it could be done.
    fn clear_used(&mut self, disk: &dyn Disk, setup: &Setup) -> bool {
        let Some(oldest) = self.used.pop_first() else { return false };
        let done = self.clear_away(disk, setup, &segment_name(oldest));
        if !done {
            self.used.insert(oldest);
        }
        done
    }

    /// Makes a file a spare, if it fits and one is wanted, or removes it: whether either could be done.
    fn clear_away(&mut self, disk: &dyn Disk, setup: &Setup, name: &str) -> bool {
        let fits = disk.open(name).and_then(|file| file.size()).is_ok_and(|size| size == setup.segment());
        if fits
            && self.spares.len() < setup.spares()
            && let Some(number) = any_number_of(name)
            && disk.rename(name, &spare_name(number)).is_ok()
        {
            self.spares.insert(number);
            self.unsynced = true;
            return true;
        }
        match disk.remove(name) {
            Ok(()) => {
                self.unsynced = true;
                true
            }
            Err(why) => why.kind() == ErrorKind::NotFound,
        }
    }

    /// One step towards as many spares as there ought to be: whether more is to be done.
    pub(crate) fn tend(&mut self, disk: &dyn Disk, setup: &Setup) -> Result<bool, JournalError> {
        if !self.used.is_empty() {
            return if self.clear_used(disk, setup) { Ok(true) } else { Err(stuck()) };
        }
        if let Some(name) = self.debris.pop_front() {
            if self.clear_away(disk, setup, &name) {
                return Ok(true);
            }
            self.debris.push_back(name);
            return Err(stuck());
        }
        if self.spares.len() > setup.spares()
            && let Some(spare) = self.spares.pop_last()
        {
            self.debris.push_back(spare_name(spare));
            return Ok(true);
        }
        if self.spares.len() < setup.spares() {
            self.make(disk, setup)?;
            return Ok(true);
        }
        if self.unsynced {
            disk.sync_dir().map_err(JournalError::disk("sync its folder"))?;
            self.unsynced = false;
        }
        Ok(false)
    }

    /// Makes a spare: it bears its name when its room is taken.
    fn make(&mut self, disk: &dyn Disk, setup: &Setup) -> Result<(), JournalError> {
        let number = self.number();
        let draft = format!("{DRAFT}{number}{ENDING}");
        let made = disk
            .create(&draft)
            .and_then(|mut file| {
                file.preallocate(setup.segment())?;
                file.sync()
            })
            .and_then(|()| disk.rename(&draft, &spare_name(number)));
        self.unsynced = true;
        match made {
            Ok(()) => {
                self.spares.insert(number);
                Ok(())
            }
            Err(why) => {
                self.debris.push_back(draft);
                Err(JournalError::disk("keep its reserve")(why))
            }
        }
    }
}

fn stuck() -> JournalError {
    let why = io::Error::other("a file that is no longer needed can be neither renamed nor removed");
    JournalError::Disk { what: "keep its reserve", why }
}
