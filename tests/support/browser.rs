//! A real browser, driven line by line by one of the programs in `tests/web/`; it does not outlive the test, and leaves no files.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::patience::{s, soon};

/// Longest wait for the answer to one order; what an order itself waits for is shorter.
const ANSWER: Duration = s(90);
/// For Chromium to close.
const CLOSE: Duration = s(10);

/// The browser and the program that drives it.
pub struct Browser {
    process: Child,
    orders: Option<ChildStdin>,
    answers: mpsc::Receiver<String>,
    log: PathBuf,
}

/// The folder `tests/web`, when Chromium is here, and node with its packages; `None`, said plainly, where something is missing.
pub fn is_here(what: &str) -> Option<PathBuf> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let node = std::env::split_paths(&path).any(|folder| folder.join("node").is_file());
    let chromium = std::env::var_os("CHROMIUM").map_or_else(|| "/usr/bin/chromium".into(), PathBuf::from);
    let missing = match (node, chromium.is_file(), web.join("node_modules/playwright-core").is_dir()) {
        (false, ..) => "node is",
        (_, false, _) => "chromium is",
        (.., false) => "the packages of tests/web (npm ci) are",
        (true, true, true) => return Some(web),
    };
    eprintln!("{missing} not there, skipped: {what}. scripts/setup peers installs what is missing");
    None
}

impl Browser {
    /// Starts it; its own files and what it logs are kept in `folder`.
    pub fn open(script: &Path, arguments: &[String], folder: &Path) -> Self {
        let (own, log) = (folder.join("browser"), folder.join("browser.log"));
        fs::create_dir_all(&own).unwrap();
        let mut process = Command::new("node")
            .arg(script)
            .args(arguments)
            // Profile, sockets and caches of Chromium: gone with the test's folder.
            .env("TMPDIR", &own)
            .env("XDG_CONFIG_HOME", &own)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let (out, orders) = (process.stdout.take().unwrap(), process.stdin.take());
        let (tell, answers) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let browser = Self { process, orders, answers, log };
        browser.answer("the browser starts");
        browser
    }

    /// Gives an order and waits for its answer; fails with the browser's words when it could not be done.
    pub fn ask(&mut self, order: &Value) -> Value {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        let answer = self.answer(&order.to_string());
        assert!(answer.get("error").is_none(), "{order}: {}", answer["error"].as_str().unwrap_or_default());
        answer["ok"].clone()
    }

    fn answer(&self, what: &str) -> Value {
        let line = self.answers.recv_timeout(ANSWER).unwrap_or_else(|e| panic!("{what}: {e}"));
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- the browser's log:\n{}", fs::read_to_string(&self.log).unwrap_or_default());
        }
        // At the end of its orders it closes Chromium and ends.
        self.orders.take();
        if soon(CLOSE, || self.process.try_wait().ok().flatten()).is_none() {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
