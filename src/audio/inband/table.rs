//! What the detector multiplies with: a window, and under it the eight frequencies of keys; made by the compiler.

/// Samples of a window: 20 ms at 8 kHz.
pub const WINDOW: usize = 160;
/// The four rows and the four columns of the keypad, Hz (ITU-T Q.23).
pub const HERTZ: [f32; 8] = [697.0, 770.0, 852.0, 941.0, 1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// Cosine and sine of each frequency, side by side.
pub const LANES: usize = 2 * HERTZ.len();

/// Hann's window: its sum is 80, the sum of its squares 60.
pub static HANN: [f32; WINDOW] = hann();
/// Cosines in the first half of the lanes, sines in the second.
pub static WAVES: [[f32; LANES]; WINDOW] = waves();

const fn hann() -> [f32; WINDOW] {
    let (mut out, mut at) = ([0.0; WINDOW], 0);
    while at < WINDOW {
        out[at] = (0.5 - 0.5 * cosine((at as f64 + 0.5) / WINDOW as f64)) as f32;
        at += 1;
    }
    out
}

const fn waves() -> [[f32; LANES]; WINDOW] {
    let (mut out, mut at) = ([[0.0; LANES]; WINDOW], 0);
    while at < WINDOW {
        let mut tone = 0;
        while tone < HERTZ.len() {
            let turns = at as f64 * HERTZ[tone] as f64 / 8_000.0;
            out[at][tone] = cosine(turns) as f32;
            out[at][tone + HERTZ.len()] = cosine(turns - 0.25) as f32;
            tone += 1;
        }
        at += 1;
    }
    out
}

/// The cosine of so many whole turns, by its series: the compiler has no other.
const fn cosine(turns: f64) -> f64 {
    let part = turns - (turns as i64) as f64;
    let square = (part * std::f64::consts::TAU) * (part * std::f64::consts::TAU);
    let (mut term, mut sum, mut n) = (1.0, 1.0, 1);
    while n < 24 {
        term *= -square / ((2 * n - 1) * (2 * n)) as f64;
        sum += term;
        n += 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_are_the_functions() {
        for (at, row) in WAVES.iter().enumerate() {
            for (tone, hertz) in HERTZ.iter().enumerate() {
                let turn = at as f64 * f64::from(*hertz) / 8_000.0 * std::f64::consts::TAU;
                assert!((f64::from(row[tone]) - turn.cos()).abs() < 1e-6, "{at} {hertz}");
                assert!((f64::from(row[tone + 8]) - turn.sin()).abs() < 1e-6, "{at} {hertz}");
            }
        }
        let (sum, squares) = (HANN.iter().sum::<f32>(), HANN.iter().map(|w| w * w).sum::<f32>());
        assert!((sum - 80.0).abs() < 1e-3 && (squares - 60.0).abs() < 1e-3, "{sum} {squares}");
    }
}
