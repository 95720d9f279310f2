//! TLS on loopback: both directions, names, certificates that nobody should take, and new ones without a pause.

use std::net::SocketAddr;
use std::sync::Arc;

use sip::{Flow, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::tls::{ClientCertificates, Tls, TlsError, TlsSettings};
use super::super::{Inbound, WireError};
use super::papers::{Authority, connect_1_2, ended, for_uri, with_nul};
use super::{House, SHORT, loopback, options, read_to_end, within};

/// A house that listens on TLS alone, with this certificate.
fn house(tls: &Tls) -> House {
    House::new(|s| {
        (s.udp, s.tcp, s.tls_at) = (vec![], vec![], vec![loopback()]);
        s.tls = Some(tls.clone());
    })
}

fn at(house: &House) -> SocketAddr {
    house.wire.over(Transport::Tls)[0]
}

/// The way to somebody whose certificate must be for this name.
fn to(house: &House, far: SocketAddr, name: &str) -> Flow {
    Flow { name: Some(Arc::from(name)), ..house.wire.flow_to(Transport::Tls, far).unwrap() }
}

async fn write(stream: &mut (impl AsyncWriteExt + Unpin), bytes: &[u8]) {
    within(stream.write_all(bytes)).await.unwrap();
    within(stream.flush()).await.unwrap();
}

async fn read(stream: &mut (impl AsyncReadExt + Unpin), length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    within(stream.read_exact(&mut bytes)).await.unwrap();
    bytes
}

async fn connected(house: &mut House) -> (u64, Vec<String>) {
    match house.next().await {
        Inbound::Connected { id, names } => (id, names),
        other => panic!("not connected: {other:?}"),
    }
}

#[tokio::test]
async fn two_houses_talk_over_one_connection_and_know_each_other_by_name() {
    let papers = Authority::new();
    papers.sign("a", &["a.example.org"]);
    let asked = TlsSettings { clients: ClientCertificates::Asked, ..papers.settings("a") };
    let mut a = house(&Tls::load(&asked).unwrap());
    let mut b = house(&papers.tls("b", &["b.example.org", "B2.example.org"]));
    let out = to(&b, at(&a), "A.example.org");
    b.wire.send(&out, options(1, 0));
    let (b_id, names) = connected(&mut b).await;
    assert_eq!(names, ["a.example.org"], "whom we called");
    let (a_id, names) = connected(&mut a).await;
    assert_eq!(names, ["b.example.org", "b2.example.org"], "who called");
    let (back, bytes) = a.message().await;
    assert_eq!((bytes, back.id, back.transport, back.local), (options(1, 0), a_id, Transport::Tls, at(&a)));
    a.wire.send(&back, options(2, 20_000));
    let (flow, bytes) = b.message().await;
    assert_eq!((bytes, flow.id, flow.name.as_deref()), (options(2, 20_000), b_id, Some("A.example.org")));
    b.wire.send(&out, options(3, 0));
    assert_eq!(a.message().await.1, options(3, 0));
    assert_eq!(b.wire.counts().opened, 1, "one connection for all");
    let other = to(&b, at(&a), "elsewhere.example.org");
    b.wire.send(&other, options(4, 0));
    assert_eq!(b.failed().await, other, "another name is another far end, and here nobody's");
}

#[tokio::test]
async fn tls_1_2_is_spoken_and_older_or_no_tls_is_not() {
    let papers = Authority::new();
    let mut house = house(&papers.tls("a", &["a.example.org"]));
    let stream = within(TcpStream::connect(at(&house))).await.unwrap();
    let mut phone = within(connect_1_2(&papers, stream, "a.example.org")).await;
    write(&mut phone, &options(1, 0)).await;
    let (flow, _) = house.message().await;
    house.wire.send(&flow, b"answer".to_vec());
    assert_eq!(read(&mut phone, 6).await, b"answer");
    for hello in
        [&b"OPTIONS sip:a SIP/2.0\r\n\r\n"[..], b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", &[0; 300]]
    {
        let mut other = within(TcpStream::connect(at(&house))).await.unwrap();
        write(&mut other, hello).await;
        other.shutdown().await.unwrap();
        read_to_end(&mut other).await;
        house.closed().await;
    }
    assert_eq!(house.wire.counts().handshakes_failed, 3);
}

#[tokio::test]
async fn certificates_that_nobody_should_take_are_refused_by_who_calls() {
    let papers = Authority::new();
    let mut caller = house(&papers.tls("caller", &["caller.example.org"]));
    papers.sign_so("ended", &["sbc.example.org"], ended);
    papers.sign_so("nul", &[], with_nul);
    papers.sign("wrong", &["sbc.example.com"]);
    papers.sign_so("uri", &["sbc.example.org"], for_uri("sip:other.example.org"));
    papers.sign_so("user", &[], for_uri("sip:sbc.example.org@evil.example"));
    let strange = Authority::new();
    strange.sign("strange", &["sbc.example.org"]);
    let mut refused = 0;
    for (papers, file) in [
        (&papers, "ended"),
        (&papers, "nul"),
        (&papers, "wrong"),
        (&papers, "uri"),
        (&papers, "user"),
        (&strange, "strange"),
    ] {
        let carrier = house(&Tls::load(&papers.settings(file)).unwrap());
        let out = to(&caller, at(&carrier), "sbc.example.org");
        caller.wire.send(&out, options(1, 0));
        assert_eq!(caller.failed().await, out, "{file}");
        refused += 1;
        let counts = caller.until("forgotten", |c| c.connections == 0).await;
        assert_eq!((counts.refused_certificate, counts.opened), (refused, 0), "{file}");
    }
}

#[tokio::test]
async fn a_name_may_be_a_sip_uri_a_wildcard_or_an_address() {
    let papers = Authority::new();
    let mut caller = house(&papers.tls("caller", &["caller.example.org"]));
    papers.sign_so("uri", &["other.example.org"], for_uri("sip:sbc.example.org"));
    papers.sign("star", &["*.example.org"]);
    papers.sign("ip", &["127.0.0.1"]);
    let mut carriers = Vec::new();
    for (file, name) in [("uri", Some("sbc.example.org")), ("star", Some("sbc.example.org")), ("ip", None)] {
        let mut carrier = house(&Tls::load(&papers.settings(file)).unwrap());
        let out = Flow { name: name.map(Arc::from), ..to(&caller, at(&carrier), "") };
        caller.wire.send(&out, options(1, 0));
        assert_eq!(carrier.message().await.1, options(1, 0), "{file}");
        if name.is_some() {
            connected(&mut caller).await;
        }
        carriers.push(carrier);
    }
}

#[tokio::test]
async fn who_must_show_a_certificate_and_shows_a_bad_one_or_none_does_not_come_in() {
    let papers = Authority::new();
    papers.sign("a", &["a.example.org"]);
    let tls =
        Tls::load(&TlsSettings { clients: ClientCertificates::Required, ..papers.settings("a") }).unwrap();
    let mut house = house(&tls);
    papers.sign_so("ended", &["b.example.org"], ended);
    let strange = Authority::new();
    strange.sign("strange", &["b.example.org"]);
    let stranger = TlsSettings { ca: papers.settings("a").ca, ..strange.settings("strange") };
    let bad =
        [Tls::load(&papers.settings("ended")).unwrap(), Tls::load(&stranger).unwrap(), papers.stranger()];
    for tls in bad {
        let stream = within(TcpStream::connect(at(&house))).await.unwrap();
        // In TLS 1.3 who calls learns of the refusal only when it reads.
        if let Ok(mut stream) = within(tls.connect(stream, Some("a.example.org"))).await {
            let _ = within(stream.write_all(&options(1, 0))).await;
            let mut rest = Vec::new();
            assert!(within(stream.read_to_end(&mut rest)).await.is_err() && rest.is_empty());
        }
        house.closed().await;
    }
    assert_eq!(house.wire.counts().refused_certificate, 3);
    let good = papers.tls("good", &["b.example.org"]);
    let stream = within(TcpStream::connect(at(&house))).await.unwrap();
    let mut stream = within(good.connect(stream, Some("a.example.org"))).await.unwrap();
    write(&mut stream, &options(1, 0)).await;
    assert_eq!(connected(&mut house).await.1, ["b.example.org"]);
    house.message().await;
}

#[tokio::test]
async fn another_certificate_is_shown_from_now_on_and_no_connection_falls() {
    let papers = Authority::new();
    let tls = papers.tls("a", &["old.example.org"]);
    let mut house = house(&tls);
    let stranger = papers.stranger();
    let call = async |house: &House, name| {
        let stream = within(TcpStream::connect(at(house))).await.unwrap();
        within(stranger.connect(stream, Some(name))).await
    };
    let mut before = call(&house, "old.example.org").await.unwrap();
    write(&mut before, &options(1, 0)).await;
    house.message().await;
    papers.sign("a", &["new.example.org"]);
    tls.reload(&papers.settings("a")).unwrap();
    assert!(call(&house, "old.example.org").await.is_err());
    house.closed().await;
    let mut after = call(&house, "new.example.org").await.unwrap();
    write(&mut after, &options(2, 0)).await;
    assert_eq!(house.message().await.1, options(2, 0));
    write(&mut before, &options(3, 0)).await;
    assert_eq!(house.message().await.1, options(3, 0), "it stands as before");
    let nothing = TlsSettings { key: None, ..papers.settings("a") };
    assert!(matches!(tls.reload(&nothing), Err(TlsError::Half)));
    call(&house, "new.example.org").await.unwrap();
}

#[tokio::test]
async fn slow_handshakes_are_cut_and_count_for_their_source() {
    let papers = Authority::new();
    let tls = papers.tls("a", &["a.example.org"]);
    let mut house = House::new(|s| {
        (s.udp, s.tls_at, s.tls) = (vec![], vec![loopback()], Some(tls));
        (s.handshake, s.most_per_source) = (SHORT * 4, 3);
    });
    let mut slow = Vec::new();
    for _ in 0..3 {
        let mut stream = within(TcpStream::connect(at(&house))).await.unwrap();
        // The beginning of a ClientHello.
        write(&mut stream, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await;
        slow.push(stream);
    }
    // The reset comes at once, or even before the connection seems to stand.
    if let Ok(mut fourth) = within(TcpStream::connect(at(&house))).await {
        assert!(read_to_end(&mut fourth).await.is_empty());
    }
    house.until("the fourth is refused", |c| c.refused_source == 1).await;
    for _ in 0..3 {
        house.closed().await;
    }
    house.until("all three were too slow", |c| c.handshakes_slow == 3 && c.connections == 0).await;
    drop(slow);
}

#[tokio::test]
async fn when_too_many_have_not_spoken_the_oldest_of_them_goes() {
    let mut house = House::new(|s| s.most_half_open = 2);
    let mut first = house.connect().await;
    house.until("the first", |c| c.accepted == 1).await;
    let mut second = house.connect().await;
    house.until("the second", |c| c.accepted == 2).await;
    write(&mut second, &options(2, 0)).await;
    house.message().await;
    let third = house.connect().await;
    house.until("the third", |c| c.accepted == 3).await;
    assert_eq!(house.wire.counts().cut_half_open, 0, "who has spoken does not count");
    let fourth = house.connect().await;
    house.until("the first goes", |c| c.cut_half_open == 1).await;
    assert!(read_to_end(&mut first).await.is_empty());
    house.closed().await;
    write(&mut second, &options(3, 0)).await;
    assert_eq!(house.message().await.1, options(3, 0));
    drop((third, fourth));
}

#[tokio::test]
async fn a_house_without_good_files_says_what_is_missing() {
    let papers = Authority::new();
    papers.sign("a", &["a.example.org"]);
    papers.sign("b", &["b.example.org"]);
    let good = papers.settings("a");
    let mixed = TlsSettings { key: papers.settings("b").key, ..good.clone() };
    assert!(matches!(Tls::load(&mixed), Err(TlsError::Pair { .. })));
    let gone = TlsSettings { certificate: papers.settings("gone").certificate, ..good.clone() };
    assert!(matches!(Tls::load(&gone), Err(TlsError::File { what: "certificate", .. })));
    let swapped =
        TlsSettings { certificate: good.key.clone(), key: good.certificate.clone(), ..good.clone() };
    assert!(Tls::load(&swapped).unwrap_err().to_string().contains("put one there in PEM"));
    let nobody = TlsSettings { ca: None, clients: ClientCertificates::Asked, ..good.clone() };
    assert!(matches!(Tls::load(&nobody), Err(TlsError::Nobody(_))));
    assert_eq!(Tls::load(&good).unwrap().warning(), None);
    papers.sign_so("ended", &["a.example.org"], ended);
    let warning = Tls::load(&papers.settings("ended")).unwrap().warning().unwrap();
    assert!(warning.contains("has ended"), "{warning}");
    let wire = |tls| {
        let settings = super::WireSettings { tls_at: vec![loopback()], tls, ..Default::default() };
        super::Wire::bind(settings, tokio::sync::mpsc::channel(1).0)
    };
    assert!(matches!(wire(None), Err(WireError::NoCertificate)));
    assert!(matches!(wire(Some(papers.stranger())), Err(WireError::NoCertificate)));
}
