//! Who asks. The gate finds it out once; every handler that wants to know takes [`Who`] as an argument.

use std::sync::Arc;

use access::{Role, Token};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use call::action::{Answer, CallView, Refusal, SeatRole, SeatView};
use call::event::Order;
use call::ids::{CallId, DeskNo, StaffNo};
use store::CallDetail;
use tokio_util::sync::CancellationToken;

use crate::error::ApiError;
use crate::rooms::House;
use crate::screen::Screen;
use crate::sessions::Session;

/// Who asks, as the gate has found it.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    /// The account; of a program, whose token it is. It stands in the audit; no personal data.
    pub(crate) user: Arc<str>,
    /// What they may do.
    pub(crate) role: Role,
    /// Whose of the staff they are.
    pub(crate) staff: Option<StaffNo>,
    /// The desks at which they sit, by the configuration in use.
    pub(crate) desks: Arc<[DeskNo]>,
    /// The address that they ask from, for the audit.
    pub(crate) from: Arc<str>,
    /// How they showed who they are.
    pub(crate) by: By,
    /// Cancelled when they may not ask any more: the session has ended, or the interface closes. Streams end with it.
    pub(crate) ended: CancellationToken,
}

/// How somebody showed who they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum By {
    /// A program, with the access token.
    Token,
    /// A page, with the session of an account; the hash of its token.
    Session(Arc<str>),
    /// A page, with the session of a trial.
    Trial,
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let who = parts.extensions.get::<Self>().cloned();
        who.ok_or(ApiError::Internal("an endpoint that everybody may use asks who they are"))
    }
}

impl Who {
    /// Whose session this is.
    pub(crate) fn of_session(house: &House, session: &Session, token: &Token, screen: &Screen) -> Self {
        let staff = session.staff.as_deref();
        let desks = staff.map(|staff| house.rooms.current.desks_of(staff)).unwrap_or_default();
        Self {
            user: Arc::clone(&session.user),
            role: session.role,
            staff: staff.map(|no| StaffNo(no.into())),
            desks: desks.into(),
            from: screen.from.as_str().into(),
            by: if session.trial { By::Trial } else { By::Session(token.hash().into()) },
            ended: session.ended.clone(),
        }
    }

    /// Whether this seat is theirs: an operator's by staff number, a desk's by its number.
    pub(crate) fn sits(&self, seat: &SeatView) -> bool {
        match seat.role {
            SeatRole::Operator => self.role == Role::Operator && self.is_staff(&seat.party),
            SeatRole::Desk => self.role == Role::Desk && self.is_at(&seat.party),
            SeatRole::Citizen | SeatRole::Liaison | SeatRole::Supervisor | SeatRole::Emergency => {
                self.is_staff(&seat.party)
            }
        }
    }

    /// Whether this live call is theirs to see and to order: everyone's for those who lead, else one that they sit in.
    pub(crate) fn owns(&self, call: &CallView) -> bool {
        match self.role {
            Role::Supervisor | Role::Admin => true,
            Role::Operator | Role::Desk => call.seats.iter().any(|seat| self.sits(seat)),
            Role::Citizen | Role::Auditor => false,
        }
    }

    /// Whether they may look at the record of this call: those who look at all, and an operator who was in it.
    pub(crate) fn may_read(&self, call: &CallDetail) -> bool {
        match self.role {
            Role::Supervisor | Role::Auditor | Role::Admin => true,
            Role::Operator => {
                let answered = call.row.operator.as_ref().is_some_and(|staff| self.is_staff(&staff.0));
                let seat = |leg: &store::LegLine| {
                    leg.row.seat == SeatRole::Operator
                        && leg.row.answered_at.is_some()
                        && self.is_staff(&leg.row.party)
                };
                answered || call.legs.iter().any(seat)
            }
            Role::Citizen | Role::Desk => false,
        }
    }

    fn is_staff(&self, staff: &str) -> bool {
        self.staff.as_ref().is_some_and(|own| &*own.0 == staff)
    }

    fn is_at(&self, desk: &str) -> bool {
        self.desks.iter().any(|own| own.to_string() == desk)
    }
}

/// Lets an order pass that is about the asker's own call or own state; those who lead may order everything.
///
/// # Errors
/// [`ApiError::NotYours`], a call that is not there, or a core that does not answer.
pub(crate) async fn may_order(
    house: &House,
    who: &Who,
    order: &Order,
    call: Option<CallId>,
) -> Result<(), ApiError> {
    if matches!(who.role, Role::Supervisor | Role::Admin) {
        return Ok(());
    }
    if let Order::Agent(staff, _) = order {
        return if who.staff.as_ref() == Some(staff) { Ok(()) } else { Err(ApiError::NotYours) };
    }
    match (order, call) {
        (Order::CloseDesk { desk, .. }, _) if who.desks.contains(desk) => Ok(()),
        (Order::Outcome(_), Some(call)) => own_call(house, who, call).await,
        (_, Some(call)) => own_live(house, who, call).await,
        (_, None) => Err(ApiError::NotYours),
    }
}

/// Lets pass who owns this call, had it before its end, or left it and still owes its outcome.
async fn own_call(house: &House, who: &Who, call: CallId) -> Result<(), ApiError> {
    match own_live(house, who, call).await {
        Err(ApiError::Refused(Refusal::NoSuchCall)) => {
            let over = house.rooms.store.call(call).await.map_err(ApiError::StoreAway)?;
            let over = over.ok_or(ApiError::Refused(Refusal::NoSuchCall))?;
            if who.may_read(&over) { Ok(()) } else { Err(ApiError::NotYours) }
        }
        Err(ApiError::NotYours) if owes_outcome(house, who, call).await? => Ok(()),
        known => known,
    }
}

/// Whether the house waits for their word on this call: the others may still be talking in it.
async fn owes_outcome(house: &House, who: &Who, call: CallId) -> Result<bool, ApiError> {
    let answer = house.rooms.handle.order(Order::Board).await?.map_err(ApiError::Refused)?;
    let Answer::Board(board) = answer else {
        return Err(ApiError::Internal("the core answered something else"));
    };
    let mut agents = board.agents.iter();
    Ok(agents.any(|agent| who.staff.as_ref() == Some(&agent.staff) && agent.outcome_due.contains(&call)))
}

/// Lets pass who owns this live call.
///
/// # Errors
/// As [`may_order`].
pub(crate) async fn own_live(house: &House, who: &Who, call: CallId) -> Result<(), ApiError> {
    let answer = house.rooms.handle.order(Order::ListCalls).await?.map_err(ApiError::Refused)?;
    let Answer::Calls(calls) = answer else {
        return Err(ApiError::Internal("the core answered something else"));
    };
    let view = calls.iter().find(|view| view.call == call).ok_or(ApiError::Refused(Refusal::NoSuchCall))?;
    if who.owns(view) { Ok(()) } else { Err(ApiError::NotYours) }
}
