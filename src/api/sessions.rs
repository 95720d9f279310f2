//! The sessions that are known here: looked up in the store at most every few seconds, so that a screen that asks often
//! costs little, and goes on while the store is away.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::{Factor, Life, Role, Token};
use call::ids::Pii;
use store::{Account, Sitting};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::ApiError;
use crate::recordings::now_utc_ms;
use crate::rooms::House;

/// Sessions that are remembered here. When it is full, the one that was used longest ago is looked up in the store again
/// when it is next used; one of a trial ends.
const REMEMBERED: usize = 4_096;
/// What the store said of a session holds so long: a lock, a new role or a reset by `hotline user` counts after this.
const FRESH: Duration = Duration::from_secs(5);
/// The use of a session is written down at most so often.
const NOTED_EVERY_MS: i64 = 60_000;
/// Sessions that have ended are swept out so often, and their streams end.
const SWEEP: Duration = Duration::from_secs(20);

/// A session as it is now.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The account, or `trial-operator`.
    pub(crate) user: Arc<str>,
    /// The name that the screen shows.
    pub(crate) shown: Pii,
    /// What they may do.
    pub(crate) role: Role,
    /// Whose of the staff they are.
    pub(crate) staff: Option<Arc<str>>,
    /// Whether the account has a second factor.
    pub(crate) has_factor: bool,
    /// Whether somebody else chose the password.
    pub(crate) must_change: bool,
    /// Signed in without a password, at a trial.
    pub(crate) trial: bool,
    /// Cancelled when the session ends, however it ends.
    pub(crate) ended: CancellationToken,
}

impl Session {
    /// May do nothing but give the account the second factor that it must have.
    pub(crate) fn must_enrol(&self) -> bool {
        !self.trial && self.role.needs_second_factor() && !self.has_factor
    }

    /// What must be done before anything else is allowed; [`crate::gate`] lets it do that alone.
    pub(crate) fn first_duty(&self) -> Option<ApiError> {
        match (self.must_change, self.must_enrol()) {
            (true, _) => Some(ApiError::MustChange),
            (false, true) => Some(ApiError::MustEnrol),
            (false, false) => None,
        }
    }

    fn of(account: &Account, ended: CancellationToken) -> Result<Self, ApiError> {
        Ok(Self {
            user: account.name.as_str().into(),
            shown: account.shown.clone(),
            role: Role::parse(&account.role).ok_or(ApiError::Internal("an account of an unknown role"))?,
            staff: account.staff.as_deref().map(Into::into),
            has_factor: account.factor.is_some(),
            must_change: account.must_change,
            trial: false,
            ended,
        })
    }
}

struct Entry {
    session: Session,
    life: Life,
    /// When the store was asked last; `None`: it must be asked at the next use.
    asked: Option<Instant>,
    /// Until when the store knows that it was used, UTC ms.
    noted: i64,
    /// A second factor that is not confirmed yet.
    factor: Option<Factor>,
}

/// The sessions by their tokens' hashes.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Entry>>);

impl Sessions {
    fn with<T>(&self, what: impl FnOnce(&mut HashMap<String, Entry>) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a session in, making room for it.
    fn put(&self, hash: &str, entry: Entry) {
        self.with(|all| {
            if all.len() >= REMEMBERED
                && !all.contains_key(hash)
                && let Some(oldest) =
                    all.iter().min_by_key(|(_, e)| e.life.seen).map(|(hash, _)| hash.clone())
                && let Some(out) = all.remove(&oldest)
                && out.session.trial
            {
                out.session.ended.cancel();
            }
            all.insert(hash.to_owned(), entry);
        });
    }

    /// It has ended: its streams end too.
    fn end(&self, hash: &str) {
        if let Some(entry) = self.with(|all| all.remove(hash)) {
            entry.session.ended.cancel();
        }
    }

    /// The store must be asked again about this account's sessions.
    pub(crate) fn doubt(&self, user: &str) {
        self.with(|all| {
            for entry in all.values_mut().filter(|e| &*e.session.user == user && !e.session.trial) {
                entry.asked = None;
            }
        });
    }

    /// The account's sessions but this one have ended.
    pub(crate) fn end_all_of(&self, user: &str, but: Option<&str>) {
        let theirs = self.with(|all| {
            let of = |(hash, e): &(&String, &Entry)| &*e.session.user == user && but != Some(hash.as_str());
            all.iter().filter(of).map(|(hash, _)| hash.clone()).collect::<Vec<_>>()
        });
        theirs.iter().for_each(|hash| self.end(hash));
    }

    /// Keeps a second factor until it is confirmed.
    pub(crate) fn offer_factor(&self, hash: &str, factor: Factor) {
        self.with(|all| {
            if let Some(entry) = all.get_mut(hash) {
                entry.factor = Some(factor);
            }
        });
    }

    /// The step of this code of the offered factor, with its secret; `None` when it is wrong or none was offered.
    pub(crate) fn confirm_factor(&self, hash: &str, code: &str, now_s: u64) -> Option<(u64, String)> {
        self.with(|all| {
            let factor = all.get(hash)?.factor.as_ref()?;
            factor.check(code, now_s, None).map(|step| (step, factor.base32()))
        })
    }

    /// Staff whose names are taken by sessions of a trial.
    pub(crate) fn staff_on_trial(&self) -> Vec<Arc<str>> {
        self.with(|all| {
            all.values().filter(|e| e.session.trial).filter_map(|e| e.session.staff.clone()).collect()
        })
    }

    /// A session of a trial: it is in no store, and ends with this process.
    pub(crate) fn put_trial(&self, token: &Token, session: Session) {
        let now = now_utc_ms();
        let life = Life { begun: now, seen: now };
        self.put(&token.hash(), Entry { session, life, asked: None, noted: now, factor: None });
    }

    /// Those that have ended by time.
    fn ended(&self, now: i64, idle: Duration) -> Vec<String> {
        self.with(|all| {
            all.iter().filter(|(_, e)| !e.life.is_good(now, idle)).map(|(hash, _)| hash.clone()).collect()
        })
    }

    /// As it was known last, used now.
    fn use_known(&self, hash: &str, now: i64, idle: Duration, at_any_age: bool) -> Option<Known> {
        self.with(|all| {
            let entry = all.get_mut(hash)?;
            if !entry.life.is_good(now, idle) {
                return Some(Known::Over);
            }
            let fresh = entry.asked.is_some_and(|at| at.elapsed() < FRESH);
            if !(fresh || entry.session.trial || at_any_age) {
                return None;
            }
            entry.life.seen = entry.life.seen.max(now);
            Some(Known::Good(entry.session.clone()))
        })
    }
}

enum Known {
    Good(Session),
    Over,
}

impl House {
    /// How long a session may rest.
    pub(crate) fn idle(&self) -> Duration {
        self.rooms.current.now().settings.api.idle
    }

    /// The session of this token, used now; `None` when there is none, or none any more.
    ///
    /// # Errors
    /// [`ApiError::StoreAway`] when the store would have to be asked; a session that is known here goes on without it.
    pub(crate) async fn session(&self, token: &Token) -> Result<Option<Session>, ApiError> {
        let (hash, now, idle) = (token.hash(), now_utc_ms(), self.idle());
        match self.sessions.use_known(&hash, now, idle, false) {
            Some(Known::Good(session)) => return Ok(Some(session)),
            Some(Known::Over) => {
                self.end_session(&hash).await;
                return Ok(None);
            }
            None => {}
        }
        match self.rooms.store.sitting(&hash).await {
            Ok(Some(sitting)) => self.refresh(&hash, sitting, now, idle).await,
            Ok(None) => {
                self.sessions.end(&hash);
                Ok(None)
            }
            Err(why) => match self.sessions.use_known(&hash, now, idle, true) {
                Some(Known::Good(session)) => Ok(Some(session)),
                Some(Known::Over) => Ok(None),
                None => Err(ApiError::StoreAway(why)),
            },
        }
    }

    /// Takes in what the store says of a session.
    async fn refresh(
        &self,
        hash: &str,
        sitting: Sitting,
        now: i64,
        idle: Duration,
    ) -> Result<Option<Session>, ApiError> {
        let before = self.sessions.with(|all| {
            let entry = all.get_mut(hash)?;
            Some((entry.life, entry.noted, entry.session.ended.clone(), entry.factor.take()))
        });
        let (seen, noted, ended, factor) = match before {
            Some((life, noted, ended, factor)) => (life.seen.max(sitting.seen_at), noted, ended, factor),
            None => (sitting.seen_at, sitting.seen_at, self.closing.child_token(), None),
        };
        let life = Life { begun: sitting.begun_at, seen };
        if sitting.account.locked || !life.is_good(now, idle) {
            self.end_session(hash).await;
            return Ok(None);
        }
        let session = Session::of(&sitting.account, ended)?;
        let mut entry = Entry {
            session: session.clone(),
            life: Life { seen: seen.max(now), ..life },
            asked: Some(Instant::now()),
            noted,
            factor,
        };
        // What is not noted now is noted the next time: a restart could at most end a session early.
        if now.saturating_sub(noted) >= NOTED_EVERY_MS
            && self.rooms.store.touch_sitting(now, hash).await.is_ok()
        {
            entry.noted = now;
        }
        self.sessions.put(hash, entry);
        Ok(Some(session))
    }

    /// Begins a session of this account; its token is for the cookie.
    ///
    /// # Errors
    /// [`ApiError::StoreAway`], or the system gives no random bytes.
    pub(crate) async fn begin_session(&self, account: &Account) -> Result<(Token, Session), ApiError> {
        let (token, now) = (Token::new((self.rooms.random)()?), now_utc_ms());
        let hash = token.hash();
        self.rooms.store.begin_sitting(now, &hash, &account.name).await.map_err(ApiError::StoreAway)?;
        let session = Session::of(account, self.closing.child_token())?;
        let life = Life { begun: now, seen: now };
        let entry =
            Entry { session: session.clone(), life, asked: Some(Instant::now()), noted: now, factor: None };
        self.sessions.put(&hash, entry);
        Ok((token, session))
    }

    /// Ends a session, here at once, in the store as soon as it can be reached: until then its time ends it.
    pub(crate) async fn end_session(&self, hash: &str) {
        self.sessions.end(hash);
        if let Err(why) = self.rooms.store.end_sitting(hash).await {
            tracing::warn!(%why, "a session that has ended still stands in the store");
        }
    }

    /// Ends all sessions of an account but this one.
    ///
    /// # Errors
    /// [`ApiError::StoreAway`].
    pub(crate) async fn end_sessions_of(&self, user: &str, but: Option<&str>) -> Result<(), ApiError> {
        self.rooms.store.end_sittings(user, but).await.map_err(ApiError::StoreAway)?;
        self.sessions.end_all_of(user, but);
        Ok(())
    }
}

/// Sweeps out what has ended by time, until the interface closes: streams of a screen that nobody uses end then.
pub(crate) async fn sweep(house: Arc<House>) {
    loop {
        tokio::select! {
            () = house.closing.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
        let (now, idle) = (now_utc_ms(), house.idle());
        for hash in house.sessions.ended(now, idle) {
            house.sessions.end(&hash);
        }
        let before = |span: Duration| now.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX));
        // Uses of the last minute may not be noted yet.
        let seen = before(idle).saturating_sub(2 * NOTED_EVERY_MS);
        if let Err(why) = house.rooms.store.forget_sittings(before(access::ABSOLUTE), seen).await {
            tracing::debug!(%why, "sessions that have ended still stand in the store");
        }
    }
}
