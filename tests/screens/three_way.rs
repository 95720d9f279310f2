//! The three-way call on our own pages: an operator's page, a window's page and a citizen by SIP, each heard by its tone.

use crate::black_box;
use crate::house::House;
use crate::patience::s;
use crate::screen::{SOON, Screen, Screens};
use crate::stage::{CITIZEN, DESK, LINE_READY, OPERATOR, Stage, stage, state};

/// Ready before the outcome is given, and key 1 before the whisper begins: both are refused with 409, and the page goes on.
const NOT_YET: &str = "status of 409";

/// The window is brought in and accepts on its page.
fn three_way(play: &Stage) {
    play.finds();
    play.operator.press("b");
    play.operator.shows(&stage("ringing"));
    play.desk.sees(".whisper", "政府信息公开申请", SOON);
    play.desk.shows("[data-testid=accept]");
    play.desk.press("a");
    for page in [&play.operator, &play.desk] {
        page.shows(&stage("three"));
    }
    play.three_talk();
}

/// The connection of this page's phone breaks: the sound goes on, and the phone comes back by itself.
fn cut(page: &Screen, user: &str, play: &Stage) {
    page.cut(user);
    page.shows("[data-testid=line]:not([data-is=registered])");
    play.three_talk();
    page.shows(LINE_READY);
    play.three_talk();
}

/// A page is loaded anew, and its phone is away long enough to be missed by ear: a quick machine is back before anybody
/// could tell.
fn away(page: &Screen, play: &Stage, other: u32, own: u32) {
    page.leaves();
    play.citizen.hears(&[other], &[CITIZEN, own], SOON);
    page.returns();
    page.shows(&stage("three"));
    play.three_talk();
}

#[test]
fn all_three_hear_each_other_through_hold_reloads_and_cuts() {
    let Some(play) = Stage::set() else { return };
    let Stage { operator, desk, citizen, .. } = &play;
    three_way(&play);

    operator.press("h");
    operator.shows("[data-testid=hold][aria-pressed=true]");
    play.staff_talk();
    operator.press("h");
    play.three_talk();

    cut(operator, "op1", &play);
    cut(desk, "desk001", &play);

    // A window is not rung a second time: its page takes the seat over by itself.
    for (page, other, own) in [(operator, DESK, OPERATOR), (desk, OPERATOR, DESK)] {
        // Twice more, the second time as soon as the phone is back.
        away(page, &play, other, own);
        for _ in 0..2 {
            page.reload();
            page.shows(LINE_READY);
        }
        page.shows(&stage("three"));
        play.three_talk();
    }

    operator.press("d");
    play.two_talk();
    desk.shows(".idle");
    operator.press("e");
    citizen.ends();
    play.outcome("2");
    let record = play.record();
    let page = black_box::open(&play, &record);
    black_box::is_right(&play, &record, &page);
    play.nothing_was_wrong(&[NOT_YET]);
}

#[test]
fn a_window_declines_is_asked_in_private_and_goes_on_without_the_operator() {
    let Some(play) = Stage::set() else { return };
    let Stage { operator, desk, citizen, .. } = &play;
    play.finds();
    for (key, reason) in [("1", "正在接待"), ("2", "不是本窗口"), ("3", "稍后回电")] {
        operator.press("b");
        desk.shows("[data-testid=accept]");
        desk.press(key);
        operator.sees(".panel [role=status]", reason, SOON);
        operator.shows(&stage("talk"));
        desk.shows(".idle");
    }
    play.two_talk();

    operator.press("c");
    operator.shows(&stage("consult"));
    desk.shows("[data-testid=accept]");
    desk.press("a");
    play.staff_talk();
    operator.press("j");
    operator.shows(&stage("three"));
    play.three_talk();

    operator.press("l");
    play.two_talk_without_operator();
    desk.shows(&stage("talk_desk"));
    play.outcome("2");
    operator.press("r");
    operator.shows(&state("ready"));

    desk.press("o");
    operator.shows("[data-testid=answer]");
    operator.press("a");
    play.three_talk();
    desk.press("l");
    play.two_talk();
    citizen.hangs_up();
    operator.shows_no(&stage("talk"));
    let record = play.record();
    let page = black_box::open(&play, &record);
    black_box::is_right(&play, &record, &page);
    play.nothing_was_wrong(&[NOT_YET]);
}

#[test]
fn the_operators_page_paints_within_a_second_from_a_cold_start() {
    let house = House::open(&["--trial"]);
    let Some(screens) = Screens::open(&house) else { return };
    let operator = screens.on_trial(&house, "operator", "/operator", OPERATOR);
    let url = format!("{}?tab=operator#/operator", house.pages());
    // The best of several: what else the machine does is not the page's doing.
    let best = (0..5).map(|_| operator.first_paint(&url, ".operator")).min().unwrap();
    assert!(best < s(1), "{best:?}");
}
