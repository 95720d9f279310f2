//! The durable part of a house in memory: cases, their facts as journal, and the table of tasks; committed together.

use std::collections::BTreeMap;

use calendar::Calendar;
use promise::{
    Action, CallBack, CallBackEvent, CallId, Case, CaseId, Claim, Clock, Debt, Event, Fact, Item, ItemEvent,
    ItemId, Key, Miss, Month, Name, News, Notice, NoticeEvent, Of, Opening, Order, Outcome, Placed, Reach,
    Reader, Refusal, Settings, Table, Terms,
};

/// What the store would hold, and the working copy of each case.
pub struct House {
    pub calendar: Calendar,
    pub settings: Settings,
    pub table: Table,
    pub cases: BTreeMap<CaseId, Case>,
    pub openings: BTreeMap<CaseId, Opening>,
    pub callbacks: BTreeMap<CallId, CallBack>,
    pub items: BTreeMap<ItemId, Item>,
    pub notices: BTreeMap<(Month, Name), Notice>,
    pub tests: BTreeMap<(Month, Name), Reach>,
    /// Facts by owner, oldest first.
    pub journal: BTreeMap<Of, Vec<(i64, Fact)>>,
    /// Everything that was told to people.
    pub news: Vec<(i64, Of, Reader, News)>,
}

/// What one transaction did, for those who watch.
pub struct Done {
    pub of: Of,
    pub actions: Vec<Action>,
}

impl Done {
    /// The call to place now.
    pub fn order(&self) -> Option<&Order> {
        self.actions.iter().find_map(|action| match action {
            Action::Call(order) => Some(order),
            Action::Record(_) | Action::Plan(_) | Action::Move(..) | Action::Cancel(_) | Action::Tell(..) => {
                None
            }
        })
    }
}

impl House {
    pub fn new(calendar: Calendar, settings: Settings, terms: Terms) -> Self {
        Self {
            calendar,
            settings,
            table: Table::new(terms),
            cases: BTreeMap::new(),
            openings: BTreeMap::new(),
            callbacks: BTreeMap::new(),
            items: BTreeMap::new(),
            notices: BTreeMap::new(),
            tests: BTreeMap::new(),
            journal: BTreeMap::new(),
            news: Vec::new(),
        }
    }

    pub fn clock(&self, now: i64) -> Clock<'_> {
        Clock { now, calendar: &self.calendar, settings: &self.settings }
    }

    pub fn open(&mut self, id: CaseId, opening: Opening) -> Result<(), Refusal> {
        let case = Case::open(id, opening)?;
        self.cases.insert(id, case);
        self.openings.insert(id, opening);
        Ok(())
    }

    /// Something happened to a case.
    pub fn tell(&mut self, now: i64, id: CaseId, event: Event) -> Result<Done, Refusal> {
        let clock = Clock { now, calendar: &self.calendar, settings: &self.settings };
        let actions = self.cases.get_mut(&id).expect("a case").handle(clock, event)?;
        Ok(self.commit(now, Of::Case(id), actions))
    }

    /// A call-back is owed.
    pub fn owe(&mut self, now: i64, debt: Debt) -> Done {
        let (callback, actions) = CallBack::open(self.clock(now), debt);
        self.callbacks.insert(debt.call, callback);
        self.commit(now, Of::CallBack(debt.call), actions)
    }

    /// Something happened to a call-back.
    pub fn tell_callback(&mut self, now: i64, call: CallId, event: CallBackEvent) -> Result<Done, Refusal> {
        let clock = Clock { now, calendar: &self.calendar, settings: &self.settings };
        let actions = self.callbacks.get_mut(&call).expect("a call-back").handle(clock, event)?;
        Ok(self.commit(now, Of::CallBack(call), actions))
    }

    /// A matter comes to the ledger.
    pub fn list(&mut self, now: i64, id: ItemId, owner: Name, why: Name) -> Done {
        let (item, actions) = Item::open(self.clock(now), id, None, owner, why);
        self.items.insert(id, item);
        self.commit(now, Of::Item(id), actions)
    }

    /// Something happened to an item.
    pub fn tell_item(&mut self, now: i64, id: ItemId, event: ItemEvent) -> Result<Done, Refusal> {
        let clock = Clock { now, calendar: &self.calendar, settings: &self.settings };
        let actions = self.items.get_mut(&id).expect("an item").handle(clock, event)?;
        Ok(self.commit(now, Of::Item(id), actions))
    }

    /// The notice about a month and the test in it, for one unit.
    pub fn plan_month(&mut self, now: i64, month: Month, unit: &Name, chance: u64) {
        let (notice, actions) = Notice::plan(self.clock(now), month, unit.clone());
        self.notices.insert((month, unit.clone()), notice);
        self.commit(now, Of::Notice(month, unit.clone()), actions);
        let (test, actions) = Reach::plan(self.clock(now), month, unit.clone(), chance);
        self.tests.insert((month, unit.clone()), test);
        self.commit(now, Of::Reach(month, unit.clone()), actions);
    }

    /// Something happened to a notice.
    pub fn tell_notice(&mut self, now: i64, of: (Month, Name), event: NoticeEvent) -> Result<Done, Refusal> {
        let actions = self.notices.get_mut(&of).expect("a notice").handle(event)?;
        Ok(self.commit(now, Of::Notice(of.0, of.1), actions))
    }

    /// A claimed task: without a call it is done in the same transaction.
    pub fn due(&mut self, now: i64, claim: &Claim) -> Done {
        let key = claim.key.clone();
        let clock = Clock { now, calendar: &self.calendar, settings: &self.settings };
        let done = match &claim.key.of {
            Of::Case(id) => self.tell(now, *id, Event::Due(key)),
            Of::CallBack(call) => self.tell_callback(now, *call, CallBackEvent::Due(key)),
            Of::Item(id) => self.tell_item(now, *id, ItemEvent::Due(key)),
            Of::Notice(month, unit) => self.tell_notice(now, (*month, unit.clone()), NoticeEvent::Due(key)),
            Of::Reach(month, unit) => {
                let actions = self.tests[&(*month, unit.clone())].due(clock, key);
                Ok(self.commit(now, claim.key.of.clone(), actions))
            }
        };
        let done = done.expect("a due task is never refused");
        if done.order().is_none() {
            self.table.done(now, claim).expect("the claim of this moment");
        }
        done
    }

    /// A call is over. Its task ends in the same transaction; a node that has lost it brings nothing about.
    pub fn called(&mut self, now: i64, claim: &Claim, placed: Placed, outcome: Outcome) -> Option<Done> {
        self.table.done(now, claim).ok()?;
        Some(self.outcome(now, &claim.key, placed, outcome))
    }

    /// A task has failed too often.
    pub fn given_up(&mut self, now: i64, key: &Key) -> Done {
        self.outcome(now, key, Placed { call: CallId(0), began_at: now }, Outcome::Missed(Miss::NoLine))
    }

    fn outcome(&mut self, now: i64, key: &Key, placed: Placed, outcome: Outcome) -> Done {
        let done = match &key.of {
            Of::Case(id) => self.tell(now, *id, Event::Called(key.clone(), placed, outcome)),
            Of::CallBack(call) => {
                self.tell_callback(now, *call, CallBackEvent::Called(key.clone(), placed, outcome))
            }
            Of::Reach(month, unit) => {
                let clock = Clock { now, calendar: &self.calendar, settings: &self.settings };
                let test = self.tests.get_mut(&(*month, unit.clone())).expect("a test");
                test.called(clock, key, &outcome).map(|actions| self.commit(now, key.of.clone(), actions))
            }
            Of::Item(_) | Of::Notice(..) => panic!("{key} makes no calls"),
        };
        done.expect("the end of a task's call is never refused")
    }

    fn commit(&mut self, now: i64, of: Of, actions: Vec<Action>) -> Done {
        for action in &actions {
            match action {
                Action::Record(fact) => {
                    // As the store would: what is rebuilt later has gone through text.
                    let (kind, what) = fact.write();
                    let row = Fact::read(kind, &what).unwrap_or_else(|| panic!("{kind} {what}"));
                    assert_eq!(row, *fact);
                    self.journal.entry(of.clone()).or_default().push((now, row));
                }
                Action::Plan(plan) => {
                    assert_eq!(Key::parse(&plan.key.to_string()).as_ref(), Some(&plan.key));
                    assert!(self.table.plan(plan.clone()), "{} is planned twice", plan.key);
                }
                Action::Move(key, at) => assert!(self.table.move_to(key, *at), "{key} can't be moved"),
                Action::Cancel(kind) => {
                    self.table.cancel(now, &of, *kind);
                }
                Action::Tell(reader, news) => self.news.push((now, of.clone(), *reader, *news)),
                Action::Call(_) => {}
            }
        }
        Done { of, actions }
    }

    /// The cases that are not closed, again from their rows and facts.
    pub fn rebuild_open(&mut self) {
        let none = Vec::new();
        for (id, case) in self.cases.iter_mut().filter(|(_, case)| !case.state.is_closed()) {
            let facts = self.journal.get(&Of::Case(*id)).unwrap_or(&none);
            let again = Case::rebuild(*id, self.openings[id], facts.iter().map(|(at, fact)| (*at, fact)));
            assert_eq!(again, *case, "rebuilt from {facts:#?}");
            *case = again;
        }
    }

    /// Everything again from its row and its facts, as after a crash; each must be what it was.
    pub fn rebuild_all(&mut self) {
        let none = Vec::new();
        for (id, case) in &mut self.cases {
            let facts = self.journal.get(&Of::Case(*id)).unwrap_or(&none);
            let again = Case::rebuild(*id, self.openings[id], facts.iter().map(|(at, fact)| (*at, fact)));
            assert_eq!(again, *case, "rebuilt from {facts:#?}");
            *case = again;
        }
        for (call, callback) in &mut self.callbacks {
            let facts = &self.journal[&Of::CallBack(*call)];
            let again = CallBack::rebuild(callback.debt, facts.iter().map(|(at, fact)| (*at, fact)));
            assert_eq!(again, *callback, "rebuilt from {facts:#?}");
            *callback = again;
        }
        for ((month, unit), test) in &mut self.tests {
            let facts = self.journal.get(&Of::Reach(*month, unit.clone())).unwrap_or(&none);
            let again = Reach::rebuild(*month, unit.clone(), facts.iter().map(|(_, fact)| fact));
            assert_eq!(again, *test);
        }
    }
}
