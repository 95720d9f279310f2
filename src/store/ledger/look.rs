//! Looks through the journal beside whoever has it, and brings it into the database by hand.

use std::path::PathBuf;

use journal::{Gap, LookedAt};

use crate::error::StoreError;
use crate::ledger::Replayed;
use crate::ledger::folders::folders;
use crate::ledger::form;
use crate::ledger::passed;
use crate::open;
use crate::store::{Settings, Store};

/// One folder of the journal as it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalLook {
    /// Which.
    pub folder: PathBuf,
    /// A life of the house has it now, and may be writing.
    pub taken: bool,
    /// Records that were looked at: all that are whole.
    pub records: u64,
    /// Of these, not in the case store yet; `None`: the case store can't be asked.
    pub behind: Option<u64>,
    /// Records that are not in the case store and are damaged: from, to.
    pub damaged: Vec<(u64, u64)>,
    /// Records that the key does not open, or that are of another program.
    pub unreadable: u64,
    /// Files of another journal that somebody put here.
    pub foreign: Vec<String>,
    /// Bytes that are kept for a full disk.
    pub reserve: u64,
}

impl JournalLook {
    /// Whether each record is as it was written.
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && self.unreadable == 0 && self.foreign.is_empty()
    }
}

impl Store {
    /// Looks through all folders of the journal in front of it; nothing is changed. Empty without a journal.
    ///
    /// # Errors
    /// [`StoreError::Journal`] when a folder can't be read, or a newer program wrote it.
    pub async fn look_journal(&self) -> Result<Vec<JournalLook>, StoreError> {
        let Some(at) = self.0.settings.journal.clone() else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for (_, folder) in folders(&at.folder)? {
            all.push(self.look_folder(folder).await?);
        }
        Ok(all)
    }

    async fn look_folder(&self, folder: PathBuf) -> Result<JournalLook, StoreError> {
        let (store, place) = (self.clone(), folder.clone());
        let look = tokio::task::spawn_blocking(move || {
            let disk = LookedAt::new(&place);
            let (taken, mut records, mut unreadable) = (disk.is_taken(), 0, 0);
            // The generation stands in what is found, and each frame is opened by it: two readings.
            let generation = journal::inspect(&disk, &mut |_| {})?.generation.unwrap_or_default();
            let found = journal::inspect(&disk, &mut |frame| {
                records += 1;
                unreadable += u64::from(form::open(&store.0.keys, generation, frame).is_err());
            })?;
            Ok::<_, StoreError>((taken, records, unreadable, found))
        });
        let broke_off = |_| StoreError::Database { why: "looking through the journal broke off".to_owned() };
        let (taken, records, unreadable, found) = look.await.map_err(broke_off)??;
        let cursor = match self.reader().await {
            Ok(mut conn) => passed::cursor(&mut conn, found.generation.unwrap_or_default()).await.ok(),
            Err(_) => None,
        };
        let in_store = cursor.unwrap_or_default();
        let lost = found.gaps.iter().filter(|gap| gap.to > in_store);
        Ok(JournalLook {
            folder,
            taken,
            records,
            behind: cursor.map(|through| (found.next - 1).saturating_sub(through)),
            damaged: lost.map(|Gap { from, to }| ((*from).max(in_store + 1), *to)).collect(),
            unreadable,
            foreign: found.foreign,
            reserve: found.reserve_bytes,
        })
    }

    /// Brings what the journal holds into the database while no house runs; calls that a crash cut short stay as they are.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn replay(settings: Settings) -> Result<Replayed, StoreError> {
        let ground = open::prepare(&settings).await?;
        let store = Self::on(settings, ground).await?;
        let replayed = store.put_journal().await?;
        store.close().await;
        Ok(replayed)
    }
}
