//! PostgreSQL, as far as the store goes there: its schema, and the questions that a big store must answer quickly. They are the very
//! functions that SQLite is asked by. Nothing is written there yet.

mod reader;
mod schema;

pub use reader::Reader;
