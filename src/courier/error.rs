//! Why something can't be carried, and what to do about it. Nothing here quotes a secret, a number or a text.

use std::path::PathBuf;

/// What keeps something from being carried.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// An address is none.
    #[error("{0:?} is no address by http or https: mend it in outputs.toml")]
    Url(String),
    /// The authorities can't be read.
    #[error("the certificates in {} can't be read ({why}): mend `ca` under [sip] in hotline.toml", .path.display())]
    Authorities {
        /// Their file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// TLS itself refuses.
    #[error("TLS can't be set up ({0}): report this")]
    Tls(String),
    /// A secret, or the time zone.
    #[error(transparent)]
    Papers(#[from] papers::PapersError),
    /// The other end does not answer, or not in time.
    #[error("no answer within {0} s")]
    Late(u64),
    /// The other end can't be reached.
    #[error("can't connect: {0}")]
    Connect(String),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
}
