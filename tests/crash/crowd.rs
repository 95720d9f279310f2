//! The people of a life: citizens who call, cancel, key, talk and hang up, operators and windows who answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use phone::{Account, Call, Dial, Dialing, Ear, EndedBy, Media, Phone, PhoneError};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::dice::Dice;
use crate::house::House;
use crate::ledger::Ledger;
use crate::patience::s;

const OPERATORS: [&str; 8] = ["op1", "op2", "op3", "op4", "op5", "op6", "op7", "op8"];
const DESKS: [&str; 3] = ["desk001", "desk008", "desk037"];
/// What operators key: nothing, a window into the call, a window apart.
const ORDERS: [&str; 6] = ["", "*3001#", "*3008#", "*3037#", "*2001#", "*2037#"];
/// What citizens key: nothing, or ways through the menus.
const KEYS: [&str; 6] = ["", "", "", "0", "2001#", "3"];

/// A dialog is noted within this.
const NOTED: Duration = Duration::from_secs(1);
/// After the next life has answered somebody, all whom the kill cut are told within this.
const TOLD: Duration = Duration::from_secs(5);

/// Everybody.
pub struct Crowd {
    media: Media,
    /// Citizens' calls come by one trunk.
    trunk: Phone,
    staff: Vec<Account>,
    numbers: Arc<AtomicU32>,
    ledger: Arc<Ledger>,
}

/// A citizen who was on the line when the house died.
enum Held {
    Dialing(Dialing),
    Call(Call),
}

/// Who outlived the house.
pub struct Survivors {
    citizens: Vec<(String, Held)>,
    staff: Vec<Phone>,
}

impl Crowd {
    /// Nobody calls yet, and nobody is on duty.
    pub async fn gather(house: &House, front: SocketAddr, ledger: Arc<Ledger>) -> Self {
        let media = Media::start(Ear::Counting).unwrap();
        let trunk = Phone::start_with(Account::new("trunk", "", front), &media).await.unwrap();
        let account = |user: &&str| Account::new(user, &house.password(user), house.sip);
        let staff = OPERATORS.iter().chain(&DESKS).map(account).collect();
        Self { media, trunk, staff, numbers: Arc::default(), ledger }
    }

    /// One life: so many calls at any time, until `kill` is called at a random moment.
    pub async fn live(
        &self,
        dice: &mut Dice,
        calls: usize,
        life: (u64, u64),
        kill: impl FnOnce(),
    ) -> Survivors {
        let crash = CancellationToken::new();
        let mut work = JoinSet::new();
        // Else callers leave messages.
        let staff = if dice.percent(80) { self.go_on_duty(dice, &mut work).await } else { Vec::new() };
        let (begun, life) = (Instant::now(), dice.ms(life.0, life.1));
        let mut citizens = JoinSet::new();
        for _ in 0..calls {
            let begin = begun + life.mul_f64(dice.between(0, 100) as f64 / 120.0);
            let citizen = Citizen {
                trunk: self.trunk.clone(),
                numbers: self.numbers.clone(),
                ledger: self.ledger.clone(),
                dice: dice.split(),
                crash: crash.clone(),
            };
            citizens.spawn(citizen.call_again_and_again(begin));
        }
        sleep_until((begun + life).into()).await;
        let killed = Instant::now();
        kill();
        self.ledger.died(killed, Instant::now());
        crash.cancel();
        let citizens = citizens.join_all().await.into_iter().flatten().collect();
        // Operators and windows hang up.
        work.shutdown().await;
        Survivors { citizens, staff }
    }

    async fn go_on_duty(&self, dice: &mut Dice, work: &mut JoinSet<()>) -> Vec<Phone> {
        let mut phones = Vec::new();
        for (at, account) in self.staff.iter().enumerate() {
            let phone = Phone::start_with(account.clone(), &self.media).await.unwrap();
            phone.register().await.unwrap();
            let member =
                Member { phone: phone.clone(), is_operator: at < OPERATORS.len(), dice: dice.split() };
            work.spawn(member.work());
            phones.push(phone);
        }
        phones
    }

    /// Somebody who is answered and hangs up.
    pub async fn good_call(&self) {
        let caller = number(&self.numbers);
        let call = self.trunk.call(Dial::to("89000").caller(&caller)).await.unwrap();
        self.ledger.over(&caller, Instant::now(), false);
        call.hang_up();
    }

    /// Those who were cut off notice it and hang up. Whose INVITE the crash had swallowed is answered by the next life.
    pub async fn let_go(&self, survivors: Survivors) {
        for (caller, held) in survivors.citizens {
            let call = match held {
                Held::Call(call) => Some(call),
                Held::Dialing(dialing) if self.ledger.has_heard(&caller) => {
                    drop(dialing);
                    None
                }
                Held::Dialing(dialing) => Some(timeout(s(30), dialing.answered()).await.unwrap().unwrap()),
            };
            if let Some(call) = &call {
                self.told(&caller, call).await;
            }
            let by_house = call.as_ref().is_some_and(|call| !call.is_up());
            self.ledger.over(&caller, Instant::now(), by_house);
        }
        survivors.staff.iter().for_each(Phone::stop);
    }

    /// Whose call the kill has cut hears so by BYE, when it had been answered long enough before to be noted.
    async fn told(&self, caller: &str, call: &Call) {
        let noted = self.ledger.answered_before_death(caller) >= NOTED;
        let ended = timeout(if noted { TOLD } else { Duration::ZERO }, call.ended()).await;
        if noted {
            assert!(ended.is_ok(), "{caller}: cut by the kill, and not told so");
            self.ledger.told();
        }
    }

    /// The last one turns off the light.
    pub fn leave(self) {
        self.trunk.stop();
    }
}

fn number(numbers: &AtomicU32) -> String {
    format!("138{:08}", numbers.fetch_add(1, Ordering::Relaxed))
}

/// One place of the twenty: when its call is over, the next one calls.
struct Citizen {
    trunk: Phone,
    numbers: Arc<AtomicU32>,
    ledger: Arc<Ledger>,
    dice: Dice,
    crash: CancellationToken,
}

impl Citizen {
    /// Who is on the line when the house dies, is kept there.
    async fn call_again_and_again(mut self, begin: Instant) -> Option<(String, Held)> {
        let crash = self.crash.clone();
        let mut begin = begin;
        loop {
            tokio::select! {
                () = sleep_until(begin.into()) => {}
                () = crash.cancelled() => return None,
            }
            let caller = number(&self.numbers);
            let dialing = self.trunk.dial(Dial::to("89000").caller(&caller)).unwrap();
            let held = if self.dice.percent(15) {
                self.give_up(&caller, dialing).await
            } else {
                self.wait_and_talk(&caller, dialing).await
            };
            if let Some(held) = held {
                return Some((caller, held));
            }
            begin = Instant::now() + self.dice.ms(20, 300);
        }
    }

    /// CANCEL, soon; mostly it crosses the answer.
    async fn give_up(&mut self, caller: &str, dialing: Dialing) -> Option<Held> {
        let _ = timeout(self.dice.ms(0, 40), dialing.until_answered()).await;
        self.ledger.over(caller, Instant::now(), false);
        tokio::select! {
            _ = dialing.cancel() => {}
            () = self.crash.cancelled() => {}
        }
        None
    }

    async fn wait_and_talk(&mut self, caller: &str, dialing: Dialing) -> Option<Held> {
        let crash = self.crash.clone();
        let answered = tokio::select! {
            answered = dialing.until_answered() => answered,
            () = crash.cancelled() => return Some(Held::Dialing(dialing)),
        };
        let call = match answered {
            Ok(()) => dialing.answered().await,
            Err(refused) => Err(refused),
        };
        let call = match call {
            Ok(call) => call,
            Err(PhoneError::Over(ending)) => {
                self.ledger.over(caller, Instant::now(), ending.by == EndedBy::Them);
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        if self.dice.percent(70) {
            call.tone(700);
        }
        let (rest, keys) = (self.dice.ms(0, 800), *self.dice.one(&KEYS));
        let stay = if self.dice.percent(50) { s(3_600) } else { self.dice.ms(50, 2_500) };
        let until = Instant::now() + stay;
        let talk = async {
            if !keys.is_empty() && timeout(rest, call.ended()).await.is_err() {
                // It may end meanwhile.
                let _ = call.digits(keys).await;
            }
            call.ended().await
        };
        tokio::select! {
            ending = talk => self.ledger.over(caller, Instant::now(), ending.by == EndedBy::Them),
            () = sleep_until(until.into()) => {
                self.ledger.over(caller, Instant::now(), false);
                call.hang_up();
            }
            () = crash.cancelled() => return Some(Held::Call(call)),
        }
        None
    }
}

/// An operator, or somebody at a window.
struct Member {
    phone: Phone,
    is_operator: bool,
    dice: Dice,
}

impl Member {
    async fn work(mut self) {
        while let Ok(ringing) = self.phone.incoming().await {
            // The caller may be gone already.
            let _ = ringing.ring();
            if timeout(self.dice.ms(0, 200), ringing.ended()).await.is_ok() {
                continue;
            }
            if self.dice.percent(10) {
                ringing.reject(486);
                continue;
            }
            let Ok(call) = ringing.answer().await else { continue };
            call.tone(if self.is_operator { 900 } else { 1_100 });
            let keys = if self.is_operator { *self.dice.one(&ORDERS) } else { "1" };
            // Not before the citizen has heard the notice.
            let pause = if self.is_operator { self.dice.ms(400, 700) } else { self.dice.ms(20, 200) };
            if !keys.is_empty() && timeout(pause, call.ended()).await.is_err() {
                let _ = call.digits(keys).await;
            }
            let talk: Duration = self.dice.ms(500, 5_000);
            let _ = timeout(talk, call.ended()).await;
        }
    }
}
