//! The socket, who may come in, descriptors that work on the other side, frames as they were sent.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use sip::{Flow, Transport};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::contract::{Answer, Ask, Piece, Sockets, Status};
use crate::*;

const PATIENCE: Duration = Duration::from_secs(20);

async fn pair() -> (Channel, Channel, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let door = Door::open(&path).unwrap();
    let (near, far) = tokio::join!(knock(&path), door.accept());
    (near.unwrap(), far.unwrap(), folder)
}

#[tokio::test]
async fn an_order_is_heard_and_answered() {
    let (mut near, mut far, _folder) = pair().await;
    near.say(&Ask::Drain(true)).await.unwrap();
    assert_eq!(far.receive::<Ask>().await.unwrap().head, Ask::Drain(true));
    let status = Status { pid: 7, generation: 3, draining: true, ending: true, calls: 2 };
    far.say(&Answer::Status(status.clone())).await.unwrap();
    assert_eq!(near.receive::<Answer>().await.unwrap().head, Answer::Status(status));
    drop(far);
    assert!(matches!(near.receive::<Answer>().await, Err(HandoverError::BrokenOff)));
}

#[tokio::test]
async fn the_file_is_the_owner_s_alone_and_goes_with_the_door_but_not_with_an_older_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/control.sock");
    let old = Door::open(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let new = Door::open(&path).unwrap();
    drop(old);
    let (near, far) = tokio::join!(knock(&path), new.accept());
    assert!(near.is_ok() && far.is_ok(), "the older door took the newer one's file away");
    drop(new);
    assert!(!path.exists());
    assert!(matches!(knock(&path).await, Err(HandoverError::Nobody { .. })));
    let long = folder.path().join("x".repeat(120));
    assert!(matches!(Door::open(&long), Err(HandoverError::Socket { .. })));
}

#[tokio::test]
async fn sockets_go_over_and_hear_on_in_the_other_hands_in_the_order_of_their_list() {
    let (mut near, mut far, _folder) = pair().await;
    let sockets: Vec<UdpSocket> =
        (0..MOST_DESCRIPTORS).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let list: Vec<Piece> = sockets.iter().map(|s| Piece::Rtp(s.local_addr().unwrap())).collect();
    let descriptors: Vec<_> = sockets.iter().map(|s| s.as_fd()).collect();
    let body = vec![7; 300_000];
    let sent = Sockets { list: list.clone() };
    let (said, parcel) = tokio::join!(near.send(&sent, &body, &descriptors), far.receive::<Sockets>());
    said.unwrap();
    let parcel = parcel.unwrap();
    assert_eq!((parcel.head.list.len(), parcel.descriptors.len()), (MOST_DESCRIPTORS, MOST_DESCRIPTORS));
    assert_eq!(parcel.body, body);
    drop(sockets);
    for (piece, descriptor) in parcel.head.list.iter().zip(parcel.descriptors) {
        let socket = UdpSocket::from(descriptor);
        assert_eq!(*piece, Piece::Rtp(socket.local_addr().unwrap()));
    }
    let one = UdpSocket::bind("127.0.0.1:0").unwrap();
    let too_many = vec![one.as_fd(); MOST_DESCRIPTORS + 1];
    assert!(near.send(&Ask::Status, &[], &too_many).await.is_err());
}

#[tokio::test]
async fn frames_come_as_they_were_sent_in_both_directions_and_the_end_is_told() {
    let (near, far, _folder) = pair().await;
    let (tell_near, mut near_hears) = mpsc::channel(100);
    let (tell_far, mut far_hears) = mpsc::channel(100);
    let near = link(near, Side::After, tell_near);
    let far = link(far, Side::Before, tell_far);
    let mut flow =
        Flow::new(Transport::Tls, "127.0.0.1:5061".parse().unwrap(), "[::1]:9".parse().unwrap(), 77);
    flow.name = Some("sip.example.org".into());
    let frames = [
        Frame::Message { flow: flow.clone(), bytes: b"INVITE \xff\x00 binary".to_vec() },
        Frame::Send { flow: flow.clone(), bytes: vec![0; 70_000] },
        Frame::Connected { id: 1 << 40, names: vec!["a.example.org".to_owned()] },
        Frame::Closed { id: 3 },
        Frame::SendFailed(flow),
        Frame::Taken(vec!["1001".to_owned()]),
        Frame::Ports(vec!["127.0.0.1:20000".parse().unwrap()]),
        Frame::Listening,
        Frame::Farewell,
    ];
    for frame in &frames {
        assert!(near.send(frame.clone()) && far.send(frame.clone()));
    }
    for frame in &frames {
        for (side, ears) in [(Side::Before, &mut far_hears), (Side::After, &mut near_hears)] {
            let (heard_of, told) = timeout(PATIENCE, ears.recv()).await.unwrap().unwrap();
            let Told::Frame(heard) = told else { panic!("{told:?}") };
            assert_eq!((heard_of, &heard), (side, frame));
        }
    }
    near.close().await;
    far.close().await;
    for ears in [&mut far_hears, &mut near_hears] {
        assert!(matches!(timeout(PATIENCE, ears.recv()).await.unwrap(), Some((_, Told::Gone))));
    }
}

#[test]
fn nothing_secret_or_personal_is_shown() {
    let leased = contract::Leased {
        name: "n".to_owned(),
        user: "op1".to_owned(),
        password: "hunter2".to_owned(),
        left_ms: 1,
    };
    let flow = Flow::udp("127.0.0.1:5060".parse().unwrap(), "127.0.0.1:9".parse().unwrap());
    let frame = Frame::Message { flow, bytes: b"INVITE sip:13800000000@x".to_vec() };
    let shown = format!("{leased:?} {frame:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("13800000000"), "{shown}");
}
