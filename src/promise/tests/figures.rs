//! The published figures: what each counts, and that one answer is not another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use promise::{
    Answers, By, CallId, Contact, End, Fact, Figures, Lapse, Pledge, Proof, Seen, Settings, Share, What, Why,
};

fn count(facts: &[Fact]) -> Figures {
    Figures::recount(&Settings::default(), facts.iter().map(Seen::Fact))
}

fn scored(what: What, score: Option<u8>) -> Fact {
    Fact::Scored(what, Answers { score, ..Answers::default() }, By::Keys)
}

#[test]
fn row_10_a_claim_that_the_citizen_denies_is_not_on_time() {
    let kept = |proof| Fact::Ended(What::CallBack, End::Kept(proof));
    let facts = [
        kept(Proof::Proven(CallId(1))),
        kept(Proof::Claimed),
        kept(Proof::Claimed),
        Fact::Disputed(What::CallBack),
        Fact::Disputed(What::Echo1),
        Fact::Ended(What::CallBack, End::Missed(Why::NoCallBack)),
        Fact::Ended(What::CallBack, End::Void(Lapse::Returned)),
    ];
    let figures = count(&facts);
    assert_eq!(figures.on_time, Share { whole: 4, part: 2 });
    assert_eq!(figures.on_time.permille(), Some(500));
    let tally = figures.promises[&What::CallBack];
    assert_eq!((tally.made, tally.kept, tally.missed, tally.void), (0, 3, 1, 1));
}

#[test]
fn rows_10_and_17_one_and_two_are_bad_and_no_answer_is_none() {
    let facts = [
        scored(What::Check, Some(3)),
        scored(What::Check, Some(2)),
        scored(What::Check, None),
        scored(What::Echo3, Some(1)),
        scored(What::Echo3, Some(5)),
    ];
    let figures = count(&facts);
    assert_eq!(figures.reply, Share { whole: 2, part: 1 });
    assert_eq!(figures.satisfied, Share { whole: 4, part: 2 });
}

#[test]
fn row_4_is_of_the_calls_that_somebody_answered_and_15_s_of_all() {
    let call = |waited, on_spot| Seen::Call { waited, on_spot };
    let calls =
        [call(Some(15_000), true), call(Some(15_001), true), call(Some(30_001), false), call(None, false)];
    let figures = Figures::recount(&Settings::default(), calls);
    assert_eq!(figures.within_15, Share { whole: 4, part: 1 });
    assert_eq!(figures.within_30, Share { whole: 4, part: 2 });
    assert_eq!(figures.on_spot, Share { whole: 3, part: 2 });
}

#[test]
fn desks_and_contacts_are_reachable_or_not() {
    let facts = [Fact::Reached(Contact::Liaison, true), Fact::Reached(Contact::Deputy, false)];
    let seen = facts.iter().map(Seen::Fact).chain([Seen::Desk(true), Seen::Desk(true), Seen::Desk(false)]);
    let figures = Figures::recount(&Settings::default(), seen);
    assert_eq!(figures.reachable.permille(), Some(500));
    assert_eq!(figures.desks.permille(), Some(666));
    assert_eq!(Share::default().permille(), None, "nothing to count is not all");
}

#[test]
fn every_promise_that_is_made_is_counted() {
    let pledge = Pledge { what: What::Work, from: 0, days: Some(5), due_at: 1, provisional: false };
    let facts = [Fact::Promised(pledge), Fact::Ended(What::Work, End::Missed(Why::Blocked))];
    let tally = count(&facts).promises[&What::Work];
    assert_eq!((tally.made, tally.kept, tally.missed, tally.void), (1, 0, 1, 0));
}

#[test]
fn row_10_is_the_same_whichever_is_counted_first() {
    let kept = Fact::Ended(What::CallBack, End::Kept(Proof::Claimed));
    let facts = [Fact::Disputed(What::CallBack), kept.clone(), kept];
    assert_eq!(count(&facts).on_time, Share { whole: 2, part: 1 });
    assert_eq!(count(&facts[..1]).on_time, Share::default(), "its claim was counted another time");
}
