//! UPDATE from our end (RFC 3311): a change of the session without a new INVITE, also before the answer, or a refresh.

use std::time::Duration;

use super::contract::{Ended, Event, SessionId};
use super::table::Client;
use super::{Owner, Stack};
use crate::SipError;
use crate::early::Opening;
use crate::message::Response;
use crate::method::Method;
use crate::session::{Stage, Updating};

/// What a refusal says: status and Retry-After, seconds.
pub(crate) type Refusal = (u16, Option<u32>);

impl Stack {
    /// Offers a change of the session by UPDATE, also in an early dialog in which both ends have described themselves.
    /// [`Event::Reanswered`] follows.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] while another change is under way, before both have described
    /// themselves, or when the far end does not allow UPDATE; [`SipError::Full`].
    pub fn update(&mut self, now: Duration, id: SessionId, offer: Vec<u8>) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        let settled = match session.stage {
            Stage::Incoming => session.opening == Opening::Done && !session.provisional.holds_answer(),
            Stage::Calling => session.early.iter().any(|e| e.theirs.is_some() && e.offered.is_none()),
            Stage::Up => true,
            Stage::Cancelling | Stage::Closing => false,
        };
        let unheard = session.unacked.as_ref().is_some_and(|u| u.offers);
        let busy = session.update.is_some()
            || session.reinvite.is_some()
            || session.reoffer.is_some()
            || session.late_offer
            || unheard;
        if busy || !settled || !session.takes_update {
            return Err(SipError::WrongState);
        }
        session.retry = None;
        self.send_update(now, id, offer)
    }

    /// Sends an UPDATE; without an offer it only refreshes.
    pub(crate) fn send_update(
        &mut self,
        now: Duration,
        id: SessionId,
        offer: Vec<u8>,
    ) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        let (label, flow, pinned) = (session.ids.print(), session.flow.clone(), session.pinned);
        let credentials = session.credentials.clone();
        let settled = |e: &&mut crate::early::Early| e.theirs.is_some() && e.offered.is_none();
        let early = session.early.iter_mut().rev().find(settled).map(|e| &mut e.dialog);
        let dialog = session.dialog.as_mut().or(early).ok_or(SipError::WrongState)?;
        let mut request = dialog.request(Method::Update, None)?;
        let (way, user) = (dialog.way(&flow, pinned), dialog.local.uri.user.clone());
        request.headers.push("Session-ID", label)?;
        request.headers.push("Contact", self.contact(&way, &user))?;
        self.refresh_headers(id, &mut request.headers);
        let offers = !offer.is_empty();
        if offers {
            request.set_body("application/sdp", offer)?;
        }
        let seq = request.headers.cseq().map_or(0, |(n, _)| n);
        self.send_request(now, request, way, Owner::Update(id), credentials)?;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.update = Some(Updating { seq, offers });
        }
        Ok(())
    }

    /// The end of an UPDATE of ours.
    pub(crate) fn updated(
        &mut self,
        now: Duration,
        id: SessionId,
        client: &Client,
        status: u16,
        response: Option<&Response>,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let seq = client.request.headers.cseq().map(|(n, _)| n);
        let waited = session.update.take_if(|u| Some(u.seq) == seq).is_some();
        let offer = &client.request.body;
        let Some(response) = response.filter(|_| status < 300) else {
            let retry_after = response.and_then(|r| r.headers.number("Retry-After"));
            return self.update_refused(now, id, (status, retry_after), offer);
        };
        session.refreshing = false;
        session.hear(&response.headers);
        let tag = client.request.headers.to().and_then(|t| t.tag().map(str::to_owned)).unwrap_or_default();
        if let (Some(contact), Some(dialog)) = (response.headers.contact(), session.dialog_with(&tag)) {
            dialog.target = contact.uri;
        }
        if waited && session.stage == Stage::Up {
            // Before that the interval is not set: the 2xx to the INVITE says it.
            session.heard_timer(now, &response.headers);
        }
        self.wake_session(id);
        self.note_dialog(id);
        if offer.is_empty() {
            return;
        }
        // A 2xx without a description answers no offer: the session stays as it was.
        if response.body.is_empty() {
            return self.tell_of(id, Event::Reanswered { session: id, result: Err(488) });
        }
        self.agreed(id, &tag, offer.clone(), response.body.clone());
        self.tell_of(id, Event::Reanswered { session: id, result: Ok(response.body.clone()) });
    }

    /// Notes what both ends say of themselves now, in the dialog with this far end.
    pub(crate) fn agreed(&mut self, id: SessionId, tag: &str, ours: Vec<u8>, theirs: Vec<u8>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.dialog.is_none()
            && let Some(early) = session.early.iter_mut().find(|e| e.dialog.remote_tag() == tag)
        {
            (early.ours, early.theirs) = (Some(ours), Some(theirs));
        } else {
            (session.ours, session.theirs) = (Some(ours), Some(theirs));
        }
    }

    fn update_refused(&mut self, now: Duration, id: SessionId, refusal: Refusal, offer: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (status, _) = refusal;
        if matches!(status, 405 | 501) {
            // Its Allow said otherwise, or never said so.
            session.takes_update = false;
        }
        if session.refreshing {
            return self.refresh_refused(now, id, refusal);
        }
        let (stage, up) = (session.stage, session.stage == Stage::Up);
        match status {
            491 => self.retry_later(now, id, offer.to_vec(), true),
            408 | 481 if up => self.gone(now, id, Ended::PeerGone),
            405 | 501 if up && self.reinvite(now, id, offer.to_vec()).is_ok() => {}
            _ if stage == Stage::Closing => {}
            _ => self.tell_of(id, Event::Reanswered { session: id, result: Err(status) }),
        }
    }
}
