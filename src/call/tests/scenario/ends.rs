//! Reads a `finally` line: what must hold when all is over.

use super::script::{End, EndWhat};

/// The first words of a statement; anything else there is a citizen's name.
const WORDS: &[&str] = &[
    "outcome",
    "cause",
    "operator",
    "lang",
    "profile",
    "leg",
    "events",
    "no",
    "once",
    "call-back",
    "call-back-to",
    "rating",
    "stated",
    "case",
    "notice",
    "config",
    "waited",
    "queued",
    "lasted",
    "billed",
];

/// Reads what stands after `finally`.
pub fn read(rest: &str) -> Result<End, String> {
    let mut words: Vec<&str> = rest.split_whitespace().collect();
    let first = *words.first().ok_or("finally what?")?;
    let who = (!WORDS.contains(&first)).then(|| first.to_owned());
    if who.is_some() {
        words.remove(0);
    }
    Ok(End { who, what: read_what(&words).ok_or_else(|| format!("not an end: {rest}"))? })
}

fn read_what(words: &[&str]) -> Option<EndWhat> {
    let own = |w: &str| w.to_owned();
    Some(match words {
        ["outcome", word] => EndWhat::Outcome(own(word)),
        ["cause", side, reason] => EndWhat::Cause(own(side), own(reason)),
        ["operator", "nobody"] => EndWhat::Operator(None),
        ["operator", staff] => EndWhat::Operator(Some(own(staff))),
        ["lang", tag] => EndWhat::Lang(own(tag)),
        ["profile", word] => EndWhat::Profile(own(word)),
        ["leg", phone, result] => EndWhat::Leg(own(phone), own(result)),
        ["events", kinds @ ..] => EndWhat::Events(kinds.iter().map(|w| own(w)).collect()),
        ["no", "event", kind] => EndWhat::NoEvent(own(kind)),
        ["once", "event", kind] => EndWhat::OnceEvent(own(kind)),
        ["call-back", why] => EndWhat::CallBack(own(why)),
        ["call-back-to", number] => EndWhat::CallBackTo(own(number)),
        ["no", "call-back"] => EndWhat::NoCallBack,
        ["rating", "none"] => EndWhat::Rating(None, None),
        ["rating", score] => EndWhat::Rating(Some(score.parse().ok()?), None),
        ["rating", score, "reason", why] => {
            EndWhat::Rating(Some(score.parse().ok()?), Some(why.parse().ok()?))
        }
        ["stated", words @ ..] => EndWhat::Stated(words.iter().map(|w| own(w)).collect()),
        ["no", "rating"] => EndWhat::NoRating,
        ["case", number] => EndWhat::Case(own(number)),
        ["notice", "heard"] => EndWhat::Notice(true),
        ["notice", "unheard"] => EndWhat::Notice(false),
        ["config", version] => EndWhat::Config(own(version)),
        ["waited", s] => EndWhat::Lasting("waited", s.parse().ok()?),
        ["queued", s] => EndWhat::Lasting("queued", s.parse().ok()?),
        ["lasted", s] => EndWhat::Lasting("lasted", s.parse().ok()?),
        ["billed", s] => EndWhat::Lasting("billed", s.parse().ok()?),
        _ => return None,
    })
}
