//! sipp calls the house: each scenario by its exit code, its messages, and the record in the case store.

use serde_json::Value;

use crate::house::{CITIZEN, House, runtime, staff};
use crate::peers_are_here;
use crate::sipp::Sipp;

/// Outcome, whose doing, why, and whether it was answered.
type Ending = (&'static str, &'static str, &'static str, bool);

/// The caller hung up before anybody answered in person.
const GAVE_UP: Ending = ("abandoned", "citizen", "gave_up", true);

fn ending(call: &Value, (outcome, side, reason, answered): Ending) {
    let row = &call["call"];
    assert_eq!(row["outcome"], outcome, "{row:#}");
    assert_eq!((&row["cause"]["side"], &row["cause"]["reason"]), (&side.into(), &reason.into()), "{row:#}");
    assert_eq!(row["answered_at"].is_i64(), answered, "{row:#}");
    assert_eq!(row["trunk"], "sipp");
    assert_eq!(row["caller_masked"], "138****1234");
    let finals = |kind: &str| events(call, kind).len();
    assert_eq!(finals("call.ended") + finals("call.abandoned"), 1, "exactly one final event: {call:#}");
}

fn events<'c>(call: &'c Value, kind: &str) -> Vec<&'c Value> {
    call["events"].as_array().unwrap().iter().filter(|e| e["kind"] == kind).collect()
}

/// Runs a scenario of one call; the house's record of it and the messages.
fn one_call(scenario: &'static str, end: Ending) -> (Value, String) {
    let house = House::open();
    let messages = Sipp::new(&house, scenario).run();
    let call = house.only_call();
    ending(&call, end);
    assert_eq!(call["call"]["sip_call_id"], format!("{scenario}@sipp"));
    house.close(&[CITIZEN]);
    (call, messages)
}

/// How often a response came, by its status line and the CSeq of its request.
fn count(messages: &str, status: &str, cseq: &str) -> usize {
    let received = messages.split("message received").skip(1);
    received
        .filter(|m| m.contains(&format!("SIP/2.0 {status} ")) && m.contains(&format!("CSeq: {cseq}")))
        .count()
}

#[test]
fn a_call_with_keys_by_sip_info() {
    if !peers_are_here() {
        return;
    }
    let (house, runtime) = (House::open(), runtime());
    let operator = runtime.block_on(staff(&house, "op4"));
    let messages = Sipp::new(&house, "call").run();
    assert_eq!(count(&messages, "180", "1 INVITE"), 1);
    let call = house.only_call();
    ending(&call, GAVE_UP);
    assert_eq!(call["call"]["lang"], "en", "key 3 chooses English");
    assert_eq!(call["legs"][0]["sound"]["dtmf_mode"], "info");
    assert_eq!(call["legs"][0]["codec"], "PCMA");
    operator.stop();
    house.close(&[CITIZEN]);
}

#[test]
fn a_call_over_tcp() {
    if !peers_are_here() {
        return;
    }
    let (house, runtime) = (House::open(), runtime());
    let operator = runtime.block_on(staff(&house, "op1"));
    let running = Sipp::new(&house, "call").tcp().start();
    let talk = runtime.block_on(async { operator.incoming().await.unwrap().answer().await.unwrap() });
    running.done();
    ending(&house.only_call(), ("on_spot", "citizen", "normal", true));
    drop(talk);
    operator.stop();
    house.close(&[CITIZEN]);
}

#[test]
fn cancel_before_the_answer() {
    if peers_are_here() {
        let house = House::open();
        // Both lie there when the house looks: it has not even written the journal's row when the CANCEL is read.
        let running = house.frozen(|| {
            let running = Sipp::new(&house, "cancel").start();
            running.until_says("CSeq: 1 CANCEL");
            running
        });
        let messages = running.done();
        assert_eq!(count(&messages, "200", "1 INVITE"), 0, "{messages}");
        ending(&house.only_call(), ("abandoned", "citizen", "gave_up", false));
        house.close(&[CITIZEN]);
    }
}

#[test]
fn cancel_crosses_the_answer() {
    if peers_are_here() {
        one_call("cancel-late", GAVE_UP);
    }
}

#[test]
fn bye_crosses_the_answer() {
    if peers_are_here() {
        one_call("bye-early", GAVE_UP);
    }
}

#[test]
fn bye_overtakes_the_ack() {
    if peers_are_here() {
        one_call("bye-race", GAVE_UP);
    }
}

#[test]
fn a_repeated_invite_is_one_call() {
    if peers_are_here() {
        let house = House::open();
        let running = house.frozen(|| {
            let running = Sipp::new(&house, "invite-repeated").start();
            running.until_says("CSeq: 1 INVITE");
            running
        });
        running.done();
        ending(&house.only_call(), GAVE_UP);
        house.close(&[CITIZEN]);
    }
}

#[test]
fn a_lost_ack_repeats_the_answer_and_then_ends_the_call() {
    if peers_are_here() {
        let (_, messages) = one_call("ack-lost", ("abandoned", "network", "peer_gone", true));
        let answers = count(&messages, "200", "1 INVITE");
        assert!(answers >= 4, "200 came {answers} times");
    }
}

#[test]
fn hold_and_retrieval() {
    if peers_are_here() {
        let (call, _) = one_call("hold", GAVE_UP);
        let held = call["legs"][0]["hold_ms"].as_u64().unwrap();
        assert!((500..2_000).contains(&held), "held for {held} ms");
        assert_eq!((events(&call, "leg.hold").len(), events(&call, "leg.unhold").len()), (1, 1));
    }
}

#[test]
fn every_form_of_hold() {
    if peers_are_here() {
        let (call, _) = one_call("hold-forms", GAVE_UP);
        assert_eq!((events(&call, "leg.hold").len(), events(&call, "leg.unhold").len()), (5, 5), "{call:#}");
    }
}

#[test]
fn a_late_offer() {
    if peers_are_here() {
        let (call, _) = one_call("late-offer", GAVE_UP);
        assert_eq!(call["legs"][0]["sound"]["dtmf_mode"], "");
    }
}

#[test]
fn no_common_codec() {
    if peers_are_here() {
        one_call("no-codec", ("invalid", "network", "no_codec", false));
    }
}

#[test]
fn a_number_that_is_not_ours() {
    if peers_are_here() {
        let house = House::open();
        Sipp::new(&house, "unknown-number").number("12345").run();
        ending(&house.only_call(), ("invalid", "citizen", "not_ours", false));
        house.close(&[CITIZEN]);
    }
}

#[test]
fn what_is_no_call_leaves_no_call() {
    if peers_are_here() {
        let house = House::open();
        for scenario in ["options", "unknown-method", "bye-alone"] {
            Sipp::new(&house, scenario).run();
        }
        assert!(house.calls().is_empty());
        house.close(&[CITIZEN]);
    }
}

#[test]
fn wrong_passwords_neither_register_nor_call() {
    if peers_are_here() {
        let house = House::open();
        let wrong = "not-the-password";
        Sipp::new(&house, "register-wrong").phone("op1").password(wrong).run();
        let log = house.log();
        assert!(!log.contains("reachable=true") && log.contains("the digest credentials are wrong"));
        Sipp::new(&house, "call-wrong").phone("citizen1").password(wrong).run();
        assert!(house.calls().is_empty(), "a call with a wrong password never is one");
        // The same with the right one.
        Sipp::new(&house, "register").phone("op1").run();
        let right = house.password("op1");
        house.close(&[wrong, &right]);
    }
}
