//! What the writer of the store tells the loop: rows on disk, and whether records are taken at all.

use std::sync::atomic::Ordering;

use store::Told;

use super::Loop;
use crate::contract::Input;

impl Loop {
    /// Takes it, and says what an admin must know.
    pub(super) fn told(&mut self, told: Told) {
        let away = &self.desk.gauges.store_away;
        match told {
            Told::OnDisk(call) => self.take(Input::OnDisk(call)),
            Told::Trouble(why) => {
                away.store(true, Ordering::Relaxed);
                tracing::error!(why, "the case store takes no records: calls go on, records wait");
            }
            Told::Refused(why) => {
                self.desk.gauges.troubles.fetch_add(1, Ordering::Relaxed);
                tracing::error!(why, "the case store refused a record: a fault of this program");
            }
            Told::Well => {
                away.store(false, Ordering::Relaxed);
                tracing::info!("the case store takes records again");
            }
            Told::Unjournaled(why) => {
                self.desk.gauges.journal_away.store(true, Ordering::Relaxed);
                tracing::error!(why, "the journal takes no records: they go into the case store itself");
            }
            Told::Journaled => {
                self.desk.gauges.journal_away.store(false, Ordering::Relaxed);
                tracing::info!("the journal takes records again");
            }
            Told::Damaged(why) => {
                self.desk.gauges.troubles.fetch_add(1, Ordering::Relaxed);
                tracing::error!(why, "records of the journal are lost: a fault of its disk");
            }
        }
    }
}
