//! The way to the promises for everybody else: steps of people, connected at once, another configuration.

use std::io;
use std::sync::Arc;

use call::errand::{Errand, Task};
use call::ids::{CallId, Pii};
use call::plan::Member;
use promise::{CallBackEvent, CaseId, Event, ItemEvent, ItemId, Month, Name, NoticeEvent, Of, Refusal};
use store::promises::{Deed, Done, NewItem, Owner, PromiseFault, Timing};
use store::{Store, StoreError};
use switchboard::HandleError;

use crate::house::House;
use crate::rules::Rules;
use crate::upkeep;

/// What a step of a person has brought, or why it was refused.
pub type Stepped = Result<Result<Done, PromiseFault>, StoreError>;

/// Why nobody can be connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectFault {
    /// No such case.
    #[error("there is no such case: check its number")]
    NoSuchCase,
    /// Anonymous, or the number was withheld.
    #[error("the case has no telephone number: the citizen can't be called")]
    NoNumber,
    /// The switchboard takes no order now.
    #[error(transparent)]
    House(#[from] HandleError),
    /// The case store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random numbers.
    #[error("the system gives no random numbers ({0}): check /dev/urandom")]
    System(#[from] io::Error),
}

/// A door to the promises. Clones are the same door.
#[derive(Clone, Debug)]
pub struct Door(Arc<House<Store>>);

impl Door {
    pub(crate) fn new(house: Arc<House<Store>>) -> Self {
        Self(house)
    }

    /// Now, UTC ms: the one clock of promises.
    pub fn now(&self) -> i64 {
        self.0.now()
    }

    /// Now, and what deadlines are computed by.
    pub fn timing(&self) -> Timing {
        self.0.timing(self.0.now())
    }

    /// Takes one thing that happened to a case. The same request of the same person again does nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn act(&self, of: Of, who: &str, request_key: Option<String>, event: Event) -> Stepped {
        let timing = self.timing();
        self.step(of, timing.now, who, request_key, move |owner| match owner {
            Owner::Case(case) => case.handle(timing.clock(), event),
            Owner::CallBack(_) | Owner::Item(_) | Owner::Notice(_) | Owner::Reach(_) => Err(Refusal::NotOurs),
        })
        .await
    }

    /// Takes one thing that happened to an item of the ledger.
    ///
    /// # Errors
    /// The store's.
    pub async fn item(
        &self,
        id: ItemId,
        who: &str,
        request_key: Option<String>,
        event: ItemEvent,
    ) -> Stepped {
        let timing = self.timing();
        self.step(Of::Item(id), timing.now, who, request_key, move |owner| match owner {
            Owner::Item(item) => item.handle(timing.clock(), event),
            Owner::Case(_) | Owner::CallBack(_) | Owner::Notice(_) | Owner::Reach(_) => Err(Refusal::NotOurs),
        })
        .await
    }

    /// Takes one thing that happened to a notice; an edit with the texts (work, problems, advice) that it writes.
    ///
    /// # Errors
    /// The store's.
    pub async fn notice(
        &self,
        (month, unit): (Month, Name),
        who: &str,
        request_key: Option<String>,
        (event, texts): (NoticeEvent, Option<[String; 3]>),
    ) -> Stepped {
        let deed = Deed { request_key, texts, ..Deed::new(self.now(), who) };
        self.take(Of::Notice(month, unit), deed, move |owner| match owner {
            Owner::Notice(notice) => notice.handle(event),
            Owner::Case(_) | Owner::CallBack(_) | Owner::Item(_) | Owner::Reach(_) => Err(Refusal::NotOurs),
        })
        .await
    }

    /// Takes one thing that happened to the call-back that is owed because of this call.
    ///
    /// # Errors
    /// The store's.
    pub async fn call_back(
        &self,
        call: CallId,
        who: &str,
        request_key: Option<String>,
        event: CallBackEvent,
    ) -> Stepped {
        let timing = self.timing();
        let of = Of::CallBack(promise::CallId(call.0));
        self.step(of, timing.now, who, request_key, move |owner| match owner {
            Owner::CallBack(call_back) => call_back.handle(timing.clock(), event),
            Owner::Case(_) | Owner::Item(_) | Owner::Notice(_) | Owner::Reach(_) => Err(Refusal::NotOurs),
        })
        .await
    }

    /// Lists an item in the ledger.
    ///
    /// # Errors
    /// The store's.
    pub async fn open_item(
        &self,
        who: &str,
        request_key: Option<&str>,
        new: NewItem,
    ) -> Result<ItemId, StoreError> {
        let opened = self.0.store.open_item(self.timing(), who, request_key, new).await;
        self.0.wake.notify_one();
        opened
    }

    async fn step<F>(&self, of: Of, at: i64, who: &str, request_key: Option<String>, step: F) -> Stepped
    where
        F: FnOnce(&mut Owner) -> Result<Vec<promise::Action>, Refusal> + Send + 'static,
    {
        self.take(of, Deed { request_key, ..Deed::new(at, who) }, step).await
    }

    async fn take<F>(&self, of: Of, deed: Deed, step: F) -> Stepped
    where
        F: FnOnce(&mut Owner) -> Result<Vec<promise::Action>, Refusal> + Send + 'static,
    {
        let done = self.0.store.keep(of, deed, step).await;
        self.0.wake.notify_one();
        done
    }

    /// 'Connect me now': rings this member of the staff, then the citizen; both are in one room, and that they talk is the proof
    /// of a call-back. Gives the call.
    ///
    /// # Errors
    /// [`ConnectFault`]: nobody is rung.
    pub async fn connect(&self, case: CaseId, staff: Member) -> Result<CallId, ConnectFault> {
        let house = &self.0;
        let of = Of::Case(case);
        let facts = house.store.errand_facts(&of).await?.ok_or(ConnectFault::NoSuchCase)?;
        let citizen = facts.citizen.ok_or(ConnectFault::NoNumber)?;
        let call = house.mint()?;
        let task = format!("connect/{of}/{}", staff.staff.0).into();
        let ring = house.rules().settings.ring;
        house.handle.set_out(Errand {
            call,
            task,
            what: Task::Connect { staff },
            case: facts.case_no.map(Pii::new),
            citizen: Some(citizen),
            lang: facts.lang,
            urgent: facts.urgent,
            ring,
        })?;
        Ok(call)
    }

    /// Another configuration is in use. Where working time has changed, what is open is computed again in the background.
    pub fn exchange(&self, rules: Rules) {
        let calendar = Arc::clone(&rules.calendar);
        let before = self.0.exchange(rules);
        if *before.calendar != *calendar {
            self.calendar_changed();
        }
        self.0.wake.notify_one();
    }

    /// Computes the due dates of all open cases and of notices to come again, in the background: other working days or hours
    /// are in use.
    pub fn calendar_changed(&self) {
        let house = Arc::clone(&self.0);
        tokio::spawn(async move {
            upkeep::calendar_changed(&house).await;
            house.wake.notify_one();
        });
    }
}
