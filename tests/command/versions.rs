//! `hotline config` and `hotline rehearse`: versions of a real store listed, compared and brought back; the proof printed.

use std::fs;
use std::path::Path;

use store::{ConfigVersion, Store};

use super::check::{copy, edit};
use super::{in_order, run};

/// Notes the files of the folder as the house does when it takes them into use.
async fn note(store: &Store, dir: &Path, author: &str, comment: &str) -> i64 {
    let checked = config::load(dir).unwrap();
    let files = checked.files.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let version =
        ConfigVersion { at: 1_791_597_600_000, author: author.into(), comment: comment.into(), files };
    store.take_in(&checked.plan, &[], &version).await.unwrap()
}

#[tokio::test]
async fn versions_are_listed_compared_and_brought_back() {
    let folder = copy();
    let dir = folder.path().join("sip-config");
    let config = dir.to_str().unwrap();
    let checked = config::load(&dir).unwrap();
    let settings =
        store::Settings::beside(checked.settings.store.file().unwrap().to_owned(), &*checked.settings.node);
    let (store, _) = Store::open(settings, 1_791_597_600_000).await.unwrap();
    assert_eq!(note(&store, &dir, "sip-config", "").await, 1);
    edit(folder.path(), "desks.toml", "政务公开窗口", "新窗口");
    assert_eq!(note(&store, &dir, "li", "改名").await, 2);
    // The store is in use by a running house; the tool only looks.
    let (code, out, err) = run(&["config", "versions", "--config", config]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    in_order(&out, &["2  2026-10-10 10:00", "li", "改名", "1  2026-10-10 10:00", "sip-config"]);
    let (code, out, _) = run(&["config", "diff", "--config", config]);
    assert_eq!((code, out.as_str()), (0, ""));
    let (code, out, _) = run(&["config", "diff", "1", "--config", config]);
    assert_eq!(code, 1);
    in_order(
        &out,
        &[
            "--- a/desks.toml",
            "+++ b/desks.toml",
            "-  { no = \"001\"",
            "+  { no = \"001\", name = \"新窗口\"",
        ],
    );
    // Also when the files no longer load.
    edit(folder.path(), "desks.toml", "unit = \"ZFB\"", "unit = \"\"");
    let (code, out, err) = run(&["config", "restore", "1", "--config", config]);
    assert_eq!(code, 0, "{out}{err}");
    in_order(&out, &["version 1", "SIGHUP"]);
    assert_eq!(config::load(&dir).unwrap(), checked);
    let (code, _, err) = run(&["config", "restore", "9", "--config", config]);
    assert_eq!(code, 2);
    in_order(&err, &["VERSION", "no version 9"]);
    let (code, _, err) = run(&["config", "diff", "--draft", "--config", config, "--lang", "zh"]);
    assert_eq!(code, 1);
    in_order(&err, &["没有草稿"]);
}

#[test]
fn a_small_house_is_proved_and_a_draft_is_needed_to_rehearse_one() {
    let folder = copy();
    let dir = folder.path().join("sip-config");
    let config = dir.to_str().unwrap();
    let keep = |file: &str, keep: &dyn Fn(&str) -> bool| {
        let text = fs::read_to_string(dir.join(file)).unwrap();
        let lines = text.lines().filter(|l| !l.trim_start().starts_with('{') || keep(l));
        fs::write(dir.join(file), lines.map(|l| format!("{l}\n")).collect::<String>()).unwrap();
    };
    keep("desks.toml", &|l| {
        ["\"001\"", "\"012\"", "\"013\""].iter().any(|no| l.contains(&format!("no = {no}")))
    });
    keep("services.toml", &|l| l.contains("desks = [\"001\"]"));
    let (code, out, err) = run(&["rehearse", "--config", config]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    in_order(
        &out,
        &["3 desks", "minutes of a year from today", "classes of minutes", "Each path ends at a person"],
    );
    let (code, _, err) = run(&["rehearse", "--draft", "--config", config]);
    assert_eq!(code, 1);
    in_order(&err, &["there is no draft"]);
}
