//! The loop's body without clock, socket or thread: one input in, then drained; the simulator and the server drive the very same.

mod browsers;
mod codecs;
mod dice;
mod heir;
mod inbox;
mod legs;
mod lines;
mod names;
mod outbox;
mod pace;
mod signal;
mod sound;
mod transfer;
mod trunks;
mod watch;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use call::cdr::Record;
use call::errand::Errand;
use call::event::LegEvent;
use call::ids::CallId;
use call::{Event, Hotline, LegId, Now};
use media::PortPool;
use sip::Stack;
use store::Entry;

use crate::contract::{Input, Notice, Output, Setup};
use crate::severed::News;
use dice::Dice;
use legs::{Closing, Leg};
use lines::Lines;
use names::Asker;
use pace::Pace;
use watch::Watch;

pub use sound::recording_row;

/// Figures of a turn, for gauges and tests. Counters only grow.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Live calls.
    pub calls: usize,
    /// Legs that hold a port, and ports that media still closes.
    pub legs: usize,
    /// Ports on which a leg can be placed.
    pub free_ports: usize,
    /// Ports with sockets.
    pub all_ports: usize,
    /// Registered phones.
    pub phones: usize,
    /// SIP sessions.
    pub sessions: usize,
    /// SIP transactions of either side.
    pub transactions: usize,
    /// Names that are looked up now.
    pub look_ups: usize,
    /// Trunks that take calls.
    pub trunks: usize,
    /// Those of them that are up.
    pub trunks_up: usize,
    /// INVITEs that became calls.
    pub offered: u64,
    /// Of these, refused because a limit was reached.
    pub refused: u64,
    /// Messages outside dialogs that were turned away.
    pub turned_away: u64,
    /// Faults of sound and recording.
    pub troubles: u64,
    /// Sources that were listed.
    pub listed: u64,
    /// Messages that were dropped because of that.
    pub dropped: u64,
    /// Requests that were told to come later (503) without a record.
    pub later: u64,
    /// The part of new calls that is told so now, in thousandths.
    pub refusing: u64,
    /// Outbound calls that were refused by their limits.
    pub outbound_refused: u64,
    /// Outbound calls are stopped now.
    pub outbound_stopped: bool,
}

/// Feed [`Turn::handle`], drain [`Turn::poll`], come back at [`Turn::next_timeout`].
///
/// Legs are bounded by the ports, calls by the plan's `max_calls`, sessions by the SIP settings.
#[derive(Debug)]
pub struct Turn {
    setup: Setup,
    stack: Stack,
    hotline: Hotline,
    ports: PortPool,
    legs: HashMap<LegId, Leg>,
    /// Legs that are over and whose media thread has not said so yet.
    closing: HashMap<LegId, Closing>,
    /// The media thread of each call's room.
    rooms: HashMap<CallId, u16>,
    /// The last voice message of each leg, until its call is over.
    messages: HashMap<LegId, store::RecordingRow>,
    phones: BTreeSet<String>,
    lines: Lines,
    /// Outgoing legs that wait for a sign of life of their first destination. Bounded by the legs that rang lately.
    patience: BTreeSet<(Duration, LegId)>,
    /// Legs whose browser has closed its end without a word of SIP so far. Bounded by the legs.
    leaving: BTreeSet<(Duration, LegId)>,
    /// By SIP Call-ID: calls of an earlier life of the house that nobody had answered. What comes again leaves.
    unheard: HashMap<String, CallId>,
    /// Who waits for which look-up, by ticket.
    asked: HashMap<u64, Asker>,
    /// The last ticket.
    tickets: u64,
    dice: Dice,
    secrets: sip::sdp::Secrets,
    pace: Pace,
    watch: Watch,
    crowded: bool,
    /// Raised while actions were performed; told to the core afterwards.
    raised: VecDeque<Event>,
    out: VecDeque<Output>,
    counts: Counts,
}

impl Turn {
    /// A house without calls. `ports` are the media engine's.
    pub fn new(setup: Setup, ports: PortPool, now: Now) -> Self {
        let seed = setup.sip.seed;
        let mut dice = Dice::new(&seed);
        let mut turn = Self {
            stack: Stack::new(setup.sip.clone()),
            hotline: Hotline::new(Arc::clone(&setup.plan), now),
            watch: Watch::new(&setup),
            setup,
            ports,
            legs: HashMap::new(),
            closing: HashMap::new(),
            rooms: HashMap::new(),
            messages: HashMap::new(),
            phones: BTreeSet::new(),
            unheard: HashMap::new(),
            asked: HashMap::new(),
            tickets: 0,
            lines: Lines::new(dice.next()),
            patience: BTreeSet::new(),
            leaving: BTreeSet::new(),
            dice,
            secrets: sip::sdp::Secrets::new(&seed),
            pace: Pace::default(),
            crowded: false,
            raised: VecDeque::new(),
            out: VecDeque::new(),
            counts: Counts::default(),
        };
        turn.renew_lines(now.mono);
        turn.settle(now);
        turn
    }

    /// Takes one thing that happened.
    pub fn handle(&mut self, now: Now, input: Input) {
        let at = now.mono;
        match input {
            Input::Message(flow, bytes) => {
                self.lines.saw(&flow);
                self.message(now, &flow, &bytes);
            }
            Input::Connected(id, names) => self.stack.connected(id, names),
            Input::FlowClosed(id) => {
                self.stack.flow_closed(at, id);
                self.line_cut(at, id);
            }
            Input::SendFailed(flow) => self.stack.send_failed(at, &flow),
            Input::Media(event) => self.heard(now, event),
            Input::Browser(told) => self.browser_told(now, told),
            Input::OnDisk(call) => self.hotline.handle(now, Event::Journaled(call)),
            Input::Crowded(on) => self.crowded = on,
            Input::Unheard(calls) => self.unheard.extend(calls.into_iter().map(|(call, id)| (id, call))),
            Input::Severed(dialogs) => self.part(at, dialogs),
            Input::Found(call, lookup) => self.hotline.handle(now, Event::Found(call, lookup)),
            Input::Located(ticket, to, good_for) => self.located(at, ticket, to, good_for),
            Input::Closed(desks) => self.hotline.handle(now, Event::Closed(desks)),
            Input::Order(request, order) => self.hotline.handle(now, Event::Order(request, order)),
            Input::Errand(errand) => self.set_out(now, errand),
            Input::Load(load) => self.measured(now, load),
            Input::Dropped(origin, count) => self.watch.sources.dropped_outside(origin, count),
            Input::Pardon(origin) => self.pardon(now, origin),
            Input::Outbound(allowed) => self.order_outbound(now, allowed),
            Input::Lease(leased, time) => self.leased(now, leased, time),
            Input::Revoke(name) => self.stack.revoke(&name),
            Input::Setup(setup) => self.change(now, *setup),
            Input::Inherit(inheritance) => self.inherit(now, *inheritance),
            Input::Elsewhere(staff) => self.hotline.handle(now, Event::Elsewhere(staff)),
            Input::Followed => {
                self.stack.hold_phones(at);
                self.hotline.handle(now, Event::Drain(true));
            }
            Input::PortsBack(addresses) => self.ports.come_back(&addresses),
            Input::Outlived(below) => self.outlived(now, below),
            Input::Drain(on) => {
                self.stack.set_draining(on);
                self.hotline.handle(now, Event::Drain(on));
            }
            Input::Closing => self.cut_lines(at),
            Input::Timeout => {
                self.stack.timeout(at);
                self.hotline.handle(now, Event::Timeout);
                self.settle(now);
                self.lines_due(at);
                self.patience_due(now);
                self.leaving_due(now);
            }
        }
        self.settle(now);
    }

    /// The next thing to do for the world.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// The next change of a dialog that another process would have to end; in order.
    pub fn poll_dialog(&mut self) -> Option<News> {
        self.stack.poll_dialog()
    }

    /// When [`Input::Timeout`] is wanted, time since the start.
    pub fn next_timeout(&self) -> Option<Duration> {
        let patience = self.patience.first().map(|(until, _)| *until);
        let leaving = self.leaving.first().map(|(until, _)| *until);
        let machines = [self.stack.next_timeout(), self.hotline.next_timeout(), self.lines.next_timeout()];
        let all = machines.into_iter().chain([patience, leaving]);
        all.flatten().min()
    }

    /// Figures at `now`, time since the start.
    pub fn counts(&mut self, now: Duration) -> Counts {
        let (trunks, trunks_up) = self.lines.count(now);
        Counts {
            calls: self.hotline.call_count(),
            legs: self.legs.len() + self.closing.len(),
            free_ports: self.ports.free(now),
            all_ports: self.ports.all(),
            phones: self.phones.len(),
            sessions: self.stack.counts().0,
            transactions: self.stack.counts().1 + self.stack.counts().2,
            look_ups: self.asked.len(),
            trunks,
            trunks_up,
            listed: self.watch.sources.counts().0,
            dropped: self.watch.sources.counts().1,
            later: self.watch.overload.refused(),
            refusing: (self.watch.overload.refusing() * 1e3) as u64,
            outbound_refused: self.watch.outbound.view().refused,
            outbound_stopped: self.watch.outbound.view().stopped.is_some(),
            ..self.counts
        }
    }

    /// Looks for broken invariants of the core; for tests and simulations, costs time.
    ///
    /// # Errors
    /// The first one found.
    pub fn check(&self) -> Result<(), call::Broken> {
        self.hotline.check()
    }

    /// After [`Input::Closing`]: whether no registration is being taken back any more.
    pub fn is_closed(&self) -> bool {
        self.lines.are_quiet()
    }

    /// Everything that follows from one input: actions in their order, then what the stack says, then what both raised.
    fn settle(&mut self, now: Now) {
        loop {
            if let Some(action) = self.hotline.poll() {
                self.perform(now, action);
            } else if let Some(output) = self.stack.poll() {
                match output {
                    sip::Output::Send(flow, bytes) => {
                        self.opened(now.mono, &flow, &bytes);
                        self.out.push_back(Output::Send(flow, bytes));
                    }
                    sip::Output::Locate(number, uri) => self.look_up(now.mono, Asker::Dialog(number), uri),
                    sip::Output::Event(token, event) => self.told(now, LegId(token), event),
                }
            } else if let Some(event) = self.raised.pop_front() {
                self.hotline.handle(now, event);
            } else {
                self.out.append(&mut self.watch.out);
                return;
            }
        }
    }

    fn change(&mut self, now: Now, mut setup: Setup) {
        // Tags, branches and nonces go on from the seed, and in the life, that the process began with.
        (setup.sip.seed, setup.sip.generation) = (self.setup.sip.seed, self.setup.sip.generation);
        self.let_lines_go(now.mono, &setup.trunks);
        self.stack.reconfigure(setup.sip.clone());
        self.hotline.handle(now, Event::PlanChanged(Arc::clone(&setup.plan)));
        self.watch.set(&setup);
        self.setup = setup;
        self.renew_lines(now.mono);
    }

    /// The house calls; its room is on the thread with the fewest.
    fn set_out(&mut self, now: Now, errand: Box<Errand>) {
        self.rooms.insert(errand.call, self.ports.least_loaded(now.mono));
        self.hotline.handle(now, Event::Errand(errand));
    }

    fn raise(&mut self, leg: LegId, event: LegEvent) {
        self.raised.push_back(Event::Leg(leg, event));
    }

    fn record(&mut self, record: Box<Record>) {
        if let Record::Ended(row) = record.as_ref() {
            // The last that a call says.
            self.rooms.remove(&row.call);
            self.messages.retain(|_, message| message.call != row.call);
        }
        self.out.push_back(Output::Store(Entry::Record(record)));
    }

    fn notice(&mut self, notice: Notice) {
        self.out.push_back(Output::Notice(notice));
    }
}
