//! A call's deadlines: an enum that indexes an array. What a timer means is said where it fires, in `events.rs`.

use std::time::Duration;

/// Everything that a call waits for by the clock. Deadlines of one leg are the leg's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    /// The journal's acknowledgement; without it the call goes on all the same.
    Journal,
    /// Music and P04.
    Music,
    /// The place in the queue is told.
    Announce,
    /// The call-back offer P13.
    Offer,
    /// The next key of whatever the citizen is asked.
    Key,
    /// The cap on all menus together.
    MenuCap,
    /// The same operator, or the next shift lead, is looked for no longer.
    Seek,
    /// The whole hunt for a desk.
    Hunt,
    /// A desk that is taken is waited for.
    DeskWait,
    /// P41 for the citizen who waits during a consultation.
    StillTrying,
    /// Operator and desk after the citizen's hang-up.
    Debrief,
    /// The case store's answer.
    Store,
    /// An errand's patience.
    Errand,
}

const COUNT: usize = 13;

/// The deadlines, time since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers([Option<Duration>; COUNT]);

const ALL: [Timer; COUNT] = [
    Timer::Journal,
    Timer::Music,
    Timer::Announce,
    Timer::Offer,
    Timer::Key,
    Timer::MenuCap,
    Timer::Seek,
    Timer::Hunt,
    Timer::DeskWait,
    Timer::StillTrying,
    Timer::Debrief,
    Timer::Store,
    Timer::Errand,
];

impl Timers {
    fn slot(&mut self, timer: Timer) -> Option<&mut Option<Duration>> {
        self.0.get_mut(timer as usize)
    }

    /// Fires at this moment; an earlier setting is forgotten.
    pub(crate) fn set(&mut self, timer: Timer, at: Duration) {
        if let Some(slot) = self.slot(timer) {
            *slot = Some(at);
        }
    }

    /// Never fires.
    pub(crate) fn stop(&mut self, timer: Timer) {
        if let Some(slot) = self.slot(timer) {
            *slot = None;
        }
    }

    /// Nothing fires any more.
    pub(crate) fn stop_all(&mut self) {
        self.0 = [None; COUNT];
    }

    /// Whether it will fire.
    pub(crate) fn runs(&self, timer: Timer) -> bool {
        self.0.get(timer as usize).is_some_and(Option::is_some)
    }

    /// The first deadline.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.0.iter().flatten().min().copied()
    }

    /// The timer whose deadline is the first that has come; it is stopped.
    pub(crate) fn pop(&mut self, now: Duration) -> Option<Timer> {
        let due = |t: &Timer| self.0.get(*t as usize).copied().flatten().filter(|at| *at <= now);
        let timer = ALL.into_iter().filter(|t| due(t).is_some()).min_by_key(due)?;
        self.stop(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn timers_fire_in_the_order_of_their_deadlines_and_once() {
        let mut timers = Timers::default();
        timers.set(Timer::Store, S(1));
        timers.set(Timer::Journal, S(2));
        timers.set(Timer::Music, S(9));
        assert_eq!(timers.next(), Some(S(1)));
        assert_eq!(
            (timers.pop(S(2)), timers.pop(S(2)), timers.pop(S(2))),
            (Some(Timer::Store), Some(Timer::Journal), None)
        );
        assert!(timers.runs(Timer::Music) && !timers.runs(Timer::Store));
    }

    #[test]
    fn every_timer_has_its_own_slot() {
        for (i, timer) in ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, i);
        }
    }
}
