//! The board as JSON, as far as its viewer may see it. Times in UTC ms.

use call::action::SeatRole;
use call::board::{AgentView, CallView, ClosedDesk, SeatView};
use call::event::AgentState;
use call::ids::{Address, CallId, DeskNo, StaffNo};
use call::plan::Plan;
use serde::Serialize;
use utoipa::ToSchema;

use super::alarms::Alarm;
use super::desks::People;
use super::keeper::Scene;
use super::sound::SeatSound;
use super::text::whisper;
use super::today::Today;
use super::viewer::{Sight, Viewer};
use crate::current::Names;
use crate::shapes::state_word;

/// Everything that a screen shows.
#[derive(Serialize, ToSchema)]
pub(crate) struct Board {
    /// When it was so.
    at: i64,
    /// Who waits for an operator.
    queue: Queue,
    /// Who looks; nothing for a program.
    me: Option<Me>,
    /// Live calls, oldest first: all, or the own ones.
    calls: Vec<Call>,
    /// The operators; none for a desk.
    operators: Vec<Operator>,
    /// All desks, or the own ones.
    desks: Vec<Desk>,
    /// The figures of today, for those who lead.
    today: Option<Today>,
    /// What somebody must see to, for those who lead.
    alarms: Vec<Notice>,
    /// The call for which the viewer's phone rings or whispers as a desk.
    invite: Option<Invite>,
    /// Trunks, for those who lead.
    trunks: Vec<Trunk>,
}

/// Who looks.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// Staff number.
    staff: String,
    /// `off`, `ready`, `break`, `ringing`, `talking`, `wrap_up`.
    state: &'static str,
    /// Since then; nothing when it is not known.
    since: Option<i64>,
    /// The call that rings or is talked in.
    call: Option<String>,
    /// Wrap-up ends by itself then.
    wrap_until: Option<i64>,
    /// The call whose outcome is to be given next.
    outcome_due: Option<String>,
}

/// A live call.
#[derive(Serialize, ToSchema)]
pub(crate) struct Call {
    id: String,
    /// See `GET /calls/live`.
    stage: &'static str,
    /// `138****1234`; empty for a desk and when withheld.
    caller_masked: String,
    lang: &'static str,
    offered_at: i64,
    answered_at: Option<i64>,
    /// Waits for an operator since.
    queued_at: Option<i64>,
    /// Place in the queue, 1 = next.
    position: Option<u32>,
    /// Code of the service.
    service: Option<String>,
    service_name: Option<String>,
    /// Number of the desk.
    desk: Option<String>,
    /// 12 digits.
    case: Option<String>,
    urgent: bool,
    /// Staff number of the operator who has or had it.
    operator: Option<String>,
    operator_name: Option<String>,
    /// Who did not want to come.
    declined: Vec<Declined>,
    seats: Vec<Seat>,
}

/// A desk member who declined.
#[derive(Serialize, ToSchema)]
pub(crate) struct Declined {
    /// Number of the desk.
    desk: Option<String>,
    /// Staff number.
    staff: Option<String>,
    /// `serving`, `wrong_window`, `will_call_back`; nothing when none was given.
    reason: Option<&'static str>,
    at: i64,
}

/// A seat of a live call.
#[derive(Serialize, ToSchema)]
pub(crate) struct Seat {
    leg: u64,
    /// `citizen`, `operator`, `desk`, `liaison`, `supervisor`, `emergency`.
    seat: &'static str,
    /// Staff number, desk number or empty.
    party_ref: String,
    /// The person's name where the configuration has one, else the desk's, else as `party_ref`; empty of a citizen.
    name: String,
    /// The desk's name.
    desk_name: Option<String>,
    /// `invited`, `ringing`, `whisper`, `private`, `joined`, `held`, `listening`, `coaching`.
    state: &'static str,
    since: i64,
    muted: bool,
    held: bool,
    /// How what comes from there sounded in the last five seconds; nothing before that, and while the seat is rung.
    sound: Option<SeatSound>,
}

/// Who waits.
#[derive(Serialize, ToSchema)]
pub(crate) struct Queue {
    waiting: usize,
    /// The longest wait, ms.
    longest_ms: i64,
}

/// An operator.
#[derive(Serialize, ToSchema)]
pub(crate) struct Operator {
    staff: String,
    name: String,
    phone: String,
    state: &'static str,
    since: i64,
    call: Option<String>,
}

/// A desk.
#[derive(Serialize, ToSchema)]
pub(crate) struct Desk {
    no: String,
    name: String,
    unit: String,
    unit_name: String,
    /// Inside its hours and not shut by itself.
    open: bool,
    opens_at: Option<i64>,
    closes_at: Option<i64>,
    /// Shut by itself until then.
    closed_until: Option<i64>,
    closed_reason: Option<String>,
    /// Members who can be rung now.
    free: usize,
    members: Vec<Member>,
    /// Nobody was reachable since then.
    unreachable_since: Option<i64>,
}

/// A member of a desk.
#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    staff: String,
    name: String,
    reachable: bool,
    busy: bool,
}

/// An alarm.
#[derive(Serialize, ToSchema)]
pub(crate) struct Notice {
    code: &'static str,
    since: i64,
    zh: String,
    en: String,
    /// Trunk or desk that it is about; empty for the house.
    target: String,
}

/// A desk's phone rings or whispers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invite {
    call: String,
    leg: u64,
    desk: Option<String>,
    /// The service's name.
    service: Option<String>,
    /// Staff number of who calls.
    operator: Option<String>,
    operator_name: Option<String>,
    case: Option<String>,
    lang: &'static str,
    /// `invited`, `ringing`, `whisper`.
    state: &'static str,
    whisper: Whisper,
    since: i64,
}

/// The whisper in words.
#[derive(Serialize, ToSchema)]
pub(crate) struct Whisper {
    zh: String,
    en: String,
}

/// A trunk.
#[derive(Serialize, ToSchema)]
pub(crate) struct Trunk {
    name: String,
    up: bool,
}

impl Board {
    /// What this viewer sees of a scene.
    pub(crate) fn of(scene: &Scene, viewer: &Viewer) -> Self {
        let all = viewer.sight == Sight::Supervisor;
        let board = &scene.board;
        let own = |call: &&CallView| all || call.seats.iter().any(|seat| viewer.is(seat.staff.as_ref()));
        let waits = || board.calls.iter().filter_map(|call| call.queued_at);
        let people = People::of(board);
        Self {
            at: scene.at,
            me: viewer.staff.as_ref().map(|staff| me(scene, &people, staff)),
            calls: board.calls.iter().filter(own).map(|call| Call::of(call, scene, viewer)).collect(),
            queue: Queue {
                waiting: waits().count(),
                longest_ms: waits().min().map_or(0, |since| scene.at.saturating_sub(since).max(0)),
            },
            operators: match viewer.sight {
                Sight::Desk => Vec::new(),
                Sight::Operator | Sight::Supervisor => {
                    board.agents.iter().map(|agent| Operator::of(agent, &scene.names)).collect()
                }
            },
            desks: viewer.desks(&board.plan).map(|desk| Desk::of(desk, scene, &people)).collect(),
            today: all.then(|| Today::from(&scene.today)),
            alarms: if all { scene.alarms.iter().map(Notice::from).collect() } else { Vec::new() },
            invite: invite(scene, viewer),
            trunks: if all { trunks(scene) } else { Vec::new() },
        }
    }

    /// The legs that are shown.
    pub(crate) fn legs(&self) -> impl Iterator<Item = u64> {
        self.calls.iter().flat_map(|call| call.seats.iter().map(|seat| seat.leg))
    }

    /// As JSON, when it differs from the last one by more than the time. Written once only: a wallboard of hundreds of calls
    /// is half a megabyte.
    pub(crate) fn json(mut self, last: &mut String) -> serde_json::Result<Option<String>> {
        let (at, longest) = (std::mem::take(&mut self.at), std::mem::take(&mut self.queue.longest_ms));
        let timeless = serde_json::to_string(&self)?;
        if timeless == *last {
            return Ok(None);
        }
        let before = self.head()?.len();
        (self.at, self.queue.longest_ms) = (at, longest);
        let news = self.head()? + timeless.get(before..).unwrap_or_default();
        *last = timeless;
        Ok(Some(news))
    }

    /// How the JSON begins: the fields that hold a time.
    fn head(&self) -> serde_json::Result<String> {
        let mut head = serde_json::to_string(&Head { at: self.at, queue: &self.queue })?;
        // Its own closing brace.
        head.pop();
        Ok(head)
    }
}

/// The first fields of [`Board`].
#[derive(Serialize)]
struct Head<'a> {
    at: i64,
    queue: &'a Queue,
}

fn me(scene: &Scene, people: &People<'_>, staff: &StaffNo) -> Me {
    let board = &scene.board;
    if let Some(agent) = board.agents.iter().find(|agent| agent.staff == *staff) {
        return Me {
            staff: staff.0.to_string(),
            state: state_word(agent.state),
            since: Some(agent.since),
            call: agent.call.map(|call| call.to_string()),
            wrap_until: agent.wrap_up_until,
            outcome_due: agent.outcome_due.first().map(CallId::to_string),
        };
    }
    let seats = board.calls.iter().flat_map(|call| call.seats.iter().map(move |seat| (call, seat)));
    let seat = seats.into_iter().find(|(_, seat)| seat.staff.as_ref() == Some(staff));
    let state = match seat {
        Some((_, seat)) if matches!(seat.state, "invited" | "ringing" | "whisper") => AgentState::Ringing,
        Some(_) => AgentState::Talking,
        None if phone_of(&board.plan, staff).is_some_and(|a| people.reachable(a)) => AgentState::Ready,
        None => AgentState::Off,
    };
    Me {
        staff: staff.0.to_string(),
        state: state_word(state),
        since: seat.map(|(_, seat)| seat.since),
        call: seat.map(|(call, _)| call.call.to_string()),
        wrap_until: None,
        outcome_due: None,
    }
}

fn phone_of<'a>(plan: &'a Plan, staff: &StaffNo) -> Option<&'a Address> {
    let desks = plan.desks.values().flat_map(|desk| &desk.members);
    let contacts = plan.units.values().flat_map(|unit| &unit.contacts);
    desks.chain(contacts).find(|member| member.staff == *staff).map(|member| &member.address)
}

fn invite(scene: &Scene, viewer: &Viewer) -> Option<Invite> {
    let rung = |seat: &&SeatView| {
        viewer.is(seat.staff.as_ref())
            && matches!(seat.role, SeatRole::Desk | SeatRole::Liaison)
            && matches!(seat.state, "invited" | "ringing" | "whisper")
    };
    let plan = &scene.board.plan;
    let (call, seat) = scene.board.calls.iter().find_map(|c| Some((c, c.seats.iter().find(rung)?)))?;
    let (zh, en) = whisper(plan, call);
    let operator = call.seats.iter().find(|seat| seat.role == SeatRole::Operator);
    let operator = operator.and_then(|seat| seat.staff.as_ref());
    Some(Invite {
        call: call.call.to_string(),
        leg: seat.leg.0,
        desk: seat.desk.map(|no| no.to_string()),
        service: service_name(plan, call),
        operator: operator.map(|staff| staff.0.to_string()),
        operator_name: operator.map(|staff| scene.names.show(&staff.0)),
        case: call.case.as_ref().map(|case| case.reveal().to_owned()),
        lang: call.lang.tag(),
        state: seat.state,
        whisper: Whisper { zh, en },
        since: seat.since,
    })
}

fn trunks(scene: &Scene) -> Vec<Trunk> {
    scene.trunks.iter().map(|trunk| Trunk { name: trunk.name.to_string(), up: trunk.up }).collect()
}

fn service_name(plan: &Plan, call: &CallView) -> Option<String> {
    call.service.as_ref().and_then(|code| plan.services.get(code)).map(|service| service.name.to_string())
}

impl Call {
    fn of(call: &CallView, scene: &Scene, viewer: &Viewer) -> Self {
        let plan = &scene.board.plan;
        let no = |desk: Option<DeskNo>| desk.map(|no| no.to_string());
        let staff = |staff: &Option<StaffNo>| staff.as_ref().map(|s| s.0.to_string());
        // Who only listens is shown to those who lead.
        let shown = |seat: &&SeatView| viewer.sight == Sight::Supervisor || seat.state != "listening";
        Self {
            id: call.call.to_string(),
            stage: call.stage,
            caller_masked: if viewer.sight == Sight::Desk { String::new() } else { call.caller.clone() },
            lang: call.lang.tag(),
            offered_at: call.offered_at,
            answered_at: call.answered_at,
            queued_at: call.queued_at,
            position: call.position,
            service: call.service.as_ref().map(|code| code.0.to_string()),
            service_name: service_name(plan, call),
            desk: no(call.desk),
            case: call.case.as_ref().map(|case| case.reveal().to_owned()),
            urgent: call.urgent,
            operator: staff(&call.operator),
            operator_name: call.operator.as_ref().map(|staff| scene.names.show(&staff.0)),
            declined: call
                .declined
                .iter()
                .map(|d| Declined {
                    desk: no(d.desk),
                    staff: staff(&d.staff),
                    reason: d.reason.map(call::event::DeclineReason::word),
                    at: d.at,
                })
                .collect(),
            seats: call.seats.iter().filter(shown).map(|seat| Seat::of(seat, scene)).collect(),
        }
    }
}

impl Seat {
    fn of(seat: &SeatView, scene: &Scene) -> Self {
        let desk = seat.desk.and_then(|no| scene.board.plan.desks.get(&no)).map(|desk| desk.name.to_string());
        let person = seat.staff.as_ref().and_then(|staff| scene.names.find(&staff.0)).map(str::to_owned);
        Self {
            leg: seat.leg.0,
            seat: seat.role.word(),
            party_ref: seat.party.clone(),
            name: person.or_else(|| desk.clone()).unwrap_or_else(|| seat.party.clone()),
            desk_name: desk,
            state: seat.state,
            since: seat.since,
            muted: seat.muted,
            held: seat.held,
            sound: scene.sounds.get(&seat.leg.0).map(SeatSound::of),
        }
    }
}

impl Operator {
    fn of(agent: &AgentView, names: &Names) -> Self {
        Self {
            staff: agent.staff.0.to_string(),
            name: names.show(&agent.staff.0),
            phone: agent.phone.to_string(),
            state: state_word(agent.state),
            since: agent.since,
            call: agent.call.map(|call| call.to_string()),
        }
    }
}

impl Desk {
    fn of(desk: &call::plan::Desk, scene: &Scene, people: &People<'_>) -> Self {
        let plan = &scene.board.plan;
        let hours = scene.hours.get(&desk.no).copied().unwrap_or_default();
        let shut: Option<&ClosedDesk> = scene.board.closed.iter().find(|shut| shut.desk == desk.no);
        let members = desk.members.iter().map(|member| Member {
            staff: member.staff.0.to_string(),
            name: scene.names.show(&member.staff.0),
            reachable: people.reachable(&member.address),
            busy: people.busy(&member.address),
        });
        let members: Vec<Member> = members.collect();
        let away = !people.any_reachable(desk);
        Self {
            no: desk.no.to_string(),
            name: desk.name.to_string(),
            unit: desk.unit.0.to_string(),
            unit_name: plan.units.get(&desk.unit).map(|unit| unit.name.to_string()).unwrap_or_default(),
            open: hours.open && shut.is_none(),
            opens_at: hours.opens_at,
            closes_at: hours.closes_at,
            closed_until: shut.map(|shut| shut.until),
            closed_reason: shut.map(|shut| shut.reason.to_string()),
            free: members.iter().filter(|member| member.reachable && !member.busy).count(),
            members,
            unreachable_since: scene.seen.get(&desk.no).copied().filter(|_| away),
        }
    }
}

impl From<&Alarm> for Notice {
    fn from(alarm: &Alarm) -> Self {
        Self {
            code: alarm.code,
            since: alarm.since,
            zh: alarm.zh.clone(),
            en: alarm.en.clone(),
            target: alarm.target.clone(),
        }
    }
}
