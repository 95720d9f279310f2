//! Orders that are sent twice are carried out once (IETF draft-ietf-httpapi-idempotency-key-header).
//!
//! The first request with a key gives the order; everybody who sends the same order with the same key, at once or
//! later, gets its answer. The order runs in a task of its own: whoever asked may hang up, the answer is kept.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;
use call::action::Refusal;
use call::event::Order;
use switchboard::{HandleError, Origin};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::ApiError;
use crate::gate::only;
use crate::who::Who;

/// Keys that are remembered. When it is full, the oldest key whose order is done is forgotten (a repetition would then
/// be a new order); when the orders of all of them are under way, new ones get 503 `keys_full`.
pub(crate) const KEYS: usize = 4_096;
/// A key is forgotten after so long.
pub(crate) const KEY_AGE: Duration = Duration::from_secs(24 * 3600);
/// Characters of the longest key.
pub(crate) const LONGEST_KEY: usize = 64;

/// The request's key, with whose it is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key(Box<str>);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let name = HeaderName::from_static("idempotency-key");
        let header = only(&parts.headers, &name).map_err(|()| ApiError::BadKey)?.ok_or(ApiError::BadKey)?;
        let text = header.to_str().map_err(|_| ApiError::BadKey)?;
        let whose = parts.extensions.get::<Who>().map_or("", |who| &*who.user);
        let fits = (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self::new(whose, text)) } else { Err(ApiError::BadKey) }
    }
}

impl Key {
    /// Another's keys are another's: nobody learns of orders by trying keys.
    fn new(whose: &str, text: &str) -> Self {
        Self(format!("{whose} {text}").into())
    }

    /// A key that was looked at before.
    pub(crate) fn of(who: &Who, text: &str) -> Self {
        Self::new(&who.user, text)
    }
}

/// What was asked: a repetition must ask for the same.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// An order of the core.
    Order(Order),
    /// No new calls, or new calls again.
    Drain(bool),
    /// A source off the list.
    Pardon(Origin),
    /// No outbound calls, or outbound calls again.
    Outbound(bool),
}

/// What came of it: done, or the core's refusal; outside, that it did not reach the core.
pub(crate) type Verdict = Result<Result<(), Refusal>, HandleError>;

/// Whose turn it is.
pub(crate) enum Turn<V> {
    /// The first: give the order, then [`Keys::settle`].
    First(watch::Sender<Option<V>>),
    /// A repetition: wait for the answer.
    Again(watch::Receiver<Option<V>>),
}

struct Entry<A, V> {
    asked: A,
    verdict: watch::Receiver<Option<V>>,
}

impl<A, V> Entry<A, V> {
    /// Nobody waits for it and nobody works on it.
    fn is_done(&self) -> bool {
        self.verdict.borrow().is_some() || self.verdict.has_changed().is_err()
    }
}

struct Book<A, V> {
    entries: HashMap<Key, Entry<A, V>>,
    /// The same keys, oldest first.
    ages: VecDeque<(Instant, Key)>,
}

impl<A, V> Book<A, V> {
    fn forget(&mut self, key: &Key) {
        self.entries.remove(key);
        self.ages.retain(|(_, k)| k != key);
    }

    fn forget_aged(&mut self, now: Instant) {
        while let Some((since, key)) = self.ages.front() {
            if now.duration_since(*since) < KEY_AGE {
                return;
            }
            self.entries.remove(key);
            self.ages.pop_front();
        }
    }

    /// Makes room for one more; `false` when all orders are under way.
    fn make_room(&mut self, most: usize) -> bool {
        if self.entries.len() < most {
            return true;
        }
        let done = |(_, key): &&(Instant, Key)| self.entries.get(key).is_none_or(Entry::is_done);
        let Some(key) = self.ages.iter().find(done).map(|(_, key)| key.clone()) else { return false };
        self.forget(&key);
        true
    }
}

/// The keys that were used: what was asked (`A`), and what came of it: done (`T`), or it was not done at all (`E`).
pub(crate) struct Keys<A = Asked, T = Result<(), Refusal>, E = HandleError> {
    book: Mutex<Book<A, Result<T, E>>>,
    most: usize,
}

impl<A, T, E> Default for Keys<A, T, E> {
    fn default() -> Self {
        Self::with_room(KEYS)
    }
}

impl<A, T, E> Keys<A, T, E> {
    /// Room for so many.
    pub(crate) fn with_room(most: usize) -> Self {
        let book = Book { entries: HashMap::new(), ages: VecDeque::new() };
        Self { book: Mutex::new(book), most }
    }

    /// Keys that are remembered now.
    pub(crate) fn len(&self) -> usize {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).entries.len()
    }

    /// The order is answered: tells everybody who waits. One that was not carried out may be sent again under the same key.
    pub(crate) fn settle(
        &self,
        key: &Key,
        told: &watch::Sender<Option<Result<T, E>>>,
        verdict: Result<T, E>,
    ) {
        if verdict.is_err() {
            self.book.lock().unwrap_or_else(PoisonError::into_inner).forget(key);
        }
        told.send_replace(Some(verdict));
    }
}

impl<A: Clone + PartialEq, T, E> Keys<A, T, E> {
    /// Looks the key up, or takes it.
    ///
    /// # Errors
    /// [`ApiError::KeyReused`], [`ApiError::KeysFull`].
    pub(crate) fn begin(&self, key: &Key, asked: &A, now: Instant) -> Result<Turn<Result<T, E>>, ApiError> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.forget_aged(now);
        if let Some(entry) = book.entries.get(key) {
            if entry.asked != *asked {
                return Err(ApiError::KeyReused);
            }
            return Ok(Turn::Again(entry.verdict.clone()));
        }
        if !book.make_room(self.most) {
            return Err(ApiError::KeysFull);
        }
        let (told, verdict) = watch::channel(None);
        book.entries.insert(key.clone(), Entry { asked: asked.clone(), verdict });
        book.ages.push_back((now, key.clone()));
        Ok(Turn::First(told))
    }
}

/// Waits for the answer of an order that somebody has given.
///
/// # Errors
/// [`ApiError::Internal`] when whoever gave it is gone without an answer.
async fn wait<V: Clone>(mut verdict: watch::Receiver<Option<V>>) -> Result<V, ApiError> {
    let told =
        verdict.wait_for(Option::is_some).await.map_err(|_| ApiError::Internal("an order was lost"))?;
    told.clone().ok_or(ApiError::Internal("an order was lost"))
}

/// Gives an order once per key and tells what came of it, and whether it is a repetition.
pub(crate) async fn once<A, T, E, F>(
    keys: Arc<Keys<A, T, E>>,
    key: Key,
    asked: A,
    give: F,
) -> Result<(Result<T, E>, bool), ApiError>
where
    A: Clone + PartialEq + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
    F: Future<Output = Result<T, E>> + Send + 'static,
{
    match keys.begin(&key, &asked, Instant::now())? {
        Turn::Again(verdict) => Ok((wait(verdict).await?, true)),
        Turn::First(told) => {
            let verdict = told.subscribe();
            tokio::spawn(async move { keys.settle(&key, &told, give.await) });
            Ok((wait(verdict).await?, false))
        }
    }
}
