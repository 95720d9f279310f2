//! Case numbers: YYMMDD, 5 digits of the day's serial, 1 check digit (ISO 7064 Mod 11,10).

/// Digits of a case number.
pub const LENGTH: usize = 12;
/// The most cases of one day.
pub const MOST_SERIAL: u32 = 99_999;

/// The number of the `serial`-th case (1..=99999) of a day given as `YYMMDD`; `None` when either does not fit.
pub fn make(day: &str, serial: u32) -> Option<String> {
    let fits =
        day.len() == 6 && day.bytes().all(|b| b.is_ascii_digit()) && (1..=MOST_SERIAL).contains(&serial);
    fits.then(|| format!("{day}{serial:05}")).map(|body| {
        let check = check_digit(body.bytes());
        format!("{body}{check}")
    })
}

/// Whether these 12 digits carry the right check digit.
pub fn valid(number: &str) -> bool {
    let digits = number.len() == LENGTH && number.bytes().all(|b| b.is_ascii_digit());
    digits && number.bytes().next_back() == Some(b'0' + check_digit(number.bytes().take(LENGTH - 1)))
}

/// ISO 7064 Mod 11,10: catches every single wrong digit, and 44 of 45 swaps of neighbours.
fn check_digit(body: impl Iterator<Item = u8>) -> u8 {
    let product = body.fold(10u8, |product, byte| {
        let sum = (product + byte.wrapping_sub(b'0') % 10) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_standards_example_has_its_check_digit() {
        assert_eq!(check_digit(b"0794".iter().copied()), 5, "ISO/IEC 7064, Mod 11,10: 0794 5");
    }

    #[test]
    fn what_is_made_is_valid_and_a_wrong_digit_is_not() {
        let number = make("261009", 1).unwrap();
        assert_eq!(number, "261009000012");
        assert!(valid(&number));
        for at in 0..LENGTH {
            for digit in b'0'..=b'9' {
                let mut other = number.clone().into_bytes();
                let same = other[at] == digit;
                other[at] = digit;
                assert_eq!(valid(&String::from_utf8(other).unwrap()), same);
            }
        }
    }

    /// What the standard cannot see: at most one in 45 swaps of unlike neighbours, each of digits that follow each other
    /// (0 after 9).
    #[test]
    fn a_swap_of_neighbours_goes_unseen_at_most_once_in_45() {
        let (mut swaps, mut unseen) = (0u32, 0u32);
        for serial in (1..=MOST_SERIAL).step_by(7) {
            let number = make("261009", serial).unwrap().into_bytes();
            for at in 0..LENGTH - 1 {
                let mut other = number.clone();
                other.swap(at, at + 1);
                if other == number {
                    continue;
                }
                swaps += 1;
                if valid(&String::from_utf8(other).unwrap()) {
                    unseen += 1;
                    assert!([1, 9].contains(&number[at].abs_diff(number[at + 1])));
                }
            }
        }
        assert!(unseen > 0 && unseen * 45 < swaps, "{unseen} of {swaps}");
    }

    #[test]
    fn what_is_no_day_or_serial_makes_no_number() {
        assert_eq!(make("2610", 1), None);
        assert_eq!(make("26100a", 1), None);
        assert_eq!((make("261009", 0), make("261009", 100_000)), (None, None));
        assert!(!valid("") && !valid("26100900001") && !valid("26100900001x"));
    }
}
