//! Each transaction row by row beside the figures of RFC 3261 section 17 and RFC 6026.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::{ClientInvite, ClientOther, Due, Heard, Repeat, ServerInvite, ServerOther};
use crate::timers::Times;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Runs a machine's timers to the end: when it resent, when it was over, and how.
fn run(
    next: impl Fn() -> Option<Duration>,
    mut timeout: impl FnMut(Duration) -> Due,
) -> (Vec<u128>, Option<(u128, Due)>) {
    let mut resent = Vec::new();
    for _ in 0..100 {
        let Some(at) = next() else { return (resent, None) };
        match timeout(at) {
            Due::Nothing => {}
            Due::Resend => resent.push(at.as_millis()),
            end @ (Due::TimedOut | Due::Over) => return (resent, Some((at.as_millis(), end))),
        }
    }
    (resent, None)
}

macro_rules! run {
    ($machine:expr) => {{
        let machine = std::cell::RefCell::new(&mut $machine);
        run(|| machine.borrow().next_timeout(), |at| machine.borrow_mut().timeout(at))
    }};
}

#[test]
fn an_unanswered_invite_doubles_without_cap_and_gives_up_after_64_t1() {
    let mut t = ClientInvite::start(ms(0), Times::default(), false);
    let (resent, end) = run!(t);
    assert_eq!(resent, [500, 1500, 3500, 7500, 15500, 31500]);
    assert_eq!(end, Some((32_000, Due::TimedOut)));
}

#[test]
fn over_tcp_an_invite_is_sent_once() {
    let mut t = ClientInvite::start(ms(0), Times::default(), true);
    assert_eq!(run!(t), (vec![], Some((32_000, Due::TimedOut))));
}

#[test]
fn a_provisional_response_stops_the_invite_and_allows_cancel() {
    let mut t = ClientInvite::start(ms(0), Times::default(), false);
    assert!(!t.can_cancel());
    assert_eq!(t.response(ms(10), 100), Heard::Pass);
    assert!(t.can_cancel());
    assert_eq!(t.next_timeout(), None);
}

#[test]
fn a_refused_invite_is_acked_each_time_for_32_s() {
    let mut t = ClientInvite::start(ms(0), Times::default(), false);
    assert_eq!(t.response(ms(10), 486), Heard::PassAndAck);
    assert_eq!(t.response(ms(600), 486), Heard::AckAgain);
    assert_eq!(t.response(ms(700), 200), Heard::Ignore);
    assert_eq!(run!(t), (vec![], Some((32_010, Due::Over))));
}

#[test]
fn an_accepted_invite_passes_every_2xx_until_m() {
    let mut t = ClientInvite::start(ms(0), Times::default(), false);
    assert_eq!(t.response(ms(10), 200), Heard::Pass);
    assert_eq!(t.response(ms(500), 200), Heard::Pass);
    assert_eq!(t.response(ms(501), 486), Heard::Ignore);
    assert_eq!(run!(t), (vec![], Some((32_010, Due::Over))));
}

#[test]
fn another_request_doubles_up_to_t2() {
    let mut t = ClientOther::start(ms(0), Times::default(), false);
    let (resent, end) = run!(t);
    assert_eq!(resent, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
    assert_eq!(end, Some((32_000, Due::TimedOut)));
}

#[test]
fn after_a_provisional_response_another_request_repeats_each_t2() {
    let mut t = ClientOther::start(ms(0), Times::default(), false);
    assert_eq!(t.response(ms(100), 100), Heard::Pass);
    let (resent, _) = run!(t);
    assert_eq!(resent, [500, 4500, 8500, 12500, 16500, 20500, 24500, 28500]);
}

#[test]
fn a_finished_request_absorbs_repetitions_for_t4() {
    let mut t = ClientOther::start(ms(0), Times::default(), false);
    assert_eq!(t.response(ms(100), 200), Heard::Pass);
    assert_eq!(t.response(ms(200), 200), Heard::Ignore);
    assert_eq!(run!(t), (vec![], Some((5_100, Due::Over))));
}

#[test]
fn a_refusal_is_repeated_up_to_t2_until_the_ack() {
    let mut t = ServerInvite::new(Times::default(), false);
    assert!(t.respond(ms(0), 180) && t.respond(ms(0), 486));
    assert!(!t.respond(ms(1), 200), "one final response only");
    let (resent, end) = run!(t);
    assert_eq!(resent, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
    assert_eq!(end, Some((32_000, Due::TimedOut)));
}

#[test]
fn the_ack_ends_a_refusal_and_is_absorbed_for_t4() {
    let mut t = ServerInvite::new(Times::default(), false);
    assert!(t.respond(ms(0), 486));
    assert_eq!(t.repeated(), Repeat::Resend);
    t.ack(ms(50));
    assert_eq!(t.repeated(), Repeat::Absorb);
    assert_eq!(run!(t), (vec![], Some((5_050, Due::Over))));
}

#[test]
fn an_accepted_invite_is_absorbed_for_64_t1() {
    let mut t = ServerInvite::new(Times::default(), false);
    assert!(t.respond(ms(0), 200));
    assert!(t.respond(ms(500), 200), "the owner repeats its 2xx");
    assert!(!t.respond(ms(500), 486));
    assert_eq!(t.repeated(), Repeat::Absorb);
    assert_eq!(run!(t), (vec![], Some((32_000, Due::Over))));
}

#[test]
fn another_request_is_answered_again_until_j() {
    let mut t = ServerOther::new(Times::default(), false);
    assert_eq!(t.repeated(), Repeat::Absorb);
    assert!(t.respond(ms(0), 200));
    assert!(!t.respond(ms(1), 500));
    assert_eq!(t.repeated(), Repeat::Resend);
    assert_eq!(run!(t), (vec![], Some((32_000, Due::Over))));
}

#[test]
fn over_tcp_nothing_lingers() {
    let mut t = ServerOther::new(Times::default(), true);
    assert!(t.respond(ms(7), 200));
    assert_eq!(t.next_timeout(), Some(ms(7)));
}

#[test]
fn a_client_is_open_until_something_final_was_heard() {
    let mut t = ClientInvite::start(ms(0), Times::default(), false);
    assert!(t.is_open());
    t.response(ms(10), 180);
    assert!(t.is_open());
    t.response(ms(20), 200);
    assert!(!t.is_open());
    let mut t = ClientOther::start(ms(0), Times::default(), false);
    assert!(t.is_open());
    t.response(ms(10), 100);
    assert!(t.is_open());
    t.response(ms(20), 404);
    assert!(!t.is_open());
    let mut t = ClientOther::start(ms(0), Times::default(), false);
    run!(t);
    assert!(!t.is_open(), "given up");
}

#[test]
fn over_tcp_a_refusal_is_sent_once_and_its_ack_ends_it_at_once() {
    let mut t = ServerInvite::new(Times::default(), true);
    assert!(t.respond(ms(0), 486));
    assert_eq!(t.repeated(), Repeat::Resend);
    t.ack(ms(50));
    assert_eq!(run!(t), (vec![], Some((50, Due::Over))));
    let mut t = ServerInvite::new(Times::default(), true);
    assert!(t.respond(ms(0), 486));
    assert_eq!(run!(t), (vec![], Some((32_000, Due::TimedOut))), "nobody acknowledges it");
}

#[test]
fn nothing_is_due_before_its_time() {
    let mut t = ClientInvite::start(ms(0), Times::default(), false);
    assert_eq!((t.timeout(ms(499)), t.next_timeout()), (Due::Nothing, Some(ms(500))));
    let mut t = ClientOther::start(ms(0), Times::default(), false);
    assert_eq!((t.timeout(ms(499)), t.next_timeout()), (Due::Nothing, Some(ms(500))));
    let mut t = ServerInvite::new(Times::default(), false);
    assert!(t.respond(ms(0), 486));
    assert_eq!((t.timeout(ms(499)), t.next_timeout()), (Due::Nothing, Some(ms(500))));
    let mut t = ServerOther::new(Times::default(), false);
    assert!(t.respond(ms(0), 200));
    assert_eq!((t.timeout(ms(31_999)), t.next_timeout()), (Due::Nothing, Some(ms(32_000))));
}

#[test]
fn over_tcp_a_client_that_is_done_ends_at_once() {
    let mut t = ClientInvite::start(ms(0), Times::default(), true);
    assert_eq!(t.response(ms(10), 404), Heard::PassAndAck);
    assert_eq!(run!(t), (vec![], Some((10, Due::Over))));
    let mut t = ClientOther::start(ms(0), Times::default(), true);
    assert_eq!(t.response(ms(10), 200), Heard::Pass);
    assert_eq!(run!(t), (vec![], Some((10, Due::Over))));
}
