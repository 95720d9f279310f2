//! Finds a call by whatever name it is asked for, and its messages.

use std::path::Path;

use call::ids::CallId;
use config::Settings;
use store::{CallDetail, Store};
use trace::{Found, Wanted};

use crate::command::CommandError;

/// Messages so long before the offer and after the end belong to a call, ms: both clocks are the same machine's, and a far
/// end may repeat its BYE for 32 s.
const BEFORE: i64 = 5_000;
const AFTER: i64 = 120_000;

/// What is known of a call.
pub(super) struct Seen {
    /// Nothing of a message that belonged to no call.
    pub detail: Option<CallDetail>,
    /// The Call-ID that was asked for, of a message that belongs to no call.
    pub asked: String,
    pub found: Found,
    store: Option<Store>,
}

#[cfg(test)]
impl Seen {
    pub(super) fn new(detail: Option<CallDetail>, found: Found) -> Self {
        Self { detail, asked: "asked".to_owned(), found, store: None }
    }
}

/// Looks in the store and in the trace; `None` when neither knows anything.
///
/// # Errors
/// The store's and the trace's.
pub(super) async fn look(settings: &Settings, call: &str, now: i64) -> Result<Option<Seen>, CommandError> {
    let store = if settings.store.file().is_none_or(Path::exists) {
        let place = crate::record::settings(settings)?;
        Some(Store::look(place).map_err(crate::start::StartError::Store)?)
    } else {
        None
    };
    let detail = match &store {
        Some(store) => detail(store, call).await.map_err(crate::start::StartError::Store)?,
        None => None,
    };
    let call_ids = match &detail {
        Some(detail) => call_ids(detail),
        None => vec![call.to_owned()],
    };
    let span = detail.as_ref().map(|d| (d.row.offered_at, d.row.ended_at.unwrap_or(now)));
    let wanted = Wanted {
        call_ids: &call_ids,
        from_us: span.map(|(from, _)| from.saturating_sub(BEFORE).saturating_mul(1_000)),
        until_us: span.map(|(_, until)| until.saturating_add(AFTER).saturating_mul(1_000)),
    };
    let found = trace::find(&settings.trace.folder, &wanted).map_err(crate::start::StartError::Trace)?;
    let known = detail.is_some() || !found.messages.is_empty();
    Ok(known.then(|| Seen { detail, asked: call.to_owned(), found, store }))
}

async fn detail(store: &Store, call: &str) -> Result<Option<CallDetail>, store::StoreError> {
    let id = match CallId::parse(call) {
        Some(id) => Some(id),
        None => store.call_named(call).await?,
    };
    match id {
        Some(id) => store.call(id).await,
        None => Ok(None),
    }
}

/// The Call-IDs of all legs.
fn call_ids(detail: &CallDetail) -> Vec<String> {
    let mut all = vec![detail.row.sip_call_id.clone()];
    for sip in detail.legs.iter().flat_map(|leg| &leg.sip) {
        let id = sip.sip_call_id.to_string();
        if !all.contains(&id) {
            all.push(id);
        }
    }
    all
}

/// Notes that somebody sees the numbers of these messages; they must not be shown when that fails.
///
/// # Errors
/// The store's.
pub(super) async fn note(seen: &Seen, now: i64, who: &str, what: &str) -> Result<(), CommandError> {
    let Some(store) = &seen.store else {
        return Err(CommandError::argument(
            "--unmask",
            "没有数据库可记下谁看了号码：请先启动一次热线",
            "there is no case store to note who looked: start the hotline once",
        ));
    };
    let call = seen.detail.as_ref().map_or_else(|| seen.asked.clone(), |d| d.row.call.to_string());
    let noted = store.note_trace_access(now, &call, who, what).await;
    noted.map_err(|e| crate::start::StartError::Store(e).into())
}
