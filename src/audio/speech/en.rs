//! English: one by one in identifiers, "and" after hundreds, oh-five and o'clock, A M and P M.

use super::{Clock, Counted, Day, Unit, at, digits, grouped};

const TO_TWENTY: [&str; 20] = [
    "clip-n0", "clip-n1", "clip-n2", "clip-n3", "clip-n4", "clip-n5", "clip-n6", "clip-n7", "clip-n8",
    "clip-n9", "clip-n10", "clip-n11", "clip-n12", "clip-n13", "clip-n14", "clip-n15", "clip-n16",
    "clip-n17", "clip-n18", "clip-n19",
];
const TENS: [&str; 8] =
    ["clip-n20", "clip-n30", "clip-n40", "clip-n50", "clip-n60", "clip-n70", "clip-n80", "clip-n90"];
const MONTHS: [&str; 12] = [
    "clip-month1",
    "clip-month2",
    "clip-month3",
    "clip-month4",
    "clip-month5",
    "clip-month6",
    "clip-month7",
    "clip-month8",
    "clip-month9",
    "clip-month10",
    "clip-month11",
    "clip-month12",
];
const ORDINALS: [&str; 31] = [
    "clip-o1", "clip-o2", "clip-o3", "clip-o4", "clip-o5", "clip-o6", "clip-o7", "clip-o8", "clip-o9",
    "clip-o10", "clip-o11", "clip-o12", "clip-o13", "clip-o14", "clip-o15", "clip-o16", "clip-o17",
    "clip-o18", "clip-o19", "clip-o20", "clip-o21", "clip-o22", "clip-o23", "clip-o24", "clip-o25",
    "clip-o26", "clip-o27", "clip-o28", "clip-o29", "clip-o30", "clip-o31",
];
const WEEKDAYS: [&str; 7] =
    ["clip-week1", "clip-week2", "clip-week3", "clip-week4", "clip-week5", "clip-week6", "clip-week7"];
/// Millions are not recorded: what is greater is said digit by digit.
const MOST: u32 = 999_999;

pub(super) fn digit(digit: u8) -> Option<Unit> {
    at(&TO_TWENTY, digit.into())
}

pub(super) fn amount(n: u32, of: Counted, out: &mut Vec<Unit>) {
    number(n, out);
    let (one, more) = match of {
        Counted::Nothing | Counted::Things => return,
        Counted::Callers => ("clip-caller", "clip-callers"),
        Counted::Minutes => ("clip-minute", "clip-minutes"),
        Counted::Hours => ("clip-hour", "clip-hours"),
        Counted::Days => ("clip-day", "clip-days"),
        Counted::Workdays => ("clip-workday", "clip-workdays"),
    };
    out.push(Unit::Clip(if n == 1 { one } else { more }));
}

pub(super) fn ordinal(n: u32, out: &mut Vec<Unit>) {
    match at(&ORDINALS, n.wrapping_sub(1)) {
        Some(clip) => out.push(clip),
        None => {
            out.push(Unit::Clip("clip-number"));
            number(n, out);
        }
    }
}

pub(super) fn window(no: u16, out: &mut Vec<Unit>) {
    out.push(Unit::Clip("clip-window"));
    grouped(super::Lang::En, &format!("{no:03}"), &[], out);
}

pub(super) fn year(year: u16, out: &mut Vec<Unit>) {
    digits(super::Lang::En, &year.to_string(), out);
}

pub(super) fn date(day: Day, today: Day, provisional: bool, out: &mut Vec<Unit>) {
    if provisional {
        out.push(Unit::Clip("clip-expected"));
    }
    if day.is(today) {
        return out.push(Unit::Clip("clip-today"));
    }
    if day.follows(today) {
        return out.push(Unit::Clip("clip-tomorrow"));
    }
    out.extend(at(&WEEKDAYS, u32::from(day.weekday).wrapping_sub(1)));
    out.extend(at(&MONTHS, u32::from(day.month).wrapping_sub(1)));
    out.extend(at(&ORDINALS, u32::from(day.day).wrapping_sub(1)));
}

pub(super) fn time(clock: Clock, out: &mut Vec<Unit>) {
    let hour = match u32::from(clock.hour) % 12 {
        0 => 12,
        hour => hour,
    };
    number(hour, out);
    match clock.minute {
        0 => out.push(Unit::Clip("clip-oclock")),
        minute => {
            if minute < 10 {
                out.push(Unit::Clip("clip-oh"));
            }
            number(minute.into(), out);
        }
    }
    out.push(Unit::Clip(if clock.hour < 12 { "clip-am" } else { "clip-pm" }));
}

pub(super) fn number(n: u32, out: &mut Vec<Unit>) {
    if n > MOST {
        return digits(super::Lang::En, &n.to_string(), out);
    }
    let (thousands, rest) = (n / 1_000, n % 1_000);
    if thousands > 0 {
        below_thousand(thousands, false, out);
        out.push(Unit::Clip("clip-thousand"));
    }
    if rest > 0 || thousands == 0 {
        below_thousand(rest, thousands > 0, out);
    }
}

/// `begun`: thousands were said before.
fn below_thousand(n: u32, begun: bool, out: &mut Vec<Unit>) {
    let (hundreds, rest) = (n / 100, n % 100);
    if hundreds > 0 {
        out.extend(at(&TO_TWENTY, hundreds));
        out.push(Unit::Clip("clip-hundred"));
    }
    if rest > 0 && (hundreds > 0 || begun) {
        out.push(Unit::Clip("clip-and"));
    }
    match rest {
        0 if hundreds > 0 => {}
        0..=19 => out.extend(at(&TO_TWENTY, rest)),
        20.. => {
            out.extend(at(&TENS, (rest / 10).wrapping_sub(2)));
            out.extend((rest % 10 > 0).then(|| at(&TO_TWENTY, rest % 10)).flatten());
        }
    }
}
