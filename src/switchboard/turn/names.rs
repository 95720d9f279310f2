//! Who asked where a URI leads, and what happens with the answer.

use std::time::Duration;

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
}

impl Turn {
    /// Asks where a URI leads. The answer comes to `asker` in [`Turn::located`].
    pub(super) fn look_up(&mut self, asker: Asker, uri: Box<Uri>) {
        if self.asked.len() >= MOST_ASKED {
            return self.name_found(asker, Vec::new());
        }
        self.tickets = self.tickets.wrapping_add(1);
        self.asked.insert(self.tickets, asker);
        self.out.push_back(Output::Locate(self.tickets, uri));
    }

    /// The answer to a look-up.
    pub(super) fn located(&mut self, ticket: u64, to: Result<Vec<Destination>, String>, good_for: Duration) {
        let Some(asker) = self.asked.remove(&ticket) else { return };
        let to = to.unwrap_or_else(|why| {
            let good_for = good_for.as_secs();
            tracing::warn!(?asker, why, good_for, "a name leads nowhere");
            Vec::new()
        });
        self.name_found(asker, to);
    }

    fn name_found(&mut self, asker: Asker, to: Vec<Destination>) {
        match asker {
            Asker::Dialog(number) => {
                let ways = to.iter().filter_map(|d| self.way_to(d)).collect();
                self.stack.located(number, ways);
            }
        }
    }

    /// Our way to a destination; `None` when no socket of ours fits.
    pub(super) fn way_to(&self, to: &Destination) -> Option<Flow> {
        let local = self.setup.local(to.transport, to.remote)?;
        Some(Flow { name: to.name.clone(), ..Flow::new(to.transport, local, to.remote, 0) })
    }
}
