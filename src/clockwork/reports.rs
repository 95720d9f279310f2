//! What calls of ours report, brought to their owners one by one, each at its own moment; the last one ends the task.

use std::collections::BTreeMap;

use call::errand::{ErrandRow, News};
use call::ids::CallId;
use promise::{Claim, Event, Key, Name, Of, Outcome, Proof, Refusal};
use store::StoreError;
use store::promises::{Deed, Heard, Owner, PromiseFault};

use crate::house::House;
use crate::keeper::Keeper;
use crate::news::{Means, connected_by, joined_to, means};
use crate::tasks::{bring, failed};

/// Reports of one look. The calls of a house and a few reports of each; what is left is read by the next look.
const MOST: u32 = 4_096;

/// Reads what is new; whether there may be more.
pub(crate) async fn read<K: Keeper>(house: &House<K>) -> Result<bool, StoreError> {
    let rows = house.store.unread_news(MOST).await?;
    let more = u32::try_from(rows.len()).unwrap_or(u32::MAX) >= MOST;
    let mut calls: BTreeMap<CallId, Vec<ErrandRow>> = BTreeMap::new();
    for row in rows {
        calls.entry(row.call).or_default().push(row);
    }
    let mut moved = false;
    for (call, mut rows) in calls {
        // By their moments they come, and the wall clock may have been set back in the middle of the call.
        rows.sort_by_key(|row| row.no);
        moved |= one_call(house, call, rows).await?;
    }
    Ok(more && moved)
}

/// Reads what is new of one call, whatever else waits.
pub(crate) async fn catch_up<K: Keeper>(house: &House<K>, call: CallId) -> Result<(), StoreError> {
    let rows = house.store.errand_rows(call).await?;
    let unread: Vec<ErrandRow> = rows.into_iter().filter(|(_, read)| !read).map(|(row, _)| row).collect();
    if unread.is_empty() { Ok(()) } else { one_call(house, call, unread).await.map(drop) }
}

/// The unread reports of one call; whether any of them has brought something.
async fn one_call<K: Keeper>(
    house: &House<K>,
    call: CallId,
    unread: Vec<ErrandRow>,
) -> Result<bool, StoreError> {
    let (Some(first), Some(last)) = (unread.first(), unread.last()) else { return Ok(false) };
    let live = house.live(call);
    if live.as_ref().is_some_and(|live| live.looked >= last.no) {
        return Ok(false);
    }
    let Some(key) = Key::parse(&first.task) else { return connected(house, call, unread).await };
    let claim = match live {
        Some(live) => Some(live.claim),
        None => match house.store.task_of_call(call).await? {
            Some(claimed) if claimed.claim.node.as_ref() == house.node => {
                house.adopt(call, claimed.claim.clone());
                Some(claimed.claim)
            }
            // Another node reads them.
            Some(_) => return Ok(false),
            None => None,
        },
    };
    let (from, last) = (first.no, last.no);
    let all = if from == 1 {
        unread
    } else {
        house.store.errand_rows(call).await?.into_iter().map(|(row, _)| row).collect()
    };
    for at in 0..all.len() {
        let Some(reports) = all.get(..=at) else { break };
        if reports.last().is_some_and(|row| row.no >= from) {
            take(house, &key, claim.as_ref(), reports).await?;
        }
    }
    if claim.is_some() {
        house.looked(call, last);
    } else {
        // The task went on without this call: what it tells means nothing any more.
        house.store.pass_news(house.now(), Heard { call, up_to: last }).await?;
    }
    Ok(true)
}

/// Takes in the last of these reports.
async fn take<K: Keeper>(
    house: &House<K>,
    key: &Key,
    claim: Option<&Claim>,
    reports: &[ErrandRow],
) -> Result<(), StoreError> {
    let Some(row) = reports.last() else { return Ok(()) };
    let heard = Heard { call: row.call, up_to: row.no };
    match (means(key.kind, reports), claim) {
        (Means::Nothing, _) => Ok(()),
        (Means::CalledBack(staff), _) => called_back(house, &key.of, row, staff).await,
        // Another attempt has the task: only what they said to each other counts.
        (Means::Outcome(_) | Means::Over | Means::OverWith(_) | Means::OverInVain(_), None) => Ok(()),
        (Means::Outcome(outcome), Some(claim)) => {
            let deed = Deed {
                claim: Some(claim.clone()),
                goes_on: true,
                read: Some(heard),
                ..Deed::new(row.at, "house")
            };
            if let Some(fault) = bring(house, key, deed, row.call, outcome).await? {
                tracing::warn!(?fault, task = %key, "what a call brought could not be taken in");
            }
            Ok(())
        }
        (Means::Over, Some(claim)) => end(house, row.call, claim, row.no, None).await,
        (Means::OverWith(outcome), Some(claim)) => end(house, row.call, claim, row.no, Some(outcome)).await,
        (Means::OverInVain(why), Some(claim)) => {
            failed(house, claim, why).await?;
            house.let_go(row.call);
            house.store.pass_news(house.now(), heard).await
        }
    }
}

/// The call is over: its task ends with what it has brought, and its reports are read.
pub(crate) async fn end<K: Keeper>(
    house: &House<K>,
    call: CallId,
    claim: &Claim,
    up_to: u32,
    outcome: Option<Outcome>,
) -> Result<(), StoreError> {
    let heard = Heard { call, up_to };
    let deed = || Deed { claim: Some(claim.clone()), read: Some(heard), ..Deed::new(house.now(), "house") };
    let fault = match outcome {
        Some(outcome) => bring(house, &claim.key, deed(), call, outcome).await?,
        None => nothing(house, &claim.key.of, deed()).await?,
    };
    if let Some(fault) = fault {
        tracing::warn!(?fault, task = %claim.key, "what a call brought could not be taken in");
        match fault {
            PromiseFault::Refused(_) => drop(nothing(house, &claim.key.of, deed()).await?),
            PromiseFault::Lost | PromiseFault::NoSuchOwner => {
                house.store.pass_news(house.now(), heard).await?;
            }
        }
    }
    house.let_go(call);
    Ok(())
}

/// A step that changes nothing but what stands in the deed.
async fn nothing<K: Keeper>(
    house: &House<K>,
    of: &Of,
    deed: Deed,
) -> Result<Option<PromiseFault>, StoreError> {
    let step = house.store.keep(of.clone(), deed, |_| Ok(Vec::new()));
    step.await.map(Result::err)
}

/// Unit and citizen talk: the proof of a call-back, whatever became of the task.
async fn called_back<K: Keeper>(
    house: &House<K>,
    of: &Of,
    row: &ErrandRow,
    staff: Name,
) -> Result<(), StoreError> {
    let (timing, proof) = (house.timing(row.at), Proof::Proven(promise::CallId(row.call.0)));
    let heard = Heard { call: row.call, up_to: row.no };
    let deed = Deed { read: Some(heard), ..Deed::new(row.at, staff.as_ref()) };
    let step = house.store.keep(of.clone(), deed, move |owner| match owner {
        Owner::Case(case) => case.handle(timing.clock(), Event::CalledBack(proof, staff)),
        Owner::CallBack(_) | Owner::Item(_) | Owner::Notice(_) | Owner::Reach(_) => Err(Refusal::NotOurs),
    });
    if let Err(fault) = step.await? {
        tracing::warn!(?fault, owner = %of, "a call-back could not be noted");
        house.store.pass_news(house.now(), heard).await?;
    }
    Ok(())
}

/// Reports of a call that no task has made: connected from a screen, or dialled in by the unit.
async fn connected<K: Keeper>(
    house: &House<K>,
    call: CallId,
    unread: Vec<ErrandRow>,
) -> Result<bool, StoreError> {
    let up_to = unread.last().map_or(0, |row| row.no);
    let all: Vec<ErrandRow> = match unread.first().map(|row| row.no) {
        Some(1) => unread.clone(),
        _ => house.store.errand_rows(call).await?.into_iter().map(|(row, _)| row).collect(),
    };
    for row in unread.iter().filter(|row| matches!(row.news, News::Connected)) {
        let before: Vec<ErrandRow> = all.iter().take_while(|other| other.no < row.no).cloned().collect();
        if let (Some(of), Some(staff)) = (joined_to(&row.task), connected_by(&before)) {
            called_back(house, &of, row, staff.0).await?;
        }
    }
    house.store.pass_news(house.now(), Heard { call, up_to }).await?;
    Ok(true)
}
