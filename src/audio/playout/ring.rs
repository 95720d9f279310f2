//! Encoded sound by its place in time: a ring of bytes, and which of them have arrived. What was played stays until newer
//! sound needs its place.
//!
//! One byte is 125 us of sound in G.711 and in G.722 alike (RFC 3551 section 4.5.2: both count an 8 kHz clock), so that a
//! position on the sender's clock is a place in the ring, whatever the length of the packets.

/// Bytes that are held: 640 ms. When full: the oldest are lost.
pub(super) const CAPACITY: usize = 5_120;
/// A ring goes around in no more of it than it needs, so that a stream whose packets are heard at once keeps to the same few
/// lines of the cache: at first 64 ms.
const LEAST: usize = 512;
/// Bytes whose arrival is one bit: 1 ms.
const GRAIN: usize = 8;
/// Bits for them, a power of two.
const GRAINS: usize = 1_024;
const WORDS: usize = GRAINS / 64;
/// After so many packets that needed less of the room than there is it is given up: 5 s.
const PATIENCE: u8 = 250;

/// What each packet needs stands together.
#[repr(C)]
pub(super) struct Ring {
    /// Behind the newest byte.
    end: i64,
    bytes: Box<[u8; CAPACITY]>,
    /// Bytes in which it goes around: a power of two, or all.
    room: usize,
    /// What was needed of it by the last packets, and how many these are.
    enough: usize,
    easy: u8,
    there: [u64; WORDS],
}

/// A position's place in so much room.
fn place(at: i64, room: usize) -> usize {
    if room.is_power_of_two() { at as usize & (room - 1) } else { at.rem_euclid(room as i64) as usize }
}

/// Its millisecond's bit.
fn grain(at: i64) -> usize {
    (at >> GRAIN.trailing_zeros()) as usize & (GRAINS - 1)
}

/// The bits from `from` on of a word, at most `most`.
fn bits(from: usize, most: usize) -> u64 {
    let ones = if most >= 64 { u64::MAX } else { (1 << most) - 1 };
    ones << from
}

impl Ring {
    pub(super) fn new() -> Self {
        Self {
            end: 0,
            bytes: Box::new([0; CAPACITY]),
            room: LEAST,
            enough: LEAST,
            easy: 0,
            there: [0; WORDS],
        }
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

    /// Notes of whole milliseconds that they have arrived, or have not.
    fn mark(&mut self, at: i64, length: usize, there: bool) {
        let (mut grain, mut rest) = (grain(at), (length / GRAIN).min(GRAINS));
        while rest > 0 {
            let from = grain % 64;
            let some = rest.min(64 - from);
            if let Some(word) = self.there.get_mut(grain / 64) {
                *word = *word & !bits(from, some) | if there { bits(from, some) } else { 0 };
            }
            (grain, rest) = ((grain + some) % GRAINS, rest - some);
        }
    }

    /// Whether all of these bytes have arrived before.
    pub(super) fn holds(&self, at: i64, length: usize) -> bool {
        length > 0 && self.run(at, length) >= length
    }

    /// Puts a payload down, its end cut to whole milliseconds. Positions must not be older than [`Ring::oldest`]; those before
    /// `keep` will not be read any more.
    pub(super) fn put(&mut self, at: i64, payload: &[u8], keep: i64) {
        let at = at & !(GRAIN as i64 - 1);
        let length = payload.len().min(CAPACITY) / GRAIN * GRAIN;
        let end = at + length as i64;
        if at < self.oldest() {
            return;
        }
        self.fit(usize::try_from(self.end.max(end) - keep.min(at)).unwrap_or(CAPACITY));
        // What the newest sound steps over has not arrived, or belongs to the round before.
        let passed = self.end.max(end - CAPACITY as i64);
        if passed < at {
            self.mark(passed, (at - passed) as usize, false);
        }
        self.end = self.end.max(end);
        let bytes = payload.get(..length).unwrap_or_default();
        let to = place(at, self.room);
        let (first, second) = bytes.split_at_checked(self.room - to).unwrap_or((bytes, &[]));
        for (to, piece) in [(to, first), (0, second)] {
            if let Some(place) = self.bytes.get_mut(to..to + piece.len()) {
                place.copy_from_slice(piece);
            }
        }
        self.mark(at, length, true);
    }

    /// Makes the room one that is enough for so many bytes, and gives up what is too much.
    fn fit(&mut self, needed: usize) {
        let least = needed.clamp(LEAST, CAPACITY).next_power_of_two().min(CAPACITY);
        if least >= self.room {
            (self.easy, self.enough) = (0, LEAST);
            if least > self.room {
                self.go_around_in(least);
            }
            return;
        }
        (self.easy, self.enough) = (self.easy + 1, self.enough.max(least));
        if self.easy >= PATIENCE {
            self.go_around_in(self.enough);
        }
    }

    /// Another room: what is held in the smaller one goes to its place in the other.
    fn go_around_in(&mut self, room: usize) {
        let kept = self.room.min(room);
        let mut held = [0; CAPACITY];
        let from = self.end - kept as i64;
        for (byte, at) in held.iter_mut().zip(from..self.end) {
            *byte = self.bytes.get(place(at, self.room)).copied().unwrap_or(0);
        }
        (self.room, self.easy, self.enough) = (room, 0, LEAST);
        for (byte, at) in held.iter().zip(from..self.end) {
            if let Some(to) = self.bytes.get_mut(place(at, room)) {
                *to = *byte;
            }
        }
    }

    /// How many bytes from here on have arrived without a hole; no more than `most` are looked for.
    pub(super) fn run(&self, at: i64, most: usize) -> usize {
        if at < self.oldest() || at >= self.end {
            return 0;
        }
        let most = most.min((self.end - at) as usize);
        let before = at as usize % GRAIN;
        let (mut grain, mut length) = (grain(at), 0);
        while length < most + before {
            let word = self.there.get(grain / 64).copied().unwrap_or(0) >> (grain % 64);
            let ones = word.trailing_ones() as usize;
            length += ones * GRAIN;
            if grain % 64 + ones < 64 {
                break;
            }
            grain = (grain + ones) % GRAINS;
        }
        length.saturating_sub(before).min(most)
    }

    /// The first position from here on that has arrived.
    pub(super) fn next(&self, from: i64) -> Option<i64> {
        let from = from.max(self.oldest());
        if self.run(from, 1) == 1 {
            return Some(from);
        }
        let mut at = from & !(GRAIN as i64 - 1);
        while at < self.end {
            let grain = grain(at);
            let word = self.there.get(grain / 64).copied().unwrap_or(0) >> (grain % 64);
            let zeros = (word.trailing_zeros() as usize).min(64 - grain % 64);
            at += (zeros * GRAIN) as i64;
            if word != 0 {
                break;
            }
        }
        (at < self.end).then_some(at)
    }

    /// The bytes from here on, in at most two pieces.
    pub(super) fn bytes(&self, at: i64, length: usize) -> [&[u8]; 2] {
        let from = place(at, self.room);
        let first = length.min(self.room - from);
        let second = length - first;
        [self.bytes.get(from..from + first).unwrap_or_default(), self.bytes.get(..second).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_put_is_there_and_what_was_not_is_a_hole() {
        let mut ring = Ring::new();
        ring.put(0, &[1; 160], 0);
        ring.put(320, &[3; 160], 0);
        assert_eq!((ring.run(0, 400), ring.run(160, 400), ring.run(320, 80)), (160, 0, 80));
        assert_eq!((ring.next(160), ring.next(480), ring.end()), (Some(320), None, 480));
        // Far ahead: all of it is forgotten, and nothing of the round before comes back.
        ring.put(320 + CAPACITY as i64, &[4; 80], 0);
        assert_eq!((ring.run(0, 400), ring.run(320, 80), ring.next(0)), (0, 0, Some(400)));
        assert!(ring.holds(400, 80) && !ring.holds(400, 81));
    }

    #[test]
    fn what_is_heard_at_once_stays_in_little_room_and_what_waits_gets_more() {
        let mut ring = Ring::new();
        let mut rooms = Vec::new();
        for n in 0..2_000i64 {
            // Between, 600 ms wait.
            let wait = if (100..200).contains(&n) { 4_800 } else { 0 };
            ring.put(n * 160, &[n as u8; 160], n * 160 - wait - 320);
            rooms.push(ring.room);
        }
        assert_eq!((rooms[99], rooms[199], rooms[1_999]), (LEAST, CAPACITY, LEAST));
    }

    #[test]
    fn the_next_is_found_over_the_seams_of_words_and_rounds() {
        for at in (0..16_384).step_by(56) {
            let mut ring = Ring::new();
            ring.put(at, &[1; 8], at);
            ring.put(at + 3_000, &[2; 1_600], at);
            assert_eq!((ring.next(at + 8), ring.next(at + 3_003)), (Some(at + 3_000), Some(at + 3_003)));
            assert_eq!((ring.run(at + 3_001, 9_000), ring.next(at + 4_600)), (1_599, None));
        }
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
                ring.put(at, &payload, at.min(ring.oldest()));
                map.extend((at..at + payload.len() as i64).map(|p| (p, n as u8)));
                map.retain(|p, _| *p >= ring.oldest());
            }
            for at in ring.oldest()..ring.end() {
                let byte = ring.bytes(at, 1)[0].first().copied().filter(|_| ring.run(at, 1) == 1);
                prop_assert_eq!(byte, map.get(&at).copied());
            }
        }

        #[test]
        fn what_is_kept_is_there_whatever_the_room(
            puts in prop::collection::vec((-20i64..60, 1usize..60, 0i64..900), 1..400),
        ) {
            let (mut ring, mut map, mut keep) = (Ring::new(), std::collections::BTreeMap::new(), 0);
            for (n, (ahead, grains, held)) in puts.into_iter().enumerate() {
                let at = ring.end() + ahead * GRAIN as i64;
                keep = keep.max(ring.end() - held * GRAIN as i64).max(at + grains as i64 * 8 - CAPACITY as i64);
                if at < keep {
                    continue;
                }
                let payload = vec![n as u8; grains * GRAIN];
                ring.put(at, &payload, keep);
                map.extend((at..at + payload.len() as i64).map(|p| (p, n as u8)));
                for at in keep..ring.end() {
                    let byte = ring.bytes(at, 1)[0].first().copied().filter(|_| ring.run(at, 1) == 1);
                    prop_assert_eq!(byte, map.get(&at).copied());
                }
                map.retain(|p, _| *p >= keep);
            }
        }
    }
}
