//! Compares what was written down about a call with its script's `finally` lines.

use call::cdr::{CallRow, LegRow};

use super::script::{End, EndWhat};
use super::seen::CallSeen;
use super::words;
use super::world::World;

/// How exactly durations are meant, seconds.
const ABOUT: f64 = 0.5;

impl World {
    /// Whether a `finally` line holds.
    pub fn ends_so(&self, end: &End) -> Result<(), String> {
        let call = match &end.who {
            Some(who) => self.calls.iter().find(|c| c.name == *who),
            None => self.calls.first(),
        };
        let call = call.ok_or("no such call")?;
        match &end.what {
            EndWhat::Leg(phone, result) => self.leg_ended(call, phone, result),
            EndWhat::Events(kinds) => in_order(call, kinds),
            EndWhat::NoEvent(kind) => times(call, kind, 0),
            EndWhat::OnceEvent(kind) => times(call, kind, 1),
            EndWhat::CallBack(why) => {
                let is: Vec<_> = call.call_backs.iter().map(|row| words::why(row.why)).collect();
                same("call-backs", &is, &vec![why.as_str()])
            }
            EndWhat::CallBackTo(number) => {
                let is = call.call_backs.first().map(|row| row.number.reveal());
                same("call-back to", &is, &Some(number.as_str()))
            }
            EndWhat::NoCallBack => same("call-backs", &call.call_backs.len(), &0),
            EndWhat::Rating(score, reason) => {
                let is: Vec<_> = call.ratings.iter().map(|row| (row.score, row.reason)).collect();
                same("ratings", &is, &vec![(*score, *reason)])
            }
            EndWhat::Stated(words) => {
                let is: Vec<_> = call.stated.iter().map(|row| row.stated.outcome.word()).collect();
                same("stated", &is, &words.iter().map(String::as_str).collect())
            }
            EndWhat::NoRating => same("ratings", &call.ratings.len(), &0),
            what => row_says(call.ended.first().ok_or("the call has no final record")?, what),
        }
    }

    fn leg_ended(&self, call: &CallSeen, phone: &str, result: &str) -> Result<(), String> {
        let named = |row: &&LegRow| self.legs.get(&row.leg).is_some_and(|l| l.name == phone);
        let rows: Vec<_> = call.legs.values().filter(named).collect();
        let says = |row: &&LegRow| match result {
            "joined" => row.joined_at.is_some(),
            word => row.result.is_some_and(|cause| cause.word() == word),
        };
        if rows.iter().any(says) {
            Ok(())
        } else {
            Err(format!("no leg to {phone} ended {result}: {rows:?}"))
        }
    }
}

fn row_says(row: &CallRow, what: &EndWhat) -> Result<(), String> {
    match what {
        EndWhat::Outcome(word) => same("outcome", &row.outcome.map(|o| o.word()), &Some(word.as_str())),
        EndWhat::Cause(side, reason) => {
            let is = row.cause.map(|c| (words::side(c.side), c.word()));
            let side = if side == "any" { is.map_or("any", |(side, _)| side) } else { side };
            same("cause", &is, &Some((side, reason.as_str())))
        }
        EndWhat::Operator(staff) => {
            same("operator", &row.operator.as_ref().map(|s| &*s.0), &staff.as_deref())
        }
        EndWhat::Lang(tag) => same("lang", &row.lang.tag(), &tag.as_str()),
        EndWhat::Profile(word) => same("profile", &row.profile, &word.as_str()),
        EndWhat::Case(number) => same("case", &row.case.as_ref().map(|c| c.reveal()), &Some(number.as_str())),
        EndWhat::Notice(heard) => same("notice heard", &row.notice_played_at.is_some(), heard),
        EndWhat::Config(version) => same("config", &&*row.config_version, &version.as_str()),
        EndWhat::Lasting(what, seconds) => {
            let ms = match *what {
                "waited" => row.wait_ms,
                "queued" => row.queue_ms,
                "billed" => row.billsec_ms,
                _ => row.duration_ms,
            };
            let is = ms as f64 / 1000.0;
            if (is - seconds).abs() <= ABOUT {
                Ok(())
            } else {
                Err(format!("{what}: expected {seconds}, is {is}"))
            }
        }
        _ => Err("nothing to compare".to_owned()),
    }
}

fn in_order(call: &CallSeen, kinds: &[String]) -> Result<(), String> {
    let mut events = call.events.iter().map(|e| e.kind);
    for kind in kinds {
        if !events.any(|k| k == kind) {
            let all: Vec<_> = call.events.iter().map(|e| e.kind).collect();
            return Err(format!("event {kind} is missing or out of order in {}", all.join(" ")));
        }
    }
    Ok(())
}

fn times(call: &CallSeen, kind: &str, times: usize) -> Result<(), String> {
    same(&format!("event {kind}, times"), &call.events.iter().filter(|e| e.kind == kind).count(), &times)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, should: &T) -> Result<(), String> {
    if is == should { Ok(()) } else { Err(format!("{what}: expected {should:?}, is {is:?}")) }
}
