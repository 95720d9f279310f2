//! What the unit tells the citizen: the call-back within ten minutes, echo 1, echo 2; and our reminders to do it.

use crate::action::{Action, Contact, Key, Kind, News, Order, Reader, Script, To};
use crate::case::{Case, Track, Turn, through_us};
use crate::clock::after;
use crate::fact::{Fact, Method, Pledge};
use crate::ids::Name;
use crate::refusal::Refusal;
use crate::state::{State, Step};
use crate::vow::{Proof, What, Why};

impl Case {
    /// The ten minutes begin, by the wall clock, at lunch too.
    pub(super) fn await_call_back(&mut self, t: &mut Turn<'_>) {
        let from = t.now();
        let due_at = after(from, t.clock.settings.call_back);
        let pledge = Pledge { what: What::CallBack, from, days: None, due_at, provisional: false };
        let rev = self.promise(t, pledge);
        let warn = after(from, t.clock.settings.call_back_warn);
        self.plan_unit_call(t, (Kind::WarnLiaison, rev, 1), warn, Some(due_at));
        self.plan_deadline(t, What::CallBack);
    }

    /// P56, while the citizen waits.
    pub(super) fn call_reminder(&mut self, t: &mut Turn<'_>, key: Key) {
        let Some(vow) = self.vows.get(&What::CallBack).filter(|vow| vow.rev == key.rev) else { return };
        let Some(unit) = self.unit.clone() else { return };
        let (contact, wanted) = if key.kind == Kind::WarnLiaison {
            (Contact::Liaison, vow.is_open())
        } else {
            (Contact::Deputy, !self.is_done(What::CallBack))
        };
        if !wanted || self.state.is_closed() {
            return;
        }
        let minutes = u32::try_from(t.now().saturating_sub(vow.from) / 60_000).unwrap_or(0);
        let (to, ring) = (To::Contact(unit, contact), t.clock.settings.ring);
        t.out.push(Action::Call(Order { key, to, script: Script::Reminder(minutes), ring }));
    }

    pub(super) fn call_back_is_over(&mut self, t: &mut Turn<'_>, rev: u32) {
        self.miss(t, What::CallBack, Why::NoCallBack);
        self.plan_unit_call(t, (Kind::WarnDeputy, rev, 1), t.now(), None);
        t.tell(Reader::ShiftLead, News::NoCallBack);
    }

    fn may_tell(&self, method: Method, proof: Proof) -> Result<(), Refusal> {
        let has_it =
            [State::Accepted, State::InProgress, State::ExtensionAsked, State::Reported, State::Checking];
        if !has_it.contains(&self.state) {
            return Err(Refusal::NotNow(self.state, Step::Begin));
        }
        if self.opening.citizen.is_none() {
            return Err(Refusal::NobodyToReply);
        }
        if method == Method::Phone { through_us(self, proof) } else { Ok(()) }
    }

    pub(super) fn called_back(&mut self, t: &mut Turn<'_>, proof: Proof, by: Name) -> Result<(), Refusal> {
        self.may_tell(Method::Phone, proof)?;
        self.note(t, Fact::Told { what: What::CallBack, method: Method::Phone, proof, by, until: None });
        self.spoke(t, proof);
        // Who handles it is said in that call: our legs show that there was one.
        if matches!(proof, Proof::Proven(_)) {
            self.told_who(t, proof);
        }
        self.begin(t)
    }

    pub(super) fn echo_1(
        &mut self,
        t: &mut Turn<'_>,
        method: Method,
        proof: Proof,
        by: Name,
        until: Option<i64>,
    ) -> Result<(), Refusal> {
        self.only_cases()?;
        self.may_tell(method, proof)?;
        self.note(t, Fact::Told { what: What::Echo1, method, proof, by, until });
        self.told_who(t, proof);
        if method == Method::Phone {
            self.spoke(t, proof);
        }
        self.begin(t)
    }

    /// The result; with it the citizen knows who handled it.
    pub(super) fn echo_2(
        &mut self,
        t: &mut Turn<'_>,
        method: Method,
        proof: Proof,
        by: Name,
    ) -> Result<(), Refusal> {
        self.only_cases()?;
        self.may_tell(method, proof)?;
        self.note(t, Fact::Told { what: What::Echo2, method, proof, by, until: None });
        self.fulfil(t, What::Echo2, proof);
        self.told_who(t, proof);
        if method == Method::Phone {
            self.spoke(t, proof);
        }
        self.begin(t)
    }

    /// The unit and the citizen have spoken: the ten minutes are over.
    fn spoke(&mut self, t: &mut Turn<'_>, proof: Proof) {
        if self.is_done(What::CallBack) {
            return;
        }
        self.fulfil(t, What::CallBack, proof);
        for kind in [Kind::WarnLiaison, Kind::WarnDeputy, Kind::CallBackOver] {
            t.cancel(kind);
        }
    }

    fn told_who(&mut self, t: &mut Turn<'_>, proof: Proof) {
        if self.opening.track == Track::Case && !self.is_done(What::Echo1) {
            self.fulfil(t, What::Echo1, proof);
            t.cancel(Kind::Echo1Over);
        }
    }

    fn begin(&mut self, t: &mut Turn<'_>) -> Result<(), Refusal> {
        if self.state == State::Accepted { self.step(t, Step::Begin) } else { Ok(()) }
    }

    pub(super) fn only_cases(&self) -> Result<(), Refusal> {
        if self.opening.track == Track::Case { Ok(()) } else { Err(Refusal::NotForReplies) }
    }
}
