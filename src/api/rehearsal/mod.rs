//! The rehearsal of a draft: proof and replay in the background, one at a time, with progress; and single questions.

pub(crate) mod past;
pub(crate) mod route;
mod shapes;

use std::sync::{Arc, Mutex, PoisonError};

use ::config::Checked;
use ::rehearsal::{Past, Progress, Prompts, RehearsalError, prove, replay};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use tokio::time::Instant;

use crate::config::faults;
use crate::error::ApiError;
use crate::problem::Problem;
use crate::rooms::House;
use shapes::{Rehearsal, Running};

/// How far a rehearsal is, and what came of the last one.
#[derive(Default)]
pub(crate) struct Rehearsals(Mutex<Held>);

#[derive(Default)]
struct Held {
    running: Option<Arc<Progress>>,
    /// The version of the files that was rehearsed, when, and with what result.
    last: Option<(String, i64, Rehearsal)>,
}

impl Rehearsals {
    /// The version that was rehearsed last, whether well, and when.
    pub(crate) fn last(&self) -> Option<(String, bool, i64)> {
        self.held().last.as_ref().map(|(version, at, result)| (version.clone(), result.ok, *at))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> Result<Arc<Progress>, ApiError> {
        let mut held = self.held();
        if held.running.is_some() {
            return Err(ApiError::Rehearsing);
        }
        let progress = Arc::<Progress>::default();
        held.running = Some(Arc::clone(&progress));
        Ok(progress)
    }

    fn end(&self, last: Option<(String, i64, Rehearsal)>) {
        let mut held = self.held();
        held.running = None;
        if last.is_some() {
            held.last = last;
        }
    }
}

/// 演练草稿：检查、证明、重放。Rehearse the draft: its faults; whether for every desk and every minute of a year each path ends at a
/// person or a call-back; and which of last week's calls would go another way.
///
/// Answers when it is done, which takes some seconds; it goes on when the asker does not wait. One at a time.
#[utoipa::path(post, path = "/api/v1/config/draft/rehearse", tag = "config", security(("token" = [])), responses(
    (status = 200, body = Rehearsal, description = "What came of it"),
    (status = "default", body = Problem, content_type = "application/problem+json",
        description = "Refused: 409 `no_draft` `rehearsing` `cancelled`"),
))]
pub(crate) async fn rehearse(State(house): State<Arc<House>>) -> Result<Json<Rehearsal>, ApiError> {
    let draft = house.office.tried(|bench| bench.draft()).await?;
    let files = draft.ok_or(::config::draft::DraftError::NoDraft)?.files;
    let progress = house.rehearsals.begin()?;
    let run = Run { house: Arc::clone(&house), progress, began: Instant::now() };
    // It goes on, and its result is kept, when the asker goes away.
    let task = tokio::spawn(async move {
        let version = files.version();
        let done = run.whole(files).await;
        let last =
            done.as_ref().ok().map(|result| (version, crate::recordings::now_utc_ms(), result.clone()));
        run.house.rehearsals.end(last);
        done
    });
    task.await.map_err(|_| ApiError::Internal("a rehearsal"))?.map(Json)
}

/// 演练进度与最近结果。How far the rehearsal is, and what came of the last one.
#[utoipa::path(get, path = "/api/v1/config/draft/rehearsal", tag = "config", security(("token" = [])), responses(
    (status = 200, body = Running, description = "How it stands"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn progress(State(house): State<Arc<House>>) -> Json<Running> {
    let held = house.rehearsals.held();
    let told = held.running.as_ref().map(|progress| progress.told());
    let share = told.map_or(0.0, |(done, of)| if of == 0 { 0.0 } else { done as f64 / of as f64 });
    let result = held.last.as_ref().map(|(.., result)| result.clone());
    Json(Running { running: told.is_some(), share, result })
}

/// 取消演练。Cancel the rehearsal; none is no fault.
#[utoipa::path(delete, path = "/api/v1/config/draft/rehearsal", tag = "config", security(("token" = [])), responses(
    (status = 204, description = "It ends"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn cancel(State(house): State<Arc<House>>) -> StatusCode {
    if let Some(progress) = &house.rehearsals.held().running {
        progress.cancel();
    }
    StatusCode::NO_CONTENT
}

struct Run {
    house: Arc<House>,
    progress: Arc<Progress>,
    began: Instant,
}

impl Run {
    async fn whole(&self, files: ::config::FileSet) -> Result<Rehearsal, ApiError> {
        let version = files.version();
        let checked = match self.house.office.with(move |bench| bench.check(&files)).await? {
            Ok(checked) => checked,
            Err(wrong) => return Ok(Rehearsal::faulty(faults(wrong), self.began.elapsed())),
        };
        let now = self.house.rooms.behind.current();
        let calls = past::last_week(&self.house, crate::recordings::now_utc_ms()).await?;
        let progress = Arc::clone(&self.progress);
        let work = move || both(&now, &checked, &calls, &progress);
        let (proof, replay) =
            tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::Internal("a rehearsal"))??;
        let result = Rehearsal::of(proof, replay, self.began.elapsed());
        if result.ok {
            self.house.office.tried(move |bench| bench.rehearsed(&version)).await?;
        }
        Ok(result)
    }
}

fn both(
    now: &Checked,
    draft: &Checked,
    calls: &[Past],
    progress: &Progress,
) -> Result<(::rehearsal::Proof, ::rehearsal::Replay), RehearsalError> {
    let prompts = Prompts::read(&draft.settings.prompts.dir);
    let today = draft.plan.calendar.zone.date(crate::recordings::now_utc_ms());
    let proof = prove(draft, &prompts, today, progress)?;
    Ok((proof, replay(now, draft, &prompts, calls, progress)?))
}
