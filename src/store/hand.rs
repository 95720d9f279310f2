//! The one connection that writes what calls record, and what it knows of the chain's end.

use crate::chain::Chain;
use crate::either::{Db, in_time};
use crate::ledger::Passed;
use crate::rows::Entry;
use crate::scribe::Scribe;
use crate::store::Inner;
use crate::writer;

/// Writes batch after batch. After an error it begins anew: the database may have ended the transaction by itself, and whether a
/// commit came to disk whose answer was lost is known by what is read anew.
#[derive(Debug, Default)]
pub(crate) struct Hand {
    conn: Option<Db>,
    /// The end of the chain, as the last commit left it.
    chain: Option<Chain>,
}

impl Hand {
    /// One transaction, with the cursor of the journal that the batch comes from. Which entries the schema refused, by their
    /// place in the batch, and why.
    ///
    /// # Errors
    /// The database's: nothing of the batch is written, or all of it.
    pub(crate) async fn commit(
        &mut self,
        store: &Inner,
        batch: &[Entry],
        passed: Option<&Passed<'_>>,
    ) -> sqlx::Result<Vec<(usize, String)>> {
        let scribe = Scribe { keys: &store.keys, node: &store.settings.node };
        let chain = self.chain.take();
        let conn = self.conn(store).await?;
        match in_time(writer::write(conn, scribe, chain, batch, passed)).await {
            Ok((chain, refused)) => {
                self.chain = chain;
                Ok(refused)
            }
            Err(fault) => {
                self.conn = None;
                Err(fault)
            }
        }
    }

    /// The connection, made when it is needed.
    pub(crate) async fn conn(&mut self, store: &Inner) -> sqlx::Result<&mut Db> {
        match &mut self.conn {
            Some(conn) => Ok(conn),
            empty => Ok(empty.insert(store.place.connect().await?)),
        }
    }

    /// Lets the connection go.
    pub(crate) async fn close(&mut self) {
        if let Some(conn) = self.conn.take()
            && let Err(e) = conn.close().await
        {
            tracing::warn!("closing the store: {e}");
        }
    }
}
