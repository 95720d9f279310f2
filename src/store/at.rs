//! Where a store is: a file of this machine, or a database of a PostgreSQL server.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a store is. Shown, it never has a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreAt {
    /// A file of SQLite; its folder is made when it is missing.
    File(PathBuf),
    /// A database of PostgreSQL, for one node or several.
    Server(Server),
}

/// A database of a PostgreSQL server.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    url: String,
    password: Option<String>,
}

impl Server {
    /// `url` is `postgres://USER@HOST:PORT/DATABASE`, or `postgres://USER@localhost/DATABASE?host=FOLDER` for the folder of the
    /// server's socket, without a password. With no `password` the server is asked without one.
    pub fn new(url: impl Into<String>, password: Option<String>) -> Self {
        Self { url: url.into(), password }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

impl fmt::Display for Server {
    /// The address; should somebody have written a password into it, without it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("", &self.url));
        let (who, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let place = place.split('?').next().unwrap_or(place);
        match who.split(':').next() {
            Some(user) if !user.is_empty() => write!(f, "{scheme}://{user}@{place}"),
            _ => write!(f, "{scheme}://{place}"),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl StoreAt {
    /// The file, when it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Server(_) => None,
        }
    }
}

impl fmt::Display for StoreAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let server = Server::new("postgres://house:secret@db.example:5433/hotline?sslmode=disable", None);
        assert_eq!(format!("{server} {server:?}"), ["postgres://house@db.example:5433/hotline"; 2].join(" "));
        let server = Server::new("postgres://db.example/hotline", Some("secret".into()));
        assert_eq!(format!("{:?}", StoreAt::Server(server)), "Server(postgres://db.example/hotline)");
    }
}
