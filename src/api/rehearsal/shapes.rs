//! What a rehearsal found, as JSON.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use crate::config::{Both, Fault};

/// How it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Running {
    /// One is under way.
    pub(crate) running: bool,
    /// How much of it is done, 0 to 1.
    pub(crate) share: f64,
    /// What came of the last one.
    pub(crate) result: Option<Rehearsal>,
}

/// What came of a rehearsal.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Rehearsal {
    /// No fault and no open end: this draft may be published as it is.
    pub(crate) ok: bool,
    faults: Vec<Fault>,
    proof: Proof,
    replay: Replay,
    took_ms: u64,
}

/// What was proved.
#[derive(Clone, Default, Serialize, ToSchema)]
struct Proof {
    /// Ways of pressing keys.
    paths: usize,
    /// Minutes of the year from today; each is covered for each desk.
    minutes: u64,
    desks: usize,
    /// Classes of minutes that are alike.
    classes: usize,
    /// Calls that were played.
    plays: usize,
    /// Paths that end at nobody, the first 50.
    open_ends: Vec<OpenEnd>,
    /// How many there are in all.
    open: usize,
}

/// A path that ends at nobody, with a call that shows it.
#[derive(Clone, Serialize, ToSchema)]
struct OpenEnd {
    zh: String,
    en: String,
    /// UTC ms.
    at: i64,
    number: String,
    /// As for `POST /api/v1/rehearsal/route`.
    keys: String,
}

/// Last week's calls.
#[derive(Clone, Default, Serialize, ToSchema)]
struct Replay {
    /// Calls that were played, at most the newest 2,000.
    calls: usize,
    same: usize,
    /// Of these, how many had keys, which the store never keeps: guessed from the desk that was rung, or taken as none.
    guessed: usize,
    /// The first 200 that would go another way.
    differ: Vec<Differing>,
    /// How many there are in all.
    differing: usize,
}

/// A call that would go another way.
#[derive(Clone, Serialize, ToSchema)]
struct Differing {
    call: String,
    /// UTC ms.
    offered_at: i64,
    /// By the configuration in use.
    was: Both,
    /// By the draft.
    would: Both,
}

/// Calls that are told one by one.
const MOST_DIFFERING: usize = 200;

impl Rehearsal {
    pub(crate) fn faulty(faults: Vec<Fault>, took: Duration) -> Self {
        Self { ok: false, faults, proof: Proof::default(), replay: Replay::default(), took_ms: ms(took) }
    }

    pub(crate) fn of(proof: ::rehearsal::Proof, replay: ::rehearsal::Replay, took: Duration) -> Self {
        let open_end = |end: ::rehearsal::OpenEnd| OpenEnd {
            zh: end.zh,
            en: end.en,
            at: end.at,
            number: end.number,
            keys: end.keys,
        };
        let differing = |call: ::rehearsal::Differing| Differing {
            call: call.call,
            offered_at: call.offered_at,
            was: call.was.into(),
            would: call.would.into(),
        };
        Self {
            ok: proof.open == 0,
            faults: Vec::new(),
            proof: Proof {
                paths: proof.paths,
                minutes: proof.minutes,
                desks: proof.desks,
                classes: proof.classes,
                plays: proof.plays,
                open: proof.open,
                open_ends: proof.open_ends.into_iter().map(open_end).collect(),
            },
            replay: Replay {
                calls: replay.calls,
                same: replay.same,
                guessed: replay.guessed,
                differing: replay.differ.len(),
                differ: replay.differ.into_iter().take(MOST_DIFFERING).map(differing).collect(),
            },
            took_ms: ms(took),
        }
    }
}

fn ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
