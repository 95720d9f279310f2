//! One leg of a call as the core has it: who it is, how far it is, what its row says.

use std::time::Duration;

use crate::action::{Background, Group, SeatRole};
use crate::cause::Cause;
use crate::cdr::LegRow;
use crate::digits::Keypad;
use crate::event::{Now, Supervision};
use crate::ids::{Address, CallId, DeskNo, LegId, Name, PlayId, StaffNo};

/// How far a leg is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LegState {
    /// Their INVITE, or ours, not answered yet.
    Invited,
    /// Rings at the other end.
    Ringing,
    /// A desk that answered and has still to press 1: how often P50 was said, and the one that is said now.
    Whisper(u8, PlayId),
    /// A desk that declined and is asked why.
    Reason,
    /// Answered; of a desk: accepted.
    Up,
    /// Hears its last words (P52) and is hung up then.
    Parting(PlayId),
    /// Taken back by us before it was answered; the answer may cross the CANCEL.
    TakenBack,
    /// Over.
    Over,
}

/// Who is at the other end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Party {
    pub(crate) staff: Option<StaffNo>,
    pub(crate) desk: Option<DeskNo>,
    pub(crate) address: Option<Address>,
    /// For the row: staff number, trunk, line.
    pub(crate) word: Name,
}

/// One leg.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) role: SeatRole,
    pub(crate) party: Party,
    pub(crate) state: LegState,
    pub(crate) row: LegRow,
    /// Where it sits.
    pub(crate) seat: Option<Group>,
    /// What it hears behind everything else.
    pub(crate) behind: Background,
    /// Muted by its own key or an order.
    pub(crate) muted: bool,
    /// On hold by its phone, since then.
    pub(crate) held: Option<Duration>,
    pub(crate) keypad: Keypad,
    /// Its state, seat or hold is what it is since then, UTC ms.
    pub(crate) since: i64,
    /// A desk that accepted on its screen while it rings: who answers before this moment is a person.
    pub(crate) accepted: Option<Duration>,
    /// A supervisor beside the call: nothing of the call depends on this leg.
    pub(crate) watch: Option<Supervision>,
    /// An operator who takes part as somebody else, and is given back afterwards.
    pub(crate) borrowed: bool,
    /// Its state ends then.
    pub(crate) due: Option<Duration>,
    /// Without sound it is hung up then.
    pub(crate) lost: Option<Duration>,
}

impl Leg {
    /// A leg that is invited now.
    pub(crate) fn new(now: Now, call: CallId, id: LegId, role: SeatRole, party: Party, attempt: u8) -> Self {
        let uri_masked = match &party.address {
            Some(Address::Phone(user)) => user.to_string(),
            Some(Address::Number(number)) => number.masked(),
            None => String::new(),
        };
        let row = LegRow {
            call,
            leg: id,
            seat: role,
            party: party.word.clone(),
            uri_masked,
            attempt,
            invited_at: now.utc_ms,
            ringing_at: None,
            answered_at: None,
            joined_at: None,
            left_at: None,
            hold_ms: 0,
            result: None,
            codec: Name::from(""),
        };
        Self {
            id,
            role,
            party,
            state: LegState::Invited,
            row,
            seat: None,
            behind: Background::Silence,
            muted: false,
            held: None,
            keypad: Keypad::default(),
            since: now.utc_ms,
            accepted: None,
            watch: None,
            borrowed: false,
            due: None,
            lost: None,
        }
    }

    /// The other end has it or may still get it: it must be hung up before the call is over.
    pub(crate) fn alive(&self) -> bool {
        match self.state {
            LegState::Invited
            | LegState::Ringing
            | LegState::Whisper(..)
            | LegState::Reason
            | LegState::Up
            | LegState::Parting(_) => true,
            LegState::TakenBack | LegState::Over => false,
        }
    }

    /// It was answered, before or after we took it back, and is not over.
    pub(crate) fn may_sit(&self) -> bool {
        self.state != LegState::Over && !self.is_ringing()
    }

    /// Rung and not answered.
    pub(crate) fn is_ringing(&self) -> bool {
        matches!(self.state, LegState::Invited | LegState::Ringing)
    }

    /// Whose doing, for the time line: `citizen`, `operator:1001`, `desk:037`.
    pub(crate) fn actor(&self) -> String {
        match (self.party.desk, &self.party.staff) {
            (Some(desk), _) => format!("{}:{desk}", self.role.word()),
            (None, Some(staff)) => format!("{}:{}", self.role.word(), staff.0),
            (None, None) if self.role == SeatRole::Emergency => format!("emergency:{}", self.party.word),
            (None, None) => self.role.word().to_owned(),
        }
    }

    /// It is over, with this verdict.
    pub(crate) fn over(&mut self, now: Now, state: LegState, cause: Cause) {
        self.unheld(now.mono);
        self.state = state;
        self.seat = None;
        (self.due, self.lost) = (None, None);
        self.row.left_at = Some(now.utc_ms);
        self.row.result = Some(cause);
    }

    /// The phone took us from hold.
    pub(crate) fn unheld(&mut self, now: Duration) {
        if let Some(since) = self.held.take() {
            let ms = u64::try_from(now.saturating_sub(since).as_millis()).unwrap_or(u64::MAX);
            self.row.hold_ms = self.row.hold_ms.saturating_add(ms);
        }
    }

    /// When it wants to be woken.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        [self.due, self.lost, self.keypad.until()].into_iter().flatten().min()
    }
}
