//! Takes keys out of what others hear, without a hole: for the price of one frame of delay, so that a key's first 20 ms, by
//! which it is known, do not pass either.

use crate::FRAME;

/// Samples of a fade: 5 ms at 8 kHz; at 16 kHz twice as many.
const FADE: usize = 40;
const MOST: usize = 2 * FRAME;
/// The noise between is never louder than this (RMS): about -50 dBm0.
const MOST_NOISE: f32 = 70.0;

/// One leg's, at 8 or 16 kHz.
#[derive(Clone, Debug)]
pub struct Strip {
    held: [i16; MOST],
    /// A key sounded in the held frame.
    sounding: bool,
    /// The frame before the held one was hidden.
    hidden: bool,
    /// RMS of the quietest sound of late.
    floor: f32,
    seed: u32,
}

impl Default for Strip {
    fn default() -> Self {
        Self { held: [0; MOST], sounding: false, hidden: false, floor: 0.0, seed: 1 }
    }
}

impl Strip {
    /// Takes a frame of 160 or 320 samples and what the detector said of it; leaves the frame before in its place, with
    /// noise as loud as the leg's background where a key sounds in it.
    pub fn frame(&mut self, frame: &mut [i16], sounding: bool) {
        let length = frame.len().min(MOST);
        for (now, held) in frame.iter_mut().zip(&mut self.held) {
            std::mem::swap(now, held);
        }
        let hide = sounding || self.sounding;
        self.sounding = sounding;
        if !hide && !self.hidden {
            self.listen(frame);
        } else {
            let fade = FADE * length.div_ceil(FRAME);
            // Weights of the sound: constant, or a slope of `fade` samples, in 1/256.
            let (from, to) = (if self.hidden { 0 } else { 256 }, if hide { 0 } else { 256 });
            for (at, sample) in frame.iter_mut().enumerate() {
                let slope = at.min(fade) as i32;
                let weight = from + (to - from) * slope / fade.max(1) as i32;
                let noise = i32::from(self.noise());
                *sample = ((i32::from(*sample) * weight + noise * (256 - weight)) >> 8) as i16;
            }
        }
        self.hidden = hide;
    }

    /// Follows the background: down at once, up by 6 dB in half a second.
    fn listen(&mut self, frame: &[i16]) {
        let level = crate::ear::rms(frame);
        self.floor = level.min((self.floor * 1.028).max(1.0)).min(MOST_NOISE);
    }

    /// White, evenly spread: its RMS is 0.577 of its peak.
    fn noise(&mut self) -> i16 {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let even = (self.seed >> 16) as i32 - 32_768;
        ((even as f32) * (self.floor * (1.732 / 32_768.0))) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ear, tones};

    #[test]
    fn a_key_is_hidden_with_the_frame_before_and_there_is_no_hole() {
        let mut strip = Strip::default();
        // A hum of RMS 35 for five seconds: the background is known.
        let hum = tones::sine(300.0, 50, 160);
        let mut out = [0; 160];
        for _ in 0..250 {
            out.copy_from_slice(&hum);
            strip.frame(&mut out, false);
        }
        assert_eq!(out.as_slice(), hum, "sound passes as it is, a frame late");
        let key = tones::sine(770.0, 10_000, 160);
        let mut levels = Vec::new();
        for sounding in [false, true, true, true, false, false, false] {
            out.copy_from_slice(if sounding { &key } else { &hum });
            strip.frame(&mut out, sounding);
            levels.push((ear::level(&out, 770.0), ear::rms(&out)));
        }
        for (at, (key, level)) in levels.iter().enumerate() {
            assert!(*key < 20.0, "the key is heard in frame {at}: {levels:?}");
            assert!((15.0..60.0).contains(level), "a hole or a burst in frame {at}: {levels:?}");
        }
    }

    #[test]
    fn wide_frames_are_whole() {
        let mut strip = Strip::default();
        let first = tones::sine_at(16_000, 5_000.0, 8_000, 320);
        let mut out = [0; 320];
        out.copy_from_slice(&first);
        strip.frame(&mut out, false);
        assert_eq!(out, [0; 320]);
        strip.frame(&mut out, false);
        assert_eq!(out.as_slice(), first);
    }
}
