//! The table of tasks as a pure machine. Each method is one statement (or two in one transaction) of the store; its condition
//! stands beside it. `key` is the primary key; a unique index on `lane WHERE state = 'running'` holds what [`Table::claim`] asks.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::action::{Key, Kind, Lane, Plan};
use crate::clock::after;
use crate::ids::{Name, Of};
use crate::task::{Again, Claim, Lost, Task, TaskState, Terms};

/// All tasks. It grows with what is planned; [`Table::forget`] takes the old ones out.
#[derive(Clone, Debug, Default)]
pub struct Table {
    terms: Terms,
    rows: BTreeMap<Key, Task>,
    /// Planned, by place: urgent ones, others.
    planned: [BTreeSet<(i64, Key)>; 2],
    /// Planned, by moment.
    due: BTreeSet<(i64, Key)>,
    /// Running, by the end of the lease.
    running: BTreeSet<(i64, Key)>,
    lanes: BTreeSet<Lane>,
}

impl Table {
    /// No tasks yet.
    pub fn new(terms: Terms) -> Self {
        Self { terms, ..Self::default() }
    }

    /// A task that is to come; `false`: its key is known already, and nothing changes.
    ///
    /// `INSERT INTO task ... ON CONFLICT (key) DO NOTHING`
    pub fn plan(&mut self, plan: Plan) -> bool {
        let key = plan.key.clone();
        if self.rows.contains_key(&key) {
            return false;
        }
        let row = Task {
            plan,
            state: TaskState::Planned,
            attempt: 0,
            lease_by: None,
            lease_until: 0,
            started_at: None,
            lag_ms: 0,
            ended_at: None,
            last_error: None,
        };
        self.list(&row);
        self.rows.insert(key, row);
        true
    }

    /// Another moment for a task that has not begun; `false`: it has, or there is none.
    ///
    /// `UPDATE task SET due_at = $at, place = $at WHERE key = $key AND state = 'planned'`
    pub fn move_to(&mut self, key: &Key, at: i64) -> bool {
        let Some(mut row) = self.rows.get(key).filter(|row| row.state == TaskState::Planned).cloned() else {
            return false;
        };
        self.unlist(&row);
        (row.plan.due_at, row.plan.place) = (at, at);
        self.list(&row);
        self.rows.insert(key.clone(), row);
        true
    }

    /// Takes the next task that is due. `is_day`: no quiet hours now.
    ///
    /// `UPDATE task SET state = 'running', attempt = attempt + 1, lease_by = $node, lease_until = $now + lease,
    /// started_at = COALESCE(started_at, $now), lag_ms = COALESCE(lag_ms, $now - due_at) WHERE key =
    /// (SELECT key FROM task AS t WHERE state = 'planned' AND due_at <= $now AND ("until" IS NULL OR "until" >= $now)
    /// AND (NOT daytime OR $is_day) AND (lane IS NULL OR NOT EXISTS (SELECT 1 FROM task WHERE lane = t.lane AND
    /// state = 'running')) ORDER BY urgent DESC, place, key LIMIT 1) RETURNING *`; on PostgreSQL `FOR UPDATE SKIP LOCKED` in
    /// the inner one. Two nodes that meet on a lane: the unique index refuses the second, which asks again.
    pub fn claim(&mut self, now: i64, node: &Name, is_day: bool) -> Option<Claim> {
        let key = self.next(now, is_day)?;
        let mut row = self.rows.remove(&key)?;
        self.unlist(&row);
        row.state = TaskState::Running;
        row.attempt = row.attempt.saturating_add(1);
        row.lease_by = Some(node.clone());
        row.lease_until = after(now, self.terms.lease);
        if row.started_at.is_none() {
            row.started_at = Some(now);
            row.lag_ms = now.saturating_sub(row.plan.due_at);
        }
        let claim = Claim {
            key: key.clone(),
            node: node.clone(),
            attempt: row.attempt,
            until: row.lease_until,
            lag_ms: row.lag_ms,
        };
        self.list(&row);
        self.rows.insert(key, row);
        Some(claim)
    }

    fn next(&self, now: i64, is_day: bool) -> Option<Key> {
        let free = |key: &Key| {
            let row = self.rows.get(key)?;
            let plan = &row.plan;
            let free = plan.due_at <= now
                && plan.until.is_none_or(|until| until >= now)
                && (!plan.daytime || is_day)
                && plan.lane.as_ref().is_none_or(|lane| !self.lanes.contains(lane));
            free.then(|| key.clone())
        };
        let waiting = self.planned.iter().flat_map(|list| list.iter().take_while(|(place, _)| *place <= now));
        waiting.map(|(_, key)| key).find_map(free)
    }

    /// A longer lease for who still works on it: at half of the lease.
    ///
    /// `UPDATE task SET lease_until = $now + lease WHERE key = $key AND state = 'running' AND lease_by = $node AND
    /// attempt = $attempt`; no row: lost.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn renew(&mut self, now: i64, claim: &mut Claim) -> Result<(), Lost> {
        let mut row = self.held(claim)?;
        self.unlist(&row);
        row.lease_until = after(now, self.terms.lease);
        claim.until = row.lease_until;
        self.list(&row);
        self.rows.insert(claim.key.clone(), row);
        Ok(())
    }

    /// It is done, in the same transaction as what it brought.
    ///
    /// `UPDATE task SET state = 'done', ended_at = $now WHERE` as for [`Table::renew`]; no row: lost, roll back.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn done(&mut self, now: i64, claim: &Claim) -> Result<(), Lost> {
        let row = self.held(claim)?;
        self.end(now, row, TaskState::Done);
        Ok(())
    }

    /// It could not be done: no line, no store, no operator.
    ///
    /// `UPDATE task SET state = CASE WHEN attempt < $attempts THEN 'planned' ELSE 'human' END, due_at = $again,
    /// last_error = $why WHERE` as for [`Table::renew`].
    ///
    /// # Errors
    /// [`Lost`].
    pub fn failed(&mut self, now: i64, claim: &Claim, why: Name) -> Result<Again, Lost> {
        let mut row = self.held(claim)?;
        row.last_error = Some(why);
        let at = self.terms.again(now, row.attempt);
        Ok(self.put_back(now, row, at))
    }

    /// Leases that ran out so long ago that their nodes, whatever their clocks say, have them no more: planned again, at once.
    /// Those that failed too often are given back as keys. Run before each claim.
    ///
    /// `UPDATE task SET state = CASE WHEN attempt < $attempts THEN 'planned' ELSE 'human' END, last_error = 'lease lost by '
    /// || lease_by WHERE state = 'running' AND lease_until + skew < $now RETURNING key, state`
    pub fn release(&mut self, now: i64) -> Vec<Key> {
        let mut given_up = Vec::new();
        while let Some((until, key)) = self.running.first().cloned() {
            if after(until, self.terms.skew) >= now {
                break;
            }
            let Some(mut row) = self.rows.get(&key).cloned() else { break };
            let node = row.lease_by.clone().unwrap_or_default();
            row.last_error = Some(format!("lease lost by {node}").into());
            let at = row.plan.due_at;
            if self.put_back(now, row, at) == Again::Human {
                given_up.push(key);
            }
        }
        given_up
    }

    /// Tasks that nobody began while they were of use.
    ///
    /// `UPDATE task SET state = 'expired', ended_at = $now WHERE state = 'planned' AND "until" < $now RETURNING key`
    pub fn expire(&mut self, now: i64) -> Vec<Key> {
        let waiting = self.planned.iter().flat_map(|list| list.iter().take_while(|(place, _)| *place <= now));
        let over =
            |key: &&Key| self.rows.get(*key).and_then(|row| row.plan.until).is_some_and(|until| until < now);
        let keys: Vec<Key> = waiting.map(|(_, key)| key).filter(over).cloned().collect();
        for key in &keys {
            if let Some(row) = self.rows.get(key).cloned() {
                self.end(now, row, TaskState::Expired);
            }
        }
        keys
    }

    /// Not wanted any more: all that is planned of an owner, or of one kind. What runs goes on.
    ///
    /// `UPDATE task SET state = 'cancelled', ended_at = $now WHERE ref = $of AND state = 'planned' [AND kind = $kind]`
    pub fn cancel(&mut self, now: i64, of: &Of, kind: Option<Kind>) -> usize {
        let first = Key { of: of.clone(), kind: kind.unwrap_or(Kind::Handover), rev: 0, turn: 0 };
        let range = self.rows.range((Bound::Included(first), Bound::Unbounded));
        let same = |key: &Key| key.of == *of && kind.is_none_or(|kind| key.kind == kind);
        let rows: Vec<Task> = range
            .take_while(|(key, _)| same(key))
            .filter(|(_, row)| row.state == TaskState::Planned)
            .map(|(_, row)| row.clone())
            .collect();
        let count = rows.len();
        for row in rows {
            self.end(now, row, TaskState::Cancelled);
        }
        count
    }

    /// When somebody should come back: something is due, or a lease runs out. UTC ms; what waits for its lane or for the
    /// morning does not count.
    pub fn next_at(&self, now: i64) -> Option<i64> {
        let later = self.rows.keys().next().and_then(|least| {
            let from = (now.saturating_add(1), least.clone());
            self.due.range(from..).next().map(|(at, _)| *at)
        });
        let lease = self.running.first().map(|(until, _)| after(*until, self.terms.skew).saturating_add(1));
        later.into_iter().chain(lease).min()
    }

    /// A row.
    pub fn get(&self, key: &Key) -> Option<&Task> {
        self.rows.get(key)
    }

    /// All rows, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Task> {
        self.rows.values()
    }

    /// The rows of an owner, by key.
    pub fn iter_of<'a>(&'a self, of: &'a Of) -> impl Iterator<Item = &'a Task> {
        let first = Key { of: of.clone(), kind: Kind::Handover, rev: 0, turn: 0 };
        self.rows.range(first..).take_while(move |(key, _)| key.of == *of).map(|(_, row)| row)
    }

    /// Takes the rows out that came to their end before a moment (UTC ms) and belong to one owner: it is closed, so that no
    /// key of it comes again.
    ///
    /// `DELETE FROM task WHERE ref = $of AND ended_at < $before`
    pub fn forget(&mut self, of: &Of, before: i64) -> Vec<Task> {
        let over = |row: &&Task| row.ended_at.is_some_and(|at| at < before);
        let keys: Vec<Key> = self.iter_of(of).filter(over).map(|row| row.plan.key.clone()).collect();
        keys.iter().filter_map(|key| self.rows.remove(key)).collect()
    }

    fn held(&self, claim: &Claim) -> Result<Task, Lost> {
        let ours = |row: &&Task| {
            row.state == TaskState::Running
                && row.lease_by.as_ref() == Some(&claim.node)
                && row.attempt == claim.attempt
        };
        self.rows.get(&claim.key).filter(ours).cloned().ok_or(Lost)
    }

    fn put_back(&mut self, now: i64, mut row: Task, at: i64) -> Again {
        if row.attempt >= self.terms.attempts {
            self.end(now, row, TaskState::Human);
            return Again::Human;
        }
        self.unlist(&row);
        row.state = TaskState::Planned;
        row.plan.due_at = at;
        self.list(&row);
        self.rows.insert(row.plan.key.clone(), row);
        Again::At(at)
    }

    fn end(&mut self, now: i64, mut row: Task, state: TaskState) {
        self.unlist(&row);
        row.state = state;
        row.ended_at = Some(now);
        self.rows.insert(row.plan.key.clone(), row);
    }

    fn unlist(&mut self, row: &Task) {
        let key = row.plan.key.clone();
        match row.state {
            TaskState::Planned => {
                self.due.remove(&(row.plan.due_at, key.clone()));
                self.planned_of(row.plan.urgent).remove(&(row.plan.place, key));
            }
            TaskState::Running => {
                self.running.remove(&(row.lease_until, key));
                if let Some(lane) = &row.plan.lane {
                    self.lanes.remove(lane);
                }
            }
            TaskState::Done | TaskState::Human | TaskState::Cancelled | TaskState::Expired => {}
        }
    }

    fn list(&mut self, row: &Task) {
        let key = row.plan.key.clone();
        match row.state {
            TaskState::Planned => {
                self.due.insert((row.plan.due_at, key.clone()));
                self.planned_of(row.plan.urgent).insert((row.plan.place, key));
            }
            TaskState::Running => {
                self.running.insert((row.lease_until, key));
                self.lanes.extend(row.plan.lane.clone());
            }
            TaskState::Done | TaskState::Human | TaskState::Cancelled | TaskState::Expired => {}
        }
    }

    fn planned_of(&mut self, urgent: bool) -> &mut BTreeSet<(i64, Key)> {
        let [first, others] = &mut self.planned;
        if urgent { first } else { others }
    }
}
