//! TLS as a client: the system's authorities, and the house's own.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::CourierError;

/// Most certificates that are read of `ca`.
const MOST_CERTIFICATES: usize = 1_000;

/// Makes connections secret. Clones share it.
#[derive(Clone)]
pub(crate) struct Tls(TlsConnector);

impl Tls {
    /// With the authorities of the system and those of this file.
    pub(crate) fn new(ca: Option<&Path>) -> Result<Self, CourierError> {
        let mut roots = RootCertStore::empty();
        // One of the system's that can't be read is passed over; whoever is signed by it is not believed then.
        for certificate in rustls_native_certs::load_native_certs().certs {
            let _ = roots.add(certificate);
        }
        if let Some(path) = ca {
            let fault = |why: String| CourierError::Authorities { path: path.to_owned(), why };
            let all = CertificateDer::pem_file_iter(path).map_err(|e| fault(e.to_string()))?;
            for certificate in all.take(MOST_CERTIFICATES) {
                let certificate = certificate.map_err(|e| fault(e.to_string()))?;
                roots.add(certificate).map_err(|e| fault(e.to_string()))?;
            }
        }
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| CourierError::Tls(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    pub(crate) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, CourierError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|e| CourierError::Connect(e.to_string()))?;
        self.0.connect(name, stream).await.map_err(|e| CourierError::Connect(e.to_string()))
    }
}
