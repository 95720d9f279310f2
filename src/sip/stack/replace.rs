//! Taking a dialog's place (RFC 3891): who may, and which dialog is meant.

use super::Stack;
use super::contract::{SessionId, Source};
use crate::SipError;
use crate::message::Request;
use crate::replaces::Replaces;
use crate::session::Stage;

impl Stack {
    /// The session that an INVITE wants the place of. `Err` is the status and words of its refusal (section 3): a trunk
    /// may not ask for that at all, and a caller who still waits for our answer can't be replaced by others.
    pub(crate) fn replaced(
        &self,
        request: &Request,
        source: &Source,
    ) -> Result<Option<SessionId>, (u16, &'static str)> {
        let Some(replaces) = Replaces::of(&request.headers).map_err(|words| (400, words))? else {
            return Ok(None);
        };
        if matches!(source, Source::Peer(_)) {
            return Err((403, "a trunk wants to take over a call by Replaces: only phones of the house may"));
        }
        const GONE: (u16, &str) = (481, "the call that Replaces names is not there");
        let id = self.dialog_of(&replaces).ok_or(GONE)?;
        match self.sessions.get(&id).map(|s| s.stage) {
            Some(Stage::Up) if replaces.early_only => Err((
                486,
                "the call that Replaces names is answered already, and only a ringing one was wanted",
            )),
            Some(Stage::Up | Stage::Calling) => Ok(Some(id)),
            Some(Stage::Cancelling | Stage::Closing) => {
                Err((603, "the call that Replaces names is just being ended"))
            }
            Some(Stage::Incoming) | None => Err(GONE),
        }
    }

    /// A session as its far end is told to replace it: for the Replaces header of somebody else's INVITE.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] while there is no dialog.
    pub fn replaces(&self, id: SessionId) -> Result<Replaces, SipError> {
        let session = self.sessions.get(&id).ok_or(SipError::NoSession)?;
        let call_id = session.invite.headers.call_id().unwrap_or_default().to_owned();
        let remote = match &session.dialog {
            Some(dialog) => dialog.remote_tag().to_owned(),
            None => {
                session.early.last().map(|e| e.dialog.remote_tag().to_owned()).ok_or(SipError::WrongState)?
            }
        };
        let to_tag = if remote.is_empty() { "0".to_owned() } else { remote };
        Ok(Replaces { call_id, to_tag, from_tag: session.tag.clone(), early_only: false })
    }

    /// The session whose dialog this is, seen from our end (RFC 3891 section 3).
    pub(crate) fn dialog_of(&self, replaces: &Replaces) -> Option<SessionId> {
        let id = *self.dialogs.get(&replaces.to_tag)?;
        let session = self.sessions.get(&id)?;
        let theirs = |tag: &str| tag == replaces.from_tag || tag.is_empty() && replaces.from_tag == "0";
        let known = match &session.dialog {
            Some(dialog) => theirs(dialog.remote_tag()),
            None => session.early.iter().any(|e| theirs(e.dialog.remote_tag())),
        };
        let same = session.invite.headers.call_id() == Some(&*replaces.call_id);
        (known && same).then_some(id)
    }
}
