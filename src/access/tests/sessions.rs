//! Sessions end in time, tokens show nothing, tabs have one form; the table has each endpoint once.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::{ABSOLUTE, Life, Role, Tab, Token, table};

const IDLE: Duration = Duration::from_secs(900);

#[test]
fn a_session_ends_when_it_rests_and_at_the_latest_after_twelve_hours() {
    let hour = 3_600_000;
    let day = 1_790_000_000_000;
    let life = |seen| Life { begun: day, seen: day + seen };
    assert!(life(0).is_good(day, IDLE));
    assert!(life(0).is_good(day + 899_999, IDLE));
    assert!(!life(0).is_good(day + 900_000, IDLE));
    assert!(life(12 * hour - 2).is_good(day + 12 * hour - 1, IDLE));
    assert!(!life(12 * hour - 1).is_good(day + 12 * hour, IDLE));
    assert!(life(0).is_good(day - hour, IDLE), "a clock that was set back");
    assert!(!Life { begun: i64::MIN, seen: i64::MIN }.is_good(i64::MAX, ABSOLUTE));
}

#[test]
fn a_token_is_known_by_its_hash_and_shows_nothing() {
    let token = Token::new([0xa5; 32]);
    assert_eq!(token.reveal(), "a5".repeat(32));
    assert_eq!(token.hash().len(), 64);
    assert_ne!(token.hash(), token.reveal());
    assert!(token.is(&Token::parse(token.reveal()).unwrap()));
    assert!(!token.is(&Token::new([0xa6; 32])));
    assert_eq!(format!("{token:?}"), "Token(***)");
    for text in ["", "a5", &"A5".repeat(32), &"g5".repeat(32), &"a5".repeat(33)] {
        assert!(Token::parse(text).is_none(), "{text}");
    }
}

#[test]
fn tabs_have_one_form() {
    assert_eq!(Tab::parse("main").unwrap().cookie(), "hotline_main");
    for text in ["", "A", "a b", "a;b", "a=b", "a\r\n", "主", "12345678901234567"] {
        assert!(Tab::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn roles_have_words() {
    for role in Role::ALL {
        assert_eq!(Role::parse(role.word()), Some(role));
    }
    assert_eq!(Role::parse("root"), None);
    assert!(!Role::OF_ACCOUNTS.contains(&Role::Citizen));
}

#[test]
fn each_endpoint_has_one_row_and_admins_are_kept_out_of_none() {
    let rows: Vec<_> = table::all().collect();
    let keys: BTreeSet<_> = rows.iter().map(|r| (r.method, r.path)).collect();
    assert_eq!(keys.len(), rows.len());
    for row in rows {
        assert!(row.path.starts_with('/') && ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&row.method));
        assert!(row.admits(Role::Admin, false), "{} {}", row.method, row.path);
    }
    let drain = table::of("POST", "/api/v1/drain").unwrap();
    assert!(!drain.admits(Role::Operator, false) && !drain.admits(Role::Admin, true) && !drain.is_open());
    assert!(table::of("PUT", "/api/v1/drain").is_none());
}
