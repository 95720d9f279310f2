//! The play against the sample configuration: the order of ringing is the core's own, whatever windows do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod proof;
mod replay;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use calendar::{Date, Place, TimeOfDay};
use call::event::Caller;
use call::ids::DeskNo;
use call::plan::Hunt;

use crate::order::Order;
use crate::{Ending, Mood, Prompts, Scene, Tale, Tongue, Wishes, play};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sip-config")
}

static PROMPTS: LazyLock<Prompts> = LazyLock::new(|| Prompts::read(&folder().join("../prompts")));

/// A call at ten o'clock on a Monday who keys this desk and confirms.
fn monday(checked: &config::Checked, desk: DeskNo, mood: Mood) -> Wishes {
    let zone = &checked.plan.calendar.zone;
    let at = zone.moment(Date::constant(2026, 10, 12), TimeOfDay::new(10, 0).unwrap());
    let keys = |text: &str| text.chars().filter_map(call::event::Key::from_char).collect();
    Wishes {
        at,
        from: Caller { withheld: true, ..Caller::default() },
        to: "89000".into(),
        keys: vec![keys("2"), keys(&format!("{desk}#")), keys("1")],
        duty: checked.plan.operators.iter().map(|o| o.staff.clone()).collect(),
        desk: mood,
        absent: BTreeSet::new(),
        closed: BTreeSet::new(),
        takes_offer: false,
    }
}

fn set(checked: &config::Checked, desk: DeskNo, mood: Mood) -> Scene<'_> {
    Scene::new(monday(checked, desk, mood), checked, &PROMPTS, Tongue::En)
}

fn of_kind<'a>(tale: &'a Tale, kind: &str) -> Vec<&'a serde_json::Value> {
    tale.steps.iter().filter(|s| s.kind == kind).map(|s| &s.facts).collect()
}

#[test]
fn every_desk_of_the_sample_is_rung_in_the_order_that_is_told() {
    let checked = config::load(&folder()).unwrap();
    let desks: Vec<DeskNo> = checked.plan.desks.keys().copied().collect();
    assert_eq!(desks.len(), 98);
    for desk in desks {
        let mut scene = set(&checked, desk, Mood::Busy);
        // So many attempts that the whole list is rung.
        let plan = Arc::make_mut(&mut scene.plan);
        (plan.limits.desk_attempts, plan.limits.desk_hunt) = (99, Duration::from_secs(600));
        let tale = play(&scene).unwrap();
        let rung = of_kind(&tale, "rings").into_iter().filter(|f| f["seat"] != "operator");
        let rung: Vec<String> = rung.map(|f| f["address"].as_str().unwrap().to_owned()).collect();
        let told = Order::of(&scene.plan, desk, scene.wishes.at).candidates;
        let told: Vec<String> = told.iter().map(|c| crate::why::address(&c.member.address)).collect();
        assert_eq!(rung, told, "desk {desk}");
        assert_eq!(tale.ending, Ending::Three, "the liaison of desk {desk} answers");
    }
}

#[test]
fn windows_that_are_rung_at_once_are_told_so() {
    let mut checked = config::load(&folder()).unwrap();
    for desk in checked.plan.desks.values_mut() {
        desk.hunt = Hunt::All;
    }
    let scene = set(&checked, DeskNo(12), Mood::Busy);
    let order = Order::of(&scene.plan, DeskNo(12), scene.wishes.at);
    let together: Vec<bool> = order.candidates.iter().map(|c| c.together).collect();
    // 2012 and 2013 at once, then 2014 of the window beside, then the liaison.
    assert_eq!(together, [false, true, false, false]);
    let tale = play(&scene).unwrap();
    assert_eq!(of_kind(&tale, "failed").len(), 3);
    assert_eq!(tale.ending, Ending::Three);
}

#[test]
fn each_mood_of_the_windows_has_its_end() {
    let checked = config::load(&folder()).unwrap();
    for (mood, ending, failed) in [
        (Mood::Accepts, Ending::Three, 0),
        // 2034 alone sits at 037: the liaison is the second attempt.
        (Mood::Busy, Ending::Three, 1),
        (Mood::NoAnswer, Ending::Three, 1),
        (Mood::Declines, Ending::Three, 1),
        (Mood::Absent, Ending::Three, 0),
        (Mood::ClosedHours, Ending::Talk, 0),
    ] {
        let tale = play(&set(&checked, DeskNo(37), mood)).unwrap();
        assert_eq!(tale.ending, ending, "{mood:?}");
        assert_eq!(of_kind(&tale, "failed").len(), failed, "{mood:?}");
        assert_eq!(of_kind(&tale, "skipped").len(), usize::from(mood == Mood::Absent), "{mood:?}");
    }
}

#[test]
fn windows_shut_by_hand_open_again_the_next_day() {
    let checked = config::load(&folder()).unwrap();
    let scene = set(&checked, DeskNo(37), Mood::ClosedHours);
    let calendar = &scene.plan.calendar;
    assert!(!calendar.is_open(Place::Desk(37), scene.wishes.at).open);
    assert!(checked.plan.calendar.is_open(Place::Desk(37), scene.wishes.at).open);
    let next = calendar.next_open(Place::Desk(37), scene.wishes.at).unwrap();
    assert_eq!(calendar.zone.date(next.at), Date::constant(2026, 10, 13));
}

#[test]
fn the_whole_tale_is_the_same_each_time() {
    let checked = config::load(&folder()).unwrap();
    let scene = set(&checked, DeskNo(37), Mood::Declines);
    let told = || crate::render::json(&scene, &play(&scene).unwrap(), true);
    assert_eq!(told(), told());
}
