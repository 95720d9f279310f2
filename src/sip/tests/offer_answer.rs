//! Offer and answer: codecs, payload numbers, refused lines, the hold table of RFC 3264 section 6.1, hostile descriptions.
#![allow(clippy::unwrap_used)]

use sip::sdp::{Codec, Direction, Local, SdpFault, accept, answer, offer};

fn local() -> Local {
    Local { address: ([127, 0, 0, 1], 4000).into(), id: 7, version: 3 }
}

fn described(media: &str) -> Vec<u8> {
    format!("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{media}").into_bytes()
}

fn ask(media: &str) -> Result<(String, sip::sdp::Agreed), SdpFault> {
    answer(&described(media), local(), Direction::SendRecv).map(|(t, a)| (String::from_utf8(t).unwrap(), a))
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
    let (_, agreed) = answer(old.as_bytes(), local(), Direction::SendRecv).unwrap();
    assert!(!agreed.direction.sends(), "RFC 2543 hold");
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
    assert_eq!(ask("m=audio 5000 RTP/SAVP 8\r\n").unwrap_err(), SdpFault::NoAudio);
    assert_eq!(answer(b"hello", local(), Direction::SendRecv).unwrap_err(), SdpFault::Malformed);
    assert_eq!(SdpFault::NoCodec.status(), 488);
}

#[test]
fn our_own_offer_is_answered_and_accepted() {
    let ours = offer(local(), &[Codec::Pcma, Codec::Pcmu], Direction::SendRecv);
    let far = Local { address: ([127, 0, 0, 2], 6000).into(), id: 9, version: 1 };
    let (theirs, there) = answer(&ours, far, Direction::SendRecv).unwrap();
    let here = accept(&theirs, Direction::SendRecv).unwrap();
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
        answer(big.as_bytes(), local(), Direction::SendRecv).is_ok(),
        "o= numbers are text of any length"
    );
}
