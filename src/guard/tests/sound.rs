//! Row 20 for the sound, in virtual time: calls that come to their seats one after the other, and a look at the threads that
//! is always a little old.

use std::collections::VecDeque;
use std::time::Duration;

use crate::{Kind, Load, Overload, OverloadSettings};

/// From this share of its time on, a media thread sends late and then too little.
const FALLS_APART: f64 = 0.95;
/// What it can carry: the share that is called its capacity.
const CARRIES: f64 = 0.90;
/// Between two steps, ms.
const STEP: u64 = 20;
/// How old the share is that is read, ms: half of its span, the look, the answer.
const OLD: u64 = 300;

/// One call: when each of its legs begins, when its third is asked for, and when all end, ms.
struct Call {
    legs: Vec<u64>,
    third: Option<u64>,
    end: u64,
}

/// A house of one media thread.
struct House {
    now: u64,
    valve: Overload,
    /// Share of the thread that a leg costs.
    leg: f64,
    /// One of so many calls has a third seat.
    third: u64,
    calls: Vec<Call>,
    shares: VecDeque<f64>,
    came: u64,
    served: u64,
    worst: f64,
    /// Sum of the shares, and steps.
    sum: (f64, u32),
}

impl House {
    /// One that carries so many calls of so many legs in the mean.
    fn carries(calls: f64, third: u64) -> Self {
        let legs = if third == 0 { 2.0 } else { 2.0 + 1.0 / third as f64 };
        Self {
            now: 60_000,
            valve: Overload::new(OverloadSettings::default()),
            leg: CARRIES / (calls * legs),
            third,
            calls: Vec::new(),
            shares: VecDeque::new(),
            came: 0,
            served: 0,
            worst: 0.0,
            sum: (0.0, 0),
        }
    }

    fn legs(&self) -> u32 {
        let up = |call: &Call| call.legs.iter().filter(|at| **at <= self.now).count() as u32;
        self.calls.iter().map(up).sum()
    }

    /// So many calls a second come for so many seconds; each talks for three minutes.
    fn run(&mut self, a_second: f64, seconds: u64) {
        let (begun, mut came) = (self.now, 0.0);
        while self.now < begun + seconds * 1_000 {
            let now = self.now;
            self.calls.retain(|call| call.end > now);
            for call in &mut self.calls {
                if call.third.is_some_and(|at| at <= now) {
                    call.third = None;
                    call.legs.extend(self.valve.has_seats().then_some(now));
                }
            }
            let share = f64::from(self.legs()) * self.leg;
            (self.worst, self.sum) = (self.worst.max(share), (self.sum.0 + share, self.sum.1 + 1));
            self.shares.push_back(share.min(1.0));
            if self.shares.len() as u64 > OLD / STEP {
                self.shares.pop_front();
            }
            let (calls, legs) = (self.calls.len() as u32, self.legs());
            let load = Load { sound: self.shares[0], calls, legs, ..Load::default() };
            self.valve.measure(Duration::from_millis(now), load);
            while came <= (now - begun) as f64 / 1e3 * a_second {
                came += 1.0;
                self.call();
            }
            self.now += STEP;
        }
    }

    fn call(&mut self) {
        self.came += 1;
        if self.valve.admit(Duration::from_millis(self.now), Kind::Call).is_err() {
            return;
        }
        self.served += 1;
        let (now, n) = (self.now, self.served);
        let legs = vec![now + 120, now + 4_000 + n * 37 % 9_000];
        let third = self.third > 0 && n.is_multiple_of(self.third);
        let third = third.then_some(now + 30_000 + n * 91 % 60_000);
        self.calls.push(Call { legs, third, end: now + 170_000 + n * 53 % 20_000 });
    }
}

#[test]
fn three_times_what_the_threads_carry_leaves_them_time_and_serves_nine_tenths() {
    for (capacity, third) in [(20.0, 0), (100.0, 3), (850.0, 1), (1_200.0, 3)] {
        let mut house = House::carries(capacity, third);
        let a_second = 3.0 * capacity / 180.0;
        house.run(a_second, 600);
        house.sum = (0.0, 0);
        house.run(a_second, 600);
        let served = house.sum.0 / f64::from(house.sum.1) / CARRIES;
        println!(
            "{capacity} calls, one of {third} with a third seat: {:.1} % of the capacity used, worst share {:.2}",
            served * 100.0,
            house.worst
        );
        assert!(served >= 0.90, "{capacity} calls: {served}");
        assert!(house.worst < FALLS_APART, "{capacity} calls: {}", house.worst);
    }
}

#[test]
fn all_who_come_at_once_are_counted_with_the_seats_that_they_will_have() {
    for (capacity, within) in [(100.0, 1), (100.0, 10), (1_000.0, 1), (1_000.0, 5), (1_000.0, 30)] {
        let mut house = House::carries(capacity, 0);
        // An ordinary hour before it: the house knows what a call costs.
        house.run(0.5 * capacity / 180.0, 600);
        let before = house.calls.len();
        house.run(3.0 * capacity / within as f64, within);
        let at_once = house.calls.len() - before;
        house.run(0.0, 60);
        println!(
            "{capacity} calls, three times as many within {within} s: {at_once} let in, worst {:.2}",
            house.worst
        );
        assert!(house.worst < FALLS_APART, "{capacity} within {within} s: {}", house.worst);
        assert!(before as f64 + at_once as f64 >= 0.8 * capacity, "{capacity}: {before} and {at_once}");
    }
}

/// A measurement that stands for something else, with two legs: each would cost half a thread. It was believed for as long as
/// little happened, and new calls were refused.
#[test]
fn a_cost_that_was_told_too_high_is_not_believed_for_ever() {
    let mut valve = Overload::new(OverloadSettings::default());
    let at = |tenth: u64| Duration::from_millis(100 * tenth);
    for (tenth, sound) in (0..40).map(|tenth| (tenth, if (10..14).contains(&tenth) { 1.0 } else { 0.01 })) {
        valve.measure(at(tenth), Load { sound, calls: 1, legs: 2, ..Load::default() });
    }
    for call in 1..=20 {
        assert!(valve.admit(at(40), Kind::Call).is_ok(), "call {call} was refused");
        valve.measure(
            at(40 + call),
            Load { sound: 0.01, calls: call as u32 + 1, legs: call as u32 + 2, ..Load::default() },
        );
    }
}

#[test]
fn a_house_that_knows_nothing_yet_learns_within_the_first_second() {
    // The costs of a leg are those of the machine that was measured, and of one that is half as fast.
    for capacity in [1_000.0, 500.0] {
        let mut house = House::carries(capacity, 0);
        house.run(3.0 * capacity / 10.0, 10);
        house.run(0.0, 60);
        println!("{capacity}: {} of {} let in, worst {:.2}", house.served, house.came, house.worst);
        assert!(house.worst < FALLS_APART, "{capacity}: {}", house.worst);
        assert!(house.served as f64 >= 0.8 * capacity, "{capacity}: {}", house.served);
    }
}

#[test]
fn a_third_seat_waits_where_the_threads_have_no_time_left() {
    let mut valve = Overload::new(OverloadSettings::default());
    valve.measure(Duration::from_secs(60), Load { sound: 0.9, ..Load::default() });
    assert!(valve.has_seats());
    valve.measure(Duration::from_secs(61), Load { sound: 0.93, ..Load::default() });
    assert!(!valve.has_seats());
}
