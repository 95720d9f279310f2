//! Recordings that are due: which files go, what is noted of them, and the proof when a month's data key is destroyed.

use call::ids::CallId;
use vault::{Class, KeyId, Month, Scope, Tombstone};

use super::due::Retention;
use super::hold::held_calls;
use super::proof;
use super::round::first_of;
use crate::clerk::errand;
use crate::db::call_id;
use crate::either::{Row, query, scalar};
use crate::error::StoreError;
use crate::store::Store;

/// A recording whose file is to go.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DueRecording {
    /// Of which call.
    pub call: CallId,
    /// Its number in the call, from 1.
    pub no: u32,
    /// Its file as it began, from the folder of recordings; it may be FLAC by now.
    pub path: String,
}

fn due(row: &Row) -> sqlx::Result<DueRecording> {
    Ok(DueRecording {
        call: call_id(row.try_get("call_id")?)?,
        no: u32::try_from(row.try_get::<i64>("no")?).unwrap_or(u32::MAX),
        path: row.try_get("path")?,
    })
}

/// The first day of the month as folders of recordings are named: what sorts before it is older.
fn folder(month: Month) -> String {
    format!("{month}-")
}

impl Store {
    /// Recordings that are due and held by nobody, at most `most`, after this one. None when recordings are kept for ever.
    ///
    /// # Errors
    /// The database's.
    pub async fn due_recordings(
        &self,
        now_utc_ms: i64,
        retention: &Retention,
        after: Option<&DueRecording>,
        most: u32,
    ) -> Result<Vec<DueRecording>, StoreError> {
        const DUE: &str = concat!(
            "SELECT call_id, no, path FROM recording WHERE purged_at IS NULL AND path < $1 AND call_id < $5 \
             AND (call_id > $2 OR (call_id = $2 AND no > $3)) AND call_id NOT IN ",
            held_calls!(),
            " ORDER BY call_id, no LIMIT $4"
        );
        let Some(month) = retention.kept_from(Class::Recording, now_utc_ms) else { return Ok(Vec::new()) };
        let (call, no) = after.map_or((String::new(), 0), |last| (last.call.to_string(), i64::from(last.no)));
        let mut conn = self.reader().await?;
        // Days are those of the place and ids those of the world: a month more is looked at.
        let until = first_of(month.next().unwrap_or(month));
        let rows = query(DUE).bind(folder(month)).bind(call).bind(no).bind(i64::from(most)).bind(until);
        let rows = rows.fetch_all(&mut conn).await.map_err(|e| self.said(e))?;
        rows.iter().map(due).collect::<sqlx::Result<_>>().map_err(|e| self.said(e))
    }

    /// Notes that the files of these recordings are gone.
    ///
    /// # Errors
    /// The database's; they are due again then.
    pub async fn recordings_gone(&self, now_utc_ms: i64, gone: Vec<DueRecording>) -> Result<(), StoreError> {
        const GONE: &str =
            "UPDATE recording SET purged_at = $3 WHERE call_id = $1 AND no = $2 AND purged_at IS NULL";
        let note = errand(move |conn| {
            Box::pin(async move {
                for DueRecording { call, no, .. } in gone {
                    let gone = query(GONE).bind(call.to_string()).bind(i64::from(no)).bind(now_utc_ms);
                    gone.execute(conn).await?;
                }
                Ok(())
            })
        });
        self.clerk().write(note).await
    }

    /// Whether a month's recordings are all gone, so that its data key may go too.
    ///
    /// # Errors
    /// The database's.
    pub async fn month_is_gone(&self, month: Month) -> Result<bool, StoreError> {
        const LEFT: &str =
            "SELECT COUNT(*) FROM recording WHERE purged_at IS NULL AND path >= $1 AND path < $2";
        let from = folder(month);
        let until = format!("{month}.");
        let mut conn = self.reader().await?;
        let left: i64 =
            scalar(LEFT).bind(from).bind(until).fetch_one(&mut conn).await.map_err(|e| self.said(e))?;
        Ok(left == 0)
    }

    /// Writes down that the data key of a month's recordings is destroyed, before its file goes; once for each key.
    ///
    /// # Errors
    /// The database's; the key must stay then.
    pub async fn bury_recording_key(
        &self,
        now_utc_ms: i64,
        key: KeyId,
        month: Month,
        fingerprint: String,
    ) -> Result<(), StoreError> {
        const BURIED: &str = "SELECT key_id FROM key_tombstone WHERE key_id = $1";
        const VALUES: &str =
            "SELECT COUNT(*) FROM recording WHERE purged_at IS NOT NULL AND path >= $1 AND path < $2";
        let mut conn = self.reader().await?;
        let buried: Option<String> =
            scalar(BURIED).bind(key.to_string()).fetch_optional(&mut conn).await.map_err(|e| self.said(e))?;
        if buried.is_some() {
            return Ok(());
        }
        let values = scalar::<i64>(VALUES).bind(folder(month)).bind(format!("{month}."));
        let values = values.fetch_one(&mut conn).await.map_err(|e| self.said(e))?;
        drop(conn);
        let stone = Tombstone {
            no: 0,
            key,
            class: Class::Recording,
            scope: Scope::Month(month),
            fingerprint,
            at: now_utc_ms,
            by: "house".to_owned(),
            why: "retention".to_owned(),
            values: u64::try_from(values).unwrap_or(0),
            prev: [0; 32],
            hash: [0; 32],
        };
        self.bury(stone, false).await.map(drop)
    }

    /// Takes the secrets of these months' recordings out of the key file: no copy of their data keys opens any more. All keys
    /// that live must be wrapped by the newest version of the master key before.
    ///
    /// # Errors
    /// The key file's; they stay then.
    pub fn puncture_recordings(&self, months: &[Month]) -> Result<(), StoreError> {
        let dead: Vec<_> = months.iter().map(|month| (Class::Recording, Scope::Month(*month))).collect();
        proof::out_of_the_key_file(self.keys_of(), &dead).map_err(StoreError::from)
    }
}
