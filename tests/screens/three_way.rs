//! The three-way call on our own pages: an operator's page, a window's page and a citizen by SIP, each heard by its tone.

use crate::house::House;
use crate::patience::s;
use crate::screen::Screens;
use crate::stage::{CITIZEN, DESK, LINE_READY, OPERATOR, SOON, Stage, stage};

#[test]
fn pages_open_with_their_phones_ready() {
    let house = House::open(&["--trial"]);
    let Some(screens) = Screens::open(&house) else { return };
    let operator = screens.on_trial(&house, "operator", "/operator", OPERATOR);
    let desk = screens.on_trial(&house, "desk", "/desk", DESK);
    for page in [&operator, &desk] {
        page.sees(LINE_READY, "", SOON);
        assert_eq!(page.faults(&[]), Vec::<String>::new());
    }
    assert_eq!(house.get("/health")["csp_reports"], 0);
}

#[test]
fn operator_brings_a_window_in_and_all_three_hear_each_other() {
    let Some(play) = Stage::set() else { return };
    let Stage { operator, desk, citizen, .. } = &play;
    play.find("政府信息公开");
    operator.press("Control+Enter");
    operator.sees(&stage("ringing"), "", SOON);
    desk.sees(".whisper", "", SOON);
    desk.press("a");
    desk.sees(&stage("three"), "", SOON);
    play.three_talk();
    operator.press("Escape");
    operator.press("Escape");
    operator.press("h");
    citizen.hears(&[], &[CITIZEN, OPERATOR, DESK], SOON);
    operator.hears(&[DESK], &[CITIZEN, OPERATOR], s(5));
}
