//! What can go wrong with the store, each with what the reader can do about it.

use std::path::PathBuf;

use crate::at::StoreAt;

/// Why the store could not be opened, written or asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or file can't be made or written.
    #[error(
        "{path} can't be written ({why}): give the service's user write access to it, or set another `store` path"
    )]
    NotWritable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// No room.
    #[error(
        "the disk of {at} is full: free space there; what waits is kept and written as soon as there is room"
    )]
    DiskFull {
        /// The store.
        at: StoreAt,
    },
    /// Another program holds the file for too long.
    #[error(
        "{at} is locked by another program: end whatever holds it open (a backup, a database shell, a node that hangs)"
    )]
    Locked {
        /// The store.
        at: StoreAt,
    },
    /// Another hotline runs on this file.
    #[error(
        "{at} is in use by another hotline process: stop that one, or give this one its own `store` path"
    )]
    InUse {
        /// The store.
        at: StoreAt,
    },
    /// Another process has this node's name on this server.
    #[error("the node {node} runs already on {at}: stop that process, or give this one its own `node` name")]
    NodeInUse {
        /// The store.
        at: StoreAt,
        /// The name.
        node: String,
    },
    /// The server does not answer.
    #[error(
        "the database server of {at} can't be reached ({why}): see that it runs and that this machine gets there; it is tried again"
    )]
    Away {
        /// The store.
        at: StoreAt,
        /// The system's words, or the server's.
        why: String,
    },
    /// The server answers, and refuses.
    #[error(
        "{at} refuses ({why}): check user, password and database, and that the user may make tables and write there"
    )]
    Denied {
        /// The store.
        at: StoreAt,
        /// The server's words.
        why: String,
    },
    /// The address is none.
    #[error("{at} is no address of a database ({why}): write postgres://USER@HOST/DATABASE")]
    BadAddress {
        /// The store.
        at: StoreAt,
        /// What is wrong.
        why: String,
    },
    /// Something else stands there.
    #[error("{at} is not a hotline store: move the file away, or set another `store`")]
    NotADatabase {
        /// The store.
        at: StoreAt,
    },
    /// The file is damaged.
    #[error("{at} is damaged ({why}): stop the service and restore the file from the last backup")]
    Damaged {
        /// The store.
        at: StoreAt,
        /// The database's words.
        why: String,
    },
    /// A later program wrote it.
    #[error(
        "{at} was written by a newer hotline (schema {schema}): start that version, or restore the backup made before the update"
    )]
    NewerSchema {
        /// The store.
        at: StoreAt,
        /// Its schema's number.
        schema: i64,
    },
    /// Its schema is not the one that bears this number here.
    #[error(
        "schema {schema} of {at} is not this program's: it was made by a changed build; use that build or a new path"
    )]
    OtherSchema {
        /// The store.
        at: StoreAt,
        /// Its schema's number.
        schema: i64,
    },
    /// The key is gone.
    #[error(
        "the key file {path} is missing, and the numbers in the store can't be read without it: restore it from the backup. If it is lost for good, move the store away and begin a new one"
    )]
    KeyLost {
        /// The key file.
        path: PathBuf,
    },
    /// The key is another one.
    #[error("the key file {path} does not belong to this store: restore the right one from the backup")]
    WrongKey {
        /// The key file.
        path: PathBuf,
    },
    /// The key file is not a key.
    #[error("the key file {path} is unusable ({why}): restore it from the backup")]
    BadKey {
        /// The key file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Others can read the key.
    #[error("others can read the key file {path}: run `chmod 600` on it")]
    OpenKey {
        /// The key file.
        path: PathBuf,
    },
    /// Data keys, or the master key that wraps them.
    #[error("the store's keys: {0}")]
    Keys(#[from] vault::VaultError),
    /// A stored value does not read back.
    #[error(
        "the store holds something unreadable ({what}): run the check of the store, and restore the backup if it complains"
    )]
    Unreadable {
        /// What.
        what: String,
    },
    /// The writer ended with work left.
    #[error("{records} records could not be written before the end: see to the disk, then start again")]
    Unsaved {
        /// How many.
        records: usize,
    },
    /// The journal in front of the store.
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    /// Everything else that the database can say.
    #[error("the store does not work ({why}): look at the disk and the service's log; it is tried again")]
    Database {
        /// The database's words.
        why: String,
    },
}
