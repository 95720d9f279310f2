//! Does what the watcher decides: processes, signals, the clock.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, set_child_subreaper};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

use crate::ear::Ear;
use crate::lives::Processes;
use crate::teller::Teller;
use crate::watcher::{Action, Event, Note, Order, Watcher};

/// How long a control loop may stay without an answer. The longest that it waits on purpose is 5 s, at a hand-over.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is started.
#[derive(Clone, Debug)]
pub struct Child {
    /// The program; another version may lie there by the next start.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// Looks after the house until it has ended as it was told to, or can't be started. The exit code.
///
/// Where the environment names a watcher (`NOTIFY_SOCKET`), that one is told how it is. `WATCHDOG_USEC` there is that watcher's
/// patience with the parent; the parent's with the house is half of it, 10 s at most.
///
/// # Errors
/// The system's: no socket, no signals, no children.
pub fn run(child: Child) -> io::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { Parent::new(child)?.look_after().await })
}

struct Parent {
    child: Child,
    began: Instant,
    watcher: Watcher,
    ear: Ear,
    processes: Processes,
    /// To whoever watches the parent.
    above: Teller,
    patience: Duration,
}

/// The signals that mean something here.
struct Asked {
    terminate: Signals,
    interrupt: Signals,
    reload: Signals,
    upgrade: Signals,
    child: Signals,
}

impl Asked {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
            upgrade: signal(SignalKind::user_defined2())?,
            child: signal(SignalKind::child())?,
        })
    }

    /// The next one; `None`: a child has ended.
    async fn next(&mut self) -> Option<Order> {
        tokio::select! {
            _ = self.terminate.recv() => Some(Order::Terminate),
            _ = self.interrupt.recv() => Some(Order::Interrupt),
            _ = self.reload.recv() => Some(Order::Reload),
            _ = self.upgrade.recv() => Some(Order::Upgrade),
            _ = self.child.recv() => None,
        }
    }
}

impl Parent {
    fn new(child: Child) -> io::Result<Self> {
        // A life whose own parent, the life before, has ended becomes ours.
        set_child_subreaper(Some(getpid()))?;
        let above = Teller::of_environment()?;
        let patience = above.patience().map_or(PATIENCE, |most| (most / 2).min(PATIENCE));
        Ok(Self {
            child,
            began: Instant::now(),
            watcher: Watcher::new(Duration::ZERO, patience),
            ear: Ear::open()?,
            processes: Processes::new(),
            above,
            patience,
        })
    }

    async fn look_after(mut self) -> io::Result<u8> {
        let mut asked = Asked::new()?;
        loop {
            if let Some(code) = self.perform() {
                return Ok(code);
            }
            let next = self.began + self.watcher.next_timeout();
            tokio::select! {
                heard = self.ear.hear() => {
                    let (pid, word) = heard?;
                    self.said(pid, word);
                }
                Some(pid) = self.processes.one_ended() => self.bury(Some(pid)),
                order = asked.next() => match order {
                    Some(order) => self.take(Event::Asked(order)),
                    None => self.bury(None),
                },
                () = tokio::time::sleep_until(next.into()) => self.take(Event::Look),
            }
        }
    }

    fn take(&mut self, event: Event) {
        self.watcher.handle(self.began.elapsed(), event);
    }

    fn said(&mut self, pid: Pid, word: crate::Word) {
        // What has ended since then is heard no more.
        if self.processes.take(pid) {
            self.take(Event::Said(pid.as_raw_pid(), word));
        }
    }

    /// What they said before their end is heard before.
    fn bury(&mut self, pid: Option<i32>) {
        while let Some((pid, word)) = self.ear.heard() {
            self.said(pid, word);
        }
        for (pid, end) in self.processes.bury(pid) {
            self.take(Event::Ended(pid, end));
        }
    }

    /// Does what is to be done; the exit code, when the parent is to end.
    fn perform(&mut self) -> Option<u8> {
        while let Some(action) = self.watcher.poll() {
            match action {
                Action::Start => self.start(),
                Action::Pass(pid, order) => self.processes.signal(pid, by_signal(order)),
                Action::Kill(pid) => self.processes.signal(pid, Signal::KILL),
                Action::Tell(word) => {
                    // It is told again soon, and whoever hears nothing acts.
                    let _ = self.above.say(word);
                }
                Action::Note(note) => log(note),
                Action::End(code) => return Some(code),
            }
        }
        None
    }

    /// In a group of its own: Ctrl-C comes to the parent, which passes it on, once.
    fn start(&mut self) {
        let mut command = Command::new(&self.child.program);
        command.args(&self.child.arguments).stdin(Stdio::null()).process_group(0);
        command.envs(Teller::variables(self.ear.name(), self.patience));
        let pid = command.spawn().and_then(|child| {
            let number = i32::try_from(child.id()).map_err(io::Error::other)?;
            Pid::from_raw(number)
                .filter(|pid| self.processes.take(*pid))
                .ok_or(io::ErrorKind::NotFound.into())
        });
        let event = match pid {
            Ok(pid) => Event::Began(pid.as_raw_pid()),
            Err(error) => {
                let program = self.child.program.display();
                tracing::error!(%program, %error, "the house can't be started: check the file and the limits of this process");
                Event::NotBegun
            }
        };
        self.take(event);
    }
}

fn by_signal(order: Order) -> Signal {
    match order {
        Order::Terminate => Signal::TERM,
        Order::Interrupt => Signal::INT,
        Order::Reload => Signal::HUP,
        Order::Upgrade => Signal::USR2,
    }
}

fn log(note: Note) {
    match note {
        Note::Died(end, pause, count) => {
            tracing::error!(
                ?end,
                ?pause,
                count,
                "the house has died: it is started again; calls that it cut are called back"
            );
        }
        Note::LivesOn(end) => tracing::error!(?end, "one life of the house has died; another goes on"),
        Note::Stands(pid, silent) => {
            tracing::error!(pid, ?silent, "the control loop does not answer: this process is killed");
        }
        Note::GivenUp(end) => {
            tracing::error!(
                ?end,
                "the house does not start with this configuration: mend it and start the house anew"
            );
        }
    }
}
