//! From the journal into the database: in order, each record once, however often either of them fails.
//!
//! The cursor in the database says how far it has come, and moves in the transaction of the records. So whatever was lost, be it
//! the answer to a commit, is known by reading it anew.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use journal::{Batch, Gap, Journal, JournalError};
use tokio::sync::Notify;

use crate::error::StoreError;
use crate::hand::Hand;
use crate::ledger::figures::Gauges;
use crate::ledger::form;
use crate::ledger::passed::{self, Passed};
use crate::rows::Entry;
use crate::store::Inner;

/// Bytes of the journal that are brought into the database in one transaction: some hundred records.
const AT_ONCE: usize = 128 << 10;

/// A journal and how far it is in the database. Two have it in their hands: the writer appends, the feeder takes.
pub(crate) struct Feed {
    generation: u128,
    journal: Mutex<Journal>,
    pub(crate) gauges: Gauges,
    /// Something was appended.
    pub(crate) news: Notify,
    line: tokio::sync::Mutex<Line>,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Feed")
    }
}

/// The way into the database: one at a time.
#[derive(Debug, Default)]
struct Line {
    hand: Hand,
    /// The last frame that is in the database; `None` when that is to be asked.
    through: Option<u64>,
}

/// What one step brought.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// Nothing is left in the journal.
    pub(crate) dry: bool,
    /// Records that were brought.
    pub(crate) records: usize,
    /// Records that the schema refused or that can't be read: in words.
    pub(crate) refused: Vec<String>,
    /// Records that are damaged on the journal's disk, and lost: in words.
    pub(crate) damaged: Vec<String>,
}

/// Why nothing could be appended.
#[derive(Debug)]
pub(crate) enum AppendFault {
    Journal(JournalError),
    /// The system gives no randomness to seal with.
    Seal,
}

impl fmt::Display for AppendFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(fault) => fault.fmt(f),
            Self::Seal => f.write_str("the system gives no random numbers to seal the journal with"),
        }
    }
}

impl Feed {
    pub(crate) fn new(journal: Journal) -> Self {
        let (generation, gauges) = (journal.generation(), Gauges::default());
        gauges.look(&journal);
        let (journal, news) = (Mutex::new(journal), Notify::new());
        Self { generation, journal, gauges, news, line: tokio::sync::Mutex::default() }
    }

    /// Runs on a thread that may wait for the disk. `None` when the process ends.
    async fn journal<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Journal) -> T + Send + 'static,
    ) -> Option<T> {
        let feed = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut journal = feed.journal.lock().unwrap_or_else(PoisonError::into_inner);
            let done = work(&mut journal);
            feed.gauges.look(&journal);
            done
        });
        done.await.ok()
    }

    /// Appends these from the front: how many are on disk now, and why not all.
    pub(crate) async fn append(
        self: &Arc<Self>,
        store: &Arc<Inner>,
        batch: &Arc<Vec<Entry>>,
        from: usize,
    ) -> (usize, Result<(), AppendFault>) {
        let (store, batch, generation) = (store.clone(), batch.clone(), self.generation);
        let done = self.journal(move |journal| {
            let left = batch.get(from..).unwrap_or_default();
            let mut sealed = Vec::with_capacity(left.len());
            for entry in left {
                match form::seal(&store.keys, generation, entry) {
                    Ok(one) => sealed.push(one),
                    Err(_) => return (from, Err(AppendFault::Seal)),
                }
            }
            let drafts: Vec<_> = sealed.iter().map(|(kind, payload)| form::draft(*kind, payload)).collect();
            let mut done = 0;
            while let Some(rest) = drafts.get(done..).filter(|rest| !rest.is_empty()) {
                match journal.append(rest) {
                    Ok(some) => done += some,
                    Err(fault) => return (from + done, Err(AppendFault::Journal(fault))),
                }
            }
            (from + done, Ok(()))
        });
        let (done, told) = done.await.unwrap_or((from, Err(AppendFault::Seal)));
        if done > from {
            self.news.notify_one();
        }
        (done, told)
    }

    /// Brings some of what is left into the database.
    ///
    /// # Errors
    /// The database's, or the journal can't be read: to be tried again.
    pub(crate) async fn step(self: &Arc<Self>, store: &Inner) -> Result<Step, StoreError> {
        let mut line = self.line.lock().await;
        self.step_on(&mut line, store).await
    }

    async fn step_on(self: &Arc<Self>, line: &mut Line, store: &Inner) -> Result<Step, StoreError> {
        let said = |fault: sqlx::Error| store.place.said(&fault);
        let before = match line.through {
            Some(through) => through,
            None => {
                let conn = line.hand.conn(store).await.map_err(said)?;
                let through = match passed::cursor(conn, self.generation).await {
                    Ok(through) => through,
                    Err(fault) => {
                        line.hand.close().await;
                        return Err(said(fault));
                    }
                };
                self.gauges.set_fed(through);
                *line.through.insert(through)
            }
        };
        let read = self.journal(move |journal| {
            journal.pass(before);
            (journal.figures().first, journal.read(before, AT_ONCE))
        });
        let Some((first, batch)) = read.await else { return Ok(Step { dry: true, ..Step::default() }) };
        let batch = batch.map_err(StoreError::Journal)?;
        if batch.through == before {
            return Ok(Step { dry: true, ..Step::default() });
        }
        match bring(&mut line.hand, store, self.generation, before, &batch).await {
            Ok(mut step) => {
                line.through = Some(batch.through);
                self.gauges.set_fed(batch.through);
                if before + 1 < first {
                    step.damaged.push(passed_on(before + 1, first - 1));
                }
                Ok(step)
            }
            Err(fault) => {
                line.through = None;
                Err(said(fault))
            }
        }
    }

    /// Writes entries into the database without the journal, after all that it holds. What can't be read of it now comes later:
    /// each record is written under its key, and what is over stays as it is.
    ///
    /// # Errors
    /// The database's; these entries are not written then, or all of them.
    pub(crate) async fn straight(
        self: &Arc<Self>,
        store: &Inner,
        batch: &[Entry],
    ) -> Result<Step, StoreError> {
        let mut line = self.line.lock().await;
        let mut all = Step::default();
        while !all.dry {
            let step = match self.step_on(&mut line, store).await {
                Err(StoreError::Journal(_)) => break,
                step => step?,
            };
            all.dry = step.dry;
            all.refused.extend(step.refused);
            all.damaged.extend(step.damaged);
        }
        let refused = line.hand.commit(store, batch, None).await;
        let refused = refused.map_err(|fault| store.place.said(&fault))?;
        all.refused.extend(refused.into_iter().map(|(_, why)| why));
        Ok(all)
    }

    /// Brings everything into the database that is in the journal by now.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub(crate) async fn catch_up(self: &Arc<Self>, store: &Inner) -> Result<Step, StoreError> {
        let (until, mut all) = (self.gauges.written(), Step::default());
        while self.gauges.fed() < until {
            let step = self.step(store).await?;
            all.records += step.records;
            all.refused.extend(step.refused);
            all.damaged.extend(step.damaged);
            if step.dry {
                break;
            }
        }
        Ok(all)
    }

    /// The same for whoever only waits: what was refused or is damaged stays to be told by the feeder.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub(crate) async fn catch_up_quietly(self: &Arc<Self>, store: &Inner) -> Result<(), StoreError> {
        let Step { refused, damaged, .. } = self.catch_up(store).await?;
        for why in refused.into_iter().chain(damaged) {
            tracing::error!("{why}");
        }
        Ok(())
    }

    /// Whether its next frame is news to the database: not so when an older copy of the folder was put back.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub(crate) async fn fits(self: &Arc<Self>, store: &Inner) -> Result<bool, StoreError> {
        self.step(store).await?;
        Ok(self.gauges.fed() <= self.gauges.written())
    }

    /// One step of keeping the reserve: whether another one is to be done.
    pub(crate) async fn tend(self: &Arc<Self>) -> bool {
        let done = self.journal(Journal::tend).await.unwrap_or(Ok(false));
        if done.is_err() != self.gauges.is_short() {
            match &done {
                Err(fault) => tracing::error!("{fault}"),
                Ok(_) => tracing::info!("the journal keeps its reserve again"),
            }
        }
        self.gauges.set_short(done.is_err());
        done.unwrap_or(false)
    }

    /// Lets the connection go.
    pub(crate) async fn close(&self) {
        self.line.lock().await.hand.close().await;
    }

    #[cfg(test)]
    pub(crate) fn in_hand(&self) -> std::sync::MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As if the database had told that it is no further than this.
    #[cfg(test)]
    pub(crate) async fn forget(&self, through: u64) {
        self.line.lock().await.through = Some(through);
    }
}

/// One transaction: what was read, and the cursor.
async fn bring(
    hand: &mut Hand,
    store: &Inner,
    generation: u128,
    before: u64,
    batch: &Batch,
) -> sqlx::Result<Step> {
    let mut entries = Vec::with_capacity(batch.frames.len());
    let mut passed =
        Passed { generation, before, through: batch.through, frames: Vec::new(), unread: Vec::new() };
    for frame in &batch.frames {
        match form::open(&store.keys, generation, frame) {
            Ok(entry) => {
                entries.push(entry);
                passed.frames.push(frame);
            }
            Err(why) => passed.unread.push((frame, why.words())),
        }
    }
    let refused = hand.commit(store, &entries, Some(&passed)).await?;
    let unread = |(frame, why): &(&journal::Frame, &str)| {
        format!(
            "record {} of the journal can't be read ({why}): it is kept aside in the case store",
            frame.seq
        )
    };
    Ok(Step {
        dry: false,
        records: entries.len() - refused.len(),
        refused: passed.unread.iter().map(unread).chain(refused.into_iter().map(|(_, why)| why)).collect(),
        damaged: batch.gaps.iter().map(lost).collect(),
    })
}

/// The journal lets go of what is in the database; a database that was put back from a copy lacks what came after it.
fn passed_on(from: u64, to: u64) -> String {
    format!(
        "records {from} to {to} were in the case store once and are not now (an older copy was restored?): the journal has let go of them"
    )
}

fn lost(gap: &Gap) -> String {
    let Gap { from, to } = gap;
    format!("records {from} to {to} of the journal are damaged on its disk and lost: see to that disk")
}
