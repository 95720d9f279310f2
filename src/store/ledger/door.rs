//! What others ask of the journal in front of a store.

use std::ops::Range;

use crate::error::StoreError;
use crate::ledger::{JournalFigures, Ledger};
use crate::store::{Opened, Store};

impl Store {
    /// Brings what the journal of a life beside this one holds into the database, if that life has died, and closes its calls:
    /// those of this node that are open and began within these moments (UTC ms).
    ///
    /// # Errors
    /// The database's: they stay open, and records in that journal, until the next start.
    pub async fn close_of_the_dead(&self, now_utc_ms: i64, began: Range<i64>) -> Result<Opened, StoreError> {
        let replayed = self.replay_dead().await?;
        let closed = self.close_of_others(now_utc_ms, began).await?;
        Ok(Opened { replayed, ..closed })
    }

    /// Returns when everything that was told to be on disk by now is in the database: for whoever asks what was just written.
    /// At once when it is there, or without a journal.
    ///
    /// # Errors
    /// The database is away.
    pub async fn caught_up(&self) -> Result<(), StoreError> {
        match self.0.ledger.get() {
            Some(Ledger::Journal(feed)) => feed.catch_up_quietly(&self.0).await,
            Some(Ledger::Away(_)) | None => Ok(()),
        }
    }

    /// How the journal in front of it is; `None`: there is none.
    pub fn journal(&self) -> Option<JournalFigures> {
        match self.0.ledger.get()? {
            Ledger::Journal(feed) => Some(feed.gauges.read()),
            Ledger::Away(_) => None,
        }
    }
}
