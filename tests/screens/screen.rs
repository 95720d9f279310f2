//! Our own pages in a real Chromium (`tests/web/screens.mjs`): each a tab with its own tone for a microphone and an ear.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Browser, is_here};
use crate::house::House;

/// The browser of one test.
pub struct Screens(Rc<RefCell<Browser>>);

/// One of its tabs. What is waited for fails the test, with what the page shows instead, when it does not come in time.
pub struct Screen {
    browser: Rc<RefCell<Browser>>,
    name: String,
}

impl Screens {
    /// Opens the browser; `None`, said plainly, where Chromium or node is missing.
    pub fn open(house: &House) -> Option<Self> {
        let web = is_here("our own pages in a real browser")?;
        let browser =
            Browser::open(&web.join("screens.mjs"), &[house.ws.port().to_string()], house.folder.path());
        Some(Self(Rc::new(RefCell::new(browser))))
    }

    /// A tab at this address whose microphone gives this tone, in hertz.
    pub fn tab(&self, name: &str, url: &str, hertz: u32) -> Screen {
        let screen = Screen { browser: self.0.clone(), name: name.to_owned() };
        screen.order(json!({"do": "open", "url": url, "hertz": hertz}));
        screen
    }

    /// The same, signed in as somebody of a trial ([`House::trial`]) and at this view: `/operator`.
    pub fn on_trial(&self, house: &House, role: &str, view: &str, hertz: u32) -> Screen {
        let screen = self.tab(role, &house.trial(role, role, view), hertz);
        screen.sees("main h1, main h2", "", SIGNED_IN);
        screen
    }
}

/// For the page to load and the session to begin, on a busy machine.
const SIGNED_IN: Duration = Duration::from_secs(30);
/// Longest announcement that may stand between two states, and then some.
pub const SOON: Duration = Duration::from_secs(20);

impl Screen {
    /// An order of `tests/web/screens.mjs` for this tab.
    pub fn order(&self, mut order: Value) -> Value {
        order["page"] = self.name.as_str().into();
        self.browser.borrow_mut().ask(&order)
    }

    /// Breaks the connection of the phone in this page, whose user is this one, without a word to either end.
    pub fn cut(&self, user: &str) {
        self.order(json!({"do": "cut", "user": user}));
    }

    /// Loads the page anew.
    pub fn reload(&self) {
        self.order(json!({"do": "reload"}));
    }

    /// Goes to an empty page, as a reload does between its two halves, until [`Screen::returns`].
    pub fn leaves(&self) {
        self.order(json!({"do": "leave"}));
    }

    /// Loads the page again that was left.
    pub fn returns(&self) {
        self.order(json!({"do": "return"}));
    }

    /// Closes the tab, as somebody who has had enough.
    pub fn close(self) {
        self.order(json!({"do": "close"}));
    }

    /// Clicks the first that this selector finds.
    pub fn click(&self, at: &str) {
        self.order(json!({"do": "click", "at": at}));
    }

    /// Clicks it where the tab may stand behind others, which draw once a second only.
    pub fn tap(&self, at: &str) {
        self.order(json!({"do": "tap", "at": at}));
    }

    /// Fills a field.
    pub fn fill(&self, at: &str, text: &str) {
        self.order(json!({"do": "fill", "at": at, "text": text}));
    }

    /// Chooses the option of this value in a list.
    pub fn select(&self, at: &str, option: &str) {
        self.order(json!({"do": "select", "at": at, "option": option}));
    }

    /// Gives a field for files this one.
    pub fn file(&self, at: &str, file: &Path) {
        self.order(json!({"do": "files", "at": at, "files": [file]}));
    }

    /// Presses a key: `a`, `Enter`, `Control+Enter`.
    pub fn press(&self, key: &str) {
        self.order(json!({"do": "press", "key": key}));
    }

    /// Waits until this is visible.
    pub fn shows(&self, at: &str) {
        self.sees(at, "", SOON);
    }

    /// Waits until nothing of it is visible any more.
    pub fn shows_no(&self, at: &str) {
        self.sees_no(at, "", SOON);
    }

    /// Waits until this is visible, with these words in it.
    pub fn sees(&self, at: &str, text: &str, within: Duration) {
        self.order(json!({"do": "until", "at": at, "text": text, "within": ms(within)}));
    }

    /// Waits until nothing of it with these words is visible any more.
    pub fn sees_no(&self, at: &str, text: &str, within: Duration) {
        self.order(json!({"do": "until", "at": at, "text": text, "gone": true, "within": ms(within)}));
    }

    /// The texts of all that this selector finds.
    pub fn texts(&self, at: &str) -> Vec<String> {
        let texts = self.order(json!({"do": "texts", "at": at}));
        texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    /// Runs a function in the page: `(x) => document.title + x`; what it returns.
    pub fn eval(&self, script: &str, with: Value) -> Value {
        self.order(json!({"do": "eval", "script": script, "with": with}))
    }

    /// Waits until it hears these tones and not those; how long that took.
    pub fn hears(&self, loud: &[u32], still: &[u32], within: Duration) -> Duration {
        let after = self.order(json!({"do": "hears", "loud": loud, "still": still, "within": ms(within)}));
        Duration::from_secs_f64(after.as_f64().unwrap() / 1e3)
    }

    /// The same session at this address in a browser that knows nothing yet: when it painted first.
    pub fn first_paint(&self, url: &str, at: &str) -> Duration {
        let times = self.order(json!({"do": "cold", "url": url, "at": at}));
        let [paint, ready] = ["paint", "ready"].map(|what| times[what].as_f64().unwrap());
        eprintln!("first content after {paint:.0} ms, {at} after {ready:.0} ms");
        Duration::from_secs_f64(paint / 1e3)
    }

    /// What its console, its scripts and its policy complained about so far, but for what contains one of these words.
    pub fn faults(&self, expected: &[&str]) -> Vec<String> {
        let faults = self.order(json!({"do": "faults"}));
        let all = faults.as_array().unwrap().iter().map(|fault| fault.as_str().unwrap().to_owned());
        all.filter(|fault| !expected.iter().any(|word| fault.contains(word))).collect()
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}
