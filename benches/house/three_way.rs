//! Three-way calls at once: citizen, operator and desk each speak and listen, and every frame's arrival is counted.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use phone::{Account, Call, Dial, Ear, LATE, Media, Phone};
use tokio::task::JoinSet;

use crate::process::Server;

/// Length of the measured span, when all calls are up.
const STEADY: Duration = Duration::from_secs(20);
/// P01 and P02 are over then.
const GREETING: Duration = Duration::from_secs(9);
/// Calls a second while they are set up.
const RAMP: u32 = 10;
/// Between two looks.
const POLL: Duration = Duration::from_millis(50);

/// Sets so many three-way calls up, measures them, and takes them down.
pub async fn measure(server: &Server, count: u32) {
    let idle = server.taken();
    let secrets = server.secrets();
    let medias: Vec<Media> = (0..3).map(|_| Media::start(Ear::Counting).unwrap()).collect();
    let operators = phones(server, &medias[1], count, &secrets, |n| format!("op{n}")).await;
    let desks = phones(server, &medias[2], count, &secrets, |n| format!("desk{n:03}")).await;
    let mut staff = JoinSet::new();
    for (n, phone) in (1..).zip(operators.clone()) {
        staff.spawn(async move { operator(&phone, n).await });
    }
    for phone in desks.clone() {
        staff.spawn(async move { desk(&phone).await });
    }
    let citizens = Phone::start_with(Account::new("trunk", "", server.sip), &medias[0]).await.unwrap();
    let mut calls = Vec::new();
    let mut beat = tokio::time::interval(Duration::from_secs(1) / RAMP);
    for n in 0..count {
        beat.tick().await;
        let call = citizens.call(Dial::to("89000").caller(&format!("138{n:08}"))).await.unwrap();
        call.tone(400 + n);
        calls.push(call);
    }
    let together = Instant::now() + Duration::from_secs(90);
    let mut seated = Vec::new();
    while let Ok(Some(call)) = tokio::time::timeout_at(together.into(), staff.join_next()).await {
        seated.push(call.unwrap());
    }
    assert_eq!(seated.len(), 2 * count as usize, "so many of the staff have taken their call");
    while server.gauge("legs") < f64::from(3 * count) {
        assert!(Instant::now() < together, "not everybody came together");
        tokio::time::sleep(POLL).await;
    }
    calls.extend(seated);
    report(server, &calls, count, idle.memory).await;
    calls.iter().for_each(Call::hang_up);
    for call in &calls {
        call.ended().await;
    }
}

async fn report(server: &Server, calls: &[Call], count: u32, idle: f64) {
    let before: Vec<_> = calls.iter().map(Call::stats).collect();
    let (from, begun) = (server.taken(), Instant::now());
    tokio::time::sleep(STEADY).await;
    let (to, span) = (server.taken(), begun.elapsed().as_secs_f64());
    let after: Vec<_> = calls.iter().map(Call::stats).collect();
    let sum = |of: fn(&phone::Stats) -> u64| {
        let total = |stats: &[phone::Stats]| stats.iter().map(of).sum::<u64>();
        total(&after) - total(&before)
    };
    let (packets, late, lost) = (sum(|s| s.packets), sum(|s| s.late), sum(|s| s.lost));
    let worst = after.iter().map(|s| s.worst).max().unwrap_or_default();
    let own = after.iter().map(|s| s.own_lag).max().unwrap_or_default();
    let legs = f64::from(3 * count);
    let due = legs * span * 50.0;
    println!(
        "{count} three-way calls ({legs} legs) for {span:.0} s: {packets} frames ({:.2} % of those due), {lost} lost, \
         {late} late by more than {} ms (worst {:.1} ms; the generator's own threads lagged {:.1} ms at worst)",
        packets as f64 / due * 100.0,
        LATE.as_millis(),
        worst.as_secs_f64() * 1e3,
        own.as_secs_f64() * 1e3,
    );
    println!(
        "  server: {:.3} ms CPU per leg-second (the engine alone: at most 0.36), {:.3} MiB a call, {} threads; media ticks begun more than 20 ms late: {}",
        (to.cpu - from.cpu) * 1e3 / (legs * span),
        (to.memory - idle) / f64::from(count),
        to.threads,
        server.gauge("media_ticks_late"),
    );
}

async fn phones(
    server: &Server,
    media: &Media,
    count: u32,
    secrets: &HashMap<String, String>,
    name: impl Fn(u32) -> String,
) -> Vec<Phone> {
    let mut all = Vec::new();
    for n in 1..=count {
        let name = name(n);
        let account = Account { expires: 3600, ..Account::new(&name, &secrets[&name], server.sip) };
        let phone = Phone::start_with(account, media).await.unwrap();
        phone.register().await.unwrap();
        all.push(phone);
    }
    all
}

/// Takes one call and asks for the desk of the same number, once the citizen has heard the greeting.
async fn operator(phone: &Phone, n: u32) -> Call {
    let call = phone.incoming().await.unwrap().answer().await.unwrap();
    call.tone(900 + n);
    tokio::time::sleep(GREETING).await;
    call.digits(&format!("*3{n:03}#")).await.unwrap();
    call
}

/// Takes one call and accepts it.
async fn desk(phone: &Phone) -> Call {
    let call = phone.incoming().await.unwrap().answer().await.unwrap();
    call.tone(1500);
    call.digits("1").await.unwrap();
    call
}
