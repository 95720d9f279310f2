//! RFC 3263 by table: what a URI asks the name servers, and in which order its destinations come.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sip::locate::{
    Answer, Kind, LONGEST, LocateFault, Located, MOST_DESTINATIONS, MOST_QUESTIONS, Naptr, Question, Record,
    SHORTEST, Srv, Step, locate,
};
use sip::{Transport, Uri};

const MINUTE: Duration = Duration::from_secs(60);

/// A tiny world of names: what is not in it does not exist.
#[derive(Default)]
struct Zone {
    rows: HashMap<Question, Answer>,
    /// Questions in the order of asking, a line for each round.
    asked: Vec<Vec<String>>,
}

impl Zone {
    /// Rows as a zone file has them: `name NAPTR 50 50 s SIPS+D2T _sips._tcp.example.com`, `name SRV 0 1 5060 host`,
    /// `name A 192.0.2.1`, `name KIND FAILS`.
    fn new(text: &str) -> Self {
        let mut zone = Self::default();
        for row in text.lines().map(str::trim).filter(|r| !r.is_empty()) {
            let words: Vec<&str> = row.split_whitespace().collect();
            let kind = match words[1] {
                "NAPTR" => Kind::Naptr,
                "SRV" => Kind::Srv,
                "A" => Kind::A,
                "AAAA" => Kind::Aaaa,
                other => panic!("{other}"),
            };
            let question = Question { kind, name: words[0].to_owned() };
            if words[2] == "FAILS" {
                zone.rows.insert(question, Answer::Failed);
                continue;
            }
            let record = match kind {
                Kind::Naptr => Record::Naptr(Naptr {
                    order: words[2].parse().unwrap(),
                    preference: words[3].parse().unwrap(),
                    flags: words[4].to_owned(),
                    services: words[5].to_owned(),
                    regexp: words.get(7).map(ToString::to_string).unwrap_or_default(),
                    replacement: words[6].to_owned(),
                }),
                Kind::Srv => Record::Srv(Srv {
                    priority: words[2].parse().unwrap(),
                    weight: words[3].parse().unwrap(),
                    port: words[4].parse().unwrap(),
                    target: words[5].to_owned(),
                }),
                Kind::A | Kind::Aaaa => Record::Address(words[2].parse().unwrap()),
            };
            match zone.rows.entry(question).or_insert_with(|| Answer::Found(Vec::new(), MINUTE)) {
                Answer::Found(records, _) => records.push(record),
                Answer::Nothing | Answer::Failed => panic!("{row}"),
            }
        }
        zone
    }

    fn find(&mut self, uri: &str, ways: &[(Transport, SocketAddr)], chance: u64) -> Located {
        let mut step = locate(&Uri::parse(uri).unwrap(), ways, chance);
        for _ in 0..5 {
            let asking = match step {
                Step::Done(located) => return located,
                Step::Ask(asking) => asking,
            };
            let word = |q: &Question| format!("{} {:?}", q.name, q.kind);
            self.asked.push(asking.questions().iter().map(word).collect());
            let answer = |q: &Question| self.rows.get(q).cloned().unwrap_or(Answer::Nothing);
            let answers = asking.questions().iter().map(answer).collect();
            step = asking.answered(answers);
        }
        panic!("more than four rounds for {uri}");
    }
}

fn ways(text: &str) -> Vec<(Transport, SocketAddr)> {
    let way = |word: &str| {
        let (by, at) = word.split_once(' ').unwrap();
        let by = match by {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            "tls" => Transport::Tls,
            "ws" => Transport::Ws,
            "wss" => Transport::Wss,
            other => panic!("{other}"),
        };
        (by, at.parse().unwrap())
    };
    text.split(", ").map(way).collect()
}

const ALL: &str = "udp 192.0.2.9:5060, tcp 192.0.2.9:5060, tls 192.0.2.9:5061";

/// The destinations in words, or the fault.
fn words(located: &Located) -> String {
    match &located.to {
        Err(fault) => format!("{fault:?}"),
        Ok(to) => to
            .iter()
            .map(|d| {
                let name = d.name.as_ref().map(|n| format!(" as {n}")).unwrap_or_default();
                format!("{} {}{name}", d.transport.as_str(), d.remote)
            })
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// The records of RFC 3263 section 4.1 and 4.2.
const RFC: &str = "
    example.com NAPTR 50 50 s SIPS+D2T _sips._tcp.example.com.
    example.com NAPTR 90 50 s SIP+D2T _sip._tcp.example.com.
    example.com NAPTR 100 50 s SIP+D2U _sip._udp.example.com.
    _sips._tcp.example.com SRV 0 1 5061 server1.example.com.
    _sips._tcp.example.com SRV 1 2 5061 server2.example.com.
    _sip._tcp.example.com SRV 0 1 5060 server1.example.com
    _sip._tcp.example.com SRV 1 2 5060 server2.example.com
    _sip._udp.example.com SRV 0 1 5060 server2.example.com
    server1.example.com A 192.0.2.1
    server2.example.com A 192.0.2.2";

#[test]
fn the_example_of_the_rfc() {
    // The client of the RFC supports UDP and TCP, not TLS: "TCP will be used, targeted to a host determined by an SRV lookup".
    let mut zone = Zone::new(RFC);
    let found = zone.find("sip:user@example.com", &ways("udp 192.0.2.9:5060, tcp 192.0.2.9:5060"), 1);
    assert_eq!(words(&found), "TCP 192.0.2.1:5060, TCP 192.0.2.2:5060, UDP 192.0.2.2:5060");
    let asked = [
        vec!["example.com Naptr"],
        vec!["_sip._tcp.example.com Srv", "_sip._udp.example.com Srv"],
        vec!["server1.example.com A", "server2.example.com A"],
    ];
    assert_eq!(zone.asked, asked);
    assert_eq!(found.good_for, MINUTE);
}

#[test]
fn the_uri_decides_what_is_asked() {
    let all = "TLS 192.0.2.1:5061 as example.com, TLS 192.0.2.2:5061 as example.com";
    let tcp = "TCP 192.0.2.1:5060, TCP 192.0.2.2:5060";
    let rows: &[(&str, &str, &[&str], &str)] = &[
        ("an address", "sip:192.0.2.7", &[], "UDP 192.0.2.7:5060"),
        ("an address with a port", "sip:192.0.2.7:5070", &[], "UDP 192.0.2.7:5070"),
        ("an address with a transport", "sip:192.0.2.7;transport=TCP", &[], "TCP 192.0.2.7:5060"),
        ("an address, secure", "sips:192.0.2.7", &[], "TLS 192.0.2.7:5061"),
        ("an address over TLS", "sip:192.0.2.7;transport=tls", &[], "TLS 192.0.2.7:5061"),
        (
            "maddr decides where, the host which certificate",
            "sips:example.com;maddr=192.0.2.8",
            &[],
            "TLS 192.0.2.8:5061 as example.com",
        ),
        ("maddr keeps the port", "sip:example.com:5070;maddr=192.0.2.8", &[], "UDP 192.0.2.8:5070"),
        ("a port: no SRV", "sip:server1.example.com:5070", &["server1.example.com A"], "UDP 192.0.2.1:5070"),
        (
            "a port, secure",
            "sips:server1.example.com:5070",
            &["server1.example.com A"],
            "TLS 192.0.2.1:5070 as server1.example.com",
        ),
        (
            "a transport: no NAPTR",
            "sip:example.com;transport=tcp",
            &["_sip._tcp.example.com Srv", "server1.example.com A server2.example.com A"],
            tcp,
        ),
        (
            "TLS by parameter",
            "sip:example.com;transport=tls",
            &["_sips._tcp.example.com Srv", "server1.example.com A server2.example.com A"],
            all,
        ),
        (
            "sips over tcp is TLS",
            "sips:EXAMPLE.com;transport=tcp",
            &["_sips._tcp.example.com Srv", "server1.example.com A server2.example.com A"],
            all,
        ),
        (
            "sips keeps only secure services",
            "sips:example.com",
            &[
                "example.com Naptr",
                "_sips._tcp.example.com Srv",
                "server1.example.com A server2.example.com A",
            ],
            all,
        ),
        ("sips over UDP is nothing", "sips:example.com;transport=udp", &[], "NoWay"),
        ("SCTP is none of ours", "sip:example.com;transport=sctp", &[], "NoWay"),
        ("an IPv6 address without an IPv6 socket", "sip:[2001:db8::1]", &[], "NoWay"),
        ("no server in it", "tel:+865351234567", &[], "NotSip"),
    ];
    for (what, uri, asked, expected) in rows {
        let mut zone = Zone::new(RFC);
        let found = zone.find(uri, &ways(ALL), 1);
        assert_eq!(words(&found), *expected, "{what}");
        let rounds: Vec<String> = zone.asked.iter().map(|round| round.join(" ")).collect();
        assert_eq!(rounds, *asked, "{what}");
    }
}

/// What is tried, the URI, the zone, what is found.
type Row = (&'static str, &'static str, &'static str, &'static str);

fn check(rows: &[Row]) {
    for (what, uri, zone, expected) in rows {
        let found = Zone::new(zone).find(uri, &ways(ALL), 1);
        assert_eq!(words(&found), *expected, "{what}");
    }
}

#[test]
fn records_decide_where() {
    check(&[
        (
            "no NAPTR: each transport of ours by SRV, in our order",
            "sip:a.test",
            "_sip._tcp.a.test SRV 0 0 5062 h.a.test
             _sip._udp.a.test SRV 0 0 5061 h.a.test
             h.a.test A 192.0.2.1",
            "UDP 192.0.2.1:5061, TCP 192.0.2.1:5062",
        ),
        ("neither NAPTR nor SRV: UDP at 5060", "sip:a.test", "a.test A 192.0.2.1", "UDP 192.0.2.1:5060"),
        ("neither, secure: TLS at 5061", "sips:a.test", "a.test A 192.0.2.1", "TLS 192.0.2.1:5061 as a.test"),
        (
            "no SRV for the transport asked for",
            "sip:a.test;transport=tcp",
            "_sip._udp.a.test SRV 0 0 5061 h.a.test
             a.test A 192.0.2.1",
            "TCP 192.0.2.1:5060",
        ),
        (
            "the service of a NAPTR record has no SRV: its transport, at the domain itself",
            "sip:a.test",
            "a.test NAPTR 1 1 S sip+d2t _sip._tcp.a.test
             a.test A 192.0.2.1",
            "TCP 192.0.2.1:5060",
        ),
        (
            "order before preference; what we can't speak, follow or compute is passed over",
            "sip:a.test",
            "a.test NAPTR 2 1 s SIP+D2U _sip._udp.a.test
             a.test NAPTR 1 9 s SIP+D2T _sip._tcp.a.test
             a.test NAPTR 1 1 s SIP+D2S _sip._sctp.a.test
             a.test NAPTR 1 1 s SIP+D2W ws.a.test
             a.test NAPTR 0 0 u E2U+sip x.a.test !^.*$!sip:x@b.test!
             a.test NAPTR 0 0 a SIP+D2T h.a.test
             a.test NAPTR 0 0 s SIP+D2T a..test
             _sip._udp.a.test SRV 0 0 5060 h.a.test
             _sip._tcp.a.test SRV 0 0 5060 h.a.test
             h.a.test A 192.0.2.1",
            "TCP 192.0.2.1:5060, UDP 192.0.2.1:5060",
        ),
        (
            "the certificate must show the domain, not the host that the DNS named",
            "sips:a.test",
            "a.test NAPTR 1 1 s SIPS+D2T _sips._tcp.b.test
             _sips._tcp.b.test SRV 0 0 5061 h.c.test
             h.c.test A 192.0.2.1",
            "TLS 192.0.2.1:5061 as a.test",
        ),
    ]);
}

#[test]
fn what_is_missing_or_broken_leads_nowhere_wrong() {
    check(&[
        (
            "a dot: decidedly not offered, and the domain's own address is not tried",
            "sip:a.test;transport=udp",
            "_sip._udp.a.test SRV 0 0 0 .
             a.test A 192.0.2.1",
            "NotOffered",
        ),
        (
            "a dot for one transport leaves the others",
            "sip:a.test",
            "_sip._udp.a.test SRV 0 0 0 .
             _sip._tcp.a.test SRV 0 0 5060 h.a.test
             h.a.test A 192.0.2.1",
            "TCP 192.0.2.1:5060",
        ),
        ("nothing at all", "sip:a.test", "", "NoAddress"),
        (
            "no answer to SRV: the domain's own address may be somebody else's",
            "sip:a.test;transport=udp",
            "_sip._udp.a.test SRV FAILS
             a.test A 192.0.2.1",
            "NoAnswer",
        ),
        (
            "no answer to NAPTR: SRV is asked all the same",
            "sip:a.test",
            "a.test NAPTR FAILS
             _sip._udp.a.test SRV 0 0 5061 h.a.test
             h.a.test A 192.0.2.1",
            "UDP 192.0.2.1:5061",
        ),
        ("no answer for the address", "sip:a.test:5060", "a.test A FAILS", "NoAnswer"),
        (
            "a target without address is passed over",
            "sip:a.test;transport=udp",
            "_sip._udp.a.test SRV 0 0 5060 gone.a.test
             _sip._udp.a.test SRV 1 0 5060 h.a.test
             h.a.test A 192.0.2.1
             h.a.test A 192.0.2.1
             h.a.test A 0.0.0.0
             h.a.test A 224.0.0.1",
            "UDP 192.0.2.1:5060",
        ),
        (
            "SRV that names itself ends",
            "sip:a.test",
            "_sip._udp.a.test SRV 0 0 5060 _sip._udp.a.test",
            "NoAddress",
        ),
        ("a name that can't be one", "sip:a..test", "", "BadName"),
    ]);
}

#[test]
fn families_are_ours_in_our_order() {
    let zone = "
        _sip._udp.a.test SRV 0 0 5060 h.a.test
        h.a.test A 192.0.2.1
        h.a.test AAAA 2001:db8::1";
    let rows = [
        ("udp 192.0.2.9:5060", "UDP 192.0.2.1:5060"),
        ("udp [2001:db8::9]:5060", "UDP [2001:db8::1]:5060"),
        ("udp [2001:db8::9]:5060, udp 192.0.2.9:5060", "UDP [2001:db8::1]:5060, UDP 192.0.2.1:5060"),
        ("udp 192.0.2.9:5060, udp [2001:db8::9]:5060", "UDP 192.0.2.1:5060, UDP [2001:db8::1]:5060"),
        ("tcp 192.0.2.9:5060", "NoAddress"),
    ];
    for (own, expected) in rows {
        assert_eq!(words(&Zone::new(zone).find("sip:a.test", &ways(own), 1)), expected, "{own}");
    }
    let six = ways("udp [2001:db8::9]:5060");
    assert_eq!(words(&Zone::new("").find("sip:[2001:db8::1]", &six, 1)), "UDP [2001:db8::1]:5060");
    assert_eq!(words(&Zone::new("").find("sip:192.0.2.1", &six, 1)), "NoWay");
}

#[test]
fn web_sockets_have_their_own_services_and_ports() {
    let own = ways("ws 192.0.2.9:80, wss 192.0.2.9:443");
    let zone = "
        a.test NAPTR 1 1 s SIPS+D2W wss.a.test
        wss.a.test SRV 0 0 8443 h.a.test
        h.a.test A 192.0.2.1";
    let rows = [
        ("sip:a.test", "WSS 192.0.2.1:8443 as a.test"),
        ("sip:h.a.test;transport=ws", "WS 192.0.2.1:80"),
        ("sips:h.a.test;transport=ws", "WSS 192.0.2.1:443 as h.a.test"),
    ];
    for (uri, expected) in rows {
        assert_eq!(words(&Zone::new(zone).find(uri, &own, 1)), expected, "{uri}");
    }
}

/// How often each of the three comes first, and whether the lower priority ever does.
fn shares(weights: [u16; 3]) -> [u32; 3] {
    let mut zone = String::from("_sip._udp.a.test SRV 9 100 5060 last.a.test\nlast.a.test A 192.0.2.9\n");
    for (i, weight) in weights.iter().enumerate() {
        zone += &format!("_sip._udp.a.test SRV 1 {weight} 5060 h{i}.a.test\nh{i}.a.test A 192.0.2.{i}\n");
    }
    let mut first = [0; 3];
    for chance in 0..3_000 {
        let found = Zone::new(&zone).find("sip:a.test;transport=udp", &ways(ALL), chance).to.unwrap();
        assert_eq!(found.len(), 4);
        assert_eq!(
            found[3].remote.ip(),
            "192.0.2.9".parse::<IpAddr>().unwrap(),
            "a lower priority came before"
        );
        let IpAddr::V4(ip) = found[0].remote.ip() else { panic!() };
        first[usize::from(ip.octets()[3])] += 1;
    }
    first
}

#[test]
fn equal_priorities_share_by_weight() {
    let about = |n: u32, share: f64| (f64::from(n) - 3_000.0 * share).abs() < 120.0;
    let [a, b, c] = shares([60, 30, 10]);
    assert!(about(a, 0.6) && about(b, 0.3) && about(c, 0.1), "{a} {b} {c}");
    // Without weight there is a small chance, as RFC 2782 wants it: 1 of 11 here.
    let [none, some, _] = shares([0, 10, 0]);
    assert!(none > 100 && about(some, 10.0 / 11.0), "{none} {some}");
    // Running sums of RFC 2782: where no weight is given the first of the answer is taken, rotated by the servers.
    assert_eq!(shares([0, 0, 0]), [3_000, 0, 0]);
}

#[test]
fn the_same_chance_gives_the_same_order() {
    let zone = "
        _sip._udp.a.test SRV 1 5 5060 h1.a.test
        _sip._udp.a.test SRV 1 5 5060 h2.a.test
        h1.a.test A 192.0.2.1
        h2.a.test A 192.0.2.2";
    let find = |chance| Zone::new(zone).find("sip:a.test;transport=udp", &ways(ALL), chance);
    assert!((0..50).all(|chance| find(chance) == find(chance)));
    assert!((0..50).any(|chance| find(chance) != find(0)));
}

#[test]
fn answers_hold_between_five_seconds_and_an_hour() {
    let hold = |seconds| {
        let mut zone = Zone::new("a.test A 192.0.2.1");
        for answer in zone.rows.values_mut() {
            if let Answer::Found(_, good_for) = answer {
                *good_for = Duration::from_secs(seconds);
            }
        }
        zone.find("sip:a.test:5060", &ways(ALL), 1).good_for
    };
    assert_eq!((hold(0), hold(77), hold(1_000_000)), (SHORTEST, Duration::from_secs(77), LONGEST));
    assert_eq!(Zone::new("").find("sip:a.test", &ways(ALL), 1).good_for, SHORTEST);
    assert_eq!(Zone::new("").find("sip:192.0.2.1", &ways(ALL), 1).good_for, LONGEST);
    // The shortest of the whole chain counts; what does not exist does not shorten it, what failed does.
    let part = "a.test A 192.0.2.1\na.test AAAA FAILS";
    let both = ways("udp 192.0.2.9:5060, udp [::1]:5060");
    assert_eq!(Zone::new(part).find("sip:a.test:5060", &both, 1).good_for, SHORTEST);
}

#[test]
fn a_flood_of_records_is_cut() {
    let mut zone = String::new();
    for i in 0..200 {
        zone += &format!("a.test NAPTR {i} 1 s SIP+D2U _sip._udp.s{i}.a.test\n");
        for k in 0..50 {
            zone += &format!("_sip._udp.s{i}.a.test SRV {k} 1 5060 h{i}x{k}.a.test\n");
            for n in 0..5 {
                zone += &format!("h{i}x{k}.a.test A 10.{i}.{k}.{n}\n");
            }
        }
    }
    let mut zone = Zone::new(&zone);
    let found = zone.find("sip:a.test", &ways("udp 192.0.2.9:5060, udp [2001:db8::9]:5060"), 1);
    assert_eq!(found.to.unwrap().len(), MOST_DESTINATIONS);
    let asked: usize = zone.asked.iter().map(Vec::len).sum();
    assert!(asked <= MOST_QUESTIONS, "{asked} questions");
}

#[test]
fn missing_answers_count_as_failed() {
    let Step::Ask(asking) = locate(&Uri::parse("sip:a.test:5060").unwrap(), &ways(ALL), 0) else { panic!() };
    let Step::Done(done) = asking.answered(Vec::new()) else { panic!() };
    assert_eq!(done.to, Err(LocateFault::NoAnswer));
    assert_eq!(done.good_for, SHORTEST);
}

#[test]
fn each_fault_says_what_to_do() {
    use LocateFault::{BadName, NoAddress, NoAnswer, NoWay, NotOffered, NotSip};
    for fault in [NotSip, BadName, NoWay, NotOffered, NoAddress, NoAnswer] {
        assert!(fault.to_string().contains(": "), "{fault}");
    }
}
