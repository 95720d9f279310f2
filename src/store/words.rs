//! The words in the columns and the values that they stand for, both ways.

use call::action::SeatRole;
use call::cause::{Cause, Reason, Side};
use call::cdr::{CallBackWhy, Outcome};
use call::ids::Lang;

use crate::rows::RecordingKind;

const SIDES: [Side; 5] = [Side::Citizen, Side::Operator, Side::Callee, Side::House, Side::Network];

const SEATS: [SeatRole; 6] = [
    SeatRole::Citizen,
    SeatRole::Operator,
    SeatRole::Desk,
    SeatRole::Liaison,
    SeatRole::Supervisor,
    SeatRole::Emergency,
];

const OUTCOMES: [Outcome; 9] = [
    Outcome::OnSpot,
    Outcome::Bridged,
    Outcome::HandedOver,
    Outcome::CaseOpened,
    Outcome::Voicemail,
    Outcome::Abandoned,
    Outcome::Emergency,
    Outcome::Invalid,
    Outcome::Interrupted,
];

const KINDS: [RecordingKind; 4] =
    [RecordingKind::Mix, RecordingKind::Leg, RecordingKind::Private, RecordingKind::Voicemail];

const WHYS: [CallBackWhy; 3] = [CallBackWhy::Missed, CallBackWhy::Asked, CallBackWhy::CutOff];

/// The kinds of events that end a call.
pub(crate) fn is_final(kind: &str) -> bool {
    matches!(kind, "call.ended" | "call.abandoned")
}

/// `ended_by`.
pub(crate) fn side(side: Side) -> &'static str {
    match side {
        Side::Citizen => "citizen",
        Side::Operator => "operator",
        Side::Callee => "callee",
        Side::House => "house",
        Side::Network => "network",
    }
}

/// A verdict from its two columns.
pub(crate) fn cause(by: Option<&str>, word: Option<&str>) -> Option<Cause> {
    let by = SIDES.into_iter().find(|s| Some(side(*s)) == by)?;
    let of = |reason| Cause::new(by, reason);
    Reason::ALL.into_iter().map(of).find(|c| Some(c.word()) == word)
}

pub(crate) fn seat(word: &str) -> Option<SeatRole> {
    SEATS.into_iter().find(|s| s.word() == word)
}

pub(crate) fn outcome(word: &str) -> Option<Outcome> {
    OUTCOMES.into_iter().find(|o| o.word() == word)
}

pub(crate) fn recording_kind(word: &str) -> Option<RecordingKind> {
    KINDS.into_iter().find(|k| k.word() == word)
}

pub(crate) fn lang(tag: &str) -> Option<Lang> {
    [Lang::Zh, Lang::En].into_iter().find(|l| l.tag() == tag)
}

/// `callback.why`.
pub(crate) fn why(why: CallBackWhy) -> &'static str {
    match why {
        CallBackWhy::Missed => "missed",
        CallBackWhy::Asked => "asked",
        CallBackWhy::CutOff => "cut_off",
    }
}

/// `callback.purpose`: a place in the queue is kept for whoever asked; all others are missed calls.
pub(crate) fn purpose(why: CallBackWhy) -> &'static str {
    match why {
        CallBackWhy::Asked => "queue",
        CallBackWhy::Missed | CallBackWhy::CutOff => "missed_call",
    }
}

pub(crate) fn call_back_why(word: &str) -> Option<CallBackWhy> {
    WHYS.into_iter().find(|w| why(*w) == word)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_word_finds_its_way_back() {
        for by in SIDES {
            for reason in Reason::ALL {
                let verdict = Cause::new(by, reason);
                assert_eq!(cause(Some(side(by)), Some(verdict.word())), Some(verdict));
            }
        }
        assert!(SEATS.into_iter().all(|s| seat(s.word()) == Some(s)));
        assert!(OUTCOMES.into_iter().all(|o| outcome(o.word()) == Some(o)));
        assert!(KINDS.into_iter().all(|k| recording_kind(k.word()) == Some(k)));
        assert!(WHYS.into_iter().all(|w| call_back_why(why(w)) == Some(w)));
        assert_eq!((cause(None, Some("busy")), cause(Some("house"), None), outcome("")), (None, None, None));
    }

    #[test]
    fn no_reason_is_listed_twice() {
        let words: BTreeSet<_> = Reason::ALL.iter().map(|r| Cause::new(Side::House, *r).word()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
    }

    /// A new reason fails to compile here until it is listed above.
    #[test]
    fn every_reason_is_listed() {
        let mut listed = 0;
        for reason in Reason::ALL {
            listed += match reason {
                Reason::Normal | Reason::GaveUp | Reason::Busy | Reason::NoAnswer | Reason::Declined => 1,
                Reason::NoKey | Reason::Invalid | Reason::Trunk | Reason::Cancelled | Reason::LateAnswer => 1,
                Reason::Closed | Reason::Absent | Reason::Exhausted | Reason::NotOurs => 1,
                Reason::NotAllowed
                | Reason::Outside
                | Reason::Outbound
                | Reason::Incomplete
                | Reason::NoCodec
                | Reason::Overload => 1,
                Reason::Draining | Reason::ChannelsFull | Reason::MediaLost | Reason::Unregistered => 1,
                Reason::PeerGone | Reason::Crash | Reason::Finished | Reason::Protocol => 1,
                Reason::CalledAgain => 1,
            };
        }
        assert_eq!(listed, 29);
    }
}
