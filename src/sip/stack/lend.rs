//! What a house that goes on in another process leaves there of its SIP: phones, credentials of pages, names, open requests.

use std::time::Duration;

use super::Stack;
use super::contract::Event;
use super::leases::Lease;
use super::user_of;
use crate::flow::Flow;
use crate::uri::Uri;

/// How long a life that hears no phones any more still knows them: longer than its last call lasts.
const HELD: Duration = Duration::from_secs(24 * 3_600);

/// A phone as the registrar knows it, to be known elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lent {
    /// Whose.
    pub user: String,
    /// The name under which it proved itself.
    pub by: String,
    /// Where it says it is.
    pub contact: Uri,
    /// The way to it.
    pub flow: Flow,
    /// Of its last REGISTER.
    pub call_id: String,
    /// Of its last REGISTER.
    pub seq: u32,
    /// For how long still.
    pub left: Duration,
}

impl Stack {
    /// The phones that are registered, the oldest of each user first.
    pub fn lend(&self, now: Duration) -> Vec<Lent> {
        self.registrar.lend(now)
    }

    /// Another life hears the phones from now on: what is known of them holds on, as long as calls are ended here.
    pub fn hold_phones(&mut self, now: Duration) {
        self.registrar.hold(now.saturating_add(HELD));
    }

    /// Takes phones in as if they had registered here; those of unknown users not. Each user's first one is told.
    pub fn inherit(&mut self, now: Duration, phones: Vec<Lent>) {
        let mut users = Vec::new();
        for phone in phones {
            if user_of(&self.settings.users, &phone.user).is_some() {
                if !self.registrar.is_known(&phone.user) {
                    users.push(phone.user.clone());
                }
                self.registrar.inherit(now, phone);
            }
        }
        for user in users {
            self.wake_phone(&user);
            let Some(binding) = self.registrar.newest(&user) else { continue };
            let (contact, flow) = (Box::new(binding.contact.clone()), binding.flow.clone());
            let expires = u32::try_from(binding.left(now).as_secs()).unwrap_or(u32::MAX);
            self.tell(0, Event::Registered { user, contact, expires, flow });
        }
    }

    /// Credentials of phones in pages that hold now.
    pub fn lend_leases(&self, now: Duration) -> Vec<Lease> {
        self.leases.all(now)
    }

    /// The names that the far ends of connections have proven to have.
    pub fn lend_proven(&self) -> Vec<(u64, Vec<String>)> {
        let mut proven: Vec<_> = self.proven.iter().map(|(id, names)| (*id, names.clone())).collect();
        proven.sort_unstable();
        proven
    }

    /// Requests outside dialogs that are being answered, or were a moment ago, by what [`crate::whose`] names them.
    pub fn lend_open(&self) -> Vec<String> {
        let mut open: Vec<String> = self.identities.iter().map(|identity| identity.to_string()).collect();
        open.sort_unstable();
        open
    }

    /// Whether such a request is being answered here, or was a moment ago.
    pub fn answers(&self, name: &str) -> bool {
        self.identities.contains(name)
    }

    /// The connections below this number that phones, sessions or proven names stand on.
    pub fn connections_below(&self, number: u64) -> Vec<u64> {
        let phones = self.registrar.flows().map(|flow| flow.id);
        let sessions = self.sessions.values().map(|session| session.flow.id);
        let clients = self.clients.values().map(|client| client.flow.id);
        let all = phones.chain(sessions).chain(clients).chain(self.proven.keys().copied());
        let mut below: Vec<u64> = all.filter(|id| *id != 0 && *id < number).collect();
        below.sort_unstable();
        below.dedup();
        below
    }
}
