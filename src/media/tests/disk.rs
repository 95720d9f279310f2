//! A disk that stands still, is full, or can't be written: no frame is lost, calls go on, what was written plays.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use audio::{FRAME, ear};

use super::record::{RECORDED, Studio, studio_on, track};
use super::world::tone;
use crate::command::{Command, Event, Group, Recording, RecordingSpec, Room, Trouble, Unrecorded};
use crate::recorder::{Page, Shelf, System, Wanted};

/// A disk whose troubles a test makes.
#[derive(Debug, Default)]
struct Bad {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    still: bool,
    /// Bytes that may still be written.
    left: u64,
    read_only: bool,
}

impl Default for State {
    fn default() -> Self {
        Self { still: false, left: u64::MAX / 2, read_only: false }
    }
}

impl Bad {
    fn set(&self, what: impl FnOnce(&mut State)) {
        what(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    /// Bytes that were written while there was room for all.
    fn written(&self) -> u64 {
        u64::MAX / 2 - self.state.lock().unwrap().left
    }
}

#[derive(Debug)]
struct Handle(Arc<Bad>);

struct Sheet(Arc<Bad>, Box<dyn Page>);

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.changed.wait_while(self.0.state.lock().unwrap(), |state| state.still).unwrap();
        if state.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        let part = bytes.len().min(usize::try_from(state.left).unwrap());
        if part == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.left -= part as u64;
        self.1.write_all(&bytes[..part])?;
        Ok(part)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.flush()
    }
}

impl Seek for Sheet {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.1.seek(to)
    }
}

impl Page for Sheet {}

impl Shelf for Handle {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Page>> {
        if self.0.state.lock().unwrap().read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        Ok(Box::new(Sheet(Arc::clone(&self.0), System.create(path)?)))
    }

    fn free(&self, _folder: &Path) -> io::Result<u64> {
        Ok(self.0.state.lock().unwrap().left)
    }
}

fn bad(folder: &Path, keep_free: u64) -> (Arc<Bad>, Studio) {
    let bad = Arc::new(Bad::default());
    let wanted = Wanted { folder: Some(folder.to_owned()), keep_free, ..Wanted::default() };
    let studio = studio_on(folder, Arc::new(Handle(Arc::clone(&bad))), wanted);
    (bad, studio)
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < until, "{what}");
        std::thread::yield_now();
    }
}

/// Two seats talk, and are recorded.
fn talk(studio: &mut Studio) {
    studio.world.sit(1, Group::Main);
    studio.world.sit(2, Group::Main);
    studio.world.order(Command::Recording { room: RECORDED, what: Recording::Start });
}

/// Another call in the same house, recorded from its beginning.
fn another(studio: &mut Studio, folder: &Path) -> Room {
    let room = Room(RECORDED.0 + 1);
    let spec = RecordingSpec { folder: folder.to_owned(), stem: "NEXT".to_owned() };
    studio.world.order(Command::OpenRoom { room, recording: Some(spec) });
    studio.world.order(Command::Recording { room, what: Recording::Start });
    studio.world.run(100);
    room
}

#[test]
fn a_disk_that_stands_still_for_a_minute_loses_no_frame() {
    let folder = tempfile::tempdir().unwrap();
    let (bad, mut studio) = bad(folder.path(), 0);
    talk(&mut studio);
    bad.set(|state| state.still = true);
    // Of two seats, with 7 bytes before each frame; more than the rings of this house hold.
    let a_second = 2 * 50 * (7 + 2 * FRAME as u64);
    for second in 0..60 {
        studio.world.run(1_000);
        let dials = studio.dials.clone();
        // Far less than what was said: the first frames found the disk working, the last are in the ring.
        until("taken into memory", || dials.behind() >= (second * a_second).saturating_sub(2 * a_second));
    }
    bad.set(|state| state.still = false);
    let file = studio.closed().remove(0);
    assert_eq!((file.duration_ms, studio.dials.frames_lost()), (60_000, 0));
    for (name, leg) in [("citizen", 1), ("operator", 2)] {
        let said = track(&file, name);
        let quiet = said.chunks(8_000).filter(|second| ear::level(second, tone(leg)) < 2_000.0).count();
        assert_eq!(quiet, 0, "seconds in which {name} is missing");
    }
    assert_eq!(studio.dials.behind(), 0, "nothing is kept in memory");
    studio.end();
}

#[test]
fn a_slow_disk_is_told_and_so_is_its_recovery() {
    let folder = tempfile::tempdir().unwrap();
    let (bad, mut studio) = bad(folder.path(), 0);
    talk(&mut studio);
    bad.set(|state| state.still = true);
    studio.world.run(1_000);
    let dials = studio.dials.clone();
    until("it is slow", || dials.trouble() == Some("disk_slow"));
    bad.set(|state| state.still = false);
    until("it is well", || dials.trouble().is_none());
    studio.end();
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_call_and_what_was_written_plays() {
    let folder = tempfile::tempdir().unwrap();
    let (bad, mut studio) = bad(folder.path(), 0);
    talk(&mut studio);
    studio.world.run(2_000);
    let dials = studio.dials.clone();
    // 1.8 s of two tracks: at first nothing is behind because nothing was caught yet.
    until("written", || bad.written() >= 60_000 && dials.behind() == 0);
    bad.set(|state| state.left = 10_000);
    studio.world.run(2_000);
    let full = |why: &Event| {
        matches!(why, Event::Trouble(Trouble::NotRecorded { room: RECORDED, why: Unrecorded::DiskFull }))
    };
    studio.wait(full);
    studio.world.listen();
    studio.world.assert_hears(1, &[2]);

    bad.set(|state| state.left = 0);
    studio.world.order(Command::CloseRoom { room: RECORDED });
    studio.wait(|e| matches!(e, Event::Trouble(Trouble::Unfinished { room: RECORDED, .. })));
    assert_eq!(dials.trouble(), Some("disk_full"));
    bad.set(|state| state.left = 1 << 30);
    let Event::RecordingClosed { files, .. } =
        studio.wait(|e| matches!(e, Event::RecordingClosed { room: RECORDED, .. }))
    else {
        panic!()
    };
    let length = files[0].duration_ms;
    assert!((1_900..2_600).contains(&length), "{length} ms");
    assert!(ear::level(&track(&files[0], "operator")[..8_000], tone(2)) > 2_000.0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half done is left");
    studio.end();
}

#[test]
fn below_the_floor_no_recording_begins_and_with_room_again_the_next_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let (bad, mut studio) = bad(folder.path(), 1 << 20);
    let dials = studio.dials.clone();
    // Nobody calls, and it is known all the same.
    bad.set(|state| state.left = (1 << 20) - 1);
    until("an alarm", || dials.trouble() == Some("disk_full"));
    talk(&mut studio);
    studio.wait(|e| matches!(e, Event::Trouble(Trouble::NotRecorded { room: RECORDED, .. })));
    studio.world.run(500);
    bad.set(|state| state.left = 1 << 30);
    until("no alarm", || dials.trouble().is_none());
    let room = another(&mut studio, folder.path());
    studio.world.order(Command::CloseRoom { room });
    studio.wait(|e| matches!(e, Event::RecordingClosed { room: of, .. } if *of == room));
    studio.world.order(Command::CloseRoom { room: RECORDED });
    studio.end();
    assert!(!folder.path().join("CALL.wav").exists());
}

#[test]
fn what_runs_goes_on_to_half_of_the_floor_and_ends_there() {
    let folder = tempfile::tempdir().unwrap();
    let (bad, mut studio) = bad(folder.path(), 1 << 20);
    let dials = studio.dials.clone();
    talk(&mut studio);
    until("it runs", || folder.path().join("CALL.spool").exists());
    bad.set(|state| state.left = 3 << 18);
    until("an alarm", || dials.trouble() == Some("disk_full"));
    studio.world.run(1_000);
    let next = another(&mut studio, folder.path());
    let Event::Trouble(Trouble::NotRecorded { room, .. }) =
        studio.wait(|e| matches!(e, Event::Trouble(Trouble::NotRecorded { .. })))
    else {
        panic!()
    };
    assert_eq!(room, next, "what runs goes on");
    bad.set(|state| state.left = 1 << 18);
    studio.wait(|e| matches!(e, Event::Trouble(Trouble::NotRecorded { room: RECORDED, .. })));
    bad.set(|state| state.left = 1 << 30);
    assert!(studio.closed()[0].duration_ms >= 900);
    studio.end();
}

#[test]
fn a_folder_that_becomes_read_only_is_an_alarm_until_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (bad, mut studio) = bad(folder.path(), 0);
    let dials = studio.dials.clone();
    bad.set(|state| state.read_only = true);
    until("an alarm", || dials.trouble() == Some("disk_fails"));
    talk(&mut studio);
    let told = studio.wait(|e| matches!(e, Event::Trouble(Trouble::NotRecorded { .. })));
    assert!(matches!(told, Event::Trouble(Trouble::NotRecorded { why: Unrecorded::Failed(_), .. })));
    bad.set(|state| state.read_only = false);
    until("no alarm", || dials.trouble().is_none());
    studio.end();
}
