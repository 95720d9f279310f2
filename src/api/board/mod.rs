//! The live board (server-sent events): everything that a screen shows, whole, when something changed.

mod alarms;
mod checks;
mod counter;
mod desks;
mod keeper;
mod levels;
mod shape;
mod sound;
mod text;
mod today;
mod viewer;

pub(crate) use checks::Checks;
pub(crate) use keeper::Boards;
pub(crate) use levels::Levels;

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use crate::error::ApiError;
use crate::extract::Ask;
use crate::live_events::KEEP_ALIVE;
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;
use keeper::Scene;
use levels::Ear;
use viewer::{AsWhom, Viewer};

/// Screens at a time. One more gets 503 `too_many_listeners`.
pub(crate) const SCREENS: usize = 400;
/// Boards between a screen's task and its connection: a slow screen gets the newest one next, never a row of old ones.
const AHEAD: usize = 1;

/// 实时看板（SSE）。Everything that a screen shows, as far as the role may see it.
///
/// `event: board`, `data:` the whole board as JSON when something changed, at most two a second. `me` is who asks, with the
/// operator's own state; `invite` is the call for which a desk's phone rings or whispers.
///
/// `event: levels`, `data:` the shape Levels as JSON: how loud the legs of the shown calls are now, whenever that has
/// changed. Operators and desks get it for their own calls up to five times a second, those who see all calls at most twice.
#[utoipa::path(get, path = "/api/v1/board", tag = "events", security(("token" = [])), params(AsWhom), responses(
    (status = 200, body = shape::Board, content_type = "text/event-stream", description = "A stream that does not end"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn board(
    State(house): State<Arc<House>>,
    who: Who,
    Ask(whom): Ask<AsWhom>,
) -> Result<Sse<impl tokio_stream::Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let viewer = whom.viewer(&who)?;
    let place = house.boards.place().ok_or(ApiError::TooManyListeners)?;
    let scenes = house.boards.subscribe();
    let (lines, stream) = mpsc::channel(AHEAD);
    let ear = house.boards.ear(viewer.sight);
    tokio::spawn(show((scenes, ear), lines, viewer, who.ended, place));
    let alive = KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive");
    Ok(Sse::new(ReceiverStream::new(stream)).keep_alive(alive))
}

/// Shows each scene to one screen, until the screen goes or `closing`: its session ends, or the interface closes.
async fn show(
    (mut scenes, mut ear): (watch::Receiver<Option<Arc<Scene>>>, Ear),
    lines: mpsc::Sender<Result<Event, Infallible>>,
    viewer: Viewer,
    closing: CancellationToken,
    _place: OwnedSemaphorePermit,
) {
    let mut last = String::new();
    loop {
        let scene = scenes.borrow_and_update().clone();
        if let Some(scene) = scene {
            let board = shape::Board::of(&scene, &viewer);
            ear.follow(board.legs());
            // What changed may be nothing that this one sees; the time alone is no news.
            if let Ok(news) = board.json(&mut last)
                && let Some(news) = news
            {
                let event = Event::default().event("board").data(news);
                tokio::select! {
                    () = closing.cancelled() => return,
                    sent = lines.send(Ok(event)) => if sent.is_err() { return },
                }
            }
        }
        tokio::select! {
            () = closing.cancelled() => return,
            () = lines.closed() => return,
            () = pass_levels(&mut ear, &lines) => return,
            changed = scenes.changed() => if changed.is_err() { return },
        }
    }
}

/// Passes levels on until the screen goes or nobody reads them any more. Who is slow is told the newest ones once there is
/// room, for the last word must arrive: silence.
async fn pass_levels(ear: &mut Ear, lines: &mpsc::Sender<Result<Event, Infallible>>) {
    while let Ok(room) = lines.reserve().await {
        let Some(levels) = ear.next().await else { return };
        room.send(Ok(levels));
    }
}
