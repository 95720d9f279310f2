//! A phone in a browser, as far as SIP goes: it registers over a WebSocket and is called over it, though nobody could reach the
//! address that it names (RFC 7118 section 5).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use sip::digest::Challenge;
use sip::{
    Event, Invite, Message, Method, NameAddr, Net, Output, Request, Response, Settings, Stack, Target,
    Transport, Uri, User, Wire as Kind, parse,
};
use switchboard::wire::{Inbound, Origins, Wire, WireSettings};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite};

const DEADLINE: Duration = Duration::from_secs(20);
const NOW: Duration = Duration::from_secs(1);
const PASSWORD: &str = "a password of a test";
const CONTACT: &str = "<sip:op1@df7jal23ls0d.invalid;transport=ws>";

struct House {
    wire: Wire,
    told: mpsc::Receiver<Inbound>,
    stack: Stack,
}

impl House {
    fn open() -> Self {
        let here: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
        let (tell, told) = mpsc::channel(64);
        let origins = Origins { listed: vec!["https://a.example.org".to_owned()], absent: false };
        let settings = WireSettings { ws: vec![here], origins, ..WireSettings::default() };
        let wire = Wire::bind(settings, tell).unwrap();
        let stack = Stack::new(Settings {
            seed: [4; 32],
            phone_nets: vec![Net::parse("127.0.0.0/8").unwrap()],
            users: vec![User { name: "op1".into(), password: PASSWORD.into() }],
            ..Settings::default()
        });
        Self { wire, told, stack }
    }

    /// Takes the next message from the phone, and sends what follows from it.
    async fn step(&mut self) -> Vec<Event> {
        match within(self.told.recv()).await.unwrap() {
            Inbound::Message { flow, bytes } => self.stack.receive(NOW, &flow, &bytes),
            other => panic!("{other:?}"),
        }
        self.drain()
    }

    fn drain(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(output) = self.stack.poll() {
            match output {
                Output::Send(flow, bytes) => self.wire.send(&flow, bytes),
                Output::Event(_, event) => events.push(event),
                Output::Locate(..) => panic!("no name is looked up"),
            }
        }
        events
    }
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    timeout(DEADLINE, what).await.expect("it took too long")
}

struct Phone(WebSocketStream<TcpStream>);

impl Phone {
    async fn open(house: &House) -> Self {
        let stream = within(TcpStream::connect(house.wire.over(Transport::Ws)[0])).await.unwrap();
        let mut request = "ws://house.example.org/".into_client_request().unwrap();
        request.headers_mut().insert("Origin", "https://a.example.org".parse().unwrap());
        request.headers_mut().insert("Sec-WebSocket-Protocol", "sip".parse().unwrap());
        Self(within(client_async(request, stream)).await.unwrap().0)
    }

    async fn say(&mut self, text: String) {
        within(self.0.send(tungstenite::Message::text(text))).await.unwrap();
    }

    async fn hear(&mut self) -> Message {
        let message = within(self.0.next()).await.unwrap().unwrap();
        assert!(message.is_text(), "one SIP message as text");
        parse(&message.into_data(), Kind::Datagram).unwrap()
    }

    async fn request(&mut self) -> Request {
        match self.hear().await {
            Message::Request(request) => request,
            Message::Response(response) => panic!("{}", response.status),
        }
    }

    async fn response(&mut self) -> Response {
        match self.hear().await {
            Message::Response(response) => response,
            Message::Request(request) => panic!("{}", request.method),
        }
    }
}

/// Without Content-Length, which a WebSocket does not need.
fn register(n: u32, more: &str) -> String {
    format!(
        "REGISTER sip:hotline SIP/2.0\r\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK{n}\r\n\
         From: <sip:op1@hotline>;tag=t\r\nTo: <sip:op1@hotline>\r\nCall-ID: r\r\nCSeq: {n} REGISTER\r\n\
         Contact: {CONTACT}\r\nExpires: 300\r\nMax-Forwards: 70\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn a_browser_s_phone_registers_and_is_called_over_its_websocket() {
    let mut house = House::open();
    let mut phone = Phone::open(&house).await;
    phone.say(register(1, "")).await;
    house.step().await;
    let asked = phone.response().await;
    assert_eq!(asked.status, 401);
    let challenge = Challenge::parse(asked.headers.get("WWW-Authenticate").unwrap()).unwrap();
    let answer = challenge.answer("op1", PASSWORD, &Method::Register, "sip:hotline", "cnonce", 1);
    phone.say(register(2, &format!("Authorization: {answer}\r\n"))).await;
    assert!(house.step().await.iter().any(|e| matches!(e, Event::Registered { user, .. } if user == "op1")));
    assert_eq!(phone.response().await.status, 200);

    let invite = Invite {
        to: Target::User("op1".to_owned()),
        from: NameAddr::new(Uri::parse("sip:89000@hotline").unwrap()),
        headers: Vec::new(),
        offer: Some(b"v=0\r\n".to_vec()),
        credentials: None,
        policy: None,
        token: 9,
    };
    house.stack.invite(NOW, invite).unwrap();
    house.drain();
    let rung = phone.request().await;
    assert_eq!(
        (rung.method.clone(), rung.uri.to_string()),
        (Method::Invite, CONTACT.replace(['<', '>'], ""))
    );
    let via = rung.headers.get("Via").unwrap();
    assert!(via.starts_with("SIP/2.0/WS 127.0.0.1:"), "{via}");
    assert!(rung.headers.get("Contact").unwrap().contains(";transport=ws"));
    let same = |name: &str| format!("{name}: {}\r\n", rung.headers.get(name).unwrap());
    let copied: String = ["Via", "From", "Call-ID", "CSeq"].map(same).concat();
    let to = rung.headers.get("To").unwrap();
    phone.say(format!("SIP/2.0 200 OK\r\n{copied}To: {to};tag=p\r\nContact: {CONTACT}\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n")).await;
    let answered = house.step().await;
    let Some(Event::Answered { session, body, .. }) = answered.into_iter().next() else {
        panic!("no answer")
    };
    assert_eq!(body, b"v=0\r\n", "the body goes to the end of the WebSocket message");
    assert_eq!(phone.request().await.method, Method::Ack, "over the connection, not to the name");
    house.stack.hang_up(NOW, session, None);
    house.drain();
    assert_eq!(phone.request().await.method, Method::Bye);
    drop(phone);
    let Inbound::Closed { id } = within(house.told.recv()).await.unwrap() else { panic!("it stands") };
    house.stack.flow_closed(NOW, id);
    assert!(house.drain().iter().any(|e| matches!(e, Event::Unregistered { user } if user == "op1")));
}
