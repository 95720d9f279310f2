//! What must hold of a whole house when everything that went wrong is over and a month has passed.

use std::collections::BTreeMap;

use promise::{Fact, Of, TaskState, What};

use super::books::Books;
use super::world::World;

/// No datagram is on its way for longer.
const COPY_MS: u64 = 8_000;

impl Books {
    /// Nothing is due, runs, or has to be told.
    pub fn is_idle(&self, now: i64) -> bool {
        self.table.iter().all(|row| match row.state {
            TaskState::Running => false,
            TaskState::Planned => row.plan.due_at > now && row.plan.until.is_none_or(|until| until >= now),
            TaskState::Done | TaskState::Human | TaskState::Cancelled | TaskState::Expired => true,
        })
    }

    /// When the promise clock should look again, UTC ms: what waits for a lane or the morning is looked at now and then.
    pub fn next_look(&self, now: i64) -> Option<i64> {
        let waits = self.table.iter().any(|row| row.state == TaskState::Planned && row.plan.due_at <= now);
        let soon = waits.then_some(now + 5_000);
        let debts = self.owed.values().any(|owed| !owed.taken).then_some(now + 1_000);
        self.table.next_at(now).into_iter().chain(soon).chain(debts).min()
    }

    /// Each call is over and ended once.
    fn calls_are_over(&self) -> Result<(), String> {
        for (call, book) in &self.calls {
            let finals = book.finals();
            if !book.ended || finals != 1 {
                return Err(format!("{call} in the store: over {}, {finals} final events", book.ended));
            }
        }
        Ok(())
    }

    /// Each promise began and ended once; nothing is planned any more, and nothing waits to be told.
    fn promises_are_over(&self) -> Result<(), String> {
        if let Some(row) = self.table.iter().find(|row| row.ended_at.is_none()) {
            return Err(format!(
                "a month later {} is {:?}, due {}",
                row.plan.key, row.state, row.plan.due_at
            ));
        }
        for (of, facts) in &self.facts {
            let mut open: BTreeMap<What, u32> = BTreeMap::new();
            for (_, fact) in facts {
                match fact {
                    Fact::Promised(pledge) => *open.entry(pledge.what).or_default() += 1,
                    Fact::Ended(what, _) => *open.entry(*what).or_default() -= 1,
                    _ => {}
                }
            }
            if let Some((what, _)) = open.iter().find(|(_, open)| **open > 0) {
                return Err(format!("a month later {what:?} of {of} has no end"));
            }
        }
        if let Some(key) = self.untold().first() {
            return Err(format!("nobody was told that {key} failed too often"));
        }
        if let Some(((call, why), _)) = self.owed.iter().find(|(_, owed)| !owed.taken) {
            return Err(format!("nobody has taken up the call-back of {call} ({why})"));
        }
        for ((call, _), owed) in &self.owed {
            let taken = Of::CallBack(promise::CallId(owed.joined.unwrap_or(*call).0));
            if !self.facts.contains_key(&taken) {
                return Err(format!("the call-back of {call} has no promise"));
            }
        }
        match self.news.values().find(|(_, read)| !read) {
            Some((row, _)) => Err(format!("nobody has read report {} of {}", row.no, row.call)),
            None => Ok(()),
        }
    }
}

impl World {
    /// Everything is over: what stands in the store.
    pub fn verdict(&self) -> Result<(), String> {
        if !self.whole.on {
            return Ok(());
        }
        let shelf = self.whole.front.shelf();
        let books = &shelf.books;
        if !self.whole.pen.is_empty(books.cursor) {
            return Err("something is still on its way to the store".into());
        }
        books.calls_are_over()?;
        books.promises_are_over()?;
        let mut rows: BTreeMap<&str, u32> = BTreeMap::new();
        let mut cut: BTreeMap<&str, i64> = BTreeMap::new();
        for book in books.calls.values().filter(|book| book.came_in()) {
            let (row, name) = (&book.row, book.row.sip_call_id.as_ref());
            // A copy of the INVITE that was on its way while the house fell: to the next life it is a new call.
            if cut.get(name).is_some_and(|at| row.offered_at.abs_diff(*at) < COPY_MS) {
                continue;
            }
            *rows.entry(name).or_default() += 1;
            if row.outcome == Some(call::cdr::Outcome::Interrupted) {
                cut.insert(name, row.offered_at);
            }
        }
        for (sip_call_id, (_, on_disk)) in self.watch.answered() {
            let count = rows.get(sip_call_id.as_str()).copied().unwrap_or(0);
            // Answered while nothing came to disk for seconds: a crash just then costs the row.
            if count != 1 && (*on_disk || count > 1) {
                return Err(format!("{count} records of a call that was answered ({})", &sip_call_id[..6]));
            }
        }
        Ok(())
    }

    /// Counts what a run of a whole house has met.
    pub fn count_whole(&mut self) {
        let mut kinds: Vec<&'static str> = self.whole.mishaps.iter().map(|m| m.what.kind()).collect();
        let shelf = self.whole.front.shelf();
        let books = &shelf.books;
        let interrupted =
            |b: &&super::books::CallBook| b.row.outcome == Some(call::cdr::Outcome::Interrupted);
        kinds.extend(books.calls.values().filter(interrupted).map(|_| "call.interrupted"));
        for fact in books.facts.values().flatten().map(|(_, fact)| fact) {
            kinds.extend(match fact {
                Fact::Ended(_, promise::End::Kept(_)) => Some("promise.kept"),
                Fact::Ended(_, promise::End::Missed(_)) => Some("promise.missed"),
                Fact::Ended(_, promise::End::Void(_)) => Some("promise.void"),
                Fact::Tried(..) => Some("promise.tried"),
                Fact::Joined(_) => Some("promise.joined"),
                _ => None,
            });
        }
        kinds.extend(books.told.iter().map(|_| "task.human"));
        drop(shelf);
        for kind in kinds {
            self.trail.count(kind);
        }
    }
}
