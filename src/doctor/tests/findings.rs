//! From facts to findings and proposals: a row for each thing that can be learnt.

use std::sync::Arc;
use std::time::Duration;

use sip::locate::{Answer, Destination, Kind, Question, Record, Srv};
use sip::sdp::Codec;
use sip::{Reliable, Transport};

use super::{USUAL, asked, at, called, facts, lines, look, said, silent, written};
use crate::*;

/// What is changed, how grave that is, and what is said of it.
type Row<T> = (fn(&mut T), Mark, &'static str);

/// Judges a call that was changed.
fn with_call(written: &Written, change: impl FnOnce(&mut Called)) -> Report {
    let mut called = called();
    change(&mut called);
    examine(written, &Facts { call: Some(called), ..facts() })
}

fn worst(report: &Report, step: Step) -> Mark {
    report.findings.iter().filter(|f| f.step == step).map(|f| f.mark).max().unwrap()
}

#[test]
fn a_good_trunk_has_no_warning_and_nothing_to_change() {
    let report = with_call(&written(), |_| {});
    assert_eq!((report.worst(), lines(&report)), (Mark::Good, vec![]), "{}", said(&report));
    assert!(report.findings.is_sorted_by_key(|f| f.step));
}

#[test]
fn what_is_written_is_judged_first() {
    let bare = examine(&Written::named("in"), &Facts::default());
    assert_eq!((bare.worst(), bare.findings.len()), (Mark::Warning, 1));
    let rows: &[Row<Written>] = &[
        (|_| {}, Mark::Good, "The proxy is sip:192.0.2.1:5060"),
        (|w| w.nets = false, Mark::Warning, "Neither nets nor certificate"),
        (|w| w.user = Some("a".into()), Mark::Fault, "\"trunk.carrier\" = "),
    ];
    for (change, mark, words) in rows {
        let mut written = written();
        change(&mut written);
        let report = examine(&written, &facts());
        assert_eq!(worst(&report, Step::Configuration), *mark, "{words}");
        assert!(said(&report).contains(words), "{words}: {}", said(&report));
    }
}

#[test]
fn the_search_for_the_proxy_is_told_step_by_step() {
    let question = |kind, name: &str| Question { kind, name: name.to_owned() };
    let srv = Srv { priority: 1, weight: 5, port: 5070, target: "a.example.com".to_owned() };
    let lookup = Lookup {
        asked: vec![
            (question(Kind::Naptr, "example.com"), Answer::Nothing),
            (
                question(Kind::Srv, "_sip._udp.example.com"),
                Answer::Found(vec![Record::Srv(srv)], Duration::from_secs(60)),
            ),
            (question(Kind::A, "a.example.com"), Answer::Failed),
        ],
        to: Err("no usable address".to_owned()),
    };
    let facts = Facts { lookup: Some(lookup), outside: vec!["192.0.2.9".parse().unwrap()], ..facts() };
    let report = examine(&written(), &facts);
    let said = said(&report);
    for words in [
        "NAPTR example.com: none",
        "SRV _sip._udp.example.com: 1 5 a.example.com:5070 (good for 60 s)",
        "A a.example.com: the name servers did not answer",
        "It leads nowhere: no usable address",
        "These addresses lie in none of nets: 192.0.2.9",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(worst(&report, Step::Names), Mark::Fault);
}

fn connection(opened: Result<Duration, String>, tls: Option<Secured>) -> Connection {
    let name = Some(Arc::from("sbc.example.com"));
    Connection {
        to: Destination { transport: Transport::Tls, remote: at("192.0.2.1:5061"), name },
        opened,
        tls,
    }
}

#[test]
fn certificates_are_told_with_what_is_wrong() {
    let tls = |change: fn(&mut Secured, &mut Certificate)| {
        let mut certificate = Certificate {
            names: vec!["sbc.example.com".to_owned()],
            issuer: "An Authority".to_owned(),
            days: Some(80),
            ..Certificate::default()
        };
        let mut tls = Secured { version: Some("TLS 1.3".to_owned()), ..Secured::default() };
        change(&mut tls, &mut certificate);
        Secured { certificate: Some(certificate), ..tls }
    };
    let rows: Vec<(Secured, Mark, &str)> = vec![
        (tls(|_, _| {}), Mark::Good, "issued by An Authority; 80 days left. It is taken."),
        (tls(|_, c| c.days = Some(5)), Mark::Warning, "renew it soon"),
        (tls(|_, c| c.flaw = Some(Flaw::Ended)), Mark::Fault, "It has ended"),
        (tls(|_, c| c.flaw = Some(Flaw::NotYet)), Mark::Fault, "Check the clocks"),
        (tls(|_, c| c.flaw = Some(Flaw::Issuer)), Mark::Fault, "into the file ca of [sip]"),
        (tls(|_, c| c.flaw = Some(Flaw::Name)), Mark::Fault, "It is not for sbc.example.com"),
        (tls(|_, c| c.flaw = Some(Flaw::Purpose)), Mark::Fault, "serverAuth"),
        (tls(|_, c| c.flaw = Some(Flaw::Other("odd".into()))), Mark::Fault, "It is not taken: odd"),
        (
            tls(|t, _| (t.asks, t.objection) = (true, Some("alert".into()))),
            Mark::Fault,
            "write certificate and key in [sip]",
        ),
        (tls(|t, _| (t.asks, t.shown) = (true, true)), Mark::Good, "and we have one"),
    ];
    for (tls, mark, words) in rows {
        let connections = vec![connection(Ok(Duration::from_millis(3)), Some(tls))];
        let report = examine(&written(), &Facts { connections, ..facts() });
        assert_eq!(worst(&report, Step::Connection), mark, "{words}");
        assert!(said(&report).contains(words), "{words}: {}", said(&report));
    }
}

#[test]
fn one_destination_out_of_reach_is_no_fault_while_another_one_stands() {
    let refused = || connection(Err("refused".to_owned()), None);
    let alone = examine(&written(), &Facts { connections: vec![refused()], ..facts() });
    assert_eq!(worst(&alone, Step::Connection), Mark::Fault);
    let stands = connection(Ok(Duration::ZERO), None);
    let both = examine(&written(), &Facts { connections: vec![refused(), stands], ..facts() });
    assert_eq!(worst(&both, Step::Connection), Mark::Warning);
    let options = examine(&written(), &Facts { options: vec![silent(), asked(200)], ..facts() });
    assert_eq!(worst(&options, Step::Options), Mark::Warning);
    let nobody = examine(&written(), &Facts { options: vec![silent()], ..facts() });
    assert_eq!(worst(&nobody, Step::Options), Mark::Fault);
}

#[test]
fn a_nat_on_the_way_is_seen_and_advertised() {
    let seen = |received: Option<&str>, rport, transport, advertised: Option<&str>| {
        let mut asked = Asked { transport, ..asked(200) };
        if let Some(answer) = &mut asked.answer {
            answer.received = received.map(|ip| ip.parse().unwrap());
            answer.rport = rport;
        }
        let written = Written { advertised: advertised.map(|ip| ip.parse().unwrap()), ..written() };
        examine(&written, &Facts { options: vec![asked], ..facts() })
    };
    let nat = seen(Some("203.0.113.9"), Some(5062), Transport::Udp, None);
    assert_eq!(lines(&nat), ["advertised = \"203.0.113.9\""]);
    assert_eq!(nat.worst(), Mark::Warning);
    let known = seen(Some("203.0.113.9"), None, Transport::Udp, Some("203.0.113.9"));
    assert_eq!(lines(&known), [""; 0]);
    let port = seen(None, Some(40_000), Transport::Udp, None);
    assert!(said(&port).contains("at port 40000, not 5062") && lines(&port).is_empty());
    // The port of a stream says nothing, and so does our own address.
    for harmless in [
        seen(None, Some(40_000), Transport::Tcp, None),
        seen(Some("10.0.0.5"), Some(5062), Transport::Udp, None),
    ] {
        assert_eq!(harmless.worst(), Mark::Good);
    }
}

#[test]
fn another_transport_that_is_answered_is_proposed() {
    let found = |transport, to: &str| Asked { transport, remote: at(to), ..asked(200) };
    let rows = [
        (Transport::Tcp, "192.0.2.1:5060", "transport = \"tcp\""),
        (Transport::Tls, "192.0.2.1:5061", "proxy = \"sip:192.0.2.1:5061;transport=tls\""),
    ];
    for (transport, to, line) in rows {
        let elsewhere = vec![silent(), found(transport, to)];
        let report = examine(&written(), &Facts { options: vec![silent()], elsewhere, ..facts() });
        assert_eq!(lines(&report), [line]);
    }
}

#[test]
fn options_that_are_refused_say_what_is_wanted() {
    for (status, mark, words) in [
        (200, Mark::Good, "200 Words, 12 ms"),
        (405, Mark::Good, "405"),
        (401, Mark::Warning, "write user in trunks.toml"),
        (403, Mark::Warning, "have the carrier enter our address"),
        (503, Mark::Warning, "try again later"),
        (404, Mark::Warning, "any answer as a sign of life"),
    ] {
        let report = examine(&written(), &Facts { options: vec![asked(status)], ..facts() });
        assert_eq!(worst(&report, Step::Options), mark, "{status}");
        assert!(said(&report).contains(words), "{words}: {}", said(&report));
    }
}

fn registered(query: Asked, own: Option<Asked>) -> Registered {
    Registered {
        query,
        others: 0,
        longest: None,
        own,
        granted: None,
        least: None,
        service_route: false,
        removed: None,
    }
}

#[test]
fn registrations_are_judged() {
    let account = Written { user: Some("u".into()), password: true, register: true, ..written() };
    let challenge = |algorithm: &str| sip::digest::Asks {
        algorithm: algorithm.to_owned(),
        qop: "auth".to_owned(),
        realm: "r".to_owned(),
    };
    let with = |algorithm| Asked { challenge: vec![challenge(algorithm)], ..asked(200) };
    let taken =
        Registered { granted: Some(600), removed: Some(200), ..registered(with("MD5"), Some(asked(200))) };
    let short = Registered { least: Some(7200), ..registered(asked(200), Some(asked(423))) };
    let there = Registered { others: 1, longest: Some(300), ..registered(asked(200), None) };
    let stuck = Registered { removed: None, ..taken.clone() };
    let rows = vec![
        (taken, Mark::Good, "Registered for 600 s (3600 s were asked for)", None),
        (stuck, Mark::Warning, "could not be taken back", None),
        (registered(with("SHA-512-256"), None), Mark::Fault, "knows MD5 and SHA-256", None),
        (registered(asked(401), None), Mark::Fault, "User or password is wrong", None),
        (registered(asked(404), None), Mark::Fault, "does not know this user", None),
        (registered(silent(), None), Mark::Fault, "No answer to REGISTER", None),
        (registered(asked(200), Some(asked(403))), Mark::Fault, "ask the carrier", None),
        (registered(asked(200), Some(silent())), Mark::Fault, "No answer to the registration", None),
        (short, Mark::Warning, "at least 7200 s", Some("expires = 7200")),
        (there, Mark::Good, "none was added", None),
    ];
    for (register, mark, words, line) in rows {
        let report = examine(&account, &Facts { register: Some(register), ..facts() });
        assert_eq!(worst(&report, Step::Register), mark, "{words}: {}", said(&report));
        assert!(said(&report).contains(words), "{words}: {}", said(&report));
        assert_eq!(lines(&report).first().copied(), line, "{words}");
    }
}

#[test]
fn what_the_answer_says_of_sound_becomes_settings() {
    let set = |formats: &[(u8, &str)], profile: &str| look(formats, profile);
    let info = |called: &mut Called| {
        called.answer = Some(look(&[(8, "PCMA/8000")], "RTP/AVP"));
        called.invite.answer.as_mut().unwrap().allow = vec!["INFO".to_owned()];
    };
    let mu_first = set(&[(0, "PCMU/8000"), (101, "TELEPHONE-EVENT/8000")], "RTP/AVP");
    let report = with_call(&written(), |c| c.answer = Some(mu_first.clone()));
    assert_eq!(lines(&report), ["codecs = [\"pcmu\", \"pcma\"]"]);
    assert_eq!(lines(&with_call(&written(), info)), ["dtmf = \"info\""]);
    let silent_keys = with_call(&written(), |c| c.answer = Some(set(&[(8, "PCMA/8000")], "RTP/AVP")));
    assert!(lines(&silent_keys).is_empty());
    assert_eq!(silent_keys.worst(), Mark::Warning);
    let by_info = Written { dtmf: Keys::Info, ..written() };
    assert_eq!(lines(&with_call(&by_info, |_| {})), ["dtmf = \"rfc4733\""]);
    let wide = set(&[(8, "PCMA/8000"), (102, "TELEPHONE-EVENT/48000")], "RTP/AVP");
    assert_eq!(with_call(&written(), |c| c.answer = Some(wide.clone())).worst(), Mark::Warning);
    let clear = with_call(&written(), |c| c.offered = Some(set(USUAL, "RTP/SAVP")));
    assert_eq!(clear.worst(), Mark::Fault, "a downgrade");
    let secret = with_call(&written(), |c| c.answer = Some(set(USUAL, "RTP/SAVP")));
    assert!(said(&secret).contains("encrypted (SRTP)"));
    assert_eq!(written().codecs, [Codec::Pcma, Codec::Pcmu]);
}

#[test]
fn sound_that_does_not_come_is_a_fault() {
    let rows: &[Row<Sound>] = &[
        (|_| {}, Mark::Good, "98 packets of sound in two seconds, the first after 31 ms, from the address"),
        (|s| *s = Sound::default(), Mark::Fault, "behind a NAT write advertised"),
        (|s| s.bad = 98, Mark::Fault, "could not be decrypted"),
        (|s| s.from = vec!["192.0.2.1:9".parse().unwrap()], Mark::Good, "from 192.0.2.1:9, not from"),
        (|s| s.early = 12, Mark::Good, "12 packets of sound came before the answer"),
    ];
    for (change, mark, words) in rows {
        let report = with_call(&written(), |c| change(c.sound.as_mut().unwrap()));
        assert_eq!(report.worst(), *mark, "{words}: {}", said(&report));
        assert!(said(&report).contains(words), "{words}: {}", said(&report));
    }
    let inner = with_call(&written(), |c| {
        c.answer.as_mut().unwrap().remote = at("192.168.1.5:4000");
    });
    assert!(said(&inner).contains("names its inner address"), "{}", said(&inner));
}

#[test]
fn sessions_and_provisional_responses_become_settings() {
    let response = |reliable, described| Provisional {
        status: 183,
        after: Duration::from_millis(40),
        reliable,
        described,
    };
    let small = with_call(&written(), |c| c.too_small = Some(3600));
    assert_eq!(lines(&small), ["session_timer = 3600"]);
    let long = Written { min_se: 600, ..written() };
    assert_eq!(lines(&with_call(&long, |c| c.timer = Some((120, None)))), ["min_se = 120"]);
    assert!(said(&with_call(&written(), |c| c.timer = None)).contains("uses no session timer"));
    let deaf = Written { early_media: false, ..written() };
    let early = with_call(&deaf, |c| c.provisional = vec![response(false, true)]);
    assert_eq!(lines(&early), ["early_media = true"]);
    let strict = Written { prack: Reliable::Required, ..written() };
    let plain = with_call(&strict, |c| c.provisional = vec![response(false, false)]);
    assert_eq!(lines(&plain), ["prack = \"supported\""]);
    let proven = with_call(&strict, |c| c.provisional = vec![response(true, true)]);
    assert!(lines(&proven).is_empty());
    assert!(said(&proven).contains("183 after 40 ms, with early media, reliable (PRACK)"));
}

#[test]
fn refusals_say_what_to_change() {
    let refuse = |written: &Written, status: u16, unsupported: &[&str], require: &[&str]| {
        with_call(written, |c| {
            c.invite = asked(status);
            let answer = c.invite.answer.as_mut().unwrap();
            answer.unsupported = unsupported.iter().map(|t| (*t).to_owned()).collect();
            answer.require = require.iter().map(|t| (*t).to_owned()).collect();
        })
    };
    let usual = written();
    let off = Written { prack: Reliable::Off, session_timer: 0, ..written() };
    let strict = Written { prack: Reliable::Required, ..written() };
    let account = Written { user: Some("u".into()), password: true, ..written() };
    let rows: Vec<(Report, Mark, &str, Vec<&str>)> = vec![
        (refuse(&usual, 404, &[], &[]), Mark::Fault, "try another form", vec![]),
        (refuse(&usual, 407, &[], &[]), Mark::Fault, "It wants user and password", vec![]),
        (refuse(&account, 403, &[], &[]), Mark::Fault, "register = true", vec![]),
        (refuse(&usual, 486, &[], &[]), Mark::Warning, "The trunk works", vec![]),
        (refuse(&usual, 503, &[], &[]), Mark::Fault, "try again later", vec![]),
        (refuse(&strict, 420, &["100rel"], &[]), Mark::Fault, "", vec!["prack = \"supported\""]),
        (refuse(&usual, 420, &["timer"], &[]), Mark::Fault, "", vec!["session_timer = 0"]),
        (
            refuse(&off, 421, &[], &["100rel", "timer"]),
            Mark::Fault,
            "",
            vec!["prack = \"supported\"", "session_timer = 1800"],
        ),
        (refuse(&usual, 488, &[], &[]), Mark::Fault, "", vec!["media = \"srtp\""]),
    ];
    for (report, mark, words, proposed) in rows {
        assert_eq!(report.worst(), mark, "{words}: {}", said(&report));
        assert!(said(&report).contains(words), "{words}: {}", said(&report));
        assert_eq!(lines(&report), proposed, "{words}");
    }
    let secret = with_call(&Written { srtp: true, ..written() }, |c| {
        (c.invite, c.offered) = (asked(488), Some(look(USUAL, "RTP/SAVP")));
    });
    assert_eq!(lines(&secret), ["media = \"clear\""]);
    let nobody = with_call(&usual, |c| (c.invite, c.cancelled) = (asked(487), true));
    assert_eq!(nobody.worst(), Mark::Warning);
    assert_eq!(with_call(&usual, |c| c.invite = silent()).worst(), Mark::Fault);
    assert_eq!(with_call(&usual, |c| c.bye = None).worst(), Mark::Warning);
}

#[test]
fn the_form_in_which_numbers_are_shown_is_proposed_and_strangers_are_masked() {
    let shows = |numbers: &[&str]| {
        with_call(&written(), |c| c.shown = numbers.iter().map(|n| (*n).to_owned()).collect())
    };
    let e164 = shows(&["+865351234567"]);
    assert_eq!(lines(&e164), ["form = \"e164\""]);
    assert!(said(&e164).contains("+865351234567"), "the admin typed it");
    assert_eq!(lines(&shows(&["1234567"])), ["form = \"local\""]);
    assert!(lines(&shows(&["05351234567"])).is_empty());
    let other = shows(&["13800001234"]);
    assert!(lines(&other).is_empty());
    assert!(!said(&other).contains("13800001234") && said(&other).contains("138****1234"));
}
