//! Recordings that a crash left get their rows, once, and only of calls that are known.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

use call::cdr::{CallRow, Record};
use call::event::{Caller, Source};
use call::ids::{CallId, Lang};
use store::{Entry, RecordingKind, RecordingRow, Settings, Store};
use tokio::sync::mpsc;

use crate::salvage::{mend, row};

fn id(n: u128) -> CallId {
    CallId((1_791_507_600_000 << 80) | n)
}

fn offered(call: CallId) -> Entry {
    let row = CallRow {
        call,
        did: "89000".into(),
        source: Source::Trunk("town".into()),
        sip_call_id: "a".into(),
        caller: Caller::default(),
        lang: Lang::Zh,
        profile: "direct",
        config_version: "1".into(),
        offered_at: 1_791_507_600_000,
        answered_at: None,
        ended_at: None,
        notice_played_at: None,
        wait_ms: 0,
        queue_ms: 0,
        duration_ms: 0,
        billsec_ms: 0,
        operator: None,
        outcome: None,
        cause: None,
        urgent: false,
        case: None,
    };
    Entry::Record(Box::new(Record::Offered(row)))
}

fn sound(folder: &Path, name: &str) -> PathBuf {
    let day = folder.join("recordings/2026-10-09");
    fs::create_dir_all(&day).unwrap();
    let path = day.join(format!("{name}.wav"));
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for _ in 0..16_000 {
        writer.write_sample(7i16).unwrap();
    }
    writer.finalize().unwrap();
    path
}

/// FLAC beside the WAV file.
fn press(wav: &Path) {
    use flac_codec::encode::{FlacSampleWriter, Options};
    let mut writer =
        FlacSampleWriter::create(wav.with_extension("flac"), Options::default(), 8_000, 16, 2, None).unwrap();
    writer.write(&[7; 16_000]).unwrap();
    writer.finalize().unwrap();
}

#[tokio::test]
async fn a_file_that_was_finished_and_not_noted_gets_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::beside(folder.path().join("hotline.db"), "hotline-1");
    let (store, _) = Store::open(settings, 1_791_507_700_000).await.unwrap();
    let (told, _listen) = mpsc::channel(16);
    let writer = store.writer(told);
    let base = folder.path().join("recordings");
    let noted = sound(folder.path(), &id(1).to_string());
    let thrown_away = sound(folder.path(), &format!("{}-message-1", id(1)));
    let late = sound(folder.path(), &format!("{}-message-2", id(1)));
    let strange = sound(folder.path(), &id(2).to_string());
    // Noted as WAV, which has gone; and one that had not gone yet.
    let pressed = sound(folder.path(), &format!("{}-message-3", id(1)));
    let both = sound(folder.path(), &format!("{}-message-4", id(1)));
    writer.write(offered(id(1))).unwrap();
    let known = row(id(1), &media::inspect(&noted, &vault::Locker::default()).unwrap(), &base);
    let gone = row(id(1), &media::inspect(&thrown_away, &vault::Locker::default()).unwrap(), &base);
    let gone = RecordingRow { purged_at: Some(1), ..gone };
    let was = [&pressed, &both]
        .map(|path| row(id(1), &media::inspect(path, &vault::Locker::default()).unwrap(), &base));
    for path in [&pressed, &both, &thrown_away] {
        press(path);
    }
    std::fs::remove_file(&pressed).unwrap();
    let pressed = pressed.with_extension("flac");
    for row in [known, gone].into_iter().chain(was) {
        writer.write(Entry::Recording(Box::new(row))).unwrap();
    }
    writer.stop().await.unwrap();

    let rows = mend(base.clone(), vault::Locker::default()).await.rows(&store).await.unwrap();
    let wanted = [&late, &pressed]
        .map(|path| row(id(1), &media::inspect(path, &vault::Locker::default()).unwrap(), &base));
    assert!(rows.len() == 2 && wanted.iter().all(|row| rows.contains(row)), "{rows:?}");
    assert_eq!(wanted[1].file(), format!("2026-10-09/{}-message-3.flac", id(1)));
    assert_eq!((rows[0].kind, rows[0].duration_ms), (RecordingKind::Voicemail, Some(1_000)));
    assert!(!thrown_away.with_extension("flac").exists() && both.exists());
    assert!(!thrown_away.exists() && strange.exists() && noted.exists());
}
