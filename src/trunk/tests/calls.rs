//! Channels and calls a second.

use std::time::Duration;

use super::s;
use crate::{Limit, Line, Settings, State, Way};

fn line(channels: u32, calls_per_second: u32) -> Line<&'static str> {
    Line::new(Settings { channels, calls_per_second, ..Settings::default() }, Way::None, 1, s(0))
}

#[test]
fn channels_are_shared_by_both_directions() {
    let mut line = line(2, 100);
    assert_eq!((line.enter(s(0)), line.exit(s(0))), (Ok(()), Ok(())));
    assert_eq!(line.enter(s(0)), Err(Limit::Channels));
    assert_eq!(line.exit(s(0)), Err(Limit::Channels));
    line.give_back();
    assert_eq!((line.exit(s(0)), line.view(s(0)).taken), (Ok(()), 2));
    assert_eq!(line.state(), &State::Incoming);
}

#[test]
fn calls_a_second_are_counted_for_each_direction() {
    let mut line = line(1000, 10);
    let ms = Duration::from_millis;
    let taken = |line: &mut Line<_>, from: u64, to: u64| {
        (from..to).filter(|n| line.enter(ms(n * 10)).is_ok()).count()
    };
    assert_eq!(taken(&mut line, 0, 100), 19, "one second's worth is saved up, ten more come within it");
    assert_eq!(line.enter(ms(995)), Err(Limit::Rate));
    assert_eq!(line.exit(ms(995)), Ok(()));
    assert_eq!(taken(&mut line, 100, 200), 10);
    // Time that goes back gives nothing.
    assert_eq!(line.enter(ms(0)), Err(Limit::Rate));
}

#[test]
fn other_limits_hold_at_once_and_calls_stay() {
    let mut line = line(2, 100);
    assert!(line.enter(s(0)).is_ok() && line.enter(s(0)).is_ok());
    let other = Settings { channels: 1, calls_per_second: 1, ..Settings::default() };
    line.reconfigure(s(0), other, Way::None);
    line.give_back();
    assert_eq!(line.enter(s(0)), Err(Limit::Channels));
    line.give_back();
    assert_eq!((line.enter(s(0)), line.view(s(0)).taken), (Ok(()), 1));
    line.give_back();
    line.give_back();
    assert_eq!(line.view(s(0)).taken, 0, "never below nothing");
}
