//! Recordings that are sealed on the disk: nothing of them is readable there, and everything else is as with clear ones.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audio::ear;
use vault::machine::{System as Random, key_file};
use vault::{Algorithm, Locker, Masters};

use super::pressed::{compressed, until};
use super::record::{RECORDED, Studio, studio_on};
use super::world::tone;
use crate::command::{Command, Event, FileKind, Group, Leg, RecordedFile, Recording, Trouble, Unrecorded};
use crate::recorder::{Sealed, Shelf, System, Wanted};

/// A house with a key, and the day's folder of its recordings.
fn locker(house: &Path, algorithm: Option<Algorithm>) -> (Locker, PathBuf) {
    let (key, base) = (house.join("hotline.key"), house.join("recordings"));
    if !key.exists() {
        key_file::save(&key, &Masters::first(&Random::new()).unwrap()).unwrap();
    }
    (Locker::new(key, &base, algorithm), base.join("2026-11-30"))
}

fn studio(day: &Path, locker: &Locker, flac: bool) -> Studio {
    let folder = day.parent().map(Path::to_owned);
    studio_on(day, Arc::new(System), Wanted { folder, flac, keep_free: 0, locker: locker.clone() })
}

fn talk(studio: &mut Studio) {
    studio.world.sit(1, Group::Main);
    studio.world.sit(2, Group::Main);
    studio.world.order(Command::Recording { room: RECORDED, what: Recording::Start });
    studio.world.run(3_000);
}

fn track(locker: &Locker, file: &RecordedFile, name: &str) -> Vec<i16> {
    let wav = hound::WavReader::new(locker.open(&file.path).unwrap()).unwrap();
    let at = file.tracks.iter().position(|t| t == name).unwrap();
    wav.into_samples().map(Result::unwrap).skip(at).step_by(file.tracks.len()).collect()
}

/// No sound file and no spool is readable as it lies there.
fn assert_sealed(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert!(Locker::is_sealed(&path).unwrap(), "{}", path.display());
        for word in [&b"RIFF"[..], b"fLaC", b"citizen", b"operator"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word), "{}", path.display());
        }
    }
}

#[test]
fn a_sealed_call_is_wav_and_flac_as_any_other_and_opens_with_the_key_only() {
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::Sm4Gcm] {
        let house = tempfile::tempdir().unwrap();
        let (locker, day) = locker(house.path(), Some(algorithm));
        let mut studio = studio(&day, &locker, true);
        talk(&mut studio);
        let grows = || fs::metadata(day.join("CALL.spool")).is_ok_and(|facts| facts.len() > 10_000);
        until("it grows", grows);
        assert_sealed(&day);
        let wav = studio.closed().remove(0);
        for (name, leg) in [("citizen", 1), ("operator", 2)] {
            assert!(ear::level(&track(&locker, &wav, name), tone(leg)) > 2_000.0, "{name}");
        }
        let (_, flac) = compressed(&mut studio);
        until("the WAV file goes", || !wav.path.exists());
        studio.end();
        assert_sealed(&day);
        let facts = crate::inspect(&flac.path, &locker).unwrap();
        assert_eq!((facts.sha256, facts.bytes, facts.kind), (flac.sha256, flac.bytes, FileKind::Main));
        assert_eq!(facts.duration_ms, wav.duration_ms);
        // The hash is of the sound that is given out, not of its seal.
        let mut sound = Vec::new();
        locker.open(&flac.path).unwrap().read_to_end(&mut sound).unwrap();
        assert!(sound.starts_with(b"fLaC") && sound.len() as u64 == flac.bytes);
        assert!(crate::inspect(&flac.path, &Locker::default()).is_err());
    }
}

#[test]
fn a_sealed_spool_that_was_cut_anywhere_plays_to_within_a_second() {
    let house = tempfile::tempdir().unwrap();
    let (locker, day) = locker(house.path(), Some(Algorithm::Aes256Gcm));
    let mut studio = studio(&day, &locker, false);
    talk(&mut studio);
    let (spool, dials) = (day.join("CALL.spool"), studio.dials.clone());
    until("written", || dials.behind() == 0 && fs::metadata(&spool).is_ok_and(|facts| facts.len() > 90_000));
    let mut plain = Vec::new();
    locker.open(&spool).unwrap().read_to_end(&mut plain).unwrap();
    let length = studio.closed().remove(0).duration_ms;
    studio.end();
    // The same in pieces of half a second, as they come while time is real. Killed: what the system had been given is there.
    let mut tape = locker.tape(&spool, fs::File::create(&spool).unwrap()).unwrap();
    plain.chunks(plain.len() / 6 + 1).for_each(|piece| tape.write_all(piece).unwrap());
    let whole = fs::read(&spool).unwrap();
    let mended = |cut: usize| {
        let _ = fs::remove_dir_all(&day);
        fs::create_dir_all(&day).unwrap();
        fs::write(&spool, &whole[..cut]).unwrap();
        let base = day.parent().unwrap();
        let mut done = crate::repair(base, &locker).unwrap();
        assert!(!spool.exists() || done.is_empty());
        done.pop().map(|(_, files)| files[0].duration_ms)
    };
    assert!(mended(whole.len()).unwrap() + 1_000 >= length, "to within a second");
    let (mut last, mut steps) = (0, 0);
    for cut in (0..=whole.len()).step_by(whole.len() / 40) {
        // A file that has not even its head is left where it is.
        let Some(played) = mended(cut) else { continue };
        assert!(played >= last, "{cut}: {played} ms after {last} ms");
        steps += usize::from(played > last);
        last = played;
    }
    assert!(steps >= 5, "pieces of half a second");
}

#[test]
fn what_was_recorded_in_clear_stays_readable_and_becomes_sealed_flac() {
    let house = tempfile::tempdir().unwrap();
    let (clear, day) = locker(house.path(), None);
    let mut one = studio(&day, &clear, false);
    talk(&mut one);
    let wav = one.closed().remove(0);
    one.end();
    assert!(fs::read(&wav.path).unwrap().starts_with(b"RIFF"));

    let (sealing, _) = locker(house.path(), Some(Algorithm::Aes256Gcm));
    assert_eq!(crate::inspect(&wav.path, &sealing).unwrap().sha256, wav.sha256);
    let shelf = Sealed::here(&sealing);
    let mut page = shelf.create(&day.join("CALL.flac.part")).unwrap();
    crate::flac::encode(&shelf, &wav.path, &mut page, || true).unwrap();
    page.close().unwrap();
    let flac = day.join("CALL.flac");
    fs::rename(day.join("CALL.flac.part"), &flac).unwrap();
    assert!(Locker::is_sealed(&flac).unwrap());
    assert!(crate::flac::is_same(&shelf, &wav.path, &flac, || true).unwrap());
}

#[test]
fn without_the_key_nothing_is_recorded_in_clear_and_the_call_goes_on() {
    let house = tempfile::tempdir().unwrap();
    let (locker, day) = locker(house.path(), Some(Algorithm::Aes256Gcm));
    fs::write(house.path().join("hotline.key"), "damaged").unwrap();
    let mut studio = studio(&day, &locker, false);
    let dials = studio.dials.clone();
    talk(&mut studio);
    let told = studio.wait(|e| matches!(e, Event::Trouble(Trouble::NotRecorded { .. })));
    let Event::Trouble(Trouble::NotRecorded { why: Unrecorded::Failed(why), .. }) = told else {
        panic!("{told:?}")
    };
    assert!(why.contains("key file"), "{why}");
    assert_eq!(dials.trouble(), Some("disk_fails"));
    studio.world.listen();
    studio.world.assert_hears(1, &[2]);
    studio.end();
    assert_eq!(fs::read_dir(&day).unwrap().count(), 0, "not even an empty file");
}

#[test]
fn a_sealed_message_that_is_thrown_away_is_gone() {
    let house = tempfile::tempdir().unwrap();
    let (locker, day) = locker(house.path(), Some(Algorithm::Aes256Gcm));
    let mut studio = studio(&day, &locker, false);
    studio.world.sit(1, Group::Main);
    let (max, silence) = (Duration::from_secs(60), Duration::from_secs(5));
    studio.world.order(Command::TakeMessage { room: RECORDED, leg: Leg(1), max, silence });
    studio.world.run(2_000);
    studio.world.order(Command::StopMessage { room: RECORDED, leg: Leg(1) });
    studio.wait(|e| matches!(e, Event::MessageTaken { file: Some(_), .. }));
    assert_sealed(&day);
    studio.world.order(Command::DiscardMessage { room: RECORDED, leg: Leg(1) });
    until("it goes", || fs::read_dir(&day).unwrap().count() == 0);
    studio.end();
}
