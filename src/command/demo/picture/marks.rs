//! Where labels over a time axis go: each beside its line, in the lowest row where it covers no other.

use super::Mark;
use super::svg::{fit, width};

/// Size of a label's letters.
pub(super) const SIZE: f64 = 12.0;
/// Most rows of labels. A label that finds no place in them is left out; its line and its tool tip stay.
pub(super) const MOST_ROWS: usize = 6;
/// Between a line and its label, and between two labels.
const GAP: f64 = 5.0;
/// Widest label.
const WIDEST: f64 = 230.0;

/// A label with its place.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Placed {
    /// Of its line.
    pub(super) x: f64,
    /// From the lowest, 0. `None`: no place for the label.
    pub(super) row: Option<usize>,
    /// It stands left of its line.
    pub(super) left: bool,
    /// Cut to fit.
    pub(super) label: String,
    /// Uncut.
    pub(super) whole: String,
}

/// Places all labels, in the order of their lines; `x` gives a line's place, `right` is where the axis ends.
pub(super) fn place(marks: &[Mark], x: impl Fn(f64) -> f64, right: f64) -> Vec<Placed> {
    let mut lines: Vec<Placed> = marks.iter().map(|mark| unplaced(mark, x(mark.at_s), right)).collect();
    lines.sort_by(|a, b| a.x.total_cmp(&b.x));
    // From right to left, so that a label may reach over those behind it; then those that stand left of their lines.
    let (left, rest): (Vec<usize>, Vec<usize>) =
        (0..lines.len()).partition(|i| lines.get(*i).is_some_and(|l| l.left));
    for i in rest.into_iter().rev().chain(left) {
        let Some(line) = lines.get(i) else { continue };
        let row = (0..MOST_ROWS).find(|row| lines.iter().all(|other| line.agrees(*row, other)));
        if let Some(line) = lines.get_mut(i) {
            line.row = row;
        }
    }
    lines
}

fn unplaced(mark: &Mark, x: f64, right: f64) -> Placed {
    let label = fit(&mark.label, SIZE, WIDEST);
    let left = x + GAP + width(&label, SIZE) > right;
    Placed { x, row: None, left, label, whole: mark.label.clone() }
}

impl Placed {
    /// From where to where the label reaches, its line included.
    fn span(&self) -> (f64, f64) {
        let wide = width(&self.label, SIZE) + GAP;
        if self.left { (self.x - wide, self.x) } else { (self.x, self.x + wide) }
    }

    /// Whether a line there would run through the label; beside it, along its own line, it would not.
    fn covers(&self, x: f64) -> bool {
        let (from, to) = self.span();
        if self.left { from - GAP < x && x + 0.5 < to } else { from + 0.5 < x && x < to + GAP }
    }

    /// Whether this label can stand in this row beside another that has its place: neither label covers the other, and
    /// neither line runs up through the other's label.
    fn agrees(&self, row: usize, other: &Self) -> bool {
        let Some(its) = other.row else { return true };
        let ((a1, a2), (b1, b2)) = (self.span(), other.span());
        match its.cmp(&row) {
            std::cmp::Ordering::Equal => a2 + GAP <= b1 || b2 + GAP <= a1,
            std::cmp::Ordering::Greater => !self.covers(other.x),
            std::cmp::Ordering::Less => !other.covers(self.x),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn placed(marks: &[(f64, &str)]) -> Vec<Placed> {
        let marks: Vec<Mark> =
            marks.iter().map(|(at_s, label)| Mark { at_s: *at_s, label: (*label).to_owned() }).collect();
        place(&marks, |s| s * 10.0, 1_000.0)
    }

    #[test]
    fn labels_far_apart_share_the_lowest_row() {
        let rows: Vec<_> = placed(&[(0.0, "offered"), (50.0, "ended")]).iter().map(|p| p.row).collect();
        assert_eq!(rows, [Some(0), Some(0)]);
    }

    #[test]
    fn labels_never_cover_each_other_nor_the_line_of_another() {
        let words =
            ["answered", "operator rings", "notice heard", "operator answers", "key *3", "desk rings"];
        let marks: Vec<(f64, &str)> =
            (0..24).map(|i| (f64::from(i) * 3.7, words[i as usize % words.len()])).collect();
        let placed = placed(&marks);
        for (i, a) in placed.iter().enumerate().filter(|(_, a)| a.row.is_some()) {
            for b in placed.iter().skip(i + 1).filter(|b| b.row == a.row) {
                let ((a1, a2), (b1, b2)) = (a.span(), b.span());
                assert!(a2 <= b1 || b2 <= a1, "{a:?} covers {b:?}");
            }
            let crossing = placed.iter().find(|b| b.row > a.row && a.covers(b.x));
            assert_eq!(crossing, None, "the line runs through {a:?}");
        }
        assert!(placed.iter().filter(|p| p.row.is_some()).count() >= 12);
    }

    #[test]
    fn the_last_label_stands_left_of_its_line() {
        assert!(placed(&[(99.0, "the call is over")])[0].left);
        assert!(!placed(&[(1.0, "the call is over")])[0].left);
    }

    #[test]
    fn too_many_at_once_keep_their_lines() {
        let crowd: Vec<(f64, &str)> = (0..40).map(|_| (50.0, "at the same moment")).collect();
        let placed = placed(&crowd);
        assert_eq!(placed.iter().filter(|p| p.row.is_some()).count(), MOST_ROWS);
        assert_eq!(placed.len(), 40);
    }
}
