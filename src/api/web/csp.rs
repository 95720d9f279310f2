//! What browsers report of the page's policy: counted, and of each minute one told. A sound house has none.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::http::StatusCode;

use crate::error::ApiError;
use crate::recordings::now_utc_ms;
use crate::rooms::House;

/// Bytes of a report that are looked at; browsers send some hundred.
const LONGEST: usize = 8 * 1024;
/// One report of so many milliseconds stands in the log; all are counted.
const TOLD_EVERY_MS: u64 = 60_000;
/// Characters of a directive's name that go into the log.
const LONGEST_WORD: usize = 40;

/// How many reports came.
#[derive(Default)]
pub(crate) struct Reports {
    count: AtomicU64,
    told: AtomicU64,
    /// When the last one came, UTC ms; 0: none.
    last: AtomicI64,
}

impl Reports {
    /// Since the start of the process.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// When the last one came, UTC ms.
    pub(crate) fn last(&self) -> Option<i64> {
        Some(self.last.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    /// One more; whether it shall be told.
    fn add(&self, now: i64) -> bool {
        let now_ms = u64::try_from(now).unwrap_or(0);
        self.last.store(now, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
        let last = self.told.load(Ordering::Relaxed);
        let due = now_ms.saturating_sub(last) >= TOLD_EVERY_MS;
        due && self.told.compare_exchange(last, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// 内容安全策略报告。A browser reports that the page's policy has kept something from loading.
#[utoipa::path(post, path = "/api/v1/csp", tag = "pages", responses((status = 204, description = "Counted")))]
pub(crate) async fn report(
    State(house): State<Arc<House>>,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let body = axum::body::to_bytes(request.into_body(), LONGEST);
    let body = tokio::time::timeout(crate::extract::BODY_TIME, body).await.map_err(|_| ApiError::SlowBody)?;
    let body = body.map_err(|_| ApiError::TooLarge)?;
    if house.reports.add(now_utc_ms()) {
        tracing::warn!(
            directive = directive(&body),
            "a browser kept something from loading on a page of ours"
        );
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The directive's name, if it is one: whoever sends a report writes what they like.
fn directive(body: &[u8]) -> String {
    let report: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let report = report.get("csp-report").unwrap_or(&report);
    let word = report.get("effective-directive").or(report.get("violated-directive"));
    let word = word.and_then(|word| word.as_str()).unwrap_or_default();
    let plain = word.len() <= LONGEST_WORD && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if plain { word.to_owned() } else { String::new() }
}
