//! sip-config files as written, all their faults at once, and the checked plan.
//!
//! [`load`] reads a folder and gives either everything, checked and cross-checked, or every fault with file, line,
//! column, what is wrong and what to do, in Chinese and English. A key that nothing reads is a fault: the readers say
//! which keys they know by asking for them. Passwords are no part of the folder; see [`secrets`].

mod browser;
mod console;
pub mod draft;
pub mod edit;
mod encrypted;
mod fault;
mod files;
mod guard;
mod hours;
mod install;
mod known;
mod line;
mod menus;
mod net;
mod notices;
mod outputs;
mod people;
mod places;
mod problem;
mod promises;
mod prompts;
mod retention;
mod routing;
mod rules;
pub mod secrets;
pub mod settings;
mod sheet;
mod store;
mod together;
mod trace;
mod trunks;
mod words;
pub mod year;

pub use fault::Fault;
pub use files::{FileSet, is_file_name};
pub use net::Net;
pub use settings::Settings;
pub use together::{check, load};

/// A configuration without fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// What the core wants. Its `version` is the SHA-256 of all files, hex.
    pub plan: call::Plan,
    /// What the house around it wants.
    pub settings: Settings,
    /// The files that were read.
    pub files: FileSet,
    /// The folder that they stand in, absolute when it was found.
    pub dir: std::path::PathBuf,
}

#[cfg(test)]
mod tests;
