//! The house rings sipp as a window's phone, which does not answer as one would like; the operator and the citizen are our own.

use phone::{Call, Phone};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::house::{House, runtime, staff};
use crate::patience::{s, until};
use crate::peers_are_here;
use crate::sipp::{Running, Sipp};

/// The window 037 has one phone.
const DESK: &str = "desk037";
const CALL_DESK: &str = "*3037#";

/// A citizen and an operator in talk, and sipp registered and ringing as the desk.
struct Talk {
    desk: Running,
    citizen: Call,
    operator: Call,
    /// A call ends with its phone.
    phones: [Phone; 2],
    runtime: Runtime,
    house: House,
}

impl Talk {
    fn with_desk(scenario: &'static str) -> Self {
        let (house, runtime) = (House::open(), runtime());
        let registered = Sipp::new(&house, "register").phone(DESK);
        registered.run();
        let desk = Sipp::new(&house, scenario).port(registered.local_port()).wait_for_calls();
        let phones =
            runtime.block_on(async { [staff(&house, "citizen1").await, staff(&house, "op1").await] });
        let (citizen, operator) = runtime.block_on(async {
            let dialing = phones[0].dial("89000").unwrap();
            let operator = phones[1].incoming().await.unwrap().answer().await.unwrap();
            let citizen = dialing.answered().await.unwrap();
            citizen.tone(700);
            // The notice comes first; then both can speak.
            operator.until_hears(&[700], &[], s(15)).await.unwrap();
            operator.digits(CALL_DESK).await.unwrap();
            (citizen, operator)
        });
        Self { desk, citizen, operator, phones, runtime, house }
    }

    /// The desk's scenario ends; citizen and operator still hear each other; the desk's leg in the record.
    fn end(self) -> Value {
        let Self { desk, citizen, operator, phones, runtime, house } = self;
        desk.done();
        let leg = runtime.block_on(async {
            operator.tone(1_100);
            citizen.until_hears(&[1_100], &[700], s(15)).await.unwrap();
            operator.until_hears(&[700], &[1_100], s(15)).await.unwrap();
            citizen.hang_up();
            citizen.ended().await;
            operator.ended().await;
            phones.iter().for_each(Phone::stop);
            let call = house.only_call();
            assert_eq!(call["call"]["outcome"], "on_spot", "{call:#}");
            let of_desk = |leg: &&Value| leg["uri_masked"] == DESK;
            let legs = call["legs"].as_array().unwrap();
            assert_eq!(legs.iter().filter(of_desk).count(), 1, "the desk is rung once: {call:#}");
            legs.iter().find(of_desk).unwrap().clone()
        });
        house.close(&[CALL_DESK, "3037"]);
        leg
    }
}

fn fails(scenario: &'static str, side: &str, reason: &str, rang: bool) {
    if peers_are_here() {
        let leg = Talk::with_desk(scenario).end();
        assert_eq!(
            (&leg["result"]["side"], &leg["result"]["reason"]),
            (&side.into(), &reason.into()),
            "{leg:#}"
        );
        assert_eq!(leg["ringing_at"].is_i64(), rang, "{leg:#}");
        assert!(leg["answered_at"].is_null() && leg["joined_at"].is_null(), "{leg:#}");
    }
}

#[test]
fn busy() {
    fails("desk-busy", "callee", "busy", false);
}

#[test]
fn declined() {
    fails("desk-declines", "callee", "declined", false);
}

#[test]
fn diverted_to_the_outside() {
    fails("desk-diverted", "house", "outside", false);
}

#[test]
fn nobody_there() {
    fails("desk-absent", "callee", "no_answer", true);
}

#[test]
fn taken_back_while_it_rings() {
    if peers_are_here() {
        let talk = Talk::with_desk("desk-cancelled");
        talk.take_back();
        let leg = talk.end();
        assert_eq!(leg["result"]["reason"], "cancelled", "{leg:#}");
        assert!(leg["answered_at"].is_null());
    }
}

#[test]
fn answered_after_it_was_taken_back() {
    if peers_are_here() {
        let talk = Talk::with_desk("desk-late");
        talk.take_back();
        let leg = talk.end();
        assert_eq!(leg["result"]["reason"], "late_answer", "{leg:#}");
        assert!(leg["joined_at"].is_null(), "{leg:#}");
    }
}

#[test]
fn two_phones_of_the_desk_answer_one_invite() {
    if peers_are_here() {
        let leg = Talk::with_desk("desk-forked").end();
        assert!(leg["answered_at"].is_i64(), "{leg:#}");
    }
}

impl Talk {
    /// The operator takes the desk back once it rings.
    fn take_back(&self) {
        self.desk.until_says("SIP/2.0 180");
        let rings = || {
            let live = self.house.get("/api/v1/calls/live");
            live.to_string().contains("ringing").then_some(())
        };
        until("the house knows that the desk rings", s(5), rings);
        self.runtime.block_on(self.operator.digits("#")).unwrap();
    }
}
