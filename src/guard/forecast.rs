//! How busy the media threads will be once the calls that were taken have come to all their seats.
//!
//! What is measured is always a little old: the share of the last 200 ms, looked at each 100 ms, of calls that ring yet. A call
//! that was let in since then costs nothing there, and its operator and desk come later still. So new calls are judged by
//! what they will cost, as the calls before them did.

use std::time::Duration;

/// Share of a core that a leg is taken to cost until it is known: 50 frames a second in a three-way call (docs/figures.md).
const A_LEG: f64 = 0.000_4;
/// From this share on, what the threads cost without calls no longer counts, and the cost of a leg can be told.
const TELLING: f64 = 0.2;
/// Weight of the latest measurement in the cost of a leg: the last second counts, and not one bad tenth of it.
const LATEST: f64 = 0.2;
/// Measurements after which a leg is seen in the share: a share is of 200 ms and up to 200 ms old.
const SEEN: usize = 4;
/// Where the legs change by more than this part in that time, the share is not theirs.
const CALM: f64 = 0.125;
/// Legs of a call until it is known: the citizen and an operator.
const SEATS: f64 = 2.0;
/// From so many calls on, their mean number of legs says something.
const FEW: f64 = 8.0;
/// How soon more legs a call are believed, and fewer: calls that all have just begun have few, and will have more.
const MORE: f64 = 15.0;
const FEWER: f64 = 90.0;
/// Longest span that one measurement stands for, seconds.
const SPAN: f64 = 1.0;

/// What is known of the cost of calls.
#[derive(Debug)]
pub(crate) struct Forecast {
    /// Share of the busiest thread that a leg costs.
    leg: f64,
    /// Whether that was measured.
    known: bool,
    /// Legs of a call, in the long run.
    seats: f64,
    /// Measured last.
    sound: f64,
    calls: u32,
    /// Legs of the last measurements, the latest first.
    legs: [u32; SEEN],
    /// Calls that were let in since.
    taken: u32,
}

impl Forecast {
    pub fn new() -> Self {
        Self { leg: A_LEG, known: false, seats: SEATS, sound: 0.0, calls: 0, legs: [0; SEEN], taken: 0 }
    }

    /// The busiest thread's share of its time, the calls and the legs of this moment, `since` the last measurement.
    pub fn measure(&mut self, since: Duration, sound: f64, calls: u32, legs: u32) {
        (self.sound, self.calls, self.taken) = (sound, calls, 0);
        self.legs.rotate_right(1);
        let [latest, ..] = &mut self.legs;
        *latest = legs;
        self.learn();
        let (calls, legs) = (f64::from(calls), f64::from(legs));
        if calls >= FEW {
            let seats = legs / calls;
            let time = if seats > self.seats { MORE } else { FEWER };
            self.seats += (seats - self.seats) * (since.as_secs_f64().min(SPAN) / time);
        }
    }

    /// What a leg costs, when all that are there have been there for a while. Before anything is known the dearest guess counts.
    fn learn(&mut self) {
        let (least, most) = (self.legs.iter().min(), self.legs.iter().max());
        let (Some(least), Some(most)) = (least.copied().map(f64::from), most.copied().map(f64::from)) else {
            return;
        };
        if least == 0.0 {
            return;
        }
        let (each, calm) = (self.sound / least, most - least <= most * CALM);
        if self.sound < TELLING {
            // All of it is more than the legs' part: a cost that was told too high is not believed for ever.
            if calm {
                self.leg = self.leg.min(each.max(A_LEG));
            }
            return;
        }
        if calm {
            let weight = if self.known { LATEST } else { 1.0 };
            self.leg += (each - self.leg) * weight;
            self.known = true;
        } else if !self.known {
            self.leg = self.leg.max(each);
        }
    }

    /// A call is let in.
    pub fn take(&mut self) {
        self.taken = self.taken.saturating_add(1);
    }

    /// The share that the busiest thread will be busy; never less than was measured.
    pub fn sound(&self) -> f64 {
        let calls = f64::from(self.calls.saturating_add(self.taken));
        let [legs, ..] = self.legs;
        (self.leg * f64::from(legs).max(self.seats * calls)).max(self.sound)
    }
}
