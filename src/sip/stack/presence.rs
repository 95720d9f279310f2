//! Whether the far end of a dialog is still there: asked by OPTIONS, since a phone that lost its power says no good-bye, and
//! the half hour of a session timer is too long to find that out.

use std::time::Duration;

use super::contract::{Ended, SessionId};
use super::hop::Hop;
use super::{Owner, Stack};
use crate::method::Method;
use crate::session::Stage;

impl Stack {
    /// Asks when it is time (RFC 3261 section 11: any answer but 408 and 481 will do).
    pub(crate) fn ask_due(&mut self, now: Duration, id: SessionId) {
        let again = now.saturating_add(self.settings.ask_every);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.ask_at.take_if(|at| *at <= now).is_none() || session.stage != Stage::Up {
            return;
        }
        session.ask_at = Some(again);
        if session.is_changing() {
            // That is a question too, and its answer says the same.
            return;
        }
        let credentials = session.credentials.clone();
        let Ok((request, flow)) = session.request(Method::Options, None) else { return };
        // A full table loses the question as the wire might: it is asked again.
        let _ = self.send_request(now, request, flow, Owner::Presence(id), credentials);
    }

    /// The answer. Nobody knows of the dialog: it is over (section 12.2.1.2). Nobody answers: once may be a bad moment of
    /// the network, twice is the end.
    pub(crate) fn presence_told(&mut self, now: Duration, id: SessionId, status: u16) {
        let Some(session) = self.sessions.get_mut(&id).filter(|s| s.stage == Stage::Up) else { return };
        match status {
            481 => self.gone(now, id, Ended::PeerGone),
            408 if session.missed => self.gone(now, id, Ended::PeerGone),
            408 => {
                session.missed = true;
                session.ask_at = Some(now);
                session.hop.iter_mut().for_each(Hop::turn);
                self.wake_session(id);
            }
            _ => session.missed = false,
        }
    }
}
