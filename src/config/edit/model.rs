//! All files as one JSON value, for forms and graphs.

use serde_json::{Map, Value, json};

use crate::FileSet;

/// The files as they are written, nothing filled in: `trunks`, `units`, `desks`, `services` and `staff` are lists of rows, `hours`
/// and the rest whole files, `years` the years whose holidays are there. A file that can't be read as TOML is `null`.
pub fn model(files: &FileSet) -> Value {
    let file = |name: &str| files.get(name).and_then(toml_value).unwrap_or_default();
    let rows = |name: &str, key: &str| match file(name) {
        Value::Null => Value::Null,
        found => found.get(key).cloned().unwrap_or_else(|| json!([])),
    };
    json!({
        "trunks": rows("trunks.toml", "trunk"),
        "routing": file("routing.toml"),
        "menus": file("menus.toml"),
        "units": rows("units.toml", "unit"),
        "desks": rows("desks.toml", "desk"),
        "services": rows("services.toml", "service"),
        "staff": rows("staff.toml", "staff"),
        "operators": file("operators.toml"),
        "promises": file("promises.toml"),
        "outputs": file("outputs.toml"),
        "hours": file("calendar/hours.toml"),
        "years": years(files),
        "hotline": file("hotline.toml"),
    })
}

/// A TOML text as JSON.
pub(super) fn toml_value(text: &str) -> Option<Value> {
    let table: ::toml::Table = text.parse().ok()?;
    Some(Value::Object(object(table)))
}

fn object(table: ::toml::Table) -> Map<String, Value> {
    table.into_iter().map(|(key, value)| (key, plain(value))).collect()
}

fn plain(value: ::toml::Value) -> Value {
    match value {
        ::toml::Value::String(text) => text.into(),
        ::toml::Value::Integer(number) => number.into(),
        ::toml::Value::Float(number) => number.into(),
        ::toml::Value::Boolean(flag) => flag.into(),
        // No setting is one; shown as it is written.
        ::toml::Value::Datetime(moment) => moment.to_string().into(),
        ::toml::Value::Array(list) => list.into_iter().map(plain).collect(),
        ::toml::Value::Table(table) => object(table).into(),
    }
}

/// The years of the JSON notices, by their own word; of iCalendar files by their names.
fn years(files: &FileSet) -> Vec<i64> {
    let year = |(name, text): (&str, &str)| {
        let stem = name.strip_prefix("calendar/")?;
        if let Some(stem) = stem.strip_suffix(".ics") {
            return stem.parse().ok();
        }
        stem.strip_suffix(".json")?;
        serde_json::from_str::<Value>(text).ok()?.get("year")?.as_i64()
    };
    let mut years: Vec<i64> = files.iter().filter_map(year).collect();
    years.sort_unstable();
    years.dedup();
    years
}
