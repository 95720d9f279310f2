//! Drafts and publications: one at a time, kept over a restart, never half published whatever is cut.

use std::fs;
use std::io;

use serde_json::json;

use super::House;
use crate::FileSet;
use crate::draft::{Draft, DraftError, Signed, Workbench, publish};
use crate::edit::{Edit, Op, Step};

fn signed() -> Signed {
    Signed { author: "admin".into(), comment: "rename a window".into() }
}

fn bench(house: &House) -> Workbench {
    Workbench::open(&house.path("")).unwrap().0
}

fn rename(name: &str) -> Edit {
    let row = Step::Where([("no".to_owned(), json!("012"))].into_iter().collect());
    let at = vec![Step::Key("desk".into()), row, Step::Key("name".into())];
    Edit { file: "desks.toml".into(), at, op: Op::Set(json!(name)) }
}

#[test]
fn a_draft_is_kept_rehearsed_published_and_gone() {
    let house = House::new();
    let first = bench(&house);
    let before = first.files();
    let draft = first.begin("li", 5, false).unwrap();
    assert_eq!((draft.by.as_str(), draft.since, &draft.files), ("li", 5, &before));
    first.change("li", &[rename("甲"), rename("乙")]).unwrap();
    assert_eq!(first.files(), before, "a draft changes no file");
    // Another process, the same draft.
    let again = bench(&house);
    let draft = again.draft().unwrap().unwrap();
    assert!(draft.files.get("desks.toml").unwrap().contains("name = \"乙\"") && !draft.is_rehearsed());
    assert!(matches!(again.publish("li", &signed()), Err(DraftError::NotRehearsed)));
    again.rehearsed("another version").unwrap();
    assert!(matches!(again.publish("li", &signed()), Err(DraftError::NotRehearsed)));
    again.rehearsed(&draft.files.version()).unwrap();
    let checked = again.publish("li", &signed()).unwrap();
    assert_eq!(&*checked.plan.version, draft.files.version());
    assert_eq!(again.files(), draft.files);
    assert_eq!(house.load().unwrap(), checked);
    assert_eq!(again.draft().unwrap(), None);
    assert!(!house.path(".draft").exists() && !house.path(".publish").exists());
}

#[test]
fn a_draft_that_was_changed_after_the_rehearsal_is_rehearsed_again() {
    let house = House::new();
    let bench = bench(&house);
    bench.begin("li", 0, false).unwrap();
    let draft = bench.change("li", &[rename("甲")]).unwrap();
    bench.rehearsed(&draft.files.version()).unwrap();
    bench.change("li", &[rename("乙")]).unwrap();
    assert!(matches!(bench.publish("li", &signed()), Err(DraftError::NotRehearsed)));
}

#[test]
fn one_draft_at_a_time_unless_it_is_taken_over() {
    let house = House::new();
    let bench = bench(&house);
    assert!(matches!(bench.change("li", &[]), Err(DraftError::NoDraft)));
    bench.begin("li", 0, false).unwrap();
    bench.change("li", &[rename("甲")]).unwrap();
    let taken = |r: Result<Draft, DraftError>| matches!(r, Err(DraftError::Taken { by }) if by == "li");
    assert!(taken(bench.begin("wang", 1, false)));
    assert!(taken(bench.change("wang", &[rename("乙")])));
    assert!(taken(bench.replace("wang", "desks.toml", "")));
    let draft = bench.begin("wang", 2, true).unwrap();
    assert!(draft.by == "wang" && draft.files.get("desks.toml").unwrap().contains("甲"));
    assert!(matches!(bench.change("li", &[]), Err(DraftError::Taken { .. })));
    bench.discard().unwrap();
    bench.discard().unwrap();
    assert_eq!(bench.draft().unwrap(), None);
}

#[test]
fn files_changed_by_hand_make_a_draft_stale_and_a_new_one_begins_with_them() {
    let house = House::new();
    let bench = bench(&house);
    let draft = bench.begin("li", 0, false).unwrap();
    bench.rehearsed(&draft.files.version()).unwrap();
    house.edit("menus.toml", "music_after = 8", "music_after = 9");
    assert!(bench.draft().unwrap().unwrap().is_stale(&bench.files()));
    assert!(matches!(bench.publish("li", &signed()), Err(DraftError::Stale)));
    let new = bench.begin("li", 1, false).unwrap();
    assert!(
        !new.is_stale(&bench.files()) && new.files.get("menus.toml").unwrap().contains("music_after = 9")
    );
}

#[test]
fn faults_names_and_sizes_are_refused() {
    let house = House::new();
    let bench = bench(&house);
    bench.begin("li", 0, false).unwrap();
    for name in [
        "../x",
        "secrets.toml",
        "calendar/../../x.json",
        ".draft/draft.json",
        "calendar/%2e.json",
        "a\0b",
        "",
    ] {
        assert!(matches!(bench.replace("li", name, ""), Err(DraftError::Edit(_))), "{name:?}");
    }
    let long = "#".repeat(9 * 1024 * 1024);
    assert!(matches!(bench.replace("li", "desks.toml", &long), Err(DraftError::TooMuch)));
    assert!(matches!(bench.change("li", &vec![rename("x"); 501]), Err(DraftError::TooMuch)));
    let draft = bench.replace("li", "desks.toml", "desk = []\n").unwrap();
    assert!(!bench.check(&draft.files).unwrap_err().is_empty());
    bench.rehearsed(&draft.files.version()).unwrap();
    let refused = bench.publish("li", &signed()).unwrap_err();
    assert!(matches!(refused, DraftError::Faults(n) if n > 0) && !refused.zh().is_empty());
    // All edits of a request or none.
    bench.begin("li", 0, false).unwrap();
    bench.replace("li", "desks.toml", &house.read("desks.toml")).unwrap();
    let mut wrong = rename("x");
    wrong.at.pop();
    wrong.at.push(Step::Key("no".into()));
    wrong.at.push(Step::Key("no".into()));
    assert!(bench.change("li", &[rename("丙"), wrong]).is_err());
    assert!(!bench.draft().unwrap().unwrap().files.get("desks.toml").unwrap().contains('丙'));
}

#[test]
fn whatever_is_cut_in_the_middle_leaves_the_old_files_or_the_new_ones() {
    let mut cuts = 0;
    loop {
        let house = House::new();
        let dir = house.path("");
        let before = FileSet::read(&dir);
        let mut after = before.clone();
        after.set("desks.toml", before.get("desks.toml").unwrap().replace("政务公开窗口", "新窗口"));
        after.set(
            "menus.toml",
            before.get("menus.toml").unwrap().replace("music_after = 8", "music_after = 9"),
        );
        after.set("calendar/2027.json", "{\"year\": 2027, \"days\": []}");
        after.remove("calendar/2024.json");
        let mut left = cuts;
        let mut at = String::new();
        let done = publish::publish(&dir, &before, &after, &signed(), &mut |step| {
            at = step.to_owned();
            left -= 1;
            if left < 0 { Err(io::Error::other("the power is gone")) } else { Ok(()) }
        });
        let (bench, finished) = Workbench::open(&dir).unwrap();
        let found = bench.files();
        // The end of the journal is the end of the publication; what comes before it is undone.
        let new = done.is_ok() || matches!(at.as_str(), "rename" | "sync" | "journal's end" | "folder's end");
        assert_eq!(found, if new { after } else { before }, "cut {cuts} at {at}");
        assert_eq!(finished.is_some(), done.is_err() && new && at != "folder's end", "cut {cuts} at {at}");
        assert!(finished.is_none_or(|s| s == signed()));
        assert!(!house.path(".publish").exists());
        crate::load(&dir).unwrap();
        if done.is_ok() {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 10, "only {cuts} steps were cut");
}

#[test]
fn a_journal_that_names_other_places_moves_nothing_there() {
    let house = House::new();
    fs::create_dir(house.path(".publish")).unwrap();
    fs::write(house.path(".publish/0.new"), "x").unwrap();
    let text =
        json!({"signed": {"author": "a", "comment": ""}, "files": [{"name": "../secret", "new": "0.new"}]});
    fs::write(house.path(".publish/journal.json"), text.to_string()).unwrap();
    Workbench::open(&house.path("")).unwrap();
    assert!(!house.path("../secret").exists());
    house.load().unwrap();
}
