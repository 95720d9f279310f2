//! Minutes that are alike: the windows that may be rung, now and until a path is clear, are the same. Computed from the calendar's own
//! spans; a test holds them against the calendar's answer for single minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use calendar::{Date, Place, TimeOfDay};
use call::Plan;
use call::ids::DeskNo;

use crate::order::group;
use crate::world::LONGEST;

const MINUTE: i64 = 60_000;
const DAYS: usize = 366;

/// Minutes that are alike for a desk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Class {
    /// The first of them, UTC ms.
    pub example: i64,
    /// How many there are.
    pub minutes: u64,
    /// One of the windows is closed at some time while the path goes on.
    pub closed_once: bool,
}

/// Minutes since 1970 in which a window may be rung: from, up to but not including to.
type Spans = Vec<(i64, i64)>;

/// When each desk may be rung in a year, and the nights.
pub(crate) struct Hours {
    first: i64,
    end: i64,
    /// Each once: most desks have the centre's.
    kinds: Vec<Spans>,
    of: BTreeMap<DeskNo, usize>,
    night: Spans,
}

impl Hours {
    /// Of the year that begins with this day.
    pub fn of_year(plan: &Plan, from: Date) -> Self {
        let zone = &plan.calendar.zone;
        let next = from.year().saturating_add(1);
        // A year from 29 February ends with the February after it.
        let year_on =
            Date::new(next, from.month(), from.day()).or_else(|_| Date::new(next, 3, 1)).unwrap_or(from);
        let at = |date| zone.moment(date, TimeOfDay::MIDNIGHT).div_euclid(MINUTE);
        let (first, end) = (at(from), at(year_on));
        // A day before and after: openings may run over midnight.
        let start = from.yesterday().unwrap_or(from);
        let days: Vec<Date> =
            std::iter::successors(Some(start), |d| d.tomorrow().ok()).take(DAYS + 3).collect();
        let (mut kinds, mut of): (Vec<Spans>, _) = (Vec::new(), BTreeMap::new());
        for no in plan.desks.keys() {
            let spans = rung(plan, *no, &days);
            let known = kinds.iter().position(|k| *k == spans);
            of.insert(*no, known.unwrap_or(kinds.len()));
            if known.is_none() {
                kinds.push(spans);
            }
        }
        Self { first, end, kinds, of, night: nights(plan, &days) }
    }

    /// How many minutes the year has.
    pub fn minutes(&self) -> u64 {
        u64::try_from(self.end.saturating_sub(self.first)).unwrap_or(0)
    }

    /// The classes of a desk: its own hours and those of the windows that help, and whether it is night when the call comes in.
    /// Without a desk only the night counts.
    pub fn classes(&self, plan: &Plan, desk: Option<DeskNo>) -> Vec<Class> {
        let kinds: BTreeSet<usize> = desk
            .into_iter()
            .flat_map(|no| group(plan, no))
            .filter_map(|no| self.of.get(&no).copied())
            .collect();
        let mut spans: Vec<&Spans> = kinds.iter().filter_map(|k| self.kinds.get(*k)).collect();
        if desk.is_none() {
            spans.push(&self.night);
        }
        let turns: BTreeSet<i64> = spans.iter().flat_map(|s| s.iter()).flat_map(|(a, b)| [*a, *b]).collect();
        let nights = self.night.iter().flat_map(|(a, b)| [*a, *b]);
        let cuts: BTreeSet<i64> = turns.iter().copied().chain(nights).filter(|c| self.holds(*c)).collect();
        let ahead = minutes(LONGEST);
        let mut found: BTreeMap<Vec<(i64, Vec<bool>)>, Class> = BTreeMap::new();
        let mut from = self.first;
        for to in cuts.into_iter().chain([self.end]) {
            // What lies ahead of the next turn is alike; the minutes before it are each their own.
            let turns_at = turns.range(from + 1..=to + ahead).next().copied().unwrap_or(i64::MAX);
            let plain = to.min(turns_at.saturating_sub(ahead)).max(from);
            let stretches = [(from, plain)].into_iter().chain((plain..to).map(|m| (m, m + 1)));
            for (from, to) in stretches.filter(|(a, b)| a < b) {
                let seen = self.seen(&spans, &turns, from, ahead);
                let closed_once = seen.iter().skip(1).any(|(_, open)| open.contains(&false));
                let class =
                    found.entry(seen).or_insert(Class { example: from * MINUTE, minutes: 0, closed_once });
                class.minutes += u64::try_from(to - from).unwrap_or(0);
            }
            from = to;
        }
        found.into_values().collect()
    }

    fn holds(&self, minute: i64) -> bool {
        self.first < minute && minute < self.end
    }

    /// What a call that begins in this minute meets: whether it is night, which windows may be rung, and how that turns.
    fn seen(
        &self,
        spans: &[&Spans],
        turns: &BTreeSet<i64>,
        minute: i64,
        ahead: i64,
    ) -> Vec<(i64, Vec<bool>)> {
        let open = |at: i64| spans.iter().map(|s| is_in(s, at)).collect::<Vec<bool>>();
        let later = turns.range(minute + 1..=minute + ahead).map(|at| (at - minute, open(*at)));
        [(-1, vec![is_in(&self.night, minute)]), (0, open(minute))].into_iter().chain(later).collect()
    }
}

fn is_in(spans: &Spans, minute: i64) -> bool {
    let behind = spans.partition_point(|(from, _)| *from <= minute);
    behind.checked_sub(1).and_then(|i| spans.get(i)).is_some_and(|(_, to)| minute < *to)
}

fn minutes(span: Duration) -> i64 {
    i64::try_from(span.as_secs().div_ceil(60)).unwrap_or(i64::MAX)
}

/// When a new bridge may begin: within the open spans, joined over midnight, but not at their end.
fn rung(plan: &Plan, no: DeskNo, days: &[Date]) -> Spans {
    let zone = &plan.calendar.zone;
    let last = i64::try_from(plan.limits.last_bridge.as_millis()).unwrap_or(i64::MAX);
    let mut open: Vec<(i64, i64)> = Vec::new();
    for date in days {
        for span in plan.calendar.spans(Place::Desk(no.0), *date) {
            let (from, to) = (zone.moment(*date, span.from()), zone.moment(*date, span.to()));
            match open.last_mut() {
                Some(before) if before.1 == from => before.1 = to,
                _ => open.push((from, to)),
            }
        }
    }
    let ends = |to: i64| {
        to.saturating_sub(last).div_euclid(MINUTE) + i64::from(to.saturating_sub(last).rem_euclid(MINUTE) > 0)
    };
    let spans = open.into_iter().map(|(from, to)| (from.div_euclid(MINUTE), ends(to)));
    spans.filter(|(from, to)| from < to).collect()
}

/// The night span of the greeting, each night of it.
fn nights(plan: &Plan, days: &[Date]) -> Spans {
    let Some((from, to)) = plan.greeting.night else { return Vec::new() };
    let time = |minutes| TimeOfDay::from_minutes(minutes).unwrap_or_default();
    let at = |date: &Date, minutes| plan.calendar.zone.moment(*date, time(minutes)).div_euclid(MINUTE);
    let night = |date: &Date| {
        let morning = if from < to { Some(*date) } else { date.tomorrow().ok() };
        morning.map(|morning| (at(date, from), at(&morning, to)))
    };
    days.iter().filter_map(night).collect()
}
