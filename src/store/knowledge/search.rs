//! Finding entries: the index gives candidates, the question's own judgement puts them in order.

use std::collections::BTreeSet;
use std::sync::Arc;

use call::ids::CallId;
use knowledge::{Candidate, Question, Reader, snippet};

use crate::clerk::errand;
use crate::db::small;
use crate::either::{Db, Dialect, Row, query, scalar};
use crate::error::StoreError;
use crate::knowledge::book::{Entry, Hit, Service};
use crate::knowledge::shelf::Known;
use crate::store::Store;

/// Hits of one answer.
pub const MOST_HITS: u32 = 50;
/// Candidates that are judged.
const CANDIDATES: i64 = 150;
/// A question that more entries answer is not put in order by the index, which would look at each of them: some of them
/// are taken, and those whose title begins so.
const ORDERED_UP_TO: u64 = 4_000;
/// Characters of a body that are judged.
const JUDGED: i64 = 4_000;
/// A hit that has less of the question than this is no answer: the question counts as asked in vain.
const ANSWERED: f32 = 0.5;

macro_rules! found {
    () => {
        "SELECT k.id, title, title_words, keyword_words, substr(body, 1, CAST($3 AS INTEGER)) AS body, service_code, source, \
         updated_at, opened FROM found JOIN knowledge k ON k.id = found.id"
    };
}

impl Store {
    /// The entries that answer what somebody typed, the best first, at most [`MOST_HITS`]. What finds nothing is noted.
    ///
    /// # Errors
    /// The database's.
    pub async fn search(&self, now_utc_ms: i64, typed: &str, limit: u32) -> Result<Vec<Hit>, StoreError> {
        let shelf = self.shelf();
        let (segmenter, known) = (shelf.segmenter().await, shelf.known(self.pool()).await);
        let (segmenter, known) = (segmenter.map_err(|e| self.said(e))?, known.map_err(|e| self.said(e))?);
        let reader = Reader { segmenter: &segmenter, lexicon: &known.lexicon, synonyms: &known.synonyms };
        let question = reader.read(typed);
        if question.is_empty() {
            return Ok(Vec::new());
        }
        let limit = usize::try_from(limit.clamp(1, MOST_HITS)).unwrap_or(1);
        let mut conn = self.reader().await?;
        let hits = hits(&mut conn, &question, &known, limit).await.map_err(|e| self.said(e))?;
        drop(conn);
        if hits.first().is_none_or(|best| best.covered < ANSWERED) {
            self.note_miss(now_utc_ms, &question.folded);
        }
        Ok(hits)
    }

    /// Notes when the first hit of a call was shown: the first time stays.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_first_hit(&self, now_utc_ms: i64, call: CallId) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT COUNT(*) FROM call WHERE id = $1 AND kb_first_hit_at IS NULL";
        const NOTE: &str = "UPDATE call SET kb_first_hit_at = $2 WHERE id = $1 AND kb_first_hit_at IS NULL";
        let id = call.to_string();
        let mut conn = self.reader().await?;
        // Most answers are not the first: they need no lock.
        let open: i64 = scalar(KNOWN).bind(&id).fetch_one(&mut conn).await.map_err(|e| self.said(e))?;
        drop(conn);
        if open == 0 {
            return Ok(());
        }
        let note = errand(move |conn| {
            Box::pin(async move { query(NOTE).bind(id).bind(now_utc_ms).execute(conn).await.map(drop) })
        });
        self.clerk().write(note).await
    }

    /// The services of the configuration whose name answers what somebody typed, the best first; all by code when
    /// nothing was typed.
    ///
    /// # Errors
    /// The database's.
    pub async fn services(&self, typed: &str, limit: u32) -> Result<Vec<Service>, StoreError> {
        let shelf = self.shelf();
        let (segmenter, known) = (shelf.segmenter().await, shelf.known(self.pool()).await);
        let (segmenter, known) = (segmenter.map_err(|e| self.said(e))?, known.map_err(|e| self.said(e))?);
        let reader = Reader { segmenter: &segmenter, lexicon: &known.lexicon, synonyms: &known.synonyms };
        let question = reader.read(typed);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if question.is_empty() {
            return Ok(known.services.values().take(limit).map(|s| s.service.clone()).collect());
        }
        let mut judged: Vec<(f32, &Service)> = known
            .services
            .values()
            .filter_map(|shown| {
                let service = &shown.service;
                let candidate = Candidate {
                    title: &service.name,
                    title_words: &shown.words,
                    keyword_words: &service.code.to_lowercase().replace('-', " "),
                    body: "",
                    opened: 0,
                };
                let judged = question.judge(&candidate);
                (judged.covered >= ANSWERED).then_some((judged.score, service))
            })
            .collect();
        judged.sort_by(|a, b| b.0.total_cmp(&a.0));
        Ok(judged.into_iter().take(limit).map(|(_, service)| service.clone()).collect())
    }

    /// Whether the configuration has this service.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_service(&self, code: &str) -> Result<bool, StoreError> {
        let known = self.shelf().known(self.pool()).await.map_err(|e| self.said(e))?;
        Ok(known.services.contains_key(code))
    }

    /// The codes of all services of the configuration.
    ///
    /// # Errors
    /// The database's.
    pub async fn service_codes(&self) -> Result<BTreeSet<String>, StoreError> {
        let known = self.shelf().known(self.pool()).await.map_err(|e| self.said(e))?;
        Ok(known.services.keys().cloned().collect())
    }

    /// One entry.
    ///
    /// # Errors
    /// The database's.
    pub async fn entry(&self, id: i64) -> Result<Option<Entry>, StoreError> {
        const ENTRY: &str = "SELECT id, name, title, body, service_code, keywords, source, updated_at, updated_by, \
             opened FROM knowledge WHERE id = $1";
        let known = self.shelf().known(self.pool()).await.map_err(|e| self.said(e))?;
        let mut conn = self.reader().await?;
        let row = query(ENTRY).bind(id).fetch_optional(&mut conn).await.map_err(|e| self.said(e))?;
        row.map(|row| entry(&row, &known)).transpose().map_err(|e| self.said(e))
    }
}

fn entry(row: &Row, known: &Known) -> sqlx::Result<Entry> {
    let code: Option<String> = row.try_get("service_code")?;
    let service = code.as_ref().and_then(|code| known.services.get(code)).map(|shown| &shown.service);
    Ok(Entry {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        title: row.try_get("title")?,
        body: row.try_get("body")?,
        service_name: service.map(|s| s.name.clone()),
        desks: service.map(|s| s.desks.clone()).unwrap_or_default(),
        service: code,
        keywords: row.try_get::<String>("keywords")?.lines().map(str::to_owned).collect(),
        source: row.try_get("source")?,
        updated_at: row.try_get("updated_at")?,
        updated_by: row.try_get("updated_by")?,
        opened: small(row.try_get("opened")?),
    })
}

async fn hits(
    conn: &mut Db,
    question: &Question,
    known: &Arc<Known>,
    limit: usize,
) -> sqlx::Result<Vec<Hit>> {
    let mut found: Vec<(Hit, String)> = Vec::new();
    for rows in [titled(conn, question).await?, strict(conn, question).await?] {
        take(&mut found, rows, question, known)?;
    }
    if found.len() < limit {
        take(&mut found, anywhere(conn, question).await?, question, known)?;
    }
    if found.iter().all(|(hit, _)| hit.covered < 1.0) {
        take(&mut found, loose(conn, question).await?, question, known)?;
    }
    found.sort_by(|(a, _), (b, _)| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| b.updated_at.cmp(&a.updated_at))
            .then_with(|| a.id.cmp(&b.id))
    });
    found.truncate(limit);
    Ok(found
        .into_iter()
        .map(|(mut hit, body)| {
            hit.snippet = snippet(&body, &hit.why);
            hit
        })
        .collect())
}

/// Judges the rows that are not among the hits yet.
fn take(
    found: &mut Vec<(Hit, String)>,
    rows: Vec<Row>,
    question: &Question,
    known: &Known,
) -> sqlx::Result<()> {
    for row in rows {
        let id: i64 = row.try_get("id")?;
        if found.iter().any(|(hit, _)| hit.id == id) {
            continue;
        }
        let (title, body): (String, String) = (row.try_get("title")?, row.try_get("body")?);
        let candidate = Candidate {
            title: &title,
            title_words: row.try_get("title_words")?,
            keyword_words: row.try_get("keyword_words")?,
            body: &body,
            opened: small(row.try_get("opened")?),
        };
        let judged = question.judge(&candidate);
        if judged.why.is_empty() {
            continue;
        }
        let service: Option<String> = row.try_get("service_code")?;
        let shown = service.as_ref().and_then(|code| known.services.get(code)).map(|shown| &shown.service);
        let hit = Hit {
            id,
            title,
            snippet: String::new(),
            service_name: shown.map(|s| s.name.clone()),
            desks: shown.map(|s| s.desks.clone()).unwrap_or_default(),
            service,
            updated_at: row.try_get("updated_at")?,
            source: row.try_get("source")?,
            score: judged.score,
            covered: judged.covered,
            why: judged.why,
        };
        found.push((hit, body));
    }
    Ok(())
}

/// Entries whose title begins with what was typed.
async fn titled(conn: &mut Db, question: &Question) -> sqlx::Result<Vec<Row>> {
    const TITLED: &str = concat!(
        "WITH found AS (SELECT id FROM knowledge WHERE title_key >= $1 AND title_key < $2 ORDER BY title_key LIMIT 30) ",
        found!()
    );
    let upper = format!("{}\u{10ffff}", question.folded);
    query(TITLED).bind(&question.folded).bind(upper).bind(JUDGED).fetch_all(conn).await
}

/// Entries whose title and keywords have all terms.
async fn strict(conn: &mut Db, question: &Question) -> sqlx::Result<Vec<Row>> {
    let Some(expression) = question.strict() else { return Ok(Vec::new()) };
    matching(conn, Part::Heads, &expression, question.at_most <= ORDERED_UP_TO).await
}

/// Entries that have all terms somewhere. The index does not order them: what stands in bodies alone counts alike.
async fn anywhere(conn: &mut Db, question: &Question) -> sqlx::Result<Vec<Row>> {
    let Some(expression) = question.strict() else { return Ok(Vec::new()) };
    matching(conn, Part::Whole, &expression, false).await
}

/// Entries whose title and keywords have some of the terms, those of the rarest ones.
async fn loose(conn: &mut Db, question: &Question) -> sqlx::Result<Vec<Row>> {
    let Some(expression) = question.loose() else { return Ok(Vec::new()) };
    matching(conn, Part::Heads, &expression, question.any_at_most <= ORDERED_UP_TO).await
}

/// Where the terms must stand.
#[derive(Clone, Copy)]
enum Part {
    /// In title or keywords.
    Heads,
    /// Anywhere.
    Whole,
}

async fn matching(conn: &mut Db, part: Part, expression: &str, ordered: bool) -> sqlx::Result<Vec<Row>> {
    const ORDERED: &str = concat!(
        "WITH found AS MATERIALIZED (SELECT rowid AS id FROM knowledge_text WHERE knowledge_text MATCH $1 \
         ORDER BY bm25(knowledge_text, 8.0, 5.0, 1.0) LIMIT $2) ",
        found!()
    );
    const SOME: &str = concat!(
        "WITH found AS MATERIALIZED (SELECT rowid AS id FROM knowledge_text WHERE knowledge_text MATCH $1 LIMIT $2) ",
        found!()
    );
    // PostgreSQL has no measure like bm25 without the words' places: of many the shortest heads come first, which is most of it.
    const HEADS: &str = concat!(
        "WITH found AS MATERIALIZED (SELECT rowid AS id FROM knowledge_text WHERE heads @@ CAST($1 AS tsquery) \
         ORDER BY length(heads), rowid LIMIT $2) ",
        found!()
    );
    const WHOLE: &str = concat!(
        "WITH found AS MATERIALIZED (SELECT rowid AS id FROM knowledge_text WHERE whole @@ CAST($1 AS tsquery) LIMIT $2) ",
        found!()
    );
    const SOME_HEADS: &str = concat!(
        "WITH found AS MATERIALIZED (SELECT rowid AS id FROM knowledge_text WHERE heads @@ CAST($1 AS tsquery) LIMIT $2) ",
        found!()
    );
    let (sql, expression) = match (conn.dialect(), part) {
        (Dialect::Sqlite, Part::Heads) => {
            (if ordered { ORDERED } else { SOME }, format!("{{title keywords}} : ({expression})"))
        }
        (Dialect::Sqlite, Part::Whole) => (SOME, expression.to_owned()),
        (Dialect::Postgres, Part::Heads) => (if ordered { HEADS } else { SOME_HEADS }, tsquery(expression)),
        (Dialect::Postgres, Part::Whole) => (WHOLE, tsquery(expression)),
    };
    query(sql).bind(expression).bind(CANDIDATES).bind(JUDGED).fetch_all(conn).await
}

/// An expression of the question in PostgreSQL's words. Its words are letters and digits between quotes.
fn tsquery(expression: &str) -> String {
    let part = |(no, part): (usize, &str)| {
        if no % 2 == 1 {
            format!("'{}'", part.replace(['\'', '\\'], ""))
        } else {
            part.replace("AND", "&").replace("OR", "|")
        }
    };
    expression.split('"').enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_put_in_the_other_words() {
        assert_eq!(tsquery("((\"and\" AND (\"b\" OR \"c\"))) OR (\"d\")"), "(('and' & ('b' | 'c'))) | ('d')");
    }
}
