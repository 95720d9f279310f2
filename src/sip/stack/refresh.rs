//! Session timers at work (RFC 4028): what is asked, granted and refused, the refresh at half time, and the end without one.

use std::time::Duration;

use super::contract::{Ended, SessionId};
use super::table::Key;
use super::update::Refusal;
use super::{Owner, Stack};
use crate::SipError;
use crate::headers::Headers;
use crate::interval::{Expires, Refresher};
use crate::message::Response;
use crate::session::{Session, Stage};

/// A refresh that was refused, or could not be sent, is tried again after this, as long as the session lasts.
const AGAIN: Duration = Duration::from_secs(10);
/// An interval that the far end grants is taken for at least this, seconds, unless our own Min-SE allows less: a shorter one
/// would make us refresh all the time.
const SHORTEST: u32 = 20;
/// While another change of the session is under way, the refresh waits for its end.
const BUSY: Duration = Duration::from_secs(1);

impl Session {
    /// What a 2xx to a request of ours says about the session's interval (section 7.2).
    pub fn heard_timer(&mut self, now: Duration, headers: &Headers) {
        match Expires::of(headers).filter(|_| self.interval.asked > 0) {
            Some(said) => {
                // It should not grant less than our Min-SE, but it goes by what it said: so do we, if not without end.
                let seconds = said.seconds.max(self.interval.least.clamp(2, SHORTEST));
                self.interval.grant(now, seconds, said.refresher != Some(Refresher::Uas));
            }
            None => self.interval.granted = None,
        }
    }
}

impl Stack {
    /// Starts the interval that our 2xx grants; its headers.
    pub(crate) fn granted(
        &mut self,
        now: Duration,
        id: SessionId,
        answer: Result<Option<(Expires, bool)>, ()>,
    ) -> Vec<(&'static str, String)> {
        let Some(session) = self.sessions.get_mut(&id) else { return Vec::new() };
        let Ok(Some((expires, supports))) = answer else {
            session.interval.granted = None;
            return Vec::new();
        };
        session.interval.grant(now, expires.seconds, expires.refresher == Some(Refresher::Uas));
        let mut headers = vec![("Session-Expires", expires.print())];
        if supports {
            headers.push(("Require", "timer".to_owned()));
        }
        headers
    }

    /// What our re-INVITE or UPDATE says about the interval: who refreshes stays the same (section 7.4).
    pub(crate) fn refresh_headers(&self, id: SessionId, headers: &mut Headers) {
        let Some(session) = self.sessions.get(&id) else { return };
        headers.push_scanned("Allow", super::receive::ALLOW.to_owned());
        headers.push_scanned("Supported", super::receive::supported(session.policy));
        let Some(granted) = session.interval.granted else { return };
        let refresher = if granted.ours { Refresher::Uac } else { Refresher::Uas };
        let seconds = granted.seconds.max(session.interval.least);
        let expires = Expires { seconds, refresher: Some(refresher) };
        headers.push_scanned("Session-Expires", expires.print());
        headers.push_scanned("Min-SE", session.interval.least.to_string());
    }

    /// 422: the same request once more with a longer interval (section 7.4); `false` when that is not it.
    pub(crate) fn too_short(&mut self, now: Duration, key: &Key, response: &Response) -> bool {
        let least = response.headers.number("Min-SE");
        let Some(client) = self.clients.get(key) else { return false };
        let mut request = client.request.clone();
        let asked = Expires::of(&request.headers);
        let Some(id) = client.owner.session() else { return false };
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        let (Some(asked), Some(least)) = (asked, least) else { return false };
        if session.stage == Stage::Cancelling || least <= asked.seconds || !session.interval.raise(least) {
            return false;
        }
        let credentials = session.credentials.clone();
        let longer = Expires { seconds: least, ..asked };
        request.headers.set("Session-Expires", longer.print()).is_ok()
            && request.headers.set("Min-SE", least.to_string()).is_ok()
            && self.send_again(now, key, request, credentials)
    }

    /// Refreshes at half time; ends the session when nobody did in time: `true`.
    pub(crate) fn refresh_due(&mut self, now: Duration, id: SessionId) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return true };
        let busy = session.is_changing();
        let Some(granted) = &mut session.interval.granted else { return false };
        if granted.over_at <= now {
            session.interval.granted = None;
            session.reason.get_or_insert_with(|| "SIP;cause=408;text=\"Session Timer Expired\"".to_owned());
            self.gone(now, id, Ended::Expired);
            return true;
        }
        if granted.refresh_at.take_if(|at| *at <= now).is_none() {
            return false;
        }
        if busy {
            granted.refresh_at = Some(now.saturating_add(BUSY));
        } else {
            self.refresh(now, id);
        }
        false
    }

    /// By UPDATE without a description where the far end takes that, else by a re-INVITE with the description that stands.
    fn refresh(&mut self, now: Duration, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.refreshing = true;
        session.retry = None;
        let sent = if session.takes_update {
            self.send_update(now, id, Vec::new())
        } else {
            let ours = session.ours.clone().ok_or(SipError::WrongState);
            ours.and_then(|ours| self.send_reinvite(now, id, ours))
        };
        if sent.is_err() {
            self.refresh_at(id, now.saturating_add(AGAIN));
        }
    }

    fn refresh_at(&mut self, id: SessionId, at: Duration) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.refreshing = false;
        if let Some(granted) = &mut session.interval.granted {
            granted.refresh_at = Some(at);
        }
        self.wake_session(id);
    }

    /// A refresh was refused: it is tried again until the interval is over, at once in another way where UPDATE is unknown.
    pub(crate) fn refresh_refused(&mut self, now: Duration, id: SessionId, (status, retry_after): Refusal) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.refreshing = false;
        let again = match status {
            408 | 481 => return self.gone(now, id, Ended::PeerGone),
            405 | 501 => Duration::ZERO,
            491 => self.back_off(id),
            _ => retry_after.map_or(AGAIN, |s| Duration::from_secs(u64::from(s.clamp(1, 600)))),
        };
        self.refresh_at(id, now.saturating_add(again));
    }

    /// The wait after 491, random, in steps of 10 ms: 2.1 to 4 s for who placed the call, 0 to 2 s for the called end (RFC
    /// 3261 section 14.1).
    pub(crate) fn back_off(&mut self, id: SessionId) -> Duration {
        let (caller, called) = (self.ids.below(190).saturating_add(210), self.ids.below(200));
        let steps = if self.sessions.get(&id).is_some_and(|s| s.caller) { caller } else { called };
        Duration::from_millis(steps.saturating_mul(10))
    }

    /// Sends a request of ours once more, changed, with the next CSeq and for the same owner; `false` when it can't be.
    pub(crate) fn send_again(
        &mut self,
        now: Duration,
        key: &Key,
        mut request: crate::Request,
        credentials: Option<super::contract::User>,
    ) -> bool {
        let Some(client) = self.clients.get(key) else { return false };
        let (owner, flow) = (client.owner, client.flow.clone());
        let seq = request.headers.cseq().map_or(1, |(n, _)| n).saturating_add(1);
        let counted = format!("{seq} {}", request.method);
        request.headers.remove("Via");
        if request.headers.set("CSeq", counted).is_err() {
            return false;
        }
        let Ok(new) = self.send_request(now, request.clone(), flow, owner, credentials) else { return false };
        let Some(session) = owner.session().and_then(|id| self.sessions.get_mut(&id)) else { return true };
        let tag = request.headers.to().and_then(|t| t.tag().map(str::to_owned));
        if let Some(dialog) = session.dialog_with(&tag.unwrap_or_default()) {
            dialog.local_seq = dialog.local_seq.max(seq);
        }
        match owner {
            Owner::Session(_) => {
                session.early.clear();
                session.key = new;
                session.invite = request;
            }
            Owner::Reinvite(_) => session.reinvite = Some(new),
            Owner::Update(_) => {
                if let Some(update) = &mut session.update {
                    update.seq = seq;
                }
            }
            Owner::Nobody
            | Owner::Presence(_)
            | Owner::Inside(_)
            | Owner::Refer(_)
            | Owner::Report(_)
            | Owner::Outside(_) => {}
        }
        true
    }
}
