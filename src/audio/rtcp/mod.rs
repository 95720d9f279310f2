//! RTCP (RFC 3550 section 6): sender and receiver reports, extended ones (RFC 3611), and the counting that fills them.

mod count;
pub mod xr;

pub use count::Counter;
pub use xr::Voip;

/// Longest compound packet that is written here, bytes.
pub const LONGEST: usize = 28 + 24 + xr::LENGTH + 20;
/// A round trip that took longer is a clock that was set.
const LONGEST_TRIP_MS: u32 = 10_000;

/// What a peer's report says about our stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Block {
    /// Lost since the report before, in 256ths.
    pub fraction: u8,
    /// Lost in all; may be negative with duplicates.
    pub lost: i32,
    /// Jitter in timestamp units.
    pub jitter: u32,
    /// The middle of the NTP time of our last sender report that came there; 0: none came.
    pub last: u32,
    /// Since then until this report left, 65,536ths of a second.
    pub since: u32,
}

impl Block {
    /// From here to there and back, ms (section 6.4.1, figure 2): `utc_ms` is when this report came. `None`: no report of ours
    /// was there, or a clock was set meanwhile.
    pub fn round_trip_ms(&self, utc_ms: i64) -> Option<u32> {
        let trip = middle(utc_ms).wrapping_sub(self.last).wrapping_sub(self.since);
        // A clock of milliseconds may find the way a little shorter than nothing.
        let trip = if trip > u32::MAX - 200 { 0 } else { trip };
        let ms = u32::try_from((u64::from(trip) * 1_000) >> 16).unwrap_or(u32::MAX);
        (self.last != 0 && ms < LONGEST_TRIP_MS).then_some(ms)
    }
}

/// What a compound packet of a peer says.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Report {
    /// About our stream.
    pub block: Option<Block>,
    /// How our stream sounds there.
    pub voip: Option<Voip>,
    /// The middle of the NTP time of its own sender report; our next one says it back.
    pub sent: Option<u32>,
}

/// What a sender report says about our own stream.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
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
    /// The peer's last sender report ([`Report::sent`]), and how long ago it came, ms.
    pub echo: Option<(u32, u32)>,
    /// How its stream sounds here.
    pub voip: Option<Voip>,
}

/// The middle 32 bits of the NTP time.
fn middle(utc_ms: i64) -> u32 {
    let [seconds, fraction] = ntp(utc_ms);
    seconds << 16 | fraction >> 16
}

/// Seconds and their fraction since 1900.
fn ntp(utc_ms: i64) -> [u32; 2] {
    /// Seconds between 1900 and 1970.
    const EPOCH: i64 = 2_208_988_800;
    // Both casts cut to 32 bits as NTP does: the seconds wrap in 2036.
    [(utc_ms.div_euclid(1000).wrapping_add(EPOCH)) as u32, ((utc_ms.rem_euclid(1000) << 32) / 1000) as u32]
}

/// Writes a compound packet: sender report (receiver report when nothing was sent) with one block, what is known of the sound,
/// and the source's name. How many bytes.
pub fn write(sent: &Sent, heard: &mut Counter, out: &mut [u8]) -> usize {
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
        let [seconds, fraction] = ntp(sent.utc_ms);
        for word in [seconds, fraction, sent.timestamp, sent.packets, sent.octets] {
            put(&word.to_be_bytes());
        }
    }
    if heard.begun {
        let (ssrc, highest) = (heard.ssrc, heard.highest);
        let block = heard.block();
        let [_, l1, l2, l3] = block.lost.to_be_bytes();
        let (last, ago_ms) = sent.echo.unwrap_or_default();
        let since = u32::try_from((u64::from(ago_ms) << 16) / 1_000).unwrap_or(u32::MAX);
        put(&ssrc.to_be_bytes());
        put(&[block.fraction, l1, l2, l3]);
        for word in [highest, block.jitter, last, since] {
            put(&word.to_be_bytes());
        }
        if let Some(voip) = &sent.voip {
            let mut report = [0; xr::LENGTH];
            xr::write(sent.ssrc, ssrc, voip, &mut report);
            put(&report);
        }
    }
    // SDES with an empty-handed CNAME: enough for RFC 3550 section 6.1, and nobody's name.
    put(&[0x81, 202, 0, 4]);
    put(&sent.ssrc.to_be_bytes());
    put(&[1, 7, b'h', b'o', b't', b'l', b'i', b'n', b'e', 0, 0, 0]);
    at
}

/// What a compound packet says about our stream `ssrc` and its sender. `None`: no RTCP. BYE and others are RTCP without block.
pub fn read(bytes: &[u8], ssrc: u32) -> Option<Report> {
    /// Receiver report, sender report.
    const RR: u8 = 201;
    const SR: u8 = 200;
    let mut rest = bytes;
    let mut found = None;
    while let Some((head, after)) = rest.split_first_chunk::<4>() {
        let [flags, kind, high, low] = *head;
        if flags >> 6 != 2 || !(192..=223).contains(&kind) {
            return found;
        }
        let report: &mut Report = found.get_or_insert_default();
        let length = usize::from(u16::from_be_bytes([high, low])) * 4;
        let Some(body) = after.get(..length) else { return found };
        let blocks = match kind {
            SR => {
                report.sent = body.get(6..10).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes);
                body.get(24..)
            }
            RR => body.get(4..),
            xr::KIND => {
                report.voip = xr::read(body, ssrc).or(report.voip);
                None
            }
            _ => None,
        };
        let blocks = blocks.unwrap_or_default().chunks_exact(24).take(usize::from(flags & 0x1f));
        for block in blocks {
            report.block = ours(block, ssrc).or(report.block);
        }
        rest = after.get(length..).unwrap_or_default();
    }
    found
}

fn ours(block: &[u8], ssrc: u32) -> Option<Block> {
    let (head, rest) = block.split_first_chunk::<8>()?;
    let [s0, s1, s2, s3, fraction, l0, l1, l2] = *head;
    if u32::from_be_bytes([s0, s1, s2, s3]) != ssrc {
        return None;
    }
    let word = |at: usize| rest.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
    let lost = i32::from_be_bytes([l0, l1, l2, 0]) >> 8;
    Some(Block { fraction, lost, jitter: word(4), last: word(8), since: word(12) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use proptest::prelude::*;

    use super::count::tests::counted;
    use super::*;

    const SENT: Sent = Sent {
        ssrc: 1,
        utc_ms: 1_791_770_400_500,
        timestamp: 5,
        packets: 7,
        octets: 1_120,
        echo: None,
        voip: None,
    };

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let mut heard = counted(&[10, 11, 12, 13]);
        let sent = Sent { voip: Some(Voip { loss: 0.5, ..Voip::default() }), ..SENT };
        let mut bytes = [0; LONGEST];
        let length = write(&sent, &mut heard, &mut bytes);
        assert_eq!(length, LONGEST);
        let report = read(&bytes[..length], 9).unwrap();
        let block = report.block.unwrap();
        assert_eq!((block.lost, block.fraction, block.last), (4, 10, 0));
        assert_eq!(report.voip.unwrap().loss, 0.5);
        let other = read(&bytes[..length], 8).unwrap();
        assert_eq!((other.block, other.voip, other.sent), (None, None, report.sent), "about another stream");
        assert_eq!(crate::rtp::read(&bytes[..length]), None, "and it is no RTP");
    }

    #[test]
    fn who_only_listens_sends_a_receiver_report() {
        let sent = Sent { packets: 0, ..SENT };
        let mut bytes = [0; LONGEST];
        let length = write(&sent, &mut Counter::default(), &mut bytes);
        assert_eq!((length, bytes[1]), (28, 201));
    }

    /// The far end got our report 30 ms after it left, held it for 500 ms, and its own took 40 ms.
    #[test]
    fn the_round_trip_is_what_the_way_took_without_the_rest_there() {
        let mut bytes = [0; LONGEST];
        let length = write(&SENT, &mut Counter::default(), &mut bytes);
        let echo = read(&bytes[..length], 0).unwrap().sent.map(|middle| (middle, 500));
        let mut there = counted(&[]);
        let length = write(&Sent { ssrc: 2, echo, ..SENT }, &mut there, &mut bytes);
        let block = read(&bytes[..length], 9).unwrap().block.unwrap();
        let came = |after: i64| block.round_trip_ms(SENT.utc_ms + after);
        assert!(matches!(came(570), Some(69..=71)), "{:?}", came(570));
        assert_eq!(came(500), Some(0), "clocks of milliseconds are not exact");
        assert_eq!((came(300), came(60_000)), (None, None), "a clock that was set says nothing");
        assert_eq!(
            Block { last: 0, ..block }.round_trip_ms(SENT.utc_ms),
            None,
            "no report of ours was there"
        );
    }

    proptest! {
        #[test]
        fn nothing_that_arrives_can_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..120), ssrc: u32) {
            let _ = read(&bytes, ssrc);
        }
    }
}
