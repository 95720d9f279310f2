//! Real peers against the real house: baresip, sipp, sipsak, and kamailio as carrier, on loopback, each test with a house of its own.
//!
//! `scripts/setup peers` installs them. Where they may be missing, `HOTLINE_NO_PEERS=1` passes these tests over.
//!
//! To run one by hand: start a house (`hotline serve --config DIR`, with a trunk whose nets are `127.0.0.0/8` in
//! `trunks.toml`) and give sipp its UDP address:
//!
//! ```sh
//! sipp 127.0.0.1:5060 -sf tests/sipp/call.xml -s 89000 -key caller 13800001234 -i 127.0.0.1 -m 1 -trace_msg
//! ```
//!
//! The head of each scenario says what it plays. Those that register or are called need `-au USER -ap PASSWORD` as well, and
//! a house with `digest = "md5"` in `hotline.toml`: neither sipp nor baresip 1.0 knows SHA-256. baresip is started as
//! `baresip -f FOLDER`; a test that fails prints the folder's `config` and `accounts` and what baresip said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "peers/baresip.rs"]
mod baresip;
#[path = "support/browser.rs"]
mod browser;
#[path = "peers/browsers.rs"]
mod browsers;
#[path = "peers/called.rs"]
mod called;
#[path = "peers/calling.rs"]
mod calling;
#[path = "peers/carrier.rs"]
mod carrier;
#[path = "peers/doctor.rs"]
mod doctor;
#[path = "peers/encrypted.rs"]
mod encrypted;
#[path = "peers/failover.rs"]
mod failover;
#[path = "support/folder.rs"]
mod folder;
#[path = "peers/house.rs"]
mod house;
#[path = "peers/kamailio.rs"]
mod kamailio;
#[path = "peers/many.rs"]
mod many;
#[path = "peers/names.rs"]
mod names;
#[path = "peers/papers.rs"]
mod papers;
#[path = "support/patience.rs"]
mod patience;
#[path = "support/ports.rs"]
mod ports;
#[path = "support/process.rs"]
mod process;
#[path = "peers/proxy.rs"]
mod proxy;
#[path = "peers/secure.rs"]
mod secure;
#[path = "peers/sessions.rs"]
mod sessions;
#[path = "peers/sipp.rs"]
mod sipp;
#[path = "peers/sipsak.rs"]
mod sipsak;
#[path = "peers/three_way.rs"]
mod three_way;
#[path = "peers/town.rs"]
mod town;
#[path = "peers/transfer.rs"]
mod transfer;
#[path = "peers/wide.rs"]
mod wide;

/// Whether the programs of other makers are to be met; fails in plain words where one is missing.
fn peers_are_here() -> bool {
    if std::env::var_os("HOTLINE_NO_PEERS").is_some_and(|no| no == "1") {
        eprintln!("HOTLINE_NO_PEERS=1: not tested against other makers' programs");
        return false;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    for program in ["baresip", "sipp", "kamailio", "sipsak"] {
        // Debian puts kamailio where only root looks.
        let mut folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
        let found = folders.any(|folder| folder.join(program).is_file());
        assert!(
            found,
            "{program} is not installed: run scripts/setup peers, or set HOTLINE_NO_PEERS=1 to do without"
        );
    }
    let libraries = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|e| e.path());
    let tls = libraries.into_iter().any(|folder| folder.join("kamailio/modules/tls.so").is_file());
    assert!(
        tls,
        "TLS of kamailio (kamailio-tls-modules) is not installed: run scripts/setup peers, or set HOTLINE_NO_PEERS=1"
    );
    true
}
