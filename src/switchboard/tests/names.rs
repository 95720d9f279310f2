//! The door to the DNS against a name server of our own: records over real sockets, silence, refusal, and the bounds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, NAPTR, SRV};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use sip::locate::{LONGEST, SHORTEST};
use sip::{Transport, Uri};
use switchboard::names::{Answered, Names};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

const TTL: u32 = 77;

/// A name server that knows a few names.
struct Server {
    at: SocketAddr,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 4_096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                count.fetch_add(1, Ordering::Relaxed);
                if let Some(answer) = answer(&Message::from_vec(&buffer[..length]).unwrap()) {
                    socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
                }
            }
        });
        Self { at, asked, task }
    }
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// What the zone says; `None`: silence.
fn answer(query: &Message) -> Option<Message> {
    let question = query.queries.first().unwrap();
    let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
    answer.add_query(question.clone());
    let (asked, kind) = (question.name().to_ascii().to_ascii_lowercase(), question.query_type());
    let service = |order, service: &str, to: &str| {
        let text = |t: &str| t.as_bytes().to_vec().into_boxed_slice();
        RData::NAPTR(NAPTR::new(order, 50, text("s"), text(service), text(""), name(to)))
    };
    let host = |priority, port, to: &str| RData::SRV(SRV::new(priority, 0, port, name(to)));
    let records = match (asked.as_str(), kind) {
        ("silent.test.", _) => return None,
        ("broken.test.", _) => {
            answer.metadata.response_code = ResponseCode::ServFail;
            Vec::new()
        }
        ("carrier.test.", RecordType::NAPTR) => vec![
            service(90, "SIP+D2U", "_sip._udp.carrier.test."),
            service(50, "SIPS+D2T", "_sips._tcp.carrier.test."),
        ],
        ("_sips._tcp.carrier.test.", RecordType::SRV) => {
            vec![host(20, 5071, "b.carrier.test."), host(10, 5061, "a.carrier.test.")]
        }
        ("_sip._udp.carrier.test.", RecordType::SRV) => vec![host(10, 5060, "a.carrier.test.")],
        ("a.carrier.test.", RecordType::A) => vec![RData::A(A::new(192, 0, 2, 1))],
        ("b.carrier.test.", RecordType::A) => {
            vec![RData::A(A::new(192, 0, 2, 2)), RData::A(A::new(192, 0, 2, 3))]
        }
        (other, RecordType::A) if other.ends_with(".many.test.") => vec![RData::A(A::new(192, 0, 2, 9))],
        _ => {
            answer.metadata.response_code = ResponseCode::NXDomain;
            Vec::new()
        }
    };
    for data in records {
        answer.add_answer(Record::from_rdata(question.name().clone(), TTL, data));
    }
    Some(answer)
}

fn ways() -> Vec<(Transport, SocketAddr)> {
    let at = "192.0.2.99:5060".parse().unwrap();
    vec![(Transport::Udp, at), (Transport::Tcp, at), (Transport::Tls, at)]
}

struct Door {
    server: Server,
    names: Names,
    told: mpsc::Receiver<Answered>,
}

impl Door {
    async fn open() -> Self {
        let server = Server::start().await;
        let (tell, told) = mpsc::channel(256);
        let names = Names::new(&[server.at], tell);
        Self { server, names, told }
    }

    async fn ask(&mut self, uri: &str) -> (Result<Vec<String>, String>, Duration) {
        self.names.ask(7, &Uri::parse(uri).unwrap(), &ways());
        let told = tokio::time::timeout(Duration::from_secs(10), self.told.recv()).await.unwrap();
        let (ticket, to, good_for) = told.unwrap();
        assert_eq!(ticket, 7);
        let words = |d: &sip::locate::Destination| {
            let name = d.name.as_ref().map(|n| format!(" as {n}")).unwrap_or_default();
            format!("{} {}{name}", d.transport.as_str(), d.remote)
        };
        (to.map(|to| to.iter().map(words).collect()), good_for)
    }

    fn asked(&self) -> usize {
        self.server.asked.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn records_come_over_the_wire_in_their_order() {
    let mut door = Door::open().await;
    let (to, good_for) = door.ask("sip:89000@carrier.test").await;
    let expected = [
        "TLS 192.0.2.1:5061 as carrier.test",
        "TLS 192.0.2.2:5071 as carrier.test",
        "TLS 192.0.2.3:5071 as carrier.test",
        "UDP 192.0.2.1:5060",
    ];
    let mut found = to.unwrap();
    found[1..3].sort();
    assert_eq!(found, expected);
    let ttl = Duration::from_secs(TTL.into());
    assert!(good_for <= ttl && good_for > ttl - Duration::from_secs(20), "good for {good_for:?}");
    // What is known is not asked for again while it holds.
    let asked = door.asked();
    assert!(door.ask("sip:89000@CARRIER.test.").await.0.is_ok());
    assert_eq!(door.asked(), asked);
}

#[tokio::test]
async fn an_address_is_answered_at_once_and_without_a_question() {
    let mut door = Door::open().await;
    door.names.ask(1, &Uri::parse("sip:192.0.2.7;transport=tcp").unwrap(), &ways());
    // Nothing was awaited since: it lies there already.
    let (ticket, to, good_for) = door.told.try_recv().unwrap();
    assert_eq!((ticket, to.unwrap()[0].remote), (1, "192.0.2.7:5060".parse().unwrap()));
    assert_eq!((good_for, door.asked()), (LONGEST, 0));
}

#[tokio::test]
async fn what_leads_nowhere_is_told_in_words() {
    let mut door = Door::open().await;
    let rows = [
        ("sip:nowhere.test", "no usable address stands in the DNS"),
        ("sip:broken.test:5060", "the name servers did not answer"),
        ("sips:192.0.2.1;transport=udp", "no socket of ours fits"),
        ("tel:110", "only a sip or sips URI"),
    ];
    for (uri, expected) in rows {
        let (to, good_for) = door.ask(uri).await;
        let why = to.unwrap_err();
        assert!(why.contains(expected), "{uri}: {why}");
        assert_eq!(good_for, SHORTEST, "{uri}");
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let mut door = Door::open().await;
    let began = Instant::now();
    let (to, good_for) = door.ask("sip:silent.test:5060").await;
    assert!(to.unwrap_err().contains("did not answer"));
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
    assert_eq!(good_for, SHORTEST);
}

#[tokio::test]
async fn too_many_at_once_are_told_so_at_once() {
    let mut door = Door::open().await;
    for ticket in 0..200 {
        let uri = Uri::parse(&format!("sip:h{ticket}.many.test:5060")).unwrap();
        door.names.ask(ticket, &uri, &ways());
    }
    let (mut found, mut refused) = (0, 0);
    for _ in 0..200 {
        let told = tokio::time::timeout(Duration::from_secs(10), door.told.recv()).await.unwrap();
        match told.unwrap().1 {
            Ok(to) => {
                assert_eq!(to[0].remote, "192.0.2.9:5060".parse::<SocketAddr>().unwrap());
                found += 1;
            }
            Err(why) => {
                assert!(why.contains("too many"), "{why}");
                refused += 1;
            }
        }
    }
    assert_eq!((found, refused), (64, 136));
    // The seats are free again.
    assert!(door.ask("sip:again.many.test:5060").await.0.is_ok());
}
