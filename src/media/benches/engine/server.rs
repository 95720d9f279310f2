//! The measured engine: media's public interface, driven by lines of another process.

use std::collections::{HashMap, VecDeque};
use std::io::stdin;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use audio::{codec, tones};
use media::command::{Codec, Group, Hearers, Leg, PlayTag, Recording, RecordingSpec, Room, Stream, Trouble};
use media::{Command, Engine, Event, Port, PortPool, Settings, Sound};

use crate::shape::{PEAK, PROMPT, Shape, socket_of};
use crate::{taken, voice};

const TRACKS: [&str; 3] = ["citizen", "operator", "desk"];
/// A room of the storm lives so long.
const LIFE: Duration = Duration::from_millis(300);

/// What may wait for the control thread. Its places count as memory once they were used, so they are few.
const INPUTS: usize = 256;

/// What the control thread waits for.
enum Input {
    Order(String),
    Event(Event),
    Over,
}

/// The engine and whoever gives its orders.
struct House {
    engine: Engine,
    pool: PortPool,
    input: Receiver<Input>,
    begun: Instant,
    /// How long the engine's own start took.
    started: Duration,
    peers: Vec<u16>,
    rooms: VecDeque<(Room, Vec<(Leg, Port)>)>,
    ports: HashMap<Leg, Port>,
    legs: u64,
    latched: u64,
    /// Frames that the recorder had no room for.
    unrecorded: u64,
    /// Half a minute of tone, and what is said again and again.
    prompt: Arc<Sound>,
    folder: PathBuf,
}

/// The process: `serve PORTS`, then one answer to each line until its input ends.
pub fn run() {
    taken::pin(crate::SERVER_CORE);
    let words: Vec<String> = std::env::args().skip(2).collect();
    let settings = Settings {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ports: (0, 0),
        legs_per_port: legs_per_port(),
        any: words[0].parse().unwrap(),
        inside: 0,
        threads: 1,
        lost_after: Duration::from_secs(60),
        recordings: Default::default(),
    };
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let (engine, pool, mut events) = Engine::start(&settings).unwrap();
    let started = begun.elapsed();
    let (tell, input) = sync_channel(INPUTS);
    let orders = tell.clone();
    std::thread::spawn(move || {
        for line in stdin().lines() {
            let _ = orders.send(Input::Order(line.unwrap()));
        }
        let _ = orders.send(Input::Over);
    });
    std::thread::spawn(move || {
        while let Some(event) = events.blocking_recv() {
            let _ = tell.send(Input::Event(event));
        }
    });
    let mut house = House {
        engine,
        pool,
        input,
        begun,
        started,
        peers: Vec::new(),
        rooms: VecDeque::new(),
        ports: HashMap::new(),
        legs: 0,
        latched: 0,
        unrecorded: 0,
        prompt: Arc::new(Sound::new("prompt", tones::sine(PROMPT, PEAK, 240_000))),
        folder: folder.path().to_path_buf(),
    };
    while house.wait(None) {}
    house.engine.stop();
}

/// `HOTLINE_LEGS_PER_PORT`, to compare; the house's default without it.
fn legs_per_port() -> u16 {
    std::env::var("HOTLINE_LEGS_PER_PORT").ok().and_then(|legs| legs.parse().ok()).unwrap_or(32)
}

impl House {
    /// One input, or so long nothing. False: it is over.
    fn wait(&mut self, until: Option<Duration>) -> bool {
        let input = match until {
            Some(until) => self.input.recv_timeout(until),
            None => self.input.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match input {
            Ok(input) => self.take(input),
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }

    fn take(&mut self, input: Input) -> bool {
        match input {
            Input::Order(line) => {
                let words: Vec<&str> = line.split_whitespace().collect();
                println!("{}", self.order(&words));
            }
            Input::Event(event) => self.event(event),
            Input::Over => return false,
        }
        true
    }

    fn order(&mut self, words: &[&str]) -> String {
        match words {
            ["peers", ports] => {
                self.peers = ports.split(',').map(|p| p.parse().unwrap()).collect();
                "ok".into()
            }
            ["room", shape] => {
                self.open(Shape::of(shape)).map_or_else(|| "full".into(), |ports| ports.join(","))
            }
            ["started"] => self.started.as_micros().to_string(),
            ["unrecorded"] => self.unrecorded.to_string(),
            ["latched"] => self.latched.to_string(),
            ["close"] => self.close_all(),
            ["storm", rate, seconds] => self.storm(rate.parse().unwrap(), seconds.parse().unwrap()),
            other => panic!("no order: {other:?}"),
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::FirstPacket { leg } => {
                self.latched += 1;
                if let Some(port) = self.ports.get(&leg) {
                    self.pool.heard(*port);
                }
            }
            Event::LegClosed { leg, .. } => {
                if let Some(port) = self.ports.remove(&leg) {
                    self.pool.give_back(port, self.begun.elapsed());
                }
            }
            Event::PlayDone { room, .. } if self.rooms.iter().any(|(open, _)| *open == room) => {
                self.say(room);
            }
            Event::Trouble(Trouble::FramesLost { frames, .. }) => self.unrecorded += frames,
            Event::Trouble(trouble) => eprintln!("the engine is in trouble: {trouble:?}"),
            _ => {}
        }
    }

    fn send(&mut self, command: Command) {
        self.engine.send(0, command).unwrap();
    }

    fn peer(&self, leg: Leg) -> SocketAddr {
        ([127, 0, 0, 1], self.peers[socket_of(leg.0 as usize, self.peers.len())]).into()
    }

    /// Opens a room with all its seats; the ports of its legs, or `None` when there are none left.
    fn open(&mut self, shape: Shape) -> Option<Vec<String>> {
        let now = self.begun.elapsed();
        let mut legs: Vec<(Leg, Port)> = Vec::new();
        for _ in 0..shape.seats() {
            let leg = Leg(self.legs + legs.len() as u64);
            match self.pool.take_facing(0, Some(self.peer(leg)), now) {
                Some(port) => legs.push((leg, port)),
                None => {
                    legs.iter().for_each(|(_, port)| self.pool.give_back(*port, now));
                    return None;
                }
            }
        }
        let room = Room(u128::from(self.legs));
        self.legs += legs.len() as u64;
        let spec = RecordingSpec { folder: self.folder.clone(), stem: room.0.to_string() };
        self.send(Command::OpenRoom { room, recording: (shape == Shape::Recorded).then_some(spec) });
        for (seat, (leg, port)) in legs.iter().enumerate() {
            let media = Stream {
                remote: Some(self.peer(*leg)),
                rtcp_mux: false,
                codec: match shape.codec() {
                    codec::Codec::Pcma => Codec::Pcma,
                    codec::Codec::Pcmu => Codec::Pcmu,
                    codec::Codec::G722 => Codec::G722,
                },
                payload_type: shape.codec().payload_type(),
                also: Vec::new(),
                dtmf: Some(101),
                send: true,
                receive: true,
                srtp: (shape == Shape::Secured).then(|| Box::new(voice::keys())),
            };
            self.send(Command::Open { leg: *leg, port: *port, media });
            let track = TRACKS[seat];
            self.send(Command::Seat { room, leg: *leg, track, group: Group::Main, record_alone: false });
            self.ports.insert(*leg, *port);
        }
        if shape == Shape::Recorded {
            self.send(Command::Recording { room, what: Recording::Start });
        }
        if shape == Shape::Prompt {
            self.say(room);
        }
        let ports = legs.iter().map(|(_, port)| port.addr.port().to_string()).collect();
        self.rooms.push_back((room, legs));
        Some(ports)
    }

    fn say(&mut self, room: Room) {
        let sounds = vec![Arc::clone(&self.prompt)];
        self.send(Command::Play { room, play: PlayTag(room.0 as u64), to: Hearers::Main, sounds });
    }

    fn close(&mut self) {
        let Some((room, legs)) = self.rooms.pop_front() else { return };
        self.send(Command::CloseRoom { room });
        for (leg, _) in legs {
            self.send(Command::Close { leg });
        }
    }

    fn close_all(&mut self) -> String {
        while !self.rooms.is_empty() {
            self.close();
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.ports.is_empty() && Instant::now() < deadline {
            self.wait(Some(Duration::from_millis(1)));
        }
        format!("{} left", self.ports.len())
    }

    /// Rooms with one seat to whom something is said, so many a second; each caller speaks once, and goes after a while.
    fn storm(&mut self, rate: u32, seconds: u32) -> String {
        let phones: Vec<UdpSocket> = (0..100).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
        self.peers = phones.iter().map(|p| p.local_addr().unwrap().port()).collect();
        let mut ends: VecDeque<Instant> = VecDeque::new();
        let (begun, mut refused) = (Instant::now(), 0);
        let mut first = [0; 172];
        first[..2].copy_from_slice(&[0x80, 8]);
        for n in 0..rate * seconds {
            let due = begun + Duration::from_secs(1) * n / rate;
            while ends.front().is_some_and(|end| *end <= due) {
                ends.pop_front();
                self.close();
            }
            let before = self.legs;
            match self.open(Shape::Prompt) {
                Some(ports) => {
                    let phone = &phones[socket_of(before as usize, phones.len())];
                    let port: u16 = ports[0].parse().unwrap();
                    let _ = phone.send_to(&first, ("127.0.0.1", port));
                    ends.push_back(due + LIFE);
                }
                None => refused += 1,
            }
            while let Some(left) = due.checked_duration_since(Instant::now()) {
                self.wait(Some(left));
            }
            while let Ok(input) = self.input.try_recv() {
                self.take(input);
            }
        }
        let took = begun.elapsed().as_secs_f64();
        let left = self.close_all();
        format!("{} {refused} {took:.2} {left}", rate * seconds - refused)
    }
}
