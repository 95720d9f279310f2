//! The tasks of the courier: one for each subscriber, one for short messages; begun anew when the configuration changes.

use std::sync::Arc;
use std::time::Duration;

use store::{Store, StoreError};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::error::CourierError;
use crate::gateway::Gateway;
use crate::hook::{Round, Server};
use crate::notify;
use crate::tls::Tls;
use crate::{Setup, Sms};

/// The clock: UTC ms.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// So often is looked whether something waits, or the configuration has changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After the store failed.
const REST: Duration = Duration::from_secs(10);
/// Old events are forgotten this often ...
const TIDY_EVERY: Duration = Duration::from_secs(600);
/// ... when they are older than this. Whoever replays can go back so far.
const KEPT_MS: i64 = 90 * 24 * 3_600 * 1_000;

/// Starts the courier; it ends with `stop`, after what is under way. `setup` tells what is in use now, and is asked every second.
pub fn start(
    store: Store,
    setup: impl Fn() -> Arc<Setup> + Send + 'static,
    now: Now,
    stop: CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let (mut used, mut looked) = (setup(), 0_u64);
        let mut work = Work::begin(&store, &used, &now, &stop);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let is = setup();
            if is != used {
                work.end().await;
                work = Work::begin(&store, &is, &now, &stop);
                used = is;
            }
            looked = looked.wrapping_add(1);
            if looked % TIDY_EVERY.as_secs() == 1 {
                tidy(&store, &used, now()).await;
            }
        }
        work.end().await;
    })
}

async fn tidy(store: &Store, setup: &Setup, now: i64) {
    let mut names: Vec<String> = setup.hooks.iter().map(|hook| hook.name.clone()).collect();
    names.extend(setup.sms.as_ref().map(|_| notify::NAME.to_owned()));
    if let Err(error) = store.tidy_outbox(now.saturating_sub(KEPT_MS), &names).await {
        tracing::warn!("old events could not be forgotten: {error}");
    }
}

/// The tasks of one configuration.
struct Work {
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Work {
    fn begin(store: &Store, setup: &Setup, now: &Now, stop: &CancellationToken) -> Self {
        let mut work = Self { tasks: JoinSet::new(), stop: stop.child_token() };
        if let Err(error) = work.fill(store, setup, now) {
            tracing::error!("nothing leaves the house: {error}");
        }
        work
    }

    fn fill(&mut self, store: &Store, setup: &Setup, now: &Now) -> Result<(), CourierError> {
        if setup.hooks.is_empty() && setup.sms.is_none() {
            return Ok(());
        }
        let tls = Tls::new(setup.ca.as_deref())?;
        for hook in &setup.hooks {
            match Server::new(setup, hook, tls.clone(), store.clone(), now.clone()) {
                Ok(server) => self.tasks.spawn(serve(server, now.clone(), self.stop.clone())),
                Err(error) => {
                    tracing::error!("the subscriber {} gets nothing: {error}", hook.name);
                    continue;
                }
            };
        }
        if let Some(sms) = &setup.sms {
            let gateway = Gateway::new(sms, tls, store.clone(), now.clone())?;
            let (sms, zone) = (sms.clone(), setup.zone()?);
            self.tasks.spawn(message(gateway, (sms, zone), store.clone(), now.clone(), self.stop.clone()));
        }
        Ok(())
    }

    /// Waits for what is under way.
    async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn serve(mut server: Server, now: Now, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let wait = match told(server.round(&stop).await) {
            None => REST,
            Some(Round::More) => continue,
            Some(Round::Idle) => LOOK_EVERY,
            Some(Round::Until(at)) => {
                // A replay may come at any moment, so it is looked every second anyway.
                let ms = u64::try_from(at.saturating_sub(now())).unwrap_or(0);
                Duration::from_millis(ms).min(LOOK_EVERY)
            }
        };
        rest(wait, &stop).await;
    }
}

async fn message(
    mut gateway: Gateway,
    (sms, zone): (Sms, papers::Zone),
    store: Store,
    now: Now,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let laid = told(notify::round(&sms, &zone, &store, &now).await);
        let sent = told(gateway.round().await);
        let wait = match (laid, sent) {
            (None, _) | (_, None) => REST,
            (Some(true), _) => continue,
            (Some(false), Some(_)) => LOOK_EVERY,
        };
        rest(wait, &stop).await;
    }
}

async fn rest(wait: Duration, stop: &CancellationToken) {
    // Either way there is something to do.
    let _ = tokio::time::timeout(wait, stop.cancelled()).await;
}

/// The store's faults are told and tried again.
fn told<T>(done: Result<T, StoreError>) -> Option<T> {
    done.map_err(|error| tracing::warn!("the courier waits for the store: {error}")).ok()
}
