//! The courier between a store in a real file and receivers that answer as the test wants; the clock is the test's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod deliver;
mod receiver;
mod secrecy;
mod short;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::{Connection, SqliteConnection};
use store::Store;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::hook::{Round, Server};
use crate::run::Now;
use crate::tls::Tls;
use crate::{Hook, Setup};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SOURCE: &str = "/hotline/hotline-1";
/// Monday, 12 October 2026, 10:00 in Shanghai.
const MONDAY: i64 = 1_791_770_400_000;

/// A store, a second way into its file, and a clock.
struct House {
    _folder: TempDir,
    store: Store,
    other: SqliteConnection,
    clock: Arc<AtomicI64>,
}

impl House {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("hotline.db");
        let settings = store::Settings::beside(path.clone(), "hotline-1");
        let (store, _) = Store::open(settings, MONDAY).await.unwrap();
        let other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        Self { _folder: folder, store, other, clock: Arc::new(AtomicI64::new(MONDAY)) }
    }

    fn now(&self) -> Now {
        let clock = self.clock.clone();
        Arc::new(move || clock.load(Ordering::SeqCst))
    }

    fn at(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    fn later(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// Something happens.
    async fn happens(&mut self, kind: &str, subject: &str, data: serde_json::Value) -> i64 {
        const PUT: &str = "INSERT INTO outbox (pos, id, at, type, subject, data) \
             SELECT COALESCE(MAX(pos), 0) + 1, 'event-' || (COALESCE(MAX(pos), 0) + 1), $1, $2, $3, $4 FROM outbox RETURNING pos";
        let put = sqlx::query_scalar(PUT).bind(self.at()).bind(kind).bind(subject).bind(data.to_string());
        put.fetch_one(&mut self.other).await.unwrap()
    }

    async fn happen(&mut self, count: usize) {
        for _ in 0..count {
            self.happens("hotline.case.moved", "202610120017", serde_json::json!({ "state": "accepted" }))
                .await;
        }
    }

    /// A subscriber whose tasks the test runs by hand. It is known from now on.
    async fn server(&self, url: &str, types: &[&str]) -> Server {
        let hook = hook("a", url, types);
        self.store.subscriber("a").await.unwrap();
        let setup = Setup { source: SOURCE.to_owned(), ..Setup::default() };
        Server::new(&setup, &hook, Tls::new(None).unwrap(), self.store.clone(), self.now()).unwrap()
    }

    async fn subscriber(&self) -> store::Subscriber {
        self.store.subscriber("a").await.unwrap()
    }
}

fn hook(name: &str, url: &str, types: &[&str]) -> Hook {
    let types = types.iter().map(|t| (*t).to_owned()).collect();
    Hook { name: name.to_owned(), url: url.to_owned(), types, secret: SECRET.to_owned() }
}

async fn round(server: &mut Server) -> Round {
    server.round(&CancellationToken::new()).await.unwrap()
}

/// Looks until it is so; a test that waits half a minute has failed.
async fn until<F: AsyncFnMut() -> bool>(mut is: F) {
    let looked = async {
        while !is().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), looked).await.expect("it did not come to that");
}
