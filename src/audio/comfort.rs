//! Comfort noise: what is heard of a far end that sends nothing, so that the line does not sound dead (RFC 3389, and ITU-T
//! G.711 appendix II, whose spectrum in reflection coefficients is followed).

/// Never louder than this, RMS: it must not be taken for speech.
const LOUDEST: f32 = 60.0;
/// Quieter than this it is silence.
const QUIETEST: f32 = 10.0;
/// Frames of one window in which the quietest is looked for: 2 s.
const WINDOW: u8 = 100;
/// Reflection coefficients that are followed.
const ORDER: usize = 8;

/// Noise like that of the far end.
pub struct Comfort {
    seed: u32,
    /// Power of the quietest frame of this window and of the one before it.
    quietest: [f32; 2],
    frames: u8,
    /// Told by the far end: RMS.
    told: Option<f32>,
    reflection: [f32; ORDER],
    state: [f32; ORDER + 1],
    low: f32,
}

impl Default for Comfort {
    fn default() -> Self {
        Self {
            seed: 0x1234_5677,
            quietest: [f32::MAX; 2],
            frames: 0,
            told: None,
            reflection: [0.0; ORDER],
            state: [0.0; ORDER + 1],
            low: 0.0,
        }
    }
}

impl Comfort {
    /// Forgets the far end.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// A good frame of the far end: its quietest ones are its background.
    pub fn learn(&mut self, frame: &[i16]) {
        let sum: i64 = frame.iter().map(|s| i64::from(i32::from(*s) * i32::from(*s))).sum();
        let power = sum as f32 / frame.len().max(1) as f32;
        let [this, before] = &mut self.quietest;
        *this = this.min(power);
        self.frames += 1;
        if self.frames >= WINDOW {
            (*before, *this, self.frames) = (*this, f32::MAX, 0);
        }
    }

    /// A packet of comfort noise (RFC 3389 section 3): its level in -dBov, then reflection coefficients.
    pub fn told(&mut self, payload: &[u8]) {
        let Some((level, coefficients)) = payload.split_first() else { return };
        self.told = Some(32_768.0 * 10f32.powf(-f32::from(level & 0x7f) / 20.0));
        self.reflection = [0.0; ORDER];
        for (place, code) in self.reflection.iter_mut().zip(coefficients) {
            *place = ((f32::from(*code) - 127.0) / 128.0).clamp(-0.95, 0.95);
        }
    }

    /// RMS of the noise; 0 when there is none.
    pub fn level(&self) -> f32 {
        let [this, before] = self.quietest;
        let learnt = if this.min(before) < f32::MAX { this.min(before).sqrt() } else { 0.0 };
        let level = self.told.unwrap_or(learnt).min(LOUDEST);
        if level < QUIETEST { 0.0 } else { level }
    }

    /// The next sample of noise, of the given RMS.
    pub fn next(&mut self, level: f32) -> f32 {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Evenly -1 .. 1: of power one third.
        let white = (self.seed >> 8) as f32 / 8_388_608.0 - 1.0;
        if self.reflection.iter().all(|k| *k == 0.0) {
            // Rooms are darker than white noise: a gentle slope. Its power is (1 - 0.5) / (1 + 0.5) of the input's.
            self.low = 0.5 * self.low + 0.5 * white;
            return self.low * level * 3.0;
        }
        self.lattice(white * 1.732) * level
    }

    /// The all-pole lattice of the reflection coefficients, of unit power.
    fn lattice(&mut self, input: f32) -> f32 {
        let gain: f32 = self.reflection.iter().map(|k| 1.0 - k * k).product();
        let mut forward = input * gain.sqrt();
        for at in (0..ORDER).rev() {
            let k = self.reflection.get(at).copied().unwrap_or(0.0);
            let back = self.state.get(at).copied().unwrap_or(0.0);
            forward -= k * back;
            if let Some(place) = self.state.get_mut(at + 1) {
                *place = back + k * forward;
            }
        }
        if let Some(place) = self.state.first_mut() {
            *place = forward;
        }
        forward
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ear;

    fn noise(comfort: &mut Comfort) -> Vec<i16> {
        let level = comfort.level();
        (0..8_000).map(|_| comfort.next(level).round() as i16).collect()
    }

    #[test]
    fn the_quietest_frames_are_the_background() {
        let mut comfort = Comfort::default();
        assert!(comfort.level() == 0.0, "nothing is known");
        for n in 0..300i16 {
            let loud = if n % 10 == 0 { 30 } else { 5_000 };
            comfort.learn(&[loud, -loud].repeat(80));
        }
        assert!((comfort.level() - 30.0).abs() < 1.0);
        let heard = ear::rms(&noise(&mut comfort));
        assert!((25.0..35.0).contains(&heard), "{heard}");
    }

    #[test]
    fn speech_without_a_pause_is_no_background_of_its_loudness() {
        let mut comfort = Comfort::default();
        comfort.learn(&[9_000; 160]);
        assert!(comfort.level() <= LOUDEST);
    }

    #[test]
    fn what_the_far_end_tells_is_followed() {
        let mut comfort = Comfort::default();
        comfort.told(&[60]);
        let flat = noise(&mut comfort);
        assert!((25.0..40.0).contains(&ear::rms(&flat)), "-60 dBov: {}", ear::rms(&flat));
        // A first coefficient of -0.9: mostly low tones, at the same level.
        comfort.told(&[60, 12]);
        let dark = noise(&mut comfort);
        assert!((25.0..40.0).contains(&ear::rms(&dark)), "{}", ear::rms(&dark));
        let turns = |x: &[i16]| x.windows(2).filter(|w| (w[0] < 0) != (w[1] < 0)).count();
        assert!(turns(&dark) * 2 < turns(&flat), "{} {}", turns(&dark), turns(&flat));
        comfort.told(&[100]);
        assert!(comfort.level() == 0.0);
    }
}
