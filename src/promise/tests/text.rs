//! Facts and keys as text: whatever somebody wrote comes back, and what is none of ours is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use promise::{
    Answers, By, CallId, CaseId, Change, Channel, Contact, End, Fact, Flag, Key, Kind, Lapse, Method, Miss,
    Month, Of, Pledge, Proof, State, What, Why,
};

/// One of each, with texts that would break a careless reader.
fn facts() -> Vec<Fact> {
    let text = || "a=b of=work text=c\n\u{4e0b}\u{96e8} 50 %".into();
    let by = || "3001".into();
    let pledge = Pledge { what: What::Work, from: -1, days: Some(5), due_at: i64::MAX, provisional: true };
    let proven = Proof::Proven(CallId(u128::MAX));
    let answers = Answers { first: Some(true), second: None, score: Some(1) };
    vec![
        Fact::Moved(State::JointMeeting),
        Fact::Assigned("civil".into()),
        Fact::Promised(pledge),
        Fact::Promised(Pledge { what: What::Check, days: None, provisional: false, ..pledge }),
        Fact::DueChanged { old: 7, new: pledge, why: Change::Calendar },
        Fact::Ended(What::CallBack, End::Kept(proven)),
        Fact::Ended(What::Echo2, End::Kept(Proof::Claimed)),
        Fact::Ended(What::Echo3, End::Missed(Why::NotReached)),
        Fact::Ended(What::Check, End::Void(Lapse::CalledAgain)),
        Fact::Late(What::Work, Proof::Claimed),
        Fact::Tried(What::Handover, Miss::WrongNumber),
        Fact::Person(What::Check),
        Fact::Received(by(), Channel::Keys),
        Fact::Returned(text()),
        Fact::Told { what: What::Echo1, method: Method::Written, proof: proven, by: by(), until: Some(9) },
        Fact::Told { what: What::Echo2, method: Method::Face, proof: Proof::Claimed, by: by(), until: None },
        Fact::ExtensionAsked(3, text()),
        Fact::ExtensionAnswered(Some(3), text()),
        Fact::ExtensionAnswered(None, "".into()),
        Fact::Reported(by()),
        Fact::Scored(What::Echo3, answers, By::Keys),
        Fact::Scored(What::Check, Answers::default(), By::Operator),
        Fact::Disputed(What::Echo1),
        Fact::Round(2),
        Fact::Flagged(Flag::Blocked, false),
        Fact::Merged(CaseId(255)),
        Fact::GaveUp(text()),
        Fact::Decided(text()),
        Fact::Joined(CallId(1)),
        Fact::Settled,
        Fact::Reached(Contact::Deputy, false),
        Fact::Listed(text()),
        Fact::Reviewed(text(), 5),
        Fact::Struck(text()),
        Fact::NoticeMade,
        Fact::NoticeEdited(by()),
        Fact::NoticeSigned(by()),
        Fact::NoticeSent(by()),
    ]
}

#[test]
fn every_fact_comes_back_from_its_row() {
    for fact in facts() {
        let (kind, what) = fact.write();
        assert_eq!(Fact::read(kind, &what), Some(fact), "{kind} {what}");
    }
}

#[test]
fn a_row_reads_as_a_person_would_write_it() {
    assert_eq!(Fact::Moved(State::Redo).write(), ("state", "state=redo".to_owned()));
    let missed = Fact::Ended(What::Work, End::Missed(Why::NotReported));
    assert_eq!(missed.write(), ("ended", "of=work end=missed why=not_reported".to_owned()));
}

#[test]
fn what_lacks_something_is_no_fact() {
    for fact in facts() {
        let (kind, what) = fact.write();
        assert_eq!(Fact::read("note", &what), None, "a note of somebody is none of ours");
        let needs_nothing = matches!(fact, Fact::Settled | Fact::NoticeMade);
        assert_eq!(Fact::read(kind, "").is_some(), needs_nothing, "{kind}");
    }
    assert_eq!(Fact::read("state", "state=open"), None);
    assert_eq!(Fact::read("ended", "of=work end=forgotten"), None);
    assert_eq!(Fact::read("tried", "of=work miss="), None);
}

#[test]
fn keys_come_back_too() {
    let month = Month { year: 2026, month: 9 };
    let owners = [
        Of::Case(CaseId(0x1f)),
        Of::CallBack(CallId(3)),
        Of::Item(promise::ItemId(4)),
        Of::Notice(month, "civil".into()),
        Of::Reach(month, "roads".into()),
    ];
    for of in owners {
        let key = Key { of, kind: Kind::WarnLiaison, rev: 12, turn: 3 };
        assert_eq!(Key::parse(&key.to_string()), Some(key));
    }
    let key = Key { of: Of::Case(CaseId(0x1f)), kind: Kind::WorkOver, rev: 2, turn: 1 };
    assert_eq!(key.to_string(), "case/1f/work_over/2.1");
    for wrong in [
        "",
        "case/1f",
        "case/xyz/work_over/2.1",
        "case/1f/tea/2.1",
        "case/1f/work_over/2",
        "door/1/check/1.1",
    ] {
        assert_eq!(Key::parse(wrong), None, "{wrong}");
    }
}
