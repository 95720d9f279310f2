//! Numbers hidden from whoever has not asked to see them: stars in the middle, as long as before.

use crate::lines::find;
use crate::message::Traced;

/// Fewer digits are no citizen's number: our own short number, a phone of the house.
const LEAST: usize = 7;
/// Digits that stay at the start and at the end.
const KEPT: (usize, usize) = (3, 4);

/// Hides the numbers in these messages: every number that stands in a URI or a display name of one of them is hidden
/// wherever it stands in any.
pub fn mask(messages: &mut [Traced]) {
    let mut numbers: Vec<Vec<u8>> = Vec::new();
    for message in messages.iter() {
        for number in numbers_of(&message.bytes) {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
    }
    // The longest first: a number may be the end of another one's longer form.
    numbers.sort_by_key(|number| std::cmp::Reverse(number.len()));
    for message in messages {
        for number in &numbers {
            hide(&mut message.bytes, number);
        }
    }
}

/// A number as it may be shown: `138****1234`; shorter than nine digits all stars but for what follows.
pub fn masked(number: &str) -> String {
    let mut bytes = number.as_bytes().to_vec();
    stars(&mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}

/// The digits of user parts of URIs, and of display names.
fn numbers_of(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for scheme in ["sip:", "sips:", "tel:"] {
        let mut from = 0;
        while let Some(at) = find(bytes, scheme, from, bytes.len()) {
            from = at + scheme.len();
            found.extend(digits(bytes.get(from..).unwrap_or_default()));
        }
    }
    // A display name, quoted or not, ends at the address behind it.
    for (at, _) in bytes.iter().enumerate().filter(|(_, b)| **b == b'<') {
        let before = bytes.get(..at).unwrap_or_default();
        let start = before.iter().rposition(|b| matches!(b, b':' | b',' | b'\n')).map_or(0, |at| at + 1);
        let mut rest = before.get(start..).unwrap_or_default();
        while let Some(next) = rest.iter().position(u8::is_ascii_digit) {
            let run = rest.get(next..).unwrap_or_default();
            found.extend(digits(run));
            let length = run.iter().take_while(|b| b.is_ascii_digit()).count();
            rest = run.get(length..).unwrap_or_default();
        }
    }
    found
}

/// The digits at the start, behind a `+`, when they are as many as a number has.
fn digits(bytes: &[u8]) -> Option<Vec<u8>> {
    let bytes = bytes.strip_prefix(b"+").unwrap_or(bytes);
    let run: Vec<u8> = bytes.iter().copied().take_while(u8::is_ascii_digit).collect();
    (run.len() >= LEAST).then_some(run)
}

fn hide(bytes: &mut [u8], number: &[u8]) {
    let mut from = 0;
    while let Some(at) = bytes.get(from..).and_then(|b| b.windows(number.len()).position(|w| w == number)) {
        let start = from + at;
        from = start + number.len();
        if let Some(part) = bytes.get_mut(start..from) {
            stars(part);
        }
    }
}

fn stars(digits: &mut [u8]) {
    let n = digits.len();
    let (first, last) = if n < 9 { (0, 0) } else { KEPT };
    for (i, digit) in digits.iter_mut().enumerate() {
        if i >= first && i + last < n {
            *digit = b'*';
        }
    }
}
