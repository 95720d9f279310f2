//! Holes in a stream: when they end, and what is heard instead.

use super::{Heard, MARGIN, Playout, SLACK, TICK, decode};
use crate::FRAME;
use crate::codec::Decoder;
use crate::conceal::Conceal;

/// From here on a hole is no concealed voice any more but a pause: 100 ms.
pub(super) const PAUSE: i64 = 800;
/// Over so many samples concealment and voice are blended, at 8 kHz: 5 ms, and 10 ms after more than a frame.
const BLEND: usize = 40;
const BLEND_LONG: usize = 80;

/// Longest hole that is closed from both sides, units: 40 ms; and what has to be there behind it.
const BRIDGED: usize = 320;
const BRIDGED_BY: usize = 80;
/// What a frame counts for among those before it: 10 s.
const LATEST: f32 = 0.002;
/// From which share of losses on they are many, and until which.
const MANY: f32 = 0.02;
const FEW: f32 = 0.01;

/// How many packets get lost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Losses {
    share: f32,
    many: bool,
    /// Frames so far.
    frames: u16,
}

impl Losses {
    /// A frame was lost, or was not.
    pub(super) fn count(&mut self, lost: bool) {
        // A new stream is judged by all that came of it, after the first 2 s.
        self.frames = self.frames.saturating_add(1).max(100);
        let latest = f32::from(self.frames).recip().max(LATEST);
        self.share += (f32::from(u8::from(lost)) - self.share) * latest;
        self.many = self.share > if self.many { FEW } else { MANY };
    }

    pub(super) fn many(self) -> bool {
        self.many
    }
}

impl Playout {
    /// Units from here to the next that has arrived.
    pub(super) fn gap(&self, read: i64) -> Option<usize> {
        self.ring.next(read).and_then(|next| usize::try_from(next - read).ok())
    }

    /// Where the stream goes on behind a hole; or, when it can't yet, for how many units more there is a hole, if that is
    /// known.
    pub(super) fn over_hole(&mut self, now: i64, read: i64) -> Result<i64, Option<usize>> {
        let Some(next) = self.ring.next(read) else { return Err(None) };
        let gap = next - read;
        if gap == 0 {
            // It came after its turn. Said late it makes the delay longer; when that is long enough it is left out.
            let behind = self.behind(now).unwrap_or(0);
            let spare = (behind - self.needed() - MARGIN).min(self.hole);
            if spare < TICK {
                return Ok(next);
            }
            let later = self.ring.next(read + spare).unwrap_or(self.ring.end() - TICK);
            let later = later.max(read);
            self.read = Some(later);
            return Ok(self.ring.next(later).unwrap_or(later));
        }
        let spare = self.behind(now).unwrap_or(0) - self.needed() - SLACK - MARGIN;
        if self.hole >= gap || spare >= gap - self.hole {
            self.read = Some(next);
            return Ok(next);
        }
        Err(usize::try_from(gap - self.hole).ok())
    }

    /// Closes a short hole from both sides when what is behind it is there already. False: it is not.
    pub(super) fn bridge(&mut self, read: i64, decoder: &mut Decoder) -> bool {
        let Some(gap) = self.gap(read).filter(|gap| *gap <= BRIDGED) else { return false };
        let next = read + gap as i64;
        let (length, rate) = (self.ring.run(next, FRAME), self.sound.rate());
        if length < BRIDGED_BY || self.sound.free() < (gap + length) * rate {
            return false;
        }
        self.conceal.begin(self.sound.past(), rate);
        let place = self.sound.more((gap + length) * rate);
        let Some((hole, voice)) = place.split_at_mut_checked(gap * rate) else { return false };
        decode(&self.ring, next, length, decoder, voice);
        // The same the other way round: what comes goes back into the hole.
        let mut mirrored = [0; 2 * FRAME];
        let mirrored = mirrored.get_mut(..voice.len()).unwrap_or_default();
        mirrored.iter_mut().zip(voice.iter().rev()).for_each(|(place, sample)| *place = *sample);
        let mut back = Conceal::default();
        back.begin(mirrored, rate);
        let count = hole.len() as f32;
        for sample in hole.iter_mut() {
            *sample = self.conceal.sample().round() as i16;
        }
        for (n, sample) in hole.iter_mut().rev().enumerate() {
            let share = (n as f32 + 0.5) / count;
            *sample = (f32::from(*sample) * share + back.sample() * (1.0 - share)).round() as i16;
        }
        self.read = Some(next + length as i64);
        self.plain = length * rate;
        self.figures.concealed += gap as u64;
        self.losses.count(true);
        true
    }

    /// Makes `length` samples ready that stand for what is missing.
    pub(super) fn cover(&mut self, length: usize) -> Heard {
        let rate = self.sound.rate();
        self.plain = 0;
        if self.hole == 0 {
            self.conceal.begin(self.sound.past(), rate);
        }
        let units = (length / rate).max(1) as i64;
        let quiet = self.read.zip(self.quiet_from).is_some_and(|(read, from)| read >= from);
        let level = self.comfort.level();
        let faded = if quiet { 1.0 } else { (self.hole as f32 / PAUSE as f32).min(1.0) };
        if quiet {
            self.conceal.hush();
        }
        let place = self.sound.more(length.max(1));
        if level == 0.0 && self.conceal.is_over() {
            place.fill(0);
            self.hole += units;
            self.figures.concealed += units as u64;
            return Heard::Silence;
        }
        for (n, sample) in place.iter_mut().enumerate() {
            let share = (faded + n as f32 / rate as f32 / PAUSE as f32).min(1.0);
            let noise = if level > 0.0 { self.comfort.next(level) * share } else { 0.0 };
            *sample = (self.conceal.sample() + noise).round() as i16;
        }
        let paused = quiet || self.hole >= PAUSE;
        self.hole += units;
        self.figures.concealed += units as u64;
        match (paused, level > 0.0) {
            (false, _) => Heard::Concealed,
            (true, true) => Heard::Comfort,
            (true, false) => Heard::Silence,
        }
    }

    /// Blends the end of a hole into the `length` samples that were decoded behind it.
    pub(super) fn merge(&mut self, length: usize) {
        let rate = self.sound.rate();
        let over = (if self.hole > TICK { BLEND_LONG } else { BLEND } * rate).min(length);
        let ready = self.sound.ready();
        let Some(voice) = self.sound.future().get_mut(ready - length..) else { return };
        for (n, sample) in voice.iter_mut().take(over).enumerate() {
            let share = (n as f32 + 0.5) / over as f32;
            *sample = (self.conceal.sample() * (1.0 - share) + f32::from(*sample) * share).round() as i16;
        }
    }
}
