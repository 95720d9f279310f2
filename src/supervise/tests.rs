//! The watcher in virtual time; the words over a real socket.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use crate::ear::Ear;
use crate::watcher::{Action, End, Event, FIRST_PAUSE, LONGEST_PAUSE, LOOK, Note, Order, SPACING, Watcher};
use crate::{CONFIG, Teller, USAGE, Word};

const PATIENCE: Duration = Duration::from_secs(10);
const KILLED: End = End::Signal(9);

/// A watcher, its clock, and the number of the next process.
struct Story {
    watcher: Watcher,
    now: Duration,
    pid: i32,
    /// What was done, without signs of life for whoever watches the parent.
    done: Vec<Action>,
    alive: usize,
}

impl Story {
    fn new() -> Self {
        let watcher = Watcher::new(Duration::ZERO, PATIENCE);
        let mut story = Self { watcher, now: Duration::ZERO, pid: 0, done: Vec::new(), alive: 0 };
        story.drain();
        story
    }

    fn drain(&mut self) {
        while let Some(action) = self.watcher.poll() {
            match action {
                Action::Start => {
                    self.pid += 1;
                    self.watcher.handle(self.now, Event::Began(self.pid));
                }
                Action::Tell(Word::Alive) => {
                    self.alive += 1;
                    continue;
                }
                _ => {}
            }
            self.done.push(action);
        }
    }

    fn take(&mut self, event: Event) {
        self.watcher.handle(self.now, event);
        self.drain();
    }

    fn said(&mut self, pid: i32, word: Word) {
        self.take(Event::Said(pid, word));
    }

    /// Time passes; the lives in `alive` give a sign at each look.
    fn pass(&mut self, time: Duration, alive: &[i32]) {
        let end = self.now + time;
        while self.watcher.next_timeout() <= end {
            self.now = self.watcher.next_timeout();
            alive.iter().for_each(|pid| self.said(*pid, Word::Alive));
            self.take(Event::Look);
        }
        self.now = end;
    }

    fn done(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.done)
    }

    /// The first life takes calls.
    fn stands() -> Self {
        let mut story = Self::new();
        story.said(1, Word::Begins);
        story.said(1, Word::Ready);
        assert_eq!(story.done(), [Action::Start, Action::Tell(Word::Ready)]);
        story
    }
}

#[test]
fn a_house_that_has_died_is_started_at_once_and_never_twice_within_the_spacing() {
    let mut story = Story::stands();
    story.pass(Duration::from_secs(60), &[1]);
    story.take(Event::Ended(1, KILLED));
    assert_eq!(story.done(), [Action::Note(Note::Died(KILLED, Duration::ZERO, 1))]);
    story.pass(Duration::ZERO, &[]);
    assert_eq!(story.done(), [Action::Start]);
    // The second one takes calls and dies within a moment.
    story.said(2, Word::Ready);
    let short = Duration::from_millis(200);
    story.pass(short, &[2]);
    story.take(Event::Ended(2, KILLED));
    assert_eq!(story.done(), [Action::Note(Note::Died(KILLED, SPACING - short, 2))]);
    story.pass(SPACING - short - Duration::from_millis(1), &[]);
    assert_eq!(story.done(), []);
    story.pass(Duration::from_millis(1), &[]);
    assert_eq!(story.done(), [Action::Start]);
}

#[test]
fn starts_that_come_to_nothing_are_made_more_and_more_seldom() {
    let mut story = Story::stands();
    story.take(Event::Ended(1, KILLED));
    story.pass(SPACING, &[]);
    story.done();
    let mut pauses = Vec::new();
    for pid in 2..12 {
        story.take(Event::Ended(pid, End::Code(1)));
        let [Action::Note(Note::Died(_, pause, _))] = story.done()[..] else { panic!("not started again") };
        pauses.push(pause);
        story.pass(pause, &[]);
        assert_eq!(story.done(), [Action::Start]);
    }
    assert!(pauses.is_sorted() && pauses[0] < Duration::from_secs(1), "{pauses:?}");
    assert_eq!(pauses.last(), Some(&LONGEST_PAUSE));
    // One that stands again begins the count anew.
    story.said(12, Word::Ready);
    story.pass(SPACING, &[12]);
    story.take(Event::Ended(12, KILLED));
    assert_eq!(story.done(), [Action::Note(Note::Died(KILLED, Duration::ZERO, 12))]);
}

#[test]
fn a_first_start_that_was_killed_is_made_again_as_it_may_have_taken_calls() {
    let mut story = Story::new();
    story.take(Event::Ended(1, KILLED));
    assert_eq!(story.done(), [Action::Start, Action::Note(Note::Died(KILLED, FIRST_PAUSE, 1))]);
    story.pass(FIRST_PAUSE, &[]);
    assert_eq!(story.done(), [Action::Start]);
    // Now it says what is wrong.
    story.take(Event::Ended(2, End::Code(CONFIG)));
    let given_up = End::Code(CONFIG);
    assert_eq!(story.done(), [Action::Note(Note::GivenUp(given_up)), Action::End(CONFIG)]);
}

#[test]
fn what_only_an_admin_can_mend_is_not_tried_again() {
    // The first start says what is wrong, whatever it is.
    for end in [End::Code(1), End::Code(USAGE), End::Code(CONFIG), End::Unseen] {
        let mut story = Story::new();
        story.take(Event::Ended(1, end));
        assert_eq!(story.done(), [Action::Start, Action::End(end.code())]);
    }
    for code in [USAGE, CONFIG] {
        let mut story = Story::stands();
        story.take(Event::Ended(1, KILLED));
        story.pass(SPACING, &[]);
        story.done();
        story.take(Event::Ended(2, End::Code(code)));
        assert_eq!(story.done(), [Action::Note(Note::GivenUp(End::Code(code))), Action::End(code)]);
    }
    // Drained, or stopped by hand.
    let mut story = Story::stands();
    story.take(Event::Ended(1, End::Code(0)));
    assert_eq!(story.done(), [Action::End(0)]);
}

#[test]
fn signals_are_passed_on_and_a_house_that_was_told_to_end_stays_down() {
    let mut story = Story::stands();
    story.take(Event::Asked(Order::Reload));
    story.take(Event::Asked(Order::Terminate));
    let passed =
        [Action::Pass(1, Order::Reload), Action::Tell(Word::Stopping), Action::Pass(1, Order::Terminate)];
    assert_eq!(story.done(), passed);
    story.take(Event::Asked(Order::Interrupt));
    assert_eq!(story.done(), [Action::Pass(1, Order::Interrupt)], "the second one ends it now");
    story.take(Event::Ended(1, KILLED));
    assert_eq!(story.done(), [Action::End(137)]);
    // In the pause before a start there is nobody to pass it on to.
    let mut story = Story::stands();
    story.take(Event::Ended(1, KILLED));
    story.done();
    story.take(Event::Asked(Order::Terminate));
    assert_eq!(story.done(), [Action::Tell(Word::Stopping), Action::End(0)]);
}

#[test]
fn only_the_death_of_the_last_life_starts_another_one() {
    let mut story = Story::stands();
    // It goes on in another process, which the parent did not start.
    story.said(50, Word::Begins);
    story.take(Event::Asked(Order::Upgrade));
    assert_eq!(story.done(), [Action::Pass(1, Order::Upgrade)], "who does not take calls yet is not asked");
    story.said(50, Word::Ready);
    story.take(Event::Asked(Order::Reload));
    assert_eq!(story.done(), [Action::Pass(50, Order::Reload)]);
    story.take(Event::Ended(50, End::Unseen));
    assert_eq!(story.done(), [Action::Note(Note::LivesOn(End::Unseen))]);
    // The next one comes, the first ends in order: said before its end, heard after.
    story.said(51, Word::Ready);
    story.take(Event::Ended(1, End::Code(0)));
    story.said(1, Word::Stopping);
    assert_eq!(story.done(), []);
    story.pass(SPACING, &[51]);
    story.take(Event::Ended(51, KILLED));
    assert_eq!(story.done(), [Action::Note(Note::Died(KILLED, Duration::ZERO, 1))]);
    story.pass(Duration::ZERO, &[]);
    assert_eq!(story.done(), [Action::Start]);
}

#[test]
fn a_loop_that_stands_is_killed_once_and_one_that_does_not_die_is_told_above() {
    let mut story = Story::stands();
    story.pass(Duration::from_secs(3_600), &[1]);
    assert_eq!(story.done(), []);
    let signs = story.alive;
    story.pass(PATIENCE - LOOK, &[]);
    assert_eq!(story.done(), [], "not before its time");
    story.pass(LOOK, &[]);
    assert_eq!(story.done(), [Action::Note(Note::Stands(1, PATIENCE)), Action::Kill(1)]);
    story.pass(PATIENCE - LOOK, &[]);
    assert!(story.done().is_empty() && story.alive > signs);
    let signs = story.alive;
    story.pass(PATIENCE, &[]);
    assert_eq!((story.done(), story.alive), (Vec::new(), signs), "whoever watches the parent hears no more");
    story.take(Event::Ended(1, KILLED));
    story.pass(LOOK, &[]);
    assert!(story.done().contains(&Action::Start) && story.alive > signs);
}

#[test]
fn nobody_is_killed_while_it_starts_or_ends_or_because_the_machine_slept() {
    let mut story = Story::new();
    story.pass(Duration::from_secs(300), &[]);
    story.said(1, Word::Ready);
    assert_eq!(story.done(), [Action::Start, Action::Tell(Word::Ready)]);
    // The whole machine stood, and its parent with it.
    for _ in 0..5 {
        story.now += Duration::from_secs(60);
        story.take(Event::Look);
    }
    assert_eq!(story.done(), []);
    story.said(1, Word::Stopping);
    story.pass(Duration::from_secs(300), &[]);
    assert_eq!(story.done(), []);
}

#[tokio::test]
async fn words_are_heard_with_the_number_of_who_said_them() {
    let ear = Ear::open().unwrap();
    let [(_, name), _] = Teller::variables(ear.name(), PATIENCE);
    let teller = Teller::to(Some(&name), Some(PATIENCE)).unwrap();
    let words = [Word::Begins, Word::Ready, Word::Alive, Word::Stopping];
    for word in words {
        teller.say(word).unwrap();
        let (pid, heard) = ear.hear().await.unwrap();
        assert_eq!((pid, heard), (rustix::process::getpid(), word));
    }
    // What is no word of ours is passed over.
    let socket = UnixDatagram::unbound().unwrap();
    let at = SocketAddr::from_abstract_name(ear.name()).unwrap();
    socket.send_to_addr(b"FDSTORE=1", &at).unwrap();
    teller.say(Word::Alive).unwrap();
    assert_eq!(ear.hear().await.unwrap().1, Word::Alive);
    assert!(ear.heard().is_none());
    drop(ear);
    assert!(teller.say(Word::Alive).is_err(), "the watcher is gone");
    let nobody = Teller::to(None, None).unwrap();
    assert!(nobody.say(Word::Alive).is_ok() && nobody.patience().is_none());
}

#[test]
fn a_watcher_at_a_path_is_spoken_to_as_the_system_s_own() {
    let path = std::env::temp_dir().join(format!("hotline-notify-{}", std::process::id()));
    let above = UnixDatagram::bind(&path).unwrap();
    let teller = Teller::to(Some(OsStr::from_bytes(path.as_os_str().as_bytes())), None).unwrap();
    teller.say(Word::Ready).unwrap();
    let mut bytes = [0; 100];
    let length = above.recv(&mut bytes).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(bytes[..length].starts_with(b"READY=1\n"));
}
