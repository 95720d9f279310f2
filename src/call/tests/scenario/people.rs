//! What people and phones do, as events for the core.

use std::sync::Arc;
use std::time::Duration;

use call::action::SeatRole;
use call::cause::{Cause, Reason, Side};
use call::cdr::Outcome;
use call::event::{
    AgentState, Caller, DeclineReason, Key, LegEvent, MessageEnd, Mode, Offer, Order, Source, Stated,
    Supervision, Transfer, Wanted,
};
use call::ids::{Address, DeskNo, Pii, RequestId, ServiceCode, StaffNo};
use call::{CallId, Event, LegId};

use super::plans;
use super::script::Deed;
use super::seen::CallSeen;
use super::time::utc_ms;
use super::world::{Leg, Way, World};

/// Between two keys of one `keys` step.
const KEY_PAUSE: Duration = Duration::from_millis(100);
/// A voice message ends after so much silence.
const SILENCE: Duration = Duration::from_secs(5);

impl World {
    /// One step's deed; `Err` when nobody is there to do it.
    pub fn act(&mut self, deed: &Deed) -> Result<(), String> {
        match deed {
            Deed::Wait => {}
            Deed::Dials { who, to, from, withheld } => self.dial(who, to, from.as_deref(), *withheld),
            Deed::Calls { who, words } => self.send_out(who, words)?,
            Deed::DialsIn { who, citizen, from } => self.dial_in(who, citizen, from),
            Deed::Keys(who, keys) => self.press(who, keys)?,
            Deed::Answers(who) => self.answer(who, Way::Ringing)?,
            Deed::AnswersLate(who) => self.answer(who, Way::TakenBack)?,
            Deed::Replies(who, status) => {
                let leg = self.find_leg(who, Way::Ringing)?;
                self.fail(leg, Cause::from_sip(*status));
            }
            Deed::HangsUp(who) => self.hangs_up(who)?,
            Deed::Holds(who, on) => {
                let event = if *on { LegEvent::Hold } else { LegEvent::Unhold };
                self.tell_leg(who, event)?;
            }
            Deed::Transfers(who, to) => self.transfer(who, to)?,
            Deed::Consults(who, to) => self.consult(who, to)?,
            Deed::Points(who, to) => {
                let leg = self.find_leg(who, Way::Ringing)?;
                self.set_way(leg, Way::Down);
                self.tell(Event::Redirected(leg, to.as_deref().map(Into::into)));
            }
            Deed::Unrecorded(who) => {
                let leg = self.find_leg(who, Way::Up)?;
                let call = self.legs.get(&leg).map(|leg| leg.call).ok_or("no call")?;
                self.tell(Event::NotRecorded(call, "disk_full"));
            }
            Deed::Moves(who) => self.tell_leg(who, LegEvent::Moved)?,
            Deed::LosesMedia(who, lost) => {
                let event = if *lost { LegEvent::MediaLost } else { LegEvent::MediaBack };
                self.tell_leg(who, event)?;
            }
            Deed::StopsSpeaking(who) => {
                let leg = self.find_leg(who, Way::Up)?;
                self.message_ends_later(leg, SILENCE, MessageEnd::Silence);
            }
            Deed::Registers(phone, here) => self.register(phone, *here),
            Deed::Orders(who, words) => self.order(who.as_deref(), words)?,
            Deed::Drains(on) => self.tell(Event::Drain(*on)),
            Deed::Elsewhere(staff) => {
                self.tell(Event::Elsewhere(staff.iter().map(|no| StaffNo(no.as_str().into())).collect()));
            }
            Deed::PlanChanges(name, sets) => {
                let mut plan = plans::named(name).ok_or_else(|| format!("no plan {name}"))?;
                sets.iter().try_for_each(|(_, key, value)| plans::set(&mut plan, key, value))?;
                self.tell(Event::PlanChanged(Arc::new(plan)));
            }
            Deed::StoreAway(away) => self.store.away = *away,
        }
        Ok(())
    }

    fn dial(&mut self, who: &str, to: &str, from: Option<&str>, withheld: bool) {
        let id = CallId(self.calls.len() as u128 + 1);
        let leg = self.hotline.mint_leg();
        let usual = format!("138{:08}", self.calls.len() + 1);
        let number = if withheld { "" } else { from.unwrap_or(&usual) };
        self.calls.push(CallSeen::new(who, id, leg, number));
        let new = Leg { call: id, name: who.to_owned(), role: SeatRole::Citizen, way: Way::Ringing };
        self.legs.insert(leg, new);
        let number = Pii::new(number);
        self.tell(Event::Offered(Offer {
            call: id,
            leg,
            from: Caller { raw: number.clone(), number, withheld, ..Caller::default() },
            to: to.into(),
            source: Source::Trunk("city".into()),
            sip_call_id: format!("{who}@trunk.example").into(),
            codec: "PCMA".into(),
            refuse: None,
        }));
    }

    /// The newest leg of this name that has come so far.
    fn find_leg(&self, who: &str, way: Way) -> Result<LegId, String> {
        let fits = |leg: &Leg| leg.name == who && leg.way == way;
        let newest = self.legs.iter().rev().find(|(_, leg)| fits(leg));
        newest.map(|(leg, _)| *leg).ok_or_else(|| format!("{who} has no leg that is {way:?}"))
    }

    fn tell_leg(&mut self, who: &str, event: LegEvent) -> Result<(), String> {
        let leg = self.find_leg(who, Way::Up)?;
        self.tell(Event::Leg(leg, event));
        Ok(())
    }

    fn transfer(&mut self, who: &str, to: &[String]) -> Result<(), String> {
        let leg = self.find_leg(who, Way::Up)?;
        let words: Vec<&str> = to.iter().map(String::as_str).collect();
        let what = match words.as_slice() {
            ["to", name] => Transfer::To((*name).into()),
            ["outside"] => Transfer::Outside,
            ["with", "nobody"] => Transfer::With(None),
            ["with", other] => {
                let up = self.find_leg(other, Way::Up);
                Transfer::With(Some(up.or_else(|_| self.find_leg(other, Way::Ringing))?))
            }
            _ => return Err("transfers to whom?".to_owned()),
        };
        self.tell(Event::Transfer(leg, what));
        Ok(())
    }

    fn consult(&mut self, who: &str, to: &str) -> Result<(), String> {
        let beside = self.hotline.room_for_aside(who).ok_or("has no one call to be beside")?;
        let call = self.legs.get(&beside).map(|l| l.call).ok_or("no such leg")?;
        let leg = self.hotline.mint_leg();
        let new = Leg { call, name: format!("{who}-2"), role: SeatRole::Operator, way: Way::Ringing };
        self.legs.insert(leg, new);
        self.tell(Event::Aside { leg, beside, to: to.into() });
        Ok(())
    }

    fn answer(&mut self, who: &str, way: Way) -> Result<(), String> {
        let leg = self.find_leg(who, way)?;
        self.set_way(leg, Way::Up);
        self.tell(Event::Leg(leg, LegEvent::Answered));
        Ok(())
    }

    fn hangs_up(&mut self, who: &str) -> Result<(), String> {
        let up = self.find_leg(who, Way::Up);
        let talked = up.is_ok();
        let leg = up.or_else(|_| self.find_leg(who, Way::Ringing))?;
        let side = match self.legs.get(&leg).map(|l| l.role) {
            Some(SeatRole::Citizen) => Side::Citizen,
            Some(SeatRole::Operator) => Side::Operator,
            _ => Side::Callee,
        };
        self.set_way(leg, Way::Down);
        let reason = if talked { Reason::Normal } else { Reason::GaveUp };
        self.tell(Event::Leg(leg, LegEvent::Ended(Cause::new(side, reason))));
        Ok(())
    }

    fn press(&mut self, who: &str, keys: &[Key]) -> Result<(), String> {
        // A key by SIP INFO may overtake the answer.
        let leg = self.find_leg(who, Way::Up).or_else(|_| self.find_leg(who, Way::Ringing))?;
        let mut after = Duration::ZERO;
        for key in keys {
            if after.is_zero() {
                self.tell(Event::Key(leg, *key));
            } else {
                self.tell_later(after, Event::Key(leg, *key));
            }
            after += KEY_PAUSE;
        }
        if self.takes_message(leg) {
            self.message_ends_later(leg, Duration::ZERO, MessageEnd::Stopped);
        }
        Ok(())
    }

    fn order(&mut self, who: Option<&str>, words: &[String]) -> Result<(), String> {
        let call = match who {
            Some(who) => self.calls.iter().find(|c| c.name == who).map_or(CallId(u128::MAX), |c| c.id),
            None => self.calls.first().map_or(CallId(u128::MAX), |c| c.id),
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let order = read_order(call, &words).ok_or_else(|| format!("no such order: {}", words.join(" ")))?;
        self.send_order(order);
        Ok(())
    }

    /// Sends an order and remembers that it wants an answer.
    pub fn send_order(&mut self, order: Order) {
        let request = RequestId(self.requests.len() as u64 + 1);
        self.requests.insert(request, 0);
        self.tell(Event::Order(request, order));
    }
}

fn read_order(call: CallId, words: &[&str]) -> Option<Order> {
    Some(match words {
        ["bridge", rest @ ..] => bridge(call, Mode::Bridge, rest)?,
        ["consult", rest @ ..] => bridge(call, Mode::Consult, rest)?,
        ["merge"] => Order::Merge(call),
        ["drop"] => Order::Drop(call),
        ["leave"] => Order::Leave(call),
        ["hold"] => Order::Hold(call, true),
        ["retrieve"] => Order::Hold(call, false),
        ["mute"] => Order::Mute(call, true),
        ["unmute"] => Order::Mute(call, false),
        ["survey"] => Order::Survey(call),
        ["emergency", number] => Order::Emergency(call, number.parse().ok()?),
        ["recall"] => Order::Recall(call),
        ["recording", "pause"] => Order::Recording(call, false),
        ["recording", "resume"] => Order::Recording(call, true),
        ["hang", "up"] => Order::HangUp(call),
        ["agent", staff, state] => Order::Agent(StaffNo((*staff).into()), agent_state(state)?),
        ["accept"] => Order::Accept { call, by: None },
        ["accept", "as", staff] => Order::Accept { call, by: Some(StaffNo((*staff).into())) },
        ["decline", reason] => Order::Decline { call, by: None, reason: decline_reason(reason)? },
        ["decline", reason, "as", staff] => {
            Order::Decline { call, by: Some(StaffNo((*staff).into())), reason: decline_reason(reason)? }
        }
        ["supervise", staff, mode] => {
            Order::Supervise { call, by: StaffNo((*staff).into()), mode: supervision(mode)? }
        }
        ["outcome", word, rest @ ..] => stated(call, word, rest)?,
        ["desk", no, "closed", "until", when] => closed(no, Some(utc_ms(when)?))?,
        ["desk", no, "open"] => closed(no, None)?,
        ["board"] => Order::Board,
        ["calls"] => Order::ListCalls,
        ["agents"] => Order::ListAgents,
        _ => return None,
    })
}

fn bridge(call: CallId, mode: Mode, words: &[&str]) -> Option<Order> {
    let (words, case) = match words {
        [words @ .., "about", case] => (words, Some(Pii::new(*case))),
        words => (words, None),
    };
    let (target, reason) = match words {
        [target @ .., "because", reason] => (target, Some((*reason).into())),
        target => (target, None),
    };
    let to = match target {
        ["service", code] => Wanted::Service(ServiceCode((*code).into())),
        ["number", number] => Wanted::Address(Address::Number(Pii::new(*number))),
        ["phone", user] => Wanted::Address(Address::Phone((*user).into())),
        [desk] => Wanted::Desk(DeskNo(desk.parse().ok()?)),
        _ => return None,
    };
    Some(Order::Bridge { call, to, mode, case, override_reason: reason })
}

fn decline_reason(word: &str) -> Option<DeclineReason> {
    use DeclineReason::{Serving, WillCallBack, WrongWindow};
    [Serving, WrongWindow, WillCallBack].into_iter().find(|r| r.word() == word)
}

fn supervision(word: &str) -> Option<Option<Supervision>> {
    use Supervision::{Barge, Listen, Whisper};
    let mode = [Listen, Whisper, Barge].into_iter().find(|m| m.word() == word);
    (mode.is_some() || word == "off").then_some(mode)
}

fn stated(call: CallId, word: &str, rest: &[&str]) -> Option<Order> {
    let outcome = [Outcome::OnSpot, Outcome::Bridged, Outcome::HandedOver, Outcome::CaseOpened];
    let case = match rest {
        [] => None,
        ["about", case] => Some(Pii::new(*case)),
        _ => return None,
    };
    Some(Order::Outcome(Box::new(Stated {
        call,
        outcome: outcome.into_iter().find(|o| o.word() == word)?,
        case,
        service: None,
        note: Pii::default(),
        by: "1001".into(),
    })))
}

fn closed(no: &str, until: Option<i64>) -> Option<Order> {
    Some(Order::CloseDesk { desk: DeskNo(no.parse().ok()?), until, reason: "training".into() })
}

/// The words for operators' states.
pub fn agent_state(word: &str) -> Option<AgentState> {
    Some(match word {
        "off" => AgentState::Off,
        "ready" => AgentState::Ready,
        "break" => AgentState::Break,
        "ringing" => AgentState::Ringing,
        "talking" => AgentState::Talking,
        "wrap-up" => AgentState::WrapUp,
        _ => return None,
    })
}
