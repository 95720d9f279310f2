//! Whom the sockets hear: who is shut out, who brings too much, and that no transport goes round the door.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::SinkExt;
use guard::{Origin, RateSettings};
use sip::{Net, Transport};
use tokio::net::{TcpStream, UdpSocket};
use tokio_tungstenite::tungstenite::Message;

use super::super::door::{Door, Heard};
use super::super::{DoorSettings, MOST_FRIENDS, Origins, WireSettings};
use super::papers::Authority;
use super::{DEADLINE, House, POLL, SHORT, loopback, options, read_to_end, web, within, write};

const HOUR: Duration = Duration::from_secs(3600);

fn ip(last: u8) -> IpAddr {
    [127, 0, 0, last].into()
}

fn nets(last: u8) -> Vec<Net> {
    vec![Net { address: ip(last), prefix: 32 }]
}

/// 127.0.0.1 is a phone, 127.0.0.2 a trunk, all else strangers.
fn door(a_second: u32) -> DoorSettings {
    DoorSettings { trunks: nets(2), phones: nets(1), rates: RateSettings { a_second } }
}

fn taken(door: &Door, ip: IpAddr, tries: usize) -> usize {
    (0..tries).filter(|_| door.hears(ip) == Heard::Yes).count()
}

#[test]
fn a_phone_has_its_messages_a_trunk_ten_times_as_many_and_a_stranger_a_tenth() {
    let all = Door::new(door(20));
    // Five seconds' worth at once; what is added while this runs is little.
    let (stranger, phone, trunk) =
        (taken(&all, ip(3), 2_000), taken(&all, ip(1), 2_000), taken(&all, ip(2), 9_000));
    assert!((10..20).contains(&stranger) && (100..200).contains(&phone), "{stranger} {phone}");
    assert!((1_000..2_000).contains(&trunk), "{trunk}");
    all.befriend(Origin::of(ip(4)));
    let friend = taken(&all, ip(4), 9_000);
    assert!((1_000..2_000).contains(&friend), "whom we have asked may answer as a trunk may: {friend}");
    all.set(DoorSettings::default());
    assert_eq!(taken(&all, ip(3), 5_000), 5_000, "other settings count at once");
}

#[test]
fn who_is_shut_out_is_counted_and_comes_back_by_time_by_pardon_and_by_a_request_of_ours() {
    let all = Door::new(DoorSettings::default());
    let enemy = Origin::of(ip(9));
    all.shut(enemy, HOUR);
    assert!((0..7).all(|_| all.hears(ip(9)) == Heard::Shut) && !all.admits(ip(9)));
    assert!(all.hears(ip(8)) == Heard::Yes && all.admits(ip(8)), "others are not touched");
    assert_eq!(all.dropped(), [(enemy, 7)]);
    assert!(all.dropped().is_empty(), "each is told once");
    all.open(enemy);
    assert!(all.hears(ip(9)) == Heard::Yes && all.admits(ip(9)));
    all.shut(enemy, HOUR);
    all.befriend(enemy);
    assert_eq!(all.hears(ip(9)), Heard::Yes, "its answer must come in");
    all.shut(enemy, Duration::ZERO);
    assert_eq!(all.hears(ip(9)), Heard::Yes, "the time is over");
}

#[test]
fn both_lists_of_the_door_are_bounded() {
    let all = Door::new(DoorSettings::default());
    let nth = |n: u32| IpAddr::V4(n.saturating_add(0x0a00_0000).into());
    for n in 0..20_000 {
        all.shut(Origin::of(nth(n)), HOUR);
    }
    let shut = (0..20_000).filter(|n| !all.admits(nth(*n))).count();
    assert_eq!(shut, 4_096, "further ones are left to the loop");
    let small = Door::new(door(1));
    for n in 0..u32::try_from(MOST_FRIENDS).unwrap() {
        small.befriend(Origin::of(nth(n)));
    }
    assert!(taken(&small, nth(0), 100) >= 50, "a friend");
    small.befriend(Origin::of(nth(99_999)));
    assert!(taken(&small, nth(1), 100) < 50, "all are forgotten when there are too many");
    assert!(taken(&small, nth(99_999), 100) >= 50);
}

#[tokio::test]
async fn datagrams_beyond_the_rate_are_lost_and_counted_and_others_come() {
    let mut house = House::new(|s| s.door = door(1));
    let (phone, trunk) =
        (UdpSocket::bind((ip(1), 0)).await.unwrap(), UdpSocket::bind((ip(2), 0)).await.unwrap());
    for n in 0..100 {
        phone.send_to(&options(n, 0), house.udp()).await.unwrap();
    }
    let counts = house.until("all came", |c| c.datagrams_in + c.dropped_rate == 100).await;
    assert!(counts.datagrams_in >= 5 && counts.dropped_rate >= 50, "{counts:?}");
    trunk.send_to(&options(777, 0), house.udp()).await.unwrap();
    while house.message().await.1 != options(777, 0) {}
}

#[tokio::test]
async fn a_stream_beyond_the_rate_waits_and_loses_nothing_and_others_do_not_wait() {
    let mut house = House::new(|s| s.door = door(20));
    let mut phone = house.connect().await;
    let all: Vec<u8> = (0..120).flat_map(|n| options(n, 0)).collect();
    write(&mut phone, &all).await;
    for n in 0..100 {
        assert_eq!(house.message().await.1, options(n, 0));
    }
    house.until("it waits", |c| c.slowed > 0).await;
    let other = UdpSocket::bind((ip(2), 0)).await.unwrap();
    other.send_to(&options(777, 0), house.udp()).await.unwrap();
    let mut late = Vec::new();
    while late.len() < 21 {
        late.push(house.message().await.1);
    }
    let place = late.iter().position(|m| *m == options(777, 0)).unwrap();
    late.remove(place);
    assert_eq!(late, (100..120).map(|n| options(n, 0)).collect::<Vec<_>>(), "in their order, none lost");
}

/// A house that listens on all transports.
fn open(papers: &Authority, change: impl FnOnce(&mut WireSettings)) -> House {
    House::new(|s| {
        (s.tls_at, s.ws, s.wss) = (vec![loopback()], vec![loopback()], vec![loopback()]);
        s.tls = Some(papers.tls("a", &["house.example.org"]));
        s.origins = Origins { listed: vec![web::PAGE.to_owned()], absent: false };
        change(s);
    })
}

#[tokio::test]
async fn no_transport_goes_round_the_door() {
    let papers = Authority::new();
    let mut house = open(&papers, |_| {});
    let mut tcp = house.connect().await;
    write(&mut tcp, &options(1, 0)).await;
    house.message().await;
    let stream = within(TcpStream::connect(house.wire.over(Transport::Tls)[0])).await.unwrap();
    let mut tls = within(papers.stranger().connect(stream, Some("house.example.org"))).await.unwrap();
    within(tokio::io::AsyncWriteExt::write_all(&mut tls, &options(2, 0))).await.unwrap();
    house.message().await;
    let mut ws = web::phone(&house).await;
    within(ws.send(Message::binary(options(3, 0)))).await.unwrap();
    house.message().await;
    let udp = UdpSocket::bind(loopback()).await.unwrap();

    house.wire.door().shut(Origin::of(ip(1)), HOUR);
    udp.send_to(&options(4, 0), house.udp()).await.unwrap();
    write(&mut tcp, &options(5, 0)).await;
    within(tokio::io::AsyncWriteExt::write_all(&mut tls, &options(6, 0))).await.unwrap();
    within(ws.send(Message::binary(options(7, 0)))).await.unwrap();
    // Nothing of it is told; the connections are closed.
    for _ in 0..3 {
        house.closed().await;
    }
    for transport in [Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss] {
        // The reset comes at once, or even before the connection seems to stand.
        if let Ok(mut stream) = within(TcpStream::connect(house.wire.over(transport)[0])).await {
            assert!(read_to_end(&mut stream).await.is_empty(), "{transport:?}");
        }
    }
    let counts = house.until("all are dropped", |c| c.dropped_shut == 8).await;
    assert_eq!((counts.datagrams_in, counts.messages_in, counts.connections), (0, 3, 0));

    house.wire.door().open(Origin::of(ip(1)));
    let mut again = house.connect().await;
    write(&mut again, &options(8, 0)).await;
    assert_eq!(house.message().await.1, options(8, 0), "pardoned");
}

#[tokio::test]
async fn secure_connections_and_websockets_are_slowed_like_any_other() {
    let papers = Authority::new();
    let mut house = open(&papers, |s| s.door = door(4));
    let stream = within(TcpStream::connect(house.wire.over(Transport::Tls)[0])).await.unwrap();
    let mut tls = within(papers.stranger().connect(stream, Some("house.example.org"))).await.unwrap();
    let all: Vec<u8> = (0..21).flat_map(|n| options(n, 0)).collect();
    within(tokio::io::AsyncWriteExt::write_all(&mut tls, &all)).await.unwrap();
    for n in 0..21 {
        assert_eq!(house.message().await.1, options(n, 0));
    }
    assert_eq!(house.wire.counts().slowed, 1);
    let mut ws = web::phone(&house).await;
    for n in 0..3 {
        within(ws.send(Message::binary(options(n, 0)))).await.unwrap();
    }
    for n in 0..3 {
        assert_eq!(house.message().await.1, options(n, 0));
    }
    assert!(house.wire.counts().slowed >= 2, "one source, one count, whatever it speaks");
}

#[tokio::test]
async fn a_lock_ends_by_itself() {
    let mut house = House::new(|_| {});
    house.wire.door().shut(Origin::of(ip(1)), SHORT * 5);
    let udp = UdpSocket::bind(loopback()).await.unwrap();
    udp.send_to(&options(0, 0), house.udp()).await.unwrap();
    house.until("it is shut", |c| c.dropped_shut >= 1).await;
    let since = std::time::Instant::now();
    while house.wire.counts().datagrams_in == 0 {
        udp.send_to(&options(1, 0), house.udp()).await.unwrap();
        tokio::time::sleep(POLL).await;
        assert!(since.elapsed() < DEADLINE);
    }
    assert_eq!(house.message().await.1, options(1, 0));
}
