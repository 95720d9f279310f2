//! Taking in many entries: a few at a time, so that calls never wait for the store; and cutting all of them anew when the
//! segmenter has changed.

use std::collections::BTreeSet;

use knowledge::{Draft, SEGMENTATION};

use crate::clerk::errand;
use crate::either::{Db, Row, query, scalar};
use crate::error::StoreError;
use crate::knowledge::book::Imported;
use crate::knowledge::shelf;
use crate::knowledge::write::{Fate, Page, changed, remove, settle};
use crate::store::Store;

/// Entries of one transaction.
const AT_ONCE: usize = 32;

impl Store {
    /// Takes entries in: new ones are added, known ones (same name, or same title and service) changed; with `replace`
    /// entries that are not among them are removed, last. Each handful is on disk before the next; a second import of the
    /// same file completes one that broke off. `dry_run` only says what would be done. `told` hears how many entries are done, as
    /// it goes on. `None`: another import is under way.
    ///
    /// # Errors
    /// The database's.
    pub async fn import(
        &self,
        now_utc_ms: i64,
        who: &str,
        drafts: Vec<Draft>,
        replace: bool,
        dry_run: bool,
        told: &(dyn Fn(usize) + Send + Sync),
    ) -> Result<Option<Imported>, StoreError> {
        let Ok(_one) = self.shelf().importing.try_lock() else { return Ok(None) };
        let pages = self.pages(drafts).await?;
        if dry_run {
            return self.would(&pages, replace, told).await.map(Some);
        }
        let import_no = self.next_import().await?;
        let mut done = Imported::default();
        let all = pages.len();
        let mut pages = pages.into_iter();
        while pages.len() > 0 {
            let some: Vec<Page> = pages.by_ref().take(AT_ONCE).collect();
            let who = who.to_owned();
            let write = errand(move |conn| {
                Box::pin(async move { handful(conn, now_utc_ms, &who, &some, import_no).await })
            });
            let some = self.clerk().write(write).await?;
            done.added += some.added;
            done.changed += some.changed;
            done.same += some.same;
            told(all - pages.len());
        }
        if replace {
            done.removed = self.remove_others(import_no).await?;
        }
        Ok(Some(done))
    }

    /// Loads the dictionary and the words of a base that has entries before anybody asks, and cuts all entries anew when they were cut by
    /// another version of the segmenter.
    ///
    /// # Errors
    /// The database's.
    pub async fn warm_knowledge(&self) -> Result<(), StoreError> {
        const CUT: &str = "SELECT CAST(value AS BIGINT) FROM meta WHERE name = 'knowledge_segmentation'";
        let mut conn = self.reader().await?;
        let entries = shelf::entries(&mut conn).await.map_err(|e| self.said(e))?;
        if entries == 0 {
            return Ok(());
        }
        self.shelf().known(self.pool()).await.map_err(|e| self.said(e))?;
        let cut: Option<i64> = scalar(CUT).fetch_optional(&mut conn).await.map_err(|e| self.said(e))?;
        drop(conn);
        if cut.is_none_or(|cut| cut == SEGMENTATION) { Ok(()) } else { self.cut_anew().await }
    }

    async fn pages(&self, drafts: Vec<Draft>) -> Result<Vec<Page>, StoreError> {
        let shelf = self.shelf();
        let segmenter = shelf.segmenter().await.map_err(|e| self.said(e))?;
        let known = shelf.known(self.pool()).await.map_err(|e| self.said(e))?;
        let cut = move || {
            let name = |d: &Draft| known.services.get(&d.service).map_or("", |s| s.service.name.as_str());
            drafts.into_iter().map(|d| Page::new(&segmenter, d.clone(), name(&d))).collect()
        };
        tokio::task::spawn_blocking(cut).await.map_err(|_| self.said(sqlx::Error::WorkerCrashed))
    }

    async fn next_import(&self) -> Result<i64, StoreError> {
        let mut conn = self.reader().await?;
        let next = scalar("SELECT COALESCE(MAX(import_no), 0) + 1 FROM knowledge");
        next.fetch_one(&mut conn).await.map_err(|e| self.said(e))
    }

    async fn remove_others(&self, import_no: i64) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let write = errand(move |conn| Box::pin(async move { remove_some(conn, import_no).await }));
            match self.clerk().write(write).await? {
                0 => return Ok(removed),
                some => removed += some,
            }
        }
    }

    async fn would(
        &self,
        pages: &[Page],
        replace: bool,
        told: &(dyn Fn(usize) + Send + Sync),
    ) -> Result<Imported, StoreError> {
        let mut would = Imported::default();
        let mut seen = BTreeSet::new();
        let mut conn = self.reader().await?;
        for (no, page) in (1..).zip(pages) {
            match page.known(&mut conn).await.map_err(|e| self.said(e))? {
                Some((_, Fate::Same)) => would.same += 1,
                Some((_, Fate::Changed | Fate::Added)) => would.changed += 1,
                None => would.added += 1,
            }
            seen.insert(page.identity.as_str());
            told(no);
        }
        if replace {
            let all: Vec<String> = scalar("SELECT identity FROM knowledge")
                .fetch_all(&mut conn)
                .await
                .map_err(|e| self.said(e))?;
            would.removed = all.iter().filter(|identity| !seen.contains(identity.as_str())).count() as u64;
        }
        Ok(would)
    }

    /// Writes the index anew, a handful of entries at a time.
    async fn cut_anew(&self) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let drafts = self.drafts_after(after).await?;
            let Some((last, _)) = drafts.last() else { break };
            after = *last;
            let (ids, drafts): (Vec<i64>, Vec<Draft>) = drafts.into_iter().unzip();
            let pages = self.pages(drafts).await?;
            let write = errand(move |conn| {
                Box::pin(async move {
                    for (id, page) in ids.iter().zip(&pages) {
                        page.cut_anew(conn, *id).await?;
                    }
                    Ok(())
                })
            });
            self.clerk().write(write).await?;
        }
        let write = errand(move |conn| {
            Box::pin(async move {
                query("DELETE FROM meta WHERE name = 'knowledge_segmentation'").execute(&mut *conn).await?;
                changed(conn).await
            })
        });
        self.clerk().write(write).await
    }

    async fn drafts_after(&self, id: i64) -> Result<Vec<(i64, Draft)>, StoreError> {
        const DRAFTS: &str = "SELECT id, name, title, body, COALESCE(service_code, '') AS service, keywords, source \
             FROM knowledge WHERE id > $1 ORDER BY id LIMIT $2";
        let mut conn = self.reader().await?;
        let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        let rows = query(DRAFTS).bind(id).bind(most).fetch_all(&mut conn).await;
        let draft = |row: &Row| -> sqlx::Result<(i64, Draft)> {
            let draft = Draft {
                name: row.try_get("name")?,
                title: row.try_get("title")?,
                body: row.try_get("body")?,
                service: row.try_get("service")?,
                keywords: row.try_get::<String>("keywords")?.lines().map(str::to_owned).collect(),
                source: row.try_get("source")?,
            };
            Ok((row.try_get("id")?, draft))
        };
        let drafts = rows.and_then(|rows| rows.iter().map(draft).collect());
        drafts.map_err(|e| self.said(e))
    }
}

async fn handful(
    conn: &mut Db,
    now_utc_ms: i64,
    who: &str,
    pages: &[Page],
    import_no: i64,
) -> sqlx::Result<Imported> {
    let mut done = Imported::default();
    for page in pages {
        match settle(conn, now_utc_ms, who, page, import_no).await?.1 {
            Fate::Added => done.added += 1,
            Fate::Changed => done.changed += 1,
            Fate::Same => done.same += 1,
        }
    }
    changed(conn).await?;
    Ok(done)
}

async fn remove_some(conn: &mut Db, import_no: i64) -> sqlx::Result<u64> {
    const OTHERS: &str = "SELECT id FROM knowledge WHERE import_no <> $1 ORDER BY id LIMIT $2";
    let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let ids: Vec<i64> = scalar(OTHERS).bind(import_no).bind(most).fetch_all(&mut *conn).await?;
    for id in &ids {
        remove(conn, *id).await?;
    }
    if !ids.is_empty() {
        changed(conn).await?;
    }
    Ok(ids.len() as u64)
}
