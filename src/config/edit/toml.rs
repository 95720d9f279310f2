//! A TOML file as a tree of places, by toml_edit's spans.

use std::ops::Range;

use toml_edit::{Document, Item, Table, TableLike, Value};

use super::Wrong;
use super::tree::{Entry, Kind, Node};

/// Reads the file.
pub(super) fn read(text: &str) -> Result<Node, Wrong> {
    let document = Document::parse(text).map_err(|_| Wrong::Syntax)?;
    let mut root = table(document.as_table());
    root.span.start = 0;
    Ok(root)
}

fn table(table: &Table) -> Node {
    let entries = entries(table);
    let heading = table.span().unwrap_or_default();
    let own = entries.iter().filter(|e| !e.node.has_heading()).map(|e| e.node.span.end);
    let end = own.fold(heading.end, usize::max);
    if table.is_dotted() {
        let start = entries.iter().map(|e| e.from).min().unwrap_or(end);
        return Node { span: start..end, kind: Kind::Dotted(entries) };
    }
    // A table that is only named by those below it has no place of its own.
    let span = if table.is_implicit() { 0..0 } else { heading.start..end };
    Node { span, kind: Kind::Table(entries) }
}

fn entries(table: &dyn TableLike) -> Vec<Entry> {
    let entry = |(name, item): (&str, &Item)| {
        let node = node(item)?;
        let key = table.key(name).and_then(toml_edit::Key::span);
        let from = key.map_or(node.span.start, |span| span.start);
        Some(Entry { key: name.to_owned(), from, node })
    };
    table.iter().filter_map(entry).collect()
}

fn node(item: &Item) -> Option<Node> {
    match item {
        Item::None => None,
        Item::Value(found) => Some(value(found)),
        Item::Table(found) => Some(table(found)),
        Item::ArrayOfTables(rows) => {
            let rows: Vec<Node> = rows.iter().map(table).collect();
            let start = rows.first().map_or(0, |r| r.span.start);
            let end = rows.last().map_or(0, |r| r.span.end);
            Some(Node { span: start..end, kind: Kind::Tables(rows) })
        }
    }
}

fn value(value: &Value) -> Node {
    let span: Range<usize> = value.span().unwrap_or_default();
    let kind = match value {
        Value::Array(list) => Kind::List(list.iter().map(self::value).collect()),
        Value::InlineTable(table) if table.is_dotted() => Kind::Dotted(entries(table)),
        Value::InlineTable(table) => Kind::Inline(entries(table)),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            Kind::Leaf
        }
    };
    Node { span, kind }
}
