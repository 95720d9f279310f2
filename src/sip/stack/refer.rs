//! A phone's own transfer key: REFER inside a dialog (RFC 3515), and our own, which asks a far end for the same.

use std::time::Duration;

use super::contract::{Event, SessionId, Taking};
use super::receive::ALLOW;
use super::table::Key;
use super::{Owner, Stack};
use crate::SipError;
use crate::address::NameAddr;
use crate::message::{Request, Response, phrase};
use crate::method::Method;
use crate::replaces::Replaces;
use crate::session::{Referral, Stage};
use crate::uri::{Scheme, Uri};

/// How long a phone is told that we report to it, seconds; the report ends long before. A transfer that takes longer ends
/// its report with `timeout` (RFC 6665 section 4.1.3).
pub(crate) const REPORT: u32 = 300;

impl Stack {
    /// REFER from the far end. Only one at a time: another is asked to come again (500 with Retry-After).
    pub(crate) fn refer_in(&mut self, now: Duration, key: &Key, id: SessionId, request: Request) {
        let asked = match read(&request) {
            Ok(asked) => asked,
            Err((status, words)) => {
                self.respond(now, key, Response::to(&request, status, words));
                return;
            }
        };
        let taking = match &asked.replaces {
            None => Taking::Nobody,
            Some(replaces) => self.dialog_of(replaces).map_or(Taking::Unknown, Taking::Session),
        };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.stage != Stage::Up || session.referral.is_some() {
            let mut response = Response::to(&request, 500, phrase(500));
            response.headers.push_scanned("Retry-After", "5".to_owned());
            self.respond(now, key, response);
            return;
        }
        if let (Some(contact), Some(dialog)) = (request.headers.contact(), &mut session.dialog) {
            // REFER is a target refresh request (RFC 3515 section 2.4.4).
            dialog.target = contact.uri;
        }
        let number = request.headers.cseq().map_or(1, |(n, _)| n);
        let until = now.saturating_add(Duration::from_secs(REPORT.into()));
        let silent = asked.silent;
        session.referral =
            Some(Referral { waits: Some((key.clone(), request)), number, silent, until, last: 100 });
        self.wake_session(id);
        let Asked { target, by, .. } = asked;
        self.tell_of(id, Event::Referred { session: id, target: Box::new(target), taking, by });
    }

    /// Asks the far end of a call to call somebody else, in the place of the other session when there is one (RFC 3515,
    /// RFC 3891). [`Event::ReferTold`] follows, as often as the far end reports.
    ///
    /// # Errors
    /// [`SipError::NoSession`] for either, [`SipError::WrongState`] before the answer, [`SipError::Full`].
    pub fn refer(
        &mut self,
        now: Duration,
        id: SessionId,
        mut target: Uri,
        instead_of: Option<SessionId>,
    ) -> Result<(), SipError> {
        if let Some(other) = instead_of {
            let replaces = self.replaces(other)?.to_string();
            target.headers = Some(["Replaces=", &escaped(&replaces)].concat());
        }
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        if session.stage != Stage::Up {
            return Err(SipError::WrongState);
        }
        let (flow, credentials) = (session.way(), session.credentials.clone());
        let dialog = session.dialog.as_mut().ok_or(SipError::WrongState)?;
        let (user, by) = (dialog.local.uri.user.clone(), NameAddr::new(dialog.local.uri.clone()));
        let mut request = dialog.request(Method::Refer, None)?;
        request.headers.push("Session-ID", session.ids.print())?;
        request.headers.push("Contact", self.contact(&flow, &user))?;
        request.headers.push("Allow", ALLOW)?;
        request.headers.push("Refer-To", NameAddr::new(target).to_string())?;
        request.headers.push("Referred-By", by.to_string())?;
        self.send_request(now, request, flow, Owner::Refer(id), credentials).map(|_| ())
    }

    /// Whether a URI names this end of the session: our own address in its dialog, the realm, or a socket's address.
    pub fn names_us(&self, id: SessionId, uri: &Uri) -> bool {
        let Some(host) = &uri.host else { return true };
        let session = self.sessions.get(&id);
        let ours = session.and_then(|s| s.dialog.as_ref()).and_then(|d| d.local.uri.host.as_ref());
        let at = session.map(|s| self.sent_by(&s.flow).ip());
        let same = |name: &str| host.to_string().eq_ignore_ascii_case(name);
        ours.is_some_and(|h| same(&h.to_string()))
            || same(&self.settings.realm)
            || host.ip().is_some_and(|ip| Some(ip) == at || session.is_some_and(|s| s.flow.local.ip() == ip))
    }

    /// Our REFER was refused; its acceptance says nothing yet.
    pub(crate) fn refer_answered(&mut self, id: SessionId, status: u16) {
        if status >= 300 {
            self.tell_of(id, Event::ReferTold { session: id, status, over: true });
        }
    }
}

/// What a REFER asks for.
struct Asked {
    target: Uri,
    replaces: Option<Replaces>,
    by: Option<Box<NameAddr>>,
    /// The phone wants no reports (RFC 4488).
    silent: bool,
}

/// Reads a REFER; `Err` is the status and words that refuse it: Refer-To must stand there once and be whole (RFC 3515
/// section 2.4.2), and ask for a call.
fn read(request: &Request) -> Result<Asked, (u16, &'static str)> {
    let headers = &request.headers;
    let mut all = headers.all("Refer-To");
    let first = all.next().ok_or((400, "Refer-To Is Missing"))?;
    if all.next().is_some() {
        return Err((400, "More Than One Refer-To"));
    }
    let mut target = NameAddr::parse(first).ok_or((400, "Refer-To Is Malformed"))?.uri;
    let replaces = match target.header("Replaces") {
        None => None,
        Some(text) => {
            let read = text.as_deref().and_then(Replaces::parse);
            Some(read.ok_or((400, "Replaces In Refer-To Is Malformed"))?)
        }
    };
    match &target.scheme {
        Scheme::Sip | Scheme::Sips | Scheme::Tel => {}
        Scheme::Other(_) => return Err((416, phrase(416))),
    }
    if target.param("method").flatten().is_some_and(|m| m != "INVITE") {
        return Err((603, "Only Calls Are Referred"));
    }
    target.headers = None;
    let silent = headers.get("Refer-Sub").is_some_and(|v| v.trim_start().starts_with("false"));
    let by = headers.get("Referred-By").and_then(NameAddr::parse).map(Box::new);
    Ok(Asked { target, replaces, by, silent })
}

/// For a header inside a URI: all but what may stand there as it is (RFC 3261 section 25.1, `hvalue`).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}
