//! baresip over TLS with SRTP (SDES): registration, calls, what is refused, and a certificate that is exchanged under a call.

use crate::baresip::{Baresip, account};
use crate::house::House;
use crate::papers::Authority;
use crate::patience::{s, until};
use crate::peers_are_here;

const CITIZEN: u32 = 2_130;
const OPERATOR: u32 = 1_370;
const SRTP: &str = ";mediaenc=srtp-mand";

/// A phone of the house over TLS. This baresip takes whatever certificate it is shown.
fn phone(house: &House, user: &'static str, hertz: u32, settings: &str) -> Baresip {
    let server = format!("{};transport=tls", house.tls.unwrap());
    let account = account("hotline", user, &house.password(user), server, settings);
    let phone = Baresip::start(house, user, hertz, &account);
    house.until_log(&format!("phone user=\"{user}\" reachable=true"), s(10));
    phone
}

#[test]
fn phones_over_tls_hear_each_other_by_srtp_and_clear_sound_is_refused() {
    if !peers_are_here() {
        return;
    }
    let authority = Authority::new("the house's");
    let house = House::open_with(|config, _| authority.for_house(config));
    let mut operator = phone(&house, "op1", OPERATOR, SRTP);
    let mut citizen = phone(&house, "citizen1", CITIZEN, SRTP);
    citizen.dial("89000");
    citizen.until_event("CALL_ESTABLISHED", s(5));
    operator.answer();
    citizen.until_hears(&[OPERATOR], &[CITIZEN], s(20));
    operator.until_hears(&[CITIZEN], &[OPERATOR], s(5));
    operator.hold(true);
    citizen.until_hears(&[], &[OPERATOR], s(5));
    operator.hold(false);
    citizen.until_hears(&[OPERATOR], &[CITIZEN], s(5));
    citizen.hang_up();
    operator.until_event("CALL_CLOSED", s(10));
    assert_eq!(house.only_call()["call"]["outcome"], "on_spot");
    let traced = house.traced();
    let said = |what: &str| traced.matches(what).count();
    assert!(said("m=audio ") >= 8 && said("m=audio ") == said(" RTP/SAVP "), "all of it was encrypted");

    // The same phone with clear sound: 488, and its owner is told why.
    citizen.quit();
    let mut clear = phone(&house, "citizen2", CITIZEN, "");
    clear.dial("89000");
    clear.until_event("CALL_CLOSED", s(5));
    assert!(house.traced().contains("SIP/2.0 488 "), "refused with 488");
    let last = until("the refused call has its record", s(10), || {
        let calls = house.calls();
        calls.first().filter(|last| calls.len() == 2 && !last["ended_at"].is_null()).cloned()
    });
    assert_eq!(
        (&last["outcome"], &last["answered_at"]),
        (&"invalid".into(), &serde_json::Value::Null),
        "{last:#}"
    );
    [operator, clear].into_iter().for_each(Baresip::quit);
    house.close(&[]);
}

#[test]
fn a_new_certificate_is_shown_to_who_comes_and_the_call_over_the_old_one_goes_on() {
    if !peers_are_here() {
        return;
    }
    let (old, new) = (Authority::new("the old one"), Authority::new("the new one"));
    let house = House::open_with(|config, _| old.for_house(config));
    let mut operator = phone(&house, "op1", OPERATOR, SRTP);
    let mut citizen = phone(&house, "citizen1", CITIZEN, SRTP);
    citizen.dial("89000");
    citizen.until_event("CALL_ESTABLISHED", s(5));
    operator.answer();
    operator.until_hears(&[CITIZEN], &[OPERATOR], s(20));

    let tls = house.tls.unwrap();
    old.vouches_for(tls).unwrap();
    new.vouches_for(tls).unwrap_err();
    new.sign(&house.room("papers"), &["127.0.0.1", "hotline"]);
    house.reload();
    new.vouches_for(tls).unwrap();
    old.vouches_for(tls).unwrap_err();
    // Somebody new comes in by it.
    phone(&house, "citizen2", CITIZEN, SRTP).quit();

    // Hold and its end go over the connection that stood before, with the old certificate.
    operator.hold(true);
    citizen.until_hears(&[], &[OPERATOR], s(5));
    operator.hold(false);
    citizen.until_hears(&[OPERATOR], &[CITIZEN], s(5));
    operator.until_hears(&[CITIZEN], &[OPERATOR], s(5));
    citizen.hang_up();
    operator.until_event("CALL_CLOSED", s(10));
    assert_eq!(house.only_call()["call"]["outcome"], "on_spot");
    [operator, citizen].into_iter().for_each(Baresip::quit);
    house.close(&[]);
}
