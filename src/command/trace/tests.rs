//! The ladder of messages made up, and what a terminal sees of hostile ones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use sip::{Flow, Transport};
use trace::{Direction, Found, Traced, mask};

use super::ladder::{plain, rungs};
use super::look::Seen;
use super::render;
use crate::command::Tongue;

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 4000 RTP/SAVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n";

fn message(at_ms: i64, direction: Direction, call_id: &str, first: &str, more: &str, body: &str) -> Traced {
    let method = if first.starts_with("SIP/") { "INVITE" } else { first.split(' ').next().unwrap() };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    let text = format!(
        "{first}\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <sip:13800001234@192.0.2.9>;tag=a\r\n\
         To: <sip:89000@192.0.2.1>\r\nCall-ID: {call_id}\r\nCSeq: 1 {method}\r\n{more}{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let far = if call_id == "a" { "192.0.2.9:5060" } else { "192.0.2.37:5060" };
    let flow = Flow::new(Transport::Udp, "192.0.2.1:5060".parse().unwrap(), far.parse().unwrap(), 0);
    Traced::new(at_ms * 1_000, direction, &flow, text.as_bytes())
}

fn call() -> Vec<Traced> {
    use Direction::{In, Out};
    let invite = "INVITE sip:89000@192.0.2.1 SIP/2.0";
    vec![
        message(0, In, "a", invite, "", SDP),
        message(500, In, "a", invite, "", SDP),
        message(510, Out, "a", "SIP/2.0 180 Ringing", "", ""),
        message(600, Out, "b", "INVITE sip:desk@192.0.2.37 SIP/2.0", "", ""),
        message(700, In, "b", "SIP/2.0 486 Busy Here", "Reason: Q.850;cause=17\r\n", ""),
        message(900, In, "a", "BYE sip:89000@192.0.2.1 SIP/2.0", "", ""),
    ]
}

fn seen(messages: Vec<Traced>) -> Seen {
    Seen::new(None, Found { messages, more: false, torn: 0 })
}

#[test]
fn the_rungs_say_what_a_message_says() {
    let (parties, rungs) = rungs(None, &call());
    assert_eq!(
        parties.iter().map(|p| p.address.as_str()).collect::<Vec<_>>(),
        ["192.0.2.9:5060", "192.0.2.37:5060"]
    );
    let labels: Vec<_> = rungs.iter().map(|r| (r.label.as_str(), r.party, r.again)).collect();
    assert_eq!(
        labels,
        [
            ("INVITE", 0, false),
            ("INVITE", 0, true),
            ("180 Ringing", 0, false),
            ("INVITE", 1, false),
            ("486 Busy Here", 1, false),
            ("BYE", 0, false)
        ]
    );
    let sound = rungs[0].sound.as_ref().unwrap();
    assert!(sound.encrypted && sound.codecs == ["PCMA"] && sound.port == 4000);
    assert_eq!(
        (rungs[4].notes[0].as_str(), rungs[4].answers.as_deref()),
        ("Reason: Q.850;cause=17", Some("INVITE"))
    );
}

#[test]
fn the_ladder_has_its_columns_and_its_arrows() {
    let mut messages = call();
    mask::mask(&mut messages);
    let text = render::ladder(&seen(messages), Tongue::En);
    let lines: Vec<&str> = text.lines().collect();
    let find = |word: &str| {
        *lines.iter().find(|line| line.contains(word)).unwrap_or_else(|| panic!("{word} of\n{text}"))
    };
    let invite = find("encrypted");
    assert!(invite.starts_with("   +0.000") && invite.contains("-> ") || invite.contains(">|"), "{invite}");
    assert!(invite.contains("[PCMA 192.0.2.9:4000 sendonly encrypted]"), "{invite}");
    assert!(lines.iter().any(|l| l.contains("+0.500") && l.ends_with("again")), "{text}");
    assert!(find("180 Ringing").contains("|<"), "to the left: {text}");
    assert!(
        find("486 Busy Here").contains("|<") && find("486 Busy Here").contains("Reason: Q.850;cause=17"),
        "{text}"
    );
    assert!(!text.contains("13800001234"));
    // Every rung draws each party's line at the same place.
    let bars =
        |line: &str| line.char_indices().filter(|(_, c)| *c == '|').map(|(at, _)| at).collect::<Vec<_>>();
    let rows: Vec<_> = lines.iter().filter(|l| l.contains("+0.")).map(|l| bars(l)).collect();
    assert!(rows.iter().all(|row| row[..3] == rows[0][..3]), "{text}");
}

#[test]
fn chinese_words_keep_the_columns() {
    let text = render::ladder(&seen(call()), Tongue::Zh);
    assert!(text.contains("热线") && text.contains("重发") && text.contains("加密"), "{text}");
}

#[test]
fn whole_messages_are_shown_masked_and_without_a_terminals_commands() {
    let mut messages = call();
    messages.push(message(
        950,
        Direction::In,
        "a",
        "INFO sip:x@h SIP/2.0",
        "X-Odd: \u{1b}[2Jowned\u{7}\r\n",
        "",
    ));
    mask::mask(&mut messages);
    let text = render::raw(&seen(messages), Tongue::En);
    assert!(text.contains("138****1234") && !text.contains("13800001234"));
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}') && text.contains("[2Jowned"));
    assert!(text.contains("UDP 192.0.2.1:5060 <- 192.0.2.9:5060"), "{text}");
    let text = render::ladder(
        &seen(vec![message(
            0,
            Direction::In,
            "a",
            "INVITE sip:x@h SIP/2.0",
            "Reason: \u{1b}]0;x\u{7}\r\n",
            "",
        )]),
        Tongue::En,
    );
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'));
    assert_eq!(plain("a\u{202e}b\nc"), "a b c");
}

#[test]
fn a_message_that_is_none_has_its_rung() {
    let flow = Flow::udp("192.0.2.1:5060".parse().unwrap(), "192.0.2.9:5060".parse().unwrap());
    let odd = Traced::new(0, Direction::In, &flow, b"HELLO there\r\nCall-ID: a\r\n\r\n");
    let (_, rungs) = rungs(None, &[odd]);
    assert_eq!(
        (rungs[0].label.as_str(), &rungs[0].notes[..]),
        ("HELLO there", &["malformed".to_owned()][..])
    );
}
