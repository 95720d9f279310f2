//! The dialog router: each message goes to the life of the house that it belongs to, over the connection of the life that has it.
//!
//! Datagrams are heard by the newest life alone; every life sends them by the same socket. A connection stays with the life that
//! accepted it: what comes over it is passed on as what a socket brings, and what others send by it is passed to it.

use std::cmp::Ordering as Order;
use std::collections::HashSet;
use std::time::Duration;

use call::ids::StaffNo;
use handover::{Frame, Link, Side, Told, link};
use sip::{Flow, Transport, Whose};
use tokio::sync::{mpsc, watch};

use super::heir::Heir;
use super::{Desk, Loop};
use crate::contract::{Inheritance, Input};
use crate::lives::{Lives, Neighbour};
use crate::wire::{Inbound, life_of, numbers_of};

/// A neighbouring life.
#[derive(Debug, Default)]
struct Next {
    link: Option<Link>,
    /// It has said that nothing of it is left.
    farewell: bool,
    /// Operators in its calls and in those of the lives behind it.
    taken: Vec<StaffNo>,
    /// What it was told last of ours.
    told: Vec<String>,
}

impl Next {
    fn send(&self, frame: Frame) -> bool {
        self.link.as_ref().is_some_and(|link| link.send(frame))
    }
}

/// Where the other lives are.
pub(super) struct Relay {
    generation: u16,
    before: Next,
    after: Next,
    /// Requests that lives before answer.
    open: HashSet<String>,
    tell: mpsc::Sender<(Side, Told)>,
    lives: watch::Sender<Lives>,
    passed: u64,
    /// When ports were looked for last that can go to the next life.
    looked: Duration,
}

/// How often is looked for ports that can go to the next life.
const PORTS_EVERY: Duration = Duration::from_millis(500);

impl Relay {
    /// Nobody else is there.
    pub fn new(generation: u16, tell: mpsc::Sender<(Side, Told)>, lives: watch::Sender<Lives>) -> Self {
        let (before, after, open) = (Next::default(), Next::default(), HashSet::new());
        Self { generation, before, after, open, tell, lives, passed: 0, looked: Duration::ZERO }
    }

    /// Takes over from the life before; what it leaves is for the turn.
    pub fn begin(&mut self, heir: Heir) -> Inheritance {
        let Heir { channel, inheritance, open } = heir;
        self.before.link = Some(link(channel, Side::Before, self.tell.clone()));
        self.before.send(Frame::Listening);
        self.open = open.into_iter().collect();
        self.lives.send_modify(|lives| lives.before = Neighbour::There);
        inheritance
    }

    /// The next life is being told everything.
    pub fn follow(&mut self, link: Link) {
        self.after = Next { link: Some(link), ..Next::default() };
        self.lives.send_modify(|lives| lives.after = Neighbour::Coming);
    }

    pub fn teller(&self) -> mpsc::Sender<(Side, Told)> {
        self.tell.clone()
    }

    /// Requests that lives before answer.
    pub fn open(&self) -> impl Iterator<Item = String> {
        self.open.iter().cloned()
    }

    /// Another life takes, or is about to take, what is new.
    pub fn is_followed(&self) -> bool {
        self.after.link.is_some()
    }

    /// Messages that were passed on.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// The last word to the others; what waits for them is written before.
    pub async fn close(self) {
        for next in [self.before, self.after] {
            next.send(Frame::Farewell);
            if let Some(link) = next.link {
                link.close().await;
            }
        }
    }

    fn is_alone(&self) -> bool {
        self.before.link.is_none() && self.after.link.is_none()
    }

    fn next(&mut self, side: Side) -> &mut Next {
        match side {
            Side::Before => &mut self.before,
            Side::After => &mut self.after,
        }
    }

    fn has(&self, side: Side) -> bool {
        match side {
            Side::Before => self.before.link.is_some(),
            Side::After => self.after.link.is_some(),
        }
    }

    /// On which side a life of this number is; `None`: it is this one.
    fn side_of(&self, generation: u16) -> Option<Side> {
        match generation.cmp(&self.generation) {
            Order::Less => Some(Side::Before),
            Order::Equal => None,
            Order::Greater => Some(Side::After),
        }
    }

    /// Who is to hear a message; `None`: this life. `answers`: whether it answers the request of this name.
    fn whose(&self, flow: &Flow, bytes: &[u8], answers: impl Fn(&str) -> bool) -> Option<Side> {
        match sip::whose(flow, bytes) {
            Whose::Of(generation) => self.side_of(generation),
            Whose::New(name) if answers(&name) => None,
            Whose::New(name) if self.open.contains(&name) => Some(Side::Before),
            Whose::New(_) => Some(Side::After),
            Whose::Anybody => None,
        }
    }

    /// Tells the lives that did not tell it themselves.
    fn spread(&self, frame: &Frame, from: Option<Side>) {
        for (side, next) in [(Side::Before, &self.before), (Side::After, &self.after)] {
            if Some(side) != from {
                next.send(frame.clone());
            }
        }
    }
}

impl Desk {
    /// Sends by the socket, or by the life that has the connection.
    pub(super) fn send(&mut self, flow: &Flow, bytes: Vec<u8>, from: Option<Side>) {
        let numbered = flow.transport != Transport::Udp && flow.id != 0;
        let side = if numbered { self.relay.side_of(life_of(flow.id)) } else { None };
        match side {
            Some(side) if from != Some(side) && self.relay.has(side) => {
                let frame = Frame::Send { flow: flow.clone(), bytes };
                self.relay.next(side).send(frame);
            }
            Some(_) | None => self.wire.send(flow, bytes),
        }
    }
}

impl Loop {
    /// What came from a socket, or from another life, if it is this one's; else it is passed on.
    pub(super) fn routed(&mut self, inbound: Inbound, from: Option<Side>) -> Option<Inbound> {
        if self.desk.relay.is_alone() {
            return Some(inbound);
        }
        let (relay, turn) = (&mut self.desk.relay, &self.turn);
        match inbound {
            Inbound::Message { flow, bytes } => {
                let side = relay.whose(&flow, &bytes, |name| turn.answers(name));
                // Whoever passed it here knows better than a message that somebody else has marked.
                let Some(side) = side.filter(|side| relay.has(*side) && from != Some(*side)) else {
                    return Some(Inbound::Message { flow, bytes });
                };
                relay.passed = relay.passed.saturating_add(1);
                relay.next(side).send(Frame::Message { flow, bytes });
                return None;
            }
            Inbound::Connected { id, ref names } => {
                relay.spread(&Frame::Connected { id, names: names.clone() }, from);
            }
            Inbound::Closed { id } => relay.spread(&Frame::Closed { id }, from),
            // A datagram is sent by whoever has it to send.
            Inbound::SendFailed(ref flow) if flow.transport == Transport::Udp => {}
            Inbound::SendFailed(ref flow) => relay.spread(&Frame::SendFailed(flow.clone()), from),
        }
        Some(inbound)
    }

    /// Another life tells something.
    pub(super) fn linked(&mut self, side: Side, told: Told) {
        let inbound = match told {
            Told::Gone => return self.gone(side),
            Told::Frame(Frame::Message { flow, bytes }) => Inbound::Message { flow, bytes },
            Told::Frame(Frame::Connected { id, names }) => Inbound::Connected { id, names },
            Told::Frame(Frame::Closed { id }) => Inbound::Closed { id },
            Told::Frame(Frame::SendFailed(flow)) => Inbound::SendFailed(flow),
            Told::Frame(Frame::Send { flow, bytes }) => {
                return self.desk.send(&flow, bytes, Some(side));
            }
            Told::Frame(Frame::Taken(staff)) => {
                self.desk.relay.next(side).taken =
                    staff.iter().map(|no| StaffNo(no.as_str().into())).collect();
                return self.elsewhere();
            }
            Told::Frame(Frame::Ports(ports)) => return self.take(Input::PortsBack(ports)),
            Told::Frame(Frame::Listening) => {
                self.desk.relay.lives.send_modify(|lives| lives.after = Neighbour::There);
                return self.followed();
            }
            Told::Frame(Frame::Farewell) => {
                self.desk.relay.next(side).farewell = true;
                return;
            }
        };
        if let Some(inbound) = self.routed(inbound, Some(side)) {
            self.taken_in(inbound);
        }
    }

    /// Who is in calls of other lives.
    fn elsewhere(&mut self) {
        let relay = &self.desk.relay;
        let all = relay.before.taken.iter().chain(&relay.after.taken).cloned().collect();
        self.take(Input::Elsewhere(all));
    }

    /// Tells the others who is in calls here, when that has changed, and which ports no leg has any more.
    pub(super) fn tell_others(&mut self) {
        let relay = &mut self.desk.relay;
        if relay.is_alone() {
            return;
        }
        let now = self.clock.now();
        if relay.after.link.is_some() && now.mono.saturating_sub(relay.looked) >= PORTS_EVERY {
            relay.looked = now.mono;
            let ports = self.turn.lend_ports(now);
            if !ports.is_empty() {
                relay.after.send(Frame::Ports(ports));
            }
        }
        let own = self.turn.taken();
        for (side, behind) in
            [(Side::Before, relay.after.taken.clone()), (Side::After, relay.before.taken.clone())]
        {
            let all: Vec<String> = own.iter().chain(&behind).map(|staff| staff.0.to_string()).collect();
            let next = relay.next(side);
            if next.told != all && next.send(Frame::Taken(all.clone())) {
                next.told = all;
            }
        }
    }

    /// Another life is gone.
    fn gone(&mut self, side: Side) {
        let next = std::mem::take(self.desk.relay.next(side));
        let how = if next.farewell { Neighbour::Left } else { Neighbour::Died };
        match side {
            Side::Before => {
                self.desk.relay.open.clear();
                // All lives before that one had gone before it.
                self.take(Input::Outlived(numbers_of(self.desk.relay.generation)));
                self.desk.relay.lives.send_modify(|lives| lives.before = how);
            }
            Side::After => {
                self.go_on_alone();
                let was = self.desk.relay.lives.borrow().after;
                if how == Neighbour::Died && was == Neighbour::There {
                    tracing::error!("the next life of this house has died: this one takes calls again");
                    self.desk.gauges.draining.store(false, std::sync::atomic::Ordering::Relaxed);
                    self.take(Input::Drain(false));
                }
                self.desk.relay.lives.send_modify(|lives| lives.after = how);
            }
        }
        self.elsewhere();
    }
}
