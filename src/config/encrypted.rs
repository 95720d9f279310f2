//! The part of hotline.toml about TLS and WebSocket: where, with which certificate, for whom.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::fault::At;
use crate::problem::{Kind, Problem};
use crate::rules;
use crate::settings::{ClientCertificates, Encrypted};
use crate::sheet::Table;

const CLIENTS: &[(&str, ClientCertificates)] = &[
    ("none", ClientCertificates::None),
    ("asked", ClientCertificates::Asked),
    ("required", ClientCertificates::Required),
];
/// Stands in `origins` for clients that send none.
const NO_ORIGIN: &str = "none";

/// Reads it, and all addresses at which connections are taken.
pub(crate) fn encrypted(
    table: &Table<'_>,
    base: &Path,
    listen: impl Fn(&'static str) -> Vec<At<SocketAddr>>,
) -> (Encrypted, Vec<At<SocketAddr>>) {
    let (tls, ws, wss) = (listen("tls"), listen("ws"), listen("wss"));
    let file = |key: &'static str| {
        let path = table.text(key).map(|text| base.join(text.value))?;
        readable(table, key, &path);
        Some(path)
    };
    let (certificate, key, ca) = (file("certificate"), file("key"), file("ca"));
    let origins: Vec<String> =
        table.all_parsed("origins", Kind::Origin, origin).into_iter().map(|o| o.value).collect();
    let clients = table.word("client_certificates", CLIENTS, ClientCertificates::None);
    for (list, name) in [(&tls, "tls"), (&wss, "wss")] {
        if !list.is_empty() && certificate.is_none() {
            table.blame(name, rules::no_certificate(name));
        }
    }
    match (&certificate, &key) {
        (Some(_), None) => table.blame("certificate", Problem::missing("key")),
        (None, Some(_)) => table.blame("key", Problem::missing("certificate")),
        (Some(_), Some(_)) | (None, None) => {}
    }
    if clients != ClientCertificates::None && tls.is_empty() && wss.is_empty() {
        table.blame("client_certificates", rules::clients_without_tls());
    }
    for at in ws.iter().filter(|at| !at.value.ip().is_loopback()) {
        table.blame_at(at.spot, rules::ws_open(&at.value.to_string()));
    }
    if origins.is_empty()
        && let Some(at) = ws.first().or(wss.first())
    {
        table.blame_at(at.spot, rules::no_origin());
    }
    let bare = |list: &[At<SocketAddr>]| list.iter().map(|at| at.value).collect();
    let encrypted = Encrypted {
        tls: bare(&tls),
        ws: bare(&ws),
        wss: bare(&wss),
        certificate,
        key,
        ca,
        clients,
        origin_absent: origins.iter().any(|o| o == NO_ORIGIN),
        origins: origins.into_iter().filter(|o| o != NO_ORIGIN).collect(),
    };
    (encrypted, [tls, ws, wss].concat())
}

/// Whether the file can be read; and a key by nobody else.
fn readable(table: &Table<'_>, key: &str, path: &Path) {
    let metadata = File::open(path).and_then(|file| file.metadata());
    match metadata {
        Err(why) => table.blame(key, rules::unreadable(&path.display().to_string(), &why.to_string())),
        Ok(found) if key == "key" && found.permissions().mode() & 0o007 != 0 => {
            table.blame(key, rules::key_open(&path.display().to_string()));
        }
        Ok(_) => {}
    }
}

/// `https://host` or `https://host:port` as browsers write it, or the word for none.
fn origin(text: &str) -> Option<String> {
    if text == NO_ORIGIN {
        return Some(text.to_owned());
    }
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    (!host.is_empty() && host.bytes().all(plain)).then(|| text.to_ascii_lowercase())
}
