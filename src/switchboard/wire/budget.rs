//! A limit on bytes that many hold together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many bytes may be held at once.
#[derive(Debug)]
pub(super) struct Budget {
    used: AtomicUsize,
    most: usize,
}

impl Budget {
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), most })
    }

    /// Holds so many bytes until the share is dropped; `None` when that would be too many.
    pub fn take(self: &Arc<Self>, amount: usize) -> Option<Share> {
        let mut share = Share { budget: self.clone(), amount: 0 };
        share.resize(amount).then_some(share)
    }
}

/// What one holds of a budget.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    amount: usize,
}

impl Share {
    /// Holds so many bytes from now on; `false`, and nothing changed, when that would be too many.
    pub fn resize(&mut self, amount: usize) -> bool {
        let (held, most) = (self.amount, self.budget.most);
        let changed = self.budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            let used = used.saturating_sub(held).checked_add(amount)?;
            (used <= most || amount <= held).then_some(used)
        });
        if changed.is_ok() {
            self.amount = amount;
        }
        changed.is_ok()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.resize(0);
    }
}
