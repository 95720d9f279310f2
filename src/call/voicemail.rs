//! The voice mail for hours when nobody can answer: message, keep or again, a case of it.

use crate::action::{Action, Lookup, Question, Say, Slot, Value};
use crate::ask::Ask;
use crate::call::{After, Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::{Key, Message};
use crate::house::Cx;
use crate::ids::{Pii, PromptId};
use crate::records::ms;
use crate::seek::Seek;
use crate::timers::Timer;
use std::time::Duration;

/// The store is waited for so long when a message becomes a case.
const STORE: Duration = Duration::from_secs(3);

/// How far the message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Tape {
    /// Nothing was said.
    #[default]
    Empty,
    /// Being spoken.
    Taking,
    /// Spoken and long enough; kept unless it is discarded.
    Full,
    /// Kept.
    Kept,
}

/// One call's message, and the case that is looked for.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    tape: Tape,
    /// The case that the store was asked about.
    pub(crate) sought: Option<Pii>,
}

impl Mailbox {
    pub(crate) fn is_taking(&self) -> bool {
        self.tape == Tape::Taking
    }
}

impl Call {
    /// Nobody is on duty, or the citizen would rather leave a message than wait: P72, P17, then the message.
    pub(crate) fn voicemail(&mut self, cx: &mut Cx<'_>) {
        self.asking = None;
        self.stop_waiting(cx);
        self.timers.stop(Timer::MenuCap);
        self.timers.stop(Timer::Music);
        self.stop_hunt(cx);
        self.stage = Stage::Message;
        self.set_background(cx);
        self.speak(cx, vec![Say::plain(72), Say::plain(17)], After::Message);
    }

    pub(crate) fn take_message(&mut self, cx: &mut Cx<'_>) {
        self.mailbox.tape = Tape::Taking;
        let limits = self.limits();
        let (max, silence) = (limits.message_max, limits.message_silence);
        cx.act(Action::TakeMessage { call: self.id, leg: self.citizen, max, silence });
    }

    /// A key while speaking ends the message.
    pub(crate) fn stop_message(&mut self, cx: &mut Cx<'_>) {
        cx.act(Action::StopMessage(self.id, self.citizen));
    }

    pub(crate) fn took_message(&mut self, cx: &mut Cx<'_>, message: Message) {
        if self.mailbox.tape != Tape::Taking {
            return;
        }
        let long_enough = u64::from(message.length_ms) >= ms(self.limits().message_min);
        let gone = self.stage == Stage::Closing;
        self.mailbox.tape = if long_enough { Tape::Full } else { Tape::Empty };
        match (long_enough, gone) {
            (true, false) => self.pose(cx, Ask::Keep, vec![Say::plain(18)]),
            (true, true) => self.keep_message(cx),
            (false, false) => {
                cx.act(Action::DiscardMessage(self.id, self.citizen));
                self.speak(cx, vec![Say::plain(17)], After::Message);
            }
            (false, true) => {
                cx.act(Action::DiscardMessage(self.id, self.citizen));
                self.closed_in(cx);
            }
        }
    }

    /// 1 keeps, 2 records again, `*` discards; anything else is asked again.
    pub(crate) fn keep_key(&mut self, cx: &mut Cx<'_>, key: Key) {
        match key {
            Key::Digit(1) => self.keep_message(cx),
            Key::Digit(2) => {
                self.asking = None;
                cx.act(Action::DiscardMessage(self.id, self.citizen));
                self.take_message(cx);
            }
            Key::Star => {
                self.mailbox.tape = Tape::Empty;
                self.asking = None;
                cx.act(Action::DiscardMessage(self.id, self.citizen));
                self.wait_after_message(cx);
            }
            Key::Digit(_) | Key::Hash => self.ask_on(cx, vec![Say::plain(18)]),
        }
    }

    /// Who discards the message may wait for an operator all the same.
    fn wait_after_message(&mut self, cx: &mut Cx<'_>) {
        self.stage = Stage::Lobby;
        self.music = true;
        let skill = self.default_skill();
        self.wait_for(cx, Seek::Skill, skill, true);
        self.fell_silent(cx);
    }

    /// The message becomes a case; without a key it is kept too.
    pub(crate) fn keep_message(&mut self, cx: &mut Cx<'_>) {
        self.mailbox.tape = Tape::Kept;
        self.asking = None;
        self.achieved.message = true;
        self.timers.set(Timer::Store, cx.after(STORE));
        cx.act(Action::Find(self.id, Question::NewVoicemailCase));
    }

    pub(crate) fn case_made(&mut self, cx: &mut Cx<'_>, lookup: &Lookup) {
        let case = match lookup {
            Lookup::NewCase(case) => Some(case.clone()),
            Lookup::Progress { .. }
            | Lookup::OfUnit { .. }
            | Lookup::CodeNeeded
            | Lookup::NoSuchCase
            | Lookup::TooManyTries
            | Lookup::Unavailable => None,
        };
        self.row.case.clone_from(&case);
        if self.stage == Stage::Closing {
            return self.closed_in(cx);
        }
        let finished = Cause::new(Side::House, Reason::Finished);
        match case {
            Some(case) => {
                self.event(cx, "case.created", None, None, "");
                let say = Say::Prompt(PromptId(19), vec![(Slot::Case, Value::Case(case))]);
                self.farewell(cx, vec![say], finished);
            }
            // Without the store there is no number to tell; the message is kept.
            None => self.end(cx, finished),
        }
    }

    /// The citizen hung up in the voice mail: what was said is kept.
    pub(crate) fn left_message(&mut self, cx: &mut Cx<'_>) {
        self.stage = Stage::Closing;
        match self.mailbox.tape {
            Tape::Taking => {}
            Tape::Full => self.keep_message(cx),
            Tape::Kept | Tape::Empty => self.closed_in(cx),
        }
    }

    /// Nothing holds a call open whose citizen is gone.
    pub(crate) fn closed_in(&mut self, cx: &mut Cx<'_>) {
        let parting = self.legs.values().any(|l| matches!(l.state, crate::leg::LegState::Parting(_)));
        if self.stage != Stage::Closing
            || parting
            || self.mailbox.is_taking()
            || self.timers.runs(Timer::Store)
        {
            return;
        }
        let mut cause = self.cause.unwrap_or(Cause::new(Side::Citizen, Reason::Normal));
        if !self.achieved.talked
            && !self.achieved.message
            && !self.achieved.told
            && cause.side == Side::Citizen
        {
            cause.reason = Reason::GaveUp;
        }
        self.end(cx, cause);
    }
}
