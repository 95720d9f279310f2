//! What waits to leave the house: events and how far each subscriber has come, short messages and how they went.

use call::ids::Pii;
use serde_json::Value;

use crate::clerk::errand;
use crate::db::{self, unreadable};
use crate::either::{Db, Row, query, scalar};
use crate::error::StoreError;
use crate::store::Store;

/// Most events of one page.
pub const MOST_EVENTS: u32 = 1_000;
/// Rows that one tidying deletes; the rest goes the next time.
const TIDIED_AT_ONCE: i64 = 1_000;

/// Something that happened, in the order of the house.
#[derive(Clone, PartialEq, Debug)]
pub struct OutEvent {
    /// Its place.
    pub pos: i64,
    /// Its name, unique.
    pub id: String,
    /// When, UTC ms.
    pub at: i64,
    /// What: `hotline.case.moved`.
    pub kind: String,
    /// Which call or case.
    pub subject: String,
    /// What more is known; nothing personal.
    pub data: Value,
}

/// How far a subscriber has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subscriber {
    /// Its name.
    pub name: String,
    /// The last event that it has, or refused.
    pub acked: i64,
    /// Deliveries of the next one that failed.
    pub tries: u32,
    /// Not before this moment, UTC ms.
    pub next_at: i64,
    /// The last answer, UTC ms.
    pub last_at: Option<i64>,
    /// What went wrong then, when it did.
    pub last_error: Option<String>,
    /// Events that it refused for good.
    pub refused: u64,
}

/// A short message to be handed to the gateway. `Debug` shows stars.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitingMessage {
    /// Its name.
    pub id: String,
    /// When it was written, UTC ms.
    pub at: i64,
    /// To whom.
    pub number: Pii,
    /// What it says.
    pub text: Pii,
    /// Tries before.
    pub tries: u32,
}

/// How a try went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MessageFate {
    /// The gateway took it.
    Sent,
    /// Again at this moment (UTC ms), for this reason.
    Later(i64, String),
    /// Never, for this reason.
    Failed(String),
}

impl Store {
    /// Events behind a place, in order: at most `limit`, and never more than [`MOST_EVENTS`].
    ///
    /// # Errors
    /// The database's, as all below.
    pub async fn events_after(&self, pos: i64, limit: u32) -> Result<Vec<OutEvent>, StoreError> {
        const PAGE: &str =
            "SELECT pos, id, at, type, subject, data FROM outbox WHERE pos > $1 ORDER BY pos LIMIT $2";
        let mut conn = self.reader().await?;
        let page = query(PAGE).bind(pos).bind(i64::from(limit.min(MOST_EVENTS)));
        let rows = page.fetch_all(&mut conn).await.map_err(|e| self.said(e))?;
        rows.iter().map(event).collect::<sqlx::Result<_>>().map_err(|e| self.said(e))
    }

    /// The place of the newest event; 0 when there is none.
    ///
    /// # Errors
    /// The database's.
    pub async fn outbox_head(&self) -> Result<i64, StoreError> {
        let mut conn = self.reader().await?;
        head(&mut conn).await.map_err(|e| self.said(e))
    }

    /// A subscriber; one that is new begins at the newest event.
    ///
    /// # Errors
    /// The database's.
    pub async fn subscriber(&self, name: &str) -> Result<Subscriber, StoreError> {
        const MAKE: &str = "INSERT INTO webhook (name, acked, tries, next_at, refused) VALUES ($1, $2, 0, 0, 0) \
             ON CONFLICT (name) DO NOTHING";
        if let Some(known) = self.known().await?.into_iter().find(|known| known.name == name) {
            return Ok(known);
        }
        let name = name.to_owned();
        let make = errand(move |conn| {
            Box::pin(async move {
                let acked = head(conn).await?;
                query(MAKE).bind(&name).bind(acked).execute(&mut *conn).await?;
                let row = query("SELECT * FROM webhook WHERE name = $1").bind(&name);
                subscriber(&row.fetch_one(conn).await?)
            })
        });
        self.clerk().write(make).await
    }

    /// All that were ever known, by name.
    ///
    /// # Errors
    /// The database's.
    async fn known(&self) -> Result<Vec<Subscriber>, StoreError> {
        let mut conn = self.reader().await?;
        let all = query("SELECT * FROM webhook ORDER BY name").fetch_all(&mut conn).await;
        let rows = all.map_err(|e| self.said(e))?;
        rows.iter().map(subscriber).collect::<sqlx::Result<_>>().map_err(|e| self.said(e))
    }

    /// Notes that a subscriber has everything up to `to`; `refused` of it for good. `false`: since `at` was read it was sent back,
    /// and stays there.
    ///
    /// # Errors
    /// The database's; the events are delivered again then.
    pub async fn acknowledge(
        &self,
        now_utc_ms: i64,
        at: &Subscriber,
        to: i64,
        refused: u64,
    ) -> Result<bool, StoreError> {
        const MOVE: &str = "UPDATE webhook SET acked = $3, tries = 0, next_at = 0, last_at = $4, last_error = NULL, \
             refused = refused + $5 WHERE name = $1 AND acked = $2 AND next_at = $6";
        let (name, acked, next_at) = (at.name.clone(), at.acked, at.next_at);
        let step = errand(move |conn| {
            Box::pin(async move {
                let step = query(MOVE).bind(name).bind(acked).bind(to).bind(now_utc_ms);
                let step = step.bind(db::big(refused)).bind(next_at);
                step.execute(conn).await.map(|done| done.rows_affected() > 0)
            })
        });
        self.clerk().write(step).await
    }

    /// Notes that the event behind `at` could not be delivered, and when it is tried again. Does nothing when the subscriber
    /// was sent back since `at` was read.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_off(
        &self,
        now_utc_ms: i64,
        at: &Subscriber,
        next_at: i64,
        why: &str,
    ) -> Result<(), StoreError> {
        const PUT_OFF: &str = "UPDATE webhook SET tries = tries + 1, next_at = $3, last_at = $4, last_error = $5 \
             WHERE name = $1 AND acked = $2 AND next_at = $6";
        let (name, acked, was, why) = (at.name.clone(), at.acked, at.next_at, why.to_owned());
        let step = errand(move |conn| {
            Box::pin(async move {
                let step = query(PUT_OFF).bind(name).bind(acked).bind(next_at).bind(now_utc_ms);
                step.bind(why).bind(was).execute(conn).await.map(drop)
            })
        });
        self.clerk().write(step).await
    }

    /// Sends a subscriber again what stands at this place and behind it, not further on than it has come. Ends a pause.
    /// `false`: there is no such subscriber.
    ///
    /// # Errors
    /// The database's.
    pub async fn send_again(&self, now_utc_ms: i64, name: &str, from: i64) -> Result<bool, StoreError> {
        // Due now, which is another moment than before: by it whoever delivers sees that it was sent back, to whatever place.
        const BACK: &str = "UPDATE webhook SET acked = CASE WHEN acked > $2 THEN $2 ELSE acked END, tries = 0, next_at = $3, \
             last_error = NULL WHERE name = $1";
        let (name, acked) = (name.to_owned(), from.saturating_sub(1).max(0));
        let back = errand(move |conn| {
            Box::pin(async move {
                let back = query(BACK).bind(name).bind(acked).bind(now_utc_ms);
                back.execute(conn).await.map(|done| done.rows_affected() > 0)
            })
        });
        self.clerk().write(back).await
    }

    /// Lays a short message to the citizen of a case down: Chinese or English, as the call was. `id` names it: the same one again
    /// is one message; `None`: a new one. `false`: none is sent, for the case is anonymous or has no mobile number.
    ///
    /// # Errors
    /// The database's.
    pub async fn write_message(
        &self,
        now_utc_ms: i64,
        case_no: &str,
        id: Option<&str>,
        (zh, en): (String, String),
    ) -> Result<bool, StoreError> {
        let (store, no, id) = (self.clone(), case_no.to_owned(), id.map(str::to_owned));
        let lay = errand(move |conn| {
            Box::pin(async move { store.lay_down(conn, now_utc_ms, &no, id, (&zh, &en)).await })
        });
        self.clerk().write(lay).await
    }

    async fn lay_down(
        &self,
        conn: &mut Db,
        now: i64,
        no: &str,
        id: Option<String>,
        (zh, en): (&str, &str),
    ) -> sqlx::Result<bool> {
        const WHO: &str = "SELECT cases.id, applicant_phone, call.lang FROM cases LEFT JOIN call ON call.id = cases.call_id \
             WHERE cases.no = $1 AND NOT cases.anonymous AND applicant_phone IS NOT NULL";
        const LAY: &str = "INSERT INTO short_message (id, at, number, text, about, state, tries, next_at) \
             VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $2) ON CONFLICT (id) DO NOTHING";
        let keys = self.keys_of();
        let Some(row) = query(WHO).bind(no).fetch_optional(&mut *conn).await? else { return Ok(false) };
        let (case, sealed): (String, Vec<u8>) = (row.try_get("id")?, row.try_get("applicant_phone")?);
        let number = keys.open("cases.applicant_phone", &case, &sealed)?;
        if !is_mobile(&number) {
            return Ok(false);
        }
        let lang: Option<String> = row.try_get("lang")?;
        let text = if lang.as_deref() == Some("en") { en } else { zh };
        let id = match id {
            Some(id) => id,
            None => keys.mint_id(now)?,
        };
        let (number, text) =
            (keys.seal("short_message.number", &id, &number)?, keys.seal("short_message.text", &id, text)?);
        query(LAY).bind(id).bind(now).bind(number).bind(text).bind(no).execute(conn).await?;
        Ok(true)
    }

    /// Short messages whose time has come, oldest first: at most `most`.
    ///
    /// # Errors
    /// The database's.
    pub async fn waiting_messages(
        &self,
        now_utc_ms: i64,
        most: u32,
    ) -> Result<Vec<WaitingMessage>, StoreError> {
        const WAITING: &str = "SELECT id, at, number, text, tries FROM short_message WHERE state = 'waiting' AND next_at <= $1 \
             ORDER BY next_at, id LIMIT $2";
        let keys = self.keys_of();
        let mut conn = self.reader().await?;
        let waiting = query(WAITING).bind(now_utc_ms).bind(i64::from(most));
        let rows = waiting.fetch_all(&mut conn).await.map_err(|e| self.said(e))?;
        let message = |row: &Row| {
            let id: String = row.try_get("id")?;
            let open = |place: &str, column: &str| {
                let sealed: Vec<u8> = row.try_get(column)?;
                Ok::<_, sqlx::Error>(Pii::new(keys.open(place, &id, &sealed)?))
            };
            Ok(WaitingMessage {
                at: row.try_get("at")?,
                number: open("short_message.number", "number")?,
                text: open("short_message.text", "text")?,
                tries: tries(row)?,
                id,
            })
        };
        rows.iter().map(message).collect::<sqlx::Result<_>>().map_err(|e| self.said(e))
    }

    /// Notes how a try went. What is over keeps neither number nor text.
    ///
    /// # Errors
    /// The database's; the message is tried again then.
    pub async fn message_tried(&self, id: &str, fate: MessageFate) -> Result<(), StoreError> {
        const LATER: &str =
            "UPDATE short_message SET tries = tries + 1, next_at = $2, last_error = $3 WHERE id = $1";
        const OVER: &str = "UPDATE short_message SET tries = tries + 1, state = $2, last_error = $3, number = x'', text = x'' \
             WHERE id = $1";
        let id = id.to_owned();
        let note = errand(move |conn| {
            Box::pin(async move {
                let query = match fate {
                    MessageFate::Sent => query(OVER).bind(id).bind("sent").bind(None::<String>),
                    MessageFate::Later(at, why) => query(LATER).bind(id).bind(at).bind(why),
                    MessageFate::Failed(why) => query(OVER).bind(id).bind("failed").bind(why),
                };
                query.execute(conn).await.map(drop)
            })
        });
        self.clerk().write(note).await
    }

    /// Forgets some of the events and finished messages that are older than this moment (UTC ms); how many. Events that a
    /// subscriber of these names still waits for stay.
    ///
    /// # Errors
    /// The database's.
    pub async fn tidy_outbox(&self, before: i64, names: &[String]) -> Result<u64, StoreError> {
        const EVENTS: &str = "DELETE FROM outbox WHERE pos IN (SELECT pos FROM outbox WHERE at < $1 AND pos <= $2 ORDER BY pos LIMIT $3)";
        const MESSAGES: &str = "DELETE FROM short_message WHERE id IN (SELECT id FROM short_message WHERE at < $1 \
             AND state <> 'waiting' LIMIT $2)";
        let known = self.known().await?;
        let slowest = known.iter().filter(|known| names.contains(&known.name)).map(|known| known.acked).min();
        let tidy = errand(move |conn| {
            Box::pin(async move {
                // The newest stays: places go on from there.
                let last = slowest.unwrap_or(i64::MAX).min(head(conn).await?.saturating_sub(1));
                let events = query(EVENTS).bind(before).bind(last).bind(TIDIED_AT_ONCE);
                let events = events.execute(&mut *conn).await?.rows_affected();
                let messages = query(MESSAGES).bind(before).bind(TIDIED_AT_ONCE).execute(conn).await?;
                Ok(events + messages.rows_affected())
            })
        });
        self.clerk().write(tidy).await
    }
}

async fn head(conn: &mut Db) -> sqlx::Result<i64> {
    scalar("SELECT COALESCE(MAX(pos), 0) FROM outbox").fetch_one(conn).await
}

fn event(row: &Row) -> sqlx::Result<OutEvent> {
    let data: String = row.try_get("data")?;
    Ok(OutEvent {
        pos: row.try_get("pos")?,
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        kind: row.try_get("type")?,
        subject: row.try_get("subject")?,
        data: serde_json::from_str(&data).map_err(|_| unreadable("the data of an event"))?,
    })
}

fn subscriber(row: &Row) -> sqlx::Result<Subscriber> {
    Ok(Subscriber {
        name: row.try_get("name")?,
        acked: row.try_get("acked")?,
        tries: tries(row)?,
        next_at: row.try_get("next_at")?,
        last_at: row.try_get("last_at")?,
        last_error: row.try_get("last_error")?,
        refused: db::small(row.try_get("refused")?),
    })
}

fn tries(row: &Row) -> sqlx::Result<u32> {
    Ok(u32::try_from(row.try_get::<i64>("tries")?).unwrap_or(u32::MAX))
}

/// A Chinese mobile number, as the house keeps it: 11 digits, 13 to 19 before the rest.
fn is_mobile(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() == 11
        && bytes.iter().all(u8::is_ascii_digit)
        && bytes.first() == Some(&b'1')
        && bytes.get(1).is_some_and(|second| *second >= b'3')
}
