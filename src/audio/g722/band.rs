//! The two adaptive differential coders of G.722 (sections 3.2 to 3.6 and 4.2, 4.3): what the predictor did not foresee is
//! quantised, and both ends adapt from the quantised value alone. Names of the standard's blocks stand in capitals.

use super::Mode;
use super::tables::{
    DECISION_HIGH, DECISIONS, LEVELS_4, LEVELS_5, LEVELS_6, LEVELS_HIGH, MOST_HIGH, MOST_LOW, POWERS,
    STEPS_HIGH, STEPS_LOW,
};

/// A band's samples have 15 bits (LIMIT).
const MOST: i32 = 16_383;

/// 0 ..= 4 kHz, 6 bits a sample.
#[derive(Clone, Debug)]
pub struct Low {
    scale: Scale,
    predictor: Predictor,
}

impl Default for Low {
    fn default() -> Self {
        Self { scale: Scale { log: 0, linear: 32 }, predictor: Predictor::default() }
    }
}

impl Low {
    /// A sample of 15 bits to a code of 6.
    #[inline]
    pub fn encode(&mut self, sample: i16) -> u8 {
        let error = clip(i32::from(sample) - self.predictor.said);
        let code = quantise(error, self.scale.linear);
        self.adapt(code >> 2);
        code
    }

    /// A code of 6 bits to a sample of 15.
    #[inline]
    pub fn decode(&mut self, code: u8, mode: Mode) -> i16 {
        let level = match mode {
            Mode::Kbit64 => LEVELS_6[usize::from(code & 63)],
            Mode::Kbit56 => LEVELS_5[usize::from((code >> 1) & 31)],
            Mode::Kbit48 => LEVELS_4[usize::from((code >> 2) & 15)],
        };
        let sample = self.predictor.said + self.scale.of(level);
        self.adapt(code >> 2);
        sample.clamp(-MOST - 1, MOST) as i16
    }

    /// Whatever the mode, both ends adapt from 4 bits (INVQAL, LOGSCL).
    #[inline]
    fn adapt(&mut self, code: u8) {
        let code = usize::from(code & 15);
        self.predictor.step(self.scale.of(LEVELS_4[code]));
        self.scale.step(STEPS_LOW[code], MOST_LOW, 8);
    }
}

/// 4 ..= 8 kHz, 2 bits a sample.
#[derive(Clone, Debug)]
pub struct High {
    scale: Scale,
    predictor: Predictor,
}

impl Default for High {
    fn default() -> Self {
        Self { scale: Scale { log: 0, linear: 8 }, predictor: Predictor::default() }
    }
}

impl High {
    /// A sample of 15 bits to a code of 2 (QUANTH).
    #[inline]
    pub fn encode(&mut self, sample: i16) -> u8 {
        let error = clip(i32::from(sample) - self.predictor.said);
        let beyond = magnitude(error) >= (DECISION_HIGH * self.scale.linear) >> 12;
        let code = if error < 0 { 1 } else { 3 } - u8::from(beyond);
        self.adapt(code);
        code
    }

    /// A code of 2 bits to a sample of 15.
    #[inline]
    pub fn decode(&mut self, code: u8) -> i16 {
        let sample = self.predictor.said + self.adapt(code);
        sample.clamp(-MOST - 1, MOST) as i16
    }

    /// The error that this code stands for (INVQAH), from which both ends adapt.
    #[inline]
    fn adapt(&mut self, code: u8) -> i32 {
        let code = usize::from(code & 3);
        let error = self.scale.of(LEVELS_HIGH[code]);
        self.predictor.step(error);
        self.scale.step(STEPS_HIGH[code], MOST_HIGH, 10);
        error
    }
}

/// An error to a code of 6 bits (QUANTL): how many decision levels it passes, counted without a branch.
#[inline]
fn quantise(error: i32, scale: i32) -> u8 {
    let size = magnitude(error);
    let passed: i32 =
        DECISIONS.iter().map(|level| i32::from((i32::from(*level) * scale) >> 12 <= size)).sum();
    // 1 ..= 30: the three zeros before the levels are always passed.
    let place = passed - 2;
    let code = match (error < 0, place < 3) {
        (false, _) => 62 - place,
        (true, true) => 64 - place,
        (true, false) => 34 - place,
    };
    code as u8
}

/// How large an error is; negative ones count from -1, as the standard has it.
#[inline]
fn magnitude(error: i32) -> i32 {
    error ^ (error >> 31)
}

/// The quantiser's step, which follows the loudness.
#[derive(Clone, Debug)]
struct Scale {
    log: i32,
    linear: i32,
}

impl Scale {
    /// A level in units of the step.
    #[inline]
    fn of(&self, level: i16) -> i32 {
        (self.linear * i32::from(level)) >> 15
    }

    /// LOGSCL and SCALEL, or LOGSCH and SCALEH.
    #[inline]
    fn step(&mut self, step: i16, most: i32, shift: i32) {
        self.log = (((self.log * 127) >> 7) + i32::from(step)).clamp(0, most);
        let power = i32::from(POWERS[(self.log >> 6) as usize & 31]);
        // The exponent is at most one above the shift: one more place to the right makes it a shift to the right always.
        self.linear = ((power << 1) >> (shift + 1 - (self.log >> 11))) << 2;
    }
}

/// What the next sample should be, from 2 poles and 6 zeros that learn by the signs.
#[derive(Clone, Debug, Default)]
struct Predictor {
    /// The foreseen sample (SL, SH).
    said: i32,
    /// The part of it from the zeros (SZ).
    zeros: i32,
    /// Twice the last two rebuilt samples (RLT), the newest first.
    rebuilt: [i32; 2],
    /// The last two partly rebuilt samples (PLT).
    partly: [i32; 2],
    /// Coefficients of the poles (AL), 1/16384 a unit.
    poles: [i32; 2],
    /// Twice the last errors (DLT), the newest first; lanes 6 and 7 are always zero.
    errors: [i16; 8],
    /// Coefficients of the zeros (BL).
    weights: [i16; 8],
}

impl Predictor {
    /// Takes the quantised error of the sample that was foreseen, and foresees the next one (BLOCK4).
    #[inline]
    fn step(&mut self, error: i32) {
        let rebuilt = clip(self.said + error);
        let partly = clip(self.zeros + error);
        self.learn_poles(partly);
        self.learn_zeros(error);
        // DELAYA
        self.rebuilt = [clip(rebuilt << 1), self.rebuilt[0]];
        self.partly = [partly, self.partly[0]];
        let [e0, e1, e2, e3, e4, ..] = self.errors;
        self.errors = [clip(error << 1) as i16, e0, e1, e2, e3, e4, 0, 0];
        self.foresee();
    }

    /// UPPOL2, UPPOL1
    #[inline]
    fn learn_poles(&mut self, partly: i32) {
        let [first, second] = self.poles;
        let alike = |other: i32| (partly ^ other) >= 0;
        let lean = clip(first << 2);
        let lean = if alike(self.partly[0]) { (-lean).min(32_767) } else { lean };
        let turn = if alike(self.partly[1]) { 128 } else { -128 };
        let second = (turn + (lean >> 7) + ((second * 32_512) >> 15)).clamp(-12_288, 12_288);
        let turn = if alike(self.partly[0]) { 192 } else { -192 };
        let most = 15_360 - second;
        self.poles = [(turn + ((first * 32_640) >> 15)).clamp(-most, most), second];
    }

    /// UPZERO. The sums stay within 16 bits: a coefficient decays by 1/256 and grows by 128 at most.
    #[inline]
    fn learn_zeros(&mut self, error: i32) {
        let turn = if error == 0 { 0 } else { 128 };
        let sign = error >> 31;
        for (weight, old) in self.weights.iter_mut().zip(&self.errors) {
            let unlike = (i32::from(*old) >> 15) ^ sign;
            *weight = (((i32::from(*weight) * 32_640) >> 15) + ((turn ^ unlike) - unlike)) as i16;
        }
    }

    /// FILTEP, FILTEZ, PREDIC
    #[inline]
    fn foresee(&mut self) {
        let pole = |at: usize| (self.poles[at] * self.rebuilt[at]) >> 15;
        let poles = clip(pole(0) + pole(1));
        let zeros = self.weights.iter().zip(&self.errors);
        self.zeros = clip(zeros.map(|(w, e)| (i32::from(*w) * i32::from(*e)) >> 15).sum());
        self.said = clip(poles + self.zeros);
    }
}

/// Into 16 bits.
#[inline]
fn clip(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}
