//! A monthly notice as a document: HTML and PDF, in Chinese or English.

use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use papers::notice::Share as PaperShare;
use papers::notice::{
    FONT_PACKAGE, FONT_PLACES, Figures, FontFiles, Fonts, Lang, Notice, Rates, Stage, Tally,
};
use serde::Deserialize;
use store::promises::{Ends, NoticeFigures, NoticeLine, Part};
use utoipa::{IntoParams, ToSchema};

use super::exports::zone;
use super::notices::{OfNotice, counted, find, month};
use crate::Words;
use crate::error::ApiError;
use crate::extract::{Ask, Place};
use crate::problem::Problem;
use crate::rooms::House;

/// The page has its style within, and nothing else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
const DAY_MS: i64 = 24 * 3600 * 1000;

/// In which language.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
enum Tongue {
    /// Chinese.
    #[default]
    #[serde(rename = "zh-CN")]
    Zh,
    /// English.
    #[serde(rename = "en")]
    En,
}

/// In which language.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InLang {
    /// `zh-CN` when nothing is said.
    #[serde(default)]
    #[param(inline)]
    lang: Tongue,
}

impl InLang {
    fn lang(&self) -> Lang {
        match self.lang {
            Tongue::Zh => Lang::Zh,
            Tongue::En => Lang::En,
        }
    }
}

/// 通报网页。The notice as one page that needs nothing else.
#[utoipa::path(get, path = "/api/v1/notices/{month}/{unit}/html", tag = "promises", security(("token" = [])), params(OfNotice, InLang), responses(
    (status = 200, content_type = "text/html", description = "The page"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn html(
    State(house): State<Arc<House>>,
    Place(of): Place<OfNotice>,
    Ask(ask): Ask<InLang>,
) -> Result<Response, ApiError> {
    let notice = notice(&house, &of).await?;
    let page = notice.html(ask.lang(), &zone(&house)?);
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    Ok(([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY)], page).into_response())
}

/// 通报 PDF。The same as PDF.
#[utoipa::path(get, path = "/api/v1/notices/{month}/{unit}/pdf", tag = "promises", security(("token" = [])), params(OfNotice, InLang), responses(
    (status = 200, content_type = "application/pdf", description = "The document"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn pdf(
    State(house): State<Arc<House>>,
    Place(of): Place<OfNotice>,
    Ask(ask): Ask<InLang>,
) -> Result<Response, ApiError> {
    let (notice, zone, lang) = (notice(&house, &of).await?, zone(&house)?, ask.lang());
    // Reading fonts and setting pages is work for a thread of its own.
    let made = tokio::task::spawn_blocking(move || {
        let fonts = fonts().ok_or_else(no_fonts)?;
        notice.pdf(lang, &zone, &fonts).map_err(|why| {
            tracing::error!(%why, "a notice could not be set");
            ApiError::Internal("a notice could not be set")
        })
    });
    let bytes = made.await.map_err(|_| ApiError::Internal("a notice could not be set"))??;
    let named = format!("attachment; filename=\"notice-{}-{}.pdf\"", of.month, of.plain_unit());
    Ok(([(CONTENT_TYPE, "application/pdf"), (CONTENT_DISPOSITION, &*named)], bytes).into_response())
}

/// The fonts of the system.
fn fonts() -> Option<Fonts> {
    FONT_PLACES.iter().map(Path::new).find_map(|folder| {
        let read = |name: &str| std::fs::read(folder.join(name)).ok();
        let (title, body, plain) = (read(FontFiles::TITLE)?, read(FontFiles::BODY)?, read(FontFiles::PLAIN)?);
        Fonts::read(title, body, plain).ok()
    })
}

fn no_fonts() -> ApiError {
    ApiError::Behind(Words {
        zh: format!("缺少中文字体，无法生成 PDF：请安装 {FONT_PACKAGE}。网页版不受影响。"),
        en: format!("the fonts of the PDF are missing: install {FONT_PACKAGE}; the page as HTML needs none"),
    })
}

/// The notice of a path with its figures.
async fn notice(house: &House, of: &OfNotice) -> Result<Notice, ApiError> {
    let about = month(&of.month).map_err(|_| ApiError::NoSuchItem)?;
    let line = find(house, of).await?;
    let figures = counted(house, about, &line).await?.ok_or(ApiError::Kept(promise::Refusal::NoDraft))?;
    let checked = house.rooms.current.now();
    Ok(Notice {
        issuer: checked.settings.outputs.issuer.clone(),
        unit: line.unit_name.clone(),
        year: about.year,
        month: u8::try_from(about.month).unwrap_or(1),
        made_at: line.made_at.unwrap_or_else(|| house.promise_now()),
        stage: stage(house, &line),
        figures: as_paper(&figures, about),
        work: line.work,
        problems: line.problems,
        advice: line.advice,
    })
}

fn stage(house: &House, line: &NoticeLine) -> Stage {
    match (&line.signed_by, line.signed_at) {
        (Some(by), Some(at)) => Stage::Signed { by: house.rooms.current.names().show(by), at },
        _ => Stage::Draft,
    }
}

fn share(part: Part) -> PaperShare {
    PaperShare { whole: part.whole, part: part.part }
}

fn tally(ends: Ends) -> Tally {
    Tally { made: ends.made, kept: ends.kept, missed: ends.missed, void: ends.void }
}

fn as_paper(figures: &NoticeFigures, about: promise::Month) -> Figures {
    let before = figures.before.clone().unwrap_or_default();
    Figures {
        calls: figures.calls,
        cases: figures.cases,
        handovers: figures.handovers,
        received_in_time: figures.received_in_time,
        rates: Rates {
            on_time: share(figures.on_time),
            reply: share(figures.reply),
            satisfied: share(figures.satisfied),
            reachable: share(figures.reachable),
        },
        before: Rates {
            on_time: share(before.on_time),
            reply: share(before.reply),
            satisfied: share(before.satisfied),
            reachable: share(before.reachable),
        },
        work: tally(figures.work),
        echo1: tally(figures.echo1),
        echo2: tally(figures.echo2),
        echo3: tally(figures.echo3),
        extensions: figures.extensions,
        redo: figures.redo,
        kinds: figures.kinds.iter().map(|of| (of.kind.clone(), of.count)).collect(),
        services: figures.services.iter().map(|of| (of.name.clone(), of.count)).collect(),
        by_day: days(figures, about),
    }
}

/// Each day of the month; a day without cases stands in no figure.
fn days(figures: &NoticeFigures, about: promise::Month) -> Vec<u64> {
    let (from, to) = store::promises::month_span(about);
    let length = usize::try_from((to - from) / DAY_MS).unwrap_or(0);
    let mut days = vec![0; length];
    for of in &figures.by_day {
        let day = of.day.rsplit_once('-').and_then(|(_, day)| day.parse::<usize>().ok());
        if let Some(place) = day.and_then(|day| days.get_mut(day.checked_sub(1)?)) {
            *place = of.cases;
        }
    }
    days
}
