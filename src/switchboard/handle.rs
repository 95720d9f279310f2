//! The way in for everything beside SIP and sound: orders, live events, reload, drain, gauges.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use std::time::Duration;

use call::action::{Answer, Refusal};
use call::cdr::EventRow;
use call::errand::Errand;
use call::event::Order;
use guard::Origin;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::contract::{GuardView, Input, Leased, Setup, TrunkView};
use crate::lives::{Left, Lives};

/// Orders that wait for the loop. When full: [`HandleError::Busy`].
pub const ORDERS: usize = 1_024;
/// Live events that a slow listener may lag behind. When it lags further, it loses the oldest and is told how many.
pub const LIVE: usize = 4_096;

/// What can go wrong between a caller of [`Handle`] and the loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HandleError {
    /// Too many orders wait already.
    #[error("the switchboard is overloaded: try again in a second")]
    Busy,
    /// The loop has ended.
    #[error("the switchboard has stopped: start the hotline again")]
    Stopped,
}

/// One thing that is asked of the loop.
#[derive(Debug)]
pub(crate) enum Ask {
    /// Carry out, and answer.
    Order(Order, oneshot::Sender<Result<Answer, Refusal>>),
    /// Use another configuration from now on.
    Reload(Box<Setup>),
    /// Take no new calls, or take them again.
    Drain(bool),
    /// How each trunk stands.
    Trunks(oneshot::Sender<Vec<TrunkView>>),
    /// What the guard knows.
    Guard(oneshot::Sender<GuardView>),
    /// Take a source off the list.
    Pardon(Origin),
    /// Stop outbound calls, or allow them again.
    Outbound(bool),
    /// Something else that the loop is to know.
    Tell(Box<Input>),
    /// Answer: the loop goes round.
    Pulse(oneshot::Sender<()>),
    /// Let another life of the house take over.
    HandOver(oneshot::Sender<Left>),
}

/// Figures of the running house, read at any time. Counters only grow; gauges are the last value.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Live calls.
    pub calls: AtomicU64,
    /// Legs with a port.
    pub legs: AtomicU64,
    /// SIP sessions and transactions that have not ended.
    pub exchanges: AtomicU64,
    /// When this life began to hand over to the next one, UTC ms; 0: it did not.
    pub handed_at: AtomicI64,
    /// SIP messages that were passed to another life of the house (counter).
    pub relayed: AtomicU64,
    /// RTP ports that can be taken.
    pub free_ports: AtomicU64,
    /// Phones that are registered.
    pub phones: AtomicU64,
    /// Trunks that take calls.
    pub trunks: AtomicU64,
    /// Those of them that are up.
    pub trunks_up: AtomicU64,
    /// INVITEs for us since the start.
    pub offered: AtomicU64,
    /// Of these, refused by limits (503).
    pub refused: AtomicU64,
    /// Messages of strangers and other messages outside dialogs that were turned away.
    pub turned_away: AtomicU64,
    /// Something is wrong with the sound, the recorder or the store that an admin must know: see the log.
    pub troubles: AtomicU64,
    /// The database takes no records now, or has not all of them again; calls go on and records wait.
    pub store_away: AtomicBool,
    /// The journal in front of it takes no records now: they go into the database itself.
    pub journal_away: AtomicBool,
    /// The journal can't keep its reserve: its disk is full, or fails.
    pub journal_short: AtomicBool,
    /// Records in the journal that are not in the database yet.
    pub journal_behind: AtomicU64,
    /// Bytes of the journal's segments.
    pub journal_bytes: AtomicU64,
    /// Bytes that are reserved for a full disk and free.
    pub journal_reserve: AtomicU64,
    /// No new calls are taken.
    pub draining: AtomicBool,
    /// Sources that were listed since the start.
    pub listed: AtomicU64,
    /// Messages of listed sources that were dropped.
    pub dropped: AtomicU64,
    /// Requests that were told to come later because of the load.
    pub later: AtomicU64,
    /// The part of new calls that is told so now, in thousandths.
    pub refusing: AtomicU64,
    /// Outbound calls that were refused by their limits.
    pub outbound_refused: AtomicU64,
    /// Outbound calls are stopped: an alarm.
    pub outbound_stopped: AtomicBool,
}

/// A door to the running switchboard. Clones are the same door.
#[derive(Clone, Debug)]
pub struct Handle {
    asks: mpsc::Sender<Ask>,
    live: broadcast::Sender<Arc<EventRow>>,
    gauges: Arc<Gauges>,
    dials: media::Dials,
    lives: watch::Receiver<Lives>,
}

impl Handle {
    pub(crate) fn new(
        (asks, live): (mpsc::Sender<Ask>, broadcast::Sender<Arc<EventRow>>),
        gauges: Arc<Gauges>,
        dials: &media::Dials,
        lives: watch::Receiver<Lives>,
    ) -> Self {
        Self { asks, live, gauges, dials: dials.clone(), lives }
    }

    /// Lets another life of the house take over: nothing new is heard from here on, until the link to that life is given
    /// back by [`crate::lives::GoOn`], or [`Left`] is dropped and all is as before.
    ///
    /// # Errors
    /// [`HandleError`].
    pub async fn hand_over(&self) -> Result<Left, HandleError> {
        let (reply, left) = oneshot::channel();
        self.ask(Ask::HandOver(reply))?;
        left.await.map_err(|_| HandleError::Stopped)
    }

    /// Returns when the loop has come round and answered: a loop that stands answers nobody.
    ///
    /// # Errors
    /// [`HandleError`].
    pub async fn pulse(&self) -> Result<(), HandleError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Pulse(reply))?;
        answer.await.map_err(|_| HandleError::Stopped)
    }

    /// How the lives before and after this one are, now and with each change.
    pub fn lives(&self) -> watch::Receiver<Lives> {
        self.lives.clone()
    }

    /// Gives an order and waits for the answer of the core.
    ///
    /// # Errors
    /// [`HandleError`] when the order did not reach the core; the core's own refusal is the inner result.
    pub async fn order(&self, order: Order) -> Result<Result<Answer, Refusal>, HandleError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Order(order, reply))?;
        answer.await.map_err(|_| HandleError::Stopped)
    }

    /// Sends the house out on an errand; what comes of it is written down as [`call::errand::News`].
    ///
    /// # Errors
    /// [`HandleError`]: it has not set out, and nothing is written.
    pub fn set_out(&self, errand: Errand) -> Result<(), HandleError> {
        self.ask(Ask::Tell(Box::new(Input::Errand(Box::new(errand)))))
    }

    /// Lets a page's phone in by these credentials, for so long.
    ///
    /// # Errors
    /// [`HandleError`].
    pub fn lease(&self, leased: Leased, time: Duration) -> Result<(), HandleError> {
        self.ask(Ask::Tell(Box::new(Input::Lease(leased, time))))
    }

    /// Dialogs of a life that has died: their far ends are told that they are over.
    ///
    /// # Errors
    /// [`HandleError`].
    pub fn sever(&self, dialogs: Vec<sip::Standing>) -> Result<(), HandleError> {
        self.ask(Ask::Tell(Box::new(Input::Severed(dialogs))))
    }

    /// Takes credentials of a page's phone back: it is registered no more. A call that it is in goes on.
    ///
    /// # Errors
    /// [`HandleError`].
    pub fn revoke(&self, name: String) -> Result<(), HandleError> {
        self.ask(Ask::Tell(Box::new(Input::Revoke(name))))
    }

    /// Uses another configuration: calls in progress keep theirs. Listening addresses, ports and folders stay as they were
    /// until the next start.
    ///
    /// # Errors
    /// [`HandleError`].
    pub fn reload(&self, setup: Setup) -> Result<(), HandleError> {
        self.ask(Ask::Reload(Box::new(setup)))
    }

    /// Takes no new calls (503 with Retry-After; OPTIONS answer 503 too) while calls in progress go on; `false` takes it back.
    ///
    /// # Errors
    /// [`HandleError`].
    pub fn drain(&self, on: bool) -> Result<(), HandleError> {
        self.ask(Ask::Drain(on))
    }

    /// How each trunk stands, in the order of the configuration.
    ///
    /// # Errors
    /// [`HandleError`].
    pub async fn trunks(&self) -> Result<Vec<TrunkView>, HandleError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Trunks(reply))?;
        answer.await.map_err(|_| HandleError::Stopped)
    }

    /// Who is listed, how busy the house is, and what went out.
    ///
    /// # Errors
    /// [`HandleError`].
    pub async fn guard(&self) -> Result<GuardView, HandleError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Guard(reply))?;
        answer.await.map_err(|_| HandleError::Stopped)
    }

    /// Takes a source off the list; one that is not on it changes nothing.
    ///
    /// # Errors
    /// [`HandleError`].
    pub fn pardon(&self, origin: Origin) -> Result<(), HandleError> {
        self.ask(Ask::Pardon(origin))
    }

    /// Stops outbound calls (`false`), or allows them again. Emergency services are reached in any case.
    ///
    /// # Errors
    /// [`HandleError`].
    pub fn outbound(&self, allowed: bool) -> Result<(), HandleError> {
        self.ask(Ask::Outbound(allowed))
    }

    /// The time lines of all calls as they grow, from now on. Numbers and keyed digits are not in them.
    pub fn events(&self) -> broadcast::Receiver<Arc<EventRow>> {
        self.live.subscribe()
    }

    /// Figures.
    pub fn gauges(&self) -> &Gauges {
        &self.gauges
    }

    /// How the recorder is.
    pub fn recorder(&self) -> &media::Recorder {
        &self.dials.recorder
    }

    /// How late the media threads' ticks were.
    pub fn lateness(&self) -> &media::Lateness {
        &self.dials.lateness
    }

    /// Which part of its time the busiest media thread computed over the last 200 ms, 0.0 ..= 1.0.
    pub fn busy(&self) -> f64 {
        self.dials.load.busiest()
    }

    /// How loud each leg is now.
    pub fn levels(&self) -> &media::Levels {
        &self.dials.levels
    }

    fn ask(&self, ask: Ask) -> Result<(), HandleError> {
        self.asks.try_send(ask).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => HandleError::Busy,
            mpsc::error::TrySendError::Closed(_) => HandleError::Stopped,
        })
    }
}

/// A handle whose orders an embedding test answers itself: the far side of [`Handle`] without a house behind it.
#[derive(Debug)]
pub struct FarSide {
    asks: mpsc::Receiver<Ask>,
    /// What [`Handle::trunks`] is told.
    pub trunks: Vec<TrunkView>,
    /// Sends live events to whoever listens.
    pub live: broadcast::Sender<Arc<EventRow>>,
    /// What the guard answers.
    pub guard: GuardView,
    /// Tells whoever listens the errands that [`FarSide::answer`] passes over.
    pub errands: broadcast::Sender<Errand>,
}

/// Ports of a house that is not there.
const FAR_PORTS: usize = 16;
/// Errands that are kept for a listener; the oldest is lost to it when there are more.
const FAR_ERRANDS: usize = 64;

impl FarSide {
    /// A handle and its far side.
    pub fn new() -> (Handle, Self) {
        let (asks, far) = mpsc::channel(ORDERS);
        let ((live, _), (errands, _)) = (broadcast::channel(LIVE), broadcast::channel(FAR_ERRANDS));
        let levels = media::Levels::with_places(FAR_PORTS);
        let dials = media::Dials { levels, ..media::Dials::default() };
        let lives = watch::channel(Lives::default()).1;
        let handle = Handle::new((asks, live.clone()), Arc::default(), &dials, lives);
        (handle, Self { asks: far, trunks: Vec::new(), live, guard: GuardView::default(), errands })
    }

    /// Answers the next order by `how`; `None` when the handle is gone. The guard is answered as that of a quiet house; all
    /// other asks are passed over.
    pub async fn answer(&mut self, how: impl FnOnce(&Order) -> Result<Answer, Refusal>) -> Option<Order> {
        loop {
            match self.asks.recv().await? {
                Ask::Order(order, reply) => {
                    // Whoever asked may have gone.
                    let _ = reply.send(how(&order));
                    return Some(order);
                }
                Ask::Trunks(reply) => drop(reply.send(self.trunks.clone())),
                Ask::Guard(reply) => drop(reply.send(self.guard.clone())),
                Ask::Pulse(reply) => drop(reply.send(())),
                Ask::Pardon(origin) => self.guard.listed.retain(|row| row.origin != origin),
                Ask::Outbound(allowed) => {
                    self.guard.outbound.stopped = (!allowed).then_some((guard::Stopped::Order, 0));
                }
                Ask::Tell(input) => {
                    if let Input::Errand(errand) = *input {
                        // Nobody need listen.
                        let _ = self.errands.send(*errand);
                    }
                }
                Ask::Reload(_) | Ask::Drain(_) | Ask::HandOver(_) => {}
            }
        }
    }

    /// The next errand on which the house is sent; all other asks are passed over. `None` when the handle is gone.
    pub async fn errand(&mut self) -> Option<Errand> {
        loop {
            if let Ask::Tell(input) = self.asks.recv().await?
                && let Input::Errand(errand) = *input
            {
                return Some(*errand);
            }
        }
    }
}
