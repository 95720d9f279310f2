//! What a call says and hears.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audio::{tones, wav};

use crate::PhoneError;
use crate::call::Call;
use crate::port::Voice;
use crate::tape::Heard;

/// Samples a second of what is said, narrow and wide.
const NARROW: u32 = 8_000;
const WIDE: u32 = 16_000;
/// Peak of [`Call::tone`], in samples' units.
pub const TONE_PEAK: i16 = 6_000;
/// A tone is heard from this level: a quarter of what was sent.
const HEARD: f32 = TONE_PEAK as f32 / 4.0;
/// A tone is not heard below this level: 26 dB under what was sent.
const UNHEARD: f32 = TONE_PEAK as f32 / 20.0;
/// What is listened to: frequencies that are multiples of 5 Hz do not disturb each other in it.
const WINDOW: Duration = Duration::from_millis(200);
/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(10);

impl Call {
    /// Sends a tone from here on. Whole hertz: it loops each second without a seam. From 4 kHz on nothing of it is left where the
    /// codec is narrow.
    pub fn tone(&self, hertz: u32) {
        let rate = if hertz < NARROW / 2 { NARROW } else { WIDE };
        let samples = tones::sine_at(rate, hertz as f32, TONE_PEAK, rate as usize);
        self.say(samples.into(), true, rate == WIDE);
    }

    /// Sends silence from here on, as packets.
    pub fn silence(&self) {
        self.line.port().voice = Voice::Silence;
    }

    /// Sends no packets at all from here on: a broken line.
    pub fn go_dead(&self) {
        self.line.port().voice = Voice::Nothing;
    }

    /// Sends these samples, 8 kHz mono, once, and silence after them.
    pub fn play(&self, samples: impl Into<Arc<[i16]>>) {
        self.say(samples.into(), false, false);
    }

    /// The same at 16 kHz: of a narrow codec's frames half of the band is left.
    pub fn play_wide(&self, samples: impl Into<Arc<[i16]>>) {
        self.say(samples.into(), false, true);
    }

    /// Sends a WAV file (16-bit PCM, 8 to 48 kHz) once, and silence after it.
    ///
    /// # Errors
    /// [`PhoneError::System`], [`PhoneError::Wav`].
    pub async fn play_file(&self, path: &Path) -> Result<(), PhoneError> {
        let bytes = tokio::fs::read(path).await?;
        self.play(wav::read(&bytes)?);
        Ok(())
    }

    fn say(&self, samples: Arc<[i16]>, again: bool, wide: bool) {
        self.line.port().voice = Voice::Sound { samples, at: 0, again, wide };
    }

    /// Waits until what [`Call::play`] began is all sent, or the call is over.
    pub async fn played(&self) {
        while self.is_up() && self.line.port().is_busy().1 {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Presses keys by RFC 4733, 100 ms each, and waits until they are sent.
    ///
    /// # Errors
    /// [`PhoneError::Keys`]; [`PhoneError::Over`] when the call ends before.
    pub async fn digits(&self, keys: &str) -> Result<(), PhoneError> {
        if !self.line.port().press(keys) {
            return Err(PhoneError::Keys);
        }
        while self.line.port().is_busy().0 {
            if !self.is_up() {
                return Err(PhoneError::Over(Box::new(self.ended().await)));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Keys that came so far, by RFC 4733 or SIP INFO; the first 256.
    pub fn pressed(&self) -> String {
        self.line.port().pressed.clone()
    }

    /// Waits until these keys are all that came.
    ///
    /// # Errors
    /// [`PhoneError::Deadline`].
    pub async fn until_pressed(&self, keys: &str, within: Duration) -> Result<(), PhoneError> {
        until(within, || (self.line.port().pressed == keys).then_some(())).await
    }

    /// The last piece of what was heard; where nothing came, silence. Empty with [`crate::Ear::Counting`].
    pub fn heard(&self, window: Duration) -> Heard {
        let now = self.line.media().now();
        let port = self.line.port();
        let age = port.newest.map_or(window, |at| now.saturating_sub(at));
        port.tape.tail(window, age)
    }

    /// All that was heard, the last ten minutes of it at most. [`Heard::save`] writes it as WAV.
    pub fn tape(&self) -> Heard {
        self.line.port().tape.whole()
    }

    /// Whether this tone is heard now.
    pub fn hears(&self, hertz: u32) -> bool {
        self.heard(WINDOW).level(hertz) >= HEARD
    }

    /// Waits until each of these tones is heard and none of those.
    ///
    /// # Errors
    /// [`PhoneError::Unheard`] with the levels at the deadline.
    pub async fn until_hears(
        &self,
        present: &[u32],
        absent: &[u32],
        within: Duration,
    ) -> Result<(), PhoneError> {
        let right = || {
            let heard = self.heard(WINDOW);
            let loud = present.iter().all(|hertz| heard.level(*hertz) >= HEARD);
            let still = absent.iter().all(|hertz| heard.level(*hertz) < UNHEARD);
            (heard.duration() >= WINDOW && loud && still).then_some(())
        };
        until(within, right).await.map_err(|_| {
            let heard = self.heard(WINDOW);
            let levels = present.iter().chain(absent).map(|hertz| (*hertz, heard.level(*hertz) as i32));
            PhoneError::Unheard(levels.collect())
        })
    }
}

/// Looks again and again until there is something or the time is over.
async fn until<T>(within: Duration, mut probe: impl FnMut() -> Option<T>) -> Result<T, PhoneError> {
    let start = Instant::now();
    loop {
        if let Some(found) = probe() {
            return Ok(found);
        }
        if start.elapsed() >= within {
            return Err(PhoneError::Deadline(within));
        }
        tokio::time::sleep(LOOK).await;
    }
}
