//! One subscriber: takes what it has not yet had from the outbox, posts it, notes how far it has come.

use papers::events::{Event, ID, ONE, SIGNATURE, Secret, TIMESTAMP};
use store::{OutEvent, Store, StoreError, Subscriber};
use tokio_util::sync::CancellationToken;

use crate::error::CourierError;
use crate::http::{Line, Post, Target};
use crate::run::Now;
use crate::tls::Tls;
use crate::wait::{Verdict, after, chance, verdict, wait};
use crate::{Hook, Setup};

/// Events of one round: so many are delivered again at most when a crash comes before the note.
const BATCH: u32 = 64;
/// Until somebody sends it back or on.
const NEVER: i64 = i64::MAX;
/// From this many failures in a row on, each one is told in the log as a warning.
const WARN_FROM: u32 = 4;

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Round {
    /// Nothing waits.
    Idle,
    /// More may wait.
    More,
    /// Something waits for this moment, UTC ms.
    Until(i64),
}

/// A subscriber that is served.
pub(crate) struct Server {
    hook: Hook,
    secret: Secret,
    source: String,
    line: Line,
    store: Store,
    now: Now,
}

impl Server {
    pub(crate) fn new(
        setup: &Setup,
        hook: &Hook,
        tls: Tls,
        store: Store,
        now: Now,
    ) -> Result<Self, CourierError> {
        Ok(Self {
            secret: Secret::read(&hook.secret)?,
            source: setup.source.clone(),
            line: Line::new(tls, Target::parse(&hook.url)?),
            hook: hook.clone(),
            store,
            now,
        })
    }

    /// Delivers what may be delivered now: at most [`BATCH`] events, until the first one that must be tried again.
    pub(crate) async fn round(&mut self, stop: &CancellationToken) -> Result<Round, StoreError> {
        let name = self.hook.name.clone();
        let at = self.store.subscriber(&name).await?;
        if at.next_at > (self.now)() {
            return Ok(Round::Until(at.next_at));
        }
        let events = self.store.events_after(at.acked, BATCH).await?;
        if events.is_empty() {
            return Ok(Round::Idle);
        }
        let (mut reached, mut refused, mut held) = (at.acked, 0, None);
        for event in &events {
            if stop.is_cancelled() {
                break;
            }
            if self.wants(&event.kind) {
                // Sent back meanwhile: what is left of this round comes again in its order, not twice.
                if reached > at.acked && !self.is_still(&at).await? {
                    return Ok(Round::More);
                }
                match self.deliver(event).await {
                    Verdict::Taken => {}
                    Verdict::Refused(why) => {
                        refused += 1;
                        tracing::warn!(
                            "the subscriber {name} refuses event {} for good ({why}): it goes on with the next",
                            event.pos
                        );
                    }
                    other => {
                        held = Some(other);
                        break;
                    }
                }
            }
            reached = event.pos;
        }
        if reached > at.acked && !self.store.acknowledge((self.now)(), &at, reached, refused).await? {
            return Ok(Round::More);
        }
        let at =
            if reached == at.acked { at } else { Subscriber { acked: reached, tries: 0, next_at: 0, ..at } };
        match held {
            None => Ok(Round::More),
            Some(held) => self.hold(&at, held).await,
        }
    }

    /// Nobody has sent the subscriber back since it was read.
    async fn is_still(&self, at: &Subscriber) -> Result<bool, StoreError> {
        let now = self.store.subscriber(&at.name).await?;
        Ok((now.acked, now.next_at) == (at.acked, at.next_at))
    }

    /// Notes that the event behind this place must wait, and says so.
    async fn hold(&self, at: &Subscriber, held: Verdict) -> Result<Round, StoreError> {
        let (name, now, tries) = (&at.name, (self.now)(), at.tries);
        let (next, why) = match held {
            Verdict::Later(why, asked) => (after(now, wait(tries, asked, chance())), why),
            Verdict::Taken | Verdict::Refused(_) | Verdict::Gone => {
                tracing::warn!(
                    "the subscriber {name} wants no more events (HTTP 410): paused until it is replayed, or taken out of outputs.toml"
                );
                (NEVER, "HTTP 410: paused until a replay".to_owned())
            }
        };
        if tries.saturating_add(1) >= WARN_FROM && next != NEVER {
            let waiting = self.store.outbox_head().await?.saturating_sub(at.acked);
            tracing::warn!(
                "the subscriber {name} lags: {} deliveries failed in a row ({why}), up to {waiting} events wait",
                tries.saturating_add(1)
            );
        }
        self.store.put_off(now, at, next, &why).await?;
        Ok(Round::Until(next))
    }

    fn wants(&self, kind: &str) -> bool {
        let fits = |wanted: &String| match wanted.strip_suffix('*') {
            Some(begin) => kind.starts_with(begin),
            None => kind == wanted,
        };
        self.hook.types.is_empty() || self.hook.types.iter().any(fits)
    }

    async fn deliver(&mut self, event: &OutEvent) -> Verdict {
        let body = envelope(event).body(&self.source);
        let sent = (self.now)().div_euclid(1_000);
        let headers = vec![
            (ID, event.id.clone()),
            (TIMESTAMP, sent.to_string()),
            (SIGNATURE, self.secret.sign(&event.id, sent, &body)),
        ];
        let post = Post { content_type: ONE, authorization: None, headers, body };
        verdict(&self.line.post(post).await)
    }
}

/// An event of the outbox as others read it.
fn envelope(event: &OutEvent) -> Event {
    let OutEvent { pos, id, at, kind, subject, data } = event.clone();
    Event { pos, id, at, kind, subject, data }
}
