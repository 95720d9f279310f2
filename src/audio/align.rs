//! Level alignment: a loud desk phone and a quiet mobile are heard alike. Slow, and only ever by what is speech.
//!
//! The level is that of active speech (after ITU-T P.56: what is within 16 dB of it counts, pauses do not), aimed at -19 dBm0.
//! It is frozen in silence, in steady sound (tones, engines) and while a key sounds. Noise is never lifted above -48 dBm0.

/// RMS of full scale in dBm0: a full sine is 3.14.
const OVERLOAD: f32 = 6.15;
/// Where speech should be, dBm0.
const TARGET: f32 = -19.0;
/// Least and most gain, dB.
const LEAST: f32 = -12.0;
/// Most.
const MOST: f32 = 15.0;
/// Quieter than this is no speech, dBm0.
const SILENCE: f32 = -52.0;
/// Speech is so far above the noise, dB.
const ABOVE_NOISE: f32 = 10.0;
/// P.56 section 5: what is further below the active level is a pause, dB.
const MARGIN: f32 = 15.9;
/// Lifted noise stays below this, dBm0.
const MOST_NOISE: f32 = -48.0;
/// Frames of speech before the gain first moves: 0.4 s; and those that the level is averaged over: 3 s.
const FIRST: f32 = 20.0;
/// Most frames.
const MEMORY: f32 = 150.0;
/// The gain follows by a fiftieth of what is missing a frame, up by 4 dB a second at most, down by 12.
const FOLLOW: f32 = 0.02;
/// dB a frame.
const UP: f32 = 0.08;
/// dB a frame.
const DOWN: f32 = 0.24;
/// Who is no further off than this is left as it is, dB: nobody minds, and what is not changed can be passed on as it came.
const ENGAGE: f32 = 3.0;
/// Who was further off is left alone again from here on.
const RELEASE: f32 = 2.0;
/// Steady is what stays within so many dB from frame to frame for so long: no voice does.
const STEADY: f32 = 0.8;
/// Frames: 200 ms.
const STEADY_FOR: u8 = 10;
/// Noise is not followed further down, dBm0.
const LEAST_NOISE: f32 = -70.0;
/// Samples are never lifted above this.
const PEAK: f32 = 30_000.0;

/// Mean power of active speech, and of how many frames.
#[derive(Clone, Copy, Debug, Default)]
struct Speech {
    power: f32,
    frames: f32,
}

/// One seat's alignment: what the others hear of it.
#[derive(Clone, Copy, Debug)]
pub struct Aligner {
    speech: Speech,
    /// The same before the sound became steady.
    sure: Speech,
    /// Noise, dBm0: the quietest of late.
    noise: f32,
    /// The frame before, dBm0, and for how long it has been the same.
    before: f32,
    steady: u8,
    /// The gain that it would take, dB.
    aim: f32,
    /// It is worth it.
    engaged: bool,
    /// The gain that is given: it follows, and never jumps.
    gain: f32,
    /// The factor at the end of the frame before.
    factor: f32,
}

impl Default for Aligner {
    fn default() -> Self {
        let speech = Speech::default();
        // The first frame is the first noise.
        Self {
            speech,
            sure: speech,
            noise: OVERLOAD,
            before: OVERLOAD,
            steady: 0,
            aim: 0.0,
            engaged: false,
            gain: 0.0,
            factor: 1.0,
        }
    }
}

impl Aligner {
    /// The next frame of 20 ms, of any rate. `key`: a key sounds in it, or something else that is no speech.
    pub fn frame(&mut self, frame: &mut [i16], key: bool) {
        if frame.is_empty() {
            return;
        }
        let (energy, peak) = measure(frame);
        let power = energy / frame.len() as f32;
        if !key {
            self.listen(power);
        }
        let wanted = if self.engaged { self.aim } else { 0.0 };
        self.gain += (wanted - self.gain).clamp(-DOWN, DOWN);
        let mut factor = if self.gain == 0.0 { 1.0 } else { 10f32.powf(self.gain / 20.0) };
        if factor > 1.0 {
            factor = factor.min(PEAK / peak.max(1.0)).max(1.0);
        }
        if factor != 1.0 || self.factor != 1.0 {
            self.apply(frame, factor);
        }
    }

    /// Learns from a frame that is passed on as it came.
    pub fn learn(&mut self, frame: &[i16]) {
        if !frame.is_empty() {
            self.listen(crate::ear::energy(frame) as f32 / frame.len() as f32);
        }
    }

    /// Nothing is changed now, nor in the next frame.
    pub fn is_idle(&self) -> bool {
        !self.engaged && self.gain == 0.0 && self.factor == 1.0
    }

    /// The gain that is given, dB.
    pub fn gain(&self) -> f32 {
        self.gain
    }

    /// Learns from a frame of this mean power.
    fn listen(&mut self, power: f32) {
        let level = dbm0(power);
        let same = (level - self.before).abs() < STEADY;
        self.steady = if same { self.steady.saturating_add(1) } else { 0 };
        self.before = level;
        // Down at once, up by 3 dB a second.
        self.noise = level.max(LEAST_NOISE).min(self.noise + 0.06);
        if self.steady == 0 {
            self.sure = self.speech;
        } else if self.steady >= STEADY_FOR {
            self.speech = self.sure;
            return;
        }
        if level < SILENCE || level < self.noise + ABOVE_NOISE {
            return;
        }
        if level < dbm0(self.speech.power) - MARGIN {
            // A pause; but a talker who became very quiet is believed after ten seconds.
            self.speech.frames -= 0.25;
            if self.speech.frames <= 0.0 {
                self.speech = Speech::default();
            }
            return;
        }
        self.speech.frames = (self.speech.frames + 1.0).min(MEMORY);
        self.speech.power += (power - self.speech.power) / self.speech.frames;
        if self.speech.frames >= FIRST {
            let most = (MOST_NOISE - self.noise).clamp(0.0, MOST);
            let wanted = (TARGET - dbm0(self.speech.power)).clamp(LEAST, most);
            self.aim += ((wanted - self.aim) * FOLLOW).clamp(-DOWN, UP);
            self.engaged = self.aim.abs() > if self.engaged { RELEASE } else { ENGAGE };
        }
    }

    /// Slopes from the last factor to this one within the first quarter of the frame.
    fn apply(&mut self, frame: &mut [i16], factor: f32) {
        let slope = frame.len() / 4;
        let step = (factor - self.factor) / slope.max(1) as f32;
        let (first, rest) = frame.split_at_mut(slope);
        for (at, sample) in first.iter_mut().enumerate() {
            *sample = (f32::from(*sample) * (self.factor + step * at as f32)) as i16;
        }
        // In 1/4096, which 16 bits hold: the compiler makes vectors of it.
        let whole = i32::from((factor * 4_096.0) as i16);
        for sample in rest {
            let lifted = (i32::from(*sample) * whole) >> 12;
            *sample = lifted.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
        }
        self.factor = factor;
    }
}

/// Sum of the squares and largest magnitude.
fn measure(frame: &[i16]) -> (f32, f32) {
    let (least, most) =
        frame.iter().fold((0, 0), |(least, most): (i16, i16), s| (least.min(*s), most.max(*s)));
    (crate::ear::energy(frame) as f32, f32::from(most).max(-f32::from(least)))
}

fn dbm0(power: f32) -> f32 {
    10.0 * (power / (32_768.0 * 32_768.0)).max(1e-12).log10() + OVERLOAD
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ear, tones};

    /// Something like a voice at 8 kHz: syllables of harmonics at this active level in dBm0, a pause each two seconds, noise.
    fn voice(level: f32, noise: f32, seconds: usize) -> Vec<i16> {
        let amplitude = |dbm0: f32| 32_768.0 * 10f32.powf((dbm0 - OVERLOAD) / 20.0);
        let mut seed = 1u32;
        let sample = |at: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let time = at as f32 / 8_000.0;
            let pause = if time % 2.0 < 1.4 { 1.0 } else { 0.0 };
            let swell = (time * 4.0 * std::f32::consts::TAU).sin().max(-0.6) + 0.6;
            let buzz: f32 =
                (1..12).map(|n| (time * 130.0 * std::f32::consts::TAU * n as f32).sin() / 2.4).sum();
            let hiss = ((seed >> 8) as f32 / 8_388_608.0 - 1.0) * 1.732 * amplitude(noise);
            (buzz * swell * pause * amplitude(level) + hiss) as i16
        };
        (0..seconds * 8_000).map(sample).collect()
    }

    /// What comes out, and the gain at the end.
    fn aligned(aligner: &mut Aligner, sound: &[i16]) -> Vec<i16> {
        let mut out = sound.to_vec();
        out.chunks_mut(160).for_each(|frame| aligner.frame(frame, false));
        out
    }

    #[test]
    fn loud_and_quiet_talkers_meet() {
        let mut ends = Vec::new();
        for level in [-30.0, -24.0, -19.0, -12.0, -9.0] {
            let out = aligned(&mut Aligner::default(), &voice(level, -75.0, 16));
            ends.push(20.0 * ear::rms(&out[12 * 8_000..]).log10());
        }
        let (least, most) = ends.iter().fold((f32::MAX, f32::MIN), |(l, m), e| (l.min(*e), m.max(*e)));
        assert!(most - least < 3.0, "{ends:?}");
        // RMS over speech and pauses; the active level is about 2 dB above.
        assert!((60.0..66.5).contains(&ends[2]), "{ends:?}");
    }

    #[test]
    fn noise_and_tones_are_left_alone() {
        for (what, sound) in [
            ("noise", voice(-90.0, -50.0, 20)),
            ("loud noise", voice(-90.0, -30.0, 20)),
            ("a tone", tones::sine(450.0, 2_000, 160_000)),
            ("ring-back", tones::ring_back().repeat(5)),
            ("busy", tones::Tone::Busy.sound().repeat(30)),
            ("silence", vec![0; 160_000]),
        ] {
            let mut aligner = Aligner::default();
            let out = aligned(&mut aligner, &sound);
            assert!(
                aligner.gain().abs() < 0.5 && (out == sound || aligner.gain() != 0.0),
                "{what}: {} dB",
                aligner.gain()
            );
        }
    }

    #[test]
    fn it_is_frozen_in_silence_and_while_keys_sound() {
        let mut aligner = Aligner::default();
        aligned(&mut aligner, &voice(-30.0, -75.0, 16));
        let gain = aligner.gain();
        assert!((9.0..13.0).contains(&gain), "{gain} dB");
        aligned(&mut aligner, &voice(-90.0, -75.0, 60));
        assert_eq!(aligner.gain(), gain);
        for frame in voice(-3.0, -75.0, 5).chunks_mut(160) {
            aligner.frame(frame, true);
        }
        assert_eq!(aligner.gain(), gain);
    }

    #[test]
    fn noise_is_not_lifted() {
        let mut aligner = Aligner::default();
        let out = aligned(&mut aligner, &voice(-35.0, -52.0, 30));
        assert!(aligner.gain() < 5.0, "{} dB", aligner.gain());
        // The last pause.
        let pause = dbm0(ear::rms(&out[out.len() - 4_000..]).powi(2));
        assert!(pause < MOST_NOISE + 1.0, "{pause} dBm0");
    }

    #[test]
    fn a_shout_is_not_clipped_and_a_new_talker_is_believed() {
        let mut aligner = Aligner::default();
        aligned(&mut aligner, &voice(-34.0, -75.0, 16));
        let shout = aligned(&mut aligner, &voice(-12.0, -75.0, 1));
        let clipped = shout.iter().filter(|s| s.unsigned_abs() > 32_000).count();
        assert!(clipped < 20, "{clipped} samples clipped");
        aligned(&mut aligner, &voice(-10.0, -75.0, 10));
        let loud = aligner.gain();
        assert!(loud < -5.0, "{loud} dB");
        aligned(&mut aligner, &voice(-32.0, -75.0, 40));
        assert!(aligner.gain() > 8.0, "{} dB", aligner.gain());
    }

    #[test]
    fn who_is_nearly_right_is_passed_on_unchanged() {
        let (mut near, mut far) = (Aligner::default(), Aligner::default());
        let sound = voice(-20.5, -75.0, 16);
        assert_eq!(aligned(&mut near, &sound), sound);
        assert!(near.is_idle());
        // As if its packets went by: it learns of it all the same, and takes it up without a jump.
        voice(-32.0, -75.0, 16).chunks(160).for_each(|frame| far.learn(frame));
        assert!(!far.is_idle() && far.gain() == 0.0);
        let mut gains = vec![0.0];
        for frame in voice(-32.0, -75.0, 4).chunks_mut(160) {
            far.frame(frame, false);
            gains.push(far.gain());
        }
        assert!(gains.windows(2).all(|w| (w[1] - w[0]).abs() <= DOWN + 1e-4), "{gains:?}");
        assert!(far.gain() > 8.0, "{} dB", far.gain());
        aligned(&mut far, &voice(-19.0, -75.0, 30));
        assert!(far.is_idle(), "{} dB", far.gain());
    }
}
