//! Actions as lines of words, the way the scripts name them.

use call::action::{
    Action, Answer, Background, Group, Hearers, Question, Recording, Refusal, Say, Slot, Transferred, Value,
};
use call::cause::{Cause, Side};
use call::cdr::{CallBackWhy, Record};
use call::errand::{End, News, Question as Asked};
use call::ids::{Address, CallId, LegId};

use super::time::{day, moment};

/// How legs, calls and hearers are called in the script that runs.
pub trait Names {
    /// The phone's or citizen's name.
    fn leg(&self, leg: LegId) -> String;
    /// The citizen's name.
    fn call(&self, call: CallId) -> String;
    /// Everybody who hears it, in the order of their names.
    fn hearers(&self, call: CallId, to: Hearers) -> Vec<String>;
    /// What a playing prompt says.
    fn playing(&self, call: CallId, play: call::ids::PlayId) -> String;
}

/// The whole line.
pub fn line(action: &Action, names: &dyn Names) -> String {
    match action {
        Action::Record(record) => self::record(record, names),
        Action::Ringing(leg) => format!("180 {}", names.leg(*leg)),
        Action::Answer(leg) => format!("200 {}", names.leg(*leg)),
        Action::Refuse(leg, cause, retry) => {
            let retry = retry.map_or(String::new(), |s| format!(" retry-after {s}"));
            format!("refuse {} {} {}{retry}", names.leg(*leg), cause.sip_status(), verdict(*cause))
        }
        Action::Ring(ring) => {
            let to = address(&ring.to);
            let (seat, lang, of) = (ring.seat.word(), ring.lang.tag(), names.call(ring.call));
            format!("ring {to} as {seat} for {of} lang={lang} display={}", ring.display)
        }
        Action::HangUp(leg, cause) => format!("hang up {} {}", names.leg(*leg), verdict(*cause)),
        Action::Transferred(leg, news) => {
            let news = match news {
                Transferred::Trying => "trying".to_owned(),
                Transferred::Ringing => "ringing".to_owned(),
                Transferred::Done => "done".to_owned(),
                Transferred::Failed(cause) => format!("failed {} {}", cause.sip_status(), verdict(*cause)),
            };
            format!("transfer {} {news}", names.leg(*leg))
        }
        Action::OpenRoom(call) => format!("open room of {}", names.call(*call)),
        Action::Seat(_, leg, role, group) => {
            format!("seat {} as {} {}", names.leg(*leg), role.word(), group_word(*group))
        }
        Action::Move(_, leg, group) => format!("move {} {}", names.leg(*leg), group_word(*group)),
        Action::Mute(_, leg, true) => format!("mute {}", names.leg(*leg)),
        Action::Mute(_, leg, false) => format!("unmute {}", names.leg(*leg)),
        Action::Unseat(_, leg) => format!("unseat {}", names.leg(*leg)),
        Action::CloseRoom(call) => format!("close room of {}", names.call(*call)),
        Action::Play(play) => {
            let hearers = names.hearers(play.call, play.to).join(" ");
            format!("play {} lang={} to {hearers}", said(&play.say), play.lang.tag())
        }
        Action::StopPlay(call, play) => format!("stop {}", names.playing(*call, *play)),
        Action::Background(_, leg, what) => {
            format!("background {} {}", names.leg(*leg), background(*what))
        }
        Action::Recording(call, what) => format!("recording {} of {}", recording(*what), names.call(*call)),
        Action::TakeMessage { leg, max, silence, .. } => {
            format!("take message {} max={} silence={}", names.leg(*leg), max.as_secs(), silence.as_secs())
        }
        Action::StopMessage(_, leg) => format!("stop message {}", names.leg(*leg)),
        Action::DiscardMessage(_, leg) => format!("discard message {}", names.leg(*leg)),
        Action::Find(_, question) => find(question),
        Action::Reply(_, reply) => format!("reply {}", replied(reply)),
    }
}

fn record(record: &Record, names: &dyn Names) -> String {
    match record {
        Record::Offered(row) => format!("record offered of {}", names.call(row.call)),
        Record::Updated(row) => format!("record updated of {}", names.call(row.call)),
        Record::Ended(row) => {
            let outcome = row.outcome.map_or("no-outcome", call::cdr::Outcome::word);
            format!("record ended of {} {outcome} {}", names.call(row.call), cause(row.cause))
        }
        Record::Leg(row) => {
            format!("record leg {} attempt={} {}", names.leg(row.leg), row.attempt, cause(row.result))
        }
        Record::Event(row) => {
            let leg = row.leg.map_or(String::new(), |leg| format!(" {}", names.leg(leg)));
            let cause = cause(row.cause);
            format!(
                "event {} of {} {}{leg} {cause} {}",
                row.kind,
                names.call(row.call),
                row.actor,
                row.detail
            )
        }
        Record::CallBack(row) => {
            format!("call-back {} of {} to {}", why(row.why), names.call(row.call), row.number.reveal())
        }
        Record::Rating(row) => {
            let number = |n: Option<u8>| n.map_or("none".to_owned(), |n| n.to_string());
            format!("rating {} reason={} of {}", number(row.score), number(row.reason), names.call(row.call))
        }
        Record::Errand(row) => format!("errand {} of {}", news(&row.news), names.call(row.call)),
        Record::Stated(row) => {
            format!(
                "stated {} of {} by {}",
                row.stated.outcome.word(),
                names.call(row.stated.call),
                row.stated.by
            )
        }
    }
}

/// `failed 7001 callee busy`, `answered called yes`, `over done`.
fn news(news: &News) -> String {
    match news {
        News::Dialled(staff) => format!("dialled {}", staff.0),
        News::Failed(staff, cause) => format!("failed {} {}", staff.0, verdict(*cause)),
        News::Received(staff) => format!("received {}", staff.0),
        News::WrongUnit(staff) => format!("wrong-unit {}", staff.0),
        News::Told(staff) => format!("told {}", staff.0),
        News::Acknowledged(staff) => format!("acknowledged {}", staff.0),
        News::Passed(staff) => format!("passed {}", staff.0),
        News::CitizenAnswered => "citizen-answered".to_owned(),
        News::CitizenFailed(cause) => format!("citizen-failed {}", verdict(*cause)),
        News::Connected => "connected".to_owned(),
        News::Answered(question, yes) => {
            let question = match question {
                Asked::Suits => "suits",
                Asked::Called => "called",
                Asked::Term => "term",
                Asked::Result => "result",
                Asked::Score => "score",
            };
            format!("answered {question} {}", if *yes { "yes" } else { "no" })
        }
        News::Scored(score) => format!("scored {score}"),
        News::Because(reason) => format!("because {reason}"),
        News::Later => "later".to_owned(),
        News::WantsOperator => "wants-operator".to_owned(),
        News::Over(End::Done) => "over done".to_owned(),
        News::Over(End::Failed(cause)) => format!("over failed {}", verdict(*cause)),
    }
}

/// Why a call-back is owed.
pub fn why(why: CallBackWhy) -> &'static str {
    match why {
        CallBackWhy::Missed => "missed",
        CallBackWhy::Asked => "asked",
        CallBackWhy::CutOff => "cut_off",
    }
}

/// Whose doing.
pub fn side(side: Side) -> &'static str {
    match side {
        Side::Citizen => "citizen",
        Side::Operator => "operator",
        Side::Callee => "callee",
        Side::House => "house",
        Side::Network => "network",
    }
}

fn verdict(cause: Cause) -> String {
    format!("{} {}", side(cause.side), cause.word())
}

fn cause(cause: Option<Cause>) -> String {
    cause.map_or(String::new(), verdict)
}

/// The phone's user name, or the number.
pub fn address(address: &Address) -> String {
    match address {
        Address::Phone(user) => user.to_string(),
        Address::Number(number) => number.reveal().to_owned(),
    }
}

fn group_word(group: Group) -> &'static str {
    match group {
        Group::Main => "main",
        Group::Private => "private",
        Group::Alone => "alone",
        Group::Beside(None) => "beside",
        Group::Beside(Some(_)) => "beside-operator",
    }
}

/// The word for a background.
pub fn background(what: Background) -> &'static str {
    match what {
        Background::Silence => "silence",
        Background::Music => "music",
        Background::RingBack => "ringback",
    }
}

fn recording(what: Recording) -> &'static str {
    match what {
        Recording::Start => "start",
        Recording::Pause => "pause",
        Recording::Resume => "resume",
    }
}

fn find(question: &Question) -> String {
    match question {
        Question::Progress { case, code, caller } => {
            let code = code.as_ref().map_or("none", |c| c.reveal());
            format!("find progress {} code={code} caller={}", case.reveal(), caller.reveal())
        }
        Question::OfUnit { case, units, caller } => {
            let units: Vec<&str> = units.iter().map(|unit| &*unit.0).collect();
            format!("find of-unit {} units={} caller={}", case.reveal(), units.join("+"), caller.reveal())
        }
        Question::NewVoicemailCase => "find new-case".to_owned(),
    }
}

/// The prompts with their slots: `P10 n=2 m=3`.
pub fn said(say: &[Say]) -> String {
    let word = |say: &Say| match say {
        Say::Prompt(id, slots) => {
            let slots = slots.iter().map(|(slot, value)| format!(" {}={}", slot_word(*slot), filled(value)));
            format!("{id}{}", slots.collect::<String>())
        }
        Say::Pause(_) => "pause".to_owned(),
        Say::Beep => "beep".to_owned(),
    };
    say.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn slot_word(slot: Slot) -> &'static str {
    match slot {
        Slot::N => "n",
        Slot::M => "m",
        Slot::D4 => "d4",
        Slot::Case => "case",
        Slot::Date => "date",
        Slot::DateTime => "datetime",
        Slot::Status => "status",
        Slot::Unit => "unit",
        Slot::Desk => "desk",
        Slot::Service => "service",
        Slot::Emergency => "emg",
        Slot::Place => "place",
    }
}

fn filled(value: &Value) -> String {
    match value {
        Value::Count(n) => n.to_string(),
        Value::Digits(digits) | Value::Case(digits) => digits.reveal().to_owned(),
        Value::Date { at, provisional: false, .. } => day(*at),
        Value::Date { at, provisional: true, .. } => format!("{}?", day(*at)),
        Value::DateTime { at, .. } => moment(*at),
        Value::Status(name) | Value::Named(name) => name.to_string(),
        Value::Desk(no, _) => no.to_string(),
        Value::Emergency(number) => number.to_string(),
    }
}

fn replied(reply: &Result<Answer, Refusal>) -> String {
    match reply {
        Ok(Answer::Done) => "done".to_owned(),
        Ok(Answer::Calls(calls)) => format!("calls {}", calls.len()),
        Ok(Answer::Agents(agents)) => format!("agents {}", agents.len()),
        Ok(Answer::Board(board)) => format!("board {} {}", board.calls.len(), board.agents.len()),
        Err(Refusal::NoSuchCall) => "no_such_call".to_owned(),
        Err(Refusal::NoSuchTarget) => "no_such_target".to_owned(),
        Err(Refusal::DeskClosed { next_open }) => {
            format!("desk_closed {}", next_open.map_or("unknown".to_owned(), moment))
        }
        Err(Refusal::WrongStage { stage }) => format!("wrong_stage {stage}"),
        Err(Refusal::SeatTaken) => "seat_taken".to_owned(),
        Err(Refusal::NotAllowed) => "not_allowed".to_owned(),
        Err(Refusal::NoPhone) => "no_phone".to_owned(),
        Err(Refusal::OutcomeDue) => "outcome_due".to_owned(),
    }
}
