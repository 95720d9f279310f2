//! Looks at the TLS of one whom we call, for an admin: a handshake that goes through whatever the certificate is like, and what
//! our usual check says of it. Nothing is sent over it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use webpki::EndEntityCert;

use super::far_end::FarEnd;
use super::load::{Dates, dates};
use super::{Fault, Tls, fault, names, server_name};

/// How long the handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// In TLS 1.3 the far end says only after the handshake that it wants another certificate of ours; it has so long for it.
const OBJECTION: Duration = Duration::from_millis(500);
/// Names of a certificate that are told. Further ones are left out.
const MOST_NAMES: usize = 16;

/// After the last moment that a certificate can name, the end of the year 9999, seconds since 1970.
const AFTER_ALL: Duration = Duration::from_secs(253_402_300_800);

/// What is wrong with a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// It has ended.
    Ended,
    /// It does not hold yet.
    NotYet,
    /// No authority that we trust vouches for it.
    Issuer,
    /// It is for another name.
    Name,
    /// It is not for servers.
    Purpose,
    /// Anything else, in the library's words.
    Other(String),
}

/// The certificate that the far end showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// Domains that it is for, by RFC 5922; at most 16.
    pub names: Vec<String>,
    /// Who issued it: its common name, else its organisation; empty when it has neither.
    pub issuer: String,
    /// It vouches for itself.
    pub own: bool,
    /// Until when it holds, seconds since 1970; where it could be read.
    pub until: Option<u64>,
    /// Why it is not taken.
    pub flaw: Option<Flaw>,
}

/// What was seen of the far end's TLS.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Seen {
    /// `TLS 1.3`; `None`: the handshake was not finished.
    pub version: Option<&'static str>,
    /// Its certificate, once it was shown.
    pub certificate: Option<Certificate>,
    /// It asks for a certificate of ours.
    pub asks: bool,
    /// We have one to show.
    pub shown: bool,
    /// Why the handshake came to nothing, or what was objected to after it.
    pub objection: Option<String>,
}

impl Tls {
    /// Shakes hands on this connection as usual, and tells what was seen. `name` is what the certificate should be for; `None`:
    /// the address.
    pub async fn look(&self, stream: TcpStream, name: Option<&str>) -> Seen {
        let (mut config, far_end) = self.read(|loaded| ((*loaded.client).clone(), loaded.far_end.clone()));
        let verifier = Arc::new(Lenient { far_end, seen: Mutex::default() });
        let asked =
            Arc::new(Asked { own: config.client_auth_cert_resolver.clone(), asked: Mutex::new(false) });
        config.dangerous().set_certificate_verifier(verifier.clone());
        config.client_auth_cert_resolver = asked.clone();
        let mut seen = Seen { shown: asked.own.has_certs(), ..Seen::default() };
        let shake = async {
            let name = server_name(&stream, name)?;
            TlsConnector::from(Arc::new(config)).connect(name, stream).await
        };
        match tokio::time::timeout(HANDSHAKE, shake).await {
            Ok(Ok(mut stream)) => {
                seen.version = stream.get_ref().1.protocol_version().map(version);
                let mut byte = [0];
                let read = tokio::time::timeout(OBJECTION, stream.read(&mut byte)).await;
                seen.objection = read.ok().and_then(Result::err).map(|error| fault(&error).1);
            }
            Ok(Err(error)) => seen.objection = Some(words(&error)),
            Err(_) => seen.objection = Some("it does not finish the TLS handshake: no TLS there?".to_owned()),
        }
        seen.certificate = verifier.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        seen.asks = *asked.asked.lock().unwrap_or_else(PoisonError::into_inner);
        seen
    }
}

fn words(error: &io::Error) -> String {
    let (Fault::Certificate | Fault::Other, words) = fault(error);
    words
}

fn version(version: rustls::ProtocolVersion) -> &'static str {
    match version {
        rustls::ProtocolVersion::TLSv1_2 => "TLS 1.2",
        rustls::ProtocolVersion::TLSv1_3 => "TLS 1.3",
        _ => "TLS",
    }
}

/// Takes every certificate, and notes what the usual check says.
#[derive(Debug)]
struct Lenient {
    far_end: Arc<FarEnd>,
    seen: Mutex<Option<Certificate>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let checked = self.far_end.verify_server_cert(certificate, between, name, ocsp, now);
        let parsed = EndEntityCert::try_from(certificate).map_err(|_| CertificateError::BadEncoding)?;
        let seen = Certificate {
            names: names::of(certificate).into_iter().take(MOST_NAMES).collect(),
            issuer: issuer(parsed.issuer()),
            own: parsed.issuer() == parsed.subject(),
            until: until(certificate, &self.far_end),
            flaw: checked.err().map(flaw),
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.far_end.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.far_end.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.far_end.supported_verify_schemes()
    }
}

/// Notes whether a certificate of ours was asked for.
#[derive(Debug)]
struct Asked {
    own: Arc<dyn ResolvesClientCert>,
    asked: Mutex<bool>,
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.own.resolve(hints, schemes)
    }

    fn has_certs(&self) -> bool {
        // Asked for also where there is nothing to show.
        true
    }
}

fn flaw(error: Error) -> Flaw {
    let Error::InvalidCertificate(why) = error else { return Flaw::Other(error.to_string()) };
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Flaw::Ended,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Flaw::NotYet,
        // The chain alone was looked at: somebody else signed it than the authority of that name that we trust.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Flaw::Issuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Flaw::Name,
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Flaw::Purpose,
        other => Flaw::Other(other.to_string()),
    }
}

/// The end of a certificate: what the check says of it in a far future.
fn until(certificate: &CertificateDer<'_>, far_end: &FarEnd) -> Option<u64> {
    let doomsday = UnixTime::since_unix_epoch(AFTER_ALL);
    match dates(certificate, doomsday, far_end.algorithms.all) {
        Some(Dates::Ended(Some(at))) => Some(at),
        Some(Dates::Ended(None) | Dates::NotYet) | None => None,
    }
}

/// The common name in a distinguished name (RFC 5280 section 4.1.2.4), else the organisation; what is no text is passed over.
fn issuer(name: &[u8]) -> String {
    let value = |oid: &[u8]| {
        let at = name.windows(oid.len()).position(|part| part == oid)?;
        let rest = name.get(at.checked_add(oid.len())?..)?;
        let length = usize::from(*rest.get(1)?);
        // The short form of lengths; names are not longer.
        let text = rest.get(2..length.checked_add(2)?).filter(|_| length < 128)?;
        let text: String = std::str::from_utf8(text).ok()?.chars().filter(|c| !c.is_control()).collect();
        (!text.is_empty()).then_some(text)
    };
    const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
    const ORGANISATION: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x0a];
    value(COMMON_NAME).or_else(|| value(ORGANISATION)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::issuer;

    #[test]
    fn an_issuer_is_told_by_its_common_name() {
        let named = b"\x30\x13\x31\x11\x30\x0f\x06\x03\x55\x04\x03\x0c\x08Test CA\n";
        assert_eq!(issuer(named), "Test CA");
        assert_eq!(issuer(b"\x06\x03\x55\x04\x0a\x0c\x03ABC"), "ABC");
        assert_eq!(issuer(b"\x06\x03\x55\x04\x03\x0c\x7fshort"), "");
        assert_eq!(issuer(b""), "");
    }
}
