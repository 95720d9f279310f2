//! What a play tells: its steps, and how it stands when the path is clear.

use std::time::Duration;

use call::ids::PlayId;
use serde_json::Value;

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Since the call came in.
    pub at: Duration,
    /// The word for machines.
    pub kind: &'static str,
    /// The same for people.
    pub text: String,
    /// An object.
    pub facts: Value,
    /// Which file and setting decided, in words.
    pub why: Vec<String>,
    /// What was being said.
    pub(crate) play: Option<PlayId>,
}

/// How it stands when the path is clear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Citizen, operator and desk.
    Three,
    /// Citizen and operator.
    Talk,
    /// Citizen and desk.
    TalkDesk,
    /// A voice message is recorded.
    Message,
    /// Refused before the answer.
    Refused,
    /// Over.
    Over,
    /// Still waiting after the longest time, at this place.
    Waiting(Option<u32>),
}

impl Ending {
    /// The word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Three => "three_way",
            Self::Talk => "talk",
            Self::TalkDesk => "talk_desk",
            Self::Message => "voice_mail",
            Self::Refused => "refused",
            Self::Over => "ended",
            Self::Waiting(_) => "waiting",
        }
    }
}

/// The whole of it.
#[derive(Debug)]
pub struct Tale {
    /// In their order.
    pub steps: Vec<Step>,
    /// When the path was clear, since the call came in.
    pub at: Duration,
    /// How it stands then.
    pub ending: Ending,
    /// The ending in words.
    pub result: String,
    /// What the reader should know about the play itself.
    pub notes: Vec<String>,
    /// A call-back is owed now.
    pub owed: bool,
    /// A call-back was offered.
    pub offered: bool,
    /// Who talks with the caller.
    pub joined: Vec<String>,
}
