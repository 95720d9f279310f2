//! Tasks: claimed, run, put into calls. What an earlier attempt had brought before its node died is taken in first.

use std::sync::atomic::Ordering;
use std::time::Duration;

use call::cause::{Cause, Reason, Side};
use call::errand::{End, ErrandRow, News};
use call::ids::{CallId, Lang, Name, Pii, Skill, StaffNo};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use promise::{Again, Because, Claim, Debt, Key, Lane, Miss, Of, Order, Outcome, Plan, Terms};
use store::StoreError;
use store::promises::{CalledAgain, Claimed, Deed, ErrandFacts, PromiseFault};

use crate::deeds::{called, due, placed};
use crate::house::{House, Live};
use crate::keeper::Keeper;
use crate::news::{Means, means};
use crate::reports;
use crate::translate::{About, errand};

/// Tasks of one claim. What is left is claimed at once by the next.
const BATCH: u32 = 128;
/// Tasks that are worked on at once: the store commits them together. When all are taken the next one waits.
const AT_ONCE: usize = 32;
/// A call's first row comes to disk within so long, or the call was never placed.
const PLACED_WITHIN: Duration = Duration::from_secs(30);
/// What an operator must be able to answer when nothing else is known.
const GENERAL: &str = "general";

/// Renews the leases of calls that are under way, at half of the lease.
pub(crate) async fn renew<K: Keeper>(house: &House<K>) -> Result<(), StoreError> {
    let (now, lease) = (house.now(), Terms::default().lease);
    let mut claims = Vec::new();
    for (call, live) in house.leases_until(promise::after(now, lease / 2)) {
        if still_on(house, &live, call).await? {
            claims.push(live.claim);
        }
    }
    if claims.is_empty() {
        return Ok(());
    }
    let lost = house.store.renew_tasks(now, &mut claims).await?;
    if !lost.is_empty() {
        tracing::warn!(tasks = lost.len(), "leases were lost: another node goes on with these tasks");
    }
    house.renewed(&claims, &lost);
    Ok(())
}

/// How many calls of its own the house makes at once: an eighth of all, half as many while it is three quarters full, so that
/// no citizen who calls is refused because of them. Urgent ones go first.
pub(crate) fn most_at_once(max_calls: u32, calls: u64) -> usize {
    let crowded = calls.saturating_mul(4) >= u64::from(max_calls).saturating_mul(3);
    usize::try_from(max_calls / if crowded { 16 } else { 8 }).unwrap_or(usize::MAX).max(1)
}

/// Claims what is due and runs it; whether there may be more. When as many calls as may be are under way nothing is claimed,
/// nor when the house is being emptied: another one, or its next life, does it.
pub(crate) async fn run_due<K: Keeper>(house: &House<K>) -> Result<bool, StoreError> {
    if house.handle.gauges().draining.load(Ordering::Relaxed) {
        return Ok(false);
    }
    let (now, rules) = (house.now(), house.rules());
    let calls = house.handle.gauges().calls.load(Ordering::Relaxed);
    let most = most_at_once(rules.plan.limits.max_calls, calls);
    let room = u32::try_from(most.saturating_sub(house.live_count())).unwrap_or(u32::MAX).min(BATCH);
    if room == 0 {
        return Ok(false);
    }
    let is_day = rules.timing(now).clock().is_day(now);
    let claims = house.store.claim_tasks(now, &house.node, is_day, room).await?;
    for key in &claims.expired {
        tracing::warn!(task = %key, "nobody began this task while it was of use");
    }
    let more = u32::try_from(claims.taken.len()).unwrap_or(u32::MAX) >= room;
    let mut running = FuturesUnordered::new();
    for claimed in claims.taken {
        if running.len() >= AT_ONCE {
            running.next().await;
        }
        running.push(run_one(house, claimed));
    }
    while running.next().await.is_some() {}
    Ok(more)
}

async fn run_one<K: Keeper>(house: &House<K>, claimed: Claimed) {
    let key = claimed.claim.key.clone();
    if let Err(error) = run(house, claimed).await {
        tracing::error!(%error, task = %key, "a task could not be run: it is tried again when its lease is over");
    }
}

async fn run<K: Keeper>(house: &House<K>, claimed: Claimed) -> Result<(), StoreError> {
    let Claimed { claim, plan, call } = claimed;
    if let Some(call) = call
        && goes_on_or_is_over(house, &claim, call).await?
    {
        return Ok(());
    }
    if let Some(debt) = debt(&plan)
        && called_again(house, &claim, &debt).await?
    {
        return Ok(());
    }
    let timing = house.timing(house.now());
    let deed = Deed { claim: Some(claim.clone()), ..Deed::new(timing.now, "house") };
    let key = plan.key.clone();
    let step = house.store.keep(key.of.clone(), deed, {
        let key = key.clone();
        move |owner| due(owner, timing.clock(), key)
    });
    match step.await? {
        Ok(done) => {
            for order in done.orders {
                place(house, &claim, order).await?;
            }
        }
        Err(PromiseFault::Lost) => {}
        Err(PromiseFault::NoSuchOwner) => failed(house, &claim, "no_such_owner").await?,
        Err(PromiseFault::Refused(why)) => failed(house, &claim, why.word()).await?,
    }
    Ok(())
}

/// The debt of a call-back's task, as its plan has it.
fn debt(plan: &Plan) -> Option<Debt> {
    let (Of::CallBack(call), Some(Lane::Citizen(citizen))) = (&plan.key.of, &plan.lane) else { return None };
    let because = if plan.daytime { Because::Missed } else { Because::Asked };
    Some(Debt { call: *call, citizen: *citizen, because, since: plan.place, urgent: plan.urgent })
}

/// A citizen who is owed a call-back and has called by themselves: `true` when there is nothing to call for now.
async fn called_again<K: Keeper>(house: &House<K>, claim: &Claim, debt: &Debt) -> Result<bool, StoreError> {
    match house.store.called_again(debt).await? {
        CalledAgain::No => Ok(false),
        // They wait in a call of their own: looked at again after the usual wait.
        CalledAgain::Waiting => failed(house, claim, "called_again").await.map(|()| true),
        CalledAgain::Talked => {
            let timing = house.timing(house.now());
            let deed = Deed { claim: Some(claim.clone()), ..Deed::new(timing.now, "house") };
            let step = house.store.keep(claim.key.of.clone(), deed, move |owner| match owner {
                store::promises::Owner::CallBack(call_back) => {
                    call_back.handle(timing.clock(), promise::CallBackEvent::CalledAgain)
                }
                _ => Err(promise::Refusal::NotOurs),
            });
            if let Err(fault) = step.await? {
                tracing::warn!(?fault, task = %claim.key, "a call-back could not be closed");
            }
            Ok(true)
        }
    }
}

/// Puts an order into a call: its name is on the task before it is placed.
async fn place<K: Keeper>(house: &House<K>, claim: &Claim, order: Order) -> Result<(), StoreError> {
    let Ok(call) = house.mint() else { return failed(house, claim, "no_random_numbers").await };
    let rules = house.rules();
    let facts = house.store.errand_facts(&order.key.of).await?.unwrap_or_default();
    let about = about(facts, rules.settings.rounds);
    match errand(&order, &about, &rules.plan, &rules.staff, call) {
        Err(miss) => missed(house, claim, call, miss).await,
        Ok(errand) => {
            if house.store.set_task_call(claim, call).await?.is_err() {
                return Ok(());
            }
            house.adopt(call, claim.clone());
            if let Err(error) = house.handle.set_out(errand) {
                tracing::warn!(%error, task = %claim.key, "the house could not set out");
                house.let_go(call);
                return failed(house, claim, "house_busy").await;
            }
            Ok(())
        }
    }
}

/// What a call needs to know, from the store's columns.
fn about(facts: ErrandFacts, rounds: u32) -> About {
    About {
        case: facts.case_no.map(Pii::new),
        citizen: facts.citizen,
        lang: facts.lang,
        urgent: facts.urgent,
        since: facts.since.unwrap_or(facts.received_at),
        place: facts.place.map_or_else(|| Name::from(""), Name::from),
        skill: Skill(
            facts
                .skill
                .map_or_else(|| Name::from(if facts.lang == Lang::En { "en" } else { GENERAL }), Name::from),
        ),
        operator: facts.operator.map(|no| StaffNo(no.into())),
        last_round: facts.round >= rounds,
    }
}

/// Nobody could be called for it.
async fn missed<K: Keeper>(
    house: &House<K>,
    claim: &Claim,
    call: CallId,
    miss: Miss,
) -> Result<(), StoreError> {
    let deed = Deed { claim: Some(claim.clone()), ..Deed::new(house.now(), "house") };
    let fault = bring(house, &claim.key, deed, call, Outcome::Missed(miss)).await?;
    if let Some(fault) = fault {
        tracing::warn!(?fault, task = %claim.key, "what a call brought could not be taken in");
    }
    Ok(())
}

/// Brings the outcome of a call to its owner; why it was not taken.
pub(crate) async fn bring<K: Keeper>(
    house: &House<K>,
    key: &Key,
    deed: Deed,
    call: CallId,
    outcome: Outcome,
) -> Result<Option<PromiseFault>, StoreError> {
    let (timing, key) = (house.timing(deed.at), key.clone());
    let of = key.of.clone();
    let step =
        house.store.keep(of, deed, move |owner| called(owner, timing.clock(), key, placed(call), outcome));
    step.await.map(Result::err)
}

/// A technical failure: tried again later, or a person must.
pub(crate) async fn failed<K: Keeper>(house: &House<K>, claim: &Claim, why: &str) -> Result<(), StoreError> {
    match house.store.task_failed(house.now(), claim, why).await? {
        Ok(Again::At(_)) => tracing::info!(task = %claim.key, why, "a task is tried again later"),
        Ok(Again::Human) => {
            tracing::warn!(task = %claim.key, why, "a task failed too often: a person must go on with it");
        }
        Err(lost) => tracing::info!(task = %claim.key, %lost, "a task went to another node"),
    }
    Ok(())
}

/// Whether a call of ours goes on. One that is over without a last word was cut short, in an earlier life of this process or by
/// a record that was lost; one that never came to the store was never placed.
async fn still_on<K: Keeper>(house: &House<K>, live: &Live, call: CallId) -> Result<bool, StoreError> {
    match house.store.placed_call(call).await? {
        Some(placed) if !placed.over => Ok(true),
        Some(_) => {
            let rows = house.store.errand_rows(call).await?;
            // The last word is there and is read in this round.
            if rows.iter().any(|(row, _)| matches!(row.news, News::Over(_))) {
                return Ok(true);
            }
            cut_short(house, &live.claim, call).await.map(|()| false)
        }
        None if house.clock.now().mono.saturating_sub(live.since) < PLACED_WITHIN => Ok(true),
        None => {
            house.let_go(call);
            failed(house, &live.claim, "not_placed").await.map(|()| false)
        }
    }
}

/// A task that had a call before: whether that call goes on, or has brought the outcome, so that nobody is called twice for one try.
async fn goes_on_or_is_over<K: Keeper>(
    house: &House<K>,
    claim: &Claim,
    call: CallId,
) -> Result<bool, StoreError> {
    let rows = house.store.errand_rows(call).await?;
    let over = |read: bool| rows.iter().any(|row| row.1 == read && matches!(row.0.news, News::Over(_)));
    let placed = house.store.placed_call(call).await?;
    let Some(placed) = placed.filter(|_| !over(true)) else {
        // Never placed, or over in vain: this is the next attempt.
        return Ok(false);
    };
    house.adopt(call, claim.clone());
    if over(false) || (placed.node == house.node && !placed.over) {
        // Its reports are read in the next round, under this claim.
        return Ok(true);
    }
    cut_short(house, claim, call).await.map(|()| true)
}

/// A call that was cut short: what it had told counts; else it was a try that came to nothing.
async fn cut_short<K: Keeper>(house: &House<K>, claim: &Claim, call: CallId) -> Result<(), StoreError> {
    reports::catch_up(house, call).await?;
    let rows = house.store.errand_rows(call).await?;
    let reports: Vec<ErrandRow> = rows.into_iter().map(|(row, _)| row).collect();
    let last = reports.last().map_or(0, |row| row.no);
    let end = ErrandRow {
        call,
        task: claim.key.to_string().into(),
        no: last.saturating_add(1),
        at: house.now(),
        news: News::Over(End::Failed(Cause::new(Side::House, Reason::Crash))),
    };
    let with_end: Vec<ErrandRow> = reports.into_iter().chain([end]).collect();
    let outcome = match means(claim.key.kind, &with_end) {
        Means::Over => None,
        Means::OverWith(outcome) => Some(outcome),
        Means::OverInVain(_) | Means::Nothing | Means::Outcome(_) | Means::CalledBack(_) => {
            Some(Outcome::Missed(Miss::NoLine))
        }
    };
    reports::end(house, call, claim, last, outcome).await
}
