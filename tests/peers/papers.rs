//! Certificates for TLS peers: an authority of a test's own, and what it signs, as PEM files.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::folder::edit;

/// An authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes its own certificate: who trusts this file trusts it.
    pub fn ca(&self, folder: &Path) -> PathBuf {
        let file = folder.join("ca.pem");
        fs::write(&file, self.0.pem()).unwrap();
        file
    }

    /// Writes a house's own certificate into a folder, and has it listen for TLS with it and trust this authority.
    pub fn for_house(&self, config: &Path) {
        let papers = config.parent().unwrap().join("papers");
        fs::create_dir_all(&papers).unwrap();
        self.sign(&papers, &["127.0.0.1", "hotline"]);
        let file = |key: &str, file: &str| format!("{key} = {:?}", papers.join(file));
        self.trusted(config);
        edit(
            &config.join("hotline.toml"),
            &[
                ("tls = []", "tls = [\"127.0.0.1:0\"]"),
                ("# certificate = \"data/tls/certificate.pem\"", &file("certificate", "certificate.pem")),
                ("# key = \"data/tls/key.pem\"", &file("key", "key.pem")),
            ],
        );
    }

    /// Has a house trust this authority.
    pub fn trusted(&self, config: &Path) {
        let ca = self.ca(config.parent().unwrap());
        edit(&config.join("hotline.toml"), &[("# ca = \"data/tls/ca.pem\"", &format!("ca = {ca:?}"))]);
    }

    /// Shakes hands with a server that must show a certificate of this authority for this machine.
    pub fn vouches_for(&self, server: SocketAddr) -> io::Result<()> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = TcpStream::connect(server)?;
        while client.is_handshaking() {
            client.complete_io(&mut stream)?;
        }
        Ok(())
    }

    /// Writes a certificate for these names and addresses, `certificate.pem` and `key.pem`.
    pub fn sign(&self, folder: &Path, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "sip");
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        fs::write(folder.join("certificate.pem"), certificate.pem()).unwrap();
        let secret = folder.join("key.pem");
        fs::write(&secret, key.serialize_pem()).unwrap();
        fs::set_permissions(secret, fs::Permissions::from_mode(0o600)).unwrap();
    }
}
