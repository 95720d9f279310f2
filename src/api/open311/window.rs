//! What the public may ask: answers are kept for a short time, and only so many new ones are made in a second.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Asked;

/// An answer is given again for so long.
const KEPT_FOR: Duration = Duration::from_secs(30);
/// Answers that are kept. When full, the oldest gives way.
const KEPT: usize = 64;
/// Bytes of the longest answer that is kept: 64 of these are all that it may cost.
const LONGEST_KEPT: usize = 512 * 1024;
/// New answers of a second, for everybody together. When they are used up: 429.
const A_SECOND: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);

/// An answer.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) body: axum::body::Bytes,
}

impl Shown {
    pub(crate) fn new(status: u16, body: Vec<u8>) -> Self {
        Self { status, body: body.into() }
    }
}

/// A question.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) asked: Asked,
    pub(crate) arguments: Vec<(String, String)>,
    pub(crate) is_xml: bool,
}

#[derive(Default)]
struct Book {
    kept: HashMap<Arc<Key>, (Instant, Shown)>,
    ages: VecDeque<Arc<Key>>,
    second: Option<(Instant, u32)>,
    /// The configuration whose services were last told of, and since when, UTC ms.
    version: Option<(Arc<str>, i64)>,
}

/// The window at which the public asks.
#[derive(Default)]
pub(crate) struct Window(Mutex<Book>);

impl Window {
    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to this question, when it is young.
    pub(crate) fn kept(&self, key: &Key, now: Instant) -> Option<Shown> {
        let book = self.book();
        let (since, shown) = book.kept.get(key)?;
        (now.duration_since(*since) < KEPT_FOR).then(|| shown.clone())
    }

    /// Takes one of this second's new answers; `false` when they are used up.
    pub(crate) fn take(&self, now: Instant) -> bool {
        let mut book = self.book();
        let fresh = |(since, _): &(Instant, u32)| now.duration_since(*since) < SECOND;
        let (since, n) = book.second.filter(fresh).unwrap_or((now, 0));
        let left = n < A_SECOND;
        book.second = Some((since, if left { n + 1 } else { n }));
        left
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, key: Key, shown: Shown, now: Instant) {
        if shown.body.len() > LONGEST_KEPT {
            return;
        }
        let (mut book, key) = (self.book(), Arc::new(key));
        if book.kept.insert(Arc::clone(&key), (now, shown)).is_none() {
            book.ages.push_back(key);
        }
        while book.ages.len() > KEPT {
            if let Some(oldest) = book.ages.pop_front() {
                book.kept.remove(&oldest);
            }
        }
    }

    /// Since when the services are these, UTC ms.
    pub(crate) fn changed_at(&self, version: &Arc<str>, now_utc_ms: i64) -> i64 {
        let mut book = self.book();
        match &book.version {
            Some((known, at)) if known == version => *at,
            _ => {
                book.version = Some((Arc::clone(version), now_utc_ms));
                now_utc_ms
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: usize) -> Key {
        Key { asked: Asked::Request(n.to_string()), arguments: Vec::new(), is_xml: false }
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_kept_for_a_short_time_and_only_so_many() {
        let (window, start) = (Window::default(), Instant::now());
        for n in 0..=KEPT {
            window.keep(key(n), Shown::new(200, vec![1]), start);
        }
        assert!(window.kept(&key(0), start).is_none(), "the oldest gave way");
        assert!(window.kept(&key(1), start + KEPT_FOR - SECOND).is_some());
        assert!(window.kept(&key(1), start + KEPT_FOR).is_none(), "too old");
        window.keep(key(0), Shown::new(200, vec![0; LONGEST_KEPT + 1]), start);
        assert!(window.kept(&key(0), start).is_none(), "too long");
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_has_so_many_new_answers() {
        let (window, start) = (Window::default(), Instant::now());
        let taken = (0..A_SECOND + 5).filter(|_| window.take(start)).count();
        assert_eq!(taken, usize::try_from(A_SECOND).unwrap_or(0));
        assert!(window.take(start + SECOND));
    }
}
