//! Concealment of what did not arrive: the last period of the voice goes on, without a seam, and fades.
//!
//! In the manner of ITU-T G.711 appendix I, with the seam closed forward, so that nothing is delayed for it.

/// Units of 125 us: shortest and longest period, 2.5 and 20 ms.
const SHORTEST: usize = 20;
const LONGEST: usize = 160;
/// Units that are compared: 8 ms. The latest of the voice says best how it goes on.
const COMPARED: usize = 64;
/// Units in which the voice of a far end fades that is silent: 5 ms.
const HUSHED: f32 = 40.0;
/// Most samples of a period: at 16 kHz.
const MOST: usize = LONGEST * 2;

/// What is heard instead.
pub struct Conceal {
    cycle: [f32; MOST],
    period: usize,
    rate: usize,
    /// How far the cycle's beginning is from where the sound stood.
    seam: f32,
    /// How periodic the sound was, 0.0 ..= 1.0.
    voiced: f32,
    /// Samples since the beginning.
    made: usize,
    /// Units after which the far end said that it is silent.
    hushed: Option<f32>,
}

impl Default for Conceal {
    fn default() -> Self {
        Self { cycle: [0.0; MOST], period: 1, rate: 1, seam: 0.0, voiced: 0.0, made: 0, hushed: None }
    }
}

/// The strongest period of the sound's end, in units, and how strong it is.
fn pitch(past: &[i16], rate: usize) -> (usize, f32) {
    let mut x = [0.0f32; LONGEST + COMPARED];
    for (wide, pair) in x.iter_mut().rev().zip(past.rchunks_exact(rate)) {
        *wide = pair.iter().map(|s| f32::from(*s)).sum();
    }
    let (_, now) = x.split_at(LONGEST);
    let own = dot(now, now);
    let mut best = (LONGEST, 0.0f32);
    let mut power = x.get(LONGEST - SHORTEST + 1..).map_or(0.0, |then| dot(then, then));
    power -= x.get(LONGEST + COMPARED + 1 - SHORTEST..).map_or(0.0, |end| dot(end, end));
    for lag in SHORTEST..=LONGEST {
        let from = LONGEST - lag;
        let Some(then) = x.get(from..from + COMPARED) else { continue };
        // The window has moved by one sample.
        let left = x.get(from + COMPARED).copied().unwrap_or(0.0);
        let came = then.first().copied().unwrap_or(0.0);
        power += came * came - left * left;
        let like = dot(now, then) / (own * power).max(1.0).sqrt().max(1.0);
        if like > best.1 {
            best = (lag, like.min(1.0));
        }
    }
    best
}

/// The scalar product, summed in lanes so that the compiler makes vectors of it.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    rest + lanes.iter().sum::<f32>()
}

impl Conceal {
    /// The sound has ended here: `past` is what was heard, its end last.
    pub fn begin(&mut self, past: &[i16], rate: usize) {
        let (lag, voiced) = pitch(past, rate);
        let lag = if voiced < 0.5 { LONGEST } else { lag };
        (self.period, self.rate, self.voiced, self.made) = (lag * rate, rate, voiced, 0);
        self.hushed = None;
        let cycle = past.get(past.len().saturating_sub(self.period)..).unwrap_or_default();
        for (place, sample) in self.cycle.iter_mut().zip(cycle) {
            *place = f32::from(*sample);
        }
        let before =
            past.len().checked_sub(self.period + 1).and_then(|at| past.get(at)).copied().unwrap_or(0);
        self.seam = f32::from(past.last().copied().unwrap_or(0)) - f32::from(before);
    }

    /// The far end is silent from here on: what is left fades within 5 ms.
    pub fn hush(&mut self) {
        self.hushed.get_or_insert(self.made as f32 / self.rate as f32);
    }

    /// Whether all that comes is silence.
    pub fn is_over(&self) -> bool {
        self.share(self.made as f32 / self.rate as f32) <= 0.0
    }

    /// The next sample, faded.
    pub fn sample(&mut self) -> f32 {
        let sample = self.cycle.get(self.made % self.period.max(1)).copied().unwrap_or(0.0);
        let units = self.made as f32 / self.rate as f32;
        self.made += 1;
        (sample + self.seam * (1.0 - units / 12.0).max(0.0)) * self.share(units)
    }

    /// How loud it still is after so many units: 10 ms as it was, then down to nothing at 100 ms.
    fn share(&self, units: f32) -> f32 {
        let usual = (1.0 - (units - 80.0).max(0.0) / 720.0).max(0.0);
        self.hushed.map_or(usual, |from| usual * (1.0 - (units - from) / HUSHED).max(0.0))
    }
}
