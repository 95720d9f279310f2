//! What the screens keep: outcomes that operators state, desks that shut themselves, the figures of a day.

use call::cdr::{Outcome, Record, StatedRow};
use call::event::Stated;
use call::ids::{DeskNo, Name, Pii, ServiceCode};
use store::{Entry, Figures};

use crate::common::{Bench, NOW, answered, ended, event, id, raw, record, row};

fn stated(n: u32, at: i64, outcome: Outcome, note: &str) -> Entry {
    record(Record::Stated(StatedRow {
        at,
        stated: Stated {
            call: id(n),
            outcome,
            case: None,
            service: Some(ServiceCode(Name::from("S-TAX"))),
            note: Pii::new(note),
            by: Name::from("1001"),
        },
    }))
}

#[tokio::test]
async fn an_outcome_is_stated_after_the_end_and_the_last_word_counts() {
    let bench = Bench::new().await;
    bench.write_all([record(Record::Offered(row(1))), record(Record::Ended(ended(1)))]);
    bench.write_all([stated(1, NOW + 1, Outcome::HandedOver, "拆迁 13800001234")]);
    bench.write_all([stated(1, NOW + 2, Outcome::CaseOpened, "")]);
    bench.write_all([stated(1, NOW + 1, Outcome::HandedOver, "拆迁 13800001234")]);
    let (folder, store) = bench.stop().await;
    let detail = store.call(id(1)).await.unwrap().unwrap();
    let line = detail.stated.unwrap();
    assert_eq!((line.outcome, line.who.as_str(), line.at), (Outcome::CaseOpened, "1001", NOW + 2));
    assert_eq!((line.note.reveal(), line.service.as_deref()), ("拆迁 13800001234", Some("S-TAX")));
    let mut conn = raw(&folder).await;
    let notes = conn.bytes("SELECT note FROM stated").await;
    assert!(!String::from_utf8_lossy(&notes[0]).contains("1380"), "sealed");
}

#[tokio::test]
async fn an_outcome_of_a_call_that_goes_on_ends_with_it() {
    let bench = Bench::new().await;
    bench.write_all([record(Record::Offered(row(1))), record(Record::Updated(answered(1)))]);
    bench.write_all([stated(1, NOW + 1, Outcome::Bridged, "")]);
    let (_folder, store) = bench.stop().await;
    let detail = store.call(id(1)).await.unwrap().unwrap();
    assert_eq!((detail.row.outcome, detail.stated.unwrap().outcome), (None, Outcome::Bridged));
}

#[tokio::test]
async fn shut_desks_and_reachable_ones_are_kept() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let (a, b) = (DeskNo(37), DeskNo(38));
    store.close_desk(NOW, "2001", a, Some(NOW + 10_000), "培训").await.unwrap();
    store.close_desk(NOW, "2001", a, Some(NOW + 20_000), "开会").await.unwrap();
    store.close_desk(NOW, "2003", b, Some(NOW + 5_000), "开会").await.unwrap();
    let shut = store.closed_desks(NOW + 5_000).await.unwrap();
    assert_eq!(shut.len(), 1);
    assert_eq!((shut[0].desk, shut[0].until, &*shut[0].reason), (a, NOW + 20_000, "开会"));
    store.close_desk(NOW, "2001", a, None, "").await.unwrap();
    assert!(store.closed_desks(NOW).await.unwrap().is_empty());

    store.desks_seen(NOW, &[a, b]).await.unwrap();
    store.desks_seen(NOW + 1, &[a]).await.unwrap();
    store.desks_seen(NOW - 1, &[a]).await.unwrap();
    assert_eq!(store.last_seen().await.unwrap().into_iter().collect::<Vec<_>>(), [(a, NOW + 1), (b, NOW)]);
}

#[tokio::test]
async fn the_figures_of_a_day_are_counted_once() {
    let bench = Bench::new().await;
    for n in 1..=2 {
        bench.write_all([record(Record::Offered(row(n))), record(Record::Ended(ended(n)))]);
    }
    bench.write_all([record(Record::Offered(row(3)))]);
    bench.write_all([
        event(3, 1, "call.offered"),
        event(3, 2, "room.bridged"),
        event(3, 3, "call.abandoned"),
        event(3, 4, "leg.joined"),
    ]);
    let (_folder, store) = bench.stop().await;
    let whole = store.figures(NOW, NOW + 60_000).await.unwrap();
    // Those that ended waited 12 s.
    assert_eq!((whole.offered, whole.answered, whole.within_15, whole.within_30), (3, 2, 2, 2));
    assert_eq!((whole.abandoned, whole.bridged), (1, 1));
    let later = store.figures(NOW + 3, NOW + 60_000).await.unwrap();
    assert_eq!((later.offered, later.answered), (1, 0));

    let mut figures = Figures::default();
    figures.note("room.ringing", "house", "desk=037", 3);
    figures.note("leg.joined", "desk:037", "", 2);
    figures.note("leg.joined", "operator:1001", "", 2);
    assert_eq!((figures.bridges_tried, figures.by_desk.get(&DeskNo(37))), (3, Some(&(3, 2))));
}
