//! The recorder's threads: one appends what the media threads say to spools, one makes WAV files of those that are done.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::command::{Event, Leg, MessageEnd, RecordingSpec, Room, Trouble};
use crate::spool::{Spool, bind, bind_message};
use crate::tape::{File, Tape};

/// Frames that wait for the disk, of each media thread: about 3 s of 200 three-way calls. When full: frames are lost and
/// counted ([`Trouble::FramesLost`]); their place stays silent, so that the tracks stay together.
pub(crate) const RING: usize = 32_768;
/// Finished spools that wait to become WAV files. When full: the recorder waits, and its rings take up what comes.
const FINISHED: usize = 1_024;
/// How long the recorder rests when there is nothing to write.
const REST: Duration = Duration::from_millis(10);
/// What is written reaches the system at least this often.
const FLUSH: Duration = Duration::from_millis(500);

/// A spool that is done.
enum Done {
    Call(Room, PathBuf, u32),
    Message { room: Room, leg: Leg, path: PathBuf, frames: u32, ended: MessageEnd },
    Discard(Room, Leg),
}

struct Message {
    spool: Option<Spool>,
}

/// One recorder.
struct Recorder {
    calls: HashMap<Room, Spool>,
    messages: HashMap<(Room, Leg), Message>,
    /// How many messages a room has had.
    numbers: HashMap<Room, u32>,
    done: SyncSender<Done>,
    tell: mpsc::Sender<Event>,
}

/// Starts both threads; they end when every ring's other end is gone.
pub(crate) fn start(
    rings: Vec<rtrb::Consumer<Tape>>,
    tell: mpsc::Sender<Event>,
) -> io::Result<[JoinHandle<()>; 2]> {
    let (done, finished) = sync_channel(FINISHED);
    let binder = {
        let tell = tell.clone();
        thread::Builder::new().name("binder".into()).spawn(move || bind_all(&finished, &tell))?
    };
    let recorder =
        Recorder { calls: HashMap::new(), messages: HashMap::new(), numbers: HashMap::new(), done, tell };
    let recorder = thread::Builder::new().name("recorder".into()).spawn(move || recorder.run(rings))?;
    Ok([recorder, binder])
}

impl Recorder {
    fn run(mut self, mut rings: Vec<rtrb::Consumer<Tape>>) {
        let mut flushed = Instant::now();
        loop {
            let mut idle = true;
            for ring in &mut rings {
                while let Ok(tape) = ring.pop() {
                    idle = false;
                    self.take(tape);
                }
            }
            rings.retain(|ring| !ring.is_abandoned() || !ring.is_empty());
            if flushed.elapsed() >= FLUSH {
                flushed = Instant::now();
                self.flush();
            }
            if rings.is_empty() {
                return;
            }
            if idle {
                thread::sleep(REST);
            }
        }
    }

    fn flush(&mut self) {
        let broken: Vec<(Room, io::Error)> = self
            .calls
            .iter_mut()
            .filter_map(|(room, spool)| spool.flush().err().map(|e| (*room, e)))
            .collect();
        for (room, error) in broken {
            self.calls.remove(&room);
            self.trouble(room, &error);
        }
        let mut broken = Vec::new();
        for ((room, _), message) in &mut self.messages {
            if let Some(Err(error)) = message.spool.as_mut().map(Spool::flush) {
                message.spool = None;
                broken.push((*room, error));
            }
        }
        for (room, error) in broken {
            self.trouble(room, &error);
        }
    }

    fn trouble(&self, room: Room, error: &io::Error) {
        let trouble = Trouble::NotRecorded { room, why: error.to_string() };
        // The listener is gone when this fails: the process ends.
        let _ = self.tell.blocking_send(Event::Trouble(trouble));
    }

    fn take(&mut self, tape: Tape) {
        match tape {
            Tape::Open(room, spec) => match Spool::create(&spec.folder, &spec.stem) {
                Ok(spool) => {
                    self.calls.insert(room, spool);
                }
                Err(error) => self.trouble(room, &error),
            },
            Tape::Track(room, at, name) => self.write(room, |spool| spool.track(at, name)),
            Tape::Frame(frame) => match frame.file {
                File::Main | File::Private => {
                    self.write(frame.room, |spool| {
                        spool.frame(frame.file, frame.at, frame.track, &frame.samples)
                    });
                }
                File::Message(leg) => {
                    let spool = self.messages.get_mut(&(frame.room, leg)).and_then(|m| m.spool.as_mut());
                    let written = spool.map(|s| s.frame(File::Main, frame.at, frame.track, &frame.samples));
                    if let Some(Err(error)) = written {
                        if let Some(message) = self.messages.get_mut(&(frame.room, leg)) {
                            message.spool = None;
                        }
                        self.trouble(frame.room, &error);
                    }
                }
            },
            Tape::Reached(room, at) => self.write(room, |spool| spool.reached(at)),
            Tape::Message(room, leg, spec) => self.begin_message(room, leg, &spec),
            Tape::MessageEnded(room, leg, frames, ended) => self.end_message(room, leg, frames, ended),
            Tape::Discard(room, leg) => self.hand_over(Done::Discard(room, leg)),
            Tape::Lost(room, frames) => {
                let _ = self.tell.blocking_send(Event::Trouble(Trouble::FramesLost { room, frames }));
            }
            Tape::Close(room, frames) => {
                self.numbers.remove(&room);
                if let Some(spool) = self.calls.remove(&room) {
                    match spool.finish() {
                        Ok(path) => self.hand_over(Done::Call(room, path, frames)),
                        Err(error) => self.trouble(room, &error),
                    }
                }
            }
        }
    }

    fn write(&mut self, room: Room, what: impl FnOnce(&mut Spool) -> io::Result<()>) {
        let Some(spool) = self.calls.get_mut(&room) else { return };
        if let Err(error) = what(spool) {
            self.calls.remove(&room);
            self.trouble(room, &error);
        }
    }

    fn begin_message(&mut self, room: Room, leg: Leg, spec: &RecordingSpec) {
        let number = self.numbers.entry(room).or_default();
        *number += 1;
        let stem = format!("{}-message-{number}", spec.stem);
        let spool = match Spool::create(&spec.folder, &stem) {
            Ok(spool) => Some(spool),
            Err(error) => {
                self.trouble(room, &error);
                None
            }
        };
        self.messages.insert((room, leg), Message { spool });
    }

    fn end_message(&mut self, room: Room, leg: Leg, frames: u32, ended: MessageEnd) {
        let Some(spool) = self.messages.remove(&(room, leg)).and_then(|m| m.spool) else {
            let length_ms = frames.saturating_mul(20);
            let _ = self.tell.blocking_send(Event::MessageTaken { room, leg, length_ms, ended, file: None });
            return;
        };
        if frames == 0 {
            if let Err(error) = spool.remove() {
                self.trouble(room, &error);
            }
            let _ =
                self.tell.blocking_send(Event::MessageTaken { room, leg, length_ms: 0, ended, file: None });
            return;
        }
        match spool.finish() {
            Ok(path) => self.hand_over(Done::Message { room, leg, path, frames, ended }),
            Err(error) => self.trouble(room, &error),
        }
    }

    fn hand_over(&self, done: Done) {
        // The binder ends only after this thread.
        let _ = self.done.send(done);
    }
}

fn bind_all(finished: &Receiver<Done>, tell: &mpsc::Sender<Event>) {
    let mut last: HashMap<(Room, Leg), PathBuf> = HashMap::new();
    let trouble =
        |room, error: io::Error| Event::Trouble(Trouble::NotRecorded { room, why: error.to_string() });
    while let Ok(done) = finished.recv() {
        let event = match done {
            Done::Call(room, path, frames) => {
                last.retain(|(r, _), _| *r != room);
                match bind(&path, Some(frames)) {
                    Ok(files) => Event::RecordingClosed { room, files },
                    Err(error) => trouble(room, error),
                }
            }
            Done::Message { room, leg, path, frames, ended } => {
                let length_ms = frames.saturating_mul(20);
                let file = match bind_message(&path, Some(frames)) {
                    Ok(file) => Some(file),
                    Err(error) => {
                        let _ = tell.blocking_send(trouble(room, error));
                        None
                    }
                };
                if let Some(file) = &file {
                    last.insert((room, leg), file.path.clone());
                }
                Event::MessageTaken { room, leg, length_ms, ended, file }
            }
            Done::Discard(room, leg) => match last.remove(&(room, leg)).map(std::fs::remove_file) {
                Some(Err(error)) => trouble(room, error),
                Some(Ok(())) | None => continue,
            },
        };
        // The listener is gone when this fails: the process ends, and the files are on disk.
        let _ = tell.blocking_send(event);
    }
}
