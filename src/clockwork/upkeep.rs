//! What comes up beside the calls: debts to callers, bad scores, the months' notices and tests, what operators said of cases, tasks that
//! failed too often, another calendar.

use std::collections::BTreeSet;

use call::cdr::Outcome as Came;
use call::ids::CallId;
use promise::{Action, Event, Key, Month, Of, Outcome, Refusal};
use store::promises::{Deed, Owner, PromiseFault};
use store::{SaidOfCase, Store, StoreError};

use crate::deeds::{called, calls, due, placed};
use crate::house::House;
use crate::keeper::Keeper;

/// Debts, tasks or words of operators of one look; what is left is taken by the next.
const MOST: u32 = 256;
/// Units may be listed anew: the month is planned again after so long.
const PLAN_EVERY_MS: i64 = 600_000;
/// What an operator said longer ago is for a person to see to.
const SAID_WITHIN_MS: i64 = 86_400_000;
/// Rows of tasks whose owner is closed are kept for so long.
const TASKS_KEPT_MS: i64 = 400 * 86_400_000;
/// Rows that are forgotten at once.
const FORGET: u32 = 1_000;

/// What the loop remembers of it. Lost with the process; everything is found again in the store.
#[derive(Debug, Default)]
pub(crate) struct Upkeep {
    planned: Option<(Month, i64)>,
    /// Words of operators that were acted on; the store keeps each from being acted on twice. At most a day's.
    heeded: BTreeSet<CallId>,
}

impl Upkeep {
    pub(crate) async fn round<K: Keeper>(&mut self, house: &House<K>) -> Result<(), StoreError> {
        debts(house).await?;
        house.store.tell_unhappy(house.now(), MOST).await?;
        self.month(house).await?;
        self.said(house).await?;
        untold(house).await
    }

    /// Notices and tests of the month, when it is new or some time has passed.
    async fn month<K: Keeper>(&mut self, house: &House<K>) -> Result<(), StoreError> {
        let (now, rules) = (house.now(), house.rules());
        let month = rules.timing(now).clock().month(now);
        let again = |(of, at): (Month, i64)| of != month || now.saturating_sub(at) >= PLAN_EVERY_MS;
        if !self.planned.is_none_or(again) {
            return Ok(());
        }
        house.store.plan_notices(rules.timing(now), month).await?;
        if rules.reach {
            house.store.plan_reaches(rules.timing(now), month).await?;
        }
        house.store.forget_tasks(now.saturating_sub(TASKS_KEPT_MS), FORGET).await?;
        self.planned = Some((month, now));
        Ok(())
    }

    /// An operator said 'handed over' of a call: the case goes to the unit that stands in it. 'Settled' closes a case that this
    /// very call opened. Whatever else is for a person to say step by step.
    async fn said<K: Keeper>(&mut self, house: &House<K>) -> Result<(), StoreError> {
        let since = house.now().saturating_sub(SAID_WITHIN_MS);
        let said = house.store.said_of_cases(since, MOST).await?;
        if said.is_empty() {
            self.heeded.clear();
        }
        for said in said {
            if self.heeded.insert(said.call)
                && let Some(event) = first_step(&said)
            {
                heed(house, said, event).await?;
            }
        }
        Ok(())
    }
}

fn first_step(said: &SaidOfCase) -> Option<Event> {
    match said.outcome {
        Came::HandedOver => said.unit.as_deref().map(|unit| Event::HandOver(unit.into())),
        Came::OnSpot if said.opened_in_it => Some(Event::SettledOnSpot),
        Came::Bridged if said.opened_in_it => Some(Event::SettledThreeWay),
        Came::OnSpot
        | Came::Bridged
        | Came::CaseOpened
        | Came::Voicemail
        | Came::Abandoned
        | Came::Emergency
        | Came::Invalid
        | Came::Interrupted => None,
    }
}

async fn heed<K: Keeper>(house: &House<K>, said: SaidOfCase, event: Event) -> Result<(), StoreError> {
    let timing = house.timing(house.now());
    let request_key = Some(format!("outcome/{}", said.call));
    let deed = Deed { request_key, ..Deed::new(timing.now, said.who) };
    let step = house.store.keep(Of::Case(said.case), deed, move |owner| match owner {
        Owner::Case(case) => case.handle(timing.clock(), event),
        Owner::CallBack(_) | Owner::Item(_) | Owner::Notice(_) | Owner::Reach(_) => Err(Refusal::NotOurs),
    });
    if let Err(PromiseFault::Refused(why)) = step.await? {
        tracing::info!(why = why.word(), "what an operator said of a call was done already");
    }
    Ok(())
}

/// Call-backs that are owed are taken up.
async fn debts<K: Keeper>(house: &House<K>) -> Result<(), StoreError> {
    for debt in house.store.new_debts(MOST).await? {
        house.store.take_debt(house.timing(house.now()), debt).await?;
    }
    Ok(())
}

/// Owners of tasks that failed too often are told: there was no line.
async fn untold<K: Keeper>(house: &House<K>) -> Result<(), StoreError> {
    for key in house.store.untold_tasks(MOST).await? {
        tell(house, key).await?;
    }
    Ok(())
}

async fn tell<K: Keeper>(house: &House<K>, key: Key) -> Result<(), StoreError> {
    let Ok(call) = house.mint() else { return Ok(()) };
    let timing = house.timing(house.now());
    let deed = || Deed { gave_up: Some(key.clone()), ..Deed::new(timing.now, "house") };
    let no_line = Outcome::Missed(promise::Miss::NoLine);
    let step = {
        let (key, timing) = (key.clone(), timing.clone());
        move |owner: &mut Owner| {
            // What makes no call is done now, as it should have been then.
            if calls(key.kind) {
                called(owner, timing.clock(), key, placed(call), no_line)
            } else {
                due(owner, timing.clock(), key)
            }
        }
    };
    if let Err(fault) = house.store.keep(key.of.clone(), deed(), step).await? {
        tracing::error!(?fault, task = %key, "a task failed too often, and its owner could not be told");
        let passed = house.store.keep(key.of.clone(), deed(), |_| Ok(Vec::new())).await?;
        drop(passed);
    }
    Ok(())
}

/// Other working days or hours: what is open is computed again, case by case.
pub(crate) async fn calendar_changed(house: &House<Store>) {
    if let Err(error) = compute_again(house).await {
        tracing::error!(%error, "not every open case has its due dates by the new calendar: publish it again");
    }
}

async fn compute_again(house: &House<Store>) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let cases = house.store.open_cases(after, MOST).await?;
        let Some(last) = cases.last() else { break };
        after = Some(*last);
        for case in cases {
            again(house, Of::Case(case)).await?;
        }
    }
    for notice in house.store.planned_notices().await? {
        again(house, notice).await?;
    }
    Ok(())
}

async fn again<K: Keeper>(house: &House<K>, of: Of) -> Result<(), StoreError> {
    let timing = house.timing(house.now());
    let deed = Deed::new(timing.now, "house");
    let step = house.store.keep(of.clone(), deed, move |owner| match owner {
        Owner::Case(case) => case.handle(timing.clock(), Event::CalendarChanged),
        Owner::Notice(notice) => Ok(notice.calendar_changed(timing.clock()).into_iter().collect()),
        Owner::CallBack(_) | Owner::Item(_) | Owner::Reach(_) => Ok(Vec::<Action>::new()),
    });
    if let Err(fault) = step.await? {
        tracing::warn!(?fault, owner = %of, "a due date could not be computed by the new calendar");
    }
    Ok(())
}
