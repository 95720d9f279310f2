//! The number of a caller in clear, for whoever has a reason.

use call::ids::{CallId, Pii};

use crate::either::query;
use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// The caller's number of a call: `None` when there is no such call, `Some(None)` when the number was withheld.
    /// Whoever hands it out writes a line of the audit first.
    ///
    /// # Errors
    /// The database's.
    pub async fn caller_number(&self, call: CallId) -> Result<Option<Option<Pii>>, StoreError> {
        let said = |e| self.said(e);
        let id = call.to_string();
        let mut conn = self.reader().await?;
        let row = query("SELECT caller_e164 FROM call WHERE id = $1").bind(&id);
        let Some(row) = row.fetch_optional(&mut conn).await.map_err(said)? else { return Ok(None) };
        let sealed: Option<Vec<u8>> = row.try_get("caller_e164").map_err(said)?;
        let open = |sealed: Vec<u8>| self.0.keys.open("call.caller_e164", &id, &sealed);
        let number = sealed.map(open).transpose().map_err(|e| said(e.into()))?;
        Ok(Some(number.filter(|n| !n.is_empty()).map(Pii::new)))
    }
}
