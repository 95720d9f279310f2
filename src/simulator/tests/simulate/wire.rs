//! The wire between the house and everybody: datagrams are lost, doubled and reordered, streams break.

use std::net::SocketAddr;
use std::time::Duration;

use sip::{Flow, Transport};

use super::glance::Glance;
use super::house::{HOUSE, Post};
use super::world::{Thing, World};

/// A stream connection between the house and a phone.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    phone: usize,
    open: bool,
    /// When the last message of each direction arrives: nothing overtakes on a stream.
    to_house: Duration,
    to_phone: Duration,
}

impl Connection {
    /// The phone at its far end, if it is open.
    pub fn falls(&self) -> Option<usize> {
        self.open.then_some(self.phone)
    }

    pub fn breaks(&mut self) {
        self.open = false;
    }
}

impl World {
    /// When the copies of a datagram arrive.
    fn copies(&mut self, phone: usize) -> Vec<Duration> {
        let lost = !self.evening && (self.weather.is_dark(self.now) || self.dice.permille(self.weather.loss));
        if lost || self.phones[phone].deaf_until > self.now {
            return Vec::new();
        }
        let copies = 1 + usize::from(self.dice.permille(self.weather.doubled));
        (0..copies).map(|_| self.travel()).collect()
    }

    fn travel(&mut self) -> Duration {
        let late =
            if self.dice.permille(self.weather.late) { self.dice.ms(100, 1_500) } else { Duration::ZERO };
        self.now + self.dice.ms(self.weather.near, self.weather.far) + late
    }

    /// A phone sends.
    pub fn phone_sends(&mut self, phone: usize, flow: &Flow, bytes: Vec<u8>) {
        if self.phones[phone].no_ack && bytes.starts_with(b"ACK ") {
            return;
        }
        match flow.transport {
            Transport::Udp if flow.remote == HOUSE => {
                let at = self.phones[phone].at;
                for when in self.copies(phone) {
                    self.at(when, Thing::ToHouse(Flow::udp(HOUSE, at), bytes.clone()));
                }
            }
            // To nobody that is there.
            Transport::Udp | Transport::Tls | Transport::Ws | Transport::Wss => {}
            Transport::Tcp => self.stream_to_house(phone, flow.id, bytes),
        }
    }

    fn stream_to_house(&mut self, phone: usize, id: u64, bytes: Vec<u8>) {
        let id = if id == 0 { self.connect(phone) } else { id };
        let (at, local) = (self.phones[phone].at, HOUSE);
        let when = self.travel().max(self.phones[phone].deaf_until);
        let Some(connection) = self.connections.get_mut(&id).filter(|c| c.open) else { return };
        connection.to_house = connection.to_house.max(when);
        let (when, flow) = (connection.to_house, Flow::new(Transport::Tcp, local, at, id));
        self.at(when, Thing::ToHouse(flow, bytes));
    }

    /// A new connection between the house and this phone.
    pub fn connect(&mut self, phone: usize) -> u64 {
        let id = self.connections.len() as u64 + 1;
        let connection = Connection { phone, open: !self.whole.down, to_house: self.now, to_phone: self.now };
        self.connections.insert(id, connection);
        self.phones[phone].connection = id;
        if self.whole.down {
            // Nobody listens.
            self.whole.dead_streams = id;
            self.later(Duration::from_millis(1), Thing::PhoneFlowClosed(phone, id));
        }
        id
    }

    /// The connection of this phone breaks.
    pub fn cut(&mut self, phone: usize) {
        let id = self.phones[phone].connection;
        let Some(connection) = self.connections.get_mut(&id).filter(|c| c.open) else { return };
        connection.open = false;
        let (house, far) = (connection.to_house.max(self.now), connection.to_phone.max(self.now));
        self.at(house + Duration::from_millis(1), Thing::HouseFlowClosed(id));
        self.at(far + Duration::from_millis(1), Thing::PhoneFlowClosed(phone, id));
    }

    /// The house sends.
    pub fn house_sends(&mut self, flow: Flow, bytes: Vec<u8>) {
        if flow.transport == Transport::Tcp {
            return self.stream_from_house(flow, bytes);
        }
        let Some(phone) = self.by_address.get(&flow.remote).copied() else { return };
        if self.is_kept_back(phone, &bytes) {
            return;
        }
        for when in self.copies(phone) {
            self.at(when, Thing::ToPhone(phone, Flow::udp(flow.remote, HOUSE), bytes.clone()));
        }
    }

    fn stream_from_house(&mut self, flow: Flow, bytes: Vec<u8>) {
        let mut id = flow.id;
        if id == 0 {
            let there = self.by_address.get(&flow.remote).copied();
            match there.filter(|p| self.phones[*p].transport == Transport::Tcp) {
                Some(phone) => id = self.connect(phone),
                None => return self.later(Duration::from_millis(5), Thing::HouseCantSend(flow)),
            }
        }
        let when = self.travel();
        match self.connections.get_mut(&id).filter(|c| c.open) {
            Some(connection) => {
                connection.to_phone = connection.to_phone.max(when);
                let (when, phone) = (connection.to_phone, connection.phone);
                let back = Flow { local: flow.remote, remote: HOUSE, id, ..flow };
                self.at(when, Thing::ToPhone(phone, back, bytes));
            }
            None => self.later(Duration::from_millis(5), Thing::HouseCantSend(flow)),
        }
    }

    /// A message arrives at a phone.
    pub fn reach(&mut self, phone: usize, flow: &Flow, bytes: &[u8]) {
        let cut_off = self.phones[phone].deaf_until;
        if cut_off > self.now {
            // A stream holds back what a datagram loses.
            if flow.transport == Transport::Tcp {
                self.at(cut_off, Thing::ToPhone(phone, flow.clone(), bytes.to_vec()));
            }
            return;
        }
        self.say(|| format!("{} hears {}", self.phones[phone].name, Glance::at(bytes).words()));
        if let Some(answer) = self.in_a_mood(phone, bytes) {
            return self.phone_sends(phone, flow, answer);
        }
        self.overhear(phone, bytes);
        self.phones[phone].stack.receive(self.now, flow, bytes);
        self.attend(phone);
    }

    /// A new telephone at an address.
    pub fn put(&mut self, name: &str, post: Post, at: SocketAddr, transport: Transport) -> usize {
        let index = self.phones.len();
        let outside = matches!(post, Post::Trunk | Post::Citizen);
        let policy = if outside { self.weather.carrier } else { sip::Policy::default() };
        self.phones.push(super::phone::Phone::new(self.seed, name, post, at, transport, policy));
        self.by_address.insert(at, index);
        if transport == Transport::Tcp {
            self.connect(index);
        }
        index
    }
}
