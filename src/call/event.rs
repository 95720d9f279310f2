//! Everything that can happen to the calls. With `action.rs` this is the whole contract of the core.

use std::sync::Arc;
use std::time::Duration;

use crate::action::Lookup;
use crate::board::ClosedDesk;
use crate::cause::Cause;
use crate::cdr::Outcome;
use crate::errand::Errand;
use crate::ids::{Address, CallId, DeskNo, LegId, Name, Pii, PlayId, RequestId, ServiceCode, StaffNo};
use crate::plan::Plan;

/// The two clocks, both injected. Timers run on `mono`; the calendar and records use `utc_ms`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Now {
    /// Since the start of the process; never jumps.
    pub mono: Duration,
    /// Wall clock, milliseconds since 1970 UTC; may jump.
    pub utc_ms: i64,
}

/// One thing that happened. Goes into [`crate::Hotline::handle`]; afterwards drain the actions.
#[derive(Clone, Debug)]
pub enum Event {
    /// An INVITE for us, already admitted by source. Nothing has been sent back yet.
    Offered(Offer),
    /// The journal row of this call's `Record::Offered` is on disk (or the store has taken charge of it).
    Journaled(CallId),
    /// Something about one leg.
    Leg(LegId, LegEvent),
    /// A phone's own transfer key (SIP REFER). Answered by [`crate::Action::Transferred`], as often as there is news.
    Transfer(LegId, Transfer),
    /// The phone of somebody who is in a call dials somebody of the house: a private talk beside the call that it has on
    /// hold. Only after [`crate::Hotline::room_for_aside`] said so.
    Aside {
        /// The second call's leg, minted by [`crate::Hotline::mint_leg`]; nothing has been sent back yet.
        leg: LegId,
        /// The leg of the same phone that is in the room.
        beside: LegId,
        /// Whom, as dialled: a desk number, a service code, a staff number, a phone.
        to: Name,
    },
    /// A phone that we rang points somewhere else (SIP 3xx): to this name of the house, or outside.
    Redirected(LegId, Option<Name>),
    /// A key was pressed on this leg. Told once per key press, however it came in.
    Key(LegId, Key),
    /// A [`crate::Action::Play`] came to its end or was cut short.
    PlayDone(CallId, PlayId),
    /// The recording of a message ended (see [`crate::Action::TakeMessage`]).
    MessageTaken(LegId, Message),
    /// The recording does not begin, or ends before the call: why, in a word.
    NotRecorded(CallId, &'static str),
    /// A registered phone came or went.
    Phone {
        /// User name of the phone.
        phone: Name,
        /// Whether it is registered now.
        reachable: bool,
    },
    /// The answer to [`crate::Action::Find`].
    Found(CallId, Lookup),
    /// An order from a screen or a program: the REST twins of the keys.
    Order(RequestId, Order),
    /// Desks that had shut themselves before the process started.
    Closed(Vec<ClosedDesk>),
    /// A promise is due: the house calls. A [`crate::cdr::Record::Errand`] tells what comes of it.
    Errand(Box<Errand>),
    /// The configuration was changed. Calls in progress keep the plan they began with.
    PlanChanged(Arc<Plan>),
    /// These operators, and no others, ring or talk in calls of another life of this house, which ends its calls: nobody rings
    /// them here.
    Elsewhere(Vec<StaffNo>),
    /// Take no new calls any more (503 + Retry-After); calls in progress go on. `false` takes it back.
    Drain(bool),
    /// A deadline of [`crate::Hotline::next_timeout`] may have passed.
    Timeout,
}

/// A new incoming call.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Minted by the inbox.
    pub call: CallId,
    /// The citizen's leg, minted by [`crate::Hotline::mint_leg`].
    pub leg: LegId,
    /// Who calls: as received, normalised, or withheld.
    pub from: Caller,
    /// The dialled number, normalised.
    pub to: Name,
    /// The trunk or phone that it came from.
    pub source: Source,
    /// The SIP Call-ID, for the record only.
    pub sip_call_id: Name,
    /// Codec that was agreed on, for the record only: `PCMA`.
    pub codec: Name,
    /// Why the house can't take it (no common codec, no free port or channel): recorded, then refused with this verdict.
    pub refuse: Option<Cause>,
}

/// Who calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Caller {
    /// As received.
    pub raw: Pii,
    /// Normalised: national digits, `+` and country code otherwise. Empty when withheld or unreadable.
    pub number: Pii,
    /// The caller asked for privacy (RFC 3323) or sent `anonymous`.
    pub withheld: bool,
    /// The number that was dialled first, when the call was diverted to ours (RFC 5806, RFC 7044). Empty otherwise.
    pub diverted: Pii,
}

/// Where an INVITE came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A configured trunk, by name.
    Trunk(Name),
    /// A registered, authenticated phone of the house, by user name.
    Phone(Name),
    /// The house itself: it calls on an errand.
    House,
}

/// What can happen to a leg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LegEvent {
    /// An outgoing leg is ringing (180 or 183).
    Ringing,
    /// An outgoing leg was answered (200), also when it crosses our CANCEL. Its sound can be placed now.
    Answered,
    /// An outgoing leg was not answered: final refusal or time-out.
    Failed(Cause),
    /// The far end ended the leg: BYE, CANCEL before the answer, or the dialog died.
    Ended(Cause),
    /// The far end put us on hold (re-INVITE, RFC 3264 section 8.4).
    Hold,
    /// The far end came back.
    Unhold,
    /// The same person took the call over with another of their phones (SIP Replaces); it is not on hold there.
    Moved,
    /// No RTP and no RTCP for the first time-out (10 s by default).
    MediaLost,
    /// Sound arrives again after `MediaLost`.
    MediaBack,
}

/// What a phone's transfer key asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transfer {
    /// Blind: to this name of the house, as for [`Event::Aside`].
    To(Name),
    /// Attended: this phone's other leg; `None`: one that is not there any more.
    With(Option<LegId>),
    /// To somewhere that is not the house.
    Outside,
}

/// A telephone key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// 0 to 9.
    Digit(u8),
    /// `*`
    Star,
    /// `#`
    Hash,
}

impl Key {
    /// From the character on the key; `None` for anything else (A to D are not on our callers' phones).
    pub fn from_char(c: char) -> Option<Self> {
        match c {
            '0'..='9' => c.to_digit(10).and_then(|d| u8::try_from(d).ok()).map(Self::Digit),
            '*' => Some(Self::Star),
            '#' => Some(Self::Hash),
            _ => None,
        }
    }

    /// The character on the key.
    pub fn as_char(self) -> char {
        match self {
            Self::Digit(d) => char::from(b'0'.saturating_add(d.min(9))),
            Self::Star => '*',
            Self::Hash => '#',
        }
    }
}

impl std::fmt::Debug for Key {
    /// Keyed digits are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("key")
    }
}

/// A voice message as it was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// Length without the closing silence, milliseconds.
    pub length_ms: u32,
    /// Why it stopped.
    pub ended: MessageEnd,
}

/// Why a voice message stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageEnd {
    /// `#` or another key was pressed, or we stopped it.
    Stopped,
    /// The maximum length was reached.
    Full,
    /// Nothing but silence for the limit.
    Silence,
}

/// An order from a screen or a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// Bring a desk into the call.
    Bridge {
        /// Which call.
        call: CallId,
        /// Whom to bring.
        to: Wanted,
        /// Private talk first, or straight into the room.
        mode: Mode,
        /// The 12-digit case that it is about, when there is one: told to the desk and kept in the call's record.
        case: Option<Pii>,
        /// A supervisor's reason to ring a desk outside its hours; kept in the time line.
        override_reason: Option<Name>,
    },
    /// Join a desk that is in private consultation, or one that still rings as soon as it accepts.
    Merge(CallId),
    /// Take the desk out of the call, or stop ringing it.
    Drop(CallId),
    /// The operator leaves; citizen and desk go on.
    Leave(CallId),
    /// Put the citizen on hold or take them back.
    Hold(CallId, bool),
    /// Mute or unmute the operator.
    Mute(CallId, bool),
    /// End the call with the rating.
    Survey(CallId),
    /// Bring an emergency service in (110, 119, 120, 122); the operator stays.
    Emergency(CallId, u16),
    /// Call the operator back into a call that they left.
    Recall(CallId),
    /// Stop or restart the recording while an identity number is spoken.
    Recording(CallId, bool),
    /// End the call.
    HangUp(CallId),
    /// A desk takes the call: it hears the whisper, or its phone still rings and will be picked up at once.
    Accept {
        /// Which call.
        call: CallId,
        /// Whose phone; `None`: whoever is rung, who hears the whisper first.
        by: Option<StaffNo>,
    },
    /// A desk does not take the call; the next member is rung.
    Decline {
        /// Which call.
        call: CallId,
        /// Whose phone, as for `Accept`.
        by: Option<StaffNo>,
        /// Why.
        reason: DeclineReason,
    },
    /// A supervisor listens, coaches the operator, joins in, or leaves (`None`). Their own phone is rung.
    Supervise {
        /// Which call.
        call: CallId,
        /// Who.
        by: StaffNo,
        /// How; `None` ends it.
        mode: Option<Supervision>,
    },
    /// What came of a call, in the operator's judgement; also after its end. Given again, the last one counts.
    Outcome(Box<Stated>),
    /// A desk is shut until then (UTC ms), or open again (`None`).
    CloseDesk {
        /// Which.
        desk: DeskNo,
        /// Until when; a moment that is over opens it.
        until: Option<i64>,
        /// Why, in its own words.
        reason: Name,
    },
    /// An operator's own state.
    Agent(StaffNo, AgentState),
    /// The live calls, answered by [`crate::action::Answer::Calls`].
    ListCalls,
    /// The operators and their states, answered by [`crate::action::Answer::Agents`].
    ListAgents,
    /// Everything that a screen shows, answered by [`crate::action::Answer::Board`].
    Board,
}

/// Why a desk does not take a call: keys 1 to 3 after P51.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeclineReason {
    /// Serving a visitor at the counter.
    Serving,
    /// Not a matter of this window.
    WrongWindow,
    /// Will call the citizen back.
    WillCallBack,
}

impl DeclineReason {
    /// The word for the time line and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::WrongWindow => "wrong_window",
            Self::WillCallBack => "will_call_back",
        }
    }
}

/// How a supervisor takes part in a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Supervision {
    /// Hears the call; nobody hears them.
    Listen,
    /// Hears the call; the operator alone hears them.
    Whisper,
    /// Talks with everybody.
    Barge,
}

impl Supervision {
    /// The word for the time line and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Barge => "barge",
        }
    }
}

/// What an operator states of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stated {
    /// Of which call.
    pub call: CallId,
    /// What came of it.
    pub outcome: Outcome,
    /// The 12-digit case that was made or spoken about.
    pub case: Option<Pii>,
    /// The service that it was about.
    pub service: Option<ServiceCode>,
    /// In the operator's words; sealed in the store.
    pub note: Pii,
    /// Who states it: a staff number, or the name of an access token.
    pub by: Name,
}

/// Whom an operator wants in the call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// This desk.
    Desk(DeskNo),
    /// Any desk that serves this.
    Service(ServiceCode),
    /// A staff member or an outside number of the allow-list.
    Address(Address),
}

/// How a desk is brought in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Operator and desk talk in private first; the citizen hears music.
    Consult,
    /// Citizen and operator keep talking while the desk rings.
    Bridge,
}

/// An operator's state as seen by the queue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AgentState {
    /// Not on duty.
    Off,
    /// Ready for a call.
    Ready,
    /// On a break: logged in, not rung.
    Break,
    /// A call is ringing on the phone.
    Ringing,
    /// In a call.
    Talking,
    /// After a call, until wrap-up ends.
    WrapUp,
}
