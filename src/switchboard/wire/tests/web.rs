//! SIP over WebSocket on loopback, against a client that is not ours, and against what no client would send.

use futures_util::{SinkExt, StreamExt};
use sip::Transport;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::super::Origins;
use super::papers::Authority;
use super::{House, SHORT, loopback, options, read, read_to_end, within, write};

pub(super) const PAGE: &str = "https://hotline.example.org";

fn house(change: impl FnOnce(&mut super::WireSettings)) -> House {
    House::new(|s| {
        (s.udp, s.tcp, s.ws) = (vec![], vec![], vec![loopback()]);
        s.origins = Origins { listed: vec![PAGE.to_owned()], absent: false };
        change(s);
    })
}

async fn tcp(house: &House, transport: Transport) -> TcpStream {
    within(TcpStream::connect(house.wire.over(transport)[0])).await.unwrap()
}

/// Asks for a WebSocket.
async fn ask<S>(stream: S, origin: Option<&str>, protocol: Option<&str>) -> Result<WebSocketStream<S>, Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut request = "ws://house.example.org/".into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("Origin", origin.parse().unwrap());
    }
    if let Some(protocol) = protocol {
        request.headers_mut().insert("Sec-WebSocket-Protocol", protocol.parse().unwrap());
    }
    let (stream, response) = within(client_async(request, stream)).await?;
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "sip");
    Ok(stream)
}

pub(super) async fn phone(house: &House) -> WebSocketStream<TcpStream> {
    ask(tcp(house, Transport::Ws).await, Some(PAGE), Some("sip")).await.unwrap()
}

async fn heard<S>(phone: &mut WebSocketStream<S>) -> Message
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    within(phone.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn one_message_is_one_websocket_message_in_both_directions() {
    let mut house = house(|_| {});
    let mut phone = phone(&house).await;
    let text = String::from_utf8(options(1, 0)).unwrap();
    within(phone.send(Message::text(text))).await.unwrap();
    let (flow, bytes) = house.message().await;
    assert_eq!((flow.transport, bytes), (Transport::Ws, options(1, 0)));
    within(phone.send(Message::binary(options(2, 60_000)))).await.unwrap();
    assert_eq!(house.message().await, (flow.clone(), options(2, 60_000)));
    house.wire.send(&flow, options(3, 0));
    assert_eq!(heard(&mut phone).await.into_text().unwrap().as_bytes(), options(3, 0));
    house.wire.send(&flow, vec![0xff; 70]);
    assert_eq!(heard(&mut phone).await, Message::binary(vec![0xff; 70]));
    within(phone.send(Message::Ping("are you there".into()))).await.unwrap();
    assert_eq!(heard(&mut phone).await, Message::Pong("are you there".into()));
    within(phone.send(Message::text("\r\n\r\n"))).await.unwrap();
    assert_eq!(heard(&mut phone).await, Message::text("\r\n"));
    within(phone.close(None)).await.unwrap();
    assert_eq!(house.closed().await, flow.id);
    assert!(heard(&mut phone).await.is_close());
    house.wire.send(&flow, options(4, 0));
    assert_eq!(house.failed().await, flow);
    let unopened = sip::Flow { id: 0, ..flow };
    house.wire.send(&unopened, options(5, 0));
    assert_eq!(house.failed().await, unopened, "only the far end opens a WebSocket");
}

#[tokio::test]
async fn a_secure_websocket_is_one_inside_tls() {
    let papers = Authority::new();
    let tls = papers.tls("a", &["house.example.org"]);
    let mut house = house(|s| (s.ws, s.wss, s.tls) = (vec![], vec![loopback()], Some(tls)));
    let stream = tcp(&house, Transport::Wss).await;
    let stream = within(papers.stranger().connect(stream, Some("house.example.org"))).await.unwrap();
    let mut phone = ask(stream, Some(PAGE), Some("sip")).await.unwrap();
    within(phone.send(Message::binary(options(1, 0)))).await.unwrap();
    let (flow, bytes) = house.message().await;
    assert_eq!((flow.transport, bytes), (Transport::Wss, options(1, 0)));
    house.wire.send(&flow, options(2, 0));
    assert_eq!(heard(&mut phone).await.into_data(), options(2, 0));
    within(house.wire.stop()).await;
    let Message::Close(Some(frame)) = heard(&mut phone).await else { panic!("no goodbye") };
    assert_eq!(frame.code, CloseCode::Away);
}

#[tokio::test]
async fn only_sip_from_known_pages_is_let_in() {
    let mut house = house(|_| {});
    let refused = async |origin, protocol| {
        let asked = ask(tcp(&house, Transport::Ws).await, origin, protocol).await;
        match asked.map(|_| ()) {
            Err(Error::Http(response)) => response.status(),
            other => panic!("{origin:?} {protocol:?}: {other:?}"),
        }
    };
    let foreign = StatusCode::FORBIDDEN;
    assert_eq!(refused(Some("https://evil.example"), Some("sip")).await, foreign);
    assert_eq!(refused(Some("https://hotline.example.org.evil.example"), Some("sip")).await, foreign);
    assert_eq!(refused(Some("http://hotline.example.org"), Some("sip")).await, foreign);
    assert_eq!(refused(Some("null"), Some("sip")).await, foreign);
    assert_eq!(refused(None, Some("sip")).await, foreign);
    assert_eq!(refused(Some(PAGE), Some("xmpp, sips")).await, StatusCode::BAD_REQUEST);
    assert_eq!(refused(Some(PAGE), None).await, StatusCode::BAD_REQUEST);
    for _ in 0..7 {
        house.closed().await;
    }
    assert_eq!(house.wire.counts().refused_web, 7);
    ask(tcp(&house, Transport::Ws).await, Some(PAGE), Some("xmpp, sip")).await.unwrap();
    let mut open = self::house(|s| s.origins.absent = true);
    let mut phone = ask(tcp(&open, Transport::Ws).await, None, Some("sip")).await.unwrap();
    within(phone.send(Message::binary(options(1, 0)))).await.unwrap();
    open.message().await;
}

#[tokio::test]
async fn requests_that_are_none_too_long_or_too_slow_are_refused() {
    let mut house = house(|s| s.half_message = SHORT * 5);
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(9_000));
    let endless = "GET / HTTP/1.1\r\n".to_owned() + &"X: yyyyyyyyyyyyyyy\r\n".repeat(600);
    let asks = [
        "OPTIONS sip:a SIP/2.0\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "\x16\x03\x01\r\n\r\n",
        &long,
        &endless,
    ];
    for ask in asks {
        let mut stream = tcp(&house, Transport::Ws).await;
        write(&mut stream, ask.as_bytes()).await;
        let answer = String::from_utf8(read_to_end(&mut stream).await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 4") && answer.contains("Connection: close"), "{answer}");
        house.closed().await;
    }
    assert_eq!(house.wire.counts().refused_web, 6);
    let mut slow = tcp(&house, Transport::Ws).await;
    write(&mut slow, b"GET / HTTP/1.1\r\nHost: a\r\n").await;
    house.closed().await;
    assert!(read_to_end(&mut slow).await.is_empty());
    assert_eq!(house.wire.counts().cut_slow, 1);
}

/// A WebSocket as bytes: what follows the answer to the request is ours to write.
async fn bare(house: &House) -> TcpStream {
    let mut stream = tcp(house, Transport::Ws).await;
    let ask = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\nOrigin: {PAGE}\r\n\r\n"
    );
    write(&mut stream, ask.as_bytes()).await;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.extend(read(&mut stream, 1).await);
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "));
    stream
}

/// A masked frame; the mask is zero, so that the payload stands as it is.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let head = if payload.len() < 126 {
        vec![first, 0x80 | length[1]]
    } else {
        vec![first, 0xfe, length[0], length[1]]
    };
    [head, vec![0; 4], payload.to_vec()].concat()
}

#[tokio::test]
async fn hostile_frames_close_their_connection_with_a_word_and_are_counted() {
    let mut house = house(|s| s.most_per_source = 100);
    let enormous = [&[0x82, 0xff][..], &(1_u64 << 30).to_be_bytes(), &[0; 4]].concat();
    let beyond = [&[0x82, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat();
    let parts = [frame(0x02, &[b'x'; 40_000]), frame(0x80, &[b'x'; 40_000])].concat();
    let hostile: [(&str, Vec<u8>, u16); 12] = [
        ("a frame of 1 GiB", enormous, 1009),
        ("a frame of 2^64-1", beyond, 1009),
        ("fragments that are too much together", parts, 1009),
        ("no mask", [&[0x82, 5][..], b"hello"].concat(), 1002),
        ("reserved bits", frame(0xf2, b"x"), 1002),
        ("an unknown kind", frame(0x83, b"x"), 1002),
        ("an unknown control", frame(0x8b, b"x"), 1002),
        ("a fragment of nothing", frame(0x80, b"x"), 1002),
        ("a message inside of another", [frame(0x02, b"x"), frame(0x82, b"y")].concat(), 1002),
        ("a ping in fragments", frame(0x09, b"x"), 1002),
        ("a long ping", frame(0x89, &[0; 126]), 1002),
        ("text that is none", frame(0x81, &[0xff, 0xfe]), 1007),
    ];
    let mut garbage = 0;
    for (what, bytes, code) in hostile {
        let mut stream = bare(&house).await;
        let _ = within(stream.write_all(&bytes)).await;
        let last = read_to_end(&mut stream).await;
        assert_eq!(last, [&[0x88, 2][..], &code.to_be_bytes()].concat(), "{what}");
        house.closed().await;
        garbage += 1;
        assert_eq!(house.wire.counts().cut_garbage, garbage, "{what}");
    }
    let mut phone = phone(&house).await;
    within(phone.send(Message::binary(options(1, 0)))).await.unwrap();
    assert_eq!(house.message().await.1, options(1, 0), "others go on");
}

#[tokio::test]
async fn fragments_become_whole_and_slow_ones_or_floods_of_pings_do_not_last() {
    let mut house = house(|s| s.half_message = SHORT * 5);
    let mut stream = bare(&house).await;
    let (first, second) = (options(1, 0)[..50].to_vec(), options(1, 0)[50..].to_vec());
    write(&mut stream, &[frame(0x02, &first), frame(0x89, b"p"), frame(0x80, &second)].concat()).await;
    assert_eq!(house.message().await.1, options(1, 0));
    assert_eq!(read(&mut stream, 3).await, [0x8a, 1, b'p'], "a ping between fragments");
    write(&mut stream, &frame(0x02, &first)).await;
    house.closed().await;
    assert_eq!(house.wire.counts().cut_slow, 1, "the second part did not come");
    let mut stream = bare(&house).await;
    write(&mut stream, &frame(0x82, &options(2, 0))).await;
    house.message().await;
    let _ = within(stream.write_all(&frame(0x89, b"").repeat(10_000))).await;
    house.closed().await;
    assert_eq!(house.wire.counts().cut_flood, 1);
    drop(stream);
}
