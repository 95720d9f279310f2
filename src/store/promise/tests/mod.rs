//! The promises in a real file.
#![allow(clippy::unwrap_used, clippy::panic)]
