//! What is written into a monthly notice beside its facts: the figures, once it is made.

use promise::{Month, Settings};

use crate::clerk::errand;
use crate::either::{Row, query};
use crate::error::StoreError;
use crate::promise::notice_figures::NoticeFigures;
use crate::store::Store;

impl Store {
    /// Notices that are made and have no figures yet: month and unit.
    ///
    /// # Errors
    /// The database's.
    pub async fn notices_uncounted(&self, most: u32) -> Result<Vec<(Month, String)>, StoreError> {
        const MADE: &str = "SELECT month, unit_code FROM monthly_notice WHERE stage <> 'planned' AND figures IS NULL \
             ORDER BY month, unit_code LIMIT $1";
        let mut conn = self.reader().await?;
        let rows = query(MADE).bind(i64::from(most)).fetch_all(&mut conn).await;
        let read = rows.and_then(|rows| {
            let of = |row: &Row| Ok((row.try_get::<String>("month")?, row.try_get("unit_code")?));
            rows.iter().map(of).collect::<sqlx::Result<Vec<_>>>()
        });
        let read = read.map_err(|e| self.said(e))?;
        Ok(read.into_iter().filter_map(|(month, unit)| Some((month_of(&month)?, unit))).collect())
    }

    /// Counts the month of a notice that is made, and keeps that with it; what is there already stays. Facts are only added,
    /// so that it is the same whenever it is counted after the month.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_notice(
        &self,
        settings: &Settings,
        now_utc_ms: i64,
        month: Month,
        unit: &str,
    ) -> Result<NoticeFigures, StoreError> {
        const KEEP: &str = "UPDATE monthly_notice SET figures = $3 WHERE month = $1 AND unit_code = $2 \
             AND stage <> 'planned' AND figures IS NULL";
        let figures = self.notice_figures(settings, now_utc_ms, month, unit).await?;
        let (text, unit) = (figures.write(), unit.to_owned());
        let write = errand(move |conn| {
            Box::pin(async move {
                let month = format!("{}-{:02}", month.year, month.month);
                query(KEEP).bind(month).bind(unit).bind(text).execute(conn).await.map(drop)
            })
        });
        self.clerk().write(write).await?;
        Ok(figures)
    }
}

/// `2026-10`
fn month_of(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    Some(Month { year: year.parse().ok()?, month: month.parse().ok()? })
}
