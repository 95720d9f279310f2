//! Row 9 of what is promised: part of all writes fail and the power goes, and nothing that was told is missing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use call::CallId;
use journal::fake::Faults;

use super::{House, POLL, put};
use crate::Told;
use crate::ledger::Ledger;
use crate::store::Store;
use crate::writer_tests::{event, offer};

/// Of a thousand writes, syncs and changes of names so many fail.
const FAIL: u32 = 50;
/// Calls between two cuts of the power.
const CALLS: u128 = 60;
/// Cuts of the power in `make test`; `HOTLINE_IO_FAULTS` says another number.
const CUTS: u64 = 12;

#[tokio::test]
async fn nothing_that_was_told_is_missing_when_a_twentieth_of_all_writes_fail() {
    let cuts = std::env::var("HOTLINE_IO_FAULTS").ok().and_then(|n| n.parse().ok()).unwrap_or(CUTS);
    let mut house = House::new(11).await;
    let (mut told, mut failures, mut straight) = (BTreeSet::new(), 0, 0);
    for cut in 0..cuts {
        house.disk.set(Faults { write_errors: FAIL, name_errors: FAIL, ..Faults::default() });
        let (writer, mut listen) = house.writer();
        if cut % 2 == 0 {
            house.disk.cut_power_in(20 + cut * 3);
        }
        let first = u128::from(cut) * CALLS + 1;
        for n in first..first + CALLS {
            writer.write(offer(n)).unwrap();
            writer.write(event(n, 1)).unwrap();
            writer.write(event(n, 2)).unwrap();
        }
        let mut enough = 0;
        while enough < CALLS / 2 {
            match tokio::time::timeout(Duration::from_secs(20), listen.recv()).await.unwrap().unwrap() {
                Told::OnDisk(call) => {
                    told.insert(call);
                    enough += 1;
                }
                Told::Unjournaled(_) => straight += 1,
                Told::Journaled | Told::Trouble(_) | Told::Well => {}
                other => panic!("{other:?}"),
            }
        }
        writer.drop_dead();
        // What it said before it died counts too.
        while let Ok(one) = listen.try_recv() {
            told.extend(if let Told::OnDisk(call) = one { Some(call) } else { None });
        }
        failures += house.feed.gauges.read().failures;
        house = again(house).await;
    }
    for CallId(n) in &told {
        assert!(house.store.call(CallId(*n)).await.unwrap().is_some(), "call {n} was told to be on disk");
    }
    let (calls, events) =
        (house.count("SELECT COUNT(*) FROM call").await, house.count("SELECT COUNT(*) FROM event").await);
    let seen = house.count("SELECT COUNT(*) FROM (SELECT DISTINCT call_id, seq FROM event) AS seen").await;
    assert_eq!(events, seen, "each event once");
    println!(
        "{cuts} power cuts, {failures} failed writes tried again, {straight} times straight into the database: \
         {} calls told, {calls} there, none missing",
        told.len()
    );
    assert!(failures > 0 && told.len() as u128 >= CALLS / 2 * u128::from(cuts));
}

/// The next life on the same database and disk, after the power was cut.
async fn again(house: House) -> House {
    let House { _folder, store, other, disk, feed } = house;
    disk.set(Faults::default());
    let settings = store.0.settings.clone();
    drop(store);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while Arc::strong_count(&feed) > 1 {
        assert!(tokio::time::Instant::now() < deadline, "somebody of the dead life still writes");
        tokio::time::sleep(POLL).await;
    }
    drop(feed);
    disk.cut_power();
    let store = loop {
        match Store::open(settings.clone(), 0).await {
            Ok((store, _)) => break store,
            Err(fault) => assert!(tokio::time::Instant::now() < deadline, "{fault}"),
        }
        tokio::time::sleep(POLL).await;
    };
    let feed = put(&store, &disk);
    assert!(matches!(store.0.ledger.get(), Some(Ledger::Journal(_))));
    feed.catch_up(&store.0).await.unwrap();
    House { _folder, store, other, disk, feed }
}
