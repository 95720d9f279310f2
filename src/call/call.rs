//! One call: what it knows, how events reach its stages, and its only exit.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::action::{Action, Group, Hearers, Play, Say, SeatRole};
use crate::ask::Asking;
use crate::board::Declined;
use crate::bridge::Hunt;
use crate::cause::{Cause, Reason, Side};
use crate::cdr::{CallRow, Outcome, Record};
use crate::errand::Doing;
use crate::event::{Key, Offer};
use crate::house::Cx;
use crate::ids::{CallId, DeskNo, LegId, Pii, PlayId, ServiceCode, StaffNo};
use crate::leg::{Leg, LegState, Party};
use crate::plan::{Limits, Plan};
use crate::seek::Wait;
use crate::timers::{Timer, Timers};
use crate::voicemail::Mailbox;

/// Most keys that are kept while the opening, which can't be cut short, is said. When full: further keys are dropped.
pub(crate) const MOST_TYPED: usize = 24;

/// Where a call is. Who sits in the room is in the legs; [`Call::word`] names both together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// The journal has not taken the first row yet.
    Arriving,
    /// P01 P02: no key and no operator cuts them short.
    Opening,
    /// The citizen alone with the house: menu, queue, recovery.
    Lobby,
    /// With at least one of us.
    Talk,
    /// The citizen is gone; the others talk on.
    Debrief,
    /// The citizen is gone; a desk is told so, or a message is still being closed.
    Closing,
    /// Asked for a rating.
    Survey,
    /// Leaves a message.
    Message,
    /// The house calls on an errand; citizen and staff are not together yet.
    Errand,
    /// Last words, then we hang up.
    Farewell,
    /// Its final record is written.
    Over,
}

/// What follows when something was said to the citizen.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum After {
    /// Nothing.
    Nothing,
    /// The notice was heard; the call opens.
    Opening,
    /// The citizen who was called has heard the notice.
    Noticed,
    /// The next one of the greeting's list.
    Then(usize),
    /// The keys of whatever is asked are waited for, so long.
    Keys(Duration),
    /// The message is taken.
    Message,
    /// We hang up.
    HangUp,
}

/// What is being said to the citizen.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Speech {
    pub(crate) play: PlayId,
    pub(crate) after: After,
}

/// What a call has come to so far, for its outcome.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Achieved {
    /// Somebody of us spoke with the citizen.
    pub(crate) talked: bool,
    /// A desk did, in the room.
    pub(crate) bridged: bool,
    /// An emergency service did.
    pub(crate) emergency: bool,
    /// The menu told what the citizen wanted to know.
    pub(crate) told: bool,
    /// A message was kept.
    pub(crate) message: bool,
    /// A call-back was promised.
    pub(crate) call_back: bool,
    /// What the operator says it came to.
    pub(crate) stated: Option<Outcome>,
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) plan: Arc<Plan>,
    pub(crate) row: CallRow,
    pub(crate) stage: Stage,
    pub(crate) timers: Timers,
    pub(crate) legs: BTreeMap<LegId, Leg>,
    pub(crate) citizen: LegId,
    /// The operator who has the call.
    pub(crate) operator: Option<LegId>,
    /// The desk that accepted.
    pub(crate) desk: Option<LegId>,
    /// A desk is looked for.
    pub(crate) hunt: Option<Hunt>,
    /// Whose phone transfers the call to who is looked for.
    pub(crate) transfer: Option<LegId>,
    /// The second call of the operator's phone, for the private talk.
    pub(crate) aside: Option<LegId>,
    /// Operator and desk talk, or will, apart from the citizen.
    pub(crate) consult: bool,
    /// The operator keeps the citizen on hold.
    pub(crate) parked: bool,
    /// The operator was lost and is looked for.
    pub(crate) recovering: bool,
    /// An operator is looked for.
    pub(crate) wait: Option<Wait>,
    /// What the citizen is asked.
    pub(crate) asking: Option<Asking>,
    /// Keyed during the opening.
    pub(crate) typed: VecDeque<Key>,
    pub(crate) speech: Option<Speech>,
    /// Music runs behind everything in the lobby.
    pub(crate) music: bool,
    /// P04 was said.
    pub(crate) connecting: bool,
    pub(crate) mailbox: Mailbox,
    /// The desk that the menu filled in.
    pub(crate) prefilled: Option<DeskNo>,
    /// The desk that took part, and the service it was about.
    pub(crate) served_by: Option<DeskNo>,
    pub(crate) service: Option<ServiceCode>,
    /// Who spoke last for the house: comes back when the citizen asks.
    pub(crate) last_operator: Option<StaffNo>,
    pub(crate) achieved: Achieved,
    /// The errand that the house calls for.
    pub(crate) errand: Option<Box<Doing>>,
    /// Who did not want to come, of the last desk that was looked for.
    pub(crate) declined: Vec<Declined>,
    /// The room is open.
    pub(crate) room: bool,
    /// The recording has begun; `Some(true)`: it runs.
    pub(crate) recording: Option<bool>,
    /// It can't be recorded any more.
    pub(crate) unrecorded: bool,
    /// The citizen's end of it, once there is one.
    pub(crate) cause: Option<Cause>,
    pub(crate) seq: u32,
    pub(crate) began: Duration,
    pub(crate) answered: Option<Duration>,
    /// The citizen left.
    pub(crate) gone: Option<Duration>,
    pub(crate) attempts: BTreeMap<SeatRole, u8>,
}

impl Call {
    /// A call that is offered now; its first row goes out.
    pub(crate) fn new(cx: &mut Cx<'_>, plan: Arc<Plan>, offer: &Offer) -> Self {
        let party = Party { word: source_word(offer), ..Party::default() };
        let mut citizen = Leg::new(cx.now, offer.call, offer.leg, SeatRole::Citizen, party, 1);
        (citizen.row.uri_masked, citizen.row.codec) = (offer.from.number.masked(), offer.codec.clone());
        cx.house.legs.insert(offer.leg, offer.call);
        let row = CallRow {
            did: offer.to.clone(),
            source: offer.source.clone(),
            sip_call_id: offer.sip_call_id.clone(),
            caller: offer.from.clone(),
            ..CallRow::begin(offer.call, cx.now.utc_ms, &plan)
        };
        let mut call = Self::blank(cx, plan, row, offer.leg);
        call.legs.insert(offer.leg, citizen);
        call.write_first(cx, "call.offered");
        call
    }

    /// The first row goes out; nothing is answered or dialled before it is on disk.
    pub(crate) fn write_first(&mut self, cx: &mut Cx<'_>, kind: &'static str) {
        cx.act(Action::Record(Box::new(Record::Offered(self.row.clone()))));
        self.event(cx, kind, Some(self.citizen), None, "");
        self.timers.set(Timer::Journal, cx.after(self.limits().journal_wait));
    }

    /// A call of which nothing has happened yet.
    pub(crate) fn blank(cx: &Cx<'_>, plan: Arc<Plan>, row: CallRow, citizen: LegId) -> Self {
        Self {
            id: row.call,
            plan,
            row,
            stage: Stage::Arriving,
            timers: Timers::default(),
            legs: BTreeMap::new(),
            citizen,
            operator: None,
            desk: None,
            hunt: None,
            transfer: None,
            aside: None,
            consult: false,
            parked: false,
            recovering: false,
            wait: None,
            asking: None,
            typed: VecDeque::new(),
            speech: None,
            music: false,
            connecting: false,
            mailbox: Mailbox::default(),
            prefilled: None,
            served_by: None,
            service: None,
            last_operator: None,
            achieved: Achieved::default(),
            errand: None,
            declined: Vec::new(),
            room: false,
            recording: None,
            unrecorded: false,
            cause: None,
            seq: 0,
            began: cx.now.mono,
            answered: None,
            gone: None,
            attempts: BTreeMap::new(),
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.plan.limits
    }

    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The journal has the first row, or is given up: the call is answered.
    pub(crate) fn journaled(&mut self, cx: &mut Cx<'_>) {
        if self.stage == Stage::Arriving {
            self.timers.stop(Timer::Journal);
            if self.errand.is_some() {
                return self.set_out(cx);
            }
            self.greet(cx);
        }
    }

    /// Nothing has come to disk in time. Who calls us is answered all the same. Whom the house would call is not rung: after a
    /// crash nobody would know that they were, and they would be rung again. The task is tried later.
    pub(crate) fn not_journaled(&mut self, cx: &mut Cx<'_>) {
        if self.stage == Stage::Arriving && self.errand.is_some() && !self.is_dial_in() {
            return self.end(cx, Cause::new(Side::House, Reason::Overload));
        }
        self.journaled(cx);
    }

    /// Refused before the answer.
    pub(crate) fn refuse(&mut self, cx: &mut Cx<'_>, cause: Cause, retry_after: Option<u32>) {
        let id = self.incoming();
        cx.act(Action::Refuse(id, cause, retry_after));
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.over(cx.now, LegState::Over, cause);
        }
        self.end(cx, cause);
    }

    /// Says something to the citizen alone, instead of what is being said.
    pub(crate) fn speak(&mut self, cx: &mut Cx<'_>, say: Vec<Say>, after: After) {
        self.hush(cx);
        let play = self.play(cx, Hearers::Seat(self.citizen), say);
        self.speech = Some(Speech { play, after });
    }

    /// Stops what is being said to the citizen, and what would have followed.
    pub(crate) fn hush(&mut self, cx: &mut Cx<'_>) {
        self.timers.stop(Timer::Key);
        if let Some(speech) = self.speech.take() {
            cx.act(Action::StopPlay(self.id, speech.play));
        }
    }

    pub(crate) fn play(&mut self, cx: &mut Cx<'_>, to: Hearers, say: Vec<Say>) -> PlayId {
        let play = cx.mint_play();
        cx.act(Action::Play(Play { call: self.id, play, to, lang: self.row.lang, say }));
        play
    }

    /// Gives a leg a seat, or another group.
    pub(crate) fn place(&mut self, cx: &mut Cx<'_>, id: LegId, group: Group) {
        let Some(leg) = self.legs.get_mut(&id).filter(|l| l.may_sit()) else { return };
        let action = match leg.seat.replace(group) {
            None => Action::Seat(self.id, id, leg.role, group),
            Some(before) if before != group => Action::Move(self.id, id, group),
            Some(_) => return,
        };
        leg.since = cx.now.utc_ms;
        let silent = leg.held.is_some() && matches!(action, Action::Seat(..));
        cx.act(action);
        if silent {
            cx.act(Action::Mute(self.id, id, true));
        }
        if group == Group::Main {
            self.joined(cx, id);
        }
    }

    /// Ends a leg whatever its state, by our will.
    pub(crate) fn hang_up(&mut self, cx: &mut Cx<'_>, id: LegId, cause: Cause) {
        if self.legs.get(&id).is_some_and(Leg::alive) {
            self.stand_up(cx, id, cause, true);
        }
    }

    /// A leg is over: out of the room, off the line when `ours`, its row and its people set free.
    pub(crate) fn stand_up(&mut self, cx: &mut Cx<'_>, id: LegId, cause: Cause, ours: bool) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let (sat, ringing) = (leg.seat.is_some(), leg.is_ringing());
        let state = if ours && ringing { LegState::TakenBack } else { LegState::Over };
        leg.over(cx.now, state, cause);
        if sat {
            cx.act(Action::Unseat(self.id, id));
            self.event(cx, "leg.left", Some(id), Some(cause), "");
        } else {
            self.event(cx, "leg.failed", Some(id), Some(cause), "");
        }
        if ours {
            cx.act(Action::HangUp(id, cause));
        }
        self.set_free(cx, id);
        self.record_leg(cx, id);
    }

    /// The only exit: everybody is hung up, the room closes, the final record is written.
    pub(crate) fn end(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        if self.is_over() {
            return;
        }
        self.timers.stop_all();
        self.speech = None;
        self.stop_hunt(cx);
        self.stop_waiting(cx);
        let alive: Vec<LegId> = self.legs.values().filter(|l| l.alive()).map(|l| l.id).collect();
        for id in alive {
            let ringing = self.legs.get(&id).is_some_and(Leg::is_ringing);
            let cancelled = Cause::new(Side::House, Reason::Cancelled);
            self.hang_up(cx, id, if ringing { cancelled } else { cause });
        }
        self.close(cx, cause);
        self.stage = Stage::Over;
    }

    /// The caller's number, when a call-back could reach it.
    pub(crate) fn own_number(&self) -> Option<Pii> {
        let caller = &self.row.caller;
        (!caller.withheld && !caller.number.reveal().is_empty()).then(|| caller.number.clone())
    }
}

fn source_word(offer: &Offer) -> crate::ids::Name {
    match &offer.source {
        crate::event::Source::Trunk(name) | crate::event::Source::Phone(name) => name.clone(),
        crate::event::Source::House => "".into(),
    }
}
