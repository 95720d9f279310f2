//! Scanners, guessers, strangers, and who must not suffer from them.

use super::{host, s};
use crate::{Deed, Outcome, Reason, SourceSettings, Sources, Standing};

fn sources() -> Sources {
    Sources::new(SourceSettings::default())
}

#[test]
fn a_scanner_is_listed_at_once_with_one_line_and_nothing_of_it_is_heard() {
    let mut all = sources();
    assert!(all.is_scanner("friendly-scanner"));
    let listed = all.did(s(60), 1_000, host(1), Standing::Stranger, Deed::Scanner);
    assert_eq!(listed, Outcome::Listed(Reason::Scanner));
    for _ in 0..5_000 {
        assert!(!all.hears(s(61), host(1), Standing::Stranger));
    }
    let list = all.list(s(61));
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].origin, list[0].since_ms, list[0].reason), (host(1), 1_000, Reason::Scanner));
    assert_eq!((list[0].left, list[0].dropped, list[0].times), (s(899), 5_000, 1));
    assert_eq!(all.counts(), (1, 5_000));
    assert!(all.hears(s(960), host(1), Standing::Stranger) && all.list(s(960)).is_empty(), "it is over");
    assert!(all.hears(s(61), host(2), Standing::Stranger), "others are not touched");
}

#[test]
fn each_relapse_locks_for_twice_as_long_up_to_a_day() {
    let mut all = sources();
    let mut now = s(60);
    for hours in [900, 1_800, 3_600, 7_200] {
        all.did(now, 0, host(1), Standing::Stranger, Deed::Scanner);
        assert_eq!(all.list(now)[0].left, s(hours));
        now += s(hours);
    }
    for _ in 0..20 {
        all.did(now, 0, host(1), Standing::Stranger, Deed::Scanner);
        now += all.list(now)[0].left;
    }
    all.did(now, 0, host(1), Standing::Stranger, Deed::Scanner);
    assert_eq!(all.list(now)[0].left, s(24 * 3600));
}

#[test]
fn wrong_passwords_are_followed_by_growing_silence_and_then_by_the_list() {
    let mut all = sources();
    let mut now = s(60);
    let mut silences = Vec::new();
    for guess in 1.. {
        let outcome = all.wrong(now, 0, host(1), Standing::Phone, "op1");
        if outcome == Outcome::Listed(Reason::Guessing) {
            assert_eq!(guess, 10);
            break;
        }
        assert_eq!(outcome == Outcome::First, guess == 1, "one line");
        let heard = now;
        while !all.hears(now, host(1), Standing::Phone) {
            now += s(1);
        }
        silences.push((now - heard).as_secs());
    }
    assert_eq!(silences, [0, 0, 0, 1, 2, 4, 8, 16, 32]);
    assert!(!all.hears(now, host(1), Standing::Phone));
}

#[test]
fn the_right_password_after_few_mistakes_works_and_forgives_that_name_only() {
    let mut all = sources();
    for _ in 0..3 {
        all.wrong(s(60), 0, host(1), Standing::Phone, "op1");
        assert!(all.hears(s(60), host(1), Standing::Phone));
    }
    all.right(s(61), host(1), "op1");
    for _ in 0..3 {
        all.wrong(s(62), 0, host(1), Standing::Phone, "op1");
        assert!(all.hears(s(62), host(1), Standing::Phone), "the count began anew");
    }
    // Whoever knows one password can't buy guesses at others with it.
    let mut guesser = sources();
    let mut listed = false;
    for n in 0..10 {
        listed |=
            guesser.wrong(s(60), 0, host(1), Standing::Phone, "op2") == Outcome::Listed(Reason::Guessing);
        guesser.right(s(60), host(1), if n % 2 == 0 { "mine" } else { "op3" });
    }
    assert!(listed);
}

#[test]
fn a_name_that_many_sources_guess_at_is_locked_for_a_time() {
    let mut all = sources();
    for n in 0..30 {
        assert!(all.may_try(s(60), "op1"));
        all.wrong(s(60), 0, host(n), Standing::Phone, "op1");
    }
    assert!(!all.may_try(s(61), "op1") && all.may_try(s(61), "op2"));
    assert_eq!(all.names_locked(s(61)), 1);
    assert!(all.may_try(s(60 + 900), "op1"));
    all.right(s(62), host(99), "op1");
    assert!(all.may_try(s(62), "op1"), "its phone came with the right password");
}

#[test]
fn a_trunk_is_never_listed_or_slowed() {
    let mut all = sources();
    for _ in 0..1_000 {
        for deed in [Deed::Scanner, Deed::Probe, Deed::Garbage, Deed::Knock] {
            let outcome = all.did(s(60), 0, host(1), Standing::Trunk, deed);
            assert!(matches!(outcome, Outcome::Counted | Outcome::First));
        }
        all.wrong(s(60), 0, host(1), Standing::Trunk, "x");
        assert!(all.hears(s(60), host(1), Standing::Trunk));
    }
    assert!(all.list(s(60)).is_empty());
}

#[test]
fn what_is_old_is_forgotten() {
    let mut all = sources();
    for n in 0..100u64 {
        let outcome = all.did(s(60 + n * 60), 0, host(1), Standing::Stranger, Deed::Knock);
        assert!(!matches!(outcome, Outcome::Listed(_)), "one a minute, {n}");
    }
}

#[test]
fn a_pardon_takes_it_off_the_list() {
    let mut all = sources();
    assert!(!all.pardon(s(60), host(1)));
    all.did(s(60), 0, host(1), Standing::Stranger, Deed::Scanner);
    assert!(all.pardon(s(61), host(1)) && all.hears(s(61), host(1), Standing::Stranger));
    assert!(all.list(s(61)).is_empty());
}

#[test]
fn the_tables_are_bounded_and_keep_the_worst() {
    let mut all = sources();
    all.did(s(60), 0, host(7), Standing::Stranger, Deed::Scanner);
    for n in 0..100_000u32 {
        all.did(s(61), 0, host(1_000 + n), Standing::Stranger, Deed::Knock);
        all.wrong(s(61), 0, host(8), Standing::Trunk, &format!("u{n}"));
    }
    let (sources, names) = all.len();
    assert!(sources <= 4_096 && names <= 1_024, "{sources} {names}");
    assert!(!all.hears(s(62), host(7), Standing::Stranger), "the listed one is still known");
}

#[test]
fn a_name_that_can_be_no_phones_is_not_kept() {
    let mut all = sources();
    let long = "x".repeat(100_000);
    for name in [long.as_str(), "a\r\nb", "\u{202e}evil", "a b"] {
        all.wrong(s(60), 0, host(1), Standing::Phone, name);
    }
    assert_eq!(all.len(), (1, 1), "all of them are one");
}
