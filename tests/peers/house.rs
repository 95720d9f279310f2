//! The house as a process of its own: the binary, the sample configuration in a folder of its own, free ports.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use phone::{Account, Phone};
use serde_json::Value;
use tempfile::TempDir;

use crate::folder::{append, copy, edit};
use crate::patience::{s, until};
use crate::ports::Ports;
use crate::process::Process;

/// A number of nobody, as a citizen behind the trunk.
pub const CITIZEN: &str = "13800001234";

/// What it logs when SIGHUP was heeded.
const READ_AGAIN: &str = "the configuration was read again";

/// A running house.
pub struct House {
    process: Process,
    pub ports: Ports,
    pub folder: TempDir,
    /// SIP over UDP.
    pub udp: SocketAddr,
    /// SIP over TCP.
    pub tcp: SocketAddr,
    /// SIP over TLS, where it is set up.
    pub tls: Option<SocketAddr>,
    http: SocketAddr,
}

impl House {
    /// Starts one and waits until it listens.
    pub fn open() -> Self {
        Self::with("", |_, _| {})
    }

    /// The same with further settings of sipp's trunk, as trunks.toml writes them.
    pub fn with_trunk(settings: &str) -> Self {
        Self::with(settings, |_, _| {})
    }

    /// Starts one whose configuration was changed before.
    pub fn open_with(change: impl FnOnce(&Path, &Ports)) -> Self {
        Self::with("", change)
    }

    fn with(trunk: &str, change: impl FnOnce(&Path, &Ports)) -> Self {
        let (ports, folder) = (Ports::take(), TempDir::new().unwrap());
        configure(folder.path(), ports.rtp(), trunk);
        change(&folder.path().join("sip-config"), &ports);
        let (out, err) = (folder.path().join("out"), folder.path().join("log"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
        command.args([
            "--lang",
            "en",
            "--log",
            "debug,sqlx=warn,rustls=warn,hickory_net=warn,hickory_resolver=warn",
            "serve",
            "--alone",
            "--config",
        ]);
        let mut process = Process::start(command.arg(folder.path().join("sip-config")), &out, &err);
        let (udp, tcp, tls, http) = until("the house says where it listens", s(20), || {
            let said = fs::read_to_string(&out).unwrap();
            if let Some(status) = process.ended() {
                panic!("the house did not start ({status}):\n{}", fs::read_to_string(&err).unwrap());
            }
            let http = after(&said, "http://")?;
            Some((after(&said, "UDP ")?, after(&said, "TCP ")?, after(&said, "TLS "), http))
        });
        Self { process, ports, folder, udp, tcp, tls, http }
    }

    /// A folder for a peer's files.
    pub fn room(&self, name: &str) -> PathBuf {
        let room = self.folder.path().join(name);
        fs::create_dir_all(&room).unwrap();
        room
    }

    /// A phone's password.
    pub fn password(&self, user: &str) -> String {
        let secrets = fs::read_to_string(self.folder.path().join("data/secrets.toml")).unwrap();
        let line = secrets.lines().find_map(|l| l.strip_prefix(&format!("\"{user}\" = \"")));
        line.unwrap_or_else(|| panic!("{user} has no password")).trim_end_matches('"').to_owned()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Waits until it has logged these words.
    pub fn until_log(&self, words: &str, within: Duration) {
        until(&format!("the house logs {words:?}"), within, || self.log().contains(words).then_some(()));
    }

    /// What the HTTP interface answers.
    pub fn get(&self, path: &str) -> Value {
        let token = fs::read_to_string(self.folder.path().join("data/api-token")).unwrap();
        let mut stream = TcpStream::connect(self.http).unwrap();
        stream.set_read_timeout(Some(s(10))).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            self.http,
            token.trim()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        serde_json::from_str(body).unwrap_or_else(|e| panic!("{path}: {e}: {answer}"))
    }

    /// Waits until a trunk stands so; what is said about it.
    pub fn until_trunk(&self, name: &str, state: &str, within: Duration) -> String {
        until(&format!("the trunk {name} is {state}"), within, || {
            let all = self.get("/api/v1/trunks");
            let trunk = all["trunks"].as_array().unwrap().iter().find(|t| t["name"] == name).cloned();
            let trunk = trunk.unwrap_or_else(|| panic!("no trunk {name}: {all:#}"));
            (trunk["state"] == state).then(|| trunk["en"].as_str().unwrap().to_owned())
        })
    }

    /// The rows of all calls that came in, newest first: what the house calls for by itself is not the peer's doing.
    pub fn calls(&self) -> Vec<Value> {
        let all = self.get("/api/v1/calls")["calls"].as_array().unwrap().clone();
        all.into_iter().filter(|call| call["direction"] == "in").collect()
    }

    /// Everything about the only call of this house, once it is over and its sound is measured.
    pub fn only_call(&self) -> Value {
        let call = self.last_call();
        let calls = self.calls().len();
        assert!(calls <= 1, "one call was made, {calls} are on record");
        call
    }

    /// The same of the newest call.
    pub fn last_call(&self) -> Value {
        until("the call's record is complete", s(15), || {
            let calls = self.calls();
            let call = calls.first().filter(|c| !c["ended_at"].is_null())?;
            let page = self.get(&format!("/api/v1/calls/{}", call["id"].as_str().unwrap()));
            let over = |leg: &Value| leg["answered_at"].is_null() || !leg["sound"].is_null();
            page["legs"].as_array().unwrap().iter().all(over).then_some(page)
        })
    }

    /// All SIP messages that it kept, one after another.
    pub fn traced(&self) -> String {
        let files = fs::read_dir(self.folder.path().join("data/trace")).unwrap().flatten().map(|e| e.path());
        let kept = files.filter(|f| f.extension().is_some_and(|e| e == "trace"));
        kept.map(|f| String::from_utf8_lossy(&fs::read(f).unwrap()).into_owned()).collect()
    }

    /// Has it read its configuration again, and waits until it did.
    pub fn reload(&self) {
        let before = self.log().matches(READ_AGAIN).count();
        self.process.signal("HUP");
        let done = || (self.log().matches(READ_AGAIN).count() > before).then_some(());
        until("the house has read its configuration again", s(10), done);
    }

    /// Freezes the house while `act` works, so that all that is sent meanwhile is found at once.
    pub fn frozen<T>(&self, act: impl FnOnce() -> T) -> T {
        self.process.signal("STOP");
        let done = act();
        self.process.signal("CONT");
        done
    }

    /// Ends the house as the system does. It must end well, and its log must hold none of these numbers and keys.
    pub fn close(mut self, secret: &[&str]) {
        self.end(secret);
    }

    /// The same, and its folder stays.
    pub fn end(&mut self, secret: &[&str]) {
        self.process.signal("TERM");
        let status = self.process.end("the house ends after SIGTERM", s(20));
        let log = self.log();
        assert!(status.success(), "{status}\n{log}");
        for word in secret.iter().chain(&["Signal=", "Digit("]) {
            let line = log.lines().find(|l| tells(l, word));
            assert!(line.is_none(), "{word} stands in the log: {}", line.unwrap());
        }
        for line in log.lines() {
            let fault = line.contains(" ERROR ") || line.contains("panicked");
            assert!(!fault, "the house had a fault: {line}");
        }
    }
}

/// Whether this line of a log holds this word. The time that opens each line is left out, and a few keys count only where
/// they stand alone: "3037" is also in .303736Z and may be in a port or an identifier. A whole number counts wherever it is.
fn tells(line: &str, word: &str) -> bool {
    const WHOLE_NUMBER: usize = 7;
    let said = line.split_once(' ').map_or("", |(_time, said)| said);
    let part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let keys = word.len() < WHOLE_NUMBER && word.bytes().all(|b| b.is_ascii_digit());
    let alone = |(at, found): (usize, &str)| {
        !part(said[..at].chars().next_back()) && !part(said[at + found.len()..].chars().next())
    };
    if keys { said.match_indices(word).any(alone) } else { said.contains(word) }
}

#[test]
fn keys_are_found_in_words_and_not_in_times() {
    let time = "2026-11-24T16:58:08.303736Z";
    for told in ["INFO keyed: 3037", "INFO \"3037\" was keyed", "DEBUG digits=3037 call=01M8", "INFO 3037"] {
        assert!(tells(&format!("{time} {told}"), "3037"), "{told}");
    }
    for not in ["DEBUG time line", "INFO open at=127.0.0.1:30370", "DEBUG call=01M83037WKHC"] {
        assert!(!tells(&format!("{time} {not}"), "3037"), "{not}");
    }
    assert!(tells(&format!("{time} from=+8613800001234@x"), "13800001234"));
    assert!(tells(&format!("{time} DEBUG body=Signal=5"), "Signal="));
}

/// For our own phones, where the peer under test is another one.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A phone of our own, registered.
pub async fn staff(house: &House, user: &str) -> Phone {
    let phone = Phone::start(Account::new(user, &house.password(user), house.udp)).await.unwrap();
    phone.register().await.unwrap();
    phone
}

impl Drop for House {
    fn drop(&mut self) {
        if thread::panicking() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines.len().saturating_sub(60);
            eprintln!(
                "--- the house's log, from line {last}:\n{}",
                lines.get(last..).unwrap_or(&[]).join("\n")
            );
        }
    }
}

/// The address behind these words.
fn after(said: &str, words: &str) -> Option<SocketAddr> {
    let rest = said.split_once(words)?.1;
    rest.split(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').next()?.parse().ok()
}

/// The sample configuration in a folder, on free ports, open at all hours, with a trunk `sipp` of these settings.
pub fn configure(folder: &Path, (first, last): (u16, u16), trunk: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = folder.join("sip-config");
    copy(&root.join("sip-config"), &config);
    let prompts = root.join("prompts");
    edit(
        &config.join("hotline.toml"),
        &[
            ("\"127.0.0.1:5060\"", "\"127.0.0.1:0\""),
            ("\"127.0.0.1:5066\"", "\"127.0.0.1:0\""),
            ("\"127.0.0.1:24000\"", "\"127.0.0.1:0\""),
            ("\"127.0.0.1:8089\"", "\"127.0.0.1:0\""),
            ("calls_per_second = 20", "calls_per_second = 1000"),
            // A lost ACK is given up after 64 times this.
            ("t1_ms = 500", "t1_ms = 100"),
            ("first_port = 20000", &format!("first_port = {first}")),
            ("last_port = 23999", &format!("last_port = {last}")),
            ("dir = \"prompts\"", &format!("dir = {prompts:?}")),
            ("tts = [\"espeak-ng\", \"-v\", \"{voice}\", \"-w\", \"{file}\", \"{text}\"]", "tts = []"),
        ],
    );
    edit(
        &config.join("routing.toml"),
        &[("max_calls = 500", "max_calls = 20"), ("last_bridge = 300", "last_bridge = 0")],
    );
    let sipp = format!("[[trunk]]\nname = \"sipp\"\nnets = [\"127.0.0.0/8\"]\n{trunk}");
    append(&config.join("trunks.toml"), &sipp);
    append(
        &config.join("calendar/hours.toml"),
        "[[change]]\nplace = \"centre\"\nfrom = \"2000-01-01\"\nuntil = \"2099-12-31\"\nopen = true\nreason = \"test\"\n",
    );
}
