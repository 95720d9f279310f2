//! Who hears whom: everybody says a tone of their own, and everybody's ear is asked for all of them.

use std::time::Duration;

use audio::ear;
use phone::{Call, TONE_PEAK};

/// A tone is heard from this level: a quarter of what was sent.
const HEARD: f32 = TONE_PEAK as f32 / 4.0;
/// A tone is not heard below this level: 26 dB under what was sent.
const UNHEARD: f32 = TONE_PEAK as f32 / 20.0;
/// What is listened to at a time. Multiples of 5 Hz do not disturb each other in it.
const WINDOW: Duration = Duration::from_millis(200);
/// The same in samples.
const WINDOW_SAMPLES: usize = 1_600;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);
/// Samples of a packet: sound begins on such a border.
const FRAME: usize = 160;

/// One of the three who talk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Who {
    /// Who called.
    Citizen,
    /// Who answered.
    Operator,
    /// Who was brought in.
    Desk,
}

impl Who {
    /// All of them, in the order of a matrix.
    pub const ALL: [Self; 3] = [Self::Citizen, Self::Operator, Self::Desk];

    /// Their tone.
    pub fn hertz(self) -> u32 {
        match self {
            Self::Citizen => 700,
            Self::Operator => 1_100,
            Self::Desk => 1_700,
        }
    }
}

/// A part of the play in which it is fixed who hears whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// Citizen and operator.
    Two,
    /// The window's phone rings.
    Ringing,
    /// The window hears the whisper.
    Whisper,
    /// All three.
    Three,
    /// The window has hung up.
    TwoAgain,
}

impl Part {
    /// Whether the hearer is to hear the speaker.
    pub fn expects(self, hearer: Who, speaker: Who) -> bool {
        let with_desk = self == Self::Three;
        hearer != speaker && (with_desk || (hearer != Who::Desk && speaker != Who::Desk))
    }
}

/// What everybody heard in a part of the play.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Heard {
    /// In which part.
    pub part: Part,
    /// Level of each tone, by hearer and speaker, in samples' units; `None`: the hearer is not there.
    pub levels: [Option<[f32; 3]>; 3],
}

/// One ear and one tone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// Heard, as it should be.
    Heard,
    /// Not heard, as it should be.
    Still,
    /// Not as it should be.
    Wrong,
    /// The hearer is not there.
    Nobody,
}

impl Heard {
    /// What this ear says about this tone.
    pub fn finding(&self, hearer: Who, speaker: Who) -> Finding {
        let levels = self.levels.get(hearer as usize).copied().flatten();
        let Some(level) = levels.and_then(|l| l.get(speaker as usize).copied()) else {
            return Finding::Nobody;
        };
        match self.part.expects(hearer, speaker) {
            true if level >= HEARD => Finding::Heard,
            false if level < UNHEARD => Finding::Still,
            true | false => Finding::Wrong,
        }
    }

    /// Everybody hears whom they should, and nobody else.
    pub fn is_right(&self) -> bool {
        let wrong =
            |hearer| Who::ALL.into_iter().any(|speaker| self.finding(hearer, speaker) == Finding::Wrong);
        !Who::ALL.into_iter().any(wrong)
    }
}

/// Listens until everybody hears whom they should and nobody else, or the time is over: prompts that are being said
/// hold some of the tones, too.
pub async fn listen(part: Part, seats: [Option<&Call>; 3], within: Duration) -> Heard {
    let deadline = tokio::time::Instant::now() + within;
    loop {
        let heard = Heard { part, levels: seats.map(|seat| seat.map(levels)) };
        if heard.is_right() || tokio::time::Instant::now() >= deadline {
            return heard;
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn levels(call: &Call) -> [f32; 3] {
    let heard = call.heard(WINDOW);
    Who::ALL.map(|who| heard.level(who.hertz()))
}

/// How loud a tone is in the loudest piece of a recording.
pub fn loudest(samples: &[i16], who: Who) -> f32 {
    let level = |piece: &[i16]| ear::level(piece, who.hertz() as f32);
    samples.chunks_exact(WINDOW_SAMPLES).map(level).fold(0.0, f32::max)
}

/// Whether a tone is in a recording: loud in one piece at least.
pub fn has(samples: &[i16], who: Who) -> bool {
    loudest(samples, who) >= HEARD
}

/// Whether a tone is nowhere in a recording of voices that are tones.
pub fn lacks(samples: &[i16], who: Who) -> bool {
    loudest(samples, who) < UNHEARD
}

/// How much of one's own tone came back over the whole call, in samples' units. Speech holds next to nothing of exactly
/// one frequency over such a time; an echo of one second would give a hundred and more.
pub fn echo(call: &Call, who: Who) -> f32 {
    call.tape().level(who.hertz())
}

/// How like each other what was heard and what was to be heard are, 0.0 to 1.0, at the place where they are most alike
/// within the first seconds: 1 is the same.
pub fn likeness(heard: &[i16], wanted: &[i16]) -> f64 {
    /// Frames that the beginning may lie behind.
    const BEHIND: usize = 150;
    let place = |frames: usize| heard.get(frames * FRAME..).unwrap_or_default();
    (0..BEHIND).map(|frames| correlation(place(frames), wanted)).fold(0.0, f64::max)
}

fn correlation(heard: &[i16], wanted: &[i16]) -> f64 {
    let (mut both, mut one, mut other) = (0.0, 0.0, 0.0);
    for (i, wanted) in wanted.iter().enumerate() {
        let (a, b) = (f64::from(heard.get(i).copied().unwrap_or(0)), f64::from(*wanted));
        both += a * b;
        one += a * a;
        other += b * b;
    }
    if one == 0.0 || other == 0.0 { 0.0 } else { both / (one * other).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use audio::tones;

    #[test]
    fn nobody_is_to_hear_themselves_and_the_window_only_in_the_three_way() {
        for part in [Part::Two, Part::Ringing, Part::Whisper, Part::Three, Part::TwoAgain] {
            for who in Who::ALL {
                assert!(!part.expects(who, who));
                assert_eq!(part.expects(who, Who::Desk), part == Part::Three && who != Who::Desk);
            }
            assert!(part.expects(Who::Citizen, Who::Operator) && part.expects(Who::Operator, Who::Citizen));
        }
    }

    #[test]
    fn a_wrong_ear_is_found() {
        let right =
            Heard { part: Part::Two, levels: [Some([9.0, 5_900.0, 3.0]), Some([5_900.0, 9.0, 3.0]), None] };
        assert!(right.is_right());
        assert_eq!(right.finding(Who::Desk, Who::Citizen), Finding::Nobody);
        let echoes = Heard { levels: [Some([900.0, 5_900.0, 3.0]), None, None], ..right };
        assert_eq!(echoes.finding(Who::Citizen, Who::Citizen), Finding::Wrong);
        let faint = Heard { levels: [Some([0.0, 1_000.0, 3.0]), None, None], ..right };
        assert_eq!(faint.finding(Who::Citizen, Who::Operator), Finding::Wrong);
        assert!(!echoes.is_right() && !faint.is_right());
    }

    #[test]
    fn tones_are_told_apart_in_a_recording() {
        let mut track = vec![0; 5_000];
        track.extend(tones::sine(Who::Operator.hertz() as f32, TONE_PEAK, 9_000));
        assert!(has(&track, Who::Operator) && lacks(&track, Who::Citizen) && lacks(&track, Who::Desk));
        assert!(!has(&track, Who::Desk) && !lacks(&track, Who::Operator));
    }

    #[test]
    fn a_greeting_is_known_again_and_half_of_one_is_not() {
        let greeting: Vec<i16> = tones::music().into_iter().take(40_000).collect();
        let mut heard = vec![0; FRAME * 7];
        heard.extend(&greeting);
        assert!(likeness(&heard, &greeting) > 0.999);
        heard.truncate(FRAME * 7 + 20_000);
        assert!(likeness(&heard, &greeting) < 0.9);
        assert!(likeness(&[], &greeting) < 0.1);
    }
}
