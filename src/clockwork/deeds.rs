//! What can happen to any owner of promises, in one place: its task is due, its call is over.

use call::ids::CallId;
use promise::{
    Action, CallBackEvent, Clock, Event, ItemEvent, Key, Kind, NoticeEvent, Outcome, Placed, Refusal,
};
use store::promises::Owner;

/// A task is due and claimed.
pub(crate) fn due(owner: &mut Owner, clock: Clock<'_>, key: Key) -> Result<Vec<Action>, Refusal> {
    match owner {
        Owner::Case(case) => case.handle(clock, Event::Due(key)),
        Owner::CallBack(call_back) => call_back.handle(clock, CallBackEvent::Due(key)),
        Owner::Item(item) => item.handle(clock, ItemEvent::Due(key)),
        Owner::Notice(notice) => notice.handle(NoticeEvent::Due(key)),
        Owner::Reach(reach) => Ok(reach.due(clock, key)),
    }
}

/// The call of a task has brought something.
pub(crate) fn called(
    owner: &mut Owner,
    clock: Clock<'_>,
    key: Key,
    placed: Placed,
    outcome: Outcome,
) -> Result<Vec<Action>, Refusal> {
    match owner {
        Owner::Case(case) => case.handle(clock, Event::Called(key, placed, outcome)),
        Owner::CallBack(call_back) => call_back.handle(clock, CallBackEvent::Called(key, placed, outcome)),
        Owner::Reach(reach) => reach.called(clock, &key, &outcome),
        Owner::Item(_) | Owner::Notice(_) => Err(Refusal::NotOfThisCall),
    }
}

/// Whether a task of this kind makes a call.
pub(crate) fn calls(kind: Kind) -> bool {
    match kind {
        Kind::Handover
        | Kind::Urgent
        | Kind::WarnLiaison
        | Kind::WarnDeputy
        | Kind::Check
        | Kind::Echo3
        | Kind::CallBack
        | Kind::Reach => true,
        Kind::RemindBefore
        | Kind::RemindToday
        | Kind::CallBackOver
        | Kind::Echo1Over
        | Kind::WorkOver
        | Kind::Echo3Over
        | Kind::Notice
        | Kind::Review => false,
    }
}

/// A call of ours in the words of the promises. Its name (a ULID) says when it was minted: when it began.
pub(crate) fn placed(call: CallId) -> Placed {
    Placed { call: promise::CallId(call.0), began_at: i64::try_from(call.0 >> 80).unwrap_or(i64::MAX) }
}
