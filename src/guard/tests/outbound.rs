//! Limits of outbound calls, the stop and its end.

use super::s;
use crate::{Asked, Denied, Outbound, OutboundSettings, Permit, Stopped};

fn to<'a>(desk: &'a str, number: &'a str) -> Asked<'a> {
    Asked { desk, number, emergency: false }
}

fn limits(stop: bool) -> OutboundSettings {
    OutboundSettings { a_minute: 10, a_day: 20, a_desk: 8, a_number: 4, denied: 3, stop }
}

#[test]
fn each_limit_trips_and_the_stop_is_told_once() {
    let day = 7;
    for why in [Stopped::Minute, Stopped::Day, Stopped::Desk, Stopped::Number] {
        let mut out = Outbound::new(limits(true));
        let mut alarms = 0;
        let mut went = 0;
        for n in 0..60u64 {
            let (desk, number) = (format!("{}", n % 9), format!("0535{n}"));
            let (desk, number) = match why {
                Stopped::Desk => ("037", number.as_str()),
                Stopped::Number => (desk.as_str(), "13800000000"),
                _ => (desk.as_str(), number.as_str()),
            };
            let pace = if why == Stopped::Minute { 1 } else { 60 };
            match out.ask(s(60 + n * pace), day, 5, to(desk, number)) {
                Ok(Permit) => went += 1,
                Err(denied) => {
                    assert_eq!(denied.why, why);
                    alarms += u32::from(denied.alarm);
                }
            }
        }
        let expected = match why {
            Stopped::Minute => 10,
            Stopped::Day => 20,
            Stopped::Desk => 8,
            _ => 4,
        };
        assert_eq!((went, alarms), (expected, 1), "{why:?}");
        assert_eq!(out.view().stopped, Some((why, 5)));
        assert_eq!(out.view().refused, 60 - u64::from(expected as u32));
        let call_an_ambulance = Asked { emergency: true, ..to("operator", "120") };
        assert_eq!(out.ask(s(9_999), day, 0, call_an_ambulance), Ok(Permit), "never stopped");
    }
}

#[test]
fn without_the_stop_only_the_one_call_is_refused() {
    let mut out = Outbound::new(limits(false));
    for _ in 0..4 {
        assert!(out.ask(s(60), 1, 0, to("a", "1")).is_ok());
    }
    assert_eq!(out.ask(s(60), 1, 0, to("a", "1")), Err(Denied { why: Stopped::Number, alarm: false }));
    assert!(out.ask(s(60), 1, 0, to("a", "2")).is_ok() && out.view().stopped.is_none());
    assert!(out.ask(s(60), 2, 0, to("a", "1")).is_ok(), "another day");
}

#[test]
fn numbers_that_are_denied_again_and_again_stop_it_and_an_order_lifts_that() {
    let mut out = Outbound::new(limits(true));
    assert!(!out.denied(s(60), 1) && !out.denied(s(61), 2) && out.denied(s(62), 3));
    assert!(!out.denied(s(63), 4), "told once");
    let stopped = Err(Denied { why: Stopped::Denied, alarm: false });
    assert_eq!(out.ask(s(64), 1, 5, to("a", "1")), stopped);
    out.order(6, true);
    assert_eq!(out.ask(s(65), 1, 7, to("a", "1")), Ok(Permit));
    out.order(8, false);
    assert_eq!(out.view().stopped, Some((Stopped::Order, 8)));
    // Seldom ones are mistakes, no fraud.
    let mut seldom = Outbound::new(limits(true));
    assert!((0..50).all(|n| !seldom.denied(s(60 + n * 700), 0)));
}

#[test]
fn the_counts_are_bounded() {
    let settings = OutboundSettings { a_minute: u32::MAX, a_day: u32::MAX, ..limits(true) };
    let mut out = Outbound::new(settings);
    for n in 0..100_000 {
        assert!(out.ask(s(60), 1, 0, to(&format!("d{n}"), &format!("n{n}"))).is_ok());
    }
    let (desks, numbers) = out.len();
    assert!(desks <= 8_192 && numbers <= 8_192);
}
