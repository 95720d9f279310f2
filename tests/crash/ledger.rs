//! The callers' own list: who called, what they got and when, when it was over, and when the house died.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What is known of one call, from the caller's side.
#[derive(Clone, Default, Debug)]
pub struct Entry {
    /// Its number; each call has its own.
    pub caller: String,
    /// The first INVITE.
    pub called: Option<Instant>,
    /// Statuses as they came, repeated ones too.
    pub got: Vec<(Instant, u16)>,
    /// When it was over for the caller, by whoever's will.
    pub over: Option<Instant>,
    /// The house ended it.
    pub by_house: bool,
}

impl Entry {
    /// When the first 200 came.
    pub fn answered(&self) -> Option<Instant> {
        self.got.iter().find(|(_, status)| (200..300).contains(status)).map(|(at, _)| *at)
    }
}

/// One life of the house.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    pub born: Instant,
    /// Killed between these; `None`: ended in order.
    pub died: Option<(Instant, Instant)>,
}

#[derive(Default)]
struct Pages {
    /// By SIP Call-ID.
    calls: HashMap<String, Entry>,
    /// By caller: when it was over, and whether the house ended it. A caller may give up before the tap has seen the call.
    over: HashMap<String, (Instant, bool)>,
    lives: Vec<Life>,
    /// Callers whom the kill had cut and who heard so by BYE.
    told: usize,
}

/// The list; the tap, the callers and the test write into it.
#[derive(Default)]
pub struct Ledger(Mutex<Pages>);

impl Ledger {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap()
    }

    /// An INVITE was sent, perhaps again.
    pub fn called(&self, call_id: &str, caller: &str) {
        let (mut pages, now) = (self.pages(), Instant::now());
        let entry = pages.calls.entry(call_id.to_owned()).or_default();
        entry.caller = caller.to_owned();
        entry.called.get_or_insert(now);
    }

    /// A response to it came.
    pub fn got(&self, call_id: &str, at: Instant, status: u16) {
        self.pages().calls.entry(call_id.to_owned()).or_default().got.push((at, status));
    }

    /// For this caller it is over.
    pub fn over(&self, caller: &str, at: Instant, by_house: bool) {
        self.pages().over.entry(caller.to_owned()).or_insert((at, by_house)).1 |= by_house;
    }

    /// How long before the last death this caller had been answered; nothing when not, or by a later life.
    pub fn answered_before_death(&self, caller: &str) -> Duration {
        let death = self.last_death();
        let pages = self.pages();
        let entry = pages.calls.values().find(|entry| entry.caller == caller);
        let answered = entry.and_then(Entry::answered);
        answered.map_or(Duration::ZERO, |answered| death.saturating_duration_since(answered))
    }

    /// A caller whom the kill had cut heard so.
    pub fn told(&self) {
        self.pages().told += 1;
    }

    /// How many heard so.
    pub fn all_told(&self) -> usize {
        self.pages().told
    }

    /// Whether this caller got anything.
    pub fn has_heard(&self, caller: &str) -> bool {
        self.pages().calls.values().any(|e| e.caller == caller && !e.got.is_empty())
    }

    /// The house is started.
    pub fn born(&self, born: Instant) {
        self.pages().lives.push(Life { born, died: None });
    }

    /// The house was killed between these.
    pub fn died(&self, from: Instant, until: Instant) {
        self.pages().lives.last_mut().unwrap().died = Some((from, until));
    }

    pub fn last_death(&self) -> Instant {
        self.pages().lives.iter().rev().find_map(|life| life.died).unwrap().0
    }

    pub fn calls(&self) -> HashMap<String, Entry> {
        let pages = self.pages();
        let mut calls = pages.calls.clone();
        for entry in calls.values_mut() {
            if let Some((at, by_house)) = pages.over.get(&entry.caller) {
                (entry.over, entry.by_house) = (Some(*at), *by_house);
            }
        }
        calls
    }

    /// The life in which something came from the house.
    pub fn life(&self, at: Instant) -> Life {
        *self.pages().lives.iter().rev().find(|life| life.born <= at).unwrap()
    }
}
