//! Everything that the core can ask of the world. With `event.rs` this is the whole contract of the core.

use std::time::Duration;

use crate::board::Board;
pub use crate::board::{CallView, SeatView};
use crate::cause::Cause;
use crate::cdr::Record;
use crate::event::AgentState;
use crate::ids::{
    Address, CallId, DeskNo, Lang, LegId, Name, Pii, PlayId, PromptId, RequestId, StaffNo, UnitCode,
};

/// One thing to do. Actions are performed in order; none of them answers at once: what comes of them is an event.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Write this down. `Record::Offered` is answered by [`crate::Event::Journaled`].
    Record(Box<Record>),
    /// 180 to the citizen. The first thing that a citizen's INVITE is sent, after `Journaled`.
    Ringing(LegId),
    /// 200 to the citizen.
    Answer(LegId),
    /// Refuse an incoming leg that was not answered; `retry_after` in seconds for 503.
    Refuse(LegId, Cause, Option<u32>),
    /// Call somebody.
    Ring(Ring),
    /// End a leg in whatever state it is: CANCEL, BYE or refusal. No `Ended` follows.
    /// An answer that crosses a CANCEL still comes as `LegEvent::Answered`; hang up again after telling the party.
    HangUp(LegId, Cause),
    /// What became of a transfer that this leg's phone asked for.
    Transferred(LegId, Transferred),

    /// Open the call's room. Seats come next.
    OpenRoom(CallId),
    /// Give a leg a seat in the room. Its sound begins to flow.
    Seat(CallId, LegId, SeatRole, Group),
    /// Move a seat to another group of the same room.
    Move(CallId, LegId, Group),
    /// Nobody hears this seat while muted; it goes on hearing.
    Mute(CallId, LegId, bool),
    /// Take a seat out of the room.
    Unseat(CallId, LegId),
    /// Close the room; the recording ends.
    CloseRoom(CallId),

    /// Say something. Ends with [`crate::Event::PlayDone`], also when stopped or when nobody is left to hear it.
    Play(Play),
    /// Stop saying it.
    StopPlay(CallId, PlayId),
    /// What a single seat hears behind everything else while it waits; replaces what was there.
    Background(CallId, LegId, Background),
    /// Start, pause, resume or stop the recording of the room.
    Recording(CallId, Recording),
    /// Record what this seat says as a message: beep first, then until `#`, `max` or `silence`.
    TakeMessage {
        /// Of which call.
        call: CallId,
        /// Who speaks.
        leg: LegId,
        /// Longest message.
        max: Duration,
        /// Ends after so much silence.
        silence: Duration,
    },
    /// Stop a message that is being taken; `MessageTaken` follows.
    StopMessage(CallId, LegId),
    /// Throw the last message of this leg away.
    DiscardMessage(CallId, LegId),

    /// Ask the case store. Answered by [`crate::Event::Found`].
    Find(CallId, Question),
    /// Answer an order.
    Reply(RequestId, Result<Answer, Refusal>),
}

/// News of a transfer. After `Done` and `Failed` there is no more; `Failed` may also come first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transferred {
    /// The other is being looked for.
    Trying,
    /// Rings there.
    Ringing,
    /// The other has taken the call.
    Done,
    /// It came to nothing; the phone keeps its call.
    Failed(Cause),
}

/// An outgoing leg.
#[derive(Clone, PartialEq, Debug)]
pub struct Ring {
    /// For this call.
    pub call: CallId,
    /// Minted by the core.
    pub leg: LegId,
    /// Where.
    pub to: Address,
    /// Which seat it will take.
    pub seat: SeatRole,
    /// For which desk.
    pub desk: Option<DeskNo>,
    /// Case number or the last four digits, for the display name and User-to-User; never personal data.
    pub display: Name,
    /// The caller's language, so that a desk phone's display can say so.
    pub lang: Lang,
}

/// Who sits in a room.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum SeatRole {
    /// The one whom the room is for.
    Citizen,
    /// The operator who answered.
    Operator,
    /// The window desk.
    Desk,
    /// A unit's liaison.
    Liaison,
    /// A shift lead or supervisor.
    Supervisor,
    /// 110, 119, 120, 122.
    Emergency,
}

impl SeatRole {
    /// The word for the store and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Operator => "operator",
            Self::Desk => "desk",
            Self::Liaison => "liaison",
            Self::Supervisor => "supervisor",
            Self::Emergency => "emergency",
        }
    }
}

/// Who hears whom: seats of one group hear each other and nobody else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Group {
    /// The call itself: recorded on the seat's track and in the mix.
    Main,
    /// A private talk: operator and desk in a consultation. Recorded on private tracks, outside the mix.
    Private,
    /// Alone: hears only what is played to this seat, and nobody hears it. Whisper, hold, waiting.
    /// Recorded on the private track when `Recording` runs and the seat is not the citizen.
    Alone,
    /// Beside the call: hears the main group; this one seat hears it, or nobody does. A supervisor who listens (never
    /// recorded) or coaches the operator (private track).
    Beside(Option<LegId>),
}

/// Something to say.
#[derive(Clone, PartialEq, Debug)]
pub struct Play {
    /// In this room.
    pub call: CallId,
    /// Comes back in `PlayDone`.
    pub play: PlayId,
    /// Who hears it.
    pub to: Hearers,
    /// In this language.
    pub lang: Lang,
    /// In this order.
    pub say: Vec<Say>,
}

/// Who hears what is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hearers {
    /// One seat alone.
    Seat(LegId),
    /// Every seat of the main group.
    Main,
    /// Every seat of the private group.
    Private,
}

/// One thing to say.
#[derive(Clone, PartialEq, Debug)]
pub enum Say {
    /// A prompt with its slots filled, in the order of their names in the manifest's text.
    Prompt(PromptId, Vec<(Slot, Value)>),
    /// Silence.
    Pause(Duration),
    /// A short beep, 1 kHz.
    Beep,
}

impl Say {
    /// A prompt without slots.
    pub fn plain(id: u8) -> Self {
        Self::Prompt(PromptId(id), Vec::new())
    }
}

/// A slot's name in the manifest: `{n}`, `{desk}`, ...
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Slot {
    /// `{n}`
    N,
    /// `{m}`
    M,
    /// `{d4}`
    D4,
    /// `{case}`
    Case,
    /// `{date}`
    Date,
    /// `{datetime}`
    DateTime,
    /// `{status}`
    Status,
    /// `{unit}`
    Unit,
    /// `{desk}`
    Desk,
    /// `{service}`
    Service,
    /// `{emg}`
    Emergency,
    /// `{place}`
    Place,
}

/// What fills a slot; how it is spoken is the speech module's business.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A count of callers, minutes: spoken as a number.
    Count(u32),
    /// Digit by digit.
    Digits(Pii),
    /// A 12-digit case number, 4-4-4.
    Case(Pii),
    /// A day, milliseconds UTC of a moment in it; 'today' and 'tomorrow' are relative to `now`.
    Date {
        /// The day meant.
        at: i64,
        /// The moment of speaking.
        now: i64,
        /// Spoken after 预计 / "expected".
        provisional: bool,
    },
    /// A day and a time of day.
    DateTime {
        /// The moment meant.
        at: i64,
        /// The moment of speaking.
        now: i64,
    },
    /// A case's state by its word: `handed_over`, ...
    Status(Name),
    /// A window: its name, by recording or text-to-speech, else its number digit by digit.
    Desk(DeskNo, Name),
    /// A unit or service by name; spoken by recording or text-to-speech, else left out.
    Named(Name),
    /// 110, 119, 120, 122.
    Emergency(u16),
}

/// What a waiting seat hears.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Background {
    /// Nothing.
    Silence,
    /// Hold music.
    Music,
    /// Chinese ring-back, 450 Hz 1 s on, 4 s off.
    RingBack,
}

/// What to do with the room's recording.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Recording {
    /// Begin.
    Start,
    /// Nothing is written until `Resume`; the time line goes on as silence.
    Pause,
    /// Go on.
    Resume,
}

/// A question to the case store.
#[derive(Clone, PartialEq, Debug)]
pub enum Question {
    /// Progress of a case, by its number; with the query code unless the case's own number calls.
    Progress {
        /// 12 digits.
        case: Pii,
        /// 4 digits.
        code: Option<Pii>,
        /// The caller's own number, empty when withheld.
        caller: Pii,
    },
    /// A unit dials in: the case must be open and one of these units'. A wrong one counts as a wrong code of this caller.
    OfUnit {
        /// 12 digits.
        case: Pii,
        /// Of the staff number that was keyed; empty: nobody has it.
        units: Vec<UnitCode>,
        /// The number that calls, or the name of the phone.
        caller: Pii,
    },
    /// Make a case of the voice message that this call left.
    NewVoicemailCase,
}

/// The answer to a [`Question`].
#[derive(Clone, PartialEq, Debug)]
pub enum Lookup {
    /// What can be told of a case. Never content, names or addresses.
    Progress {
        /// Its number.
        case: Pii,
        /// When it was received, UTC ms.
        received_at: i64,
        /// Its state's word.
        status: Name,
        /// The unit that has it.
        unit: Option<(UnitCode, Name)>,
        /// When it is due, UTC ms.
        due_at: Option<i64>,
        /// The date is not certain yet.
        due_provisional: bool,
        /// An extension was granted.
        extended: bool,
    },
    /// The unit's own, and open.
    OfUnit {
        /// The case as the owner of its promises is written.
        owner: Name,
        /// Whom to call.
        citizen: Pii,
        /// In which language they called.
        lang: Lang,
        /// Urgent.
        urgent: bool,
    },
    /// The case exists; the query code is needed (and missing or wrong).
    CodeNeeded,
    /// No such case.
    NoSuchCase,
    /// This caller has used up today's tries.
    TooManyTries,
    /// The new case's number.
    NewCase(Pii),
    /// The store can't be reached now.
    Unavailable,
}

/// A fulfilled order.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// Done or under way.
    Done,
    /// Live calls.
    Calls(Vec<CallView>),
    /// Operators: staff number, phone, state.
    Agents(Vec<(StaffNo, Name, AgentState)>),
    /// Everything that a screen shows.
    Board(Box<Board>),
}

/// An order that can't be carried out, with what the reader can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// No such live call (404).
    NoSuchCall,
    /// No such desk, service, staff member or line (404).
    NoSuchTarget,
    /// The desk is closed; it opens then (UTC ms) (409 `desk_closed`).
    DeskClosed {
        /// Next opening, UTC ms; `None` when unknown.
        next_open: Option<i64>,
    },
    /// The call is in a stage in which the order makes no sense (409 `wrong_stage`).
    WrongStage {
        /// The stage's word.
        stage: &'static str,
    },
    /// A desk is already in the call or being rung (409 `seat_taken`).
    SeatTaken,
    /// The order's target is not on the allow-list (403).
    NotAllowed,
    /// The phone on which the one who orders would take part is not registered, or in another call (409 `no_phone`).
    NoPhone,
    /// The outcome of a call has to be given first (409 `outcome_due`).
    OutcomeDue,
}
