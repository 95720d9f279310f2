//! The mix of a room: each seat hears the sum of the others. Summed in 32 bits and cut once, so that the order of
//! the seats can't be heard.

use crate::FRAME;
use crate::limit::Limiter;

/// A frame's sum of voices, not clipped yet: 160 samples at 8 kHz, 320 at 16. More than 60,000 voices of full scale fit.
#[derive(Clone, Copy, Debug)]
pub struct Sum<const SAMPLES: usize = FRAME>([i32; SAMPLES]);

impl<const SAMPLES: usize> Default for Sum<SAMPLES> {
    fn default() -> Self {
        Self([0; SAMPLES])
    }
}

impl<const SAMPLES: usize> Sum<SAMPLES> {
    /// Silence.
    pub fn clear(&mut self) {
        self.0 = [0; SAMPLES];
    }

    /// One more voice.
    pub fn add(&mut self, voice: &[i16; SAMPLES]) {
        for (total, sample) in self.0.iter_mut().zip(voice) {
            *total = total.wrapping_add(i32::from(*sample));
        }
    }

    /// Another sum on top.
    pub fn add_sum(&mut self, other: &Self) {
        for (total, more) in self.0.iter_mut().zip(&other.0) {
            *total = total.wrapping_add(*more);
        }
    }

    /// Everything but this voice: what its own seat must not hear.
    pub fn take(&mut self, own: &[i16; SAMPLES]) {
        for (total, sample) in self.0.iter_mut().zip(own) {
            *total = total.wrapping_sub(i32::from(*sample));
        }
    }

    /// As samples, cut at full scale: what a recording keeps.
    pub fn clip(&self, out: &mut [i16; SAMPLES]) {
        for (sample, total) in out.iter_mut().zip(&self.0) {
            *sample = (*total).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
        }
    }

    /// As samples for an ear: turned down softly where it would be cut.
    pub fn limit(&self, limiter: &mut Limiter, out: &mut [i16; SAMPLES]) {
        limiter.frame(&self.0, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each seat hears when each says one constant.
    fn heard(says: &[i16]) -> Vec<i16> {
        let mut sum = Sum::<FRAME>::default();
        for voice in says {
            sum.add(&[*voice; FRAME]);
        }
        let hear = |own: &i16| {
            let (mut ear, mut out) = (sum, [0; FRAME]);
            ear.take(&[*own; FRAME]);
            ear.clip(&mut out);
            assert!(out.iter().all(|s| Some(s) == out.first()), "the whole frame is mixed");
            out.first().copied().unwrap_or_default()
        };
        says.iter().map(hear).collect()
    }

    #[test]
    fn each_seat_hears_the_others_and_never_itself() {
        assert_eq!(heard(&[1, 10]), [10, 1]);
        assert_eq!(heard(&[1, 10, 100]), [110, 101, 11]);
        assert_eq!(heard(&[1, 10, 100, 1000, 2, 20]), [1132, 1123, 1033, 133, 1131, 1113]);
        assert_eq!(heard(&[5]), [0]);
    }

    #[test]
    fn loud_seats_are_clipped_once_whatever_their_order() {
        assert_eq!(heard(&[30_000, 30_000, -30_000]), [0, 0, 32_767]);
        assert_eq!(heard(&[-30_000, 30_000, 30_000]), [32_767, 0, 0]);
        assert_eq!(heard(&[i16::MIN, i16::MIN, i16::MIN]), [i16::MIN; 3]);
    }

    #[test]
    fn an_ear_hears_what_fits_as_it_is_and_a_wide_room_is_mixed_too() {
        let (mut sum, mut limiter, mut out) = (Sum::<320>::default(), Limiter::default(), [0; 320]);
        sum.add(&[12_000; 320]);
        sum.add(&[13_000; 320]);
        sum.limit(&mut limiter, &mut out);
        assert_eq!(out, [25_000; 320]);
        sum.add(&[30_000; 320]);
        sum.limit(&mut limiter, &mut out);
        sum.limit(&mut limiter, &mut out);
        assert!(out.iter().all(|s| (25_900..=26_100).contains(s)), "{out:?}");
    }
}
