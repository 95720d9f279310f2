//! The information base in the store: entries, their index, synonyms, what is used and what was asked in vain.

mod book;
mod import;
mod search;
mod shelf;
mod usage;
mod write;

pub use book::{Entry, Hit, Imported, Miss, Opened, Service, Usage};
pub use search::MOST_HITS;
pub use usage::MOST_MISSES;

pub(crate) use shelf::Shelf;
