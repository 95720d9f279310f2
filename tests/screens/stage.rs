//! A house, and the three pages and phones of a call on it: who hears whom, as it should be.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::citizen::{Citizen, NUMBER};
use crate::folder::{append, edit};
use crate::house::House;
use crate::patience::until;
use crate::screen::{SOON, Screen, Screens};

/// Tones, in hertz: no key's, hardly any of speech, and no product of two of them is the third.
pub const CITIZEN: u32 = 1_370;
pub const OPERATOR: u32 = 2_130;
pub const DESK: u32 = 3_010;

/// An operator's page and a window's page that are ready, and a citizen in talk with the operator.
pub struct Stage {
    pub operator: Screen,
    pub desk: Screen,
    pub citizen: Citizen,
    pub screens: Screens,
    pub house: House,
}

impl Stage {
    /// Sets it; `None` where there is no browser.
    pub fn set() -> Option<Self> {
        let house = House::open_with(&["--trial"], |config| {
            // The recording notice alone: the welcome takes seven seconds more.
            edit(&config.join("menus.toml"), &[("opening = [\"P01\", \"P02\"]", "opening = [\"P02\"]")]);
            edit(&config.join("operators.toml"), &[("outcome = \"optional\"", "outcome = \"required\"")]);
            information(config);
            append(&config.join("trunks.toml"), "[[trunk]]\nname = \"town\"\nnets = [\"127.0.0.0/8\"]\n");
        });
        let screens = Screens::open(&house)?;
        let operator = screens.on_trial(&house, "operator", "/operator", OPERATOR);
        let desk = screens.on_trial(&house, "desk", "/desk", DESK);
        for page in [&operator, &desk] {
            page.shows(LINE_READY);
        }
        operator.shows(&state("ready"));
        let citizen = Citizen::dials(&house, CITIZEN);
        operator.shows("[data-testid=answer]");
        operator.press("a");
        operator.shows(&stage("talk"));
        let play = Self { operator, desk, citizen, screens, house };
        play.two_talk();
        Some(play)
    }

    /// Citizen and operator hear each other, the desk hears nobody, and nobody themselves.
    pub fn two_talk(&self) {
        self.citizen.hears(&[OPERATOR], &[CITIZEN, DESK], SOON);
        self.operator.hears(&[CITIZEN], &[OPERATOR, DESK], SOON);
        self.desk.hears(&[], &[CITIZEN, OPERATOR, DESK], SOON);
    }

    /// All three hear the two others, and not themselves.
    pub fn three_talk(&self) {
        self.citizen.hears(&[OPERATOR, DESK], &[CITIZEN], SOON);
        self.operator.hears(&[CITIZEN, DESK], &[OPERATOR], SOON);
        self.desk.hears(&[CITIZEN, OPERATOR], &[DESK], SOON);
    }

    /// Citizen and window hear each other, the operator hears nobody.
    pub fn two_talk_without_operator(&self) {
        self.citizen.hears(&[DESK], &[CITIZEN, OPERATOR], SOON);
        self.desk.hears(&[CITIZEN], &[OPERATOR, DESK], SOON);
        self.operator.hears(&[], &[CITIZEN, OPERATOR, DESK], SOON);
    }

    /// Operator and window hear each other, the citizen neither, and neither the citizen.
    pub fn staff_talk(&self) {
        self.operator.hears(&[DESK], &[CITIZEN, OPERATOR], SOON);
        self.desk.hears(&[OPERATOR], &[CITIZEN, DESK], SOON);
        self.citizen.hears(&[], &[CITIZEN, OPERATOR, DESK], SOON);
    }

    /// The operator finds the window in the information base; it is one key away, and keys are orders again.
    pub fn finds(&self) {
        self.operator.press("/");
        self.operator.fill(FIND, "政府信息公开");
        self.operator.sees(".hit", "001", SOON);
        self.operator.press("Enter");
        self.operator.shows("[data-testid=bridge]:enabled");
    }

    /// The operator gives this outcome by its key; before that, wrap-up can't be ended.
    pub fn outcome(&self, key: &str) {
        self.operator.shows(&state("wrap_up"));
        self.operator.shows(OUTCOMES);
        self.operator.press("r");
        self.operator.shows(&state("wrap_up"));
        self.operator.press(key);
        self.operator.press("Enter");
        self.operator.shows_no(OUTCOMES);
    }

    /// The call's record, once it is over and its sound is measured: the only one.
    pub fn record(&self) -> Value {
        until("the call's record is complete", SOON, || {
            let list = self.house.get("/api/v1/calls");
            let calls = list["calls"].as_array().unwrap();
            assert_eq!(calls.len(), 1, "one call throughout: {calls:#?}");
            calls.first().filter(|call| !call["ended_at"].is_null())?;
            let page = self.house.get(&format!("/api/v1/calls/{}", calls[0]["id"].as_str().unwrap()));
            let over = |leg: &Value| leg["answered_at"].is_null() || !leg["sound"].is_null();
            page["legs"].as_array().unwrap().iter().all(over).then_some(page)
        })
    }

    /// No page complained of anything but this, no policy was broken, and the house had no fault of its own.
    pub fn nothing_was_wrong(mut self, expected: &[&str]) {
        for page in [&self.operator, &self.desk] {
            assert_eq!(page.faults(expected), Vec::<String>::new());
        }
        assert_eq!(self.house.get("/health")["csp_reports"], 0);
        self.house.stop();
        let log = self.house.log();
        assert!(!log.contains(NUMBER), "the citizen's number is in the log");
        let fault = log.lines().find(|line| line.contains(" ERROR ") || line.contains("panicked"));
        assert_eq!(fault, None);
    }
}

/// Fills the information base with the sample.
fn information(config: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/sample.csv");
    let mut import = Command::new(env!("CARGO_BIN_EXE_hotline"));
    let done = import.args(["knowledge", "import"]).arg(sample).arg("--config").arg(config).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// The page's phone is registered.
pub const LINE_READY: &str = "[data-testid=line][data-is=registered]";

/// The field in which the information base is asked.
pub const FIND: &str = "[data-testid=find]";
const OUTCOMES: &str = "input[name=outcome]";

/// The operator's page shows this state.
pub fn state(name: &str) -> String {
    format!("[data-testid=state][data-is={name}]")
}

/// A page that shows this stage of its call.
pub fn stage(name: &str) -> String {
    format!("[data-testid=stage][data-is={name}]")
}
