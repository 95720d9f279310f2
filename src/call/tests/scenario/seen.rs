//! What was written down about each call, and the invariants that hold after every step.

use std::collections::BTreeMap;

use call::action::Action;
use call::cdr::{CallBackRow, CallRow, EventRow, LegRow, RatingRow, Record, StatedRow};
use call::errand::{ErrandRow, News};
use call::{CallId, LegId};

use super::world::{Way, World};

/// Words of the event that closes a call's time line.
const FINAL: &[&str] = &["call.ended", "call.abandoned"];

/// One call as the store sees it.
pub struct CallSeen {
    /// The citizen's name in the script.
    pub name: String,
    /// Its id.
    pub id: CallId,
    /// The citizen's leg.
    pub leg: LegId,
    /// The citizen's number.
    pub number: String,
    /// The journal has its first row, or was given up.
    pub journaled: bool,
    /// Final rows: exactly one in the end.
    pub ended: Vec<CallRow>,
    /// The time line.
    pub events: Vec<EventRow>,
    /// The last row of each leg.
    pub legs: BTreeMap<LegId, LegRow>,
    /// Call-backs owed.
    pub call_backs: Vec<CallBackRow>,
    /// Ratings.
    pub ratings: Vec<RatingRow>,
    /// What operators stated of it.
    pub stated: Vec<StatedRow>,
    /// The house calls, on an errand.
    pub placed: bool,
    /// The reports of its errand.
    pub errand: Vec<ErrandRow>,
}

impl CallSeen {
    /// A call that begins.
    pub fn new(name: &str, id: CallId, leg: LegId, number: &str) -> Self {
        Self {
            name: name.to_owned(),
            id,
            leg,
            number: number.to_owned(),
            journaled: false,
            ended: Vec::new(),
            events: Vec::new(),
            legs: BTreeMap::new(),
            call_backs: Vec::new(),
            ratings: Vec::new(),
            stated: Vec::new(),
            placed: false,
            errand: Vec::new(),
        }
    }

    fn finals(&self) -> usize {
        self.events.iter().filter(|e| FINAL.contains(&e.kind)).count()
    }
}

impl World {
    fn seen(&mut self, id: CallId) -> Option<&mut CallSeen> {
        self.calls.iter_mut().find(|c| c.id == id)
    }

    /// The store writes a record.
    pub fn write_down(&mut self, record: Record) {
        let fault = match record {
            Record::Offered(row) => {
                self.journal(row.call);
                None
            }
            Record::Updated(_) => None,
            Record::Ended(row) => self.seen(row.call).map(|c| c.ended.push(row)).is_none().then_some("a row"),
            Record::Leg(row) => {
                self.seen(row.call).map(|c| c.legs.insert(row.leg, row)).is_none().then_some("a leg")
            }
            Record::Event(row) => self.time_line(row),
            Record::CallBack(row) => {
                self.seen(row.call).map(|c| c.call_backs.push(row)).is_none().then_some("a call-back")
            }
            Record::Rating(row) => {
                self.seen(row.call).map(|c| c.ratings.push(row)).is_none().then_some("a rating")
            }
            Record::Errand(row) => {
                let seen = self.seen(row.call);
                let in_order = seen.as_ref().is_some_and(|c| row.no as usize == c.errand.len() + 1);
                if let Some(c) = seen {
                    c.errand.push(row);
                }
                (!in_order).then_some("a report")
            }
            Record::Stated(row) => {
                let call = row.stated.call;
                self.seen(call).map(|c| c.stated.push(row)).is_none().then_some("a statement")
            }
        };
        if let Some(what) = fault {
            self.fault(&format!("{what} of no call that we know, or out of its order"));
        }
    }

    fn time_line(&mut self, row: EventRow) -> Option<&'static str> {
        let Some(seen) = self.seen(row.call) else { return Some("an event") };
        let next = u32::try_from(seen.events.len()).unwrap_or(u32::MAX) + 1;
        let in_order = row.seq == next;
        seen.events.push(row);
        (!in_order).then_some("an event")
    }

    /// The first row is on disk.
    pub fn journaled(&mut self, id: CallId) {
        if let Some(seen) = self.seen(id) {
            seen.journaled = true;
        }
    }

    /// Nothing is sent to a citizen before the first row is on disk.
    pub fn guard_journal(&mut self, action: &Action) {
        let early = match action {
            Action::Ringing(leg) | Action::Answer(leg) => {
                self.calls.iter().any(|c| c.leg == *leg && !c.journaled)
            }
            Action::Ring(ring) => self.calls.iter().any(|c| c.id == ring.call && !c.journaled),
            _ => false,
        };
        if early && !self.journal_is_dead() {
            self.fault("somebody is answered or rung before the journal");
        }
    }

    /// No caller's number may stand in what a log could print.
    pub fn guard_privacy(&mut self, printed: &str) {
        let leak = self.calls.iter().find(|c| c.number.len() >= 9 && printed.contains(&c.number));
        if let Some(name) = leak.map(|c| c.name.clone()) {
            self.fault(&format!("the number of {name} stands in a Debug output: {printed}"));
        }
    }

    /// After every step: at most one end per call, no seat without its leg, nothing alive in a call that is over.
    pub fn check(&mut self) {
        let mut faults = Vec::new();
        for call in &self.calls {
            if call.ended.len() > 1 || call.finals() > 1 {
                let (rows, events) = (call.ended.len(), call.finals());
                faults
                    .push(format!("the call of {} has {rows} records and {events} final events", call.name));
            }
            let over = !call.ended.is_empty();
            let alive = |l: &super::world::Leg| l.call == call.id && matches!(l.way, Way::Ringing | Way::Up);
            for leg in self.legs.values().filter(|l| over && alive(l)) {
                faults.push(format!("{} outlives the call of {}", leg.name, call.name));
            }
        }
        for room in self.rooms.values() {
            let gone = room.seats.keys().filter_map(|leg| self.legs.get(leg)).filter(|l| l.way != Way::Up);
            faults.extend(gone.map(|leg| format!("{} sits in a room without a leg", leg.name)));
        }
        for fault in faults {
            self.fault(&fault);
        }
    }

    /// When all is over: exactly one end per call, every order answered once, nobody left anywhere.
    pub fn check_all_over(&mut self) {
        let mut faults = Vec::new();
        for call in &self.calls {
            let (rows, events) = (call.ended.len(), call.finals());
            if (rows, events) != (1, 1) {
                faults.push(format!(
                    "the call of {} ended with {rows} records and {events} final events",
                    call.name
                ));
            }
        }
        for call in &self.calls {
            let over = call.errand.iter().filter(|row| matches!(row.news, News::Over(_))).count();
            let last = call.errand.last().is_none_or(|row| matches!(row.news, News::Over(_)));
            if over != usize::from(call.placed || !call.errand.is_empty()) || !last {
                faults.push(format!("the errand of {} is over {over} times, or not at its end", call.name));
            }
        }
        let odd = self.requests.values().filter(|answers| **answers != 1).count();
        if odd > 0 {
            faults.push(format!("{odd} orders were not answered exactly once"));
        }
        let left = self.legs.values().filter(|l| matches!(l.way, Way::Ringing | Way::Up));
        faults.extend(left.map(|leg| format!("{} is still up", leg.name)));
        if !self.rooms.is_empty() {
            faults.push("a room is still open".to_owned());
        }
        for fault in faults {
            self.fault(&fault);
        }
    }
}
