//! One piece of sound that can be played: 8 kHz samples under a name.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use audio::g711::{self, Law};

/// Samples per second of everything that is mixed here.
pub const RATE: u32 = 8_000;

/// A prompt, clip, tone or pause, ready to be played. Shared, never changed.
#[derive(Clone)]
pub struct Sound {
    name: Arc<str>,
    samples: Arc<[i16]>,
    /// The same as bytes of A-law and of mu-law, made when it is first played so. Not of G.722: there each byte follows from all
    /// before it, so that a wide leg's encoder has to go on by itself, or the seam would be heard.
    coded: Arc<[OnceLock<Box<[u8]>>; 2]>,
}

impl PartialEq for Sound {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.samples) == (&other.name, &other.samples)
    }
}

impl Eq for Sound {}

impl Sound {
    /// Sound of 8 kHz samples.
    pub fn new(name: impl Into<Arc<str>>, samples: impl Into<Arc<[i16]>>) -> Self {
        Self { name: name.into(), samples: samples.into(), coded: Arc::default() }
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

    /// As it stands in packets of this law, a byte a sample; `None` until [`Sound::encode`] has made it.
    pub fn coded(&self, law: Law) -> Option<&[u8]> {
        self.place(law).get().map(|bytes| &**bytes)
    }

    /// Makes it ready for packets of this law, once for all who hear it: about 0.2 ms for 10 s of sound.
    pub fn encode(&self, law: Law) {
        self.place(law).get_or_init(|| {
            let mut bytes = vec![0; self.samples.len()].into_boxed_slice();
            g711::encode(law, &self.samples, &mut bytes);
            bytes
        });
    }

    fn place(&self, law: Law) -> &OnceLock<Box<[u8]>> {
        let [a, mu] = &*self.coded;
        match law {
            Law::A => a,
            Law::Mu => mu,
        }
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
