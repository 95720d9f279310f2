//! The journal in front of a store, from inside: what is told, what comes into the database, whatever fails meanwhile.
#![allow(clippy::unwrap_used, clippy::panic)]

mod away;
mod folders;
mod form;
mod weather;

use std::sync::Arc;
use std::time::Duration;

use call::CallId;
use journal::fake::FakeDisk;
use journal::{Disk, Journal, Setup};
use tokio::sync::mpsc::{self, Receiver};

use crate::both::Folder;
use crate::either::{Db, scalar};
use crate::ledger::{Feed, Ledger};
use crate::store::Store;
use crate::writer_tests::{next, store};
use crate::{Told, Writer};

/// Between two looks at what is waited for.
const POLL: Duration = Duration::from_millis(2);

/// A store behind a journal on a disk that does what it is told.
struct House {
    _folder: Folder,
    store: Store,
    /// Another connection to the database.
    other: Db,
    disk: FakeDisk,
    feed: Arc<Feed>,
}

impl House {
    async fn new(seed: u64) -> Self {
        let (folder, store, other) = store().await;
        let disk = FakeDisk::new(seed);
        let feed = put(&store, &disk);
        Self { _folder: folder, store, other, disk, feed }
    }

    fn writer(&self) -> (Writer, Receiver<Told>) {
        let (told, listen) = mpsc::channel(4096);
        (self.store.writer(told), listen)
    }

    /// What a call has: its events.
    async fn events(&self, call: u128) -> usize {
        self.store.call(CallId(call)).await.unwrap().map_or(0, |detail| detail.events.len())
    }

    async fn count(&mut self, what: &'static str) -> i64 {
        scalar(what).fetch_one(&mut self.other).await.unwrap()
    }
}

/// Puts the journal of this disk in front of a store.
fn put(store: &Store, disk: &FakeDisk) -> Arc<Feed> {
    let disk: Box<dyn Disk> = Box::new(disk.clone());
    let (journal, _) = Journal::open(disk, Setup::small(77)).unwrap();
    let feed = Arc::new(Feed::new(journal));
    store.0.ledger.set(Ledger::Journal(feed.clone())).unwrap();
    feed
}

/// Until this is told; all that was told before.
async fn until(told: &mut Receiver<Told>, wanted: &Told) -> Vec<Told> {
    let mut heard = Vec::new();
    loop {
        match next(told).await {
            one if one == *wanted => return heard,
            one => heard.push(one),
        }
    }
}
