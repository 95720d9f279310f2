//! What the callers hear: how much comes back, how evenly, whether it is the right mix, and how late a mark is.

use audio::codec::{Decoder, WIDE};
use audio::ear::level;
use audio::resample::RATE;
use audio::rtp;
use media::srtp::Guard;

use crate::shape::Shape;
use crate::voice;

/// A tone that must be heard has at least this level, one that must not be at most the other.
const LOUD: f32 = 2_000.0;
const FAINT: f32 = 400.0;
/// One packet of so many of each leg is listened to: 1 s.
const LISTEN: u64 = 50;
/// A sample above this begins a mark, after so many quiet packets.
const MARK: i16 = 1_500;
const QUIET: u32 = 8;
const FRAME_NS: i64 = 20_000_000;

/// How often values were met, in steps of 50 us, up to 400 ms.
pub struct Histogram(Vec<u64>);

impl Default for Histogram {
    fn default() -> Self {
        Self(vec![0; 8_000])
    }
}

impl Histogram {
    const STEP: f64 = 0.05;

    pub fn add(&mut self, ms: f64) {
        let last = self.0.len() - 1;
        self.0[((ms / Self::STEP) as usize).min(last)] += 1;
    }

    /// The value below which this share of all lies, ms; `None` without any.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let all: u64 = self.0.iter().sum();
        let wanted = (all as f64 * share).ceil() as u64;
        let mut seen = 0;
        let at = self.0.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        at.filter(|_| all > 0).map(|at| (at + 1) as f64 * Self::STEP)
    }
}

/// What was counted in a span.
#[derive(Default)]
pub struct Tally {
    /// Nanoseconds of the wall clock, as the kernel stamps packets.
    pub from: u64,
    pub to: u64,
    pub received: u64,
    pub sent: u64,
    /// Packets that the callers' own sockets would not take.
    pub unsent: u64,
    /// How far the time between two packets of a leg is from 20 ms.
    pub jitter: Histogram,
    /// How late the callers themselves were.
    pub own: Histogram,
    pub delay: Histogram,
    pub listened: u64,
    pub wrong: u64,
}

/// When each seat's mark of this turn was sent, by socket, nanoseconds.
pub struct Marks {
    pub talker: Option<usize>,
    pub sent: Vec<u64>,
}

/// One leg's far end.
pub struct Ear {
    pub shape: Shape,
    pub seat: usize,
    /// The sockets of its room's seats.
    pub room: Vec<usize>,
    last: Option<u64>,
    count: u64,
    quiet: u32,
    guard: Option<Box<Guard>>,
    decoder: Decoder,
}

impl Ear {
    pub fn new(shape: Shape, seat: usize, room: Vec<usize>) -> Self {
        let guard = (shape == Shape::Secured).then(|| Box::new(Guard::new(&voice::mirrored(&voice::keys()))));
        // Not all listen in the same 20 ms.
        let count = room.iter().sum::<usize>() as u64;
        Self { shape, seat, room, last: None, count, quiet: 0, guard, decoder: Decoder::new(shape.codec()) }
    }

    /// A packet that the kernel took in at `at`.
    pub fn packet(&mut self, at: u64, bytes: &mut [u8], tally: &mut Tally, marks: Option<&Marks>) {
        let within = (tally.from..tally.to).contains(&at);
        if within {
            tally.received += 1;
            if let Some(last) = self.last {
                let off = at as i64 - last as i64 - FRAME_NS;
                tally.jitter.add(off.unsigned_abs() as f64 / 1e6);
            }
        }
        self.last = Some(at);
        self.count += 1;
        let listens = marks.is_some() || self.count.is_multiple_of(LISTEN) && within;
        // What G.722 says next follows from all that it said before.
        if !listens && self.shape != Shape::Wide {
            return;
        }
        let mut sound = [0; WIDE];
        let Some(length) = self.sound(at, bytes, &mut sound) else { return };
        let sound = &sound[..length];
        match marks {
            Some(marks) => self.look_for_mark(at, sound, within, tally, marks),
            None if listens => {
                tally.listened += 1;
                let scale = RATE as f32 / self.decoder.codec().rate() as f32;
                let hears = |tone: &f32| level(sound, *tone * scale);
                let right = self.shape.heard(self.seat).iter().all(|t| hears(t) > LOUD)
                    && self.shape.unheard(self.seat).iter().all(|t| hears(t) < FAINT);
                tally.wrong += u64::from(!right);
            }
            None => {}
        }
    }

    fn sound(&mut self, at: u64, bytes: &mut [u8], sound: &mut [i16]) -> Option<usize> {
        let length = match &mut self.guard {
            Some(guard) => guard.unprotect(bytes, voice::guard_time(at))?,
            None => bytes.len(),
        };
        let packet = rtp::read(&bytes[..length])?;
        Some(self.decoder.decode(packet.payload, sound))
    }

    fn look_for_mark(&mut self, at: u64, sound: &[i16], within: bool, tally: &mut Tally, marks: &Marks) {
        let Some(first) = sound.iter().position(|s| s.unsigned_abs() > MARK.unsigned_abs()) else {
            self.quiet += 1;
            return;
        };
        if std::mem::take(&mut self.quiet) < QUIET || !within {
            return;
        }
        tally.listened += 1;
        match marks.talker.filter(|talker| *talker != self.seat) {
            // A sample is 0.125 ms; the tone itself rises above the threshold at its second.
            Some(talker) => {
                let sent = marks.sent[self.room[talker]];
                let late = at as f64 - sent as f64;
                tally.delay.add((late / 1e6 + first.saturating_sub(1) as f64 * 0.125).max(0.0));
            }
            None => tally.wrong += 1,
        }
    }
}
