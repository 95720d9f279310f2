//! A house, and the three pages and phones of a call on it: who hears whom, as it should be.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::citizen::Citizen;
use crate::folder::{append, edit};
use crate::house::House;
use crate::patience::s;
use crate::screen::{Screen, Screens};

/// Tones, in hertz: no key's, hardly any of speech, and no product of two of them is the third.
pub const CITIZEN: u32 = 1_370;
pub const OPERATOR: u32 = 2_130;
pub const DESK: u32 = 3_010;
/// Longest announcement that may stand between two states.
pub const SOON: Duration = s(20);

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
            page.sees(LINE_READY, "", SOON);
        }
        operator.sees("[data-testid=state][data-is=ready]", "", SOON);
        let citizen = Citizen::dials(&house, CITIZEN);
        operator.sees("[data-testid=answer]", "", SOON);
        operator.press("a");
        operator.sees(&stage("talk"), "", SOON);
        let stage = Self { operator, desk, citizen, screens, house };
        stage.two_talk();
        Some(stage)
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

    /// The operator finds the window in the information base; it is one key away.
    pub fn find(&self, words: &str) {
        self.operator.press("/");
        self.operator.fill("[data-testid=find]", words);
        self.operator.sees(".hit", "窗口 001", SOON);
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

/// A page that shows this stage of its call.
pub fn stage(name: &str) -> String {
    format!("[data-testid=stage][data-is={name}]")
}
