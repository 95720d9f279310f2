//! Any beginning of what calls write, with any stretch of it written again, is a sound store after the next start.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::Entry;

use crate::common::{call_back, folder, life, open, record, writer};
use call::cdr::{CallBackWhy, Record};

/// Three calls at once, in an order that the seed draws; each call's own order is kept.
fn mixed(order: &[usize]) -> Vec<Entry> {
    let mut calls: Vec<_> = (1..=3)
        .map(|n| {
            let mut all = life(n);
            all.insert(6, record(Record::CallBack(call_back(n, CallBackWhy::Asked))));
            all.into_iter()
        })
        .collect();
    let mut stream = Vec::new();
    for draw in order {
        let turn = draw % calls.len();
        stream.extend(calls[turn].next());
    }
    for call in &mut calls {
        stream.extend(call);
    }
    stream
}

/// The first `length` entries; each stretch (from, length) of them is written again after its end.
fn broken_off(stream: &[Entry], length: usize, again: &[(usize, usize)]) -> Vec<Entry> {
    let mut written = Vec::new();
    for (at, entry) in stream.iter().take(length).enumerate() {
        written.push(entry.clone());
        for (from, span) in again {
            let end = from + span;
            if end == at {
                written.extend(stream.iter().take(end + 1).skip(*from).cloned());
            }
        }
    }
    written
}

async fn check(order: &[usize], length: usize, again: &[(usize, usize)], replay: bool) {
    let stream = mixed(order);
    let folder = folder();
    let (store, _) = open(&folder).await;
    let (pen, _told) = writer(&store);
    for entry in broken_off(&stream, length, again) {
        pen.write(entry).unwrap();
    }
    pen.stop().await.unwrap();
    drop(store);
    let (store, _) = open(&folder).await;
    assert_eq!(store.verify().await.unwrap(), []);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.open_calls, counts.final_events), (0, counts.calls));
    if replay {
        let (pen, _told) = writer(&store);
        for entry in stream {
            pen.write(entry).unwrap();
        }
        pen.stop().await.unwrap();
        assert_eq!(store.verify().await.unwrap(), []);
        assert_eq!(store.counts().await.unwrap().open_calls, 0);
    }
    drop(store);
    let (store, opened) = open(&folder).await;
    assert_eq!((opened.interrupted, opened.completed), (vec![], vec![]));
    assert_eq!(store.verify().await.unwrap(), []);
}

#[test]
fn any_beginning_with_any_repetition_is_sound_after_reopening() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // A database is made more slowly than a file.
    let cases = if crate::both::on_server() { 8 } else { 40 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let given = (
        prop::collection::vec(0..3_usize, 0..72),
        0..=72_usize,
        prop::collection::vec((0..72_usize, 0..30_usize), 0..3),
        any::<bool>(),
    );
    TestRunner::new(config)
        .run(&given, |(order, length, again, replay)| {
            runtime.block_on(check(&order, length, &again, replay));
            Ok(())
        })
        .unwrap();
}
