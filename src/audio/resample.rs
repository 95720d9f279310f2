//! Down to 8 kHz from any rate: a windowed-sinc low-pass, read off where the output's samples fall.

/// The rate of everything that is mixed, Hz.
pub const RATE: u32 = 8_000;
/// Taps of the filter for each output sample and factor; more is sharper.
const TAPS_A_FACTOR: usize = 24;
/// Where the low-pass cuts, Hz.
const CUT: f32 = 3_600.0;

/// Samples of another rate, `rate` Hz from 8,000, at 8 kHz. 8 kHz are not changed.
pub fn from(samples: &[i16], rate: u32) -> Vec<i16> {
    if rate <= RATE {
        return samples.to_vec();
    }
    // Output i falls on input i * step / phases.
    let common = gcd(rate, RATE);
    let (step, phases) = ((rate / common) as usize, (RATE / common) as usize);
    let half = (TAPS_A_FACTOR / 2 * rate as usize).div_ceil(RATE as usize);
    let kernels: Vec<Vec<f32>> =
        (0..phases).map(|phase| low_pass(rate, half, phase as f32 / phases as f32)).collect();
    let wide: Vec<f32> = samples.iter().map(|s| f32::from(*s)).collect();
    let at = |i: usize| {
        let centre = i * step / phases;
        let kernel = kernels.get(i * step % phases).map_or(&[][..], Vec::as_slice);
        let window = wide.get(centre.saturating_sub(half)..).unwrap_or_default();
        let kernel = kernel.get(half.saturating_sub(centre)..).unwrap_or_default();
        kernel
            .iter()
            .zip(window)
            .map(|(k, s)| k * s)
            .sum::<f32>()
            .round()
            .clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
    };
    (0..samples.len() * phases / step).map(at).collect()
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Blackman-windowed sinc of `2 * half + 1` taps around a point `shift` of a sample behind the middle; unity at 0 Hz.
fn low_pass(rate: u32, half: usize, shift: f32) -> Vec<f32> {
    let cut = CUT / rate as f32;
    let tap = |i: usize| {
        let x = i as f32 - half as f32 - shift;
        let turn = std::f32::consts::PI * x / (half as f32 + 1.0);
        let window = 0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos();
        let phase = std::f32::consts::TAU * cut * x;
        let sinc = if x.abs() < 1e-6 { 2.0 * cut } else { phase.sin() / (std::f32::consts::PI * x) };
        sinc * window
    };
    let taps: Vec<f32> = (0..=2 * half).map(tap).collect();
    let sum: f32 = taps.iter().sum();
    taps.into_iter().map(|t| t / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ear, tones};

    #[test]
    fn speech_passes_and_what_would_fold_does_not() {
        for rate in [16_000, 22_050, 24_000, 44_100, 48_000] {
            for (hertz, least, most) in
                [(300.0, 9_500.0, 10_500.0), (3_000.0, 9_000.0, 10_500.0), (6_000.0, 0.0, 30.0)]
            {
                let wide = tones::sine_at(rate, hertz, 10_000, rate as usize);
                let narrow = from(&wide, rate);
                let folded = if hertz > 4_000.0 { 8_000.0 - hertz } else { hertz };
                let level = ear::level(narrow.get(100..).unwrap_or_default(), folded);
                assert!((least..=most).contains(&level), "{hertz} Hz at {rate} Hz comes at {level}");
                assert_eq!(narrow.len(), 8_000);
            }
        }
    }

    #[test]
    fn what_needs_no_change_is_not_changed() {
        let sound = tones::beep();
        assert_eq!(from(&sound, RATE), sound);
        assert!(from(&[], 22_050).is_empty());
    }
}
