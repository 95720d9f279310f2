//! Where a setting stands: the configuration's files as text, searched for the line that decided.

use calendar::Date;
use config::{Checked, FileSet};

/// The files by their paths in the folder.
#[derive(Debug)]
pub(crate) struct Files<'a>(&'a FileSet);

impl<'a> Files<'a> {
    /// What was checked.
    pub fn of(checked: &'a Checked) -> Self {
        Self(&checked.files)
    }

    /// `desks.toml:49`: the first line that fits and is no comment, else only the file.
    pub fn line(&self, file: &str, fits: impl Fn(&str) -> bool) -> String {
        let lines = self.0.get(file).map(str::lines).into_iter().flatten();
        let found = lines.enumerate().find(|(_, line)| !line.trim_start().starts_with('#') && fits(line));
        found.map_or_else(|| file.to_owned(), |(i, _)| format!("{file}:{}", i + 1))
    }

    /// The line where a key is given a value.
    pub fn key(&self, file: &str, key: &str) -> String {
        self.line(file, |line| {
            let rest = line.trim_start().trim_start_matches('"').strip_prefix(key);
            rest.is_some_and(|r| r.trim_start_matches('"').trim_start().starts_with('='))
        })
    }

    /// The line of an entry that is named by a quoted word: a desk, an operator, a unit.
    pub fn entry(&self, file: &str, key: &str, word: &str) -> String {
        let quoted = format!("\"{word}\"");
        let named = |part: &str| {
            let value = part.trim_start_matches(['{', ' ', '[']).strip_prefix(key);
            value.is_some_and(|v| {
                v.trim_start().strip_prefix('=').is_some_and(|v| v.trim().starts_with(&quoted))
            })
        };
        self.line(file, |line| line.trim().split(',').any(|part| named(part.trim())))
    }

    /// The line of a table's heading, `[menu.desk]`, then of a key below it.
    pub fn below(&self, file: &str, heading: &str, key: &str) -> String {
        let Some(text) = self.0.get(file) else { return file.to_owned() };
        let mut lines = text.lines().enumerate().skip_while(|(_, line)| line.trim() != heading).skip(1);
        let named = |line: &str| {
            let rest = line.trim_start().trim_start_matches('"').strip_prefix(key);
            rest.is_some_and(|r| r.trim_start_matches('"').trim_start().starts_with('='))
        };
        let found = lines.find(|(_, line)| line.trim_start().starts_with('[') || named(line));
        match found {
            Some((i, line)) if named(line) => format!("{file}:{}", i + 1),
            Some(_) | None => self.line(file, |line| line.trim() == heading),
        }
    }

    /// The notice that names a day: of two the later year's counts, as in the calendar.
    pub fn notice(&self, date: Date) -> Option<String> {
        let dashed = format!("\"{date}\"");
        let plain = dashed.replace(['-', '"'], "");
        let notices =
            self.0.iter().filter(|(name, _)| name.starts_with("calendar/") && !name.ends_with(".toml"));
        let notices: Vec<(&str, &str)> = notices.collect();
        notices
            .into_iter()
            .rev()
            .filter_map(|(name, text)| {
                let word = if name.ends_with(".ics") { &plain } else { &dashed };
                let at = text.lines().position(|line| line.contains(word.as_str()))?;
                Some(format!("{name}:{}", at + 1))
            })
            .next()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_of_the_sample_are_found_at_their_lines() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sip-config");
        let checked = config::load(&dir).unwrap();
        let files = Files::of(&checked);
        let text = |place: &str| {
            let (file, line) = place.split_once(':').unwrap();
            let all = std::fs::read_to_string(dir.join(file)).unwrap();
            all.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap().trim().to_owned()
        };
        assert!(text(&files.entry("desks.toml", "no", "037")).starts_with("{ no = \"037\""));
        assert!(text(&files.entry("operators.toml", "staff", "1004")).contains("\"1004\""));
        assert!(text(&files.key("routing.toml", "numbers")).starts_with("numbers ="));
        assert_eq!(text(&files.below("menus.toml", "[menu.root.keys]", "2")), "2 = \"menu desk\"");
        assert_eq!(text(&files.below("menus.toml", "[menu.desk.digits.instead]", "*")), "\"*\" = \"back\"");
        assert_eq!(text(&files.below("menus.toml", "[menu.desk]", "nothing")), "nothing = \"queue general\"");
        assert!(text(&files.notice(Date::constant(2026, 10, 10)).unwrap()).contains("2026-10-10"));
        assert_eq!(files.notice(Date::constant(2026, 10, 12)), None);
        assert_eq!(files.key("routing.toml", "no_such_key"), "routing.toml");
    }
}
