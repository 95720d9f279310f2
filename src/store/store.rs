//! The store itself: opening it, and everything that can be asked of it.

use std::path::PathBuf;

use call::action::{Lookup, Question};
use call::ids::CallId;
use call::plan::Plan;
use tokio::sync::mpsc;

use crate::error::StoreError;
use crate::rows::{ConfigVersion, RecordingRow, StaffRow};
use crate::stored::{Broken, CallDetail, CallFilter, Counts, Page, RecordingFile};
use crate::writer::{Told, Writer};

/// Where the store is and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The database file; its folder is made when it is missing.
    pub path: PathBuf,
    /// Name of this process in the store: `hotline-1`. Only its own calls are closed at the start.
    pub node: String,
    /// The file with the key that numbers are sealed with (32 random bytes, mode 0600), made at the first start.
    /// Whoever loses it can't read the numbers again.
    pub key_file: PathBuf,
}

impl Settings {
    /// With the key beside the database: `hotline.db` and `hotline.key`.
    pub fn beside(path: PathBuf, node: impl Into<String>) -> Self {
        let key_file = path.with_extension("key");
        Self { path, node: node.into(), key_file }
    }
}

/// What was found when the store was opened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Opened {
    /// Calls of this node that a crash cut short: closed now as `interrupted`.
    pub interrupted: Vec<CallId>,
    /// Calls whose final event was on disk but whose final row was not: the row was completed from it.
    pub completed: Vec<CallId>,
    /// Recordings without an end: repair the file, then write the row again.
    pub unfinished: Vec<RecordingRow>,
    /// The key was made now: the admin should keep a copy of the key file in a safe place.
    pub key_made: bool,
}

/// The store. Cloning it is cheap; all clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    settings: Settings,
}

impl Store {
    /// Opens the store: makes folder and file, brings the schema up to date, and closes what a crash cut short.
    /// `now_utc_ms` is the wall clock, ms since 1970.
    ///
    /// # Errors
    /// Everything that [`StoreError`] names, except that nothing is left half done.
    pub async fn open(settings: Settings, now_utc_ms: i64) -> Result<(Self, Opened), StoreError> {
        let _ = now_utc_ms;
        Err(StoreError::Database { why: format!("{} is not built yet", settings.path.display()) })
    }

    /// Starts the writer. One at a time per store: the order of its entries is the order on disk.
    pub fn writer(&self, told: mpsc::Sender<Told>) -> Writer {
        Writer::start(told)
    }

    /// Answers a question of a call within 2 s; what goes wrong is [`Lookup::Unavailable`] and a line in the log.
    pub async fn find(&self, now_utc_ms: i64, call: CallId, question: &Question) -> Lookup {
        let _ = (now_utc_ms, call, question);
        Lookup::Unavailable
    }

    /// Takes units, desks, staff and services in as of this version of the configuration, all or nothing.
    /// Returns the version's number; taking the newest one in again changes nothing.
    ///
    /// # Errors
    /// The database's; nothing is changed then.
    pub async fn take_in(
        &self,
        plan: &Plan,
        staff: &[StaffRow],
        version: &ConfigVersion,
    ) -> Result<i64, StoreError> {
        let _ = (plan, staff, version);
        Err(self.unbuilt())
    }

    /// The calls that match, newest first: at most `limit` (1 to 200), from `after` on (exclusive).
    ///
    /// # Errors
    /// The database's.
    pub async fn calls(
        &self,
        filter: &CallFilter,
        after: Option<CallId>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let _ = (filter, after, limit);
        Err(self.unbuilt())
    }

    /// One call with everything about it.
    ///
    /// # Errors
    /// The database's.
    pub async fn call(&self, call: CallId) -> Result<Option<CallDetail>, StoreError> {
        let _ = call;
        Err(self.unbuilt())
    }

    /// A recording by its number within the call (from 1). Whoever hands the sound out calls
    /// [`Self::note_recording_access`] first.
    ///
    /// # Errors
    /// The database's.
    pub async fn recording(&self, call: CallId, no: u32) -> Result<Option<RecordingFile>, StoreError> {
        let _ = (call, no);
        Err(self.unbuilt())
    }

    /// Notes who hears a recording and why.
    ///
    /// # Errors
    /// The database's; the sound must not be handed out then.
    pub async fn note_recording_access(
        &self,
        now_utc_ms: i64,
        call: CallId,
        no: u32,
        who: &str,
        why: &str,
    ) -> Result<(), StoreError> {
        let _ = (now_utc_ms, call, no, who, why);
        Err(self.unbuilt())
    }

    /// How much there is.
    ///
    /// # Errors
    /// The database's.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        Err(self.unbuilt())
    }

    /// Looks for broken rules; an empty list is a sound store. Reads everything: for checks, not for every day.
    ///
    /// # Errors
    /// The database's.
    pub async fn verify(&self) -> Result<Vec<Broken>, StoreError> {
        Err(self.unbuilt())
    }

    fn unbuilt(&self) -> StoreError {
        StoreError::Database { why: format!("{} is not built yet", self.settings.path.display()) }
    }
}
