//! A round: what is due by now is overwritten, what is held is carried on, and the data keys of what is over are destroyed.

use vault::{Class, KeyId, Month, Scope, Tombstone};

use super::due::Retention;
use super::hold::{self, Held};
use super::{blank, carry, proof, rack};
use crate::access::AuditNote;
use crate::clerk::errand;
use crate::either::{Db, Dialect, query, scalar};
use crate::error::StoreError;
use crate::store::Store;

/// Rows of one commit: few, so that calls never wait.
const AT_ONCE: i64 = 50;

/// What a round has done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// Values of calls and cases that were overwritten.
    pub erased: u64,
    /// Calls and cases that were due and are kept: by a hold, or because they are not over.
    pub kept: u64,
    /// Values that were sealed anew before their key died.
    pub carried: u64,
    /// Data keys that were destroyed.
    pub destroyed: Vec<Tombstone>,
}

/// Where a pass over calls goes on, in the store: what lies before is erased, or held, and a release begins anew.
#[derive(Clone, Copy)]
enum Mark {
    Numbers,
    Notes,
}

impl Mark {
    const fn name(self) -> &'static str {
        match self {
            Self::Numbers => "retention.numbers",
            Self::Notes => "retention.notes",
        }
    }

    /// Calls after this one and before that one, that have something to erase and are over with everybody.
    const fn due(self) -> &'static str {
        match self {
            Self::Numbers => {
                "SELECT id FROM call WHERE id > $1 AND id < $2 AND ended_at IS NOT NULL \
                 AND (caller_e164 IS NOT NULL OR caller_raw IS NOT NULL OR caller_hash IS NOT NULL \
                 OR diverted_from IS NOT NULL OR caller_masked <> '' OR diverted_masked <> '') ORDER BY id LIMIT $3"
            }
            Self::Notes => {
                "SELECT call_id AS id FROM stated WHERE call_id > $1 AND call_id < $2 AND note IS NOT NULL \
                 ORDER BY call_id LIMIT $3"
            }
        }
    }
}

/// What is erased of cases.
#[derive(Clone, Copy)]
enum Of {
    Numbers,
    Names,
    Texts,
}

impl Of {
    /// Cases after this one and before that one, closed and with something to erase.
    const fn due(self) -> &'static str {
        match self {
            Self::Numbers => {
                "SELECT id FROM cases WHERE id > $1 AND id < $2 AND (closed_at IS NOT NULL OR merged_into IS NOT NULL) \
                 AND (applicant_phone IS NOT NULL OR applicant_phone_hash IS NOT NULL) ORDER BY id LIMIT $3"
            }
            Self::Names => {
                "SELECT id FROM cases WHERE id > $1 AND id < $2 AND (closed_at IS NOT NULL OR merged_into IS NOT NULL) \
                 AND applicant_name IS NOT NULL ORDER BY id LIMIT $3"
            }
            Self::Texts => {
                "SELECT id FROM cases WHERE id > $1 AND id < $2 AND (closed_at IS NOT NULL OR merged_into IS NOT NULL) \
                 AND (title IS NOT NULL OR content IS NOT NULL OR place IS NOT NULL OR lat IS NOT NULL \
                 OR content_sealed IS NOT NULL OR place_sealed IS NOT NULL \
                 OR EXISTS (SELECT 1 FROM case_log WHERE case_id = cases.id AND case_log.kind = 'note' \
                 AND (what <> '' OR what_sealed IS NOT NULL))) \
                 ORDER BY id LIMIT $3"
            }
        }
    }
}

/// What bounds a pass: everything before this month.
struct Pass<'a> {
    until: String,
    held: &'a Held,
}

impl Store {
    /// Makes the data keys of this month and the next, and takes in those of other nodes. Once a day is enough, and at the start.
    ///
    /// # Errors
    /// The database's; the key file's. What is there goes on to seal.
    pub async fn keys_for(&self, now_utc_ms: i64) -> Result<(), StoreError> {
        let (keys, seals) = (self.keys_of(), self.seals());
        let mut tx = self.begin().await?;
        rack::ready(&mut tx, keys, now_utc_ms, seals).await?;
        tx.commit().await.map_err(|e| self.said(e))
    }

    /// Erases what is due: calls, cases, notes; recordings are files and go by [`Store::due_recordings`]. Each data key that is
    /// destroyed is a line of the audit. The data keys of recordings must be wrapped by the newest version of the master key
    /// before (`vault::Locker::rewrap`), for secrets are taken out of the key file.
    ///
    /// # Errors
    /// The database's; the key file's. What was done is done, and the next round does the rest.
    pub async fn erase_due(&self, now_utc_ms: i64, retention: &Retention) -> Result<Done, StoreError> {
        let mut done = Done::default();
        let (held, released) = {
            let mut conn = self.reader().await?;
            let held = hold::held(&mut conn).await.map_err(|e| self.said(e))?;
            (held, hold::released(&mut conn).await.map_err(|e| self.said(e))?)
        };
        for class in [Class::Number, Class::Name, Class::Case] {
            let kept_from = retention.kept_from(class, now_utc_ms);
            if let Some(month) = kept_from {
                let pass = Pass { until: first_of(month), held: &held };
                self.erase_class(class, &pass, &mut done).await?;
            }
            self.destroy_due(now_utc_ms, (class, kept_from, &released), &held, &mut done).await?;
        }
        // What a crash left of an earlier round, or another node destroyed.
        let mut conn = self.reader().await?;
        proof::puncture(&mut conn, self.keys_of()).await.map_err(|e| self.said(e))??;
        drop(conn);
        if done.erased > 0 || !done.destroyed.is_empty() {
            self.let_go().await?;
        }
        Ok(done)
    }

    async fn erase_class(&self, class: Class, pass: &Pass<'_>, done: &mut Done) -> Result<(), StoreError> {
        match class {
            Class::Number => {
                self.erase_calls(Mark::Numbers, pass, done).await?;
                self.erase_cases(Of::Numbers, pass, done).await
            }
            Class::Name => self.erase_cases(Of::Names, pass, done).await,
            Class::Case => {
                self.erase_calls(Mark::Notes, pass, done).await?;
                self.erase_cases(Of::Texts, pass, done).await
            }
            Class::Staff | Class::Recording | Class::Configuration => Ok(()),
        }
    }

    async fn erase_calls(&self, mark: Mark, pass: &Pass<'_>, done: &mut Done) -> Result<(), StoreError> {
        const WAITS: &str =
            "SELECT because_of FROM callback WHERE because_of = $1 AND state IN ('new', 'calls', 'person')";
        const AT: &str = "SELECT value FROM meta WHERE name = $1";
        const GO_ON: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let mut conn = self.reader().await?;
        let begun: Option<String> =
            scalar(AT).bind(mark.name()).fetch_optional(&mut conn).await.map_err(|e| self.said(e))?;
        let mut last = begun.unwrap_or_default();
        // Up to where nothing is left that may become free by itself.
        let mut clean = true;
        loop {
            let ids = page(&mut conn, mark.due(), &last, &pass.until).await.map_err(|e| self.said(e))?;
            let Some(end) = ids.last().cloned() else { return Ok(()) };
            let mut free = Vec::with_capacity(ids.len());
            for id in ids {
                let waits: Option<String> =
                    scalar(WAITS).bind(&id).fetch_optional(&mut conn).await.map_err(|e| self.said(e))?;
                clean &= waits.is_none();
                if waits.is_some() || pass.held.contains_key(&id) { done.kept += 1 } else { free.push(id) }
            }
            let (to, note) = (end.clone(), clean);
            let erase = errand(move |conn| {
                Box::pin(async move {
                    let erased = match mark {
                        Mark::Numbers => blank::call_numbers(conn, &free).await?,
                        Mark::Notes => blank::call_notes(conn, &free).await?,
                    };
                    if note {
                        query(GO_ON).bind(mark.name()).bind(to).execute(conn).await?;
                    }
                    Ok(erased)
                })
            });
            done.erased += self.clerk().write(erase).await?;
            last = end;
        }
    }

    async fn erase_cases(&self, of: Of, pass: &Pass<'_>, done: &mut Done) -> Result<(), StoreError> {
        let mut last = String::new();
        let mut conn = self.reader().await?;
        loop {
            let ids = page(&mut conn, of.due(), &last, &pass.until).await.map_err(|e| self.said(e))?;
            let Some(end) = ids.last().cloned() else { return Ok(()) };
            let (kept, free): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| pass.held.contains_key(id));
            done.kept += u64::try_from(kept.len()).unwrap_or(0);
            let erase = errand(move |conn| {
                Box::pin(async move {
                    match of {
                        Of::Numbers => blank::case_numbers(conn, &free).await,
                        Of::Names => blank::case_names(conn, &free).await,
                        Of::Texts => blank::case_texts(conn, &free).await,
                    }
                })
            });
            done.erased += self.clerk().write(erase).await?;
            last = end;
        }
    }

    async fn destroy_due(
        &self,
        now: i64,
        (class, kept_from, released): (Class, Option<Month>, &[u32]),
        held: &Held,
        done: &mut Done,
    ) -> Result<(), StoreError> {
        let due = carry::due(self.keys_of(), class, kept_from, released);
        for (scope, id, fingerprint) in due {
            let carried = self.carry_on(now, (class, scope, id), held, self.seals()).await?;
            done.carried += carried;
            let why = match scope {
                Scope::Month(_) => "retention".to_owned(),
                Scope::Hold(no) => format!("hold {no} released"),
            };
            let stone = Tombstone {
                no: 0,
                key: id,
                class,
                scope,
                fingerprint,
                at: now,
                by: "house".to_owned(),
                why,
                values: carried,
                prev: [0; 32],
                hash: [0; 32],
            };
            done.destroyed.push(self.destroy(stone).await?);
        }
        Ok(())
    }

    /// Destroys a data key of the store: its row and its place in memory; its secret in the key file follows.
    async fn destroy(&self, stone: Tombstone) -> Result<Tombstone, StoreError> {
        let key = stone.key;
        let stone = self.bury(stone, true).await?;
        self.keys_of().with_safe(|safe| safe.forget(key));
        Ok(stone)
    }

    /// Writes a tombstone and its line of the audit; with `row` the key's row goes in the same transaction.
    pub(super) async fn bury(&self, stone: Tombstone, row: bool) -> Result<Tombstone, StoreError> {
        let (node, id) = (self.0.settings.node.clone(), self.keys_of().mint_id(stone.at)?);
        let mut tx = self.begin().await?;
        let buried = async {
            if row {
                remove(&mut tx, stone.key).await?;
            }
            let stone = proof::bury(&mut tx, stone).await?;
            crate::access::append(&mut tx, &node, &id, &note(&stone)).await?;
            Ok(stone)
        };
        let stone = buried.await.map_err(|e| self.said(e))?;
        tx.commit().await.map_err(|e| self.said(e))?;
        Ok(stone)
    }

    /// What was overwritten or removed leaves the files of SQLite too: the pages that are free are empty, and the log is cut.
    pub(super) async fn let_go(&self) -> Result<(), StoreError> {
        let mut conn = self.reader().await?;
        if conn.dialect() == Dialect::Sqlite {
            query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await.map_err(|e| self.said(e))?;
        }
        Ok(())
    }
}

/// The id before all calls and cases of a month: they begin with their millisecond.
pub(super) fn first_of(month: Month) -> String {
    let ms = u128::try_from(month.begins()).unwrap_or(0);
    call::CallId(ms << 80).to_string()
}

async fn page(db: &mut Db, sql: &'static str, after: &str, until: &str) -> sqlx::Result<Vec<String>> {
    scalar(sql).bind(after).bind(until).bind(AT_ONCE).fetch_all(db).await
}

async fn remove(db: &mut Db, key: KeyId) -> sqlx::Result<()> {
    query("DELETE FROM data_key WHERE id = $1").bind(key.to_string()).execute(db).await.map(drop)
}

fn note(stone: &Tombstone) -> AuditNote {
    let line = stone.line();
    let hash = line.rsplit('\t').next().unwrap_or_default();
    let (class, scope, no, why) = (stone.class.word(), stone.scope, stone.no, &stone.why);
    AuditNote {
        at: stone.at,
        who: stone.by.clone(),
        role: "system".to_owned(),
        what: "key.destroyed".to_owned(),
        target: stone.key.to_string(),
        source: "localhost".to_owned(),
        detail: format!("class={class} scope={scope} tombstone={no} hash={hash} why={why}"),
    }
}
