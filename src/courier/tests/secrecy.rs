//! TLS: who is signed by an authority that we know is believed, nobody else. And what never shows.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::receiver::{Receiver, Reply};
use super::{House, SECRET, SOURCE, hook, round};
use crate::hook::{Round, Server};
use crate::tls::Tls;
use crate::{CourierError, Setup, Sms};

#[tokio::test]
async fn an_authority_of_the_house_is_believed_and_a_stranger_is_not() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let receiver = Receiver::over(&[Reply::Status(200)], Some(TlsAcceptor::from(Arc::new(config)))).await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let mut house = House::new().await;
    house.store.subscriber("a").await.unwrap();
    house.happen(1).await;
    let hook = hook("a", &format!("https://localhost:{}/", receiver.at.port()), &[]);
    let setup = Setup { source: SOURCE.to_owned(), ..Setup::default() };
    let server = |tls| Server::new(&setup, &hook, tls, house.store.clone(), house.now()).unwrap();
    let Round::Until(at) = round(&mut server(Tls::new(None).unwrap())).await else {
        panic!("a stranger was believed")
    };
    assert!(receiver.came().is_empty());
    house.later(at - house.at());
    assert_eq!(round(&mut server(Tls::new(Some(&ca)).unwrap())).await, Round::More);
    assert_eq!(receiver.ids(), ["event-1"]);
    std::fs::write(&ca, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert!(matches!(Tls::new(Some(&ca)), Err(CourierError::Authorities { .. })));
}

#[test]
fn secrets_do_not_show() {
    let sms = Sms {
        url: "https://a/".to_owned(),
        form: papers::message::Form::Json,
        body: String::new(),
        authorization: None,
        secret: "geheim".to_owned(),
        sender: String::new(),
        changed: true,
        result: true,
    };
    let setup = Setup { hooks: vec![hook("a", "https://a/", &[])], sms: Some(sms), ..Setup::default() };
    let shown = format!("{setup:?}");
    assert!(!shown.contains(SECRET) && !shown.contains("geheim"), "{shown}");
}
