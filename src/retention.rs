//! Once a day: the data keys of the months to come are made, and personal data whose time is over is erased and its keys destroyed.

use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use store::protected::{DueRecording, Retention};
use store::{AuditNote, Store, StoreError};
use switchboard::Clock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vault::{Class, Locker, Month};

use crate::sound;

/// After the start: the house takes its first calls before.
const FIRST: Duration = Duration::from_secs(60);
/// How often it is looked whether another day has begun.
const LOOK: Duration = Duration::from_secs(600);
/// Files that go between two notes of it.
const AT_ONCE: u32 = 100;

/// What a round has done, in figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Values that were overwritten.
    pub values: u64,
    /// Recordings whose files went.
    pub recordings: usize,
    /// Data keys that were destroyed.
    pub keys: usize,
    /// Calls and cases that were due and are kept.
    pub kept: u64,
}

/// Whether a round is due: none has been in this life, or another day has begun (UTC).
fn is_due(last: Option<i64>, now_utc_ms: i64) -> bool {
    last.is_none_or(|last| day(last) != day(now_utc_ms))
}

fn day(utc_ms: i64) -> i64 {
    utc_ms.div_euclid(86_400_000)
}

/// Looks after it until `stop`.
pub(crate) fn start(keeper: Keeper, store: Store, clock: Clock, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        // This life may have joined another one, which knew no data keys.
        if let Err(error) = store.keys_for(clock.now().utc_ms).await {
            tracing::error!(%error, "no new data keys: values are sealed by those that are there");
        }
        let mut last = None;
        let mut wait = FIRST;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => wait = LOOK,
            }
            let now = clock.now().utc_ms;
            if is_due(last, now) {
                match keeper.round(now).await {
                    Ok(_) => last = Some(now),
                    Err(error) => {
                        tracing::error!(%error, "personal data that is due is not all erased: tried again in ten minutes")
                    }
                }
            }
        }
    })
}

/// What a round works on.
#[derive(Clone, Debug)]
pub struct Keeper {
    store: Store,
    locker: Locker,
    base: PathBuf,
    retention: Retention,
}

impl Keeper {
    /// Of this configuration.
    pub fn of(settings: &config::Settings, store: Store) -> Self {
        let config::settings::Retention { recordings, numbers, names, cases } = settings.retention;
        Self {
            store,
            locker: sound::locker(settings),
            base: settings.recordings.clone(),
            retention: Retention { numbers, names, cases, recordings },
        }
    }

    /// One round.
    ///
    /// # Errors
    /// The database's; the keys'. What was done is done, and the next round does the rest.
    pub async fn round(&self, now_utc_ms: i64) -> Result<Told, StoreError> {
        // Before any secret leaves the key file, nothing that lives may be wrapped in the form of before.
        self.blocking(|locker| locker.rewrap()).await?;
        self.store.rewrap_keys().await?;
        self.store.keys_for(now_utc_ms).await?;
        let done = self.store.erase_due(now_utc_ms, &self.retention).await?;
        let recordings = self.recordings(now_utc_ms).await?;
        let keys = done.destroyed.len() + self.keys(now_utc_ms).await?;
        let told = Told { values: done.erased, recordings, keys, kept: done.kept };
        if told.values > 0 || told.recordings > 0 || told.keys > 0 {
            self.store.note(&note(now_utc_ms, told)).await?;
            let Told { values, recordings, keys, kept } = told;
            tracing::info!(
                "personal data that was due is erased: {values} values overwritten, {recordings} recordings removed, {keys} data \
                 keys destroyed; {kept} calls and cases are kept by a hold or because they are not over"
            );
        }
        Ok(told)
    }

    /// Removes the files of these recordings now; how many went. What can't be removed stays due.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove(&self, now_utc_ms: i64, due: Vec<DueRecording>) -> Result<usize, StoreError> {
        let base = self.base.clone();
        let gone = tokio::task::spawn_blocking(move || {
            due.into_iter().filter(|file| is_gone(&base, &file.path)).collect::<Vec<_>>()
        });
        let gone = gone.await.unwrap_or_default();
        let count = gone.len();
        self.store.recordings_gone(now_utc_ms, gone).await?;
        Ok(count)
    }

    async fn recordings(&self, now: i64) -> Result<usize, StoreError> {
        let (mut last, mut count) = (None, 0);
        loop {
            let due = self.store.due_recordings(now, &self.retention, last.as_ref(), AT_ONCE).await?;
            let Some(end) = due.last().cloned() else { return Ok(count) };
            count += self.remove(now, due).await?;
            last = Some(end);
        }
    }

    /// Destroys the data keys of months of which no recording is left. The proof is written before the key goes: what a crash
    /// leaves of it, the next round finishes.
    async fn keys(&self, now: i64) -> Result<usize, StoreError> {
        let Some(kept_from) = self.retention.kept_from(Class::Recording, now) else { return Ok(0) };
        let mut gone: Vec<Month> = Vec::new();
        let mut count = 0;
        for kept in self.blocking(Locker::kept).await? {
            let vault::Scope::Month(month) = kept.key.scope else { continue };
            if month >= kept_from || !self.store.month_is_gone(month).await? {
                continue;
            }
            let id = kept.key.id;
            self.store.bury_recording_key(now, id, month, kept.key.fingerprint()).await?;
            self.blocking(move |locker| locker.destroy(id)).await?;
            gone.push(month);
            count += 1;
        }
        self.store.puncture_recordings(&gone)?;
        Ok(count)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Locker) -> Result<T, vault::VaultError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let locker = self.locker.clone();
        let done = tokio::task::spawn_blocking(move || work(&locker)).await;
        done.map_err(|error| StoreError::Database { why: error.to_string() })?.map_err(StoreError::from)
    }
}

/// Removes a recording, WAV or FLAC, and whether it is gone now. Nothing outside of the folder is touched.
fn is_gone(base: &Path, path: &str) -> bool {
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || path.is_empty() {
        tracing::error!("the file of a recording is not in the folder of recordings and is left alone");
        return false;
    }
    let first = base.join(path);
    let all = [first.with_extension("flac"), first];
    all.iter().all(|file| match std::fs::remove_file(file) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::NotFound => true,
        Err(error) => {
            stays(&error);
            false
        }
    })
}

fn stays(error: &io::Error) {
    tracing::error!(%error, "a recording that is due can't be removed: check the folder's permissions");
}

fn note(at: i64, Told { values, recordings, keys, kept }: Told) -> AuditNote {
    AuditNote {
        at,
        who: "house".to_owned(),
        role: "system".to_owned(),
        what: "retention.round".to_owned(),
        target: String::new(),
        source: "localhost".to_owned(),
        detail: format!("values={values} recordings={recordings} keys={keys} kept={kept}"),
    }
}

#[cfg(test)]
#[path = "retention_tests.rs"]
mod tests;
