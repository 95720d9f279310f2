//! The heart of a phone: the SIP stack, its calls, and one door through which everything happens.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sip::{Net, Output, Peer, Registration, Settings, Stack};
use tokio::sync::{Notify, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::PhoneError;
use crate::account::Account;
use crate::leg::{EndedBy, Leg, Seen, Verdict};
use crate::media::Media;
use crate::seed;
use crate::wire::Wire;

/// After its end a phone stays so long, to repeat what the far end has not heard.
const LINGER: Duration = Duration::from_secs(2);

/// A phone.
pub(crate) struct Handset {
    pub account: Account,
    pub media: Media,
    pub wire: Wire,
    pub cancel: CancellationToken,
    /// A call came in, or the phone was stopped.
    pub rang: Notify,
    /// The next deadline has moved.
    hurry: Notify,
    start: Instant,
    inner: Mutex<Inner>,
}

pub(crate) struct Inner {
    pub stack: Stack,
    /// Calls by the token that the stack gives back.
    pub legs: HashMap<u64, Leg>,
    /// Tokens of calls that nobody has taken yet. Bounded by [`crate::events::MOST_WAITING`].
    pub waiting: VecDeque<u64>,
    /// Who waits for the end of a REGISTER.
    pub asked: HashMap<u64, oneshot::Sender<(u16, Option<u32>)>>,
    /// When the registration is due again.
    pub renew: Option<Duration>,
    pub registered: bool,
    tokens: u64,
    /// The clock sleeps until then.
    alarm: Option<Duration>,
    closed: Option<Duration>,
}

impl Handset {
    pub fn new(account: Account, media: Media, wire: Wire) -> Arc<Self> {
        let server =
            Net { address: account.server.ip(), prefix: if account.server.is_ipv4() { 32 } else { 128 } };
        let stack = Stack::new(Settings {
            seed: seed::bytes(),
            agent: "hotline-phone".to_owned(),
            realm: account.realm.clone().unwrap_or_else(|| account.server.ip().to_string()),
            peers: vec![Peer::at("server", vec![server])],
            ..Settings::default()
        });
        let inner = Inner {
            stack,
            legs: HashMap::new(),
            waiting: VecDeque::new(),
            asked: HashMap::new(),
            renew: None,
            registered: false,
            tokens: 0,
            alarm: None,
            closed: None,
        };
        Arc::new(Self {
            account,
            media,
            wire,
            cancel: CancellationToken::new(),
            rang: Notify::new(),
            hurry: Notify::new(),
            start: Instant::now(),
            inner: Mutex::new(inner),
        })
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One input, then all that follows from it.
    pub fn act<T>(self: &Arc<Self>, input: impl FnOnce(&mut Inner, Duration) -> T) -> T {
        let mut inner = self.lock();
        let now = self.start.elapsed();
        let result = input(&mut inner, now);
        while let Some(output) = inner.stack.poll() {
            match output {
                Output::Send(flow, bytes) => {
                    if !self.wire.send(self, &flow, bytes) {
                        inner.stack.send_failed(now, &flow);
                    }
                }
                // It knows no names: requests keep the way of the last message.
                Output::Locate(ticket, _) => inner.stack.located(ticket, Vec::new()),
                Output::Event(token, event) => self.event(&mut inner, now, token, event),
            }
        }
        if inner.next().is_some_and(|next| inner.alarm.is_none_or(|alarm| next < alarm)) {
            self.hurry.notify_one();
        }
        result
    }

    /// Does what is due, until the phone is closed and has lingered.
    pub async fn keep_time(self: Arc<Self>) {
        loop {
            let over = self.act(|inner, now| {
                inner.stack.timeout(now);
                if inner.renew.take_if(|at| *at <= now).is_some() {
                    // When the table is full, the registration runs out: the owner sees calls missing.
                    let _ = self.register(inner, now, self.account.expires);
                }
                inner.closed.is_some_and(|at| at <= now)
            });
            if over {
                return self.cancel.cancel();
            }
            let next = {
                let mut inner = self.lock();
                inner.alarm = inner.next();
                inner.alarm
            };
            let sleep = async {
                match next.and_then(|at| self.start.checked_add(at)) {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = sleep => {}
                () = self.hurry.notified() => {}
            }
        }
    }

    /// Sends a REGISTER; its number.
    pub fn register(&self, inner: &mut Inner, now: Duration, expires: u32) -> Result<u64, PhoneError> {
        let user = sip::User { name: self.account.user.clone(), password: self.account.password.clone() };
        let (server, flow) = (self.account.address(""), self.wire.flow(self.account.server));
        Ok(inner.stack.register(now, Registration { server, flow, user, expires })?)
    }

    /// Hangs up whatever the state. The call of ours that waits for its answer ends when the far end has said so.
    pub fn hang_up(self: &Arc<Self>, token: u64, reason: Option<String>) {
        self.act(|inner, now| inner.hang_up(now, token, reason));
    }

    /// Ends all calls, gives the registration back, and lingers.
    pub fn close(self: &Arc<Self>) {
        self.act(|inner, now| {
            let tokens: Vec<u64> = inner.legs.keys().copied().collect();
            for token in tokens {
                inner.hang_up(now, token, None);
                inner.end(now, token, Verdict::by(EndedBy::Us));
            }
            inner.renew = None;
            if std::mem::take(&mut inner.registered) {
                // Best effort: else it runs out by itself.
                let _ = self.register(inner, now, 0);
            }
            inner.asked.clear();
            inner.closed.get_or_insert(now + LINGER);
        });
        self.rang.notify_waiters();
        self.hurry.notify_one();
    }
}

impl Inner {
    fn next(&self) -> Option<Duration> {
        [self.stack.next_timeout(), self.renew, self.closed].into_iter().flatten().min()
    }

    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    pub fn token(&mut self) -> u64 {
        self.tokens += 1;
        self.tokens
    }

    /// The call that rings longest without anybody having taken it.
    pub fn take(&mut self) -> Option<(u64, watch::Receiver<Seen>)> {
        let token = self.waiting.pop_front()?;
        Some((token, self.legs.get(&token)?.seen.subscribe()))
    }

    pub fn hang_up(&mut self, now: Duration, token: u64, reason: Option<String>) {
        let Some(leg) = self.legs.get_mut(&token) else { return };
        self.stack.hang_up(now, leg.session, reason);
        // Only an unanswered call of ours has a line before it is up, and goes on until the far end has heard.
        if leg.is_up() || leg.line.is_none() {
            self.end(now, token, Verdict::by(EndedBy::Us));
        } else {
            leg.dropped = true;
        }
    }

    pub fn end(&mut self, now: Duration, token: u64, verdict: Verdict) {
        self.waiting.retain(|t| *t != token);
        if let Some(leg) = self.legs.remove(&token) {
            leg.end(now, verdict);
        }
    }
}
