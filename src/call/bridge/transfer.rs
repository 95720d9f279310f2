//! A desk phone's own transfer key in a house of rooms: the other is brought in, and who pressed the key leaves when it accepted.
//!
//! A blind transfer is a bridge order. An attended one begins with a second call of the operator's phone to somebody of the
//! house: that is a private talk in the room of the call that it has on hold, with the second call as the operator's voice.

use crate::action::{Action, Group, Refusal, SeatRole, Transferred};
use crate::call::{Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::{Mode, Transfer};
use crate::house::Cx;
use crate::ids::{Address, DeskNo, LegId, Name, ServiceCode};
use crate::leg::{Leg, LegState};

use super::{Left, Target};

impl Call {
    /// A phone in this call wants it transferred.
    pub(crate) fn transfer(&mut self, cx: &mut Cx<'_>, id: LegId, what: Transfer) {
        let done = match what {
            Transfer::To(name) => self.transfer_to(cx, id, &name),
            Transfer::With(Some(other)) => self.transfer_with(cx, id, other),
            Transfer::With(None) => Err(Cause::new(Side::Network, Reason::Invalid)),
            Transfer::Outside => Err(OUTSIDE),
        };
        if let Err(cause) = done {
            self.event(cx, "leg.transfer", Some(id), Some(cause), "");
            self.tell_transfer(cx, id, Transferred::Failed(cause));
        }
    }

    /// Blind: the other is looked for while the talk goes on.
    fn transfer_to(&mut self, cx: &mut Cx<'_>, id: LegId, name: &Name) -> Result<(), Cause> {
        self.may_transfer(id)?;
        if let Some(line) = self.plan.emergency.iter().find(|l| *l.number.to_string() == **name) {
            // Help comes, and who called it stays: the key's owner is told that they are not let go.
            let number = line.number;
            self.emergency(cx, number).map_err(|refusal| verdict(&refusal))?;
            return Err(Cause::new(Side::House, Reason::Declined));
        }
        let target = self.target(name).ok_or(OUTSIDE)?;
        if self.hunt.is_some() || self.aside.is_some() || self.desk.is_some_and(|desk| desk != id) {
            return Err(verdict(&Refusal::SeatTaken));
        }
        self.may_bring(cx, &target, false).map_err(|refusal| verdict(&refusal))?;
        self.event(cx, "leg.transfer", Some(id), None, format!("to={name}"));
        self.tell_transfer(cx, id, Transferred::Trying);
        self.transfer = Some(id);
        self.park_off(cx);
        self.start_hunt(cx, target, Mode::Bridge, false);
        Ok(())
    }

    /// Attended: the two calls of the operator's phone become one room, without the operator.
    fn transfer_with(&mut self, cx: &mut Cx<'_>, id: LegId, other: LegId) -> Result<(), Cause> {
        let unknown = Cause::new(Side::Network, Reason::Invalid);
        let (Some(operator), Some(aside)) = (self.operator, self.aside) else { return Err(unknown) };
        if self.stage != Stage::Talk || ![(operator, aside), (aside, operator)].contains(&(id, other)) {
            return Err(unknown);
        }
        self.event(cx, "leg.transfer", Some(id), None, "with=second call");
        self.tell_transfer(cx, id, Transferred::Trying);
        if self.desk.is_some() {
            self.transfer = Some(id);
            self.bridged(cx);
            self.transferred(cx);
        } else if self.hunt.is_some() {
            // Nobody has accepted yet: from here as if it had been blind, on the call that is up.
            self.transfer = Some(operator);
            self.let_aside_go(cx, Cause::new(Side::House, Reason::Cancelled));
            self.hunt_openly(cx);
        }
        Ok(())
    }

    /// Operators and desks of a talk may; citizens and emergency services move nobody.
    fn may_transfer(&self, id: LegId) -> Result<(), Cause> {
        let role = self.legs.get(&id).filter(|l| l.state == LegState::Up).map(|l| l.role);
        let staff = self.operator == Some(id) || self.desk == Some(id);
        match role {
            Some(SeatRole::Citizen | SeatRole::Emergency) | None => {
                Err(Cause::new(Side::House, Reason::NotAllowed))
            }
            Some(SeatRole::Operator | SeatRole::Supervisor | SeatRole::Desk | SeatRole::Liaison) => {
                let now = self.stage == Stage::Talk && staff && self.transfer.is_none();
                if now { Ok(()) } else { Err(Cause::new(Side::House, Reason::Busy)) }
            }
        }
    }

    /// Who of the house is meant: a window by its three digits, a service by its code, a person by staff number or phone.
    fn target(&self, name: &Name) -> Option<Target> {
        let three = name.len() == 3 && name.bytes().all(|b| b.is_ascii_digit());
        let desk = if three { name.parse().ok().map(DeskNo) } else { None };
        if let Some(no) = desk.filter(|no| self.plan.desks.contains_key(no)) {
            return Some(Target::Desk(no));
        }
        let code = ServiceCode(Name::clone(name));
        if self.plan.services.contains_key(&code) {
            return Some(Target::Service(code));
        }
        self.plan.phone_of(name).map(Target::Address)
    }

    /// What became of a transfer, for the phone that asked for it.
    pub(crate) fn tell_transfer(&mut self, cx: &mut Cx<'_>, id: LegId, news: Transferred) {
        if self.legs.get(&id).is_some_and(Leg::alive) {
            cx.act(Action::Transferred(id, news));
        }
    }

    /// The other has joined: who transferred leaves.
    pub(crate) fn transferred(&mut self, cx: &mut Cx<'_>) {
        let Some(by) = self.transfer.take() else { return };
        self.tell_transfer(cx, by, Transferred::Done);
        let cause = Cause::new(Side::Operator, Reason::Normal);
        match self.operator.filter(|operator| *operator == by || self.aside == Some(by)) {
            Some(operator) => {
                self.let_aside_go(cx, cause);
                self.hang_up(cx, operator, cause);
                self.operator = None;
                self.event(cx, "room.reduced", None, None, "");
                self.follow(cx, Left::OnPurpose, cause);
            }
            None => {
                self.hang_up(cx, by, Cause::new(Side::Callee, Reason::Normal));
                self.event(cx, "room.reduced", None, None, "");
            }
        }
    }

    /// Nobody took the call: who wanted to transfer it keeps it.
    pub(crate) fn not_transferred(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        if let Some(by) = self.transfer.take() {
            self.tell_transfer(cx, by, Transferred::Failed(cause));
        }
    }

    /// The operator's phone calls somebody of the house while it has this call on hold.
    pub(crate) fn aside_offered(&mut self, cx: &mut Cx<'_>, id: LegId, name: &Name) {
        let Some(party) = self.operator.and_then(|o| self.legs.get(&o)).map(|l| l.party.clone()) else {
            return cx.act(Action::HangUp(id, Cause::new(Side::House, Reason::NotAllowed)));
        };
        cx.house.legs.insert(id, self.id);
        self.legs.insert(id, Leg::new(cx.now, self.id, id, SeatRole::Operator, party, 1));
        self.event(cx, "leg.aside", Some(id), None, format!("to={name}"));
        let asked = self.may_consult(cx, name);
        let before = self.aside.replace(id);
        match asked {
            Ok(target) => {
                cx.act(Action::Ringing(id));
                self.park_off(cx);
                self.start_hunt(cx, target, Mode::Consult, false);
            }
            Err(cause) => {
                self.let_aside_go(cx, cause);
                self.aside = before;
            }
        }
    }

    fn may_consult(&self, cx: &Cx<'_>, name: &Name) -> Result<Target, Cause> {
        let emergency = |l: &Leg| l.role == SeatRole::Emergency && l.alive();
        let taken = self.hunt.is_some() || self.desk.is_some() || self.aside.is_some();
        // An emergency service must hear the citizen: no private talk beside it.
        if self.stage != Stage::Talk || taken || self.legs.values().any(emergency) {
            return Err(verdict(&Refusal::SeatTaken));
        }
        let target = self.target(name).ok_or(OUTSIDE)?;
        self.may_bring(cx, &target, false).map_err(|refusal| verdict(&refusal))?;
        Ok(target)
    }

    /// The desk of a private talk has accepted: the operator's second call is picked up.
    pub(crate) fn pick_up_aside(&mut self, cx: &mut Cx<'_>) {
        let Some(id) = self.aside else { return };
        let Some(leg) = self.legs.get_mut(&id).filter(|l| l.is_ringing()) else { return };
        leg.state = LegState::Up;
        leg.row.answered_at = Some(cx.now.utc_ms);
        cx.act(Action::Answer(id));
        self.place(cx, id, Group::Private);
    }

    /// The operator's second call has no purpose any more.
    pub(crate) fn let_aside_go(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        if let Some(id) = self.aside {
            self.hang_up(cx, id, cause);
            self.aside = None;
        }
    }

    /// The operator hung their second call up: the private talk is over.
    pub(crate) fn aside_ended(&mut self, cx: &mut Cx<'_>, id: LegId, cause: Cause) {
        self.stand_up(cx, id, cause, false);
        self.aside_is_over(cx);
    }

    /// The leg of the operator's second call is over.
    pub(crate) fn aside_is_over(&mut self, cx: &mut Cx<'_>) {
        self.aside = None;
        if self.consult {
            // Nothing to drop: then there is nothing to do.
            let _ = self.drop_desk(cx);
        }
    }

    /// The phone is diverted: another phone of the house is rung in its place, nobody outside ever is.
    pub(crate) fn redirected(&mut self, cx: &mut Cx<'_>, id: LegId, to: Option<&Name>) {
        let Some(leg) = self.legs.get(&id).filter(|l| l.is_ringing()) else { return };
        let called = matches!(leg.role, SeatRole::Desk | SeatRole::Liaison);
        let (staff, desk, seat) = (leg.party.staff.clone(), leg.party.desk, leg.role);
        let phone = to.and_then(|name| self.plan.phone_of(name));
        let followed = match (phone, &mut self.hunt) {
            (Some(address), Some(hunt)) if called && hunt.rings(id) => {
                hunt.divert(staff, desk, address, seat);
                true
            }
            (Some(_) | None, _) => false,
        };
        let cause = if followed { Cause::new(Side::Callee, Reason::Absent) } else { OUTSIDE };
        self.leg_failed(cx, id, cause);
    }
}

/// Outside the house, or nobody of it.
const OUTSIDE: Cause = Cause::new(Side::House, Reason::Outside);

/// A refused order as a verdict.
fn verdict(refusal: &Refusal) -> Cause {
    let reason = match refusal {
        Refusal::NoSuchCall | Refusal::NoSuchTarget => Reason::Invalid,
        Refusal::DeskClosed { .. } => Reason::Closed,
        Refusal::WrongStage { .. } | Refusal::SeatTaken => Reason::Busy,
        Refusal::NotAllowed => Reason::Outside,
        Refusal::NoPhone => Reason::Absent,
        Refusal::OutcomeDue => Reason::Busy,
    };
    Cause::new(Side::House, reason)
}

impl crate::plan::Plan {
    /// The phone of a person of the house, by staff number or by the phone's own name.
    pub(crate) fn phone_of(&self, name: &str) -> Option<Address> {
        let desks = self.desks.values().flat_map(|d| &d.members);
        let contacts = self.units.values().flat_map(|u| &u.contacts);
        let called = desks.chain(contacts).map(|m| (&m.staff, &m.address));
        let everybody = self.operators.iter().map(|o| (&o.staff, &o.address)).chain(called);
        let is = |staff: &crate::ids::StaffNo, address: &Address| match address {
            Address::Phone(user) => **user == *name || *staff.0 == *name,
            Address::Number(_) => false,
        };
        everybody.filter(|(staff, address)| is(staff, address)).map(|(_, address)| address.clone()).next()
    }
}
