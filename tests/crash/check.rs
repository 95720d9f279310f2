//! The callers' list against what the house kept: rows, final events, call-backs, recordings.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use call::cause::{Cause, Reason, Side};
use call::cdr::Outcome;
use call::ids::{CallId, Pii};
use store::{CallDetail, CallFilter, CallLine, RecordingKind, Store};

use crate::house::{House, files};
use crate::ledger::{Entry, Ledger};

/// A recording reaches to within so much of the kill.
const WITHIN: Duration = Duration::from_secs(1);
/// Rows that are asked for at once.
const PAGE: u32 = 200;
/// Faults that are shown.
const SHOWN: usize = 25;

/// What was found.
#[derive(Default)]
pub struct Report {
    calls: usize,
    answered: usize,
    /// Answered, and not over when the house was killed.
    cut: usize,
    /// Of these: with an operator; with three or more; in a message.
    talking: usize,
    three: usize,
    leaving_message: usize,
    /// Whose INVITE came again to the next life.
    taken_up: usize,
    rows: usize,
    interrupted: usize,
    own_end: usize,
    bridged: usize,
    call_backs: usize,
    recordings: usize,
    salvaged: usize,
    /// The most that is missing at the end of a recording.
    shortest: Duration,
    faults: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = [
            ("calls", self.calls),
            ("  answered", self.answered),
            ("  heard nothing, answered by the next life", self.taken_up),
            ("  cut by the kill", self.cut),
            ("    with an operator", self.talking),
            ("    three or more together", self.three),
            ("    leaving a message", self.leaving_message),
            ("rows", self.rows),
            ("  interrupted", self.interrupted),
            ("  with their own end", self.own_end),
            ("    citizen and window had spoken", self.bridged),
            ("call-backs owed", self.call_backs),
            ("recordings that play", self.recordings),
            ("  calls cut by the kill among them", self.salvaged),
        ];
        for (name, figure) in figures {
            writeln!(f, "  {name:<46}{figure:>7}")?;
        }
        write!(f, "  {:<46}{:>7.2}", "most that a recording lacks at its end, s", self.shortest.as_secs_f64())
    }
}

/// Looks through everything; fails with what is wrong.
pub async fn check(house: &House, ledger: &Ledger) -> Report {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let (store, opened) = Store::open(house.store(), i64::try_from(now).unwrap()).await.unwrap();
    let mut report = Report::default();
    if !opened.interrupted.is_empty() || !opened.completed.is_empty() {
        report.faults.push(format!("ended in order, the house left calls open: {opened:?}"));
    }
    for broken in store.verify().await.unwrap() {
        report.faults.push(format!("store: {broken}"));
    }
    // What the house calls for by itself, call-backs after each crash, is nobody's call.
    let (lines, ours): (Vec<CallLine>, Vec<CallLine>) =
        lines(&store).await.into_iter().partition(|line| line.direction == "in");
    report.rows = lines.len();
    let mut by_call_id: HashMap<&str, Vec<&CallLine>> = HashMap::new();
    for line in &lines {
        by_call_id.entry(&line.sip_call_id).or_default().push(line);
    }
    let (calls, mut listed) = (ledger.calls(), BTreeSet::new());
    for line in &ours {
        let detail = store.call(line.call).await.unwrap().unwrap();
        listed.extend(detail.recordings.into_iter().map(|file| file.row.path));
    }
    for call_id in by_call_id.keys().filter(|id| !calls.contains_key(**id)) {
        report.faults.push(format!("{call_id:?}: a row of a call that nobody made"));
    }
    for (call_id, entry) in &calls {
        let rows = by_call_id.get(call_id.as_str()).map_or(&[][..], Vec::as_slice);
        let found = of_caller(&store, &entry.caller).await;
        let killed = entry.answered().and_then(|at| Some((at, ledger.life(at).died?.0)));
        let in_time = killed.is_some_and(|(at, killed)| killed.saturating_duration_since(at) > WITHIN);
        let case = Case { entry, died: died(ledger, entry), in_time, rows };
        if let Err(fault) = case.check((&store, house, ledger), &found, &mut report, &mut listed).await {
            report.faults.push(format!(
                "{call_id}: {fault}; {:?}, died {:?}",
                case.told(),
                case.died.is_some()
            ));
        }
    }
    on_disk(house, &listed, &mut report);
    let faults = &report.faults;
    let shown = faults.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n  ");
    assert!(faults.is_empty(), "\n{report}\n{} faults:\n  {shown}", faults.len());
    report
}

/// When the house died that had answered, unless the call was over by then.
fn died(ledger: &Ledger, entry: &Entry) -> Option<Died> {
    let (from, until) = ledger.life(entry.answered()?).died?;
    let over = entry.over.filter(|over| *over < until);
    over.is_none_or(|over| over >= from)
        .then_some(Died { at: from, surely: over.is_none() && !entry.by_house })
}

/// The kill that cut a call.
#[derive(Clone, Copy)]
struct Died {
    at: Instant,
    /// Not while it hung up, or was hung up.
    surely: bool,
}

async fn lines(store: &Store) -> Vec<CallLine> {
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let page = store.calls(&CallFilter::default(), after, PAGE).await.unwrap();
        lines.extend(page.calls);
        after = page.next;
        if after.is_none() {
            return lines;
        }
    }
}

async fn of_caller(store: &Store, caller: &str) -> Vec<CallId> {
    let filter = CallFilter { caller: Some(Pii::new(caller)), ..CallFilter::default() };
    let calls = store.calls(&filter, None, PAGE).await.unwrap().calls;
    calls.iter().filter(|line| line.direction == "in").map(|line| line.call).collect()
}

/// Files that no row names, and spools that nobody made playable.
fn on_disk(house: &House, listed: &BTreeSet<String>, report: &mut Report) {
    let base = house.recordings();
    for path in files(&base, "wav") {
        let path = path.strip_prefix(&base).unwrap().to_string_lossy().into_owned();
        if !listed.contains(&path) {
            report.faults.push(format!("{path}: a recording that no row names"));
        }
    }
    for spool in house.spools() {
        report.faults.push(format!("{}: not made playable", spool.display()));
    }
}

/// One call of the list.
struct Case<'c> {
    entry: &'c Entry,
    /// The kill that cut it.
    died: Option<Died>,
    /// Its answer must be on disk: it was given well before the kill.
    in_time: bool,
    rows: &'c [&'c CallLine],
}

impl Case<'_> {
    /// What the caller got, for a message.
    fn told(&self) -> Vec<u16> {
        self.entry.got.iter().map(|(_, status)| *status).collect()
    }

    /// It was sent in one life of the house and answered in another.
    fn is_taken_up(&self, ledger: &Ledger) -> bool {
        self.entry.answered().is_some_and(|at| ledger.life(at).born > self.entry.called.unwrap())
    }

    async fn check(
        &self,
        (store, house, ledger): (&Store, &House, &Ledger),
        of_caller: &[CallId],
        report: &mut Report,
        listed: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        report.calls += 1;
        report.answered += usize::from(self.entry.answered().is_some());
        report.cut += usize::from(self.died.is_some());
        report.taken_up += usize::from(self.is_taken_up(ledger));
        let row = match self.rows {
            [row] => row,
            // Nothing, or that a busy house says it is to come later: without a record, as it never had the call.
            [] if self.entry.got.iter().all(|(_, status)| *status == 503) => return Ok(()),
            rows => return Err(format!("{} rows", rows.len())),
        };
        if of_caller != [row.call] {
            return Err(format!("found by its number: {of_caller:?}, by its Call-ID: {}", row.call));
        }
        let detail = store.call(row.call).await.unwrap().unwrap();
        let end = self.ended(&detail, report);
        let sound = self.recorded(&detail, &house.recordings(), report, listed);
        end.and(sound)
    }

    /// Its row is closed, once, as what it was.
    fn ended(&self, detail: &CallDetail, report: &mut Report) -> Result<(), String> {
        let row = &detail.row;
        let (Some(outcome), Some(_)) = (row.outcome, row.ended_at) else {
            return Err("its row is open".into());
        };
        let finals = detail.events.iter().filter(|e| e.kind == "call.ended" || e.kind == "call.abandoned");
        if finals.count() != 1 {
            return Err("not exactly one final event".into());
        }
        if let Some(leg) = detail.legs.iter().find(|leg| leg.row.left_at.is_none()) {
            return Err(format!("leg {:?} is open", leg.row.leg));
        }
        let interrupted = outcome == Outcome::Interrupted;
        if self.died.is_some_and(|died| died.surely) && !interrupted {
            return Err(format!("cut off by the kill, and its row says {outcome:?}, {:?}", row.cause));
        }
        report.call_backs += detail.call_backs.len();
        if !interrupted {
            report.own_end += 1;
            report.bridged += usize::from(outcome == Outcome::Bridged);
            return Ok(());
        }
        report.interrupted += 1;
        let left = Some(Cause::new(Side::House, Reason::Crash));
        let seats = detail.legs.iter().filter(|leg| leg.row.joined_at.is_some() && leg.row.result == left);
        match seats.count() {
            0 | 1 => {
                let message = detail.recordings.iter().any(|file| file.row.kind == RecordingKind::Voicemail);
                report.leaving_message += usize::from(message);
            }
            2 => report.talking += 1,
            _ => report.three += 1,
        }
        if self.in_time && row.answered_at.is_none() {
            return Err("answered long before the kill, and its row does not know".into());
        }
        match detail.call_backs.as_slice() {
            [_] => Ok(()),
            owed => Err(format!("interrupted, and {} call-backs are owed", owed.len())),
        }
    }

    /// Every recording that is listed can be played, and the call's own goes on until its end, or nearly so.
    fn recorded(
        &self,
        detail: &CallDetail,
        base: &Path,
        report: &mut Report,
        listed: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        let mut whole = None;
        for file in detail.recordings.iter().filter(|file| file.row.purged_at.is_none()) {
            let row = &file.row;
            let bytes = heard(base, &row.path).map_err(|e| format!("{}: {e}", row.path))?;
            let tracks = audio::wav::tracks(&bytes).map_err(|e| format!("{}: {e}", row.path))?;
            let length = Duration::from_millis(tracks.first().map_or(0, Vec::len) as u64 / 8);
            listed.insert(row.path.clone());
            report.recordings += 1;
            let is_said = row.duration_ms == Some(length.as_millis() as u64)
                && row.bytes == Some(bytes.len() as u64)
                && row.sha256.is_some();
            if !is_said {
                return Err(format!("{}: the row says {:?} and {:?}", row.path, row.duration_ms, row.bytes));
            }
            if row.kind == RecordingKind::Mix && whole.replace(length).is_some() {
                return Err("two recordings of the whole call".into());
            }
        }
        let Some(from) = self.entry.answered() else { return Ok(()) };
        let Some(until) = self.died.map(|died| died.at).or(self.entry.over) else { return Ok(()) };
        let span = until.saturating_duration_since(from);
        report.salvaged += usize::from(self.died.is_some() && whole.is_some());
        let missing = span.saturating_sub(whole.unwrap_or_default());
        report.shortest = report.shortest.max(missing);
        if missing > WITHIN {
            return Err(format!("of {span:?} {whole:?} is recorded"));
        }
        Ok(())
    }
}

/// A recording as it is given out, whether it is sealed on the disk or not.
fn heard(base: &Path, path: &str) -> io::Result<Vec<u8>> {
    let locker = vault::Locker::new(base.with_file_name("hotline.key"), base, None);
    let mut bytes = Vec::new();
    locker.open(&base.join(path))?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
