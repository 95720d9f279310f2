//! Who looks after a house between its start and its end: orders at the control socket, the next life, the last call.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use handover::contract::{Answer, Ask, PROTOCOL, Status};
use handover::{Channel, HandoverError};
use switchboard::Gauges;
use switchboard::lives::{Lives, Neighbour};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::control::{Asked, Control};
use crate::start::House;

/// Between two looks whether the last call has ended.
const LOOK: Duration = Duration::from_millis(50);
/// How often is said what a process that ends still waits for.
const STILL: Duration = Duration::from_secs(10);
/// The next life listens within this, or it is given up.
const BIRTH: Duration = Duration::from_secs(120);
/// What makes a start one that takes over.
const TAKE_OVER: &str = "--take-over";

/// Looks after a house.
pub(crate) struct Steward {
    control: Option<Control>,
    socket: PathBuf,
    /// The program as it was named at the start: another version may lie there by now.
    program: PathBuf,
    lives: watch::Receiver<Lives>,
    giving: Option<JoinHandle<()>>,
    ending: bool,
}

enum News {
    Asked(Asked),
    Lives,
    Over,
}

impl Steward {
    /// Opens the control socket.
    ///
    /// # Errors
    /// [`HandoverError::Socket`], [`HandoverError::System`].
    pub(crate) fn open(house: &House, socket: &Path) -> Result<Self, HandoverError> {
        Ok(Self {
            control: Some(Control::open(socket)?),
            socket: socket.to_owned(),
            program: env::current_exe()?,
            lives: house.handle.lives(),
            giving: None,
            ending: false,
        })
    }

    /// Waits for something and sees to it; `true`: the house ends now, as it was told to.
    pub(crate) async fn next(&mut self, house: &House) -> bool {
        let Self { control, lives, ending, .. } = self;
        let seen = lives.clone();
        let asked = async {
            match control {
                Some(control) => control.next().await,
                None => None,
            }
        };
        let news = tokio::select! {
            Some(asked) = asked => News::Asked(asked),
            Ok(()) = lives.changed() => News::Lives,
            () = over(house, seen), if *ending => News::Over,
            else => std::future::pending().await,
        };
        match news {
            News::Asked(asked) => self.order(house, asked),
            News::Lives => self.neighbours(house),
            News::Over => return true,
        }
        false
    }

    /// The program goes on in a new process.
    pub(crate) fn upgrade(&self) {
        let birth = succeed(self.program.clone(), self.lives.clone());
        tokio::spawn(async move {
            if let Err((_, en)) = birth.await {
                tracing::error!("{en}");
            }
        });
    }

    fn order(&mut self, house: &House, asked: Asked) {
        match asked.ask {
            Ask::Drain(on) => {
                tracing::warn!(
                    on,
                    "an order at the control socket: no new calls, and the end with the last one"
                );
                // Its loop has ended, and so does the house.
                let _ = house.handle.drain(on);
                self.ending = on;
            }
            Ask::Status => {}
            Ask::Upgrade => {
                let (birth, answer) = (succeed(self.program.clone(), self.lives.clone()), self.status(house));
                tokio::spawn(async move {
                    asked
                        .answer(match birth.await {
                            Ok(()) => answer,
                            Err((zh, en)) => Answer::Refused { zh, en },
                        })
                        .await;
                });
                return;
            }
            Ask::TakeOver { protocol } => return self.hand_over(house, protocol, asked.channel),
        }
        let answer = self.status(house);
        tokio::spawn(asked.answer(answer));
    }

    fn status(&self, house: &House) -> Answer {
        let gauges = house.handle.gauges();
        Answer::Status(Status {
            pid: std::process::id(),
            generation: house.giver().generation,
            draining: self.ending || gauges.draining.load(Ordering::Relaxed),
            ending: self.ending,
            calls: gauges.calls.load(Ordering::Relaxed),
        })
    }

    fn hand_over(&mut self, house: &House, protocol: u32, mut channel: Channel) {
        let after = self.lives.borrow().after;
        let busy = self.giving.as_ref().is_some_and(|giving| !giving.is_finished())
            || matches!(after, Neighbour::Coming | Neighbour::There);
        let refused = if protocol != PROTOCOL {
            Some((
                format!(
                    "两个版本互不理解（{protocol}，本进程 {PROTOCOL}）：请用 hotline drain，再启动新版本"
                ),
                format!(
                    "the versions don't understand each other ({protocol}, here {PROTOCOL}): use hotline drain, then start the new one"
                ),
            ))
        } else if busy {
            Some(("正在移交给另一个进程".to_owned(), "another process is taking over already".to_owned()))
        } else {
            None
        };
        let giver = house.giver().clone();
        self.giving = Some(tokio::spawn(async move {
            let done = match refused {
                Some((zh, en)) => channel.say(&Answer::Refused { zh, en }).await,
                None => giver.hand_over(channel).await,
            };
            if let Err(error) = done {
                tracing::error!(%error, "no hand-over: this process goes on");
            }
        }));
    }

    /// A life before or after this one has come or gone.
    fn neighbours(&mut self, house: &House) {
        let Lives { before, after } = *self.lives.borrow_and_update();
        match after {
            Neighbour::There => {
                house.retire();
                self.ending = true;
            }
            Neighbour::Died => {
                // Its file lies there still.
                self.control = Control::open(&self.socket)
                    .inspect_err(|error| tracing::error!(%error, "the control socket"))
                    .ok();
                self.ending = false;
                house.close_of_the_dead();
            }
            Neighbour::None | Neighbour::Coming | Neighbour::Left => {}
        }
        match before {
            Neighbour::Died => {
                tracing::error!(
                    "the life before this one has died with its calls: they are closed, and owed a call-back"
                );
                house.close_of_the_dead();
            }
            Neighbour::Left => tracing::info!("the life before this one has ended its last call"),
            Neighbour::None | Neighbour::Coming | Neighbour::There => {}
        }
    }
}

/// Until nothing is left that only this process can do.
pub(crate) async fn over(house: &House, lives: watch::Receiver<Lives>) {
    let mut said = Instant::now();
    loop {
        let Lives { before, after } = *lives.borrow();
        let Gauges { calls, legs, exchanges, .. } = house.handle.gauges();
        let none = |gauge: &std::sync::atomic::AtomicU64| gauge.load(Ordering::Relaxed) == 0;
        // Beside another life nothing hurries: what may be repeated is answered to the end.
        let quiet = after != Neighbour::There || none(legs) && none(exchanges);
        if none(calls) && quiet && before != Neighbour::There {
            return;
        }
        if said.elapsed() >= STILL {
            said = Instant::now();
            tracing::info!(
                ?calls,
                ?legs,
                ?exchanges,
                ?before,
                "this process ends when all of these are over"
            );
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Starts the program as it lies there now, with the arguments of this process, and waits until that one listens; why not, in
/// both languages.
async fn succeed(program: PathBuf, mut lives: watch::Receiver<Lives>) -> Result<(), (String, String)> {
    let mut arguments: Vec<OsString> = env::args_os().skip(1).collect();
    if arguments.iter().all(|argument| argument != TAKE_OVER) {
        arguments.push(TAKE_OVER.into());
    }
    let failed = |error: io::Error| {
        let program = program.display();
        (
            format!("{program} 没有启动（{error}）：请检查文件和权限"),
            format!("{program} was not started ({error}): check the file and its permissions"),
        )
    };
    let mut child = Command::new(&program).args(arguments).stdin(Stdio::null()).spawn().map_err(failed)?;
    let birth = async {
        tokio::select! {
            status = child.wait() => Some(status),
            _ = lives.wait_for(|lives| lives.after == Neighbour::There) => None,
        }
    };
    match timeout(BIRTH, birth).await {
        Ok(None) => Ok(()),
        Ok(Some(status)) => {
            let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            Err((
                format!("新进程没有接管（{status}），原进程继续：请看日志"),
                format!("the new process did not take over ({status}), this one goes on: look at the log"),
            ))
        }
        Err(_) => {
            // It may have ended just now.
            let _ = child.start_kill();
            Err((
                "新进程没有及时接管，原进程继续：请看日志".to_owned(),
                "the new process did not take over in time, this one goes on: look at the log".to_owned(),
            ))
        }
    }
}
