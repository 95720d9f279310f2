//! kamailio as a carrier with which the house registers like any account: calls come and go by that registration.

use crate::house::{CITIZEN, House};
use crate::kamailio::{CITIZEN_TONE, IN_TOWN, Kamailio, PASSWORD, STAFF_TONE, leg};
use crate::patience::s;
use crate::peers_are_here;
use crate::town::{self, ACCOUNT, Talk};

/// A house whose trunk registers at a carrier of this port, with this password.
fn registering(port: &mut u16, password: &str) -> House {
    town::house(|config, ports| {
        *port = ports.four();
        town::password(config, password);
        format!("proxy = \"127.0.0.1:{port}\"\nregister = true\nuser = \"{ACCOUNT}\"\n")
    })
}

#[test]
fn a_trunk_registers_with_digest_and_calls_go_both_ways() {
    if !peers_are_here() {
        return;
    }
    let mut port = 0;
    let mut house = registering(&mut port, PASSWORD);
    // It comes up after the house, whose REGISTER is repeated until then.
    let carrier = Kamailio::start_with(&house, port, &["WITH_TRUNK"], |_| {});
    carrier.until_says(&format!("registered: {ACCOUNT} over udp"), 1, 10);
    house.until_trunk("sipp", "up", s(5));

    // In: the carrier finds the house by its registration.
    let mut citizen = carrier.subscriber(&house, CITIZEN, CITIZEN_TONE);
    citizen.dial("89000");
    citizen.until_event("CALL_ESTABLISHED", s(10));
    citizen.hang_up();
    citizen.until_event("CALL_CLOSED", s(5));
    let call = house.only_call();
    assert_eq!(
        (&call["call"]["trunk"], &call["call"]["caller_masked"]),
        (&"sipp".into(), &"138****1234".into())
    );
    citizen.quit();

    // Out: the carrier challenges the INVITE, and finds its subscriber.
    let mut desk = carrier.subscriber(&house, IN_TOWN, STAFF_TONE);
    let talk = Talk::begin(&house);
    talk.brings_the_town_in(&mut desk);
    let call = talk.end_with(&house, &mut desk);
    assert!(leg(&call, "desk").to_string().contains("\"sipp\""), "{call:#}");
    carrier.until_says(&format!("authorized: INVITE by {ACCOUNT} over udp"), 1, 1);
    assert!(carrier.of_dialog("ACK", &house).0 >= 1, "our ACK went by the route: {}", carrier.said());
    desk.quit();

    // Eight seconds were granted, and it was refreshed before they were over.
    carrier.until_says(&format!("registered: {ACCOUNT} over udp"), 3, 20);
    assert!(house.log().lines().all(|l| !l.contains("state=\"unregistered\"")), "it never fell away");
    house.end(&[IN_TOWN, CITIZEN, PASSWORD]);
    carrier.until_says(&format!("unregistered: {ACCOUNT}"), 1, 2);
}

#[test]
fn a_carrier_that_challenges_by_sha_256_and_one_that_knows_another_password() {
    if !peers_are_here() {
        return;
    }
    let mut port = 0;
    let house = registering(&mut port, PASSWORD);
    let carrier = Kamailio::start_with(&house, port, &["WITH_TRUNK", "WITH_SHA256"], |_| {});
    carrier.until_says(&format!("registered: {ACCOUNT} over udp"), 1, 10);
    house.until_trunk("sipp", "up", s(5));
    house.close(&[PASSWORD]);
    drop(carrier);

    let house = registering(&mut port, "not-what-they-know");
    let carrier = Kamailio::start_with(&house, port, &["WITH_TRUNK"], |_| {});
    let words = house.until_trunk("sipp", "unregistered", s(10));
    assert!(words.contains("user or password are wrong"), "{words}");
    assert!(!carrier.said().contains(&format!("registered: {ACCOUNT}")));
    house.close(&["not-what-they-know"]);
}
