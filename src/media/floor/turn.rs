//! What a media thread does in a sub-tick: takes what has arrived, and lets those whose turn it is mix, send and write down.

use std::time::Duration;

use audio::FRAME;
use audio::codec::WIDE;

use super::{Floor, LOOK, MOST_UNCODED, RTCP_EVERY, SHOWN, keep};
use crate::command::Leg;
use crate::crowd::{Crowd, Whose};
use crate::leg::{self, Clock};
use crate::line::{Channel, Line};
use crate::phases::PHASES;
use crate::room::{self, Ear, Out};
use crate::table::Table;

impl Floor {
    /// 20 ms at once: receives, mixes, sends, writes down. `now` is the time since the start, `utc_ms` the wall clock.
    pub fn tick(&mut self, now: Duration, utc_ms: i64, line: &mut impl Line) {
        self.receive(now, utc_ms, PHASES, line);
        for _ in 0..PHASES {
            self.step(now, utc_ms, line);
        }
        line.flush();
    }

    fn clock(&self, now: Duration, utc_ms: i64) -> Clock {
        let (tick, shown) = (self.sub / PHASES, self.sub < self.shown);
        Clock { tick, now, utc_ms, lost_after: self.lost_after, shown }
    }

    /// Takes what has arrived for those who have their turn in the next so many sub-ticks.
    pub fn receive(&mut self, now: Duration, utc_ms: i64, steps: u64, line: &mut impl Line) {
        let clock = self.clock(now, utc_ms);
        let (sub, from) = (self.sub + steps.saturating_sub(1), self.received);
        self.received = sub + 1;
        let (legs, events, strangers) = (&mut self.legs, &mut self.events, &mut self.strangers);
        for socket in self.open.iter().copied() {
            let Some(crowd) = usize::try_from(socket).ok().and_then(|at| self.crowds.get_mut(at)) else {
                continue;
            };
            if crowd.is_due(from, sub) {
                line.receive(socket, Channel::Rtp, &mut |from, ago, bytes| {
                    let whose = crowd.whose(from, leg::source_of(bytes), now);
                    let came = Clock { now: now.saturating_sub(ago), ..clock };
                    hand_over(legs, crowd, whose, strangers, |body| {
                        body.packet(came, from, bytes, &mut |event| events.push_back(event));
                    });
                });
            }
            let turn = |sub: u64| (sub + u64::from(socket)) / RTCP_EVERY;
            if turn(sub + 1) != turn(from) {
                line.receive(socket, Channel::Rtcp, &mut |from, _, bytes| {
                    let whose = crowd.whose_report(from);
                    hand_over(legs, crowd, whose, strangers, |body| body.report(clock, from, bytes));
                });
            }
        }
    }

    /// Whether anybody has a turn in this sub-tick, or packets have to be found as they come.
    pub(crate) fn is_due(&self, ahead: u64) -> bool {
        let (legs, rooms) = self.phases.due(self.sub + ahead);
        !legs.is_empty() || !rooms.is_empty() || self.timeless > 0
    }

    /// One sub-tick of 5 ms: whose turn it is mixes, sends and writes down.
    pub fn step(&mut self, now: Duration, utc_ms: i64, line: &mut impl Line) {
        if self.sub.is_multiple_of(LOOK) && self.meters.were_read() {
            self.shown = self.sub + SHOWN;
        }
        let clock = self.clock(now, utc_ms);
        let (due, rooms_due) = self.phases.due(self.sub);
        self.sub += 1;
        let (legs, events) = (&mut self.legs, &mut self.events);
        for place in due {
            let Some(body) = legs.at(*place) else { continue };
            if body.has_chores(clock) {
                body.watch(clock, &mut |event| events.push_back(event));
                body.send_report(clock, line);
                self.cramped |= body.measure(clock, &self.meters);
            }
        }
        let (tape, pending) = (&mut self.tape, &mut self.pending);
        while let Some(item) = pending.pop_front() {
            if let Err(rtrb::PushError::Full(item)) = tape.push(item) {
                pending.push_front(item);
                break;
            }
        }
        let mut out = Out {
            tell: &mut |event| events.push_back(event),
            tape: &mut |item| keep(tape, pending, item),
            spent: &mut self.spent,
        };
        for place in rooms_due {
            let Some(room) = self.rooms.at(*place) else { continue };
            if let Some([one, two]) = room.pair().filter(|_| !clock.shown) {
                let last = [pass_on(legs, (one, two), clock, line), pass_on(legs, (two, one), clock, line)];
                room.passed(last);
                continue;
            }
            let (wide, unheard) = (room.is_wide(), !clock.shown && room.is_unheard());
            for seat in &mut room.seats {
                if unheard && legs.at(seat.place).is_some_and(|body| body.pass_over(clock)) {
                    seat.sounds = false;
                    continue;
                }
                let side = &mut seat.wide;
                match legs.at(seat.place) {
                    Some(body) => {
                        side.is = body.codec().is_wide();
                        seat.sounds = body.say(clock, &mut seat.voice, wide.then_some(&mut side.voice));
                    }
                    None => (seat.voice, side.voice, seat.sounds) = ([0; FRAME], [0; WIDE], false),
                }
            }
            room.tick(&self.house, &mut out, |place, ear| {
                legs.at(place).and_then(|body| body.hear(clock, line, ear))
            });
            if room.wants_code() && self.uncoded.len() < MOST_UNCODED {
                self.uncoded.push(*place);
            }
        }
    }

    /// Frees what the tick left behind, and makes the room that it wants; call it between ticks.
    pub fn sweep(&mut self) {
        self.spent.clear();
        if let Some(place) = self.uncoded.pop() {
            self.rooms.at(place).map(room::Body::encode);
        }
        if std::mem::take(&mut self.cramped) {
            self.legs.each().for_each(leg::Body::make_room);
        }
    }
}

/// What one leg says the other hears: as it came, where that can be. The last sample of it, as far as it is known.
fn pass_on(
    legs: &mut Table<Leg, leg::Body>,
    (from, to): (u32, u32),
    clock: Clock,
    line: &mut impl Line,
) -> Option<i16> {
    let codec = legs.at(to)?.codec();
    let body = legs.at(from)?;
    let payload = body.payload(clock, codec);
    let (mut voice, mut wide) = ([0; FRAME], [0; WIDE]);
    let is_wide = codec.is_wide() && body.codec().is_wide();
    let sounds = payload.is_none() && body.say(clock, &mut voice, is_wide.then_some(&mut wide));
    let ear = match &payload {
        Some(payload) => Ear::Coded(payload),
        None if sounds && is_wide => Ear::Wide(&wide),
        None if sounds => Ear::Sound(&voice),
        None => Ear::Silence,
    };
    let last = match &payload {
        Some(payload) => body.last_of(payload),
        None => voice.last().copied().filter(|_| sounds && !is_wide),
    };
    legs.at(to)?.hear(clock, line, ear);
    last
}

/// A packet goes to its leg, and what is known of the leg then to the crowd.
fn hand_over(
    legs: &mut Table<Leg, leg::Body>,
    crowd: &mut Crowd,
    whose: Whose,
    strangers: &mut u64,
    take: impl FnOnce(&mut leg::Body),
) {
    let Whose::Leg(place) = whose else {
        *strangers = strangers.saturating_add(1);
        return;
    };
    let Some(body) = legs.at(place) else { return };
    take(body);
    if std::mem::take(&mut body.marked) {
        crowd.mark(place, body.marks());
    }
}
