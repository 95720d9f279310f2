//! A scenario script as data: what stands before the first step, the steps, and what must hold at the end.

use std::time::Duration;

use call::event::Key;

/// One file of `tests/scenarios`.
#[derive(Debug)]
pub struct Script {
    /// `group/name`, without `.txt`.
    pub name: String,
    /// Everything that holds before the first step.
    pub house: House,
    /// In the order of time.
    pub steps: Vec<Step>,
    /// What must hold when all is over.
    pub ends: Vec<(usize, End)>,
}

/// The house as the script finds it.
#[derive(Debug, Default)]
pub struct House {
    /// Named plan of `plans.rs`.
    pub plan: String,
    /// `set limits.max_calls = 1`, with the line.
    pub sets: Vec<(usize, String, String)>,
    /// Wall clock at second 0, UTC ms.
    pub clock: i64,
    /// Operators' phones that are registered from the start. Desk phones are, unless they are `away`.
    pub duty: Vec<String>,
    /// Phones that are not registered.
    pub away: Vec<String>,
    /// What the case store knows.
    pub cases: Vec<Case>,
    /// How long the journal takes; `None`: it never answers.
    pub journal: Option<Duration>,
    /// The case store does not answer questions.
    pub store_away: bool,
    /// Wrong query codes that this caller keyed earlier today.
    pub wrong_codes: u32,
}

/// A case that the store knows.
#[derive(Debug, Clone)]
pub struct Case {
    /// 12 digits.
    pub number: String,
    /// 4 digits.
    pub code: String,
    /// The citizen's own number.
    pub owner: String,
    /// The state's word.
    pub status: String,
    /// Unit code and name.
    pub unit: Option<(String, String)>,
    /// UTC ms.
    pub received: i64,
    /// UTC ms.
    pub due: Option<i64>,
    /// Spoken after "expected".
    pub provisional: bool,
    /// P24 instead of P23's date.
    pub extended: bool,
}

/// Somebody does something at a moment; then things are expected until the next step.
#[derive(Debug)]
pub struct Step {
    /// Line in the file.
    pub line: usize,
    /// Since second 0.
    pub at: Duration,
    /// As written, for the report of a failure.
    pub text: String,
    /// What is done.
    pub deed: Deed,
    /// With their lines.
    pub expects: Vec<(usize, Expect)>,
}

/// What people, phones and the house around the core do.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Nothing: time passes.
    Wait,
    /// A citizen calls.
    Dials { who: String, to: String, from: Option<String>, withheld: bool },
    /// A unit dials in for a citizen, `from NUMBER`, `withheld`, or from a phone of the house that has its name.
    DialsIn { who: String, citizen: String, from: Vec<String> },
    /// A promise is due: the house calls, for the citizen of this name.
    Calls { who: String, words: Vec<String> },
    /// Presses keys, 0.1 s apart.
    Keys(String, Vec<Key>),
    /// Picks up.
    Answers(String),
    /// Picks up in the moment in which we take the call back: the 200 crosses our CANCEL.
    AnswersLate(String),
    /// The phone refuses with this SIP status.
    Replies(String, u16),
    /// Hangs up, or gives up before the answer.
    HangsUp(String),
    /// Presses the phone's hold key, or takes the call back.
    Holds(String, bool),
    /// Presses the phone's transfer key: to somebody, outside, or to who is on the second call.
    Transfers(String, Vec<String>),
    /// Dials somebody of the house on a second line, which is called `X-2` from here.
    Consults(String, String),
    /// The phone points to another one, or outside.
    Points(String, Option<String>),
    /// The recorder finds no room for the call in which this one is up.
    Unrecorded(String),
    /// Takes the call over with another phone.
    Moves(String),
    /// No RTP and no RTCP for 10 s, or back again.
    LosesMedia(String, bool),
    /// Says nothing more into a voice message.
    StopsSpeaking(String),
    /// The phone registers or drops off.
    Registers(String, bool),
    /// A screen or program sends an order about a call (of this citizen).
    Orders(Option<String>, Vec<String>),
    /// The house takes no new calls, or takes them again.
    Drains(bool),
    /// These operators, by staff number, are in calls of another life of the house.
    Elsewhere(Vec<String>),
    /// A new configuration is published: this plan, with these settings.
    PlanChanges(String, Vec<(usize, String, String)>),
    /// The case store goes away or comes back.
    StoreAway(bool),
}

/// What is expected between a step and the next.
#[derive(Debug, Clone)]
pub enum Expect {
    /// These actions, in this order, others between them allowed.
    Seen(Vec<Pattern>),
    /// No such action.
    Never(Pattern),
    /// Just before the next step: these and nobody else hear each other in the call.
    Talk(Vec<String>),
    /// Just before the next step: these and nobody else talk in private.
    Private(Vec<String>),
    /// Just before the next step: hears nobody and is heard by nobody.
    Alone(String),
    /// Just before the next step: hears the call, and nobody hears them.
    Listens(String),
    /// Just before the next step: hears the call, and is heard by this one alone.
    Coaches(String, String),
    /// Just before the next step: neither hears the other.
    Apart(String, String),
    /// Just before the next step: is muted, or is not.
    Muted(String, bool),
    /// Just before the next step: hears `music`, `ringback` or `silence` behind everything else.
    Hears(String, String),
    /// Just before the next step: the stage's word of this citizen's call.
    Stage(Option<String>, String),
    /// Just before the next step: the place in the queue.
    Position(Option<String>, u32),
    /// Just before the next step: an operator's state.
    Agent(String, String),
}

/// Words that an action's line must hold in this order; others may stand between them.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The words.
    pub words: Vec<String>,
    /// When, within a fifth of a second.
    pub at: Option<Duration>,
}

/// What must hold when all is over; the name is the citizen's, the first caller's when absent.
#[derive(Debug, Clone)]
pub struct End {
    /// Whose call.
    pub who: Option<String>,
    /// What of it.
    pub what: EndWhat,
}

/// See [`End`].
#[derive(Debug, Clone)]
pub enum EndWhat {
    /// `outcome bridged`
    Outcome(String),
    /// `cause citizen normal`; the side may be `any`.
    Cause(String, String),
    /// `operator 1001` or `operator nobody`
    Operator(Option<String>),
    /// `lang en`
    Lang(String),
    /// `profile menu`
    Profile(String),
    /// `leg d1 busy`: some leg to this phone ended so; `joined` when it ever sat in the call.
    Leg(String, String),
    /// `events a b c`: in this order, others between them allowed.
    Events(Vec<String>),
    /// `no event a`
    NoEvent(String),
    /// `once event a`
    OnceEvent(String),
    /// `call-back missed`
    CallBack(String),
    /// `no call-back`
    NoCallBack,
    /// `call-back-to 13900000000`
    CallBackTo(String),
    /// `rating 5 [reason 2]`; `rating none` for a row without a score.
    Rating(Option<u8>, Option<u8>),
    /// `no rating`
    NoRating,
    /// `stated on_spot bridged`: in this order; without words: nothing.
    Stated(Vec<String>),
    /// `case 261012000015`
    Case(String),
    /// `notice heard` / `notice unheard`
    Notice(bool),
    /// `config v1`
    Config(String),
    /// `waited 5.0`, `queued 5.0`, `lasted 60.0`, `billed 60.0`: seconds, within half a second.
    Lasting(&'static str, f64),
}
