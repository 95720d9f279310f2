//! Reports of the calls that the house makes: written with the call's other records, read once each by the promise clock.

use call::cause::Cause;
use call::errand::{End, ErrandRow, News, Question};
use call::ids::{Name, StaffNo};

use crate::db::{self, unreadable};
use crate::either::{Query, Row, Rows, query};
use crate::error::StoreError;
use crate::store::Store;
use crate::words;

/// A report; told twice it is one.
pub(crate) const NEWS: Rows = Rows {
    columns: "call_id, no, task, at, kind, staff, value, ended_by, cause",
    write: "INSERT INTO errand_news (call_id, no, task, at, kind, staff, value, ended_by, cause) \
         SELECT call_id, no, task, at, kind, staff, value, ended_by, cause FROM given WHERE call_id IS NOT NULL \
         ON CONFLICT (call_id, no) DO NOTHING",
};

/// [`NEWS`], filled in.
pub(crate) fn news(query: Query, row: &ErrandRow) -> Query {
    let (kind, staff, value, cause) = parts(&row.news);
    query
        .bind(row.call.to_string())
        .bind(i64::from(row.no))
        .bind(row.task.to_string())
        .bind(row.at)
        .bind(kind)
        .bind(staff.map(|staff| staff.0.to_string()))
        .bind(value)
        .bind(cause.map(|c| words::side(c.side)))
        .bind(cause.map(|c| c.word()))
}

pub(crate) type Parts<'n> = (&'static str, Option<&'n StaffNo>, Option<i64>, Option<Cause>);

/// A report's columns: kind, staff, value, cause.
pub(crate) fn parts(news: &News) -> Parts<'_> {
    match news {
        News::Dialled(staff) => ("dialled", Some(staff), None, None),
        News::Failed(staff, cause) => ("failed", Some(staff), None, Some(*cause)),
        News::Received(staff) => ("received", Some(staff), None, None),
        News::WrongUnit(staff) => ("wrong_unit", Some(staff), None, None),
        News::Told(staff) => ("told", Some(staff), None, None),
        News::Acknowledged(staff) => ("acknowledged", Some(staff), None, None),
        News::Passed(staff) => ("passed", Some(staff), None, None),
        News::CitizenAnswered => ("citizen_answered", None, None, None),
        News::CitizenFailed(cause) => ("citizen_failed", None, None, Some(*cause)),
        News::Connected => ("connected", None, None, None),
        News::Answered(question, yes) => (asked(*question), None, Some(i64::from(*yes)), None),
        News::Scored(score) => ("scored", None, Some(i64::from(*score)), None),
        News::Because(reason) => ("because", None, Some(i64::from(*reason)), None),
        News::Later => ("later", None, None, None),
        News::WantsOperator => ("wants_operator", None, None, None),
        News::Over(End::Done) => ("done", None, None, None),
        News::Over(End::Failed(cause)) => ("gave_up", None, None, Some(*cause)),
    }
}

fn asked(question: Question) -> &'static str {
    match question {
        Question::Suits => "suits",
        Question::Called => "called",
        Question::Term => "term",
        Question::Result => "result",
        Question::Score => "score",
    }
}

/// A report from its columns.
pub(crate) fn whole(
    kind: &str,
    staff: Option<StaffNo>,
    value: Option<i64>,
    cause: Option<Cause>,
) -> Option<News> {
    let small = value.and_then(|value| u8::try_from(value).ok());
    let answer = |question| value.map(|value| News::Answered(question, value == 1));
    match kind {
        "dialled" => staff.map(News::Dialled),
        "failed" => staff.zip(cause).map(|(staff, cause)| News::Failed(staff, cause)),
        "received" => staff.map(News::Received),
        "wrong_unit" => staff.map(News::WrongUnit),
        "told" => staff.map(News::Told),
        "acknowledged" => staff.map(News::Acknowledged),
        "passed" => staff.map(News::Passed),
        "citizen_answered" => Some(News::CitizenAnswered),
        "citizen_failed" => cause.map(News::CitizenFailed),
        "connected" => Some(News::Connected),
        "suits" => answer(Question::Suits),
        "score" => answer(Question::Score),
        "called" => answer(Question::Called),
        "term" => answer(Question::Term),
        "result" => answer(Question::Result),
        "scored" => small.map(News::Scored),
        "because" => small.map(News::Because),
        "later" => Some(News::Later),
        "wants_operator" => Some(News::WantsOperator),
        "done" => Some(News::Over(End::Done)),
        "gave_up" => cause.map(|cause| News::Over(End::Failed(cause))),
        _ => None,
    }
}

/// A report from its row.
pub(crate) fn line(row: &Row) -> sqlx::Result<ErrandRow> {
    let kind: &str = row.try_get("kind")?;
    let staff: Option<String> = row.try_get("staff")?;
    let cause = words::cause(row.try_get("ended_by")?, row.try_get("cause")?);
    let news = whole(kind, staff.map(|no| StaffNo(no.into())), row.try_get("value")?, cause);
    Ok(ErrandRow {
        call: db::call_id(row.try_get("call_id")?)?,
        task: Name::from(row.try_get::<&str>("task")?),
        no: u32::try_from(row.try_get::<i64>("no")?).unwrap_or(0),
        at: row.try_get("at")?,
        news: news.ok_or_else(|| unreadable(format!("`{kind}` is no report that can be read")))?,
    })
}

impl Store {
    /// Reports that the promise clock has not taken in yet, the oldest first, each call's in its order.
    ///
    /// # Errors
    /// The store is away, or a report can't be read.
    pub async fn unread_news(&self, most: u32) -> Result<Vec<ErrandRow>, StoreError> {
        const UNREAD: &str = "SELECT call_id, no, task, at, kind, staff, value, ended_by, cause FROM errand_news \
             WHERE read_at IS NULL ORDER BY at, call_id, no LIMIT $1";
        let mut conn = self.reader().await?;
        let rows = query(UNREAD).bind(i64::from(most)).fetch_all(&mut conn).await;
        let lines = rows.and_then(|rows| rows.iter().map(line).collect());
        lines.map_err(|e| self.said(e))
    }
}
