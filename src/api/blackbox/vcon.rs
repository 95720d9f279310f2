//! A call as a vCon (draft-ietf-vcon-vcon-core): parties without numbers, recordings by their hash, the time line attached.

use serde_json::{Value, json};
use store::{CallDetail, RecordingFile};

use super::words;
use crate::shapes::rfc3339;

/// The version of the syntax.
const VERSION: &str = "0.3.0";
/// The version of what this house puts in its attachments.
const OWN_VERSION: u8 = 1;

/// The vCon. `now` is UTC ms.
pub(crate) fn vcon(detail: &CallDetail, now: i64) -> Value {
    let row = &detail.row;
    let party = |line: &store::LegLine| {
        let name = if line.row.party.is_empty() { line.row.seat.word() } else { &*line.row.party };
        // Staff and desk numbers are no personal data; a citizen is one without a name.
        json!({ "role": line.row.seat.word(), "name": if line.row.seat.word() == "citizen" { "citizen" } else { name } })
    };
    let parties: Vec<Value> = detail.legs.iter().map(party).collect();
    let events = detail.events.iter().map(|event| {
        json!({
            "seq": event.seq, "at": rfc3339(event.at), "kind": event.kind, "actor": event.actor,
            "cause": event.cause.map(call::cause::Cause::word), "detail": event.detail,
        })
    });
    let verdict = serde_json::to_value(words::verdict(detail)).unwrap_or_default();
    json!({
        "vcon": VERSION,
        "uuid": uuid(row.call.0),
        "created_at": rfc3339(now),
        "updated_at": row.ended_at.map(rfc3339),
        "subject": row.outcome.map(call::cdr::Outcome::word),
        "parties": parties,
        "dialog": detail.recordings.iter().map(|file| dialog(detail, file)).collect::<Vec<_>>(),
        "analysis": [{
            "type": "verdict", "vendor": "hotline", "product": "black box", "schema": OWN_VERSION.to_string(),
            "dialog": [], "body": verdict, "encoding": "json",
        }],
        "attachments": [{
            "type": "hotline.timeline", "start": rfc3339(row.offered_at), "party": 0, "encoding": "json",
            "body": {
                "version": OWN_VERSION, "call": row.call.to_string(), "config_version": row.config_version,
                "lang": row.lang.tag(), "wait_ms": row.wait_ms, "events": events.collect::<Vec<_>>(),
            },
        }],
    })
}

/// A recording, which stays where it is: by its address and its hash.
fn dialog(detail: &CallDetail, file: &RecordingFile) -> Value {
    let id = detail.row.call.to_string();
    let all: Vec<usize> = (0..detail.legs.len()).collect();
    let flac = file.row.codec == "flac";
    json!({
        "type": "recording",
        "start": rfc3339(file.row.started_at),
        "duration": file.row.duration_ms.map(|ms| ms as f64 / 1000.0),
        "parties": all,
        "mediatype": if flac { "audio/flac" } else { "audio/x-wav" },
        "filename": format!("{id}-{}.{}", file.no, if flac { "flac" } else { "wav" }),
        "url": format!("/api/v1/calls/{id}/recordings/{}", file.no),
        "content_hash": file.row.sha256.as_deref().and_then(hash),
        "disposition": file.row.kind.word(),
    })
}

/// `sha256-` and the hash in base64url, from its hex.
fn hash(hex: &str) -> Option<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits: Option<Vec<u32>> = hex.chars().map(|c| c.to_digit(16)).collect();
    let bits = digits.filter(|digits| digits.len() == 64)?;
    let mut text = "sha256-".to_owned();
    // Three digits of four bits are two of six.
    for three in bits.chunks(3) {
        let value = three.iter().fold(0, |value, digit| value << 4 | digit) << (4 * (3 - three.len()));
        let sixes = if three.len() == 1 { 1 } else { 2 };
        for at in 0..sixes {
            let index = usize::try_from(value >> (6 - 6 * at) & 63).ok()?;
            text.push(char::from(*ALPHABET.get(index)?));
        }
    }
    Some(text)
}

/// The call's ULID as a UUID of version 8 (RFC 9562 section 5.8): the same call has the same one.
fn uuid(ulid: u128) -> String {
    let marked = ulid & !(0xf << 76) & !(0x3 << 62) | (0x8 << 76) | (0x2 << 62);
    let hex = format!("{marked:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_call_has_one_uuid_of_version_eight() {
        let uuid = uuid(0x0190_1234_5678_9abc_def0_1234_5678_9abc);
        assert_eq!(uuid, "01901234-5678-8abc-9ef0-123456789abc");
    }

    #[test]
    fn hashes_are_written_in_base64url() {
        // SHA-256 of nothing.
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash(hex).as_deref(), Some("sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"));
        assert_eq!(hash("zz"), None);
    }
}
