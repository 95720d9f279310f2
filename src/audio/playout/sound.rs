//! Decoded sound around now: what was just heard, which concealment goes on from, and what is ready to be heard.

use crate::FRAME;

/// Samples that were heard last and are kept: 50 ms at 16 kHz, 100 ms at 8 kHz.
const HISTORY: usize = 800;
/// Samples that may be ready: a frame's rest, two frames, and a period more, at 16 kHz.
const FUTURE: usize = 1_280;

/// What all of it takes.
#[cfg(test)]
pub(super) const BYTES: usize = 2 * (HISTORY + FUTURE);

pub(super) struct Sound {
    samples: Box<[i16; HISTORY + FUTURE]>,
    ready: usize,
    /// Samples in one unit of 125 us: 1 at 8 kHz, 2 at 16 kHz.
    rate: usize,
}

impl Sound {
    pub(super) fn new() -> Self {
        Self { samples: Box::new([0; HISTORY + FUTURE]), ready: 0, rate: 1 }
    }

    /// Frames of this length from now on; what was heard at another rate is forgotten. True when it was another one.
    pub(super) fn tune(&mut self, samples: usize) -> bool {
        let rate = (samples / FRAME).clamp(1, 2);
        let other = rate != self.rate;
        if other {
            (self.rate, self.ready) = (rate, 0);
            self.samples.fill(0);
        }
        other
    }

    pub(super) fn rate(&self) -> usize {
        self.rate
    }

    pub(super) fn ready(&self) -> usize {
        self.ready
    }

    /// How many samples more may become ready.
    pub(super) fn free(&self) -> usize {
        FUTURE - self.ready
    }

    /// What was heard, and behind it what is ready.
    pub(super) fn past(&self) -> &[i16] {
        self.samples.get(..HISTORY + self.ready).unwrap_or_default()
    }

    /// What is ready.
    pub(super) fn future(&mut self) -> &mut [i16] {
        self.samples.get_mut(HISTORY..HISTORY + self.ready).unwrap_or_default()
    }

    /// Makes `length` samples more ready and gives their place; what does not fit is left out.
    pub(super) fn more(&mut self, length: usize) -> &mut [i16] {
        let from = HISTORY + self.ready;
        self.ready += length.min(FUTURE - self.ready);
        self.samples.get_mut(from..HISTORY + self.ready).unwrap_or_default()
    }

    /// Room for so many samples that were heard elsewhere meanwhile, behind what was heard before; nothing must be ready.
    pub(super) fn heard(&mut self, samples: usize) -> &mut [i16] {
        let samples = samples.min(HISTORY);
        self.samples.copy_within(samples..HISTORY, 0);
        self.samples.get_mut(HISTORY - samples..HISTORY).unwrap_or_default()
    }

    /// Leaves `length` samples of what is ready out, from `at` on.
    pub(super) fn cut(&mut self, at: usize, length: usize) {
        let length = length.min(self.ready.saturating_sub(at));
        self.samples.copy_within(HISTORY + at + length..HISTORY + self.ready, HISTORY + at);
        self.ready -= length;
    }

    /// Puts room for `length` samples into what is ready, from `at` on; what stood there stands there still.
    pub(super) fn widen(&mut self, at: usize, length: usize) {
        if length <= self.free() && at <= self.ready {
            self.samples.copy_within(HISTORY + at..HISTORY + self.ready, HISTORY + at + length);
            self.ready += length;
        }
    }

    /// What is ready becomes what is heard.
    pub(super) fn take(&mut self, out: &mut [i16]) {
        let length = out.len().min(self.ready);
        for (sample, ready) in out.iter_mut().zip(self.samples.iter().skip(HISTORY)) {
            *sample = *ready;
        }
        self.samples.copy_within(length..HISTORY + self.ready, 0);
        self.ready -= length;
    }
}
