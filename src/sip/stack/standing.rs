//! Dialogs that outlive their process: what another one must know to end them by BYE, and how it does that.
//!
//! The far end of a dialog whose process has died hears nothing, and may hang for hours. A BYE in that very dialog ends it (RFC
//! 3261 section 15.1.1): Call-ID, tags, route set and remote target are what they were, and its CSeq number is higher than any
//! that was used, for numbers may be passed over (section 12.2.1.1). Who does not know the dialog any more says 481, and that
//! is the end too.

use std::fmt;
use std::time::Duration;

use super::contract::{Output, SessionId, literal};
use super::{Owner, Stack};
use crate::address::NameAddr;
use crate::dialog::Dialog;
use crate::flow::Flow;
use crate::method::Method;
use crate::session::{Session, Stage};
use crate::uri::Uri;

/// Requests of a dialog that may have gone out since it was noted: days of questions whether it is still there.
const PASSED_OVER: u32 = 100_000;
/// CSeq numbers are below 2^31 (section 8.1.1.5).
const HIGHEST: u32 = 0x7fff_ffff;
/// How long a phone that was there by a connection may take to come back by another one.
const COMES_BACK: Duration = Duration::from_secs(600);
/// Dialogs that wait for that, or for the address of a name. When full the oldest is let go: its far end notices by itself.
const MOST_WAITING: usize = 10_000;
/// Changes that nobody has fetched. When full the oldest is lost, as if the process had died before it was noted.
const MOST_NEWS: usize = 20_000;

/// A dialog that both ends are in, as another process needs it. `Debug` shows its Call-ID only.
#[derive(Clone, PartialEq, Eq)]
pub struct Standing {
    /// Call-ID.
    pub call_id: String,
    /// From of our requests, with our tag.
    pub local: String,
    /// To of our requests, with the far end's tag.
    pub remote: String,
    /// The number of our last request.
    pub number: u32,
    /// The far end's Contact.
    pub target: String,
    /// Route headers of our requests, in order.
    pub routes: Vec<String>,
    /// The way of the last message.
    pub flow: Flow,
    /// Requests go back that way, wherever the Contact points: a phone, maybe behind NAT.
    pub pinned: bool,
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Standing({})", self.call_id)
    }
}

impl Standing {
    fn of(session: &Session) -> Option<Self> {
        let dialog = session.dialog.as_ref().filter(|_| session.stage == Stage::Up)?;
        Some(Self {
            call_id: dialog.call_id.clone(),
            local: dialog.local.to_string(),
            remote: dialog.remote.to_string(),
            number: dialog.local_seq,
            target: dialog.target.to_string(),
            routes: dialog.routes.iter().map(ToString::to_string).collect(),
            flow: session.flow.clone(),
            pinned: session.pinned,
        })
    }

    /// `None`: it was not written by us.
    fn dialog(&self) -> Option<Dialog> {
        let routes: Option<Vec<NameAddr>> = self.routes.iter().map(|route| NameAddr::parse(route)).collect();
        Some(Dialog {
            call_id: self.call_id.clone(),
            local: NameAddr::parse(&self.local)?,
            remote: NameAddr::parse(&self.remote)?,
            local_seq: self.number.saturating_add(PASSED_OVER).min(HIGHEST - 1),
            remote_seq: None,
            target: Uri::parse(&self.target)?,
            routes: routes?,
        })
    }
}

/// A dialog of another process that is not ended yet.
#[derive(Debug)]
pub(crate) struct Parting {
    standing: Standing,
    dialog: Dialog,
    reason: String,
    /// When it was asked to end.
    begun: Duration,
    waits_for: Wanted,
}

/// What a BYE waits for.
#[derive(PartialEq, Eq, Debug)]
enum Wanted {
    /// Its phone registers again.
    Phone,
    /// The answer to this look-up.
    Way(u64),
}

impl Stack {
    /// The next dialog that was made or has changed (`Some`), or is over, in order; [`super::contract::Settings::tells_dialogs`]
    /// asks for it.
    pub fn poll_dialog(&mut self) -> Option<(SessionId, Option<Box<Standing>>)> {
        self.news.pop_front()
    }

    /// This session's dialog is made, or has changed.
    pub(crate) fn note_dialog(&mut self, id: SessionId) {
        if !self.settings.tells_dialogs {
            return;
        }
        if let Some(standing) = self.sessions.get(&id).and_then(Standing::of) {
            self.tell_dialog(id, Some(Box::new(standing)));
        }
    }

    /// This session is over.
    pub(crate) fn note_end(&mut self, id: SessionId, session: &Session) {
        if self.settings.tells_dialogs && matches!(session.stage, Stage::Up | Stage::Closing) {
            self.tell_dialog(id, None);
        }
    }

    fn tell_dialog(&mut self, id: SessionId, news: Option<Box<Standing>>) {
        if self.news.len() >= MOST_NEWS {
            self.news.pop_front();
        }
        self.news.push_back((id, news));
    }

    /// Ends a dialog of a process that has died, by BYE with this Reason header (RFC 3326): at once, or when the name of its next
    /// hop is looked up, or when its phone is back by a connection. Whether it can be.
    pub fn part(&mut self, now: Duration, mut standing: Standing, reason: &str) -> bool {
        let Some(dialog) = standing.dialog() else { return false };
        // Connections were the other process's.
        standing.flow.id = 0;
        let comes_back = standing.flow.transport.reliable() && standing.pinned;
        let next = dialog.next().clone();
        let mut waits_for = Wanted::Phone;
        if !comes_back {
            let stays = dialog.stays(&standing.flow, standing.pinned);
            if stays || literal(&next).is_some() || !next.is_sip() {
                let way = dialog.way(&standing.flow, standing.pinned);
                self.say_bye(now, dialog, way, reason);
                return true;
            }
            let ticket = self.mint();
            self.out.push_back(Output::Locate(ticket, Box::new(next)));
            waits_for = Wanted::Way(ticket);
        }
        if self.parting.len() >= MOST_WAITING {
            self.parting.remove(0);
        }
        let reason = reason.to_owned();
        self.parting.push(Parting { standing, dialog, reason, begun: now, waits_for });
        true
    }

    fn say_bye(&mut self, now: Duration, mut dialog: Dialog, way: Flow, reason: &str) {
        let Ok(mut bye) = dialog.request(Method::Bye, None) else { return };
        // A reason that would break its line is left out: the BYE matters more.
        let _ = bye.headers.push("Reason", reason.to_owned());
        // A full table loses the BYE as the wire might.
        let _ = self.send_request(now, bye, way, Owner::Nobody, None);
    }

    /// The answer to a look-up; whether it was one of these.
    pub(crate) fn parting_located(&mut self, ticket: u64, ways: &[Flow]) -> bool {
        let Some(at) = self.parting.iter().position(|p| p.waits_for == Wanted::Way(ticket)) else {
            return false;
        };
        let Parting { standing, dialog, reason, begun, .. } = self.parting.remove(at);
        let way = ways.first().cloned().unwrap_or(standing.flow);
        self.say_bye(begun, dialog, way, &reason);
        true
    }

    /// A user's phones have registered: dialogs that waited for one of them are ended.
    pub(crate) fn part_from(&mut self, now: Duration, user: &str) {
        if self.parting.is_empty() {
            return;
        }
        self.parting.retain(|parting| now.saturating_sub(parting.begun) <= COMES_BACK);
        let back = |parting: &mut Parting| {
            parting.waits_for == Wanted::Phone
                && self.registrar.way_to(user, &parting.dialog.target).is_some()
        };
        let back: Vec<Parting> = self.parting.extract_if(.., back).collect();
        for Parting { dialog, reason, .. } in back {
            if let Some(way) = self.registrar.way_to(user, &dialog.target).cloned() {
                self.say_bye(now, dialog, way, &reason);
            }
        }
    }
}
