//! A program that a test started: it does not outlive the test, whatever happens.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::patience::until;

/// A running program; killed when it is dropped.
pub struct Process(Child);

impl Process {
    /// Starts it; what it says goes to `out` and `err`.
    pub fn start(command: &mut Command, out: &Path, err: &Path) -> Self {
        let file = |path: &Path| std::fs::File::create(path).unwrap();
        command.stdin(Stdio::null()).stdout(file(out)).stderr(file(err));
        Self(command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}")))
    }

    /// Its number.
    #[allow(dead_code)]
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }

    /// Waits for its end.
    pub fn end(&mut self, what: &str, within: Duration) -> ExitStatus {
        until(what, within, || self.ended())
    }

    /// Sends it a signal by its name: `TERM`, `KILL`, `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.0.id());
        let done = Command::new("sh").args(["-c", &kill]).status();
        assert!(done.unwrap().success(), "{kill}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
