//! Hostile input against real sockets and the server's own turn, over UDP, TCP and WebSocket, as one table: `hostile/cases.txt`.
//!
//! Each case comes from a trunk, which is answered, and from a stranger, who is not. The oracle after each: the loop lives and
//! its invariants hold, a good call works, the case got the answer of the table (never a 500, never two), at most one line for
//! the admin. At the end: no call, leg, session or connection is left, the memory is back, nothing raw stands in any log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bare;
#[path = "hostile/house.rs"]
mod house;
#[path = "hostile/journal.rs"]
mod journal;
#[path = "hostile/line.rs"]
mod line;
#[path = "hostile/table.rs"]
mod table;

use std::net::Ipv4Addr;
use std::time::Duration;

use house::House;
use line::{Line, Way, status};
use table::{Case, Draft, cases};

/// Where the browsers' page comes from.
const PAGE: &str = "https://hotline.example.org";
/// What the process may hold more after all of it, KiB.
const MEMORY: u64 = 64 << 10;
/// Nobody takes longer on any machine to forget a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks.
const POLL: Duration = Duration::from_millis(20);

/// A whole good call, over a connection that stands.
async fn good_call(line: &mut Line, id: &str) {
    let invite = Draft::invite(line.address, line.way.name(), id).bytes();
    let answer = line.ask(&invite).await;
    assert_eq!(status(&answer), 200, "after {id}: {answer}");
    line.finish(&invite, &answer).await;
    let answers = line.probe(&format!("{id}b"), false).await;
    assert_eq!(answers.iter().map(|a| status(a)).collect::<Vec<_>>(), [200], "BYE after {id}: {answers:?}");
}

/// What is wrong with what a case from a trunk got.
fn judge(case: &Case, way: Way, answers: &[String], lines: u64) -> Option<String> {
    let got: Vec<u16> = answers.iter().map(|a| status(a)).collect();
    let right = case.right(way);
    let fits = match got.as_slice() {
        [] => right.silence,
        [one] => *one != 500 && (right.any || right.statuses.contains(one)),
        _ => false,
    };
    let wrong = !fits || lines > 1;
    wrong.then(|| format!("{}: got {got:?}, right are {right:?}, {lines} lines", case.name))
}

/// An address of nobody else: each case is its source's first.
fn source(net: u8, n: usize) -> Ipv4Addr {
    let [.., a, b] = (u32::try_from(n).unwrap() + 300).to_be_bytes();
    Ipv4Addr::new(127, net, a, b)
}

async fn attack(way: Way) {
    journal::begin();
    let house = House::open();
    let mut friend = Line::open(&house, way, Ipv4Addr::new(127, 7, 0, 1)).await;
    good_call(&mut friend, "first").await;
    let (before, all, mut wrong) = (memory(), cases(), Vec::new());
    let mut strangers = Vec::new();
    for (n, case) in all.iter().enumerate() {
        for net in [7, 66] {
            // Another second, so that the limit of lines a second hides nothing.
            house.pass(Duration::from_secs(1)).await;
            let lines = house.notices();
            let id = format!("c{net}n{n}");
            let mut enemy = Line::open(&house, way, source(net, n)).await;
            let mut draft = Draft::invite(enemy.address, way.name(), &id);
            draft.change(case);
            let bytes = draft.bytes();
            enemy.send(&bytes).await;
            if net == 7 {
                let answers = enemy.probe(&id, true).await;
                wrong.extend(judge(case, way, &answers, house.notices() - lines));
                for answer in &answers {
                    enemy.finish(&bytes, answer).await;
                }
            }
            good_call(&mut friend, &format!("g{net}n{n}")).await;
            if net == 66 {
                let more = house.notices() - lines;
                wrong.extend((more > 1).then(|| format!("{}: {more} lines about a stranger", case.name)));
                strangers.push((enemy, &case.name));
            }
        }
        // The silent ones are closed by and by; some stay open so long that an answer would have come.
        while strangers.len() > 8 {
            wrong.extend(check_stranger(strangers.remove(0)));
        }
    }
    wrong.extend(strangers.into_iter().filter_map(check_stranger));
    good_call(&mut friend, "last").await;
    drop(friend);
    let what = format!("{} cases over {}", all.len(), way.name());
    assert!(wrong.is_empty(), "{what}, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    rest(&house).await;
    let after = memory();
    println!("{what}: {before} KiB before, {after} KiB after, {} lines for the admin", house.notices());
    assert!(after < before + MEMORY, "memory: {before} KiB before, {after} KiB after");
    clean();
}

fn check_stranger((mut line, name): (Line, &String)) -> Option<String> {
    line.has_heard().then(|| format!("{name}: a stranger was answered"))
}

/// Everything comes to rest, and nothing is left of it.
async fn rest(house: &House) {
    let since = std::time::Instant::now();
    loop {
        house.pass(Duration::from_secs(60)).await;
        let (counts, connections) = house.counts().await;
        if (counts.calls, counts.legs, counts.sessions, counts.phones, connections) == (0, 0, 0, 0, 0) {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "left over: {connections} connections, {counts:?}");
        tokio::time::sleep(POLL).await;
    }
}

/// Resident memory of this process, KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Nothing that came from outside stands raw in any line.
fn clean() {
    for line in journal::lines().iter() {
        let raw = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!line.contains(raw), "raw: {line:?}");
        for word in ["13800001234", "X-Evil", "pwned", "[2J", "<script>", "etc/passwd", "0123456789abcdef"] {
            assert!(!line.contains(word), "{word} stands in the log: {line:?}");
        }
        assert!(line.len() < 1_000, "a line of {} bytes: {}", line.len(), &line[..300]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_input_over_udp() {
    attack(Way::Udp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_input_over_tcp() {
    attack(Way::Tcp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_input_over_websocket() {
    attack(Way::Ws).await;
}
