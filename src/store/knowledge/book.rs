//! What the information base gives out: entries, hits, services, usage.

use knowledge::Why;

/// An entry, whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its number in the store.
    pub id: i64,
    /// The name that stays when the title changes; empty: none was given.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// The answer.
    pub body: String,
    /// Code of its service.
    pub service: Option<String>,
    /// The service's name, while the configuration has it.
    pub service_name: Option<String>,
    /// Numbers of the windows that offer the service, best first.
    pub desks: Vec<String>,
    /// Other words by which it is found.
    pub keywords: Vec<String>,
    /// Where it comes from.
    pub source: String,
    /// Last changed, UTC ms.
    pub updated_at: i64,
    /// By whom.
    pub updated_by: String,
    /// How often it was opened.
    pub opened: u64,
}

/// An entry that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// Its number in the store.
    pub id: i64,
    /// What it is about.
    pub title: String,
    /// A piece of the body around what was found.
    pub snippet: String,
    /// Code of its service.
    pub service: Option<String>,
    /// The service's name.
    pub service_name: Option<String>,
    /// Numbers of the windows that offer the service, best first.
    pub desks: Vec<String>,
    /// Last changed, UTC ms.
    pub updated_at: i64,
    /// Where it comes from.
    pub source: String,
    /// The order: the greater comes first.
    pub score: f32,
    /// How much of the question it has, 0.0 to 1.0.
    pub covered: f32,
    /// Why it was found.
    pub why: Vec<Why>,
}

/// A service of the configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// `GAJ-007`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Numbers of the windows that offer it, best first.
    pub desks: Vec<String>,
}

/// What an import did, or would do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// Entries that are new.
    pub added: u64,
    /// Entries whose text is another one.
    pub changed: u64,
    /// Entries that the file does not have, removed.
    pub removed: u64,
    /// Entries that were there as they are.
    pub same: u64,
}

/// How the base is used.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Entries in all.
    pub entries: u64,
    /// The entries that are opened most.
    pub most: Vec<Opened>,
    /// What was asked in vain, most often first.
    pub misses: Vec<Miss>,
}

/// How often an entry was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The entry.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// How often.
    pub opened: u64,
}

/// Something that was asked in vain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Miss {
    /// What was typed, folded.
    pub q: String,
    /// How often.
    pub count: u64,
    /// Last time, UTC ms.
    pub last_at: i64,
}
