//! Sound as a picture: for each pixel column how loud it was, and the outline that follows from it.

use super::svg::short;

/// Samples a second of a recording.
const RATE: f64 = 8_000.0;

/// How loud one column is, in samples' units.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Column {
    /// Greatest deviation from silence.
    pub(super) peak: f32,
    /// Root mean square.
    pub(super) rms: f32,
}

/// How loud each of `columns` columns of a sound is, when they stand for `from_s` to `from_s + columns * step_s` and the
/// sound begins at 0. Outside the sound it is silent.
pub(super) fn columns(samples: &[i16], from_s: f64, step_s: f64, columns: usize) -> Vec<Column> {
    let place = |at: f64| if at <= 0.0 { 0 } else { ((at * RATE).round() as usize).min(samples.len()) };
    let edge = |i: usize| place(from_s + i as f64 * step_s);
    (0..columns).map(|i| loudness(samples.get(edge(i)..edge(i + 1)).unwrap_or_default())).collect()
}

fn loudness(samples: &[i16]) -> Column {
    let peak = samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
    Column { peak: f32::from(peak), rms: audio::ear::rms(samples) }
}

/// An outline, the same above and below the middle, of the columns' `height`s in pixels; silent stretches are left out.
/// Columns are `wide` pixels each, the first one begins at `x`.
pub(super) fn outline(heights: &[f64], x: f64, wide: f64, middle: f64) -> String {
    /// Lower than this is silence.
    const FLAT: f64 = 0.25;
    let mut path = String::new();
    let mut at = 0;
    for run in heights.chunk_by(|a, b| (*a >= FLAT) == (*b >= FLAT)) {
        let begin = at;
        at += run.len();
        if run.first().is_none_or(|h| *h < FLAT) {
            continue;
        }
        let left = |i: usize| x + (begin + i) as f64 * wide;
        path.push_str(&format!("M{} {}", short(left(0)), short(middle)));
        for (i, height) in run.iter().enumerate() {
            path.push_str(&format!("L{} {}", short(left(i) + wide / 2.0), short(middle - height)));
        }
        path.push_str(&format!("L{} {}", short(left(run.len())), short(middle)));
        for (i, height) in run.iter().enumerate().rev() {
            path.push_str(&format!("L{} {}", short(left(i) + wide / 2.0), short(middle + height)));
        }
        path.push('Z');
    }
    path
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use audio::tones;

    #[test]
    fn a_tone_stands_where_it_sounded_and_as_loud_as_it_was() {
        let mut sound = vec![0; 8_000];
        sound.extend(tones::sine(700.0, 6_000, 8_000));
        // The picture begins a second before the sound and ends a second after it.
        let seen = columns(&sound, -1.0, 0.1, 40);
        let loud: Vec<usize> =
            seen.iter().enumerate().filter(|(_, c)| c.peak > 5_900.0).map(|(i, _)| i).collect();
        assert_eq!(loud, (20..30).collect::<Vec<_>>());
        assert!((seen[25].rms - 4_243.0).abs() < 60.0, "{:?}", seen[25]);
        assert_eq!((seen[5], seen[35]), (Column::default(), Column::default()));
    }

    #[test]
    fn a_short_click_in_a_long_call_is_seen() {
        // Ten minutes on a thousand columns: one sample of 4,800 in its column.
        let mut sound = vec![0i16; 8_000 * 600];
        sound[2_500_000] = -20_000;
        let seen = columns(&sound, 0.0, 0.6, 1_000);
        assert_eq!(seen.iter().filter(|c| c.peak > 0.0).count(), 1);
        assert!((seen[520].peak - 20_000.0).abs() < 1.0);
    }

    #[test]
    fn an_outline_goes_there_and_back_and_leaves_silence_out() {
        assert_eq!(outline(&[0.0, 0.0], 0.0, 1.0, 10.0), "");
        assert_eq!(outline(&[0.0, 4.0, 0.1], 100.0, 2.0, 50.0), "M102 50L103 46L104 50L103 54Z");
        assert_eq!(outline(&[1.0, 0.0, 1.0], 0.0, 1.0, 0.0).matches('Z').count(), 2);
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(columns(&[], 0.0, 1.0, 3), [Column::default(); 3]);
        assert_eq!(columns(&[1; 8_000], 0.0, 0.0, 2), [Column::default(); 2]);
    }
}
