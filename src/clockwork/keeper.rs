//! What the promise clock asks of the store, as a trait: the house keeps its promises in the case store, and a simulation in one
//! that loses its connection, answers late and stops in the middle at moments of its choice.

use std::future::Future;

use call::errand::ErrandRow;
use call::ids::CallId;
use promise::{Action, Again, Claim, Debt, Key, Lost, Month, Of, Refusal};
use store::promises::{
    CalledAgain, Claimed, Claims, Deed, Done, ErrandFacts, Heard, Owner, PromiseFault, Taken, Timing,
};
use store::{PlacedCall, SaidOfCase, Store, StoreError};

/// What one question or step has brought; the error is the store's: it is not known then whether it was written.
pub type Kept<T> = Result<T, StoreError>;

/// The keeper of promises. Each method is what [`Store`]'s method of the same name says; a step is all or nothing.
pub trait Keeper: Send + Sync + 'static {
    /// Longer leases; the lost ones are given back.
    fn renew_tasks(&self, now: i64, claims: &mut Vec<Claim>) -> impl Future<Output = Kept<Vec<Key>>> + Send;
    /// Takes tasks that are due.
    fn claim_tasks(
        &self,
        now: i64,
        node: &str,
        is_day: bool,
        most: u32,
    ) -> impl Future<Output = Kept<Claims>> + Send;
    /// A technical failure.
    fn task_failed(
        &self,
        now: i64,
        claim: &Claim,
        why: &str,
    ) -> impl Future<Output = Kept<Result<Again, Lost>>> + Send;
    /// The call that is about to be made.
    fn set_task_call(
        &self,
        claim: &Claim,
        call: CallId,
    ) -> impl Future<Output = Kept<Result<(), Lost>>> + Send;
    /// The running task of a call.
    fn task_of_call(&self, call: CallId) -> impl Future<Output = Kept<Option<Claimed>>> + Send;
    /// When somebody should come back.
    fn next_task_at(&self, now: i64) -> impl Future<Output = Kept<Option<i64>>> + Send;
    /// Failed too often, and not told.
    fn untold_tasks(&self, most: u32) -> impl Future<Output = Kept<Vec<Key>>> + Send;
    /// Old rows go.
    fn forget_tasks(&self, before: i64, most: u32) -> impl Future<Output = Kept<u64>> + Send;
    /// One step of an owner.
    fn keep<F>(
        &self,
        of: Of,
        deed: Deed,
        step: F,
    ) -> impl Future<Output = Kept<Result<Done, PromiseFault>>> + Send
    where
        F: FnOnce(&mut Owner) -> Result<Vec<Action>, Refusal> + Send + 'static;
    /// Reports of no task are read.
    fn pass_news(&self, now: i64, heard: Heard) -> impl Future<Output = Kept<()>> + Send;
    /// Call-backs that are owed.
    fn new_debts(&self, most: u32) -> impl Future<Output = Kept<Vec<Debt>>> + Send;
    /// One of them is taken up.
    fn take_debt(&self, timing: Timing, debt: Debt) -> impl Future<Output = Kept<Taken>> + Send;
    /// Whether the citizen has called by themselves.
    fn called_again(&self, debt: &Debt) -> impl Future<Output = Kept<CalledAgain>> + Send;
    /// Notices of a month.
    fn plan_notices(&self, timing: Timing, about: Month) -> impl Future<Output = Kept<u32>> + Send;
    /// Tests of a month.
    fn plan_reaches(&self, timing: Timing, month: Month) -> impl Future<Output = Kept<u32>> + Send;
    /// Bad scores are told.
    fn tell_unhappy(&self, now: i64, most: u32) -> impl Future<Output = Kept<u32>> + Send;
    /// What operators have said.
    fn said_of_cases(&self, since: i64, most: u32) -> impl Future<Output = Kept<Vec<SaidOfCase>>> + Send;
    /// How far a call is.
    fn placed_call(&self, call: CallId) -> impl Future<Output = Kept<Option<PlacedCall>>> + Send;
    /// All reports of a call.
    fn errand_rows(&self, call: CallId) -> impl Future<Output = Kept<Vec<(ErrandRow, bool)>>> + Send;
    /// Reports that nobody has read.
    fn unread_news(&self, most: u32) -> impl Future<Output = Kept<Vec<ErrandRow>>> + Send;
    /// What a call needs to know.
    fn errand_facts(&self, of: &Of) -> impl Future<Output = Kept<Option<ErrandFacts>>> + Send;
}

impl Keeper for Store {
    async fn renew_tasks(&self, now: i64, claims: &mut Vec<Claim>) -> Kept<Vec<Key>> {
        Self::renew_tasks(self, now, claims).await
    }

    async fn claim_tasks(&self, now: i64, node: &str, is_day: bool, most: u32) -> Kept<Claims> {
        Self::claim_tasks(self, now, node, is_day, most).await
    }

    async fn task_failed(&self, now: i64, claim: &Claim, why: &str) -> Kept<Result<Again, Lost>> {
        Self::task_failed(self, now, claim, why).await
    }

    async fn set_task_call(&self, claim: &Claim, call: CallId) -> Kept<Result<(), Lost>> {
        Self::set_task_call(self, claim, call).await
    }

    async fn task_of_call(&self, call: CallId) -> Kept<Option<Claimed>> {
        Self::task_of_call(self, call).await
    }

    async fn next_task_at(&self, now: i64) -> Kept<Option<i64>> {
        Self::next_task_at(self, now).await
    }

    async fn untold_tasks(&self, most: u32) -> Kept<Vec<Key>> {
        Self::untold_tasks(self, most).await
    }

    async fn forget_tasks(&self, before: i64, most: u32) -> Kept<u64> {
        Self::forget_tasks(self, before, most).await
    }

    async fn keep<F>(&self, of: Of, deed: Deed, step: F) -> Kept<Result<Done, PromiseFault>>
    where
        F: FnOnce(&mut Owner) -> Result<Vec<Action>, Refusal> + Send + 'static,
    {
        Self::keep(self, of, deed, step).await
    }

    async fn pass_news(&self, now: i64, heard: Heard) -> Kept<()> {
        Self::pass_news(self, now, heard).await
    }

    async fn new_debts(&self, most: u32) -> Kept<Vec<Debt>> {
        Self::new_debts(self, most).await
    }

    async fn take_debt(&self, timing: Timing, debt: Debt) -> Kept<Taken> {
        Self::take_debt(self, timing, debt).await
    }

    async fn called_again(&self, debt: &Debt) -> Kept<CalledAgain> {
        Self::called_again(self, debt).await
    }

    async fn plan_notices(&self, timing: Timing, about: Month) -> Kept<u32> {
        Self::plan_notices(self, timing, about).await
    }

    async fn plan_reaches(&self, timing: Timing, month: Month) -> Kept<u32> {
        Self::plan_reaches(self, timing, month).await
    }

    async fn tell_unhappy(&self, now: i64, most: u32) -> Kept<u32> {
        Self::tell_unhappy(self, now, most).await
    }

    async fn said_of_cases(&self, since: i64, most: u32) -> Kept<Vec<SaidOfCase>> {
        Self::said_of_cases(self, since, most).await
    }

    async fn placed_call(&self, call: CallId) -> Kept<Option<PlacedCall>> {
        Self::placed_call(self, call).await
    }

    async fn errand_rows(&self, call: CallId) -> Kept<Vec<(ErrandRow, bool)>> {
        Self::errand_rows(self, call).await
    }

    async fn unread_news(&self, most: u32) -> Kept<Vec<ErrandRow>> {
        Self::unread_news(self, most).await
    }

    async fn errand_facts(&self, of: &Of) -> Kept<Option<ErrandFacts>> {
        Self::errand_facts(self, of).await
    }
}
