//! Events in any order, also ones that make no sense: the invariants hold after each, and every call comes to its end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "scenario/plans.rs"]
#[allow(dead_code)]
mod plans;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use call::action::{Action, Lookup};
use call::cause::{Cause, Reason, Side};
use call::cdr::{Outcome, Record};
use call::errand::{Errand, News, Task};
use call::event::{
    AgentState, Caller, DeclineReason, Key, LegEvent, Message, MessageEnd, Mode, Offer, Order, Source,
    Stated, Supervision, Transfer, Wanted,
};
use call::ids::{Address, CallId, DeskNo, Lang, LegId, Pii, PlayId, RequestId, ServiceCode, Skill, StaffNo};
use call::plan::Member;
use call::{Event, Hotline, Now};
use proptest::prelude::*;

/// One thing that may happen; numbers choose among what is there.
#[derive(Clone, Debug)]
enum Thing {
    Dial { ours: bool, refuse: bool },
    DialIn { phone: bool, number: bool },
    Errand(u8, bool, bool),
    Journal(u8),
    Leg(u8, u8),
    Key(u8, u8),
    Keys(u8, u8),
    Done(u8),
    Message(u8, u32),
    Phone(u8, bool),
    Found(u8, u8),
    Unrecorded(u8),
    Order(u8, u8),
    Transfer(u8, u8),
    Aside(u8, u8),
    Drain(bool),
    Wait(u32),
}

fn thing() -> impl Strategy<Value = Thing> {
    prop_oneof![
        2 => (prop::bool::weighted(0.9), prop::bool::weighted(0.1)).prop_map(|(ours, refuse)| Thing::Dial { ours, refuse }),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(phone, number)| Thing::DialIn { phone, number }),
        1 => (0u8..9, prop::bool::weighted(0.8), any::<bool>())
            .prop_map(|(what, citizen, calling)| Thing::Errand(what, citizen, calling)),
        3 => any::<u8>().prop_map(Thing::Journal),
        10 => (any::<u8>(), 0u8..12).prop_map(|(leg, what)| Thing::Leg(leg, what)),
        10 => (any::<u8>(), 0u8..12).prop_map(|(leg, key)| Thing::Key(leg, key)),
        2 => (any::<u8>(), 0u8..4).prop_map(|(leg, number)| Thing::Keys(leg, number)),
        10 => any::<u8>().prop_map(Thing::Done),
        2 => (any::<u8>(), 0u32..20_000).prop_map(|(leg, ms)| Thing::Message(leg, ms)),
        4 => (any::<u8>(), any::<bool>()).prop_map(|(phone, here)| Thing::Phone(phone, here)),
        3 => (any::<u8>(), 0u8..9).prop_map(|(call, what)| Thing::Found(call, what)),
        1 => any::<u8>().prop_map(Thing::Unrecorded),
        6 => (any::<u8>(), 0u8..28).prop_map(|(call, what)| Thing::Order(call, what)),
        4 => (any::<u8>(), 0u8..10).prop_map(|(leg, what)| Thing::Transfer(leg, what)),
        4 => (any::<u8>(), 0u8..6).prop_map(|(phone, to)| Thing::Aside(phone, to)),
        1 => any::<bool>().prop_map(Thing::Drain),
        6 => (0u32..30_000).prop_map(Thing::Wait),
    ]
}

struct World {
    hotline: Hotline,
    now: Now,
    calls: Vec<CallId>,
    legs: Vec<LegId>,
    plays: Vec<(CallId, PlayId)>,
    phones: Vec<String>,
    final_rows: BTreeMap<CallId, u32>,
    finals: BTreeMap<CallId, u32>,
    open: BTreeSet<LegId>,
    /// Legs that the house rang: only these can fail.
    rung: BTreeSet<LegId>,
    orders: u64,
    replies: u64,
    errands: BTreeSet<CallId>,
    /// How many reports each errand has made, and whether the last one was its end.
    reports: BTreeMap<CallId, (u32, bool)>,
}

impl World {
    fn new() -> Self {
        let mut plan = plans::named("standard").unwrap();
        plans::set(&mut plan, "menus.message", "4").unwrap();
        let mut phones = plans::desk_phones(&plan);
        phones.extend(plan.operators.iter().filter_map(|o| plans::phone(&o.address)));
        let now = Now { mono: Duration::from_secs(5), utc_ms: 1_791_770_400_000 };
        let mut world = Self {
            hotline: Hotline::new(Arc::new(plan), now),
            now,
            calls: Vec::new(),
            legs: Vec::new(),
            plays: Vec::new(),
            phones,
            final_rows: BTreeMap::new(),
            finals: BTreeMap::new(),
            open: BTreeSet::new(),
            rung: BTreeSet::new(),
            orders: 0,
            replies: 0,
            errands: BTreeSet::new(),
            reports: BTreeMap::new(),
        };
        for phone in world.phones.clone() {
            world.tell(Event::Phone { phone: phone.as_str().into(), reachable: true });
        }
        world
    }

    fn tell(&mut self, event: Event) {
        self.hotline.handle(self.now, event);
        while let Some(action) = self.hotline.poll() {
            self.see(action);
        }
        self.hotline.check().unwrap();
    }

    fn see(&mut self, action: Action) {
        match action {
            Action::Ring(ring) => {
                self.legs.push(ring.leg);
                self.open.insert(ring.leg);
                self.rung.insert(ring.leg);
            }
            Action::HangUp(leg, _) | Action::Refuse(leg, ..) => {
                self.open.remove(&leg);
            }
            Action::Play(play) => self.plays.push((play.call, play.play)),
            Action::Record(record) => match *record {
                Record::Ended(row) => {
                    *self.final_rows.entry(row.call).or_default() += 1;
                    assert!(row.outcome.is_some() && row.cause.is_some() && row.ended_at.is_some());
                }
                Record::Event(row) if matches!(row.kind, "call.ended" | "call.abandoned") => {
                    *self.finals.entry(row.call).or_default() += 1;
                }
                Record::Errand(row) => {
                    let (no, over) = self.reports.entry(row.call).or_default();
                    assert!(!*over && row.no == *no + 1, "{row:?} after {no}");
                    (*no, *over) = (row.no, matches!(row.news, News::Over(_)));
                }
                Record::Event(row) => {
                    assert!(!self.final_rows.contains_key(&row.call), "{} after the end", row.kind)
                }
                _ => {}
            },
            Action::Reply(..) => self.replies += 1,
            _ => {}
        }
    }

    fn pick<T: Copy>(list: &[T], at: u8) -> Option<T> {
        // Newer ones more often: they are the ones that are alive.
        let back = usize::from(at) % list.len().clamp(1, 12);
        list.iter().rev().nth(back).copied()
    }

    fn happen(&mut self, thing: Thing) {
        match thing {
            Thing::Dial { ours, refuse } => {
                let to = if ours { "89000" } else { "12345" };
                self.dial(to, Source::Trunk("city".into()), "13800000001", refuse);
            }
            Thing::DialIn { phone, number } => {
                let source = if phone { Source::Phone("d1".into()) } else { Source::Trunk("city".into()) };
                self.dial("05358900010", source, if number { "05351112222" } else { "" }, false);
            }
            Thing::Errand(what, citizen, calling) => self.errand(what, citizen, calling),
            Thing::Journal(at) => {
                if let Some(call) = Self::pick(&self.calls, at) {
                    self.tell(Event::Journaled(call));
                }
            }
            Thing::Leg(at, what) => self.leg(at, what),
            Thing::Key(at, key) => {
                let key = Key::from_char(char::from(b"0123456789*#"[usize::from(key)])).unwrap();
                if let Some(leg) = Self::pick(&self.legs, at) {
                    self.tell(Event::Key(leg, key));
                }
            }
            // Whole numbers, which single keys would hardly ever make.
            Thing::Keys(at, number) => {
                let number = ["261009000012#", "261009000013#", "2001#", "7001#"][usize::from(number)];
                for key in number.chars().filter_map(Key::from_char) {
                    if let Some(leg) = Self::pick(&self.legs, at) {
                        self.tell(Event::Key(leg, key));
                    }
                }
            }
            Thing::Done(at) => {
                if let Some((call, play)) = Self::pick(&self.plays, at) {
                    self.tell(Event::PlayDone(call, play));
                }
            }
            Thing::Message(at, length_ms) => {
                if let Some(leg) = Self::pick(&self.legs, at) {
                    self.tell(Event::MessageTaken(leg, Message { length_ms, ended: MessageEnd::Stopped }));
                }
            }
            Thing::Phone(at, reachable) => {
                let phone = self.phones[usize::from(at) % self.phones.len()].as_str().into();
                self.tell(Event::Phone { phone, reachable });
            }
            Thing::Found(at, what) => self.found(at, what),
            Thing::Unrecorded(at) => {
                if let Some(call) = self.calls.get(usize::from(at) % self.calls.len().max(1)).copied() {
                    self.tell(Event::NotRecorded(call, "disk_full"));
                }
            }
            Thing::Order(at, what) => self.order(at, what),
            Thing::Transfer(at, what) => self.transfer(at, what),
            Thing::Aside(at, to) => self.aside(at, to),
            Thing::Drain(on) => self.tell(Event::Drain(on)),
            Thing::Wait(ms) => self.wait(Duration::from_millis(ms.into())),
        }
    }

    /// The store answers, whatever was asked.
    fn found(&mut self, at: u8, what: u8) {
        let lookup = match what {
            0 => Lookup::CodeNeeded,
            1 => Lookup::NoSuchCase,
            2 => Lookup::TooManyTries,
            3 => Lookup::Unavailable,
            4 => Lookup::NewCase(Pii::new("261012000011")),
            5 => Lookup::Progress {
                case: Pii::new("261012000015"),
                received_at: self.now.utc_ms,
                status: "archived".into(),
                unit: None,
                due_at: None,
                due_provisional: false,
                extended: false,
            },
            _ => Lookup::OfUnit {
                owner: "case/1".into(),
                citizen: Pii::new("13800000001"),
                lang: Lang::En,
                urgent: at.is_multiple_of(2),
            },
        };
        if let Some(call) = Self::pick(&self.calls, at) {
            self.tell(Event::Found(call, lookup));
        }
    }

    fn dial(&mut self, to: &str, source: Source, number: &str, refuse: bool) {
        let call = CallId(self.calls.len() as u128 + 1);
        let leg = self.hotline.mint_leg();
        self.calls.push(call);
        self.legs.push(leg);
        self.open.insert(leg);
        let number = Pii::new(number);
        self.tell(Event::Offered(Offer {
            call,
            leg,
            from: Caller { raw: number.clone(), number, withheld: false, ..Caller::default() },
            to: to.into(),
            source,
            sip_call_id: "x".into(),
            codec: "PCMA".into(),
            refuse: refuse.then(|| Cause::new(Side::Network, Reason::NoCodec)),
        }));
    }

    fn errand(&mut self, what: u8, citizen: bool, calling: bool) {
        let call = CallId(self.calls.len() as u128 + 1);
        self.calls.push(call);
        self.errands.insert(call);
        let member = |no: &str, phone: &str| Member {
            staff: StaffNo(no.into()),
            address: Address::Phone(phone.into()),
        };
        let contact = member("7001", "tax-liaison");
        let what = match what {
            0 => Task::HandOver { contact, staff: vec![StaffNo("1".into()), StaffNo("7001".into())] },
            1 => Task::Remind { contact, minutes: 8 },
            2 => {
                let chain = vec![contact, member("7002", "tax-deputy"), member("9001", "lead")];
                Task::Urgent { chain, rounds: 2, place: "x".into() }
            }
            3 => Task::Reach { contact },
            4 => Task::CallBack {
                since: self.now.utc_ms - 60_000,
                skill: Skill("general".into()),
                operator: citizen.then(|| StaffNo("1002".into())),
            },
            7 => Task::Connect { staff: member("2001", "d1") },
            // An operator who is rung for it on their own phone.
            8 => Task::Connect { staff: member("1001", "op1") },
            5 => Task::Reply { received_at: self.now.utc_ms },
            _ => Task::Echo3 { received_at: self.now.utc_ms, last: citizen },
        };
        // Some of them are just calling themselves.
        let number = if calling { "13800000001" } else { "13800000002" };
        let citizen = citizen.then(|| Pii::new(number));
        let errand = Errand {
            call,
            task: "t".into(),
            what,
            case: Some(Pii::new("261012000015")),
            citizen,
            lang: Lang::Zh,
            urgent: false,
            ring: Duration::from_secs(20),
        };
        self.tell(Event::Errand(Box::new(errand)));
    }

    fn leg(&mut self, at: u8, what: u8) {
        let Some(leg) = Self::pick(&self.legs, at) else { return };
        let event = match what {
            0 | 1 => LegEvent::Ringing,
            2..=4 => LegEvent::Answered,
            5 => LegEvent::Failed(Cause::from_sip(486)),
            6 => LegEvent::Failed(Cause::from_sip(408)),
            7 => LegEvent::Ended(Cause::new(Side::Callee, Reason::Normal)),
            8 => LegEvent::Hold,
            9 => LegEvent::Unhold,
            10 => LegEvent::MediaLost,
            _ => LegEvent::MediaBack,
        };
        if matches!(event, LegEvent::Failed(_)) && !self.rung.contains(&leg) {
            return;
        }
        // What was answered does not fail any more: it ends.
        if event == LegEvent::Answered {
            self.rung.remove(&leg);
        }
        if matches!(event, LegEvent::Failed(_) | LegEvent::Ended(_)) {
            self.open.remove(&leg);
        }
        self.tell(Event::Leg(leg, event));
    }

    fn transfer(&mut self, at: u8, what: u8) {
        let Some(leg) = Self::pick(&self.legs, at) else { return };
        let event = match what {
            0 | 1 => Event::Transfer(leg, Transfer::To("037".into())),
            2 => Event::Transfer(leg, Transfer::To("1002".into())),
            3 => Event::Transfer(leg, Transfer::To("110".into())),
            4 => Event::Transfer(leg, Transfer::Outside),
            5 | 6 => Event::Transfer(leg, Transfer::With(self.legs.last().copied())),
            7 => Event::Transfer(leg, Transfer::With(Self::pick(&self.legs, at.wrapping_add(1)))),
            8 => Event::Leg(leg, LegEvent::Moved),
            _ if self.rung.contains(&leg) => {
                self.redirected(leg);
                return;
            }
            _ => return,
        };
        self.tell(event);
    }

    /// A phone that is still rung points to another one, and its leg is over.
    fn redirected(&mut self, leg: LegId) {
        let ringing = |s: &call::board::SeatView| s.leg == leg && matches!(s.state, "invited" | "ringing");
        if self.hotline.live().iter().flat_map(|view| &view.seats).any(ringing) {
            self.open.remove(&leg);
            self.tell(Event::Redirected(leg, Some("d2".into())));
        }
    }

    /// An operator's phone calls somebody beside the call that it is in.
    fn aside(&mut self, at: u8, to: u8) {
        let phone = self.phones[usize::from(at) % self.phones.len()].clone();
        let Some(beside) = self.hotline.room_for_aside(&phone) else { return };
        let leg = self.hotline.mint_leg();
        self.legs.push(leg);
        self.open.insert(leg);
        let to = ["037", "039", "1002", "999", "110", "d1"][usize::from(to)];
        self.tell(Event::Aside { leg, beside, to: to.into() });
    }

    fn order(&mut self, at: u8, what: u8) {
        let Some(call) = Self::pick(&self.calls, at) else { return };
        let bridge =
            |to, mode| Order::Bridge { call, to, mode, case: None, override_reason: Some("r".into()) };
        let order = match what {
            0 => bridge(Wanted::Desk(DeskNo(37)), Mode::Bridge),
            1 => bridge(Wanted::Desk(DeskNo(39)), Mode::Consult),
            2 => bridge(Wanted::Service(ServiceCode("S-TAX".into())), Mode::Consult),
            3 => Order::Merge(call),
            4 => Order::Drop(call),
            5 => Order::Leave(call),
            6 => Order::Hold(call, at.is_multiple_of(2)),
            7 => Order::Mute(call, at.is_multiple_of(2)),
            8 => Order::Survey(call),
            9 => Order::Emergency(call, 110),
            10 => Order::Recall(call),
            11 => Order::Recording(call, at.is_multiple_of(2)),
            12 => Order::HangUp(call),
            13 => Order::Agent(StaffNo("1001".into()), AgentState::Ready),
            14 => Order::Agent(StaffNo("1002".into()), AgentState::Break),
            15 => Order::ListAgents,
            16 | 17 => Order::Accept { call, by: None },
            18 => Order::Decline { call, by: None, reason: DeclineReason::Serving },
            19..=23 => {
                let by = StaffNo(["9001", "7002", "1001"][usize::from(at) % 3].into());
                let modes =
                    [Some(Supervision::Listen), Some(Supervision::Whisper), Some(Supervision::Barge), None];
                Order::Supervise { call, by, mode: modes[usize::from(what) % 4] }
            }
            24 => Order::Outcome(Box::new(Stated {
                call,
                outcome: Outcome::OnSpot,
                case: None,
                service: None,
                note: Pii::default(),
                by: "1001".into(),
            })),
            25 => {
                let until = at.is_multiple_of(2).then_some(self.now.utc_ms + 600_000);
                Order::CloseDesk { desk: DeskNo(37), until, reason: "r".into() }
            }
            26 => Order::Board,
            _ => Order::ListCalls,
        };
        self.orders += 1;
        self.tell(Event::Order(RequestId(self.orders), order));
    }

    fn wait(&mut self, span: Duration) {
        let until = self.now.mono + span;
        let mut turns = 0;
        while let Some(at) = self.hotline.next_timeout().filter(|at| *at <= until) {
            self.set_clock(at);
            self.tell(Event::Timeout);
            turns += 1;
            assert!(turns < 10_000, "the core never comes to rest");
        }
        self.set_clock(until);
    }

    fn set_clock(&mut self, mono: Duration) {
        let step = mono.saturating_sub(self.now.mono);
        self.now.mono += step;
        self.now.utc_ms += i64::try_from(step.as_millis()).unwrap();
    }

    /// Everybody hangs up.
    fn end(&mut self) {
        for leg in self.open.clone() {
            self.open.remove(&leg);
            self.tell(Event::Leg(leg, LegEvent::Ended(Cause::new(Side::Callee, Reason::Normal))));
        }
        for _ in 0..20 {
            self.wait(Duration::from_secs(60));
            for (call, play) in std::mem::take(&mut self.plays) {
                self.tell(Event::PlayDone(call, play));
            }
            for leg in self.legs.clone() {
                let taken = Message { length_ms: 9_000, ended: MessageEnd::Stopped };
                self.tell(Event::MessageTaken(leg, taken));
                if self.open.remove(&leg) {
                    self.tell(Event::Leg(leg, LegEvent::Failed(Cause::from_sip(480))));
                    self.tell(Event::Leg(leg, LegEvent::Ended(Cause::new(Side::Callee, Reason::Normal))));
                }
            }
        }
    }
}

proptest! {
    // More by hand: PROPTEST_CASES=100000.
    #![proptest_config(ProptestConfig { max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_call_ends_once_and_the_invariants_hold(things in prop::collection::vec(thing(), 1..250)) {
        let mut world = World::new();
        for thing in things {
            world.happen(thing);
        }
        world.end();
        prop_assert_eq!(world.hotline.call_count(), 0, "left: {:?}", world.hotline.live());
        for call in &world.calls {
            prop_assert_eq!((world.final_rows.get(call), world.finals.get(call)), (Some(&1), Some(&1)));
        }
        for call in &world.errands {
            prop_assert!(world.reports.get(call).is_some_and(|(_, over)| *over), "an errand without an end");
        }
        prop_assert_eq!(world.orders, world.replies);
        prop_assert!(world.open.is_empty(), "legs are left: {:?}", world.open);
    }
}
