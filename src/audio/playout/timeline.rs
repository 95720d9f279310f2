//! Where a packet belongs in time: sequence number and timestamp of a sender that may pause, jump, start anew, or count
//! its timestamps in a way of its own, as a position that only grows.

/// A number so far behind the newest is no straggler: the sender has begun anew.
const RESTART: i32 = 100;
/// A packet that is earlier than the fastest one by more than this has a timestamp that jumped: 100 ms.
const EARLY: i64 = 800;
/// A jump in time by which sound alone, without loss, may be late: 1 s.
const LATE: i64 = 8_000;

#[derive(Clone, Copy)]
struct Newest {
    sequence: u16,
    timestamp: u32,
    position: i64,
    length: i64,
}

#[derive(Default)]
pub(super) struct Timeline {
    newest: Option<Newest>,
    /// By how much the timestamp grew between the last two packets in a row when that was not their length.
    odd_step: Option<i64>,
    /// The sender's timestamps grow evenly, but not by what it sends.
    by_sequence: bool,
}

impl Timeline {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The position of a packet of `length` units that came at `now`; `base` is the transit of the fastest packet.
    pub(super) fn place(
        &mut self,
        sequence: u16,
        timestamp: u32,
        length: i64,
        now: i64,
        base: Option<i64>,
    ) -> i64 {
        let Some(newest) = self.newest else {
            self.newest = Some(Newest { sequence, timestamp, position: 0, length });
            return 0;
        };
        let step = i32::from(sequence.wrapping_sub(newest.sequence) as i16);
        let end = newest.position + newest.length;
        let by_time = newest.position + i64::from(timestamp.wrapping_sub(newest.timestamp) as i32);
        let fresh = base.map_or(end, |base| (now - base).max(end));
        if step <= 0 {
            if step > -RESTART {
                // Overtaken, or a double.
                let by_sequence = newest.position + i64::from(step) * length;
                return if self.by_sequence || by_time > newest.position { by_sequence } else { by_time };
            }
            return self.accept(sequence, timestamp, fresh, length);
        }
        let by_sequence = end + i64::from(step - 1) * newest.length;
        if by_time == by_sequence {
            (self.odd_step, self.by_sequence) = (None, false);
            return self.accept(sequence, timestamp, by_sequence, length);
        }
        if step == 1 {
            let grown = by_time - newest.position;
            self.by_sequence = self.odd_step == Some(grown);
            self.odd_step = Some(grown);
        }
        let behind = |position: i64| base.map_or(0, |base| now - base - position);
        let position = if self.by_sequence && behind(by_sequence) < LATE {
            by_sequence
        } else if !self.by_sequence && by_time >= end && behind(by_time) > -EARLY {
            // A pause of the sender, or packets of another length.
            by_time
        } else {
            fresh
        };
        self.accept(sequence, timestamp, position, length)
    }

    fn accept(&mut self, sequence: u16, timestamp: u32, position: i64, length: i64) -> i64 {
        self.newest = Some(Newest { sequence, timestamp, position, length });
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positions of packets of 20 ms: (sequence, timestamp, arrival).
    fn places(packets: &[(u16, u32, i64)]) -> Vec<i64> {
        let mut line = Timeline::default();
        packets.iter().map(|(s, t, now)| line.place(*s, *t, 160, *now, Some(0))).collect()
    }

    #[test]
    fn loss_order_and_wrap_are_told_by_the_sequence() {
        let packets = [(65_534, u32::MAX - 100, 0), (65_535, 59, 160), (2, 539, 640), (1, 379, 641)];
        assert_eq!(places(&packets), [0, 160, 640, 480]);
    }

    #[test]
    fn a_pause_of_the_sender_is_told_by_the_timestamp() {
        assert_eq!(
            places(&[(1, 0, 0), (2, 160, 160), (3, 8_160, 8_170), (4, 8_320, 8_320)]),
            [0, 160, 8_160, 8_320]
        );
    }

    #[test]
    fn a_timestamp_that_jumps_is_not_believed() {
        for jump in [1_000_000, u32::MAX - 5_000] {
            assert_eq!(places(&[(1, 0, 0), (2, jump, 160), (3, jump.wrapping_add(160), 320)]), [0, 160, 320]);
        }
    }

    #[test]
    fn timestamps_that_grow_by_something_else_are_left_aside() {
        // An own clock of 16 kHz for G.722, and one that stands still.
        for grown in [320, 0, 100] {
            let packets: Vec<_> = (0..8u16).map(|n| (n, u32::from(n) * grown, i64::from(n) * 160)).collect();
            let last: Vec<i64> = places(&packets)[3..].windows(2).map(|w| w[1] - w[0]).collect();
            assert_eq!(last, [160; 4], "{grown}");
        }
    }

    #[test]
    fn a_sender_that_begins_anew_goes_on_now() {
        assert_eq!(
            places(&[(5_000, 0, 0), (5_001, 160, 160), (3, 77, 4_000), (4, 237, 4_160)]),
            [0, 160, 4_000, 4_160]
        );
    }
}
