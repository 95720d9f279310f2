//! The guard at work in the turn, in virtual time: who is listed and pardoned, who is told to come later, what goes out to the world.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bare;
#[path = "watch/codecs.rs"]
mod codecs;
#[path = "watch/ports.rs"]
mod ports;
#[path = "watch/world.rs"]
mod world;

use std::time::Duration;

use call::ids::{Address, Pii};
use call::plan::EmergencyLine;
use guard::{Load, Origin, Reason, Stopped};
use sip::Transport;
use switchboard::contract::{Gate, Input, Notice, Setup, Trunk};

use world::{PHONE, TOWN, World, at, setup};

const STRANGER: &str = "192.0.2.66:5060";

fn origin(text: &str) -> Origin {
    Origin::of(at(text).ip())
}

fn listed(world: &World) -> Vec<&'static str> {
    let word = |n: &Notice| match n {
        Notice::Listed { why, .. } => Some(*why),
        _ => None,
    };
    world.notices.iter().filter_map(word).collect()
}

fn shut(world: &World) -> usize {
    world.gates.iter().filter(|g| matches!(g, Gate::Shut(..))).count()
}

#[test]
fn a_scanner_gets_nothing_and_costs_one_line_and_is_shut_out_until_it_is_pardoned() {
    let mut world = World::new(setup());
    let scan = |world: &mut World, n: u32| {
        let options =
            world.request("OPTIONS", STRANGER, &format!("scan{n}"), "User-Agent: friendly-scanner\r\n");
        world.hears(STRANGER, options);
    };
    scan(&mut world, 0);
    assert_eq!(listed(&world), ["scanner"]);
    assert_eq!(world.gates, [Gate::Shut(origin(STRANGER), Duration::from_secs(900))]);
    for n in 1..=500 {
        scan(&mut world, n);
    }
    world.tell(Input::Dropped(origin(STRANGER), 70));
    let view = world.view();
    assert_eq!((view.listed.len(), view.listed[0].reason), (1, Reason::Scanner));
    assert_eq!((view.listed[0].dropped, view.counts), (570, (1, 570)));
    assert!(world.sent.is_empty() && world.notices.len() == 1 && shut(&world) == 1, "{:?}", world.notices);
    world.tell(Input::Pardon(origin(STRANGER)));
    assert!(world.view().listed.is_empty() && world.gates.ends_with(&[Gate::Open(origin(STRANGER))]));
    scan(&mut world, 501);
    assert_eq!(listed(&world), ["scanner"; 2], "it is as if it had never come");
    world.pass(900_000);
    assert!(world.view().listed.is_empty(), "forgotten by itself");
}

#[test]
fn a_stranger_that_goes_on_knocking_is_listed_and_a_trunk_that_names_itself_a_scanner_is_not() {
    let mut world = World::new(setup());
    for n in 0..20 {
        let invite = world.request("INVITE", STRANGER, &format!("k{n}"), "");
        world.hears(STRANGER, invite);
    }
    assert_eq!((listed(&world), shut(&world)), (vec!["knocking"], 1));
    assert_eq!(world.notices.len(), 2, "its first, and its last: {:?}", world.notices);
    assert!(world.sent.is_empty());
    let options = world.request("OPTIONS", TOWN, "o", "User-Agent: friendly-scanner\r\n");
    world.hears(TOWN, options);
    assert_eq!(world.statuses(), [200]);
    for n in 0..200 {
        let wrong = world.invite(TOWN, "000", &format!("wrong{n}"), "");
        world.hears(TOWN, wrong);
        world.pass(1_000);
    }
    assert_eq!(world.view().listed.len(), 1, "a trunk is never listed");
}

#[test]
fn wrong_passwords_are_slowed_then_listed_and_the_registered_phone_goes_on() {
    let mut world = World::new(setup());
    assert_eq!(world.register(PHONE, "secret", 1), 200);
    let thief = "10.7.0.66:5060";
    let (mut heard, mut asked) = (0, 0);
    while listed(&world).is_empty() {
        asked += 1;
        assert!(asked < 2_000, "{:?}", world.view());
        let status = world.register(thief, "guess", asked);
        assert!(matches!(status, 0 | 401 | 403), "{status}");
        heard += u32::from(status != 0);
        world.pass(1_000);
    }
    assert_eq!((listed(&world), world.view().listed[0].deeds), (vec!["guessing"], 10));
    assert!(asked >= 60, "10 guesses take more than a minute, these took {asked} s, {heard} were answered");
    assert_eq!(world.register(thief, "secret", 5_000), 0, "the right password comes too late");
    let about = |n: &&Notice| matches!(n, Notice::TurnedAway { .. } | Notice::Listed { .. });
    assert_eq!(world.notices.iter().filter(about).count(), 2, "{:?}", world.notices);
    // Many thieves, one name: it is locked for all but the phone that has it.
    for n in 1..=10 {
        for guess in 0..4 {
            world.register(&format!("10.7.1.{n}:5060"), "guess", 100 * n + guess);
        }
    }
    assert_eq!(world.view().names_locked, 1);
    assert_eq!(world.register("10.7.2.1:5060", "secret", 6_000), 0, "from elsewhere not even the right one");
    assert_eq!(world.register(PHONE, "secret", 6_001), 200, "its own phone refreshes");
}

/// Measures the same load for so long.
fn load(world: &mut World, load: Load, seconds: i64) {
    for _ in 0..seconds * 10 {
        world.pass(100);
        world.tell(Input::Load(load));
    }
}

#[test]
fn overload_is_told_with_retry_after_and_calls_that_run_and_emergencies_go_on() {
    let mut setup = setup();
    setup.guard.first = vec!["110".into()];
    let mut world = World::new(setup);
    world.citizen("running");
    assert_eq!(world.statuses(), [180, 200]);
    load(&mut world, Load { lag: Duration::from_secs(2), ..Load::default() }, 3);
    assert!(world.view().refusing > 0.9, "{:?}", world.view());
    let mut later = 0;
    for n in 0..50 {
        world.sent.clear();
        world.citizen(&format!("new{n}"));
        if let Some(refusal) = world.response(503) {
            let seconds: u32 = refusal.headers.get("Retry-After").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "{seconds}");
            later += 1;
        }
    }
    assert!(later >= 45, "{later} of 50 were told to come later");
    assert!(world.view().refused >= 45);
    assert!(world.offered < 8, "{} were written down: a flood does not fill the store", world.offered);
    world.sent.clear();
    let emergency = world.invite(TOWN, "89000", "help", "").replace("sip:13800001234@", "sip:110@");
    world.hears(TOWN, emergency);
    assert!(world.response(503).is_none() && !world.statuses().is_empty(), "{:?}", world.statuses());
    world.sent.clear();
    world.bye("running");
    assert_eq!(world.statuses(), [200], "what runs goes on to its end");
    load(&mut world, Load::default(), 30);
    assert!(world.view().refusing == 0.0);
    world.sent.clear();
    world.citizen("after");
    assert!(world.response(503).is_none());
    let overload: Vec<&Notice> =
        world.notices.iter().filter(|n| matches!(n, Notice::Overloaded(_))).collect();
    assert_eq!(overload, [&Notice::Overloaded(true), &Notice::Overloaded(false)]);
}

#[test]
fn a_call_that_runs_gets_no_third_seat_while_the_media_threads_have_no_time_for_it() {
    // A house whose media threads are so busy, and a call of two in it.
    let busy = |sound: f64| {
        let mut world = outbound(|s| {
            let plan = std::sync::Arc::make_mut(&mut s.plan);
            let address = Address::Number(Pii::new("05350000110"));
            plan.emergency = vec![EmergencyLine { key: 1, number: 110, address }];
        });
        let call = world.talk("talk");
        load(&mut world, Load { sound, ..Load::default() }, 1);
        (world, call)
    };
    let (mut world, call) = busy(0.9);
    assert!(world.brings(call, "05359999999"));
    let (mut world, call) = busy(0.95);
    assert!(!world.brings(call, "05359999999"), "nobody is rung for it");
    let (mut world, call) = busy(0.95);
    assert!(world.emergency(call, 110), "but an emergency service is");
}

#[test]
fn only_a_trusted_trunk_s_word_makes_a_call_come_first() {
    for (trusted, first) in [(true, true), (false, false)] {
        let mut setup = setup();
        setup.trunks[0].trusted = trusted;
        let mut world = World::new(setup);
        load(&mut world, Load { queue: 1.0, ..Load::default() }, 1);
        assert!(world.view().refusing >= 1.0);
        for header in ["Priority: emergency\r\n", "Resource-Priority: esnet.0\r\n"] {
            world.sent.clear();
            let invite = world.invite(TOWN, "89000", header.trim_end(), header);
            world.hears(TOWN, invite);
            assert_eq!(world.response(503).is_none(), first, "trusted: {trusted}, {header}");
        }
    }
}

#[test]
fn one_source_that_floods_calls_gets_503_without_a_record_and_others_do_not_feel_it() {
    let mut setup = setup();
    setup.calls_per_second = 5;
    let mut world = World::new(setup);
    for n in 0..1_000 {
        let invite = world.invite(TOWN, "89000", &format!("flood{n}"), "");
        world.hears(TOWN, invite);
    }
    assert!(world.offered <= 15, "{} rows", world.offered);
    let refused = world.sent.iter().filter(|(_, m)| world::is_status(m, 503)).count();
    assert!(refused >= 985, "{refused}");
    world.sent.clear();
    let invite = world.invite("10.8.0.2:5060", "89000", "other", "");
    world.hears("10.8.0.2:5060", invite);
    assert!(world.response(503).is_none());
}

fn outbound(change: impl FnOnce(&mut Setup)) -> World {
    let mut setup = setup();
    setup.guard.outbound.a_minute = 3;
    change(&mut setup);
    World::new(setup)
}

fn stopped(world: &World) -> Vec<&'static str> {
    let why = |n: &Notice| match n {
        Notice::OutboundStopped { why, .. } => Some(*why),
        _ => None,
    };
    world.notices.iter().filter_map(why).collect()
}

#[test]
fn too_many_calls_out_stop_all_of_them_with_one_alarm_at_once_until_an_admin_allows_them() {
    let mut world = outbound(|_| {});
    for n in 0..3 {
        assert!(world.rings_out(&format!("c{n}")), "{n}");
    }
    let before = world.ms;
    assert!(!world.rings_out("c3"));
    assert_eq!(stopped(&world), ["calls_a_minute"]);
    assert!(world.ms - before <= 5_000, "the alarm comes within 5 s, in fact with the call");
    let call = world.notices.iter().any(|n| matches!(n, Notice::OutboundStopped { call: Some(_), .. }));
    assert!(call, "it names the call");
    world.pass(120_000);
    assert!(!world.rings_out("c4"), "a minute later it still stands");
    assert_eq!(stopped(&world).len(), 1, "one alarm");
    let view = world.view().outbound;
    assert_eq!((view.stopped.map(|(why, _)| why), view.today, view.stops), (Some(Stopped::Minute), 3, 1));
    world.tell(Input::Outbound(true));
    assert!(world.rings_out("c5"));
    world.tell(Input::Outbound(false));
    assert!(!world.rings_out("c6"), "stopped by order");
    assert_eq!(world.view().outbound.stopped.map(|(why, _)| why), Some(Stopped::Order));
}

#[test]
fn limits_of_a_day_and_of_a_number_hold_and_the_next_day_is_another() {
    let mut world = outbound(|s| {
        (s.guard.outbound.a_minute, s.guard.outbound.a_number, s.guard.outbound.stop) = (100, 2, false);
    });
    assert!(world.rings_out("a") && world.rings_out("b") && !world.rings_out("c"));
    assert_eq!(stopped(&world), Vec::<&str>::new(), "not a stop, by the settings");
    assert_eq!(world.view().outbound.refused, 1);
    world.pass(24 * 3_600_000);
    assert!(world.rings_out("d"));
}

#[test]
fn numbers_that_are_not_allowed_are_refused_and_again_and_again_is_an_alarm() {
    let mut world = outbound(|s| s.guard.outbound.a_minute = 100);
    let call = world.talk("first");
    assert!(world.brings(call, "05359999999"), "a number that is allowed is rung");
    world.bye("first");
    let call = world.talk("talk");
    for n in 1..=5 {
        assert!(stopped(&world).is_empty(), "{n}");
        assert!(!world.brings(call, "+4420000000"));
    }
    assert_eq!(stopped(&world), ["denied_numbers"]);
    assert!(!world.brings(call, "05359999999"), "now not even a number that is allowed is rung");
}

#[test]
fn an_emergency_service_is_rung_whatever_was_stopped() {
    let mut world = outbound(|s| {
        let plan = std::sync::Arc::make_mut(&mut s.plan);
        let address = Address::Number(Pii::new("05350000110"));
        plan.emergency = vec![EmergencyLine { key: 1, number: 110, address }];
    });
    let call = world.talk("talk");
    world.tell(Input::Outbound(false));
    assert!(world.emergency(call, 110), "110 is rung");
}

#[test]
fn whom_we_have_asked_may_answer_from_outside_all_networks() {
    let mut setup = setup();
    setup.trunks[1].proxy = sip::Uri::parse("sip:203.0.113.5:5060").map(Box::new);
    let mut world = World::new(setup);
    let friend = Gate::Friend(origin("203.0.113.5:5060"));
    world.citizen("c");
    assert_eq!(world.gates, [friend], "told once, not with each repetition");
    let (to, invite) = world.next_invite().unwrap();
    assert_eq!(to, at("203.0.113.5:5060"));
    world.answer(to, &invite, 100, "");
    world.answer(to, &invite, 486, "");
    assert!(listed(&world).is_empty());
    world.pass(60_000);
    world.citizen("d");
    let again = world.gates.len() > 1 && world.gates.iter().all(|gate| *gate == friend);
    assert!(again, "later again, as the sockets may have forgotten it: {:?}", world.gates);
}

#[test]
fn other_settings_leave_the_list_and_the_stop_as_they_are() {
    let mut world = World::new(setup());
    let scan = world.request("OPTIONS", STRANGER, "s", "User-Agent: sipcli/1\r\n");
    world.hears(STRANGER, scan);
    world.tell(Input::Outbound(false));
    let mut other = setup();
    other.guard.sources.scanners = vec!["evil".into()];
    other.trunks.push(Trunk::named("further"));
    other.listening.push((Transport::Tcp, at("10.0.0.1:5060")));
    world.tell(Input::Setup(Box::new(other)));
    assert_eq!(world.view().listed.len(), 1);
    assert!(world.view().outbound.stopped.is_some());
    let own = world.request("OPTIONS", "192.0.2.77:5060", "s", "User-Agent: EvilPhone\r\n");
    world.hears("192.0.2.77:5060", own);
    assert_eq!(listed(&world), ["scanner", "scanner"], "the new word counts at once");
}
