//! The one task behind all boards: looks at the house when something changed, at most twice a second, while somebody looks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use call::action::Answer;
use call::board::{Board, Hours};
use call::cdr::EventRow;
use call::event::Order;
use call::ids::DeskNo;
use store::{Figures, Store};
use switchboard::contract::TrunkView;
use switchboard::{Handle, Quality};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::SCREENS;
use super::alarms::{Alarm, Alarms, Facts};
use super::checks::Checks;
use super::counter::Counter;
use super::desks::{Clocks, People};
use super::levels::{Ear, Ears};
use super::sound::Sounds;
use super::viewer::Sight;
use crate::current::{Current, Names};
use crate::metrics::{Meters, Reader};
use crate::recordings::now_utc_ms;

/// Between two looks while somebody looks.
const PACE: Duration = Duration::from_millis(500);
/// Between two looks while nobody does: alarms keep their times.
const IDLE: Duration = Duration::from_secs(10);
/// Between two looks at what the leads are told of promises.
const WAITING_EVERY: Duration = Duration::from_secs(5);
/// How often it is written down which desks are reachable.
const SEEN_EVERY: Duration = Duration::from_secs(600);

/// The house at one moment, as far as any screen shows it.
#[derive(Debug)]
pub(crate) struct Scene {
    /// UTC ms.
    pub(crate) at: i64,
    pub(crate) board: Board,
    pub(crate) hours: Arc<BTreeMap<DeskNo, Hours>>,
    /// When each desk that is not reachable was so last.
    pub(crate) seen: BTreeMap<DeskNo, i64>,
    pub(crate) trunks: Vec<TrunkView>,
    pub(crate) today: Figures,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) names: Arc<Names>,
    /// How each leg sounds.
    pub(crate) sounds: Arc<BTreeMap<u64, Quality>>,
}

impl Scene {
    /// Nothing has happened but that time has passed.
    fn same(&self, other: &Self) -> bool {
        self.board == other.board
            && self.hours == other.hours
            && self.seen == other.seen
            && self.trunks == other.trunks
            && self.today == other.today
            && self.alarms == other.alarms
            && self.names == other.names
            && self.sounds == other.sounds
    }
}

/// The boards of all screens.
pub(crate) struct Boards {
    scenes: watch::Sender<Option<Arc<Scene>>>,
    ears: Ears,
    standing: watch::Receiver<Vec<(&'static str, String)>>,
    meters: Meters,
    places: Arc<Semaphore>,
    /// Somebody begins to look.
    woken: Arc<Notify>,
}

impl Boards {
    /// Starts the task; it ends with `closing`.
    pub(crate) fn start(
        handle: Handle,
        store: Store,
        (current, checks): (Current, Checks),
        closing: CancellationToken,
    ) -> Self {
        let (scenes, _) = watch::channel(None);
        let woken = Arc::new(Notify::new());
        let ears = Ears::start(handle.clone(), closing.clone());
        let (stands, standing) = watch::channel(Vec::new());
        let meters = Meters::default();
        let keeper = Keeper {
            stands,
            reader: Reader::new(meters.clone()),
            live: handle.events(),
            handle,
            store,
            current,
            scenes: scenes.clone(),
            counter: Counter::default(),
            clocks: Clocks::default(),
            alarms: Alarms::default(),
            checks,
            seen: BTreeMap::new(),
            noted: None,
            waiting: (0, None),
            waited: None,
            counted: false,
            woken: Arc::clone(&woken),
            sounds: Sounds::default(),
        };
        tokio::spawn(keeper.run(closing));
        Self { scenes, ears, standing, meters, places: Arc::new(Semaphore::new(SCREENS)), woken }
    }

    /// A place for one more screen, if there is one.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// The alarms that stand, as of the last look: code and what it is about.
    pub(crate) fn standing(&self) -> Vec<(&'static str, String)> {
        self.standing.borrow().clone()
    }

    /// What was measured of calls since the start.
    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }

    /// The loudness that a screen of this sight follows.
    pub(crate) fn ear(&self, sight: Sight) -> Ear {
        self.ears.of(sight)
    }

    /// The scenes from now on; the newest one first.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Arc<Scene>>> {
        let scenes = self.scenes.subscribe();
        // Whoever looks after a while without screens must not be shown how it was then.
        self.scenes.send_if_modified(|scene| {
            let old = scene.as_ref().is_some_and(|s| now_utc_ms().saturating_sub(s.at) > 2_000);
            if old {
                *scene = None;
            }
            old
        });
        self.woken.notify_one();
        scenes
    }
}

struct Keeper {
    stands: watch::Sender<Vec<(&'static str, String)>>,
    reader: Reader,
    live: broadcast::Receiver<Arc<EventRow>>,
    handle: Handle,
    store: Store,
    current: Current,
    scenes: watch::Sender<Option<Arc<Scene>>>,
    counter: Counter,
    clocks: Clocks,
    alarms: Alarms,
    checks: Checks,
    seen: BTreeMap<DeskNo, i64>,
    noted: Option<Instant>,
    /// Escalations that wait for the leads, and since when the first does.
    waiting: (u64, Option<i64>),
    waited: Option<Instant>,
    counted: bool,
    woken: Arc<Notify>,
    sounds: Sounds,
}

impl Keeper {
    async fn run(mut self, closing: CancellationToken) {
        let mut looked = Instant::now();
        let woken = Arc::clone(&self.woken);
        loop {
            let pace = if self.scenes.receiver_count() > 0 { PACE } else { IDLE };
            tokio::select! {
                () = closing.cancelled() => return,
                line = self.live.recv() => match line {
                    Ok(row) => {
                        self.counter.note(&row);
                        self.reader.note(&row);
                    }
                    // What was lost is counted by the store.
                    Err(RecvError::Lagged(_)) => {
                        self.counted = false;
                        self.reader.lost();
                    }
                    Err(RecvError::Closed) => return,
                },
                () = sleep_until(looked + pace) => {
                    looked = Instant::now();
                    self.look().await;
                }
                // The first screen after a while need not wait for the idle look.
                () = woken.notified(), if pace == IDLE => {}
            }
        }
    }

    async fn look(&mut self) {
        let now = now_utc_ms();
        let Ok(Ok(Answer::Board(board))) = self.handle.order(Order::Board).await else { return };
        let Ok(trunks) = self.handle.trunks().await else { return };
        self.count(&board, now).await;
        self.note_reachable(&board, now).await;
        self.look_waiting().await;
        let (found, gauges) = (self.checks.look(now).await, self.handle.gauges());
        let facts = Facts {
            now,
            board: &board,
            gauges,
            not_recorded: self.handle.recorder().trouble(),
            trunks: &trunks,
            seen: &self.seen,
            found,
            waiting: self.waiting,
        };
        let alarms = self.alarms.look(&facts);
        self.stands.send_replace(alarms.iter().map(|alarm| (alarm.code, alarm.target.clone())).collect());
        if self.scenes.receiver_count() == 0 {
            return;
        }
        let hours = self.clocks.at(&board.plan, now);
        let today = self.counter.figures().clone();
        let (seen, names, sounds) = (self.seen.clone(), self.current.names(), self.sounds.of(&self.handle));
        let scene = Scene { at: now, board: *board, hours, seen, trunks, today, alarms, names, sounds };
        self.scenes.send_if_modified(|last| {
            let news = !last.as_ref().is_some_and(|last| last.same(&scene));
            if news {
                *last = Some(Arc::new(scene));
            }
            news
        });
    }

    /// At midnight, at the start and after lost lines the figures begin anew with what the store knows.
    async fn count(&mut self, board: &Board, now: i64) {
        let day = board.plan.day_of(now);
        if self.counted && self.counter.day() == day {
            return;
        }
        match self.store.figures(day, now).await {
            Ok(known) => {
                self.counter.begin(day, now, known);
                self.counted = true;
            }
            Err(why) => {
                tracing::warn!(%why, "the figures of today can't be read: they are counted from now on")
            }
        }
    }

    /// What the leads are told of promises and nobody has seen to.
    async fn look_waiting(&mut self) {
        if self.waited.is_some_and(|at| at.elapsed() < WAITING_EVERY) {
            return;
        }
        self.waited = Some(Instant::now());
        match self.store.escalations_waiting().await {
            Ok(waiting) => self.waiting = waiting,
            Err(why) => tracing::warn!(%why, "it can't be read which escalations wait"),
        }
    }

    async fn note_reachable(&mut self, board: &Board, now: i64) {
        if self.noted.is_some_and(|at| at.elapsed() < SEEN_EVERY) {
            return;
        }
        if self.noted.is_none() {
            match self.store.last_seen().await {
                Ok(seen) => self.seen = seen,
                Err(why) => return tracing::warn!(%why, "it can't be read when desks were reachable last"),
            }
        }
        self.noted = Some(Instant::now());
        let people = People::of(board);
        let here = board.plan.desks.values().filter(|desk| people.any_reachable(desk)).map(|desk| desk.no);
        let here: Vec<DeskNo> = here.collect();
        self.seen.extend(here.iter().map(|no| (*no, now)));
        // A desk that was never seen is away from now on.
        let never: Vec<DeskNo> =
            board.plan.desks.keys().filter(|no| !self.seen.contains_key(no)).copied().collect();
        self.seen.extend(never.iter().map(|no| (*no, now)));
        if let Err(why) = self.store.desks_seen(now, &[here, never].concat()).await {
            tracing::warn!(%why, "it is not written down which desks are reachable");
        }
    }
}
