//! What is made ready when the start is over, so that it does not slow it.

use std::time::Duration;

use store::Store;
use tokio_util::sync::CancellationToken;

/// So long after the start the dictionary of the knowledge base is loaded, unless somebody searches before.
const WARM_AFTER: Duration = Duration::from_secs(5);

/// Loads the dictionary of the knowledge base when the start is over, so that the first search finds it there.
pub(crate) fn knowledge(store: &Store, stop: &CancellationToken) {
    let (store, stop) = (store.clone(), stop.clone());
    tokio::spawn(async move {
        let warmed = async {
            tokio::time::sleep(WARM_AFTER).await;
            store.warm_knowledge().await
        };
        tokio::select! {
            () = stop.cancelled() => {}
            warmed = warmed => if let Err(error) = warmed {
                tracing::warn!(%error, "the knowledge base could not be made ready");
            }
        }
    });
}
