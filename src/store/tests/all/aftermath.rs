//! What a crash leaves is closed at the next start: once, with one final event, and with a call-back where one is owed.

use call::cause::{Cause, Reason, Side};
use call::cdr::{CallBackWhy, CallRow, Outcome, Record};
use call::event::Caller;
use store::{Disposition, Entry};

use crate::common::{
    Bench, NOW, answered, call_back, event, folder, id, leg, life, open, record, recording, row, writer,
};

const CRASH: Cause = Cause::new(Side::House, Reason::Crash);

#[tokio::test]
async fn an_answered_call_is_closed_and_called_back() {
    let bench = Bench::new().await;
    bench.write_all(life(1).into_iter().take(11));
    let (folder, store) = bench.stop().await;
    assert_eq!(store.counts().await.unwrap().open_calls, 1);
    drop(store);
    let (store, opened) = open(&folder).await;
    assert_eq!((opened.interrupted, opened.completed), (vec![id(1)], vec![]));
    assert_eq!(opened.unfinished, [recording(1, false)]);
    let detail = store.call(id(1)).await.unwrap().unwrap();
    let row = &detail.row;
    assert_eq!((row.outcome, row.cause), (Some(Outcome::Interrupted), Some(CRASH)));
    assert_eq!(row.ended_at, Some(NOW + 5_000), "the last that is known of it");
    assert_eq!((row.duration_ms, row.billsec_ms), (4_000, 3_000), "by the monotonic clock of the time line");
    assert_eq!(row.disposition(), Some(Disposition::Answered));
    let last = detail.events.last().unwrap();
    assert_eq!((last.seq, last.kind.as_str(), last.cause), (6, "call.ended", Some(CRASH)));
    assert!(last.detail.starts_with("outcome=interrupted"), "{}", last.detail);
    for leg in &detail.legs {
        assert_eq!((leg.row.left_at, leg.row.result), (Some(NOW + 5_000), Some(CRASH)));
    }
    let owed = &detail.call_backs[0];
    assert_eq!((owed.why, owed.number_masked.as_str()), (CallBackWhy::CutOff, "138****1234"));
    assert_eq!((owed.due_at, owed.since), (NOW + 60_000, row.offered_at));
    assert_eq!(store.verify().await.unwrap(), []);

    drop(store);
    let (store, again) = open(&folder).await;
    assert_eq!((again.interrupted, again.completed), (vec![], vec![]), "once is enough");
    assert!(!again.key_made);
    assert_eq!(store.call(id(1)).await.unwrap().unwrap(), detail);

    // What comes late about it, as from a journal, changes nothing.
    let (writer, _told) = writer(&store);
    for entry in life(1).into_iter().filter(|e| !matches!(e, Entry::Recording(_) | Entry::LegSound(_))) {
        writer.write(entry).unwrap();
    }
    writer.write(record(Record::CallBack(call_back(1, CallBackWhy::Missed)))).unwrap();
    writer.stop().await.unwrap();
    let mut late = store.call(id(1)).await.unwrap().unwrap();
    assert!(late.rating.take().is_some(), "but a rating is a rating");
    assert_eq!(late, detail);
    assert_eq!(store.verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_call_of_which_only_the_first_row_is_known_is_closed() {
    let bench = Bench::new().await;
    bench.write_all([record(Record::Offered(row(1)))]);
    let (folder, store) = bench.stop().await;
    drop(store);
    let (store, opened) = open(&folder).await;
    assert_eq!(opened.interrupted, [id(1)]);
    let detail = store.call(id(1)).await.unwrap().unwrap();
    assert_eq!((detail.row.ended_at, detail.row.duration_ms), (Some(row(1).offered_at), 0));
    assert_eq!((detail.events.len(), detail.events[0].seq), (1, 1));
    let owed = &detail.call_backs[0];
    assert_eq!((owed.why, owed.due_at), (CallBackWhy::Missed, NOW + 60_000), "its answer may have gone out");
    assert_eq!(store.verify().await.unwrap(), []);
}

/// Opens the store so soon after the crash that callers may still repeat their INVITE.
async fn open_soon(folder: &crate::common::Folder) -> (store::Store, store::Opened) {
    store::Store::open(crate::common::settings(folder), NOW + 2_000).await.unwrap()
}

#[tokio::test]
async fn an_invite_that_comes_again_goes_on_in_the_same_record() {
    let bench = Bench::new().await;
    bench.write_all([record(Record::Offered(row(1))), event(1, 1, "call.offered")]);
    bench.write_all([
        record(Record::Offered(row(2))),
        event(2, 1, "call.offered"),
        event(2, 2, "call.answered"),
    ]);
    let (folder, store) = bench.stop().await;
    drop(store);
    let (store, opened) = open_soon(&folder).await;
    assert_eq!((opened.unheard, opened.interrupted), (vec![(id(1), "abc@10.0.0.1".to_owned())], vec![id(2)]));

    let (writer, mut told) = writer(&store);
    writer.write(record(Record::Offered(row(1)))).unwrap();
    assert_eq!(crate::common::next(&mut told).await, store::Told::OnDisk(id(1)), "it may be answered");
    for (seq, kind) in [(1, "call.offered"), (2, "call.answered")] {
        writer.write(event(1, seq, kind)).unwrap();
    }
    writer.stop().await.unwrap();
    assert_eq!(store.close_unheard(NOW + 60_000, &[id(1)]).await.unwrap(), [], "it is answered by now");
    let (writer, _told) = crate::common::writer(&store);
    writer.write(event(1, 3, "call.ended")).unwrap();
    writer
        .write(record(Record::Ended(CallRow { answered_at: Some(NOW + 2_100), ..crate::common::ended(1) })))
        .unwrap();
    writer.stop().await.unwrap();
    let detail = store.call(id(1)).await.unwrap().unwrap();
    assert_eq!((detail.row.outcome, detail.events.len()), (Some(Outcome::OnSpot), 3));
    assert_eq!(detail.call_backs, []);
    assert_eq!((store.counts().await.unwrap().calls, store.verify().await.unwrap()), (2, vec![]));
}

#[tokio::test]
async fn an_invite_that_does_not_come_again_is_closed_later() {
    let bench = Bench::new().await;
    bench.write_all([record(Record::Offered(row(1))), event(1, 1, "call.offered")]);
    let (folder, store) = bench.stop().await;
    drop(store);
    let (store, opened) = open_soon(&folder).await;
    assert_eq!((opened.unheard.len(), opened.interrupted), (1, vec![]));
    assert_eq!(store.close_unheard(NOW + 60_000, &[id(7)]).await.unwrap(), []);
    assert_eq!(store.close_unheard(NOW + 60_000, &[id(1)]).await.unwrap(), [id(1)]);
    assert_eq!(store.close_unheard(NOW + 60_000, &[id(1)]).await.unwrap(), [], "once is enough");
    let detail = store.call(id(1)).await.unwrap().unwrap();
    assert_eq!((detail.row.outcome, detail.row.cause), (Some(Outcome::Interrupted), Some(CRASH)));
    assert_eq!(detail.call_backs.iter().map(|owed| owed.why).collect::<Vec<_>>(), [CallBackWhy::Missed]);
    assert_eq!(store.verify().await.unwrap(), []);
}

#[tokio::test]
async fn the_answer_counts_even_when_only_its_event_is_on_disk() {
    let bench = Bench::new().await;
    bench.write_all(life(1).into_iter().take(3));
    let (folder, store) = bench.stop().await;
    drop(store);
    let (store, _) = open(&folder).await;
    let detail = store.call(id(1)).await.unwrap().unwrap();
    assert_eq!((detail.row.answered_at, detail.call_backs.len()), (Some(NOW + 2_000), 1));
}

#[tokio::test]
async fn nobody_is_owed_two_calls_and_the_withheld_none() {
    let bench = Bench::new().await;
    bench.write_all(life(1).into_iter().take(5));
    bench.write_all([record(Record::CallBack(call_back(1, CallBackWhy::Asked)))]);
    let withheld = Caller { withheld: true, ..Caller::default() };
    bench.write_all([record(Record::Offered(CallRow { caller: withheld, ..row(2) }))]);
    bench.write_all([event(2, 1, "call.offered"), event(2, 2, "call.answered")]);
    let (folder, store) = bench.stop().await;
    drop(store);
    let (store, opened) = open(&folder).await;
    assert_eq!(opened.interrupted.len(), 2);
    let owed = store.call(id(1)).await.unwrap().unwrap().call_backs;
    assert_eq!(owed.iter().map(|o| o.why).collect::<Vec<_>>(), [CallBackWhy::Asked]);
    assert_eq!(store.call(id(2)).await.unwrap().unwrap().call_backs, []);
}

#[tokio::test]
async fn a_call_that_had_ended_keeps_its_own_end() {
    let bench = Bench::new().await;
    let until_final = life(1).into_iter().take(19);
    bench.write_all(until_final);
    let (folder, store) = bench.stop().await;
    drop(store);
    let (store, opened) = open(&folder).await;
    assert_eq!((opened.interrupted, opened.completed), (vec![], vec![id(1)]));
    let detail = store.call(id(1)).await.unwrap().unwrap();
    assert_eq!((detail.row.outcome, detail.row.ended_at), (Some(Outcome::OnSpot), Some(NOW + 9_000)));
    assert_eq!(detail.row.cause, Some(Cause::new(Side::Citizen, Reason::Normal)));
    assert_eq!((detail.events.len(), detail.call_backs.len()), (9, 0));
    assert_eq!(store.verify().await.unwrap(), []);
}

#[tokio::test]
async fn words_about_a_call_whose_first_row_was_refused_get_a_row() {
    let bench = Bench::new().await;
    bench.write_all(life(1).into_iter().skip(1).take(2));
    let (folder, store) = bench.stop().await;
    drop(store);
    let (store, opened) = open(&folder).await;
    assert_eq!(opened.interrupted, [id(1)]);
    let detail = store.call(id(1)).await.unwrap().unwrap();
    assert_eq!((detail.row.source.as_ref(), detail.row.offered_at), (None, NOW + 1_000));
    assert_eq!(store.verify().await.unwrap(), []);
}

#[tokio::test]
async fn another_nodes_calls_are_left_alone() {
    let bench = Bench::new().await;
    bench.write_all([record(Record::Offered(answered(1)))]);
    let (folder, store) = bench.stop().await;
    drop(store);
    let mut other = crate::common::settings(&folder);
    other.node = "hotline-2".to_owned();
    let (store, opened) = store::Store::open(other, NOW).await.unwrap();
    assert_eq!(opened.interrupted, []);
    let (writer, _told) = writer(&store);
    writer.write(record(Record::Offered(row(2)))).unwrap();
    writer.write(event(2, 1, "call.offered")).unwrap();
    writer.write(leg(2, 1, false)).unwrap();
    writer.stop().await.unwrap();
    assert_eq!(store.counts().await.unwrap().open_calls, 2);
    drop(store);
    let (store, opened) = open(&folder).await;
    assert_eq!(opened.interrupted, [id(1)], "each node closes its own, in its own chain");
    assert_eq!(store.verify().await.unwrap(), []);
}

#[test]
fn a_runtime_that_dies_leaves_a_sound_store() {
    let folder = folder();
    let dying = tokio::runtime::Runtime::new().unwrap();
    dying.block_on(async {
        let (store, _) = open(&folder).await;
        let (writer, mut told) = writer(&store);
        for n in 1..=200 {
            for entry in life(n) {
                writer.write(entry).unwrap();
            }
        }
        crate::common::next(&mut told).await;
        // Neither stopped nor waited for.
        std::mem::forget(writer);
    });
    dying.shutdown_background();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (store, _) = open(&folder).await;
        assert_eq!(store.verify().await.unwrap(), []);
        let counts = store.counts().await.unwrap();
        assert!(counts.calls > 0 && counts.open_calls == 0, "{counts:?}");
        assert_eq!(counts.calls, counts.final_events);
    });
}

#[tokio::test]
async fn a_writer_that_is_dropped_writes_what_it_was_given() {
    let bench = Bench::new().await;
    for n in 1..=50 {
        bench.write_all(life(n));
    }
    let Bench { folder, store, writer, told } = bench;
    drop((writer, told, store));
    let (store, opened) = open(&folder).await;
    assert_eq!(opened.interrupted, []);
    assert_eq!(store.counts().await.unwrap().calls, 50);
}
