//! The 16 kHz side of a room: mixed beside the other one, for wide seats alone, and only when there are two of them. Narrow seats
//! hear, and recordings keep, the mix at 8 kHz; prompts and music are narrow.

use std::cell::Cell;

use audio::FRAME;
use audio::codec::WIDE;
use audio::limit::{Fade, Limiter, run_out};
use audio::mixer::Sum;
use audio::polyphase::Up;

use crate::command::Group;
use crate::room::Seat;

/// A seat's share of it.
pub(crate) struct Side {
    /// Its leg is wide.
    pub(crate) is: bool,
    /// What it says in this tick at 16 kHz, while the room is wide.
    pub(crate) voice: [i16; WIDE],
    fade: Fade,
    limiter: Cell<Limiter>,
    /// Of what is said to it at 8 kHz.
    up: Cell<Up>,
}

impl Default for Side {
    fn default() -> Self {
        let (fade, limiter, up) = (Fade::default(), Cell::default(), Cell::default());
        Self { is: false, voice: [0; WIDE], fade, limiter, up }
    }
}

/// Whether these seats have a 16 kHz side.
pub(crate) fn is(seats: &[Seat]) -> bool {
    seats.iter().filter(|seat| seat.wide.is).count() >= 2
}

/// A tick's sums of it.
pub(crate) struct Mix {
    main: Sum<WIDE>,
    private: Sum<WIDE>,
}

impl Mix {
    /// Of these seats, and of one that has just left with this last sample; `None` when they have no such side.
    pub(crate) fn of(seats: &mut [Seat], parting: Option<i16>) -> Option<Self> {
        if parting.is_none() && !is(seats) {
            return None;
        }
        let mut mix = Self { main: Sum::default(), private: Sum::default() };
        if let Some(last) = parting {
            let mut frame = [0; WIDE];
            run_out(last, &mut frame);
            mix.main.add(&frame);
        }
        for seat in seats {
            if !seat.wide.fade.frame(&mut seat.wide.voice, !seat.muted) {
                continue;
            }
            match seat.group {
                Group::Main => mix.main.add(&seat.wide.voice),
                Group::Private => mix.private.add(&seat.wide.voice),
                Group::Alone | Group::Beside(_) => {}
            }
        }
        Some(mix)
    }

    /// What a wide seat hears: the others, and what is said to it alone.
    pub(crate) fn heard(&self, seat: &Seat, said: &Sum) -> [i16; WIDE] {
        let mut sum = match seat.group {
            Group::Main | Group::Beside(_) => self.main,
            Group::Private => self.private,
            Group::Alone => Sum::default(),
        };
        if matches!(seat.group, Group::Main | Group::Private) {
            sum.take(&seat.wide.voice);
        }
        let (mut narrow, mut ear) = ([0; FRAME], [0; WIDE]);
        said.clip(&mut narrow);
        let (mut up, mut limiter) = (seat.wide.up.get(), seat.wide.limiter.get());
        up.frame(&narrow, &mut ear);
        sum.add(&ear);
        sum.limit(&mut limiter, &mut ear);
        seat.wide.up.set(up);
        seat.wide.limiter.set(limiter);
        ear
    }
}
