//! Keep-alives of ours on connections that we opened: whose far end is gone is closed, whose never answers is not.

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::super::Inbound;
use super::{House, SHORT, loopback, options, over_tcp, read, read_to_end, within, write};

/// A house that asks soon, and a trunk that it has called.
async fn called(house: &House) -> (TcpListener, sip::Flow, TcpStream) {
    let listener = TcpListener::bind(loopback()).await.unwrap();
    let flow = over_tcp(house, listener.local_addr().unwrap());
    house.wire.send(&flow, options(1, 0));
    let mut trunk = within(listener.accept()).await.unwrap().0;
    read(&mut trunk, options(1, 0).len()).await;
    (listener, flow, trunk)
}

#[tokio::test]
async fn a_far_end_that_answered_once_and_no_more_is_gone_and_told() {
    let mut house = House::new(|s| (s.ask, s.pong) = (SHORT, SHORT * 3));
    let (_listener, flow, mut trunk) = called(&house).await;
    for _ in 0..3 {
        assert_eq!(read(&mut trunk, 4).await, b"\r\n\r\n", "a ping");
        write(&mut trunk, b"\r\n").await;
    }
    // An answer and a message after it are told apart.
    assert_eq!(read(&mut trunk, 4).await, b"\r\n\r\n");
    write(&mut trunk, &[b"\r\n".to_vec(), options(2, 3)].concat()).await;
    assert_eq!(house.message().await.1, options(2, 3));
    assert_eq!(read_to_end(&mut trunk).await, b"\r\n\r\n", "the last one stays without answer");
    let ends = [house.next().await, house.next().await];
    assert!(ends.iter().any(|end| matches!(end, Inbound::SendFailed(f) if *f == flow)), "{ends:?}");
    assert!(ends.iter().any(|end| matches!(end, Inbound::Closed { .. })), "{ends:?}");
    let counts = house.until("forgotten", |c| c.connections == 0).await;
    assert_eq!((counts.cut_dead, counts.cut_idle), (1, 0));
}

#[tokio::test]
async fn a_far_end_that_knows_no_keep_alives_is_left_in_peace() {
    let mut house = House::new(|s| (s.ask, s.pong) = (SHORT, Duration::from_millis(1)));
    let (_listener, flow, mut trunk) = called(&house).await;
    for _ in 0..4 {
        assert_eq!(read(&mut trunk, 4).await, b"\r\n\r\n");
    }
    write(&mut trunk, &options(2, 0)).await;
    assert_eq!(house.message().await.1, options(2, 0));
    house.wire.send(&flow, options(3, 0));
    let mut bytes = Vec::new();
    while !bytes.ends_with(&options(3, 0)) {
        bytes.extend(read(&mut trunk, 1).await);
    }
    let counts = house.wire.counts();
    assert_eq!((counts.cut_dead, counts.opened, counts.connections), (0, 1, 1));
}

#[tokio::test]
async fn connections_of_others_are_not_asked() {
    let mut house = House::new(|s| (s.ask, s.idle) = (SHORT / 4, SHORT * 3));
    let mut phone = house.connect().await;
    write(&mut phone, &options(1, 0)).await;
    house.message().await;
    assert!(read_to_end(&mut phone).await.is_empty(), "they ask, and are closed when they don't");
    assert_eq!(house.wire.counts().cut_idle, 1);
}
