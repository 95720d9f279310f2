//! RTCP (RFC 3550 section 6): sender and receiver reports, and the counting that fills them.

/// Longest compound packet that is written here, bytes.
pub const LONGEST: usize = 28 + 24 + 20;

/// What a peer's report says about our stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Lost since the report before, in 256ths.
    pub fraction: u8,
    /// Lost in all; may be negative with duplicates.
    pub lost: i32,
    /// Jitter in timestamp units.
    pub jitter: u32,
}

/// Counts what arrives of one source (RFC 3550 appendix A.1, A.3, A.8).
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter {
    ssrc: u32,
    base: u32,
    highest: u32,
    received: u64,
    /// Of sources before this one.
    expected_before: u64,
    transit: Option<u32>,
    /// Sixteenths of a timestamp unit.
    jitter: u32,
    begun: bool,
    reported: (u64, u64),
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
        } else {
            let step = sequence.wrapping_sub(self.highest as u16);
            if step < 0x8000 {
                self.highest = self.highest.wrapping_add(u32::from(step));
            }
        }
        self.received += 1;
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
    fn block(&mut self) -> Block {
        let (expected, received) = (self.expected(), self.received);
        let interval = expected.saturating_sub(self.reported.0);
        let missing = interval.saturating_sub(received.saturating_sub(self.reported.1));
        self.reported = (expected, received);
        let fraction = (missing * 256).checked_div(interval).unwrap_or(0).min(255) as u8;
        let lost = (expected as i64 - received as i64).clamp(-0x80_0000, 0x7f_ffff) as i32;
        Block { fraction, lost, jitter: self.jitter >> 4 }
    }
}

/// What a sender report says about our own stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Our source.
    pub ssrc: u32,
    /// Wall clock, milliseconds since 1970.
    pub utc_ms: i64,
    /// Timestamp at that moment.
    pub timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload bytes sent.
    pub octets: u32,
}

/// Writes a compound packet: sender report (receiver report when nothing was sent) with one block, and the source's
/// name. How many bytes.
pub fn write(sent: &Sent, heard: &mut Counter, out: &mut [u8]) -> usize {
    /// Seconds between 1900 (NTP) and 1970.
    const EPOCH: i64 = 2_208_988_800;
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        if let Some(place) = out.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
            at += bytes.len();
        }
    };
    let blocks = u8::from(heard.begun);
    let (kind, words) = if sent.packets > 0 { (200, 6) } else { (201, 1) };
    put(&[0x80 | blocks, kind, 0, words + blocks * 6]);
    put(&sent.ssrc.to_be_bytes());
    if sent.packets > 0 {
        let seconds = (sent.utc_ms.div_euclid(1000) + EPOCH) as u32;
        let fraction = (sent.utc_ms.rem_euclid(1000) << 32) / 1000;
        for word in [seconds, fraction as u32, sent.timestamp, sent.packets, sent.octets] {
            put(&word.to_be_bytes());
        }
    }
    if heard.begun {
        let (ssrc, highest) = (heard.ssrc, heard.highest);
        let block = heard.block();
        let [_, l1, l2, l3] = block.lost.to_be_bytes();
        put(&ssrc.to_be_bytes());
        put(&[block.fraction, l1, l2, l3]);
        for word in [highest, block.jitter, 0, 0] {
            put(&word.to_be_bytes());
        }
    }
    // SDES with an empty-handed CNAME: enough for RFC 3550 section 6.1, and nobody's name.
    put(&[0x81, 202, 0, 4]);
    put(&sent.ssrc.to_be_bytes());
    put(&[1, 7, b'h', b'o', b't', b'l', b'i', b'n', b'e', 0, 0, 0]);
    at
}

/// Whether this is RTCP, and what it says about our stream `ssrc`. `None`: no RTCP. BYE and others are RTCP without block.
pub fn read(bytes: &[u8], ssrc: u32) -> Option<Option<Block>> {
    let mut rest = bytes;
    let mut found = None;
    let mut first = true;
    while let Some((head, after)) = rest.split_first_chunk::<4>() {
        let [flags, kind, high, low] = *head;
        if flags >> 6 != 2 || !(192..=223).contains(&kind) {
            return if first { None } else { Some(found) };
        }
        first = false;
        let length = usize::from(u16::from_be_bytes([high, low])) * 4;
        let Some(body) = after.get(..length) else { return Some(found) };
        let skip = match kind {
            200 => 24,
            201 => 4,
            _ => length,
        };
        let blocks = body.get(skip..).unwrap_or_default().chunks_exact(24).take(usize::from(flags & 0x1f));
        for block in blocks {
            found = ours(block, ssrc).or(found);
        }
        rest = after.get(length..).unwrap_or_default();
    }
    if first { None } else { Some(found) }
}

fn ours(block: &[u8], ssrc: u32) -> Option<Block> {
    let (head, rest) = block.split_first_chunk::<8>()?;
    let [s0, s1, s2, s3, fraction, l0, l1, l2] = *head;
    if u32::from_be_bytes([s0, s1, s2, s3]) != ssrc {
        return None;
    }
    let jitter = rest.get(4..8).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
    let lost = i32::from_be_bytes([l0, l1, l2, 0]) >> 8;
    Some(Block { fraction, lost, jitter })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use proptest::prelude::*;

    use super::*;

    fn counted(lost: &[u16]) -> Counter {
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
    fn a_report_is_read_as_it_was_written() {
        let mut heard = counted(&[10, 11, 12, 13]);
        let sent = Sent { ssrc: 1, utc_ms: 1_791_770_400_500, timestamp: 5, packets: 7, octets: 1_120 };
        let mut bytes = [0; LONGEST];
        let length = write(&sent, &mut heard, &mut bytes);
        assert_eq!(length, LONGEST);
        let block = read(&bytes[..length], 9).unwrap().unwrap();
        assert_eq!((block.lost, block.fraction), (4, 10));
        assert_eq!(read(&bytes[..length], 8), Some(None), "it is about another stream");
        assert_eq!(crate::rtp::read(&bytes[..length]), None, "and it is no RTP");
    }

    #[test]
    fn who_only_listens_sends_a_receiver_report() {
        let sent = Sent { ssrc: 1, utc_ms: 0, timestamp: 0, packets: 0, octets: 0 };
        let mut bytes = [0; LONGEST];
        let length = write(&sent, &mut Counter::default(), &mut bytes);
        assert_eq!((length, bytes[1]), (28, 201));
    }

    proptest! {
        #[test]
        fn nothing_that_arrives_can_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..120), ssrc: u32) {
            let _ = read(&bytes, ssrc);
        }
    }
}
