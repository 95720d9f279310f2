//! The ledger of matters that outside conditions block.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::promises::{LedgerLine, ReviewLine, Scope};
use utoipa::{IntoParams, ToSchema};

use super::scope;
use crate::error::ApiError;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// Which items.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichItems {
    /// The open ones, or (`false`) those that were struck off: the newest 200.
    #[serde(default = "yes")]
    open: bool,
}

fn yes() -> bool {
    true
}

/// The ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ledger {
    /// The open ones by their next review; those that were struck off the newest first.
    items: Vec<ItemJson>,
    /// All that were ever listed ...
    listed: u64,
    /// ... and those of them that were struck off.
    struck: u64,
}

/// An item.
#[derive(Serialize, ToSchema)]
#[schema(as = LedgerItem)]
struct ItemJson {
    /// ULID.
    id: String,
    /// The case that it blocks.
    case_no: Option<String>,
    /// Code of the unit that must see to it.
    owner: String,
    /// Its name.
    owner_name: String,
    /// In a line.
    title: String,
    /// Why it is blocked.
    why: String,
    /// UTC ms.
    listed_at: i64,
    /// By whom.
    listed_by: String,
    /// When it is to be reviewed next, UTC ms.
    review_at: i64,
    /// That moment has passed.
    overdue: bool,
    /// Oldest first.
    reviews: Vec<ReviewJson>,
    /// UTC ms.
    struck_at: Option<i64>,
    /// By whom.
    struck_by: Option<String>,
    /// Why.
    struck_why: Option<String>,
}

/// A review.
#[derive(Serialize, ToSchema)]
#[schema(as = LedgerReview)]
struct ReviewJson {
    /// UTC ms.
    at: i64,
    /// By whom.
    who: String,
    /// What was found.
    text: String,
}

impl ItemJson {
    fn of(line: LedgerLine, now: i64) -> Self {
        let review = |ReviewLine { at, who, text }| ReviewJson { at, who, text };
        Self {
            overdue: line.struck_at.is_none() && line.review_at < now,
            reviews: line.reviews.into_iter().map(review).collect(),
            id: line.id,
            case_no: line.case_no,
            owner: line.owner,
            owner_name: line.owner_name,
            title: line.title,
            why: line.why,
            listed_at: line.listed_at,
            listed_by: line.listed_by,
            review_at: line.review_at,
            struck_at: line.struck_at,
            struck_by: line.struck_by,
            struck_why: line.struck_why,
        }
    }
}

/// 台账。Matters that outside conditions block; a window sees those of its unit.
#[utoipa::path(get, path = "/api/v1/ledger", tag = "promises", security(("token" = [])), params(WhichItems), responses(
    (status = 200, body = Ledger, description = "The ledger"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    who: Who,
    Ask(which): Ask<WhichItems>,
) -> Result<Json<Ledger>, ApiError> {
    let ledger = house.rooms.store.ledger(which.open).await.map_err(ApiError::StoreAway)?;
    let (now, scope) = (house.promise_now(), scope(&house, &who));
    let sees = |line: &LedgerLine| match &scope {
        Scope::House => true,
        Scope::Units(units) => units.contains(&line.owner),
    };
    let items = ledger.items.into_iter().filter(sees).map(|line| ItemJson::of(line, now)).collect();
    Ok(Json(Ledger { items, listed: ledger.listed, struck: ledger.struck }))
}
