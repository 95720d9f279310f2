//! Recordings as they stand on disk: tracks together in time, private talk apart, messages, trouble.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use audio::ear;
use tokio::sync::mpsc;

use super::world::{ROOM, World, tone};
use crate::command::{
    Command, Event, FileKind, Group, Leg, MessageEnd, RecordedFile, Recording, RecordingSpec, Room, Trouble,
};
use crate::floor::Floor;
use crate::recorder::{self, Recorder, Shelf, System, Wanted};

pub(super) struct Studio {
    pub(super) world: World,
    told: mpsc::Receiver<Event>,
    threads: Option<Vec<std::thread::JoinHandle<()>>>,
    pub(super) dials: Recorder,
}

pub(super) const RECORDED: Room = ROOM;

pub(super) fn studio(folder: &Path) -> Studio {
    studio_on(folder, Arc::new(System), Wanted::default())
}

pub(super) fn studio_on(folder: &Path, shelf: Arc<dyn Shelf>, wanted: Wanted) -> Studio {
    let dials = Recorder::default();
    let (tape, ring) = rtrb::RingBuffer::new(4_096);
    let (tell, told) = mpsc::channel(1_024);
    let threads = recorder::start(vec![ring], tell, (wanted, shelf, dials.clone())).unwrap();
    let mut world = World::with(Floor::new(tape, Default::default(), Duration::from_secs(10)));
    world.order(Command::CloseRoom { room: ROOM });
    let spec = RecordingSpec { folder: folder.to_owned(), stem: "CALL".to_owned() };
    world.order(Command::OpenRoom { room: RECORDED, recording: Some(spec) });
    Studio { world, told, threads: Some(threads), dials }
}

impl Studio {
    pub(super) fn wait(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            match self.told.try_recv() {
                Ok(event) if wanted(&event) => return event,
                Ok(_) | Err(mpsc::error::TryRecvError::Empty) => std::thread::yield_now(),
                Err(mpsc::error::TryRecvError::Disconnected) => break,
            }
        }
        panic!("the recorder does not tell");
    }

    pub(super) fn closed(&mut self) -> Vec<RecordedFile> {
        self.world.order(Command::CloseRoom { room: RECORDED });
        match self.wait(|e| matches!(e, Event::RecordingClosed { .. })) {
            Event::RecordingClosed { files, .. } => files,
            _ => Vec::new(),
        }
    }

    pub(super) fn end(mut self) {
        let threads = self.threads.take();
        drop(self);
        for thread in threads.into_iter().flatten() {
            thread.join().unwrap();
        }
    }
}

pub(super) fn track(file: &RecordedFile, name: &str) -> Vec<i16> {
    let samples: Vec<i16> =
        hound::WavReader::open(&file.path).unwrap().samples().map(Result::unwrap).collect();
    let at = file.tracks.iter().position(|t| t == name).unwrap();
    samples.into_iter().skip(at).step_by(file.tracks.len()).collect()
}

#[test]
fn each_seat_has_its_track_and_private_talk_its_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut studio = studio(folder.path());
    let world = &mut studio.world;
    world.sit(1, Group::Main);
    world.order(Command::Recording { room: RECORDED, what: Recording::Start });
    world.sit(2, Group::Main);
    world.run(1_000);
    world.sit(3, Group::Private);
    world.order(Command::Move { room: RECORDED, leg: Leg(2), group: Group::Private });
    world.run(1_000);
    world.order(Command::Recording { room: RECORDED, what: Recording::Pause });
    world.run(1_000);
    world.order(Command::Recording { room: RECORDED, what: Recording::Resume });
    world.order(Command::Move { room: RECORDED, leg: Leg(2), group: Group::Main });
    world.order(Command::Move { room: RECORDED, leg: Leg(3), group: Group::Main });
    world.run(1_000);
    let files = studio.closed();
    let main = &files[0];
    assert_eq!(
        (main.tracks.join(" ").as_str(), main.duration_ms),
        ("mix house citizen operator desk", 4_000)
    );
    let second = |name: &str, s: usize| track(main, name)[s * 8_000 + 800..(s + 1) * 8_000].to_vec();
    let loud = |samples: &[i16], leg: u64| ear::level(samples, tone(leg)) > 2_000.0;
    for s in 0..4 {
        assert_eq!(loud(&second("citizen", s), 1), s != 2, "second {s}: paused in the third");
        assert_eq!(loud(&second("operator", s), 2), matches!(s, 0 | 3), "second {s}: private in the second");
        assert_eq!(loud(&second("mix", s), 3), s == 3);
    }
    assert_eq!(files[1].kind, FileKind::Private);
    let private = track(&files[1], "operator")[8_800..16_000].to_vec();
    assert!(loud(&private, 2) && !loud(&private, 3));
    studio.end();
}

#[test]
fn who_listens_is_on_no_track_and_who_coaches_on_the_private_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut studio = studio(folder.path());
    let world = &mut studio.world;
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.sit(5, Group::Beside(None));
    world.order(Command::Recording { room: RECORDED, what: Recording::Start });
    world.run(1_000);
    world.order(Command::Move { room: RECORDED, leg: Leg(5), group: Group::Beside(Some(Leg(2))) });
    world.run(1_000);
    world.order(Command::Move { room: RECORDED, leg: Leg(5), group: Group::Main });
    world.run(1_000);
    let files = studio.closed();
    let second = |file: &RecordedFile, name: &str, s: usize| {
        track(file, name)[s * 8_000 + 800..(s + 1) * 8_000].to_vec()
    };
    let loud = |samples: &[i16]| ear::level(samples, tone(5)) > 2_000.0;
    for name in ["mix", "supervisor"] {
        assert_eq!([0, 1, 2].map(|s| loud(&second(&files[0], name, s))), [false, false, true], "{name}");
    }
    assert!(!loud(&second(&files[0], "operator", 1)), "a track holds what its seat says, not what it hears");
    let private = track(&files[1], "supervisor");
    assert!(!loud(&private[..8_000]) && loud(&private[8_800..16_000]));
    studio.end();
}

#[test]
fn who_only_listens_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut studio = studio(folder.path());
    let world = &mut studio.world;
    world.sit(1, Group::Main);
    world.order(Command::Recording { room: RECORDED, what: Recording::Start });
    world.sit(5, Group::Beside(None));
    world.run(500);
    let files = studio.closed();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].tracks.join(" "), "mix house citizen");
    studio.end();
}

/// What a crash would leave: the spools as the recorder has handed them to the system by itself.
fn crash(folder: &Path, enough: impl Fn(&[(String, Vec<RecordedFile>)]) -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let after = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            std::fs::copy(entry.path(), after.path().join(entry.file_name())).unwrap();
        }
        let found = crate::repair(after.path(), &vault::Locker::default()).unwrap();
        if enough(&found) {
            return;
        }
        assert!(Instant::now() < until, "what would be left of it: {found:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_crash_in_silence_loses_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut studio = studio(folder.path());
    let world = &mut studio.world;
    world.sit(1, Group::Main);
    world.order(Command::Recording { room: RECORDED, what: Recording::Start });
    world.run(1_000);
    world.phones.get_mut(&1).unwrap().silent = true;
    world.run(3_000);
    crash(folder.path(), |found| {
        found.iter().any(|(call, files)| call == "CALL" && files[0].duration_ms >= 4_000)
    });
    studio.end();
}

#[test]
fn a_crash_in_a_message_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut studio = studio(folder.path());
    studio.world.sit(1, Group::Main);
    let (max, silence) = (Duration::from_secs(60), Duration::from_secs(5));
    studio.world.order(Command::TakeMessage { room: RECORDED, leg: Leg(1), max, silence });
    // Less than the recorder's own buffer.
    studio.world.run(1_400);
    crash(folder.path(), |found| {
        found.iter().any(|(_, files)| files[0].kind == FileKind::Message && files[0].duration_ms >= 1_000)
    });
    studio.end();
}

#[test]
fn a_message_ends_by_silence_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut studio = studio(folder.path());
    studio.world.sit(1, Group::Main);
    let take = Command::TakeMessage {
        room: RECORDED,
        leg: Leg(1),
        max: Duration::from_secs(60),
        silence: Duration::from_secs(5),
    };
    studio.world.order(take);
    studio.world.run(2_400);
    studio.world.phones.get_mut(&1).unwrap().silent = true;
    studio.world.run(8_000);
    let Event::MessageTaken { length_ms, ended, file, .. } =
        studio.wait(|e| matches!(e, Event::MessageTaken { .. }))
    else {
        panic!()
    };
    assert_eq!(ended, MessageEnd::Silence);
    assert!((1_900..2_200).contains(&length_ms), "{length_ms} ms");
    let file = file.unwrap();
    assert_eq!((file.kind, file.duration_ms), (FileKind::Message, u64::from(length_ms)));
    assert!(ear::level(&track(&file, "citizen"), tone(1)) > 2_000.0);
    studio.world.order(Command::DiscardMessage { room: RECORDED, leg: Leg(1) });
    let until = Instant::now() + Duration::from_secs(20);
    while file.path.exists() && Instant::now() < until {
        std::thread::yield_now();
    }
    assert!(!file.path.exists(), "discarded");
    studio.end();
}

#[test]
fn a_message_without_a_word_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut studio = studio(folder.path());
    studio.world.sit(1, Group::Main);
    studio.world.phones.get_mut(&1).unwrap().silent = true;
    let (max, silence) = (Duration::from_secs(60), Duration::from_secs(5));
    studio.world.order(Command::TakeMessage { room: RECORDED, leg: Leg(1), max, silence });
    studio.world.run(1_000);
    studio.world.order(Command::Unseat { room: RECORDED, leg: Leg(1) });
    let Event::MessageTaken { length_ms, ended, file, .. } =
        studio.wait(|e| matches!(e, Event::MessageTaken { .. }))
    else {
        panic!()
    };
    assert_eq!((length_ms, ended, file), (0, MessageEnd::Stopped, None));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    studio.end();
}

#[test]
fn a_folder_that_can_not_be_written_is_told_and_the_call_goes_on() {
    let mut studio = studio(&PathBuf::from("/proc/nowhere"));
    studio.world.sit(1, Group::Main);
    studio.world.order(Command::Recording { room: RECORDED, what: Recording::Start });
    studio.wait(|e| matches!(e, Event::Trouble(Trouble::NotRecorded { .. })));
    studio.world.sit(2, Group::Main);
    studio.world.listen();
    studio.world.assert_hears(1, &[2]);
    studio.end();
}
