//! The kinds of problems that the promise clock's refusals are.

use promise::{Refusal, State, Step};

use crate::kinds::Kind;

/// One of each, for the page at /docs.
const ALL: [Refusal; 21] = [
    Refusal::NotNow(State::Archived, Step::Assign),
    Refusal::Assigned,
    Refusal::NotHandedOver,
    Refusal::NobodyToReply,
    Refusal::OnlyThroughUs,
    Refusal::NotForReplies,
    Refusal::TellTheCitizenFirst,
    Refusal::NoMoreExtensions,
    Refusal::NotThatLong,
    Refusal::TooLate,
    Refusal::NobodyAsked,
    Refusal::StillCalling,
    Refusal::NoScore,
    Refusal::SameCase,
    Refusal::NotOurs,
    Refusal::NotOfThisCall,
    Refusal::StruckOff,
    Refusal::NoDraft,
    Refusal::SignedAlready,
    Refusal::EditedMeanwhile,
    Refusal::NotSigned,
];

/// The kind of a refusal: 409, with its own word as the code.
pub(crate) fn of(refusal: Refusal) -> Kind {
    Kind {
        status: 409,
        code: refusal.word(),
        zh: "现在不能这样办理",
        en: "It can't be done now",
        retry_after: None,
    }
}

/// All of them, with the words of each.
pub(crate) fn all() -> impl Iterator<Item = (Kind, String, String)> {
    ALL.into_iter().map(|refusal| (of(refusal), refusal.zh(), refusal.en()))
}
