//! The house under attack: real sockets and the server's own `Turn`; sound and store are answered as they would answer.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use call::Now;
use call::cdr::Record;
use media::command::LegStats;
use media::{Port, PortPool};
use sip::{Net, Transport};
use store::Entry;
use switchboard::contract::{Gate, GuardSetup, Input, Notice, Output, Setup, Trunk};
use switchboard::numbers::Place;
use switchboard::wire::{Inbound, Origins, Wire, WireSettings};
use switchboard::{Counts, Turn, run};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::{PAGE, bare};

const BEGAN: i64 = 1_791_770_400_000;
/// RTP ports; each rests for a while after its call.
const PORTS: u32 = 20_000;

/// What the outside asks.
enum Ask {
    Counts(oneshot::Sender<(Counts, usize)>),
    Pass(Duration, oneshot::Sender<()>),
}

/// A running house.
pub struct House {
    pub udp: SocketAddr,
    pub tcp: SocketAddr,
    pub ws: SocketAddr,
    asks: mpsc::Sender<Ask>,
    notices: Arc<AtomicU64>,
    _wire_ends_with_it: tokio::task::JoinHandle<()>,
}

impl House {
    pub fn open() -> Self {
        let here: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
        let (tell, told) = mpsc::channel(1_024);
        let settings = WireSettings {
            udp: vec![here],
            tcp: vec![here],
            ws: vec![here],
            origins: Origins { listed: vec![PAGE.to_owned()], absent: false },
            // A begun message is given up before the test is.
            half_message: Duration::from_secs(1),
            ..WireSettings::default()
        };
        let wire = Wire::bind(settings, tell).unwrap();
        let at = |transport| wire.over(transport)[0];
        let (udp, tcp, ws) = (at(Transport::Udp), at(Transport::Tcp), at(Transport::Ws));
        let setup = setup(wire.addresses().to_vec());
        wire.door().set(run::door(&setup));
        let port =
            |index| Port { thread: 0, index, socket: index, addr: (Ipv4Addr::LOCALHOST, 20_000).into() };
        let turn = Turn::new(setup, PortPool::new((0..PORTS).map(port)), now(Duration::ZERO));
        let (asks, asked) = mpsc::channel(1);
        let notices = Arc::new(AtomicU64::new(0));
        let life =
            Life { wire, turn, start: Instant::now(), skipped: Duration::ZERO, notices: notices.clone() };
        let task = tokio::spawn(life.live(told, asked));
        Self { udp, tcp, ws, asks, notices, _wire_ends_with_it: task }
    }

    /// Figures of the turn, and how many connections stand.
    pub async fn counts(&self) -> (Counts, usize) {
        let (reply, answer) = oneshot::channel();
        assert!(self.asks.send(Ask::Counts(reply)).await.is_ok(), "the loop has ended");
        answer.await.expect("the loop has ended")
    }

    /// The house's clock jumps ahead.
    pub async fn pass(&self, time: Duration) {
        let (reply, answer) = oneshot::channel();
        assert!(self.asks.send(Ask::Pass(time, reply)).await.is_ok(), "the loop has ended");
        answer.await.expect("the loop has ended");
    }

    /// Lines for the admin so far.
    pub fn notices(&self) -> u64 {
        self.notices.load(Ordering::Relaxed)
    }
}

struct Life {
    wire: Wire,
    turn: Turn,
    start: Instant,
    skipped: Duration,
    notices: Arc<AtomicU64>,
}

fn now(mono: Duration) -> Now {
    Now { mono, utc_ms: BEGAN + i64::try_from(mono.as_millis()).unwrap() }
}

impl Life {
    fn now(&self) -> Now {
        now(self.start.elapsed() + self.skipped)
    }

    async fn live(mut self, mut told: mpsc::Receiver<Inbound>, mut asked: mpsc::Receiver<Ask>) {
        loop {
            let wake = self.turn.next_timeout().unwrap_or(Duration::MAX / 4).saturating_sub(self.skipped);
            let wake = self.start + wake.min(Duration::from_secs(3600));
            let inbound = tokio::select! {
                inbound = timeout_at(wake, told.recv()) => inbound.map(|i| i.expect("the wire has ended")).ok(),
                ask = asked.recv() => match ask {
                    Some(Ask::Counts(reply)) => {
                        let now = self.now().mono;
                        let _ = reply.send((self.turn.counts(now), self.wire.counts().connections));
                        continue;
                    }
                    Some(Ask::Pass(time, reply)) => {
                        self.pass(time);
                        let _ = reply.send(());
                        continue;
                    }
                    None => return,
                },
            };
            self.take(match inbound {
                Some(Inbound::Message { flow, bytes }) => Input::Message(flow, bytes),
                Some(Inbound::Connected { id, names }) => Input::Connected(id, names),
                Some(Inbound::Closed { id }) => Input::FlowClosed(id),
                Some(Inbound::SendFailed(flow)) => Input::SendFailed(flow),
                None => Input::Timeout,
            });
        }
    }

    /// Every timer up to then, in its turn.
    fn pass(&mut self, time: Duration) {
        let end = self.now().mono + time;
        while let Some(at) = self.turn.next_timeout().filter(|at| *at <= end) {
            self.skipped += at.saturating_sub(self.now().mono);
            self.take(Input::Timeout);
        }
        self.skipped += end.saturating_sub(self.now().mono);
    }

    fn take(&mut self, input: Input) {
        self.turn.handle(self.now(), input);
        while let Some(output) = self.turn.poll() {
            if let Some(input) = self.perform(output) {
                self.turn.handle(self.now(), input);
            }
        }
        self.turn.check().unwrap();
    }

    fn perform(&mut self, output: Output) -> Option<Input> {
        use media::{Command, Event};
        match output {
            Output::Send(flow, bytes) => self.wire.send(&flow, bytes),
            Output::Store(Entry::Record(record)) => {
                if let Record::Offered(row) = *record {
                    return Some(Input::OnDisk(row.call));
                }
            }
            Output::Media(_, Command::Play { room, play, .. }) => {
                return Some(Input::Media(Event::PlayDone { room, play }));
            }
            Output::Media(_, Command::Close { leg }) => {
                return Some(Input::Media(Event::LegClosed {
                    leg,
                    stats: LegStats::default(),
                    course: Default::default(),
                }));
            }
            Output::Media(_, Command::StopMessage { room, leg } | Command::DiscardMessage { room, leg }) => {
                let ended = media::command::MessageEnd::Stopped;
                return Some(Input::Media(Event::MessageTaken {
                    room,
                    leg,
                    length_ms: 0,
                    ended,
                    file: None,
                }));
            }
            Output::Media(_, Command::CloseRoom { room }) => {
                return Some(Input::Media(Event::RecordingClosed { room, files: Vec::new() }));
            }
            Output::Notice(notice) => self.note(&notice),
            Output::Gate(Gate::Shut(origin, time)) => self.wire.door().shut(origin, time),
            Output::Gate(Gate::Open(origin)) => self.wire.door().open(origin),
            Output::Gate(Gate::Friend(origin)) => self.wire.door().befriend(origin),
            Output::Locate(ticket, _) => {
                return Some(Input::Located(
                    ticket,
                    Err("no names here".to_owned()),
                    Duration::from_secs(60),
                ));
            }
            Output::Media(..)
            | Output::Browser(_)
            | Output::Store(_)
            | Output::Find(..)
            | Output::Reply(..) => {}
        }
        None
    }

    /// As the loop writes it.
    fn note(&self, notice: &Notice) {
        self.notices.fetch_add(1, Ordering::Relaxed);
        tracing::info!(?notice, "notice");
    }
}

/// 127.7.0.0/16 is a trunk that nobody believes, 127.8.0.0/16 the phones', all else strangers.
fn setup(listening: Vec<(Transport, SocketAddr)>) -> Setup {
    let net = |text| vec![Net::parse(text).unwrap()];
    Setup {
        plan: Arc::new(bare::plan(Vec::new())),
        sip: sip::Settings {
            seed: [9; 32],
            peers: vec![sip::Peer::at("town", net("127.7.0.0/16"))],
            phone_nets: net("127.8.0.0/16"),
            users: vec![sip::User { name: "op1".into(), password: "a password of a test".into() }],
            realm: "hotline".into(),
            ..sip::Settings::default()
        },
        place: Place { country: "86".into(), area: "0535".into() },
        trunks: vec![Trunk { channels: 1_000, ..Trunk::named("town") }],
        phone_codecs: sip::sdp::Codec::ALL.to_vec(),
        calls_per_second: 10_000,
        guard: GuardSetup::default(),
        listening,
        advertised: Ipv4Addr::LOCALHOST.into(),
        browsers: None,
        near: Arc::new(|bound, _| bound),
        recordings: PathBuf::from("/recordings"),
        speak: Arc::new(|_, _, _| Vec::new()),
    }
}
