//! Two kamailios, of which one is killed: calls and the registration go to the other, and come back when it is there again.

use crate::baresip::Baresip;
use crate::folder::edit;
use crate::house::CITIZEN;
use crate::kamailio::{CITIZEN_TONE, IN_TOWN, Kamailio, PASSWORD, STAFF_TONE};
use crate::names::Names;
use crate::patience::{s, until};
use crate::peers_are_here;
use crate::town::{self, ACCOUNT, Talk};

#[test]
fn a_registration_goes_to_the_second_server_when_the_first_is_killed_under_it_and_comes_back() {
    if !peers_are_here() {
        return;
    }
    let mut ports = [0; 3];
    let house = town::house(|config, free| {
        ports = [free.four(), free.four(), free.four()];
        town::password(config, PASSWORD);
        edit(&config.join("hotline.toml"), &[("dns = []", &format!("dns = [\"127.0.0.1:{}\"]", ports[0]))]);
        format!(
            "proxy = \"sip:carrier.test;transport=udp\"\nregister = true\nuser = \"{ACCOUNT}\"\nqualify = 5\n"
        )
    });
    let _names = Names::serve(ports[0], [ports[1], ports[2]]);
    let mut first = Kamailio::start_with(&house, ports[1], &["WITH_TRUNK"], |_| {});
    let second = Kamailio::start_with(&house, ports[2], &["WITH_TRUNK"], |_| {});
    let registered = format!("registered: {ACCOUNT} over udp");
    first.until_says(&registered, 1, 15);
    house.until_trunk("sipp", "up", s(5));
    assert!(!second.said().contains(&registered), "the second is for later");
    let mut desk = second.subscriber(&house, IN_TOWN, STAFF_TONE);
    let talk = Talk::begin(&house);

    // It says nothing any more while our refresh is under way, and then it is gone.
    first.freeze();
    let asked = || house.traced().matches("REGISTER sip:").count();
    let before = asked();
    until("the registration is refreshed", s(10), || (asked() > before).then_some(()));
    first.kill();
    second.until_says(&registered, 1, 15);
    house.until_trunk("sipp", "up", s(5));
    talk.brings_the_town_in(&mut desk);
    talk.end_with(&house, &mut desk);
    second.until_says(&format!("authorized: INVITE by {ACCOUNT}"), 1, 1);

    let before = first.said().matches(&registered).count();
    first.start_again();
    first.until_says(&registered, before + 1, 20);
    let mut caller = first.subscriber(&house, CITIZEN, CITIZEN_TONE);
    caller.dial("89000");
    caller.until_event("CALL_ESTABLISHED", s(10));
    caller.hang_up();
    caller.until_event("CALL_CLOSED", s(5));
    [desk, caller].into_iter().for_each(Baresip::quit);
    house.close(&[IN_TOWN, CITIZEN, PASSWORD]);
}

/// How often the carrier was asked for a call.
fn asked(carrier: &Kamailio) -> usize {
    carrier.said().matches("asked for a call over tcp").count()
}

#[test]
fn the_second_trunk_takes_the_calls_while_the_first_is_dead() {
    if !peers_are_here() {
        return;
    }
    let mut ports = [0; 2];
    let house = town::house(|_, free| {
        ports = [free.four(), free.four()];
        let trunk = |port, order| {
            format!("proxy = \"127.0.0.1:{port}\"\ntransport = \"tcp\"\norder = {order}\nqualify = 5\n")
        };
        format!("{}\n[[trunk]]\nname = \"other\"\n{}", trunk(ports[0], 1), trunk(ports[1], 2))
    });
    let mut first = Kamailio::start_with(&house, ports[0], &["WITH_TCP"], |_| {});
    let second = Kamailio::start_with(&house, ports[1], &["WITH_TCP"], |_| {});
    let mut desk = second.subscriber(&house, IN_TOWN, STAFF_TONE);
    house.until_trunk("sipp", "up", s(10));
    let talk = Talk::begin(&house);
    talk.asks_in_vain(&house);
    assert_eq!((asked(&first), asked(&second)), (1, 0), "404 is final: the second trunk is not asked");

    // The next call finds nobody there and goes on at once, before any question told that the first is dead.
    first.kill();
    talk.brings_the_town_in(&mut desk);
    assert_eq!((asked(&first), asked(&second)), (1, 1));
    desk.hang_up();

    first.start_again();
    house.until_trunk("sipp", "up", s(20));
    talk.asks_in_vain(&house);
    assert_eq!((asked(&first), asked(&second)), (2, 1), "the first is taken back");
    talk.end(&house);
    desk.quit();
    house.close(&[IN_TOWN]);
}
