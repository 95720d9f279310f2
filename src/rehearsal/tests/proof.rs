//! The proof over the sample: complete, right about every minute that is looked at, and able to fail.

use std::collections::BTreeSet;

use calendar::{Date, Place};
use call::ids::{DeskNo, Skill};
use call::plan::{Go, Profile};

use super::{PROMPTS, folder};
use crate::order::group;
use crate::proof::{Hours, Leads, paths};
use crate::{MOST_TOLD, Progress, RehearsalError, prove};

const YEAR: Date = Date::constant(2026, 1, 1);
const MINUTE: i64 = 60_000;

#[test]
fn every_desk_and_minute_of_the_sample_ends_at_a_person_or_a_call_back() {
    let checked = config::load(&folder()).unwrap();
    let progress = Progress::default();
    let proof = prove(&checked, &PROMPTS, YEAR, &progress).unwrap();
    println!("{} paths, {} classes, {} plays", proof.paths, proof.classes, proof.plays);
    assert_eq!((proof.open, &*proof.open_ends), (0, &[][..]));
    assert_eq!((proof.desks, proof.minutes), (98, 525_600));
    assert!(proof.paths > 300 && proof.plays > 5_000, "{proof:?}");
    let (done, of) = progress.told();
    assert_eq!((done, of), (proof.plays as u64, proof.plays as u64));
}

/// Any minute of the year: the class that holds it says what the calendar itself says, now and in the minutes that follow.
#[test]
fn classes_cover_the_year_and_are_right_about_each_minute() {
    let checked = config::load(&folder()).unwrap();
    let (plan, hours) = (&checked.plan, Hours::of_year(&checked.plan, YEAR));
    let last = plan.limits.last_bridge;
    // A desk of the centre's hours, one open on Saturdays, one of a unit with summer hours.
    let summer = plan.desks.values().find(|d| &*d.unit.0 == "ZFJ").unwrap().no;
    for no in [DeskNo(37), DeskNo(12), summer] {
        let classes = hours.classes(plan, Some(no));
        assert_eq!(classes.iter().map(|c| c.minutes).sum::<u64>(), hours.minutes());
        let open = |minute: i64| {
            group(plan, no)
                .into_iter()
                .map(move |d| plan.calendar.may_bridge(Place::Desk(d.0), minute * MINUTE, last).open)
        };
        let seen = |minute: i64| (minute..=minute + 5).map(|m| open(m).collect()).collect::<Vec<Vec<bool>>>();
        let known: BTreeSet<Vec<Vec<bool>>> = classes.iter().map(|c| seen(c.example / MINUTE)).collect();
        let first = plan.calendar.zone.moment(YEAR, calendar::TimeOfDay::MIDNIGHT) / MINUTE;
        // 197 and 60 have nothing in common: every minute of an hour is met.
        for minute in (first..first + 525_600).step_by(197) {
            assert!(known.contains(&seen(minute)), "desk {no} at {}", minute * MINUTE);
        }
        let shut = classes.iter().filter(|c| !c.closed_once);
        assert!(
            shut.clone().count() > 0
                && shut.clone().all(|c| seen(c.example / MINUTE).iter().flatten().all(|o| *o))
        );
    }
}

#[test]
fn paths_are_every_key_every_desk_nothing_and_something_wrong() {
    let checked = config::load(&folder()).unwrap();
    let all = paths(&checked.plan);
    assert!(all[0].keys.is_empty());
    let desks: BTreeSet<DeskNo> = all.iter().filter_map(|p| p.hours_of()).collect();
    assert_eq!(desks.len(), 98);
    let keyed: Vec<String> = all
        .iter()
        .filter(|p| p.leads == Leads::Operator)
        .map(|p| p.keys.iter().map(|g| crate::wishes::shown(g)).collect::<Vec<_>>().join(","))
        .collect();
    for keys in ["0", "1", "2", "3", "9", "*", "8,8", "1,0#", "2,*", "1,260101000019#,1234", "2,037#,2"] {
        assert!(keyed.iter().any(|k| k == keys), "{keys} is not among {keyed:?}");
    }
}

#[test]
fn a_way_to_nobody_is_found_with_a_call_that_shows_it() {
    let mut checked = config::load(&folder()).unwrap();
    keep_desks(&mut checked, &[37]);
    let menu = checked.plan.menus.menus.get_mut("root").unwrap();
    // Who presses nothing waits for a skill that nobody has; all queues fall back on it.
    menu.on_nothing = Go::Queue(Skill("nobody".into()));
    checked.plan.greeting.profile = Profile::Menu;
    let proof = prove(&checked, &PROMPTS, YEAR, &Progress::default()).unwrap();
    assert!(proof.open > 10 && proof.open_ends.len() == proof.open.min(MOST_TOLD), "{proof:#?}");
    assert!(proof.open_ends.iter().all(|end| end.number == "89000" && end.at > 0), "{proof:?}");
    let first = &proof.open_ends[0];
    assert_eq!(first.keys, "", "no key at all");
    assert!(
        first.zh.contains("有话务员在岗却转了留言") && first.en.contains("voice mail although"),
        "{first:?}"
    );
}

#[test]
fn a_proof_can_be_cancelled() {
    let checked = config::load(&folder()).unwrap();
    let progress = Progress::default();
    progress.cancel();
    assert_eq!(prove(&checked, &PROMPTS, YEAR, &progress), Err(RehearsalError::Cancelled));
}

/// A house of few desks: its year is proved at once.
fn keep_desks(checked: &mut config::Checked, keep: &[u16]) {
    let plan = &mut checked.plan;
    plan.desks.retain(|no, _| keep.contains(&no.0));
    for service in plan.services.values_mut() {
        service.desks.retain(|no| keep.contains(&no.0));
    }
}
