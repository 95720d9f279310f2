//! What TLS costs: a message and a connection over it, beside the same over TCP. Both ends run in this one thread, so the
//! figures are of both together.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sip::{Flow, Net, Transport};
use switchboard::wire::tls::{ClientCertificates, Tls, TlsSettings};
use switchboard::wire::{DoorSettings, Inbound, Wire, WireSettings};
use tempfile::TempDir;
use tokio::sync::mpsc;

const MESSAGES: u32 = 20_000;
/// Of one connection each, to an address each.
const CONNECTIONS: u8 = 200;
const NAME: &str = "house.example.org";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = TempDir::new().unwrap();
    let tls = papers(&folder);
    let (tcp_message, tcp_open) = measure(Transport::Tcp, &tls).await;
    let (tls_message, tls_open) = measure(Transport::Tls, &tls).await;
    println!(
        "TLS against TCP, both ends: a message of 600 bytes {tls_message:.1} us against {tcp_message:.1} us; \
         a connection with its first message {:.2} ms against {:.2} ms",
        tls_open / 1e3,
        tcp_open / 1e3
    );
}

/// Microseconds of CPU for a message on a connection that stands, and for one on a new connection.
async fn measure(transport: Transport, tls: &Tls) -> (f64, f64) {
    let at = (1..=CONNECTIONS).map(|n| SocketAddr::from(([127, 0, 0, n], 0))).collect();
    let bound = |at: Vec<SocketAddr>| {
        // One far end brings it all here: it is known, and may have as many connections as are measured.
        let door =
            DoorSettings { trunks: vec![Net::parse("127.0.0.0/8").unwrap()], ..DoorSettings::default() };
        let all =
            WireSettings { door, most_per_source: 2 * usize::from(CONNECTIONS), ..WireSettings::default() };
        match transport {
            Transport::Tls => WireSettings { tls_at: at, tls: Some(tls.clone()), ..all },
            _ => WireSettings { tcp: at, ..all },
        }
    };
    let (tell, mut told) = mpsc::channel(256);
    let house = Wire::bind(bound(at), tell).unwrap();
    let (tell, _kept) = mpsc::channel(256);
    let far = Wire::bind(bound(vec![SocketAddr::from(([127, 0, 0, 1], 0))]), tell).unwrap();
    let flow = |to| Flow { name: Some(Arc::from(NAME)), ..far.flow_to(transport, to).unwrap() };

    let begun = cpu();
    for to in house.over(transport) {
        far.send(&flow(to), message());
        heard(&mut told).await;
    }
    let open = (cpu() - begun) / f64::from(CONNECTIONS);

    let to = flow(house.over(transport)[0]);
    let begun = cpu();
    for _ in 0..MESSAGES {
        far.send(&to, message());
        heard(&mut told).await;
    }
    ((cpu() - begun) / f64::from(MESSAGES), open)
}

async fn heard(told: &mut mpsc::Receiver<Inbound>) {
    while !matches!(told.recv().await.unwrap(), Inbound::Message { .. }) {}
}

fn message() -> Vec<u8> {
    let head =
        "OPTIONS sip:hotline SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nContent-Length: 500\r\n\r\n";
    let mut bytes = head.as_bytes().to_vec();
    bytes.resize(head.len() + 500, b'a');
    bytes
}

/// CPU time of this thread, microseconds.
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e3
}

/// A certificate of an authority of ours, trusted by both ends.
fn papers(folder: &TempDir) -> Tls {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let ours = CertificateParams::new(vec![NAME.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    Tls::load(&TlsSettings {
        certificate: Some(file("ours", ours.pem())),
        key: Some(file("key", key.serialize_pem())),
        ca: Some(file("ca", issuer.pem())),
        system: false,
        clients: ClientCertificates::None,
    })
    .unwrap()
}
