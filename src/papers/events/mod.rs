//! CloudEvents 1.0: the envelope of what happened, alone and in batches (JSON format), and its signature.

mod sign;

pub use sign::{ID, SIGNATURE, Secret, TIMESTAMP, TOLERANCE_SECONDS, verify};

use serde_json::{Value, json};

use crate::zone::utc;

/// The content type of one event.
pub const ONE: &str = "application/cloudevents+json; charset=utf-8";
/// The content type of a batch.
pub const BATCH: &str = "application/cloudevents-batch+json; charset=utf-8";
/// Digits of `sequence`: with zeros before it, its order as text is its order as a number.
const SEQUENCE_DIGITS: usize = 19;

/// What happened, as the outbox holds it.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Its place in the order of the house.
    pub pos: i64,
    /// Its name; delivered twice, it is the same event.
    pub id: String,
    /// When it happened, UTC ms.
    pub at: i64,
    /// What: `case.opened`.
    pub kind: String,
    /// Of which call or case.
    pub subject: String,
    /// What more is known; nothing personal.
    pub data: Value,
}

impl Event {
    /// The envelope. `source` is the URI reference of the house: `/hotline/hotline-1`. `id` and `source` together are unique.
    pub fn envelope(&self, source: &str) -> Value {
        json!({
            "specversion": "1.0",
            "id": self.id,
            "source": source,
            "type": self.kind,
            "subject": self.subject,
            "time": utc(self.at),
            "datacontenttype": "application/json",
            // The extension `sequence` (CloudEvents, extensions/sequence.md): a text whose order is that of the events.
            "sequence": format!("{:0SEQUENCE_DIGITS$}", self.pos),
            "data": self.data,
        })
    }

    /// The body of one delivery, of type [`ONE`].
    pub fn body(&self, source: &str) -> Vec<u8> {
        self.envelope(source).to_string().into_bytes()
    }
}

/// A batch, of type [`BATCH`]; none is an empty list.
pub fn batch(events: &[Event], source: &str) -> Vec<u8> {
    Value::Array(events.iter().map(|event| event.envelope(source)).collect()).to_string().into_bytes()
}
