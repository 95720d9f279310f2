//! The board of the screens: what each role sees, and when it is sent.

use call::action::{Answer, SeatRole};
use call::board::{AgentView, Board, CallView, ClosedDesk, Declined, SeatView};
use call::event::{AgentState, DeclineReason, Order};
use call::ids::{Address, CallId, DeskNo, Lang, LegId, Pii, ServiceCode, StaffNo, UnitCode};
use call::plan::{Desk, Hunt, Member, Plan, Service, Unit, UnitKind};
use serde_json::Value;
use switchboard::{Fault, Quality};

use super::live::Stream;
use super::{Bench, get, post};

const NOW: i64 = 1_790_000_000_000;

fn staff(no: &str) -> StaffNo {
    StaffNo(no.into())
}

fn plan() -> Plan {
    let desk = |no: u16, who: &str| Desk {
        no: DeskNo(no),
        name: "办税窗口".into(),
        unit: UnitCode("TAX".into()),
        straight: false,
        hunt: Hunt::Sequential,
        members: vec![Member {
            staff: staff(who),
            address: Address::Phone(format!("d{who}").as_str().into()),
        }],
    };
    let unit = Unit {
        code: UnitCode("TAX".into()),
        name: "税务局".into(),
        kind: UnitKind::Department,
        contacts: Vec::new(),
    };
    let code = ServiceCode("S-TAX".into());
    let service = Service { code: code.clone(), name: "个税汇算".into(), desks: vec![DeskNo(37)] };
    Plan {
        version: "v".into(),
        numbers: Vec::new(),
        greeting: call::plan::Greeting {
            profile: call::plan::Profile::Direct,
            opening: Vec::new(),
            then: Vec::new(),
            music_after: std::time::Duration::ZERO,
            announce_after: std::time::Duration::ZERO,
            announce_every: std::time::Duration::ZERO,
            offer_after: std::time::Duration::ZERO,
            offer_position: 0,
            offer_window: std::time::Duration::ZERO,
            night: None,
        },
        menus: call::plan::Menus::default(),
        limits: call::plan::Limits::default(),
        units: [(unit.code.clone(), unit)].into(),
        desks: [desk(37, "2001"), desk(38, "2003")].map(|d| (d.no, d)).into(),
        services: [(code, service)].into(),
        operators: Vec::new(),
        shift_leads: Vec::new(),
        emergency: Vec::new(),
        allowed_outside: Vec::new(),
        unit_access: call::plan::UnitAccess::default(),
        calendar: Default::default(),
    }
}

pub(super) fn seat(
    leg: u64,
    role: SeatRole,
    who: Option<&str>,
    desk: Option<u16>,
    state: &'static str,
) -> SeatView {
    SeatView {
        leg: LegId(leg),
        role,
        party: desk.map_or_else(|| who.unwrap_or_default().to_owned(), |no| DeskNo(no).to_string()),
        staff: who.map(staff),
        desk: desk.map(DeskNo),
        state,
        since: NOW,
        muted: false,
        held: false,
    }
}

pub(super) fn call(id: u128, seats: Vec<SeatView>) -> CallView {
    CallView {
        call: CallId(id),
        stage: "ringing",
        caller: "138****1234".into(),
        tail: "1234".into(),
        lang: Lang::Zh,
        offered_at: NOW,
        answered_at: Some(NOW),
        queued_at: None,
        position: None,
        service: Some(ServiceCode("S-TAX".into())),
        desk: Some(DeskNo(37)),
        case: Some(Pii::new("261012000011")),
        urgent: false,
        operator: Some(staff("1001")),
        declined: vec![Declined {
            desk: Some(DeskNo(38)),
            staff: Some(staff("2003")),
            reason: Some(DeclineReason::Serving),
            at: NOW,
        }],
        seats,
    }
}

/// Call 1 of operator 1001 rings at desk 037, and a supervisor listens; call 2 waits.
pub(super) fn house() -> Board {
    let one = call(
        1,
        vec![
            seat(1, SeatRole::Citizen, None, None, "joined"),
            seat(2, SeatRole::Operator, Some("1001"), None, "joined"),
            seat(3, SeatRole::Desk, Some("2001"), Some(37), "ringing"),
            seat(4, SeatRole::Supervisor, Some("1009"), None, "listening"),
        ],
    );
    let mut two = call(2, vec![seat(5, SeatRole::Citizen, None, None, "joined")]);
    (two.queued_at, two.position, two.operator) = (Some(NOW), Some(1), None);
    let agent = |no: &str, state, call| AgentView {
        staff: staff(no),
        phone: format!("op{no}").as_str().into(),
        state,
        since: NOW,
        call,
        wrap_up_until: None,
        outcome_due: vec![CallId(9)],
    };
    Board {
        plan: std::sync::Arc::new(plan()),
        calls: vec![one, two],
        agents: vec![
            agent("1001", AgentState::Talking, Some(CallId(1))),
            agent("1002", AgentState::Off, None),
        ],
        closed: vec![ClosedDesk { desk: DeskNo(38), until: NOW + 60_000, reason: "培训".into() }],
        phones: vec!["d2001".into()],
        taken: vec![(Address::Phone("d2001".into()), CallId(1))],
    }
}

async fn bench() -> Bench {
    Bench::with(1_000_000, |order| match order {
        Order::Board => Ok(Answer::Board(Box::new(house()))),
        Order::ListCalls => Ok(Answer::Calls(Vec::new())),
        Order::ListAgents => Ok(Answer::Agents(Vec::new())),
        _ => Ok(Answer::Done),
    })
    .await
}

/// The first board that this viewer is sent.
async fn first(bench: &Bench, query: &str) -> Value {
    let (status, mut stream) = Stream::open(&bench.app, &format!("/api/v1/board{query}")).await;
    assert_eq!(status, 200);
    loop {
        let block = stream.next().await.unwrap();
        if let Some(data) = block.lines().find_map(|line| line.strip_prefix("data: ")) {
            assert!(block.contains("event: board"));
            return serde_json::from_str(data).unwrap();
        }
    }
}

#[tokio::test]
async fn a_supervisor_sees_everything() {
    let bench = bench().await;
    let board = first(&bench, "").await;
    assert_eq!(board["me"], Value::Null);
    assert_eq!(board["calls"].as_array().unwrap().len(), 2);
    let one = &board["calls"][0];
    assert_eq!(
        (one["caller_masked"].as_str(), one["service_name"].as_str()),
        (Some("138****1234"), Some("个税汇算"))
    );
    assert_eq!(one["seats"].as_array().unwrap().len(), 4);
    assert_eq!(
        (one["seats"][2]["desk_name"].as_str(), one["seats"][2]["party_ref"].as_str()),
        (Some("办税窗口"), Some("037"))
    );
    // Names of the sample's staff.toml; a citizen has none.
    let names: Vec<_> =
        one["seats"].as_array().unwrap().iter().map(|seat| seat["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["", "程晨", "傅立新", "董桂兰"]);
    assert_eq!(one["operator_name"], "程晨");
    assert_eq!(
        (&board["operators"][1]["staff"], &board["operators"][1]["name"]),
        (&"1002".into(), &"朱玉兰".into())
    );
    assert_eq!(board["desks"][0]["members"][0]["name"], "傅立新");
    assert_eq!(one["declined"][0]["reason"], "serving");
    assert_eq!(board["queue"]["waiting"], 1);
    let (at, longest) = (board["at"].as_i64().unwrap(), board["queue"]["longest_ms"].as_i64().unwrap());
    assert!(at > NOW && longest == at - NOW, "{at} {longest}");
    let desks = board["desks"].as_array().unwrap();
    assert_eq!(
        (desks[0]["no"].as_str(), desks[0]["unit_name"].as_str(), desks[0]["free"].as_u64()),
        (Some("037"), Some("税务局"), Some(0))
    );
    assert_eq!((desks[1]["open"].as_bool(), desks[1]["closed_reason"].as_str()), (Some(false), Some("培训")));
    assert!(desks[0]["unreachable_since"].is_null() && desks[1]["unreachable_since"].is_i64());
    assert_eq!(board["today"]["offered"], 0);
    let alarms: Vec<&str> =
        board["alarms"].as_array().unwrap().iter().map(|a| a["code"].as_str().unwrap()).collect();
    assert!(
        alarms.contains(&"long_wait")
            && alarms.contains(&"trunk_down")
            && !alarms.contains(&"nobody_on_duty")
    );
    assert_eq!(board["trunks"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_operator_sees_own_calls_and_no_listener() {
    let bench = bench().await;
    let board = first(&bench, "?role=operator&staff=1001").await;
    assert_eq!(board["calls"].as_array().unwrap().len(), 1);
    assert_eq!(board["calls"][0]["seats"].as_array().unwrap().len(), 3, "who listens is not shown");
    assert_eq!(
        (board["me"]["state"].as_str(), board["queue"]["waiting"].as_u64()),
        (Some("talking"), Some(1))
    );
    assert_eq!(board["me"]["outcome_due"].as_str(), Some(CallId(9).to_string().as_str()));
    assert_eq!(
        (board["operators"].as_array().unwrap().len(), board["desks"].as_array().unwrap().len()),
        (2, 2)
    );
    assert!(
        board["today"].is_null()
            && board["alarms"].as_array().unwrap().is_empty()
            && board["invite"].is_null()
    );
    let other = first(&bench, "?role=operator&staff=1002").await;
    assert_eq!(other["calls"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_desk_sees_its_own_window_the_invite_and_never_a_number() {
    let bench = bench().await;
    let board = first(&bench, "?role=desk&staff=2001").await;
    assert!(!board.to_string().contains("138"), "no number: {board}");
    assert_eq!(board["desks"].as_array().unwrap().len(), 1);
    let invite = &board["invite"];
    assert_eq!(
        (invite["desk"].as_str(), invite["operator"].as_str(), invite["state"].as_str()),
        (Some("037"), Some("1001"), Some("ringing"))
    );
    assert_eq!(invite["operator_name"], "程晨");
    assert_eq!(invite["whisper"]["zh"], "热线三方通话，工单尾号 1234，个税汇算");
    assert_eq!(board["me"]["state"], "ringing");
    assert!(board["operators"].as_array().unwrap().is_empty());
    let other = first(&bench, "?role=desk&staff=2003").await;
    assert!(other["calls"].as_array().unwrap().is_empty() && other["invite"].is_null());
    assert_eq!(other["me"]["state"], "off");
    assert_eq!(get("/api/v1/board?role=desk").to(&bench.app).await.problem().0, 400);
}

#[tokio::test]
async fn what_does_not_change_is_not_sent_again() {
    let bench = bench().await;
    let (_, mut stream) = Stream::open(&bench.app, "/api/v1/board").await;
    let mut boards = 0;
    let second = std::time::Duration::from_millis(1_600);
    while let Ok(Some(block)) = tokio::time::timeout(second, stream.next()).await {
        boards += usize::from(block.contains("event: board"));
    }
    assert_eq!(boards, 1, "three looks, one board");
}

/// The levels of the next such event.
async fn levels(stream: &mut Stream) -> Value {
    loop {
        let block = stream.next().await.unwrap();
        if block.contains("event: levels") {
            let data = block.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
            let data: Value = serde_json::from_str(data).unwrap();
            assert!(data["at"].as_i64().unwrap() > NOW);
            return data["levels"].clone();
        }
    }
}

#[tokio::test]
async fn levels_come_by_themselves_and_only_of_the_calls_that_are_shown() {
    let bench = bench().await;
    let put = |port, leg, level| bench.handle.levels().put(port, leg, level);
    // Legs 1 to 4 are call 1, and 4 listens; 5 is call 2; 6 is nobody's.
    for (port, leg, level) in [(0, 1, 0.5), (1, 2, 0.25), (2, 4, 0.75), (3, 5, 1.0)] {
        put(port, leg, level);
    }
    let open = async |query: &str| Stream::open(&bench.app, &format!("/api/v1/board{query}")).await.1;
    let mut all = open("").await;
    let mut operator = open("?role=operator&staff=1001").await;
    let mut desk = open("?role=desk&staff=2001").await;
    let other = open("?role=operator&staff=1002").await;
    let own = serde_json::json!({"1": 0.5, "2": 0.25});
    assert_eq!(levels(&mut operator).await, own, "no listener, no other call");
    assert_eq!(levels(&mut desk).await, own);
    assert_eq!(levels(&mut all).await, serde_json::json!({"1": 0.5, "2": 0.25, "4": 0.75, "5": 1.0}));
    put(1, 2, 0.0);
    put(3, 5, 0.5);
    assert_eq!(levels(&mut operator).await, serde_json::json!({"1": 0.5}), "who is silent is not in it");
    assert_eq!(levels(&mut all).await, serde_json::json!({"1": 0.5, "4": 0.75, "5": 0.5}));
    // Neither the board again nor levels for who has no call.
    for mut stream in [other, operator] {
        let second = std::time::Duration::from_millis(1_000);
        let mut blocks = Vec::new();
        while let Ok(Some(block)) = tokio::time::timeout(second, stream.next()).await {
            blocks.push(block);
        }
        let news = blocks.iter().filter(|block| block.contains("event: levels")).count();
        assert_eq!(news, 0, "{blocks:?}");
        assert!(blocks.iter().filter(|block| block.contains("event: board")).count() <= 1, "{blocks:?}");
    }
}

#[tokio::test]
async fn each_seat_says_how_it_sounds() {
    let bench = bench().await;
    let quality = Quality { mos: Some(2.74), unheard: 0.1234, jitter_ms: 31, ..Quality::default() };
    bench.handle.levels().put_quality(0, 1, Quality { fault: Some(Fault::Loss), ..quality });
    bench.handle.levels().put_quality(1, 6, quality);
    let board = first(&bench, "").await;
    let seats: Vec<&Value> = board["calls"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|call| call["seats"].as_array().unwrap())
        .collect();
    let sound = |leg: u64| &seats.iter().find(|seat| seat["leg"] == leg).unwrap()["sound"];
    let said = serde_json::json!({"loss": 0.123, "jitter_ms": 31, "round_trip_ms": null, "fault": "loss"});
    for (name, value) in said.as_object().unwrap() {
        let same = match (value.as_f64(), sound(1)[name].as_f64()) {
            (Some(one), Some(two)) => (one - two).abs() < 1e-6,
            _ => *value == sound(1)[name],
        };
        assert!(same, "{name}: {}", sound(1));
    }
    assert!((sound(1)["mos"].as_f64().unwrap() - 2.7).abs() < 1e-6, "{}", sound(1));
    assert!(sound(2).is_null(), "not known yet");
}

#[tokio::test]
async fn the_orders_of_screens_reach_the_core() {
    let bench = bench().await;
    let call = CallId(5);
    let path = |what: &str| format!("/api/v1/calls/{call}/{what}");
    let give = async |key: &str, path: &str, body: &str| post(path, key).json(body).to(&bench.app).await;
    assert_eq!(give("a", &path("accept"), "{\"staff\":\"2001\"}").await.status, 200);
    assert_eq!(give("b", &path("decline"), "{\"reason\":\"wrong_window\"}").await.status, 200);
    assert_eq!(give("c", &path("supervise"), "{\"mode\":\"whisper\",\"staff\":\"1009\"}").await.status, 200);
    assert_eq!(give("d", &path("supervise"), "{\"mode\":\"listen\"}").await.problem().0, 400, "whose phone?");
    assert_eq!(give("e", &path("decline"), "{\"reason\":\"tired\"}").await.problem().0, 400);
    let unknown = give("f", &path("outcome"), "{\"outcome\":\"on_spot\"}").await;
    assert_eq!(unknown.problem(), (404, "no_such_call".into()));
    assert_eq!(give("g", "/api/v1/desks/037/closed", "{\"until\":5}").await.problem().0, 400, "it is over");
    let until = crate::recordings::now_utc_ms() + 60_000;
    let body = format!("{{\"until\":{until},\"reason\":\"培训\"}}");
    assert_eq!(give("h", "/api/v1/desks/037/closed", &body).await.status, 200);
    let kept = bench.rooms.store.closed_desks(0).await.unwrap();
    assert_eq!(
        (kept.len(), kept[0].desk, kept[0].until),
        (1, DeskNo(37), until),
        "a restart does not forget it"
    );
    let given = bench.given();
    assert_eq!(given.len(), 4);
    assert_eq!(given[0], Order::Accept { call, by: Some(staff("2001")) });
    assert_eq!(given[1], Order::Decline { call, by: None, reason: DeclineReason::WrongWindow });
}
