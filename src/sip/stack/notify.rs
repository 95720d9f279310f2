//! What came of a transfer, told to the phone that asked for it: NOTIFY with message/sipfrag (RFC 3515 section 2.4.5, RFC 3420).

use std::time::Duration;

use super::contract::{Event, SessionId};
use super::receive::ALLOW;
use super::table::Key;
use super::{Owner, Stack};
use crate::SipError;
use crate::message::{Request, Response, phrase};
use crate::method::Method;
use crate::session::Referral;

impl Stack {
    /// How a transfer goes: 100 to 199 on the way, 200 when the other has taken the call. The first one accepts the REFER
    /// (202); 200 ends the report.
    ///
    /// # Errors
    /// [`SipError::NoSession`], [`SipError::WrongState`] when no transfer is under way.
    pub fn refer_progress(&mut self, now: Duration, id: SessionId, status: u16) -> Result<(), SipError> {
        self.report(now, id, status.clamp(100, 299))
    }

    /// A transfer that does not come about, 300 to 699: the REFER is refused with it when nothing was said yet, else the
    /// report ends with it.
    ///
    /// # Errors
    /// As for [`Stack::refer_progress`].
    pub fn refer_refused(&mut self, now: Duration, id: SessionId, status: u16) -> Result<(), SipError> {
        let status = status.clamp(300, 699);
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        let referral = session.referral.as_mut().ok_or(SipError::WrongState)?;
        let Some((key, request)) = referral.waits.take() else { return self.report(now, id, status) };
        session.referral = None;
        self.respond(now, &key, Response::to(&request, status, phrase(status)));
        Ok(())
    }

    fn report(&mut self, now: Duration, id: SessionId, status: u16) -> Result<(), SipError> {
        let session = self.sessions.get_mut(&id).ok_or(SipError::NoSession)?;
        let referral = session.referral.as_mut().ok_or(SipError::WrongState)?;
        referral.last = status;
        let silent = referral.silent;
        if let Some((key, request)) = referral.waits.take() {
            self.accept_refer(now, id, &key, &request, silent);
        }
        if !silent {
            let state = if status < 200 { None } else { Some("noresource") };
            self.send_notify(now, id, status, state);
        }
        if status >= 200
            && let Some(session) = self.sessions.get_mut(&id)
        {
            session.referral = None;
        }
        Ok(())
    }

    fn accept_refer(&mut self, now: Duration, id: SessionId, key: &Key, request: &Request, silent: bool) {
        let Some(session) = self.sessions.get(&id) else { return };
        let mut response = self.in_dialog(session, request, 202, Vec::new());
        if silent {
            response.headers.push_scanned("Refer-Sub", "false".to_owned());
        }
        self.respond(now, key, response);
    }

    /// One report. `ended` is why it is the last (RFC 6665 section 4.1.3). A full table loses it as the wire might.
    fn send_notify(&mut self, now: Duration, id: SessionId, status: u16, ended: Option<&str>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (flow, credentials) = (session.way(), session.credentials.clone());
        let (Some(dialog), Some(referral)) = (session.dialog.as_mut(), session.referral.as_ref()) else {
            return;
        };
        let left = referral.until.saturating_sub(now).as_secs();
        let state = match ended {
            None => format!("active;expires={left}"),
            Some(why) => format!("terminated;reason={why}"),
        };
        // The subscription is named by its REFER's number (RFC 3515 section 2.4.6).
        let event = format!("refer;id={}", referral.number);
        let user = dialog.local.uri.user.clone();
        let Ok(mut request) = dialog.request(Method::Notify, None) else { return };
        request.headers.push_scanned("Session-ID", session.ids.print());
        request.headers.push_scanned("Contact", self.contact(&flow, &user));
        request.headers.push_scanned("Allow", ALLOW.to_owned());
        request.headers.push_scanned("Event", event);
        request.headers.push_scanned("Subscription-State", state);
        request.headers.push_scanned("Content-Type", "message/sipfrag;version=2.0".to_owned());
        request.body = format!("SIP/2.0 {status} {}\r\n", phrase(status)).into_bytes();
        let _ = self.send_request(now, request, flow, Owner::Report(id), credentials);
    }

    /// The phone's answer to a report: one that knows of no subscription, or does not answer, gets no more of them. Its
    /// call goes on (RFC 5057 section 5.1).
    pub(crate) fn report_answered(&mut self, id: SessionId, status: u16) {
        if status >= 300
            && let Some(session) = self.sessions.get_mut(&id)
            && let Some(referral) = &mut session.referral
        {
            referral.silent = true;
        }
    }

    /// The report has taken too long.
    pub(crate) fn report_due(&mut self, now: Duration, id: SessionId) {
        let due = |r: &&Referral| r.until <= now;
        let Some(session) = self.sessions.get(&id) else { return };
        let Some(referral) = session.referral.as_ref().filter(due) else { return };
        let (last, silent, waits) = (referral.last, referral.silent, referral.waits.is_some());
        if waits {
            // The owner never said a word about it.
            let _ = self.refer_refused(now, id, 500);
        } else if !silent {
            self.send_notify(now, id, last, Some("timeout"));
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            session.referral = None;
        }
    }

    /// NOTIFY inside a dialog: the report of a transfer that we asked for; of nothing else (489).
    pub(crate) fn notify_in(&mut self, now: Duration, key: &Key, id: SessionId, request: &Request) {
        if !is_refer(request) {
            return self.bad_event(now, key, request);
        }
        self.respond(now, key, Response::to(request, 200, phrase(200)));
        let over = request
            .headers
            .get("Subscription-State")
            .is_some_and(|s| s.trim_start().starts_with("terminated"));
        let fragment = std::str::from_utf8(&request.body).unwrap_or_default();
        let status = fragment.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse().ok());
        if let Some(status) = status {
            self.tell_of(id, Event::ReferTold { session: id, status, over });
        }
    }

    /// SUBSCRIBE inside a dialog prolongs or ends the report of a transfer (RFC 6665 section 4.2.1); there is nothing else to
    /// subscribe to.
    pub(crate) fn subscribe_in(&mut self, now: Duration, key: &Key, id: SessionId, request: &Request) {
        if !is_refer(request) {
            return self.bad_event(now, key, request);
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(referral) = session.referral.as_mut().filter(|r| r.waits.is_none()) else {
            self.respond(now, key, Response::to(request, 481, phrase(481)));
            return;
        };
        let wished =
            request.headers.number("Expires").unwrap_or(super::refer::REPORT).min(super::refer::REPORT);
        referral.until = now.saturating_add(Duration::from_secs(wished.into()));
        let last = referral.last;
        let mut response = Response::to(request, 200, phrase(200));
        response.headers.push_scanned("Expires", wished.to_string());
        self.respond(now, key, response);
        if wished > 0 {
            self.send_notify(now, id, last, None);
            return self.wake_session(id);
        }
        self.send_notify(now, id, last, Some("timeout"));
        if let Some(referral) = self.sessions.get_mut(&id).and_then(|s| s.referral.as_mut()) {
            // The transfer itself goes on.
            referral.silent = true;
            referral.until = now.saturating_add(Duration::from_secs(super::refer::REPORT.into()));
        }
        self.wake_session(id);
    }

    fn bad_event(&mut self, now: Duration, key: &Key, request: &Request) {
        let mut response = Response::to(request, 489, phrase(489));
        response.headers.push_scanned("Allow-Events", "refer".to_owned());
        self.respond(now, key, response);
    }
}

fn is_refer(request: &Request) -> bool {
    let event = request.headers.get("Event").and_then(|e| e.split(';').next());
    event.is_some_and(|e| e.trim().eq_ignore_ascii_case("refer"))
}
