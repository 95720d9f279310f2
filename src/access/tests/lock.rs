//! Lock-out: what is free, how it grows, whom it spares, and that nothing grows without end.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::{FREE_OF_SOURCE, FREE_OF_USER, LONGEST_LOCK, LockOut, MOST_REMEMBERED, SHORTEST_LOCK};

fn source(n: u32) -> Option<IpAddr> {
    Some(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n)))
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_first_wrong_ones_are_free_then_it_doubles_to_a_quarter_of_an_hour() {
    let mut lock = LockOut::default();
    let mut now = at(0);
    for n in 0..FREE_OF_USER {
        assert_eq!(lock.begin(now, "op", source(n)), Ok(()), "{n}");
    }
    let mut expected = SHORTEST_LOCK;
    for n in 10..20 {
        assert_eq!(lock.begin(now, "op", source(n)), Err(expected));
        assert_eq!(lock.begin(now, "other", source(n)), Ok(()), "others are not locked");
        now += expected;
        assert_eq!(lock.begin(now, "op", source(n + 100)), Ok(()));
        expected = (expected * 2).min(LONGEST_LOCK);
    }
}

#[test]
fn a_source_that_tries_many_users_is_locked_and_others_are_not() {
    let mut lock = LockOut::default();
    for n in 0..FREE_OF_SOURCE {
        assert_eq!(lock.begin(at(0), &format!("user{n}"), source(1)), Ok(()));
    }
    assert_eq!(lock.begin(at(0), "fresh", source(1)), Err(SHORTEST_LOCK));
    assert_eq!(lock.begin(at(0), "fresh", source(2)), Ok(()));
    assert_eq!(lock.begin(at(0), "fresh", None), Ok(()), "what all share is not locked");
}

#[test]
fn the_right_password_is_no_guess_and_opens_again() {
    let mut lock = LockOut::default();
    for _ in 0..3 * FREE_OF_SOURCE {
        assert_eq!(lock.begin(at(0), "op", source(1)), Ok(()));
        lock.passed("op", source(1));
    }
    for _ in 0..FREE_OF_USER {
        assert_eq!(lock.begin(at(1), "op", source(9)), Ok(()));
    }
    assert!(lock.begin(at(1), "op", source(8)).is_err());
    assert_eq!(
        lock.begin(at(1), "op", source(1)),
        Ok(()),
        "who was in from there is not kept out by a guesser"
    );
    lock.pardon("op");
    assert_eq!(lock.begin(at(1), "op", source(8)), Ok(()));
}

#[test]
fn a_right_password_without_its_code_opens_no_way_to_guess_codes() {
    let mut lock = LockOut::default();
    for _ in 0..FREE_OF_USER {
        assert_eq!(lock.begin(at(0), "op", source(1)), Ok(()));
        lock.no_guess("op", source(1));
        assert_eq!(lock.begin(at(0), "op", source(1)), Ok(()), "a wrong code");
    }
    assert!(lock.begin(at(0), "op", source(1)).is_err());
}

#[test]
fn everything_is_forgotten_after_an_hour() {
    let mut lock = LockOut::default();
    for _ in 0..FREE_OF_USER {
        lock.begin(at(0), "op", None).unwrap();
    }
    assert!(lock.begin(at(0), "op", None).is_err());
    for _ in 0..FREE_OF_USER {
        assert_eq!(lock.begin(at(3_601), "op", None), Ok(()));
    }
    assert!(lock.begin(at(3_601), "op", None).is_err());
}

#[test]
fn many_names_and_sources_take_no_more_room() {
    let mut lock = LockOut::default();
    for n in 0..u32::try_from(MOST_REMEMBERED).unwrap() + 500 {
        let _ = lock.begin(at(u64::from(n)), &format!("user{n}"), source(n));
    }
    assert_eq!(lock.remembered(), (MOST_REMEMBERED, MOST_REMEMBERED));
}
