//! A media engine with a room, and the hub in front of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use browser::{Browsers, Credentials, Far, Leg, Order, Settings, Told};
use media::command::{self, Codec, Command, Group, Stream};
use media::{Engine, Event, INSIDE, Port, PortPool};
use sip::sdp::{self, Agreed, Direction, Fingerprint, Home, Local, Secrets, Shield};
use tokio::sync::mpsc;

pub const DEADLINE: Duration = Duration::from_secs(20);
const ROOM: command::Room = command::Room(1);

pub struct House {
    engine: Engine,
    pool: PortPool,
    pub browsers: Browsers,
    pub told: mpsc::Receiver<Told>,
    pub sound: mpsc::Receiver<Event>,
    secrets: Secrets,
    pub home: Arc<Home>,
}

/// One leg as the switchboard would have it.
pub struct Line {
    pub leg: Leg,
    pub port: Port,
    pub shield: Shield,
}

pub async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, what).await.expect("it took too long")
}

pub fn local() -> Local {
    Local { address: INSIDE, id: 7, version: 1 }
}

impl House {
    pub async fn open(legs: u16) -> Self {
        let settings = media::Settings {
            address: [127, 0, 0, 1].into(),
            ports: (0, 0),
            legs_per_port: 1,
            any: 1,
            inside: legs,
            threads: 1,
            lost_after: Duration::from_secs(2),
            recordings: Default::default(),
        };
        let (mut engine, pool, sound) = Engine::start(&settings).unwrap();
        let here = Settings { bind: ([127, 0, 0, 1], 0).into(), advertised: None };
        let rings = engine.rings();
        let (browsers, told) = browser::start(&here, rings).await.unwrap();
        let home = Home {
            fingerprint: Fingerprint(browsers.fingerprint()),
            candidates: browsers.candidates().to_vec(),
        };
        engine.send(0, Command::OpenRoom { room: ROOM, recording: None }).unwrap();
        Self { engine, pool, browsers, told, sound, secrets: Secrets::new(&[9; 32]), home: Arc::new(home) }
    }

    pub fn line(&mut self, leg: u64) -> Line {
        let port = self.pool.take_inside(0, Duration::ZERO).unwrap();
        Line { leg: Leg(leg), port, shield: self.secrets.web(Arc::clone(&self.home)) }
    }

    /// The leg begins: its stream, its seat, its checks.
    pub fn begin(&mut self, line: &Line, agreed: Option<&Agreed>) {
        let leg = command::Leg(line.leg.0);
        let media = Stream {
            remote: Some(INSIDE),
            rtcp_mux: true,
            codec: Codec::Pcma,
            payload_type: 8,
            also: Vec::new(),
            dtmf: agreed.map_or(Some(101), |a| a.dtmf),
            send: true,
            receive: true,
            srtp: None,
        };
        self.engine.send(0, Command::Open { leg, port: line.port, media }).unwrap();
        let seat =
            Command::Seat { room: ROOM, leg, track: "citizen", group: Group::Main, record_alone: false };
        self.engine.send(0, seat).unwrap();
        let ours = ours(&line.shield.ice().unwrap());
        assert!(self.browsers.order(Order::Open { leg: line.leg, port: line.port, ours }));
    }

    /// What was agreed on goes to the hub.
    pub fn meet(&self, line: &mut Line, agreed: &Agreed) {
        line.shield.commit(agreed);
        let web = agreed.web.as_ref().unwrap();
        let far = Far {
            fragment: web.theirs.fragment.clone(),
            fingerprints: web.fingerprints.iter().map(|f| f.0).collect(),
            client: web.client,
        };
        assert!(self.browsers.order(Order::Meet {
            leg: line.leg,
            ours: ours(&web.ours),
            far: Box::new(far)
        }));
    }

    /// Answers the offer of a leg.
    pub fn answer(&mut self, line: &mut Line, offer: &str, begun: bool) -> String {
        assert!(sdp::is_web(offer.as_bytes()));
        let (body, agreed) =
            sdp::answer(offer.as_bytes(), local(), &sdp::Codec::ALL, Direction::SendRecv, &line.shield)
                .unwrap();
        if !begun {
            self.begin(line, Some(&agreed));
        }
        self.meet(line, &agreed);
        String::from_utf8(body).unwrap()
    }

    pub fn close(&mut self, line: &Line) {
        assert!(self.browsers.order(Order::Close { leg: line.leg }));
        self.engine.send(0, Command::Close { leg: command::Leg(line.leg.0) }).unwrap();
    }

    pub fn send(&mut self, command: Command) {
        self.engine.send(0, command).unwrap();
    }

    pub fn forged(&self) -> u64 {
        self.browsers.counts().forged.load(Ordering::Relaxed)
    }

    pub fn strangers(&self) -> u64 {
        self.browsers.counts().strangers.load(Ordering::Relaxed)
    }
}

fn ours(ice: &sip::sdp::Ice) -> Credentials {
    Credentials { fragment: ice.fragment.clone(), password: ice.password.clone() }
}
