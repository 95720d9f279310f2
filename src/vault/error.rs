//! What can go wrong with keys and what they sealed, and what the reader can do about it.

use std::path::PathBuf;

use crate::key::KeyId;

/// Why something could not be sealed or opened.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
pub enum VaultError {
    /// The bytes are not what was sealed for this place.
    #[error("it was changed, cut or moved since it was sealed: bring it back from a backup")]
    NotAuthentic,
    /// A format, class or algorithm of a newer version.
    #[error("it was sealed by a newer version of hotline: use that one")]
    Newer,
    /// The key file is older than the data.
    #[error(
        "version {0} of the master key is not in the key file: bring back the newest copy of the key file"
    )]
    NoMaster(u32),
    /// Destroyed, or its list was not brought along.
    #[error(
        "data key {0} is not there: it was destroyed for good, or the list of data keys was not brought along"
    )]
    NoKey(KeyId),
    /// The secret that wraps the keys of this class and scope was taken out of the key file.
    #[error(
        "the keys of this class and month were destroyed for good: nothing that they sealed opens any more"
    )]
    Gone,
    /// Nothing seals for this class and month yet.
    #[error("there is no data key for it yet")]
    NoCurrent,
    /// Not a key file, or damaged.
    #[error("the key file can't be used: {0}; bring it back from its backup")]
    BadKeyFile(&'static str),
    /// The line of a data key can't be read.
    #[error("the line of a data key is damaged: bring it back from a backup")]
    BadKeyLine,
    /// Others may read the key file.
    #[error("others may read {}: run chmod 600 on it", .0.display())]
    OpenKeyFile(PathBuf),
    /// A file of keys can't be read or written.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// The system gave no random bytes.
    #[error("the system gives no randomness: look at its log")]
    NoChance,
    /// More than a file of chunks can number: 256 TiB.
    #[error("it is too long to be sealed")]
    TooLong,
}

impl From<VaultError> for std::io::Error {
    fn from(error: VaultError) -> Self {
        let kind = match error {
            VaultError::NotAuthentic | VaultError::Newer | VaultError::BadKeyLine => {
                std::io::ErrorKind::InvalidData
            }
            _ => std::io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
