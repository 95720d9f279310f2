//! Citizens who call, operators who answer, and an ear on each leg for the other's tone.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use phone::{Account, Call, Dial, Ear, Ending, Media, Phone, PhoneError};
use tokio::task::JoinSet;

use crate::house::House;

/// Between two looks.
const POLL: Duration = Duration::from_millis(200);
/// What citizens and operators say, hertz.
const CITIZENS: u32 = 750;
const OPERATORS: u32 = 950;
/// A tone that came so often between two looks, of 10 times, is there to stay.
const STEADY: u64 = 8;

/// One end of a call that is up.
struct Talker {
    call: Call,
    citizen: bool,
    /// Whether it hears the other.
    talks: bool,
    /// Frames with the other's tone at the last look.
    toned: u64,
}

#[derive(Default)]
struct Seen {
    talkers: Vec<Talker>,
    offered: usize,
    served: usize,
    refused: Vec<Ending>,
}

/// Everybody.
pub struct Crowd {
    callers: Phone,
    seen: Arc<Mutex<Seen>>,
    work: JoinSet<()>,
    /// The part of a call that is due.
    owed: f64,
}

/// The sound of all legs in a span.
#[derive(Default)]
pub struct Figures {
    pub legs: usize,
    /// Frames that were due, and those of them without the other's tone.
    pub due: u64,
    pub missing: u64,
    /// Jumps in the sequence.
    pub lost: u64,
    /// Longest time between two frames with the tone.
    pub gap: Duration,
    /// How late the measuring end was itself.
    pub own_lag: Duration,
}

impl Figures {
    /// No gap longer than this, and at most so many of a thousand frames missing.
    pub fn is_whole(&self, gap: Duration, missing: u64) -> bool {
        self.gap <= gap + self.own_lag
            && self.missing * 1_000 <= missing * self.due
            && self.lost * 1_000 <= missing * self.due
    }

    fn add(&mut self, stats: &phone::Stats) {
        self.legs += 1;
        self.due += stats.packets + stats.shortfall();
        // A span begins and ends somewhere in a frame.
        self.missing += stats.untoned().saturating_sub(1);
        self.lost += stats.lost;
        self.gap = self.gap.max(stats.longest_gap);
        self.own_lag = self.own_lag.max(stats.own_lag);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { legs, due, missing, lost, gap, own_lag } = self;
        write!(
            f,
            "{legs} legs, {missing} of {due} frames without the other's tone ({:.3} %), {lost} numbers missing, longest gap \
             {gap:?} (the measuring end itself was late by {own_lag:?})",
            *missing as f64 * 100.0 / (*due).max(1) as f64
        )
    }
}

/// How calls were refused.
pub struct Refusals {
    count: usize,
    other: usize,
    hasty: usize,
    slow: usize,
    slowest: Duration,
}

impl Refusals {
    /// Somebody was refused, everybody with 503 and Retry-After.
    pub fn all_well(&self) -> bool {
        self.count > 0 && self.other == 0 && self.hasty == 0
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, other, hasty, slow, slowest } = self;
        write!(
            f,
            "{count} refused: {other} not with 503, {hasty} without Retry-After, {slow} not at once, the slowest after {slowest:?}"
        )
    }
}

async fn operator(phone: Phone, seen: Arc<Mutex<Seen>>) {
    while let Ok(ringing) = phone.incoming().await {
        // Who called may have given up.
        if let Ok(call) = ringing.answer().await {
            talk(&seen, call, false);
        }
    }
}

async fn citizen(callers: Phone, dial: Dial, seen: Arc<Mutex<Seen>>) {
    match callers.call(dial).await {
        Ok(call) => {
            seen.lock().unwrap().served += 1;
            talk(&seen, call, true);
        }
        Err(PhoneError::Over(ending)) => seen.lock().unwrap().refused.push(*ending),
        Err(error) => panic!("{error}"),
    }
}

fn talk(seen: &Mutex<Seen>, call: Call, citizen: bool) {
    let (says, hears) = if citizen { (CITIZENS, OPERATORS) } else { (OPERATORS, CITIZENS) };
    call.tone(says);
    call.watch_for(hears);
    seen.lock().unwrap().talkers.push(Talker { call, citizen, talks: false, toned: 0 });
}

impl Crowd {
    /// So many operators, registered. Where the house has few ports their calls must not share addresses: `Listening`.
    pub async fn open(house: &House, staff: u16, ear: Ear) -> Self {
        let medias = [ear, Ear::Counting].map(|ear| Media::start(ear).unwrap());
        let (seen, mut work): (Arc<Mutex<Seen>>, _) = (Arc::default(), JoinSet::new());
        for n in 1..=staff {
            let user = format!("op{n}");
            let account = Account { expires: 3_600, ..Account::new(&user, &house.secrets[&user], house.udp) };
            let phone = Phone::start_with(account, &medias[0]).await.unwrap();
            phone.register().await.unwrap();
            work.spawn(operator(phone, seen.clone()));
        }
        let callers = Phone::start_with(Account::new("trunk", "", house.udp), &medias[1]).await.unwrap();
        Self { callers, seen, work, owed: 0.0 }
    }

    fn call(&mut self, emergency: bool) {
        let n = {
            let mut seen = self.seen.lock().unwrap();
            seen.offered += 1;
            seen.offered
        };
        let dial = Dial::to("89000").caller(&format!("138{n:08}"));
        let dial = if emergency { dial.header("Priority", "emergency") } else { dial };
        self.work.spawn(citizen(self.callers.clone(), dial, self.seen.clone()));
    }

    /// So many calls at once.
    pub fn offer(&mut self, count: usize) {
        (0..count).for_each(|_| self.call(false));
    }

    /// So many calls that nobody refuses.
    pub fn emergencies(&mut self, count: usize) {
        (0..count).for_each(|_| self.call(true));
    }

    /// So many calls a second until this is so.
    pub async fn offer_until(&mut self, a_second: u32, within: Duration, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        loop {
            self.offer_for(a_second, POLL).await;
            if is_so(self) {
                return;
            }
            assert!(begun.elapsed() < within, "not within {within:?}: {}", self.standing());
        }
    }

    /// So many calls a second for so long.
    pub async fn offer_for(&mut self, a_second: u32, time: Duration) {
        let mut last = Instant::now();
        let end = last + time;
        while last < end {
            tokio::time::sleep(POLL.min(time)).await;
            let now = Instant::now();
            self.owed += now.duration_since(last).as_secs_f64() * f64::from(a_second);
            last = now;
            let due = self.owed.floor();
            self.owed -= due;
            self.offer(due as usize);
            self.look();
        }
    }

    /// Waits until this is so.
    pub async fn until(&mut self, what: &str, within: Duration, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < within, "{what}: not within {within:?}: {}", self.standing());
            self.offer_for(0, POLL).await;
        }
    }

    /// Lets them talk for so long.
    pub async fn rest(&mut self, time: Duration) {
        self.offer_for(0, time).await;
    }

    fn standing(&self) -> String {
        let seen = self.seen.lock().unwrap();
        let talk = seen.talkers.iter().filter(|talker| talker.talks).count();
        format!(
            "{} offered, {} served, {} legs, {talk} of them talk",
            seen.offered,
            seen.served,
            seen.talkers.len()
        )
    }

    /// Who hears the other from now on is measured.
    fn look(&self) {
        for talker in self.seen.lock().unwrap().talkers.iter_mut().filter(|talker| !talker.talks) {
            let stats = talker.call.stats();
            talker.talks = stats.toned >= talker.toned + STEADY;
            talker.toned = stats.toned;
            if talker.talks {
                talker.call.watch_for(if talker.citizen { OPERATORS } else { CITIZENS });
            }
        }
    }

    pub fn offered(&self) -> usize {
        self.seen.lock().unwrap().offered
    }

    /// Calls that were let in.
    pub fn served(&self) -> usize {
        self.seen.lock().unwrap().served
    }

    /// Legs that hear the other.
    pub fn talkers(&self) -> usize {
        self.seen.lock().unwrap().talkers.iter().filter(|talker| talker.talks).count()
    }

    /// Whether all who were let in talk with an operator.
    pub fn all_talk(&self) -> bool {
        let seen = self.seen.lock().unwrap();
        let citizens = seen.talkers.iter().filter(|talker| talker.citizen && talker.call.is_up()).count();
        let talk = seen.talkers.iter().filter(|talker| talker.talks && talker.call.is_up()).count();
        citizens > 0 && talk == 2 * citizens
    }

    /// The sound since the last time, of all who talk.
    pub fn take(&self) -> Figures {
        let (mut figures, seen) = (Figures::default(), self.seen.lock().unwrap());
        for talker in seen.talkers.iter().filter(|talker| talker.talks) {
            assert!(talker.call.is_up(), "a call that ran has ended");
            let stats = talker.call.watch_for(if talker.citizen { OPERATORS } else { CITIZENS });
            figures.add(&stats);
        }
        figures
    }

    /// How those were refused who were.
    pub fn refusals(&self, at_once: Duration) -> Refusals {
        let seen = self.seen.lock().unwrap();
        let count =
            |what: &dyn Fn(&Ending) -> bool| seen.refused.iter().filter(|ending| what(ending)).count();
        Refusals {
            count: seen.refused.len(),
            other: count(&|ending| ending.status != Some(503)),
            hasty: count(&|ending| ending.retry_after.is_none_or(|s| s == 0)),
            slow: count(&|ending| ending.lasted > at_once),
            slowest: seen.refused.iter().map(|ending| ending.lasted).max().unwrap_or_default(),
        }
    }

    /// So many citizens hang up, and their operators are told.
    pub async fn hang_up(&mut self, count: usize) {
        let left = {
            let seen = self.seen.lock().unwrap();
            let citizens = seen.talkers.iter().filter(|talker| talker.citizen && talker.call.is_up());
            citizens.take(count).for_each(|talker| talker.call.hang_up());
            seen.talkers.len() - 2 * count
        };
        let begun = Instant::now();
        loop {
            tokio::time::sleep(POLL).await;
            let mut seen = self.seen.lock().unwrap();
            seen.talkers.retain(|talker| talker.call.is_up());
            if seen.talkers.len() <= left {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "not everybody was told of the end");
        }
    }

    /// Everybody hangs up.
    pub async fn close(mut self) {
        self.work.abort_all();
        let calls: Vec<Talker> = std::mem::take(&mut self.seen.lock().unwrap().talkers);
        calls.iter().for_each(|talker| talker.call.hang_up());
        for talker in &calls {
            talker.call.ended().await;
        }
    }
}
