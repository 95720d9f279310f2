//! Two lives of one house on one store: the new one joins while the one before still writes what its last calls record.

use std::fs::File;
use std::io;
use std::ops::Range;

use crate::aftermath;
use crate::error::StoreError;
use crate::lock::Lock;
use crate::open;
use crate::scribe::Scribe;
use crate::store::{Inner, Opened, Settings, Store};

impl Store {
    /// Opens the store of a house that runs, as its next life. What is open in it is not closed: its calls go on. `lock` is the
    /// running life's open lock ([`Store::lock`]), which both hold from now on. The schema is brought up to date under its
    /// eyes, so a release whose migrations change what is there must be started the usual way, and says so.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn join(settings: Settings, lock: Option<File>) -> Result<Self, StoreError> {
        let ground = open::prepare_beside(&settings, lock).await?;
        let store = Self::on(settings, ground).await?;
        store.put_journal().await?;
        Ok(store)
    }

    /// A copy of the open lock, for the next life. `None` on a server, where the next life takes it when this one lets go.
    ///
    /// # Errors
    /// The system gives no further descriptor.
    pub fn lock(&self) -> io::Result<Option<File>> {
        match &self.0.lock {
            Some(Lock::File(file)) => file.try_clone().map(Some),
            Some(Lock::Session { .. }) | None => Ok(None),
        }
    }

    /// Closes the calls of this node that are open and began within these moments (UTC ms): those of another life that has died.
    ///
    /// # Errors
    /// The database's; they stay open until the next start.
    pub async fn close_of_others(&self, now_utc_ms: i64, began: Range<i64>) -> Result<Opened, StoreError> {
        let Inner { settings, keys, .. } = self.0.as_ref();
        let scribe = Scribe { keys, node: &settings.node };
        let mut tx = self.begin().await?;
        let closed = aftermath::close_within(&mut tx, scribe, now_utc_ms, began).await;
        let closed = closed.map_err(|e| self.said(e))?;
        tx.commit().await.map(|()| closed).map_err(|e| self.said(e))
    }
}
