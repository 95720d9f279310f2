//! The machine of one trunk: looks its name up, registers, asks, counts its calls, and says how it stands.

use std::collections::VecDeque;
use std::time::Duration;

use crate::bucket::{Bucket, Limit};
use crate::dice::Dice;
use crate::register::Registration;
use crate::sites::{Sites, is_there};
use crate::state::{State, View};
use crate::{Action, Event};

/// A look-up that is not answered for so long is asked again.
const LOOK_WITHIN: Duration = Duration::from_secs(30);
/// What a look-up found is asked again at least and at most so often, whatever it says it is good for.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3600));
/// After a look-up that found nothing: doubled each time from the first to the second.
const LOOK_WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// What a trunk is to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Wished duration of a registration; `None`: we don't register.
    pub register: Option<Duration>,
    /// What we register as: a registration is made anew when it changes.
    pub account: String,
    /// Between two questions whether it is there; zero: it is not asked.
    pub qualify: Duration,
    /// Calls at once, both directions.
    pub channels: u32,
    /// New calls a second, each direction.
    pub calls_per_second: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            register: None,
            account: String::new(),
            qualify: Duration::ZERO,
            channels: 30,
            calls_per_second: 10,
        }
    }
}

/// How its destinations are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way<D> {
    /// It has none: it only brings calls.
    None,
    /// These.
    Fixed(Vec<D>),
    /// By looking up this name, which is the owner's to understand.
    Named(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Look {
    Never,
    At(Duration),
    Asked(u64, Duration),
}

/// One trunk. Feed [`Line::handle`], drain [`Line::poll`], come back at [`Line::next_timeout`].
///
/// Destinations are bounded by 16; actions by what one event makes of them.
#[derive(Clone, Debug)]
pub struct Line<D> {
    settings: Settings,
    way: Way<D>,
    sites: Sites<D>,
    registration: Registration<D>,
    look: Look,
    look_failures: u32,
    nowhere: Option<String>,
    dice: Dice,
    taken: u32,
    incoming: Bucket,
    outgoing: Bucket,
    state: State,
    since: Duration,
    last: Option<(Duration, u16)>,
    stopped: bool,
    minted: u64,
    out: VecDeque<Action<D>>,
}

impl<D: Clone + PartialEq> Line<D> {
    /// A trunk of which nothing is known yet; what is to be done first waits in [`Line::poll`].
    pub fn new(settings: Settings, way: Way<D>, seed: u64, now: Duration) -> Self {
        let mut line = Self {
            sites: Sites::new(settings.qualify),
            registration: Registration::new(settings.register, now),
            look: Look::Never,
            look_failures: 0,
            nowhere: None,
            dice: Dice::new(seed),
            taken: 0,
            incoming: Bucket::new(settings.calls_per_second, now),
            outgoing: Bucket::new(settings.calls_per_second, now),
            state: State::Unproven,
            since: now,
            last: None,
            stopped: false,
            minted: 0,
            out: VecDeque::new(),
            way: Way::None,
            settings,
        };
        line.go(now, way);
        line.work(now);
        line.out.retain(|action| !matches!(action, Action::Changed(_)));
        line
    }

    fn go(&mut self, now: Duration, way: Way<D>) {
        self.nowhere = None;
        self.look = match &way {
            Way::None => {
                self.sites.replace(now, Vec::new(), &mut self.dice);
                Look::Never
            }
            Way::Fixed(list) => {
                self.sites.replace(now, list.clone(), &mut self.dice);
                Look::Never
            }
            Way::Named(_) => Look::At(now),
        };
        self.way = way;
    }

    /// Other settings from now on. Calls, and what is known of destinations that stay, are kept.
    pub fn reconfigure(&mut self, now: Duration, settings: Settings, way: Way<D>) {
        if self.stopped {
            return;
        }
        let anew = settings.account != self.settings.account;
        self.sites.ask_every(settings.qualify, now, &mut self.dice);
        if way != self.way {
            self.go(now, way);
        }
        self.incoming.set(settings.calls_per_second, now);
        self.outgoing.set(settings.calls_per_second, now);
        if settings.register.is_none() && self.settings.register.is_some() {
            self.leave(now);
        }
        self.registration.change(now, settings.register, anew);
        self.settings = settings;
        self.work(now);
    }

    /// Takes one thing that happened.
    pub fn handle(&mut self, now: Duration, event: Event<D>) {
        if self.stopped && !matches!(event, Event::Answered(..) | Event::Timeout) {
            return;
        }
        match event {
            Event::Located(ticket, found, good_for) => self.located(now, ticket, found, good_for),
            Event::Answered(request, answer) => {
                let Self { registration, sites, dice, .. } = self;
                let ours = registration.answered(now, request, answer, sites, dice)
                    || sites.answered(now, request, answer.status, dice).is_some();
                if ours && is_there(answer.status) {
                    self.last = Some((now, answer.status));
                }
            }
            Event::Heard(at, status) => {
                self.sites.heard(now, &at, &mut self.dice);
                self.last = Some((now, status));
            }
            Event::Failed(at, pause) => self.sites.failed(now, &at, pause, &mut self.dice),
            Event::Disconnected(at) => self.registration.disconnected(now, &at, &mut self.dice),
            Event::Timeout => {}
            Event::Stop => self.stop(now),
        }
        self.work(now);
    }

    fn located(&mut self, now: Duration, ticket: u64, found: Result<Vec<D>, String>, good_for: Duration) {
        if !matches!(self.look, Look::Asked(asked, _) if asked == ticket) {
            return;
        }
        let found = found.and_then(|list| {
            let nothing = "the look-up found no address".to_owned();
            if list.is_empty() { Err(nothing) } else { Ok(list) }
        });
        match found {
            Ok(list) => {
                (self.look_failures, self.nowhere) = (0, None);
                self.sites.replace(now, list, &mut self.dice);
                let (least, most) = LOOK_AGAIN;
                self.look = Look::At(now.saturating_add(good_for.clamp(least, most)));
            }
            // What an earlier look-up found is better than nothing.
            Err(why) => {
                self.nowhere = Some(why);
                self.look_later(now);
            }
        }
    }

    fn look_later(&mut self, now: Duration) {
        let (least, most) = LOOK_WAIT;
        let wait = least.saturating_mul(1 << self.look_failures.min(9)).min(most);
        self.look_failures = self.look_failures.saturating_add(1);
        self.look = Look::At(now.saturating_add(self.dice.about(wait, 25).clamp(least, most)));
    }

    fn stop(&mut self, now: Duration) {
        self.leave(now);
        self.registration.change(now, None, false);
        self.sites.stop();
        (self.look, self.stopped) = (Look::Never, true);
    }

    fn leave(&mut self, now: Duration) {
        let Self { registration, minted, out, .. } = self;
        out.extend(registration.leave(now, || mint(minted)));
    }

    /// Everything that is due, and then how it stands.
    fn work(&mut self, now: Duration) {
        if !self.stopped {
            self.look_up(now);
            let Self { registration, sites, dice, minted, out, .. } = self;
            let asks = sites.due(now, dice, || mint(minted));
            out.extend(asks.into_iter().map(|(request, to)| Action::Ask { request, to }));
            registration.steer(now, sites);
            if sites.take_recovered() {
                registration.hurry(now, dice);
            }
        }
        let Self { registration, sites, dice, minted, out, .. } = self;
        out.extend(registration.due(now, sites, dice, || mint(minted)));
        let state = self.judge(now);
        if state != self.state {
            self.since = now;
            self.state = state.clone();
            self.out.push_back(Action::Changed(state));
        }
    }

    fn look_up(&mut self, now: Duration) {
        if matches!(self.look, Look::Asked(_, by) if by <= now) {
            self.look_later(now);
        }
        if matches!(self.look, Look::At(at) if at <= now) {
            let ticket = mint(&mut self.minted);
            self.look = Look::Asked(ticket, now.saturating_add(LOOK_WITHIN));
            self.out.push_back(Action::Locate(ticket));
        }
    }

    fn judge(&self, now: Duration) -> State {
        if self.stopped {
            return State::Stopped;
        }
        if self.way == Way::None {
            return State::Incoming;
        }
        if self.sites.is_empty() {
            return self.nowhere.clone().map_or(State::Unproven, State::Nowhere);
        }
        let held = self.registration.until().is_some();
        if self.sites.all_silent(now) {
            return State::Silent;
        }
        if self.registration.is_wanted() && !held {
            return self.registration.refusal().map_or(State::Unproven, State::Unregistered);
        }
        if self.sites.all_rest(now) {
            return State::Resting;
        }
        if held || self.sites.is_proven() { State::Up } else { State::Unproven }
    }

    /// The next thing to do for the owner.
    pub fn poll(&mut self) -> Option<Action<D>> {
        self.out.pop_front()
    }

    /// When [`Event::Timeout`] is wanted.
    pub fn next_timeout(&self) -> Option<Duration> {
        let look = match self.look {
            Look::Never => None,
            Look::At(at) | Look::Asked(_, at) => Some(at),
        };
        let registration = self.registration.next_timeout(&self.sites);
        [look, registration, self.sites.next_timeout()].into_iter().flatten().min()
    }

    /// How it stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether it can be expected to take a call now.
    pub fn is_available(&self, now: Duration) -> bool {
        self.state.is_up() && self.sites.first_good(now).is_some()
    }

    /// After [`Event::Stop`]: whether nothing is under way any more.
    pub fn is_quiet(&self) -> bool {
        self.registration.is_over()
    }

    /// The destinations in the order in which a call tries them: those that answer first, the others rather than none.
    pub fn destinations(&self, now: Duration) -> Vec<D> {
        self.sites.in_order(now)
    }

    /// Takes a channel for a call of theirs.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn enter(&mut self, now: Duration) -> Result<(), Limit> {
        Self::take(&mut self.taken, self.settings.channels, &mut self.incoming, now)
    }

    /// Takes a channel for a call of ours.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn exit(&mut self, now: Duration) -> Result<(), Limit> {
        Self::take(&mut self.taken, self.settings.channels, &mut self.outgoing, now)
    }

    fn take(taken: &mut u32, channels: u32, bucket: &mut Bucket, now: Duration) -> Result<(), Limit> {
        if *taken >= channels {
            return Err(Limit::Channels);
        }
        if !bucket.take(now) {
            return Err(Limit::Rate);
        }
        *taken = taken.saturating_add(1);
        Ok(())
    }

    /// Gives a channel back: the call is over.
    pub fn give_back(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }

    /// For an admin.
    pub fn view(&self, now: Duration) -> View<D> {
        View {
            state: self.state.clone(),
            since: self.since,
            registered_until: self.registration.until(),
            last: self.last,
            taken: self.taken,
            channels: self.settings.channels,
            destinations: self.sites.each(now),
        }
    }
}

fn mint(minted: &mut u64) -> u64 {
    *minted = minted.wrapping_add(1);
    *minted
}
