//! What a citizen is asked by keys: the menus of the plan and the questions of the house, with their counters.

use std::time::Duration;

use crate::action::Say;
use crate::call::{After, Call, Stage};
use crate::case_no;
use crate::errand::Question;
use crate::event::Key;
use crate::house::Cx;
use crate::ids::{DeskNo, Lang, Name, Pii};
use crate::lobby::prompts;
use crate::plan::{Field, Go, Input, Menu};
use crate::timers::Timer;

/// A question that waits for keys.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Ask {
    /// A menu of the plan.
    Menu(Name),
    /// P21: the query code of this case.
    QueryCode(Pii),
    /// P26 after the progress was told: 9 again, 0 operator.
    Told,
    /// P31: is this the desk?
    Confirm(DeskNo),
    /// P32, P33: 0 is an operator.
    Closed,
    /// P13: call-back or stay.
    Offer,
    /// P14: call back this number?
    ConfirmNumber(Pii),
    /// P15: another number.
    NewNumber,
    /// P18: keep, again, discard.
    Keep,
    /// P60.
    Rating,
    /// P61, after this score.
    Reason(u8),
    /// P63, P64, P65: after the fact.
    Follow(Question),
}

/// A question and how its answering goes. Three counters that do not add up: first digit, inter-digit (an entry that
/// breaks off is invalid), failures.
#[derive(Clone, PartialEq)]
pub(crate) struct Asking {
    pub(crate) what: Ask,
    prompt: Vec<Say>,
    digits: String,
    nothing: u8,
    invalid: u8,
    /// Wrong numbers and codes of one question.
    pub(crate) wrong: u8,
    /// The last entry was complete without its `#`, which may follow.
    hash_follows: bool,
}

impl std::fmt::Debug for Asking {
    /// Keyed digits are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asking({} digits)", self.digits.len())
    }
}

/// What came of keyed digits.
enum Entry {
    More,
    Whole(String),
    Broken,
}

impl Asking {
    fn new(what: Ask, prompt: Vec<Say>, hash_follows: bool) -> Self {
        Self { what, prompt, digits: String::new(), nothing: 0, invalid: 0, wrong: 0, hash_follows }
    }

    fn digit(&mut self, key: Key, min: usize, max: usize) -> Entry {
        match key {
            Key::Digit(_) => {
                self.digits.push(key.as_char());
                if self.digits.len() < max {
                    return Entry::More;
                }
                self.hash_follows = true;
                Entry::Whole(std::mem::take(&mut self.digits))
            }
            Key::Hash if self.digits.len() >= min => Entry::Whole(std::mem::take(&mut self.digits)),
            // What was keyed so far may be a single key that means something of its own.
            Key::Hash => Entry::Broken,
            Key::Star => {
                self.digits.clear();
                Entry::Broken
            }
        }
    }
}

impl Call {
    /// The first menu while an operator is hunted: always there, never waited for.
    pub(crate) fn is_standing_menu(&self, what: &Ask) -> bool {
        self.wait.is_some() && matches!(what, Ask::Menu(name) if *name == self.plan.menus.root)
    }

    /// Asks something and waits for its first key.
    pub(crate) fn pose(&mut self, cx: &mut Cx<'_>, what: Ask, say: Vec<Say>) {
        self.pose_for(cx, what, say, self.plan.limits.first_digit);
    }

    /// The same with a patience of its own.
    pub(crate) fn pose_for(&mut self, cx: &mut Cx<'_>, what: Ask, say: Vec<Say>, patience: Duration) {
        let hash_follows = self.asking.as_ref().is_some_and(|a| a.hash_follows);
        let after = if self.is_standing_menu(&what) { After::Nothing } else { After::Keys(patience) };
        self.asking = Some(Asking::new(what, say.clone(), hash_follows));
        self.speak(cx, say, after);
    }

    /// Says this, then waits on with the same question.
    pub(crate) fn ask_on(&mut self, cx: &mut Cx<'_>, say: Vec<Say>) {
        let standing = self.asking.as_ref().is_none_or(|a| self.is_standing_menu(&a.what));
        let after = if standing { After::Nothing } else { After::Keys(self.plan.limits.first_digit) };
        self.speak(cx, say, after);
    }

    /// Back to plain waiting.
    pub(crate) fn resume(&mut self, cx: &mut Cx<'_>) {
        self.asking = None;
        self.hush(cx);
        self.fell_silent(cx);
    }

    /// A key of the citizen while nobody of us listens.
    pub(crate) fn citizen_keyed(&mut self, cx: &mut Cx<'_>, key: Key) {
        if self.mailbox.is_taking() {
            return self.stop_message(cx);
        }
        if self.timers.runs(Timer::Store) {
            return;
        }
        if self.asking.is_none() && self.stage == Stage::Lobby && self.wait.is_some() {
            let root = Ask::Menu(self.plan.menus.root.clone());
            self.asking = Some(Asking::new(root, Vec::new(), false));
        }
        let Some(asking) = &mut self.asking else { return };
        if std::mem::take(&mut asking.hash_follows) && key == Key::Hash {
            return;
        }
        let what = asking.what.clone();
        self.hush(cx);
        // That a key was pressed, never which: it may be one of a number or code.
        let asked = if let Ask::Menu(name) = &what { format!("menu={name}") } else { String::new() };
        self.event(cx, "ivr.digit", Some(self.citizen), None, asked);
        match what {
            Ask::Menu(name) => self.menu_key(cx, &name, key),
            Ask::QueryCode(case) => match self.entry(cx, key, 4, 4) {
                Entry::Whole(code) => self.ask_store(cx, case, Some(Pii::new(code))),
                Entry::Broken => self.invalid(cx),
                Entry::More => {}
            },
            Ask::Told => match key {
                Key::Digit(9) => self.tell_again(cx),
                _ => self.common_key(cx, key),
            },
            Ask::Confirm(desk) => match key {
                Key::Digit(1) => self.reach(cx, desk),
                Key::Digit(2) => self.go(cx, Go::Repeat),
                _ => self.common_key(cx, key),
            },
            Ask::Closed => self.common_key(cx, key),
            Ask::Offer => match key {
                Key::Digit(1) => self.ask_number(cx),
                _ => self.resume(cx),
            },
            Ask::ConfirmNumber(number) => match key {
                Key::Digit(1) => self.book_call_back(cx, number),
                Key::Digit(2) => self.pose(cx, Ask::NewNumber, vec![Say::plain(15)]),
                _ => self.common_key(cx, key),
            },
            Ask::NewNumber => match self.entry(cx, key, 7, 12) {
                Entry::Whole(number) => self.book_call_back(cx, Pii::new(number)),
                Entry::Broken => self.invalid(cx),
                Entry::More => {}
            },
            Ask::Keep => self.keep_key(cx, key),
            Ask::Rating => self.rating_key(cx, key),
            Ask::Reason(score) => self.reason_given(cx, score, key),
            Ask::Follow(question) => self.follow_key(cx, question, key),
        }
    }

    /// 0 is an operator, `*` the menu before, everything else wrong.
    fn common_key(&mut self, cx: &mut Cx<'_>, key: Key) {
        match key {
            Key::Digit(0) => self.go(cx, Go::Queue(self.default_skill())),
            Key::Star => self.go(cx, Go::Back),
            Key::Digit(_) | Key::Hash => self.invalid(cx),
        }
    }

    fn entry(&mut self, cx: &mut Cx<'_>, key: Key, min: usize, max: usize) -> Entry {
        let Some(asking) = &mut self.asking else { return Entry::Broken };
        let entry = asking.digit(key, min, max);
        if matches!(entry, Entry::More) {
            self.timers.set(Timer::Key, cx.after(self.plan.limits.inter_digit));
        }
        entry
    }

    fn menu(&self, name: &Name) -> Option<Menu> {
        self.plan.menus.menus.get(name).cloned()
    }

    fn menu_key(&mut self, cx: &mut Cx<'_>, name: &Name, key: Key) {
        let Some(menu) = self.menu(name) else { return };
        match menu.input {
            Input::Keys(keys) => match keys.into_iter().find(|(k, _)| *k == key) {
                Some((_, go)) => {
                    self.event(cx, "ivr.exit", None, None, format!("menu={name}"));
                    self.go(cx, go);
                }
                None => self.invalid(cx),
            },
            Input::Digits { field, min, max, instead, then } => {
                let fresh = self.asking.as_ref().is_some_and(|a| a.digits.is_empty());
                let other = instead.into_iter().find(|(k, _)| *k == key).map(|(_, go)| go);
                match (other, key) {
                    (Some(go), Key::Star | Key::Hash) if fresh => return self.go(cx, go),
                    _ => {}
                }
                match self.entry(cx, key, usize::from(min), usize::from(max)) {
                    Entry::Whole(digits) => self.entered(cx, field, &then, digits),
                    Entry::Broken => self.broken_off(cx, name),
                    Entry::More => {}
                }
            }
        }
    }

    /// `#` or time-out before the entry was complete: a single key may mean something of its own.
    fn broken_off(&mut self, cx: &mut Cx<'_>, name: &Name) {
        let Some(asking) = &mut self.asking else { return };
        let digits = std::mem::take(&mut asking.digits);
        let single = match digits.as_bytes() {
            [one] => Key::from_char(char::from(*one)),
            _ => None,
        };
        let instead = match self.menu(name).map(|m| m.input) {
            Some(Input::Digits { instead, .. }) => instead,
            Some(Input::Keys(_)) | None => Vec::new(),
        };
        match instead.into_iter().find(|(k, _)| Some(*k) == single) {
            Some((_, go)) => self.go(cx, go),
            None => self.invalid(cx),
        }
    }

    fn entered(&mut self, cx: &mut Cx<'_>, field: Field, then: &Go, digits: String) {
        match (field, then) {
            (Field::Case, _) if !case_no::valid(&digits) => self.wrong_number(cx, 25),
            (Field::Case, _) => self.ask_store(cx, Pii::new(digits), None),
            (Field::Desk, _) => self.desk_keyed(cx, &digits),
            (Field::CallBackNumber, _) => self.book_call_back(cx, Pii::new(digits)),
            (Field::QueryCode, go) => self.go(cx, go.clone()),
        }
    }

    /// No such case or code: said so, and the operator after the third time.
    pub(crate) fn wrong_number(&mut self, cx: &mut Cx<'_>, prompt: u8) {
        /// Tries at one number.
        const MOST_WRONG: u8 = 3;
        let Some(asking) = &mut self.asking else { return };
        asking.wrong = asking.wrong.saturating_add(1);
        if asking.wrong >= MOST_WRONG {
            return self.go(cx, Go::Queue(self.default_skill()));
        }
        self.event(cx, "ivr.invalid", None, None, "");
        self.ask_on(cx, vec![Say::plain(prompt)]);
    }

    /// Wrong keys: P06 once, then where the menu says.
    pub(crate) fn invalid(&mut self, cx: &mut Cx<'_>) {
        self.event(cx, "ivr.invalid", None, None, "");
        let Some(asking) = &mut self.asking else { return };
        asking.digits.clear();
        asking.invalid = asking.invalid.saturating_add(1);
        if asking.invalid < 2 {
            return self.ask_on(cx, vec![Say::plain(6)]);
        }
        if matches!(asking.what, Ask::Follow(_)) {
            return self.follow_in_vain(cx);
        }
        let go = match &asking.what {
            Ask::Menu(name) => self.plan.menus.menus.get(name).map(|m| m.on_invalid.clone()),
            _ => None,
        };
        self.go(cx, go.unwrap_or_else(|| Go::Queue(self.default_skill())));
    }

    /// No key in time.
    pub(crate) fn nothing_keyed(&mut self, cx: &mut Cx<'_>) {
        let Some(asking) = &mut self.asking else { return };
        let (what, begun) = (asking.what.clone(), !asking.digits.is_empty());
        match what {
            Ask::Offer => return self.resume(cx),
            Ask::Keep => return self.keep_message(cx),
            Ask::Rating | Ask::Reason(_) => return self.rating_silent(cx),
            Ask::Menu(name) if begun => return self.broken_off(cx, &name),
            _ => {}
        }
        if begun {
            asking.digits.clear();
            return self.invalid(cx);
        }
        asking.nothing = asking.nothing.saturating_add(1);
        let (prompt, again) = (asking.prompt.clone(), asking.nothing < 2);
        self.event(cx, "ivr.timeout", None, None, "");
        if again {
            return self.ask_on(cx, prompt);
        }
        if matches!(what, Ask::Follow(_)) {
            return self.follow_in_vain(cx);
        }
        let go = match &what {
            Ask::Menu(name) => self.menu(name).map(|m| m.on_nothing),
            _ => None,
        };
        self.go(cx, go.unwrap_or_else(|| Go::Queue(self.default_skill())));
        if self.stage == Stage::Lobby && self.wait.is_some() {
            self.connecting = true;
            self.speak(cx, vec![Say::plain(7)], After::Nothing);
        }
    }

    /// All menus together take no longer than this; whoever still listens to an answer is let listen.
    pub(crate) fn menu_capped(&mut self, cx: &mut Cx<'_>) {
        /// A while more for what is being told.
        const GRACE: Duration = Duration::from_secs(10);
        if self.stage != Stage::Lobby || self.wait.is_some() {
            return;
        }
        let listening = self.asking.as_ref().is_some_and(|a| a.what == Ask::Told);
        if listening || self.timers.runs(Timer::Store) || self.hunt.is_some() {
            return self.timers.set(Timer::MenuCap, cx.after(GRACE));
        }
        self.event(cx, "ivr.timeout", None, None, "menus");
        self.go(cx, Go::Queue(self.default_skill()));
    }

    /// Where a key leads.
    pub(crate) fn go(&mut self, cx: &mut Cx<'_>, go: Go) {
        let mut go = go;
        while let Go::Language(lang, then) = go {
            self.row.lang = lang;
            self.connecting = false;
            go = *then;
        }
        match go {
            Go::Menu(name) => {
                let say = self.menu(&name).map(|m| prompts(&m.say)).unwrap_or_default();
                self.event(cx, "ivr.prompt", None, None, format!("menu={name}"));
                self.pose(cx, Ask::Menu(name), say);
            }
            Go::Queue(skill) => {
                self.enter_queue(cx, skill);
                if self.stage == Stage::Lobby {
                    self.connecting = true;
                    self.speak(cx, vec![Say::plain(4)], After::Nothing);
                    if !self.timers.runs(Timer::Music) {
                        self.music = true;
                        self.set_background(cx);
                    }
                }
            }
            Go::Repeat => self.repeat(cx),
            Go::Back => self.go(cx, Go::Menu(self.plan.menus.root.clone())),
            Go::Message => self.voicemail(cx),
            // Of a field; `entered` has followed them already.
            Go::TellProgress | Go::ReachDesk | Go::Language(..) => {}
        }
    }

    /// The same question again; of a desk that was refused the question for its number.
    fn repeat(&mut self, cx: &mut Cx<'_>) {
        let Some(asking) = &self.asking else { return };
        match &asking.what {
            Ask::Confirm(_) => {
                let by_number = |m: &Menu| matches!(m.input, Input::Digits { field: Field::Desk, .. });
                let menu =
                    self.plan.menus.menus.iter().find(|(_, m)| by_number(m)).map(|(name, _)| name.clone());
                let menu = menu.unwrap_or_else(|| self.plan.menus.root.clone());
                self.go(cx, Go::Menu(menu));
            }
            Ask::Menu(name) => self.go(cx, Go::Menu(name.clone())),
            _ => self.ask_on(cx, asking.prompt.clone()),
        }
    }

    /// The language of everything that is said from now on.
    pub(crate) fn lang(&self) -> Lang {
        self.row.lang
    }
}
