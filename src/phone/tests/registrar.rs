//! A phone at a registrar, which is the stack of the house itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sip::{Event, Flow, Invite, NameAddr, Net, Output, Settings, Stack, Target, Uri, User};
use tokio::net::UdpSocket;
use tokio::sync::{Mutex, mpsc};

use super::soon;
use crate::{Account, Phone, PhoneError};

/// A registrar on loopback that tells what it is told.
struct Registrar {
    stack: Mutex<Stack>,
    socket: UdpSocket,
    start: Instant,
    events: mpsc::Sender<Event>,
}

impl Registrar {
    async fn start() -> (Arc<Self>, SocketAddr, mpsc::Receiver<Event>) {
        let loopback = Net::parse("127.0.0.0/8").unwrap();
        let users = vec![User { name: "2001".into(), password: "secret".into() }];
        let stack =
            Stack::new(Settings { seed: [3; 32], phone_nets: vec![loopback], users, ..Settings::default() });
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (events, told) = mpsc::channel(64);
        let own = Arc::new(Self { stack: Mutex::new(stack), socket, start: Instant::now(), events });
        let registrar = own.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 65_535];
            while let Ok((length, from)) = registrar.socket.recv_from(&mut buffer).await {
                let flow = Flow::udp(address, from);
                registrar.act(|stack, now| stack.receive(now, &flow, &buffer[..length])).await;
            }
        });
        (own, address, told)
    }

    async fn act<T>(&self, input: impl FnOnce(&mut Stack, Duration) -> T) -> T {
        let mut stack = self.stack.lock().await;
        let result = input(&mut stack, self.start.elapsed());
        while let Some(output) = stack.poll() {
            match output {
                Output::Send(flow, bytes) => {
                    self.socket.send_to(&bytes, flow.remote).await.unwrap();
                }
                Output::Locate(ticket, _) => stack.located(ticket, Vec::new()),
                Output::Event(_, event) => self.events.send(event).await.unwrap(),
            }
        }
        result
    }
}

#[tokio::test]
async fn it_registers_with_digest_and_gives_it_back() {
    let (registrar, address, mut told) = Registrar::start().await;
    let phone = Phone::start(Account::new("2001", "secret", address)).await.unwrap();
    let granted = soon(phone.register()).await.unwrap();
    assert_eq!(granted, Duration::from_secs(300));
    assert!(matches!(soon(told.recv()).await, Some(Event::Credentials { right: true, .. })));
    let Some(Event::Registered { user, flow, .. }) = soon(told.recv()).await else { panic!("not told") };
    assert_eq!((user.as_str(), flow.remote), ("2001", phone.address()));

    // The registrar calls it.
    let invite = Invite {
        to: Target::User("2001".into()),
        from: NameAddr::new(Uri::parse("sip:89000@hotline").unwrap()),
        headers: Vec::new(),
        offer: None,
        credentials: None,
        policy: None,
        token: 1,
    };
    registrar.act(|stack, now| stack.invite(now, invite)).await.unwrap();
    let ringing = soon(phone.incoming()).await.unwrap();
    assert_eq!(ringing.caller().as_deref(), Some("89000"));
    ringing.reject(603);
    let failed = async {
        loop {
            if let Some(Event::Failed { status, .. }) = told.recv().await {
                return status;
            }
        }
    };
    assert_eq!(soon(failed).await, 603);

    soon(phone.unregister()).await.unwrap();
    assert!(!registrar.act(|stack, _| stack.is_registered("2001")).await);
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let (_registrar, address, _told) = Registrar::start().await;
    let phone = Phone::start(Account::new("2001", "guess", address)).await.unwrap();
    assert!(matches!(soon(phone.register()).await, Err(PhoneError::Refused(401))));
}

#[tokio::test]
async fn a_phone_that_goes_gives_its_registration_back() {
    let (_registrar, address, mut told) = Registrar::start().await;
    let phone = Phone::start(Account::new("2001", "secret", address)).await.unwrap();
    soon(phone.register()).await.unwrap();
    drop(phone);
    let gone = async {
        loop {
            if let Some(Event::Unregistered { user }) = told.recv().await {
                return user;
            }
        }
    };
    assert_eq!(soon(gone).await, "2001");
}
