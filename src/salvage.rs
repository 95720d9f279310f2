//! What a crash left in the folder of the recordings: each file plays, and each has its row.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use call::ids::CallId;
use media::command::RecordedFile;
use store::{RecordingFile, RecordingRow, Store, StoreError};
use switchboard::recording_row;

/// What the folder holds before anybody calls.
pub(crate) struct Found {
    base: PathBuf,
    /// Made playable now.
    mended: Vec<(CallId, RecordedFile)>,
    /// Finished before the crash, perhaps too late to be noted.
    finished: Vec<(CallId, PathBuf)>,
}

/// Makes what was half written playable, and looks what else is there. What can't be done is told in the log.
pub(crate) async fn mend(recordings: PathBuf) -> Found {
    let base = recordings.clone();
    let look = tokio::task::spawn_blocking(move || {
        let mended = media::repair(&base)?;
        let mended = mended.into_iter().filter_map(|(call, files)| Some((CallId::parse(&call)?, files)));
        let mended: Vec<_> =
            mended.flat_map(|(call, files)| files.into_iter().map(move |f| (call, f))).collect();
        let finished = media::youngest(&base)?.into_iter();
        let finished = finished.filter_map(|(call, path)| Some((CallId::parse(&call)?, path))).collect();
        Ok(Found { base, mended, finished })
    });
    look.await.map_err(io::Error::other).flatten().unwrap_or_else(|error: io::Error| {
        tracing::error!(%error, "recordings that a crash cut could not be mended: check the folder's permissions");
        Found { base: recordings, mended: Vec::new(), finished: Vec::new() }
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
        let Self { base, mended, finished } = self;
        let mut rows = Vec::new();
        for (call, file) in mended {
            match noted.get(&call) {
                Some(_) => rows.push(row(call, &file, &base)),
                None => unknown(&file.path),
            }
        }
        for (call, path) in finished {
            let name = path.strip_prefix(&base).unwrap_or(&path).to_string_lossy();
            let known = noted.get(&call).map(|files| files.iter().find(|file| file.row.path == name));
            match known {
                _ if rows.iter().any(|row| row.path == name) => {}
                None => unknown(&path),
                Some(None) => match media::inspect(&path) {
                    Ok(file) => rows.push(row(call, &file, &base)),
                    Err(error) => tracing::error!(%error, %call, "a recording can't be read: check the disk"),
                },
                Some(Some(file)) if file.row.purged_at.is_some() => {
                    if let Err(error) = fs::remove_file(&path) {
                        tracing::error!(%error, %call, "a message that was thrown away can't be removed");
                    }
                }
                Some(Some(_)) => {}
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

/// The store is another one, or the call was answered while it could not be written.
fn unknown(path: &Path) {
    tracing::warn!(path = %path.display(), "a recording of a call that is not in the store: it is left where it is");
}
