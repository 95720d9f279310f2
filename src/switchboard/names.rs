//! The door to the DNS: looks up what a search for a SIP server asks (RFC 3263), several at once and never for long.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ProtocolConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};
use sip::locate::{
    self, Answer, Destination, Kind, Located, MOST_QUESTIONS, Naptr, Question, Record, SHORTEST, Srv, Step,
};
use sip::{Transport, Uri};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// Searches at once. When full, a further one is answered at once: its asker tries again after [`SHORTEST`].
const MOST_AT_ONCE: usize = 64;
/// A search ends after so long, with what is known by then or with none.
const PATIENCE: Duration = Duration::from_secs(5);
/// One name server has so long for one answer; then it is asked again, and then the next.
const ONE_ANSWER: Duration = Duration::from_millis(1_500);
/// Answers that are kept until they run out. When full the least used are forgotten and asked for again.
const KEPT: u64 = 1_024;

const TOO_MANY: &str = "too many name look-ups at once: they are tried again in a few seconds";
const TOO_LATE: &str =
    "the name servers did not answer in time: check `dns` of [sip], or the system's resolver";

/// The answer to one ticket: where to send, in the order of trying, or why not in words; and how long that holds.
pub type Answered = (u64, Result<Vec<Destination>, String>, Duration);

/// One look-up with all that was asked and answered on the way.
#[derive(Clone, Debug)]
pub struct Told {
    /// Questions and answers in their order.
    pub asked: Vec<(Question, Answer)>,
    /// As in [`Answered`].
    pub to: Result<Vec<Destination>, String>,
}

/// Searches for a URI's servers as [`Names::ask`] does, and tells every step: for an admin who wants to see it.
pub async fn tell(servers: &[SocketAddr], uri: &Uri, ways: &[(Transport, SocketAddr)]) -> Told {
    let mut asked = Vec::new();
    let words = |done: Located| done.to.map_err(|fault| fault.to_string());
    let to = match locate::locate(uri, ways, RandomState::new().hash_one(uri.to_string())) {
        Step::Done(done) => words(done),
        Step::Ask(asking) => match resolver(servers) {
            Err(why) => Err(why),
            Ok(resolver) => {
                let search = search(resolver, asking, |question, answer| asked.push((question, answer)));
                match tokio::time::timeout(PATIENCE, search).await {
                    Ok(done) => words(done),
                    Err(_) => Err(TOO_LATE.to_owned()),
                }
            }
        },
    };
    Told { asked, to }
}

/// Looks up names for whoever holds a ticket.
pub struct Names {
    resolver: Result<TokioResolver, String>,
    seats: Arc<Semaphore>,
    tell: mpsc::Sender<Answered>,
}

impl Names {
    /// Asks these name servers; none: those of the system. Where the system names none, addresses are found all the same,
    /// and names are answered with what is amiss.
    pub fn new(servers: &[SocketAddr], tell: mpsc::Sender<Answered>) -> Self {
        Self { resolver: resolver(servers), seats: Arc::new(Semaphore::new(MOST_AT_ONCE)), tell }
    }

    /// Searches for a URI's servers with the transports and own addresses of `ways`, the ones preferred first. The answer
    /// comes under this ticket, at once for an address.
    pub fn ask(&self, ticket: u64, uri: &Uri, ways: &[(Transport, SocketAddr)]) {
        // Different for each, and not to be foreseen.
        let chance = RandomState::new().hash_one(ticket);
        let asking = match locate::locate(uri, ways, chance) {
            Step::Done(done) => return self.at_once(ticket, done),
            Step::Ask(asking) => asking,
        };
        let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() else {
            return self.tell_at_once((ticket, Err(TOO_MANY.to_owned()), SHORTEST));
        };
        let (resolver, tell) = (self.resolver.clone(), self.tell.clone());
        tokio::spawn(async move {
            let (to, good_for) = match resolver {
                Err(why) => (Err(why), SHORTEST),
                Ok(resolver) => {
                    match tokio::time::timeout(PATIENCE, search(resolver, asking, |_, _| {})).await {
                        Ok(done) => (done.to.map_err(|fault| fault.to_string()), done.good_for),
                        Err(_) => (Err(TOO_LATE.to_owned()), SHORTEST),
                    }
                }
            };
            drop(seat);
            // The loop may have ended.
            let _ = tell.send((ticket, to, good_for)).await;
        });
    }

    fn at_once(&self, ticket: u64, done: Located) {
        self.tell_at_once((ticket, done.to.map_err(|fault| fault.to_string()), done.good_for));
    }

    /// The loop that asked will take it after this turn. When it is so far behind that the queue is full, the answer comes
    /// as soon as there is room.
    fn tell_at_once(&self, answered: Answered) {
        if let Err(mpsc::error::TrySendError::Full(answered)) = self.tell.try_send(answered) {
            let tell = self.tell.clone();
            tokio::spawn(async move { tell.send(answered).await });
        }
    }
}

fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, String> {
    let runtime = TokioRuntimeProvider::default;
    let mut builder = if servers.is_empty() {
        Resolver::builder(runtime()).map_err(|e| {
            format!(
                "the system's resolver can't be read ({e}): mend /etc/resolv.conf, or write `dns` in [sip]"
            )
        })?
    } else {
        let servers = servers.iter().map(|at| server(*at)).collect();
        Resolver::builder_with_config(ResolverConfig::from_parts(None, Vec::new(), servers), runtime())
    };
    limits(builder.options_mut());
    builder.build().map_err(|e| format!("the resolver does not start ({e}): check `dns` of [sip]"))
}

fn server(at: SocketAddr) -> NameServerConfig {
    let over = |protocol| {
        let mut connection = ConnectionConfig::new(protocol);
        connection.port = at.port();
        connection
    };
    NameServerConfig::new(at.ip(), true, vec![over(ProtocolConfig::Udp), over(ProtocolConfig::Tcp)])
}

fn limits(options: &mut ResolverOpts) {
    options.timeout = ONE_ANSWER;
    options.attempts = 2;
    options.cache_size = KEPT;
    options.max_active_requests = MOST_AT_ONCE.saturating_mul(MOST_QUESTIONS);
    options.use_hosts_file = ResolveHosts::Always;
    options.positive_min_ttl = Some(locate::SHORTEST);
    options.positive_max_ttl = Some(locate::LONGEST);
    options.negative_min_ttl = Some(locate::SHORTEST);
    options.negative_max_ttl = Some(locate::SHORTEST);
}

/// Round after round; the questions of one are asked at once. `note` is told what was answered to what.
async fn search(
    resolver: TokioResolver,
    mut asking: locate::Asking,
    mut note: impl FnMut(Question, Answer),
) -> Located {
    loop {
        let mut round = JoinSet::new();
        for (place, question) in asking.questions().iter().cloned().enumerate() {
            let resolver = resolver.clone();
            round.spawn(async move { (place, answer(&resolver, &question).await) });
        }
        let mut answers = vec![Answer::Failed; asking.questions().len()];
        while let Some(done) = round.join_next().await {
            if let Ok((place, answer)) = done
                && let Some(slot) = answers.get_mut(place)
            {
                *slot = answer;
            }
        }
        for (question, answer) in asking.questions().iter().zip(&answers) {
            note(question.clone(), answer.clone());
        }
        match asking.answered(answers) {
            Step::Ask(next) => asking = next,
            Step::Done(done) => return done,
        }
    }
}

async fn answer(resolver: &TokioResolver, question: &Question) -> Answer {
    let kind = match question.kind {
        Kind::Naptr => RecordType::NAPTR,
        Kind::Srv => RecordType::SRV,
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
    };
    // With its last dot the name is whole: the system's search list is not put behind it.
    match resolver.lookup(format!("{}.", question.name), kind).await {
        Ok(found) => {
            let good_for = found.valid_until().saturating_duration_since(Instant::now());
            Answer::Found(found.answers().iter().filter_map(|r| record(&r.data)).collect(), good_for)
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none)))
            if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError) =>
        {
            Answer::Nothing
        }
        Err(error) => {
            tracing::debug!(kind = ?question.kind, name = question.name, %error, "a name look-up failed");
            Answer::Failed
        }
    }
}

fn record(data: &RData) -> Option<Record> {
    match data {
        RData::A(a) => Some(Record::Address(a.0.into())),
        RData::AAAA(a) => Some(Record::Address(a.0.into())),
        RData::SRV(srv) => Some(Record::Srv(Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: srv.target.to_ascii(),
        })),
        RData::NAPTR(naptr) => Some(Record::Naptr(Naptr {
            order: naptr.order,
            preference: naptr.preference,
            flags: text(&naptr.flags),
            services: text(&naptr.services),
            regexp: text(&naptr.regexp),
            replacement: naptr.replacement.to_ascii(),
        })),
        // CNAMEs on the way, and whatever else a server adds.
        _ => None,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
