//! All ways of pressing keys that the menus of a plan give: every key, every desk, nothing, and something wrong.

use call::Plan;
use call::case_no;
use call::event::Key;
use call::ids::{DeskNo, Name};
use call::plan::{Field, Go, Input, Menu};

/// A case number that is well formed: the store is not asked.
const CASE_DAY: &str = "260101";
/// Menus below each other that are followed; a deeper one is reached by no caller within the menu time.
const DEEPEST: usize = 8;

/// Where a path leads by what the plan says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Leads {
    /// To an operator or to what the house does by itself.
    Operator,
    /// To this desk.
    Desk(DeskNo),
    /// To the voice mail, asked for by key.
    Message,
}

/// One way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Path {
    pub keys: Vec<Vec<Key>>,
    pub leads: Leads,
    /// The last key is for whoever finds the desk closed.
    pub if_closed: bool,
}

impl Path {
    /// The desk whose hours decide about this path.
    pub fn hours_of(&self) -> Option<DeskNo> {
        match self.leads {
            Leads::Desk(no) => Some(no),
            Leads::Operator | Leads::Message => None,
        }
    }
}

/// All of them; the first presses nothing at all.
pub(crate) fn paths(plan: &Plan) -> Vec<Path> {
    let mut walk = Walk { plan, found: Vec::new(), way: Vec::new() };
    walk.menu(&plan.menus.root, &[]);
    let mut seen: Vec<Path> = Vec::new();
    walk.found.into_iter().for_each(|path| {
        if !seen.contains(&path) {
            seen.push(path);
        }
    });
    seen
}

struct Walk<'a> {
    plan: &'a Plan,
    found: Vec<Path>,
    /// The menus that lead here.
    way: Vec<Name>,
}

impl Walk<'_> {
    fn end(&mut self, keys: &[Vec<Key>], leads: Leads, if_closed: bool) {
        self.found.push(Path { keys: keys.to_vec(), leads, if_closed });
    }

    fn menu(&mut self, name: &Name, keys: &[Vec<Key>]) {
        let menu = self.plan.menus.menus.get(name);
        let Some(menu) = menu.filter(|_| self.way.len() < DEEPEST && !self.way.contains(name)) else {
            return self.end(keys, Leads::Operator, false);
        };
        self.way.push(name.clone());
        // Nothing is pressed here.
        self.end(keys, Leads::Operator, false);
        let wrong = wrong_key(menu);
        self.end(&[keys, &[vec![wrong], vec![wrong]]].concat(), Leads::Operator, false);
        match &menu.input {
            Input::Keys(list) => list.iter().for_each(|(key, go)| self.go(go, &then(keys, vec![*key]), None)),
            Input::Digits { field, instead, then: go, .. } => {
                for (key, go) in instead {
                    let only = if *key == Key::Star { vec![*key] } else { vec![*key, Key::Hash] };
                    self.go(go, &then(keys, only), None);
                }
                self.digits(*field, go, keys);
            }
        }
        self.way.pop();
    }

    fn digits(&mut self, field: Field, go: &Go, keys: &[Vec<Key>]) {
        match field {
            Field::Desk => {
                for no in self.plan.desks.keys() {
                    self.go(go, &then(keys, keyed(&no.to_string())), Some(*no));
                }
                let unknown = (1..1000).map(DeskNo).find(|no| !self.plan.desks.contains_key(no));
                if let Some(no) = unknown {
                    self.go(&Go::Repeat, &then(keys, keyed(&no.to_string())), None);
                }
            }
            Field::Case => {
                let case = case_no::make(CASE_DAY, 1).unwrap_or_default();
                self.go(go, &then(keys, keyed(&case)), None);
                self.go(&Go::Repeat, &then(keys, keyed("000000000000")), None);
            }
            Field::QueryCode => self.go(go, &then(keys, keyed("1234")), None),
            Field::CallBackNumber => self.go(go, &then(keys, keyed("13900000000")), None),
        }
    }

    fn go(&mut self, go: &Go, keys: &[Vec<Key>], desk: Option<DeskNo>) {
        match (go, desk) {
            (Go::Menu(name), _) => self.menu(&name.clone(), keys),
            (Go::Language(_, go), _) => self.go(go, keys, desk),
            (Go::Message, _) => self.end(keys, Leads::Message, false),
            (Go::TellProgress, _) => {
                self.end(keys, Leads::Operator, false);
                let code = then(keys, vec![Key::Digit(1), Key::Digit(2), Key::Digit(3), Key::Digit(4)]);
                self.end(&code, Leads::Operator, false);
                self.end(&then(&code, vec![Key::Digit(9)]), Leads::Operator, false);
                self.end(&then(&code, vec![Key::Digit(0)]), Leads::Operator, false);
            }
            (Go::ReachDesk, Some(no)) => {
                let yes = then(keys, vec![Key::Digit(1)]);
                self.end(&yes, Leads::Desk(no), false);
                self.end(&then(&yes, vec![Key::Digit(0)]), Leads::Desk(no), true);
                self.end(&then(keys, vec![Key::Digit(2)]), Leads::Operator, false);
            }
            (Go::Queue(_) | Go::Repeat | Go::Back | Go::ReachDesk, _) => {
                self.end(keys, Leads::Operator, false)
            }
        }
    }
}

fn then(keys: &[Vec<Key>], more: Vec<Key>) -> Vec<Vec<Key>> {
    keys.iter().cloned().chain([more]).collect()
}

/// Digits as they are pressed, with the key that ends them.
fn keyed(digits: &str) -> Vec<Key> {
    digits.chars().filter_map(Key::from_char).chain([Key::Hash]).collect()
}

/// A key that this menu does not know.
fn wrong_key(menu: &Menu) -> Key {
    let known = |key: &Key| match &menu.input {
        Input::Keys(list) => list.iter().any(|(k, _)| k == key),
        Input::Digits { .. } => *key != Key::Hash,
    };
    let mut all = (0..10).rev().map(Key::Digit).chain([Key::Star]);
    all.find(|key| !known(key)).unwrap_or(Key::Hash)
}
