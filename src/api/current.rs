//! The configuration in use. A reload exchanges it; whoever asks gets it whole, as of that moment.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use call::ids::DeskNo;
use config::Checked;

/// The configuration in use. All clones are the same.
#[derive(Clone)]
pub struct Current(Arc<RwLock<Arc<Checked>>>);

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Current({})", self.now().plan.version)
    }
}

impl Current {
    /// The configuration of the start.
    pub fn new(checked: Checked) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(checked))))
    }

    /// As of now.
    pub fn now(&self) -> Arc<Checked> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another in its place.
    pub fn exchange(&self, checked: Checked) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(checked);
    }
    /// The desks at which somebody of the staff sits.
    pub(crate) fn desks_of(&self, staff: &str) -> Vec<DeskNo> {
        let checked = self.now();
        let sits = |desk: &&call::plan::Desk| desk.members.iter().any(|m| &*m.staff.0 == staff);
        checked.plan.desks.values().filter(sits).map(|desk| desk.no).collect()
    }
}
