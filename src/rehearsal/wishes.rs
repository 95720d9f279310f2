//! What is asked: who calls whom and when, with which keys, and who is there.

use std::collections::BTreeSet;

use call::Plan;
use call::event::{Caller, Key};
use call::ids::{DeskNo, Name, Pii, StaffNo};

use crate::RehearsalError;

/// Most keys of one call: nobody keys more, and each takes virtual time.
pub const MOST_KEYS: usize = 100;

/// How window desks behave when they are rung.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mood {
    /// Answers and presses 1.
    #[default]
    Accepts,
    /// The phone is busy (486).
    Busy,
    /// Rings, and nobody answers.
    NoAnswer,
    /// Answers and presses 2.
    Declines,
    /// The phone is not registered.
    Absent,
    /// All windows are shut for the rest of the day.
    ClosedHours,
}

/// One call that is asked about.
#[derive(Clone, PartialEq, Debug)]
pub struct Wishes {
    /// When it comes in, UTC ms.
    pub at: i64,
    /// Who calls.
    pub from: Caller,
    /// The dialled number, normalised.
    pub to: Name,
    /// Groups of keys; each waits until the next question is being asked.
    pub keys: Vec<Vec<Key>>,
    /// Operators on duty.
    pub duty: Vec<StaffNo>,
    /// How windows behave.
    pub desk: Mood,
    /// Phones that are not registered, beside those of operators who are off duty.
    pub absent: BTreeSet<Name>,
    /// Windows that are shut for the rest of the day.
    pub closed: BTreeSet<DeskNo>,
    /// The caller takes a call-back that is offered, to the own number or to [`OTHER_NUMBER`].
    pub takes_offer: bool,
}

/// Whom to call back who withholds the own number.
pub const OTHER_NUMBER: &str = "13900000000";

/// Reads groups of keys: `2,037#,1`.
///
/// # Errors
/// [`RehearsalError::NoKey`], [`RehearsalError::TooManyKeys`].
pub fn keys(text: &str) -> Result<Vec<Vec<Key>>, RehearsalError> {
    let read = |group: &str| -> Result<Vec<Key>, RehearsalError> {
        let keys: Option<Vec<Key>> = group.chars().map(Key::from_char).collect();
        keys.ok_or_else(|| RehearsalError::NoKey(group.to_owned()))
    };
    let groups = text.split(',').map(str::trim).filter(|g| !g.is_empty());
    let groups = groups.map(read).collect::<Result<Vec<_>, _>>()?;
    if groups.iter().map(Vec::len).sum::<usize>() > MOST_KEYS {
        return Err(RehearsalError::TooManyKeys);
    }
    Ok(groups)
}

/// Keys as they stand on a telephone.
pub(crate) fn shown(keys: &[Key]) -> String {
    keys.iter().map(|key| key.as_char()).collect()
}

/// A dialled number for the reader: ours as it is, anybody else's masked.
pub(crate) fn shown_number(number: &Name, plan: &Plan) -> String {
    if plan.numbers.contains(number) || number.len() < 9 {
        return number.to_string();
    }
    Pii::new(Name::clone(number)).masked()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn keys_come_in_groups() {
        let groups = keys("2, 037#,1").unwrap();
        assert_eq!(groups.iter().map(|g| shown(g)).collect::<Vec<_>>(), ["2", "037#", "1"]);
        assert!(keys("").unwrap().is_empty());
        assert!(keys("2;3").is_err() && keys("A").is_err() && keys(&"1".repeat(101)).is_err());
    }
}
