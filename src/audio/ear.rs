//! Listening: how loud a piece of sound is, and for tests how loud a frequency is in it.

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

/// Sum of the squares: of several pieces it is their sum.
pub fn energy(samples: &[i16]) -> u64 {
    // A square is below 2^31.
    samples.iter().map(|s| u64::from((i32::from(*s) * i32::from(*s)).unsigned_abs())).sum()
}

/// How loud sound of this energy is to an ear, 0.0 ..= 1.0: `1 + L / 60`, where L is the level of its RMS in dBov (dB below
/// overload, ITU-T G.100.1); what is 60 dB and more below it is silence. A full sine (-3 dBov) is 0.95, a nominal talker
/// (-26 dBov, ITU-T P.56) 0.57.
pub fn loudness(energy: u64, samples: usize) -> f32 {
    /// dB below overload of what counts as silence.
    const RANGE: f64 = 60.0;
    /// The RMS of overload.
    const OVERLOAD: f64 = 32_768.0;
    if energy == 0 || samples == 0 {
        return 0.0;
    }
    let dbov = 10.0 * (energy as f64 / samples as f64 / (OVERLOAD * OVERLOAD)).log10();
    (1.0 + dbov / RANGE).clamp(0.0, 1.0) as f32
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

    #[test]
    fn loudness_follows_the_ear() {
        let of = |peak: i16| {
            let tone = tones::sine(1_000.0, peak, 1_600);
            loudness(energy(&tone), tone.len())
        };
        // 20 dB are a third of the range, whatever the level.
        assert!((of(32_767) - 0.95).abs() < 0.002, "{}", of(32_767));
        assert!((of(3_277) - (0.95 - 1.0 / 3.0)).abs() < 0.002, "{}", of(3_277));
        assert!((of(328) - (0.95 - 2.0 / 3.0)).abs() < 0.002, "{}", of(328));
        assert_eq!(
            (loudness(energy(&[i16::MIN; 80]), 80), loudness(0, 160), loudness(0, 0)),
            (1.0, 0.0, 0.0)
        );
        assert_eq!(loudness(energy(&[20; 160]), 160), 0.0, "below the range");
    }
}
