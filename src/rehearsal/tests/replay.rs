//! Real calls against a draft: what stays, what differs and in which words.

use calendar::{Date, TimeOfDay};
use call::ids::{DeskNo, Lang};
use config::{Checked, FileSet};

use super::{PROMPTS, folder};
use crate::{Past, Progress, RehearsalError, replay};

fn at(checked: &Checked, day: i8, hour: u16) -> i64 {
    checked.plan.calendar.zone.moment(Date::constant(2026, 10, day), TimeOfDay::new(hour, 0).unwrap())
}

fn past(call: &str, offered_at: i64, desk: Option<u16>) -> Past {
    Past {
        call: call.to_owned(),
        offered_at,
        number: "89000".into(),
        withheld: false,
        lang: Lang::Zh,
        desk: desk.map(DeskNo),
        keyed: desk.is_some(),
        operators: true,
    }
}

/// The sample with a word replaced in a file.
fn draft(file: &str, from: &str, to: &str) -> Checked {
    let mut files = FileSet::read(&folder());
    let text = files.get(file).unwrap().replacen(from, to, 1);
    assert_ne!(files.get(file).unwrap(), text, "{file} has no {from:?}");
    files.set(file, text);
    config::check(&files, &folder()).unwrap_or_else(|f| panic!("{f:?}"))
}

#[test]
fn calls_that_would_go_elsewhere_are_told_and_the_others_counted() {
    let now = config::load(&folder()).unwrap();
    // 037 is closed on the Monday in the draft.
    let shut = "[[change]]\nplace = \"desk 037\"\nfrom = \"2026-10-12\"\nreason = \"停电检修\"\n\n[[pattern]]\nplace = \"centre\"";
    let draft = draft("calendar/hours.toml", "[[pattern]]\nplace = \"centre\"", shut);
    let english = Past { lang: Lang::En, keyed: true, ..past("D", at(&now, 12, 10), None) };
    let nobody = Past { operators: false, ..past("E", at(&now, 12, 10), None) };
    let calls = [
        past("A", at(&now, 12, 10), Some(37)),
        past("B", at(&now, 13, 10), Some(37)),
        past("C", at(&now, 12, 10), None),
        english,
        nobody,
    ];
    let found = replay(&now, &draft, &PROMPTS, &calls, &Progress::default()).unwrap();
    assert_eq!((found.calls, found.same, found.guessed), (5, 4, 3));
    let [differs] = found.differ.try_into().unwrap();
    assert_eq!((differs.call.as_str(), differs.offered_at), ("A", at(&now, 12, 10)));
    assert!(
        differs.was.1.contains("desk 037 is open") && differs.was.1.contains("three-way call"),
        "{differs:?}"
    );
    assert!(
        differs.would.1.contains("desk 037 is closed") && differs.would.0.contains("停电检修"),
        "{differs:?}"
    );
}

#[test]
fn a_number_that_the_draft_gives_up_is_refused() {
    let now = config::load(&folder()).unwrap();
    let draft = draft("routing.toml", "numbers = [\"89000\", \"053589000\"]", "numbers = [\"053589000\"]");
    let calls = [past("A", at(&now, 12, 10), None)];
    let found = replay(&now, &draft, &PROMPTS, &calls, &Progress::default()).unwrap();
    assert_eq!((found.same, found.differ.len()), (0, 1));
    assert!(found.differ[0].would.1.contains("no number of this hotline"), "{:?}", found.differ);
}

#[test]
fn the_same_configuration_changes_nothing_and_a_replay_can_be_cancelled() {
    let now = config::load(&folder()).unwrap();
    let calls = [past("A", at(&now, 12, 10), Some(12)), past("B", at(&now, 10, 3), None)];
    let found = replay(&now, &now, &PROMPTS, &calls, &Progress::default()).unwrap();
    assert_eq!((found.calls, found.same, found.differ.len()), (2, 2, 0));
    let progress = Progress::default();
    progress.cancel();
    assert_eq!(replay(&now, &now, &PROMPTS, &calls, &progress), Err(RehearsalError::Cancelled));
}
