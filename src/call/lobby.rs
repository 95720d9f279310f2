//! The citizen alone with the house: greeting, music, the place in the queue, the call-back offer.

use std::time::Duration;

use crate::action::{Action, Background, Group, Say, Slot, Value};
use crate::ask::Ask;
use crate::call::{After, Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::cdr::CallBackWhy;
use crate::event::Supervision;
use crate::house::Cx;
use crate::ids::{LegId, Pii, PromptId, Skill};
use crate::leg::{Leg, LegState};
use crate::plan::{Go, Profile};
use crate::seek::Seek;
use crate::timers::Timer;

/// A time of asking again whether the citizen listens to nothing else.
const BUSY: Duration = Duration::from_secs(1);
/// Minutes that a talk takes, for the announced wait.
const MINUTES_A_TALK: u32 = 3;
/// The recording notice: its end is stored.
const NOTICE: PromptId = PromptId(2);

impl Call {
    /// Answers, opens the room and begins to greet; with the direct profile the operator is hunted from here on.
    pub(crate) fn greet(&mut self, cx: &mut Cx<'_>) {
        let citizen = self.citizen;
        cx.act(Action::Ringing(citizen));
        cx.act(Action::Answer(citizen));
        self.answered = Some(cx.now.mono);
        self.row.answered_at = Some(cx.now.utc_ms);
        if let Some(leg) = self.legs.get_mut(&citizen) {
            leg.state = crate::leg::LegState::Up;
            leg.row.ringing_at = Some(cx.now.utc_ms);
            leg.row.answered_at = Some(cx.now.utc_ms);
        }
        self.event(cx, "call.answered", Some(citizen), None, "");
        self.open_room(cx);
        self.place(cx, citizen, Group::Main);
        self.record_on(cx, true);
        self.update(cx);
        self.stage = Stage::Opening;
        let opening = prompts(&self.plan.greeting.opening);
        self.speak(cx, opening, After::Opening);
        let skill = self.default_skill();
        if self.plan.greeting.profile == Profile::Direct && self.somebody_serves(cx, &skill) {
            self.wait_for(cx, Seek::Skill, skill, true);
        }
    }

    /// Opens the call's room.
    pub(crate) fn open_room(&mut self, cx: &mut Cx<'_>) {
        self.room = true;
        cx.act(Action::OpenRoom(self.id));
        self.event(cx, "room.created", None, None, "");
    }

    /// The notice was heard: keys and operators may come in.
    pub(crate) fn opened(&mut self, cx: &mut Cx<'_>) {
        if self.plan.greeting.opening.contains(&NOTICE) {
            self.row.notice_played_at = Some(cx.now.utc_ms);
        }
        self.event(cx, "ivr.prompt", None, None, "opening");
        if self.operator.is_some() {
            return self.operator_joins(cx);
        }
        self.stage = Stage::Lobby;
        self.timers.set(Timer::Music, self.music_at(cx));
        match (self.plan.greeting.profile, self.wait.is_some()) {
            (_, true) => self.greet_on(cx, 0),
            (Profile::Direct, false) => return self.voicemail(cx),
            (Profile::Menu, false) => {
                self.timers.set(Timer::MenuCap, cx.after(self.plan.menus.max_menu_time));
                self.go(cx, Go::Menu(self.plan.menus.root.clone()));
            }
        }
        while let Some(key) = self.typed.pop_front() {
            self.citizen_keyed(cx, key);
        }
    }

    fn music_at(&self, cx: &Cx<'_>) -> Duration {
        let answered = self.answered.unwrap_or(cx.now.mono);
        answered.saturating_add(self.plan.greeting.music_after).max(cx.now.mono)
    }

    /// What is said while waiting, one after the other; at night P71 first.
    pub(crate) fn greet_on(&mut self, cx: &mut Cx<'_>, next: usize) {
        const NIGHT: PromptId = PromptId(71);
        let night = self.is_night(cx).then_some(NIGHT);
        let prompt = night.into_iter().chain(self.plan.greeting.then.iter().copied()).nth(next);
        match prompt {
            Some(prompt) => self.speak(cx, prompts(&[prompt]), After::Then(next.saturating_add(1))),
            None => self.fell_silent(cx),
        }
    }

    fn is_night(&self, cx: &Cx<'_>) -> bool {
        let Some((from, to)) = self.plan.greeting.night else { return false };
        let minute = u16::try_from(self.plan.calendar.zone.civil(cx.now.utc_ms).1 / 60_000).unwrap_or(0);
        if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }

    pub(crate) fn music_begins(&mut self, cx: &mut Cx<'_>) {
        self.music = true;
        self.fell_silent(cx);
    }

    /// Nothing is being said any more: P04 once, then music.
    pub(crate) fn fell_silent(&mut self, cx: &mut Cx<'_>) {
        if self.stage != Stage::Lobby {
            return;
        }
        self.set_background(cx);
        if self.music && self.speech.is_none() && self.wait.is_some() && !self.connecting && self.is_idle() {
            self.connecting = true;
            self.speak(cx, vec![Say::plain(4)], After::Nothing);
        }
    }

    /// What the citizen hears behind everything else.
    pub(crate) fn set_background(&mut self, cx: &mut Cx<'_>) {
        // Who talks with a supervisor hears nothing else, whatever they wait for.
        let talks = |l: &Leg| l.watch == Some(Supervision::Barge) && l.state == LegState::Up;
        let what = match self.stage {
            Stage::Lobby if self.legs.values().any(talks) => Background::Silence,
            Stage::Lobby if self.hunt.is_some() => Background::RingBack,
            Stage::Lobby if self.music => Background::Music,
            Stage::Talk if self.parked || self.consult => Background::Music,
            _ => Background::Silence,
        };
        let citizen = self.citizen;
        self.behind(cx, citizen, what);
    }

    /// What a leg hears behind everything else, when that changes.
    pub(crate) fn behind(&mut self, cx: &mut Cx<'_>, id: LegId, what: Background) {
        let Some(leg) = self.legs.get_mut(&id).filter(|l| l.seat.is_some() && l.behind != what) else {
            return;
        };
        leg.behind = what;
        cx.act(Action::Background(self.id, id, what));
    }

    /// The citizen listens to nothing that must not be cut short.
    pub(crate) fn is_idle(&self) -> bool {
        let asked = self.asking.as_ref().is_some_and(|a| !self.is_standing_menu(&a.what));
        let speaking =
            self.speech.as_ref().is_some_and(|s| !matches!(s.after, After::Nothing | After::Then(_)));
        self.stage == Stage::Lobby && self.hunt.is_none() && !asked && !speaking
    }

    /// The place in the queue: P11 to the next one, P12 when that takes long, P10 to the others.
    pub(crate) fn announce(&mut self, cx: &mut Cx<'_>) {
        let Some(wait) = self.wait.as_mut() else { return };
        let (ticket, first) = (wait.ticket, !std::mem::replace(&mut wait.told_next, true));
        if !self.is_idle() || self.speech.is_some() {
            if let Some(wait) = self.wait.as_mut() {
                wait.told_next = !first;
            }
            return self.timers.set(Timer::Announce, cx.after(BUSY));
        }
        self.timers.set(Timer::Announce, cx.after(self.plan.greeting.announce_every));
        let ahead = cx.house.queue.ahead(ticket);
        self.event(cx, "queue.position", None, None, format!("ahead={ahead}"));
        let say = match (ahead, first) {
            (0, true) => Say::plain(11),
            (0, false) => Say::plain(12),
            (ahead, _) => {
                if let Some(wait) = self.wait.as_mut() {
                    wait.told_next = false;
                }
                let serving = u32::try_from(cx.house.agents.on_duty(&self.skill())).unwrap_or(1).max(1);
                let minutes =
                    (ahead.saturating_add(1)).saturating_mul(MINUTES_A_TALK).div_ceil(serving).max(1);
                let slots = vec![(Slot::N, Value::Count(ahead)), (Slot::M, Value::Count(minutes))];
                Say::Prompt(PromptId(10), slots)
            }
        };
        self.speak(cx, vec![say], After::Nothing);
    }

    /// P13, once a wait: 1 and 2 mean call-back and stay for a while.
    pub(crate) fn offer_call_back(&mut self, cx: &mut Cx<'_>) {
        if self.wait.is_none() || self.stage == Stage::Talk {
            return;
        }
        if !self.is_idle() {
            return self.timers.set(Timer::Offer, cx.after(BUSY));
        }
        self.event(cx, "queue.offer_callback", None, None, "");
        let window = self.plan.greeting.offer_window;
        self.pose_for(cx, Ask::Offer, vec![Say::plain(13)], window);
    }

    /// The offer is taken: to the number that calls, or to another one.
    pub(crate) fn ask_number(&mut self, cx: &mut Cx<'_>) {
        match self.own_number() {
            Some(number) => {
                let tail = Value::Digits(Pii::new(number.tail(4)));
                let say = vec![Say::Prompt(PromptId(14), vec![(Slot::D4, tail)])];
                self.pose(cx, Ask::ConfirmNumber(number), say);
            }
            None => self.pose(cx, Ask::NewNumber, vec![Say::plain(15)]),
        }
    }

    /// The call-back is booked: P16, and good-bye.
    pub(crate) fn book_call_back(&mut self, cx: &mut Cx<'_>, number: Pii) {
        self.owe(cx, CallBackWhy::Asked, number);
        self.achieved.call_back = true;
        self.farewell(cx, vec![Say::plain(16)], Cause::new(Side::House, Reason::Finished));
    }

    /// Last words, then we hang up.
    pub(crate) fn farewell(&mut self, cx: &mut Cx<'_>, say: Vec<Say>, cause: Cause) {
        self.cause = self.cause.or(Some(cause));
        self.asking = None;
        self.stop_waiting(cx);
        self.stop_hunt(cx);
        self.dismiss_watchers(cx);
        self.stage = Stage::Farewell;
        self.set_background(cx);
        self.speak(cx, say, After::HangUp);
    }

    /// Where a call goes that asks for nothing special.
    pub(crate) fn default_skill(&self) -> Skill {
        let menus = &self.plan.menus;
        match menus.menus.get(&menus.root).map(|m| &m.on_nothing) {
            Some(Go::Queue(skill)) => skill.clone(),
            Some(
                Go::Menu(_)
                | Go::Language(..)
                | Go::Repeat
                | Go::Back
                | Go::TellProgress
                | Go::ReachDesk
                | Go::Message,
            )
            | None => Skill("general".into()),
        }
    }

    /// Somebody is on duty who serves this skill, or the usual one.
    pub(crate) fn somebody_serves(&self, cx: &Cx<'_>, skill: &Skill) -> bool {
        cx.house.agents.on_duty(skill) > 0 || cx.house.agents.on_duty(&self.default_skill()) > 0
    }
}

/// Prompts without slots.
pub(crate) fn prompts(ids: &[PromptId]) -> Vec<Say> {
    ids.iter().map(|id| Say::Prompt(*id, Vec::new())).collect()
}
