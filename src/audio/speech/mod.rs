//! Numbers, dates, times and identifiers as a sequence of recorded clips, in Mandarin and English.
//!
//! [`speak`] turns a [`Value`] into [`Unit`]s. A clip is a file `clip-*.wav` of the language's folder; a test walks the
//! whole range of what can be said and looks for every file. Civil days and times come in as they stand on the wall.

mod en;
mod zh;

#[cfg(test)]
mod tests;

/// A language that clips exist in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lang {
    /// Mandarin.
    Zh,
    /// English.
    En,
}

/// One step of what is said.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unit {
    /// A recording, by its name without folder and `.wav`.
    Clip(&'static str),
    /// Silence, milliseconds.
    Pause(u32),
}

/// Between two groups of digits, milliseconds.
pub const GROUP_PAUSE: u32 = 250;

/// What a number counts: it decides between 二 and 两 and the tone of 一.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Counted {
    /// Nothing: a bare number.
    Nothing,
    /// 位, callers.
    Callers,
    /// 个, things. In English only the number is said.
    Things,
    /// 分钟, minutes.
    Minutes,
    /// 小时, hours.
    Hours,
    /// 天, days.
    Days,
    /// 个工作日, working days.
    Workdays,
}

/// A civil day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Day {
    /// Of our era.
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 1 Monday to 7 Sunday.
    pub weekday: u8,
}

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clock {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// What is to be said. What is out of its range is said as far as it makes sense; nothing panics.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'a> {
    /// A number that stands before what it counts; the noun itself is not said.
    Count(u32, Counted),
    /// A number and what it counts.
    Amount(u32, Counted),
    /// 第二, second.
    Ordinal(u32),
    /// An identifier, digit by digit; mobiles (eleven digits from 1) 3-4-4. What is no digit is left out.
    Digits(&'a str),
    /// A case number, 4-4-4.
    Case(&'a str),
    /// A window by its three digits.
    Window(u16),
    /// A day, seen from another.
    Date {
        /// The day meant.
        day: Day,
        /// The day of speaking.
        today: Day,
        /// Not certain yet: 预计, expected.
        provisional: bool,
    },
    /// A time of day.
    Time(Clock),
    /// A day and a time of day.
    DateTime {
        /// The day meant.
        day: Day,
        /// Its time.
        clock: Clock,
        /// The day of speaking.
        today: Day,
    },
    /// A year, digit by digit.
    Year(u16),
    /// A case's state by its word in the store: `handed_over`, ... A word without a clip says nothing.
    Status(&'a str),
    /// 110, 119, 120, 122.
    Emergency(u16),
}

/// The clips that say it, in order. Empty when there is nothing to say.
pub fn speak(lang: Lang, value: &Value<'_>) -> Vec<Unit> {
    let mut out = Vec::new();
    match (*value, lang) {
        (Value::Digits(text), _) => digits(lang, text, &mut out),
        (Value::Case(text), _) => grouped(lang, text, &[4, 4, 4], &mut out),
        (Value::Status(word), _) => out.extend(status(word)),
        (Value::Emergency(number), _) => emergency(lang, number, &mut out),
        (Value::Count(n, of), Lang::Zh) => zh::count(n, of, &mut out),
        (Value::Count(n, _), Lang::En) => en::number(n, &mut out),
        (Value::Amount(n, of), Lang::Zh) => zh::amount(n, of, &mut out),
        (Value::Amount(n, of), Lang::En) => en::amount(n, of, &mut out),
        (Value::Ordinal(n), Lang::Zh) => zh::ordinal(n, &mut out),
        (Value::Ordinal(n), Lang::En) => en::ordinal(n, &mut out),
        (Value::Window(no), Lang::Zh) => zh::window(no, &mut out),
        (Value::Window(no), Lang::En) => en::window(no, &mut out),
        (Value::Date { day, today, provisional }, Lang::Zh) => zh::date(day, today, provisional, &mut out),
        (Value::Date { day, today, provisional }, Lang::En) => en::date(day, today, provisional, &mut out),
        (Value::Time(clock), Lang::Zh) => zh::time(clock, &mut out),
        (Value::Time(clock), Lang::En) => en::time(clock, &mut out),
        (Value::DateTime { day, clock, today }, Lang::Zh) => {
            zh::date(day, today, false, &mut out);
            zh::time(clock, &mut out);
        }
        (Value::DateTime { day, clock, today }, Lang::En) => {
            en::date(day, today, false, &mut out);
            out.push(Unit::Clip("clip-at"));
            en::time(clock, &mut out);
        }
        (Value::Year(year), Lang::Zh) => zh::year(year, &mut out),
        (Value::Year(year), Lang::En) => en::year(year, &mut out),
    }
    out
}

/// An identifier in one breath, a mobile number in three.
fn digits(lang: Lang, text: &str, out: &mut Vec<Unit>) {
    let count = text.bytes().filter(u8::is_ascii_digit).count();
    let mobile = count == 11 && text.bytes().find(u8::is_ascii_digit) == Some(b'1');
    grouped(lang, text, if mobile { &[3, 4, 4] } else { &[] }, out);
}

/// Digits with a pause after each group; what is left behind the last one is a group of its own.
fn grouped(lang: Lang, text: &str, groups: &[usize], out: &mut Vec<Unit>) {
    let mut ends = groups.iter().scan(0usize, |end, length| {
        *end = end.saturating_add(*length);
        Some(*end)
    });
    let mut end = ends.next();
    for (i, byte) in text.bytes().filter(u8::is_ascii_digit).enumerate() {
        if end == Some(i) {
            out.push(Unit::Pause(GROUP_PAUSE));
            end = ends.next();
        }
        let digit = byte.wrapping_sub(b'0');
        out.extend(match lang {
            Lang::Zh => zh::identifier_digit(digit),
            Lang::En => en::digit(digit),
        });
    }
}

/// The states of a case and what is said of each.
const STATUSES: [(&str, &str); 15] = [
    ("received", "clip-s-received"),
    ("settled_on_spot", "clip-s-settled-on-spot"),
    ("settled_three_way", "clip-s-settled-three-way"),
    ("handed_over", "clip-s-handed-over"),
    ("accepted", "clip-s-accepted"),
    ("returned", "clip-s-returned"),
    ("reassigned", "clip-s-reassigned"),
    ("in_progress", "clip-s-in-progress"),
    ("extension_asked", "clip-s-extension-asked"),
    ("reported", "clip-s-reported"),
    ("checking", "clip-s-checking"),
    ("followed_up", "clip-s-followed-up"),
    ("archived", "clip-s-archived"),
    ("redo", "clip-s-redo"),
    ("joint_meeting", "clip-s-joint-meeting"),
];

fn status(word: &str) -> Option<Unit> {
    STATUSES.iter().find(|(w, _)| *w == word).map(|(_, clip)| Unit::Clip(clip))
}

fn emergency(lang: Lang, number: u16, out: &mut Vec<Unit>) {
    match number {
        110 => out.push(Unit::Clip("clip-e110")),
        119 => out.push(Unit::Clip("clip-e119")),
        120 => out.push(Unit::Clip("clip-e120")),
        122 => out.push(Unit::Clip("clip-e122")),
        other => digits(lang, &other.to_string(), out),
    }
}

impl Day {
    /// Whether it is the same day; the weekday follows from the rest.
    fn is(self, other: Self) -> bool {
        (self.year, self.month, self.day) == (other.year, other.month, other.day)
    }

    /// Whether it is the day after `other`.
    fn follows(self, other: Self) -> bool {
        let next = if other.day < other.month_length() {
            (other.year, other.month, other.day.saturating_add(1))
        } else if other.month < 12 {
            (other.year, other.month.saturating_add(1), 1)
        } else {
            (other.year.saturating_add(1), 1, 1)
        };
        (self.year, self.month, self.day) == next
    }

    fn month_length(self) -> u8 {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

/// The clip at a place of a list.
fn at(list: &[&'static str], place: u32) -> Option<Unit> {
    list.get(usize::try_from(place).ok()?).map(|clip| Unit::Clip(clip))
}
