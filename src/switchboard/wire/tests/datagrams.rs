//! UDP on loopback.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use sip::{Flow, Transport};
use tokio::net::UdpSocket;

use super::super::{Inbound, Wire, WireError, WireSettings};
use super::{House, loopback, options, within};

async fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 65_535];
    let (length, from) = within(socket.recv_from(&mut buffer)).await.unwrap();
    (buffer[..length].to_vec(), from)
}

async fn round_trip(address: SocketAddr) {
    let mut house = House::new(|s| (s.udp, s.tcp) = (vec![address], vec![]));
    let phone = UdpSocket::bind((address.ip(), 0)).await.unwrap();
    phone.send_to(&options(1, 5), house.udp()).await.unwrap();
    let (flow, bytes) = house.message().await;
    assert_eq!((flow.clone(), bytes), (Flow::udp(house.udp(), phone.local_addr().unwrap()), options(1, 5)));
    house.wire.send(&flow, b"answer".to_vec());
    assert_eq!(receive(&phone).await, (b"answer".to_vec(), house.udp()));
    let counts = house.wire.counts();
    assert_eq!((counts.datagrams_in, counts.datagrams_out), (1, 1));
}

#[tokio::test]
async fn a_datagram_comes_and_its_answer_goes() {
    round_trip(loopback()).await;
    let six: SocketAddr = (Ipv6Addr::LOCALHOST, 0).into();
    if std::net::UdpSocket::bind(six).is_ok() {
        round_trip(six).await;
    } else {
        println!("IPv6: not there, skipped");
    }
}

#[tokio::test]
async fn keep_alives_are_kept_from_the_loop() {
    let mut house = House::new(|_| {});
    let phone = UdpSocket::bind(loopback()).await.unwrap();
    for keep_alive in [&b""[..], b"\r\n", b"\r\n\r\n", b"\0\0\0\0"] {
        phone.send_to(keep_alive, house.udp()).await.unwrap();
    }
    phone.send_to(&options(1, 0), house.udp()).await.unwrap();
    assert_eq!(house.message().await.1, options(1, 0), "nothing came before");
    assert_eq!(house.wire.counts().keep_alives, 4);
}

#[tokio::test]
async fn a_loop_without_room_loses_datagrams_and_counts_them() {
    let mut house = House::with_room(3, |_| {});
    let phone = UdpSocket::bind(loopback()).await.unwrap();
    for n in 0..10 {
        phone.send_to(&options(n, 0), house.udp()).await.unwrap();
    }
    let counts = house.until("all came", |c| c.datagrams_in + c.dropped_loop_full == 10).await;
    assert_eq!((counts.datagrams_in, counts.dropped_loop_full), (3, 7));
    for n in 0..3 {
        assert_eq!(house.message().await.1, options(n, 0), "the first ones are kept");
    }
}

#[tokio::test]
async fn a_wildcard_address_is_known_by_what_the_far_end_sees() {
    let any: SocketAddr = (Ipv4Addr::UNSPECIFIED, 0).into();
    let mut house = House::new(|s| (s.udp, s.tcp) = (vec![any, any], vec![any]));
    let phone = UdpSocket::bind(loopback()).await.unwrap();
    let them = phone.local_addr().unwrap();
    let ports: Vec<u16> = house.wire.over(Transport::Udp).iter().map(SocketAddr::port).collect();
    for port in ports {
        let us: SocketAddr = (Ipv4Addr::LOCALHOST, port).into();
        phone.send_to(&options(1, 0), us).await.unwrap();
        let (flow, _) = house.message().await;
        assert_eq!((flow.local, flow.remote), (us, them), "what Via and Contact will say");
        house.wire.send(&flow, b"answer".to_vec());
        assert_eq!(receive(&phone).await.1, us, "out of the same socket");
        let unresolved = Flow::udp((Ipv4Addr::UNSPECIFIED, port).into(), them);
        house.wire.send(&unresolved, b"answer".to_vec());
        assert_eq!(receive(&phone).await.1, us);
    }
    let first: SocketAddr = (Ipv4Addr::LOCALHOST, house.udp().port()).into();
    assert_eq!(house.wire.flow_to(Transport::Udp, them), Some(Flow::udp(first, them)));
    let tcp = house.wire.flow_to(Transport::Tcp, them).unwrap();
    assert_eq!((tcp.local.ip(), tcp.id), (IpAddr::from(Ipv4Addr::LOCALHOST), 0));
    assert_eq!(house.wire.flow_to(Transport::Udp, (Ipv6Addr::LOCALHOST, 5060).into()), None);
}

#[tokio::test]
async fn what_can_never_arrive_is_told() {
    let mut house = House::new(|_| {});
    let them: SocketAddr = ([127, 0, 0, 1], 5060).into();
    let foreign = Flow::udp(([192, 0, 2, 1], 5060).into(), them);
    house.wire.send(&foreign, b"x".to_vec());
    assert_eq!(house.failed().await, foreign, "that address is not ours");
    let nowhere = Flow::udp(house.udp(), ([127, 0, 0, 1], 0).into());
    house.wire.send(&nowhere, b"x".to_vec());
    assert_eq!(house.failed().await, nowhere, "nobody has port 0");
    let too_long = Flow::udp(house.udp(), them);
    house.wire.send(&too_long, vec![b'x'; 65_536]);
    assert_eq!(house.failed().await, too_long, "no datagram is that long");
}

#[tokio::test]
async fn a_loop_that_went_away_ends_the_receiving() {
    let house = House::new(|_| {});
    drop(house.told);
    let phone = UdpSocket::bind(loopback()).await.unwrap();
    phone.send_to(&options(1, 0), house.wire.over(Transport::Udp)[0]).await.unwrap();
    within(house.wire.stop()).await;
}

#[tokio::test]
async fn addresses_that_can_not_be_had_are_named() {
    let house = House::new(|_| {});
    let bind = |udp: Vec<SocketAddr>, tcp: Vec<SocketAddr>| {
        let (tell, _told) = tokio::sync::mpsc::channel::<Inbound>(1);
        Wire::bind(WireSettings { udp, tcp, ..WireSettings::default() }, tell).unwrap_err()
    };
    for error in [bind(vec![house.udp()], vec![]), bind(vec![], vec![house.tcp()])] {
        let WireError::Bind { address, .. } = &error else { panic!("{error}") };
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
    assert!(matches!(bind(vec![], vec![]), WireError::Nowhere));
}

#[test]
fn without_a_runtime_there_is_no_panic() {
    let (tell, _told) = tokio::sync::mpsc::channel(1);
    let settings = WireSettings { udp: vec![loopback()], ..WireSettings::default() };
    assert!(matches!(Wire::bind(settings, tell), Err(WireError::NoRuntime)));
}
