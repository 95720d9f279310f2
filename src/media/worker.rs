//! One media thread: when it wakes, what it does then, and how much of its time that takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{Notify, mpsc};

use crate::command::{Command, Event};
use crate::floor::Floor;
use crate::line::Line;
use crate::load::{Load, Stint};
use crate::phases::PHASES;
use crate::rings::Inner;
use crate::sockets::{Pair, Ways};
use crate::urgency;

/// 20 ms.
const TICK: Duration = Duration::from_millis(20);
/// 5 ms: packets of rooms in the same phase leave together, and those of others do not wait for them.
const SUB: Duration = Duration::from_millis(20 / PHASES);
/// Packets and orders are looked for at least this often, in sub-ticks: each 10 ms.
const LOOK: u64 = PHASES / 2;
/// A thread that is so many ticks behind gives up the missed ones: catching up would only send a burst.
const HOPELESS: u128 = 10;

/// Wake-ups that came late, over all threads.
#[derive(Debug, Default)]
pub struct Lateness {
    /// Wake-ups so far.
    pub ticks: AtomicU64,
    /// Those that came more than 20 ms late.
    pub late: AtomicU64,
    /// The latest one, microseconds.
    pub worst_us: AtomicU64,
}

/// One media thread.
pub(crate) struct Worker {
    pub(crate) thread: u16,
    pub(crate) floor: Floor,
    pub(crate) stirred: Arc<Notify>,
    pub(crate) inbox: rtrb::Consumer<Command>,
    pub(crate) tell: mpsc::Sender<Event>,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) lateness: Arc<Lateness>,
    pub(crate) load: Load,
    /// What each turn of a leg costs beside its work.
    pub(crate) burden: Duration,
    /// An event that found the channel full.
    pub(crate) held: Option<Event>,
}

impl Worker {
    pub(crate) fn run(mut self, sockets: Vec<Arc<Pair>>, inside: Vec<Inner>) {
        let mut ways = Ways::new(sockets, inside);
        if !urgency::raise() {
            tracing::info!(
                "no real-time scheduling for the media threads: grant CAP_SYS_NICE where the machine is busy"
            );
        }
        let start = Instant::now();
        // The sub-tick that comes next, and when to wake.
        let (mut next, mut wake) = (start, start);
        let mut stint = Stint::new(start);
        while !self.stop.load(Ordering::Relaxed) {
            let waits = wake.saturating_duration_since(Instant::now());
            if !waits.is_zero() {
                thread::sleep(waits);
                stint.rested(waits);
            }
            let now = Instant::now();
            let late = now.saturating_duration_since(wake);
            self.count(late);
            let behind = late.as_millis() / TICK.as_millis();
            if behind >= HOPELESS {
                next += TICK * u32::try_from(behind).unwrap_or(1);
            }
            self.work(start, &mut ways);
            let utc = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let utc_ms = i64::try_from(utc.as_millis()).unwrap_or(i64::MAX);
            let steps = now.saturating_duration_since(next).as_micros() / SUB.as_micros() + 1;
            let steps = u64::try_from(steps).unwrap_or(1);
            self.floor.receive(now - start, utc_ms, steps, &mut ways);
            for _ in 0..steps {
                self.toil();
                self.floor.step(now - start, utc_ms, &mut ways);
                next += SUB;
            }
            ways.flush();
            self.work(start, &mut ways);
            let ahead = (0..LOOK).find(|ahead| self.floor.is_due(*ahead)).unwrap_or(LOOK - 1);
            wake = next + SUB * u32::try_from(ahead).unwrap_or_default();
            if let Some(share) = stint.over(now) {
                self.load.note(self.thread, share);
            }
        }
        self.work(start, &mut ways);
    }

    /// Computes for the legs that have a turn now as long as they are to cost more than their work.
    fn toil(&self) {
        if self.burden.is_zero() {
            return;
        }
        let turns = self.floor.phases.due(self.floor.sub).0.len();
        let (began, time) = (Instant::now(), self.burden * u32::try_from(turns).unwrap_or(u32::MAX));
        while began.elapsed() < time {
            std::hint::spin_loop();
        }
    }

    /// Everything but the tick: orders in, events out, what is spent freed.
    fn work(&mut self, start: Instant, ways: &mut Ways) {
        if std::mem::take(&mut ways.stirred) {
            self.stirred.notify_one();
        }
        while let Ok(command) = self.inbox.pop() {
            if let Command::Open { port, .. } | Command::Rehouse { port, .. } = &command
                && self.floor.is_idle(*port)
            {
                ways.begin(*port);
            }
            self.floor.order(start.elapsed(), command);
        }
        while let Some(event) = self.held.take().or_else(|| self.floor.poll()) {
            match self.tell.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => {
                    self.held = Some(event);
                    break;
                }
                Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        }
        self.floor.sweep();
    }

    fn count(&self, late: Duration) {
        let us = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        self.lateness.ticks.fetch_add(1, Ordering::Relaxed);
        if late > TICK {
            self.lateness.late.fetch_add(1, Ordering::Relaxed);
        }
        self.lateness.worst_us.fetch_max(us, Ordering::Relaxed);
    }
}
