//! Calls of the house: their reports come back as they went in, in order, once; a crash owes nobody a call-back for them.

use call::cause::{Cause, Reason, Side};
use call::cdr::{CallRow, Record};
use call::errand::{End, ErrandRow, News, Question};
use call::event::Source;
use call::ids::{Name, StaffNo};

use crate::common::{Bench, NOW, ended, event, folder, id, open, record, row, writer};

fn every_news() -> Vec<News> {
    let staff = || StaffNo(Name::from("7001"));
    let busy = Cause::new(Side::Callee, Reason::Busy);
    vec![
        News::Dialled(staff()),
        News::Failed(staff(), busy),
        News::Received(staff()),
        News::WrongUnit(staff()),
        News::Told(staff()),
        News::Acknowledged(staff()),
        News::Passed(staff()),
        News::CitizenAnswered,
        News::CitizenFailed(busy),
        News::Connected,
        News::Answered(Question::Called, true),
        News::Answered(Question::Term, false),
        News::Answered(Question::Result, true),
        News::Scored(5),
        News::Because(3),
        News::Later,
        News::WantsOperator,
        News::Over(End::Done),
        News::Over(End::Failed(busy)),
    ]
}

fn reports(n: u32) -> Vec<ErrandRow> {
    let row = |(no, news)| ErrandRow { call: id(n), task: Name::from("task-1"), no, at: NOW + 1, news };
    (1..).zip(every_news()).map(row).collect()
}

fn placed(n: u32) -> CallRow {
    CallRow { source: Source::House, sip_call_id: Name::from(""), ..row(n) }
}

#[tokio::test]
async fn every_report_comes_back_in_order_and_once() {
    let bench = Bench::new().await;
    let rows = reports(1);
    bench.write_all([record(Record::Offered(placed(1)))]);
    for _ in 0..2 {
        bench.write_all(rows.iter().cloned().map(|row| record(Record::Errand(row))));
    }
    bench.write_all([event(1, 1, "call.placed"), event(1, 2, "call.ended")]);
    bench.write_all([record(Record::Ended(CallRow { source: Source::House, ..ended(1) }))]);
    let (_folder, store) = bench.stop().await;
    assert_eq!(store.unread_news(100).await.unwrap(), rows);
    assert_eq!(store.unread_news(2).await.unwrap(), rows[..2]);
    let detail = store.call(id(1)).await.unwrap().unwrap();
    assert_eq!((detail.row.direction.as_str(), detail.row.source), ("out", None));
    assert_eq!(store.figures(NOW - 1, NOW + 1_000_000).await.unwrap().offered, 0, "nobody called");
    assert_eq!(store.verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_crash_owes_nobody_a_call_back_for_a_call_of_the_house() {
    let folder = folder();
    let (store, _) = open(&folder).await;
    let (writer, mut told) = writer(&store);
    writer.write(record(Record::Offered(placed(1)))).unwrap();
    crate::common::next(&mut told).await;
    drop((writer, told, store));
    let (store, opened) = open(&folder).await;
    assert_eq!(opened.interrupted, [id(1)]);
    let detail = store.call(id(1)).await.unwrap().unwrap();
    assert!(detail.call_backs.is_empty() && detail.row.ended_at.is_some());
}
