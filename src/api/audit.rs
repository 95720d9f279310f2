//! The audit as auditors and admins read it.

use std::sync::Arc;

use access::UserName;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::{AuditFilter, AuditLine};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::rooms::House;

/// Lines of a page when nobody says how many.
const USUAL_PAGE: u32 = 100;
/// Lines of the longest page.
const LONGEST_PAGE: u32 = 500;
/// Characters of a ULID.
const ID_LENGTH: usize = 26;
/// Characters of the longest deed.
const LONGEST_WORD: usize = 40;

/// Which lines.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Of this account; the token of programs is `admin-token`.
    who: Option<String>,
    /// Deeds that begin so: `call` finds `call.unmask`.
    what: Option<String>,
    /// At or after, UTC ms.
    since: Option<i64>,
    /// Go on before this line: `next` of the page before.
    before: Option<String>,
    /// Lines of the page, 1 to 500; 100 when nothing is said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A page of the audit.
#[derive(Serialize, ToSchema)]
pub(crate) struct Audit {
    /// Newest first.
    lines: Vec<Line>,
    /// `before` of the next page; null at the end.
    next: Option<String>,
}

/// A line of the audit: who did what.
#[derive(Serialize, ToSchema)]
pub(crate) struct Line {
    /// ULID.
    id: String,
    /// UTC ms.
    at: i64,
    /// The account, or whose token.
    who: String,
    /// The role in which it was done; empty when nobody was signed in.
    role: String,
    /// The deed: `session.begun`, `call.unmask`, `order.bridge`, `user.changed` ...
    what: String,
    /// A call's id, an account, a file.
    target: String,
    /// From which address.
    from: String,
    /// The reason, or what came of it.
    detail: String,
}

impl From<AuditLine> for Line {
    fn from(AuditLine { id, note }: AuditLine) -> Self {
        Self {
            id,
            at: note.at,
            who: note.who,
            role: note.role,
            what: note.what,
            target: note.target,
            from: note.source,
            detail: note.detail,
        }
    }
}

/// 审计记录。The audit, newest first, page by page. It is append-only and chained; `hotline` checks the chain.
#[utoipa::path(get, path = "/api/v1/audit", tag = "access", security(("token" = []), ("session" = [])), params(Which), responses(
    (status = 200, body = Audit, description = "A page of lines"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn lines(
    State(house): State<Arc<House>>,
    Ask(which): Ask<Which>,
) -> Result<Json<Audit>, ApiError> {
    let bad = |what: &str| ApiError::BadAddress(what.into());
    let limit = which.limit.unwrap_or(USUAL_PAGE);
    if !(1..=LONGEST_PAGE).contains(&limit) {
        return Err(ApiError::BadAddress(format!("limit is 1 to {LONGEST_PAGE}")));
    }
    let who =
        which.who.as_deref().map(UserName::parse).transpose().map_err(|_| bad("who is an account's name"))?;
    let word = |text: &String| {
        text.len() <= LONGEST_WORD && text.bytes().all(|b| b.is_ascii_lowercase() || b"._-".contains(&b))
    };
    if which.what.as_ref().is_some_and(|what| !word(what)) {
        return Err(bad("what is the beginning of a deed, as `call`"));
    }
    let id = |text: &String| text.len() == ID_LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if which.before.as_ref().is_some_and(|before| !id(before)) {
        return Err(bad("before is `next` of the page before"));
    }
    let filter = AuditFilter {
        who: who.map(|who| who.as_str().to_owned()),
        what: which.what,
        since: which.since,
        before: which.before,
    };
    let page = house.rooms.store.audit(&filter, limit).await.map_err(ApiError::StoreAway)?;
    Ok(Json(Audit { lines: page.lines.into_iter().map(Line::from).collect(), next: page.next }))
}
