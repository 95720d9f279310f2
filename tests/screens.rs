//! The way into the pages, with the real binary: first admin, HTTPS, restart, `hotline user`, and where a trial is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "screens/admin.rs"]
mod admin;
#[path = "screens/black_box.rs"]
mod black_box;
#[path = "support/browser.rs"]
mod browser;
#[path = "screens/citizen.rs"]
mod citizen;
#[path = "support/folder.rs"]
mod folder;
#[path = "screens/house.rs"]
mod house;
#[path = "screens/ladder.rs"]
mod ladder;
#[path = "screens/office.rs"]
mod office;
#[path = "screens/pages.rs"]
mod pages;
#[path = "support/patience.rs"]
mod patience;
#[path = "screens/payloads.rs"]
mod payloads;
#[path = "screens/poison.rs"]
mod poison;
#[path = "support/ports.rs"]
mod ports;
#[path = "support/process.rs"]
mod process;
#[path = "screens/screen.rs"]
mod screen;
#[path = "screens/stage.rs"]
mod stage;
#[path = "screens/street.rs"]
mod street;
#[path = "screens/three_way.rs"]
mod three_way;

use std::fs;
use std::io::{Read, Write};

use house::{House, Said, told};

const PASSWORD: &str = "correct horse battery";

fn sign_in(house: &House, password: &str) -> Said {
    let body = format!("{{\"user\":\"root\",\"password\":\"{password}\"}}");
    house.https("POST /api/v1/session", "X-Hotline-Tab: main\r\n", &body)
}

fn who(house: &House, cookie: &str) -> Said {
    house.https("GET /api/v1/session", &format!("X-Hotline-Tab: main\r\nCookie: {cookie}\r\n"), "")
}

#[test]
fn the_first_admin_comes_in_by_the_printed_address_over_https_and_stays_over_a_restart() {
    let house = House::open(&[]);
    let file = house.folder.path().join("data/setup-token");
    let token = fs::read_to_string(&file).unwrap().trim().to_owned();
    assert!(house.said().contains(&format!("/?setup={token}#/setup")), "{}", house.said());
    let first =
        format!("{{\"token\":\"{token}\",\"user\":\"root\",\"password\":\"{PASSWORD}\",\"name\":\"王丽\"}}");
    let made = house.https("POST /api/v1/setup", "X-Hotline-Tab: main\r\n", &first);
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(!file.exists());
    let told = sign_in(&house, PASSWORD);
    assert_eq!(told.status, 200, "{}", told.text);
    let cookie = told.header("set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Strict; ") && cookie.ends_with("; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert!(who(&house, &cookie).text.contains("\"must_enrol\":true"));
    let house = house.again();
    assert!(!house.said().contains("setup="), "{}", house.said());
    assert_eq!(who(&house, &cookie).status, 200, "the session has outlived the restart");
    // Locked out: from the machine itself, while the house runs.
    let reset = house.user(&["reset", "root"], "another horse battery\n");
    assert_eq!(reset.0, 0, "{} {}", reset.1, reset.2);
    patience::until("the old session ends", patience::s(20), || {
        (who(&house, &cookie).status == 401).then_some(())
    });
    let told = sign_in(&house, "another horse battery");
    assert_eq!(told.status, 200);
    assert!(told.text.contains("\"must_change\":true"), "it was given on the command line: {}", told.text);
    let list = house.user(&["list"], "");
    assert!(list.1.starts_with("root ") && list.1.contains("admin"), "{}", list.1);
    for (arguments, word) in [
        (&["add", "x y"][..], "2 to 32"),
        (&["add", "wang", "--role", "king"], "write one of"),
        (&["add", "wang", "--role", "desk"], "staff.toml"),
        (&["reset", "nobody"], "no such account"),
    ] {
        let (code, _, err) = house.user(arguments, "correct horse battery\n");
        assert!(code != 0 && err.contains(word), "{arguments:?}: {err}");
    }
    let weak = house.user(&["add", "wang", "--role", "auditor"], "short\n");
    assert!(weak.0 != 0 && weak.2.contains("12 characters"), "{}", weak.2);
    assert_eq!(house.user(&["add", "wang", "--role", "auditor"], "correct horse battery\n").0, 0);
    assert!(!house.log().contains("horse") && !house.log().contains(&token));
}

#[test]
fn the_page_is_there_under_the_names_that_are_set_and_no_others() {
    let house = House::open(&[]);
    let page = house.https("GET /", "", "");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").contains("script-src 'self';"));
    let foreign = house.https_as("evil.example", "GET /", "", "");
    assert_eq!(foreign.status, 421, "{}", foreign.text);
    assert_eq!(house.https_as("hotline.example", "GET /health", "", "").status, 200);
}

/// Asks on a connection that stays open.
fn alive(stream: &mut (impl Read + Write)) -> bool {
    write!(stream, "GET /health HTTP/1.1\r\nHost: hotline.example\r\n\r\n").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next()).unwrap();
    stream.read_exact(&mut vec![0; length.parse().unwrap()]).unwrap();
    assert!(head.contains("strict-transport-security: max-age=31536000"), "by its name, over TLS: {head}");
    head.starts_with("http/1.1 200")
}

#[test]
fn a_renewed_certificate_is_taken_without_a_restart_and_a_broken_one_is_not() {
    let mut house = House::open(&[]);
    let mut standing = house.connect();
    assert!(alive(&mut standing));
    house.new_certificate();
    assert_eq!(house.shown(), house.certificates[0], "nothing has told it to look");
    house.hang_up();
    patience::until("the new certificate", patience::s(20), || {
        (house.shown() == house.certificates[1]).then_some(())
    });
    assert!(alive(&mut standing), "connections that stand keep what they have");
    // The key of another one, as when a renewal is cut in half; then no certificate at all.
    let file = house.folder.path().join("certificate.pem");
    let whole = fs::read(&file).unwrap();
    house.new_certificate();
    fs::write(&file, &whole).unwrap();
    for (times, broken) in [(1, whole.as_slice()), (2, b"-----BEGIN CERTIFICATE-----\nx")] {
        fs::write(&file, broken).unwrap();
        house.hang_up();
        let refused = || house.log().matches("nothing was reloaded").count() >= times;
        patience::until("it is refused", patience::s(20), || refused().then_some(()));
        assert!(house.log().contains("certificate.pem"), "the log names the file");
        assert_eq!(house.shown(), house.certificates[1]);
        assert!(alive(&mut standing));
        let (code, out, err) = house.check();
        assert!(code != 0 && format!("{out}{err}").contains("certificate.pem"), "{code} {out} {err}");
    }
}

#[test]
fn a_trial_is_for_this_machine_alone() {
    let (code, _, err) = told(&House::trial_with(&[("udp = [\"127.0.0.1:0\"]", "udp = [\"0.0.0.0:0\"]")]));
    assert_eq!(code, 1);
    assert!(err.contains("0.0.0.0:0 can be reached from other machines"), "{err}");
    let house = House::open(&["--trial"]);
    let said = house.said();
    let token = said.split("/?trial=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let body = format!("{{\"token\":\"{token}\",\"as\":\"operator\"}}");
    let told = house.https("POST /api/v1/trial", "X-Hotline-Tab: main\r\n", &body);
    assert!(told.status == 200 && told.text.contains("\"staff\":\"1001\""), "{}", told.text);
    assert!(!house.log().contains(&token));
}
