//! Mandarin: 幺 in identifiers, 两 before what is counted, 零 once a gap, the tones of 一.

use super::{Clock, Counted, Day, Unit, at, digits, grouped};

const ZERO: Unit = Unit::Clip("clip-d0");
const YAO: Unit = Unit::Clip("clip-d1-yao");
/// 一 before a fourth tone.
const YI2: Unit = Unit::Clip("clip-d1-yi2");
/// 一 before any other tone.
const YI4: Unit = Unit::Clip("clip-d1-yi4");
const LIANG: Unit = Unit::Clip("clip-d2-liang");
const TEN: Unit = Unit::Clip("clip-ten");
const HUNDRED: Unit = Unit::Clip("clip-hundred");
const THOUSAND: Unit = Unit::Clip("clip-thousand");
const WAN: Unit = Unit::Clip("clip-wan");
/// The digits as they are said alone: 一 in its own tone, 二.
const DIGITS: [&str; 10] = [
    "clip-d0", "clip-d1", "clip-d2", "clip-d3", "clip-d4", "clip-d5", "clip-d6", "clip-d7", "clip-d8",
    "clip-d9",
];
const WEEKDAYS: [&str; 7] =
    ["clip-week1", "clip-week2", "clip-week3", "clip-week4", "clip-week5", "clip-week6", "clip-week7"];
/// 亿 is not recorded: what is greater is said digit by digit.
const MOST: u32 = 99_999_999;

/// What comes after a number.
#[derive(Clone, Copy)]
enum Next {
    /// Nothing that counts: 一 and 二 as they are.
    Bare,
    /// A measure word in the fourth tone: 一 is yí, two is 两.
    Fourth,
    /// A measure word in another tone: 一 is yì, two is 两.
    Other,
}

impl Counted {
    fn next(self) -> Next {
        match self {
            Self::Nothing => Next::Bare,
            // 个 is said lightly, but 一 still hears its fourth tone.
            Self::Callers | Self::Things | Self::Workdays => Next::Fourth,
            Self::Minutes | Self::Hours | Self::Days => Next::Other,
        }
    }

    fn noun(self) -> Option<Unit> {
        Some(Unit::Clip(match self {
            Self::Nothing => return None,
            Self::Callers => "clip-wei",
            Self::Things => "clip-ge",
            Self::Minutes => "clip-minutes",
            Self::Hours => "clip-hours",
            Self::Days => "clip-days",
            Self::Workdays => "clip-workdays",
        }))
    }
}

pub(super) fn identifier_digit(digit: u8) -> Option<Unit> {
    if digit == 1 { Some(YAO) } else { at(&DIGITS, digit.into()) }
}

pub(super) fn count(n: u32, of: Counted, out: &mut Vec<Unit>) {
    number(n, of.next(), out);
}

pub(super) fn amount(n: u32, of: Counted, out: &mut Vec<Unit>) {
    number(n, of.next(), out);
    out.extend(of.noun());
}

pub(super) fn ordinal(n: u32, out: &mut Vec<Unit>) {
    out.push(Unit::Clip("clip-di"));
    number(n, Next::Bare, out);
}

pub(super) fn window(no: u16, out: &mut Vec<Unit>) {
    grouped(super::Lang::Zh, &format!("{no:03}"), &[], out);
    out.push(Unit::Clip("clip-window"));
}

pub(super) fn year(year: u16, out: &mut Vec<Unit>) {
    out.extend(year.to_string().bytes().filter_map(|b| at(&DIGITS, b.wrapping_sub(b'0').into())));
    out.push(Unit::Clip("clip-nian"));
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
    number(day.month.into(), Next::Bare, out);
    out.push(Unit::Clip("clip-yue"));
    number(day.day.into(), Next::Bare, out);
    out.push(Unit::Clip("clip-hao"));
    out.extend(at(&WEEKDAYS, u32::from(day.weekday).wrapping_sub(1)));
}

pub(super) fn time(clock: Clock, out: &mut Vec<Unit>) {
    out.push(Unit::Clip(match clock.hour {
        0..=5 => "clip-lingchen",
        6..=11 => "clip-shangwu",
        12 => "clip-zhongwu",
        13..=17 => "clip-xiawu",
        18.. => "clip-wanshang",
    }));
    let hour = if clock.hour > 12 { clock.hour.saturating_sub(12) } else { clock.hour };
    number(hour.into(), Next::Other, out);
    out.push(Unit::Clip("clip-dian"));
    if clock.minute == 0 {
        return out.push(Unit::Clip("clip-zheng"));
    }
    if clock.minute < 10 {
        out.push(ZERO);
    }
    // 零一分, 零二分: a reading of digits, not a count.
    number(clock.minute.into(), Next::Bare, out);
    out.push(Unit::Clip("clip-fen"));
}

fn number(n: u32, next: Next, out: &mut Vec<Unit>) {
    match (n, next) {
        (0, _) => out.push(ZERO),
        (1, Next::Fourth) => out.push(YI2),
        (1, Next::Other) => out.push(YI4),
        (2, Next::Fourth | Next::Other) => out.push(LIANG),
        (n, _) if n > MOST => digits(super::Lang::Zh, &n.to_string(), out),
        (n, _) => {
            let (high, low) = (n / 10_000, n % 10_000);
            match high {
                0 => {}
                1 => out.push(YI2),
                2 => out.push(LIANG),
                high => section(high, false, out),
            }
            if high > 0 {
                out.push(WAN);
            }
            section(low, high > 0, out);
        }
    }
}

/// Up to four places; `begun`: something greater was said before. Zeros at the end are silent, others are said once.
fn section(n: u32, mut begun: bool, out: &mut Vec<Unit>) {
    let mut gap = false;
    for (place, unit) in [(1_000, Some(THOUSAND)), (100, Some(HUNDRED)), (10, Some(TEN)), (1, None)] {
        let digit = n / place % 10;
        if digit == 0 {
            gap = begun;
            continue;
        }
        if gap {
            out.push(ZERO);
            gap = false;
        }
        match (digit, place) {
            // 十二, but 一百一十二.
            (1, 10) if !begun => {}
            (1, 100 | 1_000) => out.push(YI4),
            (2, 1_000) => out.push(LIANG),
            (digit, _) => out.extend(at(&DIGITS, digit)),
        }
        out.extend(unit);
        begun = true;
    }
}
