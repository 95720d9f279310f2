//! What was promised and how it goes, by HTTP: hand-overs, follow-ups, escalations, call-backs, ledger, notices, figures, exports.

pub(crate) mod acts;
pub(crate) mod exports;
pub(crate) mod figures;
pub(crate) mod handovers;
pub(crate) mod kinds;
pub(crate) mod ledger;
pub(crate) mod notices;
pub(crate) mod outbox;
pub(crate) mod paper;
pub(crate) mod people;
pub(crate) mod units;
pub(crate) mod upkeep;
pub(crate) mod webhooks;
pub(crate) mod words;

use access::Role;
use store::promises::{MOST_LINES, Scope};

use crate::cases::units_of;
use crate::error::ApiError;
use crate::rooms::House;
use crate::who::Who;

/// Lines of a page when nobody says how many.
const USUAL_PAGE: u32 = 50;
/// Characters of the longest place in a list.
const LONGEST_PLACE: usize = 80;

impl House {
    /// The moment by which promises are kept, UTC ms.
    pub(crate) fn promise_now(&self) -> i64 {
        self.rooms.promises.now()
    }
}

/// Whose lines they see: a window those of its units.
fn scope(house: &House, who: &Who) -> Scope {
    match who.role {
        Role::Desk | Role::Citizen => Scope::Units(units_of(house, who)),
        Role::Operator | Role::Supervisor | Role::Auditor | Role::Admin => Scope::House,
    }
}

/// How many lines.
fn limit(asked: Option<u32>) -> Result<u32, ApiError> {
    let limit = asked.unwrap_or(USUAL_PAGE);
    if (1..=MOST_LINES).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiError::BadAddress(format!("limit is 1 to {MOST_LINES}")))
    }
}

/// A place in a list, as `next` of the page before has told it.
fn place(before: Option<String>) -> Result<Option<String>, ApiError> {
    let fits = |text: &String| {
        text.len() <= LONGEST_PLACE && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
    };
    match before {
        Some(text) if !fits(&text) => Err(ApiError::BadAddress("before is `next` of the page before".into())),
        fitting => Ok(fitting),
    }
}
