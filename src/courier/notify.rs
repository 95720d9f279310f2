//! Which events citizens hear of by short message: the day of their case has changed, the unit is done.

use papers::Zone;
use papers::message::Message;
use store::{OutEvent, Store, StoreError};

use crate::Sms;
use crate::run::Now;

/// Our own place in the outbox; no subscriber of outputs.toml can have this name.
pub(crate) const NAME: &str = "#sms";
/// Events of one round.
const BATCH: u32 = 64;
/// What is older, because the gateway was off for a time, is told to nobody any more.
const FRESH_MS: i64 = 24 * 3_600 * 1_000;

/// Lays messages down for the events since the last time; whether there were any events.
pub(crate) async fn round(sms: &Sms, zone: &Zone, store: &Store, now: &Now) -> Result<bool, StoreError> {
    let at = store.subscriber(NAME).await?;
    let events = store.events_after(at.acked, BATCH).await?;
    let Some(last) = events.last() else { return Ok(false) };
    for event in &events {
        let fresh = now().saturating_sub(event.at) <= FRESH_MS;
        let Some(message) = message(sms, event).filter(|_| fresh) else { continue };
        let texts = (message.text(&sms.sender, true, zone), message.text(&sms.sender, false, zone));
        // Named by the event: seen again after a crash, it is the same message.
        store.write_message(now(), &event.subject, Some(&event.id), texts).await?;
    }
    store.acknowledge(now(), &at, last.pos, 0).await?;
    Ok(true)
}

fn message(sms: &Sms, event: &OutEvent) -> Option<Message> {
    let no = event.subject.clone();
    let word = |key: &str| event.data.get(key).and_then(|value| value.as_str());
    match event.kind.as_str() {
        // Only what the hotline has granted; what a new calendar moves by itself is nobody's news.
        "hotline.promise.changed"
            if sms.changed && word("promise") == Some("work") && word("why") == Some("extension") =>
        {
            let due_at = event.data.get("due_at").and_then(|value| value.as_i64())?;
            Some(Message::DueChanged { no, due_at })
        }
        "hotline.case.moved" if sms.result && word("state") == Some("reported") => {
            Some(Message::Result { no })
        }
        _ => None,
    }
}
