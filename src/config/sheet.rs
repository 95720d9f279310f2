//! A TOML file under reading: typed getters that note every fault, and at the end every key that nobody asked for.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use call::ids::Pii;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::fault::{At, Faults, Spot, Text};
use crate::problem::{Kind, Problem};

/// Where a table is: which file, and who collects faults.
#[derive(Clone, Copy)]
struct Context<'a> {
    file: usize,
    faults: &'a Faults,
}

impl Context<'_> {
    fn spot<T>(&self, value: &Spanned<T>) -> Spot {
        Spot { file: self.file, byte: value.span().start }
    }
}

/// A table under reading. [`Table::done`] must be called at its end.
pub(crate) struct Table<'a> {
    context: Context<'a>,
    content: Option<&'a DeTable<'a>>,
    spot: Spot,
    asked: RefCell<BTreeSet<&'static str>>,
}

/// Syntax faults that are told of one file: those after them follow from the first, line by line (one quote that is left open
/// makes hundreds).
const MOST_SYNTAX: usize = 3;

/// Parses a file. Syntax faults are noted; what could be read is returned all the same.
pub(crate) fn parse<'a>(text: &'a Text, faults: &Faults) -> Spanned<DeTable<'a>> {
    let (table, errors) = DeTable::parse_recoverable(&text.text);
    for error in errors.into_iter().take(MOST_SYNTAX) {
        let byte = error.span().map_or(0, |s| s.start);
        faults.add(Spot { file: text.file, byte }, Problem::syntax(error.message()));
    }
    table
}

impl<'a> Table<'a> {
    /// The whole file.
    pub fn root(content: &'a Spanned<DeTable<'a>>, file: usize, faults: &'a Faults) -> Self {
        let context = Context { file, faults };
        Self::new(context, Some(content.get_ref()), Spot { file, byte: 0 })
    }

    fn new(context: Context<'a>, content: Option<&'a DeTable<'a>>, spot: Spot) -> Self {
        Self { context, content, spot, asked: RefCell::default() }
    }

    /// Where the table begins.
    pub fn spot(&self) -> Spot {
        self.spot
    }

    /// Whether its file has had no fault so far: asked before reading, no syntax fault.
    pub fn is_whole(&self) -> bool {
        !self.context.faults.in_file(self.context.file)
    }

    /// Where a key stands, or the table when it doesn't.
    pub fn spot_of(&self, key: &str) -> Spot {
        self.content.and_then(|c| c.get(key)).map_or(self.spot, |v| self.context.spot(v))
    }

    /// Notes a fault at a key.
    pub fn blame(&self, key: &str, problem: Problem) {
        self.context.faults.add(self.spot_of(key), problem);
    }

    /// Notes a fault at a place.
    pub fn blame_at(&self, spot: Spot, problem: Problem) {
        self.context.faults.add(spot, problem);
    }

    /// Whether the key is written.
    pub fn has(&self, key: &str) -> bool {
        self.content.is_some_and(|c| c.contains_key(key))
    }

    fn get(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key);
        self.content?.get(key)
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, want: Kind) {
        let got = value.get_ref().type_str();
        self.blame_at(self.context.spot(value), Problem::wrong_type(key, want, got));
    }

    /// A text; an empty one is a fault.
    pub fn text(&self, key: &'static str) -> Option<At<String>> {
        self.text_of(key, self.get(key)?)
    }

    fn text_of(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<At<String>> {
        let spot = self.context.spot(value);
        let Some(text) = value.get_ref().as_str() else {
            self.wrong(key, value, Kind::Text);
            return None;
        };
        if text.trim().is_empty() {
            self.blame_at(spot, Problem::missing(key));
            return None;
        }
        Some(At { value: text.to_owned(), spot })
    }

    /// A text that must be there.
    pub fn need(&self, key: &'static str) -> Option<At<String>> {
        if !self.has(key) {
            self.asked.borrow_mut().insert(key);
            self.blame_at(self.spot, Problem::missing(key));
        }
        self.text(key)
    }

    /// A text that must be there when `needed`.
    pub fn need_if(&self, key: &'static str, needed: bool) -> Option<At<String>> {
        if needed { self.need(key) } else { self.text(key) }
    }

    /// A text, or its default.
    pub fn text_or(&self, key: &'static str, default: &str) -> String {
        self.text(key).map_or_else(|| default.to_owned(), |t| t.value)
    }

    /// A text that is read by `read`; where it can't be, `want` says what is expected.
    pub fn parsed<T>(
        &self,
        key: &'static str,
        want: Kind,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<At<T>> {
        self.read(key, self.text(key)?, want, read)
    }

    /// The same for a key that must be there.
    pub fn need_parsed<T>(
        &self,
        key: &'static str,
        want: Kind,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<At<T>> {
        self.read(key, self.need(key)?, want, read)
    }

    fn read<T>(
        &self,
        key: &str,
        text: At<String>,
        want: Kind,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<At<T>> {
        let value = read(&text.value);
        if value.is_none() {
            let number = matches!(want, Kind::Telephone | Kind::Outside);
            let got = if number { Pii::new(text.value).masked() } else { text.value };
            self.blame_at(text.spot, Problem::format(key, want, &got));
        }
        Some(At { value: value?, spot: text.spot })
    }

    /// One of some words.
    pub fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)], default: T) -> T {
        let Some(text) = self.text(key) else { return default };
        if let Some((_, found)) = words.iter().find(|(word, _)| *word == text.value) {
            return *found;
        }
        let allowed = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        self.blame_at(text.spot, Problem::word(key, &text.value, &allowed));
        default
    }

    /// A whole number in a range.
    pub fn number(&self, key: &'static str, range: RangeInclusive<u64>, default: u64) -> u64 {
        let Some(value) = self.get(key) else { return default };
        let Some(number) = value.get_ref().as_integer() else {
            self.wrong(key, value, Kind::Number);
            return default;
        };
        let read = u64::from_str_radix(number.as_str(), number.radix()).ok();
        let Some(found) = read.filter(|n| range.contains(n)) else {
            let (got, least, most) = (number.to_string(), *range.start(), *range.end());
            self.blame_at(self.context.spot(value), Problem::range(key, &got, least, most));
            return default;
        };
        found
    }

    /// The same as 32 bits; the range must fit.
    pub fn number32(&self, key: &'static str, range: RangeInclusive<u32>, default: u32) -> u32 {
        let wide = u64::from(*range.start())..=u64::from(*range.end());
        u32::try_from(self.number(key, wide, default.into())).unwrap_or(default)
    }

    /// The same as 8 bits.
    pub fn number8(&self, key: &'static str, range: RangeInclusive<u8>, default: u8) -> u8 {
        let wide = u64::from(*range.start())..=u64::from(*range.end());
        u8::try_from(self.number(key, wide, default.into())).unwrap_or(default)
    }

    /// A number of seconds.
    pub fn seconds(&self, key: &'static str, range: RangeInclusive<u64>, default: Duration) -> Duration {
        Duration::from_secs(self.number(key, range, default.as_secs()))
    }

    /// Yes or no.
    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.get(key) else { return default };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong(key, value, Kind::Flag);
            default
        })
    }

    /// A list of texts; what isn't there is empty.
    pub fn texts(&self, key: &'static str) -> Vec<At<String>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(key, value, Kind::Texts);
            return Vec::new();
        };
        list.iter().filter_map(|v| self.text_of(key, v)).collect()
    }

    /// A list of texts, each read by `read`.
    pub fn all_parsed<T>(
        &self,
        key: &'static str,
        want: Kind,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<At<T>> {
        self.texts(key).into_iter().filter_map(|text| self.read(key, text, want, &read)).collect()
    }

    /// A table inside; what isn't there reads as an empty one.
    pub fn section(&self, key: &'static str) -> Table<'a> {
        let found = self.get(key).and_then(|value| self.as_table(key, value));
        found.unwrap_or_else(|| Table::new(self.context, None, self.spot))
    }

    fn as_table(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Option<Table<'a>> {
        let content = value.get_ref().as_table();
        if content.is_none() {
            self.wrong(key, value, Kind::Table);
        }
        Some(Table::new(self.context, Some(content?), self.context.spot(value)))
    }

    /// A list of tables.
    pub fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(key, value, Kind::Tables);
            return Vec::new();
        };
        list.iter().filter_map(|v| self.as_table(key, v)).collect()
    }

    /// All tables inside a table whose keys are names of the admin's choice.
    pub fn named_tables(&self) -> Vec<(At<String>, Table<'a>)> {
        let entries = self.content.into_iter().flat_map(|c| c.iter());
        entries
            .filter_map(|(key, value)| {
                let name = At { value: key.get_ref().to_string(), spot: self.context.spot(key) };
                Some((name, self.as_table(key.get_ref(), value)?))
            })
            .collect()
    }

    /// All texts inside a table whose keys are of the admin's choice.
    pub fn named_texts(&self) -> Vec<(At<String>, At<String>)> {
        let entries = self.content.into_iter().flat_map(|c| c.iter());
        entries
            .filter_map(|(key, value)| {
                let name = At { value: key.get_ref().to_string(), spot: self.context.spot(key) };
                Some((name, self.text_of(key.get_ref(), value)?))
            })
            .collect()
    }

    /// Notes every key that nobody asked for. A table that is read as a whole by the `named_` getters needs no end.
    pub fn done(self) {
        let asked = self.asked.into_inner();
        for key in self.content.into_iter().flat_map(|c| c.keys()) {
            let name: &str = key.get_ref();
            if !asked.contains(name) {
                let near = asked.iter().copied().find(|a| close(a, name));
                self.context.faults.add(self.context.spot(key), Problem::unknown_key(name, near));
            }
        }
    }
}

/// Whether two names differ by at most two edits (Levenshtein): the hint for a slip of the pen.
fn close(a: &str, b: &str) -> bool {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut next = vec![i + 1];
        for ((y, above_left), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or(i);
            next.push((above_left + usize::from(x != *y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().is_some_and(|d| *d <= 2)
}
