//! The one task that writes: takes what waits, brings it to disk in one go, and tells what is there.
//!
//! With a journal in front of the store ([`crate::ledger`]) that is the journal's disk; without one, or while it fails, the
//! database's. When that fails too it keeps everything in order and tries again until it works: what a failed write may have
//! left on disk is written again under the same keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use call::cdr::Record;
use call::ids::CallId;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::chain::Chain;
use crate::db;
use crate::either::{Db, query};
use crate::error::StoreError;
use crate::hand::Hand;
use crate::ledger::{Feed, Feeder, JournalFigures, Ledger, Passed};
use crate::rows::Entry;
use crate::scribe::Scribe;
use crate::sheet;
use crate::store::Inner;

/// Entries that may wait for the disk: ten minutes of ten calls a second with a dead disk (about 150,000), and as much
/// again for the calls in progress. When full: [`Writer::write`] gives the entry back; its caller keeps or loses it.
pub const CAPACITY: usize = 262_144;

/// A new call's first row is refused when so many entries wait: what is left is for the calls in progress
/// (500 calls with 120 records each). When refused: answer 503 with Retry-After and forget the call.
pub const OFFERS_UP_TO: usize = 200_000;

/// Entries of one commit: enough to outrun any load, few enough that a new call's row is on disk within 100 ms.
const MOST_AT_ONCE: usize = 256;
/// So long an entry may wait for others to be committed with, for a commit costs more than its rows. A new call's row
/// never waits, and takes along all that do. What a `kill -9` or a power cut costs more by it: the last 20 ms of calls
/// whose first row is on disk. Such a call is closed as interrupted at the next start, with its one record and one
/// final event, and whoever hung up in those 20 ms is called back as one who was cut off.
const COMPANY: Duration = Duration::from_millis(20);
/// Pauses between tries while the disk fails: doubled from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// So long [`Writer::stop`] waits for the disk.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// The queue is full; this is the entry. For a new call: answer 503. For anything else: a record is about to be lost.
#[derive(Clone, PartialEq, Debug)]
pub struct Full(pub Entry);

/// What the writer tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// The first row of this call is on disk.
    OnDisk(CallId),
    /// The database takes nothing now: everything is kept, in the journal or in memory, and tried again. Told once until
    /// `Well`. In words for the admin.
    Trouble(String),
    /// The database has everything again.
    Well,
    /// The journal's disk takes nothing now: records go into the database itself, and are told when they are there. Told once
    /// until `Journaled`. In words for the admin.
    Unjournaled(String),
    /// The journal takes records again.
    Journaled,
    /// Records that were on the journal's disk are damaged: in words for the admin.
    Damaged(String),
    /// The schema refused this record, which no retry will change: a fault of the program, in words for its maker.
    Refused(String),
}

/// The bounds of the queue; other ones in tests only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) capacity: usize,
    pub(crate) offers_up_to: usize,
    pub(crate) stop_within: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { capacity: CAPACITY, offers_up_to: OFFERS_UP_TO, stop_within: STOP_WITHIN }
    }
}

/// New calls whose first row is queued: what makes the writer hurry.
#[derive(Debug, Default)]
struct Offers {
    queued: AtomicUsize,
    came: Notify,
}

impl Offers {
    /// Until one is queued.
    async fn any(&self) {
        while self.queued.load(Ordering::Acquire) == 0 {
            self.came.notified().await;
        }
    }
}

/// The way to the writer. It never waits.
#[derive(Debug)]
pub struct Writer {
    queue: mpsc::Sender<Entry>,
    /// Entries that are not on disk yet: queued, or in the writer's hand.
    unwritten: Arc<AtomicUsize>,
    offers: Arc<Offers>,
    stopping: CancellationToken,
    task: JoinHandle<()>,
    bounds: Bounds,
    feed: Option<Arc<Feed>>,
}

impl Writer {
    pub(crate) fn start(store: Arc<Inner>, told: mpsc::Sender<Told>, bounds: Bounds) -> Self {
        let (queue, waiting) = mpsc::channel(bounds.capacity);
        let (unwritten, stopping) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let offers = Arc::new(Offers::default());
        let runtime = store.runtime.clone();
        let (feed, away) = match store.ledger.get() {
            Some(Ledger::Journal(feed)) => (Some(feed.clone()), None),
            Some(Ledger::Away(why)) => (None, Some(why.clone())),
            None => (None, None),
        };
        let desk = Desk {
            store,
            waiting,
            told,
            unwritten: unwritten.clone(),
            offers: offers.clone(),
            stopping: stopping.clone(),
            hand: Hand::default(),
            feed: feed.clone(),
            troubled: false,
            unjournaled: false,
        };
        Self { queue, unwritten, offers, stopping, task: runtime.spawn(desk.run(away)), bounds, feed }
    }

    /// Hands an entry over; it is written after all that were handed over before.
    ///
    /// # Errors
    /// [`Full`] with the entry: see [`CAPACITY`] and [`OFFERS_UP_TO`].
    pub fn write(&self, entry: Entry) -> Result<(), Full> {
        let offers = usize::from(entry.is_offer());
        if offers > 0 && self.waiting() >= self.bounds.offers_up_to {
            return Err(Full(entry));
        }
        // Counted first: the writer may have it on disk before `try_send` returns.
        self.unwritten.fetch_add(1, Ordering::Relaxed);
        self.offers.queued.fetch_add(offers, Ordering::Release);
        self.queue.try_send(entry).map_err(|e| {
            self.unwritten.fetch_sub(1, Ordering::Relaxed);
            self.offers.queued.fetch_sub(offers, Ordering::Release);
            Full(e.into_inner())
        })?;
        if offers > 0 {
            self.offers.came.notify_one();
        }
        Ok(())
    }

    /// Ends as a crash would.
    #[cfg(test)]
    pub(crate) fn drop_dead(self) {
        self.task.abort();
    }

    /// Entries that are not on disk yet.
    pub fn waiting(&self) -> usize {
        self.unwritten.load(Ordering::Relaxed)
    }

    /// How the journal in front of the store is; `None`: there is none.
    pub fn journal(&self) -> Option<JournalFigures> {
        self.feed.as_ref().map(|feed| feed.gauges.read())
    }

    /// Writes everything that waits and ends. A database that is away is not waited for when the journal has the records: the
    /// next start brings them. What is on disk may go untold then: nobody has to listen any more.
    /// A writer that is dropped instead does the same, unseen.
    ///
    /// # Errors
    /// [`StoreError::Unsaved`] when the disk did not let it within 30 s.
    pub async fn stop(self) -> Result<(), StoreError> {
        let Self { queue, unwritten, stopping, mut task, bounds, .. } = self;
        stopping.cancel();
        drop(queue);
        match tokio::time::timeout(bounds.stop_within, &mut task).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(fault)) => Err(StoreError::Database { why: format!("the writer broke off: {fault}") }),
            Err(_) => {
                task.abort();
                match unwritten.load(Ordering::Relaxed) {
                    // They are in the journal.
                    0 => Ok(()),
                    records => Err(StoreError::Unsaved { records }),
                }
            }
        }
    }
}

/// The writer's end of the queue.
struct Desk {
    store: Arc<Inner>,
    waiting: mpsc::Receiver<Entry>,
    told: mpsc::Sender<Told>,
    unwritten: Arc<AtomicUsize>,
    offers: Arc<Offers>,
    stopping: CancellationToken,
    /// The way into the database where nothing stands in front of it.
    hand: Hand,
    feed: Option<Arc<Feed>>,
    /// The database is away.
    troubled: bool,
    /// The journal is.
    unjournaled: bool,
}

impl Desk {
    /// `away`: why there is no journal though there ought to be one.
    async fn run(mut self, away: Option<String>) {
        if let Some(why) = away {
            self.unjournaled(why).await;
        }
        let feeder = self.feed.clone().map(|feed| Feeder::start(feed, self.store.clone(), self.told.clone()));
        let mut batch = Vec::with_capacity(MOST_AT_ONCE);
        while self.waiting.recv_many(&mut batch, MOST_AT_ONCE).await > 0 {
            self.company(&mut batch).await;
            match self.feed.clone() {
                Some(feed) => batch = self.settle_in(&feed, batch).await,
                None => self.settle(&batch).await,
            }
            batch.clear();
        }
        if let Some(feeder) = feeder {
            feeder.stop().await;
        }
        self.hand.close().await;
    }

    /// Waits for more to be committed with, unless a new call is among it.
    async fn company(&mut self, batch: &mut Vec<Entry>) {
        if batch.len() < MOST_AT_ONCE && !batch.iter().any(Entry::is_offer) {
            tokio::select! {
                () = self.offers.any() => {}
                () = self.stopping.cancelled() => {}
                () = tokio::time::sleep(COMPANY) => {}
            }
            while batch.len() < MOST_AT_ONCE
                && let Ok(entry) = self.waiting.try_recv()
            {
                batch.push(entry);
            }
        }
        let offers = batch.iter().filter(|e| e.is_offer()).count();
        self.offers.queued.fetch_sub(offers, Ordering::AcqRel);
    }

    /// Writes this batch into the database, however long it takes.
    async fn settle(&mut self, batch: &[Entry]) {
        let mut pause = FIRST_PAUSE;
        let refused = loop {
            match self.hand.commit(&self.store, batch, None).await {
                Ok(refused) => break refused,
                Err(fault) => {
                    self.trouble(&self.store.place.said(&fault)).await;
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                }
            }
        };
        self.unwritten.fetch_sub(batch.len(), Ordering::Relaxed);
        self.well().await;
        for (at, entry) in batch.iter().enumerate() {
            match refused.iter().find(|(index, _)| *index == at) {
                Some((_, why)) => self.refused(why).await,
                None => self.acknowledge(entry).await,
            }
        }
    }

    /// Writes this batch into the journal; while that fails into the database, after all that the journal holds.
    async fn settle_in(&mut self, feed: &Arc<Feed>, batch: Vec<Entry>) -> Vec<Entry> {
        let (batch, mut done, mut pause) = (Arc::new(batch), 0, FIRST_PAUSE);
        while done < batch.len() {
            let (reached, told) = feed.append(&self.store, &batch, done).await;
            if told.is_ok() {
                self.journaled().await;
            }
            self.written(&batch, done, reached).await;
            done = reached;
            let Err(fault) = told else { break };
            self.unjournaled(fault.to_string()).await;
            let left = batch.get(done..).unwrap_or_default();
            match feed.straight(&self.store, left).await {
                Ok(step) => {
                    self.well().await;
                    for why in step.refused.iter().chain(&step.damaged) {
                        self.refused(why).await;
                    }
                    self.written(&batch, done, batch.len()).await;
                    done = batch.len();
                }
                Err(fault) => {
                    self.trouble(&fault).await;
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                }
            }
        }
        Arc::try_unwrap(batch).unwrap_or_default()
    }

    /// These of a batch are on disk.
    async fn written(&self, batch: &[Entry], from: usize, to: usize) {
        self.unwritten.fetch_sub(to.saturating_sub(from), Ordering::Relaxed);
        for entry in batch.get(from..to).unwrap_or_default() {
            self.acknowledge(entry).await;
        }
    }

    async fn acknowledge(&self, entry: &Entry) {
        if let Entry::Record(record) = entry
            && let Record::Offered(row) = record.as_ref()
        {
            self.tell(Told::OnDisk(row.call)).await;
        }
    }

    async fn refused(&self, why: &str) {
        tracing::error!("{why}");
        self.tell(Told::Refused(why.to_owned())).await;
    }

    async fn trouble(&mut self, fault: &StoreError) {
        let words = fault.to_string();
        if !std::mem::replace(&mut self.troubled, true) {
            tracing::error!("{words}");
            self.tell(Told::Trouble(words)).await;
        }
    }

    async fn well(&mut self) {
        if std::mem::take(&mut self.troubled) {
            tracing::info!("the store writes again");
            self.tell(Told::Well).await;
        }
    }

    async fn unjournaled(&mut self, why: String) {
        if !std::mem::replace(&mut self.unjournaled, true) {
            tracing::error!("{why}");
            self.tell(Told::Unjournaled(why)).await;
        }
    }

    async fn journaled(&mut self) {
        if std::mem::take(&mut self.unjournaled) {
            tracing::info!("the journal takes records again");
            self.tell(Told::Journaled).await;
        }
    }

    /// Waits for a slow listener while calls go on, and for nobody at the end.
    async fn tell(&self, told: Told) {
        if let Err(mpsc::error::TrySendError::Full(told)) = self.told.try_send(told) {
            tokio::select! {
                _ = self.told.send(told) => {}
                () = self.stopping.cancelled() => {}
            }
        }
    }
}

/// Writes a batch in one transaction: the end of the chain, as far as it is known, and what was refused.
/// `chain` is kept from commit to commit; when somebody else has hung an event there, the sheet breaks on its position.
/// `passed` is what the database is to know of the journal that the batch comes from.
pub(crate) async fn write(
    conn: &mut Db,
    scribe: Scribe<'_>,
    chain: Option<Chain>,
    batch: &[Entry],
    passed: Option<&Passed<'_>>,
) -> sqlx::Result<(Option<Chain>, Vec<(usize, String)>)> {
    let chain = match chain {
        Some(chain) => chain,
        None => Chain::end(conn, scribe.node).await?,
    };
    if passed.is_some_and(|passed| !passed.unread.is_empty()) {
        return row_by_row(conn, scribe, batch, passed).await.map(|refused| (None, refused));
    }
    let turn = conn.turn().await;
    match on_sheets(conn, scribe, chain, batch, passed).await {
        Ok(chain) => Ok((Some(chain), Vec::new())),
        Err(fault) if db::breaks_sheet(&fault) => {
            conn.rollback().await?;
            drop(turn);
            row_by_row(conn, scribe, batch, passed).await.map(|refused| (None, refused))
        }
        Err(fault) => Err(fault),
    }
}

/// The usual way: few round trips, all or nothing.
async fn on_sheets(
    conn: &mut Db,
    scribe: Scribe<'_>,
    mut chain: Chain,
    batch: &[Entry],
    passed: Option<&Passed<'_>>,
) -> sqlx::Result<Chain> {
    let sheets = sheet::sheets(batch);
    let last = sheets.len().saturating_sub(1);
    for (at, mut sheet) in sheets.into_iter().enumerate() {
        if at == last {
            sheet.passes(passed);
        }
        chain = sheet.write(conn, scribe, chain, at == 0, at == last).await?;
    }
    Ok(chain)
}

/// The way when something is on disk already or does not fit: one statement an entry, so that each fares on its own.
pub(crate) async fn row_by_row(
    conn: &mut Db,
    scribe: Scribe<'_>,
    batch: &[Entry],
    passed: Option<&Passed<'_>>,
) -> sqlx::Result<Vec<(usize, String)>> {
    let mut refused = Vec::new();
    let turn = conn.begin().await?;
    let mut chain = Chain::end(conn, scribe.node).await?;
    for (at, entry) in batch.iter().enumerate() {
        query("SAVEPOINT entry").execute(conn).await?;
        match scribe.write(conn, &mut chain, entry).await {
            Ok(()) => {}
            // The entry alone is undone, and the transaction goes on.
            Err(fault) if db::is_refusal(&fault) => {
                query("ROLLBACK TO entry").execute(conn).await?;
                refused.push((at, format!("a record of call {} does not fit: {fault}", entry.call())));
            }
            Err(fault) => return Err(fault),
        }
        query("RELEASE entry").execute(conn).await?;
    }
    if let Some(passed) = passed {
        passed.settle(conn, &refused).await?;
    }
    conn.commit(turn).await?;
    Ok(refused)
}
