//! sipsak meets the house: a question, a registration with digest, and messages with damaged characters, many at once.

use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use crate::folder::edit;
use crate::house::{CITIZEN, House};
use crate::peers_are_here;
use crate::sipp::Sipp;

/// sipsak as it gives up at the sight of SHA-256.
fn with_md5(config: &Path) {
    edit(&config.join("hotline.toml"), &[("digest = \"both\"", "digest = \"md5\"")]);
}

fn sipsak(house: &House, user: &str, arguments: &[&str]) -> Output {
    let mut sipsak = Command::new("timeout");
    sipsak.args(["10", "sipsak", "-s", &format!("sip:{user}@{}", house.udp)]).args(arguments);
    sipsak.output().unwrap()
}

#[test]
fn a_question_is_answered_and_a_registration_needs_its_password() {
    if !peers_are_here() {
        return;
    }
    let house = House::open_with(|config, _| with_md5(config));
    assert!(sipsak(&house, "89000", &[]).status.success(), "OPTIONS");
    let contact = format!("sip:op1@127.0.0.1:{}", house.ports.four());
    let usrloc = |password: &str| {
        sipsak(&house, "op1", &["-U", "-u", "op1", "-a", password, "-C", &contact, "-x", "60"])
    };
    let wrong = usrloc("not-the-password");
    assert!(!wrong.status.success() && !house.log().contains("reachable=true"), "{wrong:?}");
    let password = house.password("op1");
    let right = usrloc(&password);
    assert!(right.status.success(), "{right:?}");
    assert!(house.log().contains("phone user=\"op1\" reachable=true"));
    assert!(house.calls().is_empty());
    house.close(&["not-the-password", &password]);
}

#[test]
fn damaged_messages_and_a_flood_disturb_no_call() {
    if !peers_are_here() {
        return;
    }
    let house = House::open();
    thread::scope(|scope| {
        for trash in ["1", "2", "5", "20", "100", "400"] {
            // How it ends is its own affair: it gives up when a damaged message gets no answer.
            scope.spawn(|| sipsak(&house, "89000", &["-R", "-t", trash]));
        }
        scope.spawn(|| sipsak(&house, "89000", &["-F", "-e", "5000"]));
        Sipp::new(&house, "call").run();
    });
    let call = house.only_call();
    assert_eq!(call["call"]["outcome"], "abandoned", "{call:#}");
    assert_eq!(call["legs"][0]["sound"]["dtmf_mode"], "info", "{call:#}");
    assert!(sipsak(&house, "89000", &[]).status.success(), "it still answers");
    house.close(&[CITIZEN]);
}
