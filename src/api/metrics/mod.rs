//! The house in figures for Prometheus: OpenMetrics text, names with the prefix `hotline_`, base units, nothing personal.

mod meters;
mod table;

pub(crate) use meters::{Meters, Reader};
#[cfg(test)]
pub(crate) use table::{TABLE, WORDS};

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use prometheus_client::encoding::text;

use crate::error::ApiError;
use crate::health;
use crate::problem::Problem;
use crate::rooms::House;

/// OpenMetrics 1.0 section 4.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// 监控指标。What a Prometheus server scrapes, with the access token as its bearer: gauges and counters of `GET /api/v1/health`,
/// one `hotline_alarm` for each alarm that stands, and how long citizens waited and calls lasted.
#[utoipa::path(get, path = "/metrics", tag = "house", security(("token" = [])), responses(
    (status = 200, body = String, content_type = "application/openmetrics-text", description = "The figures"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn scrape(State(house): State<Arc<House>>) -> Result<impl IntoResponse, ApiError> {
    let figures = health::all(&house).await;
    let text = written(&figures, &house).map_err(|_| ApiError::Internal("a figure could not be written"))?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text))
}

fn written(figures: &health::Figures, house: &House) -> Result<String, fmt::Error> {
    let mut out = String::new();
    text::encode_registry(&mut out, &table::registry(figures, &house.boards.standing()))?;
    text::encode_registry(&mut out, house.boards.meters().registry())?;
    text::encode_eof(&mut out)?;
    Ok(out)
}
