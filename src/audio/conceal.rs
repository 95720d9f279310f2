//! Concealment of what did not arrive: the last period of the voice goes on, without a seam, and fades.
//!
//! In the manner of ITU-T G.711 appendix I, with the seam closed forward, so that nothing is delayed for it.

/// Units of 125 us: shortest and longest period, 2.5 and 20 ms.
const SHORTEST: usize = 20;
const LONGEST: usize = 160;
/// Units that are compared: 20 ms.
const COMPARED: usize = 160;
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
}

impl Default for Conceal {
    fn default() -> Self {
        Self { cycle: [0.0; MOST], period: 1, rate: 1, seam: 0.0, voiced: 0.0, made: 0 }
    }
}

/// The strongest period of the sound's end, in units, and how strong it is.
fn pitch(past: &[i16], rate: usize) -> (usize, f32) {
    let mut x = [0.0f32; LONGEST + COMPARED];
    for (wide, pair) in x.iter_mut().rev().zip(past.rchunks_exact(rate)) {
        *wide = pair.iter().map(|s| f32::from(*s)).sum();
    }
    let (_, now) = x.split_at(LONGEST);
    let own: f32 = now.iter().map(|s| s * s).sum();
    let mut best = (LONGEST, 0.0f32);
    for lag in SHORTEST..=LONGEST {
        let Some(then) = x.get(LONGEST - lag..LONGEST + COMPARED - lag) else { continue };
        let product: f32 = now.iter().zip(then).map(|(a, b)| a * b).sum();
        let power: f32 = then.iter().map(|s| s * s).sum();
        let like = product / (own * power).sqrt().max(1.0);
        if like > best.1 {
            best = (lag, like);
        }
    }
    best
}

impl Conceal {
    /// The sound has ended here: `past` is what was heard, its end last.
    pub fn begin(&mut self, past: &[i16], rate: usize) {
        let (lag, voiced) = pitch(past, rate);
        let lag = if voiced < 0.5 { LONGEST } else { lag };
        (self.period, self.rate, self.voiced, self.made) = (lag * rate, rate, voiced, 0);
        let cycle = past.get(past.len().saturating_sub(self.period)..).unwrap_or_default();
        for (place, sample) in self.cycle.iter_mut().zip(cycle) {
            *place = f32::from(*sample);
        }
        let before =
            past.len().checked_sub(self.period + 1).and_then(|at| past.get(at)).copied().unwrap_or(0);
        self.seam = f32::from(past.last().copied().unwrap_or(0)) - f32::from(before);
    }

    /// The next sample, faded.
    pub fn next(&mut self) -> f32 {
        let sample = self.cycle.get(self.made % self.period.max(1)).copied().unwrap_or(0.0);
        let units = self.made as f32 / self.rate as f32;
        self.made += 1;
        (sample + self.seam * (1.0 - units / 12.0).max(0.0)) * self.share(units)
    }

    /// How loud it still is after so many units: 10 ms as it was, then down to nothing at 100 ms.
    fn share(&self, units: f32) -> f32 {
        (1.0 - (units - 80.0).max(0.0) / 720.0).max(0.0)
    }
}
