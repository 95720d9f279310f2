//! sipp and the house keep a session: PRACK, UPDATE, session timers, glare, forks, other codecs, late offers.

use serde_json::Value;

use crate::house::{CITIZEN, House};
use crate::peers_are_here;
use crate::sipp::Sipp;

/// One call of this scenario, over a trunk with these settings; the house's record of it and the messages.
fn call(scenario: &'static str, settings: &str) -> (Value, String) {
    let house = House::with_trunk(settings);
    let messages = Sipp::new(&house, scenario).run();
    let call = house.only_call();
    house.close(&[CITIZEN]);
    (call, messages)
}

fn gave_up(call: &Value) {
    let row = &call["call"];
    assert_eq!(
        (&row["outcome"], &row["cause"]["reason"]),
        (&"abandoned".into(), &"gave_up".into()),
        "{row:#}"
    );
    assert!(row["answered_at"].is_i64(), "{row:#}");
}

#[test]
fn early_media_is_proven_and_update_changes_the_codec() {
    if peers_are_here() {
        let (call, _) = call("prack", "");
        gave_up(&call);
        assert_eq!(
            call["legs"][0]["sound"]["codec"].as_str().or(call["legs"][0]["codec"].as_str()),
            Some("PCMU")
        );
    }
}

#[test]
fn a_prack_that_proves_nothing_is_refused() {
    if peers_are_here() {
        gave_up(&call("prack-wrong", "").0);
    }
}

#[test]
fn a_reliable_response_makes_the_offer() {
    if peers_are_here() {
        let (call, _) = call("prack-offer", "");
        gave_up(&call);
        assert_eq!(call["legs"][0]["codec"], "PCMU", "the PRACK's answer counts");
    }
}

#[test]
fn a_trunk_may_require_100rel_and_longer_session_timers() {
    if peers_are_here() {
        let house = House::with_trunk("prack = \"required\"\n");
        Sipp::new(&house, "prack-missing").run();
        assert!(house.calls().is_empty());
        house.close(&[CITIZEN]);
        gave_up(&call("timer-short", "").0);
    }
}

#[test]
fn the_house_refreshes_at_half_time() {
    if peers_are_here() {
        gave_up(&call("timer-house", "session_timer = 6\nmin_se = 6\n").0);
    }
}

#[test]
fn a_caller_that_stops_refreshing_is_missed() {
    if peers_are_here() {
        let (call, _) = call("timer-caller", "session_timer = 6\nmin_se = 6\n");
        assert_eq!(call["call"]["cause"]["reason"], "peer_gone", "{call:#}");
    }
}

#[test]
fn a_refresh_that_crosses_a_re_invite_is_tried_again() {
    if peers_are_here() {
        // Refreshed at half time; the second try comes within 2 s (RFC 3261 section 14.1), before a third of it is left.
        gave_up(&call("glare", "session_timer = 15\nmin_se = 6\n").0);
    }
}

#[test]
fn a_re_invite_changes_the_codec_and_one_without_offer_too() {
    if peers_are_here() {
        let (call, _) = call("codec-change", "");
        gave_up(&call);
        assert_eq!(call["legs"][0]["codec"], "PCMU");
    }
}
