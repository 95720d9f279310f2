//! What the loop goes by: the plan in use and the figures of the promises. Exchanged as a whole when the configuration changes.

use std::sync::Arc;

use calendar::Calendar;
use call::Plan;
use call::ids::{StaffNo, UnitCode};
use promise::Settings;
use store::promises::Timing;

/// One configuration, as far as promises go.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Units and their contacts, operators, limits.
    pub plan: Arc<Plan>,
    /// Working days and hours: the plan's.
    pub calendar: Arc<Calendar>,
    /// What is promised.
    pub settings: Arc<Settings>,
    /// All staff with their units: whose number is a receipt.
    pub staff: Arc<[(StaffNo, Option<UnitCode>)]>,
    /// Contacts are tested once a month.
    pub reach: bool,
}

impl Rules {
    /// The moment, and what deadlines are computed by.
    pub(crate) fn timing(&self, now: i64) -> Timing {
        Timing { now, calendar: Arc::clone(&self.calendar), settings: Arc::clone(&self.settings) }
    }
}
