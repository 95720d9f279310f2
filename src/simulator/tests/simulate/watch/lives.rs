//! The watch over the lives of the house: what ends with one of them, and what must have come when all is over.

use std::collections::BTreeMap;

use call::CallId;
use call::action::Answer;
use media::command::{Leg, Room};

use super::{Sense, Step, Watch};
use crate::simulate::sound::Sound;

impl Watch {
    /// The house is gone. What it had of calls is for the store to tell from now on; dialogs are the far ends' alone.
    pub fn falls(&mut self) {
        self.calls.values_mut().filter(|seen| !seen.ended).for_each(|seen| seen.cut = true);
        self.orders.retain(|_, answers| *answers > 0);
        self.leg_of.clear();
        self.talks.clear();
        self.by_port.clear();
        self.busy.clear();
        self.asides.clear();
        self.beside.clear();
        self.there.clear();
        self.step = Step::default();
        self.sounds = 0;
    }

    /// SIP Call-IDs of callers who got an answer, and whether the first row was told to be on disk.
    pub fn answered(&self) -> &BTreeMap<String, (CallId, bool)> {
        &self.answered
    }

    /// Everything is over: what must have come in the end.
    pub fn last(&self) -> Sense {
        for (call, seen) in &self.calls {
            if !seen.cut && (!seen.ended || seen.finals != 1) {
                return Err(format!("{call} has no end"));
            }
        }
        match self.orders.values().all(|count| *count == 1) {
            true => Ok(()),
            false => Err("an order was never answered".into()),
        }
    }

    /// A screen's view of the live calls agrees with the rooms.
    pub fn viewed(&mut self, answer: &Answer, sound: &Sound) {
        let Answer::Calls(calls) = answer else { return };
        if calls.len() != self.live().len() {
            return self.fault(format!("{} calls are listed, {} live", calls.len(), self.live().len()));
        }
        for view in calls {
            let seats = sound.rooms.get(&Room(view.call.0)).map(|c| &c.seats);
            for seat in &view.seats {
                let group = seats.and_then(|s| s.get(&Leg(seat.leg.0))).map(|s| s.group);
                let fits = match seat.state {
                    "joined" => {
                        group == Some(media::command::Group::Main)
                            || view.stage == "greeting"
                            || view.stage == "queue"
                    }
                    "private" => group == Some(media::command::Group::Private),
                    "whisper" => group == Some(media::command::Group::Alone),
                    "invited" | "ringing" => group.is_none(),
                    _ => true,
                };
                if !fits {
                    return self.fault(format!(
                        "{:?} ({:?}) is shown as {} in {}, sits in {group:?}",
                        seat.leg, seat.role, seat.state, view.stage
                    ));
                }
            }
        }
    }
}
