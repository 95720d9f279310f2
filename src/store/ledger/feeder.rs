//! The task that brings the journal into the database: at once when something is there, again and again while that is away.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::ledger::feed::{Feed, Step};
use crate::store::Inner;
use crate::writer::Told;

/// Pauses between tries while the database is away: doubled from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The reserve is looked after so often at least, and when nothing else is to be done.
const TEND_EVERY: Duration = Duration::from_millis(250);
/// So long the end waits for a database that is away: what is left stays in the journal, for the next start.
const LAST_TRY: Duration = Duration::from_secs(5);

/// A running feeder.
#[derive(Debug)]
pub(crate) struct Feeder {
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

impl Feeder {
    /// Starts it.
    pub(crate) fn start(feed: Arc<Feed>, store: Arc<Inner>, told: mpsc::Sender<Told>) -> Self {
        let stopping = CancellationToken::new();
        let runtime = store.runtime.clone();
        let line = Line { feed, store, told, stopping: stopping.clone(), troubled: false };
        Self { stopping, task: runtime.spawn(line.run()) }
    }

    /// Brings what is left, if the database lets it, and ends.
    pub(crate) async fn stop(mut self) {
        self.stopping.cancel();
        if let Err(fault) = (&mut self.task).await {
            tracing::error!("the feeder of the store broke off: {fault}");
        }
    }
}

/// Whoever lets go of it without a stop has broken off.
impl Drop for Feeder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Line {
    feed: Arc<Feed>,
    store: Arc<Inner>,
    told: mpsc::Sender<Told>,
    stopping: CancellationToken,
    /// The database is away, or has not all yet.
    troubled: bool,
}

impl Line {
    async fn run(mut self) {
        let (mut pause, mut tended) = (FIRST_PAUSE, Instant::now());
        let mut last_try = None;
        loop {
            // What was appended before the end was asked for is seen by the step that follows.
            let ending = self.stopping.is_cancelled();
            let done = self.feed.step(&self.store).await;
            if tended.elapsed() >= TEND_EVERY {
                self.feed.tend().await;
                tended = Instant::now();
            }
            match done {
                Ok(step) => {
                    (pause, last_try) = (FIRST_PAUSE, None);
                    let dry = step.dry;
                    self.say(step).await;
                    if dry && ending {
                        break;
                    }
                    if dry {
                        self.well().await;
                        self.idle().await;
                    }
                }
                Err(fault) => {
                    self.trouble(fault.to_string()).await;
                    if ending && *last_try.get_or_insert(Instant::now() + LAST_TRY) <= Instant::now() {
                        let records = self.feed.gauges.read().behind;
                        tracing::warn!(
                            records,
                            "the store is away: the journal keeps them for the next start"
                        );
                        break;
                    }
                    tokio::select! {
                        () = sleep(pause) => {}
                        () = self.stopping.cancelled(), if !ending => {}
                    }
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                }
            }
        }
        self.feed.close().await;
    }

    /// Nothing is to be brought: looks after the reserve until something is.
    async fn idle(&self) {
        loop {
            let again = Instant::now() + TEND_EVERY;
            // Each step takes some ms, and whoever appends waits for it: there is a pause after each.
            let more = self.feed.tend().await || self.feed.gauges.is_short();
            tokio::select! {
                () = self.feed.news.notified() => return,
                () = self.stopping.cancelled() => return,
                () = sleep_until(again), if more => {}
            }
        }
    }

    async fn say(&self, step: Step) {
        for why in step.refused {
            tracing::error!("{why}");
            self.tell(Told::Refused(why)).await;
        }
        for why in step.damaged {
            tracing::error!("{why}");
            self.tell(Told::Damaged(why)).await;
        }
    }

    async fn trouble(&mut self, why: String) {
        if !std::mem::replace(&mut self.troubled, true) {
            tracing::error!("{why}");
            self.tell(Told::Trouble(why)).await;
        }
    }

    /// All is in the database.
    async fn well(&mut self) {
        if std::mem::take(&mut self.troubled) {
            tracing::info!("the store has everything again");
            self.tell(Told::Well).await;
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
