//! kamailio between the citizens and a house that knows it by its address: the calls stay on the route that it recorded.

use serde_json::Value;

use crate::baresip::Baresip;
use crate::house::{CITIZEN, House};
use crate::kamailio::{CITIZEN_TONE, IN_TOWN, Kamailio, PASSWORD, STAFF_TONE, leg};
use crate::patience::s;
use crate::peers_are_here;
use crate::town::{self, Talk};

/// A citizen behind the carrier and an operator in talk; both hear each other.
fn talk(end: impl FnOnce(&mut Baresip, &mut Baresip)) -> (Value, (usize, usize)) {
    let house = House::open();
    let carrier = Kamailio::start(&house, house.ports.four());
    let mut operator = Baresip::register(&house, "op1", STAFF_TONE);
    let mut citizen = carrier.subscriber(&house, CITIZEN, CITIZEN_TONE);
    citizen.dial("89000");
    citizen.until_event("CALL_ESTABLISHED", s(10));
    operator.answer();
    citizen.until_hears(&[STAFF_TONE], &[CITIZEN_TONE], s(20));
    operator.until_hears(&[CITIZEN_TONE], &[STAFF_TONE], s(5));
    end(&mut citizen, &mut operator);
    let call = house.only_call();
    assert_eq!(call["call"]["trunk"], "sipp", "{call:#}");
    assert_eq!(call["call"]["caller_masked"], "138****1234", "{call:#}");
    assert!(leg(&call, "citizen")["joined_at"].is_i64(), "{call:#}");
    assert!(carrier.of_dialog("ACK", &house).1 >= 1, "the ACK went through the proxy");
    let byes = carrier.of_dialog("BYE", &house);
    [citizen, operator].into_iter().for_each(Baresip::quit);
    drop(carrier);
    house.close(&[CITIZEN, PASSWORD]);
    (call, byes)
}

#[test]
fn a_call_through_a_proxy_that_the_citizen_ends() {
    if !peers_are_here() {
        return;
    }
    let (call, byes) = talk(|citizen, operator| {
        citizen.hang_up();
        operator.until_event("CALL_CLOSED", s(10));
    });
    assert_eq!(call["call"]["outcome"], "on_spot", "{call:#}");
    assert_eq!(byes, (0, 1), "one BYE, from the citizen, through the proxy");
}

#[test]
fn a_call_through_a_proxy_that_the_house_ends() {
    if !peers_are_here() {
        return;
    }
    let (call, byes) = talk(|citizen, operator| {
        operator.keys("*8");
        operator.until_event("CALL_CLOSED", s(10));
        citizen.keys("5");
        citizen.until_event("CALL_CLOSED", s(20));
    });
    assert_eq!(call["rating"]["score"], 5, "the key came through: {call:#}");
    assert_eq!(byes, (1, 0), "one BYE, from the house, by the route that the proxy recorded");
}

#[test]
fn a_window_in_the_town_is_rung_through_the_carrier() {
    if !peers_are_here() {
        return;
    }
    let mut port = 0;
    let house = town::house(|_, ports| {
        port = ports.four();
        format!("proxy = \"127.0.0.1:{port}\"\n")
    });
    let carrier = Kamailio::start(&house, port);
    let mut desk = carrier.subscriber(&house, IN_TOWN, STAFF_TONE);
    let talk = Talk::begin(&house);
    talk.brings_the_town_in(&mut desk);
    talk.end_with(&house, &mut desk);
    assert!(carrier.of_dialog("ACK", &house).0 >= 1, "our ACK went by the route: {}", carrier.said());
    desk.quit();
    drop(carrier);
    house.close(&[IN_TOWN, PASSWORD]);
}
