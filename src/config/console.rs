//! The part of hotline.toml about the HTTP interface: where, under which names, how long a session may rest.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use crate::fault::At;
use crate::problem::Kind;
use crate::rules;
use crate::settings::Api;
use crate::sheet::Table;

const PORT: u16 = 8089;
/// Minutes that a session may rest when nothing is said (the figure of OWASP for busy desks).
const IDLE: u32 = 15;

/// Reads it. `has_certificate`: [sip] names one. `taken`: whether something else listens at an address.
pub(crate) fn console(
    table: Table<'_>,
    base: &Path,
    has_certificate: bool,
    taken: impl Fn(SocketAddr) -> bool,
) -> Api {
    let bind = table.parsed("bind", Kind::Socket, |text| text.parse::<SocketAddr>().ok());
    let bind = bind.map_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT), |b| b.value);
    if !bind.ip().is_loopback() {
        table.blame("bind", rules::api_open(&bind.to_string()));
    }
    if taken(bind) {
        table.blame("bind", rules::port_taken(&bind.to_string()));
    }
    let https: Vec<At<SocketAddr>> = table.all_parsed("https", Kind::Socket, |text| text.parse().ok());
    let hosts = table.all_parsed("hosts", Kind::Host, host);
    if !https.is_empty() && !has_certificate {
        table.blame("https", rules::no_certificate("https"));
    }
    for (i, at) in https.iter().enumerate() {
        let others = https.iter().take(i).map(|other| other.value).chain([bind]);
        if taken(at.value) || others.into_iter().any(|other| crate::install::clash(other, at.value)) {
            table.blame_at(at.spot, rules::port_taken(&at.value.to_string()));
        }
        if hosts.is_empty() && !at.value.ip().is_loopback() {
            table.blame_at(at.spot, rules::no_hosts(&at.value.to_string()));
        }
    }
    let api = Api {
        bind,
        token: base.join(table.text_or("token", "data/api-token")),
        https: https.into_iter().map(|at| at.value).collect(),
        hosts: hosts.into_iter().map(|host| host.value).collect(),
        idle: Duration::from_secs(60 * u64::from(table.number32("idle_minutes", 1..=240, IDLE))),
    };
    table.done();
    api
}

/// A name or an address as a browser writes it into the Host header, without port.
fn host(text: &str) -> Option<String> {
    let name = text.to_ascii_lowercase();
    let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = bare {
        return address.parse::<std::net::Ipv6Addr>().ok().map(|ip| format!("[{ip}]"));
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (name.len() <= 253 && name.split('.').all(label)).then_some(name)
}
