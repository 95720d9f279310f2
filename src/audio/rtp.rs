//! RTP packets (RFC 3550 section 5.1), read and written in place.

/// Length of a header without CSRCs and extension.
pub const HEADER: usize = 12;

/// A packet as read; the payload is without padding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// First packet of a talkspurt or of a telephone event.
    pub marker: bool,
    /// 0..=127.
    pub payload_type: u8,
    /// Grows by one with each packet.
    pub sequence: u16,
    /// Sampling instant in the payload's clock.
    pub timestamp: u32,
    /// Synchronization source.
    pub ssrc: u32,
    /// Media.
    pub payload: &'a [u8],
}

/// Reads a packet. `None` for anything that is not a whole RTP packet of version 2, RTCP among it (RFC 5761 section 4).
pub fn read(bytes: &[u8]) -> Option<Packet<'_>> {
    let (head, rest) = bytes.split_first_chunk::<HEADER>()?;
    let [flags, kind, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *head;
    // Payload types 64..=95 with the marker bit are RTCP's 192..=223.
    if flags >> 6 != 2 || (192..=223).contains(&kind) {
        return None;
    }
    let mut payload = rest.get(usize::from(flags & 0x0f) * 4..)?;
    if flags & 0x10 != 0 {
        let (extension, after) = payload.split_first_chunk::<4>()?;
        let words = usize::from(u16::from_be_bytes([extension[2], extension[3]]));
        payload = after.get(words * 4..)?;
    }
    if flags & 0x20 != 0 {
        let padding = usize::from(*payload.last()?);
        let end = payload.len().checked_sub(padding).filter(|_| padding > 0)?;
        payload = payload.get(..end)?;
    }
    Some(Packet {
        marker: kind & 0x80 != 0,
        payload_type: kind & 0x7f,
        sequence: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
        payload,
    })
}

/// Writes the header and payload into `out`; how many bytes, 0 when they do not fit.
pub fn write(packet: &Packet<'_>, out: &mut [u8]) -> usize {
    let total = HEADER + packet.payload.len();
    let Some((head, rest)) = out.split_first_chunk_mut::<HEADER>() else { return 0 };
    let Some(body) = rest.get_mut(..packet.payload.len()) else { return 0 };
    let [s0, s1] = packet.sequence.to_be_bytes();
    let [t0, t1, t2, t3] = packet.timestamp.to_be_bytes();
    let [c0, c1, c2, c3] = packet.ssrc.to_be_bytes();
    let kind = (u8::from(packet.marker) << 7) | (packet.payload_type & 0x7f);
    *head = [0x80, kind, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3];
    body.copy_from_slice(packet.payload);
    total
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use proptest::prelude::*;

    use super::*;

    const PACKET: Packet<'static> = Packet {
        marker: true,
        payload_type: 8,
        sequence: 0xfffe,
        timestamp: 7,
        ssrc: 0xdead_beef,
        payload: &[1, 2, 3],
    };

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = [0; 64];
        let length = write(&PACKET, &mut bytes);
        assert_eq!((length, read(&bytes[..length])), (15, Some(PACKET)));
        assert_eq!(write(&PACKET, &mut [0; 14]), 0, "it does not fit");
    }

    #[test]
    fn sources_extension_and_padding_are_no_sound() {
        let mut bytes = vec![0x80 | 0x20 | 0x10 | 2, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([9; 8]);
        bytes.extend([0xbe, 0xde, 0, 1, 7, 7, 7, 7]);
        bytes.extend([1, 2, 3, 0, 0, 3]);
        assert_eq!(read(&bytes).unwrap().payload, [1, 2, 3]);
        *bytes.last_mut().unwrap() = 200;
        assert_eq!(read(&bytes), None, "more padding than payload");
        *bytes.last_mut().unwrap() = 0;
        assert_eq!(read(&bytes), None, "padding of no length");
    }

    #[test]
    fn other_versions_and_rtcp_are_not_rtp() {
        let mut bytes = [0; 20];
        write(&PACKET, &mut bytes);
        bytes[0] = 0x40;
        assert_eq!(read(&bytes), None);
        (bytes[0], bytes[1]) = (0x80, 200);
        assert_eq!(read(&bytes), None);
    }

    proptest! {
        #[test]
        fn nothing_that_arrives_can_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(packet) = read(&bytes) {
                prop_assert!(packet.payload.len() + HEADER <= bytes.len());
            }
        }
    }
}
