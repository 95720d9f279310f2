//! Sockets that go over to another wire: what comes meanwhile is lost to nobody, and connections stay where they are.

use sip::{Flow, Transport};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;

use super::{House, loopback, within};
use crate::wire::{Inbound, Wire, WireSettings, life_of, numbers_of};

const REQUEST: &[u8] = b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn the_next_wire_hears_what_came_meanwhile_and_the_first_keeps_its_connections() {
    let mut before = House::new(|_| {});
    let (udp, tcp) = (before.udp(), before.tcp());
    let mut old = within(TcpStream::connect(tcp)).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut old, REQUEST).await.unwrap();
    let (way, _) = before.message().await;
    assert_eq!(life_of(way.id), 0);

    within(before.wire.fall_silent()).await;
    let phone = UdpSocket::bind(loopback()).await.unwrap();
    phone.send_to(REQUEST, udp).await.unwrap();
    let mut new = within(TcpStream::connect(tcp)).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut new, REQUEST).await.unwrap();

    let (tell, mut told) = mpsc::channel(64);
    let settings =
        WireSettings { udp: vec![udp], tcp: vec![loopback()], generation: 5, ..WireSettings::default() };
    let after = Wire::bind_given(settings, before.wire.copies().unwrap(), tell).unwrap();
    assert_eq!((after.over(Transport::Udp), after.over(Transport::Tcp)), (vec![udp], vec![tcp]));
    let mut ways: Vec<Flow> = Vec::new();
    for _ in 0..2 {
        let Some(Inbound::Message { flow, bytes }) = within(told.recv()).await else { panic!("no message") };
        assert_eq!(bytes, REQUEST);
        ways.push(flow);
    }
    ways.sort_by_key(|way| way.id);
    assert_eq!(ways.iter().map(|way| way.transport).collect::<Vec<_>>(), [Transport::Udp, Transport::Tcp]);
    assert!(ways[1].id > numbers_of(5) && life_of(ways[1].id) == 5);
    // Either sends by the same socket, each by its own connections.
    before.wire.send(&ways[0], b"one".to_vec());
    after.send(&ways[0], b"two".to_vec());
    let mut heard = Vec::new();
    for _ in 0..2 {
        let mut buffer = [0; 8];
        let length = within(phone.recv(&mut buffer)).await.unwrap();
        heard.push(buffer[..length].to_vec());
    }
    assert_eq!(heard, [b"one".to_vec(), b"two".to_vec()]);
    before.wire.send(&way, REQUEST.to_vec());
    let mut buffer = vec![0; REQUEST.len()];
    within(old.read_exact(&mut buffer)).await.unwrap();
    after.send(&way, REQUEST.to_vec());
    assert!(matches!(within(told.recv()).await, Some(Inbound::SendFailed(failed)) if failed == way));

    // The next one breaks off: the first hears again.
    within(after.stop()).await;
    before.wire.listen().unwrap();
    phone.send_to(REQUEST, udp).await.unwrap();
    let (flow, _) = before.message().await;
    assert_eq!(flow.transport, Transport::Udp);
}
