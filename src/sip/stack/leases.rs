//! Leased credentials: a page's phone registers as its user without knowing that user's password, for as long as it may.

use std::collections::BTreeMap;
use std::time::Duration;

use zeroize::Zeroizing;

use super::contract::Event;
use super::{Stack, user_of};
use crate::SipError;

/// Most leases at once, those that have run out taken away first. When full: [`SipError::Full`].
const MOST_LEASES: usize = 4_096;

/// A name and password for some time. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Lease {
    /// The name for digest; no user is called so.
    pub name: String,
    /// The user as whom it registers and calls.
    pub user: String,
    /// In clear because digest is computed from it.
    pub password: Zeroizing<String>,
    /// Until then, time since the start.
    pub until: Duration,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lease({} as {})", self.name, self.user)
    }
}

/// The leases, by name.
#[derive(Default, Debug)]
pub(crate) struct Leases(BTreeMap<String, Lease>);

impl Leases {
    /// One that holds at `now`.
    pub fn get(&self, now: Duration, name: &str) -> Option<&Lease> {
        self.0.get(name).filter(|lease| lease.until > now)
    }

    /// All that hold at `now`.
    pub fn all(&self, now: Duration) -> Vec<Lease> {
        self.0.values().filter(|lease| lease.until > now).cloned().collect()
    }
}

impl Stack {
    /// Lets a phone in by this name and password, as a user of the settings. One of the same name is replaced.
    ///
    /// # Errors
    /// [`SipError::Unreachable`] when there is no such user, or a user has that name; [`SipError::Full`].
    pub fn lease(&mut self, now: Duration, lease: Lease) -> Result<(), SipError> {
        let users = &self.settings.users;
        if user_of(users, &lease.user).is_none() || user_of(users, &lease.name).is_some() {
            return Err(SipError::Unreachable);
        }
        let leases = &mut self.leases.0;
        if leases.len() >= MOST_LEASES {
            leases.retain(|_, held| held.until > now);
        }
        if leases.len() >= MOST_LEASES && !leases.contains_key(&lease.name) {
            return Err(SipError::Full);
        }
        leases.insert(lease.name.clone(), lease);
        Ok(())
    }

    /// Takes a lease back: its phones are registered no more. Calls that they are in go on.
    pub fn revoke(&mut self, name: &str) {
        let Some(lease) = self.leases.0.remove(name) else { return };
        if self.registrar.forget(&lease.user, name) {
            self.tell(0, Event::Unregistered { user: lease.user });
        }
    }
}
