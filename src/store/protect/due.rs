//! What is due: how long each class is kept, and which months are over by now.

use vault::{Class, Month};

/// For how many months each class is kept after the month in which it came; 0: for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Retention {
    /// Numbers of citizens.
    pub numbers: u32,
    /// Names of citizens.
    pub names: u32,
    /// What cases and notes say.
    pub cases: u32,
    /// Recordings.
    pub recordings: u32,
}

impl Retention {
    /// Months; 0: for ever. Staff and texts of the configuration go with the configuration, not with time.
    pub const fn of(&self, class: Class) -> u32 {
        match class {
            Class::Number => self.numbers,
            Class::Name => self.names,
            Class::Case => self.cases,
            Class::Recording => self.recordings,
            Class::Staff | Class::Configuration => 0,
        }
    }

    /// The first month that is kept: what is older is due. `None`: all is kept. A month is kept whole, so that each value
    /// is kept at least as long as was set, and at most a month longer.
    pub fn kept_from(&self, class: Class, now_utc_ms: i64) -> Option<Month> {
        match self.of(class) {
            0 => None,
            months => Some(Month::of_utc_ms(now_utc_ms).before(months)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_month_is_due_when_all_of_it_is_old_enough() {
        let retention = Retention { numbers: 1, recordings: 12, ..Retention::default() };
        let at = |year, month| Month::new(year, month).unwrap();
        let last = at(2027, 1).begins() - 1;
        // Of November the last value is a month old on the last of December; of December none is.
        assert_eq!(retention.kept_from(Class::Number, last), Some(at(2026, 11)));
        assert_eq!(retention.kept_from(Class::Number, last + 1), Some(at(2026, 12)));
        assert_eq!(retention.kept_from(Class::Recording, last), Some(at(2025, 12)));
        for class in [Class::Name, Class::Case, Class::Staff, Class::Configuration] {
            assert_eq!(retention.kept_from(class, i64::MAX), None, "{class:?}");
        }
    }
}
