//! Taking a file into the information base.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
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

/// Bytes of the largest file by HTTP; larger ones are taken in with `hotline knowledge import`. A longer one is 413.
const LARGEST: usize = 16 * 1024 * 1024;

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
#[derive(Serialize, ToSchema)]
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
#[derive(Serialize, ToSchema)]
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
/// `Content-Type: text/csv; charset=gb18030` reads what Excel in China writes. An import that takes longer than the
/// answer's time limit goes on; the same file again completes it and says what was left.
#[utoipa::path(post, path = "/api/v1/knowledge/import", tag = "knowledge", security(("token" = [])), params(Manner),
    request_body(content = String, content_type = "text/csv"), responses(
    (status = 200, body = Done, description = "What was done, or what is wrong"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn import(
    State(house): State<Arc<House>>,
    who: Who,
    Ask(manner): Ask<Manner>,
    request: Request,
) -> Result<Json<Done>, ApiError> {
    let (format, encoding) = kind(request.headers())?;
    let body = axum::body::to_bytes(request.into_body(), LARGEST);
    let bytes = tokio::time::timeout(BODY_TIME, body).await.map_err(|_| ApiError::SlowBody)?;
    let bytes = bytes.map_err(|_| ApiError::TooLarge)?;
    // In a task of its own: whoever asked may hang up, what was begun is done.
    let work = tokio::spawn(async move { take(&house, &who, &bytes, (format, encoding), &manner).await });
    work.await.map_err(|_| ApiError::Internal("an import broke off"))?.map(Json)
}

async fn take(
    house: &House,
    who: &Who,
    bytes: &[u8],
    (format, encoding): (Format, Encoding),
    manner: &Manner,
) -> Result<Done, ApiError> {
    let store = &house.rooms.store;
    let codes = store.service_codes().await.map_err(ApiError::StoreAway)?;
    let sheet = read(bytes, format, encoding, &|code| codes.contains(code));
    // With faults the sheet is compared all the same, so that the reader sees how much is well.
    let dry = manner.dry_run || !sheet.faults.is_empty();
    let replace = matches!(manner.mode, Some(Mode::Replace));
    let done =
        store.import(now(), &who.user, sheet.entries, replace, dry).await.map_err(ApiError::StoreAway)?;
    let done = done.ok_or(ApiError::ImportRuns)?;
    if !dry {
        let Imported { added, changed, removed, same } = done;
        let detail = format!("added={added} changed={changed} removed={removed} same={same}");
        house.audit_soon(who, "knowledge.imported", "", &detail);
    }
    Ok(Done::new(!dry, done, sheet.faults))
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
