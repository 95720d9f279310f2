//! What is blotted out, and what stays.

use proptest::prelude::*;

use super::traced;
use crate::{blot, mask};

fn blotted(text: &str) -> String {
    let mut bytes = text.replace('\n', "\r\n").into_bytes();
    let length = bytes.len();
    blot(&mut bytes);
    assert_eq!(bytes.len(), length, "a message keeps its length");
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_answer_to_a_challenge_is_blotted_out_and_who_asks_stays() {
    for name in ["Authorization", "proxy-authorization", "AUTHORIZATION "] {
        let text = blotted(&format!(
            "REGISTER sip:h SIP/2.0\n{name}: Digest username=\"op1\", realm=\"hotline\", nonce=\"n1\",\n  uri=\"sip:h\", \
             Response = \"deadbeef\", cnonce=\"c0ffee\", algorithm=SHA-256\nCSeq: 1 REGISTER\n\n"
        ));
        assert!(!text.contains("deadbeef") && !text.contains("c0ffee"), "{text}");
        for kept in ["username=\"op1\"", "realm=\"hotline\"", "uri=\"sip:h\"", "algorithm=SHA-256", "CSeq: 1"]
        {
            assert!(text.contains(kept), "{kept} of {text}");
        }
    }
    let text = blotted("REGISTER sip:h SIP/2.0\nAuthorization: Basic b3AxOnNlY3JldA==\nTo: <sip:a@b>\n\n");
    assert!(!text.contains("b3AxOnNlY3JldA") && text.contains("To: <sip:a@b>"));
    let text = blotted("SIP/2.0 200 OK\nAuthentication-Info: rspauth=\"deadbeef\", nextnonce=\"n2\"\n\n");
    assert!(!text.contains("deadbeef") && text.contains("nextnonce=\"n2\""));
    assert!(
        blotted("INVITE sip:op1:secret@h SIP/2.0\nTo: <sips:x:hidden@h:5061>\n\n")
            .contains("sip:op1:******@h")
    );
    assert!(!blotted("INVITE sip:a@h SIP/2.0\nTo: <sips:x:hidden@h:5061>\n\n").contains("hidden"));
    assert!(blotted("INVITE sip:a@h:5060 SIP/2.0\nContact: <sip:b@h:5062>\n\n").contains("<sip:b@h:5062>"));
}

#[test]
fn keys_of_the_sound_are_blotted_out() {
    let text = blotted(
        "INVITE sip:a@b SIP/2.0\nContent-Type: application/sdp\n\nv=0\nm=audio 4000 RTP/SAVP 8\n\
         a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4;inline:QUJDRA== FEC_ORDER=SRTP_FEC\n\
         k=base64:c2VjcmV0\na=ice-pwd:asd88fgpdd777uzjYhagZg\na=key-mgmt:mikey AQAFgM0X\na=rtpmap:8 PCMA/8000\n",
    );
    for secret in ["d0Rmdmcm", "QUJDRA", "c2VjcmV0", "asd88fg", "AQAFgM0X"] {
        assert!(!text.contains(secret), "{secret} of {text}");
    }
    for kept in
        ["AES_CM_128_HMAC_SHA1_80 inline:", "|2^20|1:4;", "a=rtpmap:8 PCMA/8000", "FEC_ORDER=SRTP_FEC"]
    {
        assert!(text.contains(kept), "{kept} of {text}");
    }
}

#[test]
fn keyed_digits_are_blotted_out() {
    let head = "INFO sip:a@b SIP/2.0\nCall-ID: 7\nCSeq: 2 INFO\nContent-Type: application/dtmf";
    let text = blotted(&format!("{head}-relay\n\nSignal= 7\nDuration=160\n"));
    assert!(
        text.contains("Signal=**") && text.contains("Duration=160") && text.contains("Call-ID: 7"),
        "{text}"
    );
    let text = blotted(&format!("{head}\n\n#"));
    assert!(text.ends_with("\r\n\r\n*"), "{text}");
    let text = blotted(
        "INFO sip:a@b SIP/2.0\nContent-Type: multipart/mixed;boundary=x\n\n--x\nContent-Type: application/dtmf\n\n5\n--x--\n",
    );
    assert!(text.contains("\r\n\r\n*\r\n--x--"), "{text}");
    let text = blotted(
        "NOTIFY sip:a@b SIP/2.0\nContent-Type: application/kpml-response+xml\n\n<kpml-response digits=\"45\"/>\n",
    );
    assert!(text.contains("digits=\"**\""), "{text}");
}

#[test]
fn a_number_is_hidden_wherever_it_stands() {
    let mut one = traced(0, "x-13800001234@198.51.100.9");
    one.bytes.extend_from_slice(b"o=13800001234 1 1 IN IP4 1.2.3.4\r\n");
    let mut other = traced(0, "y");
    other.bytes =
        b"SIP/2.0 200 OK\r\nP-Asserted-Identity: \"0535 13999998888\" <tel:+8613800001234;x=y>\r\n\r\n"
            .to_vec();
    let mut both = [one, other];
    mask::mask(&mut both);
    let text: String = both.iter().map(|m| String::from_utf8_lossy(&m.bytes).into_owned()).collect();
    for number in ["13800001234", "13999998888"] {
        assert!(!text.contains(number), "{number} of {text}");
    }
    assert!(
        text.contains("138****1234") && text.contains("861******1234") && text.contains("sip:89000@"),
        "{text}"
    );
    assert_eq!(mask::masked("05356000000"), "053****0000");
}

proptest! {
    #[test]
    fn anything_can_be_blotted_and_keeps_its_length(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let length = bytes.len();
        blot(&mut bytes);
        prop_assert_eq!(bytes.len(), length);
    }

    #[test]
    fn no_written_form_of_an_answer_survives(gap in "[ \t]{0,3}", fold in proptest::bool::ANY, quoted in proptest::bool::ANY) {
        let (line, quote) = (if fold { "\n\t" } else { "" }, if quoted { "\"" } else { "" });
        let text = blotted(&format!(
            "REGISTER sip:h SIP/2.0\nAuthorization:{gap}Digest username=\"a\",{line}{gap}response{gap}={gap}{quote}cafe01{quote}\n\n"
        ));
        prop_assert!(!text.contains("cafe01"), "{}", text);
    }
}
