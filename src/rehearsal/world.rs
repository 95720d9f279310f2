//! The world around the real core in virtual time: it performs every action, and people act by their scripts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use call::action::{Action, Group, Lookup, Play, Question, Say, SeatRole};
use call::cdr::Record;
use call::event::{AgentState, Key, Mode, Offer, Order as Wish, Source, Wanted};
use call::ids::{DeskNo, PlayId, PromptId, RequestId};
use call::{CallId, Event, Hotline, LegId, Now};

use crate::order::Order;
use crate::people::{Caller, Leg, Way};
use crate::story::Story;
use crate::{Ending, RehearsalError, Scene, Tale};

/// The monotonic clock when the call comes in: not zero, so that nobody takes one clock for the other.
const BASE: Duration = Duration::from_secs(3600);
/// A call whose path is not clear by then waits for somebody.
pub(crate) const LONGEST: Duration = Duration::from_secs(300);
/// More turns than this are a loop.
const MOST_TURNS: u32 = 20_000;
/// The only call.
const CALL: CallId = CallId(1);
/// The order that brings the filled-in desk.
const BRING: RequestId = RequestId(1);
/// The call-back offer.
const OFFER: PromptId = PromptId(13);
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What the world does by itself, later.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    /// The core is told this.
    Tell(Event),
    /// What is being said has come to its end.
    PlayEnds(PlayId),
    /// An operator may pick up.
    OperatorAnswers(LegId),
    /// A desk picks up.
    DeskAnswers(LegId),
    /// Somebody of us presses a key.
    Presses(LegId, Key),
    /// The caller begins with the next keys.
    NextKeys,
    /// The caller presses the next key.
    NextKey,
    /// The operator brings the desk that the menu filled in.
    Brings(DeskNo),
}

/// The core, its clock, and everybody around it.
pub(crate) struct World<'a> {
    pub scene: &'a Scene<'a>,
    pub hotline: Hotline,
    /// Since the call came in.
    pub now: Duration,
    pub legs: BTreeMap<LegId, Leg>,
    pub citizen: LegId,
    pub caller: Caller,
    pub story: Story<'a>,
    due: BTreeMap<(Duration, u64), Due>,
    serial: u64,
    playing: BTreeSet<PlayId>,
    message: bool,
    refused: bool,
    /// A call-back is owed.
    owed: bool,
    /// One was offered (P13).
    offered: bool,
}

impl<'a> World<'a> {
    /// The house before the call: phones are there, operators on duty.
    pub fn new(scene: &'a Scene<'a>) -> Self {
        let mut hotline = Hotline::new(Arc::clone(&scene.plan), Now { mono: BASE, utc_ms: scene.wishes.at });
        let citizen = hotline.mint_leg();
        let keys = scene.wishes.keys.iter().cloned().collect::<VecDeque<_>>();
        let mut world = Self {
            scene,
            hotline,
            now: Duration::ZERO,
            legs: BTreeMap::new(),
            citizen,
            caller: Caller::new(keys),
            story: Story::new(scene),
            due: BTreeMap::new(),
            serial: 0,
            playing: BTreeSet::new(),
            message: false,
            refused: false,
            owed: false,
            offered: false,
        };
        for phone in scene.present() {
            world.tell(Event::Phone { phone, reachable: true });
        }
        for staff in &scene.wishes.duty {
            world.tell(Event::Order(RequestId(0), Wish::Agent(staff.clone(), AgentState::Ready)));
        }
        world
    }

    /// Lets the call come in and follows it until its path is clear.
    ///
    /// # Errors
    /// [`RehearsalError::Restless`] when it never comes to rest.
    pub fn play(mut self) -> Result<Tale, RehearsalError> {
        let wishes = &self.scene.wishes;
        self.tell(Event::Offered(Offer {
            call: CALL,
            leg: self.citizen,
            from: wishes.from.clone(),
            to: wishes.to.clone(),
            source: Source::Trunk("route".into()),
            sip_call_id: "route".into(),
            codec: "PCMA".into(),
            refuse: None,
        }));
        for _ in 0..MOST_TURNS {
            let first = self.due.first_key_value().map(|(key, _)| *key).filter(|(at, _)| *at <= self.now);
            if let Some(due) = first.and_then(|key| self.due.remove(&key)) {
                self.fall_due(due);
                continue;
            }
            if let Some(ending) = self.ending() {
                return Ok(self.end(ending));
            }
            let Some(next) = self.next().filter(|at| *at <= LONGEST) else {
                self.now = LONGEST;
                let position = self.hotline.live().first().and_then(|call| call.position);
                return Ok(self.end(Ending::Waiting(position)));
            };
            self.now = next.max(self.now);
            if self.due.first_key_value().is_none_or(|((at, _), _)| *at > self.now) {
                self.tell(Event::Timeout);
            }
        }
        Err(RehearsalError::Restless)
    }

    fn end(self, ending: Ending) -> Tale {
        let (owed, offered) = (self.owed, self.offered);
        Tale { owed, offered, ..self.story.end(self.now, ending, &self.caller) }
    }

    /// When something happens next.
    fn next(&self) -> Option<Duration> {
        let own = self.due.first_key_value().map(|((at, _), _)| *at);
        let core = self.hotline.next_timeout().map(|at| at.saturating_sub(BASE));
        own.into_iter().chain(core).min()
    }

    /// How the call stands, when that will not change by itself any more.
    fn ending(&self) -> Option<Ending> {
        let live = self.hotline.live();
        let Some(call) = live.first() else {
            return Some(if self.refused { Ending::Refused } else { Ending::Over });
        };
        let waits = |what: fn(&Due) -> bool| self.due.values().any(what);
        match call.stage {
            "message" if self.message => Some(Ending::Message),
            "three" => Some(Ending::Three),
            "talk" if !waits(|due| matches!(due, Due::Brings(_))) => Some(Ending::Talk),
            "talk_desk" if !waits(|due| matches!(due, Due::OperatorAnswers(_))) => Some(Ending::TalkDesk),
            _ => None,
        }
    }

    /// The stage's word; empty when the call is over.
    pub fn stage(&self) -> &'static str {
        self.hotline.live().first().map_or("", |call| call.stage)
    }

    /// Milliseconds since 1970 UTC.
    pub fn utc(&self) -> i64 {
        self.scene.wishes.at.saturating_add(i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX))
    }

    /// Something happens after a while.
    pub fn later(&mut self, after: Duration, due: Due) {
        self.serial += 1;
        self.due.insert((self.now.saturating_add(after), self.serial), due);
    }

    /// Tells the core one thing and performs everything that it asks for.
    pub fn tell(&mut self, event: Event) {
        let now = Now { mono: BASE.saturating_add(self.now), utc_ms: self.utc() };
        self.hotline.handle(now, event);
        while let Some(action) = self.hotline.poll() {
            self.perform(action);
        }
    }

    fn fall_due(&mut self, due: Due) {
        match due {
            Due::Tell(event) => self.tell(event),
            Due::PlayEnds(play) => {
                if self.playing.remove(&play) {
                    self.tell(Event::PlayDone(CALL, play));
                }
            }
            Due::OperatorAnswers(leg) => self.operator_answers(leg),
            Due::DeskAnswers(leg) => self.answers(leg),
            Due::Presses(leg, key) => {
                if self.way(leg) == Way::Up {
                    self.story.pressed(self.now, self.legs.get(&leg), key);
                    self.tell(Event::Key(leg, key));
                }
            }
            Due::NextKeys => self.next_keys(),
            Due::NextKey => self.next_key(),
            Due::Brings(no) => {
                self.story.brings(self.now, no);
                let to = Wanted::Desk(no);
                let wish =
                    Wish::Bridge { call: CALL, to, mode: Mode::Bridge, case: None, override_reason: None };
                self.tell(Event::Order(BRING, wish));
            }
        }
    }

    /// How far a leg is.
    pub fn way(&self, leg: LegId) -> Way {
        self.legs.get(&leg).map_or(Way::Down, |l| l.way)
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Record(record) => self.record(*record),
            Action::Answer(_) => self.story.answered(self.now),
            Action::Refuse(_, cause, _) => {
                self.refused = true;
                self.story.refused(self.now, cause);
            }
            Action::Ring(ring) => self.rings(ring),
            Action::HangUp(leg, _) => {
                if let Some(leg) = self.legs.get_mut(&leg) {
                    leg.way = Way::Down;
                }
            }
            Action::Seat(_, _, role, group) => self.seated(role, group),
            Action::Move(_, leg, group) => {
                if let Some(role) = self.legs.get(&leg).map(|l| l.role) {
                    self.seated(role, group);
                }
            }
            Action::Play(play) => self.plays(play),
            Action::StopPlay(_, play) => {
                self.story.cut(self.now, play);
                self.later(Duration::ZERO, Due::PlayEnds(play));
            }
            Action::TakeMessage { max, .. } => {
                self.message = true;
                self.story.message(self.now, max);
            }
            Action::Find(_, question) => {
                let found = self.found(question);
                self.later(Duration::from_millis(5), Due::Tell(Event::Found(CALL, found)));
            }
            Action::Reply(BRING, Err(refusal)) => self.story.not_brought(self.now, &refusal),
            Action::Reply(..)
            | Action::Ringing(_)
            | Action::Transferred(..)
            | Action::OpenRoom(_)
            | Action::Mute(..)
            | Action::Unseat(..)
            | Action::CloseRoom(_)
            | Action::Background(..)
            | Action::Recording(..)
            | Action::StopMessage(..)
            | Action::DiscardMessage(..) => {}
        }
    }

    fn record(&mut self, record: Record) {
        match record {
            Record::Offered(row) => {
                self.story.offered(self.now, &row);
                self.later(Duration::ZERO, Due::Tell(Event::Journaled(row.call)));
            }
            Record::Ended(row) => self.story.ended(&row),
            Record::Event(row) => {
                if row.kind == "room.ringing"
                    && let Some(no) =
                        row.detail.strip_prefix("desk=").and_then(|no| no.parse().ok()).map(DeskNo)
                {
                    self.caller.chosen = None;
                    if self.scene.told {
                        let order = Order::of(&self.scene.plan, no, self.utc());
                        self.story.order(self.now, no, order);
                    }
                }
                self.story.event(self.now, &row, row.leg.and_then(|leg| self.legs.get(&leg)));
            }
            Record::CallBack(_) => self.owed = true,
            Record::Updated(_)
            | Record::Leg(_)
            | Record::Rating(_)
            | Record::Stated(_)
            | Record::Errand(_) => {}
        }
    }

    fn seated(&mut self, role: SeatRole, group: Group) {
        let joins = matches!(role, SeatRole::Operator | SeatRole::Supervisor) && group == Group::Main;
        if joins && let Some(no) = self.caller.chosen.take() {
            self.later(crate::people::THINKS, Due::Brings(no));
        }
    }

    fn plays(&mut self, play: Play) {
        let lasts = self.scene.prompts.length(&play.say, play.lang);
        self.playing.insert(play.play);
        self.offered |= play.say.iter().any(|say| matches!(say, Say::Prompt(OFFER, _)));
        self.later(lasts, Due::PlayEnds(play.play));
        self.story.plays(self.now, &play, &self.legs, self.citizen);
        self.hears(&play);
    }

    /// The case store is not asked: any case is taken as one that was handed over yesterday.
    fn found(&self, question: Question) -> Lookup {
        let calendar = &self.scene.plan.calendar;
        match question {
            Question::Progress { code: None, .. } => Lookup::CodeNeeded,
            Question::Progress { case, .. } => {
                let received_at = self.utc().saturating_sub(DAY);
                let due = calendar.due(received_at, 5);
                let unit = self.scene.plan.units.values().next().map(|u| (u.code.clone(), u.name.clone()));
                Lookup::Progress {
                    case,
                    received_at,
                    status: "handed_over".into(),
                    unit,
                    due_at: Some(due.at),
                    due_provisional: due.provisional,
                    extended: false,
                }
            }
            // Nobody rehearses as a unit.
            Question::OfUnit { .. } | Question::NewVoicemailCase => Lookup::Unavailable,
        }
    }
}
