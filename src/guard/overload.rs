//! Which part of the new work is told to come later, so that what is taken is served as ever.
//!
//! The part grows and shrinks smoothly: by the loop's lag as PIE does it (RFC 8033 section 4.2: from how far the delay is from
//! its target and from how fast it changes), and straight from what is filled: ports, the store's queue, the inbound queue,
//! late media threads, calls a second; and from how busy the media threads will be with what was taken. The largest of these
//! counts. Who is told to come later is spread evenly, without dice.

use std::time::Duration;

use crate::forecast::Forecast;

/// The lag that the house is held at.
const TARGET: Duration = Duration::from_millis(100);
/// Between two corrections.
const EVERY: Duration = Duration::from_millis(100);
/// A lag that is over after so long was a hiccup; nobody is refused for it (RFC 8033 section 4.4 has 150 ms).
const HICCUP: Duration = Duration::from_millis(400);
/// After so long without a measurement the house was idle: everything starts anew.
const IDLE: Duration = Duration::from_secs(5);
/// Weight of the distance from the target, and of the change, for each second of lag.
const DISTANCE: f64 = 0.25;
const CHANGE: f64 = 1.5;
/// Something that is filled so far makes the refused part grow from 0; when it is full, all new work is refused.
const FILLED: f64 = 0.85;
/// Late ticks of the media threads (part of all): from here refusing begins, and at so many all new calls are refused.
const LATE: (f64, f64) = (0.02, 0.10);
/// The same of the time that the busiest media thread will compute. At 0.90 nothing is missing yet, at 0.97 a quarter is
/// (docs/figures.md: 850 and 900 three-way calls): at three times what it can carry it is held at 0.85.
const SOUND: (f64, f64) = (0.78, 0.88);
/// From here on no call that runs gets a third seat: those who talk are heard before one more is.
const SEATED: f64 = 0.92;

/// What the house measures of itself.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Load {
    /// How long a message waits for the loop.
    pub lag: Duration,
    /// The loop's inbound queue: how full, 0 to 1.
    pub queue: f64,
    /// The store's queue, of the place that new calls may take: how full.
    pub store: f64,
    /// RTP ports: how many are taken.
    pub ports: f64,
    /// Ticks of the media threads since the last measurement: which part was late.
    pub late: f64,
    /// Which part of the time the busiest media thread computed.
    pub sound: f64,
    /// Calls now.
    pub calls: u32,
    /// Their legs.
    pub legs: u32,
}

/// A piece of new work, in the order in which it is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A call of, or to, an emergency service; it is never refused here.
    Emergency,
    /// A phone of ours refreshes its registration: refused only when more than half of the calls are.
    Refresh,
    /// A new call.
    Call,
    /// A phone that was not registered: refused twice as often as calls.
    Register,
    /// Anything else outside a dialog: the same.
    Other,
}

/// How much new work is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OverloadSettings {
    /// Most new calls a second of the whole house; 0: as many as it can carry.
    pub calls_a_second: u32,
    /// Seconds after which who is refused may come again; spread from half to one and a half of it.
    pub retry_after: u32,
}

impl Default for OverloadSettings {
    fn default() -> Self {
        Self { calls_a_second: 0, retry_after: 30 }
    }
}

/// The valve.
#[derive(Debug)]
pub struct Overload {
    settings: OverloadSettings,
    load: Load,
    forecast: Forecast,
    /// The part that lag alone asks for.
    by_lag: f64,
    measured: Option<Duration>,
    /// Since when the lag is above its target.
    above: Option<Duration>,
    /// Calls in this second, and how many came in the last one.
    second: (u64, u32, u32),
    refuse: f64,
    /// What each kind still owes to the part that is refused.
    owed: [f64; 4],
    refused: u64,
    spread: u32,
}

impl Overload {
    /// An idle house.
    pub fn new(settings: OverloadSettings) -> Self {
        Self {
            settings,
            load: Load::default(),
            forecast: Forecast::new(),
            by_lag: 0.0,
            measured: None,
            above: None,
            second: (0, 0, 0),
            refuse: 0.0,
            owed: [0.0; 4],
            refused: 0,
            spread: 0,
        }
    }

    /// Other limits from now on.
    pub fn set(&mut self, settings: OverloadSettings) {
        self.settings = settings;
    }

    /// Takes a measurement; more than ten a second are passed over.
    pub fn measure(&mut self, now: Duration, load: Load) {
        let since = self.measured.map_or(IDLE, |at| now.saturating_sub(at));
        if since < EVERY {
            return;
        }
        self.measured = Some(now);
        let old = if since >= IDLE { Duration::ZERO } else { self.load.lag };
        if since >= IDLE {
            self.by_lag = 0.0;
        }
        self.above = if load.lag > TARGET { self.above.or(Some(now)) } else { None };
        let hiccup = self.by_lag == 0.0 && self.above.is_none_or(|at| now.saturating_sub(at) < HICCUP);
        if !hiccup {
            let (lag, old, target) = (load.lag.as_secs_f64(), old.as_secs_f64(), TARGET.as_secs_f64());
            let step = DISTANCE * (lag - target) + CHANGE * (lag - old);
            // Small parts move in small steps (RFC 8033 section 4.2).
            let scale = if self.by_lag < 0.05 { 0.5 } else { 1.0 };
            self.by_lag = (self.by_lag + (step * scale).clamp(-0.1, 0.1)).clamp(0.0, 0.98);
            if load.lag.is_zero() && old == 0.0 {
                self.by_lag *= 0.9;
            }
            if self.by_lag < 0.005 {
                self.by_lag = 0.0;
            }
        }
        self.load = load;
        self.forecast.measure(since, load.sound, load.calls, load.legs);
        self.settle(now);
    }

    /// What each measurement asks for; the largest counts.
    fn settle(&mut self, now: Duration) {
        let grown = |value: f64, from: f64, to: f64| ((value - from) / (to - from)).clamp(0.0, 1.0);
        let load = self.load;
        let filled = [load.queue, load.store, load.ports].map(|v| grown(v, FILLED, 1.0));
        let late = grown(load.late, LATE.0, LATE.1);
        let sound = grown(self.forecast.sound(), SOUND.0, SOUND.1);
        let parts = [self.by_lag, late, sound, self.by_rate(now), filled[0], filled[1], filled[2]];
        self.refuse = parts.into_iter().fold(0.0, f64::max);
    }

    fn by_rate(&self, now: Duration) -> f64 {
        let most = f64::from(self.settings.calls_a_second);
        let (second, this, last) = self.second;
        let came = f64::from(if second == now.as_secs() { last.max(this) } else { this });
        if most == 0.0 || came <= most { 0.0 } else { 1.0 - most / came }
    }

    /// Whether a piece of new work is taken; else the seconds after which it may come again.
    ///
    /// # Errors
    /// Retry-After, seconds.
    pub fn admit(&mut self, now: Duration, kind: Kind) -> Result<(), u32> {
        if kind == Kind::Call {
            self.count(now);
        }
        let refuse = match kind {
            Kind::Emergency => {
                self.forecast.take();
                return Ok(());
            }
            Kind::Refresh => 2.0 * self.refuse - 1.0,
            Kind::Call => self.refuse,
            Kind::Register | Kind::Other => 2.0 * self.refuse,
        };
        let owed = match kind {
            Kind::Emergency | Kind::Refresh => &mut self.owed[0],
            Kind::Call => &mut self.owed[1],
            Kind::Register => &mut self.owed[2],
            Kind::Other => &mut self.owed[3],
        };
        *owed = if refuse <= 0.0 { 0.0 } else { *owed + refuse.min(1.0) };
        if *owed < 1.0 {
            if kind == Kind::Call {
                self.forecast.take();
            }
            return Ok(());
        }
        *owed -= 1.0;
        self.refused = self.refused.saturating_add(1);
        Err(self.later())
    }

    fn count(&mut self, now: Duration) {
        let (second, this, _) = self.second;
        if second == now.as_secs() {
            self.second.1 = this.saturating_add(1);
        } else {
            let last = if second.saturating_add(1) == now.as_secs() { this } else { 0 };
            self.second = (now.as_secs(), 1, last);
        }
        self.settle(now);
    }

    /// Whether a call that runs may get one more seat.
    pub fn has_seats(&self) -> bool {
        self.load.sound < SEATED
    }

    /// Not all come back at the same moment.
    fn later(&mut self) -> u32 {
        let wanted = self.settings.retry_after.max(1);
        self.spread = self.spread.wrapping_add(7) % (wanted + 1);
        (wanted / 2 + self.spread).max(1)
    }

    /// The part of new calls that is refused now, 0 to 1.
    pub fn refusing(&self) -> f64 {
        self.refuse
    }

    /// Pieces of work that were refused since the start.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// What was measured last.
    pub fn load(&self) -> Load {
        self.load
    }
}
