//! The chain of hashes over a node's events: each covers its event and the hash before it.

use call::cause::Cause;
use sha2::{Digest, Sha256};

use crate::either::{Db, Query, Row, Rows, query};
use crate::seal::hex;
use crate::words;

/// The hash before a node's first event.
const BEFORE_ALL: &str = "";

/// The end of a node's chain, where the next event is hung.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Chain {
    /// Position of the last event; 0 when there is none.
    pub(crate) pos: i64,
    /// Its hash.
    pub(crate) hash: String,
}

impl Chain {
    pub(crate) fn empty() -> Self {
        Self { pos: 0, hash: BEFORE_ALL.to_owned() }
    }

    /// Reads the end from the store. Every transaction does: what an earlier one lost is not remembered.
    pub(crate) async fn end(conn: &mut Db, node: &str) -> sqlx::Result<Self> {
        let last = query("SELECT pos, hash FROM event WHERE node = $1 ORDER BY pos DESC LIMIT 1")
            .bind(node)
            .fetch_optional(conn)
            .await?;
        match last {
            None => Ok(Self::empty()),
            Some(row) => Ok(Self { pos: row.try_get("pos")?, hash: row.try_get("hash")? }),
        }
    }

    /// The link that this event would be.
    pub(crate) fn next(&self, node: &str, event: &Hung) -> Self {
        let pos = self.pos.saturating_add(1);
        Self { pos, hash: event.hash(&self.hash, node, pos) }
    }
}

/// An event as it hangs in the chain: exactly what its columns hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hung {
    pub(crate) call: String,
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) mono_ms: i64,
    pub(crate) kind: String,
    pub(crate) leg: Option<i64>,
    pub(crate) actor: String,
    pub(crate) by: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) sip_status: Option<i64>,
    pub(crate) q850: Option<i64>,
    pub(crate) detail: String,
}

impl Hung {
    /// Puts a verdict into its four columns.
    pub(crate) fn with_cause(mut self, cause: Option<Cause>) -> Self {
        self.by = cause.map(|c| words::side(c.side).to_owned());
        self.cause = cause.map(|c| c.word().to_owned());
        self.sip_status = cause.map(|c| i64::from(c.sip_status()));
        self.q850 = cause.map(|c| i64::from(c.q850()));
        self
    }

    pub(crate) fn read(row: &Row) -> sqlx::Result<Self> {
        Ok(Self {
            call: row.try_get("call_id")?,
            seq: row.try_get("seq")?,
            at: row.try_get("at")?,
            mono_ms: row.try_get("mono_ms")?,
            kind: row.try_get("kind")?,
            leg: row.try_get("leg_id")?,
            actor: row.try_get("actor")?,
            by: row.try_get("ended_by")?,
            cause: row.try_get("cause")?,
            sip_status: row.try_get("sip_status")?,
            q850: row.try_get("q850_cause")?,
            detail: row.try_get("detail")?,
        })
    }

    fn hash(&self, prev: &str, node: &str, pos: i64) -> String {
        let number = |value: Option<i64>| value.map(|v| v.to_string());
        let (pos, seq, at, mono) =
            (pos.to_string(), self.seq.to_string(), self.at.to_string(), self.mono_ms.to_string());
        let (leg, status, q850) = (number(self.leg), number(self.sip_status), number(self.q850));
        canonical([
            Some(prev),
            Some(node),
            Some(&pos),
            Some(&self.call),
            Some(&seq),
            Some(&at),
            Some(&mono),
            Some(&self.kind),
            leg.as_deref(),
            Some(&self.actor),
            self.by.as_deref(),
            self.cause.as_deref(),
            status.as_deref(),
            q850.as_deref(),
            Some(&self.detail),
        ])
    }
}

/// SHA-256 over the canonical form: every field with its length before it, so that no two rows read alike.
pub(crate) fn canonical<'a>(fields: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let mut form = Sha256::new();
    for field in fields {
        match field {
            None => form.update(u64::MAX.to_be_bytes()),
            Some(text) => {
                form.update(u64::try_from(text.len()).unwrap_or(u64::MAX - 1).to_be_bytes());
                form.update(text.as_bytes());
            }
        }
    }
    hex(&form.finalize())
}

/// Events of a sheet. Whatever [`hang`] would leave out breaks this statement, for the links after it would not hold: an
/// event that is there already, a second final one, and by its NULL node one of a call that was closed after a crash.
pub(crate) const HANG_ALL: Rows = Rows {
    columns: "call_id, seq, at, mono_ms, kind, leg_id, actor, ended_by, cause, sip_status, q850_cause, detail, node, \
         pos, prev_hash, hash",
    write: "INSERT INTO event (call_id, seq, at, mono_ms, kind, leg_id, actor, ended_by, cause, sip_status, \
         q850_cause, detail, node, pos, prev_hash, hash) \
         SELECT call_id, seq, at, mono_ms, kind, leg_id, actor, ended_by, cause, sip_status, q850_cause, detail, \
         CASE WHEN EXISTS (SELECT 1 FROM call WHERE call.id = given.call_id AND call.outcome = 'interrupted') \
         THEN NULL ELSE node END, pos, prev_hash, hash FROM given WHERE call_id IS NOT NULL",
};

/// [`HANG_ALL`], filled in with an event and the links before and at it.
pub(crate) fn link(query: Query, node: &str, event: Hung, before: &Chain, at: &Chain) -> Query {
    query
        .bind(event.call)
        .bind(event.seq)
        .bind(event.at)
        .bind(event.mono_ms)
        .bind(event.kind)
        .bind(event.leg)
        .bind(event.actor)
        .bind(event.by)
        .bind(event.cause)
        .bind(event.sip_status)
        .bind(event.q850)
        .bind(event.detail)
        .bind(node.to_owned())
        .bind(at.pos)
        .bind(before.hash.clone())
        .bind(at.hash.clone())
}

/// Hangs an event into the chain. Nothing happens when it is there already, when its call was closed after a crash, or
/// when it would be a second final event.
pub(crate) async fn hang(conn: &mut Db, node: &str, chain: &mut Chain, event: &Hung) -> sqlx::Result<()> {
    const HANG: &str = "INSERT INTO event (call_id, seq, at, mono_ms, kind, leg_id, actor, ended_by, cause, \
         sip_status, q850_cause, detail, node, pos, prev_hash, hash) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16 \
         WHERE NOT EXISTS (SELECT 1 FROM call WHERE id = $1 AND outcome = 'interrupted') \
         AND NOT ($17 AND EXISTS (SELECT 1 FROM event WHERE call_id = $1 AND kind IN ('call.ended', 'call.abandoned'))) \
         ON CONFLICT (call_id, seq) DO NOTHING";
    let next = chain.next(node, event);
    let done = query(HANG)
        .bind(&event.call)
        .bind(event.seq)
        .bind(event.at)
        .bind(event.mono_ms)
        .bind(&event.kind)
        .bind(event.leg)
        .bind(&event.actor)
        .bind(&event.by)
        .bind(&event.cause)
        .bind(event.sip_status)
        .bind(event.q850)
        .bind(&event.detail)
        .bind(node)
        .bind(next.pos)
        .bind(&chain.hash)
        .bind(&next.hash)
        .bind(words::is_final(&event.kind))
        .execute(conn)
        .await?;
    if done.rows_affected() == 1 {
        *chain = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use call::cause::{Reason, Side};

    fn event() -> Hung {
        Hung {
            call: "01".to_owned(),
            seq: 1,
            at: 2,
            mono_ms: 3,
            kind: "leg.left".to_owned(),
            leg: Some(4),
            actor: "desk:037".to_owned(),
            by: None,
            cause: None,
            sip_status: None,
            q850: None,
            detail: String::new(),
        }
        .with_cause(Some(Cause::new(Side::Callee, Reason::Busy)))
    }

    #[test]
    fn every_field_counts() {
        let whole = event().hash("", "n", 1);
        assert_eq!(whole.len(), 64);
        let changed = [
            Hung { call: "02".to_owned(), ..event() },
            Hung { seq: 2, ..event() },
            Hung { at: 3, ..event() },
            Hung { mono_ms: 4, ..event() },
            Hung { kind: "leg.lef".to_owned(), actor: "tdesk:037".to_owned(), ..event() },
            Hung { leg: None, ..event() },
            Hung { by: None, ..event() },
            Hung { cause: Some("busi".to_owned()), ..event() },
            Hung { sip_status: None, ..event() },
            Hung { q850: Some(16), ..event() },
            Hung { detail: "x=1".to_owned(), ..event() },
        ];
        for other in changed {
            assert_ne!(other.hash("", "n", 1), whole, "{other:?}");
        }
        assert_ne!(event().hash("a", "n", 1), whole);
        assert_ne!(event().hash("", "m", 1), whole);
        assert_ne!(event().hash("", "n", 2), whole);
    }
}
