//! The called end's provisional responses, also reliable ones (100rel, RFC 3262 section 3), and the PRACKs that come for them.

use std::time::Duration;

use super::Stack;
use super::body::{self, Body};
use super::contract::{Ended, Event, SessionId};
use super::table::Key;
use crate::SipError;
use crate::early::{Opening, Unproven};
use crate::message::{Request, Response, phrase};
use crate::session::REMINDER;

/// The first RSeq is chosen below this (section 3 allows up to 2^31): it only grows by one a response.
const FIRST_RSEQ: u64 = 1 << 30;

impl Stack {
    /// A provisional response, 180 or 183, with early media if there is a body: the answer to their offer, or an offer where
    /// their INVITE made none. Repeated each minute. Where the caller can and [`crate::Policy`] allows, it is sent reliably:
    /// then that body counts, and [`Stack::accept`] waits for its PRACK by itself.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] after the final answer, [`SipError::Full`] when four already wait
    /// behind one that the caller has not acknowledged.
    pub fn progress(
        &mut self,
        now: Duration,
        id: SessionId,
        status: u16,
        body: Vec<u8>,
    ) -> Result<(), SipError> {
        let session = self.waiting(id)?;
        if session.held.is_some() {
            return Err(SipError::WrongState);
        }
        session.remind = Some(now.saturating_add(REMINDER));
        let status = status.clamp(101, 199);
        if !session.manner.reliable(!body.is_empty()) {
            self.say(now, id, status, &[], body)?;
        } else if session.provisional.queue(status, body) {
            self.next_reliable(now, id)?;
        } else {
            return Err(SipError::Full);
        }
        self.wake_session(id);
        Ok(())
    }

    /// Sends the next reliable response, when none waits for its PRACK.
    fn next_reliable(&mut self, now: Duration, id: SessionId) -> Result<(), SipError> {
        let first = u32::try_from(self.ids.below(FIRST_RSEQ)).unwrap_or_default().saturating_add(1);
        let t1 = self.settings.times.t1;
        let until = now.saturating_add(self.settings.times.give_up());
        let session = self.waiting(id)?;
        let Some((status, mut body)) = session.provisional.next() else { return Ok(()) };
        let rseq = session.provisional.rseq.map_or(first, |last| last.saturating_add(1));
        session.provisional.rseq = Some(rseq);
        session.provisional.status = status;
        let opening = match session.opening {
            _ if body.is_empty() => session.opening,
            Opening::Theirs => Opening::Done,
            Opening::Open => Opening::Ours,
            Opening::Ours | Opening::Done => {
                // Both have described themselves: a change goes by UPDATE.
                body.clear();
                session.opening
            }
        };
        session.opening = opening;
        let described = !body.is_empty();
        if described {
            session.ours = Some(body.clone());
        }
        let headers = [("Require", "100rel".to_owned()), ("RSeq", rseq.to_string())];
        let key = self.say(now, id, status, &headers, body)?;
        if let Some((flow, bytes)) = self.sent_last(&key) {
            let (interval, next) = (t1, now.saturating_add(t1));
            let out = Unproven { rseq, described, bytes, flow, interval, next, until };
            self.waiting(id)?.provisional.out = Some(out);
        }
        Ok(())
    }

    /// Repeats what waits for its PRACK, doubling from T1 without a cap; after 64*T1 the call is refused with 504, and the
    /// session is over: `true`.
    pub(crate) fn provisional_due(&mut self, now: Duration, id: SessionId) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return true };
        let Some(out) = &mut session.provisional.out else { return false };
        if out.until <= now {
            session.provisional.over();
            let key = session.key.clone();
            let Some(session) = self.sessions.get(&id) else { return true };
            let response = self.in_dialog(session, &session.invite, 504, Vec::new());
            self.respond(now, &key, response);
            self.end(now, id, Ended::NoPrack, None);
            return true;
        }
        if out.next <= now {
            out.interval = out.interval.saturating_mul(2);
            out.next = now.saturating_add(out.interval);
            let (flow, bytes) = (out.flow.clone(), out.bytes.clone());
            self.send(&flow, bytes);
        }
        false
    }

    /// Says again that the call goes on (RFC 3261 section 13.3.1.1): a reliable response may not be repeated once it is
    /// acknowledged, so a new one says it.
    pub(crate) fn remind(&mut self, now: Duration, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.remind.take_if(|at| *at <= now).is_none() {
            return;
        }
        session.remind = Some(now.saturating_add(REMINDER));
        let (key, status) = (session.key.clone(), session.provisional.status);
        if status == 0 {
            return self.repeat(&key);
        }
        if session.provisional.out.is_none()
            && session.held.is_none()
            && session.provisional.queue(status, Vec::new())
        {
            // Nothing is lost with it: the next minute says it again.
            let _ = self.next_reliable(now, id);
        }
    }

    /// PRACK: it proves that a reliable response arrived, and may bring the answer to our offer, or a new offer (section 5).
    pub(crate) fn prack_in(&mut self, now: Duration, key: &Key, id: SessionId, request: Request) {
        let found = body::description(&request);
        let proof = proof(&request);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let invite = session.invite.headers.cseq();
        let meant = proof.filter(|(_, cseq)| invite.as_ref() == Some(cseq)).map(|(rseq, _)| rseq);
        let waits = |rseq: &u32| session.provisional.out.as_ref().is_some_and(|o| o.rseq == *rseq);
        let Some(rseq) = meant.filter(waits) else {
            self.respond(now, key, Response::to(&request, 481, phrase(481)));
            return;
        };
        if matches!(found, Body::Strange) {
            let mut response = Response::to(&request, 415, phrase(415));
            response.headers.push_scanned("Accept", "application/sdp".to_owned());
            self.respond(now, key, response);
            return;
        }
        let ours = session.opening == Opening::Ours && session.provisional.holds_answer();
        if ours && matches!(found, Body::None) {
            self.respond(now, key, Response::to(&request, 400, "PRACK Without The Answer"));
            return;
        }
        session.provisional.proven(rseq);
        match (found, session.opening) {
            (Body::Sdp(answer), Opening::Ours) => {
                session.opening = Opening::Done;
                session.theirs = Some(answer.clone());
                self.respond(now, key, Response::to(&request, 200, phrase(200)));
                self.tell_of(id, Event::EarlyAnswer { session: id, body: answer });
            }
            (Body::Sdp(offer), Opening::Done) if session.reoffer.is_none() => {
                session.reoffer = Some((key.clone(), request));
                self.tell_of(id, Event::Reoffer { session: id, offer: Some(offer) });
            }
            // Another offer while theirs waits for our answer (RFC 3311 section 5.2 says it for UPDATE).
            (Body::Sdp(_), Opening::Theirs | Opening::Open | Opening::Done) => {
                let response = self.later(&request);
                self.respond(now, key, response);
            }
            (Body::None | Body::Strange, _) => {
                self.respond(now, key, Response::to(&request, 200, phrase(200)));
            }
        }
        self.proven(now, id);
    }

    /// What waited for a PRACK goes out: the next reliable response, or the 2xx.
    pub(crate) fn proven(&mut self, now: Duration, id: SessionId) {
        if self.next_reliable(now, id).is_err() {
            return;
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !session.provisional.holds_answer()
            && session.reoffer.is_none()
            && let Some(body) = session.held.take()
        {
            // The session waits for its answer as before: nothing can be wrong with it.
            let _ = self.accept_now(now, id, body);
        }
        self.wake_session(id);
    }
}

/// RAck (section 7.2): RSeq, and the CSeq of the INVITE.
fn proof(request: &Request) -> Option<(u32, (u32, crate::Method))> {
    let value = request.headers.get("RAck")?.trim();
    let (rseq, cseq) = value.split_once([' ', '\t'])?;
    Some((rseq.parse().ok()?, crate::message::cseq(cseq.trim_start())?))
}
