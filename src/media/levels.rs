//! How loud each leg is now, and how well it sounds: one place per port, written by the port's media thread and read by whoever shows it, without a lock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use audio::ear;

use crate::command::Leg;
use crate::quality::Quality;

/// A loudness of 1.0 as it is kept.
const FULL: f32 = 100.0;

/// What stands of one port: which leg has it, 0 for none, its loudness in hundredths, and how it sounds, 0 when that is not known.
#[derive(Default)]
struct Place {
    leg: AtomicU64,
    level: AtomicU8,
    quality: AtomicU64,
}

/// The places of one thread's ports, by their index. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Meters {
    places: Arc<[Place]>,
    /// Somebody has read them since this was asked last.
    read: Arc<AtomicBool>,
}

impl Meters {
    pub(crate) fn new(ports: usize) -> Self {
        Self { places: (0..ports).map(|_| Place::default()).collect(), read: Arc::default() }
    }

    fn at(&self, port: u32) -> Option<&Place> {
        self.places.get(usize::try_from(port).ok()?)
    }

    /// Whether anybody has read them since this was asked last.
    pub(crate) fn were_read(&self) -> bool {
        self.read.swap(false, Ordering::Relaxed)
    }

    /// The port has this leg from now on; silent so far.
    pub(crate) fn open(&self, port: u32, leg: Leg) {
        if let Some(place) = self.at(port) {
            place.level.store(0, Ordering::Relaxed);
            place.quality.store(0, Ordering::Relaxed);
            // Whoever reads the new leg reads no level of the one before it.
            place.leg.store(leg.0, Ordering::Release);
        }
    }

    /// The port has no leg.
    pub(crate) fn close(&self, port: u32) {
        if let Some(place) = self.at(port) {
            place.leg.store(0, Ordering::Release);
        }
    }

    /// How the leg of this port sounds.
    pub(crate) fn sounds(&self, port: u32, quality: Quality) {
        if let Some(place) = self.at(port) {
            place.quality.store(quality.pack(), Ordering::Release);
        }
    }

    /// How loud the leg of this port was lately, as [`ear::loudness`].
    pub(crate) fn set(&self, port: u32, level: f32) {
        if let Some(place) = self.at(port) {
            place.level.store((level * FULL).round().clamp(0.0, FULL) as u8, Ordering::Release);
        }
    }
}

/// The loudness of all legs. Clones are the same.
#[derive(Clone, Default)]
pub struct Levels(Arc<[Meters]>);

impl Levels {
    pub(crate) fn of(threads: impl IntoIterator<Item = Meters>) -> Self {
        Self(threads.into_iter().collect())
    }

    /// Those of a house without media threads, for tests: [`Levels::put`] fills them.
    pub fn with_places(ports: usize) -> Self {
        Self::of([Meters::new(ports)])
    }

    /// As a media thread writes it: at this port, this leg, so loud.
    pub fn put(&self, port: u32, leg: u64, level: f32) {
        if let Some(meters) = self.0.first() {
            meters.open(port, Leg(leg));
            meters.set(port, level);
        }
    }

    /// The same of how well it sounds.
    pub fn put_quality(&self, port: u32, leg: u64, quality: Quality) {
        if let Some(meters) = self.0.first() {
            meters.open(port, Leg(leg));
            meters.sounds(port, quality);
        }
    }

    /// Tells how each leg that is open for five seconds sounded in the last five. Nobody measures more for it: the media threads
    /// look at each leg anyway.
    pub fn qualities(&self, mut tell: impl FnMut(u64, Quality)) {
        for place in self.0.iter().flat_map(|meters| meters.places.iter()) {
            let leg = place.leg.load(Ordering::Acquire);
            let quality = Quality::unpack(place.quality.load(Ordering::Acquire));
            if let Some(quality) = quality.filter(|_| leg != 0 && place.leg.load(Ordering::Acquire) == leg) {
                tell(leg, quality);
            }
        }
    }

    /// Tells each leg that is open and not silent, with its loudness over the last 200 ms: 0.01 ..= 1.0 as
    /// [`ear::loudness`]. A leg that closes or opens meanwhile may be missing.
    pub fn each(&self, mut tell: impl FnMut(u64, f32)) {
        for meters in self.0.iter() {
            meters.read.store(true, Ordering::Relaxed);
        }
        for place in self.0.iter().flat_map(|meters| meters.places.iter()) {
            let leg = place.leg.load(Ordering::Acquire);
            let level = place.level.load(Ordering::Acquire);
            // The port may have been given to another one between.
            if leg != 0 && level != 0 && place.leg.load(Ordering::Acquire) == leg {
                tell(leg, f32::from(level) / FULL);
            }
        }
    }
}

impl fmt::Debug for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Levels({} ports)", self.0.iter().map(|meters| meters.places.len()).sum::<usize>())
    }
}

/// What a leg says, summed up until it is published.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Loudness {
    energy: u64,
}

impl Loudness {
    /// One frame more.
    pub(crate) fn add(&mut self, voice: &[i16]) {
        self.energy = self.energy.saturating_add(ear::energy(voice));
    }

    /// Over so many samples, and begins anew. Who was heard only part of that time was silent for the rest.
    pub(crate) fn over(&mut self, samples: usize) -> f32 {
        let energy = std::mem::take(&mut self.energy);
        ear::loudness(energy, samples)
    }
}
