//! Who hears what in the modelled rooms, and what must hold of it.

use std::time::Duration;

use media::command::{Background, Group, Hearers};

use super::sound::{Chamber, Sense, Sound, wants};

/// A citizen who hears nothing for so long thinks that the line is dead. The longest pause that is meant is the wait for a
/// key, begun anew by keys that mean nothing.
const DEAD_AIR: Duration = Duration::from_secs(30);
const CITIZEN: &str = "citizen";

impl Sound {
    /// What must hold after each step: whoever sits is there, once, and on the room's thread; whoever holds the line is
    /// muted; nothing is said to nobody.
    pub fn check(&self) -> Sense {
        for (room, chamber) in &self.rooms {
            for (leg, seat) in &chamber.seats {
                let line = self.lines.get(leg).ok_or_else(|| format!("{leg:?} sits and is not open"))?;
                wants(line.room == Some(*room), || format!("{leg:?} sits in two rooms"))?;
                wants(line.port.thread == chamber.thread, || format!("{leg:?} sits on another thread"))?;
                let holds = line.media.remote.is_some() && !line.media.send;
                wants(!holds || seat.muted, || format!("{leg:?} holds the line and is not muted"))?;
                let talks = seat.track == CITIZEN && seat.group == Group::Main && chamber.company();
                let quiet = seat.background == Background::Silence;
                wants(!talks || quiet, || format!("{leg:?} talks and hears {:?}", seat.background))?;
            }
        }
        for (room, to) in &self.said_now {
            let heard = self.rooms.get(room).is_none_or(|chamber| chamber.heard(*to));
            let closed = matches!(to, Hearers::Seat(leg) if self.closed_now.contains(leg));
            wants(heard || closed, || format!("something is said to {to:?}, who is not there"))?;
        }
        Ok(())
    }

    /// Looks for a citizen who is left without any sound.
    pub fn check_air(&mut self, now: Duration) -> Sense {
        for chamber in self.rooms.values_mut() {
            if !chamber.is_quiet() {
                chamber.quiet_since = None;
                continue;
            }
            let since = *chamber.quiet_since.get_or_insert(now);
            wants(now.saturating_sub(since) < DEAD_AIR, || "a citizen hears nothing at all".to_owned())?;
        }
        Ok(())
    }
}

impl Chamber {
    pub fn heard(&self, to: Hearers) -> bool {
        self.seats.iter().any(|(leg, seat)| match to {
            Hearers::Seat(who) => who == *leg,
            Hearers::Main => seat.group == Group::Main,
            Hearers::Private => seat.group == Group::Private,
        })
    }

    /// Somebody else sits with the citizen.
    fn company(&self) -> bool {
        self.seats.values().any(|s| s.track != CITIZEN && s.group == Group::Main)
    }

    /// A citizen sits there, nobody with them, nothing is said or played, and no message is taken.
    fn is_quiet(&self) -> bool {
        let Some((leg, seat)) = self.seats.iter().find(|(_, s)| s.track == CITIZEN) else { return false };
        let said = self.plays.iter().any(|(_, to)| match to {
            Hearers::Seat(who) => who == leg,
            Hearers::Main => seat.group == Group::Main,
            Hearers::Private => seat.group == Group::Private,
        });
        let alone = seat.group == Group::Alone || !self.company();
        alone && !said && seat.background == Background::Silence && self.message.is_none()
    }
}
