//! What is said in a room: sounds one after the other, without a gap.

use std::sync::Arc;

use audio::FRAME;
use audio::g711::{self, Law};

use crate::command::{Hearers, PlayTag};
use crate::sound::Sound;

/// Something that is being said.
pub(crate) struct Playing {
    pub(crate) tag: PlayTag,
    pub(crate) to: Hearers,
    sounds: Vec<Arc<Sound>>,
    /// Where the frame of this tick begins: which sound, and which sample of it.
    now: (usize, usize),
    /// Where the next one does.
    next: (usize, usize),
}

impl Playing {
    pub(crate) fn new(tag: PlayTag, to: Hearers, sounds: Vec<Arc<Sound>>) -> Self {
        Self { tag, to, sounds, now: (0, 0), next: (0, 0) }
    }

    /// Goes on by a frame; false when all was said before it.
    pub(crate) fn advance(&mut self) -> bool {
        self.now = self.next;
        let (mut index, mut at) = self.now;
        let mut filled = 0;
        while filled < FRAME {
            let Some(sound) = self.sounds.get(index) else { break };
            let take = sound.samples().len().saturating_sub(at).min(FRAME - filled);
            (filled, at) = (filled + take, at + take);
            if at >= sound.samples().len() {
                (index, at) = (index + 1, 0);
            }
        }
        self.next = (index, at);
        filled > 0
    }

    /// The frame of this tick.
    pub(crate) fn frame(&self, out: &mut [i16; FRAME]) {
        out.fill(0);
        self.fill(out, |sound| Some(sound.samples()));
    }

    /// The same in packets of this law; false when it is not there yet: [`Playing::encode`] makes it.
    pub(crate) fn coded(&self, law: Law, out: &mut [u8; FRAME]) -> bool {
        out.fill(g711::compress(law, 0));
        self.fill(out, |sound| sound.coded(law))
    }

    fn fill<'a, T: Copy + 'a>(&'a self, out: &mut [T], of: impl Fn(&'a Sound) -> Option<&'a [T]>) -> bool {
        let (mut index, mut at) = self.now;
        let mut rest = out;
        while !rest.is_empty() {
            let Some(sound) = self.sounds.get(index) else { break };
            let Some(piece) = of(sound).and_then(|all| all.get(at..)) else { return false };
            let take = piece.len().min(rest.len());
            let Some((place, later)) = rest.split_at_mut_checked(take) else { return false };
            place.copy_from_slice(piece.get(..take).unwrap_or_default());
            rest = later;
            (index, at) = (index + 1, 0);
        }
        true
    }

    /// Makes the next of its sounds that is not ready for packets of this law yet. Not in a tick: it allocates. False: all
    /// are.
    pub(crate) fn encode(&self, law: Law) -> bool {
        let next = self.sounds.iter().find(|sound| sound.coded(law).is_none());
        next.inspect(|sound| sound.encode(law)).is_some()
    }
}

/// A frame of a sound that loops, at this tick.
pub(crate) fn looped(sound: &[i16], tick: u64, out: &mut [i16; FRAME]) {
    if sound.is_empty() {
        return out.fill(0);
    }
    let start = (tick % sound.len() as u64) as usize * FRAME;
    for (i, sample) in out.iter_mut().enumerate() {
        *sample = sound.get((start + i) % sound.len()).copied().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_follow_each_other_without_a_gap() {
        let piece = |value: i16, length| Arc::new(Sound::new("x", vec![value; length]));
        let sounds = vec![piece(8, 100), piece(2, 0), piece(24, 100)];
        let mut playing = Playing::new(PlayTag(1), Hearers::Main, sounds);
        let (mut out, mut bytes) = ([9; FRAME], [9; FRAME]);
        assert!(playing.advance());
        playing.frame(&mut out);
        assert!(out.iter().take(100).all(|s| *s == 8) && out.iter().skip(100).all(|s| *s == 24));
        assert!(!playing.coded(Law::A, &mut bytes), "not yet");
        while playing.encode(Law::A) {}
        assert!(playing.coded(Law::A, &mut bytes) && !playing.coded(Law::Mu, &mut [0; FRAME]));
        assert!(out.iter().zip(&bytes).all(|(sample, byte)| g711::compress(Law::A, *sample) == *byte));
        assert!(playing.advance());
        playing.frame(&mut out);
        assert!(out.iter().take(40).all(|s| *s == 24) && out.iter().skip(40).all(|s| *s == 0));
        assert!(playing.coded(Law::A, &mut bytes));
        assert!(out.iter().zip(&bytes).all(|(sample, byte)| g711::compress(Law::A, *sample) == *byte));
        assert!(!playing.advance());
    }

    #[test]
    fn a_loop_goes_on_over_its_seam() {
        let sound: Vec<i16> = (0..400).collect();
        let mut heard = Vec::new();
        for tick in 0..5 {
            let mut out = [0; FRAME];
            looped(&sound, tick, &mut out);
            heard.extend(out);
        }
        assert!(heard.iter().zip((0..400).cycle()).all(|(a, b)| *a == b));
    }
}
