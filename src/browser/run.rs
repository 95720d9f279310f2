//! The hub on its socket: one task, however many legs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::Rings;
use tokio::net::UdpSocket;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::contract::{BrowserError, Counts, Order, Settings, Told};
use crate::dtls::Identity;
use crate::hub::Hub;
use crate::leg::DATAGRAM;

/// Orders that wait. When full: [`Browsers::order`] says so; the leg has no sound and is ended by that.
const ORDERS: usize = 4_096;
/// What was told and not heard yet. When full: it is lost, and the media threads tell ten seconds later that the leg is silent.
const TELLS: usize = 1_024;
/// Datagrams that are taken before something else has its turn.
const BATCH: usize = 64;
/// How often is looked what is due where no leg asks for it.
const LOOK: Duration = Duration::from_secs(1);

/// The running hub.
#[derive(Debug)]
pub struct Browsers {
    orders: mpsc::Sender<Order>,
    counts: Arc<Counts>,
    print: [u8; 32],
    candidates: Vec<SocketAddr>,
    task: JoinHandle<()>,
}

impl Browsers {
    /// Gives an order; false when too many wait.
    pub fn order(&self, order: Order) -> bool {
        self.orders.try_send(order).is_ok()
    }

    /// SHA-256 of our certificate, for descriptions.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.print
    }

    /// Where browsers reach us, the best first.
    pub fn candidates(&self) -> &[SocketAddr] {
        &self.candidates
    }

    /// Packets since the start.
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Closes every leg.
    pub async fn stop(self) {
        drop(self.orders);
        // A task that panicked has ended too.
        let _ = self.task.await;
    }
}

/// Opens the port and starts the task. As many legs can be as there are rings. When [`Browsers`] is gone every leg is closed.
///
/// # Errors
/// [`BrowserError`].
pub async fn start(
    settings: &Settings,
    rings: Rings,
) -> Result<(Browsers, mpsc::Receiver<Told>), BrowserError> {
    let refused = |source| BrowserError::Port { at: settings.bind, source };
    let socket = UdpSocket::bind(settings.bind).await.map_err(refused)?;
    let bound = socket.local_addr().map_err(refused)?;
    let identity = Identity::new()?;
    let (orders, ordered) = mpsc::channel(ORDERS);
    let (tell, told) = mpsc::channel(TELLS);
    let (counts, print) = (Arc::<Counts>::default(), identity.print);
    let hub = Hub::new(identity, rings.ends, Arc::clone(&counts), Instant::now());
    let desk = Desk { hub, socket, tell };
    let task = tokio::spawn(desk.run(ordered, rings.stirred));
    let candidates = candidates(bound, settings);
    Ok((Browsers { orders, counts, print, candidates, task }, told))
}

/// The advertised address first: behind a NAT it is the only one that works from outside.
fn candidates(bound: SocketAddr, settings: &Settings) -> Vec<SocketAddr> {
    let advertised = settings.advertised.map(|ip| SocketAddr::new(ip, bound.port()));
    let own = (!bound.ip().is_unspecified()).then_some(bound);
    let mut all: Vec<SocketAddr> = advertised.into_iter().chain(own).collect();
    all.dedup();
    all
}

struct Desk {
    hub: Hub,
    socket: UdpSocket,
    tell: mpsc::Sender<Told>,
}

impl Desk {
    async fn run(mut self, mut ordered: mpsc::Receiver<Order>, stirred: Arc<Notify>) {
        let mut buffer = [0; DATAGRAM];
        let mut wake = Instant::now() + LOOK;
        loop {
            let soonest = self.hub.next().map_or(wake, |next| next.min(wake));
            let mut send = sender(&self.socket);
            tokio::select! {
                order = ordered.recv() => match order {
                    Some(order) => self.hub.order(Instant::now(), order, &mut send),
                    None => break,
                },
                () = stirred.notified() => self.hub.stirred(Instant::now(), &mut send),
                ready = self.socket.readable() => {
                    // An error of an earlier datagram (unreachable) is not one of this socket.
                    let _ = ready;
                    for _ in 0..BATCH {
                        let Ok((length, from)) = self.socket.try_recv_from(&mut buffer) else { break };
                        let datagram = buffer.get_mut(..length).unwrap_or_default();
                        self.hub.receive(Instant::now(), from, datagram, &mut send);
                    }
                }
                () = tokio::time::sleep_until(soonest.into()) => {}
            }
            let now = Instant::now();
            if now >= soonest {
                self.hub.due(now, &mut sender(&self.socket));
                wake = now + LOOK;
            }
            while let Some(told) = self.hub.poll() {
                let _ = self.tell.try_send(told);
            }
        }
        self.hub.stop(Instant::now(), &mut sender(&self.socket));
    }
}

/// What can't be sent now is lost, as on the way.
fn sender(socket: &UdpSocket) -> impl FnMut(SocketAddr, &[u8]) + '_ {
    |to, bytes| {
        let _ = socket.try_send_to(bytes, to);
    }
}
