//! Our own requests outside dialogs, REGISTER and OPTIONS, and the answer to a challenge of whatever request.

use std::time::Duration;

use super::contract::{Event, Registration, User};
use super::table::{Client, Key};
use super::{Owner, Stack};
use crate::SipError;
use crate::address::NameAddr;
use crate::digest::Challenge;
use crate::flow::Flow;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::session::Stage;
use crate::text::is_name;
use crate::uri::{Host, Uri};
use crate::write;

impl Stack {
    /// Registers a phone of ours at another server, or takes that back. [`Event::ClientDone`] tells the end under the
    /// returned number; register again well before the granted time is over.
    ///
    /// # Errors
    /// [`SipError::Full`], or [`SipError::BreaksLine`] for a value that breaks its line.
    pub fn register(&mut self, now: Duration, registration: Registration) -> Result<u64, SipError> {
        let Registration { server, flow, user, expires } = registration;
        let mut own = server.clone();
        own.user.clone_from(&user.name);
        let contact = self.contact(&flow, &user.name);
        let mut request = Request::new(Method::Register, server);
        request.headers.push("Contact", contact)?;
        request.headers.push("Expires", expires.to_string())?;
        self.ask(now, request, own.clone(), own, flow, Some(user))
    }

    /// Asks another server who is registered there for this user, without a contact of ours (RFC 3261 section 10.2.3): nothing
    /// is changed there. [`Event::ClientDone`] tells the end under the returned number.
    ///
    /// # Errors
    /// As for [`Stack::register`].
    pub fn bindings(&mut self, now: Duration, server: Uri, flow: Flow, user: User) -> Result<u64, SipError> {
        let own = Uri { user: user.name.clone(), ..server.clone() };
        self.ask(now, Request::new(Method::Register, server), own.clone(), own, flow, Some(user))
    }

    /// Asks a far end whether it is there. [`Event::ClientDone`] tells the end under the returned number.
    ///
    /// # Errors
    /// As for [`Stack::register`].
    pub fn options(
        &mut self,
        now: Duration,
        to: Uri,
        flow: Flow,
        credentials: Option<User>,
    ) -> Result<u64, SipError> {
        let host = Host::parse(&self.settings.realm).unwrap_or_else(|| self.sent_by(&flow).ip().into());
        let mut request = Request::new(Method::Options, to.clone());
        request.headers.push("Accept", "application/sdp")?;
        self.ask(now, request, Uri::sip("", host, None), to, flow, credentials)
    }

    fn ask(
        &mut self,
        now: Duration,
        mut request: Request,
        from: Uri,
        to: Uri,
        flow: Flow,
        credentials: Option<User>,
    ) -> Result<u64, SipError> {
        let (tag, call_id, method) = (self.ids.tag(), self.ids.call_id(), request.method.clone());
        let headers = &mut request.headers;
        headers.push("Max-Forwards", "70")?;
        headers.push("From", NameAddr::new(from).with_tag(&tag).to_string())?;
        headers.push("To", NameAddr::new(to).to_string())?;
        headers.push("Call-ID", call_id)?;
        headers.push("CSeq", format!("1 {method}"))?;
        headers.push("User-Agent", self.settings.agent.clone())?;
        let number = self.mint();
        self.send_request(now, request, flow, Owner::Outside(number), credentials)?;
        Ok(number)
    }

    pub(crate) fn outside_done(
        &mut self,
        client: &Client,
        number: u64,
        status: u16,
        response: Option<&Response>,
    ) {
        let expires = response.filter(|_| status < 300).and_then(|r| granted(&client.request, r));
        let said = |name| response.and_then(|r| r.headers.number(name));
        let (min_expires, retry_after) = (said("Min-Expires"), said("Retry-After"));
        self.tell(0, Event::ClientDone { request: number, status, expires, min_expires, retry_after });
    }

    /// Our Contact on this way. A user part that could not stand in a URI as it is, is left out.
    pub(crate) fn contact(&self, flow: &Flow, user: &str) -> String {
        let mut contact = "<sip:".to_owned();
        if is_name(user) {
            contact.extend([user, "@"]);
        }
        // Writing to a String can't fail.
        let _ = write::socket(&mut contact, self.sent_by(flow));
        if let Some(transport) = flow.transport.parameter() {
            contact.extend([";transport=", transport]);
        }
        contact.push('>');
        contact
    }

    /// Sends a challenged request again with credentials (RFC 7616 section 3.4); `false` when it can't be, or was already.
    pub(crate) fn challenged(&mut self, now: Duration, key: &Key, response: &Response) -> bool {
        let cnonce = self.ids.tag();
        let Some(client) = self.clients.get(key) else { return false };
        let Some(user) = client.credentials.as_ref() else { return false };
        let session = client.owner.session().and_then(|id| self.sessions.get(&id));
        if session.is_some_and(|s| s.stage == Stage::Cancelling) {
            return false;
        }
        let mut request = client.request.clone();
        authorize(&mut request, response, user, &cnonce) && self.send_again(now, key, request, None)
    }
}

/// How long a registration was granted for: the expires of our Contact in the answer, else Expires.
fn granted(request: &Request, response: &Response) -> Option<u32> {
    let own = request.headers.contact()?.uri;
    let listed = response.headers.addresses("Contact").into_iter().find(|c| c.uri.same_as(&own));
    let expires = listed.and_then(|c| c.param("expires").flatten().and_then(|e| e.parse().ok()));
    expires.or_else(|| response.headers.number("Expires"))
}

/// Adds the answer to a challenge; `false` when there is no challenge that we can answer.
fn authorize(request: &mut Request, response: &Response, user: &User, cnonce: &str) -> bool {
    let (ask, give) = if response.status == 407 {
        ("Proxy-Authenticate", "Proxy-Authorization")
    } else {
        ("WWW-Authenticate", "Authorization")
    };
    let challenges = response.headers.all(ask).filter_map(Challenge::parse);
    let Some(challenge) = challenges.reduce(Challenge::better) else { return false };
    let uri = request.uri.to_string();
    let value = challenge.answer(&user.name, &user.password, &request.method, &uri, cnonce, 1);
    request.headers.remove(give);
    request.headers.push(give, value).is_ok()
}
