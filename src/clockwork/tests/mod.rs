//! Tests of the joint between promises and calls.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod news;
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
