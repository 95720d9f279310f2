//! Whether a text is well-formed XML: every element closed in its order, every attribute quoted, every mark an entity.

/// The names of all elements in their order, or what is wrong.
pub fn elements(text: &str) -> Result<Vec<String>, String> {
    let (mut names, mut open) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        character_data(&rest[..at])?;
        let end = rest[at..].find('>').ok_or("a tag without end")? + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop();
            if last.as_deref() != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
            continue;
        }
        let (inner, empty) = tag.strip_suffix('/').map_or((tag, false), |inner| (inner, true));
        let (name, attributes) = inner.split_once(' ').unwrap_or((inner, ""));
        if open.is_empty() && !names.is_empty() {
            return Err(format!("a second root: {name}"));
        }
        names.push(name.to_owned());
        attributes_of(attributes)?;
        if !empty {
            open.push(name.to_owned());
        }
    }
    character_data(rest)?;
    if open.is_empty() { Ok(names) } else { Err(format!("left open: {open:?}")) }
}

fn attributes_of(text: &str) -> Result<(), String> {
    let mut seen = std::collections::BTreeSet::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").ok_or(format!("no attribute: {rest}"))?;
        let (value, after) = after.split_once('"').ok_or(format!("unquoted: {rest}"))?;
        if name.contains([' ', '"', '<']) || !seen.insert(name.to_owned()) {
            return Err(format!("bad or doubled attribute {name:?}"));
        }
        character_data(value)?;
        rest = after.trim_start();
    }
    Ok(())
}

fn character_data(text: &str) -> Result<(), String> {
    let known = ["amp;", "lt;", "gt;", "quot;"];
    for (at, _) in text.match_indices('&') {
        let after = &text[at + 1..];
        if !known.iter().any(|entity| after.starts_with(entity)) {
            return Err(format!("a bare & before {:?}", after.chars().take(10).collect::<String>()));
        }
    }
    match text.chars().find(|c| *c == '<' || (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))) {
        Some(c) => Err(format!("a bare {c:?}")),
        None => Ok(()),
    }
}
