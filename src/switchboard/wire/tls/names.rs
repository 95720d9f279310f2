//! Whom a certificate is for (RFC 5922 section 7): SIP domains in URI form if there are any, else DNS names.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error};
use webpki::EndEntityCert;

/// The SIP domains that this certificate vouches for, in lower case. A URI with a user names a person, not a domain, and a
/// name that is none (with a NUL inside, for instance) counts for nothing.
pub(super) fn of(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Vec::new() };
    let uris: Vec<String> = certificate.valid_uri_names().filter_map(domain).collect();
    if !uris.is_empty() {
        return uris;
    }
    certificate.valid_dns_names().map(str::to_ascii_lowercase).collect()
}

/// `sip:example.org` without user, port and parameters.
fn domain(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    let sip = scheme.eq_ignore_ascii_case("sip");
    let plain =
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    (sip && plain).then(|| rest.to_ascii_lowercase())
}

/// Whether a certificate is for this name.
///
/// Section 7.2 takes no wildcards, but carriers use them, and who holds `*.example.org` speaks for `sbc.example.org`: a
/// wildcard counts where we call a server by its DNS name, never where somebody who calls us is to be recognised.
pub(super) fn check(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let parsed = EndEntityCert::try_from(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let uris: Vec<String> = parsed.valid_uri_names().filter_map(domain).collect();
    let good = match name {
        ServerName::DnsName(dns) if !uris.is_empty() => {
            uris.iter().any(|uri| uri.eq_ignore_ascii_case(dns.as_ref()))
        }
        name => parsed.verify_is_valid_for_subject_name(name).is_ok(),
    };
    if good {
        return Ok(());
    }
    let presented = uris.into_iter().chain(parsed.valid_dns_names().map(str::to_owned)).collect();
    Err(CertificateError::NotValidForNameContext { expected: name.to_owned(), presented }.into())
}

#[cfg(test)]
mod tests {
    use super::domain;

    #[test]
    fn a_domain_stands_alone_in_its_uri() {
        assert_eq!(domain("SIP:Example.ORG").as_deref(), Some("example.org"));
        for other in
            ["sips:example.org", "sip:alice@example.org", "sip:", "sip:a;b=c", "sip:a\0.b", "http://a", "a"]
        {
            assert_eq!(domain(other), None, "{other}");
        }
    }
}
