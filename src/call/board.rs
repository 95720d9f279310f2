//! What a screen is shown of the live house: calls with their seats, operators, and which desks are shut for now.

use std::sync::Arc;

use calendar::{Place, TimeOfDay};

use crate::action::SeatRole;
use crate::event::{AgentState, DeclineReason};
use crate::ids::{Address, CallId, DeskNo, Lang, LegId, Name, Pii, ServiceCode, StaffNo};
use crate::plan::Plan;

/// The house at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Board {
    /// The plan that new calls run by: names and hours of desks.
    pub plan: Arc<Plan>,
    /// The live calls, oldest first.
    pub calls: Vec<CallView>,
    /// The operators, in the plan's order.
    pub agents: Vec<AgentView>,
    /// Desks that said themselves that they are shut for now.
    pub closed: Vec<ClosedDesk>,
    /// Phones that are registered.
    pub phones: Vec<Name>,
    /// Desk members and liaisons who are rung or in a call.
    pub taken: Vec<(Address, CallId)>,
}

/// A live call as a screen shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct CallView {
    /// Which.
    pub call: CallId,
    /// The stage's word: `greeting`, `queue`, `talk`, `consult`, `ringing`, `three`, `talk_desk`, `recover`, `debrief`, `survey`, `message`.
    pub stage: &'static str,
    /// Masked number.
    pub caller: String,
    /// Its last four digits, as the whisper says them: the case's, else the caller's.
    pub tail: String,
    /// Language.
    pub lang: Lang,
    /// Offered, UTC ms.
    pub offered_at: i64,
    /// Answered by the house, UTC ms.
    pub answered_at: Option<i64>,
    /// Waits for an operator since, UTC ms; `None` when nobody is looked for.
    pub queued_at: Option<i64>,
    /// Place in the queue, 1 = next; `None` when not queued.
    pub position: Option<u32>,
    /// What it is about, as far as a desk was looked for.
    pub service: Option<ServiceCode>,
    /// The desk that is rung, sits in it, or was filled in by the menu.
    pub desk: Option<DeskNo>,
    /// The case that it is about.
    pub case: Option<Pii>,
    /// Urgent.
    pub urgent: bool,
    /// The operator who has or had it.
    pub operator: Option<StaffNo>,
    /// Who declined to come, of the last desk that was looked for.
    pub declined: Vec<Declined>,
    /// The seats and what they are doing.
    pub seats: Vec<SeatView>,
}

/// One seat of a live call.
#[derive(Clone, PartialEq, Debug)]
pub struct SeatView {
    /// Its leg.
    pub leg: LegId,
    /// Whose.
    pub role: SeatRole,
    /// Staff number, desk number or empty.
    pub party: String,
    /// The person, where one is known.
    pub staff: Option<StaffNo>,
    /// The window, of a desk's seat.
    pub desk: Option<DeskNo>,
    /// `invited`, `ringing`, `whisper`, `private`, `joined`, `held`; of a supervisor beside the call `listening`, `coaching`.
    pub state: &'static str,
    /// Since then, UTC ms.
    pub since: i64,
    /// Muted by its own key or an order.
    pub muted: bool,
    /// Put on hold: by its own phone, or by the operator.
    pub held: bool,
}

/// A member of a desk who declined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declined {
    /// The window, if one was meant.
    pub desk: Option<DeskNo>,
    /// Who.
    pub staff: Option<StaffNo>,
    /// Why; `None`: no reason was given.
    pub reason: Option<DeclineReason>,
    /// When, UTC ms.
    pub at: i64,
}

/// An operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentView {
    /// By staff number.
    pub staff: StaffNo,
    /// The phone's user name; a number is masked.
    pub phone: Name,
    /// What they do.
    pub state: AgentState,
    /// Since then, UTC ms.
    pub since: i64,
    /// The call that rings or is talked in.
    pub call: Option<CallId>,
    /// When wrap-up ends by itself, UTC ms.
    pub wrap_up_until: Option<i64>,
    /// Calls of theirs whose outcome nobody has given yet, oldest first.
    pub outcome_due: Vec<CallId>,
}

/// A desk that said itself that it is shut for now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClosedDesk {
    /// Which.
    pub desk: DeskNo,
    /// Open again then, when its hours allow; UTC ms.
    pub until: i64,
    /// Why, in the desk's own words.
    pub reason: Name,
}

/// A desk as the calendar has it at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hours {
    /// Inside its hours.
    pub open: bool,
    /// Opens next, UTC ms; `None` when it is open, or nothing opens within a year.
    pub opens_at: Option<i64>,
    /// Closes, UTC ms; `None` when it is closed, or open for days.
    pub closes_at: Option<i64>,
}

impl Plan {
    /// The hours of a desk, as of this moment (UTC ms).
    pub fn hours_of(&self, desk: DeskNo, utc_ms: i64) -> Hours {
        let found = self.calendar.is_open(Place::Desk(desk.0), utc_ms);
        let next = if found.open { None } else { self.calendar.next_open(Place::Desk(desk.0), utc_ms) };
        Hours { open: found.open, opens_at: next.map(|next| next.at), closes_at: found.closes_at }
    }

    /// When the day of this moment began, UTC ms.
    pub fn day_of(&self, utc_ms: i64) -> i64 {
        let zone = &self.calendar.zone;
        zone.moment(zone.date(utc_ms), TimeOfDay::MIDNIGHT)
    }
}
