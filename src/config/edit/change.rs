//! One change carried out on a text: which kind of place it is, and the right way to change that.

use serde_json::{Value, json};

use super::place::Place;
use super::render;
use super::tree::{Kind, Node};
use super::{Op, Step, Syntax, Wrong, json, list, model, table, toml};

const DOTTED: Wrong = Wrong::Unfit("keys with dots are changed in the text", "带点的键请在文本中修改");
const SECTION: Wrong = Wrong::Unfit("a table stands here: give it an object", "这里是一个表；请给对象");
const ROWS: Wrong = Wrong::Unfit("rows stand here: give it a list", "这里是若干行；请给列表");
const WHOLE: Wrong = Wrong::Unfit("the whole file is replaced with PUT", "整个文件请用 PUT 替换");

/// A text under change.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub text: &'a str,
    pub syntax: Syntax,
}

impl Page<'_> {
    /// Where the line of a byte begins.
    pub fn line_start(self, at: usize) -> usize {
        self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |n| n + 1)
    }

    /// Behind the line's end mark.
    pub fn line_end(self, at: usize) -> usize {
        self.text.get(at..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |n| at + n + 1)
    }

    /// A piece of it.
    pub fn piece(self, from: usize, to: usize) -> String {
        self.text.get(from..to).unwrap_or_default().to_owned()
    }

    /// The text with a piece replaced.
    pub fn splice(self, from: usize, to: usize, new: &str) -> String {
        format!("{}{new}{}", self.piece(0, from), self.piece(to, self.text.len()))
    }
}

/// The text with the change.
pub(super) fn apply(text: &str, syntax: Syntax, steps: &[Step], op: &Op) -> Result<String, Wrong> {
    let (node, value) = read(text, syntax)?;
    let (page, root) = (Page { text, syntax }, Place::root(&node, &value));
    let (last, way) = steps.split_last().ok_or(WHOLE)?;
    match op {
        Op::Set(value) => set(page, &root, steps, value),
        Op::Remove => remove(page, &walk(&root, way)?, last),
        Op::Insert(value) => insert(page, &walk(&root, way)?, last, value),
    }
}

fn read(text: &str, syntax: Syntax) -> Result<(Node, Value), Wrong> {
    match syntax {
        Syntax::Toml => Ok((toml::read(text)?, model::toml_value(text).ok_or(Wrong::Syntax)?)),
        Syntax::Json => Ok((json::read(text)?, serde_json::from_str(text).map_err(|_| Wrong::Syntax)?)),
    }
}

fn walk<'a>(root: &Place<'a>, steps: &[Step]) -> Result<Place<'a>, Wrong> {
    steps.iter().try_fold(root.clone(), |place, step| place.step(step))
}

fn set(page: Page<'_>, root: &Place<'_>, steps: &[Step], value: &Value) -> Result<String, Wrong> {
    let mut place = root.clone();
    for (i, step) in steps.iter().enumerate() {
        match (place.step(step), step) {
            (Ok(next), _) => place = next,
            // Not there yet: with what is below it.
            (Err(_), Step::Key(key)) => {
                let below = steps.get(i + 1..).unwrap_or_default();
                return add(page, &place, key, &nested(below, value)?);
            }
            (Err(wrong), _) => return Err(wrong),
        }
    }
    replace(page, &place, steps, value)
}

fn nested(steps: &[Step], value: &Value) -> Result<Value, Wrong> {
    steps.iter().rev().try_fold(value.clone(), |value, step| match step {
        Step::Key(key) => Ok(json!({ key: value })),
        Step::Index(_) | Step::Where(_) => Err(Wrong::NoSuchPlace),
    })
}

fn add(page: Page<'_>, place: &Place<'_>, key: &str, value: &Value) -> Result<String, Wrong> {
    match &place.node.kind {
        Kind::Inline(entries) => list::add_pair(page, place.node, entries, key, value),
        Kind::Table(_) => table::add(page, place, key, value),
        Kind::Dotted(_) => Err(DOTTED),
        Kind::Leaf | Kind::List(_) | Kind::Tables(_) => Err(Wrong::NoSuchPlace),
    }
}

fn replace(page: Page<'_>, place: &Place<'_>, steps: &[Step], value: &Value) -> Result<String, Wrong> {
    if place.value == value {
        return Ok(page.text.to_owned());
    }
    match (&place.node.kind, value) {
        (Kind::Dotted(_), _) => Err(DOTTED),
        (Kind::Inline(_) | Kind::Table(_), Value::Object(_)) => merge(page, place, steps, value),
        (Kind::Table(_), _) => Err(SECTION),
        (Kind::Tables(_), Value::Array(_)) => rows(page, place, steps, value),
        (Kind::Tables(_), _) => Err(ROWS),
        (Kind::List(_), Value::Array(new)) if new.iter().any(Value::is_object) => {
            rows(page, place, steps, value)
        }
        (Kind::Leaf | Kind::List(_) | Kind::Inline(_), _) => {
            let span = place.node.span.clone();
            Ok(page.splice(span.start, span.end, &render::value(value, page.syntax, &[])?))
        }
    }
}

/// Key by key, so that what stays keeps its place and its comments.
fn merge(page: Page<'_>, place: &Place<'_>, steps: &[Step], value: &Value) -> Result<String, Wrong> {
    let below = |key: &String| [steps, &[Step::Key(key.clone())]].concat();
    let mut text = page.text.to_owned();
    let (old, new) = (place.value.as_object(), value.as_object());
    for (key, value) in new.into_iter().flatten() {
        if old.and_then(|o| o.get(key)) != Some(value) {
            text = apply(&text, page.syntax, &below(key), &Op::Set(value.clone()))?;
        }
    }
    for (key, _) in old.into_iter().flatten() {
        if new.is_some_and(|n| !n.contains_key(key)) {
            text = apply(&text, page.syntax, &below(key), &Op::Remove)?;
        }
    }
    Ok(text)
}

/// Row by row: those that differ, then those that are too many, then those that are new.
fn rows(page: Page<'_>, place: &Place<'_>, steps: &[Step], value: &Value) -> Result<String, Wrong> {
    let row = |index: usize| [steps, &[Step::Index(index)]].concat();
    let empty = Vec::new();
    let (old, new) = (place.value.as_array().unwrap_or(&empty), value.as_array().unwrap_or(&empty));
    let mut text = page.text.to_owned();
    for (i, (before, after)) in old.iter().zip(new).enumerate() {
        if before != after {
            text = apply(&text, page.syntax, &row(i), &Op::Set(after.clone()))?;
        }
    }
    for i in (new.len()..old.len()).rev() {
        text = apply(&text, page.syntax, &row(i), &Op::Remove)?;
    }
    for (i, after) in new.iter().enumerate().skip(old.len()) {
        text = apply(&text, page.syntax, &row(i), &Op::Insert(after.clone()))?;
    }
    Ok(text)
}

fn remove(page: Page<'_>, parent: &Place<'_>, last: &Step) -> Result<String, Wrong> {
    if let Step::Key(key) = last {
        let entries = parent.node.entries();
        let at = entries.iter().position(|e| e.key == *key).ok_or(Wrong::NoSuchPlace)?;
        let entry = entries.get(at).ok_or(Wrong::NoSuchPlace)?;
        return match &parent.node.kind {
            Kind::Inline(entries) => Ok(list::remove_pair(page, parent.node, entries, at)),
            Kind::Table(_) if entry.node.has_heading() => Ok(table::remove_blocks(page, &entry.node)),
            Kind::Table(_) if !matches!(entry.node.kind, Kind::Dotted(_)) => {
                Ok(table::remove_line(page, parent.node, entry))
            }
            Kind::Table(_) | Kind::Dotted(_) => Err(DOTTED),
            Kind::Leaf | Kind::List(_) | Kind::Tables(_) => Err(Wrong::NoSuchPlace),
        };
    }
    let at = parent.index(last).filter(|i| *i < parent.node.rows().len()).ok_or(Wrong::NoSuchPlace)?;
    match &parent.node.kind {
        Kind::List(rows) => Ok(list::remove(page, parent.node, rows, at)),
        Kind::Tables(rows) => Ok(table::remove_row(page, rows, at)),
        Kind::Leaf | Kind::Inline(_) | Kind::Table(_) | Kind::Dotted(_) => Err(Wrong::NoSuchPlace),
    }
}

fn insert(page: Page<'_>, parent: &Place<'_>, last: &Step, value: &Value) -> Result<String, Wrong> {
    let (place, at) = match last {
        Step::Key(key) => match parent.step(last) {
            Ok(place) => {
                let end = place.node.rows().len();
                (place, end)
            }
            Err(_) if value.is_object() && matches!(parent.node.kind, Kind::Table(_)) && !parent.in_row => {
                return table::first_row(page, parent, key, value);
            }
            Err(_) => return add(page, parent, key, &json!([value])),
        },
        Step::Index(_) | Step::Where(_) => (parent.clone(), parent.index(last).ok_or(Wrong::NoSuchPlace)?),
    };
    match &place.node.kind {
        Kind::List(rows) => list::insert(page, place.node, rows, at, value),
        Kind::Tables(rows) => table::insert_row(page, &place, rows, at, value),
        Kind::Leaf | Kind::Inline(_) | Kind::Table(_) | Kind::Dotted(_) => Err(Wrong::NoSuchPlace),
    }
}
