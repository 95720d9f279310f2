//! The unit dials in (calls.md, "Tasks"): the case, the staff number, then the citizen, joined and recorded like any call back.
//! The caller is the staff's side of an errand that nobody sent out: what comes of it is reported once it is known whose it is.

use std::sync::Arc;

use crate::action::{Action, Group, Hearers, Lookup, Play, Question, Say, SeatRole, Slot, Value};
use crate::call::{Call, Stage};
use crate::case_no;
use crate::cause::{Cause, Reason, Side};
use crate::cdr::CallRow;
use crate::event::{Offer, Source};
use crate::house::Cx;
use crate::ids::{Address, Lang, LegId, Name, Pii, PromptId, StaffNo};
use crate::inquiry::STORE;
use crate::leg::{Leg, LegState, Party};
use crate::plan::Plan;
use crate::timers::Timer;

use super::{Asked, Doing, NOBODY, News, Task};

/// Wrong entries of one call.
const MOST_WRONG: u8 = 3;
/// Who calls in vain hears so.
const NOT_REACHED: u8 = 74;
/// Not verified.
const NOT_VERIFIED: u8 = 73;
const REFUSED: Cause = Cause::new(Side::Callee, Reason::NotAllowed);

impl Call {
    /// A call to the number for units; its first row goes out.
    pub(crate) fn dialled_in(cx: &mut Cx<'_>, plan: Arc<Plan>, offer: &Offer) -> Self {
        let (word, address) = match &offer.source {
            Source::Phone(user) => (user.clone(), Some(Address::Phone(user.clone()))),
            Source::Trunk(name) => (name.clone(), None),
            Source::House => (Name::from(""), None),
        };
        let party = Party { word, address, ..Party::default() };
        let mut leg = Leg::new(cx.now, offer.call, offer.leg, SeatRole::Liaison, party, 1);
        (leg.row.uri_masked, leg.row.codec) = (offer.from.number.masked(), offer.codec.clone());
        cx.house.legs.insert(offer.leg, offer.call);
        let row = CallRow {
            did: offer.to.clone(),
            source: offer.source.clone(),
            sip_call_id: offer.sip_call_id.clone(),
            caller: offer.from.clone(),
            profile: Task::DialIn.word(),
            ..CallRow::begin(offer.call, cx.now.utc_ms, &plan)
        };
        let mut call = Self::blank(cx, plan, row, NOBODY);
        let limits = call.limits();
        let mut doing = Doing::new(cx, limits, Name::from(""), Task::DialIn, None, limits.desk_ring);
        doing.contact = Some((offer.leg, StaffNo("".into())));
        call.errand = Some(Box::new(doing));
        call.legs.insert(offer.leg, leg);
        call.write_first(cx, "call.offered");
        call
    }

    /// Who asked for the call from outside: the citizen, or the unit that dials in.
    pub(crate) fn incoming(&self) -> LegId {
        let contact = self.errand.as_ref().and_then(|doing| doing.contact.as_ref());
        contact.filter(|_| self.citizen == NOBODY).map_or(self.citizen, |(leg, _)| *leg)
    }

    /// A call of a unit that dials in.
    pub(crate) fn is_dial_in(&self) -> bool {
        self.errand.as_ref().is_some_and(|doing| doing.what == Task::DialIn)
    }

    /// The first row is on disk: answered, and asked for the case. Whose tries can't be counted is not asked.
    pub(super) fn answer_unit(&mut self, cx: &mut Cx<'_>) {
        let id = self.incoming();
        cx.act(Action::Ringing(id));
        cx.act(Action::Answer(id));
        self.answered = Some(cx.now.mono);
        self.row.answered_at = Some(cx.now.utc_ms);
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.state = LegState::Up;
            (leg.row.ringing_at, leg.row.answered_at) = (Some(cx.now.utc_ms), Some(cx.now.utc_ms));
        }
        self.event(cx, "call.answered", Some(id), None, "");
        self.desk = Some(id);
        self.open_room(cx);
        self.place(cx, id, Group::Alone);
        self.record_leg(cx, id);
        self.update(cx);
        if self.asker().is_none() {
            return self.part_with(cx, NOT_VERIFIED, REFUSED);
        }
        self.ask_contact(cx, Asked::Case);
    }

    /// By whom wrong tries are counted: the phone of the house, else the number that calls.
    fn asker(&self) -> Option<Pii> {
        match &self.row.source {
            Source::Phone(user) => Some(Pii::new(Name::clone(user))),
            Source::Trunk(_) | Source::House => self.own_number(),
        }
    }

    /// The entry is whole: the case first, then the staff number, then the store knows whether both fit.
    pub(super) fn dialled(&mut self, cx: &mut Cx<'_>, asked: Asked, keyed: Pii) {
        match asked {
            Asked::Case if case_no::valid(keyed.reveal()) => {
                if let Some(doing) = &mut self.errand {
                    doing.case = Some(keyed);
                }
                self.ask_contact(cx, Asked::Number);
            }
            Asked::Case => self.dialled_wrong(cx),
            _ => self.ask_whether_theirs(cx, StaffNo(keyed.reveal().into())),
        }
    }

    fn ask_whether_theirs(&mut self, cx: &mut Cx<'_>, staff: StaffNo) {
        let Some(caller) = self.asker() else { return };
        let units = self.plan.units_of(&staff);
        let Some(doing) = &mut self.errand else { return };
        let Some(case) = doing.case.clone() else { return };
        doing.asked = None;
        if let Some((_, known_as)) = &mut doing.contact {
            *known_as = staff;
        }
        self.timers.stop(Timer::Key);
        self.timers.set(Timer::Store, cx.after(STORE));
        cx.act(Action::Find(self.id, Question::OfUnit { case, units, caller }));
    }

    /// The store's answer.
    pub(crate) fn found_of_unit(&mut self, cx: &mut Cx<'_>, lookup: Lookup) {
        if !self.is_dial_in() {
            return;
        }
        match lookup {
            Lookup::OfUnit { owner, citizen, lang, urgent } => {
                (self.row.lang, self.row.urgent) = (lang, urgent);
                self.proven(cx, &owner, citizen);
            }
            // Theirs, and closed.
            Lookup::Progress { case, received_at, status, .. } => {
                let date = Value::Date { at: received_at, now: cx.now.utc_ms, provisional: false };
                let slots = vec![
                    (Slot::Case, Value::Case(case)),
                    (Slot::Date, date),
                    (Slot::Status, Value::Status(status)),
                ];
                let closed = Cause::new(Side::House, Reason::Closed);
                self.part_saying(cx, vec![Say::Prompt(PromptId(22), slots)], closed);
            }
            Lookup::NoSuchCase | Lookup::CodeNeeded | Lookup::NewCase(_) => self.dialled_wrong(cx),
            Lookup::TooManyTries => self.part_with(cx, NOT_VERIFIED, REFUSED),
            Lookup::Unavailable => {
                self.part_with(cx, NOT_VERIFIED, Cause::new(Side::House, Reason::Overload));
            }
        }
    }

    /// Case and staff number belong together: from here on it is recorded and reported, and the citizen is rung.
    fn proven(&mut self, cx: &mut Cx<'_>, owner: &str, citizen: Pii) {
        let Some(doing) = &mut self.errand else { return };
        let Some((id, staff)) = doing.contact.clone() else { return };
        doing.task = format!("dial/{owner}").into();
        doing.citizen = Some(citizen);
        self.row.case.clone_from(&doing.case);
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.party.staff = Some(staff.clone());
            leg.row.party = staff.0.clone();
            if let Some(address) = leg.party.address.clone()
                && cx.house.members.taken(&address).is_none()
            {
                cx.house.members.take(&address, self.id);
            }
        }
        self.record_on(cx, true);
        self.record_leg(cx, id);
        self.event(cx, "callback.dialled", Some(id), None, "");
        self.report(cx, News::Dialled(staff));
        self.update(cx);
        self.ring_citizen(cx);
    }

    /// No such case, or not theirs: which of both is not told.
    fn dialled_wrong(&mut self, cx: &mut Cx<'_>) {
        let Some(doing) = &mut self.errand else { return };
        doing.wrong = doing.wrong.saturating_add(1);
        let enough = doing.wrong >= MOST_WRONG;
        let contact = doing.contact.as_ref().map(|(leg, _)| *leg);
        self.event(cx, "ivr.invalid", contact, None, "");
        if enough {
            return self.part_with(cx, NOT_VERIFIED, REFUSED);
        }
        self.ask_contact(cx, Asked::Case);
    }

    /// Nothing was keyed.
    pub(super) fn dialled_nothing(&mut self, cx: &mut Cx<'_>) {
        self.part_with(cx, NOT_VERIFIED, Cause::new(Side::Callee, Reason::NoKey));
    }

    /// The citizen was called in vain as often as may be.
    pub(super) fn part_in_vain(&mut self, cx: &mut Cx<'_>) {
        let cause = self.verdict();
        self.part_with(cx, NOT_REACHED, cause);
    }

    fn part_with(&mut self, cx: &mut Cx<'_>, prompt: u8, cause: Cause) {
        self.part_saying(cx, vec![Say::plain(prompt)], cause);
    }

    /// Last words to the contact, then the call is over.
    fn part_saying(&mut self, cx: &mut Cx<'_>, say: Vec<Say>, cause: Cause) {
        self.hush_contact(cx);
        self.stage = Stage::Errand;
        let Some((id, _)) = self.contact() else { return self.end(cx, cause) };
        let play = cx.mint_play();
        cx.act(Action::Play(Play { call: self.id, play, to: Hearers::Seat(id), lang: Lang::Zh, say }));
        if let Some(doing) = &mut self.errand {
            (doing.asked, doing.saying, doing.parting) = (None, Some(play), Some(cause));
        }
    }
}
