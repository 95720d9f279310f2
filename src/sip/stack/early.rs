//! The calling end before the final answer: early dialogs, one a fork, and the PRACK of each reliable response (RFC 3262 section 4).

use std::time::Duration;

use super::client::MOST_FORKS;
use super::contract::{Event, SessionId};
use super::table::Key;
use super::{Owner, Stack};
use crate::SipError;
use crate::dialog::Dialog;
use crate::early::Early;
use crate::message::Response;
use crate::method::Method;
use crate::session::Stage;

/// What a provisional response brings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    /// Nothing: it is a repeated one, or overtook another.
    Old,
    /// Its status, and maybe a description.
    Plain,
    /// An offer that counts.
    Offer,
}

impl Stack {
    pub(crate) fn invite_progress(&mut self, now: Duration, key: &Key, response: Response) {
        let Some(Owner::Session(id)) = self.clients.get(key).map(|c| c.owner) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let stage = session.stage;
        let mut news = News::Old;
        if response.status > 100 && matches!(stage, Stage::Calling | Stage::Cancelling) {
            session.hear(&response.headers);
            news = self.early_in(now, id, key, &response);
        }
        match stage {
            Stage::Cancelling => self.cancel_if_heard(now, id),
            Stage::Calling => self.progressed(id, news, response),
            Stage::Incoming | Stage::Up | Stage::Closing => {}
        }
    }

    /// Tells a provisional response; an offer in it, where our INVITE made none, by itself.
    fn progressed(&mut self, id: SessionId, news: News, response: Response) {
        let Some(session) = self.sessions.get(&id) else { return };
        let (status, mut body) = (response.status, response.body);
        if session.invite.body.is_empty() {
            let offer = std::mem::take(&mut body);
            if news == News::Offer {
                self.tell_of(id, Event::EarlyOffer { session: id, offer });
            }
        }
        if news != News::Old {
            self.tell_of(id, Event::Progress { session: id, status, body });
        }
    }

    /// Notes the fork, and acknowledges a reliable response.
    fn early_in(&mut self, now: Duration, id: SessionId, key: &Key, response: &Response) -> News {
        let headers = &response.headers;
        let reliable = headers.tokens("Require").any(|t| t == "100rel");
        let rseq = headers.number("RSeq").filter(|_| reliable);
        let plain = if reliable { News::Old } else { News::Plain };
        let Some(tag) = headers.to().and_then(|t| t.tag().map(str::to_owned)) else { return plain };
        let (Some(client), Some(session)) = (self.clients.get(key), self.sessions.get_mut(&id)) else {
            return News::Old;
        };
        let known = session.early.iter().position(|e| e.dialog.remote_tag() == tag);
        let place = known.unwrap_or(session.early.len());
        if known.is_none() {
            // Further forks are not acknowledged, and end by their own timers.
            if session.early.len() >= MOST_FORKS {
                return plain;
            }
            let Some(dialog) = Dialog::of_client(&client.request, response) else { return plain };
            session.early.push(Early::new(dialog));
        }
        let offered = !session.invite.body.is_empty();
        let Some(early) = session.early.get_mut(place) else { return News::Old };
        let Some(rseq) = rseq.filter(|rseq| early.takes(*rseq)) else { return plain };
        if let Some(contact) = headers.contact() {
            early.dialog.target = contact.uri;
        }
        if early.theirs.is_none() && !response.body.is_empty() {
            if !offered {
                early.offered = Some(rseq);
                early.theirs = Some(response.body.clone());
                return News::Offer;
            }
            early.theirs = Some(response.body.clone());
        }
        self.prack(now, id, &tag, rseq, Vec::new());
        News::Plain
    }

    fn prack(&mut self, now: Duration, id: SessionId, tag: &str, rseq: u32, body: Vec<u8>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let seq = session.invite.headers.cseq().map_or(1, |(n, _)| n);
        let (flow, pinned, credentials) = (session.flow.clone(), session.pinned, session.credentials.clone());
        let label = session.ids.print();
        let Some(dialog) = session.dialog_with(tag) else { return };
        let way = dialog.way(&flow, pinned);
        let Ok(mut request) = dialog.request(Method::Prack, None) else { return };
        request.headers.push_scanned("RAck", format!("{rseq} {seq} INVITE"));
        request.headers.push_scanned("Session-ID", label);
        if !body.is_empty() {
            request.headers.push_scanned("Content-Type", "application/sdp".to_owned());
            request.body = body;
        }
        // A full table loses the PRACK as the wire might: the response comes again, and is not taken again. The far end gives
        // the call up then, as it must when nobody acknowledges.
        let _ = self.send_request(now, request, way, Owner::Inside(id), credentials);
    }

    /// Answers [`Event::EarlyOffer`], in the PRACK.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] when no such offer waits.
    pub fn answer_early(&mut self, now: Duration, id: SessionId, answer: Vec<u8>) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        let waits = session.early.iter_mut().find_map(|e| e.offered.take().map(|rseq| (e, rseq)));
        let (early, rseq) = waits.ok_or(SipError::WrongState)?;
        early.ours = Some(answer.clone());
        let tag = early.dialog.remote_tag().to_owned();
        self.prack(now, id, &tag, rseq, answer);
        Ok(())
    }
}
