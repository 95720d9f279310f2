//! Changing entries and synonyms: the row and its line in the index in one transaction.

use knowledge::import::identity;
use knowledge::{Draft, SEGMENTATION, Segmenter, Synonyms, fold};

use crate::clerk::errand;
use crate::either::{Db, Dialect, query, scalar};
use crate::error::StoreError;
use crate::store::Store;

/// An entry as it goes to disk.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) draft: Draft,
    pub(super) identity: String,
    title_key: String,
    title_words: String,
    keywords: String,
    keyword_words: String,
    body_words: String,
}

impl Page {
    /// Cuts an entry into words. `service_name` is found by too.
    pub(super) fn new(segmenter: &Segmenter, draft: Draft, service_name: &str) -> Self {
        let keywords = draft.keywords.join("\n");
        Self {
            identity: identity(&draft),
            title_key: fold(&draft.title),
            title_words: segmenter.index(&draft.title),
            keyword_words: segmenter.index(&format!("{keywords}\n{service_name}")),
            body_words: segmenter.index(&draft.body),
            keywords,
            draft,
        }
    }

    /// The entry of this identity: its number, and what writing it anew would be.
    pub(super) async fn known(&self, conn: &mut Db) -> sqlx::Result<Option<(i64, Fate)>> {
        const KNOWN: &str = "SELECT id, title, body, keywords, keyword_words, COALESCE(service_code, '') AS service, source \
             FROM knowledge WHERE identity = $1";
        let Some(row) = query(KNOWN).bind(&self.identity).fetch_optional(conn).await? else {
            return Ok(None);
        };
        let is = |column: &str, text: &str| row.try_get::<String>(column).map(|t| t == text);
        let draft = &self.draft;
        let same = is("title", &draft.title)?
            && is("body", &draft.body)?
            && is("keywords", &self.keywords)?
            && is("keyword_words", &self.keyword_words)?
            && is("service", &draft.service)?
            && is("source", &draft.source)?;
        Ok(Some((row.try_get("id")?, if same { Fate::Same } else { Fate::Changed })))
    }

    /// Writes the words of an entry anew, whose text stays as it is.
    pub(super) async fn cut_anew(&self, conn: &mut Db, id: i64) -> sqlx::Result<()> {
        const CUT: &str =
            "UPDATE knowledge SET title_key = $2, title_words = $3, keyword_words = $4 WHERE id = $1";
        query(CUT)
            .bind(id)
            .bind(&self.title_key)
            .bind(&self.title_words)
            .bind(&self.keyword_words)
            .execute(&mut *conn)
            .await?;
        query("DELETE FROM knowledge_text WHERE rowid = $1").bind(id).execute(&mut *conn).await?;
        index(conn, id, self).await
    }
}

/// What became of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Added,
    Changed,
    Same,
}

impl Store {
    /// Writes the entry of this number anew; `false`: there is none. An identity that another entry has is refused by
    /// `Ok(None)`.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_entry(
        &self,
        now_utc_ms: i64,
        who: &str,
        id: i64,
        draft: Draft,
    ) -> Result<Option<bool>, StoreError> {
        const OTHER: &str = "SELECT COUNT(*) FROM knowledge WHERE identity = $1 AND id <> $2";
        const THERE: &str = "SELECT COUNT(*) FROM knowledge WHERE id = $1";
        let page = self.page(draft).await?;
        let who = who.to_owned();
        let put = errand(move |conn| {
            Box::pin(async move {
                let there: i64 = scalar(THERE).bind(id).fetch_one(&mut *conn).await?;
                if there == 0 {
                    return Ok(Some(false));
                }
                let other: i64 = scalar(OTHER).bind(&page.identity).bind(id).fetch_one(&mut *conn).await?;
                if other > 0 {
                    return Ok(None);
                }
                replace(conn, now_utc_ms, &who, id, &page, None).await?;
                changed(conn).await?;
                Ok(Some(true))
            })
        });
        self.clerk().write(put).await
    }

    /// Adds an entry, or writes the one of the same identity anew; its number.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_entry(&self, now_utc_ms: i64, who: &str, draft: Draft) -> Result<i64, StoreError> {
        let page = self.page(draft).await?;
        let who = who.to_owned();
        let add = errand(move |conn| {
            Box::pin(async move {
                let (id, _) = settle(conn, now_utc_ms, &who, &page, 0).await?;
                changed(conn).await?;
                Ok(id)
            })
        });
        self.clerk().write(add).await
    }

    /// Removes an entry; `false`: there was none.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_entry(&self, id: i64) -> Result<bool, StoreError> {
        let remove = errand(move |conn| {
            Box::pin(async move {
                let gone = remove(conn, id).await?;
                if gone {
                    changed(conn).await?;
                }
                Ok(gone)
            })
        });
        self.clerk().write(remove).await
    }

    /// Takes these groups of synonyms in place of those that are there.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_synonyms(&self, synonyms: &Synonyms) -> Result<(), StoreError> {
        let groups = synonyms.groups().to_vec();
        let put = errand(move |conn| {
            Box::pin(async move {
                query("DELETE FROM synonym").execute(&mut *conn).await?;
                for (group, words) in (1_i64..).zip(&groups) {
                    for (no, word) in (1_i64..).zip(words) {
                        query("INSERT INTO synonym (group_no, no, word) VALUES ($1, $2, $3)")
                            .bind(group)
                            .bind(no)
                            .bind(word)
                            .execute(&mut *conn)
                            .await?;
                    }
                }
                changed(conn).await
            })
        });
        self.clerk().write(put).await
    }

    /// The entry as it goes to disk.
    async fn page(&self, draft: Draft) -> Result<Page, StoreError> {
        let shelf = self.shelf();
        let segmenter = shelf.segmenter().await.map_err(|e| self.said(e))?;
        let known = shelf.known(self.pool()).await.map_err(|e| self.said(e))?;
        let name = known.services.get(&draft.service).map(|s| s.service.name.clone()).unwrap_or_default();
        Ok(Page::new(&segmenter, draft, &name))
    }
}

/// Counts a change, so that what is held in memory is read anew.
pub(super) async fn changed(conn: &mut Db) -> sqlx::Result<()> {
    const COUNT: &str = "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) \
         WHERE name = 'knowledge_revision'";
    const CUT: &str = "INSERT INTO meta (name, value) VALUES ('knowledge_segmentation', $1) \
         ON CONFLICT (name) DO NOTHING";
    query(COUNT).execute(&mut *conn).await?;
    query(CUT).bind(SEGMENTATION.to_string()).execute(conn).await.map(drop)
}

/// Writes an entry under its identity: its number, and what became of it.
pub(super) async fn settle(
    conn: &mut Db,
    now_utc_ms: i64,
    who: &str,
    page: &Page,
    import_no: i64,
) -> sqlx::Result<(i64, Fate)> {
    const INSERT: &str = "INSERT INTO knowledge (identity, name, title, title_key, title_words, keywords, keyword_words, \
         body, service_code, source, updated_at, updated_by, import_no) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULLIF($9, ''), $10, $11, $12, $13) RETURNING id";
    match page.known(conn).await? {
        Some((id, Fate::Same)) => {
            if import_no > 0 {
                let mark =
                    query("UPDATE knowledge SET import_no = $2 WHERE id = $1").bind(id).bind(import_no);
                mark.execute(conn).await?;
            }
            return Ok((id, Fate::Same));
        }
        Some((id, fate)) => {
            replace(conn, now_utc_ms, who, id, page, Some(import_no)).await?;
            return Ok((id, fate));
        }
        None => {}
    }
    let draft = &page.draft;
    let id: i64 = scalar(INSERT)
        .bind(&page.identity)
        .bind(&draft.name)
        .bind(&draft.title)
        .bind(&page.title_key)
        .bind(&page.title_words)
        .bind(&page.keywords)
        .bind(&page.keyword_words)
        .bind(&draft.body)
        .bind(&draft.service)
        .bind(&draft.source)
        .bind(now_utc_ms)
        .bind(who)
        .bind(import_no)
        .fetch_one(&mut *conn)
        .await?;
    index(conn, id, page).await?;
    Ok((id, Fate::Added))
}

async fn replace(
    conn: &mut Db,
    now_utc_ms: i64,
    who: &str,
    id: i64,
    page: &Page,
    import_no: Option<i64>,
) -> sqlx::Result<()> {
    const UPDATE: &str = "UPDATE knowledge SET identity = $2, name = $3, title = $4, title_key = $5, title_words = $6, \
         keywords = $7, keyword_words = $8, body = $9, service_code = NULLIF($10, ''), source = $11, \
         updated_at = $12, updated_by = $13, import_no = COALESCE($14, import_no) WHERE id = $1";
    let draft = &page.draft;
    query(UPDATE)
        .bind(id)
        .bind(&page.identity)
        .bind(&draft.name)
        .bind(&draft.title)
        .bind(&page.title_key)
        .bind(&page.title_words)
        .bind(&page.keywords)
        .bind(&page.keyword_words)
        .bind(&draft.body)
        .bind(&draft.service)
        .bind(&draft.source)
        .bind(now_utc_ms)
        .bind(who)
        .bind(import_no)
        .execute(&mut *conn)
        .await?;
    query("DELETE FROM knowledge_text WHERE rowid = $1").bind(id).execute(&mut *conn).await?;
    index(conn, id, page).await
}

async fn index(conn: &mut Db, id: i64, page: &Page) -> sqlx::Result<()> {
    // PostgreSQL's index has the words of title and keywords in one column and all in another.
    const POSTGRES: &str = "INSERT INTO knowledge_text (rowid, heads, whole) VALUES ($1, \
         array_to_tsvector(array_remove(regexp_split_to_array($2 || ' ' || $3, '\\s+'), '')), \
         array_to_tsvector(array_remove(regexp_split_to_array($2 || ' ' || $3 || ' ' || $4, '\\s+'), '')))";
    const SQLITE: &str = "INSERT INTO knowledge_text (rowid, title, keywords, body) VALUES ($1, $2, $3, $4)";
    let insert = match conn.dialect() {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
    };
    query(insert)
        .bind(id)
        .bind(&page.title_words)
        .bind(&page.keyword_words)
        .bind(&page.body_words)
        .execute(conn)
        .await
        .map(drop)
}

/// Removes an entry and its line in the index.
pub(super) async fn remove(conn: &mut Db, id: i64) -> sqlx::Result<bool> {
    query("DELETE FROM knowledge_text WHERE rowid = $1").bind(id).execute(&mut *conn).await?;
    let gone = query("DELETE FROM knowledge WHERE id = $1").bind(id).execute(conn).await?;
    Ok(gone.rows_affected() > 0)
}
