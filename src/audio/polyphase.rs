//! Between 8 and 16 kHz while sound runs: a half-band low-pass in two phases, one of which only delays.
//!
//! 63 taps (Kaiser), flat within 0.01 dB to 3.4 kHz, 66 dB down from 4.6 kHz. Going up delays by 31 samples of 16 kHz
//! (1.94 ms), going down by 30 (1.88 ms). Whole files are `resample`'s business.

use crate::FRAME as NARROW;
use crate::codec::WIDE;

/// Taps of the phase that filters.
const TAPS: usize = 32;
const BACK: usize = TAPS - 1;
/// Where the phase that only delays reads: in the middle of the other's taps.
const MIDDLE: usize = 16;

/// The filter's phase, symmetric, 1/16384 a unit; the sum is one.
const FILTER: [i16; TAPS] = [
    -8, 18, -34, 56, -88, 132, -191, 268, -369, 502, -680, 930, -1_306, 1_951, -3_395, 10_406, 10_406,
    -3_395, 1_951, -1_306, 930, -680, 502, -369, 268, -191, 132, -88, 56, -34, 18, -8,
];

/// A frame behind the end of the one before.
type Phase = [i16; BACK + NARROW];

/// 8 kHz to 16 kHz.
#[derive(Clone, Copy, Debug)]
pub struct Up {
    past: [i16; BACK],
}

impl Default for Up {
    fn default() -> Self {
        Self { past: [0; BACK] }
    }
}

impl Up {
    /// The next frame of 20 ms.
    pub fn frame(&mut self, narrow: &[i16; NARROW], wide: &mut [i16; WIDE]) {
        let line = join(&mut self.past, narrow.iter().copied());
        let delayed = line.iter().skip(MIDDLE);
        for ((pair, taps), delayed) in wide.chunks_exact_mut(2).zip(line.windows(TAPS)).zip(delayed) {
            if let [between, same] = pair {
                (*between, *same) = (narrow_16(filter(taps) >> 14), *delayed);
            }
        }
    }
}

/// 16 kHz to 8 kHz.
#[derive(Clone, Debug)]
pub struct Down {
    even: [i16; BACK],
    odd: [i16; BACK],
}

impl Default for Down {
    fn default() -> Self {
        Self { even: [0; BACK], odd: [0; BACK] }
    }
}

impl Down {
    /// The next frame of 20 ms.
    pub fn frame(&mut self, wide: &[i16; WIDE], narrow: &mut [i16; NARROW]) {
        let even = join(&mut self.even, wide.iter().copied().step_by(2));
        let odd = join(&mut self.odd, wide.iter().copied().skip(1).step_by(2));
        let delayed = even.iter().skip(MIDDLE);
        for ((sample, taps), delayed) in narrow.iter_mut().zip(odd.windows(TAPS)).zip(delayed) {
            *sample = narrow_16((filter(taps) + (i32::from(*delayed) << 14)) >> 15);
        }
    }
}

/// The past and these samples in one line; the past is moved on.
fn join(past: &mut [i16; BACK], samples: impl Iterator<Item = i16>) -> Phase {
    let mut line = [0; BACK + NARROW];
    line[..BACK].copy_from_slice(past);
    for (place, sample) in line[BACK..].iter_mut().zip(samples) {
        *place = sample;
    }
    past.copy_from_slice(&line[NARROW..]);
    line
}

/// One place of the filter with half a unit for rounding; the sum of the magnitudes is below 2.5, so that 32 bits do.
#[inline]
fn filter(taps: &[i16]) -> i32 {
    let sum: i32 = taps.iter().zip(&FILTER).map(|(s, t)| i32::from(*s) * i32::from(*t)).sum();
    sum + (1 << 13)
}

fn narrow_16(value: i32) -> i16 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{ear, tones};

    fn up(sound: &[i16]) -> Vec<i16> {
        let (mut up, mut wide) = (Up::default(), [0; WIDE]);
        let frame = |narrow: &[i16]| {
            up.frame(narrow.try_into().unwrap(), &mut wide);
            wide
        };
        sound.chunks_exact(NARROW).flat_map(frame).collect()
    }

    fn down(sound: &[i16]) -> Vec<i16> {
        let (mut down, mut narrow) = (Down::default(), [0; NARROW]);
        let frame = |wide: &[i16]| {
            down.frame(wide.try_into().unwrap(), &mut narrow);
            narrow
        };
        sound.chunks_exact(WIDE).flat_map(frame).collect()
    }

    /// How loud a frequency is in sound of 16 kHz; the ear counts at 8 kHz.
    fn wide_level(sound: &[i16], hertz: f32) -> f32 {
        ear::level(sound.get(320..).unwrap(), hertz / 2.0)
    }

    #[test]
    fn going_up_keeps_speech_and_makes_no_image() {
        for hertz in [50.0, 300.0, 1_000.0, 3_000.0, 3_400.0] {
            let wide = up(&tones::sine(hertz, 16_000, 8_000));
            let (level, image) = (wide_level(&wide, hertz), wide_level(&wide, 8_000.0 - hertz));
            assert!((15_900.0..16_100.0).contains(&level), "{hertz} Hz comes at {level}");
            assert!(image < 16.0, "{hertz} Hz has an image of {image}: less than 60 dB below");
        }
    }

    #[test]
    fn going_down_keeps_speech_and_folds_nothing_back() {
        for hertz in [50.0, 300.0, 1_000.0, 3_000.0, 3_400.0] {
            let level =
                ear::level(down(&tones::sine_at(16_000, hertz, 16_000, 16_000)).get(160..).unwrap(), hertz);
            assert!((15_900.0..16_100.0).contains(&level), "{hertz} Hz comes at {level}");
        }
        for hertz in [4_600.0, 5_000.0, 5_900.0, 6_500.0, 7_500.0] {
            let sound = down(&tones::sine_at(16_000, hertz, 16_000, 16_000));
            let folded = ear::level(sound.get(160..).unwrap(), 8_000.0 - hertz);
            assert!(folded < 16.0, "{hertz} Hz folds to {folded}: less than 60 dB below");
        }
    }

    #[test]
    fn the_delay_is_as_stated() {
        let mut click = [0; 320];
        click[40] = 10_000;
        let wide = up(&click);
        assert_eq!(wide.iter().position(|s| *s == 10_000), Some(80 + 31));
        let mut click = [0; 640];
        click[80] = 10_000;
        let narrow = down(&click);
        let loudest = narrow.iter().enumerate().max_by_key(|(_, s)| **s).unwrap();
        assert_eq!(loudest, (40 + 15, &5_000));
    }

    #[test]
    fn full_scale_is_cut_and_does_not_turn_over() {
        let square: Vec<i16> =
            (0..1_600).map(|i| if i / 20 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
        for (at, pair) in up(&square).windows(2).enumerate() {
            let jump = i32::from(pair[0]).abs_diff(i32::from(pair[1]));
            assert!(jump < 50_000, "turns over at {at}");
        }
        // Settled, full scale stays what it is.
        assert_eq!(down(&up(&[i16::MIN; 480])).last(), Some(&i16::MIN));
        assert_eq!(down(&up(&[i16::MAX; 480])).last(), Some(&i16::MAX));
    }
}
