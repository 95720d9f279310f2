//! Writing, tearing, pruning and finding.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{NOON, flow, request, settings, traced};
use crate::files::Series;
use crate::journal::{ENDINGS, Journal, PREFIX};
use crate::tap::WAITING_BYTES;
use crate::{Direction, Found, Tap, Wanted, find};

const DAY: i64 = 86_400_000_000;

fn journal(folder: &Path, days: u16, most_bytes: u64) -> Journal {
    let folder = folder.join("trace");
    Journal::new(Series { folder, prefix: PREFIX.into(), endings: ENDINGS, days, most_bytes })
}

fn found(folder: &Path, call_ids: &[&str]) -> Found {
    let call_ids: Vec<String> = call_ids.iter().map(|id| (*id).to_owned()).collect();
    find(&folder.join("trace"), &Wanted { call_ids: &call_ids, from_us: None, until_us: None }).unwrap()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder.join("trace")).unwrap().flatten().map(|e| e.path());
    let mut all: Vec<_> = all.filter(|p| p.extension().is_some_and(|e| e == ending)).collect();
    all.sort();
    all
}

#[test]
fn what_went_over_the_tap_is_found_by_its_call_id() {
    let folder = tempfile::tempdir().unwrap();
    let (tap, keeper) = Tap::start(&settings(folder.path())).unwrap();
    for n in 0..500 {
        tap.note(NOON + n, Direction::In, &flow(), &request("INVITE", &format!("call-{}", n % 50)));
    }
    tap.note(NOON + 999, Direction::Out, &flow(), b"SIP/2.0 200 OK\r\ni: call-7\r\nCSeq: 1 INVITE\r\n\r\n");
    let again = tap.clone();
    drop(tap);
    while again.counts().kept < 501 {
        std::thread::yield_now();
    }
    drop(again);
    keeper.stop();
    let Found { messages, more, torn } = found(folder.path(), &["call-7", "nobody"]);
    assert_eq!((messages.len(), more, torn), (11, false, 0));
    assert!(messages.is_sorted_by_key(|m| m.at_us));
    let last = messages.last().unwrap();
    assert_eq!((last.at_us, last.direction, last.source()), (NOON + 999, Direction::Out, flow().local));
    assert_eq!(messages[0].bytes, request("INVITE", "call-7"));
    for path in files(folder.path(), "trace").iter().chain(&files(folder.path(), "index")) {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(found(&folder.path().join("nowhere"), &["x"]), Found::default());
}

#[test]
fn a_torn_end_costs_what_was_torn_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut writing = journal(folder.path(), 7, u64::MAX);
    let messages: Vec<_> = (0..20).map(|n| traced(NOON + n, "a")).collect();
    writing.write(&messages).unwrap();
    drop(writing);
    let (data, index) = (files(folder.path(), "trace").remove(0), files(folder.path(), "index").remove(0));
    let (whole, known) = (fs::read(&data).unwrap(), fs::read(&index).unwrap());
    for (cut, lost) in [(1, 1), (400, 2)] {
        fs::write(&data, &whole[..whole.len() - cut]).unwrap();
        let Found { messages, torn, .. } = found(folder.path(), &["a"]);
        assert!(
            torn == 1 && messages.len() >= 20 - lost && messages.len() < 20,
            "{} after {cut}",
            messages.len()
        );
    }
    // Written, but the crash came before the index was.
    fs::write(&data, &whole).unwrap();
    for entries in [0, 1, 3] {
        fs::write(&index, &known[..known.len() - 16 * entries]).unwrap();
        assert_eq!(found(folder.path(), &["a"]).messages.len(), 20, "{entries} entries are missing");
    }
    fs::write(&index, &known[..5]).unwrap();
    assert_eq!(found(folder.path(), &["a"]).messages.len(), 20);
    fs::remove_file(&index).unwrap();
    assert_eq!(found(folder.path(), &["a"]).messages.len(), 20);
    // One flipped bit in the middle: that record is lost, and the index leads past it.
    fs::write(&index, &known).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&data, &flipped).unwrap();
    let Found { messages, torn, .. } = found(folder.path(), &["a"]);
    assert_eq!((messages.len(), torn), (19, 1));
    // A house that starts again writes another file, behind the torn one.
    let mut garbage = OpenOptions::new().append(true).open(&data).unwrap();
    garbage.write_all(&[7; 100]).unwrap();
    journal(folder.path(), 7, u64::MAX).write(&[traced(NOON, "b")]).unwrap();
    assert_eq!((files(folder.path(), "trace").len(), found(folder.path(), &["b"]).messages.len()), (2, 1));
}

#[test]
fn old_days_and_too_many_bytes_go_the_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    for day in 0..10 {
        journal(folder.path(), 3, u64::MAX).write(&[traced(NOON + day * DAY, "a")]).unwrap();
    }
    let names: Vec<_> =
        files(folder.path(), "trace").iter().map(|p| p.file_name().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 4, "three days beside today: {names:?}");
    assert!(names[3].to_str().unwrap().starts_with("sip-2026-12-0"), "{names:?}");
    journal(folder.path(), 3, 500).write(&[traced(NOON + 9 * DAY, "a")]).unwrap();
    assert_eq!(files(folder.path(), "trace").len(), 2, "the newest before and the one under writing");
    assert_eq!(files(folder.path(), "index").len(), 2);
}

#[test]
fn a_tap_that_is_behind_drops_and_counts_and_never_waits() {
    let folder = tempfile::tempdir().unwrap();
    let (tap, keeper) = Tap::start(&settings(folder.path())).unwrap();
    let huge = [request("INVITE", "huge"), vec![b'x'; 60_000]].concat();
    let count = 4 * WAITING_BYTES / huge.len();
    for _ in 0..count {
        tap.note(NOON, Direction::In, &flow(), &huge);
    }
    let again = tap.clone();
    drop(tap);
    let counts = loop {
        let counts = again.counts();
        if counts.kept + counts.dropped == count as u64 {
            break counts;
        }
        std::thread::yield_now();
    };
    drop(again);
    keeper.stop();
    assert_eq!(counts.failed, 0);
    assert_eq!(found(folder.path(), &["huge"]).messages.len() as u64, counts.kept);
}

#[test]
fn what_belongs_to_no_call_is_kept_up_to_so_many_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let (tap, keeper) = Tap::start(&settings(folder.path())).unwrap();
    for n in 0..300 {
        tap.note(NOON, Direction::In, &flow(), &request("OPTIONS", "scan"));
        tap.note(NOON + 1_000_000, Direction::In, &flow(), &request("INVITE", &format!("c{n}")));
    }
    let again = tap.clone();
    drop(tap);
    while again.counts().kept + again.counts().passed_over < 600 {
        std::thread::yield_now();
    }
    assert_eq!((again.counts().passed_over, again.counts().dropped), (200, 0));
    drop(again);
    keeper.stop();
    assert_eq!(found(folder.path(), &["scan"]).messages.len(), 100);
}

#[test]
fn a_folder_that_can_not_be_written_costs_the_trace_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("trace"), "a file in the folder's place").unwrap();
    let (tap, keeper) = Tap::start(&settings(folder.path())).unwrap();
    tap.note(NOON, Direction::In, &flow(), &request("INVITE", "a"));
    while tap.counts().failed == 0 {
        std::thread::yield_now();
    }
    drop(tap);
    keeper.stop();
}

#[test]
fn a_tap_that_is_off_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (tap, keeper) = Tap::start(&crate::Settings { days: 0, ..settings(folder.path()) }).unwrap();
    tap.note(NOON, Direction::In, &flow(), &request("INVITE", "a"));
    assert_eq!(tap.counts(), crate::Counts::default());
    keeper.stop();
    assert!(!folder.path().join("trace").exists());
}
