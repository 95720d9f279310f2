//! Runs a world; a panic of the house is a fault like any other.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::Duration;

use super::tally::{Fault, Tally};

thread_local! {
    /// A run is under way on this thread, and what its panic said.
    static RUNS: Cell<bool> = const { Cell::new(false) };
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic of the house is kept for the report; any other is told as usual.
fn listen_for_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if RUNS.get() {
                PANIC.set(panic.to_string());
            } else {
                usual(panic);
            }
        }));
    });
}

/// What the run comes to.
pub fn guarded(run: impl FnOnce() -> Result<Tally, Fault>) -> Result<Tally, Fault> {
    listen_for_panics();
    RUNS.set(true);
    let done = catch_unwind(AssertUnwindSafe(run));
    RUNS.set(false);
    done.unwrap_or_else(|_| Err(Fault { at: Duration::ZERO, words: PANIC.take() }))
}
