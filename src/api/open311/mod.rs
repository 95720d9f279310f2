//! Open311 GeoReport v2 for the public: services and how cases go, only when `[open311] on` says so.
//!
//! What is left out: confidential and anonymous cases, and reports of a wrong, even by number; who asks; and every word that
//! somebody wrote: title, content and place may name a person, so that `description` is the service's name. The public can't
//! load the store: an answer is kept for a short time, and only so many new ones are made in a second.

mod window;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HOST, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use call::plan::Plan;
use papers::PapersError;
use papers::open311::{self, Discovery, Fault, Filter, Format, Request, Service};
use promise::State as CaseState;
use serde::Deserialize;
use store::promises::{PublicCase, PublicFilter};
use tokio::time::Instant;
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::{Ask, Place};
use crate::gate::only;
use crate::problem::Spoken;
use crate::promises::exports::zone;
use crate::rooms::House;

use window::Shown;
pub(crate) use window::Window;

/// Bytes of the longest query.
const LONGEST_QUERY: usize = 4_000;

/// A file of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfFile {
    /// With `.json` or `.xml`.
    file: String,
}

type Arguments = Ask<Vec<(String, String)>>;

/// 开放数据：discovery、services、requests。Open311 GeoReport v2: `discovery`, `services` or `requests`, as `.json` or `.xml`.
///
/// Only where the configuration says so. Nothing personal: confidential and anonymous cases and reports are left out, and so is
/// what anybody wrote.
#[utoipa::path(get, path = "/open311/v2/{file}", tag = "open311", params(OfFile), responses(
    (status = 200, content_type = "application/json", description = "The list"),
    (status = 404, description = "It is off, or nothing is there"),
    (status = 429, description = "Too many ask: try again in a second"),
))]
pub(crate) async fn lists(
    State(house): State<Arc<House>>,
    headers: HeaderMap,
    Place(of): Place<OfFile>,
    Ask(arguments): Arguments,
) -> Result<Response, ApiError> {
    let (name, format) = Format::split(&of.file).ok_or(ApiError::NoSuchPath)?;
    let asked = match name {
        "discovery" => Asked::Discovery(host(&headers)),
        "services" => Asked::Services,
        "requests" => Asked::Requests,
        _ => return Err(ApiError::NoSuchPath),
    };
    answer(&house, asked, &arguments, format).await
}

/// 一个事项的定义。The definition of a service.
#[utoipa::path(get, path = "/open311/v2/services/{file}", tag = "open311", params(OfFile), responses(
    (status = 200, content_type = "application/json", description = "The definition"),
    (status = 404, description = "It is off, or nothing is there"),
))]
pub(crate) async fn service(
    State(house): State<Arc<House>>,
    Place(of): Place<OfFile>,
    Ask(arguments): Arguments,
) -> Result<Response, ApiError> {
    let (code, format) = Format::split(&of.file).ok_or(ApiError::NoSuchPath)?;
    answer(&house, Asked::Service(code.to_owned()), &arguments, format).await
}

/// 一件办件的进度。How a case goes, by its number.
#[utoipa::path(get, path = "/open311/v2/requests/{file}", tag = "open311", params(OfFile), responses(
    (status = 200, content_type = "application/json", description = "The case"),
    (status = 404, description = "It is off, or nothing is there"),
))]
pub(crate) async fn request(
    State(house): State<Arc<House>>,
    Place(of): Place<OfFile>,
    Ask(arguments): Arguments,
) -> Result<Response, ApiError> {
    let (no, format) = Format::split(&of.file).ok_or(ApiError::NoSuchPath)?;
    answer(&house, Asked::Request(no.to_owned()), &arguments, format).await
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Asked {
    /// Where the interface is.
    Discovery(String),
    /// All services.
    Services,
    /// One service.
    Service(String),
    /// Cases.
    Requests,
    /// One case.
    Request(String),
}

/// By which name the house was asked.
fn host(headers: &HeaderMap) -> String {
    only(headers, &HOST).ok().flatten().and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned()
}

async fn answer(
    house: &House,
    asked: Asked,
    arguments: &[(String, String)],
    format: Format,
) -> Result<Response, ApiError> {
    let checked = house.rooms.current.now();
    let open = checked.settings.outputs.open311.as_ref().ok_or(ApiError::NoSuchPath)?;
    let length: usize = arguments.iter().map(|(name, value)| name.len() + value.len()).sum();
    if length > LONGEST_QUERY {
        return Err(ApiError::BadAddress("the query is too long: ask for less".into()));
    }
    let elsewhere =
        |(name, value): &(String, String)| name == "jurisdiction_id" && *value != open.jurisdiction;
    if !open.jurisdiction.is_empty() && arguments.iter().any(elsewhere) {
        return refusal(404, "no such jurisdiction_id", format);
    }
    let key =
        window::Key { asked: asked.clone(), arguments: arguments.to_vec(), is_xml: format == Format::Xml };
    if let Some(shown) = house.open311.kept(&key, Instant::now()) {
        return Ok(dressed(shown, format));
    }
    if !house.open311.take(Instant::now()) {
        return refusal(429, "too many questions at once: try again in a second", format);
    }
    let made = match asked {
        Asked::Discovery(host) => {
            let changed_at = house.open311.changed_at(&checked.plan.version, house.promise_now());
            let scheme = if is_here(&host) { "http" } else { "https" };
            let url = format!("{scheme}://{host}/open311/v2");
            let discovery = Discovery { changed_at, contact: open.contact.clone(), url };
            open311::discovery(&discovery, &zone(house)?, format)
        }
        Asked::Services => open311::services(&services(&checked.plan), format),
        Asked::Service(code) => match services(&checked.plan).iter().find(|service| service.code == code) {
            Some(service) => open311::definition(service, format),
            None => return refusal(404, "no such service_code", format),
        },
        Asked::Requests => {
            let pairs = arguments.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let filter = match Filter::read(pairs, house.promise_now()) {
                Ok(filter) => filter,
                Err(faults) => return refusals(&faults, format),
            };
            open311::requests(&requests(house, public(filter)).await?, &zone(house)?, format)
        }
        Asked::Request(no) => {
            let numbers = vec![no];
            let found = requests(house, PublicFilter { numbers, ..PublicFilter::default() }).await?;
            if found.is_empty() {
                return refusal(404, "no such service_request_id", format);
            }
            open311::requests(&found, &zone(house)?, format)
        }
    };
    let shown = Shown::new(200, made.map_err(broken)?);
    house.open311.keep(key, shown.clone(), Instant::now());
    Ok(dressed(shown, format))
}

fn broken(why: PapersError) -> ApiError {
    tracing::error!(%why, "an answer for the public could not be written");
    ApiError::Internal("an answer could not be written")
}

fn is_here(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|here| host.starts_with(here))
}

fn refusal(code: u16, description: &str, format: Format) -> Result<Response, ApiError> {
    refusals(&[Fault { code, description: description.to_owned() }], format)
}

fn refusals(faults: &[Fault], format: Format) -> Result<Response, ApiError> {
    let code = faults.first().map_or(400, |fault| fault.code);
    let body = open311::errors(faults, format).map_err(broken)?;
    Ok(dressed(Shown::new(code, body), format))
}

/// Every page may read it: it is public, and no cookie is looked at.
fn dressed(shown: Shown, format: Format) -> Response {
    let status = StatusCode::from_u16(shown.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        (CONTENT_TYPE, format.content_type()),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (CACHE_CONTROL, "public, max-age=30"),
    ];
    let mut response = (status, headers, shown.body).into_response();
    response.extensions_mut().insert(Spoken);
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// The services of the configuration; the group is the unit of the first window.
fn services(plan: &Plan) -> Vec<Service> {
    let unit = |service: &call::plan::Service| {
        let desk = service.desks.first().and_then(|no| plan.desks.get(no));
        desk.and_then(|desk| plan.units.get(&desk.unit)).map(|unit| unit.name.to_string()).unwrap_or_default()
    };
    let one = |service: &call::plan::Service| Service {
        code: service.code.0.to_string(),
        name: service.name.to_string(),
        description: service.name.to_string(),
        keywords: Vec::new(),
        group: unit(service),
    };
    plan.services.values().map(one).collect()
}

fn public(filter: Filter) -> PublicFilter {
    let Filter { ids, codes, from, until, closed } = filter;
    PublicFilter { numbers: ids, services: codes, from, until, closed }
}

async fn requests(house: &House, filter: PublicFilter) -> Result<Vec<Request>, ApiError> {
    let cases = house.rooms.store.public_cases(&filter).await.map_err(ApiError::StoreAway)?;
    Ok(cases.into_iter().map(shown).collect())
}

/// Nothing of it was written by anybody: number, state, service, unit, moments.
fn shown(case: PublicCase) -> Request {
    let state = CaseState::parse(&case.state);
    Request {
        id: case.no,
        closed: state == Some(CaseState::Archived),
        status_notes: state.map_or(String::new(), |state| state.zh().to_owned()),
        description: case.service_name.clone(),
        service_code: case.service,
        service_name: case.service_name,
        agency: case.unit_name,
        requested_at: case.received_at,
        updated_at: case.updated_at,
        expected_at: case.due_at,
        place: None,
    }
}
