//! Telephone events (RFC 4733): keys out of packets, and packets out of keys.

/// The keys by event code (RFC 4733 section 3.2).
const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];
/// Volume of our events, -dBm0.
const VOLUME: u8 = 10;
/// The end of an event is said so often (section 2.5.1.4).
pub const ENDS: u8 = 3;

/// Recognises keys in a stream of events. One press is one key, whichever of its packets are lost: its timestamp
/// names it, no marker bit is needed, and redundant ends are counted once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Receiver {
    last: Option<u32>,
}

impl Receiver {
    /// A packet of the event stream; the key when it begins a new press.
    pub fn packet(&mut self, timestamp: u32, payload: &[u8]) -> Option<char> {
        let event = *payload.first().filter(|_| payload.len() >= 4)?;
        let key = *KEYS.get(usize::from(event))?;
        if let Some(last) = self.last {
            // The same press, or one that was overtaken.
            let step = timestamp.wrapping_sub(last);
            if step == 0 || step > 0x8000_0000 {
                return None;
            }
        }
        self.last = Some(timestamp);
        Some(key)
    }

    /// The source changed: its timestamps begin anew.
    pub fn reset(&mut self) {
        self.last = None;
    }
}

/// Sends one key.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    event: u8,
    /// Timestamp of its beginning, the same in all its packets.
    pub timestamp: u32,
    sent: u16,
    length: u16,
    ends: u8,
}

/// One packet's payload and whether it is the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Said {
    /// Payload.
    pub payload: [u8; 4],
    /// Carries the marker bit.
    pub first: bool,
}

impl Sender {
    /// A key that begins at this timestamp and is held for so many samples. `None`: no such key.
    pub fn new(key: char, timestamp: u32, length: u16) -> Option<Self> {
        let event = u8::try_from(KEYS.iter().position(|k| *k == key)?).ok()?;
        Some(Self { event, timestamp, sent: 0, length: length.max(320), ends: 0 })
    }

    /// The packet after `step` more samples; `None` when all is said.
    pub fn next(&mut self, step: u16) -> Option<Said> {
        if self.ends >= ENDS {
            return None;
        }
        let first = self.sent == 0;
        self.sent = self.sent.saturating_add(step).min(self.length);
        let end = self.sent >= self.length;
        self.ends += u8::from(end);
        let [high, low] = self.sent.to_be_bytes();
        Some(Said { payload: [self.event, (u8::from(end) << 7) | VOLUME, high, low], first })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn packets(keys: &str) -> Vec<(u32, [u8; 4])> {
        let mut all = Vec::new();
        for (i, key) in (0u32..).zip(keys.chars()) {
            let mut sender = Sender::new(key, i * 1_600, 800).unwrap();
            while let Some(said) = sender.next(160) {
                all.push((sender.timestamp, said.payload));
            }
        }
        all
    }

    fn heard(packets: &[(u32, [u8; 4])]) -> String {
        let mut receiver = Receiver::default();
        packets.iter().filter_map(|(at, payload)| receiver.packet(*at, payload)).collect()
    }

    #[test]
    fn a_key_is_a_marker_some_updates_and_three_ends() {
        let mut sender = Sender::new('5', 7, 480).unwrap();
        let said: Vec<Said> = std::iter::from_fn(|| sender.next(160)).collect();
        let flags: Vec<_> = said.iter().map(|s| (s.first, s.payload[1] >> 7, s.payload[3])).collect();
        assert_eq!(
            flags,
            [(true, 0, 160), (false, 0, 64), (false, 1, 224), (false, 1, 224), (false, 1, 224)]
        );
        assert!(Sender::new('x', 0, 160).is_none());
    }

    #[test]
    fn every_key_is_heard_once() {
        assert_eq!(heard(&packets("1234567890*#ABCD55")), "1234567890*#ABCD55");
    }

    #[test]
    fn overtaken_and_doubled_packets_make_no_key() {
        let mut sent = packets("12");
        sent.swap(6, 8);
        let doubled: Vec<_> = sent.iter().flat_map(|p| [*p, *p]).collect();
        assert_eq!(heard(&doubled), "12");
    }

    proptest! {
        #[test]
        fn one_packet_of_a_press_is_enough(kept in prop::collection::vec(0usize..7, 12)) {
            // Of each key's 7 packets only one arrives.
            let sent = packets("0123456789*#");
            let few: Vec<_> = sent.chunks(7).zip(&kept).filter_map(|(key, at)| key.get(*at).copied()).collect();
            prop_assert_eq!(heard(&few), "0123456789*#");
        }

        #[test]
        fn nothing_that_arrives_can_break_it(timestamp: u32, payload in prop::collection::vec(any::<u8>(), 0..8)) {
            Receiver::default().packet(timestamp, &payload);
        }
    }
}
