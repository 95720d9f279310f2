//! Envelopes and signatures.

use serde_json::{Value, json};

use super::AT;
use crate::events::{Event, Secret, TOLERANCE_SECONDS, batch, verify};

pub(super) fn sample(pos: i64) -> Event {
    Event {
        pos,
        id: format!("01KJP6Q2Y0000000000000000{pos}"),
        at: AT + 250,
        kind: "case.handed_over".to_owned(),
        subject: "202603020017".to_owned(),
        data: json!({ "unit": "FGJ", "round": 1, "due_at": AT }),
    }
}

#[test]
fn an_envelope_has_what_cloudevents_wants() {
    let event: Value = serde_json::from_slice(&sample(7).body("/hotline/hotline-1")).unwrap();
    assert_eq!(
        event,
        json!({
            "specversion": "1.0", "id": "01KJP6Q2Y00000000000000007", "source": "/hotline/hotline-1",
            "type": "case.handed_over", "subject": "202603020017", "time": "2026-03-02T01:15:00.250Z",
            "datacontenttype": "application/json", "sequence": "0000000000000000007",
            "data": { "unit": "FGJ", "round": 1, "due_at": AT },
        })
    );
    let several: Value = serde_json::from_slice(&batch(&[sample(9), sample(10)], "/hotline/a")).unwrap();
    let order: Vec<&str> =
        several.as_array().unwrap().iter().map(|e| e["sequence"].as_str().unwrap()).collect();
    assert!(order.is_sorted() && order.len() == 2);
    assert_eq!(batch(&[], "/hotline/a"), b"[]");
}

/// The example of the Standard Webhooks libraries' own tests.
#[test]
fn a_signature_is_that_of_standard_webhooks() {
    let secret = Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b"{\"test\": 2432232314}");
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn only_what_was_signed_is_verified_and_only_in_time() {
    let secret = Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let (id, at, body) = ("msg_1", 1_772_414_100, b"{}".as_slice());
    let good = secret.sign(id, at, body);
    let other = Secret::read("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
    let renewed = format!("v1a,xxxx {} {good}", other.sign(id, at, body));
    assert!(verify(&secret, (id, at, &good), body, at));
    assert!(verify(&secret, (id, at, &renewed), body, at), "while a secret changes there are two");
    assert!(verify(&secret, (id, at, &good), body, at + TOLERANCE_SECONDS));
    assert!(!verify(&secret, (id, at, &good), body, at + TOLERANCE_SECONDS + 1));
    assert!(!verify(&secret, (id, at, &good), body, at - TOLERANCE_SECONDS - 1));
    assert!(!verify(&secret, (id, at, &good), b"{ }", at));
    assert!(!verify(&secret, ("msg_2", at, &good), body, at));
    assert!(!verify(&secret, (id, at + 1, &good), body, at));
    assert!(!verify(&other, (id, at, &good), body, at));
    assert!(!verify(&secret, (id, at, ""), body, at) && !verify(&secret, (id, at, "v1,"), body, at));
}

#[test]
fn a_secret_is_long_enough_and_never_shown() {
    for bad in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_***"] {
        let fault = Secret::read(bad).unwrap_err().to_string();
        assert!(bad.len() < 7 || !fault.contains(bad), "{fault}");
    }
    assert_eq!(format!("{:?}", Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()), "Secret");
}
