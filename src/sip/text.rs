//! Small scanners for header text: tokens, quoted strings, commas and semicolons outside quotes and brackets.

use std::borrow::Cow;

use memchr::{memchr2, memchr3};

/// RFC 3261 section 25.1 `token`.
pub(crate) fn is_token(b: u8) -> bool {
    TOKEN.get(usize::from(b)).copied().unwrap_or(false)
}

/// By byte, since each name that is read is looked at byte by byte.
static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0u8;
    while b < 128 {
        table[b as usize] = b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~');
        b += 1;
    }
    table
};

/// Whether this is one token.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token)
}

/// Cuts at `separator` outside quoted strings and angle brackets; pieces are trimmed. The last item is `None` when a quote
/// or bracket stays open.
pub(crate) fn pieces(text: &str, separator: u8) -> Pieces<'_> {
    Pieces { rest: Some(text), separator }
}

/// See [`pieces`].
pub(crate) struct Pieces<'a> {
    rest: Option<&'a str>,
    separator: u8,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Option<&'a str>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let Some(end) = piece_end(rest.as_bytes(), self.separator) else { return Some(None) };
        self.rest = rest.get(end..).and_then(|r| r.get(1..));
        Some(rest.get(..end).map(str::trim_ascii))
    }
}

/// Where the first piece ends; `None` when a quote or bracket stays open.
fn piece_end(bytes: &[u8], separator: u8) -> Option<usize> {
    // The usual piece holds neither quote nor bracket.
    let Some(first) = memchr3(separator, b'"', b'<', bytes) else { return Some(bytes.len()) };
    if bytes.get(first) == Some(&separator) {
        return Some(first);
    }
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    for (i, b) in bytes.iter().copied().enumerate().skip(first) {
        if escaped {
            escaped = false;
        } else if quoted {
            match b {
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else if b == b'"' {
            quoted = true;
        } else if b == b'<' {
            angle = true;
        } else if b == b'>' {
            angle = false;
        } else if b == separator && !angle {
            return Some(i);
        }
    }
    (!quoted && !angle).then_some(bytes.len())
}

/// Takes a quoted string at the start apart: its inside without escapes, and the rest.
pub(crate) fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut inside = Cow::Borrowed("");
    loop {
        let stop = memchr2(b'"', b'\\', rest.as_bytes())?;
        let (plain, tail) = rest.split_at(stop);
        inside += plain;
        if let Some(tail) = tail.strip_prefix('"') {
            return Some((inside, tail));
        }
        let mut escaped = tail.chars();
        let pair = escaped.by_ref().nth(1)?;
        inside.to_mut().push(pair);
        rest = escaped.as_str();
    }
}

/// A parameter: its name, and its value without quotes if it has one.
pub(crate) type Param = (String, Option<String>);

/// Reads `name`, `name=value` or `name="value"`. `None` when the name is not a token or the value can't stand there.
pub(crate) fn param(piece: &str) -> Option<(&str, Option<Cow<'_, str>>)> {
    let (name, rest) = piece.split_at(piece.bytes().position(|b| !is_token(b)).unwrap_or(piece.len()));
    if name.is_empty() {
        return None;
    }
    let value = match rest.trim_ascii_start().strip_prefix('=') {
        Some(value) => Some(value.trim_ascii_start()),
        None if rest.is_empty() => None,
        None => return None,
    };
    let value = match value {
        None => None,
        Some(v) if v.starts_with('"') => Some(quoted(v).filter(|(_, rest)| rest.is_empty())?.0),
        Some(v) if v.is_empty() || v.bytes().any(|b| matches!(b, b' ' | b'\t' | b'"')) => return None,
        Some(v) => Some(Cow::Borrowed(v)),
    };
    Some((name, value))
}

/// Finds a parameter by name, ignoring case.
pub(crate) fn find<'a>(params: &'a [Param], name: &str) -> Option<Option<&'a str>> {
    params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_deref())
}

/// Whether a value could break a line or the text it is put in.
pub(crate) fn breaks_line(value: &str) -> bool {
    memchr3(b'\r', b'\n', 0, value.as_bytes()).is_some()
}
