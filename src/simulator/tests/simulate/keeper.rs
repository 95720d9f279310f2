//! The promise clock's way to the modelled store: each question and each step waits for the world to say when it is answered, and
//! whether it is an error. A step whose answer was an error may have been written all the same.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use call::errand::ErrandRow;
use call::ids::CallId;
use clockwork::keeper::{Keeper, Kept};
use promise::{Action, Again, Claim, Debt, Key, Lost, Month, Of, Refusal};
use store::promises::{
    CalledAgain, Claimed, Claims, Deed, Done, ErrandFacts, Heard, Owner, PromiseFault, Taken, Timing,
};
use store::{PlacedCall, SaidOfCase, StoreAt, StoreError};

use super::books::Books;

/// How a question or step fares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Done,
    /// An error, and nothing was written.
    Fails,
    /// An error, though it was written.
    Lies,
}

/// What the world and the keeper's futures share.
#[derive(Debug)]
pub struct Shelf {
    pub books: Books,
    /// Asked and not answered.
    waiting: BTreeMap<u64, Waker>,
    fates: BTreeMap<u64, Fate>,
    /// Asked since the world looked last, and whether each writes.
    pub asked: Vec<(u64, bool)>,
    /// Questions are answered at once.
    pub prompt: bool,
    serial: u64,
}

/// The way to the books. Clones are the same.
#[derive(Clone, Debug)]
pub struct Front(Arc<Mutex<Shelf>>);

impl Front {
    pub fn new() -> Self {
        let (waiting, fates) = (BTreeMap::new(), BTreeMap::new());
        let shelf = Shelf { books: Books::new(), waiting, fates, asked: Vec::new(), prompt: true, serial: 0 };
        Self(Arc::new(Mutex::new(shelf)))
    }

    pub fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a question is there.
    pub fn answer(&self, ticket: u64, fate: Fate) {
        let mut shelf = self.shelf();
        if let Some(waker) = shelf.waiting.remove(&ticket) {
            shelf.fates.insert(ticket, fate);
            drop(shelf);
            waker.wake();
        }
    }

    /// Whoever asked is gone.
    pub fn forget(&self) {
        let mut shelf = self.shelf();
        shelf.waiting.clear();
        shelf.fates.clear();
        shelf.asked.clear();
    }

    async fn ask<T>(&self, writes: bool, work: impl FnOnce(&mut Books) -> T + Send) -> Kept<T> {
        let fate = Asked { front: self, ticket: None, writes }.await;
        let mut shelf = self.shelf();
        match fate {
            Fate::Done => Ok(work(&mut shelf.books)),
            Fate::Fails => Err(away()),
            Fate::Lies => {
                work(&mut shelf.books);
                Err(away())
            }
        }
    }
}

fn away() -> StoreError {
    StoreError::Locked { at: StoreAt::File(PathBuf::from("the store")) }
}

/// Waits for the answer.
struct Asked<'a> {
    front: &'a Front,
    ticket: Option<u64>,
    writes: bool,
}

impl Future for Asked<'_> {
    type Output = Fate;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Fate> {
        let front = self.front;
        let mut shelf = front.shelf();
        let ticket = match self.ticket {
            Some(ticket) => ticket,
            None if shelf.prompt && !self.writes => return Poll::Ready(Fate::Done),
            None => {
                shelf.serial += 1;
                let ticket = shelf.serial;
                shelf.asked.push((ticket, self.writes));
                self.ticket = Some(ticket);
                ticket
            }
        };
        match shelf.fates.remove(&ticket) {
            Some(fate) => Poll::Ready(fate),
            None => {
                shelf.waiting.insert(ticket, cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Keeper for Front {
    async fn renew_tasks(&self, now: i64, claims: &mut Vec<Claim>) -> Kept<Vec<Key>> {
        self.ask(true, |books| books.renew(now, claims)).await
    }

    async fn claim_tasks(&self, now: i64, node: &str, is_day: bool, most: u32) -> Kept<Claims> {
        let idle = {
            let shelf = self.shelf();
            shelf.prompt && shelf.books.is_idle(now)
        };
        if idle {
            Ok(Claims::default())
        } else {
            self.ask(true, |b| b.claim_tasks(now, node, is_day, most)).await
        }
    }

    async fn task_failed(&self, now: i64, claim: &Claim, why: &str) -> Kept<Result<Again, Lost>> {
        self.ask(true, |books| books.table.failed(now, claim, why.into())).await
    }

    async fn set_task_call(&self, claim: &Claim, call: CallId) -> Kept<Result<(), Lost>> {
        self.ask(true, |books| books.set_task_call(claim, call)).await
    }

    async fn task_of_call(&self, call: CallId) -> Kept<Option<Claimed>> {
        self.ask(false, |books| books.task_of_call(call)).await
    }

    async fn next_task_at(&self, now: i64) -> Kept<Option<i64>> {
        self.ask(false, |books| books.table.next_at(now)).await
    }

    async fn untold_tasks(&self, _most: u32) -> Kept<Vec<Key>> {
        self.ask(false, |books| books.untold()).await
    }

    async fn forget_tasks(&self, _before: i64, _most: u32) -> Kept<u64> {
        self.ask(false, |_| 0).await
    }

    async fn keep<F>(&self, of: Of, deed: Deed, step: F) -> Kept<Result<Done, PromiseFault>>
    where
        F: FnOnce(&mut Owner) -> Result<Vec<Action>, Refusal> + Send + 'static,
    {
        self.ask(true, |books| books.keep(&of, &deed, step)).await
    }

    async fn pass_news(&self, _now: i64, heard: Heard) -> Kept<()> {
        self.ask(true, |books| books.pass_news(heard)).await
    }

    async fn new_debts(&self, _most: u32) -> Kept<Vec<Debt>> {
        self.ask(false, |books| books.new_debts()).await
    }

    async fn take_debt(&self, timing: Timing, debt: Debt) -> Kept<Taken> {
        self.ask(true, |books| books.take_debt(&timing, debt)).await
    }

    async fn called_again(&self, debt: &Debt) -> Kept<CalledAgain> {
        self.ask(false, |books| books.called_again(debt)).await
    }

    async fn plan_notices(&self, _timing: Timing, _about: Month) -> Kept<u32> {
        self.ask(false, |_| 0).await
    }

    async fn plan_reaches(&self, _timing: Timing, _month: Month) -> Kept<u32> {
        self.ask(false, |_| 0).await
    }

    async fn tell_unhappy(&self, _now: i64, _most: u32) -> Kept<u32> {
        self.ask(false, |_| 0).await
    }

    async fn said_of_cases(&self, _since: i64, _most: u32) -> Kept<Vec<SaidOfCase>> {
        self.ask(false, |_| Vec::new()).await
    }

    async fn placed_call(&self, call: CallId) -> Kept<Option<PlacedCall>> {
        self.ask(false, |books| books.placed_call(call)).await
    }

    async fn errand_rows(&self, call: CallId) -> Kept<Vec<(ErrandRow, bool)>> {
        self.ask(false, |books| books.errand_rows(call)).await
    }

    async fn unread_news(&self, most: u32) -> Kept<Vec<ErrandRow>> {
        self.ask(false, |books| books.unread_news(most)).await
    }

    async fn errand_facts(&self, of: &Of) -> Kept<Option<ErrandFacts>> {
        self.ask(false, |books| books.errand_facts(of)).await
    }
}
