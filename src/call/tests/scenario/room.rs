//! Who sits where and hears whom, as the media side would know it from the core's actions.

use std::collections::BTreeMap;

use call::LegId;
use call::action::{Background, Group, Recording};

/// One call's room.
#[derive(Debug, Default)]
pub struct Room {
    /// Everybody in it.
    pub seats: BTreeMap<LegId, Seat>,
    /// `None` before it starts, else whether it runs.
    pub recording: Option<bool>,
}

/// One seat.
#[derive(Debug)]
pub struct Seat {
    /// Who hears it.
    pub group: Group,
    /// Nobody does.
    pub muted: bool,
    /// Behind everything else.
    pub background: Background,
}

impl Room {
    /// A leg sits down.
    pub fn seat(&mut self, leg: LegId, group: Group) -> Result<(), String> {
        let seat = Seat { group, muted: false, background: Background::Silence };
        match self.seats.insert(leg, seat) {
            None => Ok(()),
            Some(_) => Err("sits there already".to_owned()),
        }
    }

    /// A leg stands up.
    pub fn unseat(&mut self, leg: LegId) -> Result<(), String> {
        self.seats.remove(&leg).map(drop).ok_or_else(|| "has no seat to leave".to_owned())
    }

    /// Changes something about a seat.
    pub fn change(&mut self, leg: LegId, change: impl FnOnce(&mut Seat)) -> Result<(), String> {
        self.seats.get_mut(&leg).map(change).ok_or_else(|| "has no seat".to_owned())
    }

    /// Starts, pauses or resumes; each only where it makes sense.
    pub fn record(&mut self, what: Recording) -> Result<(), String> {
        let (allowed, next) = match what {
            Recording::Start => (self.recording.is_none(), true),
            Recording::Pause => (self.recording == Some(true), false),
            Recording::Resume => (self.recording == Some(false), true),
        };
        self.recording = Some(next);
        if allowed { Ok(()) } else { Err(format!("recording: {what:?} makes no sense now")) }
    }

    /// Everybody of a group, muted or not.
    pub fn group(&self, group: Group) -> impl Iterator<Item = LegId> {
        self.seats.iter().filter(move |(_, s)| s.group == group).map(|(leg, _)| *leg)
    }
}
