//! The guard against seeded crowds, in virtual time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod outbound;
mod overload;
mod rates;
mod sound;
mod sources;

use std::time::Duration;

use crate::Origin;

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn host(n: u32) -> Origin {
    Origin::of(std::net::IpAddr::V4((0x0a00_0000 + n).into()))
}
