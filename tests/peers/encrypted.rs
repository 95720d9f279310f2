//! kamailio as a carrier over TLS: its certificate is looked at, and the sound of the calls is SRTP up to its subscriber.

use std::path::Path;

use crate::house::{CITIZEN, House};
use crate::kamailio::{CITIZEN_TONE, IN_TOWN, Kamailio, PASSWORD, STAFF_TONE, leg};
use crate::papers::Authority;
use crate::patience::s;
use crate::peers_are_here;
use crate::town::{self, ACCOUNT, Talk};

const PARTS: &[&str] = &["WITH_TRUNK", "WITH_TLS"];
const SRTP: &str = ";mediaenc=srtp-mand";

/// A house that registers over TLS at a carrier of this port, and whose papers are these.
fn registering(port: &mut u16, papers: impl FnOnce(&Path)) -> House {
    town::house(|config, ports| {
        *port = ports.four();
        papers(config);
        town::password(config, PASSWORD);
        format!(
            "proxy = \"sip:127.0.0.1:{port};transport=tls\"\nregister = true\nuser = \"{ACCOUNT}\"\nqualify = 5\n"
        )
    })
}

#[test]
fn calls_over_tls_with_srtp_both_ways() {
    if !peers_are_here() {
        return;
    }
    let (mut port, authority) = (0, Authority::new("the carrier's"));
    // Requests inside a dialog come to our Contact, over a connection of the carrier's own: it looks at our certificate too.
    let house = registering(&mut port, |config| authority.for_house(config));
    let carrier = Kamailio::start_with(&house, port, PARTS, |room| {
        authority.ca(room);
        authority.sign(room, &["127.0.0.1"]);
    });
    carrier.until_says(&format!("registered: {ACCOUNT} over tls"), 1, 10);
    house.until_trunk("sipp", "up", s(5));

    let mut citizen = carrier.subscriber_with(&house, CITIZEN, CITIZEN_TONE, SRTP);
    citizen.dial("89000");
    citizen.until_event("CALL_ESTABLISHED", s(10));
    citizen.hang_up();
    citizen.until_event("CALL_CLOSED", s(5));
    assert_eq!(house.only_call()["call"]["trunk"], "sipp");
    citizen.quit();

    let mut desk = carrier.subscriber_with(&house, IN_TOWN, STAFF_TONE, SRTP);
    let talk = Talk::begin(&house);
    talk.brings_the_town_in(&mut desk);
    let call = talk.end_with(&house, &mut desk);
    assert!(leg(&call, "desk").to_string().contains("\"sipp\""), "{call:#}");
    carrier.until_says(&format!("authorized: INVITE by {ACCOUNT} over tls"), 1, 1);
    desk.quit();
    house.close(&[IN_TOWN, CITIZEN, PASSWORD]);
}

#[test]
fn a_carrier_with_a_wrong_certificate_is_told_in_words_and_taken_once_it_is_right() {
    if !peers_are_here() {
        return;
    }
    let (mut port, authority) = (0, Authority::new("the carrier's"));
    let house = registering(&mut port, |config| authority.trusted(config));
    // Somebody else's name, by the right authority.
    let mut carrier = Kamailio::start_with(&house, port, PARTS, |room| {
        authority.ca(room);
        authority.sign(room, &["elsewhere.example"]);
    });
    house.until_log("its certificate is not for 127.0.0.1; it names: elsewhere.example", s(10));
    // The right name, by an authority that nobody knows.
    carrier.kill();
    Authority::new("nobody's").sign(carrier.room(), &["127.0.0.1"]);
    carrier.start_again();
    house.until_log("no authority that we trust vouches for its certificate", s(20));
    assert!(!carrier.said().contains("registered:"), "nothing was said to it: {}", carrier.said());
    carrier.kill();
    authority.sign(carrier.room(), &["127.0.0.1"]);
    carrier.start_again();
    carrier.until_says(&format!("registered: {ACCOUNT} over tls"), 1, 30);
    house.until_trunk("sipp", "up", s(10));
    house.close(&[PASSWORD]);
}
