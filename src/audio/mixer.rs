//! The mix of a room: each seat hears the sum of the others. Summed in 32 bits and clipped once, so that the order of
//! the seats can't be heard.

/// Most seats that one room mixes.
pub const MOST_SEATS: usize = 8;

/// Mixes one frame. `voices` are what each seat says; `heard` becomes what each seat hears: the sum minus its own voice.
/// `sum` is working space. All slices must be equally long: what goes beyond the shortest stays as it was.
/// Nothing is allocated.
pub fn mix(voices: &[&[i16]], sum: &mut [i32], heard: &mut [&mut [i16]]) {
    sum.fill(0);
    for voice in voices {
        for (total, sample) in sum.iter_mut().zip(*voice) {
            *total = total.saturating_add(i32::from(*sample));
        }
    }
    for (out, voice) in heard.iter_mut().zip(voices) {
        for ((out, total), own) in out.iter_mut().zip(sum.iter()).zip(*voice) {
            *out = clip(total.saturating_sub(i32::from(*own)));
        }
    }
}

/// The mix for the recording: all voices.
pub fn whole(sum: &[i32], out: &mut [i16]) {
    for (out, total) in out.iter_mut().zip(sum) {
        *out = clip(*total);
    }
}

#[inline]
fn clip(value: i32) -> i16 {
    let most = i32::from(i16::MAX);
    let least = i32::from(i16::MIN);
    i16::try_from(value.clamp(least, most)).unwrap_or(i16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each seat hears when each says one constant.
    fn heard(says: &[i16]) -> Vec<i16> {
        let frames: Vec<Vec<i16>> = says.iter().map(|s| vec![*s; 160]).collect();
        let voices: Vec<&[i16]> = frames.iter().map(Vec::as_slice).collect();
        let mut sum = vec![7; 160];
        let mut out: Vec<Vec<i16>> = says.iter().map(|_| vec![0; 160]).collect();
        let mut slices: Vec<&mut [i16]> = out.iter_mut().map(Vec::as_mut_slice).collect();
        mix(&voices, &mut sum, &mut slices);
        assert!(out.iter().all(|f| f.iter().all(|s| Some(s) == f.first())), "the whole frame is mixed");
        out.iter().filter_map(|f| f.first().copied()).collect()
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
}
