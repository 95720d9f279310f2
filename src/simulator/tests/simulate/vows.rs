//! The case store as a model, as far as promises go: a step is loaded from facts, taken and written in one go, and tasks are the pure
//! table whose methods are the store's statements.

use call::cdr::CallBackWhy;
use call::errand::ErrandRow;
use call::ids::{CallId, Lang, Pii};
use promise::{
    Action, Because, CallBack, CallBackEvent, Case, CaseId, Citizen, Claim, Debt, Fact, Key, Name, Of,
    Opening, Refusal, TaskState, What,
};
use store::PlacedCall;
use store::promises::{
    CalledAgain, Claimed, Claims, Deed, Done, ErrandFacts, Heard, Owner, PromiseFault, Taken, Timing,
};

use super::books::{Books, NODE};

/// The number of every case: who keys it at the access number means any of them.
pub const CASE_NO: &str = "261009000012";

/// Who calls, as far as lanes go.
pub fn citizen(number: &Pii) -> Citizen {
    let fold = |hash: u128, byte: u8| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B)
    };
    Citizen(number.reveal().bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, fold))
}

fn placed(call: CallId) -> promise::CallId {
    promise::CallId(call.0)
}

impl Books {
    fn load(&self, of: &Of) -> Option<Owner> {
        match of {
            Of::Case(id) => self.case(*id).map(|case| Owner::Case(Box::new(case))),
            Of::CallBack(call) => {
                let debt = self.debt(CallId(call.0))?;
                Some(Owner::CallBack(Box::new(CallBack::rebuild(debt, self.facts_of(of)))))
            }
            Of::Item(_) | Of::Notice(..) | Of::Reach(..) => None,
        }
    }

    /// What is owed because of a call: for two reasons it is one.
    fn debt(&self, call: CallId) -> Option<Debt> {
        let of_call = self.owed.range((call, "")..).take_while(|((of, _), _)| *of == call);
        let (_, owed) = of_call.min_by_key(|((_, why), owed)| (owed.row.since, *why))?;
        Some(Debt {
            call: placed(call),
            citizen: citizen(&owed.row.number),
            because: match owed.row.why {
                CallBackWhy::Missed => Because::Missed,
                CallBackWhy::Asked => Because::Asked,
                CallBackWhy::CutOff => Because::CutOff,
            },
            since: owed.row.since,
            urgent: self.calls.get(&call).is_some_and(|book| book.row.urgent),
        })
    }

    fn is_held(&self, claim: &Claim) -> bool {
        let row = self.table.get(&claim.key);
        row.is_some_and(|row| {
            row.state == TaskState::Running
                && row.lease_by.as_ref() == Some(&claim.node)
                && row.attempt == claim.attempt
        })
    }

    /// One step of an owner, all or nothing.
    pub fn keep(
        &mut self,
        of: &Of,
        deed: &Deed,
        step: impl FnOnce(&mut Owner) -> Result<Vec<Action>, Refusal>,
    ) -> Result<Done, PromiseFault> {
        if deed.claim.as_ref().is_some_and(|claim| !self.is_held(claim)) {
            return Err(PromiseFault::Lost);
        }
        let request = deed.request_key.as_ref().map(|key| format!("{}\n{key}", deed.who));
        if let Some(request) = request
            && !self.requests.insert(request)
        {
            return Ok(Done { again: true, ..Done::default() });
        }
        let mut owner = self.load(of).ok_or(PromiseFault::NoSuchOwner)?;
        let actions = step(&mut owner).map_err(PromiseFault::Refused)?;
        Ok(self.enter(of, deed, actions))
    }

    fn enter(&mut self, of: &Of, deed: &Deed, actions: Vec<Action>) -> Done {
        let mut done = Done::default();
        for action in actions {
            match action {
                Action::Record(fact) => self.note(of, deed.at, fact),
                Action::Plan(plan) => drop(self.table.plan(plan)),
                Action::Move(key, at) => drop(self.table.move_to(&key, at)),
                Action::Cancel(kind) => drop(self.table.cancel(deed.at, of, kind)),
                Action::Call(order) => done.orders.push(order),
                Action::Tell(..) => {}
            }
        }
        if let Some(heard) = deed.read {
            self.pass_news(heard);
        }
        if let Some(key) = &deed.gave_up {
            self.told.insert(key.clone());
        }
        if let Some(claim) = deed.claim.as_ref().filter(|_| done.orders.is_empty() && !deed.goes_on) {
            // Held a moment ago.
            let _ = self.table.done(deed.at, claim);
        }
        done
    }

    /// Writes a fact; a promise ends once.
    fn note(&mut self, of: &Of, at: i64, fact: Fact) {
        if let Fact::Ended(what, end) = &fact
            && !self.is_open(of, *what)
        {
            self.fault(format!("the promise {what:?} of {of} ends again: {end:?}"));
        }
        self.facts.entry(of.clone()).or_default().push((at, fact));
    }

    /// Whether the last promise of this kind runs.
    pub fn is_open(&self, of: &Of, what: What) -> bool {
        self.facts_of(of).fold(false, |open, (_, fact)| match fact {
            Fact::Promised(pledge) if pledge.what == what => true,
            Fact::Ended(ended, _) if *ended == what => false,
            _ => open,
        })
    }

    pub fn pass_news(&mut self, heard: Heard) {
        for (_, (_, read)) in self.news.range_mut((heard.call, 0)..=(heard.call, heard.up_to)) {
            *read = true;
        }
    }

    pub fn errand_rows(&self, call: CallId) -> Vec<(ErrandRow, bool)> {
        self.news.range((call, 0)..=(call, u32::MAX)).map(|(_, row)| row.clone()).collect()
    }

    pub fn unread_news(&self, most: u32) -> Vec<ErrandRow> {
        let unread = self.news.values().filter(|(_, read)| !read).map(|(row, _)| row.clone());
        let mut rows: Vec<ErrandRow> = unread.collect();
        rows.sort_by_key(|row| (row.at, row.call, row.no));
        rows.truncate(usize::try_from(most).unwrap());
        rows
    }

    pub fn placed_call(&self, call: CallId) -> Option<PlacedCall> {
        self.calls.get(&call).map(|book| PlacedCall { node: NODE.to_owned(), over: book.ended })
    }

    pub fn claim_tasks(&mut self, now: i64, node: &str, is_day: bool, most: u32) -> Claims {
        let given_up = self.table.release(now);
        let expired = self.table.expire(now);
        let node = Name::from(node);
        let mut taken = Vec::new();
        while taken.len() < usize::try_from(most).unwrap()
            && let Some(claim) = self.table.claim(now, &node, is_day)
        {
            taken.push(self.claimed(claim));
        }
        Claims { taken, given_up, expired }
    }

    fn claimed(&self, claim: Claim) -> Claimed {
        let plan = self.table.get(&claim.key).unwrap().plan.clone();
        Claimed { call: self.call_of.get(&claim.key).copied(), plan, claim }
    }

    pub fn task_of_call(&self, call: CallId) -> Option<Claimed> {
        let of_call = self.call_of.iter().filter(|(_, of)| **of == call);
        let row =
            of_call.filter_map(|(key, _)| self.table.get(key)).find(|row| row.state == TaskState::Running)?;
        Some(self.claimed(Claim {
            key: row.plan.key.clone(),
            node: row.lease_by.clone().unwrap_or_default(),
            attempt: row.attempt,
            until: row.lease_until,
            lag_ms: row.lag_ms,
        }))
    }

    pub fn set_task_call(&mut self, claim: &Claim, call: CallId) -> Result<(), promise::Lost> {
        if !self.is_held(claim) {
            return Err(promise::Lost);
        }
        if !self.forgetful {
            self.call_of.insert(claim.key.clone(), call);
        }
        Ok(())
    }

    pub fn renew(&mut self, now: i64, claims: &mut Vec<Claim>) -> Vec<Key> {
        let mut lost = Vec::new();
        claims.retain_mut(|claim| match self.table.renew(now, claim) {
            Ok(()) => true,
            Err(promise::Lost) => {
                lost.push(claim.key.clone());
                false
            }
        });
        lost
    }

    pub fn untold(&self) -> Vec<Key> {
        let human = self.table.iter().filter(|row| row.state == TaskState::Human);
        human.map(|row| row.plan.key.clone()).filter(|key| !self.told.contains(key)).collect()
    }

    pub fn new_debts(&self) -> Vec<Debt> {
        let mut calls: Vec<CallId> =
            self.owed.iter().filter(|(_, owed)| !owed.taken).map(|((call, _), _)| *call).collect();
        calls.dedup();
        calls.into_iter().filter_map(|call| self.debt(call)).collect()
    }

    /// Takes a debt up.
    pub fn take_debt(&mut self, timing: &Timing, debt: Debt) -> Taken {
        let call = CallId(debt.call.0);
        let of = Of::CallBack(debt.call);
        let of_call =
            |((of, _), owed): &(&(CallId, &'static str), &super::books::Owed)| *of == call && !owed.taken;
        if !self.owed.iter().any(|entry| of_call(&entry)) {
            return Taken::Already;
        }
        let there = self.facts_of(&of).next().is_some();
        let open = if there { None } else { self.open_call_back(call, debt.citizen) };
        for (_, owed) in self.owed.range_mut((call, "")..).take_while(|((of, _), _)| *of == call) {
            owed.taken = true;
        }
        if there {
            return Taken::Already;
        }
        let deed = Deed::new(timing.now, "house");
        if let Some(first) = open {
            let again = CallBackEvent::MissedAgain(debt.call);
            let step = |owner: &mut Owner| match owner {
                Owner::CallBack(call_back) => call_back.handle(timing.clock(), again),
                _ => Err(Refusal::NotOurs),
            };
            if self.keep(&Of::CallBack(placed(first)), &deed, step).is_ok() {
                for (_, owed) in self.owed.range_mut((call, "")..).take_while(|((of, _), _)| *of == call) {
                    owed.joined = Some(first);
                }
                return Taken::Joined(first);
            }
        }
        let (_, actions) = CallBack::open(timing.clock(), debt);
        self.enter(&of, &deed, actions);
        Taken::Opened
    }

    fn open_call_back(&self, besides: CallId, whom: Citizen) -> Option<CallId> {
        let same = self.owed.iter().filter(|((call, _), owed)| {
            *call != besides && owed.taken && owed.joined.is_none() && citizen(&owed.row.number) == whom
        });
        let open = same.filter(|((call, _), _)| {
            let of = Of::CallBack(placed(*call));
            let settled = self.facts_of(&of).any(|(_, fact)| matches!(fact, Fact::Settled));
            self.facts_of(&of).next().is_some() && !settled
        });
        open.min_by_key(|(_, owed)| owed.row.since).map(|((call, _), _)| *call)
    }

    pub fn called_again(&self, debt: &Debt) -> CalledAgain {
        let call = CallId(debt.call.0);
        let later = self.calls.range(call..).skip_while(|(id, _)| **id == call).map(|(_, book)| book);
        let theirs = later.filter(|book| book.came_in() && citizen(&book.row.caller.number) == debt.citizen);
        theirs.fold(CalledAgain::No, |most, book| match (most, book.row.operator.is_some(), book.ended) {
            (CalledAgain::Talked, _, _) | (_, true, _) => CalledAgain::Talked,
            (_, false, false) => CalledAgain::Waiting,
            (most, false, true) => most,
        })
    }

    pub fn errand_facts(&self, of: &Of) -> Option<ErrandFacts> {
        match of {
            Of::Case(id) => {
                let (opening, number) = self.cases.get(id)?;
                let case = self.case(*id)?;
                Some(ErrandFacts {
                    case_no: Some(CASE_NO.to_owned()),
                    citizen: Some(number.clone()),
                    urgent: opening.urgent,
                    received_at: opening.at,
                    unit: case.unit.as_ref().map(ToString::to_string),
                    round: case.round,
                    ..ErrandFacts::default()
                })
            }
            Of::CallBack(call) => {
                let debt = self.debt(CallId(call.0))?;
                let number = self.owed.range((CallId(call.0), "")..).next()?.1.row.number.clone();
                let book = self.calls.get(&CallId(call.0));
                Some(ErrandFacts {
                    citizen: Some(number).filter(|number| !number.reveal().is_empty()),
                    lang: book.map_or(Lang::Zh, |book| book.row.lang),
                    urgent: debt.urgent,
                    received_at: debt.since,
                    since: Some(debt.since),
                    round: 1,
                    ..ErrandFacts::default()
                })
            }
            Of::Item(_) | Of::Notice(..) | Of::Reach(..) => None,
        }
    }

    /// A case is opened and given to a unit.
    pub fn open_case(&mut self, timing: &Timing, id: CaseId, opening: Opening, number: Pii, unit: &str) {
        if Case::open(id, opening).is_err() {
            return;
        }
        self.cases.insert(id, (opening, number));
        let given = promise::Event::HandOver(unit.into());
        let step = |owner: &mut Owner| match owner {
            Owner::Case(case) => case.handle(timing.clock(), given),
            _ => Err(Refusal::NotOurs),
        };
        if let Err(fault) = self.keep(&Of::Case(id), &Deed::new(timing.now, "1001"), step) {
            self.fault(format!("a case can't be handed over: {fault:?}"));
        }
    }
}
