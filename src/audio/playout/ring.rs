//! Encoded sound by its place in time: a ring of bytes, and which of them have arrived. What was played stays until newer
//! sound needs its place.
//!
//! One byte is 125 us of sound in G.711 and in G.722 alike (RFC 3551 section 4.5.2: both count an 8 kHz clock), so that a
//! position on the sender's clock is a place in the ring, whatever the length of the packets.

/// Bytes that are held: 640 ms. When full: the oldest are lost.
pub(super) const CAPACITY: usize = 5_120;
/// Bytes whose arrival is one bit: 1 ms.
const GRAIN: usize = 8;
const WORDS: usize = CAPACITY / GRAIN / 64;

pub(super) struct Ring {
    bytes: Box<[u8; CAPACITY]>,
    there: [u64; WORDS],
    /// Behind the newest byte.
    end: i64,
}

/// A position's place.
fn place(at: i64) -> usize {
    at.rem_euclid(CAPACITY as i64) as usize
}

impl Ring {
    pub(super) fn new() -> Self {
        Self { bytes: Box::new([0; CAPACITY]), there: [0; WORDS], end: 0 }
    }

    pub(super) fn clear(&mut self) {
        (self.there, self.end) = ([0; WORDS], 0);
    }

    /// The first position behind all that has arrived.
    pub(super) fn end(&self) -> i64 {
        self.end
    }

    /// The oldest position that can be held.
    pub(super) fn oldest(&self) -> i64 {
        self.end - CAPACITY as i64
    }

    fn has(&self, at: i64) -> bool {
        let grain = place(at) / GRAIN;
        at >= self.oldest()
            && at < self.end
            && self.there.get(grain / 64).is_some_and(|word| word >> (grain % 64) & 1 == 1)
    }

    fn mark(&mut self, at: i64, there: bool) {
        let grain = place(at) / GRAIN;
        if let Some(word) = self.there.get_mut(grain / 64) {
            *word = *word & !(1 << (grain % 64)) | u64::from(there) << (grain % 64);
        }
    }

    /// Whether all of these bytes have arrived before.
    pub(super) fn holds(&self, at: i64, length: usize) -> bool {
        length > 0 && self.run(at, length) >= length
    }

    /// Puts a payload down, its end cut to whole milliseconds. Positions must not be older than [`Ring::oldest`].
    pub(super) fn put(&mut self, at: i64, payload: &[u8]) {
        let at = at.div_euclid(GRAIN as i64) * GRAIN as i64;
        let length = payload.len().min(CAPACITY) / GRAIN * GRAIN;
        let end = at + length as i64;
        if at < self.oldest() {
            return;
        }
        // What the newest sound steps over has not arrived, or belongs to the round before.
        let mut passed = self.end.max(end - CAPACITY as i64);
        while passed < end {
            self.mark(passed, false);
            passed += GRAIN as i64;
        }
        self.end = self.end.max(end);
        let (mut from, mut rest) = (at, payload.get(..length).unwrap_or_default());
        while !rest.is_empty() {
            let to = place(from);
            let now = rest.len().min(CAPACITY - to);
            let (piece, after) = rest.split_at_checked(now).unwrap_or((rest, &[]));
            if let Some(place) = self.bytes.get_mut(to..to + piece.len()) {
                place.copy_from_slice(piece);
            }
            (from, rest) = (from + now as i64, after);
        }
        for grain in (at..end).step_by(GRAIN) {
            self.mark(grain, true);
        }
    }

    /// How many bytes from here on have arrived without a hole; no more than `most` are looked for.
    pub(super) fn run(&self, at: i64, most: usize) -> usize {
        let mut length = 0;
        while length < most && self.has(at + length as i64) {
            // To the end of the grain.
            length += GRAIN - (at + length as i64).rem_euclid(GRAIN as i64) as usize;
        }
        length.min(most)
    }

    /// The first position from here on that has arrived.
    pub(super) fn next(&self, from: i64) -> Option<i64> {
        let from = from.max(self.oldest());
        if self.has(from) {
            return Some(from);
        }
        let from = from.div_euclid(GRAIN as i64) * GRAIN as i64;
        (from..self.end).step_by(GRAIN).find(|at| self.has(*at))
    }

    /// The bytes from here on, in at most two pieces.
    pub(super) fn bytes(&self, at: i64, length: usize) -> [&[u8]; 2] {
        let from = place(at);
        let first = length.min(CAPACITY - from);
        let second = length - first;
        [self.bytes.get(from..from + first).unwrap_or_default(), self.bytes.get(..second).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_put_is_there_and_what_was_not_is_a_hole() {
        let mut ring = Ring::new();
        ring.put(0, &[1; 160]);
        ring.put(320, &[3; 160]);
        assert_eq!((ring.run(0, 400), ring.run(160, 400), ring.run(320, 80)), (160, 0, 80));
        assert_eq!((ring.next(160), ring.next(480), ring.end()), (Some(320), None, 480));
        // Far ahead: all of it is forgotten, and nothing of the round before comes back.
        ring.put(320 + CAPACITY as i64, &[4; 80]);
        assert_eq!((ring.run(0, 400), ring.run(320, 80), ring.next(0)), (0, 0, Some(400)));
        assert!(ring.holds(400, 80) && !ring.holds(400, 81));
    }

    proptest! {
        #[test]
        fn the_ring_remembers_like_a_map(puts in prop::collection::vec((0i64..3_000, 0usize..60), 1..60)) {
            let (mut ring, mut map) = (Ring::new(), std::collections::BTreeMap::new());
            for (n, (at, grains)) in puts.into_iter().enumerate() {
                let at = at * GRAIN as i64;
                if at < ring.oldest() {
                    continue;
                }
                let payload = vec![n as u8; grains * GRAIN];
                ring.put(at, &payload);
                map.extend((at..at + payload.len() as i64).map(|p| (p, n as u8)));
                map.retain(|p, _| *p >= ring.oldest());
            }
            for at in ring.oldest()..ring.end() {
                let byte = ring.bytes(at, 1)[0].first().copied().filter(|_| ring.run(at, 1) == 1);
                prop_assert_eq!(byte, map.get(&at).copied());
            }
        }
    }
}
