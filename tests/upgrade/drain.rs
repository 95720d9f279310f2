//! `hotline drain`: no new calls, those that run go on, and the house ends with the last one.

use std::net::UdpSocket;
use std::time::Duration;

use phone::{Account, Dial, EndedBy, Phone, PhoneError};

use crate::house::House;
use crate::patience::{s, until};

/// For one answer of the house on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the house says to OPTIONS.
fn options(house: &House) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let (own, at) = (socket.local_addr().unwrap(), house.sip);
    let asked = format!(
        "OPTIONS sip:{at} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bKo\r\nMax-Forwards: 70\r\n\
         From: <sip:proxy@{own}>;tag=p\r\nTo: <sip:{at}>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send_to(asked.as_bytes(), at).unwrap();
    let mut buffer = [0; 2_000];
    let length = socket.recv(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_that_is_drained_refuses_new_calls_and_ends_with_its_last() {
    let mut house = House::build();
    let (code, said) = house.command(&["drain"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("no hotline runs here"), "{said}");
    house.start().await;
    let trunk = Phone::start(Account::new("trunk", "", house.sip)).await.unwrap();
    let call = trunk.call(Dial::to("89000").caller("13800000001")).await.unwrap();
    assert!(options(&house).starts_with("SIP/2.0 200 "));

    let (code, said) = house.command(&["drain"]);
    assert!(code == 0 && said.contains("takes no new calls (503); 1 go on"), "{said}");
    let Err(PhoneError::Over(refused)) = trunk.call(Dial::to("89000").caller("13800000002")).await else {
        panic!("a new call was not refused");
    };
    assert!(refused.status == Some(503) && refused.retry_after.is_some(), "{refused:?}");
    let answer = options(&house);
    assert!(answer.starts_with("SIP/2.0 503 ") && answer.contains("\r\nRetry-After: "), "{answer}");
    assert!(call.is_up());

    let (code, said) = house.command(&["drain", "--off"]);
    assert!(code == 0 && said.contains("takes new calls again"), "{said}");
    let other = trunk.call(Dial::to("89000").caller("13800000003")).await.unwrap();
    assert!(options(&house).starts_with("SIP/2.0 200 "));

    let (code, _) = house.command(&["drain"]);
    assert_eq!(code, 0);
    other.hang_up();
    assert_eq!(other.ended().await.by, EndedBy::Us);
    call.tone(700);
    // The recording's end is written, and nobody waits for anything else.
    assert!(house.ended().is_none() && call.is_up(), "it ended before its last call");
    call.hang_up();
    let status = until("the house ends with its last call", s(30), || house.ended());
    assert!(status.success(), "{status}");
    let (code, _) = house.command(&["drain", "--wait"]);
    assert_eq!(code, 1, "the control socket is gone with the house");
    trunk.stop();
}
