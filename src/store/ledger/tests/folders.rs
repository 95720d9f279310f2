//! Whose folder is whose: lives beside each other, lives that are over, disks that are away at the start.

use call::CallId;
use call::cdr::{CallRow, Outcome, Record};
use tokio::sync::mpsc;

use super::{POLL, until};
use crate::both::{Folder, folder};
use crate::either::Place;
use crate::ledger::{JournalAt, Ledger};
use crate::store::{Settings, Store};
use crate::writer_tests::{event, next, offer, row, run};
use crate::{Entry, Told};

fn settings(folder: &Folder) -> Settings {
    let at = JournalAt { folder: folder.path().join("journal"), reserve_mib: 0 };
    folder.settings("hotline.db", "n").behind(at)
}

fn ended(n: u128) -> Entry {
    let over = CallRow { ended_at: Some(5), outcome: Some(Outcome::Abandoned), ..row(n) };
    Entry::Record(Box::new(Record::Ended(over)))
}

/// A life whose records are in its journal alone when it ends.
async fn leaves(store: &Store, settings: &Settings, entries: Vec<Entry>) {
    let mut other = Place::new(settings.at.clone()).connect().await.unwrap();
    other.open().await.unwrap();
    let (told, mut listen) = mpsc::channel(64);
    let writer = store.writer(told);
    for entry in entries {
        writer.write(entry).unwrap();
    }
    writer.write(offer(999)).unwrap();
    until(&mut listen, &Told::OnDisk(CallId(999))).await;
    writer.drop_dead();
}

#[tokio::test]
async fn what_the_journal_holds_comes_before_what_a_crash_cut_short_is_closed() {
    let folder = folder();
    let settings = settings(&folder);
    let (store, _) = Store::open(settings.clone(), 0).await.unwrap();
    leaves(&store, &settings, vec![offer(1), event(1, 1), ended(1), offer(2), event(2, 1)]).await;
    drop(store);
    let (store, opened) = reopened(&settings).await;
    assert_eq!((opened.replayed.records, opened.replayed.words.as_slice()), (6, &[][..]));
    assert!(!opened.interrupted.contains(&CallId(1)), "it had ended");
    assert!(opened.interrupted.contains(&CallId(2)), "it had not");
    let detail = store.call(CallId(1)).await.unwrap().unwrap();
    assert_eq!((detail.row.outcome, detail.events.len()), (Some(Outcome::Abandoned), 1));
}

async fn reopened(settings: &Settings) -> (Store, crate::Opened) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        match Store::open(settings.clone(), 1_000_000).await {
            Ok(opened) => return opened,
            Err(fault) => assert!(tokio::time::Instant::now() < deadline, "{fault}"),
        }
        tokio::time::sleep(POLL).await;
    }
}

#[tokio::test]
async fn two_lives_have_a_folder_each_and_the_dead_ones_is_brought_in() {
    let folder = folder();
    let settings = settings(&folder);
    let (first, _) = Store::open(settings.clone(), 0).await.unwrap();
    let second = Store::join(settings.clone(), first.lock().unwrap()).await.unwrap();
    let names = || {
        let listed = std::fs::read_dir(folder.path().join("journal")).unwrap();
        let mut names: Vec<_> = listed.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["1", "2"]);
    leaves(&first, &settings, vec![offer(1), event(1, 1), ended(1)]).await;
    let opened = second.close_of_the_dead(0, i64::MIN..i64::MAX).await.unwrap();
    assert_eq!(opened.replayed.records, 0, "it lives, for all that is known");
    drop(first);
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while second.close_of_the_dead(10, i64::MIN..i64::MAX).await.unwrap().replayed.records != 4 {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::time::sleep(POLL).await;
    }
    let detail = second.call(CallId(1)).await.unwrap().unwrap();
    assert_eq!(detail.row.outcome, Some(Outcome::Abandoned));
    let third = Store::join(settings, second.lock().unwrap()).await.unwrap();
    assert_eq!(names(), ["1", "2"], "the folder of the life that is over is used again");
    drop(third);
}

#[tokio::test]
async fn a_journal_that_can_not_be_opened_is_told_and_done_without() {
    let folder = folder();
    std::fs::write(folder.path().join("journal"), "a file in the way").unwrap();
    let (store, opened) = Store::open(settings(&folder), 0).await.unwrap();
    assert!(matches!(opened.replayed.words.as_slice(), [why] if why.contains("the journal could not")));
    assert!(matches!(store.0.ledger.get(), Some(Ledger::Away(_))));
    let (told, mut listen) = mpsc::channel(64);
    let writer = store.writer(told);
    writer.write(offer(1)).unwrap();
    assert!(matches!(next(&mut listen).await, Told::Unjournaled(_)));
    assert_eq!(next(&mut listen).await, Told::OnDisk(CallId(1)));
    assert_eq!(store.counts().await.unwrap().calls, 1, "told when it is in the database");
    writer.stop().await.unwrap();
}

#[tokio::test]
async fn a_copy_that_lacks_the_end_is_not_written_to() {
    let folder = folder();
    let settings = settings(&folder);
    let (store, _) = Store::open(settings.clone(), 0).await.unwrap();
    let (told, mut listen) = mpsc::channel(64);
    let writer = store.writer(told);
    writer.write(offer(1)).unwrap();
    until(&mut listen, &Told::OnDisk(CallId(1))).await;
    writer.stop().await.unwrap();
    let mut other = Place::new(settings.at.clone()).connect().await.unwrap();
    run(&mut other, "UPDATE journal_cursor SET through = 1000").await;
    drop(store);
    let (store, opened) = reopened(&settings).await;
    assert!(matches!(opened.replayed.words.as_slice(), [why] if why.contains("ends before")), "{opened:?}");
    assert!(folder.path().join("journal/2").is_dir(), "a new one is begun beside it");
    let (told, mut listen) = mpsc::channel(64);
    let writer = store.writer(told);
    writer.write(offer(2)).unwrap();
    until(&mut listen, &Told::OnDisk(CallId(2))).await;
    writer.stop().await.unwrap();
    assert_eq!(store.counts().await.unwrap().calls, 2);
}
