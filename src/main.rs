//! Arguments, log, start. Today: says how far the building has come.

use std::process::ExitCode;

fn main() -> ExitCode {
    eprintln!("hotline {} does not answer calls yet.", env!("CARGO_PKG_VERSION"));
    eprintln!("What stands is in README.md under \"State\"; `make test` proves it.");
    ExitCode::FAILURE
}
