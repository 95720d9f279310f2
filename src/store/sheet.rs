//! A batch on few sheets: what is known of a call or leg is merged, and each sheet is written in one round trip.
//!
//! For SQLite a sheet is one script with room for so many rows of each kind; room that is not needed is left NULL, so that
//! the script is always the same and is prepared once. PostgreSQL takes no such scripts: there each kind is one statement,
//! with as many rows as there are. Written, a sheet leaves what its entries leave one by one, in their order: an entry for which that
//! would not be so opens the next sheet. A sheet of which a row is refused leaves nothing: [`crate::writer`] writes its
//! batch row by row then.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use call::cdr::{CallBackRow, CallRow, EventRow, LegRow, RatingRow, Record, StatedRow};
use call::errand::ErrandRow;
use call::ids::CallId;

use crate::chain::{self, Chain};
use crate::either::{BEGIN_SQLITE, COMMIT, Db, Dialect, Query, Rows, query};
use crate::errand;
use crate::ledger::{PASS, Passed};
use crate::over;
use crate::rows::{Entry, LegSip, LegSound, RecordingRow};
use crate::scribe::{self, Scribe, Stage};

/// Room for rows on one sheet: about what 10 ms at 100 calls a second bring. What is left over opens the next sheet.
const OFFERS: usize = 2;
const CALLS: usize = 4;
const LEGS: usize = 6;
const EVENTS: usize = 16;
const SOUNDS: usize = 4;
const RECORDINGS: usize = 4;
const BACKS: usize = 2;
const RATINGS: usize = 2;
const SIPS: usize = 4;
const STATED: usize = 2;
const NEWS: usize = 2;

/// The kinds in the order in which a sheet writes them: legs before the calls' ends, as no open leg is added to a call
/// that is over, and sounds after the legs that they are of.
const KINDS: [(Kind, Rows, usize); 14] = [
    (Kind::Legs, scribe::LEG, LEGS),
    (Kind::Offers, scribe::OFFER, OFFERS),
    (Kind::Over, over::OVER, CALLS),
    (Kind::Calls, scribe::UPDATE, CALLS),
    (Kind::Events, chain::HANG_ALL, EVENTS),
    (Kind::Sounds, scribe::SOUND, SOUNDS),
    (Kind::Recordings, scribe::RECORDING, RECORDINGS),
    (Kind::Backs, scribe::OWE, BACKS),
    (Kind::Ratings, scribe::RATE, RATINGS),
    (Kind::Sips, scribe::SIP, SIPS),
    (Kind::Stated, scribe::STATE, STATED),
    (Kind::Restated, scribe::RESTATE, STATED),
    (Kind::News, errand::NEWS, NEWS),
    (Kind::Passed, PASS, 1),
];

/// What a row of a sheet is.
#[derive(Clone, Copy)]
enum Kind {
    Legs,
    Offers,
    /// The calls that end, before their rows say so.
    Over,
    Calls,
    Events,
    Sounds,
    Recordings,
    Backs,
    Ratings,
    Sips,
    Stated,
    /// The same rows, for the calls that are over.
    Restated,
    News,
    /// The cursor of the journal that the batch comes from.
    Passed,
}

/// In the number of a script, beside one bit for each kind that it has: it opens, and it closes the transaction.
const FIRST: usize = 1 << KINDS.len();
const LAST: usize = FIRST << 1;

/// The scripts' texts, each made when it is needed first. A load uses a dozen; the database keeps 100 prepared.
static SCRIPTS: Mutex<BTreeMap<usize, Arc<str>>> = Mutex::new(BTreeMap::new());

fn script(number: usize) -> Arc<str> {
    let mut made = SCRIPTS.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(number).or_insert_with(|| write_script(number)).clone()
}

fn write_script(number: usize) -> Arc<str> {
    let kinds = KINDS.iter().enumerate().filter(|(bit, _)| number & (1 << bit) != 0);
    let opening = (number & FIRST != 0).then(|| BEGIN_SQLITE.to_owned());
    let closing = (number & LAST != 0).then(|| COMMIT.to_owned());
    let mut text = String::new();
    for part in opening
        .into_iter()
        .chain(kinds.map(|(_, (_, rows, room))| rows.text(Dialect::Sqlite, *room)))
        .chain(closing)
    {
        // Writing to a string does not fail.
        let _ = write!(text, "{part}; ");
    }
    text.into()
}

/// Rows that are written together.
#[derive(Default)]
pub(crate) struct Sheet<'e> {
    legs: Vec<Cow<'e, LegRow>>,
    offers: Vec<&'e CallRow>,
    calls: Vec<(Cow<'e, CallRow>, Stage)>,
    events: Vec<&'e EventRow>,
    sounds: Vec<&'e LegSound>,
    recordings: Vec<&'e RecordingRow>,
    backs: Vec<&'e CallBackRow>,
    ratings: Vec<&'e RatingRow>,
    sips: Vec<&'e LegSip>,
    stated: Vec<&'e StatedRow>,
    news: Vec<&'e ErrandRow>,
    passed: Option<&'e Passed<'e>>,
}

/// The batch on as few sheets as it takes.
pub(crate) fn sheets(batch: &[Entry]) -> Vec<Sheet<'_>> {
    let (mut full, mut sheet) = (Vec::new(), Sheet::default());
    for entry in batch {
        if !sheet.take(entry) {
            full.push(std::mem::take(&mut sheet));
            // An empty sheet takes any entry.
            sheet.take(entry);
        }
    }
    full.push(sheet);
    full
}

impl<'e> Sheet<'e> {
    /// The batch comes from a journal, and this is its last sheet.
    pub(crate) fn passes(&mut self, passed: Option<&'e Passed<'e>>) {
        self.passed = passed;
    }

    /// Whether the entry has found its place on this sheet.
    fn take(&mut self, entry: &'e Entry) -> bool {
        match entry {
            Entry::Record(record) => match record.as_ref() {
                Record::Offered(row) => self.offer(row),
                Record::Updated(row) => self.call(row, Stage::Updated),
                Record::Ended(row) => self.call(row, Stage::Ended),
                Record::Leg(row) => self.leg(row),
                Record::Event(row) => add(&mut self.events, EVENTS, row),
                Record::CallBack(row) => add(&mut self.backs, BACKS, row),
                Record::Rating(row) => {
                    let again = self.ratings.iter().any(|r| r.call == row.call);
                    !again && add(&mut self.ratings, RATINGS, row)
                }
                Record::Errand(row) => add(&mut self.news, NEWS, row),
                Record::Stated(row) => {
                    let again = self.stated.iter().any(|s| s.stated.call == row.stated.call);
                    !again && add(&mut self.stated, STATED, row)
                }
            },
            Entry::Recording(row) => {
                // The number of a call's recording depends on those before it.
                let again = self.recordings.iter().any(|r| r.call == row.call);
                !again && add(&mut self.recordings, RECORDINGS, row.as_ref())
            }
            Entry::LegSound(row) => {
                let again = self.sounds.iter().any(|s| (s.call, s.leg) == (row.call, row.leg));
                !again && add(&mut self.sounds, SOUNDS, row.as_ref())
            }
            Entry::LegSip(row) => {
                let key = |s: &LegSip| (s.call, s.leg, s.sip_call_id.clone());
                let again = self.sips.iter().any(|s| key(s) == key(row));
                !again && add(&mut self.sips, SIPS, row.as_ref())
            }
        }
    }

    fn offer(&mut self, row: &'e CallRow) -> bool {
        let known = self.offers.iter().any(|o| o.call == row.call) || self.stage(row.call).is_some();
        known || add(&mut self.offers, OFFERS, row)
    }

    fn call(&mut self, row: &'e CallRow, stage: Stage) -> bool {
        // What was stated of a call that goes on must not reach the end that is written after it.
        if stage == Stage::Ended && self.stated.iter().any(|s| s.stated.call == row.call) {
            return false;
        }
        if let Some((before, reached)) = self.calls.iter_mut().find(|(c, _)| c.call == row.call) {
            if *reached != Stage::Ended {
                *before = Cow::Owned(later(before, row));
                *reached = stage;
            }
            return true;
        }
        add(&mut self.calls, CALLS, (Cow::Borrowed(row), stage))
    }

    fn leg(&mut self, row: &'e LegRow) -> bool {
        let heard = self.sounds.iter().any(|s| (s.call, s.leg) == (row.call, row.leg));
        let late = row.left_at.is_none() && self.stage(row.call) == Some(Stage::Ended);
        if heard || late {
            return false;
        }
        if let Some(before) = self.legs.iter_mut().find(|l| (l.call, l.leg) == (row.call, row.leg)) {
            *before = Cow::Owned(later_leg(before, row));
            return true;
        }
        add(&mut self.legs, LEGS, Cow::Borrowed(row))
    }

    fn length(&self, kind: Kind) -> usize {
        match kind {
            Kind::Legs => self.legs.len(),
            Kind::Offers => self.offers.len(),
            Kind::Calls => self.calls.len(),
            Kind::Over => self.ended().count(),
            Kind::Events => self.events.len(),
            Kind::Sounds => self.sounds.len(),
            Kind::Recordings => self.recordings.len(),
            Kind::Backs => self.backs.len(),
            Kind::Ratings => self.ratings.len(),
            Kind::Sips => self.sips.len(),
            Kind::Stated | Kind::Restated => self.stated.len(),
            Kind::News => self.news.len(),
            Kind::Passed => usize::from(self.passed.is_some()),
        }
    }

    /// Fills the rows of one kind in.
    fn fill(
        &self,
        mut query: Query,
        kind: Kind,
        scribe: Scribe<'_>,
        chain: &mut Chain,
    ) -> sqlx::Result<Query> {
        match kind {
            Kind::Legs => Ok(self.legs.iter().fold(query, |q, row| scribe::leg(q, row))),
            Kind::Offers => self.offers.iter().try_fold(query, |q, row| scribe.call(q, row, Stage::Offered)),
            Kind::Calls => self.calls.iter().try_fold(query, |q, (row, stage)| scribe.call(q, row, *stage)),
            Kind::Over => Ok(self.ended().fold(query, over::over)),
            Kind::Events => {
                for row in &self.events {
                    let event = scribe::hung(row);
                    let next = chain.next(scribe.node, &event);
                    query = chain::link(query, scribe.node, event, chain, &next);
                    *chain = next;
                }
                Ok(query)
            }
            Kind::Sounds => Ok(self.sounds.iter().fold(query, |q, row| scribe::sound(q, row))),
            Kind::Recordings => Ok(self.recordings.iter().fold(query, |q, row| scribe::recording(q, row))),
            Kind::Backs => self.backs.iter().try_fold(query, |q, row| scribe.owed(q, row)),
            Kind::Ratings => Ok(self.ratings.iter().fold(query, |q, row| scribe::rating(q, row))),
            Kind::Sips => Ok(self.sips.iter().fold(query, |q, row| scribe::signalled(q, row))),
            Kind::News => Ok(self.news.iter().fold(query, |q, row| errand::news(q, row))),
            Kind::Passed => Ok(self.passed.into_iter().fold(query, |q, passed| passed.pass(q))),
            Kind::Stated | Kind::Restated => {
                self.stated.iter().try_fold(query, |q, row| scribe.stated(q, row))
            }
        }
    }

    /// The calls that end with this sheet.
    fn ended(&self) -> impl Iterator<Item = &CallRow> {
        self.calls.iter().filter(|(_, stage)| *stage == Stage::Ended).map(|(row, _)| row.as_ref())
    }

    fn stage(&self, call: CallId) -> Option<Stage> {
        self.calls.iter().find(|(c, _)| c.call == call).map(|(_, stage)| *stage)
    }

    /// Writes the sheet; the first one opens the transaction, the last one commits it. The end of the chain after it.
    ///
    /// # Errors
    /// The database's: the transaction is open still then.
    pub(crate) async fn write(
        self,
        conn: &mut Db,
        scribe: Scribe<'_>,
        mut chain: Chain,
        first: bool,
        last: bool,
    ) -> sqlx::Result<Chain> {
        match conn.dialect() {
            Dialect::Sqlite => self.write_script(conn, scribe, &mut chain, first, last).await?,
            Dialect::Postgres => self.write_each(conn, scribe, &mut chain, first, last).await?,
        }
        Ok(chain)
    }

    /// One script, in one round trip.
    async fn write_script(
        self,
        conn: &mut Db,
        scribe: Scribe<'_>,
        chain: &mut Chain,
        first: bool,
        last: bool,
    ) -> sqlx::Result<()> {
        let has = |kind| self.length(kind) > 0;
        let mut number = if first { FIRST } else { 0 } | if last { LAST } else { 0 };
        for (bit, _) in KINDS.iter().enumerate().filter(|(_, (kind, ..))| has(*kind)) {
            number |= 1 << bit;
        }
        let mut query = Query::script(script(number));
        for (kind, rows, room) in KINDS.into_iter().filter(|(kind, ..)| has(*kind)) {
            query = self.fill(query, kind, scribe, chain)?;
            let left = room.saturating_sub(self.length(kind));
            query = (0..left * rows.width()).fold(query, |q, _| q.bind(None::<i64>));
        }
        query.execute(conn).await.map(drop)
    }

    /// One statement for each kind.
    async fn write_each(
        self,
        conn: &mut Db,
        scribe: Scribe<'_>,
        chain: &mut Chain,
        first: bool,
        last: bool,
    ) -> sqlx::Result<()> {
        if first {
            conn.open().await?;
        }
        for (kind, rows, _) in KINDS {
            let count = self.length(kind);
            if count > 0 {
                let query = rows.query(Dialect::Postgres, count);
                self.fill(query, kind, scribe, chain)?.execute(conn).await?;
            }
        }
        if last { query(COMMIT).execute(conn).await.map(drop) } else { Ok(()) }
    }
}

fn add<T>(rows: &mut Vec<T>, room: usize, row: T) -> bool {
    let fits = rows.len() < room;
    if fits {
        rows.push(row);
    }
    fits
}

/// A call's row after another: what was known stays known, as in [`scribe::UPDATE`].
fn later(before: &CallRow, row: &CallRow) -> CallRow {
    CallRow {
        answered_at: row.answered_at.or(before.answered_at),
        notice_played_at: row.notice_played_at.or(before.notice_played_at),
        operator: row.operator.clone().or_else(|| before.operator.clone()),
        case: row.case.clone().or_else(|| before.case.clone()),
        ..row.clone()
    }
}

/// A leg's row after another, as in [`scribe::LEG`].
fn later_leg(before: &LegRow, row: &LegRow) -> LegRow {
    LegRow {
        ringing_at: row.ringing_at.or(before.ringing_at),
        answered_at: row.answered_at.or(before.answered_at),
        joined_at: row.joined_at.or(before.joined_at),
        left_at: row.left_at.or(before.left_at),
        result: row.result.or(before.result),
        attempt: row.attempt,
        codec: if row.codec.as_ref().is_empty() { before.codec.clone() } else { row.codec.clone() },
        hold_ms: row.hold_ms.max(before.hold_ms),
        ..before.clone()
    }
}
