//! Progress of a case by keys: the number, the code, and what may be told (never content, names or addresses).

use std::time::Duration;

use crate::action::{Action, Lookup, Question, Say, Slot, Value};
use crate::ask::Ask;
use crate::call::{After, Call};
use crate::house::Cx;
use crate::ids::{Pii, PromptId};
use crate::plan::Go;
use crate::timers::Timer;

/// The store is waited for so long; then an operator helps.
pub(crate) const STORE: Duration = Duration::from_secs(3);

impl Call {
    /// Asks the store; the answer is told or leads on.
    pub(crate) fn ask_store(&mut self, cx: &mut Cx<'_>, case: Pii, code: Option<Pii>) {
        self.timers.stop(Timer::Key);
        self.timers.set(Timer::Store, cx.after(STORE));
        let caller = self.own_number().unwrap_or_default();
        cx.act(Action::Find(self.id, Question::Progress { case: case.clone(), code, caller }));
        self.mailbox.sought = Some(case);
    }

    pub(crate) fn looked_up(&mut self, cx: &mut Cx<'_>, lookup: Lookup) {
        let asked_code = matches!(self.asking.as_ref().map(|a| &a.what), Some(Ask::QueryCode(_)));
        match lookup {
            Lookup::Progress { .. } => self.tell(cx, lookup),
            Lookup::CodeNeeded if asked_code => self.wrong_number(cx, 21),
            Lookup::CodeNeeded => {
                let Some(case) = self.mailbox.sought.clone() else { return };
                self.pose(cx, Ask::QueryCode(case), vec![Say::plain(21)]);
            }
            Lookup::NoSuchCase => self.wrong_number(cx, 25),
            Lookup::TooManyTries | Lookup::Unavailable | Lookup::NewCase(_) | Lookup::OfUnit { .. } => {
                self.go(cx, Go::Queue(self.default_skill()));
            }
        }
    }

    fn tell(&mut self, cx: &mut Cx<'_>, lookup: Lookup) {
        let say = told(&lookup, cx.now.utc_ms);
        if let Lookup::Progress { case, .. } = lookup {
            self.row.case = Some(case);
        }
        self.achieved.told = true;
        self.event(cx, "ivr.prompt", None, None, "progress");
        self.update(cx);
        self.pose(cx, Ask::Told, say);
    }

    /// Key 9 after the telling.
    pub(crate) fn tell_again(&mut self, cx: &mut Cx<'_>) {
        self.go(cx, Go::Repeat);
        if let Some(speech) = &mut self.speech {
            speech.after = After::Keys(self.plan.limits.first_digit);
        }
    }
}

/// P22 with the state, P23 or P24 with unit and date, P26.
fn told(lookup: &Lookup, now: i64) -> Vec<Say> {
    let Lookup::Progress { case, received_at, status, unit, due_at, due_provisional, extended } = lookup
    else {
        return Vec::new();
    };
    let date = |at: i64, provisional| (Slot::Date, Value::Date { at, now, provisional });
    let received = date(*received_at, false);
    let state = (Slot::Status, Value::Status(status.clone()));
    let mut say =
        vec![Say::Prompt(PromptId(22), vec![(Slot::Case, Value::Case(case.clone())), received, state])];
    match (unit, due_at) {
        (_, Some(due)) if *extended => {
            say.push(Say::Prompt(PromptId(24), vec![date(*due, *due_provisional)]));
        }
        (Some((_, name)), Some(due)) => {
            let unit = (Slot::Unit, Value::Named(name.clone()));
            say.push(Say::Prompt(PromptId(23), vec![unit, date(*due, *due_provisional)]));
        }
        (_, None) | (None, _) => {}
    }
    say.push(Say::plain(26));
    say
}
