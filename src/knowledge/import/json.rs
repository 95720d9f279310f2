//! JSON: a list of objects, or an object whose `entries` is one.

use serde_json::Value;

use crate::entry::Draft;
use crate::import::csv::too_many;
use crate::import::{Fault, Field, MOST_ENTRIES, MOST_FAULTS, Rows};

pub(super) fn rows(text: &str) -> Rows {
    let mut rows = Rows::default();
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(why) => {
            let row = why.line() as u64;
            rows.faults.push(Fault::new(
                row,
                format!("不是 JSON：{why}"),
                format!("this is not JSON: {why}"),
            ));
            return rows;
        }
    };
    let list = match &value {
        Value::Object(object) => object.get("entries").unwrap_or(&Value::Null),
        other => other,
    };
    let Some(list) = list.as_array() else {
        rows.faults.push(Fault::new(
            0,
            "须是对象的列表，或含 entries 列表的对象",
            "it must be a list of objects, or an object with the list `entries`",
        ));
        return rows;
    };
    for (row, value) in (1..).zip(list) {
        if rows.entries.len() >= MOST_ENTRIES {
            rows.faults.push(too_many(row));
            return rows;
        }
        match draft(row, value) {
            Ok(draft) => rows.entries.push((row, draft)),
            Err(fault) => rows.faults.push(fault),
        }
        if rows.faults.len() >= MOST_FAULTS {
            return rows;
        }
    }
    rows
}

fn draft(row: u64, value: &Value) -> Result<Draft, Fault> {
    let Some(object) = value.as_object() else {
        return Err(Fault::new(row, "条目须是对象 {…}", "an entry must be an object {…}"));
    };
    let mut draft = Draft::default();
    for (name, value) in object {
        let Some(field) = Field::of(name) else {
            return Err(Fault::new(
                row,
                format!("不认识的字段 {name:?}：可用 name、title、body、service、keywords、source"),
                format!("unknown field {name:?}: there are name, title, body, service, keywords, source"),
            ));
        };
        let words = |list: &Vec<Value>| {
            list.iter().map(|word| word.as_str().map(|w| w.trim().to_owned())).collect::<Option<Vec<_>>>()
        };
        match (field, value) {
            (_, Value::Null) => {}
            (_, Value::String(text)) => field.put(&mut draft, text),
            (Field::Keywords, Value::Array(list)) if words(list).is_some() => {
                draft.keywords = words(list).unwrap_or_default();
            }
            _ => {
                return Err(Fault::new(
                    row,
                    format!("字段 {name:?} 须是文字（keywords 也可以是文字的列表）"),
                    format!("the field {name:?} must be text (keywords may be a list of texts)"),
                ));
            }
        }
    }
    draft.keywords.retain(|word| !word.is_empty());
    Ok(draft)
}
