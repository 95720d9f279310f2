//! What each seat hears in a tick, in the form that costs least: nothing, a prompt as it stands in packets, one voice, a mix.

use audio::FRAME;
use audio::codec::WIDE;
use audio::g711::Law;
use audio::limit::Fade;
use audio::mixer::Sum;

use super::{Body, House, Seat};
use crate::command::{Background, Group, Hearers, Leg};
use crate::player::{Playing, looped};
use crate::wide;

/// What one seat hears.
#[derive(Clone, Copy)]
pub(crate) enum Ear<'a> {
    /// Nothing.
    Silence,
    /// Nothing but this prompt.
    Said(&'a Playing),
    /// The payload of another leg, as it came.
    Coded(&'a [u8; FRAME]),
    /// A voice, or a mix.
    Sound(&'a [i16; FRAME]),
    /// The same at 16 kHz: for a wide leg, where another one says something too.
    Wide(&'a [i16; WIDE]),
}

pub(super) fn hears(to: Hearers, seat: &Seat) -> bool {
    match to {
        Hearers::Seat(leg) => seat.leg == leg,
        Hearers::Main => matches!(seat.group, Group::Main | Group::Beside(_)),
        Hearers::Private => seat.group == Group::Private,
    }
}

/// The group whose voices a seat hears.
fn listens(seat: &Seat) -> Option<Group> {
    match seat.group {
        Group::Main | Group::Beside(_) => Some(Group::Main),
        Group::Private => Some(Group::Private),
        Group::Alone => None,
    }
}

/// The sums of both groups, made when somebody needs them.
#[derive(Default)]
struct Sums {
    main: Option<Sum>,
    private: Option<Sum>,
}

impl Body {
    /// `hear` is called with what each seat hears; a law that it answers means that a prompt is not there for it yet: then
    /// the seat hears it as sound, and [`Body::encode`] makes it ready.
    pub(super) fn hear_all(
        &mut self,
        house: &House,
        beep: Option<(Leg, [i16; FRAME])>,
        hear: &mut impl FnMut(u32, Ear<'_>) -> Option<Law>,
    ) {
        let (mut sums, mut uncoded) = (Sums::default(), None);
        let wide = wide::Mix::of(&mut self.seats, self.parting_wide.take());
        for seat in &self.seats {
            let beep = beep.as_ref().filter(|(leg, _)| *leg == seat.leg).map(|(_, frame)| frame);
            if let Some(mix) = wide.as_ref().filter(|_| seat.wide.is) {
                let ear = mix.heard(seat, &self.said_to(seat, house, beep));
                hear(seat.place, Ear::Wide(&ear));
                continue;
            }
            let alone = beep.is_none()
                && self.parting.is_none()
                && !self.seats.iter().any(|coach| coaches(coach, seat));
            let mut voices = self.seats.iter().filter(|other| talks_to(other, seat));
            let (first, second) = (voices.next(), voices.next());
            let quiet = seat.said == 0 && seat.background == Background::Silence;
            match (first, second) {
                (None, _) if alone && quiet => {
                    hear(seat.place, Ear::Silence);
                    continue;
                }
                (Some(one), None) if alone && quiet => {
                    hear(seat.place, Ear::Sound(&one.voice));
                    continue;
                }
                (None, _) if alone && seat.said.is_power_of_two() => {
                    let playing = self.plays.get(seat.said.trailing_zeros() as usize);
                    let asked = playing.map(|playing| hear(seat.place, Ear::Said(playing)));
                    if asked == Some(None) {
                        continue;
                    }
                    uncoded = asked.flatten();
                }
                _ => {}
            }
            let frame = self.mixed(seat, house, beep, &mut sums);
            hear(seat.place, Ear::Sound(&frame));
        }
        (self.uncoded, self.parting) = (uncoded, None);
        for seat in &mut self.seats {
            seat.background_at += 1;
        }
    }

    /// Everything that a seat hears, as one sound.
    fn mixed(
        &self,
        seat: &Seat,
        house: &House,
        beep: Option<&[i16; FRAME]>,
        sums: &mut Sums,
    ) -> [i16; FRAME] {
        let (mut ear, mut frame) = (self.said_to(seat, house, beep), [0; FRAME]);
        if let Some(group) = listens(seat) {
            let sum = if group == Group::Private { &mut sums.private } else { &mut sums.main };
            ear.add_sum(sum.get_or_insert_with(|| self.sum(group)));
            if seat.group == group && seat.sounds {
                ear.take(&seat.voice);
            }
        }
        let mut limiter = seat.limiter.get();
        ear.limit(&mut limiter, &mut frame);
        seat.limiter.set(limiter);
        frame
    }

    /// What a seat hears besides the voices of its group.
    fn said_to(&self, seat: &Seat, house: &House, beep: Option<&[i16; FRAME]>) -> Sum {
        let (mut ear, mut frame) = (Sum::default(), [0; FRAME]);
        for coach in self.seats.iter().filter(|coach| coaches(coach, seat)) {
            ear.add(&coach.voice);
        }
        self.add_said(seat, &mut ear);
        if let Some(beep) = beep {
            ear.add(beep);
        }
        let background = match seat.background {
            Background::Music => Some(&house.music),
            Background::RingBack => Some(&house.ring_back),
            Background::Silence => None,
        };
        if let Some(sound) = background.filter(|_| seat.said == 0 && beep.is_none()) {
            looped(sound, seat.background_at, &mut frame);
            ear.add(&frame);
        }
        ear
    }

    fn sum(&self, group: Group) -> Sum {
        let mut sum = Sum::default();
        if let Some(parting) = self.parting.as_ref().filter(|_| group == Group::Main) {
            sum.add(parting);
        }
        for seat in self.seats.iter().filter(|s| s.sounds && s.group == group) {
            sum.add(&seat.voice);
        }
        sum
    }

    /// What is said to a seat.
    fn add_said(&self, seat: &Seat, ear: &mut Sum) {
        let mut frame = [0; FRAME];
        for (at, playing) in self.plays.iter().enumerate() {
            if seat.said & (1 << at) != 0 {
                playing.frame(&mut frame);
                ear.add(&frame);
            }
        }
    }

    /// What is said to the citizen.
    pub(super) fn house_says(&self) -> [i16; FRAME] {
        let (mut sum, mut frame) = (Sum::default(), [0; FRAME]);
        let citizen = self.tracks.iter().position(|(name, _)| *name == "citizen");
        for seat in self.seats.iter().filter(|s| citizen.is_some() && s.track.map(usize::from) == citizen) {
            self.add_said(seat, &mut sum);
        }
        sum.clip(&mut frame);
        frame
    }

    /// Whether its turn may be at another moment from now on: nobody else sits there, and no recording counts its turns.
    pub(crate) fn is_movable(&self) -> bool {
        self.seats.len() == 1 && self.recording.is_none()
    }

    /// Whether what its only seat says is heard and written down by nobody.
    pub(crate) fn is_unheard(&self) -> bool {
        self.seats.len() == 1 && self.message.is_none() && self.recording.is_none()
    }

    /// Whether a prompt is to be made ready for packets.
    pub(crate) fn wants_code(&self) -> bool {
        self.uncoded.is_some()
    }

    /// Makes the next sound of what is said ready for packets. Not in a tick.
    pub(crate) fn encode(&mut self) {
        if let Some(law) = self.uncoded.take() {
            // Of the first that is not ready yet.
            let _ = self.plays.iter().any(|playing| playing.encode(law));
        }
    }

    /// The two legs of a room in which two talk and nothing else happens: what one says the other can have as it came.
    pub(crate) fn pair(&mut self) -> Option<[u32; 2]> {
        let [one, two] = self.seats.as_mut_slice() else { return None };
        let plain =
            |seat: &Seat| seat.group == Group::Main && !seat.muted && seat.background == Background::Silence;
        let idle = self.plays.is_empty() && self.message.is_none() && self.recording.is_none();
        if !idle || !plain(one) || !plain(two) {
            return None;
        }
        // When it is mixed again nobody begins.
        (one.fade, two.fade) = (Fade::opened(), Fade::opened());
        Some([one.place, two.place])
    }

    /// What its two seats said was passed on, and ended with these samples: who leaves now runs out from there.
    pub(crate) fn passed(&mut self, last: [Option<i16>; 2]) {
        for (seat, last) in self.seats.iter_mut().zip(last) {
            seat.sounds = last.is_some();
            if let (Some(place), Some(last)) = (seat.voice.last_mut(), last) {
                *place = last;
            }
        }
    }
}

/// Whether a seat hears this other one as one of its group.
fn talks_to(other: &Seat, seat: &Seat) -> bool {
    other.sounds && other.leg != seat.leg && listens(seat) == Some(other.group)
}

/// Whether a seat beside the call is heard by this one.
fn coaches(coach: &Seat, seat: &Seat) -> bool {
    coach.sounds && coach.group == Group::Beside(Some(seat.leg))
}
