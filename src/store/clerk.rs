//! Writes for screens and programs: what waits is committed together, on a connection of its own beside the calls' writer.
//!
//! One writes at a time. The calls' writer must not wait long for its turn: a commit of the clerk holds few jobs, and after each
//! the clerk rests as long as it had the turn, so that another life of the house on this store finds it free in between too.

use std::pin::Pin;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::either::{Db, Place, in_time, query};
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
    F: for<'c> FnOnce(&'c mut Db) -> Doing<'c, T>,
{
    work
}

trait Job: Send {
    fn run<'c>(&'c mut self, conn: &'c mut Db) -> Doing<'c, ()>;
    fn tell(self: Box<Self>, place: &Place, broken: Option<&sqlx::Error>);
}

struct Errand<F, T> {
    work: Option<F>,
    done: Option<sqlx::Result<T>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for Errand<F, T>
where
    F: for<'c> FnOnce(&'c mut Db) -> Doing<'c, T> + Send,
    T: Send,
{
    fn run<'c>(&'c mut self, conn: &'c mut Db) -> Doing<'c, ()> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return Ok(()) };
            let done = work(conn).await;
            let ok = done.is_ok();
            self.done = Some(done);
            if ok { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
        })
    }

    fn tell(self: Box<Self>, place: &Place, broken: Option<&sqlx::Error>) {
        let told = match (broken, self.done) {
            (_, Some(Err(fault))) => Err(place.said(&fault)),
            (Some(fault), _) => Err(place.said(fault)),
            (None, Some(Ok(done))) => Ok(done),
            (None, None) => Err(place.said(&sqlx::Error::WorkerCrashed)),
        };
        // Whoever asked may have gone.
        let _ = self.answer.send(told);
    }
}

/// The way to the clerk.
#[derive(Debug)]
pub(crate) struct Clerk {
    place: Place,
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl Clerk {
    /// Starts the clerk; it ends when this is dropped.
    pub(crate) fn start(place: Place, runtime: &Handle) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        runtime.spawn(run(place.clone(), waiting));
        Self { place, jobs }
    }

    /// Does this in a transaction; told when it is on disk.
    ///
    /// # Errors
    /// The job's own, or why it could not be committed.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'c> FnOnce(&'c mut Db) -> Doing<'c, T> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, told) = oneshot::channel();
        let job = Box::new(Errand { work: Some(work), done: None, answer });
        let late = || StoreError::Locked { at: self.place.at().clone() };
        let gone = || self.place.said(&sqlx::Error::WorkerCrashed);
        let asked = async {
            self.jobs.send(job).await.map_err(|_| gone())?;
            told.await.unwrap_or_else(|_| Err(gone()))
        };
        tokio::time::timeout(ANSWER_WITHIN, asked).await.unwrap_or_else(|_| Err(late()))
    }
}

async fn run(place: Place, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
    let mut conn: Option<Db> = None;
    let mut batch = Vec::with_capacity(MOST_AT_ONCE);
    while waiting.recv_many(&mut batch, MOST_AT_ONCE).await > 0 {
        let begun = Instant::now();
        let done = match take(&place, &mut conn).await {
            Ok(conn) => in_time(commit(conn, &mut batch)).await,
            Err(fault) => Err(fault),
        };
        if done.is_err() {
            // The database may have ended the transaction by itself.
            conn = None;
        }
        let why = done.err();
        for job in batch.drain(..) {
            job.tell(&place, why.as_ref());
        }
        tokio::time::sleep(begun.elapsed().min(LONGEST_REST)).await;
    }
    if let Some(conn) = conn
        && let Err(fault) = conn.close().await
    {
        tracing::warn!("closing the clerk's connection: {fault}");
    }
}

async fn take<'a>(place: &Place, conn: &'a mut Option<Db>) -> sqlx::Result<&'a mut Db> {
    match conn {
        Some(conn) => Ok(conn),
        empty => Ok(empty.insert(place.connect().await?)),
    }
}

/// One transaction; a job that fails is undone alone.
async fn commit(conn: &mut Db, batch: &mut [Box<dyn Job>]) -> sqlx::Result<()> {
    let turn = conn.begin().await?;
    for job in batch {
        query("SAVEPOINT job").execute(&mut *conn).await?;
        if job.run(conn).await.is_err() {
            query("ROLLBACK TO job").execute(&mut *conn).await?;
        }
        query("RELEASE job").execute(&mut *conn).await?;
    }
    let done = conn.commit(turn).await;
    if done.is_err() {
        // What could not be committed must not stay open; the connection is dropped anyway when this fails too.
        let _ = conn.rollback().await;
    }
    done
}
