//! Rows that leave the house as tables: calls, cases, hand-overs, call-backs, answers of citizens. No number or name in full.

use crate::either::{Db, Row, query};
use crate::error::StoreError;
use crate::store::Store;
use crate::stored::Disposition;
use crate::words;

/// Rows of one export. Whoever wants more asks for a shorter time.
pub const MOST_EXPORTED: u32 = 50_000;

/// What is exported.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExportOf {
    /// One row a call, in the words of a classic CDR.
    Calls,
    /// One row a case.
    Cases,
    /// One row each time a unit was named.
    Handovers,
    /// One row a call-back that is or was owed.
    CallBacks,
    /// One row each time a citizen said how it was.
    FollowUps,
}

/// A cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExportCell {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// A count.
    Whole(i64),
    /// UTC ms.
    Moment(i64),
    /// ms.
    Span(i64),
}

/// A table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// The columns' names, for programs.
    pub columns: Vec<&'static str>,
    /// In the order of time.
    pub rows: Vec<Vec<ExportCell>>,
    /// There were more than [`MOST_EXPORTED`].
    pub is_cut: bool,
}

/// How a column of the query becomes a cell.
#[derive(Clone, Copy)]
enum As {
    Text,
    Whole,
    Moment,
    Span,
    YesNo,
}

type Columns = &'static [(&'static str, As)];

const CALLS: &str = "SELECT offered_at AS start, answered_at AS answer, ended_at AS end_at, duration_ms AS duration, \
     billsec_ms AS billsec, caller_masked AS src, did AS dst, ended_by, cause, call.id AS uniqueid, \
     COALESCE(parent_call_id, call.id) AS linkedid, direction, outcome, operator_id AS operator, wait_ms AS wait, \
     cases.no AS case_no FROM call LEFT JOIN cases ON cases.id = call.case_id \
     WHERE offered_at >= $1 AND offered_at < $2 ORDER BY offered_at, call.id LIMIT $3";
const OF_CALLS: Columns = &[
    ("start", As::Moment),
    ("answer", As::Moment),
    ("end_at", As::Moment),
    ("duration", As::Span),
    ("billsec", As::Span),
    ("src", As::Text),
    ("dst", As::Text),
    ("uniqueid", As::Text),
    ("linkedid", As::Text),
    ("direction", As::Text),
    ("outcome", As::Text),
    ("operator", As::Text),
    ("wait", As::Span),
    ("case_no", As::Text),
];
const CASES: &str = "SELECT cases.no AS no, source, cases.kind AS kind, track, category_code AS category, service_code AS service, \
     cases.unit_code AS unit, unit.name AS unit_name, CASE WHEN confidential THEN NULL ELSE title END AS title, state, round, \
     received_at, due_at, closed_at, urgent, supervised, blocked, confidential, anonymous, extended FROM cases \
     LEFT JOIN unit ON unit.code = cases.unit_code \
     WHERE received_at >= $1 AND received_at < $2 ORDER BY received_at, cases.id LIMIT $3";
const OF_CASES: Columns = &[
    ("no", As::Text),
    ("source", As::Text),
    ("kind", As::Text),
    ("track", As::Text),
    ("category", As::Text),
    ("service", As::Text),
    ("unit", As::Text),
    ("unit_name", As::Text),
    ("title", As::Text),
    ("state", As::Text),
    ("round", As::Whole),
    ("received_at", As::Moment),
    ("due_at", As::Moment),
    ("closed_at", As::Moment),
    ("urgent", As::YesNo),
    ("supervised", As::YesNo),
    ("blocked", As::YesNo),
    ("confidential", As::YesNo),
    ("anonymous", As::YesNo),
    ("extended", As::YesNo),
];
const HANDOVERS: &str = "SELECT cases.no AS case_no, handover.no AS no, handover.round AS round, handover.unit_code AS unit, \
     unit.name AS unit_name, planned_at, made_at, received_at_ AS received_at, received_by, channel, refused_at, refuse_reason, \
     reassigned_to, due_at_ AS due_at FROM (SELECT handover.*, handover.received_at AS received_at_, handover.due_at AS due_at_ \
     FROM handover WHERE planned_at >= $1 AND planned_at < $2) AS handover JOIN cases ON cases.id = handover.case_id \
     LEFT JOIN unit ON unit.code = handover.unit_code ORDER BY planned_at, handover.case_id, handover.no LIMIT $3";
const OF_HANDOVERS: Columns = &[
    ("case_no", As::Text),
    ("no", As::Whole),
    ("round", As::Whole),
    ("unit", As::Text),
    ("unit_name", As::Text),
    ("planned_at", As::Moment),
    ("made_at", As::Moment),
    ("received_at", As::Moment),
    ("received_by", As::Text),
    ("channel", As::Text),
    ("refused_at", As::Moment),
    ("refuse_reason", As::Text),
    ("reassigned_to", As::Text),
    ("due_at", As::Moment),
];
const CALLBACKS: &str = "SELECT because_of AS call, why AS because, number_masked AS number, since, due_at, state, attempts, \
     connected_at, joined_to, missed FROM callback WHERE since >= $1 AND since < $2 ORDER BY since, because_of LIMIT $3";
const OF_CALLBACKS: Columns = &[
    ("call", As::Text),
    ("because", As::Text),
    ("number", As::Text),
    ("since", As::Moment),
    ("due_at", As::Moment),
    ("state", As::Text),
    ("attempts", As::Whole),
    ("connected_at", As::Moment),
    ("joined_to", As::Text),
    ("missed", As::YesNo),
];
/// By the cases of that time, for answers are found by their case.
const FOLLOWUPS: &str = "SELECT cases.no AS case_no, followup.kind AS kind, followup.at AS at, score, q1, q2, reasons, \
     followup.source AS source, followup.round AS round, tries, operator_id AS operator, followup.unit_code AS unit FROM cases \
     JOIN followup ON followup.case_id = cases.id AND followup.at IS NOT NULL \
     WHERE cases.received_at >= $1 AND cases.received_at < $2 ORDER BY cases.received_at, cases.id, followup.at LIMIT $3";
const OF_FOLLOWUPS: Columns = &[
    ("case_no", As::Text),
    ("kind", As::Text),
    ("at", As::Moment),
    ("score", As::Whole),
    ("q1", As::YesNo),
    ("q2", As::YesNo),
    ("reasons", As::Text),
    ("source", As::Text),
    ("round", As::Whole),
    ("tries", As::Whole),
    ("operator", As::Text),
    ("unit", As::Text),
];

impl ExportOf {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Calls, Self::Cases, Self::Handovers, Self::CallBacks, Self::FollowUps];

    /// The word in addresses and file names.
    pub fn word(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Cases => "cases",
            Self::Handovers => "handovers",
            Self::CallBacks => "callbacks",
            Self::FollowUps => "followups",
        }
    }

    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.word() == word)
    }

    /// The columns' names, for programs.
    pub fn columns(self) -> Vec<&'static str> {
        let of = self.of().1.iter().map(|(name, _)| if *name == "end_at" { "end" } else { *name });
        let mut names: Vec<&'static str> = of.collect();
        if self == Self::Calls {
            names.insert(DISPOSITION_AT, "disposition");
        }
        names
    }

    fn of(self) -> (&'static str, Columns) {
        match self {
            Self::Calls => (CALLS, OF_CALLS),
            Self::Cases => (CASES, OF_CASES),
            Self::Handovers => (HANDOVERS, OF_HANDOVERS),
            Self::CallBacks => (CALLBACKS, OF_CALLBACKS),
            Self::FollowUps => (FOLLOWUPS, OF_FOLLOWUPS),
        }
    }
}

/// Where the disposition stands, which no column holds.
const DISPOSITION_AT: usize = 7;

impl Store {
    /// The rows of a time (UTC ms, the end is outside), oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn export(&self, of: ExportOf, (from, to): (i64, i64)) -> Result<Export, StoreError> {
        let mut moment = self.moment().await?;
        export(&mut moment, of, (from, to)).await.map_err(|e| self.said(e))
    }
}

async fn export(conn: &mut Db, of: ExportOf, (from, to): (i64, i64)) -> sqlx::Result<Export> {
    let (sql, columns) = of.of();
    let found = query(sql).bind(from).bind(to).bind(i64::from(MOST_EXPORTED) + 1);
    let found = found.fetch_all(conn).await?;
    let most = usize::try_from(MOST_EXPORTED).unwrap_or(usize::MAX);
    let mut rows = Vec::with_capacity(found.len().min(most));
    for row in found.iter().take(most) {
        let mut cells =
            columns.iter().map(|(name, kind)| cell(row, name, *kind)).collect::<sqlx::Result<Vec<_>>>()?;
        if of == ExportOf::Calls {
            cells.insert(DISPOSITION_AT, disposition(row)?);
        }
        rows.push(cells);
    }
    Ok(Export { columns: of.columns(), rows, is_cut: found.len() > most })
}

fn cell(row: &Row, name: &str, kind: As) -> sqlx::Result<ExportCell> {
    Ok(match kind {
        As::Text => row.try_get::<Option<String>>(name)?.map_or(ExportCell::Empty, ExportCell::Text),
        As::Whole => row.try_get::<Option<i64>>(name)?.map_or(ExportCell::Empty, ExportCell::Whole),
        As::Moment => row.try_get::<Option<i64>>(name)?.map_or(ExportCell::Empty, ExportCell::Moment),
        As::Span => row.try_get::<Option<i64>>(name)?.map_or(ExportCell::Empty, ExportCell::Span),
        As::YesNo => {
            let said: Option<bool> = row.try_get(name)?;
            said.map_or(ExportCell::Empty, |yes| ExportCell::Text(if yes { "yes" } else { "no" }.to_owned()))
        }
    })
}

fn disposition(row: &Row) -> sqlx::Result<ExportCell> {
    if row.try_get::<Option<i64>>("end_at")?.is_none() {
        return Ok(ExportCell::Empty);
    }
    let answered = row.try_get::<Option<i64>>("answer")?.is_some();
    let cause = words::cause(row.try_get("ended_by")?, row.try_get("cause")?);
    Ok(ExportCell::Text(Disposition::of(answered, cause).word().to_owned()))
}
