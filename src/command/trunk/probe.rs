//! A SIP machine of its own, on sockets of its own, with everything written down: what the house would say, said by somebody
//! who is not the house.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use config::Settings;
use doctor::log::Entry;
use sip::locate::Destination;
use sip::{Event, Flow, Output, Stack, Transport};
use switchboard::wire::tls::Tls;
use switchboard::wire::{Inbound, Near, Wire, WireError, WireSettings};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages that wait. When full datagrams are lost, as on the way.
const INBOUND: usize = 256;
/// Messages of one step that are written down. Further ones are handled, but nothing is learnt of them.
const MOST_MESSAGES: usize = 400;

/// Sockets, machine and notes.
pub(super) struct Probe {
    wire: Wire,
    near: Near,
    inbound: mpsc::Receiver<Inbound>,
    pub stack: Stack,
    start: Instant,
    log: Vec<Entry>,
    events: VecDeque<Event>,
    stop: CancellationToken,
    leaving: bool,
}

impl Probe {
    /// Binds free ports on the addresses of the house. `stop` ends all waiting for what is not to be tidied up.
    ///
    /// # Errors
    /// An address can't be listened on.
    pub fn open(
        settings: &Settings,
        keys: Tls,
        seed: [u8; 32],
        stop: CancellationToken,
    ) -> Result<Self, WireError> {
        let (tell, inbound) = mpsc::channel(INBOUND);
        let sip = &settings.sip;
        let wire = Wire::bind(
            WireSettings {
                udp: free(sip.udp.iter()),
                // A connection over TLS begins at such an address too.
                tcp: free(sip.tcp.iter().chain(&sip.encrypted.tls)),
                tls: Some(keys),
                ..WireSettings::default()
            },
            tell,
        )?;
        let stack = Stack::new(sip::Settings {
            seed,
            realm: sip.realm.clone(),
            times: sip::Times { t1: sip.t1, t2: sip.t2, t4: sip.t4 },
            ask_every: Duration::ZERO,
            ..sip::Settings::default()
        });
        let (log, events, near) = (Vec::new(), VecDeque::new(), wire.near());
        Ok(Self { wire, near, inbound, stack, start: Instant::now(), log, events, stop, leaving: false })
    }

    /// The way to a destination; `None` when no address of ours fits.
    pub fn way(&self, to: &Destination) -> Option<Flow> {
        let bound = |wanted: Transport| {
            let fits =
                |(by, at): &&(Transport, SocketAddr)| *by == wanted && at.is_ipv4() == to.remote.is_ipv4();
            self.wire.addresses().iter().find(fits).map(|(_, at)| *at)
        };
        let at = match to.transport {
            Transport::Udp => bound(Transport::Udp),
            Transport::Tcp => bound(Transport::Tcp),
            Transport::Tls => bound(Transport::Tcp).or_else(|| bound(Transport::Udp)),
            Transport::Ws | Transport::Wss => None,
        }?;
        let local = (self.near)(at, to.remote);
        Some(Flow { name: to.name.clone(), ..Flow::new(to.transport, local, to.remote, 0) })
    }

    /// The address that is given as ours to these destinations.
    pub fn advertise(&mut self, to: &[Destination], ours: std::net::IpAddr) {
        let told: HashMap<_, _> = to.iter().map(|d| (d.remote.ip().to_canonical(), ours)).collect();
        self.stack.advertise_to(told);
    }

    /// The stack's time.
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// What was written down since this was asked last.
    pub fn take_log(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.log)
    }

    /// Whether nobody waits for the answer any more.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// From here on it is tidied up: that is waited for, even by one who was told to stop.
    pub fn tidy_up(&mut self) {
        self.leaving = true;
    }

    /// It is tidied up.
    pub fn tidied(&mut self) {
        self.leaving = false;
    }

    /// The next event; `None` when there is none by then.
    pub async fn next(&mut self, by: Instant) -> Option<Event> {
        loop {
            self.flush();
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if !self.step(by).await {
                return None;
            }
        }
    }

    /// Works until the notes say this; `false` when they don't by then.
    pub async fn until(&mut self, by: Instant, mut says: impl FnMut(&[Entry]) -> bool) -> bool {
        loop {
            self.flush();
            if says(&self.log) {
                return true;
            }
            if !self.step(by).await {
                return false;
            }
        }
    }

    /// Waits for one thing and handles it; `false` when its time is over.
    async fn step(&mut self, by: Instant) -> bool {
        if Instant::now() >= by || (self.is_stopped() && !self.leaving) {
            return false;
        }
        let due = self.stack.next_timeout().and_then(|at| self.start.checked_add(at));
        let wake = due.map_or(by, |at| at.min(by));
        tokio::select! {
            inbound = self.inbound.recv() => match inbound {
                Some(inbound) => self.heard(inbound),
                None => return false,
            },
            () = tokio::time::sleep_until(wake.into()) => {}
            () = self.stop.cancelled(), if !self.leaving => return false,
        }
        let now = self.now();
        if self.stack.next_timeout().is_some_and(|at| at <= now) {
            self.stack.timeout(now);
        }
        true
    }

    fn heard(&mut self, inbound: Inbound) {
        let now = self.now();
        match inbound {
            Inbound::Message { flow, bytes } => {
                self.note(false, &flow, &bytes);
                self.stack.receive(now, &flow, &bytes);
            }
            Inbound::Connected { id, names } => self.stack.connected(id, names),
            Inbound::Closed { id } => self.stack.flow_closed(now, id),
            Inbound::SendFailed(flow) => self.stack.send_failed(now, &flow),
        }
    }

    /// Sends what the machine wants sent.
    fn flush(&mut self) {
        while let Some(output) = self.stack.poll() {
            match output {
                Output::Send(flow, bytes) => {
                    self.note(true, &flow, &bytes);
                    self.wire.send(&flow, bytes);
                }
                // Requests go on by the way of the last message.
                Output::Locate(ticket, _) => self.stack.located(ticket, Vec::new()),
                Output::Event(_, event) => self.events.push_back(event),
            }
        }
    }

    fn note(&mut self, ours: bool, flow: &Flow, bytes: &[u8]) {
        let wire = match flow.transport {
            Transport::Udp => sip::Wire::Datagram,
            Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => sip::Wire::Stream,
        };
        if self.log.len() < MOST_MESSAGES
            && let Ok(message) = sip::parse(bytes, wire)
        {
            self.log.push(Entry { at: self.start.elapsed(), ours, flow: flow.clone(), message });
        }
    }

    /// Closes all sockets, once what waits is sent.
    pub async fn close(self) {
        self.wire.stop().await;
    }
}

/// Each address once, with any port.
fn free<'a>(addresses: impl Iterator<Item = &'a SocketAddr>) -> Vec<SocketAddr> {
    let mut all: Vec<SocketAddr> = Vec::new();
    for at in addresses {
        let any = SocketAddr::new(at.ip(), 0);
        if !all.contains(&any) {
            all.push(any);
        }
    }
    all
}
