//! Two loops on one store, as two nodes: what is due is begun once, and what a node that is gone had begun is taken over.

use std::collections::BTreeMap;
use std::time::Duration;

use call::cdr::{CallBackRow, CallBackWhy, CallRow, Outcome, Record};
use call::errand::{End, Errand, News};
use call::ids::{CallId, Name, Pii};
use switchboard::handle::FarSide;

use super::run::{Bench, LEASE_OVER, clockwork, row};

/// Calls that one node makes at once here.
const AT_ONCE: usize = 3;
/// Citizens who are owed a call: more than both nodes call at once, twice over.
const OWED: u128 = 14;

/// So many citizens hung up while waiting.
fn owed(bench: &Bench, errand: &Errand) {
    let now = bench.door().now();
    for n in 1..=OWED {
        // Unlike any that a node mints in this millisecond.
        let call = CallId((u128::from(now.unsigned_abs()) << 80) + (1 << 72) + n);
        let missed =
            CallRow { call, ended_at: Some(now), outcome: Some(Outcome::Abandoned), ..row(errand, now) };
        let number = Pii::new(format!("138000{n:05}"));
        let (why, since, due_at) = (CallBackWhy::Missed, now, now + 600_000);
        bench.write(Record::Offered(missed.clone()));
        bench.write(Record::CallBack(CallBackRow { call, number, why, since, due_at }));
        bench.write(Record::Ended(missed));
    }
}

/// The next call of a node.
async fn next(far: &mut FarSide) -> Errand {
    tokio::time::timeout(Duration::from_secs(20), far.errand()).await.expect("the node sets out").unwrap()
}

/// A node makes no call while it looks often enough to have seen everything.
async fn rests(far: &mut FarSide) {
    let more = tokio::time::timeout(Duration::from_millis(400), far.errand()).await;
    assert!(more.is_err(), "{:?}", more.unwrap().map(|errand| errand.task));
}

/// The citizen and an operator have talked.
fn talked(bench: &Bench, errand: &Errand) {
    bench.reports(errand, 1, &[News::CitizenAnswered, News::Connected, News::Over(End::Done)]);
    let now = bench.door().now();
    bench.write(Record::Ended(CallRow { ended_at: Some(now), ..row(errand, now) }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_begin_each_task_once_and_one_goes_on_with_what_the_other_had_begun() {
    let mut bench = Bench::open().await;
    let (mut other, running, _stop) = clockwork(&bench.store, &bench.clock, "node-2");
    owed(&bench, &blank());
    let mut begun: BTreeMap<Name, Vec<CallId>> = BTreeMap::new();
    let mut note = |errand: &Errand| begun.entry(errand.task.clone()).or_default().push(errand.call);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // Both are busy to the brim: whoever claims faster leaves something to the other.
    for _ in 0..AT_ONCE {
        for (far, calls) in [(&mut bench.far, &mut ours), (&mut other, &mut theirs)] {
            calls.push(next(far).await);
        }
    }
    tokio::join!(rests(&mut bench.far), rests(&mut other));
    ours.iter().chain(&theirs).for_each(&mut note);
    ours.iter().for_each(|errand| bench.placed(errand));
    // One call of the other node was placed when it is gone, the others were not.
    bench.placed(&theirs[0]);
    running.task.abort();
    assert!(running.task.await.is_err(), "the other node is cut off, it does not end");
    ours.iter().for_each(|errand| talked(&bench, errand));
    // The first node goes on with what nobody had begun, and touches nothing of the other's while its leases run.
    let rest = usize::try_from(OWED).unwrap() - 2 * AT_ONCE;
    for _ in 0..rest {
        let errand = next(&mut bench.far).await;
        note(&errand);
        bench.placed(&errand);
        talked(&bench, &errand);
    }
    rests(&mut bench.far).await;
    assert_eq!(begun.len(), usize::try_from(OWED).unwrap());
    assert!(begun.values().all(|calls| calls.len() == 1), "each once: {begun:?}");
    // What became of the call that was placed is found by whoever starts that node again, or by the store's aftermath.
    let now = bench.door().now();
    let outcome = Some(Outcome::Interrupted);
    bench.write(Record::Ended(CallRow { ended_at: Some(now), outcome, ..row(&theirs[0], now) }));
    bench.clock.advance(LEASE_OVER);
    let mut again = Vec::new();
    for _ in 1..AT_ONCE {
        let errand = next(&mut bench.far).await;
        bench.placed(&errand);
        talked(&bench, &errand);
        again.push(errand.task);
    }
    again.sort();
    let mut never: Vec<Name> = theirs[1..].iter().map(|errand| errand.task.clone()).collect();
    never.sort();
    assert_eq!(again, never, "what was never placed, once; what was cut short, not at once");
    rests(&mut bench.far).await;
    let store = bench.store.clone();
    let open = async || store.call_backs(true, None, 100).await.unwrap().lines;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while open().await.len() > 1 {
        assert!(tokio::time::Instant::now() < deadline, "{:?}", open().await);
        tokio::task::yield_now().await;
    }
    let left = open().await;
    assert_eq!((left.len(), &*left[0].state), (1, "calls"), "it is tried again later: {left:?}");
    let of = promise::Of::CallBack(promise::CallId(left[0].call.0));
    assert!(theirs[0].task.starts_with(&format!("{of}/")), "what was cut short: {} {of}", theirs[0].task);
    bench.close().await;
}

/// No call of anybody: what [`row`] takes a row's usual values from.
fn blank() -> Errand {
    Errand {
        call: CallId(0),
        task: "".into(),
        what: call::errand::Task::DialIn,
        case: None,
        citizen: None,
        lang: call::ids::Lang::Zh,
        urgent: false,
        ring: Duration::ZERO,
    }
}
