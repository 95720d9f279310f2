//! Three baresips in one call, with keys: citizen, operator, window. Each hears the others by their tones, and never itself.

use serde_json::Value;

use crate::baresip::Baresip;
use crate::house::House;
use crate::patience::s;
use crate::peers_are_here;

/// Tones of the citizen, the operator and the desk, hertz: no key, no ring-back, and no product of two of them is the third.
const CITIZEN: u32 = 2_130;
const OPERATOR: u32 = 1_370;
const DESK: u32 = 3_010;

#[test]
fn citizen_operator_and_desk_in_one_call() {
    if !peers_are_here() {
        return;
    }
    let house = House::open();
    let mut operator = Baresip::register(&house, "op1", OPERATOR);
    let mut desk = Baresip::register(&house, "desk037", DESK);
    let mut citizen = Baresip::register(&house, "citizen1", CITIZEN);

    citizen.dial("89000");
    citizen.until_event("CALL_ESTABLISHED", s(5));
    operator.answer();
    // First the greeting, then the two in talk.
    citizen.until_hears(&[OPERATOR], &[CITIZEN, DESK], s(20));
    operator.until_hears(&[CITIZEN], &[OPERATOR, DESK], s(5));

    operator.keys("*3037#");
    desk.answer();
    // The whisper is for the desk alone, and the desk is not heard yet.
    citizen.until_hears(&[OPERATOR], &[CITIZEN, DESK], s(5));
    desk.keys("1");
    citizen.until_hears(&[OPERATOR, DESK], &[CITIZEN], s(10));
    operator.until_hears(&[CITIZEN, DESK], &[OPERATOR], s(5));
    desk.until_hears(&[CITIZEN, OPERATOR], &[DESK], s(5));

    // The desk's phone holds: the others go on without it.
    desk.hold(true);
    citizen.until_hears(&[OPERATOR], &[CITIZEN, DESK], s(5));
    desk.hold(false);
    citizen.until_hears(&[OPERATOR, DESK], &[CITIZEN], s(5));
    desk.until_hears(&[CITIZEN, OPERATOR], &[DESK], s(5));

    desk.hang_up();
    citizen.until_hears(&[OPERATOR], &[CITIZEN, DESK], s(10));
    operator.until_hears(&[CITIZEN], &[OPERATOR, DESK], s(5));

    operator.keys("*8");
    operator.until_event("CALL_CLOSED", s(10));
    citizen.keys("5");
    citizen.until_event("CALL_CLOSED", s(20));
    for phone in [&citizen, &operator, &desk] {
        phone.assert_never_heard_itself();
    }
    record(&house.only_call());
    [citizen, operator, desk].into_iter().for_each(Baresip::quit);
    house.close(&["*3037#", "3037"]);
}

/// What the case store says about it.
fn record(call: &Value) {
    let row = &call["call"];
    assert_eq!(row["outcome"], "bridged", "{call:#}");
    assert_eq!((&row["phone"], &row["operator_id"]), (&"citizen1".into(), &"1001".into()), "{call:#}");
    assert!(row["notice_played_at"].is_i64(), "the recording notice was heard: {call:#}");
    let seat = |seat: &str| {
        let legs = call["legs"].as_array().unwrap();
        let of: Vec<&Value> = legs.iter().filter(|l| l["seat"] == seat).collect();
        assert_eq!(of.len(), 1, "{seat}: {call:#}");
        of[0].clone()
    };
    for (name, user) in [("citizen", "citizen1"), ("operator", "op1"), ("desk", "desk037")] {
        let leg = seat(name);
        assert!(leg["joined_at"].is_i64() && leg["left_at"].is_i64(), "{name}: {call:#}");
        assert_eq!(
            (&leg["codec"], &leg["sound"]["dtmf_mode"]),
            (&"PCMA".into(), &"rfc4733".into()),
            "{user}"
        );
    }
    assert!(seat("desk")["hold_ms"].as_u64().unwrap() > 1_000, "{call:#}");
    assert_eq!(seat("citizen")["hold_ms"], 0);
    assert_eq!(call["rating"]["score"], 5, "{call:#}");
    assert_eq!((&call["rating"]["operator_id"], &call["rating"]["desk"]), (&"1001".into(), &"037".into()));
}
