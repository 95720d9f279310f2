//! Which dialogs stand goes to whoever takes it down for the process after a crash.

use std::sync::atomic::Ordering;

use super::Loop;

impl Loop {
    /// Whoever takes it down may be behind, or gone: then that dialog is not ended after a crash.
    pub(super) fn note_dialogs(&mut self) {
        while let Some(news) = self.turn.poll_dialog() {
            let lost = self.desk.dialogs.as_ref().is_some_and(|keep| !keep(news));
            if lost {
                self.desk.gauges.troubles.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}
