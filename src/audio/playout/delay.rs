//! How late packets come, and how much delay that asks for: a histogram with forgetting of how far each packet is behind the
//! fastest of late, and the memory of bursts.

/// Units (125 us) of a bucket: 5 ms.
const BUCKET: i64 = 40;
/// Buckets: up to 500 ms.
const BUCKETS: usize = 100;
/// The most delay that is asked for: 400 ms.
pub(super) const MOST: i64 = 3_200;
/// The share of packets that may come too late.
const LATE_SHARE: f32 = 0.03;
/// What a packet counts for, a packet later.
const FORGETTING: f32 = 0.996;
/// A bucket's share of all that counts as nothing.
const FORGOTTEN: f32 = 1e-5;
/// How long the fastest packet is remembered, at least: 4 s.
const WINDOW: i64 = 32_000;
/// So much later than expected is a burst: 40 ms.
const BURST: i64 = 320;
/// The delay of a burst is held so long: 1 s; when the burst before it was less than 10 s ago, 10 s.
const HOLD: i64 = 8_000;
const HOLD_AGAIN: i64 = 80_000;
/// Then it is forgotten by so much in a frame: 5 ms.
const SINKS: i64 = 40;
/// So many packets in a row that are later than all buckets: the way has become longer.
const LONGER_WAY: u8 = 10;

/// What each packet needs stands together.
#[repr(C)]
pub(super) struct Delay {
    /// Least transit (arrival less position) of this window and of the one before it; `None` before the first packet.
    fastest: Option<[i64; 2]>,
    window: i64,
    usual: i64,
    burst: i64,
    burst_at: i64,
    hold_until: i64,
    total: f32,
    weight: f32,
    beyond: u8,
    /// Behind the last bucket that has a weight.
    top: u8,
    weights: [f32; BUCKETS],
}

impl Delay {
    pub(super) fn new() -> Self {
        Self {
            fastest: None,
            window: 0,
            usual: 0,
            burst: 0,
            burst_at: i64::MIN / 2,
            hold_until: 0,
            total: 0.0,
            weight: 1.0,
            beyond: 0,
            top: 0,
            weights: [0.0; BUCKETS],
        }
    }

    /// Another stream: what is known of the way stays, where its clock stands does not.
    pub(super) fn restart(&mut self) {
        (self.fastest, self.beyond) = (None, 0);
    }

    /// The transit of the fastest packet of late.
    pub(super) fn base(&self) -> Option<i64> {
        self.fastest.map(|[this, before]| this.min(before))
    }

    /// A packet of this position has come.
    pub(super) fn arrived(&mut self, position: i64, now: i64) {
        let transit = now - position;
        let Some([this, before]) = &mut self.fastest else {
            (self.fastest, self.window) = (Some([transit; 2]), now);
            return self.count(0, now);
        };
        if now - self.window >= WINDOW {
            (*before, *this, self.window) = (*this, transit, now);
        }
        *this = transit.min(*this);
        let behind = transit - (*this).min(*before);
        if behind < BUCKET * BUCKETS as i64 {
            self.beyond = 0;
            return self.count(behind, now);
        }
        self.beyond += 1;
        if self.beyond >= LONGER_WAY {
            (self.fastest, self.window, self.beyond) = (Some([transit; 2]), now, 0);
        }
    }

    fn count(&mut self, behind: i64, now: i64) {
        let place = usize::try_from(behind / BUCKET).unwrap_or(0);
        if let Some(bucket) = self.weights.get_mut(place) {
            *bucket += self.weight;
            self.total += self.weight;
            self.top = self.top.max(place as u8 + 1);
        }
        self.weight /= FORGETTING;
        if self.weight > 1e6 {
            self.forget();
        }
        if behind > self.needed() + BURST {
            let again = now - self.burst_at < HOLD_AGAIN && now - self.burst_at > BURST * 2;
            self.burst = behind.min(MOST);
            self.hold_until = self.hold_until.max(now + if again { HOLD_AGAIN } else { HOLD });
            self.burst_at = now;
        }
        self.usual = self.quantile();
    }

    /// Once in a minute: numbers stay small, and a bucket that no packet has met since then is empty again.
    fn forget(&mut self) {
        let by = self.weight.recip();
        let least = FORGOTTEN * self.total;
        self.weights.iter_mut().for_each(|bucket| *bucket = if *bucket < least { 0.0 } else { *bucket * by });
        (self.total, self.weight) = (self.total * by, 1.0);
        self.top = self.weights.iter().rposition(|bucket| *bucket > 0.0).map_or(0, |at| at as u8 + 1);
    }

    /// The delay within which all but [`LATE_SHARE`] come.
    fn quantile(&self) -> i64 {
        let (mut later, most) = (0.0, self.total * LATE_SHARE);
        let used = self.weights.get(..usize::from(self.top)).unwrap_or_default();
        for (bucket, weight) in used.iter().enumerate().rev() {
            later += weight;
            if later > most {
                // The first bucket is no delay at all.
                return if bucket == 0 { 0 } else { ((bucket as i64 + 1) * BUCKET).min(MOST) };
            }
        }
        0
    }

    /// A frame has passed.
    pub(super) fn pass(&mut self, now: i64) {
        if self.burst > 0 && now >= self.hold_until {
            self.burst = (self.burst - SINKS).max(0);
        }
    }

    /// The delay behind the fastest packet that is needed now, 0 ..= [`MOST`] units.
    pub(super) fn needed(&self) -> i64 {
        self.usual.max(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(delay: &mut Delay, from: i64, count: i64, behind: impl Fn(i64) -> i64) -> i64 {
        for n in from..from + count {
            delay.arrived(n * 160, n * 160 + 1_000 + behind(n));
            delay.pass(n * 160);
        }
        delay.needed()
    }

    #[test]
    fn an_even_stream_needs_no_delay_and_drift_is_followed() {
        let mut delay = Delay::new();
        assert_eq!(run(&mut delay, 0, 500, |_| 0), 0);
        // 100 ppm for ten minutes: 60 ms in all.
        assert!(run(&mut delay, 500, 30_000, |n| n * 160 / 10_000) <= BUCKET * 2);
    }

    #[test]
    fn jitter_is_covered_for_nearly_all_packets() {
        let mut delay = Delay::new();
        // Evenly 0 .. 60 ms.
        let needed = run(&mut delay, 0, 2_000, |n| n * 7_919 % 480);
        assert!((440..=520).contains(&needed), "{needed}");
    }

    #[test]
    fn a_burst_is_answered_at_once_and_forgotten_when_it_stays_alone() {
        let mut delay = Delay::new();
        run(&mut delay, 0, 500, |_| 0);
        assert_eq!(run(&mut delay, 500, 1, |_| 1_600), 1_600);
        assert_eq!(run(&mut delay, 501, 40, |_| 0), 1_600, "held");
        assert_eq!(run(&mut delay, 541, 100, |_| 0), 0, "forgotten");
        run(&mut delay, 641, 1, |_| 1_600);
        assert_eq!(run(&mut delay, 642, 400, |_| 0), 1_600, "the second one within 10 s is held longer");
    }

    #[test]
    fn a_longer_way_is_no_jitter() {
        let mut delay = Delay::new();
        run(&mut delay, 0, 500, |_| 0);
        assert_eq!(run(&mut delay, 500, 500, |_| 16_000), 0);
        assert_eq!(delay.base(), Some(17_000));
    }
}
