//! What people do in the year: citizens call, units work or do not, the shift lead goes on where calls came to nothing.

use promise::{
    Action, Asking, Because, CallBackEvent, CallId, CaseId, Channel, Citizen, Debt, Event, Fact, Flag, Month,
    News, Of, Opening, Proof, Seen, State, TaskState, Track, What,
};

use super::dice::Dice;
use super::people::{self, DAY, Deed, HOUR, MINUTE, SECOND, UNITS};
use super::sim::{Next, Sim};
use crate::world::house::Done;

impl Sim {
    pub(super) fn citizen(&mut self, citizen: u64) {
        let Some(node) = self.anybody() else {
            self.push(self.now + MINUTE, Next::Citizen(citizen));
            return;
        };
        let now = self.nodes[node].now(self.now);
        self.weather.calls += 1;
        // A quarter of them is somebody who has called before.
        let who = Citizen((citizen - citizen % 4 * u64::from(citizen % 4 == 3)).into());
        if self.dice.percent(4) {
            self.hear(None, false);
            self.missed(now, who);
            return;
        }
        let waited = if self.dice.percent(95) { self.dice.below(15_000) } else { self.dice.below(120_000) };
        let on_spot = self.dice.percent(80);
        self.hear(Some(waited), on_spot);
        if let Some(call) = self.open_callbacks.get(&who).copied() {
            self.tell_callback(now, call, CallBackEvent::CalledAgain);
        }
        if !on_spot || self.dice.percent(2) {
            self.open_case(now, who, on_spot);
        }
    }

    fn hear(&mut self, waited: Option<u64>, on_spot: bool) {
        self.heard.push((waited, on_spot));
        self.figures.add(&self.house.settings, Seen::Call { waited, on_spot });
        if on_spot && self.dice.percent(30) {
            let took = self.dice.percent(92);
            self.desks.push(took);
            self.figures.add(&self.house.settings, Seen::Desk(took));
        }
    }

    fn missed(&mut self, now: i64, citizen: Citizen) {
        let call = CallId(self.dice.draw().into());
        if let Some(open) = self.open_callbacks.get(&citizen).copied() {
            self.tell_callback(now, open, CallBackEvent::MissedAgain(call));
            return;
        }
        let because = match self.dice.below(10) {
            0..6 => Because::Missed,
            6..9 => Because::Asked,
            _ => Because::CutOff,
        };
        let urgent = self.dice.below(200) == 0;
        let debt = Debt { call, citizen, because, since: now - self.dice.between(0, 2 * MINUTE), urgent };
        self.open_callbacks.insert(citizen, call);
        let done = self.house.owe(now, debt);
        self.watch(&done);
        if self.dice.percent(20) {
            let later = self.now + self.dice.between(SECOND, HOUR);
            self.push(later, Next::Person(Deed::CallsAgain(call)));
        }
    }

    fn tell_callback(&mut self, now: i64, call: CallId, event: CallBackEvent) {
        match self.house.tell_callback(now, call, event) {
            Ok(done) => self.watch(&done),
            Err(_) => self.weather.refused += 1,
        }
    }

    fn open_case(&mut self, now: i64, citizen: Citizen, on_spot: bool) {
        self.weather.cases += 1;
        let id = CaseId(self.weather.cases.into());
        let track = if self.dice.percent(40) { Track::Reply } else { Track::Case };
        let anonymous = track == Track::Case && self.dice.percent(3);
        let opening = Opening {
            at: now,
            track,
            citizen: (!anonymous).then_some(citizen),
            confidential: self.dice.percent(3),
            urgent: self.dice.percent(2),
            repeat_of: None,
        };
        self.house.open(id, opening).unwrap();
        if on_spot {
            self.tell(now, id, Event::SettledOnSpot);
            self.tell(now, id, Event::Archive);
            return;
        }
        let unit = people::unit(self.dice.below(UNITS));
        self.tell(now, id, Event::HandOver(unit));
        let later = |dice: &mut Dice, most| dice.between(MINUTE, most);
        if self.dice.percent(1) {
            let when = self.now + later(&mut self.dice, 6 * DAY);
            self.push(when, Next::Person(Deed::Tell(id, Event::Merge(CaseId(0)))));
        }
        if self.dice.percent(1) {
            let when = self.now + later(&mut self.dice, DAY);
            self.push(when, Next::Person(Deed::Tell(id, Event::Flag(Flag::Urgent, true))));
        }
        if self.dice.percent(1) {
            let when = self.now + later(&mut self.dice, 4 * DAY);
            self.push(when, Next::Person(Deed::Tell(id, Event::Flag(Flag::Blocked, true))));
        }
    }

    /// Somebody tells the case something, by the clock of the node that hears it; now and then that node dies before it
    /// has committed, and they do it again.
    pub(super) fn tell(&mut self, now: i64, id: CaseId, event: Event) {
        let before = self.house.cases[&id].clone();
        match self.house.tell(now, id, event) {
            Ok(done) => self.watch(&done),
            Err(_) => {
                self.weather.refused += 1;
                assert_eq!(before, self.house.cases[&id], "a refusal has changed the case");
            }
        }
    }

    pub(super) fn person(&mut self, deed: Deed) {
        let Some(node) = self.anybody() else {
            self.push(self.now + MINUTE, Next::Person(deed));
            return;
        };
        let now = self.nodes[node].now(self.now);
        match deed {
            Deed::Tell(id, event) => self.tell(now, id, event),
            Deed::Finish(id) => self.finish(now, id),
            Deed::Ask(id, what) => self.ask(now, id, what),
            Deed::CallsAgain(call) => self.tell_callback(now, call, CallBackEvent::CalledAgain),
            Deed::Reached(call) => self.tell_callback(now, call, CallBackEvent::ReachedByPerson),
            Deed::Sweep(id) => {
                for row in self.house.table.forget(&Of::Case(id), i64::MAX) {
                    let times = self.completions.get(&row.plan.key).copied().unwrap_or(0);
                    assert_eq!(times, u32::from(row.state == TaskState::Done), "{}", row.plan.key);
                    self.swept += 1;
                }
                // A call that was under way, or was lost with its node, comes to its end first.
                let of = Of::Case(id);
                if self.house.table.iter_of(&of).next().is_some() {
                    self.push(self.now + HOUR, Next::Person(Deed::Sweep(id)));
                }
            }
        }
    }

    fn finish(&mut self, now: i64, id: CaseId) {
        let case = &self.house.cases[&id];
        let theirs = matches!(case.state, State::Accepted | State::InProgress | State::ExtensionAsked);
        if !theirs {
            return;
        }
        if case.opening.citizen.is_some() {
            let by = || promise::Name::from("3001");
            let proof = Proof::Proven(CallId(self.dice.draw().into()));
            let method = promise::Method::Phone;
            self.tell(now, id, Event::Echo2 { method, proof, by: by() });
        }
        self.tell(now, id, Event::Reported("3001".into()));
    }

    fn ask(&mut self, now: i64, id: CaseId, what: What) {
        let case = &self.house.cases[&id];
        let asking = if what == What::Check { case.check } else { case.echo3 };
        if asking != Asking::Person {
            return;
        }
        let known = case.opening.citizen.is_some();
        if known && self.dice.percent(20) {
            self.tell(now, id, Event::GiveUp("moved away".into()));
            return;
        }
        let mut answers = people::answers(&mut self.dice);
        answers.score = answers.score.or(Some(3));
        let event =
            if what == What::Check { Event::CheckedByPerson(answers) } else { Event::AskedByPerson(answers) };
        self.tell(now, id, event);
    }

    /// What people make of what they hear and see.
    pub(super) fn watch(&mut self, done: &Done) {
        for action in &done.actions {
            match action {
                Action::Record(fact) => {
                    self.figures.add(&self.house.settings, Seen::Fact(fact));
                    self.seen(&done.of, fact);
                }
                Action::Tell(_, news) => self.told(&done.of, *news),
                Action::Plan(_) | Action::Move(..) | Action::Cancel(_) | Action::Call(_) => {}
            }
        }
    }

    fn seen(&mut self, of: &Of, fact: &Fact) {
        match (of, fact) {
            (Of::Case(id), Fact::Received(..)) => {
                let case = &self.house.cases[id];
                let unit = case.unit.clone().unwrap();
                let has_work = case.opening.track == Track::Case;
                for (after, deed) in people::after_receipt(&mut self.dice, *id, &unit, has_work) {
                    self.push(self.now + after, Next::Person(deed));
                }
            }
            (Of::Case(id), Fact::Moved(state)) if state.is_closed() => {
                self.push(self.now + HOUR, Next::Person(Deed::Sweep(*id)));
            }
            (Of::CallBack(call), Fact::Settled) => {
                let citizen = self.house.callbacks[call].debt.citizen;
                self.open_callbacks.remove(&citizen);
            }
            _ => {}
        }
    }

    fn told(&mut self, of: &Of, news: News) {
        let (dice, now) = (&mut self.dice, self.now);
        let (after, deed) = match (of, news) {
            (Of::Case(id), News::NobodyTookIt | News::NobodyAcknowledged) => {
                let receipt = Event::Received("3009".into(), Channel::Operator);
                (dice.between(5 * MINUTE, 2 * HOUR), Deed::Tell(*id, receipt))
            }
            (Of::Case(id), News::Returned) => {
                let unit = people::unit(dice.below(UNITS));
                (dice.between(5 * MINUTE, 20 * HOUR), Deed::Tell(*id, Event::Reassign(unit)))
            }
            (Of::Case(id), News::ExtensionAsked) => {
                let days = (!dice.percent(30)).then(|| 1 + i32::try_from(dice.below(10)).unwrap());
                (dice.between(HOUR, 3 * DAY), Deed::Tell(*id, Event::AnswerExtension(days, "".into())))
            }
            (Of::Case(id), News::NotReached | News::LookAtIt) => {
                let case = &self.house.cases[id];
                let what = if case.echo3 == Asking::Person { What::Echo3 } else { What::Check };
                (dice.between(HOUR, 3 * DAY), Deed::Ask(*id, what))
            }
            (Of::Case(id), News::Referred) => {
                (dice.between(DAY, 20 * DAY), Deed::Tell(*id, Event::Decided("paid".into())))
            }
            (Of::Case(id), News::Overdue) => (dice.between(HOUR, 4 * DAY), Deed::Finish(*id)),
            (Of::CallBack(call), News::NotReached) => (dice.between(HOUR, DAY), Deed::Reached(*call)),
            _ => return,
        };
        self.push(now + after, Next::Person(deed));
    }

    pub(super) fn month(&mut self, month: Month) {
        for unit in 0..UNITS {
            let chance = self.dice.draw();
            self.house.plan_month(self.now, month, &people::unit(unit), chance);
        }
    }

    /// Next year's days are known: what is open is computed anew.
    pub(super) fn notice(&mut self) {
        self.house.calendar = self.with_notice.clone();
        let open: Vec<CaseId> =
            self.house.cases.iter().filter(|(_, case)| !case.state.is_closed()).map(|(id, _)| *id).collect();
        for id in open {
            self.tell(self.now, id, Event::CalendarChanged);
        }
    }
}
