//! Desks that said themselves that they are shut for now: 'closed until 15:00'.

use std::collections::BTreeMap;

use calendar::{Found, Level, Place, Why};

use crate::action::{Refusal, Say, Slot, Value};
use crate::board::ClosedDesk;
use crate::call::Call;
use crate::house::Cx;
use crate::ids::{DeskNo, Name, PromptId};

/// The shut desks; each ends by itself when its time is over. No more than the plan has desks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Closed(BTreeMap<DeskNo, (i64, Name)>);

impl Closed {
    /// Shut until then; a moment that is over opens it.
    pub(crate) fn set(&mut self, now: i64, desk: DeskNo, until: Option<i64>, reason: Name) {
        self.0.retain(|_, (until, _)| *until > now);
        match until.filter(|until| *until > now) {
            Some(until) => drop(self.0.insert(desk, (until, reason))),
            None => drop(self.0.remove(&desk)),
        }
    }

    /// Until when the desk is shut, if it is.
    pub(crate) fn until(&self, now: i64, desk: DeskNo) -> Option<i64> {
        self.0.get(&desk).map(|(until, _)| *until).filter(|until| *until > now)
    }

    /// Those that are shut now.
    pub(crate) fn list(&self, now: i64) -> Vec<ClosedDesk> {
        let shut = self.0.iter().filter(|(_, (until, _))| *until > now);
        shut.map(|(desk, (until, reason))| ClosedDesk { desk: *desk, until: *until, reason: reason.clone() })
            .collect()
    }
}

impl Call {
    /// Whether the desk may be rung now: inside its hours, and not shut by itself.
    pub(crate) fn is_open(&self, cx: &Cx<'_>, no: DeskNo) -> bool {
        cx.house.closed.until(cx.now.utc_ms, no).is_none()
            && self.plan.calendar.may_bridge(Place::Desk(no.0), cx.now.utc_ms, self.last_bridge()).open
    }

    /// When the desk can be rung next.
    fn opening(&self, cx: &Cx<'_>, no: DeskNo) -> Option<Found<i64>> {
        let from = cx.house.closed.until(cx.now.utc_ms, no).unwrap_or(cx.now.utc_ms);
        self.plan.calendar.next_bridge(Place::Desk(no.0), from, self.last_bridge())
    }

    fn last_bridge(&self) -> std::time::Duration {
        self.plan.limits.last_bridge
    }

    /// Why none of these desks can be had now, with the next opening.
    pub(crate) fn desk_closed(&self, cx: &Cx<'_>, desks: &[DeskNo]) -> Refusal {
        let openings = desks.iter().filter_map(|no| self.opening(cx, *no));
        Refusal::DeskClosed { next_open: openings.map(|found| found.at).min() }
    }

    /// What is said of a desk that can't be rung now: P33 when it is shut for the day, by the calendar or by itself, else P32
    /// with the next opening. `None`: it is open.
    pub(crate) fn closed_words(&self, cx: &Cx<'_>, no: DeskNo) -> Option<Vec<Say>> {
        if self.is_open(cx, no) {
            return None;
        }
        let now = cx.now.utc_ms;
        let why = self.plan.calendar.may_bridge(Place::Desk(no.0), now, self.last_bridge()).why;
        let next = self.opening(cx, no);
        let zone = &self.plan.calendar.zone;
        let today = next.as_ref().is_some_and(|next| zone.date(next.at) == zone.date(now));
        let for_the_day = match cx.house.closed.until(now, no) {
            Some(_) => !today,
            None => matches!(why, Why::Temporary(Level::Desk, _)),
        };
        Some(match next.filter(|_| !for_the_day) {
            Some(next) => {
                let at = Value::DateTime { at: next.at, now };
                vec![Say::Prompt(PromptId(32), vec![(Slot::DateTime, at)])]
            }
            None => vec![Say::plain(33)],
        })
    }
}
