//! Erasing what the store has of one citizen on their wish: all but what is held, and what is still being worked on.

use super::blank;
use super::hold::{self, held_calls};
use super::sound::DueRecording;
use crate::clerk::errand;
use crate::db::call_id;
use crate::either::{Db, Row, query, scalar};
use crate::error::StoreError;
use crate::store::Store;

/// What became of a citizen's data.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Forgotten {
    /// Calls whose numbers and notes were overwritten.
    pub calls: usize,
    /// Cases whose names, numbers and texts were overwritten.
    pub cases: usize,
    /// Values that were overwritten.
    pub values: u64,
    /// Recordings whose files are to go now; then [`Store::recordings_gone`] is told.
    pub recordings: Vec<DueRecording>,
    /// Calls that are kept, by their ids, and cases, by their numbers, each with the hold that keeps it.
    pub held: Vec<(String, u32)>,
    /// Cases, by their numbers, and calls that are not over: somebody still works on them, or a call-back is owed.
    pub open: Vec<String>,
}

/// A call or case of the citizen.
struct Found {
    id: String,
    /// As people know it.
    shown: String,
    open: bool,
}

impl Store {
    /// Erases what the store has of a number. Whoever orders it notes it in the audit before.
    ///
    /// # Errors
    /// The database's; what was done is done, and asking again does the rest.
    pub async fn forget(&self, number: &str) -> Result<Forgotten, StoreError> {
        let hash = self.keys_of().number_hash(number);
        let forget = errand(move |conn| Box::pin(async move { forget(conn, &hash).await }));
        let forgotten = self.clerk().write(forget).await?;
        self.let_go().await?;
        Ok(forgotten)
    }
}

async fn forget(db: &mut Db, hash: &str) -> sqlx::Result<Forgotten> {
    let (calls, cases) = (calls(db, hash).await?, cases(db, hash).await?);
    let held = hold::held(db).await?;
    let mut forgotten = Forgotten::default();
    let mut free = |found: Vec<Found>| {
        let mut ids = Vec::new();
        for Found { id, shown, open } in found {
            match held.get(&id) {
                Some(no) => forgotten.held.push((shown, *no)),
                None if open => forgotten.open.push(shown),
                None => ids.push(id),
            }
        }
        ids
    };
    let (calls, cases) = (free(calls), free(cases));
    let mut values = 0;
    for calls in calls.chunks(AT_ONCE) {
        values += blank::call_numbers(db, calls).await? + blank::call_notes(db, calls).await?;
        for call in calls {
            forgotten.recordings.append(&mut recordings(db, call).await?);
        }
    }
    for cases in cases.chunks(AT_ONCE) {
        values += blank::case_numbers(db, cases).await? + blank::case_names(db, cases).await?;
        values += blank::case_texts(db, cases).await?;
        for case in cases {
            values += messages(db, case).await?;
        }
    }
    Ok(Forgotten { calls: calls.len(), cases: cases.len(), values, ..forgotten })
}

/// Ids that are given to one statement.
const AT_ONCE: usize = 50;

/// Calls of this number, and those that the house made for its cases.
async fn calls(db: &mut Db, hash: &str) -> sqlx::Result<Vec<Found>> {
    const CALLS: &str = "SELECT id, ended_at IS NULL AS runs, EXISTS (SELECT 1 FROM callback WHERE because_of = call.id \
         AND state IN ('new', 'calls', 'person')) AS owed FROM call WHERE caller_hash = $1 \
         OR id IN (SELECT because_of FROM callback WHERE number_hash = $1) OR (caller_hash IS NULL AND direction = 'out' \
         AND case_id IN (SELECT cases.id FROM cases WHERE applicant_phone_hash = $1)) ORDER BY id";
    let found = |row: &Row| {
        let id: String = row.try_get("id")?;
        let open = row.try_get::<bool>("runs")? || row.try_get::<bool>("owed")?;
        Ok(Found { shown: id.clone(), id, open })
    };
    query(CALLS).bind(hash).fetch_all(db).await?.iter().map(found).collect()
}

async fn cases(db: &mut Db, hash: &str) -> sqlx::Result<Vec<Found>> {
    const CASES: &str = "SELECT id, no, (closed_at IS NULL AND merged_into IS NULL) AS open FROM cases \
         WHERE applicant_phone_hash = $1 ORDER BY id";
    let found = |row: &Row| {
        Ok(Found { id: row.try_get("id")?, shown: row.try_get("no")?, open: row.try_get("open")? })
    };
    query(CASES).bind(hash).fetch_all(db).await?.iter().map(found).collect()
}

/// The recordings of a call that are there.
async fn recordings(db: &mut Db, call: &str) -> sqlx::Result<Vec<DueRecording>> {
    const THERE: &str = concat!(
        "SELECT call_id, no, path FROM recording WHERE call_id = $1 AND purged_at IS NULL AND call_id NOT IN ",
        held_calls!(),
        " ORDER BY no"
    );
    let recording = |row: &Row| {
        Ok(DueRecording {
            call: call_id(row.try_get("call_id")?)?,
            no: u32::try_from(row.try_get::<i64>("no")?).unwrap_or(u32::MAX),
            path: row.try_get("path")?,
        })
    };
    query(THERE).bind(call).fetch_all(db).await?.iter().map(recording).collect()
}

/// Short messages about a case that have not gone out are not sent any more; those that have keep neither number nor text.
async fn messages(db: &mut Db, case: &str) -> sqlx::Result<u64> {
    const STOP: &str = "UPDATE short_message SET state = 'failed', last_error = 'erased', number = substr(number, 1, 0), \
         text = substr(text, 1, 0) WHERE about = $1 AND state = 'waiting'";
    let no: Option<String> =
        scalar("SELECT no FROM cases WHERE id = $1").bind(case).fetch_optional(db).await?;
    let Some(no) = no else { return Ok(0) };
    query(STOP).bind(no).execute(db).await.map(|done| done.rows_affected())
}
