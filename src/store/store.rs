//! The store itself: opening it, and everything that can be asked of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use call::action::{Lookup, Question};
use call::ids::CallId;
use call::plan::Plan;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, mpsc};

use crate::at::StoreAt;
use crate::clerk::Clerk;
use crate::db;
use crate::either::{Db, Place, Pool, Tx, query, scalar};
use crate::error::StoreError;
use crate::knowledge::Shelf;
use crate::ledger::{JournalAt, Ledger, Replayed};
use crate::lock::Lock;
use crate::open::{self, Ground};
use crate::rows::{ConfigVersion, RecordingRow, StaffRow};
use crate::scribe::Scribe;
use crate::seal::{self, Keys};
use crate::stored::{Broken, CallDetail, CallFilter, Counts, Page, RecordingFile};
use crate::versions::{self, VersionLine};
use crate::writer::{Bounds, Told, Writer};
use crate::{aftermath, find, protect, read, take_in, verify};

/// Where the store is and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The database.
    pub at: StoreAt,
    /// Name of this process in the store: `hotline-1`. Only its own calls are closed at the start.
    pub node: String,
    /// The file with the master key that wraps the keys by which values are sealed (mode 0600), made at the first start.
    /// Whoever loses it can't read the numbers again.
    pub key_file: PathBuf,
    /// The journal in front of it; `None`: what calls record goes into the database itself.
    pub journal: Option<JournalAt>,
    /// How data keys that are made from now on seal.
    pub cipher: vault::Algorithm,
}

impl Settings {
    /// With the key beside the database: `hotline.db` and `hotline.key`.
    pub fn beside(path: PathBuf, node: impl Into<String>) -> Self {
        let key_file = path.with_extension("key");
        Self {
            at: StoreAt::File(path),
            node: node.into(),
            key_file,
            cipher: vault::Algorithm::default(),
            journal: None,
        }
    }

    /// The same with a journal in front of it.
    pub fn behind(self, journal: JournalAt) -> Self {
        Self { journal: Some(journal), ..self }
    }
}

/// What was found when the store was opened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Opened {
    /// Calls of this node that a crash cut short: closed now as `interrupted`.
    pub interrupted: Vec<CallId>,
    /// Calls whose final event was on disk but whose final row was not: the row was completed from it.
    pub completed: Vec<CallId>,
    /// Calls of which only the offer is known, with their SIP Call-ID, not older than [`crate::UNHEARD_FOR`]: left open.
    /// The caller may not have heard from us, and repeat the INVITE: that is the same call, and goes on under this name.
    /// [`Store::close_unheard`] closes the others.
    pub unheard: Vec<(CallId, String)>,
    /// Recordings without an end: repair the file, then write the row again.
    pub unfinished: Vec<RecordingRow>,
    /// What the journal held that was not in the database yet.
    pub replayed: Replayed,
    /// The key was made now: the admin should keep a copy of the key file in a safe place.
    pub key_made: bool,
}

/// Questions of callers are answered within this; the core waits a second longer.
const FIND_WITHIN: Duration = Duration::from_secs(2);

/// The store. Cloning it is cheap; all clones are the same store. The file is locked against other processes until the
/// last clone and the writer are gone.
#[derive(Clone, Debug)]
pub struct Store(pub(crate) Arc<Inner>);

/// What all clones share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) keys: Keys,
    pub(crate) runtime: Handle,
    pub(crate) place: Place,
    pub(crate) pool: Pool,
    /// Writes for screens and programs; started by the first one that writes.
    clerk: OnceLock<Clerk>,
    /// What of the information base is held in memory.
    shelf: Arc<Shelf>,
    /// What stands in front of it, if anything does.
    pub(crate) ledger: OnceLock<Ledger>,
    /// Held, not used here. Whoever only looks has none.
    pub(crate) lock: Option<Lock>,
    /// Whether the data keys are learnt: at the opening, or by whoever only looks with the first question.
    learnt: OnceCell<()>,
}

impl Store {
    /// Opens the store: makes folder and file, brings the schema up to date, takes in what the journal holds, and closes what
    /// a crash cut short.
    /// `now_utc_ms` is the wall clock, ms since 1970. Call it inside the tokio runtime that the writer shall run on.
    ///
    /// # Errors
    /// Everything that [`StoreError`] names but `Unsaved`; what was being done is undone then.
    pub async fn open(settings: Settings, now_utc_ms: i64) -> Result<(Self, Opened), StoreError> {
        let mut ground = open::prepare(&settings).await?;
        protect::ready(&mut ground.db, &ground.keys, now_utc_ms, settings.cipher).await?;
        let key_made = ground.key_made;
        let store = Self::on(settings, ground).await?;
        // What is in the journal was before the crash that is closed.
        let replayed = store.put_journal().await?;
        let closed = store.aftermath(now_utc_ms).await.map_err(|e| store.said(e))?;
        Ok((store, Opened { key_made, replayed, ..closed }))
    }

    /// Closes what a crash cut short, on a connection of its own: the pool's wait for one would count in a start's time.
    async fn aftermath(&self, now_utc_ms: i64) -> sqlx::Result<Opened> {
        let Inner { settings, keys, place, .. } = self.0.as_ref();
        let scribe = Scribe { keys, node: &settings.node };
        let mut db = place.connect().await?;
        let turn = db.begin().await?;
        let closed = aftermath::close(&mut db, scribe, now_utc_ms).await?;
        db.commit(turn).await?;
        db.close().await?;
        Ok(closed)
    }

    /// Looks into a store that another process may be writing, as a tool beside it: nothing is made, brought up to date or
    /// closed. Questions and notes of access are all that it is good for.
    ///
    /// # Errors
    /// [`StoreError::KeyLost`], or what keeps the key file from being read; the database's come with the first question.
    pub fn look(settings: Settings) -> Result<Self, StoreError> {
        let path = settings.key_file.clone();
        let keys = seal::load(&path)?.ok_or(StoreError::KeyLost { path })?;
        let place = Place::new(settings.at.clone());
        Self::over(settings, keys, place, None)
    }

    /// On ground that is prepared.
    pub(crate) async fn on(settings: Settings, ground: Ground) -> Result<Self, StoreError> {
        let Ground { place, mut db, keys, lock, .. } = ground;
        protect::learn(&mut db, &keys).await?;
        db.close().await.map_err(|e| place.said(&e))?;
        Self::over(settings, keys, place, Some(lock))
    }

    pub(crate) fn over(
        settings: Settings,
        keys: Keys,
        place: Place,
        lock: Option<Lock>,
    ) -> Result<Self, StoreError> {
        let (runtime, clerk, shelf) = (Handle::current(), OnceLock::new(), Arc::default());
        let learnt = OnceCell::new_with(lock.as_ref().map(|_| ()));
        let (ledger, pool) = (OnceLock::new(), place.pool().map_err(|e| place.said(&e))?);
        Ok(Self(Arc::new(Inner { settings, keys, runtime, place, pool, clerk, shelf, ledger, lock, learnt })))
    }

    /// The newest call with a leg of this SIP Call-ID, or about the case of this number.
    ///
    /// # Errors
    /// The database's.
    pub async fn call_named(&self, name: &str) -> Result<Option<CallId>, StoreError> {
        let mut conn = self.reader().await?;
        read::named(&mut conn, name).await.map_err(|e| self.said(e))
    }

    /// Notes who sees the numbers in a call's messages; `call` is its id, or a SIP Call-ID of no call.
    ///
    /// # Errors
    /// The database's; the numbers must not be shown then.
    pub async fn note_trace_access(
        &self,
        now_utc_ms: i64,
        call: &str,
        who: &str,
        what: &str,
    ) -> Result<(), StoreError> {
        const NOTE: &str =
            "INSERT INTO trace_access (id, call_id, at, who, what) VALUES ($1, $2, $3, $4, $5)";
        let id = self.0.keys.mint_id(now_utc_ms).map_err(|e| self.said(e.into()))?;
        let mut conn = self.alone().await?;
        let note = query(NOTE).bind(id).bind(call).bind(now_utc_ms).bind(who).bind(what);
        note.execute(&mut conn).await.map(drop).map_err(|e| self.said(e))
    }

    /// How often numbers in a call's messages were seen.
    ///
    /// # Errors
    /// The database's.
    pub async fn trace_accesses(&self, call: &str) -> Result<u64, StoreError> {
        let mut conn = self.reader().await?;
        let count = scalar("SELECT COUNT(*) FROM trace_access WHERE call_id = $1").bind(call);
        count.fetch_one(&mut conn).await.map(db::small).map_err(|e| self.said(e))
    }

    /// Closes those of these calls that are still open and unanswered, as `interrupted`; these are returned.
    ///
    /// # Errors
    /// The database's; they stay open until the next start.
    pub async fn close_unheard(&self, now_utc_ms: i64, calls: &[CallId]) -> Result<Vec<CallId>, StoreError> {
        // What of them was recorded since counts.
        self.caught_up().await?;
        let Inner { settings, keys, .. } = self.0.as_ref();
        let scribe = Scribe { keys, node: &settings.node };
        let mut tx = self.begin().await?;
        let closed = aftermath::close_unheard(&mut tx, scribe, now_utc_ms, calls).await;
        let closed = closed.map_err(|e| self.said(e))?;
        tx.commit().await.map(|()| closed).map_err(|e| self.said(e))
    }

    /// Starts the writer. One at a time per store: the order of its entries is the order on disk.
    /// `told` is where it tells what is on disk; whoever holds its other end listens until the writer is stopped.
    pub fn writer(&self, told: mpsc::Sender<Told>) -> Writer {
        Writer::start(self.0.clone(), told, Bounds::default())
    }

    #[cfg(test)]
    pub(crate) fn writer_within(&self, told: mpsc::Sender<Told>, bounds: Bounds) -> Writer {
        Writer::start(self.0.clone(), told, bounds)
    }

    #[cfg(test)]
    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Answers a question of a call within 2 s; what goes wrong is [`Lookup::Unavailable`] and a line in the log.
    pub async fn find(&self, now_utc_ms: i64, call: CallId, question: &Question) -> Lookup {
        let Inner { pool, keys, .. } = self.0.as_ref();
        let answer = async {
            // What this call and others have recorded counts.
            self.caught_up().await?;
            find::answer(pool, keys, now_utc_ms, call, question).await.map_err(|e| self.said(e))
        };
        match tokio::time::timeout(FIND_WITHIN, answer).await {
            Ok(Ok(lookup)) => lookup,
            Ok(Err(fault)) => {
                tracing::error!("a question of call {call} stays without answer: {fault}");
                Lookup::Unavailable
            }
            Err(_) => {
                tracing::error!("a question of call {call} stays without answer: the store takes too long");
                Lookup::Unavailable
            }
        }
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
        let Inner { pool, keys, .. } = self.0.as_ref();
        take_in::take_in(pool, keys, plan, staff, version).await.map_err(|e| self.said(e))
    }

    /// The versions of the configuration, the newest 200, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn config_versions(&self) -> Result<Vec<VersionLine>, StoreError> {
        let mut conn = self.reader().await?;
        versions::list(&mut conn).await.map_err(|e| self.said(e))
    }

    /// A version of the configuration and its texts by name; none when it is older than their keeping.
    ///
    /// # Errors
    /// The database's.
    pub async fn config_version(
        &self,
        id: i64,
    ) -> Result<Option<(VersionLine, Vec<(String, String)>)>, StoreError> {
        let mut conn = self.reader().await?;
        versions::one(&mut conn, &self.0.keys, id).await.map_err(|e| self.said(e))
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
        let keys = &self.0.keys;
        let mut conn = self.reader().await?;
        read::calls(&mut conn, keys, filter, after, limit).await.map_err(|e| self.said(e))
    }

    /// One call with everything about it, as of one moment. One that is not there is looked for once more when what is on its way
    /// from the journal has come: whoever sees a call live may ask for it before its first row is in the database.
    ///
    /// # Errors
    /// The database's.
    pub async fn call(&self, call: CallId) -> Result<Option<CallDetail>, StoreError> {
        if let Some(detail) = self.call_by_now(call).await? {
            return Ok(Some(detail));
        }
        self.caught_up().await?;
        self.call_by_now(call).await
    }

    async fn call_by_now(&self, call: CallId) -> Result<Option<CallDetail>, StoreError> {
        let mut moment = self.moment().await?;
        read::call(&mut moment, &self.0.keys, call).await.map_err(|e| self.said(e))
    }

    /// A recording by its number within the call (from 1). Whoever hands the sound out calls
    /// [`Self::note_recording_access`] first.
    ///
    /// # Errors
    /// The database's.
    pub async fn recording(&self, call: CallId, no: u32) -> Result<Option<RecordingFile>, StoreError> {
        let mut conn = self.reader().await?;
        read::recording(&mut conn, call, no).await.map_err(|e| self.said(e))
    }

    /// This call and all newer ones with their recordings, none for some: what the folder of recordings should hold.
    ///
    /// # Errors
    /// The database's.
    pub async fn recordings_since(
        &self,
        first: CallId,
    ) -> Result<BTreeMap<CallId, Vec<RecordingFile>>, StoreError> {
        let mut moment = self.moment().await?;
        read::recordings_since(&mut moment, first).await.map_err(|e| self.said(e))
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
        const NOTE: &str = "INSERT INTO recording_access (id, call_id, recording_no, at, who, why) \
             VALUES ($1, $2, $3, $4, $5, $6)";
        let id = self.0.keys.mint_id(now_utc_ms).map_err(|e| self.said(e.into()))?;
        let mut conn = self.alone().await?;
        query(NOTE)
            .bind(id)
            .bind(call.to_string())
            .bind(i64::from(no))
            .bind(now_utc_ms)
            .bind(who)
            .bind(why)
            .execute(&mut conn)
            .await
            .map(drop)
            .map_err(|e| self.said(e))
    }

    /// How much there is.
    ///
    /// # Errors
    /// The database's.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let mut conn = self.reader().await?;
        verify::counts(&mut conn).await.map_err(|e| self.said(e))
    }

    /// Looks for broken rules; an empty list is a sound store. Reads everything: for checks, not for every day.
    ///
    /// # Errors
    /// The database's.
    pub async fn verify(&self) -> Result<Vec<Broken>, StoreError> {
        let mut moment = self.moment().await?;
        verify::verify(&mut moment, &self.0.keys).await.map_err(|e| self.said(e))
    }

    /// Closes the connections for questions; what is asked later fails. The writer is stopped by itself, before this.
    pub async fn close(&self) {
        self.0.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.0.pool
    }

    pub(crate) fn keys_of(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn shelf(&self) -> &Arc<Shelf> {
        &self.0.shelf
    }

    pub(crate) fn clerk(&self) -> &Clerk {
        let Inner { clerk, place, runtime, .. } = self.0.as_ref();
        clerk.get_or_init(|| Clerk::start(place.clone(), runtime))
    }

    /// A connection, to be asked.
    pub(crate) async fn reader(&self) -> Result<Db, StoreError> {
        let mut db = self.0.pool.acquire().await.map_err(|e| self.said(e))?;
        self.learn(&mut db).await?;
        Ok(db)
    }

    /// The data keys, once: whoever only looks has not learnt them yet. A store of before there were any has none.
    async fn learn(&self, db: &mut Db) -> Result<(), StoreError> {
        let learn = async {
            match protect::learn(db, &self.0.keys).await {
                Err(StoreError::Database { .. }) | Ok(()) => Ok(()),
                Err(other) => Err(other),
            }
        };
        self.0.learnt.get_or_try_init(|| learn).await.map(drop)
    }

    /// A connection for a statement that writes by itself.
    pub(crate) async fn alone(&self) -> Result<Tx, StoreError> {
        self.0.pool.alone().await.map_err(|e| self.said(e))
    }

    /// A transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        self.0.pool.begin().await.map_err(|e| self.said(e))
    }

    /// A transaction that only reads: all its queries see the same moment.
    pub(crate) async fn moment(&self) -> Result<Tx, StoreError> {
        let mut moment = self.0.pool.moment().await.map_err(|e| self.said(e))?;
        self.learn(&mut moment).await?;
        Ok(moment)
    }

    /// How data keys that are made from now on seal.
    pub(crate) fn seals(&self) -> vault::Algorithm {
        self.0.settings.cipher
    }

    pub(crate) fn said(&self, error: sqlx::Error) -> StoreError {
        self.0.place.said(&error)
    }
}
