//! What an admin is told of a far end's TLS: certificates good and bad, and whether ours is wanted.

use tokio::net::TcpStream;

use super::super::tls::{ClientCertificates, Flaw, Seen, Tls};
use super::papers::{Authority, ended};
use super::{House, loopback, within};
use sip::Transport;

async fn look(shown: &Tls, by: &Tls, name: &str) -> Seen {
    let house = House::new(|s| {
        (s.udp, s.tcp, s.tls_at) = (vec![], vec![], vec![loopback()]);
        s.tls = Some(shown.clone());
    });
    let at = house.wire.over(Transport::Tls)[0];
    let stream = within(TcpStream::connect(at)).await.unwrap();
    within(by.look(stream, Some(name))).await
}

#[tokio::test]
async fn a_good_certificate_is_told_with_its_names_issuer_and_end() {
    let papers = Authority::new();
    let seen = look(&papers.tls("sbc", &["sbc.example.org"]), &papers.stranger(), "sbc.example.org").await;
    let certificate = seen.certificate.unwrap();
    assert_eq!((seen.version, seen.asks, seen.shown, seen.objection), (Some("TLS 1.3"), false, false, None));
    assert_eq!(certificate.names, ["sbc.example.org"]);
    assert_eq!((certificate.issuer.as_str(), certificate.own), ("authority of a test", false));
    assert_eq!(certificate.flaw, None);
    assert!(certificate.until.is_some_and(|end| end > 1_900_000_000), "{:?}", certificate.until);
}

#[tokio::test]
async fn a_bad_certificate_is_told_with_its_flaw() {
    let (papers, others) = (Authority::new(), Authority::new());
    papers.sign_so("ended", &["sbc.example.org"], ended);
    let over = Tls::load(&papers.settings("ended")).unwrap();
    let good = papers.tls("good", &["sbc.example.org"]);
    for (shown, by, name, flaw) in [
        (&over, &papers, "sbc.example.org", Flaw::Ended),
        (&good, &papers, "sip.example.org", Flaw::Name),
        (&good, &others, "sbc.example.org", Flaw::Issuer),
    ] {
        let seen = look(shown, &by.stranger(), name).await;
        assert_eq!(seen.certificate.and_then(|c| c.flaw), Some(flaw));
    }
}

#[tokio::test]
async fn whoever_wants_our_certificate_is_told_so() {
    let papers = Authority::new();
    papers.sign("sbc", &["sbc.example.org"]);
    let mut settings = papers.settings("sbc");
    settings.clients = ClientCertificates::Required;
    let shown = Tls::load(&settings).unwrap();
    let without = look(&shown, &papers.stranger(), "sbc.example.org").await;
    assert!(without.asks && !without.shown, "{without:?}");
    assert!(without.objection.as_ref().is_some_and(|why| why.contains("alert")), "{without:?}");
    let with = look(&shown, &papers.tls("ours", &["house.example.org"]), "sbc.example.org").await;
    assert!(with.asks && with.shown && with.objection.is_none(), "{with:?}");
}

#[tokio::test]
async fn no_tls_at_all_is_told() {
    let papers = Authority::new();
    let house = House::new(|_| {});
    let stream = within(TcpStream::connect(house.wire.over(Transport::Tcp)[0])).await.unwrap();
    let seen = within(papers.stranger().look(stream, Some("sbc.example.org"))).await;
    assert!(seen.certificate.is_none() && seen.version.is_none());
    assert!(seen.objection.is_some());
}
