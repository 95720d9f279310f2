//! `hotline upgrade`, again and again, under calls that start all the time and calls that last over all of it: nobody is
//! dropped, nobody is refused, and the sound goes on, over UDP and TCP.
//!
//! `HOTLINE_RESTARTS` (3) says how often; row 11 of docs/reliability.md is 100:
//!
//! ```sh
//! HOTLINE_RESTARTS=100 cargo nextest run --profile soak --test upgrade rolling
//! ```

use std::cell::RefCell;
use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use call::cdr::Outcome;
use phone::{Account, Call, Dial, Ear, EndedBy, Media, Phone, PhoneError, Transport};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::house::House;
use crate::patience::{s, soon, until};

const CITIZEN: u32 = 700;
const OPERATOR: u32 = 900;
/// Between two calls of a caller: the ports of a test, of which each rests for 2 s after a call and some are with the life
/// before, suffice for no more.
const PAUSE: Duration = Duration::from_millis(300);
/// A whole frame or two may be lost between processes that share two cores with all else that is tested.
const GAP: Duration = Duration::from_millis(200);
/// Between two restarts calls go on for so long.
const LIFE: Duration = Duration::from_millis(1_500);

/// How often the house is handed over.
fn restarts() -> u32 {
    std::env::var("HOTLINE_RESTARTS").map_or(3, |text| text.parse().unwrap())
}

/// The processes that came after the first: they don't outlive the test.
#[derive(Default)]
struct Successors(RefCell<Vec<u32>>);

impl Successors {
    fn lives(pid: u32) -> bool {
        fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Those that run still.
    fn alive(&self) -> Vec<u32> {
        self.0.borrow().iter().copied().filter(|pid| Self::lives(*pid)).collect()
    }

    fn signal(name: &str, pid: u32) {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        // The number may be another program's by now.
        if String::from_utf8_lossy(&line).contains("--take-over") {
            let _ = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
        }
    }
}

impl Drop for Successors {
    fn drop(&mut self) {
        for pid in self.0.borrow().iter() {
            Self::signal("KILL", *pid);
        }
    }
}

/// One restart; the process that takes the calls now.
fn upgrade(house: &House) -> u32 {
    let (code, said) = house.command(&["upgrade"]);
    assert!(code == 0 && said.contains("takes all new calls"), "{code}: {said}");
    said.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Callers, one after the other, each answered; how many there were, and how often one had to call again because the machine
/// had no time (503, Q.850 41: the house says 42 when it takes no calls). They hide their number: nobody calls them back, so
/// that the lives have nothing to do but what the test sees.
async fn call_again_and_again(trunk: Phone, numbers: Arc<AtomicU32>, stop: CancellationToken) -> (u32, u32) {
    let (mut made, mut crowded) = (0, 0);
    while !stop.is_cancelled() {
        let caller = format!("138{:08}", numbers.fetch_add(1, Ordering::Relaxed));
        let call = match trunk.call(Dial::to("89000").caller(&caller).header("Privacy", "id")).await {
            Ok(call) => call,
            Err(PhoneError::Over(ending)) if ending.q850 == Some(41) => {
                crowded += 1;
                sleep_until((Instant::now() + PAUSE).into()).await;
                continue;
            }
            Err(error) => panic!("call {made} was refused: {error}"),
        };
        made += 1;
        let talk = Instant::now() + Duration::from_millis(50 + u64::from(made % 7) * 60);
        assert!(timeout(talk - Instant::now(), call.ended()).await.is_err(), "call {made} was dropped");
        call.hang_up();
        assert_eq!(timeout(s(20), call.ended()).await.unwrap().by, EndedBy::Us);
        sleep_until((Instant::now() + PAUSE).into()).await;
    }
    (made, crowded)
}

/// A talk of two that lasts.
struct Talk {
    citizen: Call,
    operator: Call,
}

impl Talk {
    async fn begin(trunk: &Phone, operator: &Phone, caller: &str) -> Self {
        let citizen = trunk.dial(Dial::to("89000").caller(caller)).unwrap();
        let ringing = timeout(s(30), operator.incoming()).await.expect("the operator is rung").unwrap();
        ringing.ring().unwrap();
        let operator = ringing.answer().await.unwrap();
        let citizen = timeout(s(20), citizen.answered()).await.unwrap().unwrap();
        citizen.tone(CITIZEN);
        operator.tone(OPERATOR);
        let talk = Self { citizen, operator };
        talk.hear().await;
        talk.citizen.watch_for(OPERATOR);
        talk.operator.watch_for(CITIZEN);
        talk
    }

    /// Each hears the other.
    async fn hear(&self) {
        for (call, hertz) in [(&self.citizen, OPERATOR), (&self.operator, CITIZEN)] {
            call.watch_for(hertz);
            let deadline = Instant::now() + s(20);
            while call.stats().toned < 50 {
                assert!(Instant::now() < deadline && call.is_up(), "{hertz} Hz is not heard");
                sleep_until((Instant::now() + Duration::from_millis(20)).into()).await;
            }
        }
    }

    /// The longest time without the other's tone, and frames without it, since the last look.
    fn look(&self) -> (Duration, u64, u64) {
        let looks = [self.citizen.watch_for(OPERATOR), self.operator.watch_for(CITIZEN)];
        let gap = looks.iter().map(|stats| stats.longest_gap).max().unwrap();
        let due = looks.iter().map(|stats| stats.packets + stats.shortfall()).sum();
        (gap, looks.iter().map(|stats| stats.untoned().saturating_sub(1)).sum(), due)
    }
}

/// The talks end, and with them the lives that have nothing else; the newest.
async fn end_of_the_first(house: &House, talks: Vec<(Talk, Phone)>, successors: &Successors) -> u32 {
    // The first life is there still, since its talks are; those between have nothing left and wait for it alone.
    assert!(house.ended().is_none());
    for (talk, operator) in talks {
        talk.hear().await;
        talk.operator.hold().await.unwrap();
        talk.operator.unhold().await.unwrap();
        talk.citizen.hang_up();
        // After the talk the operator is asked nothing, and rests.
        talk.operator.hang_up();
        operator.stop();
    }
    let first = until("the first life ends with its last call", s(90), || house.ended());
    assert!(first.success(), "{first}");
    let newest = *successors.0.borrow().last().unwrap();
    let alone = soon(s(90), || (successors.alive() == [newest]).then_some(()));
    assert!(alone.is_some(), "lives that have nothing left: {:?}, newest {newest}", successors.alive());
    newest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolling_restarts_drop_and_refuse_nobody() {
    let mut house = House::build();
    house.start().await;
    let successors = Successors::default();
    let media = Media::start(Ear::Counting).unwrap();
    let account =
        |user: &str, transport| Account { transport, ..Account::new(user, &house.password(user), house.sip) };
    let trunk = async |transport| {
        let account = Account { transport, ..Account::new("trunk", "", house.sip) };
        Phone::start_with(account, &media).await.unwrap()
    };
    let (udp, tcp) = (trunk(Transport::Udp).await, trunk(Transport::Tcp).await);
    let mut talks = Vec::new();
    for (at, (user, transport)) in [("op1", Transport::Udp), ("op2", Transport::Tcp)].into_iter().enumerate()
    {
        let operator = Phone::start_with(account(user, transport), &media).await.unwrap();
        operator.register().await.unwrap();
        let by = if at == 0 { &udp } else { &tcp };
        talks.push((Talk::begin(by, &operator, &format!("1390000000{at}")).await, operator));
    }
    let (numbers, stop, mut callers) =
        (Arc::<AtomicU32>::default(), CancellationToken::new(), JoinSet::new());
    for trunk in [&udp, &udp, &tcp] {
        callers.spawn(call_again_and_again(trunk.clone(), numbers.clone(), stop.clone()));
    }
    let (mut gap, mut missing, mut due) = (Duration::ZERO, 0, 0);
    for round in 0..restarts() {
        sleep_until((Instant::now() + LIFE).into()).await;
        let pid = tokio::task::block_in_place(|| upgrade(&house));
        successors.0.borrow_mut().push(pid);
        for (talk, operator) in &talks {
            assert!(talk.citizen.is_up() && talk.operator.is_up(), "round {round}: a talk was dropped");
            assert_eq!(operator.calls(), 1, "round {round}: an operator was rung in the middle of a talk");
            let (longest, without, all) = talk.look();
            (gap, missing, due) = (gap.max(longest), missing + without, due + all);
        }
        if let Some(Err(error)) = callers.try_join_next() {
            panic!("round {round}: {error}");
        }
    }
    sleep_until((Instant::now() + LIFE).into()).await;
    stop.cancel();
    let sum = |(made, crowded), (more, again)| (made + more, crowded + again);
    let (made, crowded): (u32, u32) = callers.join_all().await.into_iter().fold((0, 0), sum);
    assert!(
        crowded * 20 <= made + 20,
        "{crowded} of {made} callers had to call again: the machine is too busy"
    );
    let newest = end_of_the_first(&house, talks, &successors).await;
    udp.stop();
    tcp.stop();
    Successors::signal("TERM", newest);
    until("the newest life ends", s(60), || successors.alive().is_empty().then_some(()));
    let records = records(&house).await;
    assert!(records.len() >= made as usize + 2, "a record for each call: {} for {made}", records.len());
    let odd: Vec<_> = records
        .iter()
        .filter(|(finals, outcome)| *finals != 1 || matches!(outcome, None | Some(Outcome::Interrupted)))
        .collect();
    assert!(odd.is_empty(), "{odd:?}");
    println!(
        "rolling restarts: {}, calls {made}, 0 refused ({crowded} for want of time), 0 dropped; frames without the other's tone {missing} of {due}, \
         longest gap {} ms",
        restarts(),
        gap.as_millis()
    );
    assert!(
        gap <= GAP && missing * 1_000 <= due * 5,
        "gap {gap:?}, {missing} of {due} frames without the tone"
    );
}

/// Of each call: its final events, its outcome.
async fn records(house: &House) -> Vec<(usize, Option<Outcome>)> {
    let (store, opened) = store::Store::open(house.store(), 0).await.unwrap();
    assert!(opened.interrupted.is_empty() && opened.completed.is_empty(), "{opened:?}");
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.calls(&store::CallFilter::default(), after, 100).await.unwrap();
        for line in &page.calls {
            let detail = store.call(line.call).await.unwrap().unwrap();
            let is_final = |kind: &str| matches!(kind, "call.ended" | "call.abandoned");
            let finals = detail.events.iter().filter(|event| is_final(&event.kind)).count();
            all.push((finals, line.outcome));
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(store.verify().await.unwrap(), Vec::new());
    all
}
