//! Decides: when a house is started anew, which life stands still, when the parent itself ends. No clock, no process in it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::words::Word;
use crate::{CONFIG, USAGE};

/// Two starts are never closer than this, however often a house that took calls dies.
pub const SPACING: Duration = Duration::from_millis(500);
/// The pause after a start that came to nothing; each further one doubles it.
pub const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Between two looks at the lives.
pub const LOOK: Duration = Duration::from_millis(500);
/// Processes that have ended lately, by number: what they said before is heard after.
const GONE: usize = 16;
/// What shells add to the number of the signal that ended a program.
const BY_SIGNAL: i32 = 128;

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// With this exit code.
    Code(u8),
    /// By this signal.
    Signal(i32),
    /// Nobody of ours saw it: it was another life's child.
    Unseen,
}

impl End {
    /// The exit code of a parent that ends because of it.
    pub fn code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => u8::try_from(BY_SIGNAL.saturating_add(signal)).unwrap_or(u8::MAX),
            Self::Unseen => 1,
        }
    }
}

/// What an admin wants of the house.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// End: SIGTERM.
    Terminate,
    /// End: SIGINT.
    Interrupt,
    /// Read the configuration again: SIGHUP.
    Reload,
    /// Go on in another process: SIGUSR2.
    Upgrade,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A process was started, as [`Action::Start`] wanted.
    Began(i32),
    /// None could be started.
    NotBegun,
    /// A process said this.
    Said(i32, Word),
    /// A process has ended.
    Ended(i32, End),
    /// A signal came.
    Asked(Order),
    /// The time came that [`Watcher::next_timeout`] had named.
    Look,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Start the house.
    Start,
    /// Pass an order on to this process.
    Pass(i32, Order),
    /// This process stands: kill it.
    Kill(i32),
    /// Say this to whoever watches the parent.
    Tell(Word),
    /// For the log.
    Note(Note),
    /// End with this code.
    End(u8),
}

/// What the log is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// The house has died, and is started anew in so long. The count is that of all starts anew.
    Died(End, Duration, u64),
    /// One life has died, another goes on.
    LivesOn(End),
    /// The control loop of this life has not answered for so long.
    Stands(i32, Duration),
    /// The house can't be started with what it was given.
    GivenUp(End),
}

/// One process of the house.
#[derive(Debug)]
struct Life {
    pid: i32,
    ready: bool,
    stopping: bool,
    killed: bool,
    /// How long it has said nothing, as far as the parent was awake itself.
    silent: Duration,
    /// When it was heard last.
    heard: Duration,
}

/// Looks after the lives of one house.
#[derive(Debug)]
pub struct Watcher {
    /// How long a life may say nothing.
    patience: Duration,
    lives: Vec<Life>,
    gone: VecDeque<i32>,
    /// A life has taken calls since the parent began: a start can come to something.
    stood: bool,
    /// Starts one after the other that came to nothing.
    failed: u32,
    restarts: u64,
    ending: bool,
    started: Duration,
    start_at: Option<Duration>,
    looked: Duration,
    out: VecDeque<Action>,
}

impl Watcher {
    /// Starts the first life at once. `patience`: for how long a life that takes calls may say nothing.
    pub fn new(now: Duration, patience: Duration) -> Self {
        Self {
            patience,
            lives: Vec::new(),
            gone: VecDeque::with_capacity(GONE),
            stood: false,
            failed: 0,
            restarts: 0,
            ending: false,
            started: now,
            start_at: None,
            looked: now,
            out: VecDeque::from([Action::Start]),
        }
    }

    /// Takes one thing that happened.
    pub fn handle(&mut self, now: Duration, event: Event) {
        match event {
            Event::Began(pid) => self.adopt(now, pid),
            Event::NotBegun => self.over(now, false, End::Unseen),
            Event::Said(pid, word) => self.said(now, pid, word),
            Event::Ended(pid, end) => self.ended(now, pid, end),
            Event::Asked(order) => self.asked(order),
            Event::Look => {
                if self.start_at.take_if(|at| *at <= now).is_some() {
                    self.started = now;
                    self.out.push_back(Action::Start);
                }
                if now.saturating_sub(self.looked) >= LOOK {
                    self.look(now);
                }
            }
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Action> {
        self.out.pop_front()
    }

    /// When [`Event::Look`] is wanted.
    pub fn next_timeout(&self) -> Duration {
        let look = self.looked.saturating_add(LOOK);
        self.start_at.map_or(look, |at| at.min(look))
    }

    fn adopt(&mut self, now: Duration, pid: i32) {
        if !self.gone.contains(&pid) && self.lives.iter().all(|life| life.pid != pid) {
            let silent = Duration::ZERO;
            self.lives.push(Life { pid, ready: false, stopping: false, killed: false, silent, heard: now });
        }
    }

    fn said(&mut self, now: Duration, pid: i32, word: Word) {
        self.adopt(now, pid);
        let Some(life) = self.lives.iter_mut().find(|life| life.pid == pid) else { return };
        (life.silent, life.heard) = (Duration::ZERO, now);
        match word {
            Word::Begins | Word::Alive => {}
            Word::Ready => {
                life.ready = true;
                if !self.stood {
                    self.out.push_back(Action::Tell(Word::Ready));
                }
                (self.stood, self.failed) = (true, 0);
            }
            Word::Stopping => life.stopping = true,
        }
    }

    fn ended(&mut self, now: Duration, pid: i32, end: End) {
        let Some(at) = self.lives.iter().position(|life| life.pid == pid) else { return };
        let life = self.lives.remove(at);
        if self.gone.len() == GONE {
            self.gone.pop_front();
        }
        self.gone.push_back(pid);
        if self.lives.is_empty() {
            self.over(now, life.ready, end);
        } else if end != End::Code(0) {
            self.out.push_back(Action::Note(Note::LivesOn(end)));
        }
    }

    /// No life is left. `ready`: the last one had taken calls.
    fn over(&mut self, now: Duration, ready: bool, end: End) {
        match end {
            End::Code(0) => return self.out.push_back(Action::End(0)),
            _ if self.ending => return self.out.push_back(Action::End(end.code())),
            // The first start says what is wrong, to whoever has asked for it. One that was killed says nothing: it may have
            // answered calls in the moment before it could tell us.
            End::Code(_) | End::Unseen if !self.stood && self.restarts == 0 => {
                return self.out.push_back(Action::End(end.code()));
            }
            End::Code(USAGE | CONFIG) => {
                self.out.push_back(Action::Note(Note::GivenUp(end)));
                return self.out.push_back(Action::End(end.code()));
            }
            End::Code(_) | End::Signal(_) | End::Unseen => {}
        }
        let at = if ready {
            self.started.saturating_add(SPACING).max(now)
        } else {
            let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.failed)).min(LONGEST_PAUSE);
            self.failed = self.failed.saturating_add(1);
            now.saturating_add(pause)
        };
        self.restarts = self.restarts.saturating_add(1);
        self.start_at = Some(at);
        self.out.push_back(Action::Note(Note::Died(end, at.saturating_sub(now), self.restarts)));
    }

    fn asked(&mut self, order: Order) {
        match order {
            Order::Terminate | Order::Interrupt => {
                if !self.ending {
                    self.out.push_back(Action::Tell(Word::Stopping));
                }
                self.ending = true;
                self.out.extend(self.lives.iter().map(|life| Action::Pass(life.pid, order)));
                if self.lives.is_empty() {
                    self.start_at = None;
                    self.out.push_back(Action::End(0));
                }
            }
            Order::Reload | Order::Upgrade => {
                // The newest that takes calls; a life that begins reads all anew by itself.
                let newest = self.lives.iter().rev().find(|life| life.ready);
                self.out.extend(newest.map(|life| Action::Pass(life.pid, order)));
            }
        }
    }

    /// Who has said nothing for too long. The time in which the parent itself slept counts as one look: whoever stops a machine
    /// stops the house with it.
    fn look(&mut self, now: Duration) {
        let since = std::mem::replace(&mut self.looked, now);
        let mut well = true;
        for life in self.lives.iter_mut().filter(|life| life.ready && !life.stopping) {
            let passed = now.saturating_sub(since.max(life.heard)).min(LOOK.saturating_mul(2));
            life.silent = life.silent.saturating_add(passed);
            if life.silent >= self.patience && !life.killed {
                life.killed = true;
                self.out.push_back(Action::Note(Note::Stands(life.pid, life.silent)));
                self.out.push_back(Action::Kill(life.pid));
            }
            // One that does not even die is for whoever watches the parent.
            well &= life.silent < self.patience.saturating_mul(2);
        }
        if well {
            self.out.push_back(Action::Tell(Word::Alive));
        }
    }
}
