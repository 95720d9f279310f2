//! Session timers as data (RFC 4028): who refreshes, when, and when a session that nobody refreshed is over.

use std::time::Duration;

use crate::headers::Headers;
use crate::policy::Policy;

/// Which end of a request refreshes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refresher {
    /// Who sent the request.
    Uac,
    /// Who answers it.
    Uas,
}

impl Refresher {
    fn word(self) -> &'static str {
        match self {
            Self::Uac => "uac",
            Self::Uas => "uas",
        }
    }
}

/// A Session-Expires header: seconds, and who refreshes, where it is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Expires {
    pub seconds: u32,
    pub refresher: Option<Refresher>,
}

impl Expires {
    /// Reads it; `None` when there is none, or none that can be read.
    pub fn of(headers: &Headers) -> Option<Self> {
        let value = headers.get("Session-Expires")?;
        let mut parts = value.split(';').map(str::trim);
        let seconds = parts.next()?.parse().ok()?;
        let named =
            parts.filter_map(|p| p.split_once('=')).find(|(n, _)| n.trim().eq_ignore_ascii_case("refresher"));
        let refresher = named.and_then(|(_, who)| {
            let is = |r: &Refresher| who.trim().eq_ignore_ascii_case(r.word());
            [Refresher::Uac, Refresher::Uas].into_iter().find(is)
        });
        Some(Self { seconds, refresher })
    }

    /// As it stands on the wire.
    pub fn print(self) -> String {
        match self.refresher {
            Some(who) => format!("{};refresher={}", self.seconds, who.word()),
            None => self.seconds.to_string(),
        }
    }
}

/// What a session asks for, and what it was granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Interval {
    /// What we ask for, seconds; 0: no session timers.
    pub asked: u32,
    /// The largest Min-SE that we were told, seconds.
    pub least: u32,
    /// What counts now; `None`: the far end has no session timers.
    pub granted: Option<Granted>,
}

/// A granted interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Granted {
    pub seconds: u32,
    /// We refresh.
    pub ours: bool,
    /// When we refresh: half the interval after the last time.
    pub refresh_at: Option<Duration>,
    /// When the session is over unless somebody refreshes: a third of the interval, at most 32 s, before its end
    /// (section 10).
    pub over_at: Duration,
}

impl Interval {
    /// At the beginning of a session. Nobody asks for less than what they take themselves.
    pub fn new(policy: Policy) -> Self {
        let seconds = |d: Duration| u32::try_from(d.as_secs()).unwrap_or(u32::MAX);
        let least = seconds(policy.min_se);
        let asked = if policy.session_timer.is_zero() { 0 } else { seconds(policy.session_timer).max(least) };
        Self { asked, least, granted: None }
    }

    /// The far end wants a longer interval (422): `false` when that brings nothing new.
    pub fn raise(&mut self, least: u32) -> bool {
        let more = self.asked > 0 && least > self.least;
        if more {
            self.asked = self.asked.max(least);
            self.least = least;
        }
        more
    }

    /// Sets what was agreed on in a 2xx.
    pub fn grant(&mut self, now: Duration, seconds: u32, ours: bool) {
        let length = Duration::from_secs(u64::from(seconds));
        let before = (length / 3).min(Duration::from_secs(32));
        self.granted = Some(Granted {
            seconds,
            ours,
            refresh_at: ours.then(|| now.saturating_add(length / 2)),
            over_at: now.saturating_add(length.saturating_sub(before)),
        });
    }

    /// What we answer to a request (section 9, table 2): the value of Session-Expires, and whether Require names timer.
    /// `None`: no session timer. `Err`: the interval is too small (422).
    pub fn answer(&self, request: &Headers, policy: Policy) -> Result<Option<(Expires, bool)>, ()> {
        let supports = request.tokens("Supported").chain(request.tokens("Require")).any(|t| t == "timer");
        let theirs = Expires::of(request);
        let own = u32::try_from(policy.min_se.as_secs()).unwrap_or(u32::MAX);
        if self.asked == 0 || (theirs.is_none() && !supports) {
            return Ok(None);
        }
        if supports && theirs.is_some_and(|t| t.seconds < own) {
            return Err(());
        }
        let least = request.number("Min-SE").unwrap_or(0).max(own);
        let wished = self.asked.max(least);
        let seconds = theirs.map_or(wished, |t| t.seconds.min(wished)).max(own);
        let standing = self.granted.filter(|g| !g.ours).map(|_| Refresher::Uac);
        let refresher = match theirs.and_then(|t| t.refresher) {
            Some(named) if supports => named,
            Some(_) => Refresher::Uas,
            None => standing.filter(|_| supports).unwrap_or(Refresher::Uas),
        };
        Ok(Some((Expires { seconds, refresher: Some(refresher) }, supports)))
    }

    /// When we must do something.
    pub fn next_timeout(&self) -> Option<Duration> {
        let granted = self.granted?;
        Some(granted.refresh_at.map_or(granted.over_at, |at| at.min(granted.over_at)))
    }
}
