//! In which order a desk's people are rung, before anybody is: the same list as the core makes, with who is passed over.

use calendar::{Place, Why};
use call::ids::{Address, DeskNo};
use call::plan::{Desk, Hunt, Member, Plan};

/// Somebody who may be rung.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Candidate {
    /// The window; `None` for the unit's liaison.
    pub desk: Option<DeskNo>,
    pub member: Member,
    /// Rung together with the one before.
    pub together: bool,
}

/// Who is rung for a desk.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Order {
    pub candidates: Vec<Candidate>,
    /// Other windows of the unit that would help and are closed now.
    pub closed: Vec<(DeskNo, Why)>,
}

impl Order {
    /// The order for a desk at a moment, UTC ms.
    pub fn of(plan: &Plan, no: DeskNo, at: i64) -> Self {
        let mut order = Self::default();
        let Some(desk) = plan.desks.get(&no) else { return order };
        for window in std::iter::once(desk).chain(beside(plan, desk)) {
            let hours = plan.calendar.may_bridge(Place::Desk(window.no.0), at, plan.limits.last_bridge);
            if hours.open {
                let fresh = members(window, &order.candidates);
                order.candidates.extend(fresh);
            } else {
                order.closed.push((window.no, hours.why));
            }
        }
        if let Some(liaison) = plan.units.get(&desk.unit).and_then(|unit| unit.contacts.first()) {
            order.candidates.push(Candidate { desk: None, member: liaison.clone(), together: false });
        }
        order
    }

    /// The window for which an address is rung first.
    pub fn window(&self, address: &Address) -> Option<DeskNo> {
        self.candidates.iter().find(|c| c.member.address == *address).and_then(|c| c.desk)
    }
}

/// A desk and the windows beside it that help.
pub(crate) fn group(plan: &Plan, no: DeskNo) -> Vec<DeskNo> {
    let desk = plan.desks.get(&no);
    desk.into_iter().flat_map(|d| std::iter::once(d).chain(beside(plan, d))).map(|d| d.no).collect()
}

/// Other windows of the same unit that offer a service of this one.
fn beside<'a>(plan: &'a Plan, desk: &'a Desk) -> impl Iterator<Item = &'a Desk> {
    let shares = |other: &Desk| {
        plan.services.values().any(|s| s.desks.contains(&desk.no) && s.desks.contains(&other.no))
    };
    plan.desks.values().filter(move |d| d.no != desk.no && d.unit == desk.unit && shares(d))
}

/// Nobody has talked yet: the longest idle is the first of the file. Who sits at two windows is rung once.
fn members(desk: &Desk, before: &[Candidate]) -> Vec<Candidate> {
    let fresh = |m: &&Member| !before.iter().any(|c| c.member.address == m.address);
    let candidate = |(i, member): (usize, &Member)| Candidate {
        desk: Some(desk.no),
        member: member.clone(),
        together: desk.hunt == Hunt::All && i > 0,
    };
    desk.members.iter().filter(fresh).enumerate().map(candidate).collect()
}
