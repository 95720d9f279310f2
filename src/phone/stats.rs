//! A call's RTP in numbers.

use std::time::Duration;

use crate::media::Line;

/// A call's RTP in numbers, so far. All of them are 0 before the first packet.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize)]
pub struct Stats {
    /// Packets sent.
    pub sent: u64,
    /// Packets received.
    pub packets: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Packets that were overtaken, or doubled.
    pub out_of_order: u64,
    /// Frames that came more than [`crate::LATE`] after their time, measured against the quickest of the stream.
    pub late: u64,
    /// The latest frame, after its time.
    pub worst: Duration,
    /// Interarrival jitter (RFC 3550 section 6.4.1), as RTCP would report it.
    pub jitter: Duration,
    /// Longest time between two packets.
    pub longest_pause: Duration,
    /// From the first packet to the last, agreed pauses left out.
    pub span: Duration,
    /// Streams, told apart by SSRC.
    pub sources: u32,
    /// From our ACK, or the far end's, to the first packet; zero when sound was there before.
    pub first_packet: Option<Duration>,
    /// Packets from elsewhere than the agreed address, or of a type that was not agreed on.
    pub strays: u64,
    /// Frames with the tone that [`crate::Call::watch_for`] waits for.
    pub toned: u64,
    /// Longest time between two of them.
    pub longest_gap: Duration,
    /// How late the media thread itself was at worst: lateness below it may be our own.
    pub own_lag: Duration,
}

impl Stats {
    /// Frames of 20 ms that should have come in the span and did not: what is lost, and what was never sent.
    pub fn shortfall(&self) -> u64 {
        let due = (self.span.as_micros() + 10_000) / 20_000;
        let due = u64::try_from(due).unwrap_or(u64::MAX).saturating_add(u64::from(self.packets > 0));
        due.saturating_sub(self.packets)
    }

    /// Frames of 20 ms that should have brought the tone in the span and did not.
    pub fn untoned(&self) -> u64 {
        (self.packets + self.shortfall()).saturating_sub(self.toned)
    }

    pub(crate) fn of(line: &Line) -> Self {
        let port = line.port();
        let arrivals = &port.arrivals;
        let first_packet = arrivals.first.zip(port.acked).map(|(first, acked)| first.saturating_sub(acked));
        Self {
            sent: port.sent,
            packets: arrivals.packets,
            lost: arrivals.lost,
            out_of_order: arrivals.out_of_order,
            late: arrivals.late,
            worst: arrivals.worst,
            jitter: Duration::from_secs_f64(arrivals.jitter / 1e6),
            longest_pause: arrivals.longest_pause,
            span: arrivals.span,
            sources: arrivals.sources,
            first_packet,
            strays: port.strays,
            toned: port.vigil.as_ref().map_or(0, |vigil| vigil.frames),
            longest_gap: port.vigil.as_ref().map_or(Duration::ZERO, |vigil| vigil.longest),
            own_lag: line.media().own_lag(),
        }
    }
}
