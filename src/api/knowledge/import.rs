//! Taking a file into the information base.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use knowledge::import::{Encoding, Fault, Format, read};
use serde::{Deserialize, Serialize};
use store::Imported;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{Ask, BODY_TIME};
use crate::problem::Problem;
use crate::recordings::now_utc_ms as now;
use crate::rooms::House;
use crate::who::Who;
use crate::words::detail_zh;

/// Bytes of the largest file by HTTP; larger ones are taken in with `hotline knowledge import`. A longer one is 413.
const LARGEST: usize = 16 * 1024 * 1024;
/// So long an import is waited for; one that takes longer is answered 202, and asked after.
const PATIENCE: Duration = Duration::from_secs(8);

/// The import under way, and what came of the last one.
#[derive(Default)]
pub(crate) struct Imports(Mutex<Held>);

#[derive(Default)]
struct Held {
    running: Option<Arc<Share>>,
    last: Option<Result<Done, Words>>,
}

/// Entries that are done, of how many; none while the file is being read.
#[derive(Default)]
struct Share {
    done: AtomicUsize,
    of: AtomicUsize,
}

impl Imports {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> Result<Arc<Share>, ApiError> {
        let mut held = self.held();
        if held.running.is_some() {
            return Err(ApiError::ImportRuns);
        }
        let share = Arc::<Share>::default();
        *held = Held { running: Some(Arc::clone(&share)), last: None };
        Ok(share)
    }

    fn end(&self, result: Result<Done, Words>) {
        *self.held() = Held { running: None, last: Some(result) };
    }

    fn told(&self) -> Standing {
        let held = self.held();
        let share = held.running.as_ref();
        let read = |count: fn(&Share) -> &AtomicUsize| share.map_or(0, |s| count(s).load(Ordering::Relaxed));
        let (result, failed) = match held.last.clone() {
            Some(Ok(done)) => (Some(done), None),
            Some(Err(words)) => (None, Some(words)),
            None => (None, None),
        };
        Standing { running: share.is_some(), done: read(|s| &s.done), of: read(|s| &s.of), result, failed }
    }
}

/// How an import stands.
#[derive(Serialize, ToSchema)]
#[schema(as = KnowledgeImportStanding)]
pub(crate) struct Standing {
    /// One is under way.
    running: bool,
    /// Entries that are done.
    done: usize,
    /// Of so many; 0 while the file is being read.
    of: usize,
    /// What the last one did, or would do; nothing while one is under way, or after one that failed.
    result: Option<Done>,
    /// Why the last one broke off. What it had done stays; the same file again completes it.
    failed: Option<Words>,
}

/// In two languages.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = KnowledgeImportFailure)]
pub(crate) struct Words {
    zh: String,
    en: String,
}

impl Words {
    fn of(error: &ApiError) -> Self {
        Self { zh: detail_zh(error), en: error.to_string() }
    }
}

/// How a file is taken in.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Manner {
    /// `merge` (usual): entries that the file does not have stay. `replace`: they are removed.
    #[param(inline)]
    mode: Option<Mode>,
    /// Only say what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// What becomes of entries that the file does not have.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Merge,
    Replace,
}

/// What an import did, or would do.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = KnowledgeImport)]
pub(crate) struct Done {
    /// Whether anything was written: no when there are faults, or with `dry_run`.
    applied: bool,
    /// New entries.
    added: u64,
    /// Entries whose text is another one.
    changed: u64,
    /// Entries that the file does not have.
    removed: u64,
    /// Entries as they are.
    same: u64,
    /// What is wrong in the file; nothing is taken from it then. 200 at most.
    faults: Vec<FaultLine>,
}

/// Something wrong in a file.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = KnowledgeFault)]
struct FaultLine {
    /// The row; 0: the file as a whole.
    row: u64,
    /// What is wrong and what to do, Chinese.
    zh: String,
    /// The same in English.
    en: String,
}

impl Done {
    fn new(applied: bool, done: Imported, faults: Vec<Fault>) -> Self {
        let Imported { added, changed, removed, same } = done;
        let faults = faults.into_iter().map(|f| FaultLine { row: f.row, zh: f.zh, en: f.en }).collect();
        Self { applied, added, changed, removed, same, faults }
    }
}

/// 导入知识库文件：CSV、JSON 或 Markdown，按 Content-Type 区分；有错误则一条也不写入。Takes a file in: CSV, JSON or Markdown by its Content-Type; nothing is taken from one with faults.
///
/// `Content-Type: text/csv; charset=gb18030` reads what Excel in China writes. An import that takes longer than 8 s is answered
/// 202 and goes on: `GET` tells how far it is and what came of it. With `Prefer: respond-async` (RFC 7240) none is waited for.
#[utoipa::path(post, path = "/api/v1/knowledge/import", tag = "knowledge", security(("token" = [])), params(Manner),
    request_body(content = String, content_type = "text/csv"), responses(
    (status = 200, body = Done, description = "What was done, or what is wrong"),
    (status = 202, body = Standing, description = "It goes on"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 409 `import_runs`, 413 `too_large`"),
))]
pub(crate) async fn import(
    State(house): State<Arc<House>>,
    who: Who,
    Ask(manner): Ask<Manner>,
    request: Request,
) -> Result<Response, ApiError> {
    let (format, encoding) = kind(request.headers())?;
    let patience = if is_hasty(request.headers()) { Duration::ZERO } else { PATIENCE };
    let body = axum::body::to_bytes(request.into_body(), LARGEST);
    let bytes = tokio::time::timeout(BODY_TIME, body).await.map_err(|_| ApiError::SlowBody)?;
    let bytes = bytes.map_err(|_| ApiError::TooLarge)?;
    let share = house.imports.begin()?;
    let running = Running { house: Arc::clone(&house), share };
    // In a task of its own: whoever asked may hang up, what was begun is done.
    let work = tokio::spawn(async move { running.take(&who, bytes, (format, encoding), &manner).await });
    match tokio::time::timeout(patience, work).await {
        Ok(done) => Ok(Json(done.map_err(|_| ApiError::Internal("an import broke off"))??).into_response()),
        Err(_) => Ok((StatusCode::ACCEPTED, Json(house.imports.told())).into_response()),
    }
}

/// 导入进度与结果。How far the import is, and what came of the last one.
#[utoipa::path(get, path = "/api/v1/knowledge/import", tag = "knowledge", security(("token" = [])), responses(
    (status = 200, body = Standing, description = "How it stands"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn standing(State(house): State<Arc<House>>) -> Json<Standing> {
    Json(house.imports.told())
}

/// Whether the asker does not want to wait (RFC 7240 section 4.1).
fn is_hasty(headers: &HeaderMap) -> bool {
    let lines = headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split([',', ';'])).any(|one| one.trim().eq_ignore_ascii_case("respond-async"))
}

/// An import under way; when it is dropped without a result, it has broken off.
struct Running {
    house: Arc<House>,
    share: Arc<Share>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mine = |held: &Held| held.running.as_ref().is_some_and(|share| Arc::ptr_eq(share, &self.share));
        if mine(&self.house.imports.held()) {
            self.house.imports.end(Err(Words::of(&ApiError::Internal("an import broke off"))));
        }
    }
}

impl Running {
    async fn take(
        self,
        who: &Who,
        bytes: Bytes,
        file: (Format, Encoding),
        manner: &Manner,
    ) -> Result<Done, ApiError> {
        let done = self.work(who, bytes, file, manner).await;
        self.house.imports.end(done.as_ref().map_err(Words::of).cloned());
        done
    }

    async fn work(
        &self,
        who: &Who,
        bytes: Bytes,
        (format, encoding): (Format, Encoding),
        manner: &Manner,
    ) -> Result<Done, ApiError> {
        let store = &self.house.rooms.store;
        let codes = store.service_codes().await.map_err(ApiError::StoreAway)?;
        let reading = move || read(&bytes, format, encoding, &|code| codes.contains(code));
        let sheet = tokio::task::spawn_blocking(reading).await;
        let sheet = sheet.map_err(|_| ApiError::Internal("a file could not be read"))?;
        self.share.of.store(sheet.entries.len(), Ordering::Relaxed);
        // With faults the sheet is compared all the same, so that the reader sees how much is well.
        let dry = manner.dry_run || !sheet.faults.is_empty();
        let replace = matches!(manner.mode, Some(Mode::Replace));
        let told = |done| self.share.done.store(done, Ordering::Relaxed);
        let done = store.import(now(), &who.user, sheet.entries, replace, dry, &told).await;
        // Another process may be at it.
        let done = done.map_err(ApiError::StoreAway)?.ok_or(ApiError::ImportRuns)?;
        if !dry {
            let Imported { added, changed, removed, same } = done;
            let detail = format!("added={added} changed={changed} removed={removed} same={same}");
            self.house.audit_soon(who, "knowledge.imported", "", &detail);
        }
        Ok(Done::new(!dry, done, sheet.faults))
    }
}

/// What the file is.
fn kind(headers: &HeaderMap) -> Result<(Format, Encoding), ApiError> {
    let unread = || {
        ApiError::BadBody(
            "Content-Type is text/csv, text/tab-separated-values, application/json or text/markdown; charset utf-8 or gb18030"
                .to_owned(),
        )
    };
    let header = headers.get(CONTENT_TYPE).and_then(|t| t.to_str().ok()).ok_or_else(unread)?;
    let mut parts = header.split(';').map(str::trim);
    let format = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "text/csv" | "text/tab-separated-values" => Format::Csv,
        "application/json" => Format::Json,
        "text/markdown" => Format::Markdown,
        _ => return Err(unread()),
    };
    let charset =
        parts.find_map(|p| p.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("charset")));
    let encoding =
        charset.map_or(Some(Encoding::Utf8), |(_, name)| Encoding::of_name(name.trim_matches('"')));
    encoding.map(|encoding| (format, encoding)).ok_or_else(unread)
}
