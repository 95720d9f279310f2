//! The proof: for every desk and every minute of a year each path ends at a person, a call-back or, with nobody on duty, the voice mail.
//!
//! Exhaustive, but not one minute at a time: minutes in which the same windows may be rung, now and until the path is clear, are one
//! class ([`hours`]), and the real decision code is asked once for each class, path ([`paths`]) and assumption about who is there
//! ([`Presence`]). A minute stands for a call that comes in as it begins.

mod hours;
mod paths;
mod presence;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use calendar::Date;
use call::event::Caller;
use call::ids::{DeskNo, Pii};
use config::Checked;

use crate::{Ending, Mood, Prompts, RehearsalError, Scene, Tale, Wishes, play};
pub(crate) use hours::Hours;
pub(crate) use paths::{Leads, Path, paths};
pub use presence::Presence;

/// Open ends that are told one by one; the rest is only counted.
pub const MOST_TOLD: usize = 50;
/// Threads at work at most: the house goes on beside them.
const MOST_THREADS: usize = 4;
/// Who calls: somebody who can be called back.
const CALLER: &str = "13900000000";

/// How far a rehearsal is, and the wish to end it.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    of: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress {
    /// Calls that were played, and how many there are to play.
    pub fn told(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed))
    }

    /// Ends it soon: [`RehearsalError::Cancelled`] comes of it.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn more(&self, plays: usize) {
        self.of.fetch_add(u64::try_from(plays).unwrap_or(0), Ordering::Relaxed);
    }

    /// One more is done.
    ///
    /// # Errors
    /// [`RehearsalError::Cancelled`].
    pub(crate) fn step(&self) -> Result<(), RehearsalError> {
        self.done.fetch_add(1, Ordering::Relaxed);
        if self.cancelled.load(Ordering::Relaxed) { Err(RehearsalError::Cancelled) } else { Ok(()) }
    }
}

/// What was proved.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Proof {
    /// Ways of pressing keys.
    pub paths: usize,
    /// Desks.
    pub desks: usize,
    /// Minutes of the year, each of them covered for each desk.
    pub minutes: u64,
    /// Classes of desk and minutes, and of minutes for paths without a desk.
    pub classes: usize,
    /// Calls that were played.
    pub plays: usize,
    /// Paths that end at nobody; the first [`MOST_TOLD`].
    pub open_ends: Vec<OpenEnd>,
    /// How many there are in all.
    pub open: usize,
}

/// A path that ends at nobody, and a moment at which it does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenEnd {
    /// What happens, Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// A call at this moment, UTC ms, ...
    pub at: i64,
    /// ... to this number ...
    pub number: String,
    /// ... with these keys shows it.
    pub keys: String,
}

/// One call to play.
#[derive(Clone, Copy)]
struct Task {
    path: usize,
    /// UTC ms.
    at: i64,
    presence: Presence,
}

/// Proves it for a year from a day on.
///
/// # Errors
/// [`RehearsalError::Restless`], [`RehearsalError::Cancelled`].
pub fn prove(
    checked: &Checked,
    prompts: &Prompts,
    from: Date,
    progress: &Progress,
) -> Result<Proof, RehearsalError> {
    let plan = Arc::new(checked.plan.clone());
    let (all, hours) = (paths(&plan), Hours::of_year(&plan, from));
    let mut proof =
        Proof { paths: all.len(), desks: plan.desks.len(), minutes: hours.minutes(), ..Proof::default() };
    let tasks = tasks(&plan, &all, &hours, &mut proof.classes);
    progress.more(tasks.len());
    proof.plays = tasks.len();
    let house = House { checked, plan, prompts, paths: &all };
    let mut open = house.ask_all(&tasks, progress)?;
    open.sort_by_key(|(task, _)| *task);
    // One moment of each is enough.
    let mut seen = BTreeSet::new();
    open.retain(|(_, end)| seen.insert((end.zh.clone(), end.keys.clone())));
    proof.open = open.len();
    proof.open_ends = open.into_iter().take(MOST_TOLD).map(|(_, end)| end).collect();
    Ok(proof)
}

fn tasks(plan: &call::Plan, paths: &[Path], hours: &Hours, classes: &mut usize) -> Vec<Task> {
    let mut known: BTreeMap<Option<DeskNo>, Vec<hours::Class>> = BTreeMap::new();
    for desk in paths.iter().map(Path::hours_of) {
        known.entry(desk).or_insert_with(|| hours.classes(plan, desk));
    }
    *classes = known.values().map(Vec::len).sum();
    let mut tasks = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        for class in known.get(&path.hours_of()).into_iter().flatten() {
            // The key for whoever finds the desk closed means nothing where it is open all along.
            if path.if_closed && !class.closed_once {
                continue;
            }
            tasks.extend(Presence::ALL.map(|presence| Task { path: i, at: class.example, presence }));
        }
    }
    tasks
}

struct House<'a> {
    checked: &'a Checked,
    plan: Arc<call::Plan>,
    prompts: &'a Prompts,
    paths: &'a [Path],
}

impl House<'_> {
    /// Plays all of them on some threads; the open ends, each with the number of its task.
    fn ask_all(&self, tasks: &[Task], progress: &Progress) -> Result<Vec<(usize, OpenEnd)>, RehearsalError> {
        let (next, open) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || -> Result<(), RehearsalError> {
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(task) = tasks.get(i) else { return Ok(()) };
                if let Some(end) = self.ask(*task)? {
                    open.lock().unwrap_or_else(PoisonError::into_inner).push((i, end));
                }
                progress.step()?;
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mine = work();
            // A thread that panicked has found a bug of this program: nothing is proved then.
            let others = others.into_iter().map(|o| o.join().unwrap_or(Err(RehearsalError::Restless)));
            others.fold(mine, Result::and)
        })?;
        Ok(open.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn ask(&self, task: Task) -> Result<Option<OpenEnd>, RehearsalError> {
        let Some(path) = self.paths.get(task.path) else { return Ok(None) };
        let mut wishes = self.wishes(path, task);
        let mut tale = self.play(&wishes)?;
        // Who still waits and was offered a call-back takes it.
        if matches!(tale.ending, Ending::Waiting(_)) && tale.offered {
            wishes.takes_offer = true;
            tale = self.play(&wishes)?;
        }
        Ok((!is_good(&tale, path, task.presence))
            .then(|| words::open_end(&self.plan, path, &task.presence, &wishes, &tale)))
    }

    fn play(&self, wishes: &Wishes) -> Result<Tale, RehearsalError> {
        play(&Scene::silent(wishes.clone(), self.checked, Arc::clone(&self.plan), self.prompts))
    }

    fn wishes(&self, path: &Path, task: Task) -> Wishes {
        let phones = self.checked.settings.phones.iter().map(|phone| phone.user.as_str().into());
        let operators = self.plan.operators.iter().map(|o| o.staff.clone());
        let on_duty = task.presence.operators();
        Wishes {
            at: task.at,
            from: Caller { raw: Pii::new(CALLER), number: Pii::new(CALLER), ..Caller::default() },
            to: self.plan.numbers.first().cloned().unwrap_or_else(|| "".into()),
            keys: path.keys.clone(),
            duty: if on_duty { operators.collect() } else { Vec::new() },
            desk: if task.presence.windows() { Mood::Accepts } else { Mood::Absent },
            absent: if task.presence == Presence::Nobody { phones.collect() } else { Default::default() },
            closed: Default::default(),
            takes_offer: false,
        }
    }
}

/// A person, a call-back that is owed, or the voice mail where no operator is on duty or the caller asked for it.
fn is_good(tale: &Tale, path: &Path, presence: Presence) -> bool {
    match tale.ending {
        Ending::Three | Ending::Talk | Ending::TalkDesk => true,
        Ending::Message => !presence.operators() || path.leads == Leads::Message,
        Ending::Refused | Ending::Over | Ending::Waiting(_) => tale.owed,
    }
}
