//! The evening of a whole house: whoever is called obliges, and a month goes by on the wall clock, so that everything that was
//! promised comes to its end.

use std::time::Duration;

use sip::SessionId;

use super::deeds::Deed;
use super::house::Post;
use super::weather::MONDAY;
use super::world::{Chore, Thing, World};

/// So long after the evening of a whole house it is looked whether everything has come to its end; then again and again.
pub const MONTHS_RUN_OUT: Duration = Duration::from_secs(1_200);
const LOOK: Duration = Duration::from_secs(600);
/// A chain of calls that comes to nothing takes hours; after this nothing is waited for any more.
const AT_LAST: Duration = Duration::from_secs(36_000);
/// Calls of the day are over by then.
const MONTH_AFTER: Duration = Duration::from_secs(120);
/// The last citizen of a short day has so long.
const LAST_CALL: Duration = Duration::from_secs(60);
/// After the last mishap everybody has so long to notice.
const AFTER: Duration = Duration::from_secs(8);
/// Five weeks after the day, a Monday at 10:00.
const LATER_MS: i64 = MONDAY + 35 * 86_400_000;

impl World {
    /// How long it is until the evening, when the last citizen has called.
    pub fn evening_in(&self, usual: Duration) -> Duration {
        if !self.whole.on {
            return usual;
        }
        let over = self.whole.over_at() + AFTER;
        LAST_CALL.max(over.saturating_sub(self.now))
    }

    /// Whether a whole house has still something to do: then it is not closed yet.
    pub fn goes_on(&mut self) -> bool {
        let shelf = self.whole.front.shelf();
        let busy = shelf.books.table.iter().any(|row| row.ended_at.is_none());
        drop(shelf);
        let goes_on = self.whole.on && (busy || !self.watch.live().is_empty()) && self.now < AT_LAST;
        if goes_on {
            self.later(LOOK, Thing::Close);
        }
        goes_on
    }

    /// Everybody's phone is registered from now on.
    pub fn whole_evening(&mut self) {
        if !self.whole.on {
            return;
        }
        self.later(MONTH_AFTER, Thing::Month);
        for phone in 0..self.phones.len() {
            if self.phones[phone].is_staff() {
                let wait = self.dice.ms(0, 5_000);
                self.chore_later(phone, wait, Chore::Register);
            }
        }
    }

    /// A month later.
    pub fn month_later(&mut self) {
        self.clock_set += LATER_MS - self.clock().utc_ms;
        self.say(|| "a month later".into());
        self.round_soon(Duration::from_millis(500));
    }

    /// In the evening whoever is called picks up, and keys what is asked.
    pub fn obliges(&mut self, phone: usize, session: SessionId, post: Post) {
        let ms = Duration::from_millis;
        self.plan(phone, session, ms(50), Deed::Ring(180));
        self.plan(phone, session, ms(1_500), Deed::Answer);
        let keys = match post {
            Post::Liaison | Post::Desk => "17001#2",
            Post::Emergency => "15",
            Post::Operator | Post::Lead | Post::Trunk | Post::Citizen => "",
        };
        self.plan(phone, session, ms(6_000), Deed::Keys(keys.to_owned()));
        self.plan(phone, session, ms(40_000), Deed::HangUp);
    }
}
