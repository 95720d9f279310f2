//! Screens, programs and admins: orders, another configuration, a drain, a full store, broken connections.

use std::net::SocketAddr;
use std::time::Duration;

use call::cdr::Outcome;
use call::event::{AgentState, DeclineReason, Mode, Order, Stated, Supervision, Wanted};
use call::ids::{Address, CallId, DeskNo, Pii, RequestId, ServiceCode, StaffNo};
use sip::Flow;
use switchboard::contract::Input;

use super::house::{self, DESKS, HOUSE, OUTSIDE, REALM, SERVICES, STAFF};
use super::world::{Thing, World};

/// A call that never was: orders may name it.
pub const STRANGER: CallId = CallId(7);

impl World {
    /// One thing that a screen or an admin does; the next one follows.
    pub fn office(&mut self) -> Result<(), String> {
        if self.weather.office == 0 || self.evening || self.whole.down {
            return Ok(());
        }
        let wait = self.dice.ms(1, 2 * self.weather.office);
        self.later(wait, Thing::Office);
        match self.dice.below(200) {
            0..2 => {
                self.calm_later();
                self.tell("the store is crowded", Input::Crowded(true))
            }
            2..4 => {
                self.calm_later();
                self.tell("drain", Input::Drain(true))
            }
            4..8 => {
                self.edition += 1;
                let setup = house::setup(&self.weather, self.seed, self.edition);
                self.tell("another configuration", Input::Setup(Box::new(setup)))
            }
            8 => {
                self.clock_set +=
                    self.dice.pick(&[-86_400_000, -3_600_000, -900, 900, 3_600_000, 86_400_000]);
                self.say(|| "the wall clock is set".into());
                Ok(())
            }
            12..16 => {
                self.stranger();
                Ok(())
            }
            9..12 => {
                self.something_fails();
                Ok(())
            }
            16..32 => self.send_out(),
            _ => {
                let order = self.any_order();
                self.order(order)
            }
        }
    }

    fn calm_later(&mut self) {
        let wait = self.dice.ms(200, 6_000);
        self.later(wait, Thing::Calm);
    }

    /// Full store and drain are over.
    pub fn calm(&mut self) -> Result<(), String> {
        self.tell("the store has room again", Input::Crowded(false))?;
        self.tell("no drain any more", Input::Drain(false))
    }

    pub fn order(&mut self, order: Order) -> Result<(), String> {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.watch.ordered(request);
        self.say(|| format!("order {order:?}"));
        self.tell("", Input::Order(request, order))
    }

    /// Somebody sends what nobody asked for, from nowhere, from the trunk's network or from the phones'.
    fn stranger(&mut self) {
        let net = self.dice.pick(&[[203, 0, 113, 7], [10, 9, 77, 77], [10, 1, 9, 9]]);
        let method = self.dice.pick(&["OPTIONS", "REGISTER", "INVITE", "BYE", "CANCEL", "ACK", "SUBSCRIBE"]);
        let user = self.dice.pick(&["op1", "d1", "13800000000", "x"]);
        let (n, from) = (self.dice.below(1 << 40), SocketAddr::from((net, 5060)));
        let text = format!(
            "{method} sip:89000@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{n};rport\r\n\
             From: <sip:{user}@{REALM}>;tag={n}\r\nTo: <sip:{user}@{REALM}>\r\nCall-ID: {n}\r\nCSeq: 1 {method}\r\n\
             Authorization: Digest username=\"{user}\", realm=\"{REALM}\", nonce=\"1\", uri=\"sip:x\", response=\"0\"\r\n\
             Contact: <sip:{user}@{from}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        self.later(Duration::from_millis(1), Thing::ToHouse(Flow::udp(HOUSE, from), text.into_bytes()));
    }

    /// The house is shut down: nothing new comes in, and every call is ended.
    pub fn shut_down(&mut self) -> Result<(), String> {
        self.tell("drain", Input::Drain(true))?;
        for call in self.watch.live() {
            self.order(Order::HangUp(call))?;
        }
        match self.watch.live().is_empty() {
            true => Ok(()),
            false => Err("calls go on after the shutdown".into()),
        }
    }

    fn any_order(&mut self) -> Order {
        let live = self.watch.live();
        let stranger = live.is_empty() || self.dice.permille(20);
        let call = if stranger { STRANGER } else { self.dice.pick(&live) };
        let on = self.dice.permille(500);
        match self.dice.below(100) {
            0..22 => self.bridge(call),
            22..29 => Order::Merge(call),
            29..34 => Order::Drop(call),
            34..40 => Order::Leave(call),
            40..48 => Order::Hold(call, on),
            48..52 => Order::Mute(call, on),
            52..55 => Order::Survey(call),
            55..60 => Order::Emergency(call, self.dice.pick(&[110, 119, 120, 122, 911])),
            60..66 => Order::Recall(call),
            66..70 => Order::Recording(call, on),
            70..72 => Order::HangUp(call),
            72..82 => {
                let staff = StaffNo(self.dice.pick(&STAFF).into());
                let state = self.dice.weigh(&[
                    (60, AgentState::Ready),
                    (15, AgentState::Break),
                    (10, AgentState::Off),
                    (5, AgentState::WrapUp),
                    (5, AgentState::Ringing),
                    (5, AgentState::Talking),
                ]);
                Order::Agent(staff, state)
            }
            82..88 => self.screen(call),
            88..96 => Order::ListCalls,
            _ => Order::ListAgents,
        }
    }

    /// What only screens order.
    fn screen(&mut self, call: CallId) -> Order {
        let by = self.dice.permille(300).then(|| StaffNo("2001".into()));
        let modes = [Some(Supervision::Listen), Some(Supervision::Whisper), Some(Supervision::Barge), None];
        match self.dice.below(6) {
            0 => Order::Accept { call, by },
            1 => Order::Decline { call, by, reason: DeclineReason::Serving },
            2 | 3 => Order::Supervise { call, by: StaffNo("9001".into()), mode: self.dice.pick(&modes) },
            4 => Order::Outcome(Box::new(Stated {
                call,
                outcome: Outcome::OnSpot,
                case: None,
                service: None,
                note: Pii::default(),
                by: "1001".into(),
            })),
            _ => {
                let (now, until) = (self.clock().utc_ms, self.dice.permille(500));
                let desk = DeskNo(self.dice.pick(&DESKS).parse().unwrap());
                Order::CloseDesk { desk, until: until.then_some(now + 600_000), reason: "training".into() }
            }
        }
    }

    fn bridge(&mut self, call: CallId) -> Order {
        let to = match self.dice.below(10) {
            0..6 => Wanted::Desk(DeskNo(self.dice.pick(&DESKS).parse().unwrap())),
            6..8 => Wanted::Service(ServiceCode(self.dice.pick(&SERVICES).into())),
            8 => Wanted::Address(Address::Number(Pii::new(self.dice.pick(&[OUTSIDE, "05350000000"])))),
            _ => Wanted::Address(Address::Phone(self.dice.pick(&["op2", "d1", "lead", "nobody"]).into())),
        };
        let mode = if self.dice.permille(500) { Mode::Consult } else { Mode::Bridge };
        let override_reason = self.dice.permille(300).then(|| "urgent".into());
        Order::Bridge { call, to, mode, case: None, override_reason }
    }
}
