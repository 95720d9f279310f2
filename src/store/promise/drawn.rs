//! What the facts of an owner make of the tables beside them, pure: promises, hand-overs, echoes, extensions, answers, what a
//! person goes on with, and the daily counts. Written and checked by the same lines.

use std::collections::BTreeMap;

use promise::{
    Answers, By, CallId, Channel, End, Fact, Lapse, Method, Name, Pledge, Proof, State, What, Why,
};

use crate::day::day_no;

/// A row of `promise`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct PromiseRow {
    pub(super) what: What,
    pub(super) unit: Option<Name>,
    pub(super) round: u32,
    pub(super) from: i64,
    pub(super) due_at: i64,
    pub(super) provisional: bool,
    pub(super) ended: Option<(i64, End)>,
    pub(super) late: Option<(i64, Proof)>,
    pub(super) disputed: bool,
}

impl PromiseRow {
    /// `ending`, `why`.
    pub(super) fn ending(&self) -> (Option<&'static str>, Option<&'static str>) {
        match self.ended {
            None => (None, None),
            Some((_, End::Kept(_))) => (Some("kept"), None),
            Some((_, End::Missed(why))) => (Some("missed"), Some(why.word())),
            Some((_, End::Void(why))) => (Some("void"), Some(why.word())),
        }
    }

    /// What shows that it was done, in time or late.
    pub(super) fn proof(&self) -> Option<Proof> {
        match self.ended {
            Some((_, End::Kept(proof))) => Some(proof),
            _ => self.late.map(|(_, proof)| proof),
        }
    }
}

/// A row of `handover`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct HandoverRow {
    pub(super) unit: Name,
    pub(super) round: u32,
    pub(super) planned_at: i64,
    pub(super) made_at: Option<i64>,
    pub(super) received: Option<(i64, Name, Channel)>,
    pub(super) refused: Option<(i64, Name)>,
    pub(super) reassigned_to: Option<Name>,
    pub(super) due_at: Option<i64>,
}

/// A row of `echo`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct EchoRow {
    pub(super) due_at: i64,
    pub(super) at: Option<i64>,
    pub(super) method: Option<Method>,
    pub(super) told_by: Option<Name>,
    pub(super) promised_due: Option<i64>,
    pub(super) proof: Option<Proof>,
}

/// A row of `extension`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ExtensionRow {
    pub(super) round: u32,
    pub(super) asked_at: i64,
    pub(super) days: i32,
    pub(super) reason: Name,
    /// When, the days that were granted, and why.
    pub(super) answered: Option<(i64, Option<i32>, Name)>,
}

/// A row of `followup`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ScoreRow {
    pub(super) at: i64,
    pub(super) what: What,
    pub(super) answers: Answers,
    pub(super) by: By,
    pub(super) who: Name,
    pub(super) round: u32,
    pub(super) tries: u32,
    pub(super) unit: Option<Name>,
}

/// How the unit last told the citizen something.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Telling {
    method: Method,
    proof: Proof,
    by: Name,
}

/// How often something happened: day, unit ('' for all together), what.
pub(super) type Counts = BTreeMap<(i64, String, String), i64>;

/// All rows of one owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Drawn {
    pub(super) unit: Option<Name>,
    pub(super) round: u32,
    /// By `rev`.
    pub(super) promises: BTreeMap<u32, PromiseRow>,
    /// By number, from 1.
    pub(super) handovers: BTreeMap<u32, HandoverRow>,
    /// By round and number of the echo.
    pub(super) echoes: BTreeMap<(u32, u8), EchoRow>,
    /// By number, from 1.
    pub(super) extensions: BTreeMap<u32, ExtensionRow>,
    /// By the number of the fact.
    pub(super) scores: BTreeMap<u32, ScoreRow>,
    /// What a person must go on with, since when, and when it was done.
    pub(super) asks: BTreeMap<(What, i64), Option<i64>>,
    /// Of the facts since [`Drawn::count_anew`].
    pub(super) counts: Counts,
    latest: BTreeMap<What, u32>,
    tries: BTreeMap<What, u32>,
    told: Option<Telling>,
}

impl Drawn {
    /// Nothing yet; of an owner that belongs to a unit from the beginning, this unit.
    pub(super) fn new(unit: Option<Name>) -> Self {
        Self {
            unit,
            round: 1,
            promises: BTreeMap::new(),
            handovers: BTreeMap::new(),
            echoes: BTreeMap::new(),
            extensions: BTreeMap::new(),
            scores: BTreeMap::new(),
            asks: BTreeMap::new(),
            counts: Counts::new(),
            latest: BTreeMap::new(),
            tries: BTreeMap::new(),
            told: None,
        }
    }

    /// Forgets what was counted so far.
    pub(super) fn count_anew(&mut self) {
        self.counts.clear();
    }

    /// The next fact: its number, its moment (UTC ms), who brought it.
    pub(super) fn take(&mut self, no: u32, at: i64, who: &Name, fact: &Fact) {
        match fact {
            Fact::Moved(state) => self.moved(at, *state),
            Fact::Assigned(unit) => self.assigned(at, unit),
            Fact::Promised(pledge) => self.promised(at, pledge),
            Fact::DueChanged { new, .. } => self.due_changed(new),
            Fact::Ended(what, end) => self.ended(at, *what, *end),
            Fact::Late(what, proof) => {
                self.with(*what, |row| row.late = Some((at, *proof)));
                self.echoed(at, *what, Some(*proof));
            }
            Fact::Tried(what, _) => {
                let tries = self.tries.entry(*what).or_default();
                *tries = tries.saturating_add(1);
            }
            Fact::Person(what) => {
                self.asks.insert((*what, at), None);
            }
            Fact::Received(by, channel) => {
                if let Some(mut row) = self.handovers.last_entry() {
                    row.get_mut().received = Some((at, by.clone(), *channel));
                }
                self.seen_to(at, |what| matches!(what, What::Handover | What::Urgent));
            }
            Fact::Returned(why) => {
                if let Some(mut row) = self.handovers.last_entry() {
                    row.get_mut().refused = Some((at, why.clone()));
                }
            }
            Fact::Told { what, method, proof, by, until } => {
                self.told = Some(Telling { method: *method, proof: *proof, by: by.clone() });
                if let Some(echo) = self.echo(*what) {
                    echo.promised_due = until.or(echo.promised_due);
                }
                self.echoed(at, *what, Some(*proof));
            }
            Fact::ExtensionAsked(..) | Fact::ExtensionAnswered(..) => self.extension(at, fact),
            Fact::Scored(what, answers, by) => self.scored(no, at, who, *what, *answers, *by),
            Fact::Disputed(what) => {
                self.with(*what, |row| row.disputed = true);
                self.count(at, self.unit.clone(), format!("{}.disputed", what.word()));
            }
            Fact::Round(round) => {
                self.round = *round;
                if let Some(unit) = self.unit.clone() {
                    self.name(at, unit);
                }
            }
            Fact::Settled => self.seen_to(at, |_| true),
            Fact::Reached(_, yes) => {
                let word = if *yes { "reach.yes" } else { "reach.no" };
                self.count(at, self.unit.clone(), word.to_owned());
            }
            Fact::Reported(_)
            | Fact::Flagged(..)
            | Fact::Merged(_)
            | Fact::GaveUp(_)
            | Fact::Decided(_)
            | Fact::Joined(_)
            | Fact::Listed(_)
            | Fact::Reviewed(..)
            | Fact::Struck(_)
            | Fact::NoticeMade
            | Fact::NoticeEdited(_)
            | Fact::NoticeSigned(_)
            | Fact::NoticeSent(_) => {}
        }
    }

    fn moved(&mut self, at: i64, state: State) {
        if state == State::HandedOver
            && let Some(mut row) = self.handovers.last_entry()
        {
            row.get_mut().made_at = Some(at);
        }
        let anew = matches!(state, State::Returned | State::Redo | State::JointMeeting);
        if state.is_closed() || anew {
            self.seen_to(at, |_| true);
        }
    }

    fn assigned(&mut self, at: i64, unit: &Name) {
        if let Some(mut before) = self.handovers.last_entry() {
            before.get_mut().reassigned_to = Some(unit.clone());
        }
        self.unit = Some(unit.clone());
        self.name(at, unit.clone());
    }

    /// A unit is named: a hand-over to come.
    fn name(&mut self, at: i64, unit: Name) {
        let no = self.handovers.last_key_value().map_or(1, |(no, _)| no.saturating_add(1));
        let row = HandoverRow {
            unit,
            round: self.round,
            planned_at: at,
            made_at: None,
            received: None,
            refused: None,
            reassigned_to: None,
            due_at: None,
        };
        self.handovers.insert(no, row);
    }

    fn promised(&mut self, at: i64, pledge: &Pledge) {
        let Pledge { what, from, due_at, provisional, .. } = *pledge;
        let rev = self.promises.last_key_value().map_or(1, |(rev, _)| rev.saturating_add(1));
        self.latest.insert(what, rev);
        self.tries.remove(&what);
        let row = PromiseRow {
            what,
            unit: self.unit.clone(),
            round: self.round,
            from,
            due_at,
            provisional,
            ended: None,
            late: None,
            disputed: false,
        };
        self.promises.insert(rev, row);
        self.count(at, self.unit.clone(), format!("{}.made", what.word()));
        self.handing(pledge);
        if let Some(no) = echo_no(what) {
            let row =
                EchoRow { due_at, at: None, method: None, told_by: None, promised_due: None, proof: None };
            self.echoes.insert((self.round, no), row);
        }
    }

    fn handing(&mut self, pledge: &Pledge) {
        if matches!(pledge.what, What::Handover | What::Urgent)
            && let Some(mut row) = self.handovers.last_entry()
        {
            row.get_mut().planned_at = pledge.from;
            row.get_mut().due_at = Some(pledge.due_at);
        }
    }

    fn due_changed(&mut self, new: &Pledge) {
        let Pledge { from, due_at, provisional, .. } = *new;
        self.with(new.what, |row| {
            (row.from, row.due_at, row.provisional) = (from, due_at, provisional);
        });
        self.handing(new);
        if let Some(echo) = self.echo(new.what) {
            echo.due_at = due_at;
        }
    }

    fn ended(&mut self, at: i64, what: What, end: End) {
        let unit = self.latest(what).and_then(|row| row.unit.clone());
        self.with(what, |row| row.ended = Some((at, end)));
        let (word, done) = match end {
            End::Kept(proof) => ("kept", Some(Some(proof))),
            End::Missed(Why::Late) => ("missed", Some(None)),
            End::Missed(_) => ("missed", None),
            End::Void(_) => ("void", None),
        };
        self.count(at, unit, format!("{}.{word}", what.word()));
        if let Some(proof) = done {
            self.echoed(at, what, proof);
        }
        if end == End::Void(Lapse::CalledAgain) {
            self.seen_to(at, |of| of == what);
        }
    }

    /// An echo has come about: how, and what shows it, as the unit said last; the third is the citizen's own.
    fn echoed(&mut self, at: i64, what: What, proof: Option<Proof>) {
        let told = self.told.clone().filter(|_| what != What::Echo3);
        let Some(echo) = self.echo(what) else { return };
        if echo.at.is_some() {
            return;
        }
        echo.at = Some(at);
        echo.method = told.as_ref().map(|told| told.method).or(Some(Method::Phone));
        echo.told_by = told.as_ref().map(|told| told.by.clone());
        echo.proof = proof.or(told.map(|told| told.proof));
    }

    fn extension(&mut self, at: i64, fact: &Fact) {
        match fact {
            Fact::ExtensionAsked(days, why) => {
                let no = self.extensions.last_key_value().map_or(1, |(no, _)| no.saturating_add(1));
                let row = ExtensionRow {
                    round: self.round,
                    asked_at: at,
                    days: *days,
                    reason: why.clone(),
                    answered: None,
                };
                self.extensions.insert(no, row);
            }
            Fact::ExtensionAnswered(days, why) => {
                if let Some(mut row) = self.extensions.last_entry() {
                    row.get_mut().answered = Some((at, *days, why.clone()));
                }
            }
            _ => {}
        }
    }

    fn scored(&mut self, no: u32, at: i64, who: &Name, what: What, answers: Answers, by: By) {
        let tries = self.tries.get(&what).copied().unwrap_or(0);
        let tries = if by == By::Keys { tries.saturating_add(1) } else { tries };
        let (round, unit) = (self.round, self.unit.clone());
        let row = ScoreRow { at, what, answers, by, who: who.clone(), round, tries, unit };
        self.scores.insert(no, row);
        self.seen_to(at, |of| of == what);
        if let Some(score) = answers.score {
            self.count(at, self.unit.clone(), format!("{}.score{score}", what.word()));
        }
    }

    /// A person need not go on with these any more.
    fn seen_to(&mut self, at: i64, which: impl Fn(What) -> bool) {
        for ((what, _), done) in &mut self.asks {
            if done.is_none() && which(*what) {
                *done = Some(at);
            }
        }
    }

    fn latest(&self, what: What) -> Option<&PromiseRow> {
        self.latest.get(&what).and_then(|rev| self.promises.get(rev))
    }

    fn with(&mut self, what: What, change: impl FnOnce(&mut PromiseRow)) {
        if let Some(row) = self.latest.get(&what).and_then(|rev| self.promises.get_mut(rev)) {
            change(row);
        }
    }

    fn echo(&mut self, what: What) -> Option<&mut EchoRow> {
        echo_no(what).and_then(|no| self.echoes.get_mut(&(self.round, no)))
    }

    fn count(&mut self, at: i64, unit: Option<Name>, what: String) {
        let day = day_no(at);
        let mut add = |unit: String| {
            let count = self.counts.entry((day, unit, what.clone())).or_default();
            *count = count.saturating_add(1);
        };
        add(String::new());
        if let Some(unit) = unit {
            add(unit.to_string());
        }
    }
}

/// The number of an echo among the three.
fn echo_no(what: What) -> Option<u8> {
    match what {
        What::Echo1 => Some(1),
        What::Echo2 => Some(2),
        What::Echo3 => Some(3),
        What::Handover | What::CallBack | What::Check | What::Work | What::Urgent | What::MissedCall => None,
    }
}

/// `proof` and `call_id` of a row.
pub(super) fn proof_words(proof: Option<Proof>) -> (Option<&'static str>, Option<String>) {
    match proof {
        None => (None, None),
        Some(Proof::Claimed) => (Some("claimed"), None),
        Some(Proof::Proven(CallId(call))) => (Some("proven"), Some(call::CallId(call).to_string())),
    }
}
