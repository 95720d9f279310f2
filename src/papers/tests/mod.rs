//! Tests of the documents; those that meet programs of other makers are in `others.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod events;
mod message;
mod notice;
mod open311;
mod others;
mod table;

use crate::Zone;

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

/// 2026-03-02 09:15:00 in Shanghai, a Monday.
const AT: i64 = 1_772_414_100_000;
