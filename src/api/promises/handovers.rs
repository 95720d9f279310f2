//! Hand-overs with their clocks.

use std::sync::Arc;

use access::Role;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::promises::{HandoverFilter, HandoverLine, PromiseLine};
use utoipa::{IntoParams, ToSchema};

use super::{limit, place, scope};
use crate::error::ApiError;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// Characters of the longest code.
const LONGEST_CODE: usize = 32;

/// Open ones, or all.
#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OpenOrAll {
    /// What somebody still has to see to.
    #[default]
    Open,
    /// Everything.
    All,
}

/// Which hand-overs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichHandovers {
    /// `open`: the last one of each case that is not closed. `all`: each time a unit was named.
    #[serde(default)]
    #[param(inline)]
    state: OpenOrAll,
    /// Code of the unit.
    unit: Option<String>,
    /// Go on after this one: `next` of the page before.
    before: Option<String>,
    /// Lines of the page, 1 to 200; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A page of hand-overs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Handovers {
    /// The newest first.
    handovers: Vec<HandoverJson>,
    /// Where to go on.
    next: Option<String>,
}

/// A hand-over.
#[derive(Serialize, ToSchema)]
#[schema(as = Handover)]
pub(crate) struct HandoverJson {
    /// 12 digits.
    case_no: String,
    /// The case's title.
    title: String,
    /// `enquiry`, `complaint`, ...
    kind: String,
    /// Code of the unit.
    unit: String,
    /// Its name.
    unit_name: String,
    /// Which of the case's, from 1.
    no: u32,
    /// From 1.
    round: u32,
    /// When it is or was to be made, UTC ms.
    planned_at: i64,
    /// When the unit's contacts were first called, UTC ms.
    made_at: Option<i64>,
    /// UTC ms.
    received_at: Option<i64>,
    /// Staff number.
    received_by: Option<String>,
    /// `keys`: in our call; `operator`: typed.
    channel: Option<String>,
    /// UTC ms.
    refused_at: Option<i64>,
    /// Why the unit returned it.
    refuse_reason: Option<String>,
    /// Not to wait.
    urgent: bool,
    /// The case's state.
    case_state: String,
    /// The ten minutes that began with the receipt.
    call_back: Option<CallBackClock>,
    /// Until when the work is promised, UTC ms.
    work_due_at: Option<i64>,
    /// This reader may be connected with the citizen now.
    may_connect: bool,
}

/// The unit calls the citizen back within ten minutes.
#[derive(Serialize, ToSchema)]
struct CallBackClock {
    /// UTC ms.
    due_at: i64,
    /// UTC ms.
    ended_at: Option<i64>,
    /// `kept`, `missed`, `void`.
    ending: Option<String>,
    /// `claimed`, `proven`.
    proof: Option<String>,
}

impl From<PromiseLine> for CallBackClock {
    fn from(line: PromiseLine) -> Self {
        let PromiseLine { due_at, ended_at, ending, proof, .. } = line;
        Self { due_at, ended_at, ending, proof }
    }
}

/// States in which the unit has the case and may speak with the citizen.
pub(crate) const CONNECTED_IN: [promise::State; 5] = [
    promise::State::Accepted,
    promise::State::InProgress,
    promise::State::ExtensionAsked,
    promise::State::Reported,
    promise::State::Checking,
];

impl HandoverJson {
    /// As this reader may see it.
    pub(crate) fn of(line: HandoverLine, who: &Who) -> Self {
        let has_it = CONNECTED_IN.iter().any(|state| state.word() == line.case_state);
        let may = matches!(who.role, Role::Operator | Role::Desk | Role::Supervisor | Role::Admin);
        Self {
            may_connect: may
                && who.staff.is_some()
                && has_it
                && line.has_citizen
                && line.received_at.is_some()
                && line.refused_at.is_none(),
            case_no: line.case_no,
            title: line.title,
            kind: line.kind,
            unit: line.unit,
            unit_name: line.unit_name,
            no: line.no,
            round: line.round,
            planned_at: line.planned_at,
            made_at: line.made_at,
            received_at: line.received_at,
            received_by: line.received_by,
            channel: line.channel,
            refused_at: line.refused_at,
            refuse_reason: line.refuse_reason,
            urgent: line.urgent,
            case_state: line.case_state,
            call_back: line.call_back.map(Into::into),
            work_due_at: line.work_due_at,
        }
    }
}

/// 交办单，分页，新的在前。Hand-overs with their clocks, newest first; a window sees those of its unit.
#[utoipa::path(get, path = "/api/v1/handovers", tag = "promises", security(("token" = [])), params(WhichHandovers), responses(
    (status = 200, body = Handovers, description = "A page of hand-overs"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    who: Who,
    Ask(which): Ask<WhichHandovers>,
) -> Result<Json<Handovers>, ApiError> {
    let limit = limit(which.limit)?;
    if which.unit.as_ref().is_some_and(|unit| unit.len() > LONGEST_CODE) {
        return Err(ApiError::BadAddress("unit is the code of a unit".into()));
    }
    let open = which.state == OpenOrAll::Open;
    let filter = HandoverFilter { open, unit: which.unit, before: place(which.before)? };
    let page = house.rooms.store.handovers(&filter, &scope(&house, &who), limit).await;
    let page = page.map_err(ApiError::StoreAway)?;
    let handovers = page.lines.into_iter().map(|line| HandoverJson::of(line, &who)).collect();
    Ok(Json(Handovers { handovers, next: page.next }))
}
