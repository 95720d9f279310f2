//! How an order is given: once per Idempotency-Key, with one line for the audit.

pub(crate) mod guard;
pub(crate) mod house;
pub(crate) mod screen;
pub(crate) mod twins;

use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use call::CallId;
use call::event::Order;
use utoipa::IntoResponses;

use crate::error::ApiError;
use crate::idempotency::{Asked, Key, Verdict, once};
use crate::problem::Problem;
use crate::rooms::House;
use crate::shapes::Done;
use crate::who::{Who, may_order};

/// What an order answers.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes what give() answers")]
pub(crate) enum Answers {
    /// Done or under way.
    #[response(status = 200)]
    Done(Done),
    /// Refused: 400 `bad_body` `bad_key`, 403 `not_allowed`, 404 `no_such_call` `no_such_target`, 409 `desk_closed`
    /// `wrong_stage` `seat_taken` `no_phone` `outcome_due`, 422 `key_reused`, 503 `busy` `timed_out`.
    #[response(status = "default", content_type = "application/problem+json")]
    Refused(Problem),
}

/// Carries something out once, in a task of its own.
///
/// What an operator or a desk orders must be about an own call or the own state: asked here, for all orders.
pub(crate) async fn give(house: Arc<House>, who: Who, key: Key, asked: Asked) -> Result<Response, ApiError> {
    if let Asked::Order(order) = &asked {
        may_order(&house, &who, order, describe(&asked).1).await?;
    }
    let keys = Arc::clone(&house.keys);
    let order = asked.clone();
    let (verdict, repeated) =
        once(keys, key, asked, async move { carry_out(&house, &who, order).await }).await?;
    verdict?.map_err(ApiError::Refused).map_or_else(
        |refused| Ok(mark(refused.into_response(), repeated)),
        |()| Ok(mark(Json(Done { status: "done" }).into_response(), repeated)),
    )
}

/// A repetition is told as one.
pub(crate) fn mark(mut response: Response, repeated: bool) -> Response {
    if repeated {
        let name = HeaderName::from_static("idempotency-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    response
}

async fn carry_out(house: &House, who: &Who, asked: Asked) -> Verdict {
    let handle = &house.rooms.handle;
    let (what, call) = describe(&asked);
    let verdict = match asked {
        Asked::Order(order) => handle.order(order).await.map(|answer| answer.map(|_| ())),
        Asked::Drain(on) => handle.drain(on).map(Ok),
        Asked::Pardon(origin) => handle.pardon(origin).map(Ok),
        Asked::Outbound(on) => handle.outbound(on).map(Ok),
    };
    // The audit line: who, what, of which call, and what came of it; never a number.
    let call = call.map(|call| call.to_string()).unwrap_or_default();
    tracing::info!(who = &*who.user, what, call, verdict = ?verdict, "an order by HTTP");
    let outcome = match &verdict {
        Ok(Ok(())) => "done".to_owned(),
        Ok(Err(refusal)) => crate::kinds::of(&ApiError::Refused(refusal.clone())).code.to_owned(),
        Err(error) => error.to_string(),
    };
    house.audit_soon(who, &format!("order.{what}"), &call, &outcome);
    verdict
}

fn describe(asked: &Asked) -> (&'static str, Option<CallId>) {
    match asked {
        Asked::Drain(_) => ("drain", None),
        Asked::Pardon(_) => ("pardon", None),
        Asked::Outbound(_) => ("outbound", None),
        Asked::Order(order) => match order {
            Order::Bridge { call, .. } => ("bridge", Some(*call)),
            Order::Merge(call) => ("merge", Some(*call)),
            Order::Drop(call) => ("drop", Some(*call)),
            Order::Leave(call) => ("leave", Some(*call)),
            Order::Hold(call, _) => ("hold", Some(*call)),
            Order::Mute(call, _) => ("mute", Some(*call)),
            Order::Survey(call) => ("survey", Some(*call)),
            Order::Emergency(call, _) => ("emergency", Some(*call)),
            Order::Recall(call) => ("recall", Some(*call)),
            Order::Recording(call, _) => ("recording", Some(*call)),
            Order::HangUp(call) => ("hang-up", Some(*call)),
            Order::Accept { call, .. } => ("accept", Some(*call)),
            Order::Decline { call, .. } => ("decline", Some(*call)),
            Order::Supervise { call, .. } => ("supervise", Some(*call)),
            Order::Outcome(stated) => ("outcome", Some(stated.call)),
            Order::CloseDesk { .. } => ("close-desk", None),
            Order::Agent(..) => ("state", None),
            Order::ListCalls | Order::ListAgents | Order::Board => ("list", None),
        },
    }
}
