//! Waits for one tone and counts the frames that bring it, and how long none did. Pure: the time comes in.

use std::time::Duration;

use audio::ear;

use crate::port::FRAME;
use crate::sound::TONE_PEAK;

/// A frame has the tone from this level on: half of what was sent, as it is where a frame is concealed or turned down.
const HEARD: f32 = TONE_PEAK as f32 / 4.0;

/// What is waited for, and what came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vigil {
    hertz: f32,
    /// Frames that had the tone.
    pub frames: u64,
    /// Longest time between two of them.
    pub longest: Duration,
    last: Option<Duration>,
}

impl Vigil {
    /// A multiple of 50 Hz: its periods fill a frame of 20 ms exactly, and another such tone does not disturb it.
    pub fn of(hertz: u32) -> Self {
        Self { hertz: hertz as f32, ..Self::default() }
    }

    /// A frame of 20 ms, at whatever rate.
    pub fn frame(&mut self, at: Duration, samples: &[i16]) {
        // The ear listens as if there were 8,000 samples a second.
        let hertz = self.hertz * FRAME as f32 / samples.len().max(1) as f32;
        if ear::level(samples, hertz) < HEARD {
            return;
        }
        self.frames += 1;
        if let Some(last) = self.last.replace(at) {
            self.longest = self.longest.max(at.saturating_sub(last));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use audio::tones;

    #[test]
    fn frames_with_the_tone_count_and_others_are_a_gap() {
        let ms = Duration::from_millis;
        let frame = |hertz| tones::sine(hertz, TONE_PEAK, 160);
        let mut vigil = Vigil::of(750);
        for n in 0..10 {
            let missing = (3..6).contains(&n);
            vigil.frame(ms(20 * n), &if missing { frame(950.0) } else { frame(750.0) });
        }
        assert_eq!((vigil.frames, vigil.longest), (7, ms(80)));
        vigil.frame(ms(200), &[0; 160]);
        assert_eq!(vigil.frames, 7, "silence is no tone");
    }
}
