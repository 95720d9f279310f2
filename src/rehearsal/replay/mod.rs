//! Last week's calls against a draft: each is played by the configuration of now and by the draft, with what is known of it, and what
//! differs is told.
//!
//! The store knows the number that was dialled, the moment, the language, the desk that was rung first and whether operators
//! answered. It never knows which keys were pressed, only that some were: a call whose desk was rung before an operator spoke is
//! taken to have keyed that desk, an English one to have keyed for it, all others none. So is it said in [`Replay::guessed`].

use std::sync::Arc;

use call::event::{Caller, Key};
use call::ids::{DeskNo, Lang, Pii};
use call::plan::{Go, Input};
use config::Checked;

use crate::proof::{Leads, paths};
use crate::{Progress, Prompts, RehearsalError, Scene, Tale, Tongue, Wishes, play};

/// Calls that are replayed at most, the newest; more would keep an admin waiting.
pub const MOST_REPLAYED: usize = 2_000;
/// Who calls: the store hands no number out.
const CALLER: &str = "13900000000";

/// What is known of a call that was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Past {
    /// Its id.
    pub call: String,
    /// When it came in, UTC ms.
    pub offered_at: i64,
    /// The dialled number.
    pub number: String,
    /// The caller withheld the own number.
    pub withheld: bool,
    /// The language at its end.
    pub lang: Lang,
    /// The desk that was rung before any operator spoke.
    pub desk: Option<DeskNo>,
    /// Keys were pressed in a menu; which is not known.
    pub keyed: bool,
    /// An operator answered, or could have.
    pub operators: bool,
}

/// A call that would go another way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differing {
    /// Its id.
    pub call: String,
    /// When it came in, UTC ms.
    pub offered_at: i64,
    /// How it goes by the configuration of now, Chinese and English.
    pub was: (String, String),
    /// How it would go by the draft.
    pub would: (String, String),
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Replay {
    /// Calls that were played.
    pub calls: usize,
    /// Of these, how many go the same way.
    pub same: usize,
    /// Of these, how many had keys that are not known and were guessed, or taken as none.
    pub guessed: usize,
    /// Those that go another way.
    pub differ: Vec<Differing>,
}

/// Plays them by both configurations.
///
/// # Errors
/// [`RehearsalError::Restless`], [`RehearsalError::Cancelled`].
pub fn replay(
    now: &Checked,
    draft: &Checked,
    prompts: &Prompts,
    calls: &[Past],
    progress: &Progress,
) -> Result<Replay, RehearsalError> {
    let calls = calls.get(..calls.len().min(MOST_REPLAYED)).unwrap_or_default();
    progress.more(calls.len());
    let menus = Menus::of(now);
    let mut found = Replay { calls: calls.len(), ..Replay::default() };
    for call in calls {
        found.guessed += usize::from(call.keyed || call.desk.is_some());
        let told = |checked: &Checked, tongue| play(&scene(call, &menus, checked, prompts, tongue));
        let (was, would) = (told(now, Tongue::En)?, told(draft, Tongue::En)?);
        if way(&was) == way(&would) {
            found.same += 1;
        } else {
            let (was_zh, would_zh) = (told(now, Tongue::Zh)?, told(draft, Tongue::Zh)?);
            let (was_en, would_en) = apart(&was, &would, ", ");
            let (was_zh, would_zh) = apart(&was_zh, &would_zh, "，");
            found.differ.push(Differing {
                call: call.call.clone(),
                offered_at: call.offered_at,
                was: (was_zh, was_en),
                would: (would_zh, would_en),
            });
        }
        progress.step()?;
    }
    Ok(found)
}

/// The keys that lead somewhere by the configuration of now.
struct Menus {
    desks: Vec<(DeskNo, Vec<Vec<Key>>)>,
    english: Vec<Vec<Key>>,
}

impl Menus {
    fn of(checked: &Checked) -> Self {
        let desk = |path: crate::proof::Path| match path.leads {
            Leads::Desk(no) if !path.if_closed => Some((no, path.keys)),
            Leads::Desk(_) | Leads::Operator | Leads::Message => None,
        };
        let desks = paths(&checked.plan).into_iter().filter_map(desk).collect();
        let root = checked.plan.menus.menus.get(&checked.plan.menus.root);
        let english = root.and_then(|menu| match &menu.input {
            Input::Keys(list) => {
                list.iter().find(|(_, go)| matches!(go, Go::Language(Lang::En, _))).map(|(k, _)| *k)
            }
            Input::Digits { .. } => None,
        });
        Self { desks, english: english.map(|key| vec![vec![key]]).unwrap_or_default() }
    }

    fn keys(&self, call: &Past) -> Vec<Vec<Key>> {
        let desk = call.desk.and_then(|no| self.desks.iter().find(|(desk, _)| *desk == no));
        match (desk, call.lang) {
            (Some((_, keys)), _) => keys.clone(),
            (None, Lang::En) => self.english.clone(),
            (None, Lang::Zh) => Vec::new(),
        }
    }
}

fn scene<'a>(
    call: &Past,
    menus: &Menus,
    checked: &'a Checked,
    prompts: &'a Prompts,
    tongue: Tongue,
) -> Scene<'a> {
    let known = Caller { raw: Pii::new(CALLER), number: Pii::new(CALLER), ..Caller::default() };
    let operators = checked.plan.operators.iter().map(|o| o.staff.clone());
    let wishes = Wishes {
        at: call.offered_at,
        from: if call.withheld { Caller { withheld: true, ..Caller::default() } } else { known },
        to: call.number.as_str().into(),
        keys: menus.keys(call),
        duty: if call.operators { operators.collect() } else { Vec::new() },
        desk: Default::default(),
        absent: Default::default(),
        closed: Default::default(),
        takes_offer: false,
    };
    let scene = Scene::silent(wishes, checked, Arc::new(checked.plan.clone()), prompts);
    Scene { told: true, tongue, ..scene }
}

/// What makes a way: who is rung in which order, what is heard, how it ends; not when.
fn way(tale: &Tale) -> (&'static str, Vec<(&'static str, &str)>) {
    let told = tale.steps.iter().filter(|s| s.kind != "keys");
    (tale.ending.word(), told.map(|s| (s.kind, s.text.as_str())).collect())
}

/// Both ends in words, each with the step at which they part.
fn apart(was: &Tale, would: &Tale, comma: &str) -> (String, String) {
    let steps = |tale: &Tale| -> Vec<String> {
        tale.steps.iter().filter(|s| s.kind != "keys").map(|s| s.text.clone()).collect()
    };
    let (a, b) = (steps(was), steps(would));
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let told = |tale: &Tale, steps: &[String]| match steps.get(same) {
        Some(step) => format!("{step}{comma}{}", tale.result),
        None => tale.result.clone(),
    };
    (told(was, &a), told(would, &b))
}
