//! What a crash left in the folder of the recordings: spools become files that play, and finished files are found again.

use std::fs;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use vault::Locker;

use crate::bind::{PART, bind, bind_message, digest};
use crate::command::{FileKind, RecordedFile};
use crate::flac::{FLAC, duration_ms};
use crate::recorder::{Sealed, Shelf};
use crate::spool::SPOOL;

/// What stands between a call's name and a message's number.
const MESSAGE: &str = "-message-";
/// What follows the call's name in the file of private talk.
const PRIVATE: &str = "-private";
/// A call that goes on over midnight has its files in the folder of the day before.
const DAYS: usize = 2;

/// Finishes what a crash left behind: every spool under `folder` becomes WAV files. The calls' names come with them.
///
/// # Errors
/// The folder can't be read. A spool that can't be finished is left where it is.
pub fn repair(folder: &Path, locker: &Locker) -> io::Result<Vec<(String, Vec<RecordedFile>)>> {
    let (shelf, mut done) = (Sealed::here(locker), Vec::new());
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let inside = inside(&folder)?;
        folders.extend(inside.folders);
        for part in inside.files.iter().filter(|path| path.extension().is_some_and(|e| e == PART)) {
            // What it was to become is made anew.
            fs::remove_file(part)?;
        }
        for path in inside.files.into_iter().filter(|path| path.extension().is_some_and(|e| e == SPOOL)) {
            let files = match kind(&path) {
                FileKind::Message => bind_message(&shelf, &path, None).map(|file| vec![file]),
                FileKind::Main | FileKind::Private => bind(&shelf, &path, None),
            };
            if let Ok(files) = files {
                done.push((call(&path), files));
            }
        }
    }
    Ok(done)
}

/// WAV files under `folder` that are at least so old, at most so many.
pub(crate) fn wavs(folder: &Path, old: Duration, most: usize) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let inside = inside(&folder)?;
        folders.extend(inside.folders);
        let is_old = |path: &PathBuf| {
            let changed = fs::metadata(path).and_then(|facts| facts.modified());
            changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age >= old))
        };
        let wavs = inside.files.into_iter().filter(|path| path.extension().is_some_and(|e| e == "wav"));
        found.extend(wavs.filter(is_old).take(most.saturating_sub(found.len())));
    }
    Ok(found)
}

/// The finished files of the last two days that have any, with the names of their calls: a crash may have come after such a
/// file was finished and before anybody could note it.
///
/// # Errors
/// The folder can't be read.
pub fn youngest(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut days = inside(folder)?.folders;
    // Their names are dates; beside them lie the keys of sealed recordings.
    days.retain(|day| day.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"2")));
    days.sort();
    let mut found = Vec::new();
    for day in days.iter().rev().take(DAYS) {
        let is_ours = |path: &PathBuf| path.extension().is_some_and(|e| e == "wav" || e == FLAC);
        let wavs = inside(day)?.files.into_iter().filter(is_ours);
        found.extend(wavs.map(|path| (call(&path), path)));
    }
    Ok(found)
}

/// The facts of a finished file. The names of its channels do not stand in it: `tracks` is empty.
///
/// # Errors
/// It can't be read, or is neither WAV nor FLAC.
pub fn inspect(path: &Path, locker: &Locker) -> io::Result<RecordedFile> {
    facts(&Sealed::here(locker), path)
}

/// The same on any disk.
pub(crate) fn facts(shelf: &dyn Shelf, path: &Path) -> io::Result<RecordedFile> {
    let duration_ms = if path.extension().is_some_and(|e| e == FLAC) {
        duration_ms(shelf, path)?
    } else {
        let file = BufReader::with_capacity(1 << 16, shelf.open(path)?);
        let reader = hound::WavReader::new(file).map_err(io::Error::other)?;
        u64::from(reader.duration()) * 1_000 / u64::from(reader.spec().sample_rate.max(1))
    };
    let (sha256, bytes) = digest(shelf, path)?;
    Ok(RecordedFile {
        kind: kind(path),
        path: path.to_owned(),
        sha256,
        bytes,
        duration_ms,
        tracks: Vec::new(),
    })
}

#[derive(Default)]
struct Inside {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

/// What a folder holds; nothing when it is not there.
fn inside(folder: &Path) -> io::Result<Inside> {
    let mut inside = Inside::default();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(inside),
        Err(e) => return Err(e),
    };
    for entry in entries.filter_map(Result::ok) {
        let is_folder =
            entry.file_type().is_ok_and(|kind| kind.is_dir() || kind.is_symlink() && entry.path().is_dir());
        if is_folder { &mut inside.folders } else { &mut inside.files }.push(entry.path());
    }
    Ok(inside)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The call's name, from a file's.
pub(crate) fn call(path: &Path) -> String {
    stem(path).split('-').next().unwrap_or_default().to_owned()
}

fn kind(path: &Path) -> FileKind {
    match stem(path) {
        stem if stem.contains(MESSAGE) => FileKind::Message,
        stem if stem.ends_with(PRIVATE) => FileKind::Private,
        _ => FileKind::Main,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use audio::FRAME;

    use super::*;
    use crate::bind::tests::{save, spool, wav};
    use crate::recorder::System;
    use crate::spool::{put_frame, put_reached, put_track};

    #[test]
    fn silence_before_the_crash_is_kept_like_sound() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = spool();
        put_reached(&mut spool, 50);
        save(folder.path(), "CALL", &spool);
        let files = repair(folder.path(), &Locker::default()).unwrap().remove(0).1;
        assert_eq!((files[0].duration_ms, files[1].duration_ms), (1_000, 1_000));
        assert_eq!(wav(&files[0]).len(), 50 * FRAME * 4);
    }

    #[test]
    fn a_spool_that_a_crash_cut_is_finished_as_far_as_it_goes() {
        for cut in [1, 5, 100, 330, 700] {
            let folder = tempfile::tempdir().unwrap();
            let bytes = spool();
            let path = save(folder.path(), "CALL", &bytes[..bytes.len() - cut]);
            fs::write(folder.path().join("CALL.wav.part"), b"RIFF").unwrap();
            let done = repair(folder.path(), &Locker::default()).unwrap();
            assert_eq!((done.len(), done[0].0.as_str()), (1, "CALL"), "cut by {cut}");
            assert!(!folder.path().join("CALL.wav.part").exists());
            assert!(!path.exists() && hound::WavReader::open(&done[0].1[0].path).is_ok());
        }
        assert!(repair(Path::new("/nowhere/at/all"), &Locker::default()).unwrap().is_empty());
    }

    #[test]
    fn a_finished_file_is_found_again_with_the_same_facts() {
        let folder = tempfile::tempdir().unwrap();
        let day = |day: &str| folder.path().join(day);
        for (name, at) in [("2026-10-08", 1), ("2026-10-09", 2), ("2026-10-10", 3)] {
            let mut spool = Vec::new();
            put_track(&mut spool, 1, "citizen");
            put_frame(&mut spool, false, at, 1, &[7; FRAME]);
            put_frame(&mut spool, true, at, 1, &[7; FRAME]);
            bind(&System, &save(&day(name), "CALL", &spool), Some(at + 1)).unwrap();
        }
        let mut message = Vec::new();
        put_frame(&mut message, false, 0, 0, &[7; FRAME]);
        let message = save(&day("2026-10-10"), "CALL-message-1", &message);
        let noted = bind_message(&System, &message, Some(1)).unwrap();
        save(&day("2026-10-10"), "OTHER", &[]);

        let mut found = youngest(folder.path()).unwrap();
        found.sort();
        let names: Vec<_> = found.iter().map(|(_, path)| path.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(
            names.iter().map(|name| name.to_str().unwrap()).collect::<Vec<_>>(),
            [
                "2026-10-09/CALL-private.wav",
                "2026-10-09/CALL.wav",
                "2026-10-10/CALL-message-1.wav",
                "2026-10-10/CALL-private.wav",
                "2026-10-10/CALL.wav",
            ]
        );
        assert!(found.iter().all(|(call, _)| call == "CALL"));
        let facts: Vec<RecordedFile> =
            found.iter().map(|(_, path)| inspect(path, &Locker::default()).unwrap()).collect();
        assert_eq!(facts[2], RecordedFile { tracks: Vec::new(), ..noted });
        assert_eq!((facts[3].kind, facts[4].kind), (FileKind::Private, FileKind::Main));
        assert_eq!((facts[1].duration_ms, facts[4].duration_ms), (60, 80));
        assert!(youngest(Path::new("/nowhere/at/all")).unwrap().is_empty());
    }
}
