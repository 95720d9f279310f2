//! Due dates once more, day by day from the holiday table, sharing nothing with the calendar crate or the clock that it checks.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::time::{date, day_number};

const DAY: i64 = 86_400_000;
const ZONE: i64 = 8 * 3_600_000;
const MINUTE: i64 = 60_000;

/// What is known about days.
#[derive(Default, Clone)]
pub struct Almanac {
    /// Day number -> offices work.
    named: BTreeMap<i64, bool>,
    years: BTreeSet<i64>,
}

impl Almanac {
    /// A notice's file; its later entries win.
    pub fn read(&mut self, text: &str) {
        let file: serde_json::Value = serde_json::from_str(text).unwrap();
        self.years.insert(file["year"].as_i64().unwrap());
        for day in file["days"].as_array().unwrap() {
            let parts: Vec<i64> =
                day["date"].as_str().unwrap().split('-').map(|p| p.parse().unwrap()).collect();
            let works = !day["isOffDay"].as_bool().unwrap();
            self.named.insert(day_number(parts[0], parts[1], parts[2]), works);
        }
    }

    fn is_known(&self, day: i64) -> bool {
        self.named.contains_key(&day) || self.years.contains(&date(day).0)
    }

    fn works(&self, day: i64) -> bool {
        if let Some(works) = self.named.get(&day) {
            return *works;
        }
        // 1 January is the only statutory day that a due date of this year can reach before the next notice is loaded.
        let new_year = date(day).1 == 1 && date(day).2 == 1;
        // Day 0 was a Thursday.
        let weekday = (day + 3).rem_euclid(7);
        weekday < 5 && (!new_year || self.is_known(day))
    }

    /// 17:00 of the n-th working day after the day of a moment, and whether that is provisional.
    pub fn due(&self, from: i64, n: i32) -> (i64, bool) {
        let mut day = (from + ZONE).div_euclid(DAY);
        let mut sure = self.is_known(day);
        let mut left = n;
        while left > 0 {
            day += 1;
            sure &= self.is_known(day);
            if self.works(day) {
                left -= 1;
            }
        }
        (day * DAY + 17 * 60 * MINUTE - ZONE, !sure)
    }

    /// At once on a working day, else 08:30 of the next.
    pub fn first(&self, at: i64) -> i64 {
        let mut day = (at + ZONE).div_euclid(DAY);
        if self.works(day) {
            return at;
        }
        while !self.works(day) {
            day += 1;
        }
        day * DAY + 510 * MINUTE - ZONE
    }
}

/// Minutes since midnight in Shanghai.
pub fn minute(at: i64) -> i64 {
    (at + ZONE).rem_euclid(DAY) / MINUTE
}

/// Between 08:00 and 21:00.
pub fn is_day(at: i64) -> bool {
    (480..1260).contains(&minute(at))
}

/// `at`, or the next 08:00.
pub fn by_day(at: i64) -> i64 {
    if is_day(at) {
        return at;
    }
    let day = (at + ZONE).div_euclid(DAY) + i64::from(minute(at) >= 1260);
    day * DAY + 480 * MINUTE - ZONE
}
