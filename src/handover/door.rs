//! The control socket: a file that the house's user alone may open, whoever knocks is looked at.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use crate::{Channel, HandoverError};

/// The system's own user may speak to every house.
const ROOT: u32 = 0;

/// The open door. It takes its file away with itself, unless another life has put its own there.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
    /// Device and number of our file.
    file: (u64, u64),
    owner: u32,
}

impl Door {
    /// Opens it at this path, in the place of what was there. Inside the tokio runtime.
    ///
    /// # Errors
    /// [`HandoverError::Socket`]: no right to write there, or a path of more than 100 bytes.
    pub fn open(path: &Path) -> Result<Self, HandoverError> {
        let failed = |source| HandoverError::Socket { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        // What an earlier life left half made.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&new).map_err(failed)?;
        fs::set_permissions(&new, Permissions::from_mode(0o600)).map_err(failed)?;
        // As one: whoever knocks meets the life before, or this one.
        fs::rename(&new, path).map_err(failed)?;
        let meta = fs::symlink_metadata(path).map_err(failed)?;
        let (file, owner) = ((meta.dev(), meta.ino()), meta.uid());
        Ok(Self { listener, path: path.to_owned(), file, owner })
    }

    /// Waits for the next one who knocks and may come in: the same user, or root.
    ///
    /// # Errors
    /// The system's; the door stays open.
    pub async fn accept(&self) -> Result<Channel, HandoverError> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            let who = stream.peer_cred()?.uid();
            if who == self.owner || who == ROOT {
                return Ok(Channel::new(stream));
            }
            tracing::warn!(uid = who, "another user has knocked at the control socket: it was not heard");
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|meta| (meta.dev(), meta.ino()) == self.file);
        if ours {
            // Gone is gone.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Knocks at the door of a running house.
///
/// # Errors
/// [`HandoverError::Nobody`].
pub async fn knock(path: &Path) -> Result<Channel, HandoverError> {
    let stream = UnixStream::connect(path).await;
    stream.map(Channel::new).map_err(|source| HandoverError::Nobody { path: path.to_owned(), source })
}
