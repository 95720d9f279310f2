//! How single words of the files are read: numbers, names, keys, prompts, ways.

use calendar::TimeOfDay;
use call::event::Key;
use call::ids::{DeskNo, Lang, PromptId};

/// A phone's, trunk's, menu's or skill's name.
pub(crate) fn name(text: &str) -> Option<String> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    (text.len() <= 64 && !text.is_empty() && text.chars().all(fine)).then(|| text.to_owned())
}

/// A unit's or service's code.
pub(crate) fn code(text: &str) -> Option<String> {
    let fine = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    (text.len() <= 32 && !text.is_empty() && text.chars().all(fine)).then(|| text.to_owned())
}

/// A staff number.
pub(crate) fn staff(text: &str) -> Option<String> {
    ((3..=8).contains(&text.len()) && digits(text)).then(|| text.to_owned())
}

/// A person's name as screens show it.
pub(crate) fn person(text: &str) -> Option<String> {
    let text = text.trim();
    ((1..=40).contains(&text.chars().count()) && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

/// A telephone number.
pub(crate) fn telephone(text: &str) -> Option<String> {
    let bare = text.strip_prefix('+').unwrap_or(text);
    ((3..=20).contains(&bare.len()) && digits(bare)).then(|| text.to_owned())
}

/// A number that may be called outside: a whole one, or its beginning, at least three digits, with `*` behind it.
pub(crate) fn outside(text: &str) -> Option<String> {
    telephone(text.strip_suffix('*').unwrap_or(text)).map(|_| text.to_owned())
}

/// The beginning of a User-Agent: long enough not to be everybody's.
pub(crate) fn agent(text: &str) -> Option<String> {
    let fine = |c: char| c.is_ascii_graphic() || c == ' ';
    ((3..=64).contains(&text.len()) && text.chars().all(fine)).then(|| text.to_owned())
}

/// Up to eight digits: a prefix, a country code.
pub(crate) fn few_digits(text: &str) -> Option<String> {
    (text.len() <= 8 && digits(text)).then(|| text.to_owned())
}

/// Up to eight digits, `+` allowed before them: what is cut from a number or put before it.
pub(crate) fn prefix(text: &str) -> Option<String> {
    few_digits(text.strip_prefix('+').unwrap_or(text)).map(|_| text.to_owned())
}

/// Three digits, 001 to 999.
pub(crate) fn desk(text: &str) -> Option<DeskNo> {
    let no = (text.len() == 3 && digits(text)).then(|| text.parse().ok()).flatten()?;
    (no > 0).then_some(DeskNo(no))
}

/// `P05`
pub(crate) fn prompt(text: &str) -> Option<PromptId> {
    let digits = text.strip_prefix('P').filter(|d| d.len() == 2 && digits(d))?;
    digits.parse().ok().map(PromptId)
}

/// `22:00-06:00`, which may run over midnight: minutes of the day.
pub(crate) fn night(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    let minutes = |t: &str| TimeOfDay::parse(t.trim()).ok().map(TimeOfDay::minutes);
    let (from, to) = (minutes(from)?, minutes(to)?);
    (from != to).then_some((from, to))
}

/// `09:00`
pub(crate) fn time(text: &str) -> Option<TimeOfDay> {
    TimeOfDay::parse(text).ok()
}

/// One key of a telephone.
pub(crate) fn key(text: &str) -> Option<Key> {
    let mut chars = text.chars();
    let key = chars.next().and_then(Key::from_char);
    key.filter(|_| chars.next().is_none())
}

/// Where a key leads, with names still to be looked up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    Menu(String),
    Queue(String),
    Language(Lang, Box<Way>),
    Repeat,
    Back,
    TellProgress,
    ReachDesk,
    Message,
}

/// `menu desk`, `queue general`, `language en, queue en`, `repeat`, ...
pub(crate) fn way(text: &str) -> Option<Way> {
    if let Some((language, then)) = text.split_once(',') {
        let lang = match language.trim() {
            "language zh" => Lang::Zh,
            "language en" => Lang::En,
            _ => return None,
        };
        // One change of language is enough; more would only nest.
        let then = if then.contains(',') { None } else { way(then) };
        return then.map(|then| Way::Language(lang, Box::new(then)));
    }
    let mut words = text.split_whitespace();
    let way = match (words.next()?, words.next()) {
        ("menu", Some(menu)) => Way::Menu(name(menu)?),
        ("queue", Some(skill)) => Way::Queue(name(skill)?),
        ("repeat", None) => Way::Repeat,
        ("back", None) => Way::Back,
        ("tell_progress", None) => Way::TellProgress,
        ("reach_desk", None) => Way::ReachDesk,
        ("message", None) => Way::Message,
        _ => return None,
    };
    words.next().is_none().then_some(way)
}

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}
