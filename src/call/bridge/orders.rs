//! What operators order, by key or from a screen, and when it makes no sense.

use crate::action::{Action, Answer, Group, Hearers, Refusal, Say, SeatRole, Slot, Value};
use crate::call::{Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::{Mode, Order, Wanted};
use crate::house::Cx;
use crate::ids::{Address, LegId, PromptId};
use crate::leg::Party;
use crate::timers::Timer;

use super::{Left, Target};

type Done = Result<(), Refusal>;

impl Call {
    /// Carries out an order about this call.
    pub(crate) fn order(&mut self, cx: &mut Cx<'_>, order: Order) -> Result<Answer, Refusal> {
        match order {
            Order::Bridge { to, mode, case, override_reason, .. } => {
                let before = self.row.case.clone();
                self.row.case = case.or(self.row.case.take());
                let to = match to {
                    Wanted::Desk(no) => Target::Desk(no),
                    Wanted::Service(code) => Target::Service(code),
                    Wanted::Address(address) => Target::Address(address),
                };
                let done = self.bring(cx, to, mode, override_reason.is_some());
                match (&done, override_reason) {
                    (Ok(()), Some(reason)) => {
                        self.event(cx, "room.override", self.operator, None, reason.as_ref())
                    }
                    (Ok(()), None) => {}
                    (Err(_), _) => self.row.case = before,
                }
                done
            }
            Order::Merge(_) => self.merge(cx),
            Order::Drop(_) => self.drop_desk(cx),
            Order::Leave(_) => self.leave(cx),
            Order::Hold(_, on) => self.park(cx, on),
            Order::Mute(_, on) => self.operator.ok_or(self.wrong_stage()).map(|id| self.mute(cx, id, on)),
            Order::Survey(_) => self.end_with_survey(cx),
            Order::Emergency(_, number) => self.emergency(cx, number),
            Order::Recall(_) => {
                if self.recall(cx) {
                    Ok(())
                } else {
                    Err(self.wrong_stage())
                }
            }
            Order::Recording(_, on) => self.pause_recording(cx, on),
            Order::HangUp(_) => {
                self.end(cx, Cause::new(Side::Operator, Reason::Normal));
                Ok(())
            }
            Order::Accept { by, .. } => self.accept(cx, by.as_ref()),
            Order::Decline { by, reason, .. } => self.decline_by(cx, by.as_ref(), reason),
            Order::Supervise { by, mode, .. } => self.supervise(cx, &by, mode),
            // Of no call, or of one that may be over; `hotline.rs` has answered them.
            Order::Agent(..) | Order::CloseDesk { .. } | Order::Outcome(_) => Ok(()),
            Order::ListCalls | Order::ListAgents | Order::Board => Ok(()),
        }
        .map(|()| Answer::Done)
    }

    fn wrong_stage(&self) -> Refusal {
        Refusal::WrongStage { stage: self.word() }
    }

    /// Brings a desk in.
    pub(crate) fn bring(&mut self, cx: &mut Cx<'_>, to: Target, mode: Mode, override_hours: bool) -> Done {
        if self.stage != Stage::Talk || self.operator.is_none() {
            return Err(self.wrong_stage());
        }
        if self.hunt.is_some() || self.desk.is_some() {
            return Err(Refusal::SeatTaken);
        }
        self.may_bring(cx, &to, override_hours)?;
        self.park_off(cx);
        // An emergency service must hear the citizen: no private talk beside it.
        let emergency = |l: &crate::leg::Leg| l.role == SeatRole::Emergency && l.alive();
        let mode = if self.legs.values().any(emergency) { Mode::Bridge } else { mode };
        self.start_hunt(cx, to, mode, override_hours);
        Ok(())
    }

    /// Whether this may be rung now: known, open, allowed.
    pub(super) fn may_bring(&self, cx: &Cx<'_>, to: &Target, override_hours: bool) -> Done {
        match to {
            Target::Desk(no) if !self.plan.desks.contains_key(no) => return Err(Refusal::NoSuchTarget),
            Target::Desk(no) if !override_hours && !self.is_open(cx, *no) => {
                return Err(self.desk_closed(cx, &[*no]));
            }
            Target::Service(code) => {
                let desks =
                    self.plan.services.get(code).map(|s| s.desks.clone()).ok_or(Refusal::NoSuchTarget)?;
                if !override_hours && !desks.iter().any(|no| self.is_open(cx, *no)) {
                    return Err(self.desk_closed(cx, &desks));
                }
            }
            Target::Address(address) => self.may_ring(address)?,
            Target::Desk(_) => {}
        }
        Ok(())
    }

    /// Numbers outside by the allow-list only; phones when somebody of the plan has them.
    fn may_ring(&self, address: &Address) -> Done {
        let known = match address {
            Address::Number(number) => {
                let allowed = self.plan.allows(number.reveal());
                return if allowed { Ok(()) } else { Err(Refusal::NotAllowed) };
            }
            Address::Phone(_) => {
                let desks = self.plan.desks.values().flat_map(|d| &d.members);
                let contacts = self.plan.units.values().flat_map(|u| &u.contacts);
                let operators = self.plan.operators.iter().map(|o| &o.address);
                desks.chain(contacts).map(|m| &m.address).chain(operators).any(|a| a == address)
            }
        };
        if known { Ok(()) } else { Err(Refusal::NoSuchTarget) }
    }

    /// The desk of a private talk joins; one that still rings will, as soon as it accepts.
    pub(crate) fn merge(&mut self, cx: &mut Cx<'_>) -> Done {
        if self.stage != Stage::Talk || !self.is_calling() {
            return Err(self.wrong_stage());
        }
        if self.desk.is_some() {
            self.bridged(cx);
        } else {
            self.hunt_openly(cx);
        }
        Ok(())
    }

    /// Citizen and operator are together again, whoever is rung.
    pub(crate) fn regroup(&mut self, cx: &mut Cx<'_>) {
        self.park_off(cx);
        self.consult = false;
        self.timers.stop(Timer::StillTrying);
        self.place(cx, self.citizen, Group::Main);
        if let Some(operator) = self.operator {
            self.place(cx, operator, Group::Main);
        }
        self.set_background(cx);
        self.ring_back(cx);
    }

    /// The desk goes, or is rung no longer.
    pub(crate) fn drop_desk(&mut self, cx: &mut Cx<'_>) -> Done {
        if self.stage != Stage::Talk {
            return Err(self.wrong_stage());
        }
        if self.hunt.is_some() {
            self.stop_hunt(cx);
            self.back_to_talk(cx);
            return Ok(());
        }
        let desk = self.desk.ok_or(self.wrong_stage())?;
        self.hang_up(cx, desk, Cause::new(Side::Operator, Reason::Normal));
        self.desk_left(cx, desk);
        Ok(())
    }

    /// The operator leaves the citizen with the desk, also with one that is still rung.
    pub(crate) fn leave(&mut self, cx: &mut Cx<'_>) -> Done {
        let operator = self.operator.ok_or(self.wrong_stage())?;
        if self.stage != Stage::Talk || (self.desk.is_none() && self.hunt.is_none()) {
            return Err(self.wrong_stage());
        }
        if self.consult && self.desk.is_some() {
            self.bridged(cx);
        }
        if self.desk.is_some() {
            self.play(cx, Hearers::Main, vec![Say::plain(44)]);
        }
        let cause = Cause::new(Side::Operator, Reason::Normal);
        self.let_aside_go(cx, cause);
        self.transfer = self.transfer.filter(|by| *by != operator);
        self.hang_up(cx, operator, cause);
        self.operator = None;
        self.event(cx, "room.reduced", None, None, "");
        self.follow(cx, Left::OnPurpose, cause);
        Ok(())
    }

    /// The operator's hold: the citizen hears music, alone.
    pub(crate) fn park(&mut self, cx: &mut Cx<'_>, on: bool) -> Done {
        if self.stage != Stage::Talk || self.consult || self.operator.is_none() {
            return Err(self.wrong_stage());
        }
        if on != self.parked {
            self.parked = on;
            self.place(cx, self.citizen, if on { Group::Alone } else { Group::Main });
            self.set_background(cx);
            let citizen = self.citizen;
            self.event(cx, if on { "leg.hold" } else { "leg.unhold" }, Some(citizen), None, "by=operator");
        }
        Ok(())
    }

    pub(super) fn park_off(&mut self, cx: &mut Cx<'_>) {
        if self.parked {
            // It was on hold in a talk, so it can be taken back.
            let _ = self.park(cx, false);
        }
    }

    pub(crate) fn mute(&mut self, cx: &mut Cx<'_>, id: LegId, on: bool) {
        let Some(leg) = self.legs.get_mut(&id).filter(|l| l.muted != on && l.seat.is_some()) else { return };
        leg.muted = on;
        if leg.held.is_none() {
            cx.act(Action::Mute(self.id, id, on));
        }
    }

    /// Everybody but the citizen leaves, and the rating is asked for.
    pub(crate) fn end_with_survey(&mut self, cx: &mut Cx<'_>) -> Done {
        if self.stage != Stage::Talk {
            return Err(self.wrong_stage());
        }
        let cause = Cause::new(Side::Operator, Reason::Normal);
        self.stop_hunt(cx);
        self.let_aside_go(cx, cause);
        for id in self.staff() {
            self.hang_up(cx, id, cause);
        }
        (self.operator, self.desk) = (None, None);
        self.survey(cx, cause);
        Ok(())
    }

    /// An emergency service is brought in; the operator stays. No hours, lists or limits stand against it.
    pub(crate) fn emergency(&mut self, cx: &mut Cx<'_>, number: u16) -> Done {
        let line =
            self.plan.emergency.iter().find(|l| l.number == number).cloned().ok_or(Refusal::NoSuchTarget)?;
        if self.stage != Stage::Talk {
            return Err(self.wrong_stage());
        }
        let word: crate::ids::Name = number.to_string().into();
        let there = |l: &crate::leg::Leg| l.role == SeatRole::Emergency && l.alive() && l.party.word == word;
        if self.legs.values().any(there) {
            return Err(Refusal::SeatTaken);
        }
        self.park_off(cx);
        if self.consult {
            self.merge(cx)?;
        }
        let party = Party { staff: None, desk: None, address: Some(line.address), word: word.clone() };
        let leg = self.ring(cx, SeatRole::Emergency, party, None);
        self.event(cx, "emergency.transfer", Some(leg), None, format!("line={word}"));
        let say = Say::Prompt(PromptId(70), vec![(Slot::Emergency, Value::Emergency(number))]);
        self.play(cx, Hearers::Main, vec![say]);
        Ok(())
    }

    fn pause_recording(&mut self, cx: &mut Cx<'_>, on: bool) -> Done {
        if self.recording.is_none() {
            return Err(self.wrong_stage());
        }
        self.record_on(cx, on);
        Ok(())
    }
}
