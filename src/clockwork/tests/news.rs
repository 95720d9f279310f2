//! What reports of a call mean for its promise, kind by kind.

use call::cause::{Cause, Reason, Side};
use call::errand::{End, ErrandRow, News, Question};
use call::ids::{CallId, StaffNo};
use promise::{Answers, Kind, Miss, Outcome};

use crate::news::{Means, joined_to, means};

fn staff() -> StaffNo {
    StaffNo("3001".into())
}

fn rows(news: &[News]) -> Vec<ErrandRow> {
    let row = |(no, news): (u32, &News)| ErrandRow {
        call: CallId(7),
        task: "case/1/handover/1.1".into(),
        no,
        at: i64::from(no) * 1000,
        news: news.clone(),
    };
    (1..).zip(news).map(row).collect()
}

/// What each report of a call means, in their order.
fn read(kind: Kind, news: &[News]) -> Vec<Means> {
    let rows = rows(news);
    (1..=rows.len()).map(|n| means(kind, &rows[..n])).filter(|means| *means != Means::Nothing).collect()
}

fn failed(side: Side, reason: Reason) -> News {
    News::Over(End::Failed(Cause::new(side, reason)))
}

const DONE: News = News::Over(End::Done);

#[test]
fn a_receipt_is_told_at_the_key_and_the_call_back_when_they_talk() {
    let call =
        [News::Dialled(staff()), News::Received(staff()), News::CitizenAnswered, News::Connected, DONE];
    let want =
        [Means::Outcome(Outcome::Received("3001".into())), Means::CalledBack("3001".into()), Means::Over];
    assert_eq!(read(Kind::Handover, &call), want);
}

#[test]
fn the_staff_number_that_was_keyed_is_who_called_back() {
    let receiver = StaffNo("3002".into());
    let call = [News::Dialled(staff()), News::Received(receiver), News::Connected];
    assert_eq!(read(Kind::Handover, &call)[1], Means::CalledBack("3002".into()));
}

#[test]
fn a_wrong_unit_is_said_once() {
    let call = [News::Dialled(staff()), News::WrongUnit(staff()), DONE];
    assert_eq!(read(Kind::Handover, &call), [Means::Outcome(Outcome::WrongUnit), Means::Over]);
}

#[test]
fn a_reminder_was_heard_or_leads_to_the_call_back() {
    for kind in [Kind::WarnLiaison, Kind::WarnDeputy] {
        let call = [News::Dialled(staff()), News::Told(staff()), News::Connected, DONE];
        let want = [Means::Outcome(Outcome::Heard), Means::CalledBack("3001".into()), Means::Over];
        assert_eq!(read(kind, &call), want);
    }
}

#[test]
fn key_1_acknowledges_an_urgent_matter_and_a_test() {
    for kind in [Kind::Urgent, Kind::Reach] {
        let call = [News::Dialled(staff()), News::Acknowledged(staff()), DONE];
        assert_eq!(read(kind, &call), [Means::Outcome(Outcome::Acknowledged("3001".into())), Means::Over]);
    }
    let passed = [News::Dialled(staff()), News::Passed(staff()), failed(Side::Callee, Reason::Declined)];
    assert_eq!(read(Kind::Urgent, &passed), [Means::OverWith(Outcome::Missed(Miss::Declined))]);
}

#[test]
fn the_answers_of_a_check_and_of_echo_3_come_with_the_end() {
    let check = [
        News::CitizenAnswered,
        News::Answered(Question::Called, true),
        News::Scored(4),
        News::Because(1),
        DONE,
    ];
    let answers = Answers { first: Some(true), second: None, score: Some(4) };
    assert_eq!(read(Kind::Check, &check), [Means::OverWith(Outcome::Answered(answers))]);
    let echo = [
        News::CitizenAnswered,
        News::Answered(Question::Term, true),
        News::Answered(Question::Result, false),
        News::Scored(2),
        DONE,
    ];
    let answers = Answers { first: Some(true), second: Some(false), score: Some(2) };
    assert_eq!(read(Kind::Echo3, &echo), [Means::OverWith(Outcome::Answered(answers))]);
    // Hung up after the first answer: what was said is kept, the promise says whether it is enough.
    let half =
        [News::CitizenAnswered, News::Answered(Question::Term, true), failed(Side::Citizen, Reason::Normal)];
    let answers = Answers { first: Some(true), second: None, score: None };
    assert_eq!(read(Kind::Echo3, &half), [Means::OverWith(Outcome::Answered(answers))]);
}

#[test]
fn who_would_rather_not_now_is_asked_another_time() {
    for news in [News::Later, News::WantsOperator] {
        let call = [News::CitizenAnswered, news, DONE];
        assert_eq!(read(Kind::Check, &call), [Means::OverWith(Outcome::Missed(Miss::Declined))]);
    }
    // An operator who talks with them is no call-back of the unit.
    let call = [News::CitizenAnswered, News::WantsOperator, News::Connected, DONE];
    assert_eq!(read(Kind::Echo3, &call), [Means::OverWith(Outcome::Missed(Miss::Declined))]);
}

#[test]
fn a_call_back_is_kept_when_they_talk() {
    let call = [News::CitizenAnswered, News::Connected, DONE];
    assert_eq!(read(Kind::CallBack, &call), [Means::Outcome(Outcome::Connected), Means::Over]);
    let missed = failed(Side::Callee, Reason::NoAnswer);
    assert_eq!(read(Kind::CallBack, &[missed]), [Means::OverWith(Outcome::Missed(Miss::NoAnswer))]);
    let nobody = failed(Side::Operator, Reason::Absent);
    assert_eq!(read(Kind::CallBack, &[nobody]), [Means::OverInVain("no_operator")]);
}

#[test]
fn causes_become_misses() {
    let rows = [
        (Side::Callee, Reason::NoAnswer, Miss::NoAnswer),
        (Side::Callee, Reason::Absent, Miss::NoAnswer),
        (Side::Callee, Reason::Busy, Miss::Busy),
        (Side::Callee, Reason::Declined, Miss::Declined),
        (Side::Callee, Reason::NoKey, Miss::NoKeys),
        (Side::Citizen, Reason::NoKey, Miss::NoKeys),
        (Side::Network, Reason::MediaLost, Miss::NoKeys),
        (Side::Callee, Reason::Invalid, Miss::WrongNumber),
        (Side::Network, Reason::Trunk, Miss::NoLine),
        (Side::House, Reason::Draining, Miss::NoLine),
        (Side::House, Reason::Crash, Miss::NoLine),
    ];
    for (side, reason, miss) in rows {
        let call = [News::Dialled(staff()), failed(side, reason)];
        let want = [Means::OverWith(Outcome::Missed(miss))];
        assert_eq!(read(Kind::Handover, &call), want, "{reason:?}");
        // Whoever has no chain behind them is tried again when it was our line.
        let means = read(Kind::Echo3, &call);
        assert_eq!(matches!(means[..], [Means::OverInVain(_)]), miss == Miss::NoLine, "{reason:?}");
    }
}

#[test]
fn every_reason_is_a_miss_or_no_call_at_all() {
    for side in [Side::Citizen, Side::Operator, Side::Callee, Side::House, Side::Network] {
        for reason in Reason::ALL {
            for kind in [Kind::Handover, Kind::Check, Kind::CallBack, Kind::Reach, Kind::WarnDeputy] {
                let call = [failed(side, reason)];
                let found = read(kind, &call);
                let good =
                    matches!(found[..], [Means::OverWith(Outcome::Missed(_))] | [Means::OverInVain(_)]);
                assert!(good, "{kind:?} {side:?} {reason:?}: {found:?}");
            }
        }
    }
}

#[test]
fn a_call_that_no_task_made_names_its_owner() {
    let case = promise::Of::Case(promise::CaseId(0xab));
    assert_eq!(joined_to("connect/case/ab/3001"), Some(case.clone()));
    assert_eq!(joined_to("dial/case/ab"), Some(case));
    for other in ["connect/case/ab", "case/ab/handover/1.1", "dial/", "t"] {
        assert_eq!(joined_to(other), None, "{other}");
    }
}

#[test]
fn nothing_follows_the_end() {
    let call = [News::Dialled(staff()), DONE, News::Received(staff())];
    assert_eq!(read(Kind::Handover, &call), [Means::OverWith(Outcome::Missed(Miss::NoKeys))]);
}
