//! Live events (server-sent events, WHATWG HTML section 9.2): the time lines of all calls as they grow.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use call::CallId;
use call::cdr::EventRow;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};

use crate::config::Changed;
use crate::error::ApiError;
use crate::extract::{Ask, call_id};
use crate::problem::Problem;
use crate::rooms::House;
use crate::shapes;
use crate::who::Who;

/// Listeners at a time. One more gets 503 `too_many_listeners`.
pub(crate) const LISTENERS: usize = 32;
/// Events between a listener's task and its connection. When it is full, the task waits, and what the switchboard keeps
/// for it (4,096 events) fills; when that is full too, the oldest are lost and the listener is told how many.
const AHEAD: usize = 16;
/// A comment is sent after so long without an event, so that proxies and listeners see that the line is alive.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);

type Lines = mpsc::Sender<Result<Event, Infallible>>;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whose {
    /// Only of this call.
    call: Option<String>,
}

/// A listener was too slow and lost events.
#[derive(Serialize, ToSchema)]
pub(crate) struct Lagged {
    /// How many, of all calls. Read the calls again to see what they were.
    lost: u64,
}

/// 实时事件（SSE）。The time lines as they grow, from now on.
///
/// A change of the configuration is told to whoever listens to all calls: `event: config.changed`, with version, hash,
/// author, comment, at.
/// `event:` is the kind, `id:` is CALL:SEQ, `data:` is an Event as JSON. A listener that was too slow gets an event
/// `lagged` with the number of lost ones. After a break, read the call: its time line has what was missed.
/// A browser's EventSource can't send headers; read the body of fetch() instead. The token is never taken from the
/// address. The stream ends with the session, and listening does not keep a session from resting.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", security(("token" = [])), params(Whose), responses(
    (status = 200, body = shapes::Event, content_type = "text/event-stream", description = "A stream that does not end"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn events(
    State(house): State<Arc<House>>,
    who: Who,
    Ask(whose): Ask<Whose>,
) -> Result<Sse<impl tokio_stream::Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let no_call = |_| ApiError::BadAddress("call is the id of a call".into());
    let call = whose.call.as_deref().map(call_id).transpose().map_err(no_call)?;
    let listeners = Arc::clone(&house.listeners);
    let place = listeners.try_acquire_owned().map_err(|_| ApiError::TooManyListeners)?;
    let (lines, stream) = mpsc::channel(AHEAD);
    let live = house.rooms.handle.events();
    let changes = house.office.changes.subscribe();
    tokio::spawn(pass_on((live, changes), lines, call, who.ended, place));
    let alive = KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive");
    Ok(Sse::new(ReceiverStream::new(stream)).keep_alive(alive))
}

/// What a listener is told next.
enum Next {
    Event(Result<Arc<EventRow>, RecvError>),
    Change(Arc<Changed>),
}

/// Passes events on until the listener or the switchboard goes, or `closing`: the session ends, or the interface closes.
async fn pass_on(
    (mut live, mut changes): (broadcast::Receiver<Arc<EventRow>>, broadcast::Receiver<Arc<Changed>>),
    lines: Lines,
    call: Option<CallId>,
    closing: CancellationToken,
    _place: OwnedSemaphorePermit,
) {
    loop {
        let event = tokio::select! {
            () = closing.cancelled() => return,
            () = lines.closed() => return,
            Ok(change) = changes.recv(), if call.is_none() => Next::Change(change),
            event = live.recv() => Next::Event(event),
        };
        let event = match event {
            Next::Event(event) => event,
            Next::Change(change) => {
                let line = Event::default().event("config.changed").json_data(&*change);
                if let Ok(line) = line
                    && lines.send(Ok(line)).await.is_err()
                {
                    return;
                }
                continue;
            }
        };
        let line = match event {
            Ok(row) if call.is_some_and(|call| call != row.call) => continue,
            Ok(row) => line(&row),
            Err(RecvError::Lagged(lost)) => Event::default().event("lagged").json_data(Lagged { lost }),
            Err(RecvError::Closed) => return,
        };
        let Ok(line) = line else { continue };
        tokio::select! {
            () = closing.cancelled() => return,
            sent = lines.send(Ok(line)) => if sent.is_err() { return },
        }
    }
}

fn line(row: &EventRow) -> Result<Event, axum::Error> {
    let id = format!("{}:{}", row.call, row.seq);
    Event::default().id(id).event(row.kind).json_data(shapes::Event::from(row))
}
