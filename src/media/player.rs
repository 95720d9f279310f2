//! What is said in a room: sounds one after the other, without a gap.

use std::sync::Arc;

use audio::FRAME;

use crate::command::{Hearers, PlayTag};
use crate::sound::Sound;

/// Something that is being said.
pub(crate) struct Playing {
    pub(crate) tag: PlayTag,
    pub(crate) to: Hearers,
    sounds: Vec<Arc<Sound>>,
    index: usize,
    at: usize,
}

impl Playing {
    pub(crate) fn new(tag: PlayTag, to: Hearers, sounds: Vec<Arc<Sound>>) -> Self {
        Self { tag, to, sounds, index: 0, at: 0 }
    }

    /// The next frame; false when all was said before it.
    pub(crate) fn next(&mut self, out: &mut [i16; FRAME]) -> bool {
        let mut filled = 0;
        while filled < FRAME {
            let Some(sound) = self.sounds.get(self.index) else { break };
            let rest = sound.samples().get(self.at..).unwrap_or_default();
            let take = rest.len().min(FRAME - filled);
            if let (Some(place), Some(piece)) = (out.get_mut(filled..filled + take), rest.get(..take)) {
                place.copy_from_slice(piece);
            }
            filled += take;
            self.at += take;
            if self.at >= sound.samples().len() {
                (self.index, self.at) = (self.index + 1, 0);
            }
        }
        if let Some(silence) = out.get_mut(filled..) {
            silence.fill(0);
        }
        filled > 0
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
        let mut playing =
            Playing::new(PlayTag(1), Hearers::Main, vec![piece(1, 100), piece(2, 0), piece(3, 100)]);
        let mut out = [9; FRAME];
        assert!(playing.next(&mut out));
        assert!(out.iter().take(100).all(|s| *s == 1) && out.iter().skip(100).all(|s| *s == 3));
        assert!(playing.next(&mut out));
        assert!(out.iter().take(40).all(|s| *s == 3) && out.iter().skip(40).all(|s| *s == 0));
        assert!(!playing.next(&mut out));
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
