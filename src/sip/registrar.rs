//! Where the house's phones are: bindings of user names to contacts, with an end (RFC 3261 section 10.3).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::flow::Flow;
use crate::message::{Request, Response, phrase};
use crate::uri::Uri;

/// Most contacts of one user. When full, the oldest makes room.
const MOST_CONTACTS: usize = 5;
/// Shortest and longest registration that we grant, seconds. Shorter ones get 423 (section 10.3 step 7).
const SHORTEST: u32 = 30;
const LONGEST: u32 = 3600;
const USUAL: u32 = 600;

/// One phone of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Binding {
    pub contact: Uri,
    /// The way back to the phone, which also works through NAT.
    pub flow: Flow,
    call_id: String,
    seq: u32,
    until: Duration,
}

/// What a REGISTER changed for a user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// Nothing, or a refresh.
    None,
    /// The first phone is there.
    Came,
    /// The last phone is gone.
    Left,
}

#[derive(Default, Debug)]
pub(crate) struct Registrar {
    users: BTreeMap<String, Vec<Binding>>,
}

impl Registrar {
    /// Carries out an authenticated REGISTER of this user.
    pub fn register(
        &mut self,
        now: Duration,
        user: &str,
        request: &Request,
        flow: &Flow,
    ) -> (Response, Change) {
        let before = self.users.contains_key(user);
        let refusal = self.apply(now, user, request, flow);
        let after = self.users.contains_key(user);
        let change = match (before, after) {
            (false, true) => Change::Came,
            (true, false) => Change::Left,
            (true, true) | (false, false) => Change::None,
        };
        let response = match refusal {
            Some(status) => {
                let mut response = Response::to(request, status, phrase(status));
                if status == 423 {
                    response.headers.push_scanned("Min-Expires", SHORTEST.to_string());
                }
                response
            }
            None => self.listing(now, user, request),
        };
        (response, change)
    }

    fn apply(&mut self, now: Duration, user: &str, request: &Request, flow: &Flow) -> Option<u16> {
        let headers = &request.headers;
        let (Some(call_id), Some((seq, _))) = (headers.call_id(), headers.cseq()) else { return Some(400) };
        let default = headers.number("Expires");
        if headers.all("Contact").any(|c| c == "*") {
            if default != Some(0) || headers.all("Contact").count() != 1 {
                return Some(400);
            }
            self.users.remove(user);
            return None;
        }
        for contact in headers.addresses("Contact") {
            if !contact.uri.is_sip() {
                return Some(400);
            }
            let wished = match contact.param("expires").flatten() {
                Some(text) => text.parse().unwrap_or(USUAL),
                None => default.unwrap_or(USUAL),
            };
            if wished > 0 && wished < SHORTEST {
                return Some(423);
            }
            let list = self.users.entry(user.to_owned()).or_default();
            let known = list.iter().position(|b| b.contact.same_as(&contact.uri));
            if let Some(old) = known.and_then(|i| list.get(i)) {
                // An older REGISTER of the same Call-ID that was overtaken (section 10.3 step 7).
                if old.call_id == call_id && old.seq >= seq {
                    continue;
                }
            }
            if let Some(i) = known {
                list.remove(i);
            }
            if wished > 0 {
                if list.len() >= MOST_CONTACTS {
                    list.remove(0);
                }
                let until = now.saturating_add(Duration::from_secs(wished.min(LONGEST).into()));
                let (contact, flow) = (contact.uri, flow.clone());
                list.push(Binding { contact, flow, call_id: call_id.to_owned(), seq, until });
            }
            if list.is_empty() {
                self.users.remove(user);
            }
        }
        None
    }

    fn listing(&self, now: Duration, user: &str, request: &Request) -> Response {
        let mut response = Response::to(request, 200, "OK");
        for binding in self.users.get(user).into_iter().flatten() {
            let left = binding.until.saturating_sub(now).as_secs();
            response.headers.push_scanned("Contact", format!("<{}>;expires={left}", binding.contact));
        }
        response
    }

    /// The phone that registered last.
    pub fn newest(&self, user: &str) -> Option<&Binding> {
        self.users.get(user)?.last()
    }

    /// Whether this user has a phone.
    pub fn has(&self, user: &str) -> bool {
        self.users.contains_key(user)
    }

    /// Removes what has run out, or came over a connection that closed; the users who have no phone left.
    pub fn expire(&mut self, now: Duration, closed: Option<u64>) -> Vec<String> {
        let mut gone = Vec::new();
        self.users.retain(|user, list| {
            list.retain(|b| b.until > now && closed.is_none_or(|id| b.flow.id != id));
            if list.is_empty() {
                gone.push(user.clone());
            }
            !list.is_empty()
        });
        gone
    }

    /// When the next registration runs out.
    pub fn next_timeout(&self) -> Option<Duration> {
        self.users.values().flatten().map(|b| b.until).min()
    }
}
