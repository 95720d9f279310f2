//! `hotline trunk doctor` against a far end: another house of ours, kamailio before it, and nobody at all.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::UdpSocket;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::folder::append;
use crate::house::{CITIZEN, House, configure};
use crate::kamailio::{Kamailio, PASSWORD};
use crate::patience::{s as seconds, until};
use crate::peers_are_here;
use crate::ports::Ports;

/// A configuration whose trunk has these settings.
struct Patient {
    folder: TempDir,
    _ports: Ports,
}

impl Patient {
    fn new(trunk: &str) -> Self {
        let (folder, ports) = (TempDir::new().unwrap(), Ports::take());
        configure(folder.path(), ports.rtp(), trunk);
        Self { folder, _ports: ports }
    }

    /// With the password that the carrier gave.
    fn knows(self, password: &str) -> Self {
        secret(self.folder.path(), password);
        self
    }

    /// Exit code and what the doctor said.
    fn see(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
        command.args(["--lang", "en", "trunk", "doctor", "sipp", "--config"]);
        let done = command.arg(self.folder.path().join("sip-config")).args(arguments).output().unwrap();
        let said = String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap();
        (done.status.code().unwrap(), said)
    }
}

/// Writes the password of the trunk, for its owner's eyes.
fn secret(folder: &Path, password: &str) {
    let data = folder.join("data");
    fs::create_dir_all(&data).unwrap();
    let mut file = OpenOptions::new();
    let file = file.write(true).create(true).truncate(true).mode(0o600).open(data.join("secrets.toml"));
    writeln!(file.unwrap(), "\"trunk.sipp\" = \"{password}\"").unwrap();
}

fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word:?} is not said:\n{said}");
    }
}

#[test]
fn a_call_to_another_house_shows_all_that_can_be_learnt() {
    let far = House::with_trunk("codecs = [\"pcmu\", \"pcma\"]\n");
    let patient = Patient::new(&format!(
        "proxy = \"{}\"\ndtmf = \"info\"\ncaller = \"13800001234\"\nsession_timer = 600\n",
        far.udp
    ));
    let (code, said) = patient.see(&["--call", "89000"]);
    assert_eq!(code, 0, "{said}");
    says(
        &said,
        &[
            "The proxy is an address",
            "200 OK",
            "It sees us at 127.0.0.1, as we tell it.",
            "89000 was called, written as 89000.",
            "Answered after ",
            "Keys: TELEPHONE-EVENT/8000, payload type 101",
            "Session timer 600 s",
            "The sound is clear (media is clear).",
            "packets of sound in two seconds, the first after",
            "from the address that it named.",
            "Our BYE was answered.",
            "dtmf = \"rfc4733\"  # it knows RFC 4733",
            "No fault;",
        ],
    );
    let call = far.only_call();
    assert_eq!(call["call"]["trunk"], "sipp", "{call:#}");
    far.close(&[]);
}

#[test]
fn nobody_there_and_an_emergency_number_are_told() {
    let deaf = UdpSocket::bind("127.0.0.1:0").unwrap();
    let patient = Patient::new(&format!("proxy = \"{}\"\n", deaf.local_addr().unwrap()));
    for number in ["110", "0535119", "abc"] {
        let (code, said) = patient.see(&["--call", number]);
        assert_eq!(code, 2, "{number}: {said}");
    }
    deaf.set_nonblocking(true).unwrap();
    assert!(deaf.recv(&mut [0; 16]).is_err(), "nothing was sent to anybody");
    let (code, said) = patient.see(&[]);
    assert_eq!(code, 1, "{said}");
    says(&said, &["FAULT", "no answer", "1 faults", "with --call NUMBER"]);
    let chinese = Command::new(env!("CARGO_BIN_EXE_hotline"))
        .args(["--lang", "zh", "trunk", "doctor", "nobody", "--config"])
        .arg(patient.folder.path().join("sip-config"))
        .output()
        .unwrap();
    assert_eq!(chinese.status.code(), Some(2));
    says(&String::from_utf8(chinese.stderr).unwrap(), &["没有叫 nobody 的中继；有：sipp"]);
}

#[test]
fn a_house_that_speaks_tcp_only_is_found_there() {
    let far = House::open();
    let patient = Patient::new(&format!("proxy = \"sip:{};transport=tcp\"\n", far.tcp));
    let (code, said) = patient.see(&[]);
    assert_eq!(code, 0, "{said}");
    says(&said, &["the connection stands", "tcp 127.0.0.1", "200 OK"]);
    // The same port over UDP, where nobody is.
    let wrong = Patient::new(&format!("proxy = \"{}\"\n", far.tcp));
    if far.tcp.port() != far.udp.port() {
        let (code, said) = wrong.see(&[]);
        assert_eq!(code, 1, "{said}");
        says(&said, &["By tcp somebody answers", "transport = \"tcp\"  # only tcp is answered"]);
    }
    far.close(&[]);
}

#[test]
fn a_carrier_that_wants_digest_registers_us_and_is_left_as_it_was() {
    if !peers_are_here() {
        return;
    }
    let far = House::open();
    let carrier = Kamailio::start(&far, far.ports.four());
    let trunk = format!(
        "proxy = \"{}\"\nuser = \"{CITIZEN}\"\nregister = true\nexpires = 600\ncaller = \"{CITIZEN}\"\n",
        carrier.at
    );
    let patient = Patient::new(&trunk).knows(PASSWORD);
    let (code, said) = patient.see(&["--call", "89000"]);
    assert_eq!(code, 0, "{said}");
    says(
        &said,
        &[
            "Challenge: MD5",
            "User and password are taken",
            "Registered for 8 s (600 s were asked for).",
            "The registration was taken back.",
            "Answered after ",
            "packets of sound in two seconds",
            "Our BYE was answered.",
        ],
    );
    assert!(!said.contains(PASSWORD), "no password is shown");
    let came = || carrier.said().matches(&format!(" registered: {CITIZEN}")).count();
    let left = || carrier.said().matches(&format!("unregistered: {CITIZEN}")).count();
    assert_eq!((came(), left()), (2, 1), "the question, the registration, and its end");
    far.only_call();

    // Whoever is registered already is not disturbed: a question, and nothing else.
    let house = format!("proxy = \"{}\"\nuser = \"{CITIZEN}\"\nregister = true\nqualify = 0\n", carrier.at);
    let running = House::open_with(|config, _| {
        append(&config.join("trunks.toml"), &house);
        secret(config.parent().unwrap(), PASSWORD);
    });
    until("the house is registered", seconds(20), || (came() >= 3).then_some(()));
    let (code, said) = patient.see(&[]);
    assert_eq!(code, 0, "{said}");
    says(&said, &["1 contacts are registered already", "none was added"]);
    assert_eq!(left(), 1, "nothing was taken away: {}", carrier.said());

    let (code, said) = Patient::new(&trunk).knows("wrong-password").see(&[]);
    assert_eq!(code, 1, "{said}");
    says(&said, &["User or password is wrong"]);
    running.close(&[PASSWORD]);
    drop(carrier);
    far.close(&[PASSWORD]);
}
