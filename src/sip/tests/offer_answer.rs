//! Offer and answer: codecs, payload numbers, refused lines, the hold table of RFC 3264 section 6.1, hostile descriptions.
#![allow(clippy::unwrap_used)]

use sip::sdp::{Codec, Direction, Local, SdpFault, Shield, accept, answer, answer_again, offer};

const NARROW: [Codec; 2] = [Codec::Pcma, Codec::Pcmu];

fn local() -> Local {
    Local { address: ([127, 0, 0, 1], 4000).into(), id: 7, version: 3 }
}

fn described(media: &str) -> Vec<u8> {
    format!("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{media}").into_bytes()
}

fn ask(media: &str) -> Result<(String, sip::sdp::Agreed), SdpFault> {
    answer(&described(media), local(), &NARROW, Direction::SendRecv, &Shield::clear())
        .map(|(t, a)| (String::from_utf8(t).unwrap(), a))
}

#[test]
fn the_offerer_s_first_codec_and_its_payload_numbers_are_taken() {
    let (text, agreed) = ask("m=audio 5000 RTP/AVP 9 96 0 97\r\na=rtpmap:96 PCMA/8000\r\na=rtpmap:97 telephone-event/8000\r\na=ptime:30\r\n").unwrap();
    assert_eq!(
        (agreed.codec, agreed.payload_type, agreed.dtmf, agreed.ptime),
        (Codec::Pcma, 96, Some(97), 30)
    );
    assert_eq!(agreed.remote, "192.0.2.9:5000".parse().unwrap());
    assert!(
        text.contains("m=audio 4000 RTP/AVP 96 97\r\n")
            && text.contains("o=hotline 7 3 IN IP4 127.0.0.1\r\n")
    );
}

#[test]
fn the_hold_table_of_rfc_3264_is_answered() {
    let rows = [
        ("sendrecv", Direction::SendRecv, "a=sendrecv"),
        ("sendonly", Direction::RecvOnly, "a=recvonly"),
        ("recvonly", Direction::SendOnly, "a=sendonly"),
        ("inactive", Direction::Inactive, "a=inactive"),
    ];
    for (theirs, ours, line) in rows {
        let (text, agreed) = ask(&format!("m=audio 5000 RTP/AVP 8\r\na={theirs}\r\n")).unwrap();
        assert_eq!(agreed.direction, ours, "{theirs}");
        assert!(text.contains(line));
    }
    let old =
        "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n";
    let (_, agreed) =
        answer(old.as_bytes(), local(), &NARROW, Direction::SendRecv, &Shield::clear()).unwrap();
    assert!(!agreed.direction.sends(), "RFC 2543 hold");
}

#[test]
fn each_form_of_hold_is_answered_and_each_retrieval() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    // The address of the session, that of the stream, the attribute of the session, that of the stream; our side of it.
    let rows = [
        ("192.0.2.9", "", "", "", SendRecv),
        ("192.0.2.9", "", "sendonly", "", RecvOnly),
        ("192.0.2.9", "", "inactive", "", Inactive),
        ("192.0.2.9", "", "", "sendonly", RecvOnly),
        ("192.0.2.9", "", "", "inactive", Inactive),
        ("192.0.2.9", "", "", "recvonly", SendOnly),
        // The stream's own word counts more than the session's (RFC 8866 section 6.7).
        ("192.0.2.9", "", "inactive", "sendrecv", SendRecv),
        ("192.0.2.9", "", "sendrecv", "sendonly", RecvOnly),
        // RFC 2543: the address says it, whatever the attribute says; and both together.
        ("0.0.0.0", "", "", "", RecvOnly),
        ("192.0.2.9", "0.0.0.0", "", "", RecvOnly),
        ("0.0.0.0", "192.0.2.9", "", "", SendRecv),
        ("0.0.0.0", "", "", "sendonly", RecvOnly),
        ("0.0.0.0", "", "", "inactive", Inactive),
        ("0.0.0.0", "", "", "recvonly", Inactive),
        ("::", "", "", "", RecvOnly),
    ];
    for (of_session, of_stream, session, stream, ours) in rows {
        let c = |ip: &str| match ip {
            "" => String::new(),
            ip => format!("c=IN {} {ip}\r\n", if ip.contains(':') { "IP6" } else { "IP4" }),
        };
        let a = |name: &str| if name.is_empty() { String::new() } else { format!("a={name}\r\n") };
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n{}t=0 0\r\n{}m=audio 5000 RTP/AVP 8\r\n{}{}",
            c(of_session),
            a(session),
            c(of_stream),
            a(stream)
        );
        let (_, before) =
            answer(&described("m=audio 5000 RTP/AVP 8\r\n"), local(), &NARROW, SendRecv, &Shield::clear())
                .unwrap();
        let (answer, agreed) =
            answer_again(text.as_bytes(), local(), &NARROW, SendRecv, Some(&before), &Shield::clear())
                .unwrap();
        assert_eq!(agreed.direction, ours, "{text}");
        let word = ["sendrecv", "sendonly", "recvonly", "inactive"]
            .into_iter()
            .find(|w| String::from_utf8_lossy(&answer).contains(&format!("a={w}\r\n")));
        let expected = match ours {
            SendRecv => "sendrecv",
            SendOnly => "sendonly",
            RecvOnly => "recvonly",
            Inactive => "inactive",
        };
        assert_eq!(word, Some(expected), "{text}");
        // Offered once more it is answered alike: a hold of a hold is a hold.
        assert_eq!(
            answer_again(text.as_bytes(), local(), &NARROW, SendRecv, Some(&agreed), &Shield::clear())
                .unwrap()
                .1,
            agreed
        );
    }
}

#[test]
fn a_stream_with_port_0_pauses_a_call_and_begins_none() {
    let off = described("m=audio 0 RTP/AVP 8 101\r\nm=video 0 RTP/AVP 99\r\n");
    assert_eq!(
        answer(&off, local(), &NARROW, Direction::SendRecv, &Shield::clear()).unwrap_err(),
        SdpFault::NoAudio
    );
    assert_eq!(
        answer_again(&off, local(), &NARROW, Direction::SendRecv, None, &Shield::clear()).unwrap_err(),
        SdpFault::NoAudio
    );
    let (_, before) = ask("m=audio 5000 RTP/AVP 8\r\n").unwrap();
    let (text, agreed) =
        answer_again(&off, local(), &NARROW, Direction::SendRecv, Some(&before), &Shield::clear()).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("m=audio 0 RTP/AVP 8 101\r\nm=video 0 RTP/AVP 99\r\n"), "{text}");
    assert_eq!((agreed.direction, agreed.codec), (Direction::Inactive, Codec::Pcma));
    // Offered anew it flows again.
    let back = described("m=audio 5004 RTP/AVP 8\r\n");
    let (_, back) =
        answer_again(&back, local(), &NARROW, Direction::SendRecv, Some(&agreed), &Shield::clear()).unwrap();
    assert_eq!((back.direction, back.remote.port()), (Direction::SendRecv, 5004));
    // Another kind of stream instead of it is no pause.
    let other = described("m=video 6000 RTP/AVP 99\r\n");
    assert!(
        answer_again(&other, local(), &NARROW, Direction::SendRecv, Some(&before), &Shield::clear()).is_err()
    );
    let secure = described("m=audio 0 RTP/AVP 8\r\nm=audio 6000 RTP/AVP 18\r\n");
    assert_eq!(
        answer_again(&secure, local(), &NARROW, Direction::SendRecv, Some(&before), &Shield::clear())
            .unwrap_err(),
        SdpFault::NoCodec
    );
}

#[test]
fn every_line_that_is_not_taken_is_refused_in_its_place() {
    let (text, _) = ask("m=video 6000 RTP/AVP 99\r\nm=audio 0 RTP/AVP 8\r\nm=audio 5000 RTP/AVP 8\r\nm=audio 5002 RTP/AVP 8\r\n").unwrap();
    let lines: Vec<&str> = text.split("\r\n").filter(|l| l.starts_with("m=")).collect();
    assert_eq!(
        lines,
        ["m=video 0 RTP/AVP 99", "m=audio 0 RTP/AVP 8", "m=audio 4000 RTP/AVP 8", "m=audio 0 RTP/AVP 8"]
    );
}

#[test]
fn nothing_in_common_says_what_is_wanted() {
    assert_eq!(ask("m=audio 5000 RTP/AVP 9 18\r\n").unwrap_err(), SdpFault::NoCodec);
    assert_eq!(ask("m=video 5000 RTP/AVP 99\r\n").unwrap_err(), SdpFault::NoAudio);
    assert_eq!(ask("m=audio 5000 RTP/SAVP 8\r\n").unwrap_err(), SdpFault::Encrypted);
    assert_eq!(
        answer(b"hello", local(), &NARROW, Direction::SendRecv, &Shield::clear()).unwrap_err(),
        SdpFault::Malformed
    );
    assert_eq!(SdpFault::NoCodec.status(), 488);
}

#[test]
fn our_own_offer_is_answered_and_accepted() {
    let ours = offer(local(), &[Codec::Pcma, Codec::Pcmu], Direction::SendRecv, &Shield::clear());
    let far = Local { address: ([127, 0, 0, 2], 6000).into(), id: 9, version: 1 };
    let (theirs, there) = answer(&ours, far, &NARROW, Direction::SendRecv, &Shield::clear()).unwrap();
    let here = accept(&theirs, &NARROW, Direction::SendRecv, &Shield::clear()).unwrap();
    assert_eq!((here.codec, here.dtmf, here.remote), (Codec::Pcma, Some(101), far.address));
    assert_eq!(there.remote, local().address);
}

#[test]
fn hostile_descriptions_are_refused_and_odd_ones_read() {
    assert!(ask("m=audio -1 RTP/AVP 8\r\n").is_err());
    assert!(ask("m=audio 65536 RTP/AVP 8\r\n").is_err());
    assert!(ask(&"m=audio 5000 RTP/AVP 8\r\n".repeat(1000)).is_err());
    assert_eq!(ask("m=audio 5000 RTP/AVP 8\r\na=ptime:0\r\n").unwrap().1.ptime, 20);
    let big = "v=0\r\no=- 99999999999999999999999 99999999999999999999999 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 1.1.1.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n";
    assert!(
        answer(big.as_bytes(), local(), &NARROW, Direction::SendRecv, &Shield::clear()).is_ok(),
        "o= numbers are text of any length"
    );
}
