//! The checked configuration as the core wants it: plain values, every reference resolved, nothing to parse.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::event::Key;
use crate::ids::{Address, DeskNo, Lang, Name, PromptId, ServiceCode, Skill, StaffNo, UnitCode};

/// One version of the whole plan. A call keeps the plan it began with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Version: hash of the files, hex.
    pub version: Name,
    /// Dialled numbers that are ours, normalised (`89000`, `053589000`).
    pub numbers: Vec<Name>,
    /// How a call begins.
    pub greeting: Greeting,
    /// The menus.
    pub menus: Menus,
    /// Clocks and counters.
    pub limits: Limits,
    /// Departments and agencies.
    pub units: BTreeMap<UnitCode, Unit>,
    /// Window desks.
    pub desks: BTreeMap<DeskNo, Desk>,
    /// Services and the desks that offer them.
    pub services: BTreeMap<ServiceCode, Service>,
    /// Operators, in the order in which equals are hunted.
    pub operators: Vec<Operator>,
    /// Shift leads, rung when nobody else is left for a call in recovery.
    pub shift_leads: Vec<StaffNo>,
    /// Emergency services by the key that follows `*9`: 1 = 110, 2 = 119, 3 = 120, 4 = 122.
    pub emergency: Vec<EmergencyLine>,
    /// Numbers outside that operators may bring in, normalised, `*` at the end stands for any digits; everything else is
    /// refused.
    pub allowed_outside: Vec<Name>,
    /// How units dial in.
    pub unit_access: UnitAccess,
    /// Working time of the centre, the units and the desks.
    pub calendar: calendar::Calendar,
}

/// How units dial in to be connected with the citizen of a case.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UnitAccess {
    /// The numbers that they dial, normalised; none: they can't.
    pub numbers: Vec<Name>,
    /// Whose staff somebody is beside the contacts of the units and the members of the desks.
    pub staff: BTreeMap<StaffNo, UnitCode>,
}

impl Plan {
    /// The units that this staff number works for.
    pub fn units_of(&self, staff: &StaffNo) -> Vec<UnitCode> {
        let theirs = |members: &[Member]| members.iter().any(|member| member.staff == *staff);
        let contacts = self.units.values().filter(|unit| theirs(&unit.contacts)).map(|unit| &unit.code);
        let desks = self.desks.values().filter(|desk| theirs(&desk.members)).map(|desk| &desk.unit);
        let own = self.unit_access.staff.get(staff);
        let all: BTreeSet<&UnitCode> = contacts.chain(desks).chain(own).collect();
        all.into_iter().cloned().collect()
    }

    /// Whether this number outside may be brought in. The form is the allow-list's; another form of the same number is not.
    pub fn allows(&self, number: &str) -> bool {
        let digits = |rest: &str| rest.bytes().all(|b| b.is_ascii_digit());
        self.allowed_outside.iter().any(|allowed| match allowed.strip_suffix('*') {
            Some(head) => number.strip_prefix(head).is_some_and(digits),
            None => **allowed == *number,
        })
    }
}

/// How a call begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Greeting {
    /// `Direct`: the operator is hunted from second 0. `Menu`: the menu first.
    pub profile: Profile,
    /// Said first, in this order. P02 (the recording notice) can't be cut short by a key.
    pub opening: Vec<PromptId>,
    /// Said while waiting, after the opening (P05, P03).
    pub then: Vec<PromptId>,
    /// From here music and P04 (8 s).
    pub music_after: Duration,
    /// First announcement of the place in the queue (20 s), then every `announce_every` (30 s).
    pub announce_after: Duration,
    /// See `announce_after`.
    pub announce_every: Duration,
    /// The call-back offer P13 after so much waiting (60 s) ...
    pub offer_after: Duration,
    /// ... or at a place behind this one (5).
    pub offer_position: u32,
    /// How long 1 / 2 mean call-back / stay after P13 (10 s).
    pub offer_window: Duration,
    /// Said once at the start when the call comes in this night span, minutes of the day (P71): from, to.
    pub night: Option<(u16, u16)>,
}

/// Greeting profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Profile {
    /// The default: keys are shortcuts that nobody needs.
    #[default]
    Direct,
    /// P05 first; the operator is hunted on 0 or on time-out.
    Menu,
}

impl Profile {
    /// The word for the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Menu => "menu",
        }
    }
}

/// The menus by name, and where a call begins.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Menus {
    /// Name of the first menu.
    pub root: Name,
    /// All of them.
    pub menus: BTreeMap<Name, Menu>,
    /// What an operator keys to send a caller where: `*0` of the citizen and the like are fixed; see `digits.rs`.
    pub max_menu_time: Duration,
}

/// One menu.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Menu {
    /// Said on entering. Can be cut short by a key.
    pub say: Vec<PromptId>,
    /// What the caller can do.
    pub input: Input,
    /// Where nothing keyed leads, after the second time (once repeated).
    pub on_nothing: Go,
    /// Where the second invalid input leads (P06 after the first).
    pub on_invalid: Go,
}

/// What a menu waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// One key.
    Keys(Vec<(Key, Go)>),
    /// Several digits, ended by `#` or by their number.
    Digits {
        /// What they are.
        field: Field,
        /// Fewest digits.
        min: u8,
        /// Most digits.
        max: u8,
        /// Single keys that lead elsewhere when they are the only one (`0` then `#` or time-out).
        instead: Vec<(Key, Go)>,
        /// Where to, when complete and right.
        then: Go,
    },
}

/// What keyed digits are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// 12 digits with the check digit of ISO 7064 Mod 11,10.
    Case,
    /// 4 digits.
    QueryCode,
    /// 3 digits.
    Desk,
    /// A telephone number to call back.
    CallBackNumber,
}

/// Where a key leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Go {
    /// Another menu.
    Menu(Name),
    /// The operators with this skill.
    Queue(Skill),
    /// Change the language, then go on.
    Language(Lang, Box<Go>),
    /// Say it again.
    Repeat,
    /// The menu before, or the first.
    Back,
    /// Look the keyed case up and tell its progress (P22 - P26).
    TellProgress,
    /// Confirm and reach the keyed desk (P31, then P47 / P32 / P33).
    ReachDesk,
    /// Leave a message.
    Message,
}

/// Clocks and counters of calls.md. All can be set; the defaults are the specification's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Calls at once, above which new ones get 503.
    pub max_calls: u32,
    /// Seconds in Retry-After of a 503.
    pub retry_after: u32,
    /// First digit (6 s).
    pub first_digit: Duration,
    /// Between digits of an entry (3 s).
    pub inter_digit: Duration,
    /// Between the keys of a star code in talk (2 s).
    pub code_digit: Duration,
    /// How long an operator's phone rings before the next is tried (20 s).
    pub operator_ring: Duration,
    /// How long a citizen's phone rings when the house calls (30 s).
    pub citizen_ring: Duration,
    /// How long a desk member's phone rings (20 s).
    pub desk_ring: Duration,
    /// Attempts at a desk (3).
    pub desk_attempts: u8,
    /// Whole hunt for a desk (60 s).
    pub desk_hunt: Duration,
    /// Time for the accept key after the whisper began (10 s), said `whisper_times` (2) times.
    pub whisper: Duration,
    /// See `whisper`.
    pub whisper_times: u8,
    /// Citizen in consult hears P41 this often (15 s).
    pub still_trying: Duration,
    /// Second operator waits for a taken desk (20 s).
    pub desk_wait: Duration,
    /// Operator and desk after the citizen's hang-up (60 s).
    pub debrief: Duration,
    /// The same operator after a recall (10 s).
    pub recall: Duration,
    /// A dropped operator is rung again (20 s).
    pub recover_ring: Duration,
    /// Call-back offer to a citizen alone in recovery (30 s).
    pub recover_offer: Duration,
    /// Wrap-up after a call (30 s).
    pub wrap_up: Duration,
    /// Wrap-up lasts until the call's outcome is given, however long that takes.
    pub outcome_required: bool,
    /// After media loss the leg is hung up (30 s in all; the event comes at 10 s).
    pub media_lost_hang_up: Duration,
    /// English callers get the call-back offer after (60 s).
    pub english_wait: Duration,
    /// Longest voice message (180 s).
    pub message_max: Duration,
    /// Shortest voice message (3 s).
    pub message_min: Duration,
    /// A voice message ends after so much silence (5 s).
    pub message_silence: Duration,
    /// Waiting for the rating keys (6 s each).
    pub rating: Duration,
    /// A call-back that is owed is due after (10 min).
    pub call_back_due: Duration,
    /// A desk's bridge begins at the latest so long before its closing (5 min).
    pub last_bridge: Duration,
    /// A dropped call whose journal row is not acknowledged in this time goes on all the same, with an alarm (2 s).
    pub journal_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            max_calls: 500,
            retry_after: 30,
            first_digit: s(6),
            inter_digit: s(3),
            code_digit: s(2),
            operator_ring: s(20),
            citizen_ring: s(30),
            desk_ring: s(20),
            desk_attempts: 3,
            desk_hunt: s(60),
            whisper: s(10),
            whisper_times: 2,
            still_trying: s(15),
            desk_wait: s(20),
            debrief: s(60),
            recall: s(10),
            recover_ring: s(20),
            recover_offer: s(30),
            wrap_up: s(30),
            outcome_required: false,
            media_lost_hang_up: s(30),
            english_wait: s(60),
            message_max: s(180),
            message_min: s(3),
            message_silence: s(5),
            rating: s(6),
            call_back_due: s(600),
            last_bridge: s(300),
            journal_wait: s(2),
        }
    }
}

/// A department or agency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unit {
    /// Its code.
    pub code: UnitCode,
    /// Spoken and shown.
    pub name: Name,
    /// Department or agency.
    pub kind: UnitKind,
    /// Contact chain: liaison first, then deputy leader, then leader.
    pub contacts: Vec<Member>,
}

/// Kind of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnitKind {
    /// 部门
    Department,
    /// 机构
    Agency,
}

/// A window desk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Desk {
    /// Three digits.
    pub no: DeskNo,
    /// Spoken and shown.
    pub name: Name,
    /// Whose window it is.
    pub unit: UnitCode,
    /// `straight`: key 2 in the menu rings the desk at once; else the queue comes first with the desk pre-filled.
    pub straight: bool,
    /// In which order members are rung.
    pub hunt: Hunt,
    /// Who sits there.
    pub members: Vec<Member>,
}

/// In which order the members of a desk are rung.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Hunt {
    /// In the order of the file.
    #[default]
    Sequential,
    /// All at once; the first to press the accept key has it.
    All,
    /// The one whose last call ended longest ago.
    LongestIdle,
}

/// Somebody who can be rung.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// By staff number.
    pub staff: StaffNo,
    /// On this phone or number.
    pub address: Address,
}

/// A government service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its code.
    pub code: ServiceCode,
    /// Spoken and shown.
    pub name: Name,
    /// The desks that offer it, best first.
    pub desks: Vec<DeskNo>,
}

/// An operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// By staff number.
    pub staff: StaffNo,
    /// Phone that is rung.
    pub address: Address,
    /// What they can answer.
    pub skills: Vec<Skill>,
    /// On duty and ready as soon as the phone registers; else only after logging in.
    pub ready_on_register: bool,
}

/// An emergency service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmergencyLine {
    /// The key after `*9`, pressed twice: 1 to 4.
    pub key: u8,
    /// 110, 119, 120, 122.
    pub number: u16,
    /// Where it is reached.
    pub address: Address,
}
