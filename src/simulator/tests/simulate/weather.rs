//! What a seed is like: the network, the store, how many citizens call how fast, and how the house is set.

use std::time::Duration;

use switchboard::contract::Prack;

use super::chance::Chance;

/// The settings of one run, drawn from its seed.
#[derive(Clone, Debug)]
pub struct Weather {
    /// Datagrams lost, doubled, and delivered late, in a thousand.
    pub loss: u64,
    pub doubled: u64,
    pub late: u64,
    /// Shortest and longest way of a datagram, ms.
    pub near: u64,
    pub far: u64,
    /// Black-outs of the whole wire: from, until.
    pub dark: Vec<(Duration, Duration)>,
    /// Between two new citizens on average, ms.
    pub pause: u64,
    /// Milliseconds that a first row usually takes to the disk at most.
    pub disk: u64,
    /// First rows that take seconds, and that are never told, in a thousand.
    pub slow_rows: u64,
    pub lost_rows: u64,
    /// Answers of the store that never come, in a thousand.
    pub lost_answers: u64,
    /// Between two things that an admin or a screen does on average, ms; 0: never.
    pub office: u64,
    /// Ports of each of the two media threads.
    pub ports: u16,
    /// Calls at once.
    pub max_calls: u32,
    /// Channels of the trunks.
    pub channels: u32,
    /// New calls a second and source.
    pub calls_per_second: u32,
    /// Operators whose phones come, of six, beside the English one and the lead.
    pub operators: usize,
    /// The menu comes first.
    pub menu: bool,
    /// SIP sessions and transactions at once.
    pub sessions: usize,
    pub transactions: usize,
    /// Between two things that somebody does on a line, ms: from, to.
    pub whims: (u64, u64),
    /// Carriers fail and come back in many ways.
    pub moods: bool,
    /// Session interval that the house asks of its trunks, seconds; 0: none. And what carriers do.
    pub timer: u64,
    pub prack: switchboard::contract::Prack,
    pub carrier: sip::Policy,
    /// Look-ups that lead nowhere, and that come late, in a thousand.
    pub no_names: u64,
    pub late_names: u64,
    /// Milliseconds by which the house looks at its timers late, at most.
    pub lag: u64,
    /// Few phones, trunks that neither register nor are asked: a short day of a whole house.
    pub lean: bool,
    /// Wall clock at the start, UTC ms.
    pub utc_ms: i64,
}

/// Monday 12 October 2026, 10:00 in Shanghai.
pub const MONDAY: i64 = 1_791_770_400_000;
const MINUTE: i64 = 60_000;

/// The clock of the process at the start: nothing begins at 0.
pub const BASE: Duration = Duration::from_secs(60);

/// How carriers keep their sessions.
fn carrier(dice: &mut Chance) -> sip::Policy {
    let seconds = |n| Duration::from_secs(n);
    sip::Policy {
        prack: dice.weigh(&[
            (15, sip::Reliable::Off),
            (55, sip::Reliable::Supported),
            (30, sip::Reliable::Required),
        ]),
        session_timer: seconds(dice.weigh(&[(25, 0), (40, 90), (20, 180), (15, 1800)])),
        min_se: seconds(dice.weigh(&[(80, 90), (20, 150)])),
    }
}

impl Weather {
    pub fn of(dice: &mut Chance) -> Self {
        let loss = dice.weigh(&[(30, (0, 0)), (45, (1, 50)), (25, (50, 200))]);
        // 10:00; noon and closing come in the middle; night; Sunday.
        let hour = dice.weigh(&[
            (60, 0),
            (10, 117 * MINUTE),
            (10, 414 * MINUTE),
            (10, 720 * MINUTE),
            (10, -1440 * MINUTE),
        ]);
        let jitter = dice.weigh(&[(50, 20), (35, 80), (15, 400)]);
        let near = 1 + dice.below(40);
        let mut weather = Self {
            loss: loss.0 + dice.below(loss.1 - loss.0 + 1),
            doubled: dice.weigh(&[(50, 0), (30, 20), (20, 100)]),
            late: dice.weigh(&[(60, 0), (40, 30)]),
            near,
            far: near + jitter,
            dark: Vec::new(),
            pause: dice.weigh(&[(8, 300), (22, 1_000), (40, 3_000), (30, 6_000)]),
            disk: dice.weigh(&[(70, 10), (20, 60), (10, 900)]),
            slow_rows: dice.weigh(&[(60, 0), (40, 40)]),
            lost_rows: dice.weigh(&[(70, 0), (25, 20), (5, 1_000)]),
            lost_answers: dice.weigh(&[(60, 0), (40, 100)]),
            office: dice.weigh(&[(20, 0), (50, 4_000), (30, 1_000)]),
            ports: dice.weigh(&[(88, 200), (12, 14)]),
            max_calls: dice.weigh(&[(92, 500), (8, 12)]),
            channels: dice.weigh(&[(92, 1_000), (8, 15)]),
            calls_per_second: dice.weigh(&[(92, 50), (8, 2)]),
            operators: dice.weigh(&[(8, 0), (10, 1), (22, 3), (60, 6)]),
            menu: dice.permille(250),
            moods: dice.permille(700),
            timer: dice.weigh(&[(30, 0), (40, 90), (20, 120), (10, 600)]),
            prack: dice.weigh(&[(15, Prack::Off), (70, Prack::Supported), (15, Prack::Required)]),
            carrier: carrier(dice),
            no_names: dice.weigh(&[(50, 0), (40, 150), (10, 700)]),
            late_names: dice.weigh(&[(50, 10), (50, 200)]),
            lag: dice.weigh(&[(60, 0), (35, 4), (5, 250)]),
            whims: dice.weigh(&[(75, (1_000, 9_000)), (25, (200, 2_000))]),
            sessions: dice.weigh(&[(95, 10_000), (5, 15)]),
            transactions: dice.weigh(&[(95, 100_000), (5, 60)]),
            lean: false,
            utc_ms: MONDAY + hour,
        };
        // Who requires what the other can't has no calls at all.
        match (weather.prack, weather.carrier.prack) {
            (Prack::Off, sip::Reliable::Required) => weather.prack = Prack::Supported,
            (Prack::Required, sip::Reliable::Off) => weather.carrier.prack = sip::Reliable::Supported,
            _ => {}
        }
        if dice.permille(300) {
            for _ in 0..=dice.below(2) {
                let from = BASE + dice.ms(5_000, 240_000);
                weather.dark.push((from, from + dice.ms(500, 18_000)));
            }
        }
        weather
    }

    /// A short day of a whole house: few calls, and what goes wrong is not the network's.
    pub fn of_the_whole(dice: &mut Chance) -> Self {
        let any = Self::of(dice);
        Self {
            loss: any.loss / 2,
            dark: Vec::new(),
            pause: dice.weigh(&[(40, 1_500), (60, 5_000)]),
            lost_rows: 0,
            office: 0,
            ports: 40,
            max_calls: 64,
            channels: 100,
            calls_per_second: 50,
            operators: dice.weigh(&[(10, 1), (30, 2), (60, 3)]),
            moods: false,
            timer: 0,
            no_names: 0,
            late_names: 0,
            sessions: 10_000,
            transactions: 100_000,
            lean: true,
            ..any
        }
    }

    /// A good day: nothing is lost, six operators, the direct greeting, no admin at work.
    pub fn calm() -> Self {
        let good = Self::of(&mut Chance::new(1));
        Self {
            loss: 0,
            doubled: 0,
            late: 0,
            near: 5,
            far: 20,
            dark: Vec::new(),
            disk: 5,
            slow_rows: 0,
            lost_rows: 0,
            lost_answers: 0,
            office: 0,
            moods: false,
            timer: 0,
            no_names: 0,
            late_names: 0,
            ports: 200,
            max_calls: 500,
            channels: 1_000,
            calls_per_second: 50,
            operators: 6,
            menu: false,
            sessions: 10_000,
            transactions: 100_000,
            lag: 0,
            utc_ms: MONDAY,
            ..good
        }
    }

    /// Whether nothing passes now.
    pub fn is_dark(&self, now: Duration) -> bool {
        self.dark.iter().any(|(from, until)| (*from..*until).contains(&now))
    }
}
