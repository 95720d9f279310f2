//! What is done in a call, as words: `wait 2s, 1, 0#`.

use std::time::Duration;

/// Longest pause or call, so that a slip of the pen does not block a terminal for ever.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Most keys of one press, as the phone takes them.
const MOST_KEYS: usize = 256;

/// One thing that is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    /// Nothing, for so long.
    Wait(Duration),
    /// Presses these keys in a hand's rhythm.
    Press(String),
}

/// Reads a duration: `500ms`, `10s`, `2m`, or seconds as a bare number.
///
/// # Errors
/// What to write instead.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration up to a day: write 500ms, 10s or 2m");
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(at).ok_or_else(wrong)?;
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "ms" => number / 1_000.0,
        "s" | "" => number,
        "m" => number * 60.0,
        _ => return Err(wrong()),
    };
    let length = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    if length > LONGEST { Err(wrong()) } else { Ok(length) }
}

/// Reads keys and pauses, separated by commas.
///
/// # Errors
/// What to write instead, Chinese and English.
pub(crate) fn deeds(text: &str) -> Result<Vec<Deed>, (String, String)> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(deed).collect()
}

fn deed(word: &str) -> Result<Deed, (String, String)> {
    if let Some(length) = word.strip_prefix("wait") {
        let wait = duration(length.trim()).map(Deed::Wait);
        return wait.map_err(|en| (format!("{length:?} 不是时长：请写 500ms、10s 或 2m"), en));
    }
    let key = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#' | 'A'..='D');
    if word.chars().all(key) && word.len() <= MOST_KEYS {
        return Ok(Deed::Press(word.to_owned()));
    }
    // What was keyed is not repeated: it may be a code.
    Err((
        "不是按键：请写 0-9 * # A-D，或 wait 2s，逗号分开".to_owned(),
        "not keys: write 0-9 * # A-D, or wait 2s, with commas between".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, ms) in [("500ms", 500), ("10s", 10_000), ("2m", 120_000), ("3", 3_000), ("1.5s", 1_500)] {
            assert_eq!(duration(text).unwrap(), Duration::from_millis(ms), "{text}");
        }
        for bad in ["", "s", "-1s", "1h", "2 days", "1e9s", "十秒", "nan"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_and_pauses_come_in_order() {
        let read = deeds("wait 2s, 1, 0#,wait 300ms,*9A").unwrap();
        let press = |keys: &str| Deed::Press(keys.to_owned());
        let wait = |ms| Deed::Wait(Duration::from_millis(ms));
        assert_eq!(read, [wait(2_000), press("1"), press("0#"), wait(300), press("*9A")]);
        assert!(deeds("").unwrap().is_empty());
        for bad in ["wait", "wait x", "12E", "hello", "1;2"] {
            assert!(deeds(bad).is_err(), "{bad}");
        }
    }
}
