//! The watched side: says its words to whoever started this process, when somebody asked for them.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::time::Duration;

use crate::words::Word;

/// Where the words go: a path, or an abstract name after `@`.
const SOCKET: &str = "NOTIFY_SOCKET";
/// How long the watcher waits for a word, microseconds.
const PATIENCE: &str = "WATCHDOG_USEC";

/// Speaks to the watcher. Without one it says nothing, and that is no fault.
#[derive(Debug)]
pub struct Teller {
    socket: Option<(UnixDatagram, SocketAddr)>,
    patience: Option<Duration>,
}

impl Teller {
    /// As the environment of this process says.
    ///
    /// # Errors
    /// The name of the socket is none, or the system gives no further one.
    pub fn of_environment() -> io::Result<Self> {
        let socket = env::var_os(SOCKET).filter(|name| !name.is_empty());
        let micros = env::var(PATIENCE).ok().and_then(|text| text.parse().ok());
        Self::to(socket.as_deref(), micros.filter(|n| *n > 0).map(Duration::from_micros))
    }

    /// Speaks to this socket, which waits so long for a sign of life; `None`: to nobody.
    ///
    /// # Errors
    /// As [`Teller::of_environment`].
    pub fn to(socket: Option<&OsStr>, patience: Option<Duration>) -> io::Result<Self> {
        let Some(name) = socket else { return Ok(Self { socket: None, patience: None }) };
        let to = match name.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(Path::new(name))?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket: Some((socket, to)), patience })
    }

    /// Says a word; it is lost when the watcher takes none.
    ///
    /// # Errors
    /// The watcher is gone, or behind by many words.
    pub fn say(&self, word: Word) -> io::Result<()> {
        match &self.socket {
            Some((socket, to)) => socket.send_to_addr(word.written().as_bytes(), to).map(|_| ()),
            None => Ok(()),
        }
    }

    /// How long the watcher waits for a sign of life; `None`: nobody does.
    pub fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// The variables by which a child finds this socket, waited for so long.
    pub(crate) fn variables(name: &[u8], patience: Duration) -> [(&'static str, std::ffi::OsString); 2] {
        let mut socket = b"@".to_vec();
        socket.extend_from_slice(name);
        [(SOCKET, OsStr::from_bytes(&socket).to_owned()), (PATIENCE, patience.as_micros().to_string().into())]
    }
}
