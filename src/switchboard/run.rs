//! The loop: sockets, media threads, store and orders around one [`Turn`].

mod ending;
mod heir;
mod relay;
mod severed;
mod told;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use browser::Browsers;
use call::action::{Answer, Lookup, Refusal};
use call::cdr::Record;
use call::ids::{CallId, RequestId};
use handover::{Side, Told as Linked};
use media::{Engine, PortPool};
use sip::Transport;
use store::{Entry, Store, Told, Writer};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use trace::{Direction, Tap};

use crate::clock::Clock;
use crate::contract::{Gate, Input, Output, Setup};
use crate::handle::{Ask, Gauges, Handle, LIVE, ORDERS};
use crate::meter::{Filled, Meter, number};
use crate::names::{Answered, Names};
use crate::notes;
use crate::severed::Keep;
use crate::turn::Turn;
use crate::wire::{DoorSettings, Inbound, Wire};
pub use heir::Heir;
use relay::Relay;

/// Inputs that are taken between two looks at the timers and gauges.
const BATCH: usize = 64;
/// Answers of the store that wait for the loop; each live call has at most one question. When full the asking task waits.
const ANSWERS: usize = 1_024;
/// What other lives of the house tell and the loop has not taken yet. When full the link waits.
const LINKED: usize = 8_192;
/// New calls are refused from so many waiting records on, a little before the store would refuse their first rows.
const CROWDED: usize = store::OFFERS_UP_TO - store::OFFERS_UP_TO / 20;
/// A wish to look at the timers never lies further ahead than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Everything that the loop moves.
pub struct Parts {
    /// The SIP sockets.
    pub wire: Wire,
    /// What they receive.
    pub inbound: mpsc::Receiver<Inbound>,
    /// The media threads.
    pub engine: Engine,
    /// Their ports.
    pub ports: PortPool,
    /// What they tell.
    pub sound: mpsc::Receiver<media::Event>,
    /// The hub of the browsers, where there is one, and what it tells.
    pub browsers: Option<(Browsers, mpsc::Receiver<browser::Told>)>,
    /// The case store, for questions.
    pub store: Store,
    /// Its writer.
    pub writer: Writer,
    /// Takes a copy of each SIP message.
    pub tap: Tap,
    /// What the writer tells.
    pub told: mpsc::Receiver<Told>,
    /// Calls that a crash left before anybody answered, with their SIP Call-ID.
    pub unheard: Vec<(CallId, String)>,
    /// Takes down which dialogs stand; and those that a crash has cut.
    pub dialogs: (Option<Keep>, Vec<sip::Standing>),
    /// Desks that had shut themselves before.
    pub closed: Vec<call::board::ClosedDesk>,
    /// Name servers; none: those of the system.
    pub dns: Vec<SocketAddr>,
    /// The clocks.
    pub clock: Clock,
    /// What the life before left, when this one takes over.
    pub heir: Option<Heir>,
}

/// A running switchboard.
pub struct Running {
    /// The door for everybody else.
    pub handle: Handle,
    /// Ends after the shutdown, when every record is on disk.
    pub task: JoinHandle<()>,
}

/// Starts the loop. At `shutdown` it ends the calls that are left, waits for their last records and stops.
pub fn start(setup: Setup, parts: Parts, shutdown: CancellationToken) -> Running {
    let (asks, asked) = mpsc::channel(ORDERS);
    let (live, _) = broadcast::channel(LIVE);
    let gauges: Arc<Gauges> = Arc::default();
    let ((tell_linked, linked), (lives, seen)) = (mpsc::channel(LINKED), watch::channel(Default::default()));
    let handle = Handle::new((asks, live.clone()), Arc::clone(&gauges), parts.engine.dials(), seen);
    let Parts { wire, inbound, engine, ports, sound, browsers, .. } = parts;
    let Parts { store, writer, tap, told, unheard, dialogs, closed, dns, clock, heir, .. } = parts;
    let (dialogs, severed) = dialogs;
    // Without a hub nobody tells anything.
    let (browsers, web) = browsers.map_or((None, mpsc::channel(1).1), |(hub, told)| (Some(hub), told));
    let ((found, answers), (tell, named)) = (mpsc::channel(ANSWERS), mpsc::channel(ANSWERS));
    let names = Names::new(&dns, tell);
    let listening = ways(&setup);
    let mut relay = Relay::new(setup.sip.generation, tell_linked, lives);
    let mut turn = Turn::new(setup, ports, clock.now());
    turn.handle(clock.now(), Input::Unheard(unheard));
    turn.handle(clock.now(), Input::Closed(closed));
    if !severed.is_empty() {
        turn.handle(clock.now(), Input::Severed(severed));
    }
    if let Some(heir) = heir {
        let inheritance = relay.begin(heir);
        turn.handle(clock.now(), Input::Inherit(Box::new(inheritance)));
    }
    let waiting = HashMap::new();
    let desk = Desk {
        wire,
        relay,
        tap,
        engine,
        browsers,
        store,
        writer,
        found,
        names,
        dialogs,
        listening,
        live,
        gauges,
        waiting,
        serial: 0,
    };
    let ears = Ears { inbound, sound, web, told, answers, named, asked, linked };
    let task =
        tokio::spawn(Loop { turn, desk, ears, clock, crowded: false, meter: Meter::default() }.run(shutdown));
    Running { handle, task }
}

/// Everything that is listened to.
struct Ears {
    inbound: mpsc::Receiver<Inbound>,
    sound: mpsc::Receiver<media::Event>,
    web: mpsc::Receiver<browser::Told>,
    told: mpsc::Receiver<Told>,
    answers: mpsc::Receiver<(CallId, Lookup)>,
    named: mpsc::Receiver<Answered>,
    asked: mpsc::Receiver<Ask>,
    linked: mpsc::Receiver<(Side, Linked)>,
}

/// Everything that is spoken to.
struct Desk {
    wire: Wire,
    relay: Relay,
    tap: Tap,
    engine: Engine,
    browsers: Option<Browsers>,
    store: Store,
    writer: Writer,
    found: mpsc::Sender<(CallId, Lookup)>,
    names: Names,
    dialogs: Option<Keep>,
    /// How requests of ours can leave, for the choice between the destinations of a name.
    listening: Vec<(Transport, SocketAddr)>,
    live: broadcast::Sender<Arc<call::cdr::EventRow>>,
    gauges: Arc<Gauges>,
    /// Orders that wait for their answer. Bounded by [`ORDERS`]: the core answers within the same turn.
    waiting: HashMap<RequestId, oneshot::Sender<Result<Answer, Refusal>>>,
    serial: u64,
}

struct Loop {
    turn: Turn,
    desk: Desk,
    ears: Ears,
    clock: Clock,
    crowded: bool,
    meter: Meter,
}

impl Loop {
    async fn run(mut self, shutdown: CancellationToken) {
        self.drain();
        self.after();
        while !shutdown.is_cancelled() {
            if !self.step(&shutdown).await {
                break;
            }
        }
        self.farewell().await;
    }

    /// Waits for something, takes what else is there, does what follows. False when the shutdown was asked for.
    async fn step(&mut self, shutdown: &CancellationToken) -> bool {
        let wake = self.wake();
        tokio::select! {
            () = shutdown.cancelled() => return false,
            Some(inbound) = self.ears.inbound.recv() => {
                self.messages(inbound);
            }
            Some(event) = self.ears.sound.recv() => {
                self.take(Input::Media(event));
                for _ in 1..BATCH {
                    let Ok(event) = self.ears.sound.try_recv() else { break };
                    self.take(Input::Media(event));
                }
            }
            Some(told) = self.ears.web.recv() => self.take(Input::Browser(told)),
            Some(told) = self.ears.told.recv() => {
                self.told(told);
                for _ in 1..BATCH {
                    let Ok(told) = self.ears.told.try_recv() else { break };
                    self.told(told);
                }
            }
            Some((call, lookup)) = self.ears.answers.recv() => self.take(Input::Found(call, lookup)),
            Some((ticket, to, good_for)) = self.ears.named.recv() => {
                self.take(Input::Located(ticket, to, good_for));
            }
            Some(ask) = self.ears.asked.recv() => match ask {
                Ask::HandOver(reply) => self.hand_over(reply).await,
                ask => self.asked(ask),
            },
            Some((side, told)) = self.ears.linked.recv() => {
                self.linked(side, told);
                for _ in 1..BATCH {
                    let Ok((side, told)) = self.ears.linked.try_recv() else { break };
                    self.linked(side, told);
                }
            }
            () = tokio::time::sleep_until(wake.into()) => {}
        }
        self.after();
        true
    }

    fn messages(&mut self, first: Inbound) {
        let (began, mut taken) = (self.clock.now().mono, 1);
        self.heard(first);
        for _ in 1..BATCH {
            let Ok(inbound) = self.ears.inbound.try_recv() else { break };
            self.heard(inbound);
            taken += 1;
        }
        self.meter.worked(taken, self.clock.now().mono.saturating_sub(began));
    }

    /// Tells the guard how busy the house is.
    fn measure(&mut self) {
        let now = self.clock.now().mono;
        let counts = self.turn.counts(now);
        let filled = Filled {
            inbound: (self.ears.inbound.len(), self.ears.inbound.max_capacity()),
            store: (self.desk.writer.waiting(), CROWDED),
            ports: (counts.all_ports.saturating_sub(counts.free_ports), counts.all_ports),
            calls: (counts.calls, counts.legs),
        };
        if let Some(load) = self.meter.load(now, filled, self.desk.engine.dials()) {
            self.dropped();
            self.take(Input::Load(load));
        }
    }

    /// What the sockets dropped since this was asked last.
    fn dropped(&mut self) {
        for (origin, count) in self.desk.wire.door().dropped() {
            self.take(Input::Dropped(origin, count));
        }
    }

    fn wake(&self) -> std::time::Instant {
        let latest = self.clock.now().mono + LONGEST_SLEEP;
        self.clock.instant(self.turn.next_timeout().map_or(latest, |at| at.min(latest)))
    }

    fn take(&mut self, input: Input) {
        self.turn.handle(self.clock.now(), input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.turn.poll() {
            self.desk.perform(output, &self.clock);
        }
        self.note_dialogs();
    }

    fn heard(&mut self, inbound: Inbound) {
        if let Some(inbound) = self.routed(inbound, None) {
            self.taken_in(inbound);
        }
    }

    /// Something that is this life's to answer.
    fn taken_in(&mut self, inbound: Inbound) {
        if let Inbound::Message { flow, bytes } = &inbound {
            self.desk.tap.note(self.clock.utc_us(), Direction::In, flow, bytes);
        }
        self.take(message(inbound));
    }

    /// What is due, and the figures.
    fn after(&mut self) {
        let now = self.clock.now();
        if self.turn.next_timeout().is_some_and(|at| at <= now.mono) {
            self.take(Input::Timeout);
        }
        self.measure();
        let crowded = self.desk.writer.waiting() >= CROWDED;
        if std::mem::replace(&mut self.crowded, crowded) != crowded {
            tracing::warn!(crowded, "the store's queue is nearly full while this is true: new calls get 503");
            self.take(Input::Crowded(crowded));
        }
        self.tell_others();
        let counts = self.turn.counts(self.clock.now().mono);
        let gauges = &self.desk.gauges;
        let set = |gauge: &std::sync::atomic::AtomicU64, value| gauge.store(value, Ordering::Relaxed);
        set(&gauges.calls, number(counts.calls));
        set(&gauges.legs, number(counts.legs));
        set(&gauges.exchanges, number(counts.sessions.saturating_add(counts.transactions)));
        set(&gauges.relayed, self.desk.relay.passed());
        set(&gauges.free_ports, number(counts.free_ports));
        set(&gauges.phones, number(counts.phones));
        set(&gauges.trunks, number(counts.trunks));
        set(&gauges.trunks_up, number(counts.trunks_up));
        set(&gauges.offered, counts.offered);
        set(&gauges.refused, counts.refused);
        set(&gauges.turned_away, counts.turned_away);
        set(&gauges.troubles, counts.troubles);
        set(&gauges.listed, counts.listed);
        set(&gauges.dropped, counts.dropped);
        set(&gauges.later, counts.later);
        set(&gauges.refusing, counts.refusing);
        set(&gauges.outbound_refused, counts.outbound_refused);
        gauges.outbound_stopped.store(counts.outbound_stopped, Ordering::Relaxed);
        if let Some(journal) = self.desk.writer.journal() {
            set(&gauges.journal_behind, journal.behind);
            set(&gauges.journal_bytes, journal.bytes);
            set(&gauges.journal_reserve, journal.reserve);
            gauges.journal_short.store(journal.short, Ordering::Relaxed);
        }
    }

    fn asked(&mut self, ask: Ask) {
        match ask {
            Ask::Order(order, reply) => {
                let request = self.desk.wait_for(reply);
                self.take(Input::Order(request, order));
            }
            Ask::Reload(setup) => {
                tracing::info!(version = %setup.plan.version, "another configuration from now on; calls in progress keep theirs");
                self.desk.listening = ways(&setup);
                self.desk.wire.door().set(door(&setup));
                self.take(Input::Setup(setup));
            }
            // Whoever asked may have gone, here and below.
            Ask::Pulse(reply) => drop(reply.send(())),
            Ask::Trunks(reply) => drop(reply.send(self.turn.trunks(self.clock.now()))),
            Ask::Guard(reply) => {
                self.dropped();
                drop(reply.send(self.turn.guard(self.clock.now().mono)));
            }
            Ask::Pardon(origin) => self.take(Input::Pardon(origin)),
            Ask::Outbound(allowed) => {
                tracing::warn!(allowed, "outbound calls: an order of an admin");
                self.take(Input::Outbound(allowed));
            }
            Ask::Tell(input) => self.take(*input),
            // That takes its time, and is done where the loop may wait.
            Ask::HandOver(_) => {}
            Ask::Drain(on) => {
                self.desk.gauges.draining.store(on, Ordering::Relaxed);
                self.take(Input::Drain(on));
            }
        }
    }
}

impl Desk {
    fn wait_for(&mut self, reply: oneshot::Sender<Result<Answer, Refusal>>) -> RequestId {
        self.serial += 1;
        let request = RequestId(self.serial);
        self.waiting.insert(request, reply);
        request
    }

    fn perform(&mut self, output: Output, clock: &Clock) {
        match output {
            Output::Send(flow, bytes) => {
                self.tap.note(clock.utc_us(), Direction::Out, &flow, &bytes);
                self.send(&flow, bytes, None);
            }
            Output::Media(thread, command) => {
                if let Err(error) = self.engine.send(thread, command) {
                    self.gauges.troubles.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(%error, "a media thread did not take an order");
                }
            }
            Output::Browser(order) => {
                if !self.browsers.as_ref().is_some_and(|hub| hub.order(order)) {
                    self.gauges.troubles.fetch_add(1, Ordering::Relaxed);
                    tracing::error!("the hub of the browsers did not take an order: that leg has no sound");
                }
            }
            Output::Store(entry) => self.write(entry),
            Output::Find(call, question) => {
                let (store, found, now) = (self.store.clone(), self.found.clone(), clock.now().utc_ms);
                tokio::spawn(async move {
                    let lookup = store.find(now, call, &question).await;
                    // The loop may have ended.
                    let _ = found.send((call, lookup)).await;
                });
            }
            Output::Locate(ticket, uri) => self.names.ask(ticket, &uri, &self.listening),
            Output::Reply(request, answer) => {
                if let Some(reply) = self.waiting.remove(&request) {
                    // Whoever asked may have gone.
                    let _ = reply.send(answer);
                }
            }
            Output::Gate(gate) => match gate {
                Gate::Shut(origin, time) => self.wire.door().shut(origin, time),
                Gate::Open(origin) => self.wire.door().open(origin),
                Gate::Friend(origin) => self.wire.door().befriend(origin),
            },
            Output::Notice(notice) => {
                if let Some(row) = notes::alarm(&notice, clock.now()) {
                    // Nobody may listen.
                    let _ = self.live.send(Arc::new(row));
                }
                notes::log(&notice);
            }
        }
    }

    fn write(&mut self, entry: Entry) {
        if let Entry::Record(record) = &entry
            && let Record::Event(row) = record.as_ref()
        {
            tracing::debug!(call = %row.call, kind = row.kind, actor = row.actor, "time line");
            // Nobody may listen.
            let _ = self.live.send(Arc::new(row.clone()));
        }
        if self.writer.write(entry).is_err() {
            self.gauges.troubles.fetch_add(1, Ordering::Relaxed);
            tracing::error!("the store's queue is full: a record could not be taken");
        }
    }
}

/// The transports over which we begin something ourselves: browsers come to us.
fn ways(setup: &Setup) -> Vec<(Transport, SocketAddr)> {
    let begins = |(by, _): &&(Transport, SocketAddr)| match by {
        Transport::Udp | Transport::Tcp | Transport::Tls => true,
        Transport::Ws | Transport::Wss => false,
    };
    setup.listening.iter().filter(begins).copied().collect()
}

fn message(inbound: Inbound) -> Input {
    match inbound {
        Inbound::Message { flow, bytes } => Input::Message(flow, bytes),
        Inbound::Connected { id, names } => Input::Connected(id, names),
        Inbound::Closed { id } => Input::FlowClosed(id),
        Inbound::SendFailed(flow) => Input::SendFailed(flow),
    }
}

/// What the sockets must know of the settings.
pub fn door(setup: &Setup) -> DoorSettings {
    let nets = setup.sip.peers.iter().flat_map(|p| p.nets.iter().copied());
    DoorSettings { trunks: nets.collect(), phones: setup.sip.phone_nets.clone(), rates: setup.guard.rates }
}
