//! Accounts: who may sign in.

use std::fmt;

use call::ids::Pii;

use crate::either::{Db, Row, query, scalar};
use crate::error::StoreError;
use crate::seal::Keys;
use crate::store::Store;

/// Where the seals of an account belong.
const SHOWN: &str = "account.shown";
const FACTOR: &str = "account.factor";

/// A secret that nobody may see, not even in parts. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(Box<str>);

impl Hidden {
    /// Wraps a value.
    pub fn new(value: impl Into<Box<str>>) -> Self {
        Self(value.into())
    }

    /// The value itself: for comparisons and the store.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// An account as it is stored. Secrets show stars in `Debug`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// What its owner signs in with.
    pub name: String,
    /// What screens show, sealed in the store.
    pub shown: Pii,
    /// `operator`, `desk`, `supervisor`, `auditor` or `admin`.
    pub role: String,
    /// Whose of the staff it is.
    pub staff: Option<String>,
    /// The password's hash (PHC string).
    pub password: Hidden,
    /// When the password was set, UTC ms.
    pub password_at: i64,
    /// Somebody else chose it: its owner may do nothing until they have changed it.
    pub must_change: bool,
    /// The second factor's secret, base 32, sealed in the store.
    pub factor: Option<Hidden>,
    /// The last step of it that was used.
    pub factor_step: Option<i64>,
    /// May not sign in.
    pub locked: bool,
    /// Made, UTC ms.
    pub made_at: i64,
    /// Signed in last, UTC ms.
    pub signed_in_at: Option<i64>,
}

/// What is changed of an account; the rest stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// What screens show.
    Shown(Pii),
    /// The role's word.
    Role(String),
    /// Whose of the staff it is.
    Staff(Option<String>),
    /// The hash of a password that its owner chose.
    Password(Hidden),
    /// The hash of a password that somebody else chose: the owner must change it first of all.
    GivenPassword(Hidden),
    /// The second factor, or none.
    Factor(Option<Hidden>),
    /// The step of the code that is being used.
    Step(i64),
    /// Whether it may sign in.
    Locked(bool),
    /// It signs in now.
    SignedIn,
}

impl Store {
    /// Makes an account; `false` when there is one of that name.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_account(&self, account: &Account) -> Result<bool, StoreError> {
        const ADD: &str = "INSERT INTO account (name, shown, role, staff_no, password, password_at, factor, factor_step, \
             locked, made_at, signed_in_at, must_change) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (name) DO NOTHING";
        let keys = &self.0.keys;
        let seal = |place, text: &str| keys.seal(place, &account.name, text);
        let shown = seal(SHOWN, account.shown.reveal()).map_err(|e| self.said(e.into()))?;
        let factor = account.factor.as_ref().map(|f| seal(FACTOR, f.reveal())).transpose();
        let factor = factor.map_err(|e| self.said(e.into()))?;
        let mut conn = self.alone().await?;
        let added = query(ADD)
            .bind(&account.name)
            .bind(shown)
            .bind(&account.role)
            .bind(&account.staff)
            .bind(account.password.reveal())
            .bind(account.password_at)
            .bind(factor)
            .bind(account.factor_step)
            .bind(account.locked)
            .bind(account.made_at)
            .bind(account.signed_in_at)
            .bind(account.must_change)
            .execute(&mut conn)
            .await;
        added.map(|done| done.rows_affected() == 1).map_err(|e| self.said(e))
    }

    /// The account of this name.
    ///
    /// # Errors
    /// The database's.
    pub async fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let mut conn = self.reader().await?;
        one(&mut conn, &self.0.keys, name).await.map_err(|e| self.said(e))
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut conn = self.reader().await?;
        let rows = query("SELECT * FROM account ORDER BY name").fetch_all(&mut conn).await;
        let rows = rows.map_err(|e| self.said(e))?;
        rows.iter().map(|row| read(row, &self.0.keys)).collect::<sqlx::Result<_>>().map_err(|e| self.said(e))
    }

    /// Whether there is any account.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        let mut conn = self.reader().await?;
        let count = scalar::<i64>("SELECT COUNT(*) FROM account").fetch_one(&mut conn).await;
        count.map(|n| n > 0).map_err(|e| self.said(e))
    }

    /// Changes an account, all or nothing; `false` when there is none of that name, or when no admin who may sign in
    /// would be left.
    ///
    /// # Errors
    /// The database's.
    pub async fn change_account(
        &self,
        now_utc_ms: i64,
        name: &str,
        changes: &[Change],
    ) -> Result<bool, StoreError> {
        let said = |e| self.said(e);
        let mut tx = self.begin().await?;
        let had_admin = has_admin(&mut tx).await.map_err(said)?;
        for change in changes {
            if !apply(&mut tx, &self.0.keys, now_utc_ms, name, change).await.map_err(said)? {
                return Ok(false);
            }
        }
        if had_admin && !has_admin(&mut tx).await.map_err(said)? {
            return Ok(false);
        }
        tx.commit().await.map(|()| true).map_err(said)
    }

    /// Deletes an account and its sessions; `false` when there is none of that name, or when no admin who may sign in
    /// would be left. What it did stays in the audit.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_account(&self, name: &str) -> Result<bool, StoreError> {
        let said = |e| self.said(e);
        let mut tx = self.begin().await?;
        let had_admin = has_admin(&mut tx).await.map_err(said)?;
        let gone = query("DELETE FROM account WHERE name = $1").bind(name).execute(&mut tx).await;
        let gone = gone.map_err(said)?.rows_affected() == 1;
        if !gone || had_admin && !has_admin(&mut tx).await.map_err(said)? {
            return Ok(false);
        }
        tx.commit().await.map(|()| true).map_err(said)
    }

    /// Uses up the step of a code; `false` when it, or a later one, was used before: at the same moment too.
    ///
    /// # Errors
    /// The database's; the code must not be taken then.
    pub async fn use_step(&self, name: &str, step: i64) -> Result<bool, StoreError> {
        const USE: &str = "UPDATE account SET factor_step = $2 WHERE name = $1 AND (factor_step IS NULL OR factor_step < $2)";
        let mut conn = self.alone().await?;
        let used = query(USE).bind(name).bind(step).execute(&mut conn).await;
        used.map(|done| done.rows_affected() == 1).map_err(|e| self.said(e))
    }
}

/// The account of this name.
pub(super) async fn one(conn: &mut Db, keys: &Keys, name: &str) -> sqlx::Result<Option<Account>> {
    let row = query("SELECT * FROM account WHERE name = $1").bind(name).fetch_optional(conn).await?;
    row.map(|row| read(&row, keys)).transpose()
}

fn read(row: &Row, keys: &Keys) -> sqlx::Result<Account> {
    let name: String = row.try_get("name")?;
    let open = |place, sealed: &[u8]| keys.open(place, &name, sealed);
    let factor: Option<Vec<u8>> = row.try_get("factor")?;
    Ok(Account {
        shown: Pii::new(open(SHOWN, row.try_get("shown")?)?),
        role: row.try_get("role")?,
        staff: row.try_get("staff_no")?,
        password: Hidden::new(row.try_get::<String>("password")?),
        password_at: row.try_get("password_at")?,
        must_change: row.try_get("must_change")?,
        factor: factor.map(|sealed| open(FACTOR, &sealed)).transpose()?.map(Hidden::new),
        factor_step: row.try_get("factor_step")?,
        locked: row.try_get("locked")?,
        made_at: row.try_get("made_at")?,
        signed_in_at: row.try_get("signed_in_at")?,
        name,
    })
}

async fn apply(conn: &mut Db, keys: &Keys, now: i64, name: &str, change: &Change) -> sqlx::Result<bool> {
    let seal = |place, text: &str| keys.seal(place, name, text);
    let query = match change {
        Change::Shown(text) => query("UPDATE account SET shown = $2 WHERE name = $1")
            .bind(name)
            .bind(seal(SHOWN, text.reveal())?),
        Change::Role(role) => query("UPDATE account SET role = $2 WHERE name = $1").bind(name).bind(role),
        Change::Staff(staff) => {
            query("UPDATE account SET staff_no = $2 WHERE name = $1").bind(name).bind(staff)
        }
        Change::Password(hash) | Change::GivenPassword(hash) => {
            const SET: &str =
                "UPDATE account SET password = $2, password_at = $3, must_change = $4 WHERE name = $1";
            let given = matches!(change, Change::GivenPassword(_));
            query(SET).bind(name).bind(hash.reveal()).bind(now).bind(given)
        }
        Change::Factor(factor) => {
            const SET: &str = "UPDATE account SET factor = $2, factor_step = NULL WHERE name = $1";
            let sealed = factor.as_ref().map(|text| seal(FACTOR, text.reveal())).transpose()?;
            query(SET).bind(name).bind(sealed)
        }
        Change::Step(step) => {
            query("UPDATE account SET factor_step = $2 WHERE name = $1").bind(name).bind(*step)
        }
        Change::Locked(locked) => {
            query("UPDATE account SET locked = $2 WHERE name = $1").bind(name).bind(*locked)
        }
        Change::SignedIn => {
            query("UPDATE account SET signed_in_at = $2 WHERE name = $1").bind(name).bind(now)
        }
    };
    query.execute(conn).await.map(|done| done.rows_affected() == 1)
}

/// Whether an admin is left who may sign in; else nobody could let anybody in again.
async fn has_admin(conn: &mut Db) -> sqlx::Result<bool> {
    const LEFT: &str = "SELECT COUNT(*) FROM account WHERE role = 'admin' AND NOT locked";
    scalar::<i64>(LEFT).fetch_one(conn).await.map(|n| n > 0)
}
