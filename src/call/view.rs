//! A call as a screen shows it, and what must always hold of it.

use crate::action::{Group, SeatRole};
use crate::board::{CallView, SeatView};
use crate::call::{Call, Stage};
use crate::event::Supervision;
use crate::hotline::Broken;
use crate::house::House;
use crate::ids::LegId;
use crate::leg::{Leg, LegState};

impl Call {
    /// The stage's word.
    pub(crate) fn word(&self) -> &'static str {
        match self.stage {
            Stage::Arriving | Stage::Opening | Stage::Lobby if self.recovering => "recover",
            Stage::Arriving | Stage::Opening | Stage::Lobby if self.wait.is_some() => "queue",
            Stage::Arriving | Stage::Opening | Stage::Lobby => "greeting",
            Stage::Talk if self.recovering => "recover",
            Stage::Talk if self.consult => "consult",
            Stage::Talk if self.hunt.is_some() => "ringing",
            Stage::Talk => match (self.operator.is_some(), self.desk.is_some()) {
                (true, true) => "three",
                (true, false) | (false, false) => "talk",
                (false, true) => "talk_desk",
            },
            Stage::Errand if self.wait.is_some() => "queue",
            Stage::Errand => "errand",
            Stage::Debrief => "debrief",
            Stage::Survey => "survey",
            Stage::Message => "message",
            Stage::Closing | Stage::Farewell | Stage::Over => "ending",
        }
    }

    pub(crate) fn view(&self, house: &House) -> CallView {
        let position = self.wait.as_ref().map(|w| house.queue.ahead(w.ticket).saturating_add(1));
        let alive = || self.legs.values().filter(|l| l.alive());
        let rung = alive().filter(|l| l.role == SeatRole::Desk).find_map(|l| l.party.desk);
        CallView {
            call: self.id,
            stage: self.word(),
            caller: self.row.caller.number.masked(),
            tail: self.row.case.as_ref().unwrap_or(&self.row.caller.number).tail(4),
            lang: self.lang(),
            offered_at: self.row.offered_at,
            answered_at: self.row.answered_at,
            queued_at: self.wait.as_ref().map(|w| w.since_utc),
            position,
            service: self.service.clone(),
            desk: rung.or(self.prefilled),
            case: self.row.case.clone(),
            urgent: self.row.urgent,
            operator: self.row.operator.clone(),
            declined: self.declined.clone(),
            seats: alive().map(|leg| self.seat_view(leg)).collect(),
        }
    }

    fn seat_view(&self, leg: &Leg) -> SeatView {
        let party = match (leg.party.desk, &leg.party.staff) {
            (Some(desk), _) => desk.to_string(),
            (None, Some(staff)) => staff.0.to_string(),
            (None, None) => String::new(),
        };
        SeatView {
            leg: leg.id,
            role: leg.role,
            party,
            staff: leg.party.staff.clone(),
            desk: leg.party.desk,
            state: seat_word(leg),
            since: leg.since,
            muted: leg.muted,
            held: leg.held.is_some() || (leg.id == self.citizen && self.parked),
        }
    }

    /// A leg that nothing in the call knows of: whoever is rung is looked for, whoever is up has their place.
    fn is_stray(&self, leg: &Leg) -> bool {
        let rung = self.wait.as_ref().and_then(|w| w.ringing);
        match (leg.role, leg.state) {
            (SeatRole::Citizen | SeatRole::Emergency, _) => false,
            // Beside the call, never in a private talk.
            _ if leg.watch.is_some() => matches!(leg.seat, Some(Group::Private | Group::Alone)),
            (_, LegState::Parting(_) | LegState::TakenBack | LegState::Over) => false,
            (SeatRole::Operator | SeatRole::Supervisor, _) if self.aside == Some(leg.id) => false,
            (SeatRole::Operator | SeatRole::Supervisor, LegState::Invited | LegState::Ringing) => {
                rung != Some(leg.id)
            }
            (SeatRole::Operator | SeatRole::Supervisor, _) => self.operator != Some(leg.id),
            (SeatRole::Desk | SeatRole::Liaison, LegState::Up) => self.desk != Some(leg.id),
            (SeatRole::Desk | SeatRole::Liaison, _) => {
                !self.hunt.as_ref().is_some_and(|hunt| hunt.rings(leg.id)) && !self.is_contact(leg.id)
            }
        }
    }

    /// What must hold after each event.
    pub(crate) fn check(&self) -> Result<(), Broken> {
        if self.is_over() {
            return Err(Broken::Undead(self.id));
        }
        let ghost = self.legs.values().find(|l| l.seat.is_some() && !l.alive());
        if let Some(leg) = ghost {
            return Err(Broken::GhostSeat(leg.id));
        }
        if let Some(leg) = self.legs.values().find(|l| self.is_stray(l)) {
            return Err(Broken::Stray(leg.id));
        }
        // A second call lives beside a first one, and a transfer as long as somebody is looked for.
        let alive = |id: LegId| self.legs.get(&id).is_some_and(Leg::alive);
        if let Some(id) = self.aside.filter(|id| !alive(*id) || !self.operator.is_some_and(alive)) {
            return Err(Broken::Stray(id));
        }
        if let Some(id) = self.transfer.filter(|id| !alive(*id) || self.hunt.is_none()) {
            return Err(Broken::Stray(id));
        }
        let somebody = self.legs.values().any(Leg::alive);
        if !somebody && self.next_timeout().is_none() && !self.mailbox.is_taking() {
            return Err(Broken::Stuck(self.id));
        }
        Ok(())
    }
}

fn seat_word(leg: &Leg) -> &'static str {
    match (leg.state, leg.seat) {
        (LegState::Invited, _) => "invited",
        (LegState::Ringing, _) => "ringing",
        (LegState::Whisper(..) | LegState::Reason | LegState::Parting(_), _) => "whisper",
        _ if leg.watch == Some(Supervision::Listen) => "listening",
        _ if leg.watch == Some(Supervision::Whisper) => "coaching",
        (_, _) if leg.held.is_some() => "held",
        (_, Some(Group::Private)) => "private",
        (_, Some(Group::Alone)) => "held",
        (_, Some(Group::Main | Group::Beside(_)) | None) => "joined",
    }
}
