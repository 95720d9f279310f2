//! The modelled store held against the real one: what some houses wrote, life by life, is written into both, and both must tell the
//! same of it.

use std::collections::{BTreeMap, BTreeSet};

use call::ids::CallId;
use store::{Settings, Store};
use tokio::sync::mpsc;

use crate::simulate::books::{Books, NODE};
use crate::simulate::diary::Diary;
use crate::simulate::mishaps;
use crate::simulate::seeds::CALLS;
use crate::simulate::whole::Deed;
use crate::simulate::world::World;

/// Seeds whose houses have fallen at least once, taken in their order.
const HOUSES: usize = 8;
const MOST: u32 = 10_000;

/// Everything that a store tells of calls: over, outcome, final events, events.
type Told = BTreeMap<CallId, (bool, Option<String>, usize, usize)>;
type Owed = BTreeSet<(u128, String, i64)>;

async fn real(deeds: &[Deed]) -> (Told, Owed, Vec<call::errand::ErrandRow>, Vec<Vec<CallId>>) {
    let folder = tempfile::TempDir::new().unwrap();
    let settings = || Settings::beside(folder.path().join("hotline.db"), NODE);
    let (mut store, _) = Store::open(settings(), 0).await.unwrap();
    let (tell, mut told) = mpsc::channel(64);
    let listener = tokio::spawn(async move { while told.recv().await.is_some() {} });
    let mut writer = store.writer(tell.clone());
    let mut closed = Vec::new();
    for deed in deeds {
        match deed {
            Deed::Wrote(entries) => entries.iter().for_each(|entry| writer.write(entry.clone()).unwrap()),
            Deed::Began(utc_ms) => {
                writer.stop().await.unwrap();
                store.close().await;
                drop(store);
                let (next, opened) = Store::open(settings(), *utc_ms).await.unwrap();
                closed.push(opened.interrupted);
                store = next;
                writer = store.writer(tell.clone());
            }
            Deed::Closed(utc_ms, calls) => {
                writer.stop().await.unwrap();
                closed.push(store.close_unheard(*utc_ms, calls).await.unwrap());
                writer = store.writer(tell.clone());
            }
        }
    }
    writer.stop().await.unwrap();
    drop(tell);
    listener.await.unwrap();
    let mut calls = Told::new();
    let mut after = None;
    loop {
        let page = store.calls(&store::CallFilter::default(), after, 200).await.unwrap();
        for line in &page.calls {
            let detail = store.call(line.call).await.unwrap().unwrap();
            let last = |kind: &str| matches!(kind, "call.ended" | "call.abandoned");
            let finals = detail.events.iter().filter(|event| last(&event.kind)).count();
            let told = (
                line.ended_at.is_some(),
                line.outcome.map(|outcome| outcome.word().to_owned()),
                finals,
                detail.events.len(),
            );
            calls.insert(line.call, told);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let debts = store.new_debts(MOST).await.unwrap().into_iter();
    let owed = debts.map(|debt| (debt.call.0, format!("{:?}", debt.because), debt.since)).collect();
    (calls, owed, store.unread_news(MOST).await.unwrap(), closed)
}

fn modelled(deeds: &[Deed]) -> (Told, Owed, Vec<call::errand::ErrandRow>, Vec<Vec<CallId>>) {
    let mut books = Books::new();
    let mut closed = Vec::new();
    for deed in deeds {
        match deed {
            Deed::Wrote(entries) => entries.iter().for_each(|entry| books.write(entry)),
            Deed::Began(utc_ms) => closed.push(books.close(*utc_ms, None).interrupted),
            Deed::Closed(utc_ms, calls) => closed.push(books.close(*utc_ms, Some(calls)).interrupted),
        }
    }
    let told = books.calls.iter().map(|(call, book)| {
        let outcome = book.row.outcome.map(|outcome| outcome.word().to_owned());
        (*call, (book.ended, outcome, book.finals(), book.events.len()))
    });
    let debts = books.new_debts().into_iter();
    let owed = debts.map(|debt| (debt.call.0, format!("{:?}", debt.because), debt.since)).collect();
    (told.collect(), owed, books.unread_news(MOST), closed)
}

#[test]
fn the_modelled_store_is_the_real_one() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut houses = 0;
    for seed in 1.. {
        let mut world = World::whole(seed, CALLS, mishaps::of_seed(seed), Diary::default());
        world.whole.deeds = Some(Vec::new());
        world.run().map_err(|fault| fault.words).unwrap();
        let deeds = world.whole.deeds.take().unwrap();
        if !deeds.iter().any(|deed| matches!(deed, Deed::Began(_))) {
            continue;
        }
        let (real, modelled) = (runtime.block_on(real(&deeds)), modelled(&deeds));
        assert_eq!(real.3, modelled.3, "seed {seed}: what was closed");
        assert_eq!(real.0, modelled.0, "seed {seed}: calls");
        assert_eq!(real.1, modelled.1, "seed {seed}: call-backs");
        assert_eq!(real.2, modelled.2, "seed {seed}: reports");
        houses += 1;
        if houses == HOUSES {
            break;
        }
    }
}
