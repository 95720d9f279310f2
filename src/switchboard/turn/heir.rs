//! A house that goes on in another process: what it leaves there, and what it finds when it is that process.

use call::Now;
use call::cause::{Cause, Reason, Side};
use std::net::SocketAddr;
use std::time::Duration;

use call::event::{AgentState, Event, Order};
use call::ids::{RequestId, StaffNo};

use super::Turn;
use super::outbox::reason;
use crate::contract::Inheritance;

/// Orders of nobody: the answer reaches nobody.
const NOBODY: RequestId = RequestId(0);

impl Turn {
    /// What another life of this house must know, and the names of the requests that this one still answers.
    pub fn leave(&self, now: Now) -> (Inheritance, Vec<String>) {
        let resting = |state: &AgentState| matches!(state, AgentState::Off | AgentState::Break);
        let operators = self.hotline.agents().into_iter().filter(|(_, _, state)| resting(state));
        let inheritance = Inheritance {
            phones: self.stack.lend(now.mono),
            leases: self.stack.lend_leases(now.mono),
            proven: self.stack.lend_proven(),
            operators: operators.map(|(staff, _, state)| (staff, state)).collect(),
            outbound_stopped: self.watch.outbound.view().stopped.is_some(),
            away: Vec::new(),
        };
        (inheritance, self.stack.lend_open())
    }

    /// Whether this life answers the request of this name, as [`sip::whose`] names it.
    pub fn answers(&self, name: &str) -> bool {
        self.stack.answers(name)
    }

    /// Goes on where another life of this house was. Times of leases are as this life counts them.
    pub(super) fn inherit(&mut self, now: Now, inheritance: Inheritance) {
        let Inheritance { phones, leases, proven, operators, outbound_stopped, away } = inheritance;
        self.ports.leave_alone(&away);
        for (id, names) in proven {
            self.stack.connected(id, names);
        }
        for lease in leases {
            // Its user may be gone from the configuration, and then so is the lease.
            let _ = self.stack.lease(now.mono, lease);
        }
        self.stack.inherit(now.mono, phones);
        self.settle(now);
        for (staff, state) in operators {
            self.hotline.handle(now, Event::Order(NOBODY, Order::Agent(staff, state)));
        }
        if outbound_stopped {
            self.order_outbound(now, false);
        }
    }

    /// Says BYE in dialogs of a process that has died.
    pub(super) fn part(&mut self, at: Duration, dialogs: Vec<sip::Standing>) {
        let why = reason(Cause::new(Side::House, Reason::Crash));
        let all = dialogs.len();
        let said = dialogs.into_iter().filter(|standing| self.stack.part(at, standing.clone(), &why)).count();
        tracing::warn!(all, said, "a crash cut dialogs: their far ends are told that they are over");
    }

    /// The operators that ring, talk or are in wrap-up here.
    pub fn taken(&self) -> Vec<StaffNo> {
        let taken = |state: &AgentState| {
            matches!(state, AgentState::Ringing | AgentState::Talking | AgentState::WrapUp)
        };
        let agents = self.hotline.agents().into_iter();
        agents.filter(|(_, _, state)| taken(state)).map(|(staff, _, _)| staff).collect()
    }

    /// The life before this one is gone, and with it all connections below this number.
    pub(super) fn outlived(&mut self, now: Now, below: u64) {
        for id in self.stack.connections_below(below) {
            self.stack.flow_closed(now.mono, id);
            self.line_cut(now.mono, id);
        }
        self.ports.all_come_back(now.mono);
    }

    /// Lets go of RTP ports that no leg has, for another life of this house.
    pub fn lend_ports(&mut self, now: Now) -> Vec<SocketAddr> {
        self.ports.lend(now.mono)
    }

    /// A place on each RTP port.
    pub fn all_ports(&self) -> Vec<media::Port> {
        self.ports.ports()
    }

    /// Takes them back: there is no other life.
    pub fn take_ports_back(&mut self) {
        self.ports.take_back();
    }
}
