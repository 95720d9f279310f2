//! What an admin reads: notices in the log, alarms as live events.

use call::Now;
use call::cdr::EventRow;
use call::ids::CallId;

use crate::contract::Notice;

/// What must reach every screen at once: a live event that is of no time line; its number is 0.
pub(crate) fn alarm(notice: &Notice, now: Now) -> Option<EventRow> {
    let Notice::OutboundStopped { why, call } = notice else { return None };
    Some(EventRow {
        call: call.unwrap_or(CallId(0)),
        seq: 0,
        at: now.utc_ms,
        mono_ms: u64::try_from(now.mono.as_millis()).unwrap_or(u64::MAX),
        kind: "outbound.stopped",
        leg: None,
        actor: "house".to_owned(),
        cause: None,
        detail: format!("why={why}"),
    })
}

/// Into the log, in words.
pub(crate) fn log(notice: &Notice) {
    match notice {
        Notice::TurnedAway { from, status, why } => tracing::info!(%from, status, why, "turned away"),
        Notice::Listed { origin, why } => {
            tracing::warn!(%origin, why, "listed: nothing new of this source is heard for a time")
        }
        Notice::LeftOut(count) => tracing::warn!(count, "lines about strangers were left out of the log"),
        Notice::Overloaded(true) => {
            tracing::warn!("overload: a part of the new calls is told to come later (503)")
        }
        Notice::Overloaded(false) => tracing::info!("the overload is over"),
        Notice::OutboundStopped { why, call } => {
            let call = call.map(|call| call.to_string()).unwrap_or_default();
            tracing::error!(
                why,
                call,
                "outbound calls are STOPPED: look for toll fraud, then POST /api/v1/outbound"
            );
        }
        Notice::Trouble(trouble) => {
            tracing::error!(?trouble, "sound or recording has a fault; the call goes on")
        }
        Notice::Trunk { name, up: true, word, en, .. } => {
            tracing::info!(trunk = &**name, state = word, "{en}")
        }
        Notice::Trunk { name, up: false, word, en, .. } => {
            tracing::warn!(trunk = &**name, state = word, "{en}");
        }
        Notice::Browser { why: browser::Why::Closed } => tracing::debug!("a browser has closed its end"),
        Notice::Browser { why } => tracing::warn!("a browser's leg is over: {}", why.word()),
        Notice::LeaseRefused => {
            tracing::warn!(
                "a page's phone got no credentials: its user is none of the house, or too many pages have some"
            )
        }
        Notice::Phone { user, reachable } => tracing::info!(user, reachable, "phone"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_of_outbound_calls_reaches_every_screen_and_a_mere_notice_does_not() {
        let now = Now { mono: std::time::Duration::from_secs(5), utc_ms: 1_000 };
        let stop = Notice::OutboundStopped { why: "calls_a_minute", call: Some(CallId(7)) };
        let row = alarm(&stop, now).unwrap_or_else(|| unreachable!());
        assert_eq!((row.call, row.seq, row.kind, row.at), (CallId(7), 0, "outbound.stopped", 1_000));
        assert_eq!(row.detail, "why=calls_a_minute");
        assert!(alarm(&Notice::Overloaded(true), now).is_none());
    }
}
