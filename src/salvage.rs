//! What a crash left: each recording plays and has its row; a call that nobody answered is taken up again, or closed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use call::ids::CallId;
use media::command::RecordedFile;
use store::{Opened, RecordingFile, RecordingRow, Store, StoreError};
use switchboard::{Clock, recording_row};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vault::Locker;

/// When what nobody took up again is closed: no INVITE can come again by then, and what came has been answered.
const CLOSED_AFTER: Duration = store::UNHEARD_FOR.saturating_mul(2);

/// What the folder holds before anybody calls.
pub(crate) struct Found {
    base: PathBuf,
    locker: Locker,
    /// Made playable now.
    mended: Vec<(CallId, RecordedFile)>,
    /// Finished before the crash, perhaps too late to be noted.
    finished: Vec<(CallId, PathBuf)>,
}

/// Makes what was half written playable, and looks what else is there. What can't be done is told in the log.
pub(crate) async fn mend(recordings: PathBuf, locker: Locker) -> Found {
    let (base, key) = (recordings.clone(), locker.clone());
    let look = tokio::task::spawn_blocking(move || {
        let mended = media::repair(&base, &key)?;
        let mended = mended.into_iter().filter_map(|(call, files)| Some((CallId::parse(&call)?, files)));
        let mended: Vec<_> =
            mended.flat_map(|(call, files)| files.into_iter().map(move |f| (call, f))).collect();
        let finished = media::youngest(&base)?.into_iter();
        let finished = finished.filter_map(|(call, path)| Some((CallId::parse(&call)?, path))).collect();
        Ok(Found { base, locker: key, mended, finished })
    });
    look.await.map_err(io::Error::other).flatten().unwrap_or_else(|error: io::Error| {
        tracing::error!(%error, "recordings that a crash cut could not be mended: check the folder's permissions");
        Found { base: recordings, locker, mended: Vec::new(), finished: Vec::new() }
    })
}

impl Found {
    /// The rows that the store lacks. A message that was thrown away and is still there goes.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn rows(self, store: &Store) -> Result<Vec<RecordingRow>, StoreError> {
        let calls =
            self.mended.iter().map(|(call, _)| call).chain(self.finished.iter().map(|(call, _)| call));
        let Some(first) = calls.min() else { return Ok(Vec::new()) };
        let noted = store.recordings_since(*first).await?;
        let sort = tokio::task::spawn_blocking(move || self.sort(&noted));
        Ok(sort.await.unwrap_or_else(|error| {
            tracing::error!(%error, "recordings that a crash left were not looked through");
            Vec::new()
        }))
    }

    fn sort(self, noted: &BTreeMap<CallId, Vec<RecordingFile>>) -> Vec<RecordingRow> {
        let Self { base, locker, mended, finished } = self;
        let mut rows = Vec::new();
        for (call, file) in mended {
            match noted.get(&call) {
                Some(_) => rows.push(row(call, &file, &base)),
                None => unknown(&file.path),
            }
        }
        for (call, path) in finished {
            // A row is known by the name with which its file began.
            let flac = path.extension().is_some_and(|ending| ending == "flac");
            let first = if flac { path.with_extension("wav") } else { path.clone() };
            if flac && first.exists() || !path.exists() {
                // The press had not let it go: the recorder looks after both. Or it was removed with its other half.
                continue;
            }
            let name = first.strip_prefix(&base).unwrap_or(&first).to_string_lossy();
            let known = noted.get(&call).map(|files| files.iter().find(|file| file.row.path == name));
            let is_news = match known {
                _ if rows.iter().any(|row| row.path == name) => false,
                None => {
                    unknown(&path);
                    false
                }
                Some(None) => true,
                Some(Some(file)) if file.row.purged_at.is_some() => {
                    thrown_away(&path, call);
                    false
                }
                // Its WAV went before the row could say so.
                Some(Some(file)) => flac && file.row.codec != "flac",
            };
            if is_news {
                match media::inspect(&path, &locker) {
                    Ok(file) => rows.push(row(call, &file, &base)),
                    Err(error) => tracing::error!(%error, %call, "a recording can't be read: check the disk"),
                }
            }
        }
        rows
    }
}

pub(crate) fn row(call: CallId, file: &RecordedFile, base: &Path) -> RecordingRow {
    // A ULID begins with its millisecond.
    let began = i64::try_from(call.0 >> 80).unwrap_or_default();
    recording_row(call, None, file, base, began)
}

/// A message that is still there; whatever it is by now.
fn thrown_away(path: &Path, call: CallId) {
    for path in [path.to_owned(), path.with_extension("flac")] {
        match fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::error!(%error, %call, "a message that was thrown away can't be removed"),
        }
    }
}

/// The store is another one, or the call was answered while it could not be written.
fn unknown(path: &Path) {
    tracing::warn!(path = %path.display(), "a recording of a call that is not in the store: it is left where it is");
}

/// Closes the calls whose INVITE did not come again: after a while, or when the house ends.
pub(crate) struct Unheard {
    end: CancellationToken,
    task: JoinHandle<()>,
}

impl Unheard {
    /// Waits in the background.
    pub(crate) fn watch(store: &Store, calls: &[(CallId, String)], clock: Clock) -> Self {
        let (store, end) = (store.clone(), CancellationToken::new());
        let calls: Vec<CallId> = calls.iter().map(|(call, _)| *call).collect();
        let ended = end.clone();
        let task = tokio::spawn(async move {
            if !calls.is_empty() {
                // The time is over, or the house ends.
                let _ = tokio::time::timeout(CLOSED_AFTER, ended.cancelled()).await;
                close(&store, &calls, clock).await;
            }
        });
        Self { end, task }
    }

    /// Closes them now: nobody takes calls any more.
    pub(crate) async fn close(self) {
        self.end.cancel();
        // What panicked has ended too.
        let _ = self.task.await;
    }
}

async fn close(store: &Store, calls: &[CallId], clock: Clock) {
    match store.close_unheard(clock.now().utc_ms, calls).await {
        Ok(closed) if closed.is_empty() => {}
        Ok(closed) => tracing::warn!(calls = closed.len(), "calls that a crash left unanswered were closed"),
        Err(error) => {
            tracing::error!(%error, "calls that a crash left unanswered stay open until the next start")
        }
    }
}

/// What a crash left of calls, in the log.
pub(crate) fn tell(opened: &Opened) {
    let (closed, unheard) = (opened.interrupted.len() + opened.completed.len(), opened.unheard.len());
    if closed + unheard > 0 {
        tracing::warn!(
            closed,
            unheard,
            "a crash cut calls short: closed, or left open because their INVITE may come again"
        );
    }
}
