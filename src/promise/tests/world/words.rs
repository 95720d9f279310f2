//! How an action reads in a script.

use promise::{Action, End, Fact, Order, Proof, Script};

use super::{people, time::say};

/// `None`: nothing that a script speaks of.
pub fn action(action: &Action) -> Option<String> {
    Some(match action {
        Action::Record(fact) => return self::fact(fact),
        Action::Call(order) => call(order),
        Action::Tell(reader, news) => format!("tell {} {}", reader.word(), news.word()),
        Action::Plan(_) | Action::Move(..) | Action::Cancel(_) => return None,
    })
}

fn call(order: &Order) -> String {
    let script = match order.script {
        Script::Handover => "handover".to_owned(),
        Script::Reminder(minutes) => format!("reminder {minutes}"),
        Script::Urgent => "urgent".to_owned(),
        Script::Check => "check".to_owned(),
        Script::Echo3 => "echo3".to_owned(),
        Script::CallBack => "callback".to_owned(),
        Script::Reach => "reach".to_owned(),
    };
    format!("call {} {script}", people::name(&order.to))
}

fn fact(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::Moved(state) => format!("state {}", state.word()),
        Fact::Assigned(unit) => format!("assigned {unit}"),
        Fact::Promised(p) => {
            let provisional = if p.provisional { " provisional" } else { "" };
            format!("promise {} due {}{provisional}", p.what.word(), say(p.due_at))
        }
        Fact::DueChanged { old, new, why } => {
            let provisional = if new.provisional { " provisional" } else { "" };
            let (what, due) = (new.what.word(), say(new.due_at));
            format!("changed {what} due {due}{provisional} was {} {}", say(*old), why.word())
        }
        Fact::Ended(what, End::Kept(proof)) => format!("kept {} {}", what.word(), self::proof(*proof)),
        Fact::Ended(what, End::Missed(why)) => format!("missed {} {}", what.word(), why.word()),
        Fact::Ended(what, End::Void(why)) => format!("void {} {}", what.word(), why.word()),
        Fact::Late(what, proof) => format!("late {} {}", what.word(), self::proof(*proof)),
        Fact::Tried(what, miss) => format!("tried {} {}", what.word(), miss.word()),
        Fact::Person(what) => format!("person {}", what.word()),
        Fact::Received(by, _) => format!("received {by}"),
        Fact::Returned(why) => format!("returned {why}"),
        Fact::Told { what, by, .. } => format!("told {} {by}", what.word()),
        Fact::ExtensionAsked(days, _) => format!("extension asked {days}"),
        Fact::ExtensionAnswered(Some(days), _) => format!("extension granted {days}"),
        Fact::ExtensionAnswered(None, _) => "extension refused".to_owned(),
        Fact::Reported(by) => format!("reported {by}"),
        Fact::Scored(what, answers, _) => match answers.score {
            Some(score) => format!("scored {} {score}", what.word()),
            None => format!("scored {}", what.word()),
        },
        Fact::Disputed(what) => format!("disputed {}", what.word()),
        Fact::Round(round) => format!("round {round}"),
        Fact::Flagged(flag, on) => format!("flag {flag:?} {on}").to_lowercase(),
        Fact::Merged(_) => "merged".to_owned(),
        Fact::GaveUp(why) => format!("gave up {why}"),
        Fact::Decided(what) => format!("decided {what}"),
        Fact::Joined(_) => "joined".to_owned(),
        Fact::Settled => "settled".to_owned(),
        Fact::Reached(contact, yes) => {
            format!("{} {}", if *yes { "reached" } else { "unreached" }, contact.word())
        }
        Fact::Listed(why) => format!("listed {why}"),
        Fact::Reviewed(what, next) => format!("reviewed {what} next {}", say(*next)),
        Fact::Struck(why) => format!("struck {why}"),
        Fact::NoticeMade => "notice made".to_owned(),
        Fact::NoticeEdited(by) => format!("notice edited {by}"),
        Fact::NoticeSigned(by) => format!("notice signed {by}"),
        Fact::NoticeSent(by) => format!("notice sent {by}"),
    })
}

fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Proven(_) => "proven",
        Proof::Claimed => "claimed",
    }
}
