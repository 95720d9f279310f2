//! Tables to take away, as CSV or XLSX; each is noted in the audit before it is handed out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use papers::Zone;
use papers::table::{Cell, Column, Table};
use serde::Deserialize;
use store::promises::{Export, ExportCell, ExportOf, MOST_EXPORTED};
use utoipa::IntoParams;

use super::figures::span;
use crate::error::ApiError;
use crate::extract::{Ask, Place};
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// Width of a column in digits of the usual font: a moment has 19.
const WIDTH: u16 = 20;
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A table of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfTable {
    /// `calls`, `cases`, `handovers`, `callbacks` or `followups`, with `.csv` or `.xlsx`.
    table: String,
}

/// Of which time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfTime {
    /// From here, UTC ms.
    from: i64,
    /// Until here, UTC ms, outside.
    to: i64,
}

/// 导出表格（CSV / XLSX）。The rows of a time as a table: at most 50,000. What looks like a formula stays text; numbers and names
/// of citizens are masked. `followups`: the answers about the cases that were received in that time.
#[utoipa::path(get, path = "/api/v1/exports/{table}", tag = "promises", security(("token" = [])), params(OfTable, OfTime), responses(
    (status = 200, content_type = "text/csv", description = "The table"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn table(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfTable>,
    Ask(time): Ask<OfTime>,
) -> Result<Response, ApiError> {
    let (name, is_xlsx) = match of.table.rsplit_once('.') {
        Some((name, "csv")) => (name, false),
        Some((name, "xlsx")) => (name, true),
        _ => return Err(ApiError::NoSuchPath),
    };
    let what = ExportOf::parse(name).ok_or(ApiError::NoSuchPath)?;
    let span = span(time.from, time.to)?;
    let export = house.rooms.store.export(what, span).await.map_err(ApiError::StoreAway)?;
    if export.is_cut {
        return Err(ApiError::unfit(
            format!("超过 {MOST_EXPORTED} 行：请缩短时间范围"),
            format!("there are more than {MOST_EXPORTED} rows: ask for a shorter time"),
        ));
    }
    let detail = format!("from={} to={} rows={}", span.0, span.1, export.rows.len());
    house.audit(&who, "export", &of.table, &detail).await?;
    let zone = zone(&house)?;
    let now = house.promise_now();
    // Thousands of rows are work for a thread of its own.
    let made = tokio::task::spawn_blocking(move || {
        let table = sheet(what, export);
        if is_xlsx { table.xlsx(&zone, now) } else { table.csv(&zone) }
    });
    let made = made.await.map_err(|_| ApiError::Internal("a table could not be made"))?;
    let bytes = made.map_err(|why| {
        tracing::error!(%why, "an export could not be made");
        ApiError::Internal("a table could not be made")
    })?;
    let kind = if is_xlsx { XLSX } else { "text/csv; charset=utf-8" };
    let named = format!("attachment; filename=\"{}\"", of.table);
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, &*named)], bytes).into_response())
}

/// The house's time zone, for what leaves it.
pub(crate) fn zone(house: &House) -> Result<Zone, ApiError> {
    let checked = house.rooms.current.now();
    Zone::named(checked.plan.calendar.zone.name()).map_err(|_| ApiError::Internal("the time zone is unknown"))
}

fn sheet(what: ExportOf, export: Export) -> Table {
    let column = |name: &&'static str| Column::new(*name, WIDTH);
    let cell = |cell: ExportCell| match cell {
        ExportCell::Empty => Cell::Empty,
        ExportCell::Text(text) => Cell::Text(text),
        ExportCell::Whole(n) => Cell::Whole(n),
        ExportCell::Moment(at) => Cell::Moment(at),
        ExportCell::Span(ms) => Cell::Duration(ms),
    };
    Table {
        name: what.word().to_owned(),
        columns: export.columns.iter().map(column).collect(),
        rows: export.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect(),
    }
}
