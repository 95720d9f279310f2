//! The reports of an errand as events of its promise: each at its own moment, so that a receipt counts from the key and not from
//! the end of the talk that follows it. Pure.

use call::cause::{Cause, Reason, Side};
use call::errand::{End, ErrandRow, News, Question};
use call::ids::StaffNo;
use promise::{Answers, Kind, Miss, Name, Of, Outcome};

/// What one report means for the promise, given those before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Means {
    /// Nothing yet.
    Nothing,
    /// The call's outcome; the call goes on.
    Outcome(Outcome),
    /// Unit and citizen talk: the proof of a call-back by this staff number.
    CalledBack(Name),
    /// The call is over, and its outcome was told before.
    Over,
    /// The call is over with this outcome.
    OverWith(Outcome),
    /// The call is over and the house itself could not make it: the task is tried again. The word is for its row.
    OverInVain(&'static str),
}

/// Reads the last of these reports, which are one call's in their order. `kind` is the task's.
pub fn means(kind: Kind, reports: &[ErrandRow]) -> Means {
    let Some((row, before)) = reports.split_last() else { return Means::Nothing };
    if before.iter().any(|row| matches!(row.news, News::Over(_))) {
        return Means::Nothing;
    }
    match &row.news {
        News::Over(end) => over(kind, before, *end),
        News::Connected => connected(kind, before),
        news => match outcome(kind, news) {
            // Told once: a second key says nothing new.
            Some(outcome) if !told(kind, before) => Means::Outcome(outcome),
            _ => Means::Nothing,
        },
    }
}

/// Whose a call is that no task has made: `connect/`, owner, `/`, staff number of an order from a screen, or `dial/` and the
/// owner when the unit dialled in.
pub fn joined_to(task: &str) -> Option<Of> {
    match task.strip_prefix("connect/") {
        Some(rest) => Of::parse(rest.rsplit_once('/')?.0),
        None => Of::parse(task.strip_prefix("dial/")?),
    }
}

/// Whose staff number talks with the citizen: the one that was keyed, or whose phone was rung or dialled in.
pub fn connected_by(reports: &[ErrandRow]) -> Option<StaffNo> {
    reports.iter().rev().find_map(|row| match &row.news {
        News::Received(staff) | News::Acknowledged(staff) | News::Told(staff) | News::Dialled(staff) => {
            Some(staff.clone())
        }
        _ => None,
    })
}

/// What a key or a moment of the call says for good, before it is over.
fn outcome(kind: Kind, news: &News) -> Option<Outcome> {
    match (kind, news) {
        (Kind::Handover, News::Received(staff)) => Some(Outcome::Received(staff.0.clone())),
        (Kind::Handover, News::WrongUnit(_)) => Some(Outcome::WrongUnit),
        (Kind::Urgent | Kind::Reach, News::Acknowledged(staff)) => {
            Some(Outcome::Acknowledged(staff.0.clone()))
        }
        (Kind::WarnLiaison | Kind::WarnDeputy, News::Told(_)) => Some(Outcome::Heard),
        (Kind::CallBack, News::Connected) => Some(Outcome::Connected),
        (_, _) => None,
    }
}

fn told(kind: Kind, before: &[ErrandRow]) -> bool {
    before.iter().any(|row| outcome(kind, &row.news).is_some())
}

fn connected(kind: Kind, before: &[ErrandRow]) -> Means {
    match kind {
        Kind::CallBack if told(kind, before) => Means::Nothing,
        Kind::CallBack => Means::Outcome(Outcome::Connected),
        Kind::Handover | Kind::Urgent | Kind::WarnLiaison | Kind::WarnDeputy => {
            connected_by(before).map_or(Means::Nothing, |staff| Means::CalledBack(staff.0))
        }
        // A citizen who is asked and wants an operator; nobody called back by that.
        Kind::Check
        | Kind::Echo3
        | Kind::RemindBefore
        | Kind::RemindToday
        | Kind::CallBackOver
        | Kind::Echo1Over
        | Kind::WorkOver
        | Kind::Echo3Over
        | Kind::Reach
        | Kind::Notice
        | Kind::Review => Means::Nothing,
    }
}

fn over(kind: Kind, before: &[ErrandRow], end: End) -> Means {
    if told(kind, before) {
        return Means::Over;
    }
    if matches!(kind, Kind::Check | Kind::Echo3)
        && let Some(answers) = answers(before)
    {
        return Means::OverWith(Outcome::Answered(answers));
    }
    let rather_not =
        |row: &ErrandRow| matches!(row.news, News::Later | News::WantsOperator | News::Passed(_));
    if before.iter().any(rather_not) {
        return Means::OverWith(Outcome::Missed(Miss::Declined));
    }
    let cause = match end {
        // The contact's own verdict says more than the house's.
        End::Failed(cause) => cause,
        End::Done => Cause::new(Side::Callee, Reason::NoKey),
    };
    match miss(cause) {
        Ok(miss) => Means::OverWith(Outcome::Missed(miss)),
        // The next of the chain is called in any case, at once or after the usual wait.
        Err(_) if matches!(kind, Kind::Handover | Kind::Urgent) => {
            Means::OverWith(Outcome::Missed(Miss::NoLine))
        }
        Err(why) => Means::OverInVain(why),
    }
}

/// What the citizen keyed; `None`: nothing.
fn answers(before: &[ErrandRow]) -> Option<Answers> {
    let mut found = Answers::default();
    for row in before {
        match row.news {
            News::Answered(Question::Called | Question::Term, yes) => found.first = Some(yes),
            News::Answered(Question::Result, yes) => found.second = Some(yes),
            News::Scored(score) => found.score = Some(score),
            _ => {}
        }
    }
    (found != Answers::default()).then_some(found)
}

/// Why a call came to nothing; `Err`: it was never really made, in a word.
fn miss(cause: Cause) -> Result<Miss, &'static str> {
    match (cause.side, cause.reason) {
        // They wait in a call of their own: whether somebody spoke with them there is asked before the next try.
        (_, Reason::CalledAgain) => Err("called_again"),
        // A call-back begins with an operator of ours.
        (Side::Operator, _) => Err("no_operator"),
        (_, Reason::Busy) => Ok(Miss::Busy),
        (_, Reason::Declined) => Ok(Miss::Declined),
        (_, Reason::NoKey | Reason::LateAnswer | Reason::MediaLost | Reason::Normal | Reason::Finished) => {
            Ok(Miss::NoKeys)
        }
        (_, Reason::Invalid | Reason::Incomplete | Reason::NotAllowed | Reason::Outside) => {
            Ok(Miss::WrongNumber)
        }
        (
            _,
            Reason::NoAnswer
            | Reason::GaveUp
            | Reason::Cancelled
            | Reason::Closed
            | Reason::Absent
            | Reason::Exhausted
            | Reason::Unregistered
            | Reason::PeerGone,
        ) => Ok(Miss::NoAnswer),
        (_, Reason::Trunk) => Err("trunk"),
        (_, Reason::ChannelsFull) => Err("channels_full"),
        (_, Reason::Outbound) => Err("outbound_limit"),
        (_, Reason::Overload) => Err("overload"),
        (_, Reason::Draining) => Err("draining"),
        (_, Reason::Crash) => Err("crash"),
        (_, Reason::NoCodec | Reason::Protocol | Reason::NotOurs) => Err("protocol"),
    }
}
