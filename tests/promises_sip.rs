//! Promises over real SIP: the whole house in this process, liaisons' phones of our own and baresip as citizen behind the
//! trunk; hours pass by the injected clock, never by waiting.
//!
//! `scripts/setup peers` installs baresip. Where it may be missing, `HOTLINE_NO_PEERS=1` passes over the tests that meet it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
#[path = "peers/baresip.rs"]
mod baresip;
#[path = "promises_sip/connect.rs"]
mod connect;
#[path = "promises_sip/echo3.rs"]
mod echo3;
#[path = "support/folder.rs"]
mod folder;
#[path = "promises_sip/house.rs"]
mod house;
#[path = "promises_sip/missed.rs"]
mod missed;
#[path = "support/patience.rs"]
mod patience;
#[path = "support/ports.rs"]
mod ports;
#[allow(dead_code)]
#[path = "support/process.rs"]
mod process;
#[path = "promises_sip/urgent.rs"]
mod urgent;
