//! Before a data key dies: what it sealed and is to be kept is sealed anew by another one, some values at a time.

use vault::{Algorithm, Class, DataKey, KeyId, Month, Scope};

use super::hold::Held;
use super::rack;
use crate::clerk::errand;
use crate::either::{Builder, Db, Row};
use crate::error::StoreError;
use crate::seal::Keys;
use crate::store::Store;

/// Values of one commit.
const AT_ONCE: i64 = 50;

/// A column of sealed values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    class: Class,
    table: &'static str,
    /// The column with the owner that a value is sealed for.
    owner: &'static str,
    column: &'static str,
    /// The place that it is sealed for.
    place: &'static str,
}

const fn column(
    class: Class,
    (table, owner, column): (&'static str, &'static str, &'static str),
    place: &'static str,
) -> Column {
    Column { class, table, owner, column, place }
}

/// All sealed values of classes whose keys come and go with the months.
pub(super) const COLUMNS: [Column; 12] = [
    column(Class::Number, ("call", "id", "caller_e164"), "call.caller_e164"),
    column(Class::Number, ("call", "id", "caller_raw"), "call.caller_raw"),
    column(Class::Number, ("call", "id", "diverted_from"), "call.diverted_from"),
    column(Class::Number, ("callback", "because_of", "number"), "callback.number"),
    column(Class::Number, ("cases", "id", "applicant_phone"), "cases.applicant_phone"),
    column(Class::Number, ("short_message", "id", "number"), "short_message.number"),
    column(Class::Name, ("cases", "id", "applicant_name"), "cases.applicant_name"),
    column(Class::Case, ("cases", "id", "content_sealed"), "cases.content"),
    column(Class::Case, ("cases", "id", "place_sealed"), "cases.place"),
    column(Class::Case, ("case_log", "case_id", "what_sealed"), "case_log.what"),
    column(Class::Case, ("stated", "call_id", "note"), "stated.note"),
    column(Class::Case, ("short_message", "id", "text"), "short_message.text"),
];

/// A value that is to be kept.
struct Value {
    owner: String,
    sealed: Vec<u8>,
}

impl Column {
    /// Some of the values that a key has sealed: format and algorithm are two bytes, then comes the key.
    async fn sealed_by(self, db: &mut Db, key: KeyId) -> sqlx::Result<Vec<Value>> {
        let Self { table, owner, column, .. } = self;
        let mut find = Builder::new(format!(
            "SELECT {owner} AS owner, {column} AS sealed FROM {table} WHERE substr({column}, 3, 8) = "
        ));
        find.push_bind(key.0.to_be_bytes().to_vec()).push(" LIMIT ").push_bind(AT_ONCE);
        let rows = find.build().fetch_all(db).await?;
        let value = |row: &Row| Ok(Value { owner: row.try_get("owner")?, sealed: row.try_get("sealed")? });
        rows.iter().map(value).collect()
    }

    /// Puts a value in the place of the one before, if that still stands there.
    async fn replace(self, db: &mut Db, before: Value, sealed: Vec<u8>) -> sqlx::Result<()> {
        let Self { table, owner, column, .. } = self;
        let mut replace = Builder::new(format!("UPDATE {table} SET {column} = "));
        replace.push_bind(sealed).push(format!(" WHERE {owner} = ")).push_bind(before.owner);
        replace.push(format!(" AND {column} = ")).push_bind(before.sealed);
        replace.build().execute(db).await.map(drop)
    }
}

impl Store {
    /// Brings everything that a key has sealed under others: what is held under its hold's, the rest under this month's. From
    /// then on nothing needs the key. How many values that were.
    pub(super) async fn carry_on(
        &self,
        now: i64,
        (class, scope, id): (Class, Scope, KeyId),
        held: &Held,
        seals: Algorithm,
    ) -> Result<u64, StoreError> {
        self.keys_of().with_safe(|safe| safe.stop(class, scope));
        let mut done = 0;
        for column in COLUMNS.into_iter().filter(|column| column.class == class) {
            loop {
                let mut conn = self.reader().await?;
                let values = column.sealed_by(&mut conn, id).await.map_err(|e| self.said(e))?;
                drop(conn);
                if values.is_empty() {
                    break;
                }
                done += u64::try_from(values.len()).unwrap_or(0);
                self.seal_anew(now, column, values, held, seals).await?;
            }
        }
        Ok(done)
    }

    async fn seal_anew(
        &self,
        now: i64,
        column: Column,
        values: Vec<Value>,
        held: &Held,
        seals: Algorithm,
    ) -> Result<(), StoreError> {
        let keys = self.keys_of();
        let mut anew = Vec::with_capacity(values.len());
        for value in values {
            let scope =
                held.get(&value.owner).map_or(Scope::Month(Month::of_utc_ms(now)), |no| Scope::Hold(*no));
            if keys.safe().current(column.class, scope).is_none() {
                let mut tx = self.begin().await?;
                rack::mint(&mut tx, keys, column.class, scope, now, seals).await?;
                tx.commit().await.map_err(|e| self.said(e))?;
            }
            let sealed = reseal(keys, column, scope, &value)?;
            anew.push((value, sealed));
        }
        let write = errand(move |conn| {
            Box::pin(async move {
                for (value, sealed) in anew {
                    column.replace(conn, value, sealed).await?;
                }
                Ok(())
            })
        });
        self.clerk().write(write).await
    }
}

fn reseal(keys: &Keys, column: Column, scope: Scope, value: &Value) -> Result<Vec<u8>, StoreError> {
    let place = (column.place, value.owner.as_str());
    Ok(keys.safe().reseal((column.class, scope), place, &value.sealed, keys.chance())?)
}

/// The data keys of a class that are due: of months before this one, and of holds that were released.
pub(super) fn due(
    keys: &Keys,
    class: Class,
    kept_from: Option<Month>,
    released: &[u32],
) -> Vec<(Scope, KeyId, String)> {
    let safe = keys.safe();
    let is_due = |key: &&DataKey| match key.scope {
        Scope::Month(month) => kept_from.is_some_and(|from| month < from),
        Scope::Hold(no) => released.contains(&no),
    };
    let of_class = safe.keys().into_iter().filter(|key| key.class == class).filter(is_due);
    of_class.map(|key| (key.scope, key.id, key.fingerprint())).collect()
}
