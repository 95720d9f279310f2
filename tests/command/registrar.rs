//! A registrar on loopback, which is the stack of the house itself: for the phone's registration.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sip::{Event, Flow, Net, Output, Settings, Stack, User};
use tokio::net::UdpSocket;
use tokio::sync::Mutex;

/// Takes REGISTER of one user.
pub struct Registrar {
    stack: Mutex<Stack>,
    socket: UdpSocket,
    start: Instant,
    /// How often somebody came and went.
    pub seen: Mutex<(u32, u32)>,
}

impl Registrar {
    /// On a free port.
    pub async fn start(user: &str, password: &str) -> (Arc<Self>, SocketAddr) {
        let users = vec![User { name: user.to_owned(), password: password.to_owned() }];
        let phone_nets = vec![Net::parse("127.0.0.0/8").unwrap()];
        let stack = Stack::new(Settings { seed: [3; 32], phone_nets, users, ..Settings::default() });
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let own = Arc::new(Self {
            stack: Mutex::new(stack),
            socket,
            start: Instant::now(),
            seen: Mutex::new((0, 0)),
        });
        let registrar = own.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 65_535];
            while let Ok((length, from)) = registrar.socket.recv_from(&mut buffer).await {
                registrar.take(&Flow::udp(address, from), &buffer[..length]).await;
            }
        });
        (own, address)
    }

    async fn take(&self, flow: &Flow, bytes: &[u8]) {
        let mut stack = self.stack.lock().await;
        stack.receive(self.start.elapsed(), flow, bytes);
        while let Some(output) = stack.poll() {
            match output {
                Output::Send(flow, bytes) => {
                    self.socket.send_to(&bytes, flow.remote).await.unwrap();
                }
                Output::Event(_, Event::Registered { .. }) => self.seen.lock().await.0 += 1,
                Output::Event(_, Event::Unregistered { .. }) => self.seen.lock().await.1 += 1,
                Output::Event(..) | Output::Locate(..) => {}
            }
        }
    }

    /// How long anything may take.
    pub const SOON: Duration = Duration::from_secs(20);
}
