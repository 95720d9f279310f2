//! A message's lines, found without judging them: the trace also keeps what no parser takes.

use std::ops::Range;

/// Where the header ends and the body begins; the message's length when it has no body.
pub(crate) fn body(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(end) = line_end(bytes, at) {
        let line = bytes.get(at..end).unwrap_or_default();
        if line.trim_ascii().is_empty() && at > 0 {
            return end;
        }
        at = end;
    }
    bytes.len()
}

/// Behind the line feed of the line that begins at `from`.
fn line_end(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..).filter(|rest| !rest.is_empty())?;
    Some(rest.iter().position(|b| *b == b'\n').map_or(bytes.len(), |at| from + at + 1))
}

/// The lines of a part of a message, as ranges without their ends.
pub(crate) fn lines(bytes: &[u8], part: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = part.start;
    std::iter::from_fn(move || {
        if at >= part.end {
            return None;
        }
        let end = line_end(bytes, at)?.min(part.end);
        let line = bytes.get(at..end).unwrap_or_default();
        let ending = line.iter().rev().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let range = at..end.saturating_sub(ending);
        at = end;
        Some(range)
    })
}

/// The header fields: where the name and the (perhaps folded) value of each stand. The first line is none.
pub(crate) fn fields(bytes: &[u8]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for line in lines(bytes, 0..body(bytes)).skip(1) {
        let text = bytes.get(line.clone()).unwrap_or_default();
        if matches!(text.first(), Some(b' ' | b'\t')) {
            if let Some((_, value)) = found.last_mut() {
                value.end = line.end;
            }
            continue;
        }
        let Some(colon) = text.iter().position(|b| *b == b':') else { continue };
        found.push((line.start..line.start + colon, line.start + colon + 1..line.end));
    }
    found
}

/// Whether a field has one of these names.
pub(crate) fn is_named(bytes: &[u8], name: &Range<usize>, names: &[&str]) -> bool {
    let name = bytes.get(name.clone()).unwrap_or_default().trim_ascii();
    names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// The value of the first field with one of these names.
pub(crate) fn value<'a>(bytes: &'a [u8], names: &[&str]) -> Option<&'a [u8]> {
    let (_, value) = fields(bytes).into_iter().find(|(name, _)| is_named(bytes, name, names))?;
    bytes.get(value).map(<[u8]>::trim_ascii)
}

/// The Call-ID, when it is text.
pub(crate) fn call_id(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(value(bytes, &["Call-ID", "i"])?).ok()
}

/// The method: of a request the first word, of a response that of CSeq.
pub(crate) fn method(bytes: &[u8]) -> &[u8] {
    let first = bytes.split(|b| matches!(b, b' ' | b'\r' | b'\n')).next().unwrap_or_default();
    if first.starts_with(b"SIP/") {
        let cseq = value(bytes, &["CSeq"]).unwrap_or_default();
        return cseq.rsplit(|b| matches!(b, b' ' | b'\t')).next().unwrap_or_default();
    }
    first
}

/// Where a word stands, whatever its case, from a place on.
pub(crate) fn find(bytes: &[u8], word: &str, from: usize, until: usize) -> Option<usize> {
    let part = bytes.get(from..until.min(bytes.len()))?;
    let (first, rest) = word.as_bytes().split_first()?;
    let (low, high) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let stands = |at: usize| {
        part.get(at + 1..).and_then(|b| b.get(..rest.len())).is_some_and(|b| b.eq_ignore_ascii_case(rest))
    };
    let at = part.iter().enumerate().position(|(at, b)| (*b == low || *b == high) && stands(at))?;
    Some(from + at)
}
