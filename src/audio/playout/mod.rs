//! Playout of one leg's stream: packets come when they come, a frame of 20 ms leaves at every tick, as early as the network
//! allows and without a seam.
//!
//! All times are units of 125 us: a sample at 8 kHz, a byte of G.711 or G.722, a step of the RTP timestamp. The delay is
//! counted behind the fastest packet of late; when more is needed than there is, a period of the voice is said twice or a
//! hole is concealed, when less is needed a period is left out.

mod delay;
mod hole;
mod ring;
mod sound;
mod stretch;
#[cfg(test)]
mod tests;
mod timeline;

use crate::FRAME;
use crate::codec::{Codec, Decoder};
use crate::comfort::Comfort;
use crate::conceal::Conceal;
use delay::Delay;
use hole::{Losses, PAUSE};
use ring::Ring;
use sound::Sound;
use timeline::Timeline;

/// Units of a frame.
const TICK: i64 = FRAME as i64;
/// A delay that is longer than needed by less than this is left as it is: a frame leaves at a tick, wherever that falls.
const SLACK: i64 = TICK;
/// Sound that is left out never takes more than this of what is needed: 5 ms.
const MARGIN: i64 = 40;
/// Ticks between two changes of the delay, unless it is far too long.
const BETWEEN: u8 = 3;
/// A delay that is longer by this is far too long: 60 ms.
const FAR: i64 = 480;
/// How like its neighbour a period must be that is left out or said twice; when the delay is far too long.
const ALIKE: f32 = 0.85;
const ALIKE_FAR: f32 = 0.5;
/// Units before what is read next that are kept: all that concealment looks at, and what a decoder of G.722 needs to find its
/// feet.
const KEPT: i64 = 2 * TICK;
const KEPT_WIDE: i64 = 400;
/// What a frame is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// The far end's voice.
    Voice,
    /// In part or in whole what stands for it.
    Concealed,
    /// Noise, for a far end that sends nothing.
    Comfort,
    /// Nothing at all.
    Silence,
}

/// What happened to a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Packets that came after their turn.
    pub late: u64,
    /// Units that were concealed or paused.
    pub concealed: u64,
    /// Units that were left out to catch up.
    pub shortened: u64,
    /// Units that were said twice to wait.
    pub lengthened: u64,
}

/// One leg's stream, about 11 KiB, of which an even one touches less than one: what each frame needs stands first.
#[repr(C)]
pub struct Playout {
    /// The next position that is decoded; `None` before the first packet.
    read: Option<i64>,
    /// Units that were concealed since the last that was decoded.
    hole: i64,
    /// How many of the last samples that are ready are as they were sent.
    plain: usize,
    /// Units that are missing in what was heard: they were given away undecoded, or decoded past it.
    unheard: usize,
    /// Those of them of which comfort noise knows nothing.
    unlearnt: usize,
    /// The law in which the rest of them was.
    spoken: Option<Codec>,
    sound: Sound,
    losses: Losses,
    /// Ticks since the delay was changed.
    since: u8,
    /// From this position on the far end said that it is silent.
    quiet_from: Option<i64>,
    timeline: Timeline,
    ring: Ring,
    delay: Delay,
    comfort: Comfort,
    figures: Figures,
    conceal: Conceal,
}

impl Default for Playout {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Playout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Playout({} ms of {} ms)", self.held_ms(), self.target_ms())
    }
}

impl Playout {
    /// The most that [`Playout::target_ms`] becomes, ms.
    pub const MOST_MS: u16 = 400;

    /// A stream of which nothing has come.
    pub fn new() -> Self {
        Self {
            read: None,
            hole: 0,
            plain: 0,
            unheard: 0,
            unlearnt: 0,
            spoken: None,
            sound: Sound::new(),
            losses: Losses::default(),
            since: 0,
            quiet_from: None,
            timeline: Timeline::default(),
            ring: Ring::new(),
            delay: Delay::new(),
            comfort: Comfort::default(),
            figures: Figures::default(),
            conceal: Conceal::default(),
        }
    }

    /// Another source, or another codec: what waits is forgotten, what was heard fades out.
    pub fn clear(&mut self) {
        if let Some(codec) = self.spoken.take() {
            // What was heard last is where the fade begins.
            self.catch_up(&mut Decoder::new(codec));
        }
        self.ring.clear();
        self.timeline.clear();
        self.delay.restart();
        self.comfort.clear();
        (self.read, self.quiet_from, self.unheard, self.unlearnt, self.plain) = (None, None, 0, 0, 0);
    }

    /// A packet of sound that came at `now`.
    pub fn push(&mut self, sequence: u16, timestamp: u32, now: i64, payload: &[u8]) {
        if payload.is_empty() || payload.len() > ring::CAPACITY / 2 {
            return;
        }
        let at = self.timeline.place(sequence, timestamp, payload.len() as i64, now, self.delay.base());
        if self.ring.holds(at, payload.len()) {
            return;
        }
        self.delay.arrived(at, now);
        let read = match self.read {
            Some(read) => {
                // What was concealed meanwhile is late too, though it may still be said.
                self.figures.late += u64::from(at < read + self.hole);
                read
            }
            None => *self.read.insert(at),
        };
        if at + payload.len() as i64 > read {
            let ready = (self.sound.ready() / self.sound.rate()) as i64;
            self.ring.put(at, payload, read - self.kept().max(ready));
        }
    }

    /// A packet of comfort noise (RFC 3389): the far end is silent from here on.
    pub fn push_noise(&mut self, sequence: u16, timestamp: u32, now: i64, payload: &[u8]) {
        let at = self.timeline.place(sequence, timestamp, 0, now, self.delay.base());
        self.comfort.told(payload);
        self.quiet_from = Some(self.quiet_from.unwrap_or(at).max(at));
    }

    /// The frame of this tick: `out` is 160 samples at 8 kHz or 320 at 16 kHz, whichever `decoder` makes.
    pub fn next(&mut self, now: i64, decoder: &mut Decoder, out: &mut [i16]) -> Heard {
        self.delay.pass(now);
        self.since = self.since.saturating_add(1);
        // A law can be decoded again whenever somebody wants to know what was heard.
        if decoder.forgets()
            && self.sound.rate() == 1
            && out.len() == FRAME
            && let Some(at) = self.whole(now)
        {
            self.spoken = Some(decoder.codec());
            decode(&self.ring, at, FRAME, decoder, out);
            self.comfort.learn(out);
            return Heard::Voice;
        }
        if self.sound.tune(out.len()) {
            self.hole = self.hole.max(1);
        }
        self.catch_up(decoder);
        let mut heard = Heard::Voice;
        while self.sound.ready() < out.len() {
            match self.more(now, out.len() - self.sound.ready(), decoder) {
                Heard::Voice => {}
                other => heard = other,
            }
        }
        if heard == Heard::Voice {
            self.fit(now, out.len(), decoder);
        }
        self.sound.take(out);
        heard
    }

    /// The payload of this tick when it can leave as it came: 20 ms that have arrived whole, while nothing is concealed or
    /// changed in length. [`Playout::next`] goes on behind it as if it had decoded it.
    pub fn due(&mut self, now: i64) -> Option<[u8; FRAME]> {
        let at = self.whole(now)?;
        self.delay.pass(now);
        self.unlearnt = (self.unlearnt + FRAME).min(ring::CAPACITY);
        let mut payload = [0; FRAME];
        let [first, second] = self.ring.bytes(at, FRAME);
        for (place, byte) in payload.iter_mut().zip(first.iter().chain(second)) {
            *place = *byte;
        }
        Some(payload)
    }

    /// Where the frame of this tick begins in the ring, when it needs nothing but to be read; it is done then.
    fn whole(&mut self, now: i64) -> Option<i64> {
        // What is ready but not heard is given away too, when it is what was sent.
        let ready = self.sound.ready();
        let at = self.read? - (ready / self.sound.rate()) as i64;
        // While packets get lost what comes is decoded: a hole is closed from both its sides.
        let calm = self.hole == 0 && !self.losses.many();
        let fits = calm && self.plain >= ready && self.ring.run(at, FRAME) == FRAME;
        let (least, most) = self.wanted();
        let delay = self.behind(now)?;
        if !fits || delay < least || delay > most {
            return None;
        }
        self.losses.count(false);
        self.sound.cut(0, ready);
        (self.read, self.unheard) = (Some(at + TICK), (self.unheard + FRAME).min(ring::CAPACITY));
        Some(at)
    }

    /// Units before what is read next that may be decoded once more.
    fn kept(&self) -> i64 {
        if self.sound.rate() == 1 { KEPT } else { KEPT_WIDE }
    }

    /// Decodes what was given away, or decoded past what was heard, as far as concealment may need it.
    fn catch_up(&mut self, decoder: &mut Decoder) {
        let (unheard, unlearnt) = (std::mem::take(&mut self.unheard), std::mem::take(&mut self.unlearnt));
        let Some(read) = self.read.filter(|_| unheard > 0) else { return };
        let rate = self.sound.rate();
        let past = self.sound.heard(unheard.min(self.kept() as usize) * rate);
        let from = read - (past.len() / rate) as i64;
        decode(&self.ring, from, past.len() / rate, decoder, past);
        let frames = past.rchunks_exact(FRAME * rate).take(unlearnt / FRAME);
        frames.for_each(|frame| self.comfort.learn(frame));
    }

    /// Makes more sound ready: of the stream when there is any, else `missing` samples or fewer of what stands for it.
    fn more(&mut self, now: i64, missing: usize, decoder: &mut Decoder) -> Heard {
        let Some(mut read) = self.read else { return self.cover(missing) };
        if self.hole > 0 {
            match self.over_hole(now, read) {
                Ok(position) => {
                    self.losses.count(position > read && self.hole <= PAUSE);
                    read = position;
                }
                Err(None) => return self.cover(missing),
                Err(Some(gap)) => return self.cover(missing.min(gap * self.sound.rate())),
            }
        }
        let length = self.ring.run(read, FRAME);
        if length == 0 {
            if self.hole == 0 && self.bridge(read, decoder) {
                return Heard::Concealed;
            }
            return self.cover(missing.min(self.gap(read).unwrap_or(FRAME) * self.sound.rate()));
        }
        self.read = Some(read + length as i64);
        let rate = self.sound.rate();
        let place = self.sound.more(length * rate);
        decode(&self.ring, read, length, decoder, place);
        self.comfort.learn(place);
        self.losses.count(false);
        self.plain = self.plain.saturating_add(length * rate);
        if std::mem::take(&mut self.hole) > 0 {
            self.merge(length * rate);
            self.plain = 0;
            return Heard::Concealed;
        }
        Heard::Voice
    }

    /// The delay of what leaves now behind the fastest packet; `None` before the first one.
    fn behind(&self, now: i64) -> Option<i64> {
        let ready = (self.sound.ready() / self.sound.rate()) as i64;
        Some(now - self.delay.base()? - (self.read? - ready))
    }

    /// The delay that is needed: that of the network, and of one frame more while packets get lost, so that what is behind a
    /// hole is there when it is closed.
    fn needed(&self) -> i64 {
        let more = if self.losses.many() { TICK + MARGIN } else { 0 };
        (self.delay.needed() + more).min(delay::MOST)
    }

    /// The delays within which nothing is changed.
    fn wanted(&self) -> (i64, i64) {
        let needed = self.needed();
        (if needed > TICK { needed - MARGIN } else { 0 }, needed.max(MARGIN) + SLACK)
    }

    /// Leaves out or says twice one period when the delay is not what is needed.
    fn fit(&mut self, now: i64, frame: usize, decoder: &mut Decoder) {
        let Some(delay) = self.behind(now) else { return };
        let ((least, most), rate) = (self.wanted(), self.sound.rate());
        let far = delay > most + FAR;
        if (least..=most).contains(&delay) || (self.since < BETWEEN && !far) {
            return;
        }
        let enough = (stretch::NEEDED * rate).max(frame + stretch::NEEDED * rate / 2);
        while self.sound.ready() < enough && self.sound.free() > FRAME * rate {
            let Some(read) = self.read else { return };
            let length = self.ring.run(read, FRAME);
            if length == 0 {
                break;
            }
            self.read = Some(read + length as i64);
            let place = self.sound.more(length * rate);
            decode(&self.ring, read, length, decoder, place);
        }
        // The blend may be anywhere in it.
        self.plain = 0;
        let alike = if far { ALIKE_FAR } else { ALIKE };
        if delay > most {
            let spare = (delay - self.needed() - MARGIN).min((self.sound.ready() - frame) as i64);
            let cut = stretch::shorten(&mut self.sound, usize::try_from(spare).unwrap_or(0) * rate, alike);
            self.figures.shortened += (cut / rate) as u64;
            self.since = u8::from(cut == 0);
        } else {
            let more = stretch::lengthen(&mut self.sound, FRAME * rate, alike);
            self.figures.lengthened += (more / rate) as u64;
            self.since = u8::from(more == 0);
        }
    }

    /// Packets that came after their turn.
    pub fn late(&self) -> u64 {
        self.figures.late
    }

    /// What happened to the stream so far.
    pub fn figures(&self) -> Figures {
        self.figures
    }

    /// The delay that is needed, ms: 20 ..= 400.
    pub fn target_ms(&self) -> u16 {
        u16::try_from(self.needed().max(TICK) / 8).unwrap_or(u16::MAX)
    }

    /// What waits, ms.
    pub fn held_ms(&self) -> u16 {
        let waiting = self.read.map_or(0, |read| self.ring.end() - read.max(self.ring.oldest())).max(0);
        let ready = self.sound.ready() / self.sound.rate();
        u16::try_from((waiting + ready as i64) / 8).unwrap_or(u16::MAX)
    }
}

/// Decodes `length` units of the ring.
fn decode(ring: &Ring, at: i64, length: usize, decoder: &mut Decoder, out: &mut [i16]) {
    let [first, second] = ring.bytes(at, length);
    let rate = out.len().checked_div(length).unwrap_or(1);
    let (one, two) = out.split_at_mut((first.len() * rate).min(out.len()));
    decoder.decode(first, one);
    if !second.is_empty() {
        decoder.decode(second, two);
    }
}
