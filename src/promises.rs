//! The promise clock of the house, and beside it what is erased by the calendar: started from the checked configuration, told of each new one.

use std::sync::Arc;

use call::ids::{StaffNo, UnitCode};
use clockwork::{Parts, Rules, Running};
use config::Checked;
use store::Store;
use switchboard::{Clock, Handle};
use tokio_util::sync::CancellationToken;

use crate::first;
use crate::retention::{self, Keeper};

/// What the clock goes by.
pub(crate) fn rules(checked: &Checked) -> Rules {
    let config::settings::Promises { settings, reach } = checked.settings.promises.clone();
    let row = |s: &config::settings::Staff| -> (StaffNo, Option<UnitCode>) { (s.no.clone(), s.unit.clone()) };
    Rules {
        plan: Arc::new(checked.plan.clone()),
        calendar: Arc::new(checked.plan.calendar.clone()),
        settings: Arc::new(settings),
        staff: checked.settings.staff.iter().map(row).collect(),
        reach,
    }
}

/// Starts the clock of this life; it ends at `stop`. What the files say of working days may have changed while the house was closed.
pub(crate) fn start(
    checked: &Checked,
    (store, generation): (&Store, u16),
    handle: &Handle,
    clock: Clock,
    stop: CancellationToken,
) -> Running {
    let node = &checked.settings.node;
    // Two lives of a house that stand side by side have leases of their own.
    let node = if generation == 0 { node.clone() } else { format!("{node}~{generation}") };
    let keeper = Keeper::of(&checked.settings, store.clone());
    let keeping = retention::start(keeper, store.clone(), clock.clone(), stop.clone());
    let running = clockwork::start(
        Parts {
            store: store.clone(),
            handle: handle.clone(),
            clock,
            node,
            rules: rules(checked),
            random: first::draw,
        },
        stop,
    );
    running.door.calendar_changed();
    // What else goes by the calendar: one task to wait for at the end.
    let Running { door, task } = running;
    let task = tokio::spawn(async move {
        // What panicked has ended too.
        let _ = tokio::join!(task, keeping);
    });
    Running { door, task }
}
