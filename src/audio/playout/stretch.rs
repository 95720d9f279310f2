//! Less and more time for the same sound: one period left out, or said twice, where it is like the one beside it.

use super::sound::Sound;
use crate::conceal::dot;

/// Shortest and longest piece that is left out or repeated, units of 125 us: 2.5 and 15 ms.
const SHORTEST: usize = 20;
const LONGEST: usize = 120;
/// Units over which two periods are compared and blended: 7.5 ms.
const BLEND: usize = 60;
/// Units of sound that have to be ready.
pub(super) const NEEDED: usize = LONGEST + BLEND;
/// Mean square of a sample that nobody hears: anything may be left out there.
const QUIET: f32 = 40.0 * 40.0;

/// A piece that is like the one behind it: its length in samples.
fn period(future: &[i16], rate: usize, most: usize, alike: f32) -> Option<usize> {
    let blend = BLEND * rate;
    let longest = (LONGEST * rate).min(future.len().checked_sub(blend)?).min(most);
    let mut x = [0.0f32; NEEDED * 2];
    for (wide, sample) in x.iter_mut().zip(future) {
        *wide = f32::from(*sample);
    }
    let head = x.get(..blend)?;
    let own = dot(head, head);
    let mut best = (alike, None);
    for length in (SHORTEST * rate..=longest).step_by(rate) {
        let behind = x.get(length..length + blend)?;
        let theirs = dot(behind, behind);
        let product = dot(head, behind);
        if own.max(theirs) < QUIET * blend as f32 {
            // Silence: the longer the better.
            best = (1.0, Some(length));
        } else if product > 0.0 {
            let like = product / own.max(theirs).max(1.0);
            if like > best.0 {
                best = (like, Some(length));
            }
        }
    }
    best.1
}

fn blend(from: i16, to: i16, share: f32) -> i16 {
    (f32::from(from) * (1.0 - share) + f32::from(to) * share).round() as i16
}

/// Leaves out one piece of at most `most` samples; `alike` (0.0 ..= 1.0) is how like its neighbour it must be. How many samples.
pub(super) fn shorten(sound: &mut Sound, most: usize, alike: f32) -> usize {
    let rate = sound.rate();
    let Some(length) = period(sound.future(), rate, most, alike) else { return 0 };
    let over = BLEND * rate;
    let future = sound.future();
    for n in 0..over {
        let (Some(now), Some(then)) = (future.get(n).copied(), future.get(n + length).copied()) else {
            return 0;
        };
        if let Some(place) = future.get_mut(n + length) {
            *place = blend(now, then, (n as f32 + 0.5) / over as f32);
        }
    }
    sound.cut(0, length);
    length
}

/// Says one piece twice. How many samples that are.
pub(super) fn lengthen(sound: &mut Sound, most: usize, alike: f32) -> usize {
    let rate = sound.rate();
    let most = most.min(sound.free());
    let Some(length) = period(sound.future(), rate, most, alike) else { return 0 };
    let over = BLEND * rate;
    // In front of the second time: the first one, and its end blended into the beginning again.
    let mut said = [0i16; NEEDED * 2];
    for (place, sample) in said.iter_mut().zip(sound.future().iter()) {
        *place = *sample;
    }
    sound.widen(0, length);
    let future = sound.future();
    for n in 0..over + length {
        let Some(first) = said.get(n).copied() else { break };
        let Some(place) = future.get_mut(n) else { break };
        *place = match n.checked_sub(length) {
            None => first,
            Some(behind) => {
                let again = said.get(behind).copied().unwrap_or(0);
                blend(first, again, (behind as f32 + 0.5) / over as f32)
            }
        };
    }
    length
}
