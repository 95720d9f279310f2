//! Writing, one after the other: a transaction that writes has the database to itself, as SQLite has it anyway.
//!
//! In one process a fair line decides who is next, so that nobody starves and SQLite is never found locked by ourselves.
//! Between the nodes of one PostgreSQL it is an advisory lock, held until the transaction ends. So everything that is numbered one
//! after the other (the outbox, cases of a day, links of a chain) becomes visible in the order of its numbers, and a statement sees
//! what the one before has left, whichever node wrote it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Conn, Db, Dialect, Held, query};

/// SQLite takes the lock at once: taking it later could fail in the middle.
pub(crate) const BEGIN_SQLITE: &str = "BEGIN IMMEDIATE";
pub(crate) const BEGIN_POSTGRES: &str = "BEGIN";
/// Waits for the other nodes, as long as the session's `lock_timeout`. The number is ours: "hotline" in ASCII.
pub(super) const TAKE: &str = "SELECT pg_advisory_xact_lock(29395943403646565)";
pub(crate) const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";

/// A commit that takes longer is given up, and its connection with it: a server may hang without saying so.
const WITHIN: Duration = Duration::from_secs(20);

/// Writes within [`WITHIN`], or not as far as is known.
pub(crate) async fn in_time<T>(writing: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    let late = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    tokio::time::timeout(WITHIN, writing).await.map_err(late)?
}

/// Those of this process who want to write, first come, first served.
#[derive(Clone, Default, Debug)]
pub(crate) struct Line(Arc<Mutex<()>>);

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _held: OwnedMutexGuard<()>,
}

impl Line {
    pub(crate) async fn turn(&self) -> Turn {
        Turn { _held: self.0.clone().lock_owned().await }
    }
}

/// A transaction on a connection of the pool; dropped without [`Tx::commit`] it has done nothing.
#[derive(Debug)]
pub(crate) struct Tx {
    db: Db,
    turn: Option<Turn>,
}

impl Tx {
    pub(super) fn new(db: Db, turn: Option<Turn>) -> Self {
        Self { db, turn }
    }

    pub(crate) async fn commit(self) -> sqlx::Result<()> {
        let Self { db, turn: _until_done } = self;
        match db.conn {
            Conn::Sqlite(Held::Within(within)) => within.commit().await,
            Conn::Postgres(Held::Within(within)) => within.commit().await,
            Conn::Sqlite(_) | Conn::Postgres(_) => Ok(()),
        }
    }
}

impl Tx {
    pub(crate) async fn rollback(self) -> sqlx::Result<()> {
        let Self { db, turn: _until_done } = self;
        match db.conn {
            Conn::Sqlite(Held::Within(within)) => within.rollback().await,
            Conn::Postgres(Held::Within(within)) => within.rollback().await,
            Conn::Sqlite(_) | Conn::Postgres(_) => Ok(()),
        }
    }
}

impl Deref for Tx {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.db
    }
}

impl Db {
    /// Waits for this connection's turn without beginning: for a script that does so itself.
    pub(crate) async fn turn(&self) -> Turn {
        self.line.turn().await
    }

    /// Begins to write. Whoever fails before [`Db::commit`] and does not [`Db::rollback`] drops the connection.
    pub(crate) async fn begin(&mut self) -> sqlx::Result<Turn> {
        let turn = self.turn().await;
        self.open().await?;
        Ok(turn)
    }

    /// The same for whoever has the turn already.
    pub(crate) async fn open(&mut self) -> sqlx::Result<()> {
        match self.dialect() {
            Dialect::Sqlite => query(BEGIN_SQLITE).execute(self).await.map(drop),
            Dialect::Postgres => {
                query(BEGIN_POSTGRES).execute(self).await?;
                query(TAKE).execute(self).await.map(drop)
            }
        }
    }

    /// Ends what [`Db::begin`] has begun: it is on disk.
    pub(crate) async fn commit(&mut self, turn: Turn) -> sqlx::Result<()> {
        let done = query(COMMIT).execute(self).await.map(drop);
        drop(turn);
        done
    }

    /// Undoes what was done since [`Db::begin`], or since a script has begun.
    pub(crate) async fn rollback(&mut self) -> sqlx::Result<()> {
        query(ROLLBACK).execute(self).await.map(drop)
    }
}
