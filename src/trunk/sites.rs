//! The destinations of one trunk: which answers, with hysteresis, and which comes first.

use std::time::Duration;

use crate::dice::Dice;

/// Most destinations of a trunk; what a look-up finds beyond them is left out.
const MOST: usize = 16;
/// Silent after so many misses in a row: one lost packet says nothing.
const MISSES: u32 = 3;
/// There again after so many answers in a row.
const ANSWERS: u32 = 2;
/// A question that is not answered within this time is a miss. Over UDP it was repeated four times by then.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
/// Between a miss and the next question, or between the first answer of a silent one and the next.
const SOON: Duration = Duration::from_secs(2);
/// The first question comes within this time, so that a hundred trunks are not asked at once.
const FIRST_WITHIN: u64 = 1_000;
/// A destination that failed a call or registration is passed over for so long while others are there; twice as long each
/// time in a row, up to the second.
const REST: Duration = Duration::from_secs(30);
const REST_AT_MOST: Duration = Duration::from_secs(300);
/// Longest pause that a Retry-After may ask for.
const LONGEST_REST: Duration = Duration::from_secs(3600);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Site<D> {
    at: D,
    misses: u32,
    answers: u32,
    silent: bool,
    /// Something was heard of it.
    proven: bool,
    /// The question that is under way, and when its patience ends.
    asked: Option<(u64, Duration)>,
    ask_at: Option<Duration>,
    rests_until: Option<Duration>,
    /// It asked for the rest itself.
    wants_rest: bool,
    /// Rests in a row that it did not ask for: each is twice as long.
    rests: u32,
}

impl<D> Site<D> {
    fn rests(&self, now: Duration) -> bool {
        self.rests_until.is_some_and(|until| until > now)
    }
}

/// All destinations, in the order of the look-up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sites<D> {
    list: Vec<Site<D>>,
    every: Duration,
    /// A silent one answers again, and nobody took notice yet.
    recovered: bool,
}

impl<D: Clone + PartialEq> Sites<D> {
    pub fn new(every: Duration) -> Self {
        Self { list: Vec::new(), every, recovered: false }
    }

    /// Asks so often from now on; zero: never.
    pub fn ask_every(&mut self, every: Duration, now: Duration, dice: &mut Dice) {
        if std::mem::replace(&mut self.every, every) != every {
            for site in &mut self.list {
                site.ask_at = first(every, now, dice);
                site.asked = None;
                site.silent &= !every.is_zero();
            }
        }
    }

    /// Another list; what is known of those that stay is kept.
    pub fn replace(&mut self, now: Duration, found: Vec<D>, dice: &mut Dice) {
        let mut old = std::mem::take(&mut self.list);
        for at in found {
            if self.list.len() >= MOST || self.list.iter().any(|s| s.at == at) {
                continue;
            }
            let known = old.iter().position(|s| s.at == at).map(|i| old.swap_remove(i));
            self.list.push(known.unwrap_or_else(|| Site {
                at,
                misses: 0,
                answers: 0,
                silent: false,
                proven: false,
                asked: None,
                ask_at: first(self.every, now, dice),
                rests_until: None,
                wants_rest: false,
                rests: 0,
            }));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether `best` comes before `held`, or `held` is silent or not listed any more.
    pub fn is_before_or_instead(&self, best: &D, held: &D) -> bool {
        let place = |at: &D| self.list.iter().position(|s| s.at == *at);
        let gone = self.list.iter().find(|s| s.at == *held).is_none_or(|s| s.silent);
        gone || place(best) < place(held)
    }

    /// Whether there is a good one beside this.
    pub fn has_other_good(&self, at: &D, now: Duration) -> bool {
        self.list.iter().any(|s| s.at != *at && !s.silent && !s.rests(now))
    }

    /// In the order in which a call tries them: those that answer, then those that rest, then the silent ones.
    pub fn in_order(&self, now: Duration) -> Vec<D> {
        let mut list: Vec<&Site<D>> = self.list.iter().collect();
        list.sort_by_key(|s| (s.silent, s.rests(now)));
        list.into_iter().map(|s| s.at.clone()).collect()
    }

    /// The first that can be expected to answer now.
    pub fn first_good(&self, now: Duration) -> Option<&D> {
        self.list.iter().find(|s| !s.silent && !s.rests(now)).map(|s| &s.at)
    }

    pub fn each(&self, now: Duration) -> Vec<(D, bool)> {
        self.list.iter().map(|s| (s.at.clone(), !s.silent && !s.rests(now))).collect()
    }

    pub fn is_proven(&self) -> bool {
        self.list.iter().any(|s| s.proven && !s.silent)
    }

    /// None answers; where nobody is asked, none took the last calls.
    pub fn all_silent(&self, now: Duration) -> bool {
        self.list.iter().all(|s| s.silent || (self.every.is_zero() && s.rests(now) && !s.wants_rest))
    }

    /// Each is silent or asked for a pause.
    pub fn all_rest(&self, now: Duration) -> bool {
        self.list.iter().all(|s| s.silent || (s.wants_rest && s.rests(now)))
    }

    fn find(&mut self, at: &D) -> Option<&mut Site<D>> {
        self.list.iter_mut().find(|s| s.at == *at)
    }

    /// It answered, or sent something by itself.
    pub fn heard(&mut self, now: Duration, at: &D, dice: &mut Dice) {
        let every = self.every;
        let Some(site) = self.list.iter_mut().find(|s| s.at == *at) else { return };
        (site.misses, site.rests) = (0, 0);
        site.proven = true;
        site.answers = site.answers.saturating_add(1);
        if site.answers >= ANSWERS {
            self.recovered |= std::mem::replace(&mut site.silent, false);
        }
        if !site.wants_rest {
            site.rests_until = None;
        }
        if site.asked.is_none() {
            let soon = if site.silent { SOON } else { every };
            site.ask_at = (!every.is_zero()).then(|| now.saturating_add(dice.about(soon.min(every), 10)));
        }
    }

    /// It did not answer a question.
    fn missed(&mut self, now: Duration, at: &D, dice: &mut Dice) {
        let every = self.every;
        let Some(site) = self.find(at) else { return };
        site.answers = 0;
        site.misses = site.misses.saturating_add(1);
        if site.misses >= MISSES && !every.is_zero() {
            site.silent = true;
        }
        if site.asked.is_none() {
            let soon = if site.silent { every } else { SOON.min(every) };
            site.ask_at = (!every.is_zero()).then(|| now.saturating_add(dice.about(soon, 10)));
        }
    }

    /// A call or registration failed there: it counts as a miss, and it is passed over for a while.
    pub fn failed(&mut self, now: Duration, at: &D, pause: Option<Duration>, dice: &mut Dice) {
        self.missed(now, at, dice);
        if let Some(site) = self.find(at) {
            let own = REST.saturating_mul(1 << site.rests.min(4)).min(REST_AT_MOST);
            site.rests_until = Some(now.saturating_add(pause.unwrap_or(own).min(LONGEST_REST)));
            site.wants_rest = pause.is_some();
            site.rests = site.rests.saturating_add(1);
        }
    }

    /// The question with this number was answered. `None`: it was none of ours. Else where, and whether it is there.
    pub fn answered(&mut self, now: Duration, request: u64, status: u16, dice: &mut Dice) -> Option<D> {
        let site = self.list.iter_mut().find(|s| s.asked.is_some_and(|(n, _)| n == request))?;
        site.asked = None;
        let at = site.at.clone();
        if is_there(status) {
            self.heard(now, &at, dice);
        } else {
            self.missed(now, &at, dice);
        }
        Some(at)
    }

    /// Whether a silent one answers again since the last time that this was asked.
    pub fn take_recovered(&mut self) -> bool {
        std::mem::take(&mut self.recovered)
    }

    /// What is due: patience that ends, questions to be asked; `mint` numbers them.
    pub fn due(&mut self, now: Duration, dice: &mut Dice, mut mint: impl FnMut() -> u64) -> Vec<(u64, D)> {
        let over = |s: &&mut Site<D>| s.asked.is_some_and(|(_, by)| by <= now);
        let mut missed = Vec::new();
        for site in self.list.iter_mut().filter(over) {
            site.asked = None;
            missed.push(site.at.clone());
        }
        for at in missed {
            self.missed(now, &at, dice);
        }
        let mut ask = Vec::new();
        for site in &mut self.list {
            if site.rests_until.is_some_and(|until| until <= now) {
                (site.rests_until, site.wants_rest) = (None, false);
            }
            if site.asked.is_none() && site.ask_at.take_if(|at| *at <= now).is_some() {
                let request = mint();
                site.asked = Some((request, now.saturating_add(ANSWER_WITHIN)));
                ask.push((request, site.at.clone()));
            }
        }
        ask
    }

    pub fn next_timeout(&self) -> Option<Duration> {
        let one = |s: &Site<D>| [s.asked.map(|(_, by)| by), s.ask_at, s.rests_until];
        self.list.iter().flat_map(one).flatten().min()
    }

    /// Asks no more.
    pub fn stop(&mut self) {
        for site in &mut self.list {
            (site.asked, site.ask_at, site.rests_until) = (None, None, None);
        }
    }
}

fn first(every: Duration, now: Duration, dice: &mut Dice) -> Option<Duration> {
    (!every.is_zero()).then(|| now.saturating_add(Duration::from_millis(dice.below(FIRST_WITHIN))))
}

/// Whether an answer says that somebody is there: any does but "nobody answered" and "out of service".
pub(crate) fn is_there(status: u16) -> bool {
    !matches!(status, 408 | 503)
}
