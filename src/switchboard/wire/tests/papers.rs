//! Certificates for the tests: an authority, what it signs, and what nobody should take.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType, date_time_ymd,
};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::tls::{ClientCertificates, Tls, TlsSettings};

/// An authority with a folder for what it signs.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let this = Self { issuer, folder: TempDir::new().unwrap() };
        fs::write(this.path("ca"), this.issuer.pem()).unwrap();
        this
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Signs a certificate for these names, changed at will.
    pub fn sign_so(&self, file: &str, names: &[&str], change: impl FnOnce(&mut CertificateParams)) {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "common.name.counts.for.nothing");
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(self.path(file), certificate.pem()).unwrap();
        fs::write(self.path(&format!("{file}.key")), key.serialize_pem()).unwrap();
    }

    pub fn sign(&self, file: &str, names: &[&str]) {
        self.sign_so(file, names, |_| {});
    }

    /// What a house needs that shows this certificate and trusts this authority alone.
    pub fn settings(&self, file: &str) -> TlsSettings {
        TlsSettings {
            certificate: Some(self.path(file)),
            key: Some(self.path(&format!("{file}.key"))),
            ca: Some(self.path("ca")),
            system: false,
            clients: ClientCertificates::None,
        }
    }

    /// The same with a fresh certificate for these names.
    pub fn tls(&self, file: &str, names: &[&str]) -> Tls {
        self.sign(file, names);
        Tls::load(&self.settings(file)).unwrap()
    }

    /// One that trusts this authority and shows nothing.
    pub fn stranger(&self) -> Tls {
        let settings = TlsSettings { certificate: None, key: None, ..self.settings("none") };
        Tls::load(&settings).unwrap()
    }
}

/// Calls as one who knows nothing newer than TLS 1.2.
pub async fn connect_1_2(papers: &Authority, stream: TcpStream, name: &'static str) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(papers.issuer.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

/// A certificate whose time is over.
pub fn ended(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
}

/// A certificate whose name has a NUL inside: careless readers stop there and see the first half.
pub fn with_nul(params: &mut CertificateParams) {
    let name = Ia5String::try_from("sbc.example.org\0.evil.example".to_owned()).unwrap();
    params.subject_alt_names = vec![SanType::DnsName(name)];
}

/// A certificate for a SIP domain in URI form.
pub fn for_uri(uri: &str) -> impl FnOnce(&mut CertificateParams) {
    let uri = Ia5String::try_from(uri.to_owned()).unwrap();
    move |params| params.subject_alt_names.push(SanType::URI(uri))
}
