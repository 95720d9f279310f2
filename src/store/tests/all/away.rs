//! Row 7 of what is promised: the database away while ten calls come each second. None is lost, none doubled, each is told
//! at once, and all is in the database soon after it is back. Ten minutes of it with `HOTLINE_AWAY=full`, else some seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use store::{JournalAt, Settings, Store, Told};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, timeout};

use crate::common::{NOW, SOON, folder, id, life, raw, settings};

/// Calls a second.
const RATE: u32 = 10;
/// All is in the database again within this.
const CAUGHT_UP: Duration = Duration::from_secs(60);

fn behind(settings: Settings) -> Settings {
    let folder = settings.key_file.with_file_name("journal");
    settings.behind(JournalAt { folder, reserve_mib: 8 })
}

#[tokio::test]
async fn ten_calls_a_second_go_on_while_the_database_is_away() {
    let full = std::env::var("HOTLINE_AWAY").is_ok_and(|how| how == "full");
    let seconds: u32 = if full { 600 } else { 6 };
    let calls = RATE * seconds;
    let folder = folder();
    let (store, _) = Store::open(behind(settings(&folder)), NOW).await.unwrap();
    let (tell, mut told) = mpsc::channel(8_192);
    let writer = store.writer(tell);
    let mut other = raw(&folder).await;
    other.hold().await;
    let (mut began, mut waits) = (BTreeMap::new(), Vec::new());
    let mut tick = interval(Duration::from_secs(1) / RATE);
    let (mut next, mut records, mut trouble) = (1, 0, None);
    let start = Instant::now();
    while waits.len() < calls as usize {
        tokio::select! {
            _ = tick.tick(), if next <= calls => {
                for entry in life(next) {
                    writer.write(entry).unwrap();
                    records += 1;
                }
                began.insert(id(next), Instant::now());
                next += 1;
            }
            heard = timeout(SOON, told.recv()) => match heard.unwrap().unwrap() {
                Told::OnDisk(call) => waits.push(began.remove(&call).unwrap().elapsed()),
                Told::Trouble(_) => trouble = Some(start.elapsed()),
                other => panic!("{other:?}"),
            },
        }
    }
    let figures = writer.journal().unwrap();
    assert_eq!(figures.behind, records, "everything waits in the journal");
    assert!(trouble.is_some_and(|after| after < Duration::from_secs(5)), "the alarm: {trouble:?}");
    other.run("ROLLBACK").await;
    let back = Instant::now();
    loop {
        if timeout(CAUGHT_UP, told.recv()).await.unwrap().unwrap() == Told::Well {
            break;
        }
    }
    let took = back.elapsed();
    writer.stop().await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (counts.calls, counts.final_events, counts.open_calls),
        (u64::from(calls), u64::from(calls), 0)
    );
    assert_eq!(store.verify().await.unwrap(), []);
    waits.sort();
    let p99 = waits[waits.len() * 99 / 100];
    println!(
        "database away for {seconds} s at {RATE} calls a second: {calls} calls, {records} records, 0 lost, 0 doubled; \
         told after {:.1} ms (p99), alarm after {:.1} s; \
         caught up within {:.2} s ({:.0} records/s)",
        p99.as_secs_f64() * 1e3,
        trouble.unwrap_or_default().as_secs_f64(),
        took.as_secs_f64(),
        records as f64 / took.as_secs_f64(),
    );
    assert!(took <= CAUGHT_UP, "{took:?}");
}
