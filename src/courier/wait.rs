//! What an answer means, and how long is waited before the next try.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use crate::error::CourierError;
use crate::http::Answer;

/// The longest wait of our own choice ...
const LONGEST: Duration = Duration::from_secs(3_600);
/// ... and of the other end's.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3_600);

/// What an answer means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It has it.
    Taken,
    /// It will never have it: why.
    Refused(String),
    /// Again, for this reason; not before the time that was asked for.
    Later(String, Option<Duration>),
    /// It wants nothing more at all.
    Gone,
}

/// 2xx: taken. 410: gone. 4xx: refused, but for those that speak of the moment (408, 425, 429). All else: later.
pub(crate) fn verdict(answer: &Result<Answer, CourierError>) -> Verdict {
    match answer {
        Ok(Answer { status: 200..300, .. }) => Verdict::Taken,
        Ok(Answer { status: 410, .. }) => Verdict::Gone,
        Ok(Answer { status: status @ (408 | 425 | 429), retry_after }) => {
            Verdict::Later(word(*status), *retry_after)
        }
        Ok(Answer { status: status @ 400..500, .. }) => Verdict::Refused(word(*status)),
        Ok(Answer { status: status @ 300..400, .. }) => Verdict::Later(
            format!("{}: redirects are not followed, write the new address", word(*status)),
            None,
        ),
        Ok(Answer { status, retry_after }) => Verdict::Later(word(*status), *retry_after),
        Err(fault) => Verdict::Later(fault.to_string(), None),
    }
}

fn word(status: u16) -> String {
    format!("HTTP {status}")
}

/// How long is waited after so many failures (0: the first): 2 s, doubled each time, at most an hour, a quarter more or less so that
/// many who wait don't come at once; longer when the other end asks for it. `chance` is any number.
pub(crate) fn wait(failures: u32, asked: Option<Duration>, chance: u64) -> Duration {
    let whole = Duration::from_secs(2 << failures.min(11)).min(LONGEST);
    let part = 0.75 + 0.5 * (chance % 1_000) as f64 / 1_000.0;
    let own = whole.mul_f64(part).min(LONGEST);
    own.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

/// Any number: only for spreading.
pub(crate) fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// UTC ms after a wait.
pub(crate) fn after(now: i64, wait: Duration) -> i64 {
    now.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
}
