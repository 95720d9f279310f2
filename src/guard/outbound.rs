//! Calls to the world outside: how many, to whom, and the stop when it smells of toll fraud.
//!
//! Whether a number stands on the allow-list is the caller's question (the plan knows); what is asked for here is counted
//! against the limits. Emergency services are neither counted nor ever stopped.

use std::collections::HashMap;
use std::time::Duration;

/// Most desks and destinations that are counted in a day, each. When full, the least called eighth is forgotten.
const MOST_COUNTED: usize = 8_192;

/// The limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutboundSettings {
    /// Calls a minute of the whole house.
    pub a_minute: u32,
    /// Calls a day of the whole house.
    pub a_day: u32,
    /// Calls a day for one desk, or for the operators together.
    pub a_desk: u32,
    /// Calls a day to one number.
    pub a_number: u32,
    /// Orders for numbers that are not allowed, in ten minutes, that make it a fraud.
    pub denied: u32,
    /// Whether a limit that is reached stops all outbound calls until an admin allows them again. Else the one call is refused.
    pub stop: bool,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self { a_minute: 60, a_day: 5_000, a_desk: 500, a_number: 200, denied: 5, stop: true }
    }
}

/// A call that is to go out.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// For which desk or group it is: a desk's number, `operator`.
    pub desk: &'a str,
    /// The normalised number; kept as a hash only.
    pub number: &'a str,
    /// It goes to an emergency service.
    pub emergency: bool,
}

/// Why outbound calls were stopped or refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// Too many in this minute.
    Minute,
    /// Too many today.
    Day,
    /// Too many today for one desk.
    Desk,
    /// Too many today to one number.
    Number,
    /// Numbers that are not allowed were asked for again and again.
    Denied,
    /// An admin said so.
    Order,
}

impl Stopped {
    /// The word for the log and the interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::Minute => "calls_a_minute",
            Self::Day => "calls_a_day",
            Self::Desk => "calls_of_a_desk",
            Self::Number => "calls_to_a_number",
            Self::Denied => "denied_numbers",
            Self::Order => "order",
        }
    }
}

/// The call may go out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permit;

/// It may not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Denied {
    /// Why.
    pub why: Stopped,
    /// This call stopped all others too: an alarm is due.
    pub alarm: bool,
}

/// The state, for the admin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OutboundView {
    /// Why and since when (UTC ms) nothing goes out; `None`: calls go out.
    pub stopped: Option<(Stopped, i64)>,
    /// Calls that went out today.
    pub today: u32,
    /// Calls that were refused here since the start.
    pub refused: u64,
    /// How often outbound calls were stopped by a limit since the start.
    pub stops: u64,
}

/// The counts of a day.
#[derive(Debug)]
pub struct Outbound {
    settings: OutboundSettings,
    day: i64,
    today: u32,
    desks: HashMap<u64, u32>,
    numbers: HashMap<u64, u32>,
    minute: (u64, u32),
    /// Denied orders: since when, how many.
    denied: (Duration, u32),
    stopped: Option<(Stopped, i64)>,
    refused: u64,
    stops: u64,
}

/// Denied orders are forgotten after this time.
const DENIED_FOR: Duration = Duration::from_secs(600);

impl Outbound {
    /// Nothing has gone out yet.
    pub fn new(settings: OutboundSettings) -> Self {
        Self {
            settings,
            day: 0,
            today: 0,
            desks: HashMap::new(),
            numbers: HashMap::new(),
            minute: (0, 0),
            denied: (Duration::ZERO, 0),
            stopped: None,
            refused: 0,
            stops: 0,
        }
    }

    /// Other limits from now on; a stop stays.
    pub fn set(&mut self, settings: OutboundSettings) {
        self.settings = settings;
    }

    /// Counts a call that is to go out. `day` is the local day, whatever its number; `utc_ms` is for the view.
    ///
    /// # Errors
    /// [`Denied`]; the call is not counted then.
    pub fn ask(&mut self, now: Duration, day: i64, utc_ms: i64, asked: Asked<'_>) -> Result<Permit, Denied> {
        if asked.emergency {
            return Ok(Permit);
        }
        if self.day != day {
            (self.day, self.today) = (day, 0);
            self.desks.clear();
            self.numbers.clear();
        }
        if let Some((why, _)) = self.stopped {
            self.refused = self.refused.saturating_add(1);
            return Err(Denied { why, alarm: false });
        }
        let minute = now.as_secs() / 60;
        if self.minute.0 != minute {
            self.minute = (minute, 0);
        }
        let (desk, number) = (hash(asked.desk), hash(asked.number));
        let count = |counts: &HashMap<u64, u32>, of| counts.get(&of).copied().unwrap_or(0);
        let settings = self.settings;
        let limits = [
            (self.minute.1 >= settings.a_minute, Stopped::Minute),
            (self.today >= settings.a_day, Stopped::Day),
            (count(&self.desks, desk) >= settings.a_desk, Stopped::Desk),
            (count(&self.numbers, number) >= settings.a_number, Stopped::Number),
        ];
        if let Some((_, why)) = limits.into_iter().find(|(over, _)| *over) {
            self.refused = self.refused.saturating_add(1);
            return Err(Denied { why, alarm: self.trip(why, utc_ms) });
        }
        self.minute.1 = self.minute.1.saturating_add(1);
        self.today = self.today.saturating_add(1);
        add(&mut self.desks, desk);
        add(&mut self.numbers, number);
        Ok(Permit)
    }

    /// A number was ordered that is not allowed; true when that stopped all outbound calls.
    pub fn denied(&mut self, now: Duration, utc_ms: i64) -> bool {
        self.refused = self.refused.saturating_add(1);
        if now.saturating_sub(self.denied.0) >= DENIED_FOR {
            self.denied = (now, 0);
        }
        self.denied.1 = self.denied.1.saturating_add(1);
        if self.denied.1 < self.settings.denied || self.stopped.is_some() {
            return false;
        }
        self.denied.1 = 0;
        self.trip(Stopped::Denied, utc_ms)
    }

    fn trip(&mut self, why: Stopped, utc_ms: i64) -> bool {
        if !self.settings.stop {
            return false;
        }
        self.stopped = Some((why, utc_ms));
        self.stops = self.stops.saturating_add(1);
        true
    }

    /// Stops outbound calls, or allows them again: the counts of this minute and of the denied orders start anew, those of the
    /// day go on.
    pub fn order(&mut self, utc_ms: i64, allowed: bool) {
        self.stopped = (!allowed).then_some((Stopped::Order, utc_ms));
        self.minute.1 = 0;
        self.denied.1 = 0;
    }

    /// The state.
    pub fn view(&self) -> OutboundView {
        OutboundView { stopped: self.stopped, today: self.today, refused: self.refused, stops: self.stops }
    }

    /// Desks and numbers that are counted.
    pub fn len(&self) -> (usize, usize) {
        (self.desks.len(), self.numbers.len())
    }
}

fn add(counts: &mut HashMap<u64, u32>, of: u64) {
    if counts.len() >= MOST_COUNTED && !counts.contains_key(&of) {
        let mut all: Vec<(u32, u64)> = counts.iter().map(|(of, n)| (*n, *of)).collect();
        all.sort_unstable();
        for (_, of) in all.into_iter().take(MOST_COUNTED / 8) {
            counts.remove(&of);
        }
    }
    let count = counts.entry(of).or_default();
    *count = count.saturating_add(1);
}

/// FNV-1a, 64 bits: numbers are not kept. Two that meet share a limit, which does no harm.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
