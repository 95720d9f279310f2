//! Reads certificates and keys from files, and makes of them what both directions of a handshake need.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, SignatureVerificationAlgorithm, UnixTime};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, ClientConfig, Error, RootCertStore, ServerConfig};

use super::far_end::FarEnd;
use super::{ClientCertificates, TlsError, TlsSettings};

/// Most certificates in one file; a bundle of all the world's authorities has some hundred.
const MOST_CERTIFICATES: usize = 1_000;
/// So long before its end a certificate is spoken of.
const SOON: Duration = Duration::from_secs(21 * 24 * 3_600);

/// What handshakes take.
pub(super) struct Loaded {
    /// `None`: we have no certificate, so nobody can call us.
    pub server: Option<Arc<ServerConfig>>,
    /// For browsers: the same certificate, none asked of them, HTTP/1.1.
    pub web: Option<Arc<ServerConfig>>,
    pub client: Arc<ClientConfig>,
    /// How `client` checks whom it calls.
    pub far_end: Arc<FarEnd>,
    own: Option<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

/// Our certificate with its chain, and its key.
struct Own {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

pub(super) fn load(settings: &TlsSettings) -> Result<Loaded, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let roots = Arc::new(roots(settings)?);
    let own = match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => Some((certificate, own(certificate, key)?)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(TlsError::Half),
    };
    let (server, web) = match &own {
        Some((path, own)) => {
            let phones = server(&provider, &roots, settings.clients, own).map_err(pair(path))?;
            let mut web = server(&provider, &roots, ClientCertificates::None, own).map_err(pair(path))?;
            web.alpn_protocols = vec![b"http/1.1".to_vec()];
            (Some(Arc::new(phones)), Some(Arc::new(web)))
        }
        None => (None, None),
    };
    let path = own.as_ref().map_or(Path::new(""), |(path, _)| path);
    let far_end = Arc::new(FarEnd { roots, algorithms: provider.signature_verification_algorithms });
    let shown = own.as_ref().map(|(_, own)| own);
    let client = Arc::new(client(&provider, far_end.clone(), shown).map_err(pair(path))?);
    let own = own.and_then(|(_, own)| own.chain.into_iter().next());
    Ok(Loaded { server, web, client, far_end, own, provider })
}

fn pair(path: &Path) -> impl FnOnce(Error) -> TlsError {
    move |why| TlsError::Pair { path: path.to_owned(), why }
}

fn own(certificate: &Path, key: &Path) -> Result<Own, TlsError> {
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(file(key, "private key"))?;
    Ok(Own { chain, key })
}

fn file(path: &Path, what: &'static str) -> impl Fn(pem::Error) -> TlsError {
    move |why| TlsError::File { path: path.to_owned(), what, why: why.to_string() }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fault = file(path, "certificate");
    let all = CertificateDer::pem_file_iter(path).map_err(&fault)?.take(MOST_CERTIFICATES);
    let all: Vec<_> = all.collect::<Result<_, _>>().map_err(&fault)?;
    if all.is_empty() { Err(fault(pem::Error::NoItemsFound)) } else { Ok(all) }
}

/// The authorities that we trust. One of the system's that can't be read is passed over; one of `ca` is a fault.
fn roots(settings: &TlsSettings) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let mut why = "the system's are not asked for".to_owned();
    if settings.system {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        why = found.errors.first().map_or("the system has none".to_owned(), ToString::to_string);
    }
    if let Some(path) = &settings.ca {
        for certificate in certificates(path)? {
            roots.add(certificate).map_err(|error| TlsError::File {
                path: path.clone(),
                what: "certificate of an authority",
                why: error.to_string(),
            })?;
        }
    }
    if roots.is_empty() && settings.clients != ClientCertificates::None {
        return Err(TlsError::Nobody(why));
    }
    Ok(roots)
}

fn server(
    provider: &Arc<CryptoProvider>,
    roots: &Arc<RootCertStore>,
    clients: ClientCertificates,
    own: &Own,
) -> Result<ServerConfig, Error> {
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let verifier = || WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
    let general = |error: rustls::server::VerifierBuilderError| Error::General(error.to_string());
    let builder = match clients {
        ClientCertificates::None => builder.with_no_client_auth(),
        ClientCertificates::Asked => {
            builder.with_client_cert_verifier(verifier().allow_unauthenticated().build().map_err(general)?)
        }
        ClientCertificates::Required => {
            builder.with_client_cert_verifier(verifier().build().map_err(general)?)
        }
    };
    builder.with_single_cert(own.chain.clone(), own.key.clone_key())
}

/// Whoever we call may ask for our certificate too.
fn client(
    provider: &Arc<CryptoProvider>,
    far_end: Arc<FarEnd>,
    own: Option<&Own>,
) -> Result<ClientConfig, Error> {
    // rustls calls any verifier but its own dangerous; ours differs in the names alone.
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(far_end);
    match own {
        Some(own) => builder.with_client_auth_cert(own.chain.clone(), own.key.clone_key()),
        None => Ok(builder.with_no_client_auth()),
    }
}

impl Loaded {
    /// Whether our certificate has ended or soon ends, in words.
    pub fn warning(&self, now: UnixTime) -> Option<String> {
        let soon = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()).saturating_add(SOON));
        match (self.validity(now), self.validity(soon)) {
            (Some(Dates::NotYet), _) => {
                Some("our TLS certificate is not valid yet: nobody takes it; is the clock right?".to_owned())
            }
            (Some(Dates::Ended(_)), _) => {
                Some("our TLS certificate has ended: nobody takes it; renew it".to_owned())
            }
            (None, Some(Dates::Ended(Some(end)))) => {
                let days = end.saturating_sub(now.as_secs()) / (24 * 3_600);
                Some(format!("our TLS certificate ends in {days} days; renew it, then SIGHUP"))
            }
            (None, Some(_)) => Some("our TLS certificate soon ends; renew it, then SIGHUP".to_owned()),
            (None, None) => None,
        }
    }

    /// What is wrong with our certificate's time at this moment.
    fn validity(&self, at: UnixTime) -> Option<Dates> {
        dates(self.own.as_ref()?, at, self.provider.signature_verification_algorithms.all)
    }
}

/// What is wrong with a certificate's time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dates {
    /// It does not hold yet.
    NotYet,
    /// It has ended; when, where that is told, seconds since 1970.
    Ended(Option<u64>),
}

/// What is wrong with a certificate's time at this moment. Its chain is not looked at: without any authority the verifier
/// still sees the dates first.
pub(super) fn dates(
    certificate: &CertificateDer<'_>,
    at: UnixTime,
    known: &[&dyn SignatureVerificationAlgorithm],
) -> Option<Dates> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let empty = RootCertStore::empty();
    match verify_server_cert_signed_by_trust_anchor(&parsed, &empty, &[], at, known) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Some(Dates::Ended(Some(not_after.as_secs())))
        }
        Err(Error::InvalidCertificate(CertificateError::Expired)) => Some(Dates::Ended(None)),
        Err(Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => Some(Dates::NotYet),
        Ok(()) | Err(_) => None,
    }
}
