//! What is promised, in figures. The defaults are those of the founding text; where it leaves room, the choice is said.

use std::time::Duration;

use calendar::TimeOfDay;

const MINUTE: u64 = 60;

/// The figures of all promises. When 'at once' is for a hand-over stands in [`calendar::Calendar::handover_scope`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// A hand-over is received within so long after its moment (60 min): a liaison takes one call at a time, and what came
    /// over the holidays waits in line on the first morning.
    pub handover_within: Duration,
    /// Contacts that are tried for a receipt before a person takes over (3) ...
    pub handover_tries: u32,
    /// ... and the wait between two (1 min).
    pub handover_gap: Duration,
    /// The unit calls the citizen back within so long after the receipt (10 min), by the wall clock ...
    pub call_back: Duration,
    /// ... and is reminded after (8 min).
    pub call_back_warn: Duration,
    /// The citizen is asked so long after the hand-over (60 min) ...
    pub check_after: Duration,
    /// ... and that call begins at most so much later (10 min).
    pub check_grace: Duration,
    /// Working days within which the unit says who handles the case and until when (1); a call-back that we bridged has said it.
    pub echo1_days: i32,
    /// Working days within which a case is done (5); a second round gets them afresh.
    pub work_days: i32,
    /// Working days within which the citizen is asked after the unit reported completion (1).
    pub echo3_days: i32,
    /// Extensions of a round (1) ...
    pub extensions: u32,
    /// ... and the most working days of one (10).
    pub extension_days: i32,
    /// Rounds before the joint-meeting office takes over (2).
    pub rounds: u32,
    /// Scores up to this one are bad (2 of 5): a redo, and always a person who follows up.
    pub bad_score: u8,
    /// Calls to a citizen who does not answer, before a person takes over (3) ...
    pub citizen_tries: u32,
    /// ... the second after so long, in another hour of the day (30 min) ...
    pub citizen_gap: Duration,
    /// ... the third in the other half of the day, which is tried at 09:00 ...
    pub morning: TimeOfDay,
    /// ... or at 14:00.
    pub afternoon: TimeOfDay,
    /// No call to a citizen who does not await it from 21:00 ...
    pub quiet_from: TimeOfDay,
    /// ... to 08:00.
    pub quiet_until: TimeOfDay,
    /// A missed call, and one who asked for it, is called back within (10 min).
    pub missed_within: Duration,
    /// An urgent matter is acknowledged within (5 min) ...
    pub urgent_within: Duration,
    /// ... by liaison, deputy or shift lead, each rung for (20 s) ...
    pub urgent_ring: Duration,
    /// ... so many times around (2).
    pub urgent_rounds: u32,
    /// Any other call of ours rings for (30 s).
    pub ring: Duration,
    /// An item of the ledger is reviewed every so many working days (20).
    pub review_days: i32,
    /// The reachability test of a unit comes at any hour from ...
    pub reach_from: TimeOfDay,
    /// ... until (00:00-24:00: 'reachable 24 h' is what is promised).
    pub reach_until: TimeOfDay,
}

impl Default for Settings {
    fn default() -> Self {
        let minutes = |n| Duration::from_secs(n * MINUTE);
        let hour = |h| TimeOfDay::new(h, 0).unwrap_or_default();
        Self {
            handover_within: minutes(60),
            handover_tries: 3,
            handover_gap: minutes(1),
            call_back: minutes(10),
            call_back_warn: minutes(8),
            check_after: minutes(60),
            check_grace: minutes(10),
            echo1_days: 1,
            work_days: 5,
            echo3_days: 1,
            extensions: 1,
            extension_days: 10,
            rounds: 2,
            bad_score: 2,
            citizen_tries: 3,
            citizen_gap: minutes(30),
            morning: hour(9),
            afternoon: hour(14),
            quiet_from: hour(21),
            quiet_until: hour(8),
            missed_within: minutes(10),
            urgent_within: minutes(5),
            urgent_ring: Duration::from_secs(20),
            urgent_rounds: 2,
            ring: Duration::from_secs(30),
            review_days: 20,
            reach_from: hour(0),
            reach_until: hour(24),
        }
    }
}
