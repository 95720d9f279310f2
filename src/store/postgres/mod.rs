//! PostgreSQL, as far as the store goes there: its schema, and the questions that a big store must answer quickly. They are the very
//! functions that SQLite is asked by. Nothing is written there yet, and the program is built without it.

#[cfg(feature = "postgres")]
mod reader;
mod schema;

#[cfg(feature = "postgres")]
pub use reader::Reader;
