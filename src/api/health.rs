//! Is the house well: one word for everybody, figures for whoever shows the token.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use call::event::Order;
use serde::Serialize;
use switchboard::Handle;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::rooms::House;

/// The switchboard is asked for a sign of life at most this often, however often health is asked for.
const PULSE_AGE: Duration = Duration::from_secs(1);
/// A switchboard that says nothing for so long is silent.
const PULSE_TIME: Duration = Duration::from_millis(500);

/// The last sign of life: whether the loop answered, and when it was asked.
#[derive(Default)]
pub(crate) struct Pulse(Mutex<Option<(Instant, bool)>>);

impl Pulse {
    /// Whether the switchboard's loop turns. Askers at the same time share one question.
    async fn beats(&self, handle: &Handle) -> bool {
        let mut last = self.0.lock().await;
        if let Some((at, beats)) = *last
            && at.elapsed() < PULSE_AGE
        {
            return beats;
        }
        let beats = matches!(timeout(PULSE_TIME, handle.order(Order::ListAgents)).await, Ok(Ok(_)));
        *last = Some((Instant::now(), beats));
        beats
    }
}

/// How the house is.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Takes calls.
    Ok,
    /// Takes no new calls; those in progress go on.
    Draining,
    /// Calls go on, and something is wrong that an admin must see to.
    Degraded,
}

/// How the house is, in words.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// In a word.
    status: Status,
    /// What browsers reported of the screens' policy since the start: a sound house has 0.
    csp_reports: u64,
    /// What is wrong: `switchboard_silent`, `store_away`, `journal_away`, `journal_short`, `not_recorded`, `no_free_ports`,
    /// `no_trunk_up`.
    reasons: Vec<&'static str>,
}

async fn health(house: &House) -> Health {
    let gauges = house.rooms.handle.gauges();
    let faults = [
        (!house.pulse.beats(&house.rooms.handle).await, "switchboard_silent"),
        (gauges.store_away.load(Ordering::Relaxed), "store_away"),
        (gauges.journal_away.load(Ordering::Relaxed), "journal_away"),
        (gauges.journal_short.load(Ordering::Relaxed), "journal_short"),
        (house.rooms.handle.recorder().trouble().is_some(), "not_recorded"),
        (gauges.free_ports.load(Ordering::Relaxed) == 0, "no_free_ports"),
        (
            gauges.trunks.load(Ordering::Relaxed) > 0 && gauges.trunks_up.load(Ordering::Relaxed) == 0,
            "no_trunk_up",
        ),
    ];
    let reasons: Vec<_> = faults.into_iter().filter(|(bad, _)| *bad).map(|(_, word)| word).collect();
    let status = if gauges.draining.load(Ordering::Relaxed) {
        Status::Draining
    } else if reasons.is_empty() {
        Status::Ok
    } else {
        Status::Degraded
    };
    Health { status, csp_reports: house.reports.count(), reasons }
}

/// 健康检查。Whether new calls should be sent here: 200 when `ok`, else 503. A 503 is a reason to send new calls
/// elsewhere and to look at it, never one to kill the process: calls in progress go on.
#[utoipa::path(get, path = "/health", tag = "house", responses(
    (status = 200, body = Health, description = "Takes calls"),
    (status = 503, body = Health, description = "Draining or degraded"),
))]
pub(crate) async fn short(State(house): State<Arc<House>>) -> (StatusCode, Json<Health>) {
    let health = health(&house).await;
    let code = if health.status == Status::Ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(health))
}

/// How the house is, in figures. Counters grow since the start of the process.
#[derive(Serialize, ToSchema)]
pub(crate) struct Figures {
    /// In a word.
    pub(crate) status: Status,
    /// What is wrong.
    pub(crate) reasons: Vec<&'static str>,
    /// What browsers reported of the screens' policy (counter).
    csp_reports: u64,
    /// The program's version.
    pub(crate) version: String,
    /// Live calls.
    calls: u64,
    /// Legs with a port.
    legs: u64,
    /// RTP ports that can be taken.
    free_ports: u64,
    /// Phones that are registered.
    phones: u64,
    /// Trunks that take calls.
    trunks: u64,
    /// Those of them that are up.
    trunks_up: u64,
    /// INVITEs for us (counter).
    offered: u64,
    /// Of these, refused by limits (counter).
    refused: u64,
    /// Messages of strangers that were turned away (counter).
    turned_away: u64,
    /// Faults of sound, recorder or store that stand in the log (counter).
    troubles: u64,
    /// Sources that were listed (counter); see `GET /api/v1/guard`.
    listed: u64,
    /// Messages of listed sources that were dropped (counter).
    dropped: u64,
    /// Requests that were told to come later because of the load (counter).
    later: u64,
    /// The part of new calls that is told so now, in thousandths.
    refusing: u64,
    /// Outbound calls that were refused by their limits (counter).
    outbound_refused: u64,
    /// No outbound calls are made now: look for toll fraud.
    outbound_stopped: bool,
    /// The database takes no records now, or has not all of them again; they wait in the journal.
    store_away: bool,
    /// The journal takes no records now: they go into the database itself.
    journal_away: bool,
    /// The journal can't keep its reserve: its disk is full, or fails.
    journal_short: bool,
    /// Records in the journal that are not in the database yet.
    journal_behind: u64,
    /// Bytes of the journal on its disk, without the reserve.
    journal_bytes: u64,
    /// Bytes that are reserved for a full disk and free.
    journal_reserve: u64,
    /// Why nothing is recorded now, or may be lost soon: `disk_full`, `disk_fails`, `disk_slow`; empty: all is well.
    recorder: &'static str,
    /// Bytes free for recordings.
    recorder_free: u64,
    /// Bytes of sound in memory that wait for the disk.
    recorder_behind: u64,
    /// Frames of 20 ms that no recording has (counter).
    recorder_frames_lost: u64,
    /// Recordings that are over and wait for room to become files that play.
    recorder_unfinished: u64,
    /// No new calls are taken.
    draining: bool,
    /// Ticks of the media threads (counter).
    media_ticks: u64,
    /// Of these, more than 20 ms late (counter).
    media_ticks_late: u64,
    /// The latest one, microseconds.
    media_worst_us: u64,
    /// How busy the busiest media thread is, in thousandths of its time; from 780 on new calls are refused.
    media_busy: u64,
    /// Tasks of the process that have not ended: calls leave none behind.
    tasks: usize,
    /// Listeners of live events.
    listeners: usize,
    /// Idempotency keys that are remembered.
    keys: usize,
}

/// 运行指标。Health with figures. 200 whatever the status is.
#[utoipa::path(get, path = "/api/v1/health", tag = "house", security(("token" = [])), responses(
    (status = 200, body = Figures, description = "The figures"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn figures(State(house): State<Arc<House>>) -> Json<Figures> {
    Json(all(&house).await)
}

/// All figures as they are now.
pub(crate) async fn all(house: &House) -> Figures {
    let Health { status, csp_reports, reasons } = health(house).await;
    let gauges = house.rooms.handle.gauges();
    let (ticks, recorder) = (house.rooms.handle.lateness(), house.rooms.handle.recorder());
    let read = |gauge: &std::sync::atomic::AtomicU64| gauge.load(Ordering::Relaxed);
    Figures {
        status,
        reasons,
        csp_reports,
        version: house.rooms.version.clone(),
        calls: read(&gauges.calls),
        legs: read(&gauges.legs),
        free_ports: read(&gauges.free_ports),
        phones: read(&gauges.phones),
        trunks: read(&gauges.trunks),
        trunks_up: read(&gauges.trunks_up),
        offered: read(&gauges.offered),
        refused: read(&gauges.refused),
        turned_away: read(&gauges.turned_away),
        troubles: read(&gauges.troubles),
        listed: read(&gauges.listed),
        dropped: read(&gauges.dropped),
        later: read(&gauges.later),
        refusing: read(&gauges.refusing),
        outbound_refused: read(&gauges.outbound_refused),
        outbound_stopped: gauges.outbound_stopped.load(Ordering::Relaxed),
        store_away: gauges.store_away.load(Ordering::Relaxed),
        journal_away: gauges.journal_away.load(Ordering::Relaxed),
        journal_short: gauges.journal_short.load(Ordering::Relaxed),
        journal_behind: read(&gauges.journal_behind),
        journal_bytes: read(&gauges.journal_bytes),
        journal_reserve: read(&gauges.journal_reserve),
        recorder: recorder.trouble().unwrap_or_default(),
        recorder_free: recorder.free(),
        recorder_behind: recorder.behind(),
        recorder_frames_lost: recorder.frames_lost(),
        recorder_unfinished: recorder.unfinished(),
        draining: gauges.draining.load(Ordering::Relaxed),
        media_ticks: read(&ticks.ticks),
        media_ticks_late: read(&ticks.late),
        media_worst_us: read(&ticks.worst_us),
        media_busy: (house.rooms.handle.busy() * 1e3) as u64,
        tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        listeners: house.listening(),
        keys: house.keys.len() + house.connects.len(),
    }
}
