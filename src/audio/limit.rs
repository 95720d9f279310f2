//! A soft end instead of clipping, and soft edges where a voice begins or ends.

/// What is louder than this is turned down: 2 dB below full scale.
const CEILING: f32 = 26_000.0;
/// Pieces of a frame, each with its own gain at its end: 5 ms.
const PIECES: usize = 4;
/// Back up by so much a piece: 0.4 dB, 80 dB a second.
const RELEASE: f32 = 1.047;
/// Length of a fade, as a part of a frame: 5 ms.
const FADE: usize = 4;

/// Turns a sum of voices down where it would clip. No delay: the gain slopes down ahead of a peak as far as the frame shows
/// it, and only a peak in the first 5 ms of a frame is rounded off instead.
#[derive(Clone, Copy, Debug)]
pub struct Limiter {
    gain: f32,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

impl Limiter {
    /// A frame of 20 ms of any rate; the shorter of both lengths counts. A sum that is not too loud passes as it is.
    pub fn frame(&mut self, sum: &[i32], out: &mut [i16]) {
        let length = sum.len().min(out.len());
        let (sum, out) = (&sum[..length], &mut out[..length]);
        if self.gain >= 1.0 && peak(sum) <= CEILING as i32 {
            for (out, sum) in out.iter_mut().zip(sum) {
                *out = (*sum).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
            }
            return;
        }
        self.turn_down(sum, out);
    }

    fn turn_down(&mut self, sum: &[i32], out: &mut [i16]) {
        let piece = sum.len().div_ceil(PIECES).max(1);
        // What each piece bears at most, and nothing known behind the last.
        let mut bears = [1.0f32; PIECES + 1];
        for (bears, sum) in bears.iter_mut().zip(sum.chunks(piece)) {
            *bears = (CEILING / peak(sum).max(1) as f32).min(1.0);
        }
        for (at, (out, sum)) in out.chunks_mut(piece).zip(sum.chunks(piece)).enumerate() {
            // The gain where this piece ends suits the next one too.
            let end = (self.gain * RELEASE).min(bears[at]).min(bears[at + 1]);
            let step = (end - self.gain) / sum.len() as f32;
            let mut gain = self.gain;
            for (out, sum) in out.iter_mut().zip(sum) {
                gain += step;
                *out = round_off(*sum as f32 * gain) as i16;
            }
            self.gain = end;
        }
    }
}

/// The largest magnitude.
fn peak(sum: &[i32]) -> i32 {
    // Both ends, so that the compiler makes vectors of it.
    let (least, most) = sum.iter().fold((0, 0), |(least, most): (i32, i32), s| (least.min(*s), most.max(*s)));
    most.max(least.saturating_neg())
}

/// Above the ceiling the slope falls smoothly to nothing at full scale.
#[inline]
fn round_off(sample: f32) -> f32 {
    const ROOM: f32 = 32_767.0 - CEILING;
    let over = sample.abs() - CEILING;
    if over <= 0.0 {
        return sample;
    }
    (CEILING + ROOM * over / (ROOM + over)).copysign(sample)
}

/// A voice that comes and goes: joins, leaves, mutes. It begins closed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fade {
    open: bool,
}

impl Fade {
    /// Of a voice that is heard already.
    pub fn opened() -> Self {
        Self { open: true }
    }

    /// The next frame, of any rate: slopes within its first 5 ms if the voice begins or ends with it, and is silent while it is
    /// closed. Whether anything is left of it.
    pub fn frame(&mut self, frame: &mut [i16], open: bool) -> bool {
        let was = std::mem::replace(&mut self.open, open);
        if was == open {
            if !open {
                frame.fill(0);
            }
            return open;
        }
        let slope = (frame.len() / FADE).max(1);
        for (at, sample) in frame.iter_mut().enumerate() {
            let weight = at.min(slope) as i32;
            let weight = if open { weight } else { slope as i32 - weight };
            *sample = (i32::from(*sample) * weight / slope as i32) as i16;
        }
        true
    }
}

/// Lets a voice that is gone run out instead of breaking off: adds a slope of 5 ms from its last sample to nothing to a frame.
pub fn run_out(last: i16, frame: &mut [i16]) {
    let slope = (frame.len() / FADE).max(1) as i32;
    for (left, sample) in (0..slope).rev().zip(frame) {
        *sample = sample.saturating_add((i32::from(last) * left / slope) as i16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ear, tones};

    fn limited(sum: &[i32]) -> Vec<i16> {
        let (mut limiter, mut out) = (Limiter::default(), [0; 160]);
        let frame = |sum: &[i32]| {
            limiter.frame(sum, &mut out);
            out
        };
        sum.chunks(160).flat_map(frame).collect()
    }

    fn tone(hertz: f32, peak: f32, samples: usize) -> Vec<i32> {
        let step = hertz * std::f32::consts::TAU / 8_000.0;
        (0..samples).map(|i| ((i as f32 * step).sin() * peak) as i32).collect()
    }

    #[test]
    fn what_fits_is_not_touched() {
        let quiet = tone(440.0, 25_000.0, 1_600);
        assert!(limited(&quiet).iter().zip(&quiet).all(|(out, sum)| i32::from(*out) == *sum));
    }

    #[test]
    fn what_would_clip_is_turned_down_and_stays_clean() {
        let out = limited(&tone(500.0, 80_000.0, 8_000));
        let settled = out.get(800..).unwrap_or_default();
        let level = ear::level(settled, 500.0);
        assert!((24_000.0..27_000.0).contains(&level), "{level}");
        // Clipped, the third harmonic would be 10 dB below.
        let third = ear::level(settled, 1_500.0);
        assert!(third < level / 100.0, "third harmonic at {third}");
        assert!(out.iter().all(|s| s.unsigned_abs() <= 32_767));
    }

    #[test]
    fn a_peak_within_a_frame_is_met_by_a_slope_and_the_gain_comes_back() {
        let mut sum = tone(300.0, 8_000.0, 8_000);
        for sample in sum.iter_mut().skip(1_600 + 100).take(30) {
            *sample *= 8;
        }
        let out = limited(&sum);
        assert_eq!(i32::from(out[1_599]), sum[1_599]);
        assert!(out[1_700..1_730].iter().all(|s| s.unsigned_abs() <= 26_001), "the slope came in time");
        assert_eq!(out[4_000..].iter().map(|s| i32::from(*s)).collect::<Vec<_>>(), sum[4_000..]);
    }

    #[test]
    fn a_peak_at_the_beginning_is_rounded_off() {
        let out = limited(&[i32::from(i16::MAX) * 6; 160]);
        assert!(out.iter().all(|s| (26_000..=32_767).contains(s) || *s >= 25_990), "{out:?}");
        assert_eq!(limited(&[i32::MIN; 160]).len(), 160);
        Limiter::default().frame(&[], &mut []);
    }

    #[test]
    fn a_voice_comes_and_goes_without_a_click() {
        let mut fade = Fade::default();
        let sound = tones::sine(200.0, 10_000, 160 * 6);
        let mut out = Vec::new();
        let mut heard = Vec::new();
        for (frame, open) in sound.chunks(160).zip([false, true, true, false, false, true]) {
            let mut frame = frame.to_vec();
            heard.push(fade.frame(&mut frame, open));
            out.extend(frame);
        }
        assert_eq!(heard, [false, true, true, true, false, true]);
        assert!(out[..160].iter().chain(&out[520..800]).all(|s| *s == 0));
        assert_eq!(out[200..480], sound[200..480]);
        let jump = |w: &[i16]| i32::from(w[0]).abs_diff(i32::from(w[1]));
        let widest = sound.windows(2).map(jump).max();
        assert!(out.windows(2).map(jump).max() <= widest, "a click");
    }

    #[test]
    fn a_voice_that_is_gone_runs_out() {
        let mut frame = [0; 160];
        run_out(8_000, &mut frame);
        assert!(frame.windows(2).all(|w| w[0] >= w[1] && w[0] - w[1] <= 200), "{frame:?}");
        assert_eq!((frame[0], frame[39], frame[159]), (7_800, 0, 0));
    }
}
