//! Everything that a play of one call needs and that does not change in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use calendar::{Change, Hours, Span};
use call::Plan;
use call::ids::{Address, Name};
use config::Checked;

use crate::files::Files;
use crate::{Mood, Prompts, Tongue, Wishes};

/// The stage of one play.
#[derive(Debug)]
pub struct Scene<'a> {
    pub(crate) checked: &'a Checked,
    /// The checked plan, with what was shut by hand.
    pub(crate) plan: Arc<Plan>,
    pub(crate) wishes: Wishes,
    pub(crate) files: Files<'a>,
    pub(crate) prompts: &'a Prompts,
    pub(crate) tongue: Tongue,
    /// Whether steps are told; a proof only wants the end.
    pub(crate) told: bool,
}

impl<'a> Scene<'a> {
    /// One call by a configuration.
    pub fn new(wishes: Wishes, checked: &'a Checked, prompts: &'a Prompts, tongue: Tongue) -> Self {
        let mut plan = checked.plan.clone();
        shut(&mut plan, &wishes, tongue);
        Self { told: true, ..Self::silent(wishes, checked, Arc::new(plan), prompts) }.in_tongue(tongue)
    }

    /// The same without steps, by a plan that many share; nothing is shut by hand.
    pub(crate) fn silent(
        wishes: Wishes,
        checked: &'a Checked,
        plan: Arc<Plan>,
        prompts: &'a Prompts,
    ) -> Self {
        let files = Files::of(checked);
        Self { checked, plan, wishes, files, prompts, tongue: Tongue::En, told: false }
    }

    fn in_tongue(self, tongue: Tongue) -> Self {
        Self { tongue, ..self }
    }

    /// What was asked.
    pub fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// The phones that are registered: all, without operators who are off duty, without windows when they are absent, and
    /// without who is named as absent.
    pub(crate) fn present(&self) -> Vec<Name> {
        let operators = &self.plan.operators;
        let off = |o: &&call::plan::Operator| !self.wishes.duty.contains(&o.staff);
        let mut away: BTreeSet<&Address> = operators.iter().filter(off).map(|o| &o.address).collect();
        if self.wishes.desk == Mood::Absent {
            away.extend(self.plan.desks.values().flat_map(|desk| &desk.members).map(|m| &m.address));
        }
        let phones = self.checked.settings.phones.iter().map(|phone| Name::from(phone.user.as_str()));
        phones
            .filter(|user| !away.contains(&Address::Phone(Name::clone(user))))
            .filter(|user| !self.wishes.absent.contains(user))
            .collect()
    }
}

/// Shuts windows for the rest of the day, as their unit would: the next opening can be told.
fn shut(plan: &mut Plan, wishes: &Wishes, tongue: Tongue) {
    let all = wishes.desk == Mood::ClosedHours;
    if !all && wishes.closed.is_empty() {
        return;
    }
    let day = plan.calendar.zone.date(wishes.at);
    let reason = tongue.pick("演练中假定不办公", "shut for this rehearsal");
    let closing = Change { from: day, until: day, span: Span::DAY, open: false, reason: reason.into() };
    let calendar = &mut plan.calendar;
    for no in &wishes.closed {
        if let Some(desk) = calendar.desks.get_mut(&no.0) {
            desk.hours.changes.insert(0, closing.clone());
        }
    }
    if !all {
        return;
    }
    let windows = calendar.desks.values_mut().map(|desk| &mut desk.hours);
    windows.for_each(|hours: &mut Hours| hours.changes.retain(|change| !change.open));
    for hours in calendar.units.values_mut().chain([&mut calendar.centre]) {
        hours.changes.insert(0, closing.clone());
    }
}
