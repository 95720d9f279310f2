//! What the loop and its door share.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use call::ids::CallId;
use promise::{Claim, Key};
use store::promises::Timing;
use switchboard::{Clock, Handle};
use tokio::sync::Notify;

use crate::rules::Rules;

/// A call of ours that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// The right to run its task.
    pub(crate) claim: Claim,
    /// Reports that have been looked at, by their number.
    pub(crate) looked: u32,
    /// When this process set out, time since its start.
    pub(crate) since: Duration,
}

/// The running house, as far as promises go.
#[derive(Debug)]
pub(crate) struct House<K> {
    pub(crate) store: K,
    pub(crate) handle: Handle,
    pub(crate) clock: Clock,
    pub(crate) node: String,
    pub(crate) random: fn() -> io::Result<[u8; 32]>,
    /// Something came in: the loop looks at once.
    pub(crate) wake: Notify,
    rules: RwLock<Arc<Rules>>,
    live: Mutex<BTreeMap<CallId, Live>>,
}

impl<K> House<K> {
    pub(crate) fn new(
        store: K,
        handle: Handle,
        clock: Clock,
        node: String,
        rules: Rules,
        random: fn() -> io::Result<[u8; 32]>,
    ) -> Self {
        Self {
            store,
            handle,
            clock,
            node,
            random,
            wake: Notify::new(),
            rules: RwLock::new(Arc::new(rules)),
            live: Mutex::default(),
        }
    }

    /// UTC ms, by the one clock of promises.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().utc_ms
    }

    pub(crate) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The rules before.
    pub(crate) fn exchange(&self, rules: Rules) -> Arc<Rules> {
        let mut place = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut place, Arc::new(rules))
    }

    /// A moment, and what deadlines are computed by.
    pub(crate) fn timing(&self, at: i64) -> Timing {
        self.rules().timing(at)
    }

    /// The name of a call to come: a ULID of this moment.
    pub(crate) fn mint(&self) -> io::Result<CallId> {
        let chance =
            (self.random)()?.into_iter().take(10).fold(0_u128, |sum, byte| (sum << 8) | u128::from(byte));
        let at = u128::try_from(self.now()).unwrap_or(0);
        Ok(CallId((at << 80) | chance))
    }

    fn with_live<T>(&self, work: impl FnOnce(&mut BTreeMap<CallId, Live>) -> T) -> T {
        work(&mut self.live.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Calls of ours that are under way.
    pub(crate) fn live_count(&self) -> usize {
        self.with_live(|live| live.len())
    }

    pub(crate) fn live(&self, call: CallId) -> Option<Live> {
        self.with_live(|live| live.get(&call).cloned())
    }

    /// The call is ours from now on: its lease is renewed.
    pub(crate) fn adopt(&self, call: CallId, claim: Claim) {
        let since = self.clock.now().mono;
        self.with_live(|live| live.insert(call, Live { claim, looked: 0, since }));
    }

    /// These reports were looked at.
    pub(crate) fn looked(&self, call: CallId, up_to: u32) {
        self.with_live(|live| {
            if let Some(live) = live.get_mut(&call) {
                live.looked = live.looked.max(up_to);
            }
        });
    }

    /// The call is over, or not ours.
    pub(crate) fn let_go(&self, call: CallId) {
        self.with_live(|live| live.remove(&call));
    }

    /// The calls whose lease ends before this moment.
    pub(crate) fn leases_until(&self, before: i64) -> Vec<(CallId, Live)> {
        self.with_live(|live| {
            let due = live.iter().filter(|(_, live)| live.claim.until < before);
            due.map(|(call, live)| (*call, live.clone())).collect()
        })
    }

    /// The leases are longer, or lost.
    pub(crate) fn renewed(&self, renewed: &[Claim], lost: &[Key]) {
        self.with_live(|live| {
            live.retain(|_, live| !lost.contains(&live.claim.key));
            for live in live.values_mut() {
                if let Some(claim) = renewed.iter().find(|claim| claim.key == live.claim.key) {
                    live.claim = claim.clone();
                }
            }
        });
    }
}
