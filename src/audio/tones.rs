//! Sounds that are made, not recorded: beep, the tones of the Chinese network, hold music.

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

/// The tones of the Chinese network (GB/T 3380, YD/T 1133).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// Pick up and dial.
    Dial,
    /// The far end rings.
    RingBack,
    /// The far end talks.
    Busy,
    /// No way is free.
    Congestion,
    /// There is no such number.
    Unobtainable,
    /// An announcement follows (ITU-T E.180).
    SpecialInformation,
    /// Another call waits, said into a talk.
    CallWaiting,
    /// Put the receiver back.
    Howler,
}

impl Tone {
    /// Hertz (0: silence) and ms, one after the other; then from the beginning.
    pub const fn cadence(self) -> &'static [(u16, u16)] {
        match self {
            Self::Dial => &[(450, 1_000)],
            Self::RingBack => &[(450, 1_000), (0, 4_000)],
            Self::Busy => &[(450, 350), (0, 350)],
            Self::Congestion => &[(450, 700), (0, 700)],
            Self::Unobtainable => {
                &[(450, 100), (0, 100), (450, 100), (0, 100), (450, 100), (0, 100), (450, 400), (0, 400)]
            }
            Self::SpecialInformation => &[(950, 330), (1_400, 330), (1_800, 330), (0, 1_000)],
            Self::CallWaiting => &[(450, 400), (0, 4_000)],
            Self::Howler => &[(950, 1_000)],
        }
    }

    /// One turn of it at 8 kHz, about -15 dBm0, to be said again and again; no click within it nor at its seam.
    pub fn sound(self) -> Vec<i16> {
        let mut out = Vec::new();
        for (hertz, length) in self.cadence() {
            let mut piece = sine(f32::from(*hertz), 4_000, ms(usize::from(*length)));
            // Whole waves that follow themselves have no edge.
            if self.cadence().len() > 1 {
                soften(&mut piece);
            }
            out.append(&mut piece);
        }
        out
    }
}

/// Ring-back: 450 Hz, 1 s on, 4 s off (YD/T 1133).
pub fn ring_back() -> Vec<i16> {
    Tone::RingBack.sound()
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

    /// Hertz and ms as heard, 10 ms at a time.
    fn heard(sound: &[i16]) -> Vec<(u16, u16)> {
        let mut out: Vec<(u16, u16)> = Vec::new();
        for piece in sound.chunks(80) {
            let hertz =
                [450u16, 950, 1_400, 1_800].into_iter().find(|h| ear::level(piece, f32::from(*h)) > 2_500.0);
            match out.last_mut() {
                Some(last) if last.0 == hertz.unwrap_or(0) => last.1 += 10,
                _ => out.push((hertz.unwrap_or(0), 10)),
            }
        }
        out
    }

    #[test]
    fn each_tone_sounds_as_its_cadence_says_and_nothing_clicks() {
        for tone in [
            Tone::Dial,
            Tone::RingBack,
            Tone::Busy,
            Tone::Congestion,
            Tone::Unobtainable,
            Tone::SpecialInformation,
            Tone::CallWaiting,
            Tone::Howler,
        ] {
            let sound = tone.sound();
            assert_eq!(heard(&sound), tone.cadence(), "{tone:?}");
            let jump = |w: &[i16]| i32::from(w[0]).abs_diff(i32::from(w[1]));
            // 4,000 * 2 * pi * 1,800 / 8,000: the steepest wave's own.
            assert!(sound.repeat(2).windows(2).map(jump).max() < Some(5_700), "{tone:?} clicks");
        }
        assert_eq!(ring_back().len(), 40_000);
        assert_eq!(heard(&Tone::Unobtainable.sound()).len(), 8);
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
