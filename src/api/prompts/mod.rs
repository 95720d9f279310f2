//! What citizens hear: the list, the sounds, and own recordings in their place. The shipped ones are kept beside them.

mod shelf;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use call::ids::Lang;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::backstage::{Behind, Taken, Words};
use crate::config::Both;
use crate::error::ApiError;
use crate::extract::{BODY_TIME, Body, Place};
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;
use shelf::{How, Shelf};

pub(crate) use shelf::Prompts;

/// Bytes of the longest recording that is taken: two minutes in the widest form.
pub(crate) const SOUND_LIMIT: usize = 64 * 1024 * 1024;
/// Characters of the longest text that is spoken.
const LONGEST_TEXT: usize = 500;

/// The recordings that stand in the lists of this folder and have no file.
pub(crate) fn missing(dir: &std::path::Path) -> Vec<String> {
    Shelf::open(dir).missing()
}

/// A recording of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfPrompt {
    /// `zh-CN` or `en`.
    lang: String,
    /// As in the list: `P01`, `P10-1`, `clip-d0`.
    id: String,
}

/// What was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sounds {
    /// How long it takes.
    ms: u64,
    /// What a listener would complain about: too loud, nearly silent, cut off.
    warnings: Vec<Both>,
}

/// What is to be spoken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Speak {
    /// The recording's own text when nothing is said. At most 500 characters.
    text: Option<String>,
}

/// 全部录音。All recordings, with their texts and lengths; missing ones are named.
#[utoipa::path(get, path = "/api/v1/prompts", tag = "config", security(("token" = [])), responses(
    (status = 200, body = Prompts, description = "The recordings"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn list(State(house): State<Arc<House>>) -> Result<Json<Prompts>, ApiError> {
    let behind = house.rooms.behind.clone();
    let tts = !behind.current().settings.prompts.tts.is_empty();
    let all = on_shelf(&behind, move |shelf, behind| shelf.list(behind)).await?;
    Ok(Json(Prompts { prompts: all, tts }))
}

/// 录音的声音（WAV）。A recording's sound.
#[utoipa::path(get, path = "/api/v1/prompts/{lang}/{id}/sound", tag = "config", security(("token" = [])),
    params(OfPrompt), responses(
    (status = 200, content_type = "audio/wav", description = "The sound", body = Vec<u8>),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 404 `no_such_prompt`"),
))]
pub(crate) async fn sound(
    State(house): State<Arc<House>>,
    Place(of): Place<OfPrompt>,
) -> Result<Response, ApiError> {
    let read = on_shelf(&house.rooms.behind, move |shelf, _| shelf.read(&of.lang, &of.id)).await?;
    let bytes = read.ok_or(ApiError::NoSuchPrompt)?;
    Ok(([(CONTENT_TYPE, HeaderValue::from_static("audio/wav"))], bytes).into_response())
}

/// 上传录音：任何 PCM 格式的 WAV，转成本系统的格式，立即使用。Put an own recording in its place: a WAV of any PCM form, used at once.
#[utoipa::path(put, path = "/api/v1/prompts/{lang}/{id}/sound", tag = "config", security(("token" = [])),
    params(OfPrompt), request_body(content = Vec<u8>, content_type = "audio/wav"), responses(
    (status = 200, body = Sounds, description = "It is in use"),
    (status = "default", body = Problem, content_type = "application/problem+json",
        description = "Refused: 404 `no_such_prompt`, 413 `too_large`, 422 `declined` when it is no WAV, silent or too long"),
))]
pub(crate) async fn put(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfPrompt>,
    request: Request,
) -> Result<Json<Sounds>, ApiError> {
    known(&house, &of).await?;
    let read = axum::body::to_bytes(request.into_body(), SOUND_LIMIT);
    let bytes = tokio::time::timeout(BODY_TIME * 6, read).await.map_err(|_| ApiError::SlowBody)?;
    let bytes = bytes.map_err(|_| ApiError::TooLarge)?;
    keep(&house, &who, of, bytes.to_vec(), How::Uploaded).await.map(Json)
}

/// 恢复随程序提供的录音。Back to the recording that came with the program.
#[utoipa::path(delete, path = "/api/v1/prompts/{lang}/{id}/sound", tag = "config", security(("token" = [])),
    params(OfPrompt), responses(
    (status = 204, description = "The shipped one is in use"),
    (status = "default", body = Problem, content_type = "application/problem+json",
        description = "Refused: 404 `no_such_prompt`, also when nothing was put in its place"),
))]
pub(crate) async fn restore(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfPrompt>,
) -> Result<StatusCode, ApiError> {
    let target = format!("{}/{}", of.lang, of.id);
    let back = on_shelf(&house.rooms.behind, move |shelf, _| shelf.restore(&of.lang, &of.id)).await?;
    if !back.map_err(disk)? {
        return Err(ApiError::NoSuchPrompt);
    }
    house.audit_soon(&who, "prompt.restored", &target, "");
    house.rooms.behind.refresh_voice().await.map_err(ApiError::Behind)?;
    Ok(StatusCode::NO_CONTENT)
}

/// 用语音合成生成录音。Have the text-to-speech command speak it.
#[utoipa::path(post, path = "/api/v1/prompts/{lang}/{id}/speak", tag = "config", security(("token" = [])),
    params(OfPrompt), request_body = Speak, responses(
    (status = 200, body = Sounds, description = "It is in use"),
    (status = "default", body = Problem, content_type = "application/problem+json",
        description = "Refused: 404 `no_such_prompt`, 422 `declined` when there is no command or it fails"),
))]
pub(crate) async fn speak(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfPrompt>,
    Body(Speak { text }): Body<Speak>,
) -> Result<Json<Sounds>, ApiError> {
    let own = known(&house, &of).await?;
    let text = text.unwrap_or(own);
    let fits = (1..=LONGEST_TEXT).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    // What begins with a dash would be an option of the command.
    if !fits || text.starts_with('-') {
        return Err(ApiError::BadBody(format!(
            "text is one line of 1 to {LONGEST_TEXT} characters, no - at its beginning"
        )));
    }
    let lang = if of.lang == Lang::En.tag() { Lang::En } else { Lang::Zh };
    let wav = house.rooms.behind.speak(lang, text).await.map_err(ApiError::Declined)?;
    keep(&house, &who, of, wav, How::Spoken).await.map(Json)
}

/// The recording's text, if there is such a recording.
async fn known(house: &House, of: &OfPrompt) -> Result<String, ApiError> {
    let (lang, id) = (of.lang.clone(), of.id.clone());
    let text = on_shelf(&house.rooms.behind, move |shelf, _| shelf.text(&lang, &id)).await?;
    text.ok_or(ApiError::NoSuchPrompt)
}

async fn keep(house: &House, who: &Who, of: OfPrompt, wav: Vec<u8>, how: How) -> Result<Sounds, ApiError> {
    let target = format!("{}/{}", of.lang, of.id);
    let put = move |shelf: &Shelf, behind: &Behind| -> Result<Taken, ApiError> {
        let taken = behind.take_sound(&wav).map_err(ApiError::Declined)?;
        shelf.put(&of.lang, &of.id, &taken.wav, how).map_err(disk)?;
        Ok(taken)
    };
    let taken = on_shelf(&house.rooms.behind, put).await??;
    house.audit_soon(who, "prompt.replaced", &target, how.word());
    house.rooms.behind.refresh_voice().await.map_err(ApiError::Behind)?;
    let both = |Words { zh, en }| Both { zh, en };
    Ok(Sounds { ms: taken.ms, warnings: taken.warnings.into_iter().map(both).collect() })
}

fn disk(why: std::io::Error) -> ApiError {
    ApiError::Behind(Words::new(
        format!("录音目录无法写入：{why}；请让本程序能写 [prompts] dir"),
        format!(
            "the folder of the recordings can't be written ({why}): let this program write [prompts] dir"
        ),
    ))
}

/// Does something with the recordings, away from the tasks that serve.
async fn on_shelf<T: Send + 'static>(
    behind: &Behind,
    deed: impl FnOnce(&Shelf, &Behind) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let behind = behind.clone();
    let work = move || {
        let shelf = Shelf::open(&behind.current().settings.prompts.dir);
        deed(&shelf, &behind)
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::Internal("the recordings"))
}
