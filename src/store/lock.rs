//! Who has the store: one process for a file, and one for each node's name on a server.
//!
//! A file is locked by a file beside it, which the system lets go of when the process ends, however it ends. On a server a session
//! holds an advisory lock with the node's name; when the session is lost (the server was started anew), it is taken again as
//! soon as it can be.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::at::StoreAt;
use crate::either::{Db, Place, query, scalar};
use crate::error::StoreError;

/// A process that was killed has a session still until the server notices; so long a new one waits for it.
const NOTICED_WITHIN: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(100);
/// How often the session is looked after, and a lost lock is asked for again.
const LOOKED_AFTER: Duration = Duration::from_secs(5);
/// `hashtext` is the server's own; the first number keeps this lock apart from others.
const TAKE: &str = "SELECT pg_try_advisory_lock(104116, hashtext($1))";

/// Held as long as the store is open.
#[derive(Debug)]
pub(crate) enum Lock {
    File(File),
    Session { _watch: Watch },
}

/// Looks after the session; dropped, it ends it.
#[derive(Debug)]
pub(crate) struct Watch(JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Lock {
    /// Takes it, for this process alone.
    pub(crate) async fn take(place: &Place, node: &str) -> Result<Self, StoreError> {
        if let StoreAt::File(path) = place.at() {
            return file(path).map(Self::File);
        }
        let deadline = Instant::now() + NOTICED_WITHIN;
        let mut session = place.connect().await.map_err(|e| place.said(&e))?;
        while !try_take(&mut session, node).await.map_err(|e| place.said(&e))? {
            if Instant::now() > deadline {
                return Err(StoreError::NodeInUse { at: place.at().clone(), node: node.to_owned() });
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(Self::Session { _watch: watch(place, node, Some(session)) })
    }

    /// Takes it over from a life of the house that runs: its open file, or its name on the server as soon as it lets go.
    pub(crate) async fn join(place: &Place, node: &str, held: Option<File>) -> Result<Self, StoreError> {
        match (held, place.at()) {
            (Some(file), StoreAt::File(_)) => Ok(Self::File(file)),
            (_, StoreAt::Server(_)) => Ok(Self::Session { _watch: watch(place, node, None) }),
            (None, StoreAt::File(_)) => Self::take(place, node).await,
        }
    }
}

async fn try_take(session: &mut Db, node: &str) -> sqlx::Result<bool> {
    scalar(TAKE).bind(node).fetch_one(session).await
}

fn watch(place: &Place, node: &str, session: Option<Db>) -> Watch {
    Watch(tokio::spawn(look_after(place.clone(), node.to_owned(), session)))
}

async fn look_after(place: Place, node: String, mut session: Option<Db>) {
    loop {
        tokio::time::sleep(LOOKED_AFTER).await;
        let alive = match &mut session {
            Some(session) => query("SELECT 1").execute(session).await.is_ok(),
            None => false,
        };
        if !alive {
            session = again(&place, &node).await;
        }
    }
}

async fn again(place: &Place, node: &str) -> Option<Db> {
    let mut session = place.connect().await.ok()?;
    try_take(&mut session, node).await.ok()?.then_some(session)
}

/// Takes the lock file beside the database.
fn file(path: &Path) -> Result<File, StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| unwritable(folder, &e))?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&name)
        .map_err(|e| unwritable(Path::new(&name), &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { at: StoreAt::File(path.to_owned()) }),
        Err(TryLockError::Error(e)) => Err(unwritable(Path::new(&name), &e)),
    }
}

pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::NotWritable { path: path.to_owned(), why: error.to_string() }
}
