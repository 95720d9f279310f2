//! A house in small: a store in a real file, a clock that the test moves, and one node that runs what is due.

use std::sync::Arc;

use call::ids::{CallId, Pii};
use promise::{
    Action, CallBackEvent, CaseId, Event, Item, ItemEvent, NoticeEvent, Of, Order, Outcome, Placed, Refusal,
};

use crate::both::Folder;
use crate::cases::{CaseKind, NewCase, Track};
use crate::either::{Db, query, scalar};
use crate::promise::{Claimed, Deed, Done, Heard, Owner, PromiseFault, Timing};
use crate::store::Store;
use crate::stored::Broken;

/// Monday, 12 October 2026, 10:00 in Shanghai.
pub(super) const MONDAY: i64 = 1_791_770_400_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// A step as the clock takes it: of whatever owner it is.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Due,
    Called(Placed, Outcome),
    Case(Event),
    Back(CallBackEvent),
    Item(ItemEvent),
    Notice(NoticeEvent),
}

/// Takes a step of an owner.
pub(super) fn step(
    timing: Timing,
    key: Option<promise::Key>,
    step: Step,
) -> impl FnOnce(&mut Owner) -> Result<Vec<Action>, Refusal> + Send + 'static {
    move |owner| {
        let clock = timing.clock();
        let key = || key.clone().ok_or(Refusal::NotOurs);
        match (owner, step) {
            (Owner::Case(case), Step::Due) => case.handle(clock, Event::Due(key()?)),
            (Owner::Case(case), Step::Called(placed, outcome)) => {
                case.handle(clock, Event::Called(key()?, placed, outcome))
            }
            (Owner::Case(case), Step::Case(event)) => case.handle(clock, event),
            (Owner::CallBack(back), Step::Due) => back.handle(clock, CallBackEvent::Due(key()?)),
            (Owner::CallBack(back), Step::Called(placed, outcome)) => {
                back.handle(clock, CallBackEvent::Called(key()?, placed, outcome))
            }
            (Owner::CallBack(back), Step::Back(event)) => back.handle(clock, event),
            (Owner::Item(item), Step::Due) => Item::handle(item, clock, ItemEvent::Due(key()?)),
            (Owner::Item(item), Step::Item(event)) => item.handle(clock, event),
            (Owner::Notice(notice), Step::Due) => notice.handle(NoticeEvent::Due(key()?)),
            (Owner::Notice(notice), Step::Notice(event)) => notice.handle(event),
            (Owner::Reach(test), Step::Due) => Ok(test.due(clock, key()?)),
            (Owner::Reach(test), Step::Called(_, outcome)) => test.called(clock, &key()?, &outcome),
            _ => Err(Refusal::NotOurs),
        }
    }
}

pub(super) struct House {
    pub(super) _folder: Folder,
    pub(super) store: Store,
    pub(super) other: Db,
    pub(super) now: i64,
    calls: u128,
}

impl House {
    pub(super) async fn new() -> Self {
        let (_folder, store, other) = crate::writer_tests::store().await;
        Self { _folder, store, other, now: MONDAY, calls: 1000 }
    }

    pub(super) fn timing(&self) -> Timing {
        Timing { now: self.now, calendar: Arc::default(), settings: Arc::default() }
    }

    pub(super) async fn run(&mut self, sql: &'static str) {
        query(sql).execute(&mut self.other).await.unwrap();
    }

    pub(super) async fn count(&mut self, sql: &'static str) -> i64 {
        scalar(sql).fetch_one(&mut self.other).await.unwrap()
    }

    /// One column, with a space between the rows.
    pub(super) async fn text(&mut self, sql: &'static str) -> String {
        let texts = scalar::<Option<String>>(sql).fetch_all(&mut self.other).await.unwrap();
        texts.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ")
    }

    /// These fields of the events of the outbox, each event's after one another.
    pub(super) async fn told(&mut self, fields: &[&str]) -> String {
        let events = scalar::<String>("SELECT data FROM outbox ORDER BY pos");
        let mut told = Vec::new();
        for data in events.fetch_all(&mut self.other).await.unwrap() {
            let data: serde_json::Value = serde_json::from_str(&data).unwrap();
            told.push(
                fields.iter().map(|field| data[*field].as_str().unwrap_or_default()).collect::<String>(),
            );
        }
        told.join(" ")
    }

    pub(super) async fn open(&mut self, track: Track, phone: &str) -> CaseId {
        let new = NewCase {
            call: None,
            kind: CaseKind::Complaint,
            track,
            category: None,
            service: None,
            unit: None,
            title: "路灯不亮".to_owned(),
            content: String::new(),
            place: Some("人民路".to_owned()),
            applicant_name: None,
            applicant_phone: Some(Pii::new(phone)),
            confidential: false,
            anonymous: phone.is_empty(),
            urgent: false,
        };
        let made = self.store.open_case(self.now, "1001", None, new).await.unwrap().unwrap();
        self.store.case_of(&made.no).await.unwrap().unwrap()
    }

    /// Somebody does something.
    pub(super) async fn tell(&self, of: Of, event: Step) -> Result<Done, PromiseFault> {
        let deed = Deed::new(self.now, "1001");
        self.store.keep(of, deed, step(self.timing(), None, event)).await.unwrap()
    }

    pub(super) async fn case(&self, case: CaseId, event: Event) -> Result<Done, PromiseFault> {
        self.tell(Of::Case(case), Step::Case(event)).await
    }

    /// Claims what is due now.
    pub(super) async fn claim(&self, node: &str) -> Vec<Claimed> {
        self.store.claim_tasks(self.now, node, true, 64).await.unwrap().taken
    }

    /// A claimed task is begun; the calls that it wants.
    pub(super) async fn begin(&self, task: &Claimed) -> Result<Vec<Order>, PromiseFault> {
        let key = task.claim.key.clone();
        let deed = Deed { claim: Some(task.claim.clone()), ..Deed::new(self.now, "house") };
        let work = step(self.timing(), Some(key.clone()), Step::Due);
        self.store.keep(key.of.clone(), deed, work).await.unwrap().map(|done| done.orders)
    }

    /// The call of a task is over.
    pub(super) async fn called(&mut self, task: &Claimed, outcome: Outcome) -> Result<Done, PromiseFault> {
        self.calls += 1;
        let call = CallId(self.calls);
        if self.store.set_task_call(&task.claim, call).await.unwrap().is_err() {
            return Err(PromiseFault::Lost);
        }
        let key = task.claim.key.clone();
        let deed = Deed {
            claim: Some(task.claim.clone()),
            read: Some(Heard { call, up_to: u32::MAX }),
            ..Deed::new(self.now, "house")
        };
        let placed = Placed { call: promise::CallId(call.0), began_at: self.now };
        let work = step(self.timing(), Some(key.clone()), Step::Called(placed, outcome));
        self.store.keep(key.of.clone(), deed, work).await.unwrap()
    }

    /// Runs everything that is due by now, each call answered by `habit`. How many tasks ran.
    pub(super) async fn work(&mut self, habit: impl Fn(&Order) -> Outcome) -> usize {
        let mut ran = 0;
        loop {
            let tasks = self.claim("a").await;
            if tasks.is_empty() {
                return ran;
            }
            for task in tasks {
                ran += 1;
                for order in self.begin(&task).await.unwrap() {
                    self.called(&task, habit(&order)).await.unwrap();
                }
            }
        }
    }

    /// Moves the clock on to a moment, and runs what comes due on the way.
    pub(super) async fn until(&mut self, moment: i64, habit: impl Fn(&Order) -> Outcome + Copy) {
        loop {
            self.work(habit).await;
            match self.store.next_task_at(self.now).await.unwrap().filter(|at| *at <= moment) {
                Some(at) => self.now = at,
                None => break,
            }
        }
        self.now = moment;
    }

    /// Nothing is broken but that the tests' calls have no rows, or no events.
    pub(super) async fn sound(&self) {
        let broken = self.store.verify().await.unwrap();
        let broken: Vec<_> = broken
            .into_iter()
            .filter(|b| !matches!(b, Broken::NoCall { .. } | Broken::FinalEvents { .. }))
            .collect();
        assert_eq!(broken, []);
    }
}
