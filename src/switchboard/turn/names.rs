//! Who asked where a URI leads, and what happens with the answer.

use std::time::Duration;

use call::ids::Name;
use sip::locate::Destination;
use sip::{Flow, Uri};

use super::Turn;
use crate::contract::Output;

/// Look-ups that wait for their answer. When full a further one is answered at once with "nowhere": its asker falls back.
const MOST_ASKED: usize = 10_000;

/// Who waits for an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Asker {
    /// A dialog whose next hop is a name; the SIP machine's own number.
    Dialog(u64),
    /// A trunk, by name; its machine's own number.
    Trunk(Name, u64),
}

impl Turn {
    /// Asks where a URI leads. The answer comes to `asker` in [`Turn::located`].
    pub(super) fn look_up(&mut self, now: Duration, asker: Asker, uri: Box<Uri>) {
        if self.asked.len() >= MOST_ASKED {
            return self.name_found(now, asker, Err("too many look-ups wait".to_owned()), Duration::ZERO);
        }
        self.tickets = self.tickets.wrapping_add(1);
        self.asked.insert(self.tickets, asker);
        self.out.push_back(Output::Locate(self.tickets, uri));
    }

    /// The answer to a look-up.
    pub(super) fn located(
        &mut self,
        now: Duration,
        ticket: u64,
        to: Result<Vec<Destination>, String>,
        good_for: Duration,
    ) {
        let Some(asker) = self.asked.remove(&ticket) else { return };
        if let Err(why) = &to {
            let good_for = good_for.as_secs();
            tracing::warn!(?asker, why, good_for, "a name leads nowhere");
        }
        self.name_found(now, asker, to, good_for);
    }

    fn name_found(
        &mut self,
        now: Duration,
        asker: Asker,
        to: Result<Vec<Destination>, String>,
        good_for: Duration,
    ) {
        let ways = to.map(|to| to.iter().filter_map(|d| self.way_to(d)).collect::<Vec<_>>());
        match asker {
            Asker::Dialog(number) => self.stack.located(number, ways.unwrap_or_default()),
            Asker::Trunk(name, number) => {
                self.line_event(now, &name, trunk::Event::Located(number, ways, good_for));
            }
        }
    }

    /// Our way to a destination; `None` when no socket of ours fits.
    pub(super) fn way_to(&self, to: &Destination) -> Option<Flow> {
        let local = self.setup.local(to.transport, to.remote)?;
        Some(Flow { name: to.name.clone(), ..Flow::new(to.transport, local, to.remote, 0) })
    }
}
