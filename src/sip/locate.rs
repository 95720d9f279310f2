//! Where a SIP URI leads (RFC 3263): which look-ups it needs, and from their answers the addresses in the order of trying.
//!
//! Without I/O: [`locate`] answers at once for an address, or says what to ask the name servers; [`Asking::answered`] takes the
//! answers of one round and goes on. There are four rounds at most (NAPTR, SRV, addresses of the SRV targets, or of the domain
//! itself), each a stage of its own that never comes again, so that no records can lead in a circle.
//!
//! ```
//! use sip::locate::{Answer, Kind, Record, Step, locate};
//! use sip::{Transport, Uri};
//!
//! let ways = [(Transport::Udp, "192.0.2.9:5060".parse().unwrap())];
//! let uri = Uri::parse("sip:sbc.example.com:5070").unwrap();
//! let Step::Ask(asking) = locate(&uri, &ways, 0) else { panic!() };
//! assert_eq!((asking.questions()[0].kind, &*asking.questions()[0].name), (Kind::A, "sbc.example.com"));
//! let address = Record::Address("192.0.2.1".parse().unwrap());
//! let Step::Done(done) = asking.answered(vec![Answer::Found(vec![address], std::time::Duration::from_secs(60))]) else { panic!() };
//! assert_eq!(done.to.unwrap()[0].remote, "192.0.2.1:5070".parse().unwrap());
//! ```

mod choice;
mod contract;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use choice::Chance;
pub use contract::{
    Answer, Destination, Kind, LONGEST, LocateFault, Located, MOST_DESTINATIONS, MOST_QUESTIONS,
    MOST_RECORDS, MOST_SERVICES, MOST_TARGETS, Naptr, Question, Record, SHORTEST, Srv,
};

use crate::flow::Transport;
use crate::uri::{Host, Scheme, Uri};

/// Longest name of the DNS, octets without the last dot.
const LONGEST_NAME: usize = 253;

/// What follows.
#[derive(Clone, Debug)]
pub enum Step {
    /// Ask these, all at once.
    Ask(Asking),
    /// It is known.
    Done(Located),
}

/// One round of questions.
#[derive(Clone, Debug)]
pub struct Asking {
    questions: Vec<Question>,
    stage: Stage,
    search: Search,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Which services the domain has.
    Services,
    /// Hosts of each service; a question each.
    Hosts(Vec<Transport>),
    /// Addresses of each host.
    Addresses(Vec<Target>),
}

/// A host whose address is wanted.
#[derive(Clone, Debug)]
struct Target {
    transport: Transport,
    host: String,
    port: u16,
}

#[derive(Clone, Debug)]
struct Search {
    /// What the look-ups start from: the URI's host, or its maddr (RFC 3263 section 4).
    domain: String,
    secure: bool,
    ways: Vec<(Transport, SocketAddr)>,
    name: Option<Arc<str>>,
    chance: Chance,
    good_for: Duration,
    failed: bool,
}

/// Begins a search. `ways` are the transports that we may use and our own addresses, the ones preferred first: they decide
/// which transports come into question, which address families, and in which order. `chance` is any number; it decides between
/// SRV records of equal priority.
pub fn locate(uri: &Uri, ways: &[(Transport, SocketAddr)], chance: u64) -> Step {
    begin(uri, ways, chance)
        .unwrap_or_else(|fault| Step::Done(Located { to: Err(fault), good_for: SHORTEST }))
}

fn begin(uri: &Uri, ways: &[(Transport, SocketAddr)], chance: u64) -> Result<Step, LocateFault> {
    let secure = match uri.scheme {
        Scheme::Sip => false,
        Scheme::Sips => true,
        Scheme::Tel | Scheme::Other(_) => return Err(LocateFault::NotSip),
    };
    let written = uri.host.as_ref().ok_or(LocateFault::NotSip)?;
    let host = match uri.param("maddr").flatten() {
        Some(maddr) => maddr
            .parse::<IpAddr>()
            .ok()
            .map(Host::from)
            .or_else(|| Host::parse(maddr))
            .ok_or(LocateFault::BadName)?,
        None => written.clone(),
    };
    let name = [written, &host].into_iter().find_map(|h| match h {
        Host::Name(name) => Some(Arc::from(bare(name).to_ascii_lowercase())),
        Host::V4(_) | Host::V6(_) => None,
    });
    let mut search = Search {
        domain: String::new(),
        secure,
        ways: ways.to_vec(),
        name,
        chance: Chance(chance),
        good_for: LONGEST,
        failed: false,
    };
    let asked = search.asked_for(uri)?;
    if let Some(ip) = host.ip() {
        let transport = asked.map_or_else(|| search.usual(), Ok)?;
        return search.address(transport, ip, uri.port).map(Step::Done);
    }
    search.domain = host.to_string();
    search.domain = name_of(&search.domain).ok_or(LocateFault::BadName)?;
    Ok(match (uri.port, asked) {
        (Some(port), asked) => {
            let transport = asked.map_or_else(|| search.usual(), Ok)?;
            search.itself(transport, port)
        }
        (None, Some(transport)) => search.hosts(vec![(transport, None)]),
        (None, None) => {
            let questions = vec![Question { kind: Kind::Naptr, name: search.domain.clone() }];
            Step::Ask(Asking { questions, stage: Stage::Services, search })
        }
    })
}

impl Asking {
    /// What to ask, all at once.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Takes the answers, in the order of the questions; one that is missing counts as [`Answer::Failed`].
    pub fn answered(self, mut answers: Vec<Answer>) -> Step {
        let Self { questions, stage, mut search } = self;
        answers.resize(questions.len(), Answer::Failed);
        for answer in &answers {
            match answer {
                Answer::Found(_, good_for) => search.good_for = search.good_for.min(*good_for),
                Answer::Nothing => {}
                Answer::Failed => search.failed = true,
            }
        }
        let records = answers.into_iter().map(|answer| match answer {
            Answer::Found(records, _) => records.into_iter().take(MOST_RECORDS).collect(),
            Answer::Nothing | Answer::Failed => Vec::new(),
        });
        match stage {
            Stage::Services => search.services(records.flatten()),
            Stage::Hosts(transports) => search.targets(&transports, records),
            Stage::Addresses(targets) => {
                let known = questions.into_iter().zip(records).collect();
                search.addresses(targets, known)
            }
        }
    }
}

impl Search {
    /// The transport that the URI asks for, when it does. With `sips` only encrypted ones will do.
    fn asked_for(&self, uri: &Uri) -> Result<Option<Transport>, LocateFault> {
        let Some(word) = uri.param("transport").flatten() else { return Ok(None) };
        let plain = match word.to_ascii_lowercase().as_str() {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            "tls" => Transport::Tls,
            "ws" => Transport::Ws,
            "wss" => Transport::Wss,
            _ => return Err(LocateFault::NoWay),
        };
        let transport = match (self.secure, plain) {
            (false, plain) => plain,
            (true, Transport::Tcp | Transport::Tls) => Transport::Tls,
            (true, Transport::Ws | Transport::Wss) => Transport::Wss,
            (true, Transport::Udp) => return Err(LocateFault::NoWay),
        };
        if self.able(transport) { Ok(Some(transport)) } else { Err(LocateFault::NoWay) }
    }

    /// The transport where nothing else decides: UDP, or TLS with `sips` (RFC 3263 section 4.1); a house without UDP takes the
    /// first that it has.
    fn usual(&self) -> Result<Transport, LocateFault> {
        let usual = if self.secure { Transport::Tls } else { Transport::Udp };
        let first = self.ways.iter().map(|(by, _)| *by).find(|by| self.fits(*by));
        if self.able(usual) { Ok(usual) } else { first.ok_or(LocateFault::NoWay) }
    }

    fn able(&self, transport: Transport) -> bool {
        self.ways.iter().any(|(by, _)| *by == transport)
    }

    /// Whether we have this transport and the scheme allows it.
    fn fits(&self, transport: Transport) -> bool {
        self.able(transport) && (transport.secure() || !self.secure)
    }

    /// Families of a transport in the order of our own addresses.
    fn families(&self, transport: Transport) -> Vec<Kind> {
        let mut kinds = Vec::with_capacity(2);
        for (_, at) in self.ways.iter().filter(|(by, _)| *by == transport) {
            let kind = if at.is_ipv4() { Kind::A } else { Kind::Aaaa };
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }

    /// The URI names an address.
    fn address(self, transport: Transport, ip: IpAddr, port: Option<u16>) -> Result<Located, LocateFault> {
        let kind = if ip.is_ipv4() { Kind::A } else { Kind::Aaaa };
        if !self.families(transport).contains(&kind) {
            return Err(LocateFault::NoWay);
        }
        let remote = SocketAddr::new(ip, port.unwrap_or(usual_port(transport)));
        let name = self.name.filter(|_| transport.secure());
        Ok(Located { to: Ok(vec![Destination { transport, remote, name }]), good_for: LONGEST })
    }

    /// The domain's own addresses.
    fn itself(self, transport: Transport, port: u16) -> Step {
        let host = self.domain.clone();
        self.ask_addresses(vec![Target { transport, host, port }])
    }

    /// NAPTR records came (section 4.1): those that we can follow, in their order; else each transport of ours is asked for.
    fn services(self, records: impl Iterator<Item = Record>) -> Step {
        let mut services: Vec<(u16, u16, Transport, String)> = Vec::new();
        for record in records {
            let Record::Naptr(naptr) = record else { continue };
            let Some(transport) = service(&naptr.services).filter(|t| self.fits(*t)) else { continue };
            let Some(next) = name_of(&naptr.replacement) else { continue };
            if naptr.flags.eq_ignore_ascii_case("s") && naptr.regexp.is_empty() {
                services.push((naptr.order, naptr.preference, transport, next));
            }
        }
        services.sort_by_key(|(order, preference, ..)| (*order, *preference));
        let mut followed: Vec<(Transport, Option<String>)> = Vec::new();
        for (_, _, transport, name) in services {
            let next = (transport, Some(name));
            if !followed.contains(&next) {
                followed.push(next);
            }
        }
        if followed.is_empty() {
            for (transport, _) in &self.ways {
                let next = (*transport, None);
                if self.fits(*transport) && label(*transport).is_some() && !followed.contains(&next) {
                    followed.push(next);
                }
            }
        }
        followed.truncate(MOST_SERVICES);
        self.hosts(followed)
    }

    /// Asks for the hosts of each service; without a name of its own a service stands below the domain.
    fn hosts(self, services: Vec<(Transport, Option<String>)>) -> Step {
        let mut questions = Vec::with_capacity(services.len());
        let mut transports = Vec::with_capacity(services.len());
        for (transport, name) in &services {
            let below = || label(*transport).and_then(|l| name_of(&format!("{l}.{}", self.domain)));
            if let Some(name) = name.clone().or_else(below) {
                questions.push(Question { kind: Kind::Srv, name });
                transports.push(*transport);
            }
        }
        if questions.is_empty() {
            return self.without_srv(services.first().map(|(transport, _)| *transport));
        }
        Step::Ask(Asking { questions, stage: Stage::Hosts(transports), search: self })
    }

    /// No SRV records: the domain's own addresses at the usual port (section 4.2).
    fn without_srv(self, transport: Option<Transport>) -> Step {
        match transport.filter(|t| self.fits(*t)).map_or_else(|| self.usual(), Ok) {
            Ok(transport) => self.itself(transport, usual_port(transport)),
            Err(fault) => self.fault(fault),
        }
    }

    /// SRV records came.
    fn targets(mut self, transports: &[Transport], answers: impl Iterator<Item = Vec<Record>>) -> Step {
        let mut targets: Vec<Target> = Vec::new();
        let mut withheld = false;
        for (transport, records) in transports.iter().zip(answers) {
            let srv = |record| match record {
                Record::Srv(srv) => Some(srv),
                Record::Naptr(_) | Record::Address(_) => None,
            };
            for srv in choice::order(records.into_iter().filter_map(srv).collect(), &mut self.chance) {
                match name_of(&srv.target) {
                    Some(host) if srv.port != 0 => {
                        targets.push(Target { transport: *transport, host, port: srv.port });
                    }
                    Some(_) | None => withheld = true,
                }
            }
        }
        if !targets.is_empty() {
            return self.ask_addresses(targets);
        }
        match (withheld, self.failed) {
            (true, _) => self.fault(LocateFault::NotOffered),
            // The domain's own address may be that of its web server: only a clear "none" leads there.
            (false, true) => self.fault(LocateFault::NoAnswer),
            (false, false) => self.by_default(transports),
        }
    }

    /// A single service keeps its transport; where all of ours were tried the usual one is taken.
    fn by_default(self, transports: &[Transport]) -> Step {
        match transports {
            [only] => {
                let only = *only;
                self.without_srv(Some(only))
            }
            _ => self.without_srv(None),
        }
    }

    fn ask_addresses(self, mut targets: Vec<Target>) -> Step {
        targets.truncate(MOST_TARGETS);
        let mut questions: Vec<Question> = Vec::new();
        for target in &targets {
            for kind in self.families(target.transport) {
                let question = Question { kind, name: target.host.clone() };
                if !questions.contains(&question) {
                    questions.push(question);
                }
            }
        }
        if questions.is_empty() {
            return self.fault(LocateFault::NoWay);
        }
        Step::Ask(Asking { questions, stage: Stage::Addresses(targets), search: self })
    }

    fn addresses(self, targets: Vec<Target>, known: Vec<(Question, Vec<Record>)>) -> Step {
        let mut to: Vec<Destination> = Vec::new();
        for target in targets {
            let name = self.name.clone().filter(|_| target.transport.secure());
            for kind in self.families(target.transport) {
                let of = |q: &Question| q.kind == kind && q.name == target.host;
                let records = known.iter().filter(|(q, _)| of(q)).flat_map(|(_, records)| records);
                for ip in records.filter_map(|r| usable(r, kind)) {
                    let remote = SocketAddr::new(ip, target.port);
                    let next = Destination { transport: target.transport, remote, name: name.clone() };
                    if !to.contains(&next) {
                        to.push(next);
                    }
                }
            }
        }
        to.truncate(MOST_DESTINATIONS);
        if to.is_empty() {
            let fault = if self.failed { LocateFault::NoAnswer } else { LocateFault::NoAddress };
            return self.fault(fault);
        }
        // Where a server did not answer, there may be more to know soon.
        let good_for = if self.failed { SHORTEST } else { self.good_for.clamp(SHORTEST, LONGEST) };
        Step::Done(Located { to: Ok(to), good_for })
    }

    fn fault(self, fault: LocateFault) -> Step {
        Step::Done(Located { to: Err(fault), good_for: SHORTEST })
    }
}

/// An address that somebody can be at.
fn usable(record: &Record, kind: Kind) -> Option<IpAddr> {
    let Record::Address(ip) = record else { return None };
    let fits = ip.is_ipv4() == (kind == Kind::A) && !ip.is_unspecified() && !ip.is_multicast();
    fits.then_some(*ip)
}

/// The port where none is written (RFC 3261 section 19.1.2, RFC 7118 section 5.5).
pub(crate) fn usual_port(transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp => 5060,
        Transport::Tls => 5061,
        Transport::Ws => 80,
        Transport::Wss => 443,
    }
}

/// The transport of a NAPTR service (RFC 3263 section 4.1, RFC 7118 section 5.5). SCTP and others are none of ours.
fn service(services: &str) -> Option<Transport> {
    match services.to_ascii_uppercase().as_str() {
        "SIP+D2U" => Some(Transport::Udp),
        "SIP+D2T" => Some(Transport::Tcp),
        "SIPS+D2T" => Some(Transport::Tls),
        "SIP+D2W" => Some(Transport::Ws),
        "SIPS+D2W" => Some(Transport::Wss),
        _ => None,
    }
}

/// How the SRV records of a transport are named; none is defined for WebSockets.
fn label(transport: Transport) -> Option<&'static str> {
    match transport {
        Transport::Udp => Some("_sip._udp"),
        Transport::Tcp => Some("_sip._tcp"),
        Transport::Tls => Some("_sips._tcp"),
        Transport::Ws | Transport::Wss => None,
    }
}

fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// A name as the DNS can hold it: lower case, without the last dot.
fn name_of(text: &str) -> Option<String> {
    let name = bare(text);
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    (name.len() <= LONGEST_NAME && name.split('.').all(label)).then(|| name.to_ascii_lowercase())
}
