//! What a call heard, on a tape whose place is given by the RTP timestamps; and an ear over its end.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use audio::ear;

/// Units of the RTP timestamps a second, whatever the codec.
const CLOCK: usize = 8_000;
/// Longest tape, units: 10 minutes. When it is full the oldest minute is cut off.
const MOST: usize = 600 * CLOCK;
/// Most silence that a jump of the timestamps may mean, units; beyond it the sender counts anew.
const MOST_HOLE: usize = 10 * CLOCK;
/// How old the newest packet may be before the missing sound counts as silence: jitter is no silence.
const PATIENCE: Duration = Duration::from_millis(60);

/// Mono, at the rate of the codec.
#[derive(Debug)]
pub(crate) struct Tape {
    samples: Vec<i16>,
    /// Samples of a unit: 1, or 2 of wide sound.
    width: usize,
    /// SSRC, and the timestamp of the sample after the last.
    next: Option<(u32, u32)>,
}

impl Default for Tape {
    fn default() -> Self {
        Self { samples: Vec::new(), width: 1, next: None }
    }
}

impl Tape {
    /// What comes is of this rate from here on: 8,000 or 16,000. Another one begins a new tape.
    pub fn rate(&mut self, rate: u32) {
        let width = if rate > CLOCK as u32 { 2 } else { 1 };
        if width != self.width {
            *self = Self { width, ..Self::default() };
        }
    }

    /// Puts a frame in its place: holes are silence, what was overtaken goes back where it belongs.
    pub fn put(&mut self, ssrc: u32, timestamp: u32, frame: &[i16]) {
        let (width, length) = (self.width, u32::try_from(frame.len() / self.width).unwrap_or(0));
        let ahead = self.next.filter(|(s, _)| *s == ssrc).map(|(_, next)| timestamp.wrapping_sub(next));
        match ahead.map(u32::cast_signed) {
            Some(back) if back < 0 => {
                let start = self.samples.len().checked_sub(back.unsigned_abs() as usize * width);
                if let Some(place) = start.and_then(|s| self.samples.get_mut(s..s + frame.len())) {
                    place.copy_from_slice(frame);
                    return;
                }
            }
            Some(hole) if hole as usize <= MOST_HOLE => {
                self.samples.resize(self.samples.len() + hole as usize * width, 0);
            }
            Some(_) | None => {}
        }
        self.samples.extend_from_slice(frame);
        self.next = Some((ssrc, timestamp.wrapping_add(length)));
        if self.samples.len() > MOST * width {
            self.samples.drain(..60 * CLOCK * width);
        }
    }

    /// The last `window`, when the newest packet came `age` ago.
    pub fn tail(&self, window: Duration, age: Duration) -> Heard {
        let samples = |time: Duration| self.width * units_in(time).min(MOST);
        let wanted = samples(window);
        let silence = if age > PATIENCE { samples(age).min(wanted) } else { 0 };
        let from = self.samples.len().saturating_sub(wanted - silence);
        let mut samples = self.samples.get(from..).unwrap_or_default().to_vec();
        samples.resize(samples.len() + silence, 0);
        Heard { samples, rate: self.hertz() }
    }

    fn hertz(&self) -> u32 {
        (CLOCK * self.width) as u32
    }

    /// The whole of it.
    pub fn whole(&self) -> Heard {
        Heard { samples: self.samples.clone(), rate: self.hertz() }
    }
}

fn units_in(time: Duration) -> usize {
    usize::try_from(time.as_millis()).unwrap_or(usize::MAX).saturating_mul(CLOCK / 1_000)
}

/// A piece of what a call heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Mono.
    pub samples: Vec<i16>,
    /// Samples a second: 8,000, or 16,000 of a wide codec.
    pub rate: u32,
}

impl Heard {
    /// Peak level of one frequency in samples' units: [`crate::TONE_PEAK`] for one of our own tones that comes through unchanged.
    pub fn level(&self, hertz: u32) -> f32 {
        // The ear counts at 8 kHz.
        ear::level(&self.samples, hertz as f32 * CLOCK as f32 / self.rate as f32)
    }

    /// Root mean square.
    pub fn rms(&self) -> f32 {
        ear::rms(&self.samples)
    }

    /// How long it is.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.samples.len() as u64 * 1_000_000 / u64::from(self.rate.max(1)))
    }

    /// Writes it as a 16-bit mono WAV.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let spec = hound::WavSpec {
            channels: 1,
            bits_per_sample: 16,
            sample_rate: self.rate,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = io::Cursor::new(Vec::with_capacity(self.samples.len() * 2 + 44));
        let mut writer = hound::WavWriter::new(&mut bytes, spec).map_err(io::Error::other)?;
        for sample in &self.samples {
            writer.write_sample(*sample).map_err(io::Error::other)?;
        }
        writer.finalize().map_err(io::Error::other)?;
        let mut file = BufWriter::new(std::fs::File::create(path)?);
        file.write_all(&bytes.into_inner())?;
        file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape(frames: &[(u32, u32, i16)]) -> Vec<i16> {
        let mut tape = Tape::default();
        for (ssrc, timestamp, value) in frames {
            tape.put(*ssrc, *timestamp, &[*value; 2]);
        }
        tape.samples
    }

    #[test]
    fn holes_are_silence_and_what_was_overtaken_goes_back() {
        assert_eq!(tape(&[(1, u32::MAX, 1), (1, 1, 2), (1, 5, 4)]), [1, 1, 2, 2, 0, 0, 4, 4]);
        assert_eq!(tape(&[(1, 0, 1), (1, 4, 3), (1, 2, 2)]), [1, 1, 2, 2, 3, 3]);
    }

    #[test]
    fn a_sender_that_counts_anew_goes_on_at_the_end() {
        assert_eq!(tape(&[(1, 0, 1), (2, 700_000, 2), (2, 700_002, 3)]), [1, 1, 2, 2, 3, 3]);
        assert_eq!(tape(&[(1, 0, 1), (1, 900_000, 2)]), [1, 1, 2, 2], "a jump is no hole of two minutes");
    }

    #[test]
    fn a_stream_that_stopped_is_silence() {
        let mut tape = Tape::default();
        tape.put(1, 0, &[9; 1_600]);
        let window = Duration::from_millis(100);
        assert_eq!(tape.tail(window, Duration::from_millis(40)).samples, [9; 800]);
        assert_eq!(tape.tail(window, Duration::from_secs(1)).samples, [0; 800]);
        let half = tape.tail(window, Duration::from_millis(75)).samples;
        assert_eq!(half.iter().filter(|s| **s == 9).count(), 200);
    }

    #[test]
    fn wide_sound_has_two_samples_a_unit_and_begins_a_new_tape() {
        let mut tape = Tape::default();
        tape.put(1, 0, &[1; 160]);
        tape.rate(16_000);
        tape.put(1, 160, &[2; 320]);
        tape.put(1, 480, &[4; 320]);
        tape.put(1, 320, &[3; 320]);
        tape.rate(16_000);
        let heard = tape.whole();
        assert_eq!((heard.rate, heard.duration()), (16_000, Duration::from_millis(60)));
        assert_eq!(heard.samples, [[2; 320], [3; 320], [4; 320]].concat());
        let half = tape.tail(Duration::from_millis(40), Duration::ZERO);
        assert_eq!(half.samples, [[3; 320], [4; 320]].concat());
    }

    #[test]
    fn the_tape_is_bounded() {
        let mut tape = Tape::default();
        for n in 0..u32::try_from(MOST / 160).unwrap_or(0) + 10 {
            tape.put(1, n * 160, &[1; 160]);
        }
        assert!(tape.samples.len() <= MOST && tape.samples.len() > MOST - 61 * CLOCK);
    }
}
