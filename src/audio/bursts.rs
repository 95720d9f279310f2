//! How losses lie in time (RFC 3611 section 4.7.2 and appendix A.2): bursts and gaps, for reports and for the E-model.

/// Counts what became of each expected packet, in their order. A burst is the longest run that begins and ends with a loss
/// and has fewer than [`Bursts::GMIN`] packets in a row that were heard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bursts {
    lost: u64,
    discarded: u64,
    heard: u64,
    /// Runs of packets that were not heard.
    runs: u64,
    /// Heard since the last loss, and losses of the burst so far.
    since: u64,
    of_burst: u64,
    /// Transitions between gap (1), heard in a burst (2), lost in a burst (3) and lost in a gap (4).
    c11: u64,
    c13: u64,
    c14: u64,
    c22: u64,
    c23: u64,
    c33: u64,
}

/// What was found.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Found {
    /// Of those expected, 0.0 ..= 1.0: not come.
    pub loss: f32,
    /// Come too late.
    pub discard: f32,
    /// Not heard within bursts.
    pub burst_density: f32,
    /// Not heard within gaps.
    pub gap_density: f32,
    /// Mean length of a burst, ms; 0 without one.
    pub burst_ms: u16,
    /// Mean length of a gap, ms; without a burst the whole time.
    pub gap_ms: u16,
    /// Mean length of a run of losses against that of random losses, 1.0 upwards (BurstR of ITU-T G.107 section 7.3).
    pub ratio: f32,
}

/// What a packet's turn brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It was heard.
    Heard,
    /// It did not come.
    Lost,
    /// It came after its turn.
    Late,
}

impl Bursts {
    /// So many packets in a row that are heard end a burst (section 4.7.2 recommends 16).
    pub const GMIN: u8 = 16;
    /// A packet, ms.
    const PACKET: u64 = 20;

    /// The next packet's turn.
    pub fn turn(&mut self, turn: Turn) {
        match turn {
            Turn::Heard => {
                self.heard += 1;
                self.since += 1;
                return;
            }
            Turn::Lost => self.lost += 1,
            Turn::Late => self.discarded += 1,
        }
        if self.since > 0 || self.heard == 0 && self.lost + self.discarded == 1 {
            self.runs += 1;
        }
        if self.since >= u64::from(Self::GMIN) {
            if self.of_burst == 1 {
                self.c14 += 1;
            } else {
                self.c13 += 1;
            }
            self.of_burst = 1;
            self.c11 += self.since;
        } else {
            self.of_burst += 1;
            if self.since == 0 {
                self.c33 += 1;
            } else {
                self.c23 += 1;
                self.c22 += self.since - 1;
            }
        }
        self.since = 0;
    }

    /// What has been found so far.
    pub fn found(&self) -> Found {
        let missing = self.lost + self.discarded;
        let all = missing + self.heard;
        let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f32 / of as f32 };
        let ms = |length: f32| (length * Self::PACKET as f32).min(f32::from(u16::MAX)) as u16;
        let in_bursts = self.c13 * 2 + self.c22 + self.c23 * 2 + self.c33;
        let total = self.c11 + self.c14 + in_bursts;
        let p32 = share(self.c23, self.c13 + self.c23 + self.c33);
        let p23 = if self.c22 + self.c23 == 0 { 1.0 } else { 1.0 - share(self.c22, self.c22 + self.c23) };
        let gap = share(self.c11 + self.c14 + self.c13, self.c13);
        let mean = if self.runs == 0 { 1.0 } else { share(missing, self.runs) };
        Found {
            loss: share(self.lost, all),
            discard: share(self.discarded, all),
            burst_density: if in_bursts == 0 { 0.0 } else { p23 / (p23 + p32) },
            gap_density: share(self.c14, self.c11 + self.c14),
            burst_ms: if self.c13 == 0 { 0 } else { ms(share(total, self.c13) - gap) },
            gap_ms: if self.c13 == 0 { ms(all as f32) } else { ms(gap) },
            ratio: (mean * (1.0 - share(missing, all))).max(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(turns: impl IntoIterator<Item = bool>) -> Found {
        let mut bursts = Bursts::default();
        for heard in turns {
            bursts.turn(if heard { Turn::Heard } else { Turn::Lost });
        }
        bursts.found()
    }

    /// So many packets, those at these places lost.
    fn lost(all: u32, which: impl Fn(u32) -> bool) -> Found {
        of((0..all).map(|i| !which(i)))
    }

    #[test]
    fn a_stream_without_loss_is_one_gap() {
        let found = lost(500, |_| false);
        assert_eq!((found.loss, found.burst_ms, found.gap_ms, found.ratio), (0.0, 0, 10_000, 1.0));
        assert_eq!(of([]), Found { ratio: 1.0, ..Found::default() });
    }

    #[test]
    fn lone_losses_are_of_gaps_and_no_burst() {
        let found = lost(10_000, |i| i % 50 == 49);
        assert!((found.loss - 0.02).abs() < 1e-4 && (found.gap_density - 0.02).abs() < 2e-3, "{found:?}");
        assert!((found.ratio - 1.0).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn five_in_a_row_are_a_burst_of_a_tenth_of_a_second() {
        let found = lost(10_000, |i| i % 200 >= 195);
        assert!((found.loss - 0.025).abs() < 1e-4, "{found:?}");
        assert!((80..=120).contains(&found.burst_ms), "{found:?}");
        assert!((3_800..=4_000).contains(&found.gap_ms), "{found:?}");
        assert!(found.burst_density > 0.95 && found.gap_density < 0.001, "{found:?}");
        assert!((found.ratio - 4.875).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn random_losses_have_the_ratio_one() {
        let mut seed = 7u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % 100
        };
        let found = of((0..200_000).map(|_| next() >= 5));
        assert!((found.loss - 0.05).abs() < 0.003 && (found.ratio - 1.0).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn late_ones_are_told_apart_from_lost_ones() {
        let mut bursts = Bursts::default();
        for i in 0..100 {
            bursts.turn(if i % 10 == 0 { Turn::Late } else { Turn::Heard });
        }
        let found = bursts.found();
        assert!(found.loss == 0.0 && (found.discard - 0.1).abs() < 1e-6, "{found:?}");
    }
}
