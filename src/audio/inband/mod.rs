//! Keys in sound (DTMF, ITU-T Q.23): for legs that have no telephone events. 8 kHz, a frame of 20 ms at a time.
//!
//! Each 5 ms a window of 20 ms is asked whether two tones, one of each group, explain nearly all that is in it, at the right
//! frequencies (by how their phase moves from window to window) and not too unlike in level. Four such windows of one key
//! are a press (ITU-T Q.24: 40 ms are heard, 23 ms are not). A voice has two such tones for a moment, but not alone, not in tune,
//! not for so long.

mod strip;
mod table;

pub use strip::Strip;

use crate::FRAME;
use table::{HANN, HERTZ, LANES, WAVES, WINDOW};

/// From window to window: 5 ms.
const STEP: usize = 40;
const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// At least so much of a window's energy is the two tones'. White noise 15 dB below them leaves 0.97.
const PURE: f32 = 0.86;
/// A tone may be so far off (Q.24: 1.8 % must be heard, 3.5 % must not).
const OFF: f32 = 0.024;
/// Both come from one clock: they are off alike within so much. Two harmonics of a high voice are not.
const APART: f32 = 0.02;
/// The upper tone may be so much stronger, and the lower one (Q.24: 4 dB and 8 dB), as power, with a little to spare.
const UPPER: f32 = 3.16;
/// 9 dB.
const LOWER: f32 = 7.94;
/// The weaker tone has at least -40 dBm0 (full scale is +3.14): this power, peak squared.
const LEAST: f32 = 228.0 * 228.0;
/// So many windows are a press.
const PRESS: u8 = 4;
/// So many windows without the tones end what is not a press yet: a lost packet's seam.
const SEAM: u8 = 5;
/// So many end a press: Q.24 has 10 ms of interruption heard as one press, 40 ms as two.
const PAUSE: u8 = 6;

/// What a frame brought.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Heard {
    /// A press became certain in this frame.
    pub key: Option<char>,
    /// Something that is, or may be, a key sounds: not for the ears of others.
    pub sounding: bool,
}

/// Listens to one leg.
#[derive(Clone, Debug)]
pub struct Detector {
    /// The last window and this frame.
    line: [f32; WINDOW + FRAME],
    /// The spectrum of the window before.
    before: [f32; LANES],
    /// The key that seems to sound, and whether it was told.
    key: Option<(u8, bool)>,
    /// Windows of it so far.
    good: u8,
    /// Windows without it since.
    bad: u8,
}

impl Default for Detector {
    fn default() -> Self {
        Self { line: [0.0; WINDOW + FRAME], before: [0.0; LANES], key: None, good: 0, bad: 0 }
    }
}

impl Detector {
    /// The next frame of 20 ms.
    pub fn frame(&mut self, frame: &[i16; FRAME]) -> Heard {
        self.line.copy_within(FRAME.., 0);
        for (place, sample) in self.line[WINDOW..].iter_mut().zip(frame) {
            *place = f32::from(*sample);
        }
        let mut heard = Heard::default();
        for at in (STEP..=FRAME).step_by(STEP) {
            let found = self.window(at);
            heard.key = self.take(found).or(heard.key);
            heard.sounding |= self.key.is_some();
        }
        heard
    }

    /// The key that the window from here is full of.
    fn window(&mut self, from: usize) -> Option<u8> {
        let window = &self.line[from..from + WINDOW];
        let mut shaped = [0.0f32; WINDOW];
        let mut energy = [0.0f32; 8];
        for ((shaped, samples), hann) in
            shaped.chunks_exact_mut(8).zip(window.chunks_exact(8)).zip(HANN.chunks_exact(8))
        {
            for lane in 0..8 {
                shaped[lane] = samples[lane] * hann[lane];
                energy[lane] += shaped[lane] * shaped[lane];
            }
        }
        let energy: f32 = energy.iter().sum();
        // A sine of peak A has A * A / 2 * 60.
        if energy < LEAST * 60.0 {
            self.before = [0.0; LANES];
            return None;
        }
        let spectrum = spectrum(&shaped);
        let before = std::mem::replace(&mut self.before, spectrum);
        judge(&before, &spectrum, energy)
    }

    /// Counts windows to presses.
    fn take(&mut self, found: Option<u8>) -> Option<char> {
        match (self.key, found) {
            (Some((key, told)), Some(found)) if key == found => {
                (self.good, self.bad) = (self.good.saturating_add(1), 0);
                if !told && self.good >= PRESS {
                    self.key = Some((key, true));
                    return KEYS
                        .get(usize::from(key / 4))
                        .and_then(|row| row.get(usize::from(key % 4)))
                        .copied();
                }
            }
            (Some((_, false)) | None, Some(found)) => {
                (self.key, self.good, self.bad) = (Some((found, false)), 1, 0);
            }
            // Nothing, or another key too soon behind a press.
            (Some((_, told)), _) => {
                self.bad += 1;
                if self.bad > if told { PAUSE } else { SEAM } {
                    (self.key, self.good, self.bad) = (None, 0, 0);
                }
            }
            (None, None) => {}
        }
        None
    }
}

/// Cosine and sine parts of the eight frequencies.
#[inline]
fn spectrum(shaped: &[f32; WINDOW]) -> [f32; LANES] {
    let mut out = [0.0f32; LANES];
    for (sample, waves) in shaped.iter().zip(&WAVES) {
        for (total, wave) in out.iter_mut().zip(waves) {
            *total += sample * wave;
        }
    }
    out
}

/// The key, if it is one and nothing else.
fn judge(before: &[f32; LANES], now: &[f32; LANES], energy: f32) -> Option<u8> {
    let power = |tone: usize| now[tone] * now[tone] + now[tone + 8] * now[tone + 8];
    let loudest = |group: std::ops::Range<usize>| {
        group.reduce(|best, tone| if power(tone) > power(best) { tone } else { best }).unwrap_or_default()
    };
    let (row, column) = (loudest(0..4), loudest(4..8));
    // A sine of peak A in tune has a power of (40 A)^2 and an energy of 30 A^2. The worst that is out of tune keeps 0.4.
    if (power(row) + power(column)) * 30.0 < 0.4 * PURE * energy * 1_600.0 {
        return None;
    }
    let off = (off(row, before, now), off(column, before, now));
    if off.0.abs() > OFF || off.1.abs() > OFF || (off.0 - off.1).abs() > APART {
        return None;
    }
    let low = power(row) / kept(off.0 * HERTZ[row]) / 1_600.0;
    let high = power(column) / kept(off.1 * HERTZ[column]) / 1_600.0;
    let alike = high < low * UPPER && low < high * LOWER && low.min(high) > LEAST;
    let key = (4 * row + column - 4) as u8;
    (alike && (low + high) * 30.0 > PURE * energy).then_some(key)
}

/// How far a tone is off, as a part of its frequency: by how much its phase moved in 5 ms beyond what is right for it.
fn off(tone: usize, before: &[f32; LANES], now: &[f32; LANES]) -> f32 {
    let turns = HERTZ[tone] * (STEP as f32 / 8_000.0);
    let (cos, sin) = (now[tone], -now[tone + 8]);
    let (cos_before, sin_before) = (before[tone], -before[tone + 8]);
    let (real, imaginary) = (cos * cos_before + sin * sin_before, sin * cos_before - cos * sin_before);
    let moved = imaginary.atan2(real) / std::f32::consts::TAU - turns;
    (moved - moved.round()) / turns
}

/// How much of a tone's power the window keeps that is so many hertz off: the shape of Hann's line.
fn kept(hertz: f32) -> f32 {
    let lines = hertz * (WINDOW as f32 / 8_000.0);
    let angle = std::f32::consts::PI * lines;
    let sinc = if angle.abs() < 1e-3 { 1.0 } else { angle.sin() / angle };
    (sinc / (1.0 - lines * lines)).powi(2)
}
