//! What arrives of one source, counted for reports (RFC 3550 appendix A.1, A.3, A.8).

use super::Block;
use crate::bursts::{Bursts, Found, Turn};

/// A packet that comes so many others later than it should is no longer waited for when losses are laid out in time.
const WINDOW: u32 = 32;
/// A gap of the sequence that is longer is counted as so long.
const LONGEST_GAP: u16 = 500;

/// Counts what arrives of one source (RFC 3550 appendix A.1, A.3, A.8).
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter {
    pub(super) ssrc: u32,
    base: u32,
    pub(super) highest: u32,
    received: u64,
    /// Of sources before this one.
    expected_before: u64,
    transit: Option<u32>,
    /// Sixteenths of a timestamp unit.
    jitter: u32,
    pub(super) begun: bool,
    reported: (u64, u64),
    /// Which of the last 64 came, the highest in bit 0, and how many of them there are.
    seen: u64,
    held: u32,
    bursts: Bursts,
}

impl Counter {
    /// Counts a packet that arrived at `clock`, in timestamp units of any origin.
    pub fn count(&mut self, ssrc: u32, sequence: u16, timestamp: u32, clock: u32) {
        self.count_event(ssrc, sequence);
        let transit = clock.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let difference = transit.wrapping_sub(before) as i32;
            let more = difference.unsigned_abs().min(0x00ff_ffff);
            self.jitter = self.jitter.saturating_add(more).saturating_sub((self.jitter + 8) >> 4);
        }
    }

    /// Counts a packet whose timestamp says nothing about its sending: those of one telephone event share one.
    pub fn count_event(&mut self, ssrc: u32, sequence: u16) {
        if !self.begun || ssrc != self.ssrc {
            self.expected_before = self.expected();
            (self.ssrc, self.begun, self.transit) = (ssrc, true, None);
            self.base = u32::from(sequence);
            self.highest = self.base;
            (self.seen, self.held) = (1, 1);
        } else {
            let step = sequence.wrapping_sub(self.highest as u16);
            if step < 0x8000 {
                self.highest = self.highest.wrapping_add(u32::from(step));
                self.lay_out(step);
            } else {
                self.seen |= 1u64.checked_shl(u32::from(step.wrapping_neg())).unwrap_or_default();
            }
        }
        self.received += 1;
    }

    /// The highest moved on: what leaves the window is heard or lost for good.
    fn lay_out(&mut self, step: u16) {
        for _ in 0..step.min(LONGEST_GAP) {
            if self.held < WINDOW {
                self.held += 1;
            } else {
                let came = self.seen >> (WINDOW - 1) & 1 == 1;
                self.bursts.turn(if came { Turn::Heard } else { Turn::Lost });
            }
            self.seen <<= 1;
        }
        self.seen |= 1;
    }

    /// How the losses lie in time, up to 32 packets ago.
    pub fn bursts(&self) -> Found {
        self.bursts.found()
    }

    /// Packets that should have come so far.
    pub fn expected(&self) -> u64 {
        let now = if self.begun { u64::from(self.highest.wrapping_sub(self.base)) + 1 } else { 0 };
        self.expected_before + now
    }

    /// Packets that came.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Lost of those expected, 0.0 ..= 1.0.
    pub fn loss_ratio(&self) -> f32 {
        let (expected, received) = (self.expected(), self.received);
        if expected == 0 { 0.0 } else { expected.saturating_sub(received) as f32 / expected as f32 }
    }

    /// Interarrival jitter in milliseconds of an 8 kHz clock.
    pub fn jitter_ms(&self) -> f32 {
        (self.jitter >> 4) as f32 / 8.0
    }

    /// The block of the next report.
    pub(super) fn block(&mut self) -> Block {
        let (expected, received) = (self.expected(), self.received);
        let interval = expected.saturating_sub(self.reported.0);
        let missing = interval.saturating_sub(received.saturating_sub(self.reported.1));
        self.reported = (expected, received);
        let fraction = (missing * 256).checked_div(interval).unwrap_or(0).min(255) as u8;
        let lost = (expected as i64 - received as i64).clamp(-0x80_0000, 0x7f_ffff) as i32;
        Block { fraction, lost, jitter: self.jitter >> 4, ..Block::default() }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A hundred packets over the wrap of the sequence, these among them lost.
    pub fn counted(lost: &[u16]) -> Counter {
        let mut counter = Counter::default();
        for i in (0..100u16).filter(|i| !lost.contains(i)) {
            counter.count(9, 65_500u16.wrapping_add(i), u32::from(i) * 160, u32::from(i) * 160 + 5);
        }
        counter
    }

    #[test]
    fn losses_are_counted_over_the_wrap_of_the_sequence() {
        let counter = counted(&[50, 51]);
        assert!((counter.loss_ratio() - 0.02).abs() < 1e-6 && counter.received() == 98);
        assert!(counter.jitter_ms() < 0.01);
    }

    #[test]
    fn jitter_follows_the_standards_estimate() {
        let mut counter = Counter::default();
        for i in 0..1_000u32 {
            counter.count(9, i as u16, i * 160, i * 160 + (i % 2) * 80);
        }
        assert!((counter.jitter_ms() - 10.0).abs() < 1.0, "{} ms", counter.jitter_ms());
    }

    #[test]
    fn a_new_source_is_no_loss() {
        let mut counter = counted(&[]);
        counter.count(10, 7, 0, 0);
        assert!(counter.loss_ratio() < 1e-6);
    }

    #[test]
    fn losses_are_laid_out_in_time_and_who_was_overtaken_is_no_loss() {
        let mut counter = Counter::default();
        let order = (0..4_000u16).filter(|i| i % 200 < 196).map(|i| if i % 2 == 0 { i + 1 } else { i - 1 });
        for sequence in order {
            counter.count_event(9, sequence.wrapping_add(65_000));
        }
        let found = counter.bursts();
        assert!((found.loss - 0.02).abs() < 0.002 && (60..=100).contains(&found.burst_ms), "{found:?}");
        counter.count_event(9, 30_000);
        assert!(counter.bursts().loss > 0.1, "a long gap is a loss too");
    }
}
