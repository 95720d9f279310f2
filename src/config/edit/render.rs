//! Values as text, in the manner of the samples: `{ no = "001", name = "..." }` in TOML, `{"date": "...", ...}` in JSON.

use serde_json::{Map, Value};

use super::{Syntax, Wrong};

/// Keys that stand first in a new row, in this order, where no other row shows the order.
const FIRST: &[&str] = &["no", "code", "name", "place", "staff", "key", "role", "unit", "kind", "say"];

const NOTHING: Wrong = Wrong::Unfit("null is no value: remove the key instead", "null 不是值；请改用删除");

/// A value on one line.
pub(super) fn value(value: &Value, syntax: Syntax, order: &[String]) -> Result<String, Wrong> {
    match value {
        Value::Null => Err(NOTHING),
        Value::Array(list) => {
            let all: Result<Vec<String>, Wrong> = list.iter().map(|v| self::value(v, syntax, &[])).collect();
            Ok(format!("[{}]", all?.join(", ")))
        }
        Value::Object(map) => object(map, syntax, order),
        Value::String(text) if syntax == Syntax::Toml => {
            Ok(toml_edit::Value::from(text.as_str()).to_string())
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.to_string()),
    }
}

fn object(map: &Map<String, Value>, syntax: Syntax, order: &[String]) -> Result<String, Wrong> {
    let pairs: Result<Vec<String>, Wrong> =
        sorted(map, order).into_iter().map(|(k, v)| pair(k, v, syntax)).collect();
    let pairs = pairs?.join(", ");
    Ok(match syntax {
        _ if pairs.is_empty() => "{}".to_owned(),
        Syntax::Toml => format!("{{ {pairs} }}"),
        Syntax::Json => format!("{{{pairs}}}"),
    })
}

/// `key = value`, `"key": value`
pub(super) fn pair(key: &str, value: &Value, syntax: Syntax) -> Result<String, Wrong> {
    let value = self::value(value, syntax, &[])?;
    Ok(match syntax {
        Syntax::Toml => format!("{} = {value}", self::key(key)),
        Syntax::Json => format!("{}: {value}", Value::from(key)),
    })
}

/// A TOML key, with quotes where it needs some.
pub(super) fn key(name: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(bare) {
        return name.to_owned();
    }
    Value::from(name).to_string()
}

/// The keys of a new row: as its neighbour has them, then by habit, then by name.
pub(super) fn sorted<'a>(map: &'a Map<String, Value>, order: &[String]) -> Vec<(&'a str, &'a Value)> {
    let by_neighbour = |key: &str| order.iter().position(|k| k == key).unwrap_or(usize::MAX);
    let by_habit = |key: &str| FIRST.iter().position(|k| *k == key).unwrap_or(usize::MAX);
    let mut pairs: Vec<(&str, &Value)> = map.iter().map(|(k, v)| (k.as_str(), v)).collect();
    pairs.sort_by_key(|(key, _)| (by_neighbour(key), by_habit(key), *key));
    pairs
}

/// A table under a heading, with those below it: `[menu.extra]`, or `[[pattern]]` where it is a row.
pub(super) fn block(
    path: &[String],
    row: bool,
    map: &Map<String, Value>,
    order: &[String],
) -> Result<String, Wrong> {
    let name: Vec<String> = path.iter().map(|k| key(k)).collect();
    let name = name.join(".");
    let mut text = if row { format!("[[{name}]]\n") } else { format!("[{name}]\n") };
    let (below, own): (Vec<_>, Vec<_>) =
        sorted(map, order).into_iter().partition(|(_, v)| v.is_object() && !row);
    for (key, value) in own {
        text.push_str(&pair(key, value, Syntax::Toml)?);
        text.push('\n');
    }
    for (key, value) in below {
        if let Value::Object(map) = value {
            let path: Vec<String> = path.iter().cloned().chain([key.to_owned()]).collect();
            text.push_str(&block(&path, false, map, &[])?);
        }
    }
    Ok(text)
}
