//! Writes for screens and programs: what waits is committed together, on a connection of its own beside the calls' writer.
//!
//! SQLite has one write lock. The calls' writer must not wait for it: a commit of the clerk holds few jobs, and after each
//! the clerk rests as long as it held the lock, so that the writer always finds it free in between.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection as _};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::db::{self, BEGIN_WRITE, COMMIT, Conn, ROLLBACK};
use crate::error::StoreError;

/// Jobs that may wait. When full: whoever asks waits for a place, at most [`ANSWER_WITHIN`].
const WAITING: usize = 256;
/// Jobs of one commit: few, so that the lock is held for some milliseconds.
const MOST_AT_ONCE: usize = 16;
/// So long somebody waits for an answer; then it is [`StoreError::Locked`], and the job may be done or not.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The longest rest after a commit.
const LONGEST_REST: Duration = Duration::from_millis(50);

/// What a job does inside the transaction. What it fails with undoes it alone.
pub(crate) type Doing<'c, T> = Pin<Box<dyn Future<Output = sqlx::Result<T>> + Send + 'c>>;

/// Says that a closure is a job, so that the compiler sees its lifetimes.
pub(crate) fn errand<T, F>(work: F) -> F
where
    F: for<'c> FnOnce(&'c mut Conn) -> Doing<'c, T>,
{
    work
}

trait Job: Send {
    fn run<'c>(&'c mut self, conn: &'c mut Conn) -> Doing<'c, ()>;
    fn tell(self: Box<Self>, path: &Path, broken: Option<&sqlx::Error>);
}

struct Errand<F, T> {
    work: Option<F>,
    done: Option<sqlx::Result<T>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for Errand<F, T>
where
    F: for<'c> FnOnce(&'c mut Conn) -> Doing<'c, T> + Send,
    T: Send,
{
    fn run<'c>(&'c mut self, conn: &'c mut Conn) -> Doing<'c, ()> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return Ok(()) };
            let done = work(conn).await;
            let ok = done.is_ok();
            self.done = Some(done);
            if ok { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
        })
    }

    fn tell(self: Box<Self>, path: &Path, broken: Option<&sqlx::Error>) {
        let told = match (broken, self.done) {
            (_, Some(Err(fault))) => Err(db::said(path, &fault)),
            (Some(fault), _) => Err(db::said(path, fault)),
            (None, Some(Ok(done))) => Ok(done),
            (None, None) => Err(db::said(path, &sqlx::Error::WorkerCrashed)),
        };
        // Whoever asked may have gone.
        let _ = self.answer.send(told);
    }
}

/// The way to the clerk.
#[derive(Debug)]
pub(crate) struct Clerk {
    path: PathBuf,
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl Clerk {
    /// Starts the clerk; it ends when this is dropped.
    pub(crate) fn start(path: PathBuf, runtime: &Handle) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        runtime.spawn(run(path.clone(), waiting));
        Self { path, jobs }
    }

    /// Does this in a transaction; told when it is on disk.
    ///
    /// # Errors
    /// The job's own, or why it could not be committed.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> FnOnce(&'c mut Conn) -> Doing<'c, T> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, told) = oneshot::channel();
        let job = Box::new(Errand { work: Some(work), done: None, answer });
        let late = || StoreError::Locked { path: self.path.clone() };
        let gone = || db::said(&self.path, &sqlx::Error::WorkerCrashed);
        let asked = async {
            self.jobs.send(job).await.map_err(|_| gone())?;
            told.await.unwrap_or_else(|_| Err(gone()))
        };
        tokio::time::timeout(ANSWER_WITHIN, asked).await.unwrap_or_else(|_| Err(late()))
    }
}

async fn run(path: PathBuf, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
    let mut conn: Option<Conn> = None;
    let mut batch = Vec::with_capacity(MOST_AT_ONCE);
    while waiting.recv_many(&mut batch, MOST_AT_ONCE).await > 0 {
        let begun = Instant::now();
        let done = match take(&path, &mut conn).await {
            Ok(conn) => commit(conn, &mut batch).await,
            Err(fault) => Err(fault),
        };
        if done.is_err() {
            // SQLite may have ended the transaction by itself.
            conn = None;
        }
        let why = done.err();
        for job in batch.drain(..) {
            job.tell(&path, why.as_ref());
        }
        tokio::time::sleep(begun.elapsed().min(LONGEST_REST)).await;
    }
    if let Some(conn) = conn
        && let Err(fault) = conn.close().await
    {
        tracing::warn!("closing the clerk's connection: {fault}");
    }
}

async fn take<'a>(path: &Path, conn: &'a mut Option<Conn>) -> sqlx::Result<&'a mut Conn> {
    match conn {
        Some(conn) => Ok(conn),
        empty => Ok(empty.insert(db::options(path).connect().await?)),
    }
}

/// One transaction; a job that fails is undone alone.
async fn commit(conn: &mut Conn, batch: &mut [Box<dyn Job>]) -> sqlx::Result<()> {
    sqlx::query(BEGIN_WRITE).execute(&mut *conn).await?;
    for job in batch {
        sqlx::query("SAVEPOINT job").execute(&mut *conn).await?;
        if job.run(conn).await.is_err() {
            sqlx::query("ROLLBACK TO job").execute(&mut *conn).await?;
        }
        sqlx::query("RELEASE job").execute(&mut *conn).await?;
    }
    match sqlx::query(COMMIT).execute(&mut *conn).await {
        Ok(_) => Ok(()),
        Err(fault) => {
            // What could not be committed must not stay open; the connection is dropped anyway when this fails too.
            let _ = sqlx::query(ROLLBACK).execute(&mut *conn).await;
            Err(fault)
        }
    }
}
