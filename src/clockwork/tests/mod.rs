//! Tests of the joint between promises and calls.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod news;
mod nodes;
mod run;
mod translate;

use std::time::Duration;

use call::plan::{Greeting, Profile};

/// A greeting that nobody hears.
fn greeting() -> Greeting {
    Greeting {
        profile: Profile::Direct,
        opening: Vec::new(),
        then: Vec::new(),
        music_after: Duration::ZERO,
        announce_after: Duration::ZERO,
        announce_every: Duration::ZERO,
        offer_after: Duration::ZERO,
        offer_position: 1,
        offer_window: Duration::ZERO,
        night: None,
    }
}

/// Found by the crowd of `tests/crash.rs`: half of all calls for the house itself were too many, callers met 503.
#[test]
fn the_houses_own_calls_leave_room_for_those_who_call() {
    let most = crate::tasks::most_at_once;
    assert_eq!((most(500, 0), most(500, 374), most(500, 375)), (62, 62, 31));
    assert_eq!((most(25, 0), most(25, 20), most(1, 1)), (3, 1, 1), "what is promised goes on, slowly");
}
