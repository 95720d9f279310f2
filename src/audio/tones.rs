//! Sounds that are made, not recorded: beep, Chinese ring-back and busy tone, hold music.

use crate::resample::RATE;

/// A sine of so many samples at 8 kHz.
pub fn sine(hertz: f32, peak: i16, samples: usize) -> Vec<i16> {
    sine_at(RATE, hertz, peak, samples)
}

/// A sine at another rate.
pub fn sine_at(rate: u32, hertz: f32, peak: i16, samples: usize) -> Vec<i16> {
    let step = hertz * std::f32::consts::TAU / rate as f32;
    (0..samples).map(|i| ((i as f32 * step).sin() * f32::from(peak)) as i16).collect()
}

/// So many samples a millisecond.
const fn ms(length: usize) -> usize {
    length * RATE as usize / 1_000
}

/// A beep of 1 kHz, 400 ms, as before a voice message.
pub fn beep() -> Vec<i16> {
    let mut beep = sine(1_000.0, 6_000, ms(400));
    soften(&mut beep);
    beep
}

/// Ring-back: 450 Hz, 1 s on, 4 s off (YD/T 1133).
pub fn ring_back() -> Vec<i16> {
    cadence(ms(1_000), ms(4_000))
}

/// Busy: 450 Hz, 0.35 s on, 0.35 s off.
pub fn busy() -> Vec<i16> {
    cadence(ms(350), ms(350))
}

fn cadence(on: usize, off: usize) -> Vec<i16> {
    let mut tone = sine(450.0, 4_000, on);
    soften(&mut tone);
    tone.resize(on + off, 0);
    tone
}

/// 5 ms of fade at both ends: no clicks.
fn soften(samples: &mut [i16]) {
    let ramp = ms(5);
    let length = samples.len();
    for (i, sample) in samples.iter_mut().enumerate() {
        let edge = i.min(length - 1 - i).min(ramp);
        *sample = (i32::from(*sample) * edge as i32 / ramp as i32) as i16;
    }
}

/// Hold music that loops without a seam: a slow pentatonic tune over soft chords, about 31 s, peaks near -18 dBFS.
pub fn music() -> Vec<i16> {
    /// Hertz of the pentatonic scale on C4, one octave and a half.
    const SCALE: [f32; 8] = [261.63, 293.66, 329.63, 392.0, 440.0, 523.25, 587.33, 659.26];
    /// The tune by places of the scale, one a beat; 8 is a rest.
    const TUNE: [usize; 48] = [
        4, 8, 5, 4, 3, 8, 2, 8, 3, 4, 3, 2, 1, 8, 8, 8, 0, 1, 2, 3, 4, 8, 3, 2, 3, 8, 5, 4, 3, 8, 8, 8, 5, 8,
        6, 5, 4, 3, 4, 8, 2, 3, 1, 0, 0, 8, 8, 8,
    ];
    /// The low note under each half bar.
    const BASS: [f32; 12] =
        [130.81, 110.0, 98.0, 130.81, 110.0, 98.0, 87.31, 98.0, 130.81, 110.0, 98.0, 130.81];
    let beat = ms(640);
    let length = TUNE.len() * beat;
    let mut out = vec![0.0f32; length];
    for (i, note) in TUNE.iter().enumerate() {
        if let Some(hertz) = SCALE.get(*note) {
            pluck(&mut out, i * beat, *hertz, 1_500.0, ms(1_400));
        }
    }
    for (i, hertz) in BASS.iter().enumerate() {
        pluck(&mut out, i * beat * 4, *hertz, 1_100.0, ms(2_400));
        pluck(&mut out, i * beat * 4 + beat * 2, hertz * 1.5, 600.0, ms(1_800));
    }
    out.into_iter().map(|s| s.clamp(-4_000.0, 4_000.0) as i16).collect()
}

/// A struck string that rings on over the loop's seam.
fn pluck(out: &mut [f32], from: usize, hertz: f32, peak: f32, samples: usize) {
    let length = out.len();
    let step = hertz * std::f32::consts::TAU / RATE as f32;
    for i in 0..samples {
        let fade = (1.0 - i as f32 / samples as f32).powi(2) * (i as f32 / ms(8) as f32).min(1.0);
        let phase = i as f32 * step;
        let sound = phase.sin() + 0.3 * (2.0 * phase).sin() + 0.1 * (3.0 * phase).sin();
        if let Some(sample) = out.get_mut((from + i) % length) {
            *sample += sound * peak * fade;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ear;

    #[test]
    fn the_ring_back_is_chinese() {
        let tone = ring_back();
        assert_eq!(tone.len(), 40_000);
        assert!(ear::level(tone.get(..8_000).unwrap(), 450.0) > 3_500.0);
        assert!(tone.get(8_000..).unwrap().iter().all(|s| *s == 0));
    }

    #[test]
    fn music_is_soft_and_has_no_seam() {
        let music = music();
        let peak = music.iter().map(|s| s.unsigned_abs()).max().unwrap();
        assert!((2_000..=4_000).contains(&peak), "{peak}");
        let step = |a: i16, b: i16| i32::from(a).abs_diff(i32::from(b));
        let widest = music
            .windows(2)
            .map(|w| step(w.first().copied().unwrap(), w.last().copied().unwrap()))
            .max()
            .unwrap();
        assert!(step(*music.last().unwrap(), *music.first().unwrap()) <= widest, "a click at the seam");
        assert!((30.0..33.0).contains(&(music.len() as f32 / 8_000.0)));
    }
}
