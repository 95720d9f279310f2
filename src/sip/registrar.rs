//! Where the house's phones are: bindings of user names to contacts, with an end (RFC 3261 section 10.3).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::address::NameAddr;
use crate::flow::Flow;
use crate::message::{Request, Response, phrase};
use crate::stack::lend::Lent;
use crate::timers::Alarm;
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
    /// The name under which it proved itself.
    by: String,
    /// Its connection is gone while it talks: it has until then to come back by another.
    cut: Option<Duration>,
}

impl Binding {
    /// How long it still holds.
    pub fn left(&self, now: Duration) -> Duration {
        self.until.saturating_sub(now)
    }

    fn live(&self, now: Duration) -> bool {
        self.until > now && self.cut.is_none_or(|until| until > now)
    }
}

/// What a REGISTER changed for a user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// Nothing, a refresh, or one phone of several.
    None,
    /// The first phone is there, for so many seconds.
    Came(u32),
    /// The last phone is gone.
    Left,
    /// The phone that was cut off in a talk is gone, and another is there, for so many seconds: a page that was loaded anew.
    Anew(u32),
}

/// One contact as a REGISTER wishes it, 0 to be removed.
struct Wish {
    contact: Uri,
    expires: u32,
}

/// The phones of one user, the latest last.
#[derive(Default, Debug)]
struct Phones {
    bindings: Vec<Binding>,
    alarm: Alarm,
}

impl Phones {
    /// After a REGISTER: whether nobody is missing any more. If one is, it is not waited for: its page was loaded anew.
    fn is_back(&mut self) -> bool {
        let before = self.bindings.len();
        self.bindings.retain(|b| b.cut.is_none());
        self.bindings.len() == before
    }
}

#[derive(Default, Debug)]
pub(crate) struct Registrar {
    users: BTreeMap<String, Phones>,
}

impl Registrar {
    /// All phones that can be reached, to be known elsewhere.
    pub fn lend(&self, now: Duration) -> Vec<Lent> {
        let here = |(user, phones): (&String, &Phones)| {
            let live = phones.bindings.iter().filter(|b| b.live(now) && b.cut.is_none());
            let lent = live.map(|b| Lent {
                user: user.clone(),
                by: b.by.clone(),
                contact: b.contact.clone(),
                flow: b.flow.clone(),
                call_id: b.call_id.clone(),
                seq: b.seq,
                left: b.left(now),
            });
            lent.collect::<Vec<_>>()
        };
        self.users.iter().flat_map(here).collect()
    }

    /// A phone that was known elsewhere.
    pub fn inherit(&mut self, now: Duration, phone: Lent) {
        let Lent { user, by, contact, flow, call_id, seq, left } = phone;
        let phones = self.users.entry(user).or_default();
        if phones.bindings.len() >= MOST_CONTACTS {
            phones.bindings.remove(0);
        }
        let until = now.saturating_add(left.min(Duration::from_secs(LONGEST.into())));
        phones.bindings.push(Binding { contact, flow, call_id, seq, until, by, cut: None });
    }

    /// What is known now holds until then at least: refreshes are heard elsewhere.
    pub fn hold(&mut self, until: Duration) {
        for binding in self.users.values_mut().flat_map(|phones| &mut phones.bindings) {
            binding.until = binding.until.max(until);
        }
    }

    /// Whether a phone of this user is known, or was.
    pub fn is_known(&self, user: &str) -> bool {
        self.users.get(user).is_some_and(|phones| !phones.bindings.is_empty())
    }

    /// The ways to all phones.
    pub fn flows(&self) -> impl Iterator<Item = &Flow> {
        self.users.values().flat_map(|phones| &phones.bindings).map(|binding| &binding.flow)
    }

    /// Whether a phone of this user is at this address.
    pub fn is_at(&self, user: &str, remote: std::net::SocketAddr) -> bool {
        self.users.get(user).is_some_and(|p| p.bindings.iter().any(|b| b.flow.remote == remote))
    }

    /// Carries out an authenticated REGISTER of this user: wholly or not at all (section 10.3 step 7).
    pub fn register(
        &mut self,
        now: Duration,
        (user, by): (&str, &str),
        request: &Request,
        flow: &Flow,
    ) -> (Response, Change) {
        let before = self.newest(user).is_some();
        let cut = self.users.get(user).is_some_and(|p| p.bindings.iter().any(|b| b.cut.is_some()));
        if let Err(status) = self.apply(now, (user, by), request, flow) {
            let mut response = Response::to(request, status, phrase(status));
            if status == 423 {
                response.headers.push_scanned("Min-Expires", SHORTEST.to_string());
            }
            return (response, Change::None);
        }
        let back = cut && self.users.get_mut(user).is_some_and(|phones| !before && phones.is_back());
        let change = match (before, self.newest(user)) {
            (false, Some(_)) if back => Change::None,
            (false, Some(b)) => {
                let left = u32::try_from(b.until.saturating_sub(now).as_secs()).unwrap_or(LONGEST);
                if cut { Change::Anew(left) } else { Change::Came(left) }
            }
            (true, None) => Change::Left,
            // It was waited for, and takes itself back.
            (false, None) if cut && self.users.get(user).is_none_or(|p| p.bindings.is_empty()) => {
                Change::Left
            }
            (true, Some(_)) | (false, None) => Change::None,
        };
        (self.listing(now, user, request), change)
    }

    fn apply(
        &mut self,
        now: Duration,
        (user, by): (&str, &str),
        request: &Request,
        flow: &Flow,
    ) -> Result<(), u16> {
        let call_id = request.headers.call_id().ok_or(400u16)?;
        let (seq, _) = request.headers.cseq().ok_or(400u16)?;
        let wishes = wishes(request)?;
        let phones = self.users.entry(user.to_owned()).or_default();
        // What the same phone asked later already is not undone by what it asked before.
        let overtaken = |b: &Binding| b.call_id == call_id && b.seq >= seq;
        let touched =
            |b: &Binding| wishes.as_ref().is_none_or(|w| w.iter().any(|w| w.contact.same_as(&b.contact)));
        if phones.bindings.iter().any(|b| touched(b) && overtaken(b)) {
            return Err(500);
        }
        let Some(wishes) = wishes else {
            self.users.remove(user);
            return Ok(());
        };
        for Wish { contact, expires } in wishes {
            phones.bindings.retain(|b| !b.contact.same_as(&contact));
            if expires > 0 {
                if phones.bindings.len() >= MOST_CONTACTS {
                    phones.bindings.remove(0);
                }
                let until = now.saturating_add(Duration::from_secs(expires.into()));
                let (flow, call_id) = (flow.clone(), call_id.to_owned());
                phones.bindings.push(Binding {
                    contact,
                    flow,
                    call_id,
                    seq,
                    until,
                    by: by.to_owned(),
                    cut: None,
                });
            }
        }
        Ok(())
    }

    fn listing(&self, now: Duration, user: &str, request: &Request) -> Response {
        let mut response = Response::to(request, 200, "OK");
        for binding in self.users.get(user).into_iter().flat_map(|p| &p.bindings) {
            let left = binding.until.saturating_sub(now).as_secs();
            response.headers.push_scanned("Contact", format!("<{}>;expires={left}", binding.contact));
        }
        response
    }

    /// The phone that registered last, of those that can be reached.
    pub fn newest(&self, user: &str) -> Option<&Binding> {
        self.users.get(user)?.bindings.iter().rfind(|b| b.cut.is_none())
    }

    /// The way to the phone of this user that names itself so.
    pub fn way_to(&self, user: &str, contact: &Uri) -> Option<&Flow> {
        let here = |b: &&Binding| b.cut.is_none() && b.contact.same_as(contact);
        self.users.get(user)?.bindings.iter().find(here).map(|b| &b.flow)
    }

    /// When to look after this user's phones again, if nobody is set to do so.
    pub fn alarm(&mut self, user: &str) -> Option<Duration> {
        let phones = self.users.get_mut(user)?;
        let next = phones.bindings.iter().map(|b| b.cut.map_or(b.until, |cut| cut.min(b.until))).min();
        phones.alarm.set_earlier(next?)
    }

    /// Removes what has run out; whether that was this user's last phone. `at` is the moment of the alarm.
    pub fn expire(&mut self, now: Duration, at: Duration, user: &str) -> bool {
        let Some(phones) = self.users.get_mut(user) else { return false };
        if !phones.alarm.rings(at) {
            return false;
        }
        let before = phones.bindings.len();
        phones.bindings.retain(|b| b.live(now));
        before > 0 && phones.bindings.is_empty()
    }

    /// Removes what came over a connection that is closed; the users who have no phone left. `grace`: somebody talks over it and
    /// may come back by then; the users whom that concerns come second.
    pub fn close(&mut self, flow: u64, grace: Option<Duration>) -> (Vec<String>, Vec<String>) {
        let (mut left, mut waiting) = (Vec::new(), Vec::new());
        for (user, phones) in &mut self.users {
            let before = phones.bindings.len();
            if let Some(until) = grace {
                let cut = phones.bindings.iter_mut().filter(|b| b.flow.id == flow && b.cut.is_none());
                if cut.map(|b| b.cut = Some(until)).count() > 0 {
                    waiting.push(user.clone());
                }
                continue;
            }
            phones.bindings.retain(|b| b.flow.id != flow);
            if before > 0 && phones.bindings.is_empty() {
                left.push(user.clone());
            }
        }
        (left, waiting)
    }

    /// Removes the phones of this user that proved themselves by this name; whether none is left.
    pub fn forget(&mut self, user: &str, by: &str) -> bool {
        let Some(phones) = self.users.get_mut(user) else { return false };
        let before = phones.bindings.len();
        phones.bindings.retain(|b| b.by != by);
        before > 0 && phones.bindings.is_empty()
    }

    /// The phones of this user that were cut off don't come back; whether none is left.
    pub fn give_up(&mut self, user: &str) -> bool {
        let Some(phones) = self.users.get_mut(user) else { return false };
        let before = phones.bindings.len();
        phones.bindings.retain(|b| b.cut.is_none());
        before > 0 && phones.bindings.is_empty()
    }

    /// Keeps the phones of known users only; who has gone with a phone.
    pub fn keep(&mut self, known: impl Fn(&str) -> bool) -> Vec<String> {
        let mut left = Vec::new();
        self.users.retain(|user, phones| {
            let stays = known(user);
            if !stays && !phones.bindings.is_empty() {
                left.push(user.clone());
            }
            stays
        });
        left
    }
}

/// What a REGISTER asks for; `None` is `Contact: *`, the removal of all (section 10.2.2).
fn wishes(request: &Request) -> Result<Option<Vec<Wish>>, u16> {
    let headers = &request.headers;
    let default = headers.number("Expires");
    let mut contacts = headers.all("Contact");
    if headers.all("Contact").any(|c| c == "*") {
        let alone = contacts.nth(1).is_none();
        return if alone && default == Some(0) { Ok(None) } else { Err(400) };
    }
    let wish = |text: &str| {
        let contact = NameAddr::parse(text).filter(|c| c.uri.is_sip()).ok_or(400u16)?;
        // A malformed value counts as none (section 10.2.1.1).
        let stated = contact.param("expires").flatten().and_then(|e| e.parse().ok());
        let expires: u32 = stated.or(default).unwrap_or(USUAL);
        if expires > 0 && expires < SHORTEST {
            return Err(423);
        }
        Ok(Wish { contact: contact.uri, expires: expires.min(LONGEST) })
    };
    contacts.map(wish).collect::<Result<_, u16>>().map(Some)
}
