//! Every step in every state against a grid that a person can read, and every event in every state of a real case.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod world;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use promise::{Event, State, TABLE, Track, next};

use world::time::at;
use world::{World, whole};

/// A column for each state in the order of its life; a letter where the step is allowed says where it leads.
const GRID: &str = "
                   received
                   | settled_on_spot
                   | | settled_three_way
                   | | | handed_over
                   | | | | accepted
                   | | | | | returned
                   | | | | | | reassigned
                   | | | | | | | in_progress
                   | | | | | | | | extension_asked
                   | | | | | | | | | reported
                   | | | | | | | | | | checking
                   | | | | | | | | | | | followed_up
                   | | | | | | | | | | | | archived
                   | | | | | | | | | | | | | redo
                   a b c d e f g h i j k l m n o  joint_meeting
SettleOnSpot       b - - - - - - - - - - - - - -
SettleThreeWay     c - - - - - - - - - - - - - -
Assign             a - - - - - - - - - - - - - -
HandOver           d - - - - - d - - - - - - d -
Receive            - - - e - - - - - - - - - - -
Return             - - - f f - - f - - - - - - -
Reassign           - - - - - g - - - - - - - - -
Begin              - - - - h - - - - - - - - - -
AskExtension       - - - - i - - i - - - - - - -
AnswerExtension    - - - - - - - - h - - - - - -
Report             - - - - j - - j j - - - - - -
Ask                - - - - - - - - - k - - - - -
FollowReply        - - - - l - - l - - - - - - -
FollowReport       - - - - - - - - - l l - - - -
GiveUp             - - - - m - - m - m m - - - -
Archive            - m m - - - - - - - - m - - -
Redo               - - - - - - - - - - - n - - -
Refer              - - - - - - - - - - - o - - -
Decide             - - - - - - - - - - - - - - m
Merge              m - - m m m m m m m m - - m m
";

fn letter(state: State) -> char {
    let at = State::ALL.iter().position(|s| *s == state).unwrap();
    char::from(b'a' + u8::try_from(at).unwrap())
}

#[test]
fn every_step_in_every_state_is_in_the_grid() {
    let rows: BTreeMap<&str, Vec<&str>> = GRID
        .lines()
        .filter(|line| line.starts_with(char::is_alphabetic))
        .filter_map(|line| line.split_once(' '))
        .map(|(step, cells)| (step, cells.split_whitespace().collect()))
        .collect();
    let mut seen = BTreeSet::new();
    for (step, _, _) in TABLE {
        let name = format!("{step:?}");
        let row = &rows[name.as_str()];
        assert_eq!(row.len(), State::ALL.len(), "{name}");
        for (state, cell) in State::ALL.into_iter().zip(row) {
            let leads = next(state, *step).map_or("-".to_owned(), |to| letter(to).to_string());
            assert_eq!(leads, **cell, "{name} in {}", state.word());
        }
        assert!(seen.insert(name), "{step:?} stands twice in the table");
    }
    assert_eq!(seen.len(), rows.len(), "the grid has steps that the table has not");
}

#[test]
fn words_are_read_back_and_told_apart() {
    let words: BTreeSet<&str> = State::ALL.into_iter().map(State::word).collect();
    assert_eq!(words.len(), State::ALL.len());
    let zh: BTreeSet<&str> = State::ALL.into_iter().map(State::zh).collect();
    assert_eq!(zh.len(), State::ALL.len());
    for state in State::ALL {
        assert_eq!(State::parse(state.word()), Some(state));
    }
    assert_eq!(State::parse("open"), None);
}

/// Everything that a person can do to a case, one of each.
fn deeds() -> Vec<Event> {
    use promise::{Channel, Flag, Method, Proof};
    let by = || "3001".into();
    let method = Method::Face;
    let answers = whole(5);
    vec![
        Event::SettledOnSpot,
        Event::SettledThreeWay,
        Event::HandOver("civil".into()),
        Event::Received(by(), Channel::Operator),
        Event::Returned("not ours".into()),
        Event::Reassign("roads".into()),
        Event::CalledBack(Proof::Claimed, by()),
        Event::Echo1 { method, proof: Proof::Claimed, by: by(), until: None },
        Event::Echo2 { method, proof: Proof::Claimed, by: by() },
        Event::AskExtension(3, "rain".into()),
        Event::AnswerExtension(Some(3), "granted".into()),
        Event::AnswerExtension(None, "refused".into()),
        Event::Reported(by()),
        Event::CheckedByPerson(answers),
        Event::AskedByPerson(answers),
        Event::AskedByPerson(whole(1)),
        Event::GiveUp("moved away".into()),
        Event::Decided("paid".into()),
        Event::Archive,
        Event::Merge(promise::CaseId(99)),
        Event::Flag(Flag::Urgent, true),
        Event::Flag(Flag::Blocked, true),
        Event::CalendarChanged,
    ]
}

/// Walks through every state that people's deeds and the tasks reach, breadth first, and does everything in each of them.
#[test]
fn a_refusal_changes_nothing_and_each_change_is_rebuilt_from_its_facts() {
    let mut reached = BTreeSet::new();
    let mut refused = BTreeSet::new();
    // A Monday, and a Sunday, on which a hand-over waits.
    let starts = ["2026-10-12 10:00", "2026-10-11 10:00"];
    let kinds = starts.into_iter().flat_map(|at| [(at, Track::Case), (at, Track::Reply)]);
    for (start, track) in kinds {
        let mut ways: VecDeque<Vec<Event>> = [Vec::new()].into();
        let mut known = BTreeSet::new();
        while let Some(way) = ways.pop_front() {
            for deed in deeds() {
                let mut world = World::new(at(start));
                let id = world.open(track, true, false);
                for event in &way {
                    world.tell(id, event.clone()).unwrap();
                    world.run_until(world.now + 40_000);
                }
                let before = world.case(id).clone();
                let was = before.state;
                match world.tell(id, deed.clone()) {
                    Err(refusal) => {
                        assert_eq!(*world.case(id), before, "{deed:?} was refused in {was:?}");
                        assert!(!refusal.en().is_empty() && !refusal.zh().is_empty());
                        refused.insert(refusal.word());
                    }
                    Ok(()) => {
                        reached.insert(world.case(id).state);
                        world.run_until(world.now + 40_000);
                        world.rebuild_all();
                        let is = world.case(id).clone();
                        reached.insert(is.state);
                        let mark = (is.state, is.round, is.unit.is_some(), is.check, is.echo3);
                        let mark =
                            (format!("{mark:?}"), is.vows.values().map(|v| v.is_open()).collect::<Vec<_>>());
                        if known.insert(mark) && way.len() < 12 {
                            let mut longer = way.clone();
                            longer.push(deed);
                            ways.push_back(longer);
                        }
                    }
                }
            }
        }
    }
    // `followed_up` is passed through within one step.
    let all: BTreeSet<State> = State::ALL.into_iter().filter(|s| *s != State::FollowedUp).collect();
    let missing: Vec<_> = all.difference(&reached).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
    for word in ["not_now", "assigned", "not_handed_over", "tell_the_citizen_first", "nobody_asked"] {
        assert!(refused.contains(word), "{word} was never refused: {refused:?}");
    }
}
