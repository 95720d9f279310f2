//! What the store knows of last week's calls, for a replay. Which keys were pressed it never knows.

use ::rehearsal::{MOST_REPLAYED, Past};
use call::ids::DeskNo;
use store::{CallDetail, CallFilter};

use crate::error::ApiError;
use crate::rooms::House;

/// Milliseconds of a week.
const WEEK: i64 = 7 * 86_400_000;
/// Calls that are read at once.
const PAGE: u32 = 200;

/// The calls of the last seven days that were for us, newest first, at most [`MOST_REPLAYED`].
pub(crate) async fn last_week(house: &House, now: i64) -> Result<Vec<Past>, ApiError> {
    let store = &house.rooms.store;
    let week =
        CallFilter { from: Some(now.saturating_sub(WEEK)), live: Some(false), ..CallFilter::default() };
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.calls(&week, after, PAGE).await.map_err(ApiError::StoreAway)?;
        for line in page.calls.iter().filter(|line| line.direction == "in") {
            let detail = store.call(line.call).await.map_err(ApiError::StoreAway)?;
            found.extend(detail.map(|detail| past(&detail)));
        }
        after = page.next.filter(|_| found.len() < MOST_REPLAYED);
        if after.is_none() {
            found.truncate(MOST_REPLAYED);
            return Ok(found);
        }
    }
}

fn past(detail: &CallDetail) -> Past {
    let (row, events) = (&detail.row, &detail.events);
    let spoke = events.iter().position(|e| e.kind == "agent.answer").unwrap_or(events.len());
    let before = events.iter().take(spoke);
    let rung = before.clone().filter(|e| e.kind == "room.ringing");
    let desk = rung.filter_map(|e| e.detail.strip_prefix("desk=")?.parse().ok()).next();
    Past {
        call: row.call.to_string(),
        offered_at: row.offered_at,
        number: row.did.clone(),
        withheld: row.cli_withheld,
        lang: row.lang,
        desk: desk.map(DeskNo),
        keyed: before.clone().any(|e| e.kind == "ivr.digit"),
        operators: events.iter().any(|e| e.kind.starts_with("agent.")),
    }
}
