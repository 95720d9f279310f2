//! What is counted while nobody waits for it: the calls of days that are over, and the months of notices that are made.

use std::time::Duration;

use clockwork::Door;
use store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::current::Current;

/// Between two rounds; the first one comes a while after the start, which has other things to do.
const EVERY: Duration = Duration::from_secs(60);
/// Between two days: a day of calls is read in one go, and questions of screens must not wait for a row of them.
const REST: Duration = Duration::from_millis(100);
/// Notices of one round.
const MOST_NOTICES: u32 = 20;

/// Starts the task; it ends with `closing`.
pub(crate) fn start(store: Store, current: Current, door: Door, closing: CancellationToken) {
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = closing.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            tokio::select! {
                () = closing.cancelled() => return,
                done = round(&store, &current, &door) => if let Err(why) = done {
                    tracing::warn!(%why, "figures are not counted ahead: they are counted when they are asked for");
                }
            }
        }
    });
}

async fn round(store: &Store, current: &Current, door: &Door) -> Result<(), StoreError> {
    while store.count_a_day(door.now()).await? {
        tokio::time::sleep(REST).await;
    }
    let checked = current.now();
    for (month, unit) in store.notices_uncounted(MOST_NOTICES).await? {
        store.count_notice(&checked.settings.promises.settings, door.now(), month, &unit).await?;
    }
    Ok(())
}
