//! One media thread: when it wakes, what it does then, and how much of its time that takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{Notify, mpsc};

use crate::command::{Command, Event};
use crate::floor::Floor;
use crate::line::Line;
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
/// Over which span the load is measured: long enough that all phases have had their turns.
const SPAN: Duration = Duration::from_millis(200);

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

/// How busy each media thread is: which part of the time it computed lately. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Load(Arc<[AtomicU32]>);

impl Load {
    /// That of so many threads, all idle.
    pub fn of(threads: u16) -> Self {
        Self((0..threads).map(|_| AtomicU32::new(0)).collect())
    }

    /// As a media thread notes it: so much work within this span.
    pub fn note(&self, thread: u16, busy: Duration, span: Duration) {
        let part = busy.as_secs_f64() / span.as_secs_f64().max(1e-6);
        if let Some(place) = self.0.get(usize::from(thread)) {
            place.store((part * 1_000.0).clamp(0.0, 1_000.0) as u32, Ordering::Relaxed);
        }
    }

    /// That of the busiest thread over the last 200 ms, 0.0 ..= 1.0. From about 0.8 on, packets begin to leave late.
    pub fn busiest(&self) -> f64 {
        let most = self.0.iter().map(|part| part.load(Ordering::Relaxed)).max().unwrap_or_default();
        f64::from(most) / 1_000.0
    }
}

/// How long this thread has computed; where the system does not tell, how long it is here.
fn computed(start: Instant) -> Duration {
    #[cfg(target_os = "linux")]
    if let Ok(time) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID) {
        return Duration::from(time);
    }
    start.elapsed()
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
    pub(crate) fn run(mut self, sockets: Vec<Pair>, inside: Vec<Inner>) {
        let mut ways = Ways::new(sockets, inside);
        if !urgency::raise() {
            tracing::info!(
                "no real-time scheduling for the media threads: grant CAP_SYS_NICE where the machine is busy"
            );
        }
        let start = Instant::now();
        // The sub-tick that comes next, and when to wake.
        let (mut next, mut wake) = (start, start);
        let mut span = (start, computed(start));
        while !self.stop.load(Ordering::Relaxed) {
            let waits = wake.saturating_duration_since(Instant::now());
            if !waits.is_zero() {
                thread::sleep(waits);
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
            if now - span.0 >= SPAN {
                let busy = computed(start);
                self.load.note(self.thread, busy.saturating_sub(span.1), now - span.0);
                span = (now, busy);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_thread_counts() {
        let load = Load::of(2);
        let span = Duration::from_millis(200);
        load.note(0, span / 4, span);
        assert!((load.busiest() - 0.25).abs() < 1e-9);
        load.note(1, 2 * span, span);
        load.note(7, span, span);
        assert!((load.busiest() - 1.0).abs() < 1e-9);
        load.note(1, Duration::ZERO, span);
        assert!((load.busiest() - 0.25).abs() < 1e-9);
    }

    #[test]
    fn what_a_thread_computes_is_counted() {
        let start = Instant::now();
        let before = computed(start);
        let mut sum = 0u64;
        while computed(start) < before + Duration::from_millis(5) {
            sum = sum.wrapping_mul(31).wrapping_add(7);
            assert!(start.elapsed() < Duration::from_secs(60), "{sum}");
        }
        assert!(start.elapsed() >= Duration::from_millis(5));
    }
}
