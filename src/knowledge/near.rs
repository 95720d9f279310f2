//! One slip of the fingers: a wrong, missing, doubled or swapped character.

/// What slipped, seen from the right word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Slip {
    /// One is another one.
    Wrong,
    /// One is missing.
    Missing,
    /// One is too many.
    Extra,
    /// Two neighbours stand the wrong way round.
    Swapped,
}

/// The one slip between what was typed and the right word; `None` when they are equal or further apart.
pub(crate) fn slip<T: PartialEq>(typed: &[T], right: &[T]) -> Option<Slip> {
    if typed.len().abs_diff(right.len()) > 1 {
        return None;
    }
    let same = typed.iter().zip(right).take_while(|(a, b)| a == b).count();
    let (typed, right) = (typed.get(same..)?, right.get(same..)?);
    match (typed, right) {
        ([], []) => None,
        ([_, t @ ..], [_, r @ ..]) if t == r => Some(Slip::Wrong),
        (t, [_, r @ ..]) if t == r => Some(Slip::Missing),
        ([_, t @ ..], r) if t == r => Some(Slip::Extra),
        ([a, b, t @ ..], [c, d, r @ ..]) if a == d && b == c && t == r => Some(Slip::Swapped),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(typed: &str, right: &str) -> Option<Slip> {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        slip(&chars(typed), &chars(right))
    }

    #[test]
    fn one_slip_is_seen_and_two_are_not() {
        assert_eq!(between("身分证", "身份证"), Some(Slip::Wrong));
        assert_eq!(between("身证", "身份证"), Some(Slip::Missing));
        assert_eq!(between("身份份证", "身份证"), Some(Slip::Extra));
        assert_eq!(between("shenfenzehng", "shenfenzheng"), Some(Slip::Swapped));
        assert_eq!(between("证身份", "身份证"), None);
        assert_eq!(between("身份证", "身份证"), None);
        assert_eq!(between("", "证"), Some(Slip::Missing));
        assert_eq!(between("", ""), None);
    }
}
