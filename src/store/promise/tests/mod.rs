//! The promises in a real file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod house;
mod life;
mod nodes;
mod others;

/// A call's id as its row has it.
pub(super) fn ulid(id: u128) -> String {
    call::CallId(id).to_string()
}
