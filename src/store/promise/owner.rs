//! Whose promises they are: loaded from the row and the facts, handed to a step, and what comes back.

use call::ids::CallId;
use promise::{
    Because, CallBack, Case, CaseId, Citizen, Claim, Debt, Entry, Fact, Flag, Item, Key, Name, Notice, Of,
    Opening, Order, Reach, Refusal, Stage, Track,
};

use super::drawn::Drawn;
use crate::db::unreadable;
use crate::either::{Db, Row, query, scalar};

/// An owner of promises or tasks, built again from what is stored.
#[derive(Clone, PartialEq, Debug)]
pub enum Owner {
    /// A case.
    Case(Box<Case>),
    /// A call-back that is owed.
    CallBack(Box<CallBack>),
    /// An item of the ledger.
    Item(Item),
    /// A monthly notice.
    Notice(Notice),
    /// A reachability test.
    Reach(Reach),
}

/// Reports of a call that a step has read: up to this number of them (`u32::MAX`: all that are there).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heard {
    /// The call.
    pub call: CallId,
    /// [`call::errand::ErrandRow::no`] of the last one.
    pub up_to: u32,
}

/// With what right and from where a step comes.
#[derive(Clone, PartialEq, Debug)]
pub struct Deed {
    /// UTC ms, by the promises' clock.
    pub at: i64,
    /// An account, a staff number, or `house`.
    pub who: String,
    /// The task that runs: it must be held still. It is done with this step, unless an [`Order`] comes out ...
    pub claim: Option<Claim>,
    /// ... or this says that it goes on, because its call does.
    pub goes_on: bool,
    /// The reports that are read by it.
    pub read: Option<Heard>,
    /// The task of this owner that failed too often, and that it is told about by this step.
    pub gave_up: Option<Key>,
    /// The request: the same one of the same person again does nothing.
    pub request_key: Option<String>,
    /// What an edit writes into a notice: work, problems, advice.
    pub texts: Option<[String; 3]>,
}

impl Deed {
    /// A step that somebody takes now (UTC ms), for no task.
    pub fn new(at: i64, who: impl Into<String>) -> Self {
        Self {
            at,
            who: who.into(),
            claim: None,
            goes_on: false,
            read: None,
            gave_up: None,
            request_key: None,
            texts: None,
        }
    }
}

/// What a step has brought, on disk by now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// Calls to be placed; the task runs on.
    pub orders: Vec<Order>,
    /// The same request was done before: nothing has happened now.
    pub again: bool,
}

/// Why nothing was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PromiseFault {
    /// There is none of this name.
    NoSuchOwner,
    /// It may not be done.
    Refused(Refusal),
    /// The task is not this node's any more: drop what was done.
    Lost,
}

/// An owner with what is stored of it.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) owner: Owner,
    /// The number of a case, the call, else the owner's name: the subject of its events.
    pub(super) subject: String,
    pub(super) drawn: Drawn,
    /// The number of the last fact.
    pub(super) last: u32,
}

impl Owner {
    /// The unit that is responsible now.
    pub(super) fn unit(&self) -> Option<&Name> {
        match self {
            Self::Case(case) => case.unit.as_ref(),
            Self::CallBack(_) => None,
            Self::Item(item) => Some(&item.owner),
            Self::Notice(notice) => Some(&notice.unit),
            Self::Reach(reach) => Some(&reach.unit),
        }
    }
}

/// The key of a row: a ULID as text.
pub(super) fn ulid(id: u128) -> String {
    CallId(id).to_string()
}

/// Back from [`ulid`].
pub(super) fn id(text: &str) -> sqlx::Result<u128> {
    CallId::parse(text).map(|id| id.0).ok_or_else(|| unreadable(format!("`{text}` is no key")))
}

/// The citizen of a number's hash.
pub(super) fn citizen(hash: &str) -> sqlx::Result<Citizen> {
    hash.get(..32).and_then(citizen_of).ok_or_else(|| unreadable("a number's hash"))
}

/// A citizen from hex.
pub(super) fn citizen_of(hex: &str) -> Option<Citizen> {
    u128::from_str_radix(hex, 16).ok().map(Citizen)
}

/// The facts of an owner, oldest first, with number and author.
pub(super) async fn facts(conn: &mut Db, of: &Of) -> sqlx::Result<Vec<(u32, Name, Entry)>> {
    const FACTS: &str = "SELECT no, at, who, kind, what FROM fact WHERE owner = $1 ORDER BY no";
    let rows = query(FACTS).bind(of.to_string()).fetch_all(conn).await?;
    rows.iter().map(|row| entry(of, row)).collect()
}

/// One fact from its row.
pub(super) fn entry(of: &Of, row: &Row) -> sqlx::Result<(u32, Name, Entry)> {
    let (kind, what): (&str, &str) = (row.try_get("kind")?, row.try_get("what")?);
    let fact = Fact::read(kind, what).ok_or_else(|| unreadable(format!("`{kind}` is no fact: {what}")))?;
    let no = u32::try_from(row.try_get::<i64>("no")?).unwrap_or(u32::MAX);
    let who = Name::from(row.try_get::<&str>("who")?);
    Ok((no, who, Entry { of: of.clone(), at: row.try_get("at")?, fact }))
}

/// Loads an owner; `None`: there is none.
pub(super) async fn load(conn: &mut Db, of: &Of) -> sqlx::Result<Option<Loaded>> {
    let facts = facts(&mut *conn, of).await?;
    let Some((owner, subject)) = build(conn, of, &facts).await? else { return Ok(None) };
    let first_unit = match &owner {
        Owner::Case(_) => None,
        other => other.unit().cloned(),
    };
    let mut drawn = Drawn::new(first_unit);
    for (no, who, entry) in &facts {
        drawn.take(*no, entry.at, who, &entry.fact);
    }
    drawn.count_anew();
    let last = facts.last().map_or(0, |(no, _, _)| *no);
    Ok(Some(Loaded { owner, subject, drawn, last }))
}

pub(super) async fn build(
    conn: &mut Db,
    of: &Of,
    facts: &[(u32, Name, Entry)],
) -> sqlx::Result<Option<(Owner, String)>> {
    let timed = || facts.iter().map(|(_, _, entry)| (entry.at, &entry.fact));
    Ok(match of {
        Of::Case(id) => case_row(conn, *id, facts)
            .await?
            .map(|(opening, no)| (Owner::Case(Box::new(Case::rebuild(*id, opening, timed()))), no)),
        Of::CallBack(call) => call_back_row(conn, *call)
            .await?
            .map(|debt| (Owner::CallBack(Box::new(CallBack::rebuild(debt, timed()))), ulid(call.0))),
        Of::Item(id) => {
            const ITEM: &str =
                "SELECT case_id, owner, review_at, reviews, struck_at FROM ledger_item WHERE id = $1";
            let row = query(ITEM).bind(ulid(id.0)).fetch_optional(conn).await?;
            row.map(|row| item(*id, &row)).transpose()?.map(|item| (Owner::Item(item), of.to_string()))
        }
        Of::Notice(month, unit) => {
            const STAGE: &str = "SELECT stage FROM monthly_notice WHERE month = $1 AND unit_code = $2";
            let row = query(STAGE).bind(month_word(*month)).bind(unit.as_ref());
            let stage = row.fetch_optional(conn).await?.map(|row| stage(&row)).transpose()?;
            stage.map(|stage| {
                let edits = timed().filter(|(_, fact)| matches!(fact, Fact::NoticeEdited(_))).count();
                let edits = u32::try_from(edits).unwrap_or(u32::MAX);
                let notice = Notice { about: *month, unit: unit.clone(), stage, edits };
                (Owner::Notice(notice), of.to_string())
            })
        }
        Of::Reach(month, unit) => {
            const THERE: &str = "SELECT COUNT(*) FROM task WHERE owner = $1";
            let tasks: i64 = scalar(THERE).bind(of.to_string()).fetch_one(conn).await?;
            let found = timed().map(|(_, fact)| fact);
            (tasks > 0).then(|| (Owner::Reach(Reach::rebuild(*month, unit.clone(), found)), of.to_string()))
        }
    })
}

/// `2026-10`.
pub(super) fn month_word(month: promise::Month) -> String {
    format!("{}-{:02}", month.year, month.month)
}

async fn case_row(
    conn: &mut Db,
    id: CaseId,
    facts: &[(u32, Name, Entry)],
) -> sqlx::Result<Option<(Opening, String)>> {
    const CASE: &str = "SELECT no, track, received_at, applicant_phone_hash, confidential, urgent, repeat_of \
         FROM cases WHERE id = $1";
    let row = query(CASE).bind(ulid(id.0)).fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((opening(&row, facts.iter().map(|(_, _, entry)| &entry.fact))?, row.try_get("no")?)))
}

/// A case as it was opened. Its row's `urgent` is that of now: the first fact about it tells what it was.
pub(super) fn opening<'a>(row: &Row, facts: impl IntoIterator<Item = &'a Fact>) -> sqlx::Result<Opening> {
    let changed = facts.into_iter().find_map(|fact| match fact {
        Fact::Flagged(Flag::Urgent, on) => Some(!on),
        _ => None,
    });
    let hash: Option<&str> = row.try_get("applicant_phone_hash")?;
    let repeat_of: Option<&str> = row.try_get("repeat_of")?;
    let track: &str = row.try_get("track")?;
    Ok(Opening {
        at: row.try_get("received_at")?,
        track: if track == "reply" { Track::Reply } else { Track::Case },
        citizen: hash.map(citizen).transpose()?,
        confidential: row.try_get("confidential")?,
        urgent: match changed {
            Some(before) => before,
            None => row.try_get("urgent")?,
        },
        repeat_of: repeat_of.map(self::id).transpose()?.map(CaseId),
    })
}

async fn call_back_row(conn: &mut Db, call: promise::CallId) -> sqlx::Result<Option<Debt>> {
    // A call may owe one call-back for two reasons: it is one.
    const OWED: &str = "SELECT callback.why, callback.number_hash, callback.since, COALESCE(call.urgent, FALSE) AS urgent \
         FROM callback LEFT JOIN call ON call.id = because_of WHERE because_of = $1 ORDER BY since, why LIMIT 1";
    let row = query(OWED).bind(ulid(call.0)).fetch_optional(conn).await?;
    row.map(|row| debt(call, &row)).transpose()
}

/// A debt from its row.
pub(super) fn debt(call: promise::CallId, row: &Row) -> sqlx::Result<Debt> {
    Ok(Debt {
        call,
        citizen: citizen(row.try_get("number_hash")?)?,
        because: match row.try_get("why")? {
            "missed" => Because::Missed,
            "asked" => Because::Asked,
            "cut_off" => Because::CutOff,
            other => return Err(unreadable(format!("`{other}` is no reason of a call-back"))),
        },
        since: row.try_get("since")?,
        urgent: row.try_get("urgent")?,
    })
}

fn item(item_id: promise::ItemId, row: &Row) -> sqlx::Result<Item> {
    let case: Option<&str> = row.try_get("case_id")?;
    Ok(Item {
        id: item_id,
        case: case.map(id).transpose()?.map(CaseId),
        owner: Name::from(row.try_get::<&str>("owner")?),
        review_at: row.try_get("review_at")?,
        reviews: u32::try_from(row.try_get::<i64>("reviews")?).unwrap_or(0),
        struck_at: row.try_get("struck_at")?,
    })
}

fn stage(row: &Row) -> sqlx::Result<Stage> {
    Ok(match row.try_get("stage")? {
        "planned" => Stage::Planned,
        "draft" => Stage::Draft,
        "signed" => Stage::Signed,
        "sent" => Stage::Sent,
        other => return Err(unreadable(format!("`{other}` is no stage of a notice"))),
    })
}

/// The word of a stage.
pub(super) fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Planned => "planned",
        Stage::Draft => "draft",
        Stage::Signed => "signed",
        Stage::Sent => "sent",
    }
}
