//! Words in both languages of the command line, and what of numbers may be shown.

/// One thing said twice.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Words {
    /// 中文
    pub zh: String,
    /// English
    pub en: String,
}

impl Words {
    /// Both.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// Both behind what was said before.
    pub(crate) fn and(mut self, more: Self) -> Self {
        self.zh.push_str(&more.zh);
        self.en.push_str(&more.en);
        self
    }
}

/// Formats both: `both!("共 {n} 个", "{n} in all")`.
macro_rules! both {
    ($zh:literal, $en:literal $(,)?) => {
        $crate::words::Words::new(format!($zh), format!($en))
    };
}
pub(crate) use both;

/// Longest word of a far end that is told, characters. Further ones are cut off.
const LONGEST: usize = 120;

/// A far end's own words, so that they stay on their line.
pub(crate) fn foreign(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// A number as it may be shown: the admin typed one of `known`, and may see that; of others only the ends.
pub(crate) fn shown(number: &str, known: &[&str]) -> String {
    if known.contains(&number) {
        return foreign(number);
    }
    let letters: Vec<char> = number.chars().filter(|c| !c.is_control()).collect();
    match (letters.get(..3), letters.len().checked_sub(4).and_then(|at| letters.get(at..))) {
        (Some(first), Some(last)) if letters.len() >= 9 => {
            format!("{}****{}", first.iter().collect::<String>(), last.iter().collect::<String>())
        }
        _ => "****".to_owned(),
    }
}

/// Milliseconds, told to a person.
pub(crate) fn ms(time: std::time::Duration) -> String {
    format!("{} ms", time.as_millis())
}
