//! TCP on loopback, among friends.

use std::net::SocketAddr;

use sip::{Flow, Transport};
use tokio::net::{TcpListener, TcpStream};

use super::super::Inbound;
use super::{House, SHORT, loopback, options, over_tcp, read, read_to_end, within, write};

async fn far_end() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(loopback()).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn accept(listener: &TcpListener) -> TcpStream {
    within(listener.accept()).await.unwrap().0
}

/// A port where nobody listens.
async fn closed_port() -> SocketAddr {
    far_end().await.1
}

#[tokio::test]
async fn messages_are_cut_out_of_whatever_comes() {
    let mut house = House::new(|_| {});
    let mut phone = house.connect().await;
    phone.set_nodelay(true).unwrap();
    let message = options(1, 40);
    for piece in message.chunks(9) {
        write(&mut phone, piece).await;
    }
    let (flow, bytes) = house.message().await;
    assert_eq!(bytes, message);
    assert_eq!(
        (flow.transport, flow.local, flow.remote),
        (Transport::Tcp, house.tcp(), phone.local_addr().unwrap())
    );
    assert_ne!(flow.id, 0);
    write(&mut phone, &[options(2, 0), b"\r\n".to_vec(), options(3, 7), b"\r\n\r\n".to_vec()].concat()).await;
    assert_eq!(house.message().await, (flow.clone(), options(2, 0)));
    assert_eq!(house.message().await, (flow.clone(), options(3, 7)));
    assert_eq!(read(&mut phone, 2).await, b"\r\n", "a pong for the ping");
    house.wire.send(&flow, b"answer".to_vec());
    assert_eq!(read(&mut phone, 6).await, b"answer");
    drop(phone);
    assert_eq!(house.closed().await, flow.id);
    house.wire.send(&flow, b"too late".to_vec());
    assert_eq!(house.failed().await, flow, "whose connection is gone");
    house.until("none left", |c| c.connections == 0).await;
}

#[tokio::test]
async fn a_connection_of_ours_is_opened_once_and_used_again() {
    let mut house = House::new(|_| {});
    let (listener, address) = far_end().await;
    let flow = over_tcp(&house, address);
    house.wire.send(&flow, options(1, 0));
    house.wire.send(&flow, options(2, 0));
    let mut trunk = accept(&listener).await;
    assert_eq!(read(&mut trunk, options(1, 0).len() * 2).await, [options(1, 0), options(2, 0)].concat());
    write(&mut trunk, &options(3, 0)).await;
    let (back, _) = house.message().await;
    assert_eq!(
        (back.local, back.remote),
        (flow.local, address),
        "our listening address, not the passing port"
    );
    house.wire.send(&back, options(4, 0));
    house.wire.send(&flow, options(5, 0));
    assert_eq!(read(&mut trunk, options(4, 0).len() * 2).await, [options(4, 0), options(5, 0)].concat());
    assert_eq!(house.wire.counts().opened, 1);
    drop(trunk);
    let mut ends = [house.next().await, house.next().await];
    ends.sort_by_key(|end| matches!(end, Inbound::Closed { .. }));
    assert!(
        matches!(&ends[0], Inbound::SendFailed(f) if *f == flow),
        "who waits by the way without number: {ends:?}"
    );
    assert!(matches!(&ends[1], Inbound::Closed { id } if *id == back.id), "who waits by number: {ends:?}");
    house.wire.send(&flow, options(6, 0));
    let mut trunk = accept(&listener).await;
    assert_eq!(read(&mut trunk, options(6, 0).len()).await, options(6, 0));
}

#[tokio::test]
async fn a_connection_of_theirs_is_used_for_requests_to_the_same_far_end() {
    let mut house = House::new(|_| {});
    let mut phone = house.connect().await;
    let flow = over_tcp(&house, phone.local_addr().unwrap());
    write(&mut phone, &options(1, 0)).await;
    house.message().await;
    house.wire.send(&flow, options(2, 0));
    assert_eq!(read(&mut phone, options(2, 0).len()).await, options(2, 0));
    assert_eq!(house.wire.counts().opened, 0);
}

#[tokio::test]
async fn a_far_end_that_does_not_listen_is_told() {
    let mut house = House::new(|_| {});
    let flow = over_tcp(&house, closed_port().await);
    house.wire.send(&flow, options(1, 0));
    assert_eq!(house.failed().await, flow);
    let counts = house.until("forgotten", |c| c.connections == 0).await;
    assert_eq!(counts.unreachable, 1);
}

#[tokio::test]
async fn a_far_end_that_does_not_answer_in_time_is_told() {
    let mut house = House::new(|s| s.connect = SHORT);
    // Somebody whose waiting room is full: the system drops what else knocks.
    let deaf = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    deaf.bind(&loopback().into()).unwrap();
    deaf.listen(0).unwrap();
    let address = deaf.local_addr().unwrap().as_socket().unwrap();
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            let _ = socket.connect(&address.into());
            socket
        })
        .collect();
    let flow = over_tcp(&house, address);
    house.wire.send(&flow, options(1, 0));
    assert_eq!(house.failed().await, flow);
    let counts = house.until("forgotten", |c| c.connections == 0).await;
    assert_eq!((counts.unreachable, counts.opened), (1, 0));
    drop(waiting);
}

#[tokio::test]
async fn a_loop_without_room_makes_streams_wait_and_loses_nothing() {
    const MESSAGES: usize = 400;
    let mut house = House::with_room(4, |_| {});
    let mut phones = [house.connect().await, house.connect().await];
    let sending = tokio::spawn(async move {
        for n in 0..MESSAGES {
            for phone in &mut phones {
                write(phone, &options(n, 1_000)).await;
            }
        }
        phones
    });
    house.until("the loop is full", |c| c.messages_in >= 3).await;
    let mut next: std::collections::HashMap<u64, usize> = Default::default();
    for _ in 0..MESSAGES * 2 {
        let (flow, bytes) = house.message().await;
        let n = next.entry(flow.id).or_default();
        assert_eq!(bytes, options(*n, 1_000), "in order");
        *n += 1;
    }
    assert!(next.values().all(|n| *n == MESSAGES));
    drop(within(sending).await.unwrap());
}

#[tokio::test]
async fn streams_leave_room_for_datagrams_and_get_theirs_in_a_storm() {
    let mut house = House::with_room(16, |_| {});
    let mut phone = house.connect().await;
    let storm: Vec<u8> = (0..200).flat_map(|n| options(n, 0)).collect();
    write(&mut phone, &storm).await;
    house.until("streams have taken their part", |c| c.messages_in >= 12).await;
    let datagram = tokio::net::UdpSocket::bind(loopback()).await.unwrap();
    datagram.send_to(&options(999, 0), house.udp()).await.unwrap();
    let counts = house.until("it came", |c| c.datagrams_in + c.dropped_loop_full > 0).await;
    assert!(
        counts.datagrams_in == 1 || counts.messages_in >= 15,
        "only a long wait takes the last part: {counts:?}"
    );
    for _ in 0..200 + counts.datagrams_in {
        house.message().await;
    }
}

#[tokio::test]
async fn two_hundred_connections_come_and_go() {
    let mut house = House::new(|s| s.most_per_source = 300);
    let mut phones = Vec::new();
    for n in 0..200 {
        let mut phone = house.connect().await;
        write(&mut phone, &options(n, 0)).await;
        phones.push(phone);
    }
    let mut open = std::collections::HashSet::new();
    for _ in 0..200 {
        open.insert(house.message().await.0.id);
    }
    assert_eq!((open.len(), house.wire.counts().connections), (200, 200));
    drop(phones);
    for _ in 0..200 {
        assert!(open.remove(&house.closed().await));
    }
    house.until("none left", |c| c.connections == 0).await;
}

#[tokio::test]
async fn stopping_says_what_waits_and_leaves_nothing_behind() {
    let mut house = House::new(|_| {});
    let mut phone = house.connect().await;
    write(&mut phone, &options(1, 0)).await;
    let (flow, _) = house.message().await;
    let (listener, address) = far_end().await;
    house.wire.send(&over_tcp(&house, address), options(2, 0));
    let mut trunk = accept(&listener).await;
    read(&mut trunk, options(2, 0).len()).await;
    let goodbye = options(3, 30_000);
    house.wire.send(&flow, goodbye.clone());
    let (udp, tcp) = (house.udp(), house.tcp());
    let House { wire, mut told } = house;
    within(wire.stop()).await;
    assert_eq!(read_to_end(&mut phone).await, goodbye);
    assert!(read_to_end(&mut trunk).await.is_empty());
    assert!(within(told.recv()).await.is_none(), "nobody tells any more");
    assert!(
        std::net::UdpSocket::bind(udp).is_ok() && TcpListener::bind(tcp).await.is_ok(),
        "the ports are free"
    );
}

#[tokio::test]
async fn dropping_the_wire_ends_it_too() {
    let mut house = House::new(|_| {});
    let mut phone = house.connect().await;
    write(&mut phone, &options(1, 0)).await;
    house.message().await;
    drop(house.wire);
    assert!(within(house.told.recv()).await.is_none());
    assert!(read_to_end(&mut phone).await.is_empty());
}

#[tokio::test]
async fn ipv6_is_spoken_where_it_is_there() {
    let six: SocketAddr = (std::net::Ipv6Addr::LOCALHOST, 0).into();
    if std::net::TcpListener::bind(six).is_err() {
        return println!("IPv6: not there, skipped");
    }
    let mut house = House::new(|s| (s.udp, s.tcp) = (vec![], vec![six]));
    let mut phone = house.connect().await;
    write(&mut phone, &options(1, 0)).await;
    let (flow, _) = house.message().await;
    assert_eq!((flow.local, flow.remote), (house.tcp(), phone.local_addr().unwrap()));
    let listener = TcpListener::bind(six).await.unwrap();
    let out: Flow = over_tcp(&house, listener.local_addr().unwrap());
    house.wire.send(&out, options(2, 0));
    let mut trunk = accept(&listener).await;
    assert_eq!(read(&mut trunk, options(2, 0).len()).await, options(2, 0));
}
