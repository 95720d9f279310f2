//! Listening for tests: how loud a frequency is in a piece of sound.

use crate::resample::RATE;

/// Peak level of one frequency (Goertzel), in samples' units: a sine of peak 10,000 gives about 10,000.
pub fn level(samples: &[i16], hertz: f32) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let turn = f64::from(hertz) * std::f64::consts::TAU / f64::from(RATE);
    let factor = 2.0 * turn.cos();
    let (mut one, mut two) = (0.0f64, 0.0f64);
    for sample in samples {
        let zero = f64::from(*sample) + factor * one - two;
        (two, one) = (one, zero);
    }
    let power = (one * one + two * two - factor * one * two).max(0.0);
    (power.sqrt() * 2.0 / samples.len() as f64) as f32
}

/// Root mean square.
pub fn rms(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let sum: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    (sum / samples.len() as f64).sqrt() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tones;

    #[test]
    fn a_tone_is_heard_at_its_own_frequency_only() {
        let tone = tones::sine(700.0, 10_000, 1_600);
        assert!((level(&tone, 700.0) - 10_000.0).abs() < 300.0);
        assert!(level(&tone, 900.0) < 300.0 && level(&[], 700.0) < 1.0);
        assert!((rms(&tone) - 7_071.0).abs() < 100.0);
    }
}
