//! Runs that are broken on purpose: each invariant of the trunks must notice. And what is checked of trunks after a step.

use sip::Flow;

use super::glance::Glance;
use super::house::{Post, exchange};
use super::world::World;

/// What is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sabotage {
    /// A second INVITE of a call counts once more, as if it were a third.
    ThirdWay,
    /// A carrier's 5xx reaches the house as 486: it does not go on.
    NoSecondWay,
    /// A carrier's 486 is taken down as such, and reaches the house as 503: it goes on.
    GoesOnAfterFinal,
    /// What carriers answer never reaches the house, though the wire carried it.
    DeafHouse,
    /// Registrations never reach a carrier that is well.
    NoRegistrations,
    /// The PRACK is taken for one that nobody sent.
    NoPrack,
    /// A look-up is never answered.
    NoNames,
    /// A channel stays taken.
    Channel,
    /// The house is not woken any more once it closes.
    Asleep,
    /// A first row is acknowledged before it is on disk.
    EarlyWord,
    /// A start after a crash leaves the calls of the earlier life open.
    NoAftermath,
    /// Whom a task calls is not written down before the call is placed.
    Forgetful,
}

impl World {
    /// Breaks this run.
    pub fn break_by(&mut self, sabotage: Sabotage) {
        self.sabotage = Some(sabotage);
        self.trail.sabotage = Some(sabotage);
        self.whole.front.shelf().books.forgetful = sabotage == Sabotage::Forgetful;
    }

    fn is_carrier(&self, flow: &Flow) -> bool {
        self.by_address.get(&flow.remote).is_some_and(|p| self.phones[*p].post == Post::Trunk)
    }

    /// What really reaches the house of a message.
    pub fn tampered(&self, flow: &Flow, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let Some(sabotage) = self.sabotage.filter(|_| self.is_carrier(flow)) else { return Some(bytes) };
        let seen = Glance::at(&bytes);
        let change = |from: &str| -> Vec<u8> {
            String::from_utf8_lossy(&bytes).replacen(&seen.status.to_string(), from, 1).into_bytes()
        };
        match sabotage {
            Sabotage::NoSecondWay if seen.status >= 500 && seen.method == "INVITE" => Some(change("486")),
            Sabotage::GoesOnAfterFinal if seen.status == 486 && seen.method == "INVITE" => {
                Some(change("503"))
            }
            Sabotage::DeafHouse if !seen.is_request() && flow.remote == exchange(1) => None,
            _ => Some(bytes),
        }
    }

    /// Whether the wire lets this through to a carrier.
    pub fn is_kept_back(&self, phone: usize, bytes: &[u8]) -> bool {
        let registers = self.sabotage == Some(Sabotage::NoRegistrations) && bytes.starts_with(b"REGISTER ");
        registers && self.phones[phone].post == Post::Trunk
    }

    /// What must hold of the ways and trunks after a step.
    pub fn check_trail(&mut self) -> Result<(), String> {
        let roomy = self.weather.sessions > 1_000 && self.weather.transactions > 1_000;
        let views = if self.trail.wants_views() { self.turn.trunks(self.clock()) } else { Vec::new() };
        self.trail.end(&views, self.watch.failed(), roomy)
    }

    /// A leg takes one channel at most, and gives it back.
    pub fn check_channels(&mut self, legs: usize) -> Result<(), String> {
        let stuck = u32::from(self.sabotage == Some(Sabotage::Channel));
        let views = self.turn.trunks(self.clock());
        let taken = views.iter().map(|v| v.taken).sum::<u32>() + stuck;
        let most = views.iter().find(|v| v.taken > v.channels);
        match (usize::try_from(taken).unwrap() > legs, most) {
            (true, _) => Err(format!("{taken} channels are taken by {legs} legs")),
            (false, Some(view)) => Err(format!("{} has more calls than channels", view.name)),
            (false, None) => Ok(()),
        }
    }
}
