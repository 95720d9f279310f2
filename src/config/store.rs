//! `store` in hotline.toml: a file of this machine, or a database of a PostgreSQL server.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::problem::Problem;
use crate::rules;
use crate::sheet::Table;

/// Where the case store is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StorePlace {
    /// A file of SQLite; the key of its numbers is beside it.
    File(PathBuf),
    /// A database of PostgreSQL. Its password is `store` in the file of secrets, or in the environment.
    Server {
        /// `postgres://USER@HOST/DATABASE`, without a password.
        url: String,
        /// The file with the key of its numbers: the nodes of one database have the same.
        key_file: PathBuf,
    },
}

impl StorePlace {
    /// The file with the key that numbers are sealed with.
    pub fn key_file(&self) -> PathBuf {
        match self {
            Self::File(path) => path.with_extension("key"),
            Self::Server { key_file, .. } => key_file.clone(),
        }
    }

    /// The database's file, when it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Server { .. } => None,
        }
    }

    /// As an admin is shown it.
    pub fn shown(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Server { url, .. } => url.clone(),
        }
    }
}

/// Reads `store`. Relative paths start at `base`.
pub(crate) fn store(root: &Table<'_>, base: &Path) -> StorePlace {
    let text = root.text_or("store", "data/hotline.db");
    if !text.contains("://") {
        return StorePlace::File(base.join(text));
    }
    if let Some(problem) = problem(&text) {
        root.blame("store", problem);
    }
    StorePlace::Server { url: text, key_file: base.join("data/hotline.key") }
}

/// What is wrong with the address of a database.
fn problem(url: &str) -> Option<Problem> {
    let address = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let Some(address) = address else { return Some(rules::store_address()) };
    let (address, options) = address.split_once('?').unwrap_or((address, ""));
    let options: Vec<(&str, &str)> = options.split('&').filter_map(|option| option.split_once('=')).collect();
    let (who, place) = address.rsplit_once('@').unwrap_or(("", address));
    if who.contains(':') || options.iter().any(|(name, _)| *name == "password") {
        return Some(rules::store_password());
    }
    let Some((host, database)) = place.split_once('/') else { return Some(rules::store_address()) };
    if who.is_empty() || database.is_empty() || database.contains('/') {
        return Some(rules::store_address());
    }
    let given = |name: &str| options.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| *value);
    // A socket of this machine, or its own address: nobody reads along.
    let host = given("host").unwrap_or(host);
    let here = host.starts_with('/') || host.starts_with("%2F") || is_loopback(host);
    let open = !here && given("sslmode") != Some("disable");
    open.then(rules::store_in_the_clear)
}

fn is_loopback(host: &str) -> bool {
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_has_a_user_a_host_and_a_database_and_no_password() {
        for good in [
            "postgres://hotline@localhost/hotline",
            "postgresql://hotline@127.0.0.1:5433/hotline",
            "postgres://hotline@[::1]:5432/hotline",
            "postgres://hotline@localhost/hotline?host=/run/postgresql",
            "postgres://hotline@10.0.0.5/hotline?sslmode=disable",
        ] {
            assert_eq!(problem(good), None, "{good}");
        }
        for (bad, words) in [
            ("mysql://hotline@localhost/hotline", "no address of a PostgreSQL database"),
            ("postgres://localhost/hotline", "no address of a PostgreSQL database"),
            ("postgres://hotline@localhost", "no address of a PostgreSQL database"),
            ("postgres://hotline@localhost/", "no address of a PostgreSQL database"),
            ("postgres://hotline:pw@localhost/hotline", "has a password in it"),
            ("postgres://hotline@localhost/hotline?password=pw", "has a password in it"),
            ("postgres://hotline@db.example/hotline", "read along"),
            ("postgres://hotline@10.0.0.5:5432/hotline?sslmode=prefer", "read along"),
        ] {
            let said = problem(bad).unwrap();
            assert!(said.en.contains(words), "{bad}: {said:?}");
        }
    }
}
