//! The program is emptied, and goes on in another process: by real processes, phones of this one, and the admin's commands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, dead_code)]

#[path = "support/folder.rs"]
mod folder;
#[path = "crash/house.rs"]
mod house;
#[path = "support/patience.rs"]
mod patience;
#[path = "support/ports.rs"]
mod ports;
#[path = "support/process.rs"]
mod process;

#[path = "upgrade/drain.rs"]
mod drain;
#[path = "upgrade/rolling.rs"]
mod rolling;
