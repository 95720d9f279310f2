//! The SIP sockets from the checked configuration's terms to the switchboard's: addresses, certificates, origins.

use std::io;

use config::settings::{ClientCertificates, Settings, Transport};
use switchboard::wire::tls::{self, Tls, TlsError, TlsSettings};
use switchboard::wire::{Origins, WireSettings};

/// Reads certificates, keys and authorities, on a thread that may wait.
///
/// # Errors
/// A file that is not what it should be; or the thread.
pub(crate) async fn keys(settings: &Settings) -> Result<Tls, crate::start::StartError> {
    let files = files(settings);
    let tls = tokio::task::spawn_blocking(move || Tls::load(&files)).await.map_err(io::Error::other)??;
    warn(&tls);
    Ok(tls)
}

/// Reads them again, for handshakes from now on.
///
/// # Errors
/// As [`keys`]; those before stay in use.
pub(crate) async fn renew(keys: &Tls, settings: &Settings) -> Result<(), crate::start::StartError> {
    let (files, held) = (files(settings), keys.clone());
    tokio::task::spawn_blocking(move || held.reload(&files)).await.map_err(io::Error::other)??;
    warn(keys);
    Ok(())
}

fn warn(tls: &Tls) {
    if let Some(why) = tls.warning() {
        tracing::warn!(why, "TLS");
    }
}

/// For `hotline check`: what an admin should know of the files.
///
/// # Errors
/// [`TlsError`].
pub(crate) fn check(settings: &Settings) -> Result<Option<String>, TlsError> {
    Tls::load(&files(settings)).map(|tls| tls.warning())
}

/// The system's authorities are read only where TLS may be spoken: there are many.
fn files(settings: &Settings) -> TlsSettings {
    let ours = &settings.sip.encrypted;
    let outside = settings.trunks.iter().filter_map(|t| t.proxy.as_ref());
    let may = |proxy: &config::settings::Proxy| match proxy.transport {
        Some(Transport::Udp | Transport::Tcp) => proxy.sips,
        Some(Transport::Tls) | None => true,
    };
    TlsSettings {
        certificate: ours.certificate.clone(),
        key: ours.key.clone(),
        ca: ours.ca.clone(),
        system: ours.certificate.is_some() || outside.into_iter().any(may),
        clients: match ours.clients {
            ClientCertificates::None => tls::ClientCertificates::None,
            ClientCertificates::Asked => tls::ClientCertificates::Asked,
            ClientCertificates::Required => tls::ClientCertificates::Required,
        },
    }
}

/// Where to listen.
pub(crate) fn wire(settings: &Settings, keys: Tls) -> WireSettings {
    let sip = &settings.sip;
    let ours = sip.encrypted.clone();
    WireSettings {
        udp: sip.udp.clone(),
        tcp: sip.tcp.clone(),
        tls_at: ours.tls,
        ws: ours.ws,
        wss: ours.wss,
        tls: Some(keys),
        origins: Origins { listed: ours.origins, absent: ours.origin_absent },
        ..WireSettings::default()
    }
}
