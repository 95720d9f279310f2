//! One run of sipp: a scenario of `tests/sipp/`, one call, its exit code, the messages that went over the wire.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::house::{CITIZEN, House};
use crate::patience::{s, until};
use crate::process::Process;

/// A scenario that is about to run.
pub struct Sipp<'h> {
    house: &'h House,
    scenario: &'static str,
    number: &'static str,
    user: Option<&'static str>,
    password: Option<String>,
    tcp: bool,
    port: u16,
    keys: Vec<(&'static str, String)>,
}

/// A scenario that runs.
pub struct Running {
    process: Process,
    scenario: &'static str,
    folder: PathBuf,
}

impl<'h> Sipp<'h> {
    /// This scenario against this house: a citizen behind the trunk who calls 89000.
    pub fn new(house: &'h House, scenario: &'static str) -> Self {
        let port = house.ports.four();
        Self {
            house,
            scenario,
            number: "89000",
            user: None,
            password: None,
            tcp: false,
            port,
            keys: Vec::new(),
        }
    }

    /// Another number than the hotline's.
    pub fn number(self, number: &'static str) -> Self {
        Self { number, ..self }
    }

    /// As this phone of the house, with its password.
    pub fn phone(self, user: &'static str) -> Self {
        let password = self.house.password(user);
        Self { user: Some(user), password: Some(password), ..self }
    }

    /// With a password that is not the right one.
    pub fn password(self, password: &str) -> Self {
        Self { password: Some(password.to_owned()), ..self }
    }

    /// Over TCP.
    pub fn tcp(self) -> Self {
        Self { tcp: true, ..self }
    }

    /// From this port, as an earlier run.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// What stands for `[name]` in the scenario.
    pub fn key(mut self, name: &'static str, value: String) -> Self {
        self.keys.push((name, value));
        self
    }

    /// Where it takes SIP.
    pub fn local_port(&self) -> u16 {
        self.port
    }

    /// Begins.
    pub fn start(&self) -> Running {
        let folder = self.house.room(&format!("{}-{}", self.scenario, self.port));
        let scenario =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/sipp/{}.xml", self.scenario));
        let house: SocketAddr = if self.tcp { self.house.tcp } else { self.house.udp };
        let mut sipp = Command::new("sipp");
        sipp.current_dir(&folder).arg(house.to_string()).arg("-sf").arg(scenario);
        sipp.args([
            "-s",
            self.number,
            "-i",
            "127.0.0.1",
            "-m",
            "1",
            "-nostdin",
            "-timeout",
            "30",
            "-timeout_error",
        ]);
        sipp.args(["-t", if self.tcp { "t1" } else { "u1" }, "-p", &self.port.to_string()]);
        sipp.args(["-mp", &self.house.ports.four().to_string()]);
        sipp.args(["-key", "caller", self.user.unwrap_or(CITIZEN)]);
        for (name, value) in &self.keys {
            sipp.args(["-key", name, value]);
        }
        sipp.args(["-cid_str", &format!("{}@sipp", self.scenario)]);
        sipp.args(["-trace_msg", "-message_file", "messages", "-trace_err", "-error_file", "errors"]);
        if let Some(password) = &self.password {
            sipp.args(["-au", self.user.unwrap_or_default(), "-ap", password]);
        }
        let process = Process::start(&mut sipp, &folder.join("out"), &folder.join("err"));
        Running { process, scenario: self.scenario, folder }
    }

    /// Begins, and waits until it can be called.
    pub fn wait_for_calls(&self) -> Running {
        let running = self.start();
        let entry = format!("0100007F:{:04X}", self.port);
        until("sipp listens", s(10), || {
            let sockets = fs::read_to_string("/proc/net/udp").unwrap();
            sockets.contains(&entry).then_some(())
        });
        running
    }

    /// Runs to its end; the messages.
    pub fn run(&self) -> String {
        self.start().done()
    }
}

impl Running {
    /// The messages so far.
    pub fn messages(&self) -> String {
        fs::read_to_string(self.folder.join("messages")).unwrap_or_default()
    }

    /// Waits until it has sent or received this.
    pub fn until_says(&self, words: &str) {
        let what = format!("{}: {words}", self.scenario);
        until(&what, s(20), || self.messages().contains(words).then_some(()));
    }

    /// Waits for the end: everything must have gone as the scenario says. The messages.
    pub fn done(mut self) -> String {
        let status = self.process.end(self.scenario, s(35));
        assert!(status.success(), "{}: sipp ended with {status}", self.scenario);
        self.messages()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() {
            let errors = fs::read_to_string(self.folder.join("errors")).unwrap_or_default();
            let said = fs::read_to_string(self.folder.join("err")).unwrap_or_default();
            eprintln!("--- sipp, {}:\n{said}{errors}\n{}", self.scenario, self.messages());
        }
    }
}
