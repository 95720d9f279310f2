//! The second factor against the vectors of RFC 6238, its window, and that no code is good twice.

use crate::{AccessError, Factor, STEP, UserName};

/// RFC 6238 appendix B, SHA-1: the secret `12345678901234567890`; six digits are the last six of its eight.
const VECTORS: [(u64, &str); 6] = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
];

fn factor() -> Factor {
    Factor::new(*b"12345678901234567890").unwrap()
}

#[test]
fn the_vectors_of_the_rfc_are_right_at_their_time() {
    for (at, code) in VECTORS {
        assert_eq!(factor().check(code, at, None), Some(at / STEP), "{code} at {at}");
    }
}

#[test]
fn one_step_to_each_side_is_taken_and_no_more() {
    let (at, code) = VECTORS[2];
    let step = at / STEP;
    for (shift, good) in [(-2i64, false), (-1, true), (0, true), (1, true), (2, false)] {
        let now = at.checked_add_signed(shift * i64::try_from(STEP).unwrap()).unwrap();
        assert_eq!(factor().check(code, now, None), good.then_some(step), "{shift} steps away");
    }
}

#[test]
fn a_code_is_good_once() {
    let (at, code) = VECTORS[1];
    let step = factor().check(code, at, None).unwrap();
    assert_eq!(factor().check(code, at, Some(step)), None);
    assert_eq!(factor().check(code, at, Some(step + 1)), None, "nor one before the last");
    assert_eq!(factor().check(code, at, Some(step - 1)), Some(step));
}

#[test]
fn what_is_no_code_is_wrong() {
    for code in
        ["", "28708", "2870822", "+28708", "28708a", " 287082", "287 082", "２８７０８２", "\0\0\0\0\0\0"]
    {
        assert_eq!(factor().check(code, 59, None), None, "{code:?}");
    }
    assert_eq!(factor().check("287082", u64::MAX - STEP, None), None);
}

#[test]
fn it_is_stored_and_shown_in_base_32_and_hidden_in_debug() {
    let base32 = factor().base32();
    assert_eq!(base32, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(Factor::stored(&base32).unwrap().check("287082", 59, None), Some(1));
    assert_eq!(Factor::stored("short").unwrap_err(), AccessError::Secret);
    assert_eq!(Factor::stored("").unwrap_err(), AccessError::Secret);
    let uri = factor().uri(&UserName::parse("admin").unwrap());
    assert_eq!(
        uri,
        format!(
            "otpauth://totp/hotline:admin?secret={base32}&issuer=hotline&algorithm=SHA1&digits=6&period=30"
        )
    );
    assert_eq!(format!("{:?}", factor()), "Factor(***)");
}
