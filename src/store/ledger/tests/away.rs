//! The database away, the journal's disk away, both; records that do not fit; the answer to a commit that is lost.

use std::sync::Arc;
use std::time::Duration;

use call::CallId;
use call::action::Question;
use call::cdr::{RatingRow, Record};
use call::ids::Pii;
use journal::Draft;
use journal::fake::Faults;

use super::{House, POLL, until};
use crate::writer_tests::{event, next, offer};
use crate::{Entry, Told};

/// While this stands, nothing can be written to the database.

#[tokio::test]
async fn what_is_told_waits_in_the_journal_while_the_database_is_away() {
    let mut house = House::new(1).await;
    house.other.open().await.unwrap();
    let (writer, mut told) = house.writer();
    for n in 1..=20 {
        writer.write(offer(n)).unwrap();
        for seq in 1..=5 {
            writer.write(event(n, seq)).unwrap();
        }
    }
    for n in 1..=20 {
        let heard = until(&mut told, &Told::OnDisk(CallId(n))).await;
        assert!(heard.iter().all(|one| matches!(one, Told::Trouble(_))), "{heard:?}");
    }
    assert_eq!(house.store.counts().await.unwrap().calls, 0, "and the database has nothing of it");
    assert!(writer.journal().unwrap().behind >= 20);
    house.other.rollback().await.unwrap();
    // Whether trouble was told by then depends on how fast the machine is.
    house.store.caught_up().await.unwrap();
    writer.stop().await.unwrap();
    let counts = house.store.counts().await.unwrap();
    assert_eq!((counts.calls, counts.events), (20, 100), "each once");
    assert_eq!(house.store.verify().await.unwrap().iter().filter(|b| !is_open(b)).count(), 0);
}

/// The calls of these tests have no end.
fn is_open(broken: &crate::Broken) -> bool {
    matches!(broken, crate::Broken::FinalEvents { .. })
}

#[tokio::test]
async fn an_outage_is_told_until_everything_is_there() {
    let mut house = House::new(2).await;
    house.other.open().await.unwrap();
    let (writer, mut told) = house.writer();
    writer.write(offer(1)).unwrap();
    assert_eq!(next(&mut told).await, Told::OnDisk(CallId(1)));
    let Told::Trouble(words) = next(&mut told).await else { panic!("the outage is told") };
    assert!(words.contains("is locked by another program"), "{words}");
    house.other.rollback().await.unwrap();
    assert_eq!(next(&mut told).await, Told::Well);
    assert_eq!(writer.journal().unwrap().behind, 0, "not before all is there");
    assert_eq!(house.store.counts().await.unwrap().calls, 1);
    writer.stop().await.unwrap();
}

#[tokio::test]
async fn a_call_is_found_whose_first_row_is_still_in_the_journal() {
    let mut house = House::new(9).await;
    house.other.open().await.unwrap();
    let (writer, mut told) = house.writer();
    writer.write(offer(1)).unwrap();
    until(&mut told, &Told::OnDisk(CallId(1))).await;
    // It asks while the database has nothing of the call, and is answered when it may take it.
    let asked = house.store.call(CallId(1));
    let opened = async {
        tokio::task::yield_now().await;
        house.other.rollback().await
    };
    let (found, opened) = tokio::join!(asked, opened);
    opened.unwrap();
    assert_eq!(found.unwrap().map(|detail| detail.row.call), Some(CallId(1)));
    assert!(house.store.call(CallId(2)).await.unwrap().is_none());
    writer.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_leaves_what_a_database_that_is_away_does_not_take() {
    let mut house = House::new(3).await;
    house.other.open().await.unwrap();
    let (writer, mut told) = house.writer();
    writer.write(offer(1)).unwrap();
    until(&mut told, &Told::OnDisk(CallId(1))).await;
    writer.stop().await.unwrap();
    assert_eq!(house.feed.gauges.read().behind, 1);
    house.other.rollback().await.unwrap();
    let (writer, _told) = house.writer();
    writer.stop().await.unwrap();
    assert_eq!(house.store.counts().await.unwrap().calls, 1);
}

#[tokio::test]
async fn a_journal_that_fails_is_gone_around() {
    let house = House::new(4).await;
    let (writer, mut told) = house.writer();
    writer.write(offer(1)).unwrap();
    assert_eq!(next(&mut told).await, Told::OnDisk(CallId(1)));
    house.disk.set(Faults { read_only: true, ..Faults::default() });
    writer.write(offer(2)).unwrap();
    let Told::Unjournaled(words) = next(&mut told).await else { panic!("the journal's trouble is told") };
    assert!(words.contains("the journal could not"), "{words}");
    assert_eq!(next(&mut told).await, Told::OnDisk(CallId(2)));
    assert_eq!(
        house.store.counts().await.unwrap().calls,
        2,
        "told when it is in the database, after the first"
    );
    house.disk.set(Faults::default());
    writer.write(offer(3)).unwrap();
    assert_eq!(next(&mut told).await, Told::Journaled);
    assert_eq!(next(&mut told).await, Told::OnDisk(CallId(3)));
    writer.stop().await.unwrap();
    assert_eq!(house.store.counts().await.unwrap().calls, 3);
}

#[tokio::test]
async fn with_both_away_nothing_is_told_and_nothing_lost() {
    let mut house = House::new(5).await;
    house.disk.set(Faults { read_only: true, ..Faults::default() });
    house.other.open().await.unwrap();
    let (writer, mut told) = house.writer();
    for n in 1..=5 {
        writer.write(offer(n)).unwrap();
    }
    let (mut unjournaled, mut trouble) = (false, false);
    while !(unjournaled && trouble) {
        match next(&mut told).await {
            Told::Unjournaled(_) => unjournaled = true,
            Told::Trouble(_) => trouble = true,
            other => panic!("{other:?} is too early"),
        }
    }
    assert_eq!(writer.waiting(), 5);
    house.disk.set(Faults::default());
    for n in 1..=5 {
        until(&mut told, &Told::OnDisk(CallId(n))).await;
    }
    house.other.rollback().await.unwrap();
    writer.stop().await.unwrap();
    assert_eq!(house.store.counts().await.unwrap().calls, 5);
}

#[tokio::test]
async fn what_the_schema_refuses_is_set_aside_and_stops_nothing() {
    let mut house = House::new(6).await;
    let (writer, mut told) = house.writer();
    let rating = RatingRow {
        call: CallId(1),
        score: Some(9),
        reason: None,
        operator: None,
        desk: None,
        service: None,
    };
    writer.write(offer(1)).unwrap();
    writer.write(Entry::Record(Box::new(Record::Rating(rating)))).unwrap();
    writer.write(event(1, 1)).unwrap();
    writer.write(offer(2)).unwrap();
    house.store.caught_up().await.unwrap();
    writer.stop().await.unwrap();
    let mut heard = Vec::new();
    while let Ok(one) = told.try_recv() {
        heard.push(one);
    }
    let refused = heard.iter().find_map(|one| if let Told::Refused(why) = one { Some(why) } else { None });
    assert!(refused.is_some_and(|why| why.contains("does not fit") && why.contains("score")), "{heard:?}");
    assert_eq!((house.events(1).await, house.store.counts().await.unwrap().calls), (1, 2));
    let aside = "SELECT COUNT(*) FROM journal_aside WHERE kind = 7 AND length(payload) > 60";
    assert_eq!(house.count(aside).await, 1, "it is kept for whoever mends it");
}

#[tokio::test]
async fn a_frame_of_another_program_is_set_aside() {
    let mut house = House::new(7).await;
    let strange = Draft { kind: 99, version: 1, payload: b"?" };
    let clear = Draft { kind: 1, version: 1, payload: b"not sealed" };
    assert_eq!(house.feed.in_hand().append(&[strange, clear]).unwrap(), 2);
    let (writer, mut told) = house.writer();
    writer.write(offer(1)).unwrap();
    until(&mut told, &Told::OnDisk(CallId(1))).await;
    writer.stop().await.unwrap();
    assert_eq!(house.count("SELECT COUNT(*) FROM journal_aside WHERE seq IN (1, 2)").await, 2);
    assert_eq!(house.store.counts().await.unwrap().calls, 1);
}

/// What a commit left whose answer was lost: the database is ahead of what the feeder knows.
#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_not_done_twice() {
    let mut house = House::new(8).await;
    let (writer, mut told) = house.writer();
    writer.write(offer(1)).unwrap();
    writer.write(event(1, 1)).unwrap();
    until(&mut told, &Told::OnDisk(CallId(1))).await;
    writer.stop().await.unwrap();
    let pos = house.count("SELECT MAX(pos) FROM event").await;
    house.feed.forget(0).await;
    assert!(house.feed.step(&house.store.0).await.is_err(), "the cursor stands elsewhere");
    assert!(house.feed.step(&house.store.0).await.unwrap().dry, "and is read anew");
    assert_eq!(house.count("SELECT MAX(pos) FROM event").await, pos);
    assert_eq!((house.store.counts().await.unwrap().calls, house.events(1).await), (1, 1));
    assert_eq!(house.feed.gauges.read().behind, 0);
}

/// Whoever acts by what calls have recorded waits until the database has it.
#[tokio::test]
async fn the_promise_clock_and_callers_see_what_was_told() {
    let house = House::new(10).await;
    let told = async |n: u128| {
        let (done, fault) = house.feed.append(&house.store.0, &Arc::new(vec![offer(n)]), 0).await;
        assert!(done == 1 && fault.is_ok(), "{fault:?}");
        // Nobody feeds: there is no writer.
        assert_eq!(u128::from(house.store.counts().await.unwrap().calls), n - 1);
    };
    told(1).await;
    house.store.claim_tasks(0, "n", true, 1).await.unwrap();
    assert_eq!(house.store.counts().await.unwrap().calls, 1);
    told(2).await;
    house.store.close_unheard(0, &[]).await.unwrap();
    assert_eq!(house.store.counts().await.unwrap().calls, 2);
    told(3).await;
    let case = Question::Progress { case: Pii::new("261012000015"), code: None, caller: Pii::new("") };
    house.store.find(0, CallId(3), &case).await;
    assert_eq!(house.store.counts().await.unwrap().calls, 3);
}

/// Row 8 of what is promised: the disk is full, then read-only; calls go on, and nothing is lost.
#[tokio::test]
async fn a_full_disk_is_lived_through_on_the_reserve() {
    let mut house = House::new(9).await;
    let (writer, mut told) = house.writer();
    let kept = async |house: &House| {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let figures = house.feed.gauges.read();
            if figures.reserve == figures.reserve_wanted {
                return figures;
            }
            assert!(tokio::time::Instant::now() < deadline, "{figures:?}");
            tokio::time::sleep(POLL).await;
        }
    };
    kept(&house).await;
    // Both disks are full: the database takes nothing, and no file can grow.
    house.other.open().await.unwrap();
    house.disk.set(Faults { room: Some(house.disk.used()), ..Faults::default() });
    let mut n = 0;
    while house.feed.gauges.read().reserve > 0 {
        n += 1;
        writer.write(offer(n)).unwrap();
        until(&mut told, &Told::OnDisk(CallId(n))).await;
    }
    assert!(n >= 20, "a reserve of four segments of 8 KiB holds more than {n} calls");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    while !house.feed.gauges.read().short {
        assert!(tokio::time::Instant::now() < deadline, "the alarm comes within 5 s");
        tokio::time::sleep(POLL).await;
    }
    // Now nothing goes at all: calls wait in memory.
    house.disk.set(Faults { read_only: true, ..Faults::default() });
    for more in 1..=50 {
        writer.write(offer(n + more)).unwrap();
    }
    while !matches!(next(&mut told).await, Told::Unjournaled(_)) {}
    house.disk.set(Faults::default());
    until(&mut told, &Told::OnDisk(CallId(n + 50))).await;
    house.other.rollback().await.unwrap();
    until(&mut told, &Told::Well).await;
    assert_eq!(u128::from(house.store.counts().await.unwrap().calls), n + 50, "each once");
    kept(&house).await;
    writer.stop().await.unwrap();
}
