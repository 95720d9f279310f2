//! Which codec two ends come to: whose order counts, what is allowed, static and dynamic numbers, answers that name several.
#![allow(clippy::unwrap_used)]

use Codec::{G722, Pcma, Pcmu};
use sip::sdp::{Agreed, Codec, Direction, Local, SdpFault, Shield, accept, answer, answer_again, offer};

fn local() -> Local {
    Local { address: ([127, 0, 0, 1], 4000).into(), id: 7, version: 3 }
}

fn described(media: &str) -> Vec<u8> {
    format!("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{media}").into_bytes()
}

fn ask(media: &str, allowed: &[Codec]) -> Result<(String, Agreed), SdpFault> {
    answer(&described(media), local(), allowed, Direction::SendRecv, &Shield::clear())
        .map(|(text, agreed)| (String::from_utf8(text).unwrap(), agreed))
}

fn told(media: &str, allowed: &[Codec]) -> Result<Agreed, SdpFault> {
    accept(&described(media), allowed, Direction::SendRecv, &Shield::clear())
}

#[test]
fn the_far_end_s_order_counts_among_what_is_allowed() {
    let rows: [(&str, &[Codec], Option<Codec>); 14] = [
        ("9 8 0", &[G722, Pcma, Pcmu], Some(G722)),
        // RFC 3264 section 6.1: whose offer it is has the say, whatever our list begins with.
        ("8 9 0", &[G722, Pcma, Pcmu], Some(Pcma)),
        ("0 9 8", &[G722, Pcma, Pcmu], Some(Pcmu)),
        ("9 8 0", &[Pcma, Pcmu, G722], Some(G722)),
        ("9 8 0", &[Pcma, Pcmu], Some(Pcma)),
        ("9 8 0", &[Pcmu], Some(Pcmu)),
        ("18 3 9 8", &[Pcma, G722], Some(G722)),
        ("0 8", &[Pcma, Pcmu], Some(Pcmu)),
        ("8 0", &[Pcma, Pcmu], Some(Pcma)),
        ("9", &[Pcma, G722], Some(G722)),
        ("9", &[Pcma, Pcmu], None),
        ("0", &[Pcma], None),
        ("18 3", &[Pcma, Pcmu, G722], None),
        ("8", &[], None),
    ];
    for (formats, allowed, expected) in rows {
        let got = ask(
            &format!("m=audio 5000 RTP/AVP {formats} 101\r\na=rtpmap:101 telephone-event/8000\r\n"),
            allowed,
        );
        let Some(codec) = expected else {
            assert_eq!(got.unwrap_err(), SdpFault::NoCodec, "{formats} {allowed:?}");
            continue;
        };
        let (text, agreed) = got.unwrap();
        assert_eq!(
            (agreed.codec, agreed.dtmf, &agreed.also[..]),
            (codec, Some(101), &[][..]),
            "{formats} {allowed:?}"
        );
        let number = codec.static_type();
        assert_eq!(agreed.payload_type, number);
        // One codec, named with the clock of RTP, and the keys beside it.
        assert!(text.contains(&format!("m=audio 4000 RTP/AVP {number} 101\r\n")), "{text}");
        assert!(text.contains(&format!("a=rtpmap:{number} {}/8000\r\n", codec.name())), "{text}");
        assert_eq!(text.matches("a=rtpmap:").count(), 2, "{text}");
    }
}

#[test]
fn a_codec_is_known_by_its_name_and_without_one_by_its_number() {
    let rows = [
        ("9", "", Some((9, G722))),
        ("9", "a=rtpmap:9 G722/8000\r\n", Some((9, G722))),
        ("9", "a=rtpmap:9 g722/8000/1\r\n", Some((9, G722))),
        ("109", "a=rtpmap:109 G722/8000\r\n", Some((109, G722))),
        ("118 8", "a=rtpmap:118 g722/8000\r\n", Some((118, G722))),
        // Who writes its sampling rate means the same but says something else (RFC 3551 section 4.5.2).
        ("109 8", "a=rtpmap:109 G722/16000\r\n", Some((8, Pcma))),
        ("109 8", "a=rtpmap:109 G722/8000/2\r\n", Some((8, Pcma))),
        ("109 0", "a=rtpmap:109 G7221/8000\r\n", Some((0, Pcmu))),
        // A name counts more than a number.
        ("9", "a=rtpmap:9 PCMA/8000\r\n", Some((9, Pcma))),
        ("8", "a=rtpmap:8 G722/8000\r\n", Some((8, G722))),
        ("9", "a=rtpmap:9 iLBC/8000\r\n", None),
        ("109", "", None),
    ];
    for (formats, maps, expected) in rows {
        let got = ask(&format!("m=audio 5000 RTP/AVP {formats}\r\n{maps}"), &Codec::ALL);
        let got = got.ok().map(|(_, agreed)| (agreed.payload_type, agreed.codec));
        assert_eq!(got, expected, "{formats} {maps}");
    }
}

#[test]
fn keys_go_beside_a_codec_at_its_own_clock() {
    let both = "m=audio 5000 RTP/AVP 9 110 126\r\na=rtpmap:110 telephone-event/48000\r\n\
                a=rtpmap:126 telephone-event/8000\r\n";
    assert_eq!(ask(both, &[G722]).unwrap().1.dtmf, Some(126));
    let fast = "m=audio 5000 RTP/AVP 9 110\r\na=rtpmap:110 telephone-event/16000\r\n";
    assert_eq!(ask(fast, &[G722]).unwrap().1.dtmf, None, "the clock of G.722 is 8000");
}

#[test]
fn an_offer_names_what_is_allowed_best_first() {
    let ours = offer(local(), &[G722, Pcma], Direction::SendRecv, &Shield::clear());
    let text = String::from_utf8(ours.clone()).unwrap();
    assert!(text.contains("m=audio 4000 RTP/AVP 9 8 101\r\n"), "{text}");
    assert!(text.contains("a=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\n"), "{text}");
    assert!(text.contains("a=ptime:20\r\n"));
    let far = Local { address: ([127, 0, 0, 2], 6000).into(), id: 9, version: 1 };
    for (allowed, codec) in [(&[Pcma, G722][..], G722), (&[Pcma], Pcma)] {
        let (theirs, _) = answer(&ours, far, allowed, Direction::SendRecv, &Shield::clear()).unwrap();
        let here = accept(&theirs, &[G722, Pcma], Direction::SendRecv, &Shield::clear()).unwrap();
        assert_eq!((here.codec, here.payload_type, here.also), (codec, codec.static_type(), Vec::new()));
    }
}

#[test]
fn an_answer_with_several_formats_is_taken_by_its_first_and_the_others_may_come() {
    let several = "m=audio 5000 RTP/AVP 9 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
    let agreed = told(several, &[G722, Pcma, Pcmu]).unwrap();
    assert_eq!((agreed.codec, &agreed.also[..]), (G722, &[(8, Pcma), (0, Pcmu)][..]));
    let agreed = told(several, &[Pcma, G722]).unwrap();
    assert_eq!(
        (agreed.codec, &agreed.also[..]),
        (G722, &[(8, Pcma)][..]),
        "what was not offered is not taken"
    );
    let twice = "m=audio 5000 RTP/AVP 8 96 8 9 97\r\na=rtpmap:96 PCMA/8000\r\na=rtpmap:97 G722/8000\r\n";
    assert_eq!(told(twice, &Codec::ALL).unwrap().also, [(9, G722)], "one for each codec");
    assert_eq!(told("m=audio 5000 RTP/AVP 0\r\n", &[Pcma]).unwrap_err(), SdpFault::NoCodec);
    assert_eq!(told("m=audio 5000 RTP/AVP 9\r\n", &[Pcma, Pcmu]).unwrap_err(), SdpFault::NoCodec);
}

#[test]
fn a_later_offer_changes_the_codec_within_what_is_allowed() {
    let (_, before) = ask("m=audio 5000 RTP/AVP 8\r\n", &Codec::ALL).unwrap();
    let again = |media: &str, allowed: &[Codec]| {
        let offer = described(media);
        answer_again(&offer, local(), allowed, Direction::SendRecv, Some(&before), &Shield::clear())
            .map(|(_, agreed)| (agreed.codec, agreed.payload_type))
    };
    assert_eq!(again("m=audio 5000 RTP/AVP 9 8\r\n", &Codec::ALL), Ok((G722, 9)));
    assert_eq!(again("m=audio 5000 RTP/AVP 9 8\r\n", &[Pcma, Pcmu]), Ok((Pcma, 8)));
    assert_eq!(again("m=audio 5000 RTP/AVP 107\r\na=rtpmap:107 G722/8000\r\n", &Codec::ALL), Ok((G722, 107)));
    assert_eq!(again("m=audio 5000 RTP/AVP 0\r\n", &[Pcma, G722]), Err(SdpFault::NoCodec));
}
