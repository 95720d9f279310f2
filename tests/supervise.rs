//! `hotline serve` starts itself again: by real processes that are killed, stopped in the middle, handed over and ended, with a
//! test that stands where systemd stands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, dead_code)]

#[path = "support/folder.rs"]
mod folder;
#[path = "crash/house.rs"]
mod house;
#[path = "support/patience.rs"]
mod patience;
#[path = "support/ports.rs"]
mod ports;
#[path = "support/process.rs"]
mod process;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use house::{House, is_there, signal};
use patience::{s, until};
use phone::{Account, Dial, EndedBy, Phone};
use tokio::time::timeout;

/// From a crash to the next 200 OK on a quiet machine; tests run beside others.
const BACK: Duration = s(10);

/// A caller is answered within this; how long it took since `since`, with new tries as callers make them.
async fn answered(house: &House, since: Instant, within: Duration) -> Duration {
    let trunk = Phone::start(Account::new("trunk", "", house.sip)).await.unwrap();
    let caller = Dial::to("89000").caller("13800000001").header("Privacy", "id");
    let call = timeout(within, trunk.call(caller)).await.expect("nobody answers").unwrap();
    let took = since.elapsed();
    call.hang_up();
    trunk.stop();
    took
}

/// Both ends of what the crash cut are told by BYE within this.
const TOLD: Duration = s(2);

/// The one process that has the calls.
fn only(house: &House) -> u32 {
    match house.processes()[..] {
        [one] => one,
        ref all => panic!("{all:?} are there"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_house_is_back_by_itself_and_sigterm_ends_it() {
    let mut house = House::watched();
    house.start().await;
    for _ in 0..3 {
        let life = only(&house);
        answered(&house, Instant::now(), BACK).await;
        let killed = Instant::now();
        house.kill();
        let took = answered(&house, killed, BACK).await;
        println!("from kill -9 to the next 200 OK: {} ms", took.as_millis());
        assert_ne!(only(&house), life);
    }
    let life = only(&house);
    house.stop();
    assert!(!is_there(life));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ends_of_what_the_crash_cut_are_told_that_it_is_over() {
    let mut house = House::watched();
    house.start().await;
    let operator = Account::new("op1", &house.password("op1"), house.sip);
    let operator = Phone::start(operator).await.unwrap();
    operator.register().await.unwrap();
    let trunk = Phone::start(Account::new("trunk", "", house.sip)).await.unwrap();
    for _ in 0..2 {
        let citizen = trunk.dial(Dial::to("89000").caller("13800000003").header("Privacy", "id")).unwrap();
        let ringing = timeout(s(30), operator.incoming()).await.expect("the operator is rung").unwrap();
        let talk = ringing.answer().await.unwrap();
        let citizen = timeout(s(20), citizen.answered()).await.unwrap().unwrap();
        // What stands is noted by then.
        assert!(timeout(s(1), citizen.ended()).await.is_err() && talk.is_up());
        let killed = Instant::now();
        house.kill();
        for (who, call) in [("the citizen", &citizen), ("the operator", &talk)] {
            let ended = timeout(BACK, call.ended()).await.unwrap_or_else(|_| panic!("{who} hangs"));
            assert_eq!(ended.by, EndedBy::Them, "{who}");
        }
        let took = killed.elapsed();
        println!("from kill -9 to the BYE at both ends: {} ms", took.as_millis());
        answered(&house, killed, BACK).await;
        let back = killed.elapsed();
        assert!(took <= back + TOLD, "told after {took:?}, calls taken after {back:?}");
        // Its registration went with the house.
        operator.register().await.unwrap();
    }
    operator.stop();
    trunk.stop();
    house.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_an_admin_can_mend_is_not_started_again() {
    let mut house = House::watched();
    let file = house.config().join("routing.toml");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{good}\nnonsense = 7\n")).unwrap();
    house.launch();
    let status = until("the house does not start", s(30), || house.ended());
    assert_eq!(status.code(), Some(78), "{}", fs::read_to_string(house.log()).unwrap());
    // One that stood, and whose configuration was spoilt since.
    let mut house = House::watched();
    house.start().await;
    answered(&house, Instant::now(), BACK).await;
    let file = house.config().join("routing.toml");
    fs::write(&file, format!("{}\nnonsense = 7\n", fs::read_to_string(&file).unwrap())).unwrap();
    house.kill();
    let status = until("the house is given up", s(30), || house.ended());
    assert_eq!(status.code(), Some(78));
    let log = fs::read_to_string(house.log()).unwrap();
    assert!(log.contains("the house has died") && log.contains("mend it"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_that_stands_is_killed_and_whoever_watches_its_parent_is_told() {
    let folder = tempfile::TempDir::new().unwrap();
    let (path, mut house) = (folder.path().join("notify"), House::watched());
    let system = UnixDatagram::bind(&path).unwrap();
    system.set_nonblocking(true).unwrap();
    // Twice the parent's own patience.
    let patience = s(2);
    house.variables = vec![
        ("NOTIFY_SOCKET", path.into()),
        ("WATCHDOG_USEC", (2 * patience).as_micros().to_string().into()),
    ];
    let heard = |word: &str, within: Duration| {
        until(word, within, || {
            let mut bytes = [0; 200];
            let length = system.recv(&mut bytes).ok()?;
            bytes[..length].starts_with(word.as_bytes()).then_some(())
        });
    };
    house.start().await;
    heard("READY=1", s(20));
    heard("WATCHDOG=1", s(10));
    answered(&house, Instant::now(), BACK).await;
    let life = only(&house);
    let stopped = Instant::now();
    signal(life, "STOP");
    until("what stands is killed", s(30), || (!is_there(life)).then_some(()));
    // Not before its time, and then soon.
    assert!(stopped.elapsed() >= patience - patience / 3, "after {:?}", stopped.elapsed());
    let took = answered(&house, stopped, BACK).await;
    println!("from standing still to the next 200 OK: {} ms", took.as_millis());
    house.stop();
    heard("STOPPING=1", s(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parent_stays_over_upgrades_and_watches_who_came_by_them() {
    let mut house = House::watched();
    house.start().await;
    let first = only(&house);
    let trunk = Phone::start(Account::new("trunk", "", house.sip)).await.unwrap();
    let call = trunk.call(Dial::to("89000").caller("13800000002")).await.unwrap();
    let (code, said) = tokio::task::block_in_place(|| house.command(&["upgrade"]));
    assert_eq!(code, 0, "{said}");
    let lives = house.processes();
    assert!(lives.len() == 2 && lives[0] == first, "{lives:?}, {first}");
    let second = lives[1];
    assert!(call.is_up());
    // The second dies: the first goes on, and nobody is started.
    signal(second, "KILL");
    until("it dies", s(10), || (!is_there(second)).then_some(()));
    answered(&house, Instant::now(), BACK).await;
    assert_eq!(only(&house), first);
    assert!(call.is_up());
    // The next one stays, and the first ends with its call.
    let (code, said) = tokio::task::block_in_place(|| house.command(&["upgrade"]));
    assert_eq!(code, 0, "{said}");
    call.hang_up();
    trunk.stop();
    until("the first life ends", s(90), || (!is_there(first)).then_some(()));
    let third = only(&house);
    assert!(house.ended().is_none(), "the parent went with its first child");
    let killed = Instant::now();
    house.kill();
    answered(&house, killed, BACK).await;
    assert_ne!(only(&house), third);
    let (code, said) = tokio::task::block_in_place(|| house.command(&["drain"]));
    assert_eq!(code, 0, "{said}");
    let status = until("the parent ends with a house that was drained", s(30), || house.ended());
    assert!(status.success(), "{status}");
}
