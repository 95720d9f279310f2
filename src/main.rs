//! Arguments, log, start.
fn main() {}
