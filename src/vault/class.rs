//! What a data key is for: a class of data, and the month or the legal hold to which it belongs.

use std::fmt;

/// Classes of data. Each has keys of its own, so that each can be kept for another time and destroyed by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// Numbers of citizens.
    Number,
    /// Names of citizens.
    Name,
    /// What cases say.
    Case,
    /// Numbers and names of those who work here.
    Staff,
    /// Recordings.
    Recording,
    /// Texts of the configuration.
    Configuration,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Number, Self::Name, Self::Case, Self::Staff, Self::Recording, Self::Configuration];

    /// As it stands in key lines and columns.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Name => "name",
            Self::Case => "case",
            Self::Staff => "staff",
            Self::Recording => "recording",
            Self::Configuration => "configuration",
        }
    }

    /// The other way.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }

    /// Its place in the tree of secrets: 4 bits, and never another one.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Number => 1,
            Self::Name => 2,
            Self::Case => 3,
            Self::Staff => 4,
            Self::Recording => 5,
            Self::Configuration => 6,
        }
    }
}

/// A month of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month {
    year: u16,
    /// 1 to 12.
    month: u8,
}

impl Month {
    /// `None` when there is no such month; years 1970 to 9999.
    pub const fn new(year: u16, month: u8) -> Option<Self> {
        if 1970 <= year && year <= 9999 && 1 <= month && month <= 12 {
            Some(Self { year, month })
        } else {
            None
        }
    }

    /// Of what begins with `YYYY-MM`, as the name of a day does.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, rest) = text.split_at_checked(4)?;
        let month = rest.strip_prefix('-')?.get(..2)?;
        let ends = rest.len() == 3 || rest.get(3..)?.starts_with('-');
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let number = ends && digits(year) && digits(month);
        number.then(|| Self::new(year.parse().ok()?, month.parse().ok()?))?
    }

    /// The month of a moment, UTC ms since 1970; moments outside of the years above are brought to their edge.
    pub fn of_utc_ms(at: i64) -> Self {
        // Days to civil (Hinnant, chrono-compatible low-level date algorithms): eras of 400 years from March.
        let days = at.div_euclid(86_400_000).clamp(0, 2_932_896) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march = (5 * of_year + 2) / 153;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year: u16::try_from(year).unwrap_or(9999), month: u8::try_from(month).unwrap_or(12) }
    }

    /// Counts from January of year 0.
    pub(crate) fn number(self) -> u32 {
        u32::from(self.year) * 12 + u32::from(self.month) - 1
    }

    /// The month after; the last one has none.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        let number = self.number().saturating_add(1);
        Self::new(u16::try_from(number / 12).ok()?, u8::try_from(number % 12 + 1).ok()?)
    }

    /// Its first moment, UTC ms since 1970.
    pub fn begins(self) -> i64 {
        // Days of civil (Hinnant), the other way of `of_utc_ms`.
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        let year = if month <= 2 { year - 1 } else { year };
        let march = if month > 2 { month - 3 } else { month + 9 };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * march + 2) / 5;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        days * 86_400_000
    }

    /// So many months earlier, not before 1970.
    #[must_use]
    pub fn before(self, months: u32) -> Self {
        let since = self.number().saturating_sub(months).max(1970 * 12);
        let year = u16::try_from(since / 12).unwrap_or(9999);
        Self { year, month: u8::try_from(since % 12 + 1).unwrap_or(1) }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// For how long a data key's values are kept together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// What was sealed in a month; it dies with the month's retention.
    Month(Month),
    /// What a legal hold keeps, by the hold's number; it dies when the hold is lifted.
    Hold(u32),
}

impl Scope {
    /// `2026-11` or `hold-7`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("hold-") {
            Some(number) => number.parse().ok().map(Self::Hold),
            None => Month::parse(text).filter(|month| month.to_string() == text).map(Self::Month),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month) => month.fmt(f),
            Self::Hold(number) => write!(f, "hold-{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        let of = |ms| Month::of_utc_ms(ms).to_string();
        assert_eq!((of(0), of(-5), of(i64::MAX)), ("1970-01".into(), "1970-01".into(), "9999-12".into()));
        assert_eq!((of(951_782_399_999), of(951_782_400_000)), ("2000-02".into(), "2000-02".into()));
        assert_eq!((of(951_868_799_999), of(951_868_800_000)), ("2000-02".into(), "2000-03".into()));
        assert_eq!((of(1_796_083_199_999), of(1_796_083_200_000)), ("2026-11".into(), "2026-12".into()));
        // Every day of two centuries, counted by hand.
        let (mut year, mut month, mut day) = (1970_u16, 1_u8, 1_u8);
        for days in 0..73_000_i64 {
            let found = Month::of_utc_ms(days * 86_400_000);
            assert_eq!(found, Month::new(year, month).unwrap());
            assert_eq!(found.begins() == days * 86_400_000, day == 1, "{found}");
            assert_eq!(found.next().unwrap().before(1), found);
            let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
            let last = match month {
                2 => 28 + u8::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (year, month, day) = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                (_, day) if day == last => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn words_are_read_back_and_others_are_not() {
        assert!(Class::ALL.iter().all(|class| Class::parse(class.word()) == Some(*class)));
        for text in ["2026-11", "hold-7"] {
            assert_eq!(Scope::parse(text).unwrap().to_string(), text);
        }
        for text in ["2026-13", "2026-1", "2026-11-30", "+026-11", "hold-", "hold--1", "", "号-码"] {
            assert_eq!(Scope::parse(text), None, "{text}");
        }
        assert_eq!(Month::parse("2026-11-30"), Month::new(2026, 11));
        assert_eq!(Month::parse("2026-115"), None);
        let november = Month::new(2026, 11).unwrap();
        assert_eq!(
            (november.before(11).to_string(), november.before(9_999)),
            ("2025-12".into(), Month::new(1970, 1).unwrap())
        );
    }
}
