//! The loop on a real store, with a switchboard whose far side is the test: what is set out on, what reports bring, crashes.

use std::sync::Arc;
use std::time::Duration;

use call::cdr::{CallRow, Record};
use call::errand::{End, Errand, ErrandRow, News, Task};
use call::ids::{CallId, Pii, StaffNo};
use promise::{Case, CaseId, Event, Of, State, What};
use store::promises::{Deed, Owner};
use store::{CaseKind, Entry, NewCase, Settings, Store, Told, Track, Writer};
use switchboard::Clock;
use switchboard::handle::FarSide;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::translate::plan;
use crate::{Door, Parts, Rules, Running, start};

/// Wednesday, 14 October 2026, 10:00 in Shanghai.
const MORNING: i64 = 1_791_943_200_000;
const NODE: &str = "node-1";
/// An eighth of them are the house's own: three at once.
const MAX_CALLS: u32 = 24;
/// Longer than any lease and the skew of clocks.
pub(super) const LEASE_OVER: Duration = Duration::from_secs(75);

/// Not for a secret: each call has another name.
fn counting() -> std::io::Result<[u8; 32]> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 32];
    bytes[2..10].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Ok(bytes)
}

pub(super) struct Bench {
    pub(super) store: Store,
    pub(super) writer: Writer,
    /// Without it the writer's words have nowhere to go.
    _told: mpsc::Receiver<Told>,
    pub(super) far: FarSide,
    pub(super) clock: Clock,
    pub(super) running: Running,
    stop: CancellationToken,
    folder: TempDir,
}

impl Bench {
    pub(super) async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let system = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let clock = Clock::shifted(MORNING - i64::try_from(system.as_millis()).unwrap());
        let settings = Settings::beside(folder.path().join("hotline.db"), NODE);
        let (store, _) = Store::open(settings, clock.now().utc_ms).await.unwrap();
        let (tell, told) = mpsc::channel(1_024);
        let writer = store.writer(tell);
        let (far, running, stop) = clockwork(&store, &clock, NODE);
        Self { store, writer, _told: told, far, clock, running, stop, folder }
    }

    /// The process is gone and another one goes on.
    async fn crash(self) -> Self {
        self.stop.cancel();
        self.running.task.await.unwrap();
        let (far, running, stop) = clockwork(&self.store, &self.clock, NODE);
        Self { far, running, stop, ..self }
    }

    pub(super) fn door(&self) -> &Door {
        &self.running.door
    }

    async fn case(&self, applicant: Option<&str>) -> CaseId {
        let new = NewCase {
            call: None,
            kind: CaseKind::Request,
            track: Track::Case,
            category: None,
            service: None,
            unit: None,
            title: "路灯不亮".to_owned(),
            content: "三盏路灯不亮。".to_owned(),
            place: None,
            applicant_name: None,
            applicant_phone: applicant.map(Pii::new),
            confidential: false,
            anonymous: applicant.is_none(),
            urgent: false,
        };
        let made = self.store.open_case(self.door().now(), "1001", None, new).await.unwrap().unwrap();
        self.store.case_of(&made.no).await.unwrap().unwrap()
    }

    async fn act(&self, case: CaseId, event: Event) {
        self.door().act(Of::Case(case), "1001", None, event).await.unwrap().unwrap();
    }

    /// The next errand on which the house sets out.
    async fn errand(&mut self) -> Errand {
        let far = self.far.errand();
        tokio::time::timeout(Duration::from_secs(20), far).await.expect("the house sets out").unwrap()
    }

    /// Nothing is set out on while the loop looks often enough to have seen everything.
    async fn no_errand(&mut self) {
        let far = tokio::time::timeout(Duration::from_millis(300), self.far.errand()).await;
        assert!(far.is_err(), "{:?}", far.unwrap().map(|errand| errand.task));
    }

    /// The call's first row comes to disk.
    pub(super) fn placed(&self, errand: &Errand) {
        self.write(Record::Offered(row(errand, self.door().now())));
    }

    /// Reports of a call, numbered from this one on.
    pub(super) fn reports(&self, errand: &Errand, from: u32, news: &[News]) {
        for (no, news) in (from..).zip(news) {
            let row = ErrandRow {
                call: errand.call,
                task: errand.task.clone(),
                no,
                at: self.door().now(),
                news: news.clone(),
            };
            self.write(Record::Errand(row));
        }
    }

    pub(super) fn write(&self, record: Record) {
        self.writer.write(Entry::Record(Box::new(record))).unwrap();
    }

    /// Waits until a call's last row is on disk.
    async fn is_over(&self, call: CallId) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !self.store.placed_call(call).await.unwrap().is_some_and(|placed| placed.over) {
            assert!(tokio::time::Instant::now() < deadline, "the call's last row is not on disk");
            tokio::task::yield_now().await;
        }
    }

    async fn look(&self, case: CaseId) -> Case {
        let (tell, told) = std::sync::mpsc::channel();
        let look = move |owner: &mut Owner| {
            if let Owner::Case(case) = owner {
                tell.send(Case::clone(case)).unwrap();
            }
            Ok(Vec::new())
        };
        let deed = Deed::new(self.door().now(), "test");
        self.store.keep(Of::Case(case), deed, look).await.unwrap().unwrap();
        told.recv().unwrap()
    }

    async fn until(&self, id: CaseId, what: &str, fits: impl Fn(&Case) -> bool) -> Case {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let case = self.look(id).await;
            if fits(&case) {
                return case;
            }
            assert!(tokio::time::Instant::now() < deadline, "the case {what}: {case:#?}");
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn close(self) {
        self.stop.cancel();
        self.running.task.await.unwrap();
        drop(self.folder);
    }
}

/// The loop of a node.
pub(super) fn clockwork(store: &Store, clock: &Clock, node: &str) -> (FarSide, Running, CancellationToken) {
    let (handle, far) = FarSide::new();
    let mut plan = plan(&["3001", "3002"], &["1009"]);
    plan.limits.max_calls = MAX_CALLS;
    let rules = Rules {
        calendar: Arc::new(plan.calendar.clone()),
        plan: Arc::new(plan),
        settings: Arc::default(),
        staff: Arc::new([]),
        reach: false,
    };
    let stop = CancellationToken::new();
    let (node, clock) = (node.to_owned(), clock.clone());
    let parts = Parts { store: store.clone(), handle, clock, node, rules, random: counting };
    (far, start(parts, stop.clone()), stop)
}

/// The call's row when it is placed.
pub(super) fn row(errand: &Errand, now: i64) -> CallRow {
    CallRow {
        call: errand.call,
        did: "".into(),
        source: call::event::Source::House,
        sip_call_id: "".into(),
        caller: call::event::Caller::default(),
        lang: errand.lang,
        profile: errand.what.word(),
        config_version: "".into(),
        offered_at: now,
        answered_at: None,
        ended_at: None,
        notice_played_at: None,
        wait_ms: 0,
        queue_ms: 0,
        duration_ms: 0,
        billsec_ms: 0,
        operator: None,
        outcome: None,
        cause: None,
        urgent: false,
        case: None,
    }
}

fn whom(errand: &Errand) -> &str {
    match &errand.what {
        Task::HandOver { contact, .. } | Task::Remind { contact, .. } => &contact.staff.0,
        _ => "",
    }
}

fn staff(no: &str) -> StaffNo {
    StaffNo(no.into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_counts_from_the_key_and_its_task_ends_with_the_call() {
    let mut bench = Bench::open().await;
    let case = bench.case(Some("13800001234")).await;
    bench.act(case, Event::HandOver("CG".into())).await;
    let errand = bench.errand().await;
    assert_eq!(whom(&errand), "3001");
    assert_eq!(errand.citizen, Some(Pii::new("13800001234")));
    bench.placed(&errand);
    bench.reports(&errand, 1, &[News::Dialled(staff("3001")), News::Received(staff("3001"))]);
    let taken =
        bench.until(case, "is received before the call is over", |c| c.state == State::Accepted).await;
    assert!(taken.open_vow(What::CallBack).is_some());
    bench.reports(&errand, 3, &[News::CitizenAnswered, News::Connected, News::Over(End::Done)]);
    bench.until(case, "is called back", |c| c.state == State::InProgress).await;
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_that_dials_in_has_called_back() {
    let mut bench = Bench::open().await;
    let case = bench.case(Some("13800001234")).await;
    bench.act(case, Event::HandOver("CG".into())).await;
    let errand = bench.errand().await;
    bench.placed(&errand);
    let receipt = [News::Dialled(staff("3001")), News::Received(staff("3001")), News::Over(End::Done)];
    bench.reports(&errand, 1, &receipt);
    bench.until(case, "is received", |c| c.state == State::Accepted).await;
    let call = CallId(errand.call.0 + 1);
    let dialled = Errand { call, task: format!("dial/{}", Of::Case(case)).into(), ..errand };
    let talk = [News::Dialled(staff("3002")), News::CitizenAnswered, News::Connected, News::Over(End::Done)];
    bench.reports(&dialled, 1, &talk);
    let proven = bench.until(case, "is called back", |c| c.state == State::InProgress).await;
    let end = proven.vows[&What::CallBack].end.map(|(_, end)| end);
    assert_eq!(end, Some(promise::End::Kept(promise::Proof::Proven(promise::CallId(call.0)))));
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_contact_follows_after_a_minute_of_the_moved_clock() {
    let mut bench = Bench::open().await;
    let case = bench.case(Some("13800001234")).await;
    bench.act(case, Event::HandOver("CG".into())).await;
    let first = bench.errand().await;
    bench.placed(&first);
    let busy = call::cause::Cause::new(call::cause::Side::Callee, call::cause::Reason::Busy);
    bench.reports(&first, 1, &[News::Dialled(staff("3001")), News::Over(End::Failed(busy))]);
    bench.until(case, "was tried", |c| c.vows[&What::Handover].tries == 1).await;
    bench.no_errand().await;
    bench.clock.advance(Duration::from_secs(60));
    let second = bench.errand().await;
    assert_eq!(whom(&second), "3002");
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_a_crash_cut_short_was_a_try_and_nobody_is_called_twice_for_it() {
    let mut bench = Bench::open().await;
    let case = bench.case(Some("13800001234")).await;
    bench.act(case, Event::HandOver("CG".into())).await;
    let first = bench.errand().await;
    bench.placed(&first);
    bench.reports(&first, 1, &[News::Dialled(staff("3001"))]);
    let now = bench.door().now();
    let outcome = Some(call::cdr::Outcome::Interrupted);
    let over = CallRow { ended_at: Some(now), outcome, ..row(&first, now) };
    let mut bench = bench.crash().await;
    // As the store's aftermath closes it.
    bench.write(Record::Ended(over));
    bench.is_over(first.call).await;
    bench.clock.advance(LEASE_OVER);
    let after = bench.until(case, "has one try", |c| c.vows[&What::Handover].tries == 1).await;
    assert_eq!(after.state, State::HandedOver);
    bench.clock.advance(Duration::from_secs(60));
    let second = bench.errand().await;
    assert_eq!(whom(&second), "3002", "the next contact, not the same one again");
    bench.no_errand().await;
    bench.close().await;
}

/// Found by the simulator: the end of the call was sorted before what had been looked at, and its task ran for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_clock_that_is_set_back_in_a_call_does_not_hide_its_end() {
    let mut bench = Bench::open().await;
    let case = bench.case(Some("13800001234")).await;
    bench.act(case, Event::HandOver("CG".into())).await;
    let errand = bench.errand().await;
    bench.placed(&errand);
    bench.reports(&errand, 1, &[News::Dialled(staff("3001"))]);
    bench.no_errand().await;
    let busy = call::cause::Cause::new(call::cause::Side::Callee, call::cause::Reason::Busy);
    bench.write(Record::Errand(ErrandRow {
        call: errand.call,
        task: errand.task.clone(),
        no: 2,
        at: bench.door().now() - 61_000,
        news: News::Over(End::Failed(busy)),
    }));
    bench.until(case, "was tried", |c| c.vows[&What::Handover].tries == 1).await;
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_before_the_crash_counts() {
    let mut bench = Bench::open().await;
    let case = bench.case(Some("13800001234")).await;
    bench.act(case, Event::HandOver("CG".into())).await;
    let first = bench.errand().await;
    bench.stop.cancel();
    bench.placed(&first);
    bench.reports(&first, 1, &[News::Dialled(staff("3001")), News::Received(staff("3001"))]);
    let now = bench.door().now();
    let outcome = Some(call::cdr::Outcome::Interrupted);
    let over = CallRow { ended_at: Some(now), outcome, ..row(&first, now) };
    bench.write(Record::Ended(over));
    let mut bench = bench.crash().await;
    bench.until(case, "is received", |c| c.state == State::Accepted).await;
    bench.clock.advance(LEASE_OVER);
    bench.no_errand().await;
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_never_placed_is_placed_when_the_lease_is_over() {
    let mut bench = Bench::open().await;
    let case = bench.case(Some("13800001234")).await;
    bench.act(case, Event::HandOver("CG".into())).await;
    let first = bench.errand().await;
    let mut bench = bench.crash().await;
    bench.no_errand().await;
    bench.clock.advance(LEASE_OVER);
    let again = bench.errand().await;
    assert_eq!((whom(&again), &again.task), ("3001", &first.task));
    assert_ne!(again.call, first.call);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connected_from_a_screen_is_a_proven_call_back() {
    let mut bench = Bench::open().await;
    let case = bench.case(Some("13800001234")).await;
    bench.act(case, Event::HandOver("CG".into())).await;
    let errand = bench.errand().await;
    bench.placed(&errand);
    bench.reports(
        &errand,
        1,
        &[News::Dialled(staff("3001")), News::Received(staff("3001")), News::Over(End::Done)],
    );
    bench.until(case, "is received", |c| c.state == State::Accepted).await;
    let member =
        call::plan::Member { staff: staff("3002"), address: call::ids::Address::Phone("phone3002".into()) };
    let call: CallId = bench.door().connect(case, member.clone()).await.unwrap();
    let errand = bench.errand().await;
    assert_eq!((errand.call, errand.what.clone()), (call, Task::Connect { staff: member }));
    let talk = [News::Dialled(staff("3002")), News::CitizenAnswered, News::Connected, News::Over(End::Done)];
    bench.reports(&errand, 1, &talk);
    bench.until(case, "is called back", |c| c.state == State::InProgress).await;
    bench.close().await;
}
