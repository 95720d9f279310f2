//! What is heard: the texts of `prompts.tsv` with their slots in words, and how long the recordings take.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use calendar::{Date, Zone};
use call::action::{Say, Slot, Value};
use call::ids::{Lang, PromptId};

/// A prompt whose recording is not there takes so long.
const NOMINAL: Duration = Duration::from_secs(3);
/// What is filled into a slot takes so long.
const SLOT: Duration = Duration::from_millis(1_500);
/// A beep.
const BEEP: Duration = Duration::from_millis(300);

/// The texts and recordings of a folder.
#[derive(Debug)]
pub struct Prompts {
    dir: PathBuf,
    texts: BTreeMap<String, (String, String)>,
    /// `P10 zh-CN` -> `P10-1 {n} P10-2`
    parts: BTreeMap<String, String>,
    /// As far as they were asked for.
    lengths: Mutex<BTreeMap<String, Option<Duration>>>,
}

impl Prompts {
    /// Reads the lists. What is not there is told by its number alone and takes a nominal time.
    pub fn read(dir: &Path) -> Self {
        let rows = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap_or_default();
        let cell = |row: &str, n: usize| row.split('\t').nth(n).unwrap_or_default().to_owned();
        let texts = rows("prompts.tsv");
        let texts = texts.lines().skip(1).map(|row| (cell(row, 0), (cell(row, 1), cell(row, 2))));
        let parts = rows("parts.tsv");
        let parts = parts.lines().skip(1).map(|r| (format!("{} {}", cell(r, 0), cell(r, 1)), cell(r, 2)));
        let (texts, parts) = (texts.collect(), parts.collect());
        Self { dir: dir.to_owned(), texts, parts, lengths: Mutex::default() }
    }

    /// The text of a prompt with its slots filled; empty when it is not known.
    pub(crate) fn text(&self, id: PromptId, slots: &[(Slot, Value)], lang: Lang, zone: &Zone) -> String {
        let Some((zh, en)) = self.texts.get(&id.to_string()) else { return String::new() };
        let template = match lang {
            Lang::Zh => zh,
            Lang::En => en,
        };
        let mut text = String::new();
        let mut rest = template.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(before);
            let value = slots.iter().find(|(slot, _)| word(*slot) == name);
            text.push_str(&value.map(|(_, value)| spoken(value, lang, zone)).unwrap_or_default());
            rest = after;
        }
        text.push_str(rest);
        // A slot that nothing fills leaves its comma behind.
        text.replace("，。", "。").replace(", .", ".")
    }

    /// How long it takes to say all this.
    pub(crate) fn length(&self, say: &[Say], lang: Lang) -> Duration {
        say.iter().map(|one| self.one(one, lang)).sum()
    }

    fn one(&self, say: &Say, lang: Lang) -> Duration {
        let id = match say {
            Say::Prompt(id, _) => id,
            Say::Pause(length) => return *length,
            Say::Beep => return BEEP,
        };
        let Some(parts) = self.parts.get(&format!("{id} {}", lang.tag())).cloned() else { return NOMINAL };
        let part = |part: &str| match part.starts_with('{') {
            true => Some(SLOT),
            false => self.recording(&format!("{}/{part}.wav", lang.tag())),
        };
        parts.split_whitespace().map(part).sum::<Option<Duration>>().unwrap_or(NOMINAL)
    }

    fn recording(&self, name: &str) -> Option<Duration> {
        let mut lengths = self.lengths.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lengths.get(name) {
            return *known;
        }
        let length = std::fs::read(self.dir.join(name)).ok().and_then(|b| audio::wav::length(&b).ok());
        lengths.insert(name.to_owned(), length);
        length
    }
}

/// A slot's name in the manifest.
fn word(slot: Slot) -> &'static str {
    match slot {
        Slot::N => "n",
        Slot::M => "m",
        Slot::D4 => "d4",
        Slot::Case => "case",
        Slot::Date => "date",
        Slot::DateTime => "datetime",
        Slot::Status => "status",
        Slot::Unit => "unit",
        Slot::Desk => "desk",
        Slot::Service => "service",
        Slot::Emergency => "emg",
        Slot::Place => "place",
    }
}

fn spoken(value: &Value, lang: Lang, zone: &Zone) -> String {
    match value {
        Value::Count(n) => n.to_string(),
        Value::Digits(digits) | Value::Case(digits) => digits.reveal().to_owned(),
        Value::Date { at, now, provisional } => {
            let day = day(zone.date(*at), zone.date(*now), lang);
            match (provisional, lang) {
                (false, _) => day,
                (true, Lang::Zh) => format!("预计{day}"),
                (true, Lang::En) => format!("expected {day}"),
            }
        }
        Value::DateTime { at, now } => {
            let (date, millis) = zone.civil(*at);
            format!("{}{}", day(date, zone.date(*now), lang), time(millis / 60_000, lang))
        }
        Value::Status(word) => status(word, lang),
        Value::Desk(no, name) if name.is_empty() => no.to_string(),
        Value::Desk(no, name) => match lang {
            Lang::Zh => format!("{name}（{no}）"),
            Lang::En => format!("{name} ({no})"),
        },
        Value::Named(name) => name.to_string(),
        Value::Emergency(number) => number.to_string(),
    }
}

/// A case's state as the recordings say it; a word that they do not know as it is.
fn status(word: &str, lang: Lang) -> String {
    let known = match word {
        "handed_over" => ("已交办", "handed over"),
        "received" => ("已受理", "received"),
        other => (other, other),
    };
    let (zh, en) = known;
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
    .to_owned()
}

fn day(date: Date, today: Date, lang: Lang) -> String {
    let tomorrow = today.tomorrow().unwrap_or(today);
    let (month, day) = (date.month(), date.day());
    match lang {
        Lang::Zh if date == today => "今天".to_owned(),
        Lang::Zh if date == tomorrow => "明天".to_owned(),
        Lang::Zh => format!("{month}月{day}日{}", weekday(date, lang)),
        Lang::En if date == today => "today".to_owned(),
        Lang::En if date == tomorrow => "tomorrow".to_owned(),
        Lang::En => format!("{}, {day} {}", weekday(date, lang), month_name(month)),
    }
}

fn time(minutes: u32, lang: Lang) -> String {
    let (hour, minute) = (minutes / 60, minutes % 60);
    match lang {
        Lang::Zh => {
            format!("{hour}点{}", if minute == 0 { "整".to_owned() } else { format!("{minute:02}分") })
        }
        Lang::En => format!(" at {hour}:{minute:02}"),
    }
}

/// 星期六, Saturday.
pub(crate) fn weekday(date: Date, lang: Lang) -> &'static str {
    let names = [
        ("星期一", "Monday"),
        ("星期二", "Tuesday"),
        ("星期三", "Wednesday"),
        ("星期四", "Thursday"),
        ("星期五", "Friday"),
        ("星期六", "Saturday"),
        ("星期日", "Sunday"),
    ];
    let index = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
    let (zh, en) = names.get(index).copied().unwrap_or_default();
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn month_name(month: i8) -> &'static str {
    let names = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let index = usize::from(month.unsigned_abs()).saturating_sub(1);
    names.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Prompts {
        Prompts::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prompts"))
    }

    #[test]
    fn slots_are_filled_in_words() {
        let (prompts, zone) = (sample(), Zone::default());
        let at = |month, day, minutes| {
            let time = calendar::TimeOfDay::from_minutes(minutes).unwrap_or_default();
            zone.moment(Date::constant(2026, month, day), time)
        };
        let opening = |now| [(Slot::DateTime, Value::DateTime { at: at(10, 8, 510), now })];
        let text = |now, lang| prompts.text(PromptId(32), &opening(now), lang, &zone);
        assert!(text(at(10, 3, 600), Lang::Zh).contains("现在不办公，10月8日星期四8点30分开始服务"));
        assert!(text(at(10, 7, 600), Lang::Zh).contains("明天8点30分开始服务"));
        assert!(text(at(10, 3, 600), Lang::En).contains("opens Thursday, 8 October at 8:30."));
        assert!(text(at(10, 8, 480), Lang::En).contains("opens today at 8:30."));
        let desk = [(Slot::Desk, Value::Desk(call::ids::DeskNo(37), "劳动关系窗口".into()))];
        assert!(
            prompts.text(PromptId(31), &desk, Lang::Zh, &zone).starts_with("您要找的是劳动关系窗口（037）。")
        );
        assert_eq!(prompts.text(PromptId(99), &[], Lang::Zh, &zone), "");
    }

    #[test]
    fn recordings_take_their_real_time() {
        let prompts = sample();
        let real = prompts.length(&[Say::plain(1)], Lang::Zh);
        assert!(real > Duration::from_secs(1) && real < Duration::from_secs(15), "{real:?}");
        let both = prompts.length(&[Say::plain(1), Say::Beep], Lang::Zh);
        assert_eq!(both, real + BEEP);
        assert_eq!(prompts.length(&[Say::plain(99)], Lang::Zh), NOMINAL);
        let counted = prompts.length(&[Say::plain(10)], Lang::Zh);
        assert!(counted > SLOT * 2, "{counted:?}");
    }
}
