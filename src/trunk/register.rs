//! One registration: refreshed well before its end, tried again with patience, moved to the best destination, taken back.

use std::time::Duration;

use crate::dice::Dice;
use crate::sites::Sites;
use crate::{Action, Answer};

/// Between tries after a failure: doubled each time from the first to the second, with jitter.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// After a refusal that a person has to mend: asking sooner locks accounts.
const PAUSE: Duration = Duration::from_secs(900);
/// A Retry-After is believed up to this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);
/// A destination that says nothing for so long is given up while another one can be asked.
const PATIENCE: Duration = Duration::from_secs(8);
/// Longer than any transaction of SIP: whoever carries the request has lost it.
const LOST_AFTER: Duration = Duration::from_secs(150);
/// Longest duration that a Min-Expires may bring us to, seconds.
const LONGEST: u32 = 86_400;

#[derive(Clone, PartialEq, Eq, Debug)]
enum Phase<D> {
    /// Not wanted.
    Off,
    /// The next request.
    At(Duration),
    /// It is under way, at most until `by`.
    Asking { request: u64, to: D, expires: u32, by: Duration },
    /// It is being taken back.
    Leaving { request: u64, by: Duration },
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Held<D> {
    at: D,
    until: Duration,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Registration<D> {
    /// Wished, seconds.
    wished: u32,
    /// What we ask for: the wish, or what a 423 wants.
    expires: u32,
    phase: Phase<D>,
    held: Option<Held<D>>,
    failures: u32,
    refusal: Option<u16>,
}

impl<D: Clone + PartialEq> Registration<D> {
    pub fn new(wished: Option<Duration>, now: Duration) -> Self {
        let mut new =
            Self { wished: 0, expires: 0, phase: Phase::Off, held: None, failures: 0, refusal: None };
        new.wish(wished);
        if new.is_wanted() {
            new.phase = Phase::At(now);
        }
        new
    }

    fn wish(&mut self, wished: Option<Duration>) {
        let seconds = wished.map_or(0, |w| u32::try_from(w.as_secs()).unwrap_or(LONGEST).min(LONGEST));
        (self.wished, self.expires) = (seconds, seconds);
    }

    pub fn is_wanted(&self) -> bool {
        self.wished > 0
    }

    pub fn until(&self) -> Option<Duration> {
        self.held.as_ref().map(|h| h.until)
    }

    /// The last refusal, while no registration is in force.
    pub fn refusal(&self) -> Option<u16> {
        self.refusal.filter(|_| self.held.is_none())
    }

    /// Nothing is under way and nothing will be.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Off
    }

    /// Another wish, or another address of ours: what stands is renewed or taken back.
    pub fn change(&mut self, now: Duration, wished: Option<Duration>, anew: bool) {
        let before = self.wished;
        self.wish(wished);
        if !self.is_wanted() {
            return;
        }
        if anew || before != self.wished {
            (self.failures, self.refusal) = (0, None);
            match self.phase {
                Phase::Off | Phase::At(_) | Phase::Leaving { .. } => self.phase = Phase::At(now),
                // Its answer leads on.
                Phase::Asking { .. } => {}
            }
        }
    }

    /// Takes back what stands, or may stand.
    pub fn leave(&mut self, now: Duration, mint: impl FnOnce() -> u64) -> Option<Action<D>> {
        let to = match (std::mem::replace(&mut self.phase, Phase::Off), self.held.take()) {
            (leaving @ Phase::Leaving { .. }, _) => {
                self.phase = leaving;
                return None;
            }
            (Phase::Asking { to, .. }, _) => to,
            (Phase::Off | Phase::At(_), Some(held)) => held.at,
            (Phase::Off | Phase::At(_), None) => return None,
        };
        let request = mint();
        self.phase = Phase::Leaving { request, by: now.saturating_add(LOST_AFTER) };
        Some(Action::Register { request, to, expires: 0 })
    }

    /// The connection to a destination is gone: what came over it comes no more.
    pub fn disconnected(&mut self, now: Duration, at: &D, dice: &mut Dice) {
        if self.held.as_ref().is_some_and(|h| h.at == *at)
            && let Phase::At(next) = &mut self.phase
        {
            *next = (*next).min(now.saturating_add(Duration::from_millis(dice.below(1_000))));
        }
    }

    /// A silent destination answers again: what failed for want of an answer is tried without further waiting.
    pub fn hurry(&mut self, now: Duration, dice: &mut Dice) {
        if self.refusal().is_some_and(|status| matches!(status, 408 | 480 | 500..))
            && let Phase::At(next) = &mut self.phase
        {
            *next = (*next).min(now.saturating_add(Duration::from_millis(dice.below(1_000))));
        }
    }

    /// Moves to the best destination: away from a silent one, and back to an earlier one that is there again.
    pub fn steer(&mut self, now: Duration, sites: &Sites<D>) {
        let (Some(held), Some(best)) = (&self.held, sites.first_good(now)) else { return };
        if held.at != *best
            && sites.is_before_or_instead(best, &held.at)
            && self.failures == 0
            && let Phase::At(next) = &mut self.phase
        {
            *next = (*next).min(now);
        }
    }

    /// What is due.
    pub fn due(
        &mut self,
        now: Duration,
        sites: &mut Sites<D>,
        dice: &mut Dice,
        mint: impl FnOnce() -> u64,
    ) -> Option<Action<D>> {
        self.held.take_if(|h| h.until <= now);
        match &self.phase {
            Phase::Asking { by, .. } if *by <= now => self.concluded(now, Answer::status(408), sites, dice),
            Phase::Leaving { by, .. } if *by <= now => self.phase = Phase::Off,
            Phase::Off | Phase::At(_) | Phase::Asking { .. } | Phase::Leaving { .. } => {}
        }
        let Phase::At(at) = self.phase else { return None };
        if at > now || sites.is_empty() {
            return None;
        }
        let to = sites.in_order(now).into_iter().next()?;
        let others = sites.has_other_good(&to, now);
        let by = now.saturating_add(if others { PATIENCE } else { LOST_AFTER });
        let (request, expires) = (mint(), self.expires);
        self.phase = Phase::Asking { request, to: to.clone(), expires, by };
        Some(Action::Register { request, to, expires })
    }

    /// The answer to a request. False when it is none of ours.
    pub fn answered(
        &mut self,
        now: Duration,
        request: u64,
        answer: Answer,
        sites: &mut Sites<D>,
        dice: &mut Dice,
    ) -> bool {
        match &self.phase {
            Phase::Asking { request: ours, .. } if *ours == request => {
                self.concluded(now, answer, sites, dice);
                true
            }
            Phase::Leaving { request: ours, .. } if *ours == request => {
                self.phase = if self.is_wanted() { Phase::At(now) } else { Phase::Off };
                true
            }
            Phase::Off | Phase::At(_) | Phase::Asking { .. } | Phase::Leaving { .. } => false,
        }
    }

    fn concluded(&mut self, now: Duration, answer: Answer, sites: &mut Sites<D>, dice: &mut Dice) {
        let Phase::Asking { to, expires, .. } = std::mem::replace(&mut self.phase, Phase::At(now)) else {
            return;
        };
        match answer.status {
            200..300 => {
                sites.heard(now, &to, dice);
                self.granted(now, to, answer.expires.unwrap_or(expires), dice);
            }
            423 => {
                sites.heard(now, &to, dice);
                let more = answer.min_expires.filter(|min| (expires + 1..=LONGEST).contains(min));
                match more {
                    Some(min) => self.expires = min,
                    None => self.refused(now, 423, PAUSE, dice),
                }
            }
            408 | 480 | 500.. => {
                let pause = answer.retry_after.map(|s| Duration::from_secs(s.into()));
                sites.failed(now, &to, pause, dice);
                let wait = match sites.first_good(now) {
                    Some(_) => Duration::ZERO,
                    None => self.wait(dice).max(pause.unwrap_or_default().min(LONGEST_RETRY_AFTER)),
                };
                self.failed(now, answer.status, wait);
            }
            other => {
                sites.heard(now, &to, dice);
                self.refused(now, other, PAUSE, dice);
            }
        }
    }

    fn granted(&mut self, now: Duration, at: D, seconds: u32, dice: &mut Dice) {
        if seconds == 0 {
            let wait = self.wait(dice);
            return self.failed(now, 200, wait);
        }
        (self.failures, self.refusal) = (0, None);
        let span = Duration::from_secs(seconds.into());
        let early = if seconds <= 120 { span / 2 } else { (span / 10).max(Duration::from_secs(60)) };
        // A little earlier by chance, so that a hundred trunks of one carrier don't come together.
        let chance = u64::try_from((early / 4).as_millis()).unwrap_or(u64::MAX);
        let wait = span.saturating_sub(early).saturating_sub(Duration::from_millis(dice.below(chance)));
        self.phase = Phase::At(now.saturating_add(wait.max(SHORTEST_WAIT)));
        self.held = Some(Held { at, until: now.saturating_add(span) });
    }

    fn failed(&mut self, now: Duration, status: u16, wait: Duration) {
        self.failures = self.failures.saturating_add(1);
        self.refusal = Some(status);
        self.phase = Phase::At(now.saturating_add(wait));
    }

    fn refused(&mut self, now: Duration, status: u16, wait: Duration, dice: &mut Dice) {
        let wait = dice.about(wait, 20);
        self.failed(now, status, wait);
    }

    /// 1 s, doubled with each failure, 300 s at most, a quarter more or less by chance.
    fn wait(&self, dice: &mut Dice) -> Duration {
        let doubled = SHORTEST_WAIT.saturating_mul(1 << self.failures.min(9));
        dice.about(doubled.min(LONGEST_WAIT), 25).clamp(SHORTEST_WAIT, LONGEST_WAIT)
    }

    pub fn next_timeout(&self, sites: &Sites<D>) -> Option<Duration> {
        let next = match &self.phase {
            Phase::Off => None,
            Phase::At(at) => (!sites.is_empty()).then_some(*at),
            Phase::Asking { by, .. } | Phase::Leaving { by, .. } => Some(*by),
        };
        [next, self.until()].into_iter().flatten().min()
    }
}
