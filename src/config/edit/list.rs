//! Lists and small tables in braces: rows and pairs put in and taken out, in the layout that is there.

use serde_json::Value;

use super::change::Page;
use super::tree::{Entry, Node};
use super::{Syntax, Wrong, render};

/// In front of the rows of a list that had none.
const INDENT: &str = "  ";

/// Puts a row before the one at `at`, or behind the last.
pub(super) fn insert(
    page: Page<'_>,
    list: &Node,
    rows: &[Node],
    at: usize,
    value: &Value,
) -> Result<String, Wrong> {
    let neighbour = rows.get(at).or(rows.last());
    let order: Vec<String> = neighbour.into_iter().flat_map(Node::entries).map(|e| e.key.clone()).collect();
    let row = render::value(value, page.syntax, &order)?;
    let Some(last) = rows.last() else { return Ok(first(page, list, value, &row)) };
    if let Some(next) = rows.get(at) {
        let new = match own_line(page, next) {
            Some(indent) => return Ok(splice_line(page, next.span.start, &format!("{indent}{row},\n"))),
            None => format!("{row}, "),
        };
        return Ok(page.splice(next.span.start, next.span.start, &new));
    }
    let end = last.span.end;
    let Some(indent) = own_line(page, last) else { return Ok(page.splice(end, end, &format!(", {row}"))) };
    match comma(page, end).filter(|c| page.line_end(*c) < list.span.end) {
        Some(comma) => {
            let at = page.line_end(comma);
            Ok(page.splice(at, at, &format!("{indent}{row},\n")))
        }
        None => Ok(page.splice(end, end, &format!(",\n{indent}{row}"))),
    }
}

fn splice_line(page: Page<'_>, at: usize, line: &str) -> String {
    let at = page.line_start(at);
    page.splice(at, at, line)
}

/// The first row: tables on lines of their own, all else where it is.
fn first(page: Page<'_>, list: &Node, value: &Value, row: &str) -> String {
    let open = list.span.start + 1;
    let inside = page.piece(open, list.span.end.saturating_sub(1));
    let end = if page.syntax == Syntax::Toml { ",\n" } else { "\n" };
    if inside.contains('\n') {
        // Comments may stand there: behind them.
        let close = page.line_start(list.span.end.saturating_sub(1));
        return page.splice(close, close, &format!("{INDENT}{row}{end}"));
    }
    let new = if value.is_object() { format!("\n{INDENT}{row}{end}") } else { row.to_owned() };
    page.splice(open, list.span.end.saturating_sub(1), &new)
}

/// Takes the row at `at` out, with its line where it has one of its own. Comments above it stay.
pub(super) fn remove(page: Page<'_>, list: &Node, rows: &[Node], at: usize) -> String {
    let Some(row) = rows.get(at) else { return page.text.to_owned() };
    let before = at.checked_sub(1).and_then(|i| rows.get(i));
    if let Some(next) = rows.get(at + 1)
        && own_line(page, row).is_none_or(|_| own_line(page, next).is_none())
    {
        return page.splice(row.span.start, next.span.start, "");
    }
    let trailing = comma(page, row.span.end);
    if let Some(before) = before
        && rows.len() == at + 1
        && (trailing.is_none() || own_line(page, row).is_none())
        && !page.piece(before.span.end, row.span.start).contains('#')
    {
        return page.splice(before.span.end, row.span.end, "");
    }
    let end = trailing.map_or(row.span.end, |c| c + 1);
    let text = match own_line(page, row) {
        Some(_) if page.line_end(end) < list.span.end => {
            page.splice(page.line_start(row.span.start), page.line_end(end), "")
        }
        _ => page.splice(row.span.start, end, ""),
    };
    if rows.len() > 1 {
        return text;
    }
    emptied(&text, list.span.start)
}

/// A list without rows and comments is written `[]`.
fn emptied(text: &str, open: usize) -> String {
    let inside = open + 1;
    let space = text.get(inside..).map_or(0, |rest| rest.len() - rest.trim_start().len());
    let rest = text.get(inside + space..).unwrap_or_default();
    if rest.starts_with(']') {
        format!("{}{rest}", text.get(..inside).unwrap_or_default())
    } else {
        text.to_owned()
    }
}

/// Adds a pair behind the last.
pub(super) fn add_pair(
    page: Page<'_>,
    table: &Node,
    entries: &[Entry],
    key: &str,
    value: &Value,
) -> Result<String, Wrong> {
    let pair = render::pair(key, value, page.syntax)?;
    let Some(last) = entries.last() else {
        let new = if page.syntax == Syntax::Toml { format!("{{ {pair} }}") } else { format!("{{{pair}}}") };
        return Ok(page.splice(table.span.start, table.span.end, &new));
    };
    let start = page.line_start(last.from);
    let indent = page.piece(start, last.from);
    let apart = indent.trim().is_empty() && start > table.span.start;
    let new = if apart { format!(",\n{indent}{pair}") } else { format!(", {pair}") };
    Ok(page.splice(last.node.span.end, last.node.span.end, &new))
}

/// Takes a pair out.
pub(super) fn remove_pair(page: Page<'_>, table: &Node, entries: &[Entry], at: usize) -> String {
    let before = at.checked_sub(1).and_then(|i| entries.get(i));
    match (entries.get(at), before, entries.get(at + 1)) {
        (Some(pair), _, Some(next)) => page.splice(pair.from, next.from, ""),
        (Some(pair), Some(before), None) => page.splice(before.node.span.end, pair.node.span.end, ""),
        (Some(_), None, None) => page.splice(table.span.start, table.span.end, "{}"),
        (None, _, _) => page.text.to_owned(),
    }
}

/// The indent of a row that begins its line.
fn own_line(page: Page<'_>, row: &Node) -> Option<String> {
    let indent = page.piece(page.line_start(row.span.start), row.span.start);
    indent.trim().is_empty().then_some(indent)
}

/// Where the comma behind a value is, on the same line.
fn comma(page: Page<'_>, end: usize) -> Option<usize> {
    let rest = page.text.get(end..)?;
    let space = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest.get(space..)?.starts_with(',').then_some(end + space)
}
