//! The loop: renews, reads what calls report, takes up what is owed, claims what is due. One round at a time.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use store::{Store, StoreError};
use switchboard::{Clock, Handle};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::door::Door;
use crate::house::House;
use crate::keeper::Keeper;
use crate::rules::Rules;
use crate::upkeep::Upkeep;

/// The loop looks at least this often.
const LOOK: Duration = Duration::from_secs(1);
/// While calls of ours are under way it looks more often: their reports come to disk a moment after they are told.
const LOOK_LIVE: Duration = Duration::from_millis(100);
/// After a fault of the store it waits so long.
const REST: Duration = Duration::from_secs(1);

/// Everything that the loop works with.
pub struct Parts<K = Store> {
    /// The case store.
    pub store: K,
    /// The switchboard.
    pub handle: Handle,
    /// The house's clock.
    pub clock: Clock,
    /// The name of this process in the store.
    pub node: String,
    /// What is promised, and who is called.
    pub rules: Rules,
    /// The system's random source.
    pub random: fn() -> io::Result<[u8; 32]>,
}

/// The running loop.
pub struct Running {
    /// The door for everybody else.
    pub door: Door,
    /// Ends after the shutdown.
    pub task: JoinHandle<()>,
}

/// A door alone: what is due is not run. For what only takes steps, as the tests of the HTTP interface do.
pub fn door(parts: Parts) -> Door {
    Door::new(house(parts))
}

fn house<K>(parts: Parts<K>) -> Arc<House<K>> {
    let Parts { store, handle, clock, node, rules, random } = parts;
    Arc::new(House::new(store, handle, clock, node, rules, random))
}

/// Starts the loop. At `shutdown` it finishes its round and stops; calls that are under way are found by their leases.
pub fn start(parts: Parts, shutdown: CancellationToken) -> Running {
    let house = house(parts);
    let door = Door::new(Arc::clone(&house));
    let task = tokio::spawn(run(Rounds { house, upkeep: Upkeep::default() }, shutdown));
    Running { door, task }
}

/// The rounds of the loop, for whoever has a time of their own: each is run when the one before is over and
/// [`Rounds::until_next`] has passed. Whoever drops a round in its middle has seen a crash.
pub struct Rounds<K> {
    house: Arc<House<K>>,
    upkeep: Upkeep,
}

impl<K: Keeper> Rounds<K> {
    /// A process that begins: it knows nothing of what an earlier one did.
    pub fn new(parts: Parts<K>) -> Self {
        Self { house: house(parts), upkeep: Upkeep::default() }
    }

    /// One round; whether there is more to do at once.
    ///
    /// # Errors
    /// The store's: what is not done is found again by a later round.
    pub async fn round(&mut self) -> Result<bool, StoreError> {
        let house = &self.house;
        // Leases first: the wall clock may have been moved, and what is ours must not be taken back.
        crate::tasks::renew(house).await?;
        let more = crate::reports::read(house).await?;
        self.upkeep.round(house).await?;
        Ok(crate::tasks::run_due(house).await? || more)
    }

    /// Until something is due, at most a second.
    pub async fn until_next(&self) -> Duration {
        if self.live_count() > 0 {
            return LOOK_LIVE;
        }
        let now = self.house.now();
        match self.house.store.next_task_at(now).await {
            Ok(Some(at)) => {
                LOOK.min(Duration::from_millis(u64::try_from(at.saturating_sub(now)).unwrap_or(0)))
            }
            Ok(None) | Err(_) => LOOK,
        }
    }

    /// Calls of this process that are under way.
    pub fn live_count(&self) -> usize {
        self.house.live_count()
    }
}

async fn run(mut rounds: Rounds<Store>, shutdown: CancellationToken) {
    let house = Arc::clone(&rounds.house);
    let mut live = house.handle.events();
    let mut ailing = false;
    while !shutdown.is_cancelled() {
        let rest = match rounds.round().await {
            Ok(true) => Duration::ZERO,
            Ok(false) => rounds.until_next().await,
            Err(error) => {
                if !std::mem::replace(&mut ailing, true) {
                    tracing::error!(%error, "the promise clock waits for the case store");
                }
                REST
            }
        };
        if rest < REST && std::mem::take(&mut ailing) {
            tracing::info!("the promise clock goes on");
        }
        wait(&house, &mut live, rest, &shutdown).await;
    }
}

/// Until it is time, something came in, the clock was moved, or a call of ours tells something.
async fn wait(
    house: &House<Store>,
    live: &mut broadcast::Receiver<Arc<call::cdr::EventRow>>,
    rest: Duration,
    shutdown: &CancellationToken,
) {
    if rest.is_zero() {
        return;
    }
    let told = async {
        loop {
            match live.recv().await {
                Ok(row) if !is_news(row.kind) => {}
                // Lagging behind, something may have been among what was lost.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => break,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = house.wake.notified() => {}
        () = house.clock.moved() => {}
        () = told => {}
        () = tokio::time::sleep(rest) => {}
    }
}

/// Events after which a report is on its way to disk, or a case may have its first step.
fn is_news(kind: &str) -> bool {
    ["handover.", "callback.", "followup.", "call.ended", "call.abandoned", "call.outcome"]
        .iter()
        .any(|begin| kind.starts_with(begin))
}
