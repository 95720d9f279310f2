//! TLS: our certificate and whom we trust, both exchanged while calls go on; the handshake in both directions.

mod far_end;
mod load;
mod names;
mod probe;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, Error, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use load::Loaded;
pub use probe::{Certificate, Flaw, Seen};

/// Whether those who open a connection to us must show a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum ClientCertificates {
    /// They are not asked: phones prove themselves by digest.
    #[default]
    None,
    /// They are asked. Who shows none is taken all the same; who shows one that nobody vouches for is not.
    Asked,
    /// Without a certificate that somebody vouches for there is no connection.
    Required,
}

/// The files of TLS, and whom to trust.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct TlsSettings {
    /// Our certificate, PEM, with those between it and the root behind it. `None`: we open connections, but can't be
    /// called over TLS.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// Certificates of authorities that are trusted beside those of the system, PEM.
    pub ca: Option<PathBuf>,
    /// Whether the system's authorities are trusted.
    pub system: bool,
    /// What those who connect must show.
    pub clients: ClientCertificates,
}

/// Why TLS can't be had; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read, or holds no PEM of that kind.
    #[error("{}: no {what} can be read from it ({why}); put one there in PEM, readable by this program", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
        /// Why it is not.
        why: String,
    },
    /// Certificate and key are no pair, or of a kind that is not known.
    #[error("{} can't be used with its key ({why}); give certificate and key of one pair, ECDSA, Ed25519 or RSA from 2048 bits", .path.display())]
    Pair {
        /// The certificate.
        path: PathBuf,
        /// What is wrong.
        why: Error,
    },
    /// Nobody to trust.
    #[error(
        "no authority is trusted: neither the system has certificates of authorities (Debian: ca-certificates) nor does `ca` name some ({0})"
    )]
    Nobody(String),
    /// A certificate without key, or a key without certificate.
    #[error("certificate and key are needed together: name both, or neither")]
    Half,
}

/// The keys of TLS, shared by all who shake hands. Cloning shares it; [`Tls::reload`] exchanges what is in it, and connections
/// that stand keep what they have.
#[derive(Clone)]
pub struct Tls(Arc<RwLock<Loaded>>);

impl Tls {
    /// Reads all files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn load(settings: &TlsSettings) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(RwLock::new(load::load(settings)?))))
    }

    /// Reads the files again, for all handshakes from now on.
    ///
    /// # Errors
    /// [`TlsError`]; everything stays as it was.
    pub fn reload(&self, settings: &TlsSettings) -> Result<(), TlsError> {
        let loaded = load::load(settings)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }

    /// What an admin should know of our certificate, in words: that it has ended, or soon ends.
    pub fn warning(&self) -> Option<String> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.read(|loaded| loaded.warning(UnixTime::since_unix_epoch(since)))
    }

    fn read<T>(&self, what: impl FnOnce(&Loaded) -> T) -> T {
        what(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn server(&self) -> Option<Arc<ServerConfig>> {
        self.read(|loaded| loaded.server.clone())
    }

    fn client(&self) -> Arc<ClientConfig> {
        self.read(|loaded| loaded.client.clone())
    }

    /// Whether others can call us over TLS.
    pub(super) fn listens(&self) -> bool {
        self.server().is_some()
    }

    /// Shakes hands with a browser that connected: our certificate as it is now, none asked of it. The caller sets the
    /// time limit.
    ///
    /// # Errors
    /// The connection's, or there is no certificate.
    pub async fn serve(
        &self,
        stream: TcpStream,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + Send + use<>> {
        let config = self.read(|loaded| loaded.web.clone()).ok_or(io::ErrorKind::Unsupported)?;
        TlsAcceptor::from(config).accept(stream).await
    }

    /// Shakes hands with one who connected; the names that its certificate vouches for, none when it showed none.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
    ) -> io::Result<(server::TlsStream<TcpStream>, Vec<String>)> {
        let config = self.server().ok_or(io::ErrorKind::Unsupported)?;
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        let names = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let names = names.map(names::of).unwrap_or_default();
        Ok((stream, names))
    }

    /// Shakes hands with one whom we called, whose certificate must be for this name, or for its address when it has none.
    pub(super) async fn connect(
        &self,
        stream: TcpStream,
        name: Option<&str>,
    ) -> io::Result<client::TlsStream<TcpStream>> {
        let name = server_name(&stream, name)?;
        TlsConnector::from(self.client()).connect(name, stream).await
    }
}

impl fmt::Debug for Tls {
    /// No keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls(listens: {})", self.listens())
    }
}

/// Whom the certificate must be for: this name, or the address where there is none.
fn server_name(stream: &TcpStream, name: Option<&str>) -> io::Result<ServerName<'static>> {
    match name {
        Some(name) => ServerName::try_from(name.to_owned()).map_err(io::Error::other),
        None => Ok(ServerName::from(stream.peer_addr()?.ip())),
    }
}

/// Why a handshake came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// The far end's certificate is not good enough.
    Certificate,
    /// Anything else.
    Other,
}

/// What went wrong, and in words that an admin can act on.
pub(super) fn fault(error: &io::Error) -> (Fault, String) {
    let Some(inner) = error.get_ref().and_then(|e| e.downcast_ref::<Error>()) else {
        return (Fault::Other, format!("the connection broke during the TLS handshake ({error})"));
    };
    match inner {
        Error::InvalidCertificate(why) => (Fault::Certificate, certificate(why)),
        Error::NoCertificatesPresented => (
            Fault::Certificate,
            "it shows no certificate, but client_certificates is \"required\"".to_owned(),
        ),
        Error::AlertReceived(alert) => {
            let words = format!(
                "it refuses us by a TLS alert ({alert:?}): ask there what it wants, often our certificate"
            );
            (Fault::Other, words)
        }
        Error::PeerIncompatible(why) => {
            (Fault::Other, format!("it speaks no TLS that we take, 1.2 and 1.3 ({why:?})"))
        }
        other => (Fault::Other, format!("what it says is no TLS ({other})")),
    }
}

fn certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has ended: it must be renewed there, or a clock is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet: a clock is wrong, here or there".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "no authority that we trust vouches for its certificate: put its authority into the file `ca`"
                .to_owned()
        }
        CertificateError::NotValidForName => "its certificate names nobody".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let (expected, presented) = (expected.to_str(), presented.join(", "));
            format!("its certificate is not for {expected}; it names: {presented}")
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "its certificate is for another purpose: it lacks serverAuth, or clientAuth where it calls us"
                .to_owned()
        }
        CertificateError::BadSignature => {
            "its certificate or handshake is not signed as it should be".to_owned()
        }
        other => format!("its certificate is not taken ({other})"),
    }
}
