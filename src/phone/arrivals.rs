//! How a stream of RTP arrived: what is missing, what came late, how long the pauses were. Pure: the time comes in.

use std::time::Duration;

use audio::rtp::Packet;

/// A frame that comes so much later than the quickest of its stream is late.
pub const LATE: Duration = Duration::from_millis(20);
/// Microseconds of one unit of the 8 kHz RTP clock.
const TICK: i64 = 125;

/// One stream of sound as it arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrivals {
    /// Packets.
    pub packets: u64,
    /// Numbers that were left out, less those that came after all.
    pub lost: u64,
    /// Packets behind their successors, or doubled.
    pub out_of_order: u64,
    /// Frames later than [`LATE`].
    pub late: u64,
    /// The latest of all against the quickest of its stream.
    pub worst: Duration,
    /// Smoothed difference of transit times, microseconds (RFC 3550 section 6.4.1).
    pub jitter: f64,
    /// Longest time between two packets.
    pub longest_pause: Duration,
    /// When the first packet came.
    pub first: Option<Duration>,
    /// Streams, told apart by their SSRC: more than one when the sender began anew.
    pub sources: u32,
    /// Time in which sound was due: from a first packet to the last, pauses by agreement left out.
    pub span: Duration,
    ssrc: Option<u32>,
    source: Option<Source>,
    last: Option<Duration>,
}

#[derive(Clone, Debug)]
struct Source {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// The timestamp without its wrap, counted from the first one.
    elapsed: i64,
    /// Least of arrival minus timestamp, microseconds: the quickest packet.
    quickest: i64,
    /// The same of the last packet.
    transit: i64,
}

impl Arrivals {
    /// A packet of sound. Events (RFC 4733) count too, but not for lateness: they repeat one timestamp.
    pub fn packet(&mut self, at: Duration, packet: &Packet<'_>, event: bool) {
        self.packets += 1;
        self.first.get_or_insert(at);
        if let Some(last) = self.last.replace(at) {
            let pause = at.saturating_sub(last);
            self.longest_pause = self.longest_pause.max(pause);
            self.span += pause;
        }
        let at = i64::try_from(at.as_micros()).unwrap_or(i64::MAX);
        match self.source.as_mut().filter(|s| s.ssrc == packet.ssrc) {
            None => {
                self.sources += u32::from(self.ssrc.replace(packet.ssrc) != Some(packet.ssrc));
                let (ssrc, sequence, timestamp) = (packet.ssrc, packet.sequence, packet.timestamp);
                self.source =
                    Some(Source { ssrc, sequence, timestamp, elapsed: 0, quickest: at, transit: at });
            }
            Some(source) => {
                let step = packet.sequence.wrapping_sub(source.sequence);
                if step == 0 || step > 0x8000 {
                    self.out_of_order += 1;
                    // It had been counted as lost when its successor came; a doubled packet had not.
                    self.lost = self.lost.saturating_sub(u64::from(step != 0));
                    return;
                }
                self.lost += u64::from(step - 1);
                source.sequence = packet.sequence;
                if event {
                    return;
                }
                source.elapsed += i64::from(packet.timestamp.wrapping_sub(source.timestamp).cast_signed());
                source.timestamp = packet.timestamp;
                let transit = at - source.elapsed * TICK;
                source.quickest = source.quickest.min(transit);
                let apart = std::mem::replace(&mut source.transit, transit).abs_diff(transit);
                self.jitter += (apart as f64 - self.jitter) / 16.0;
                let behind = u64::try_from(transit - source.quickest).unwrap_or(0);
                let behind = Duration::from_micros(behind);
                self.late += u64::from(behind > LATE);
                self.worst = self.worst.max(behind);
            }
        }
    }

    /// A pause by agreement (hold) begins or ends: it is no fault of the sender's.
    pub fn rest(&mut self) {
        self.last = None;
        self.source = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(times: &[(u64, u16)]) -> Arrivals {
        let mut arrivals = Arrivals::default();
        for (ms, n) in times {
            let (sequence, timestamp) = (n.wrapping_add(65_530), (u32::from(*n) * 160).wrapping_sub(640));
            let packet =
                Packet { marker: false, payload_type: 8, sequence, timestamp, ssrc: 1, payload: &[] };
            arrivals.packet(Duration::from_millis(*ms), &packet, false);
        }
        arrivals
    }

    #[test]
    fn an_even_stream_has_no_fault_over_both_wraps() {
        let times: Vec<(u64, u16)> = (0..50).map(|n| (u64::from(n) * 20, n)).collect();
        let even = stream(&times);
        assert_eq!((even.packets, even.lost, even.late, even.out_of_order), (50, 0, 0, 0));
        assert_eq!((even.longest_pause, even.span), (Duration::from_millis(20), Duration::from_millis(980)));
    }

    #[test]
    fn a_hole_is_lost_until_it_comes_after_all() {
        assert_eq!(stream(&[(0, 0), (20, 1), (80, 4)]).lost, 2);
        let mended = stream(&[(0, 0), (40, 2), (41, 1), (60, 3)]);
        assert_eq!((mended.lost, mended.out_of_order), (0, 1));
    }

    #[test]
    fn a_frame_is_late_against_the_quickest_and_not_against_its_neighbour() {
        // The third and fourth come 30 ms after their time, though only 20 ms apart; 20 ms exactly is in time.
        let late = stream(&[(0, 0), (20, 1), (70, 2), (90, 3), (100, 4), (100, 5)]);
        assert_eq!((late.late, late.worst), (2, Duration::from_millis(30)));
        assert_eq!(stream(&[(0, 0), (40, 1)]).late, 0);
    }

    #[test]
    fn jitter_is_the_smoothed_difference_of_transit_times() {
        assert_eq!(stream(&[(0, 0), (20, 1), (40, 2)]).jitter, 0.0);
        // 16 ms later than expected, then 16 ms earlier again: 1 ms, then 1 + 15 / 16 ms.
        let uneven = stream(&[(0, 0), (36, 1), (40, 2)]);
        assert_eq!(uneven.jitter, 1_937.5);
    }

    #[test]
    fn a_pause_by_agreement_is_nobodys_fault() {
        let mut held = stream(&[(0, 0), (20, 1)]);
        held.rest();
        let packet =
            Packet { marker: true, payload_type: 8, sequence: 9, timestamp: 9, ssrc: 1, payload: &[] };
        held.packet(Duration::from_secs(9), &packet, false);
        assert_eq!((held.lost, held.late, held.sources), (0, 0, 1));
        assert_eq!((held.longest_pause, held.span), (Duration::from_millis(20), Duration::from_millis(20)));
    }
}
