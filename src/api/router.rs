//! The whole map on one page. A handler that stands here is in the OpenAPI document, and nothing else is.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::docs::Pages;
use crate::extract::BODY_LIMIT;
use crate::knowledge::{self, edit, import};
use crate::orders::{guard as of_guard, house as of_house, screen, twins};
use crate::promises::{
    acts, exports, figures, handovers, ledger, notices, outbox, paper, people, units, webhooks,
};
use crate::rooms::{House, Rooms};
use crate::sessions::sweep;
use crate::web::csp;
use crate::{
    audit, blackbox, board, calendar, calls, cases, config, docs, dress, gate, health, live_events, metrics,
    open311, phone, prompts, recordings, rehearsal, session, setup, trial, trunk_check, trunks, unmask,
    users, web,
};

type Map = OpenApiRouter<Arc<House>>;

/// For everybody on this machine: nothing of these tells more than that the house stands.
fn open() -> Map {
    OpenApiRouter::new()
        .routes(routes!(health::short))
        .routes(routes!(docs::spec))
        .routes(routes!(docs::page))
        .routes(routes!(docs::style))
        .routes(routes!(web::index))
        .routes(routes!(web::asset))
        .routes(routes!(web::icon))
        .routes(routes!(csp::report))
        .routes(routes!(session::begin))
        .routes(routes!(setup::read))
        .routes(routes!(setup::first))
        .routes(routes!(trial::begin))
        .routes(routes!(open311::lists))
        .routes(routes!(open311::service))
        .routes(routes!(open311::request))
}

/// What the screens alone need of calls.
fn of_screens() -> Map {
    OpenApiRouter::new()
        .routes(routes!(blackbox::whole))
        .routes(routes!(blackbox::outline))
        .routes(routes!(blackbox::pcap))
        .routes(routes!(blackbox::vcon))
        .routes(routes!(board::board))
        .routes(routes!(screen::accept))
        .routes(routes!(screen::decline))
        .routes(routes!(screen::supervise))
        .routes(routes!(screen::outcome))
        .routes(routes!(screen::closed))
}

/// For those whom the table of roles (`access::table`) admits.
fn closed() -> Map {
    of_screens()
        .routes(routes!(session::read))
        .routes(routes!(session::end))
        .routes(routes!(session::password))
        .routes(routes!(session::factor))
        .routes(routes!(session::confirm))
        .routes(routes!(phone::lend))
        .routes(routes!(phone::give_back))
        .routes(routes!(users::all))
        .routes(routes!(users::add))
        .routes(routes!(users::change))
        .routes(routes!(users::remove))
        .routes(routes!(users::reset))
        .routes(routes!(audit::lines))
        .routes(routes!(unmask::number))
        .routes(routes!(health::figures))
        .routes(routes!(metrics::scrape))
        .routes(routes!(trunks::all))
        .routes(routes!(calls::live))
        .routes(routes!(calls::past))
        .routes(routes!(calls::one))
        .routes(routes!(recordings::sound))
        .routes(routes!(live_events::events))
        .routes(routes!(config::show::show))
        .routes(routes!(config::draft::begin))
        .routes(routes!(config::draft::discard))
        .routes(routes!(config::draft::edit))
        .routes(routes!(config::draft::replace))
        .routes(routes!(rehearsal::rehearse))
        .routes(routes!(rehearsal::progress))
        .routes(routes!(rehearsal::cancel))
        .routes(routes!(rehearsal::route::route))
        .routes(routes!(config::draft::publish))
        .routes(routes!(config::versions::list))
        .routes(routes!(config::versions::one))
        .routes(routes!(config::versions::restore))
        .routes(routes!(calendar::year))
        .routes(routes!(prompts::list))
        .routes(routes!(prompts::sound))
        .routes(routes!(prompts::put))
        .routes(routes!(prompts::restore))
        .routes(routes!(prompts::speak))
        .routes(routes!(trunk_check::doctor))
        .routes(routes!(trunk_check::test_call))
        .routes(routes!(of_house::operators))
        .routes(routes!(of_house::state))
        .routes(routes!(of_house::drain))
        .routes(routes!(of_guard::guard))
        .routes(routes!(of_guard::pardon))
        .routes(routes!(of_guard::outbound))
        .routes(routes!(twins::bridge))
        .routes(routes!(twins::merge))
        .routes(routes!(twins::drop_desk))
        .routes(routes!(twins::leave))
        .routes(routes!(twins::hold))
        .routes(routes!(twins::mute))
        .routes(routes!(twins::survey))
        .routes(routes!(twins::emergency))
        .routes(routes!(twins::recall))
        .routes(routes!(twins::recording))
        .routes(routes!(twins::hang_up))
}

/// The information base and the cases, for the same.
fn desk_work() -> Map {
    OpenApiRouter::new()
        .routes(routes!(knowledge::search))
        .routes(routes!(knowledge::usage))
        .routes(routes!(knowledge::one))
        .routes(routes!(knowledge::opened))
        .routes(routes!(knowledge::services))
        .routes(routes!(edit::add))
        .routes(routes!(edit::put))
        .routes(routes!(edit::remove))
        .routes(routes!(edit::synonyms))
        .routes(routes!(import::import))
        .routes(routes!(import::standing))
        .routes(routes!(cases::open))
        .routes(routes!(cases::list))
        .routes(routes!(cases::one))
        .routes(routes!(cases::note))
        .routes(routes!(cases::attach))
        .routes(routes!(cases::unmask))
        .routes(routes!(cases::earlier))
}

/// What was promised, for the same.
fn promised() -> Map {
    OpenApiRouter::new()
        .routes(routes!(units::all))
        .routes(routes!(cases::step::step))
        .routes(routes!(cases::connect::connect))
        .routes(routes!(handovers::list))
        .routes(routes!(people::follow_ups))
        .routes(routes!(people::escalations))
        .routes(routes!(people::seen))
        .routes(routes!(people::call_backs))
        .routes(routes!(acts::reached))
        .routes(routes!(ledger::list))
        .routes(routes!(acts::list_item))
        .routes(routes!(acts::review))
        .routes(routes!(acts::strike))
        .routes(routes!(notices::list))
        .routes(routes!(notices::one))
        .routes(routes!(acts::edit))
        .routes(routes!(acts::sign))
        .routes(routes!(acts::sent))
        .routes(routes!(paper::html))
        .routes(routes!(paper::pdf))
        .routes(routes!(figures::figures))
        .routes(routes!(exports::table))
        .routes(routes!(outbox::cloud_events))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::replay))
}

/// The OpenAPI document of this version.
pub fn document(version: &str) -> OpenApi {
    docs::complete(open().merge(closed()).merge(desk_work()).merge(promised()).into_openapi(), version)
}

/// The interface as a service. `closing` ends the streams of live events; [`crate::serve`] gives it its socket and its
/// limits on connections and headers.
pub fn router(rooms: Rooms, closing: CancellationToken) -> Router {
    let pages = Pages::new(&document(&rooms.version));
    let house = Arc::new(House::new(rooms, closing));
    tokio::spawn(sweep(Arc::clone(&house)));
    let host = from_fn_with_state(Arc::clone(&house), gate::host);
    let gate = from_fn_with_state(Arc::clone(&house), gate::enter);
    let (router, _) =
        open().merge(closed()).merge(desk_work()).merge(promised()).route_layer(gate).split_for_parts();
    router
        .layer(Extension(Arc::new(pages)))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(host)
        .layer(from_fn(dress::dress))
        .with_state(house)
}
