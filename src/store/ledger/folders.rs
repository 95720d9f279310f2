//! The folders of the journal: one for each life of the house that runs, and what dead ones have left.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use journal::{Journal, JournalError, RealDisk, Setup};

use crate::error::StoreError;
use crate::ledger::feed::{Feed, Step};
use crate::ledger::{JournalAt, Ledger};
use crate::store::Store;

/// What a start found in the journal.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Replayed {
    /// Records that were brought into the database now.
    pub records: usize,
    /// What is wrong, in words for the admin: records that are damaged or were refused, a disk that is away.
    pub words: Vec<String>,
}

impl Replayed {
    fn add(&mut self, step: Step) {
        self.records += step.records;
        self.words.extend(step.refused.into_iter().chain(step.damaged));
    }
}

impl Store {
    /// Brings what the journals of dead lives hold into the database, and puts one of them in front of the writer, if there is
    /// to be one. A disk that does not work is told, and records go into the database itself.
    ///
    /// # Errors
    /// The database's: what was not brought stays where it is. [`StoreError::Journal`] when a newer program wrote it.
    pub(crate) async fn put_journal(&self) -> Result<Replayed, StoreError> {
        let mut replayed = Replayed::default();
        let Some(at) = &self.0.settings.journal else { return Ok(replayed) };
        let mut ours = None;
        match self.free(at).await {
            Ok(found) => {
                for (feed, folder) in found {
                    replayed.add(feed.catch_up(&self.0).await?);
                    let fits = feed.fits(&self.0).await?;
                    if !fits {
                        replayed.words.push(strange(&folder));
                    }
                    if ours.is_none() && fits {
                        ours = Some(feed);
                    } else {
                        feed.close().await;
                    }
                }
                if ours.is_none() {
                    ours = self.fresh(at).await.map_err(|fault| replayed.words.push(fault.to_string())).ok();
                }
            }
            Err(fault @ JournalError::Newer { .. }) => return Err(StoreError::Journal(fault)),
            Err(fault) => replayed.words.push(fault.to_string()),
        }
        let ledger = match ours {
            Some(feed) => Ledger::Journal(feed),
            None => Ledger::Away(replayed.words.last().cloned().unwrap_or_default()),
        };
        for why in &replayed.words {
            tracing::error!("{why}");
        }
        if replayed.records > 0 {
            tracing::info!(
                replayed.records,
                "the journal held records that the case store lacked: they are in it now"
            );
        }
        // Nobody puts a second one.
        let _ = self.0.ledger.set(ledger);
        Ok(replayed)
    }

    /// Brings what dead lives have left into the database: those of whose folder nobody holds the lock.
    ///
    /// # Errors
    /// The database's, or [`StoreError::Journal`].
    pub(crate) async fn replay_dead(&self) -> Result<Replayed, StoreError> {
        let mut replayed = Replayed::default();
        let Some(at) = &self.0.settings.journal else { return Ok(replayed) };
        for (feed, _) in self.free(at).await.map_err(StoreError::Journal)? {
            replayed.add(feed.catch_up(&self.0).await?);
            feed.close().await;
        }
        Ok(replayed)
    }

    /// The journals that nobody has, oldest folder first.
    async fn free(&self, at: &JournalAt) -> Result<Vec<(Arc<Feed>, PathBuf)>, JournalError> {
        let (at, generation) = (at.clone(), self.0.keys.draw());
        let look = tokio::task::spawn_blocking(move || {
            let setup = Setup::reserving(at.reserve_mib, generation.map_err(|_| no_chance())?);
            let mut free = Vec::new();
            for (no, folder) in folders(&at.folder)? {
                // Folders that are not made yet have nothing; each new one is a generation of its own.
                let setup = Setup { generation: setup.generation.wrapping_add(no.into()), ..setup };
                match RealDisk::open(&folder) {
                    Ok(disk) => {
                        let (journal, _) = Journal::open(Box::new(disk), setup)?;
                        free.push((Arc::new(Feed::new(journal)), folder));
                    }
                    Err(JournalError::InUse { .. }) => {}
                    Err(fault) => return Err(fault),
                }
            }
            Ok(free)
        });
        look.await.unwrap_or_else(|_| Ok(Vec::new()))
    }

    /// A journal in a folder that is not there yet.
    async fn fresh(&self, at: &JournalAt) -> Result<Arc<Feed>, JournalError> {
        let (at, generation) = (at.clone(), self.0.keys.draw());
        let make = tokio::task::spawn_blocking(move || {
            let generation = generation.map_err(|_| no_chance())?;
            let mut no = folders(&at.folder)?.last().map_or(1, |(no, _)| no + 1);
            loop {
                match RealDisk::open(&at.folder.join(no.to_string())) {
                    Ok(disk) => {
                        let setup = Setup::reserving(at.reserve_mib, generation);
                        let (journal, _) = Journal::open(Box::new(disk), setup)?;
                        return Ok(Arc::new(Feed::new(journal)));
                    }
                    // Another life was faster.
                    Err(JournalError::InUse { .. }) => no += 1,
                    Err(fault) => return Err(fault),
                }
            }
        });
        make.await.unwrap_or_else(|_| Err(no_chance()))
    }
}

/// The numbered folders of lives, rising.
pub(super) fn folders(base: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let listed = match fs::read_dir(base) {
        Ok(listed) => listed,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(JournalError::Disk { what: "list its folder", why }),
    };
    let numbered = listed.filter_map(|entry| {
        let path = entry.ok()?.path();
        Some((path.file_name()?.to_str()?.parse().ok()?, path))
    });
    let mut folders: Vec<(u64, PathBuf)> = numbered.collect();
    folders.sort();
    Ok(folders)
}

fn no_chance() -> JournalError {
    let why = std::io::Error::other("the system gives no random numbers");
    JournalError::Disk { what: "begin", why }
}

fn strange(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "the journal {folder} ends before what the case store has of it (an older copy?): it is left alone, and can be removed"
    )
}
