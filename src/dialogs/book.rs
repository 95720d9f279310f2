//! The journal of one life's dialogs: pages by name, sealed by a key that stands at its front, written anew when it grows.

use std::collections::HashMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use journal::{Draft, Journal, RealDisk, Setup};
use vault::machine::System;
use vault::{Algorithm, Chance, Class, Masters, Month, Safe, Scope, Wrapped};

use super::DialogError;

/// Kinds of frames: the wrapped key that seals what follows, a dialog that stands, one that is over.
const KEY: u8 = 1;
const STANDS: u8 = 2;
const OVER: u8 = 3;
const VERSION: u8 = 1;
/// Bytes of a name at the front of a frame.
const NAME: usize = 16;
/// Bytes of a segment, of the reserve, and of all segments: some hundred dialogs fill one.
const SEGMENT: u64 = 256 << 10;
const RESERVE: u64 = 512 << 10;
const MOST: u64 = 64 << 20;
/// It is written anew when it has so many frames more than twice the dialogs that stand.
const STALE: usize = 1_000;
/// Bytes that are read at once.
const READ: usize = 1 << 20;
/// What a page is sealed for: moved to another place it does not open.
const PLACE: &str = "dialog.standing";

/// A dialog: the life that had it, and its session there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Name {
    pub(super) life: u64,
    pub(super) session: u64,
}

impl Name {
    fn bytes(self) -> [u8; NAME] {
        ((u128::from(self.life) << 64) | u128::from(self.session)).to_be_bytes()
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (name, rest) = bytes.split_first_chunk::<NAME>()?;
        let name = u128::from_be_bytes(*name);
        let (life, session) = ((name >> 64) as u64, name as u64);
        Some((Self { life, session }, rest))
    }

    fn owner(self) -> String {
        format!("{:016x}{:016x}", self.life, self.session)
    }
}

/// One change.
pub(super) enum Step {
    /// It stands like this.
    Stands(Name, Vec<u8>),
    /// It is over.
    Over(Name),
}

/// One life's dialogs.
pub(super) struct Book {
    journal: Journal,
    safe: Safe,
    scope: Scope,
    key: Vec<u8>,
    standing: HashMap<Name, Vec<u8>>,
    /// Frames since it was written anew.
    frames: usize,
    /// Something was not written: all is written anew as soon as that can be done.
    behind: bool,
}

impl Book {
    /// Opens a folder that nobody has, and reads it.
    ///
    /// # Errors
    /// The folder's, the journal's, the key's.
    pub(super) fn open(folder: &Path, masters: &Masters) -> Result<Self, DialogError> {
        let disk = RealDisk::open(folder)?;
        let chance = System::new();
        let mut generation = [0; 16];
        chance.fill(&mut generation)?;
        let setup = Setup {
            segment_bytes: SEGMENT,
            reserve_bytes: RESERVE,
            most_bytes: MOST,
            generation: u128::from_be_bytes(generation),
        };
        let (journal, _) = Journal::open(Box::new(disk), setup)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let scope = Scope::Month(Month::of_utc_ms(i64::try_from(now.as_millis()).unwrap_or(i64::MAX)));
        let safe = Safe::new(masters.clone(), Algorithm::Aes256Gcm)?;
        let (standing, key) = (HashMap::new(), Vec::new());
        let mut book = Self { journal, safe, scope, key, standing, frames: 0, behind: false };
        book.read()?;
        book.key = book.safe.mint(Class::Number, scope, &chance)?.line().into_bytes();
        book.anew()?;
        Ok(book)
    }

    fn read(&mut self) -> Result<(), DialogError> {
        let mut after = 0;
        loop {
            let batch = self.journal.read(after, READ)?;
            if batch.through == after {
                return Ok(());
            }
            after = batch.through;
            for frame in batch.frames {
                match (frame.kind, Name::read(&frame.payload)) {
                    (KEY, _) => {
                        let line = String::from_utf8_lossy(&frame.payload);
                        if let Err(error) = Wrapped::parse(&line).and_then(|key| self.safe.learn(&key)) {
                            tracing::error!(%error, "dialogs that a crash cut can't be opened: their far ends are not told");
                        }
                    }
                    (STANDS, Some((name, sealed))) => {
                        // Without its key nothing opens, which was told.
                        if let Ok(page) = self.safe.open((PLACE, &name.owner()), sealed) {
                            self.standing.insert(name, page);
                        }
                    }
                    (OVER, Some((name, _))) => {
                        self.standing.remove(&name);
                    }
                    // Of a version to come.
                    _ => {}
                }
            }
        }
    }

    /// The dialogs that stand.
    pub(super) fn pages(&self) -> Vec<(Name, Vec<u8>)> {
        self.standing.iter().map(|(name, page)| (*name, page.clone())).collect()
    }

    /// Takes changes down; returns when they are on disk.
    ///
    /// # Errors
    /// They are known here, and written with the next ones.
    pub(super) fn write(&mut self, steps: &[Step]) -> Result<(), DialogError> {
        let mut frames = Vec::with_capacity(steps.len());
        for step in steps {
            match step {
                Step::Stands(name, page) => {
                    frames.push((STANDS, self.sealed(*name, page)?));
                    self.standing.insert(*name, page.clone());
                }
                // What was never noted need not be struck out.
                Step::Over(name) if self.standing.remove(name).is_some() => {
                    frames.push((OVER, name.bytes().to_vec()));
                }
                Step::Over(_) => {}
            }
        }
        if self.behind || self.frames > 2 * self.standing.len() + STALE {
            return self.anew();
        }
        let done = self.append(&frames);
        self.behind = done.is_err();
        done?;
        self.tend();
        Ok(())
    }

    /// The key and all that stands, as if it were new; what was before is let go.
    fn anew(&mut self) -> Result<(), DialogError> {
        let before = self.journal.next().saturating_sub(1);
        let mut frames = vec![(KEY, self.key.clone())];
        for (name, page) in &self.standing {
            frames.push((STANDS, self.sealed(*name, page)?));
        }
        let done = self.append(&frames);
        self.behind = done.is_err();
        done?;
        self.frames = frames.len();
        self.journal.pass(before);
        self.tend();
        Ok(())
    }

    fn append(&mut self, frames: &[(u8, Vec<u8>)]) -> Result<(), DialogError> {
        let drafts = frames.iter().map(|(kind, payload)| Draft { kind: *kind, version: VERSION, payload });
        let drafts: Vec<Draft<'_>> = drafts.collect();
        let mut rest = &drafts[..];
        while !rest.is_empty() {
            let written = self.journal.append(rest)?;
            rest = rest.get(written..).unwrap_or_default();
        }
        self.frames = self.frames.saturating_add(frames.len());
        Ok(())
    }

    /// Segments are reserved where nobody waits; what can't be is tried again at the next change.
    fn tend(&mut self) {
        while self.journal.tend().is_ok_and(|more| more) {}
    }

    fn sealed(&self, name: Name, page: &[u8]) -> Result<Vec<u8>, DialogError> {
        let place = (Class::Number, self.scope);
        let mut payload = name.bytes().to_vec();
        payload.extend(self.safe.seal(place, (PLACE, &name.owner()), page, &System::new())?);
        Ok(payload)
    }
}
