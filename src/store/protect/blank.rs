//! Overwriting: which columns of a call or case lead to a person, and what stands in them afterwards.
//!
//! What a call was (when, how long, how it ended, who of the house took it) and every promise with its dates stay.

use call::ids::CallId;

use crate::either::{Builder, Db, Query, query};

/// A statement for rows of these ids; `{}` is where they stand.
fn among(sql: &str, ids: &[String]) -> Query {
    let (before, after) = sql.split_once("{}").unwrap_or((sql, ""));
    let mut built = Builder::new(before);
    built.push("(");
    for (at, id) in ids.iter().enumerate() {
        if at > 0 {
            built.push(", ");
        }
        built.push_bind(id);
    }
    built.push(")").push(after);
    built.build()
}

/// The numbers of these calls: who called, who had them diverted, who is to be called back. How many values that were.
pub(super) async fn call_numbers(db: &mut Db, calls: &[String]) -> sqlx::Result<u64> {
    const CALL: &str = "UPDATE call SET caller_e164 = NULL, caller_raw = NULL, caller_hash = NULL, caller_masked = '', \
         diverted_from = NULL, diverted_masked = '' WHERE id IN {} AND (caller_e164 IS NOT NULL OR caller_raw IS NOT NULL \
         OR caller_hash IS NOT NULL OR diverted_from IS NOT NULL OR caller_masked <> '' OR diverted_masked <> '')";
    const LEG: &str =
        "UPDATE leg SET uri_masked = '' WHERE call_id IN {} AND seat = 'citizen' AND uri_masked <> ''";
    // An empty value opens as nothing; `substr` of any value from behind its end is one, in either database.
    const BACK: &str = "UPDATE callback SET number = substr(number, 1, 0), number_hash = '', number_masked = '' \
         WHERE because_of IN {} AND number_hash <> ''";
    if calls.is_empty() {
        return Ok(0);
    }
    let mut done = among(CALL, calls).execute(db).await?.rows_affected();
    among(LEG, calls).execute(db).await?;
    done += among(BACK, calls).execute(db).await?.rows_affected();
    Ok(done)
}

/// What was noted of these calls.
pub(super) async fn call_notes(db: &mut Db, calls: &[String]) -> sqlx::Result<u64> {
    const NOTE: &str = "UPDATE stated SET note = NULL WHERE call_id IN {} AND note IS NOT NULL";
    if calls.is_empty() {
        return Ok(0);
    }
    among(NOTE, calls).execute(db).await.map(|done| done.rows_affected())
}

/// The numbers of those who brought these cases.
pub(super) async fn case_numbers(db: &mut Db, cases: &[String]) -> sqlx::Result<u64> {
    const NUMBER: &str = "UPDATE cases SET applicant_phone = NULL, applicant_phone_hash = NULL, applicant_masked = '' \
         WHERE id IN {} AND (applicant_phone IS NOT NULL OR applicant_phone_hash IS NOT NULL)";
    if cases.is_empty() {
        return Ok(0);
    }
    among(NUMBER, cases).execute(db).await.map(|done| done.rows_affected())
}

/// The names of those who brought these cases.
pub(super) async fn case_names(db: &mut Db, cases: &[String]) -> sqlx::Result<u64> {
    const NAME: &str = "UPDATE cases SET applicant_name = NULL, applicant_masked = '' \
         WHERE id IN {} AND applicant_name IS NOT NULL";
    if cases.is_empty() {
        return Ok(0);
    }
    among(NAME, cases).execute(db).await.map(|done| done.rows_affected())
}

/// What these cases say: title, content, place, notes, and the reasons that people gave on their way. States, dates and promises
/// stay, and are drawn from the facts as before.
pub(super) async fn case_texts(db: &mut Db, cases: &[String]) -> sqlx::Result<u64> {
    const TEXT: &str = "UPDATE cases SET title = NULL, content = NULL, place = NULL, content_sealed = NULL, place_sealed = NULL, \
         lat = NULL, lon = NULL WHERE id IN {} AND (title IS NOT NULL OR content IS NOT NULL OR place IS NOT NULL \
         OR content_sealed IS NOT NULL OR place_sealed IS NOT NULL OR lat IS NOT NULL)";
    const NOTES: &str = "UPDATE case_log SET what = '', what_sealed = NULL WHERE case_id IN {} AND kind = 'note' \
         AND (what <> '' OR what_sealed IS NOT NULL)";
    const REASONS: [&str; 4] = [
        "UPDATE handover SET refuse_reason = '' WHERE case_id IN {} AND refuse_reason IS NOT NULL",
        "UPDATE extension SET reason = '' WHERE case_id IN {}",
        "UPDATE extension SET answer_reason = '' WHERE case_id IN {} AND answer_reason IS NOT NULL",
        "UPDATE ledger_item SET title = '', why = '' WHERE case_id IN {}",
    ];
    if cases.is_empty() {
        return Ok(0);
    }
    let mut done = among(TEXT, cases).execute(db).await?.rows_affected();
    done += among(NOTES, cases).execute(db).await?.rows_affected();
    for sql in REASONS {
        among(sql, cases).execute(db).await?;
    }
    for case in cases.iter().filter_map(|case| CallId::parse(case)) {
        facts(db, &promise::Of::Case(promise::CaseId(case.0)).to_string()).await?;
    }
    Ok(done)
}

/// Texts in the facts of an owner: what somebody wrote goes to the end of a row, behind `text=`.
async fn facts(db: &mut Db, owner: &str) -> sqlx::Result<()> {
    const FACTS: &str = "SELECT no, what FROM fact WHERE owner = $1 AND what LIKE '%text=%'";
    const CUT: &str = "UPDATE fact SET what = $3 WHERE owner = $1 AND no = $2";
    for row in query(FACTS).bind(owner).fetch_all(db).await? {
        let (no, what): (i64, String) = (row.try_get("no")?, row.try_get("what")?);
        if let Some(kept) = without_text(&what) {
            query(CUT).bind(owner).bind(no).bind(kept).execute(db).await?;
        }
    }
    Ok(())
}

/// A fact's row without the text that somebody wrote; `None`: it has none.
fn without_text(what: &str) -> Option<&str> {
    const TEXT: &str = "text=";
    let at = if what.starts_with(TEXT) { 0 } else { what.find(" text=")? + 1 };
    let kept = at + TEXT.len();
    (what.len() > kept).then(|| what.get(..kept)).flatten()
}

#[cfg(test)]
mod tests {
    use super::without_text;

    #[test]
    fn what_somebody_wrote_is_cut_and_figures_stay() {
        assert_eq!(without_text("days=3 text=he text=said"), Some("days=3 text="));
        assert_eq!(without_text("text=why"), Some("text="));
        for whole in ["days=3 text=", "text=", "of=check context=1", ""] {
            assert_eq!(without_text(whole), None, "{whole}");
        }
    }
}
