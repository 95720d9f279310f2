//! Anything in any order: what must hold after each step holds.

use std::time::Duration;

use proptest::prelude::*;

use super::s;
use crate::{Action, Answer, Event, Line, Settings, State, Way};

/// What the world does next; numbers pick among what is open.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Answer(usize, u16, Option<u32>),
    Located(usize, u8),
    Heard(u8),
    Failed(u8, Option<u64>),
    Disconnected(u8),
    Reconfigure(bool, u64),
    Enter,
    Exit,
    GiveBack,
    Stop,
}

fn step() -> impl Strategy<Value = Step> {
    let status =
        prop_oneof![Just(200u16), Just(408), Just(503), Just(401), Just(403), Just(423), 300u16..700];
    prop_oneof![
        4 => (0u64..400_000).prop_map(Step::Wait),
        6 => (any::<usize>(), status, proptest::option::of(0u32..100_000))
            .prop_map(|(n, status, seconds)| Step::Answer(n, status, seconds)),
        1 => (any::<usize>(), 0u8..16).prop_map(|(n, which)| Step::Located(n, which)),
        1 => (0u8..5).prop_map(Step::Heard),
        1 => (0u8..5, proptest::option::of(0u64..10_000)).prop_map(|(at, pause)| Step::Failed(at, pause)),
        1 => (0u8..5).prop_map(Step::Disconnected),
        1 => (any::<bool>(), prop_oneof![Just(0u64), 5u64..100]).prop_map(|(r, q)| Step::Reconfigure(r, q)),
        1 => Just(Step::Enter),
        1 => Just(Step::Exit),
        1 => Just(Step::GiveBack),
        1 => Just(Step::Stop),
    ]
}

struct Run {
    line: Line<u8>,
    now: Duration,
    open: Vec<u64>,
    tickets: Vec<u64>,
    stopped: bool,
    entered: u32,
}

fn settings(register: bool, qualify: u64) -> Settings {
    let register = register.then(|| s(600));
    Settings { register, qualify: s(qualify), channels: 5, calls_per_second: 3, ..Settings::default() }
}

impl Run {
    fn drain(&mut self) -> Result<(), TestCaseError> {
        let mut steps = 0;
        while let Some(action) = self.line.poll() {
            steps += 1;
            prop_assert!(steps < 64, "one event makes no end of actions");
            match action {
                Action::Locate(ticket) => {
                    prop_assert!(!self.stopped);
                    self.tickets.push(ticket);
                }
                Action::Register { request, expires, .. } => {
                    prop_assert!(!self.stopped || expires == 0, "nothing begins after the end");
                    prop_assert!(expires <= 86_400);
                    self.open.push(request);
                }
                Action::Ask { request, .. } => {
                    prop_assert!(!self.stopped);
                    self.open.push(request);
                }
                Action::Changed(state) => prop_assert_eq!(&state, self.line.state()),
            }
        }
        Ok(())
    }

    /// Lets time pass, timer by timer.
    fn wait(&mut self, span: Duration) -> Result<(), TestCaseError> {
        let end = self.now + span;
        let mut rings = 0;
        while let Some(at) = self.line.next_timeout().filter(|at| *at <= end) {
            rings += 1;
            prop_assert!(rings < 5_000, "it spins at {at:?}");
            self.now = self.now.max(at);
            self.line.handle(self.now, Event::Timeout);
            self.drain()?;
        }
        self.now = end;
        Ok(())
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        let now = self.now;
        match step {
            Step::Wait(ms) => return self.wait(Duration::from_millis(ms)),
            Step::Answer(n, status, seconds) if !self.open.is_empty() => {
                let request = self.open.swap_remove(n % self.open.len());
                let answer = Answer { status, expires: seconds, min_expires: seconds, retry_after: seconds };
                self.line.handle(now, Event::Answered(request, answer));
            }
            Step::Located(n, which) if !self.tickets.is_empty() => {
                let ticket = self.tickets.swap_remove(n % self.tickets.len());
                let list: Vec<u8> = (0..4).filter(|bit| which >> bit & 1 == 1).collect();
                let found = if which == 15 { Err("nothing".to_owned()) } else { Ok(list) };
                self.line.handle(now, Event::Located(ticket, found, s(which.into())));
            }
            Step::Answer(..) | Step::Located(..) => {}
            Step::Heard(at) => self.line.handle(now, Event::Heard(at, 200)),
            Step::Failed(at, pause) => self.line.handle(now, Event::Failed(at, pause.map(s))),
            Step::Disconnected(at) => self.line.handle(now, Event::Disconnected(at)),
            Step::Reconfigure(register, qualify) => {
                self.line.reconfigure(now, settings(register, qualify), Way::Named("x".to_owned()));
            }
            Step::Enter => self.entered += u32::from(self.line.enter(now).is_ok()),
            Step::Exit => self.entered += u32::from(self.line.exit(now).is_ok()),
            Step::GiveBack => {
                self.line.give_back();
                self.entered = self.entered.saturating_sub(1);
            }
            Step::Stop => {
                self.stopped = true;
                self.line.handle(now, Event::Stop);
            }
        }
        self.drain()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let view = self.line.view(self.now);
        prop_assert!(view.taken == self.entered && view.taken <= view.channels);
        prop_assert!(view.destinations.len() <= 16);
        prop_assert!(view.registered_until.is_none_or(|until| until > self.now) || self.stopped);
        prop_assert!(self.line.next_timeout().is_none_or(|at| at > self.now) || self.now == Duration::ZERO);
        prop_assert_eq!(self.stopped, view.state == State::Stopped);
        if self.line.is_available(self.now) {
            prop_assert!(view.destinations.iter().any(|(_, good)| *good));
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn it_neither_spins_nor_lies_nor_forgets(seed: u64, steps in proptest::collection::vec(step(), 1..120)) {
        let line = Line::new(settings(true, 30), Way::Named("x".to_owned()), seed, Duration::ZERO);
        let mut run = Run {
            line, now: Duration::ZERO, open: Vec::new(), tickets: Vec::new(),
            stopped: false, entered: 0,
        };
        run.drain()?;
        for step in steps {
            run.take(step)?;
            // Whatever is due now is done first.
            run.wait(Duration::ZERO)?;
            run.check()?;
        }
    }

    /// After any past, an exchange that is well again brings the trunk up within twenty minutes.
    #[test]
    fn it_always_comes_back(seed: u64, steps in proptest::collection::vec(step(), 1..60)) {
        let line = Line::new(settings(true, 30), Way::Named("x".to_owned()), seed, Duration::ZERO);
        let mut run = Run {
            line, now: Duration::ZERO, open: Vec::new(), tickets: Vec::new(),
            stopped: false, entered: 0,
        };
        run.drain()?;
        for step in steps.into_iter().filter(|step| !matches!(step, Step::Stop)) {
            run.take(step)?;
        }
        run.line.reconfigure(run.now, settings(true, 30), Way::Named("x".to_owned()));
        run.drain()?;
        let end = run.now + s(3600 + 1200);
        while run.now < end && run.line.state() != &State::Up {
            for ticket in std::mem::take(&mut run.tickets) {
                run.line.handle(run.now, Event::Located(ticket, Ok(vec![0, 1]), s(300)));
                run.drain()?;
            }
            for request in std::mem::take(&mut run.open) {
                let well = Answer { expires: Some(600), ..Answer::status(200) };
                run.line.handle(run.now, Event::Answered(request, well));
                run.drain()?;
            }
            if run.open.is_empty() && run.tickets.is_empty() {
                let Some(at) = run.line.next_timeout() else { break };
                run.wait(at.saturating_sub(run.now))?;
            }
        }
        prop_assert_eq!(run.line.state(), &State::Up);
    }
}
