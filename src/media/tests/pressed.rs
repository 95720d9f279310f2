//! Recordings that become FLAC after their calls: the same sound, and no moment at which there is neither.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::record::{RECORDED, Studio, studio_on};
use crate::command::{Command, Event, FileKind, Group, Leg, RecordedFile, Recording};
use crate::recorder::{self, Recorder, System, Wanted};

fn wanted(folder: &Path) -> Wanted {
    Wanted { folder: Some(folder.to_owned()), flac: true, ..Wanted::default() }
}

fn studio(folder: &Path) -> Studio {
    studio_on(folder, Arc::new(System), wanted(folder))
}

pub(super) fn compressed(studio: &mut Studio) -> (String, RecordedFile) {
    match studio.wait(|e| matches!(e, Event::Compressed { .. })) {
        Event::Compressed { call, file } => (call, file),
        _ => panic!(),
    }
}

/// All samples, of either kind of file.
fn samples(path: &Path) -> Vec<i32> {
    if path.extension().is_some_and(|e| e == "flac") {
        crate::flac::tests::samples(path)
    } else {
        hound::WavReader::open(path).unwrap().samples::<i16>().map(|s| s.unwrap().into()).collect()
    }
}

pub(super) fn until(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(40);
    while !holds() {
        assert!(Instant::now() < until, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_call_is_wav_at_its_end_and_flac_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut studio = studio(folder.path());
    studio.world.sit(1, Group::Main);
    studio.world.sit(2, Group::Main);
    studio.world.order(Command::Recording { room: RECORDED, what: Recording::Start });
    studio.world.run(3_000);
    let wav = studio.closed().remove(0);
    let before = samples(&wav.path);
    let (call, flac) = compressed(&mut studio);
    assert_eq!((call.as_str(), flac.kind, flac.duration_ms), ("CALL", FileKind::Main, wav.duration_ms));
    assert_eq!(flac.path, wav.path.with_extension("flac"));
    assert_eq!(samples(&flac.path), before, "bit for bit");
    let facts = crate::inspect(&flac.path, &vault::Locker::default()).unwrap();
    assert_eq!((facts.sha256, facts.bytes), (flac.sha256, flac.bytes), "the hash is of what is kept");
    assert!(flac.bytes < wav.bytes, "{} of {} bytes", flac.bytes, wav.bytes);
    until("the WAV file goes", || !wav.path.exists());
    studio.end();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_message_that_is_thrown_away_leaves_neither() {
    let folder = tempfile::tempdir().unwrap();
    let mut studio = studio(folder.path());
    studio.world.sit(1, Group::Main);
    let (max, silence) = (Duration::from_secs(60), Duration::from_secs(5));
    studio.world.order(Command::TakeMessage { room: RECORDED, leg: Leg(1), max, silence });
    studio.world.run(2_000);
    studio.world.order(Command::StopMessage { room: RECORDED, leg: Leg(1) });
    studio.wait(|e| matches!(e, Event::MessageTaken { file: Some(_), .. }));
    let (_, flac) = compressed(&mut studio);
    assert_eq!(flac.kind, FileKind::Message);
    studio.world.order(Command::DiscardMessage { room: RECORDED, leg: Leg(1) });
    until("both go", || fs::read_dir(folder.path()).unwrap().count() == 0);
    studio.end();
}

/// The press alone, over a folder that a crash left.
fn next_start(folder: &Path, until_told: usize) -> Vec<RecordedFile> {
    let (tape, ring) = rtrb::RingBuffer::new(4);
    let (tell, mut told) = mpsc::channel(64);
    let parts = (wanted(folder), Arc::new(System) as _, Recorder::default());
    let threads = recorder::start_looking_at_once(vec![ring], tell, parts).unwrap();
    let mut files = Vec::new();
    let until = Instant::now() + Duration::from_secs(20);
    while files.len() < until_told {
        assert!(Instant::now() < until, "{files:?}");
        match told.try_recv() {
            Ok(Event::Compressed { file, .. }) => files.push(file),
            _ => std::thread::yield_now(),
        }
    }
    drop(tape);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    files
}

#[test]
fn what_a_crash_left_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let day = folder.path().join("2026-10-10");
    let mut spool = Vec::new();
    crate::spool::put_track(&mut spool, 1, "citizen");
    crate::spool::put_frame(&mut spool, false, 3, 1, &[700; audio::FRAME]);
    for stem in ["WAITED", "HALF", "PROVED", "WRONG"] {
        crate::bind::bind(&System, &crate::bind::tests::save(&day, stem, &spool), Some(9)).unwrap();
    }
    let at = |name: &str| day.join(name);
    let sound = samples(&at("WAITED.wav"));
    // Cut while it was made; made and its WAV not gone yet; not what it should be.
    fs::write(at("HALF.flac.part"), b"fLaC").unwrap();
    let out = fs::File::create(at("PROVED.flac")).unwrap();
    crate::flac::encode(&System, &at("PROVED.wav"), out, || true).unwrap();
    let proved = fs::read(at("PROVED.flac")).unwrap();
    fs::write(at("WRONG.flac"), &proved[..proved.len() - 3]).unwrap();

    assert!(crate::repair(folder.path(), &vault::Locker::default()).unwrap().is_empty());
    assert!(!at("HALF.flac.part").exists());
    let files = next_start(folder.path(), 4);
    for file in &files {
        assert_eq!(samples(&file.path), sound, "{file:?}");
    }
    assert_eq!(fs::read(at("PROVED.flac")).unwrap(), proved, "it was not made anew");
    let names = crate::youngest(folder.path()).unwrap();
    assert_eq!(names.iter().filter(|(_, path)| path.extension().unwrap() == "flac").count(), 4);
}
