//! The interface under test: a real store in a folder of its own, and a far side that answers orders as the test says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod alarms;
mod backstage;
mod blackbox;
mod board;
mod calls;
mod cases;
mod config;
mod connect;
mod entrance;
mod fields;
mod guard;
mod hostile;
mod knowledge;
mod live;
mod metrics;
mod notices;
mod orders;
mod pages;
mod promises;
mod prompts;
mod records;
mod rehearsal;
mod roles;
mod sealed;
mod server;
mod session;
mod told;
mod unhappy;
mod web;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use call::action::{Answer, Refusal};
use call::cdr::EventRow;
use call::errand::Errand;
use call::event::Order;
use http_body_util::BodyExt;
use serde_json::Value;
use switchboard::Handle;
use switchboard::contract::{GuardView, TrunkView};
use switchboard::handle::FarSide;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{Rooms, Token, router};

/// The token of all tests.
const TOKEN: &str = "k7m2n8p4q9r3s6t5";
/// A call's id that nobody has.
const STRANGER: &str = "01J00000000000000000000000";
/// Longest wait for anything.
const DEADLINE: Duration = Duration::from_secs(10);
/// Pause between two looks.
const POLL: Duration = Duration::from_millis(5);

type Brain = Box<dyn Fn(&Order) -> Result<Answer, Refusal> + Send + Sync>;

/// The interface and what stands behind it.
struct Bench {
    app: Router,
    rooms: Rooms,
    handle: Handle,
    live: broadcast::Sender<Arc<EventRow>>,
    /// Errands on which the house was sent.
    errands: Mutex<broadcast::Receiver<Errand>>,
    /// Orders that the core got.
    orders: Arc<Mutex<Vec<Order>>>,
    /// Answers that the core may give; many unless the test holds them back.
    may_answer: Arc<Semaphore>,
    far: tokio::task::JoinHandle<()>,
    dir: tempfile::TempDir,
}

impl Bench {
    /// All orders are done.
    async fn new() -> Self {
        Self::with(1_000_000, |order| match order {
            Order::ListCalls => Ok(Answer::Calls(Vec::new())),
            Order::ListAgents => Ok(Answer::Agents(Vec::new())),
            _ => Ok(Answer::Done),
        })
        .await
    }

    async fn with(
        answers: usize,
        brain: impl Fn(&Order) -> Result<Answer, Refusal> + Send + Sync + 'static,
    ) -> Self {
        Self::all(answers, GuardView::default(), brain).await
    }

    /// With a guard that knows this.
    async fn guarded(
        guard: GuardView,
        brain: impl Fn(&Order) -> Result<Answer, Refusal> + Send + Sync + 'static,
    ) -> Self {
        Self::all(1_000_000, guard, brain).await
    }

    async fn all(
        answers: usize,
        guard: GuardView,
        brain: impl Fn(&Order) -> Result<Answer, Refusal> + Send + Sync + 'static,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("recordings")).unwrap();
        let settings = store::Settings::beside(dir.path().join("hotline.db"), "test-1");
        let (store, _) = store::Store::open(settings, 1_790_000_000_000).await.unwrap();
        let (handle, mut far) = FarSide::new();
        far.trunks = trunks();
        far.guard = guard;
        handle.gauges().free_ports.store(100, std::sync::atomic::Ordering::Relaxed);
        let (live, errands) = (far.live.clone(), Mutex::new(far.errands.subscribe()));
        let (orders, may_answer) = (Arc::default(), Arc::new(Semaphore::new(answers)));
        let far = tokio::spawn(answer(far, Arc::clone(&orders), Arc::clone(&may_answer), Box::new(brain)));
        let parts = clockwork::Parts {
            store: store.clone(),
            handle: handle.clone(),
            clock: switchboard::Clock::system(),
            node: "test-1".into(),
            rules: rules(&sample()),
            random,
        };
        let fake = backstage::Fake::new(dir.path(), &store);
        let current = fake.current.clone();
        let rooms = Rooms {
            handle: handle.clone(),
            recordings: dir.path().join("recordings"),
            locker: Default::default(),
            promises: clockwork::door(parts),
            current,
            token: Token::new("desk screen", TOKEN).unwrap(),
            random,
            first: None,
            trial: None,
            behind: crate::Behind::new(fake),
            store,
            version: "0.0.0-test".into(),
        };
        let app = router(rooms.clone(), CancellationToken::new());
        Self { app, rooms, handle, live, errands, orders, may_answer, far, dir }
    }

    /// The same rooms behind an interface that has seen nobody yet.
    fn fresh(&self) -> Router {
        router(self.rooms.clone(), CancellationToken::new())
    }

    /// The errands on which the house was sent since it was asked last.
    async fn sent(&self) -> Vec<Errand> {
        // What was told before this order has been taken when it is answered.
        self.handle.order(Order::ListCalls).await.unwrap().unwrap();
        let mut errands = self.errands.lock().unwrap();
        std::iter::from_fn(|| errands.try_recv().ok()).collect()
    }

    /// Orders so far, without the questions of health.
    fn given(&self) -> Vec<Order> {
        let orders = self.orders.lock().unwrap();
        orders.iter().filter(|o| !matches!(o, Order::ListAgents | Order::Board)).cloned().collect()
    }
}

/// Random enough for a test: no two alike.
fn random() -> std::io::Result<[u8; 32]> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static DRAWN: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0x5a; 32];
    bytes[..8].copy_from_slice(&DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Ok(bytes)
}

/// The sample configuration.
fn sample() -> ::config::Checked {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sip-config");
    ::config::load(&folder).unwrap()
}

/// What is promised by it.
fn rules(checked: &::config::Checked) -> clockwork::Rules {
    let staff = checked.settings.staff.iter().map(|person| (person.no.clone(), person.unit.clone()));
    clockwork::Rules {
        plan: Arc::new(checked.plan.clone()),
        calendar: Arc::new(checked.plan.calendar.clone()),
        settings: Arc::new(checked.settings.promises.settings.clone()),
        staff: staff.collect(),
        reach: false,
    }
}

/// One trunk that is up, and one that is not.
fn trunks() -> Vec<TrunkView> {
    let one = |name: &str, up, state| TrunkView {
        name: name.into(),
        up,
        state,
        zh: "状态".into(),
        en: "in words".into(),
        since: 1_790_000_000_000,
        registered_until: up.then_some(1_790_000_060_000),
        last_answer: up.then_some((1_790_000_000_020, 200)),
        taken: 2,
        channels: 30,
        destinations: vec![("UDP 192.0.2.1:5060".into(), up)],
    };
    vec![one("a", true, "up"), one("b", false, "silent")]
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.far.abort();
    }
}

async fn answer(mut far: FarSide, orders: Arc<Mutex<Vec<Order>>>, may: Arc<Semaphore>, brain: Brain) {
    loop {
        may.acquire().await.unwrap().forget();
        let note = |order: &Order| {
            orders.lock().unwrap().push(order.clone());
            brain(order)
        };
        if far.answer(note).await.is_none() {
            return;
        }
    }
}

/// A request in the making: with the token, for this host.
#[derive(Clone)]
struct Ask {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn get(path: &str) -> Ask {
    Ask {
        method: "GET".into(),
        path: path.into(),
        headers: vec![
            ("host".into(), "localhost:8089".into()),
            ("authorization".into(), format!("Bearer {TOKEN}")),
        ],
        body: Vec::new(),
    }
}

/// A request without an Idempotency-Key: the configuration needs none.
fn ask(method: &str, path: &str) -> Ask {
    Ask { method: method.into(), ..get(path) }
}

fn post(path: &str, key: &str) -> Ask {
    Ask { method: "POST".into(), ..get(path) }.with("idempotency-key", key)
}

impl Ask {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self
    }

    fn json(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.with("content-type", "application/json")
    }

    /// Status, and the code of a refusal: a body that may never end is not read.
    async fn head(self, app: &Router) -> (u16, Option<String>) {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = app.clone().oneshot(request.body(Body::from(self.body)).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let is_problem =
            answer.headers().get("content-type").is_some_and(|t| t == "application/problem+json");
        if !is_problem {
            return (status, None);
        }
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        (status, Some(problem["code"].as_str().unwrap().to_owned()))
    }

    async fn to(self, app: &Router) -> Told {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = app.clone().oneshot(request.body(Body::from(self.body)).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Told { status: parts.status, headers: parts.headers, body }
    }
}

/// What was answered.
struct Told {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Status and code of a problem; checks its form on the way.
    fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let json = self.json();
        let code = json["code"].as_str().unwrap().to_owned();
        assert_eq!(json["status"].as_u64(), Some(u64::from(self.status.as_u16())));
        assert_eq!(json["type"].as_str(), Some(format!("/docs#{code}").as_str()));
        assert!(!json["title"].as_str().unwrap().is_empty() && !json["detail"].as_str().unwrap().is_empty());
        (self.status.as_u16(), code)
    }
}

/// Asks until it holds.
async fn until_async(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds().await {
        assert!(Instant::now() < end, "{what} did not come about");
        tokio::time::sleep(POLL).await;
    }
}

/// Looks until it holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "{what} did not come about");
        tokio::time::sleep(POLL).await;
    }
}
