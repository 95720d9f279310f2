//! Recordings go on time, with their month's key and a proof; what is held stays, and no copy opens afterwards.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use call::CallId;
use store::protected::HoldOf;
use store::{Entry, RecordingKind, RecordingRow, Settings};
use tokio::sync::mpsc;
use vault::Algorithm;

use super::*;

fn month(year: u16, month: u8) -> Month {
    Month::new(year, month).unwrap()
}

fn id(at: i64, n: u32) -> CallId {
    CallId((u128::try_from(at).unwrap() << 80) | u128::from(n))
}

/// A recording of a call as its row names it, sealed or not, with its sound.
fn record(keeper: &Keeper, at: i64, n: u32, sealed: bool) -> RecordingRow {
    let name = format!("{}-05/{}.wav", Month::of_utc_ms(at), id(at, n));
    let path = keeper.base.join(&name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    if sealed {
        let mut blocks = keeper.locker.blocks(&path, File::create(&path).unwrap()).unwrap();
        blocks.write_all(b"heard").unwrap();
        blocks.finish().unwrap();
    } else {
        fs::write(&path, b"heard").unwrap();
    }
    RecordingRow {
        call: id(at, n),
        leg: None,
        kind: RecordingKind::Mix,
        path: name,
        codec: "pcm_s16le".to_owned(),
        started_at: at,
        duration_ms: Some(60_000),
        bytes: Some(5),
        sha256: Some("ab".repeat(32)),
        key_id: None,
        retain_until: None,
        legal_hold: false,
        purged_at: None,
    }
}

/// Calls of these recordings: a hold wants its call.
async fn write(store: &Store, rows: Vec<RecordingRow>) {
    let (tell, mut told) = mpsc::channel(64);
    let writer = store.writer(tell);
    for row in rows {
        writer
            .write(Entry::Record(Box::new(call::cdr::Record::Ended(ended(row.call, row.started_at)))))
            .unwrap();
        writer.write(Entry::Recording(Box::new(row))).unwrap();
    }
    let listen = tokio::spawn(async move { while told.recv().await.is_some() {} });
    writer.stop().await.unwrap();
    listen.await.unwrap();
}

fn ended(call: CallId, at: i64) -> call::cdr::CallRow {
    use call::event::{Caller, Source};
    use call::ids::{Lang, Name, Pii};
    call::cdr::CallRow {
        call,
        did: Name::from("89000"),
        source: Source::Trunk(Name::from("telecom")),
        sip_call_id: Name::from("abc@10.0.0.1"),
        caller: Caller { number: Pii::new("13800001234"), ..Caller::default() },
        lang: Lang::Zh,
        profile: "direct",
        config_version: Name::from("c0ffee"),
        offered_at: at,
        answered_at: Some(at),
        ended_at: Some(at + 60_000),
        notice_played_at: None,
        wait_ms: 0,
        queue_ms: 0,
        duration_ms: 60_000,
        billsec_ms: 60_000,
        operator: None,
        outcome: Some(call::cdr::Outcome::OnSpot),
        cause: None,
        urgent: false,
        case: None,
    }
}

fn heard(locker: &Locker, path: &Path) -> Result<String, String> {
    let mut text = String::new();
    locker
        .open(path)
        .and_then(|mut file| file.read_to_string(&mut text))
        .map_err(|error| error.to_string())?;
    Ok(text)
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().flatten() {
        if file.path().is_dir() {
            copied(&file.path(), &to.join(file.file_name()));
        } else {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

async fn keeper(folder: &Path) -> Keeper {
    let then = month(2023, 10).begins() + 4 * 86_400_000;
    let (store, _) = Store::open(Settings::beside(folder.join("hotline.db"), "n1"), then).await.unwrap();
    let base = folder.join("recordings");
    let locker = Locker::new(folder.join("hotline.key"), &base, Some(Algorithm::Aes256Gcm));
    let retention = Retention { recordings: 36, numbers: 36, ..Retention::default() };
    Keeper { store, locker, base, retention }
}

#[tokio::test]
async fn recordings_go_with_their_key_and_what_is_held_stays() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = keeper(folder.path()).await;
    let [old, new] = [(2023, 10), (2026, 11)].map(|(year, of)| month(year, of).begins() + 4 * 86_400_000);
    let rows = [record(&keeper, old, 1, true), record(&keeper, old, 2, true), record(&keeper, old, 3, false)];
    let last = record(&keeper, new, 4, true);
    let at = |row: &RecordingRow| keeper.base.join(&row.path);
    let [held, due, clear] = [&rows[0], &rows[1], &rows[2]].map(|row| (row.call, at(row)));
    // One became FLAC meanwhile; its row keeps the name with which it began.
    fs::rename(&clear.1, clear.1.with_extension("flac")).unwrap();
    let alive = at(&last);
    write(&keeper.store, rows.into_iter().chain([last]).collect()).await;
    keeper.store.hold(new, "law", HoldOf::Call(held.0), "file 7").await.unwrap().unwrap();
    let before = tempfile::tempdir().unwrap();
    copied(folder.path(), before.path());

    let now = month(2026, 12).begins();
    let told = keeper.round(now).await.unwrap();
    assert_eq!((told.recordings, told.kept), (2, 1));
    assert!(!due.1.exists() && !clear.1.with_extension("flac").exists());
    assert_eq!(heard(&keeper.locker, &held.1).unwrap(), "heard");
    assert!(keeper.store.recording(due.0, 1).await.unwrap().unwrap().row.purged_at.is_some());
    assert_eq!(keeper.locker.kept().unwrap().len(), 2, "the month's key is needed");
    assert_eq!(keeper.round(now).await.unwrap().recordings, 0);

    assert!(keeper.store.release_hold(now, "law", 1).await.unwrap());
    let told = keeper.round(now).await.unwrap();
    assert_eq!((told.recordings, told.kept), (1, 0));
    assert!(!held.1.exists() && heard(&keeper.locker, &alive).unwrap() == "heard");
    let proof = keeper.store.proof().await.unwrap();
    assert!(proof.holds() && proof.stones.iter().any(|stone| stone.class == Class::Recording), "{proof:?}");
    let audit = keeper.store.audit(&store::AuditFilter::default(), 100).await.unwrap();
    assert!(audit.lines.iter().any(|line| line.note.what == "retention.round"));

    // A copy of recordings and keys from before: with today's key file nothing of October opens, and November does.
    let copy = |path: &Path| -> PathBuf { before.path().join(path.strip_prefix(folder.path()).unwrap()) };
    let of = |keys: &Path| Locker::new(keys.join("hotline.key"), &before.path().join("recordings"), None);
    let (today, of_then) = (of(folder.path()), of(before.path()));
    assert!(heard(&today, &copy(&due.1)).unwrap_err().contains("destroyed for good"));
    assert_eq!(heard(&today, &copy(&alive)).unwrap(), "heard");
    assert_eq!(heard(&of_then, &copy(&due.1)).unwrap(), "heard", "it was the key file that has closed it");
}

#[test]
fn nothing_outside_of_the_folder_is_touched_and_a_day_has_one_round() {
    let folder = tempfile::tempdir().unwrap();
    let (base, outside) = (folder.path().join("recordings"), folder.path().join("x.wav"));
    fs::create_dir(&base).unwrap();
    fs::write(&outside, "x").unwrap();
    for path in ["../x.wav", "day/../../x.wav", "", outside.to_str().unwrap()] {
        assert!(!is_gone(&base, path) && outside.exists(), "{path}");
    }
    assert!(is_gone(&base, "2023-10-05/gone.wav"), "what is not there is gone");
    let noon = month(2026, 11).begins() + 43_200_000;
    assert!(
        is_due(None, noon) && !is_due(Some(noon), noon + 43_199_999) && is_due(Some(noon), noon + 43_200_000)
    );
    assert!(is_due(Some(noon), noon - 86_400_000), "a clock that was set back is another day");
}
