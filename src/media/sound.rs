//! One piece of sound that can be played: 8 kHz samples under a name.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Samples per second of everything that is mixed here.
pub const RATE: u32 = 8_000;

/// A prompt, clip, tone or pause, ready to be played. Shared, never changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Sound {
    name: Arc<str>,
    samples: Arc<[i16]>,
}

impl Sound {
    /// Sound of 8 kHz samples.
    pub fn new(name: impl Into<Arc<str>>, samples: impl Into<Arc<[i16]>>) -> Self {
        Self { name: name.into(), samples: samples.into() }
    }

    /// Silence, for pauses and for simulations without sound. At most ten minutes.
    pub fn silence(length: Duration) -> Self {
        const MOST: u128 = 600_000;
        let samples = length.as_millis().min(MOST) as usize * (RATE as usize / 1_000);
        Self::new("silence", vec![0; samples])
    }

    /// Its name in the library.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its samples, 8 kHz, 16 bit, mono.
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// How long it lasts.
    pub fn length(&self) -> Duration {
        Duration::from_micros(self.samples.len() as u64 * (1_000_000 / u64::from(RATE)))
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} ms)", self.name, self.length().as_millis())
    }
}
