//! Small scanners for header text: tokens, quoted strings, commas and semicolons outside quotes and brackets.

/// RFC 3261 section 25.1 `token`.
pub(crate) fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// Splits at `separator` outside quoted strings and angle brackets; pieces are trimmed. `None` when a quote stays open.
pub(crate) fn split(text: &str, separator: u8) -> Option<Vec<&str>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    let mut escaped = false;
    let mut angle = false;
    for (i, b) in text.bytes().enumerate() {
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
            pieces.push(text.get(start..i)?.trim());
            start = i + 1;
        }
    }
    pieces.push(text.get(start..)?.trim());
    (!quoted && !angle).then_some(pieces)
}

/// Takes a quoted string at the start apart: its inside without escapes, and the rest.
pub(crate) fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.char_indices();
    if chars.next()?.1 != '"' {
        return None;
    }
    let mut inside = String::new();
    let mut escaped = false;
    for (i, c) in chars {
        if escaped {
            inside.push(c);
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == '"' {
            return Some((inside, text.get(i + 1..)?));
        } else {
            inside.push(c);
        }
    }
    None
}

/// A parameter: its name, and its value without quotes if it has one.
pub(crate) type Param = (String, Option<String>);

/// Reads `;name=value;flag` after the leading value was cut off. `None` when a name is not a token or a piece is empty.
pub(crate) fn params(text: &str) -> Option<Vec<Param>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    let rest = text.strip_prefix(';')?;
    if rest.contains(['"', '<', '>']) {
        return split(rest, b';')?.into_iter().map(param).collect();
    }
    // The usual case, without a list in between.
    rest.split(';').map(|piece| param(piece.trim())).collect()
}

fn param(piece: &str) -> Option<Param> {
    let (name, value) = match piece.split_once('=') {
        Some((n, v)) => (n.trim(), Some(v.trim())),
        None => (piece, None),
    };
    if name.is_empty() || !name.bytes().all(is_token) {
        return None;
    }
    let value = match value {
        None => None,
        Some(v) if v.starts_with('"') => {
            let (inside, rest) = quoted(v)?;
            if !rest.is_empty() {
                return None;
            }
            Some(inside)
        }
        Some(v) if v.is_empty() || v.bytes().any(|b| b == b' ' || b == b'\t' || b == b'"') => return None,
        Some(v) => Some(v.to_owned()),
    };
    Some((name.to_owned(), value))
}

/// Finds a parameter by name, ignoring case.
pub(crate) fn find<'a>(params: &'a [Param], name: &str) -> Option<Option<&'a str>> {
    params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_deref())
}

/// Whether a value could break a line or the text it is put in.
pub(crate) fn breaks_line(value: &str) -> bool {
    value.bytes().any(|b| matches!(b, b'\r' | b'\n' | 0))
}
