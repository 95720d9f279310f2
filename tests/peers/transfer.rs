//! Desk phones of other makes, played by sipp: the transfer key, a second line, a second phone, a diversion.

use phone::{Call, Phone};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::house::{House, runtime, staff};
use crate::patience::{s, until};
use crate::peers_are_here;
use crate::sipp::{Running, Sipp};

const DESK: &str = "desk037";

/// A citizen in talk with an operator whose phone is sipp, and a window's phone that is our own.
struct Room {
    operator: Running,
    citizen: Call,
    /// A call ends with its phone.
    phones: [Phone; 2],
    runtime: Runtime,
    house: House,
}

impl Room {
    fn open(scenario: &'static str) -> Self {
        let (house, runtime) = (House::open(), runtime());
        let registered = Sipp::new(&house, "register").phone("op1");
        registered.run();
        let operator =
            Sipp::new(&house, scenario).phone("op1").port(registered.local_port()).wait_for_calls();
        let phones = runtime.block_on(async { [staff(&house, "citizen1").await, staff(&house, DESK).await] });
        let citizen = runtime.block_on(async { phones[0].dial("89000").unwrap().answered().await.unwrap() });
        Self { operator, citizen, phones, runtime, house }
    }

    /// The notice is said, and the operator can be heard.
    fn until_talk(&self) {
        until("citizen and operator talk", s(20), || {
            let live = self.house.get("/api/v1/calls/live").to_string();
            live.contains("\"stage\":\"talk\"").then_some(())
        });
    }

    /// The window picks up and accepts.
    fn desk(&self) -> Call {
        self.runtime.block_on(async {
            let desk = self.phones[1].incoming().await.unwrap().answer().await.unwrap();
            desk.tone(1_900);
            desk.digits("1").await.unwrap();
            desk
        })
    }

    /// The dialog between the house and the operator's first line, as a Replaces header names it to the house.
    fn first(&self) -> String {
        let messages = self.operator.messages();
        let after = |text: &str, words: &str| {
            let rest = text.split_once(words).unwrap_or_else(|| panic!("no {words} in {text}")).1;
            rest.split(['\r', '\n']).next().unwrap().to_owned()
        };
        let tag = |line: &str| line.split_once(";tag=").unwrap().1.to_owned();
        let call = after(&messages, "Call-ID: ");
        let house = tag(&after(&messages, "From: "));
        let ours = tag(&after(messages.split_once("SIP/2.0 200 OK").unwrap().1, "To: "));
        format!("{call};to-tag={house};from-tag={ours}")
    }

    /// Citizen and desk hear each other; then the citizen hangs up. The record.
    fn end(self, desk: Call) -> Value {
        let Self { operator, citizen, phones, runtime, house } = self;
        operator.done();
        runtime.block_on(async {
            citizen.tone(700);
            citizen.until_hears(&[1_900], &[700], s(15)).await.unwrap();
            desk.until_hears(&[700], &[1_900], s(15)).await.unwrap();
            citizen.hang_up();
            citizen.ended().await;
            desk.ended().await;
            phones.iter().for_each(Phone::stop);
        });
        let call = house.only_call();
        assert_eq!(call["call"]["outcome"], "bridged", "{call:#}");
        house.close(&["13900000000"]);
        call
    }
}

fn events<'c>(call: &'c Value, kind: &str) -> Vec<&'c Value> {
    call["events"].as_array().unwrap().iter().filter(|e| e["kind"] == kind).collect()
}

#[test]
fn a_blind_transfer_to_a_window_and_none_to_the_outside() {
    if peers_are_here() {
        let room = Room::open("refer-blind");
        let desk = room.desk();
        let call = room.end(desk);
        // Twice outside, once to the window.
        assert_eq!(events(&call, "leg.transfer").len(), 3, "{call:#}");
        assert!(events(&call, "leg.transfer")[0].to_string().contains("outside"), "{call:#}");
    }
}

#[test]
fn an_attended_transfer_by_a_second_line() {
    if peers_are_here() {
        let room = Room::open("staff-talks");
        room.until_talk();
        let first: String = room.first().bytes().map(|b| format!("%{b:02X}")).collect();
        let second = Sipp::new(&room.house, "refer-attended").phone("op1").number("037").key("first", first);
        let second = second.start();
        let desk = room.desk();
        second.done();
        let call = room.end(desk);
        assert_eq!(
            (events(&call, "leg.aside").len(), events(&call, "room.consult").len()),
            (1, 1),
            "{call:#}"
        );
    }
}

#[test]
fn a_second_phone_of_the_same_person_takes_the_call_over() {
    if peers_are_here() {
        let room = Room::open("staff-talks");
        room.until_talk();
        let first = room.first();
        Sipp::new(&room.house, "take-over-wrong").phone("op2").key("first", first.clone()).run();
        let second = Sipp::new(&room.house, "take-over").phone("op1").key("first", first).start();
        let Room { operator, citizen, phones, runtime, house } = room;
        operator.done();
        runtime.block_on(async {
            citizen.hang_up();
            citizen.ended().await;
            phones.iter().for_each(Phone::stop);
        });
        second.done();
        let call = house.only_call();
        assert_eq!((events(&call, "leg.moved").len(), events(&call, "leg.unhold").len()), (1, 1), "{call:#}");
        let operators = call["legs"].as_array().unwrap().iter().filter(|l| l["seat"] == "operator").count();
        assert_eq!(operators, 1, "the seat is the same: {call:#}");
        house.close(&[]);
    }
}
