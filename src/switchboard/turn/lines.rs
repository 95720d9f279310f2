//! The trunks' machines in the turn: what they want is done with the SIP stack, and what the stack tells comes to them.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use call::Now;
use call::ids::Name;
use sip::{Flow, Registration, Scheme, Transport, Uri};
use trunk::{Action, Answer, Event, Line, Settings, Way};

use super::Turn;
use super::names::Asker;
use crate::contract::{Notice, Trunk, TrunkView};

/// Most stream connections to trunks that are remembered. When full, a further one that breaks is noticed a little later, by
/// the next request over it.
const MOST_STREAMS: usize = 1_024;

/// All trunks' machines, in the order of the file.
#[derive(Debug)]
pub(super) struct Lines {
    list: Vec<(Name, Line<Flow>)>,
    /// REGISTER and OPTIONS under way, by the stack's number. Bounded by what the stack carries.
    asked: HashMap<u64, (Name, u64)>,
    /// Where trunks are.
    remotes: HashSet<SocketAddr>,
    /// Stream connections to them.
    streams: HashMap<u64, SocketAddr>,
    pub(super) dice: trunk::Dice,
    due: Option<Duration>,
}

impl Lines {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            list: Vec::new(),
            asked: HashMap::new(),
            remotes: HashSet::new(),
            streams: HashMap::new(),
            dice: trunk::Dice::new(seed),
            due: None,
        }
    }

    pub(super) fn of(&mut self, name: &str) -> Option<&mut Line<Flow>> {
        self.list.iter_mut().find(|(n, _)| **n == *name).map(|(_, line)| line)
    }

    pub(super) fn next_timeout(&self) -> Option<Duration> {
        self.due
    }

    /// Trunks that take calls, and how many of them are up.
    pub(super) fn count(&self, now: Duration) -> (usize, usize) {
        let ways = self.list.iter().filter(|(_, line)| line.state() != &trunk::State::Incoming);
        let up = ways.clone().filter(|(_, line)| line.is_available(now)).count();
        (ways.count(), up)
    }

    /// A message came over a stream.
    pub(super) fn saw(&mut self, flow: &Flow) {
        if flow.id != 0 && self.remotes.contains(&flow.remote) && self.streams.len() < MOST_STREAMS {
            self.streams.insert(flow.id, flow.remote);
        }
    }

    /// No registration is being taken back any more.
    pub(super) fn are_quiet(&self) -> bool {
        self.list.iter().all(|(_, line)| line.is_quiet())
    }
}

impl Turn {
    /// Machines for the trunks of the configuration; those that stay keep what they know.
    pub(super) fn renew_lines(&mut self, now: Duration) {
        let mut old = std::mem::take(&mut self.lines.list);
        for i in 0..self.setup.trunks.len() {
            let Some(trunk) = self.setup.trunks.get(i) else { continue };
            let (settings, way) = (settings_of(trunk), self.way_of(trunk));
            let name = trunk.name.clone();
            let known = old.iter().position(|(n, _)| *n == name).map(|i| old.swap_remove(i));
            let line = match known {
                Some((_, mut line)) => {
                    line.reconfigure(now, settings, way);
                    line
                }
                None => Line::new(settings, way, self.lines.dice.below(u64::MAX), now),
            };
            self.lines.list.push((name, line));
        }
        self.work_lines(now);
    }

    /// Trunks that another configuration does not know any more unregister; nobody waits for the answer.
    pub(super) fn let_lines_go(&mut self, now: Duration, stay: &[Trunk]) {
        let gone = |name: &Name| !stay.iter().any(|trunk| trunk.name == *name);
        for (_, line) in self.lines.list.iter_mut().filter(|(name, _)| gone(name)) {
            line.handle(now, Event::Stop);
        }
        self.work_lines(now);
    }

    /// How a trunk's destinations are known.
    fn way_of(&self, trunk: &Trunk) -> Way<Flow> {
        let Some(proxy) = &trunk.proxy else { return Way::None };
        match literal(proxy).and_then(|(transport, remote)| self.flow_to(transport, remote, proxy)) {
            Some(flow) => Way::Fixed(vec![flow]),
            None => Way::Named(proxy.to_string()),
        }
    }

    /// The way to an address, where a socket of ours fits it.
    fn flow_to(&self, transport: Transport, remote: SocketAddr, proxy: &Uri) -> Option<Flow> {
        let local = self.setup.local(transport, remote)?;
        let name = proxy.host.as_ref().filter(|_| transport.secure()).map(|host| host.to_string().into());
        Some(Flow { name, ..Flow::new(transport, local, remote, 0) })
    }

    /// Tells a trunk's machine something.
    pub(super) fn line_event(&mut self, now: Duration, name: &str, event: Event<Flow>) {
        if let Some(line) = self.lines.of(name) {
            line.handle(now, event);
            self.work_lines(now);
        }
    }

    /// What is due for any trunk.
    pub(super) fn lines_due(&mut self, now: Duration) {
        if self.lines.due.is_none_or(|at| at > now) {
            return;
        }
        for (_, line) in &mut self.lines.list {
            if line.next_timeout().is_some_and(|at| at <= now) {
                line.handle(now, Event::Timeout);
            }
        }
        self.work_lines(now);
    }

    /// Does all that the machines want, and what follows from that.
    fn work_lines(&mut self, now: Duration) {
        let mut i = 0;
        while let Some((name, line)) = self.lines.list.get_mut(i) {
            let Some(action) = line.poll() else {
                i += 1;
                continue;
            };
            let name = name.clone();
            if let Some(event) = self.do_for_line(now, &name, action)
                && let Some((_, line)) = self.lines.list.get_mut(i)
            {
                line.handle(now, event);
            }
        }
        let lines = &mut self.lines;
        lines.due = lines.list.iter().filter_map(|(_, line)| line.next_timeout()).min();
        lines.remotes.clear();
        let ways = lines.list.iter().flat_map(|(_, line)| line.destinations(now));
        lines.remotes.extend(ways.map(|flow| flow.remote));
        self.advertise(now);
    }

    /// Tells the stack which address of ours each trunk is to be told.
    fn advertise(&mut self, now: Duration) {
        let mut told = HashMap::new();
        for (name, line) in &self.lines.list {
            if let Some(ip) = self.trunk(name).and_then(|t| t.advertised) {
                told.extend(
                    line.destinations(now).into_iter().map(|way| (way.remote.ip().to_canonical(), ip)),
                );
            }
        }
        self.stack.advertise_to(told);
    }

    /// Does one thing for a trunk; what can't be done is told at once.
    fn do_for_line(&mut self, now: Duration, name: &Name, action: Action<Flow>) -> Option<Event<Flow>> {
        let trunk = self.setup.trunks.iter().find(|t| t.name == *name)?.clone();
        let proxy = trunk.proxy?;
        let (number, sent) = match action {
            Action::Locate(ticket) => {
                // An address needs no look-up: no socket of ours fits it.
                if let Some((transport, remote)) = literal(&proxy) {
                    return Some(Event::Located(ticket, Err(unheard(transport, remote)), Duration::ZERO));
                }
                self.look_up(now, Asker::Trunk(name.clone(), ticket), proxy);
                return None;
            }
            Action::Register { request, to, expires } => {
                let user = trunk.credentials?;
                let server = Uri { user: String::new(), params: Vec::new(), ..*proxy };
                (request, self.stack.register(now, Registration { server, flow: to, user, expires }))
            }
            Action::Ask { request, to } => (request, self.stack.options(now, *proxy, to, trunk.credentials)),
            Action::Changed(state) => {
                let (zh, en) = state.words();
                let up = state.is_up();
                self.notice(Notice::Trunk { name: name.clone(), up, word: state.word(), zh, en });
                return None;
            }
        };
        match sent {
            Ok(asked) => {
                self.lines.asked.insert(asked, (name.clone(), number));
                None
            }
            // The stack is full: as if nobody could be reached.
            Err(_) => Some(Event::Answered(number, Answer::status(503))),
        }
    }

    /// A REGISTER or OPTIONS of ours came to its end.
    pub(super) fn line_answered(&mut self, now: Duration, asked: u64, answer: Answer) {
        if let Some((name, number)) = self.lines.asked.remove(&asked) {
            self.line_event(now, &name, Event::Answered(number, answer));
        }
    }

    /// A trunk sent a new request: it is there.
    pub(super) fn line_spoke(&mut self, now: Duration, name: &str, from: &Flow) {
        let ip = from.remote.ip();
        let ways = self.lines.of(name).map(|line| line.destinations(now)).unwrap_or_default();
        let same = |way: &&Flow| way.remote == from.remote || way.remote.ip() == ip;
        if let Some(way) = ways.iter().find(same) {
            self.line_event(now, name, Event::Heard(way.clone(), 0));
        }
    }

    /// A stream connection is gone.
    pub(super) fn line_cut(&mut self, now: Duration, id: u64) {
        let Some(remote) = self.lines.streams.remove(&id) else { return };
        let mut cut = Vec::new();
        for (name, line) in &self.lines.list {
            let ways = line.destinations(now).into_iter().filter(|way| way.remote == remote);
            cut.extend(ways.map(|way| (name.clone(), way)));
        }
        for (name, way) in cut {
            self.line_event(now, &name, Event::Disconnected(way));
        }
    }

    /// The house closes: registrations are taken back.
    pub(super) fn cut_lines(&mut self, now: Duration) {
        for (_, line) in &mut self.lines.list {
            line.handle(now, Event::Stop);
        }
        self.work_lines(now);
    }

    /// How each trunk stands, for an admin.
    pub fn trunks(&self, now: Now) -> Vec<TrunkView> {
        let utc = |at: Duration| {
            let off = i64::try_from(now.mono.saturating_sub(at).as_millis()).unwrap_or(i64::MAX);
            let ahead = i64::try_from(at.saturating_sub(now.mono).as_millis()).unwrap_or(i64::MAX);
            now.utc_ms.saturating_sub(off).saturating_add(ahead)
        };
        let one = |(name, line): &(Name, Line<Flow>)| {
            let view = line.view(now.mono);
            let (zh, en) = view.state.words();
            let ways = view.destinations.iter();
            TrunkView {
                name: name.clone(),
                up: line.is_available(now.mono),
                state: view.state.word(),
                zh,
                en,
                since: utc(view.since),
                registered_until: view.registered_until.map(utc),
                last_answer: view.last.map(|(at, status)| (utc(at), status)),
                taken: view.taken,
                channels: view.channels,
                destinations: ways
                    .map(|(way, good)| (format!("{} {}", way.transport.as_str(), way.remote), *good))
                    .collect(),
            }
        };
        self.lines.list.iter().map(one).collect()
    }
}

fn settings_of(trunk: &Trunk) -> Settings {
    let user = trunk.credentials.as_ref().map(|c| c.name.as_str()).unwrap_or_default();
    Settings {
        register: trunk.register.then_some(trunk.expires),
        account: format!("{user} {:?}", trunk.advertised),
        qualify: trunk.qualify,
        channels: trunk.channels,
        calls_per_second: trunk.calls_per_second,
    }
}

/// Transport and address of a URI that needs no look-up.
fn literal(uri: &Uri) -> Option<(Transport, SocketAddr)> {
    let word = uri.param("transport").flatten().map(str::to_ascii_lowercase);
    let transport = match word.as_deref() {
        Some("tcp") => Transport::Tcp,
        Some("tls") => Transport::Tls,
        Some(_) | None if uri.scheme == Scheme::Sips => Transport::Tls,
        Some(_) | None => Transport::Udp,
    };
    let remote = sip::literal(uri)?;
    Some((transport, remote))
}

/// Why an address can't be reached by us.
fn unheard(transport: Transport, remote: SocketAddr) -> String {
    let family = if remote.is_ipv4() { "IPv4" } else { "IPv6" };
    format!("the house has no {} socket for {family}: add one in [sip] of hotline.toml", transport.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_transport_and_port_in_any_case() {
        let of = |text: &str| literal(&Uri::parse(text)?).map(|(by, to)| (by, to.port()));
        assert_eq!(of("sip:192.0.2.1"), Some((Transport::Udp, 5060)));
        assert_eq!(of("sip:192.0.2.1;transport=TCP"), Some((Transport::Tcp, 5060)));
        assert_eq!(of("sip:192.0.2.1;transport=TLS"), Some((Transport::Tls, 5061)));
        assert_eq!(of("sips:192.0.2.1:5070"), Some((Transport::Tls, 5070)));
        assert_eq!(of("sip:carrier.example"), None);
    }
}
