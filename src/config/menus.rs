//! menus.toml: the greeting, the menus, and the clocks of keys and messages.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use call::event::Key;
use call::ids::{Name, PromptId, Skill};
use call::plan::{Field, Go, Greeting, Input, Limits, Menu, Menus, Operator, Profile};

use crate::fault::At;
use crate::problem::{Kind, Problem, What};
use crate::prompts::Recordings;
use crate::rules;
use crate::sheet::Table;
use crate::words::{self, Way};

const PROFILES: &[(&str, Profile)] = &[("direct", Profile::Direct), ("menu", Profile::Menu)];
const FIELDS: &[(&str, Field)] = &[
    ("case", Field::Case),
    ("query_code", Field::QueryCode),
    ("desk", Field::Desk),
    ("call_back_number", Field::CallBackNumber),
];

/// What menus refer to.
pub(crate) struct Beside<'a> {
    pub recordings: &'a Recordings,
    pub operators: &'a [Operator],
}

/// Reads menus.toml; its clocks go into `limits`.
pub(crate) fn menus(root: Table<'_>, beside: &Beside<'_>, limits: &mut Limits) -> (Greeting, Menus) {
    let greeting = greeting(&root, beside);
    let keys = root.section("keys");
    limits.first_digit = keys.seconds("first_digit", 2..=30, limits.first_digit);
    limits.inter_digit = keys.seconds("inter_digit", 1..=15, limits.inter_digit);
    limits.code_digit = keys.seconds("code_digit", 1..=10, limits.code_digit);
    limits.rating = keys.seconds("rating", 2..=30, limits.rating);
    let max_menu_time = keys.seconds("menu_time", 10..=300, Duration::from_secs(40));
    keys.done();
    let message = root.section("message");
    limits.message_max = message.seconds("max", 10..=600, limits.message_max);
    limits.message_min = message.seconds("min", 1..=30, limits.message_min);
    limits.message_silence = message.seconds("silence", 2..=60, limits.message_silence);
    if limits.message_min >= limits.message_max {
        message.blame("min", Problem::order("min", "max"));
    }
    message.done();
    let first = root.need_parsed("root", Kind::Name, words::name);
    let tables = root.section("menu").named_tables();
    let names: BTreeSet<String> = tables.iter().map(|(name, _)| name.value.clone()).collect();
    let mut menus = BTreeMap::new();
    let mut spots = Vec::new();
    for (name, table) in tables {
        let reader = Reader { table: &table, names: &names, beside };
        menus.insert(Name::from(name.value.as_str()), reader.menu());
        spots.push(name);
        table.done();
    }
    if let Some(first) = &first
        && !names.contains(&first.value)
    {
        root.blame("root", Problem::unknown(What::Menu, &first.value));
    }
    let menus = Menus { root: first.map(|f| f.value).unwrap_or_default().into(), menus, max_menu_time };
    let reached = reached(&menus);
    for name in spots.iter().filter(|n| names.contains(&*menus.root) && !reached.contains(n.value.as_str())) {
        root.blame_at(name.spot, rules::menu_unreachable(&name.value));
    }
    root.done();
    (greeting, menus)
}

fn greeting(root: &Table<'_>, beside: &Beside<'_>) -> Greeting {
    let table = root.section("greeting");
    let s = Duration::from_secs;
    let greeting = Greeting {
        profile: table.word("profile", PROFILES, Profile::Direct),
        opening: prompts(&table, "opening", beside),
        then: prompts(&table, "then", beside),
        music_after: table.seconds("music_after", 0..=120, s(8)),
        announce_after: table.seconds("announce_after", 5..=300, s(20)),
        announce_every: table.seconds("announce_every", 10..=300, s(30)),
        offer_after: table.seconds("offer_after", 10..=600, s(60)),
        offer_position: table.number32("offer_position", 1..=100, 5),
        offer_window: table.seconds("offer_window", 3..=30, s(10)),
        night: table.parsed("night", Kind::Span, words::night).map(|n| n.value),
    };
    if greeting.opening.is_empty() {
        table.blame("opening", Problem::missing("opening"));
    }
    if greeting.music_after >= greeting.announce_after {
        table.blame("music_after", Problem::order("music_after", "announce_after"));
    }
    table.done();
    greeting
}

/// A list of prompts that need nothing filled in.
fn prompts(table: &Table<'_>, key: &'static str, beside: &Beside<'_>) -> Vec<PromptId> {
    let all = table.all_parsed(key, Kind::Prompt, words::prompt);
    for at in &all {
        if let Some(problem) = beside.recordings.problem(at.value) {
            table.blame_at(at.spot, problem);
        }
    }
    all.into_iter().map(|p| p.value).collect()
}

/// One menu under reading.
struct Reader<'a> {
    table: &'a Table<'a>,
    names: &'a BTreeSet<String>,
    beside: &'a Beside<'a>,
}

impl Reader<'_> {
    fn menu(&self) -> Menu {
        let table = self.table;
        if table.has("keys") == table.has("digits") {
            table.blame_at(table.spot(), Problem::one_of("keys", "digits"));
        }
        let say = prompts(table, "say", self.beside);
        if say.is_empty() {
            table.blame("say", Problem::missing("say"));
        }
        let keys = Input::Keys(self.keys(&table.section("keys"), None));
        let digits = self.digits(table.section("digits"), table.has("digits"));
        let input = if table.has("digits") { digits } else { keys };
        Menu { say, input, on_nothing: self.way(table, "nothing"), on_invalid: self.way(table, "invalid") }
    }

    fn digits(&self, table: Table<'_>, written: bool) -> Input {
        let field = table.word("field", FIELDS, Field::Desk);
        let (least, most) = match field {
            Field::Case => (12, 12),
            Field::QueryCode => (4, 4),
            Field::Desk => (3, 3),
            Field::CallBackNumber => (7, 12),
        };
        let (min, max) = (table.number8("min", 1..=20, least), table.number8("max", 1..=20, most));
        if min > max {
            table.blame("min", Problem::order("min", "max"));
        }
        let instead = self.keys(&table.section("instead"), Some(min));
        let then = table.need_if("then", written).map_or(Go::Repeat, |text| self.after(field, &text));
        table.done();
        Input::Digits { field, min, max, instead, then }
    }

    /// The way after an entry; two of them make sense after certain entries only.
    fn after(&self, field: Field, text: &At<String>) -> Go {
        let Some(way) = words::way(&text.value) else {
            self.table.blame_at(text.spot, Problem::format("then", Kind::Go, &text.value));
            return Go::Repeat;
        };
        let fits = match way {
            Way::TellProgress => matches!(field, Field::Case | Field::QueryCode),
            Way::ReachDesk => field == Field::Desk,
            Way::Menu(_) | Way::Queue(_) | Way::Language(..) | Way::Repeat | Way::Back | Way::Message => true,
        };
        if !fits {
            self.table.blame_at(text.spot, rules::way_misplaced(&text.value));
        }
        self.go(&At { value: way, spot: text.spot })
    }

    /// The keys of a menu, or those beside an entry of at least `min` digits.
    fn keys(&self, table: &Table<'_>, min: Option<u8>) -> Vec<(Key, Go)> {
        let mut keys = Vec::new();
        for (name, text) in table.named_texts() {
            let Some(key) = words::key(&name.value) else {
                table.blame_at(name.spot, Problem::format("keys", Kind::KeyName, &name.value));
                continue;
            };
            let conflict = match key {
                Key::Hash => true,
                Key::Digit(_) => min == Some(1),
                Key::Star => false,
            };
            if min.is_some() && conflict {
                table.blame_at(name.spot, rules::key_conflict(&name.value));
            }
            keys.extend(self.plain(&name.value, &text).map(|go| (key, go)));
        }
        keys
    }

    /// A way that must be there.
    fn way(&self, table: &Table<'_>, key: &'static str) -> Go {
        table.need(key).and_then(|text| self.plain(key, &text)).unwrap_or(Go::Repeat)
    }

    /// A way outside an entry.
    fn plain(&self, key: &str, text: &At<String>) -> Option<Go> {
        let Some(way) = words::way(&text.value) else {
            self.table.blame_at(text.spot, Problem::format(key, Kind::Go, &text.value));
            return None;
        };
        if matches!(way, Way::TellProgress | Way::ReachDesk) {
            self.table.blame_at(text.spot, rules::way_misplaced(&text.value));
        }
        Some(self.go(&At { value: way, spot: text.spot }))
    }

    /// Looks up what the way names.
    fn go(&self, way: &At<Way>) -> Go {
        let spot = way.spot;
        match &way.value {
            Way::Menu(name) => {
                if !self.names.contains(name) {
                    self.table.blame_at(spot, Problem::unknown(What::Menu, name));
                }
                Go::Menu(name.as_str().into())
            }
            Way::Queue(skill) => {
                let skill = Skill(skill.as_str().into());
                let operators = self.beside.operators;
                if !operators.is_empty() && !operators.iter().any(|o| o.skills.contains(&skill)) {
                    self.table.blame_at(spot, rules::no_operator(&skill.0));
                }
                Go::Queue(skill)
            }
            Way::Language(lang, then) => {
                Go::Language(*lang, Box::new(self.go(&At { value: (**then).clone(), spot })))
            }
            Way::Repeat => Go::Repeat,
            Way::Back => Go::Back,
            Way::TellProgress => Go::TellProgress,
            Way::ReachDesk => Go::ReachDesk,
            Way::Message => Go::Message,
        }
    }
}

/// The menus that a caller can come to.
fn reached(menus: &Menus) -> BTreeSet<Name> {
    let mut reached = BTreeSet::new();
    let mut left = vec![menus.root.clone()];
    while let Some(name) = left.pop() {
        if let Some(menu) = menus.menus.get(&name)
            && reached.insert(name)
        {
            let keys = match &menu.input {
                Input::Keys(keys) => (keys, None),
                Input::Digits { instead, then, .. } => (instead, Some(then)),
            };
            let ways = keys.0.iter().map(|(_, go)| go).chain(keys.1);
            left.extend(ways.chain([&menu.on_nothing, &menu.on_invalid]).filter_map(target));
        }
    }
    reached
}

fn target(go: &Go) -> Option<Name> {
    match go {
        Go::Menu(name) => Some(name.clone()),
        Go::Language(_, then) => target(then),
        Go::Queue(_) | Go::Repeat | Go::Back | Go::TellProgress | Go::ReachDesk | Go::Message => None,
    }
}
