//! The addresses at which a browser reaches the house's SIP over WebSocket: for the page's policy and for its phone.

use std::net::SocketAddr;

use axum::http::uri::Authority;
use config::Settings;

/// `ws://` and `wss://` addresses for a page that was asked for under this Host: on loopback those without TLS too, which
/// no other machine reaches. The port is the socket's, the name the page's own: the certificate is for that.
pub(crate) fn sip_doors(settings: &Settings, host: &str) -> Vec<String> {
    let Ok(authority) = host.parse::<Authority>() else { return Vec::new() };
    let name = authority.host().to_ascii_lowercase();
    let is_here = matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]");
    let encrypted = &settings.sip.encrypted;
    let wss = encrypted.wss.iter().map(|at| format!("wss://{name}:{}", at.port()));
    // The socket's own address: a name may stand for the other family's loopback.
    let ws = encrypted.ws.iter().filter(|_| is_here).map(|at: &SocketAddr| format!("ws://{at}"));
    wss.chain(ws).collect()
}
