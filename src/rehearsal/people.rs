//! The scripts of those who take part: the caller with the keys, operators and window desks with their phones.

use std::collections::VecDeque;
use std::time::Duration;

use call::action::{Hearers, Play, Ring, Say, SeatRole, Value};
use call::cause::Cause;
use call::event::{Key, LegEvent};
use call::ids::{Address, DeskNo, PromptId};
use call::{Event, LegId};

use crate::Mood;
use crate::wishes::OTHER_NUMBER;
use crate::world::{Due, World};

/// A phone rings so long before somebody picks up.
pub(crate) const PICKS_UP: Duration = Duration::from_secs(3);
/// A person takes so long to press a key after hearing a question, or to do the next thing.
pub(crate) const THINKS: Duration = Duration::from_secs(2);
/// A caller listens so long before the first key.
const LISTENS: Duration = Duration::from_secs(1);
/// From key to key.
const KEY: Duration = Duration::from_millis(300);
/// Operators who let the caller finish look again after this.
const LOOK: Duration = Duration::from_millis(500);
/// How long phones and the network take.
const WIRE: Duration = Duration::from_millis(20);

/// The questions that the scripts know.
const CONFIRM: PromptId = PromptId(31);
const CLOSED: [PromptId; 2] = [PromptId(32), PromptId(33)];
const OFFER: PromptId = PromptId(13);
const OWN_NUMBER: PromptId = PromptId(14);
const WHICH_NUMBER: PromptId = PromptId(15);
const WHISPER: PromptId = PromptId(50);
const WHY_NOT: PromptId = PromptId(51);

/// How far a leg is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Rings.
    Ringing,
    /// Answered.
    Up,
    /// Over.
    Down,
}

/// One leg that the core rang.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    pub address: Address,
    pub role: SeatRole,
    pub way: Way,
}

/// The caller's script.
#[derive(Debug)]
pub(crate) struct Caller {
    /// Keys that are still to come, group by group.
    pub groups: VecDeque<Vec<Key>>,
    /// The group that is being keyed.
    keying: VecDeque<Key>,
    /// The next group begins soon.
    about_to: bool,
    last_key: Option<Duration>,
    /// The opening was heard.
    opened: bool,
    /// Something was asked while keys were still being pressed.
    heard: bool,
    /// P31 asks whether it is this desk.
    asked: Option<DeskNo>,
    /// The caller said yes, and the operator is to bring this desk.
    pub chosen: Option<DeskNo>,
    /// Operators waited for the keys.
    pub waited_for: bool,
}

impl Caller {
    pub fn new(groups: VecDeque<Vec<Key>>) -> Self {
        Self {
            groups,
            keying: VecDeque::new(),
            about_to: false,
            last_key: None,
            opened: false,
            heard: false,
            asked: None,
            chosen: None,
            waited_for: false,
        }
    }

    fn is_busy(&self) -> bool {
        self.about_to || !self.groups.is_empty() || !self.keying.is_empty()
    }
}

fn says(play: &Play, id: PromptId) -> bool {
    play.say.iter().any(|say| matches!(say, Say::Prompt(p, _) if *p == id))
}

/// What somebody keys who wants to be called back.
fn answer_to_offer(play: &Play) -> Option<Vec<Key>> {
    if says(play, OFFER) || says(play, OWN_NUMBER) {
        return Some(vec![Key::Digit(1)]);
    }
    let number = OTHER_NUMBER.chars().filter_map(Key::from_char).chain([Key::Hash]);
    says(play, WHICH_NUMBER).then(|| number.collect())
}

fn desk_of(play: &Play) -> Option<DeskNo> {
    play.say.iter().find_map(|say| match say {
        Say::Prompt(CONFIRM, slots) => slots.iter().find_map(|(_, value)| match value {
            Value::Desk(no, _) => Some(*no),
            _ => None,
        }),
        _ => None,
    })
}

impl World<'_> {
    /// Somebody hears something: what they will do about it.
    pub fn hears(&mut self, play: &Play) {
        let Hearers::Seat(leg) = play.to else { return };
        if leg != self.citizen {
            let declines = self.scene.wishes.desk == Mood::Declines
                && self.legs.get(&leg).is_some_and(|l| l.role == SeatRole::Desk);
            if says(play, WHISPER) {
                self.later(THINKS, Due::Presses(leg, Key::Digit(if declines { 2 } else { 1 })));
            } else if says(play, WHY_NOT) {
                self.later(THINKS, Due::Presses(leg, Key::Digit(1)));
            }
            return;
        }
        self.caller.asked = desk_of(play);
        if CLOSED.iter().any(|id| says(play, *id)) {
            self.caller.chosen = None;
        }
        // The opening can't be cut short; whoever keys in it keys too early.
        if !std::mem::replace(&mut self.caller.opened, true) {
            return;
        }
        if self.scene.wishes.takes_offer && self.caller.groups.is_empty() {
            self.caller.groups.extend(answer_to_offer(play));
        }
        self.listens();
    }

    /// The caller listens to a question, and begins with the next keys after a while.
    fn listens(&mut self) {
        if !self.caller.keying.is_empty() {
            self.caller.heard = true;
            return;
        }
        if self.caller.asked.is_some() && !self.caller.is_busy() {
            self.caller.groups.push_back(vec![Key::Digit(1)]);
            self.story.confirms_by_itself();
        }
        if !self.caller.groups.is_empty() && !self.caller.about_to {
            self.caller.about_to = true;
            self.later(LISTENS, Due::NextKeys);
        }
    }

    /// The caller begins with the next group, if somebody still listens to keys.
    pub fn next_keys(&mut self) {
        self.caller.about_to = false;
        if !matches!(self.stage(), "greeting" | "queue") {
            return;
        }
        let Some(group) = self.caller.groups.pop_front() else { return };
        self.story.keyed(self.now, &group);
        if let Some(no) = self.caller.asked.take().filter(|_| group.first() == Some(&Key::Digit(1))) {
            self.caller.chosen = Some(no);
            self.story.hours(self.now, no, self.utc());
        }
        self.caller.keying = group.into();
        self.next_key();
    }

    /// The caller presses the next key of the group.
    pub fn next_key(&mut self) {
        let Some(key) = self.caller.keying.pop_front() else { return };
        self.caller.last_key = Some(self.now);
        let last = self.caller.keying.is_empty();
        if !last {
            self.later(KEY, Due::NextKey);
        }
        self.tell(Event::Key(self.citizen, key));
        if last && std::mem::take(&mut self.caller.heard) {
            self.listens();
        }
    }

    /// A phone of ours is rung.
    pub fn rings(&mut self, ring: Ring) {
        let Ring { leg, to, seat, .. } = ring;
        self.story.rings(self.now, seat, &to);
        self.legs.insert(leg, Leg { address: to, role: seat, way: Way::Ringing });
        self.later(WIRE, Due::Tell(Event::Leg(leg, LegEvent::Ringing)));
        let mood = self.scene.wishes.desk;
        match (seat, mood) {
            (SeatRole::Operator | SeatRole::Supervisor, _) => self.later(PICKS_UP, Due::OperatorAnswers(leg)),
            (SeatRole::Desk, Mood::Busy) => {
                let busy = LegEvent::Failed(Cause::from_sip(486));
                self.later(WIRE * 2, Due::Tell(Event::Leg(leg, busy)));
            }
            (SeatRole::Desk, Mood::NoAnswer) => {}
            (SeatRole::Desk, Mood::Accepts | Mood::Declines | Mood::Absent | Mood::ClosedHours)
            | (SeatRole::Liaison, _) => self.later(PICKS_UP, Due::DeskAnswers(leg)),
            (SeatRole::Emergency | SeatRole::Citizen, _) => {}
        }
    }

    /// An operator picks up, but lets the caller finish with the keys that were asked for.
    pub fn operator_answers(&mut self, leg: LegId) {
        let listening = matches!(self.stage(), "greeting" | "queue");
        let soon = self.caller.last_key.is_some_and(|at| self.now < at.saturating_add(PICKS_UP));
        if self.way(leg) == Way::Ringing && listening && (self.caller.is_busy() || soon) {
            self.caller.waited_for = true;
            return self.later(LOOK, Due::OperatorAnswers(leg));
        }
        self.answers(leg);
    }

    /// A phone that rings is picked up.
    pub fn answers(&mut self, leg: LegId) {
        if let Some(leg) = self.legs.get_mut(&leg).filter(|l| l.way == Way::Ringing) {
            leg.way = Way::Up;
        } else {
            return;
        }
        self.story.answers(self.now, self.legs.get(&leg));
        self.tell(Event::Leg(leg, LegEvent::Answered));
    }
}
