//! The gateway of short messages: what waits is posted one by one, a failed one again later, but not for ever.

use papers::message::fill;
use store::{MessageFate, Store, StoreError, WaitingMessage};

use crate::Sms;
use crate::error::CourierError;
use crate::http::{Line, Post, Target};
use crate::run::Now;
use crate::tls::Tls;
use crate::wait::{Verdict, after, chance, verdict, wait};

/// Messages of one round.
const BATCH: u32 = 32;
/// A message that is older than this tells nothing new any more: it fails.
const FRESH_MS: i64 = 24 * 3_600 * 1_000;
/// A gateway can know a message that comes twice by this.
const KEY: &str = "idempotency-key";

pub(crate) struct Gateway {
    sms: Sms,
    line: Line,
    store: Store,
    now: Now,
}

impl Gateway {
    pub(crate) fn new(sms: &Sms, tls: Tls, store: Store, now: Now) -> Result<Self, CourierError> {
        let line = Line::new(tls, Target::parse(&sms.url)?);
        Ok(Self { sms: sms.clone(), line, store, now })
    }

    /// Posts what waits now; how many were tried. Ends at the first that the gateway does not take for a reason of its own.
    pub(crate) async fn round(&mut self) -> Result<usize, StoreError> {
        let waiting = self.store.waiting_messages((self.now)(), BATCH).await?;
        let mut tried = 0;
        for message in waiting {
            let fate = self.send(&message).await;
            let goes_on = !matches!(fate, MessageFate::Later(..));
            self.store.message_tried(&message.id, fate).await?;
            tried += 1;
            if !goes_on {
                break;
            }
        }
        Ok(tried)
    }

    async fn send(&mut self, message: &WaitingMessage) -> MessageFate {
        let now = (self.now)();
        if now.saturating_sub(message.at) > FRESH_MS {
            tracing::warn!(
                "a short message was not sent within a day and is given up: see what the gateway answers"
            );
            return MessageFate::Failed("not sent within a day".to_owned());
        }
        let escape = |text: &str| self.sms.form.escape(text);
        let (number, text) = (escape(message.number.reveal()), escape(message.text.reveal()));
        let secret = escape(&self.sms.secret);
        let body = fill(&self.sms.body, &[("number", &number), ("text", &text), ("secret", &secret)]);
        let authorization = self.sms.authorization.as_ref().map(|a| fill(a, &[("secret", &self.sms.secret)]));
        let (content_type, headers) = (self.sms.form.content_type(), vec![(KEY, message.id.clone())]);
        let answer =
            self.line.post(Post { content_type, authorization, headers, body: body.into_bytes() }).await;
        match verdict(&answer) {
            Verdict::Taken => MessageFate::Sent,
            Verdict::Refused(why) => {
                tracing::warn!(
                    "the gateway refuses a short message for good ({why}): check [sms] in outputs.toml"
                );
                MessageFate::Failed(why)
            }
            Verdict::Gone => MessageFate::Failed("HTTP 410".to_owned()),
            Verdict::Later(why, asked) => {
                tracing::warn!("the gateway of short messages does not take them ({why}): tried again later");
                MessageFate::Later(after(now, wait(message.tries, asked, chance())), why)
            }
        }
    }
}
