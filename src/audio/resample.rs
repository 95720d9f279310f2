//! Down to 8 kHz by whole factors: a windowed-sinc low-pass, then every n-th sample.

/// The rate of everything that is mixed, Hz.
pub const RATE: u32 = 8_000;
/// Taps of the filter for each output sample and factor; more is sharper.
const TAPS_A_FACTOR: usize = 24;

/// Every `factor`-th sample of what a low-pass at 3.6 kHz lets through. Factor 1 changes nothing.
pub fn down(samples: &[i16], factor: u32) -> Vec<i16> {
    let factor = usize::try_from(factor).unwrap_or(1).max(1);
    if factor == 1 {
        return samples.to_vec();
    }
    let taps = low_pass(factor);
    let half = taps.len() / 2;
    let at = |i: usize| {
        let from = (i * factor).saturating_sub(half);
        let skip = half.saturating_sub(i * factor);
        let window = samples.get(from..).unwrap_or_default();
        let kernel = taps.get(skip..).unwrap_or_default();
        let sum: f32 = kernel.iter().zip(window).map(|(k, s)| k * f32::from(*s)).sum();
        sum.round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
    };
    (0..samples.len() / factor).map(at).collect()
}

/// Blackman-windowed sinc, unity at 0 Hz.
fn low_pass(factor: usize) -> Vec<f32> {
    let length = TAPS_A_FACTOR * factor + 1;
    let (half, cut) = (length as f32 / 2.0 - 0.5, 3_600.0 / (RATE as f32 * factor as f32));
    let tap = |i: usize| {
        let x = i as f32 - half;
        let turn = std::f32::consts::TAU * i as f32 / (length - 1) as f32;
        let window = 0.42 - 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos();
        let phase = std::f32::consts::TAU * cut * x;
        let sinc = if x.abs() < 1e-6 { 2.0 * cut } else { phase.sin() / (std::f32::consts::PI * x) };
        sinc * window
    };
    let taps: Vec<f32> = (0..length).map(tap).collect();
    let sum: f32 = taps.iter().sum();
    taps.into_iter().map(|t| t / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ear, tones};

    #[test]
    fn speech_passes_and_what_would_fold_does_not() {
        for (hertz, least, most) in
            [(300.0, 9_500.0, 10_500.0), (3_000.0, 9_000.0, 10_500.0), (6_000.0, 0.0, 30.0)]
        {
            let wide = tones::sine_at(16_000, hertz, 10_000, 16_000);
            let narrow = down(&wide, 2);
            let folded = if hertz > 4_000.0 { 8_000.0 - hertz } else { hertz };
            let level = ear::level(narrow.get(100..).unwrap_or_default(), folded);
            assert!((least..=most).contains(&level), "{hertz} Hz comes at {level}");
        }
    }
}
