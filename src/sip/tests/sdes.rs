//! SDES (RFC 4568): what is offered, what is taken, what is refused; keys over the life of a leg; nothing of them in `Debug`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use sip::sdp::{
    Agreed, Codec, Direction, Encryption, Local, SdpFault, Secrets, Shield, Suite, accept, answer, offer,
};

const NARROW: [Codec; 2] = [Codec::Pcma, Codec::Pcmu];
const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

fn local() -> Local {
    Local { address: ([127, 0, 0, 1], 4000).into(), id: 7, version: 3 }
}

fn shield(encryption: Encryption) -> Shield {
    Secrets::new(&[3; 32]).shield(encryption)
}

fn described(media: &str) -> Vec<u8> {
    format!("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{media}").into_bytes()
}

fn secured(crypto: &[&str]) -> Vec<u8> {
    let lines: String = crypto.iter().map(|c| format!("a=crypto:{c}\r\n")).collect();
    described(&format!("m=audio 5000 RTP/SAVP 8 101\r\n{lines}a=rtpmap:101 telephone-event/8000\r\n"))
}

fn ask(offer: &[u8], shield: &Shield) -> Result<(String, Agreed), SdpFault> {
    answer(offer, local(), &NARROW, Direction::SendRecv, shield)
        .map(|(t, a)| (String::from_utf8(t).unwrap(), a))
}

fn ours(shield: &Shield) -> Vec<u8> {
    offer(local(), &[Codec::Pcma], Direction::SendRecv, shield)
}

#[test]
fn each_suite_is_answered_by_its_tag_and_both_ends_have_the_same_keys() {
    for suite in Suite::OFFERED {
        let (mut us, mut them) =
            (shield(Encryption::Required), Secrets::new(&[4; 32]).shield(Encryption::Required));
        // An offer of theirs with this suite alone.
        let all = String::from_utf8(ours(&them)).unwrap();
        let one: String = all
            .split_inclusive("\r\n")
            .filter(|l| !l.starts_with("a=crypto") || l.contains(suite.name()))
            .collect();
        let tag = one.split("a=crypto:").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        let (text, here) = ask(one.as_bytes(), &us).unwrap();
        assert!(text.contains("m=audio 4000 RTP/SAVP 8 101\r\n"), "{text}");
        assert_eq!(text.matches("a=crypto:").count(), 1, "the answer names one");
        assert!(text.contains(&format!("a=crypto:{tag} {} inline:", suite.name())), "{text}");
        let there = accept(text.as_bytes(), &NARROW, Direction::SendRecv, &them).unwrap();
        let (here_keys, there_keys) = (here.srtp.clone().unwrap(), there.srtp.clone().unwrap());
        assert_eq!((&here_keys.ours, &here_keys.theirs), (&there_keys.theirs, &there_keys.ours));
        assert_ne!(here_keys.ours, here_keys.theirs);
        assert_eq!(here_keys.ours.reveal().len(), suite.length());
        us.commit(&here);
        them.commit(&there);
        assert!(us.is_encrypted() && them.is_encrypted());
    }
}

#[test]
fn an_offer_has_the_usual_suite_first_and_a_key_for_each() {
    let text = String::from_utf8(ours(&shield(Encryption::Required))).unwrap();
    let lines: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("a=crypto:")).collect();
    assert!(lines[0].starts_with("1 AES_CM_128_HMAC_SHA1_80 inline:") && lines.len() == 4);
    assert!(lines[3].starts_with("4 AES_CM_128_HMAC_SHA1_32 inline:"));
    let mut keys: Vec<&str> = lines.iter().map(|l| l.split("inline:").nth(1).unwrap()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 4, "RFC 4568 section 6.1: no two lines share a key");
    for clear in [Encryption::Either, Encryption::Clear] {
        let text = String::from_utf8(ours(&shield(clear))).unwrap();
        assert!(text.contains("RTP/AVP 8") && !text.contains("crypto"));
    }
}

#[test]
fn legs_have_keys_that_nothing_foretells() {
    let mut secrets = Secrets::new(&[9; 32]);
    let mut seen: Vec<Vec<u8>> = (0..100).map(|_| ours(&secrets.shield(Encryption::Required))).collect();
    seen.push(ours(&Secrets::new(&[10; 32]).shield(Encryption::Required)));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 101);
    let same = ours(&Secrets::new(&[9; 32]).shield(Encryption::Required));
    assert!(seen.contains(&same), "a seed replays");
}

#[test]
fn lines_are_read_as_the_grammar_has_them() {
    let good = [
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
        format!("1 AES_CM_128_HMAC_SHA1_32 inline:{KEY}|2^20"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1048576|1:4"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1:128"),
        format!("999999999 aes_cm_128_hmac_sha1_80 INLINE:{KEY}|2^48 WSH=256 KDR=0 -odd=1 -plain"),
        "7 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==".to_owned(),
        "7 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw".to_owned(),
    ];
    for line in &good {
        let (_, agreed) =
            ask(&secured(&[line]), &shield(Encryption::Required)).unwrap_or_else(|e| panic!("{line}: {e}"));
        let mki = agreed.srtp.unwrap().theirs.mki;
        assert_eq!(
            mki,
            if line.contains("1:4") {
                4
            } else if line.contains("1:128") {
                128
            } else {
                0
            }
        );
    }
    let bad = [
        "".to_owned(),
        "1".to_owned(),
        "1 AES_CM_128_HMAC_SHA1_80".to_owned(),
        format!("x AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
        format!("1234567890 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
        format!("1 F8_128_HMAC_SHA1_80 inline:{KEY}"),
        format!("1 AES_CM_128_HMAC_SHA1_80 uri:{KEY}"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{}", &KEY[1..]),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}AAAA"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:*{}", &KEY[1..]),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^49"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|0"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1:0"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1:129"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4;inline:{KEY}|2^20|2:4"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTCP"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNAUTHENTICATED_SRTP"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} KDR=1"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} FEC_ORDER=FEC_SRTP"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} new=1"),
    ];
    for line in &bad {
        let told = ask(&secured(&[line]), &shield(Encryption::Required)).map(|(t, _)| t);
        assert_eq!(told, Err(SdpFault::NoSuite), "{line}");
        // Passed over: the next line is taken.
        let next = format!("2 AES_CM_128_HMAC_SHA1_80 inline:{KEY}");
        let (text, _) = ask(&secured(&[line, &next]), &shield(Encryption::Required)).unwrap();
        assert!(text.contains("a=crypto:2 AES_CM_128_HMAC_SHA1_80 "), "{text}");
    }
}

/// What is offered, what is wanted, and what is answered: whether it is encrypted, and by which m-lines.
type Row<'a> = (&'a str, Encryption, Result<(bool, &'a str), SdpFault>);

#[test]
fn what_a_leg_wants_decides_what_is_taken() {
    let crypto = format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n");
    let clear = "m=audio 5000 RTP/AVP 8\r\n".to_owned();
    let secure = format!("m=audio 5002 RTP/SAVP 8\r\n{crypto}");
    let feedback = format!("m=audio 5002 RTP/SAVPF 8\r\n{crypto}");
    let best_effort = format!("m=audio 5004 RTP/AVP 8\r\n{crypto}");
    let keyless = "m=audio 5006 RTP/SAVP 8\r\n".to_owned();
    let (must, never, any) = (Encryption::Required, Encryption::Clear, Encryption::Either);
    let rows: [Row<'_>; 17] = [
        (&clear, must, Err(SdpFault::NotEncrypted)),
        (&clear, never, Ok((false, "4000 RTP/AVP"))),
        (&clear, any, Ok((false, "4000 RTP/AVP"))),
        (&secure, must, Ok((true, "4000 RTP/SAVP "))),
        (&secure, never, Err(SdpFault::Encrypted)),
        (&secure, any, Ok((true, "4000 RTP/SAVP "))),
        (&feedback, must, Ok((true, "4000 RTP/SAVPF "))),
        // RFC 8643: keys in a plain line.
        (&best_effort, must, Ok((true, "4000 RTP/AVP"))),
        (&best_effort, never, Ok((false, "4000 RTP/AVP"))),
        (&best_effort, any, Ok((true, "4000 RTP/AVP"))),
        (&keyless, must, Err(SdpFault::NoSuite)),
        (&keyless, any, Err(SdpFault::NoSuite)),
        // Alternatives: the encrypted one wherever it stands, the other is refused in its place.
        (&format!("{clear}{secure}"), must, Ok((true, "m=audio 0 RTP/AVP 8\r\nm=audio 4000 RTP/SAVP "))),
        (&format!("{clear}{secure}"), any, Ok((true, "m=audio 0 RTP/AVP 8\r\nm=audio 4000 RTP/SAVP "))),
        (&format!("{secure}{clear}"), any, Ok((true, "m=audio 4000 RTP/SAVP "))),
        (&format!("{secure}{clear}"), never, Ok((false, "m=audio 0 RTP/SAVP 8\r\nm=audio 4000 RTP/AVP "))),
        (&format!("{keyless}{clear}"), any, Ok((false, "m=audio 0 RTP/SAVP 8\r\nm=audio 4000 RTP/AVP "))),
    ];
    for (offered, wanted, told) in rows {
        match (ask(&described(offered), &shield(wanted)), told) {
            (Ok((text, agreed)), Ok((encrypted, line))) => {
                assert_eq!(agreed.srtp.is_some(), encrypted, "{offered} {wanted:?}");
                assert!(text.contains(line), "{wanted:?}: {text}");
                assert_eq!(text.contains("a=crypto"), encrypted);
            }
            (Err(fault), Err(told)) => {
                assert_eq!(fault, told, "{offered} {wanted:?}");
                assert_eq!(fault.status(), 488);
                assert!(fault.warning().starts_with("399 hotline \""));
            }
            (got, told) => panic!("{offered} {wanted:?}: {got:?} instead of {told:?}"),
        }
    }
}

#[test]
fn an_answer_must_be_to_what_was_offered() {
    let us = shield(Encryption::Required);
    let key = |line: &str| secured(&[line]);
    let good = format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}");
    assert!(accept(&key(&good), &NARROW, Direction::SendRecv, &us).unwrap().srtp.is_some());
    for bad in [
        format!("4 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
        format!("1 AES_CM_128_HMAC_SHA1_32 inline:{KEY}"),
        format!("9 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
        format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP"),
    ] {
        assert_eq!(
            accept(&key(&bad), &NARROW, Direction::SendRecv, &us).unwrap_err(),
            SdpFault::NoSuite,
            "{bad}"
        );
    }
    let two = secured(&[&good, &format!("4 AES_CM_128_HMAC_SHA1_32 inline:{KEY}")]);
    assert_eq!(accept(&two, &NARROW, Direction::SendRecv, &us).unwrap_err(), SdpFault::NoSuite);
    let clear = described("m=audio 5000 RTP/AVP 8\r\n");
    assert_eq!(accept(&clear, &NARROW, Direction::SendRecv, &us).unwrap_err(), SdpFault::NotEncrypted);
    for open in [Encryption::Clear, Encryption::Either] {
        assert_eq!(
            accept(&key(&good), &NARROW, Direction::SendRecv, &shield(open)).unwrap_err(),
            SdpFault::Encrypted
        );
        assert!(accept(&clear, &NARROW, Direction::SendRecv, &shield(open)).unwrap().srtp.is_none());
    }
}

#[test]
fn a_leg_keeps_its_keys_renews_them_with_the_far_end_and_never_becomes_clear() {
    let theirs = format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}");
    let renewed = format!("1 AES_CM_128_HMAC_SHA1_80 inline:{}", KEY.replace('W', "X"));
    for begun in [Encryption::Required, Encryption::Either] {
        let mut us = shield(begun);
        let (_, first) = ask(&secured(&[&theirs]), &us).unwrap();
        us.commit(&first);
        let (_, held) = ask(&secured(&[&theirs]), &us).unwrap();
        assert_eq!(held.srtp, first.srtp, "hold and retrieval keep the keys");
        let offered = String::from_utf8(ours(&us)).unwrap();
        let line = offered.lines().find(|l| l.starts_with("a=crypto:1 ")).unwrap();
        assert_eq!(offered, String::from_utf8(ours(&us)).unwrap(), "so do our re-offers");
        let back = answer(
            offered.as_bytes(),
            local(),
            &NARROW,
            Direction::SendRecv,
            &Secrets::new(&[8; 32]).shield(Encryption::Required),
        );
        assert_eq!(&back.unwrap().1.srtp.unwrap().theirs, &first.srtp.as_ref().unwrap().ours, "{line}");
        // Whatever it was that was wanted first: encrypted once is encrypted for good.
        let clear = described("m=audio 5000 RTP/AVP 8\r\n");
        assert_eq!(ask(&clear, &us).unwrap_err(), SdpFault::NotEncrypted);
        assert_eq!(accept(&clear, &NARROW, Direction::SendRecv, &us).unwrap_err(), SdpFault::NotEncrypted);
        let (_, second) = ask(&secured(&[&renewed]), &us).unwrap();
        let (before, after) = (first.srtp.unwrap(), second.srtp.clone().unwrap());
        assert!(before.ours != after.ours && before.theirs != after.theirs, "both directions begin anew");
        let (_, untaken) = ask(&secured(&[&theirs]), &us).unwrap();
        assert_eq!(untaken.srtp.unwrap(), before, "what is not committed changes nothing");
        us.commit(&second);
        let (_, third) = ask(&secured(&[&renewed]), &us).unwrap();
        assert_eq!(third.srtp.unwrap(), after);
    }
}

#[test]
fn keys_are_shown_to_nobody() {
    let us = shield(Encryption::Required);
    let (_, agreed) = ask(&secured(&[&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}")]), &us).unwrap();
    let shown = format!("{agreed:?} {us:?} {:?}", Secrets::new(&[0x41; 32]));
    assert!(
        shown.contains("***")
            && !shown.contains(KEY)
            && !shown.contains("65, 65")
            && !shown.contains("89, 83"),
        "{shown}"
    );
}

proptest! {
    #[test]
    fn no_line_breaks_the_reader(line in "[ -~]{0,120}", more in prop::collection::vec("[0-9A-Za-z+/=|:; ^-]{0,60}", 0..40)) {
        let mut lines: Vec<&str> = more.iter().map(String::as_str).collect();
        lines.push(&line);
        let _ = ask(&secured(&lines), &shield(Encryption::Either));
    }
}
