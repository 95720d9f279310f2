//! TOML tables under headings: lines, whole tables and rows in double brackets put in and taken out.

use std::ops::Range;

use serde_json::Value;

use super::change::Page;
use super::place::Place;
use super::tree::{Entry, Node};
use super::{Syntax, Wrong, render};

/// Adds a key: a line among the table's own, or a table below it.
pub(super) fn add(page: Page<'_>, place: &Place<'_>, key: &str, value: &Value) -> Result<String, Wrong> {
    match value {
        Value::Object(map) if !place.in_row => {
            let path: Vec<String> = place.keys.iter().cloned().chain([key.to_owned()]).collect();
            Ok(add_block(page, place.node.end(), &render::block(&path, false, map, &[])?))
        }
        // A table that only those below it name has no heading yet.
        _ if place.node.span.is_empty() && !place.keys.is_empty() => {
            let map = [(key.to_owned(), value.clone())].into_iter().collect();
            Ok(add_block(page, place.node.end(), &render::block(&place.keys, false, &map, &[])?))
        }
        _ => {
            let line = format!("{}\n", render::pair(key, value, Syntax::Toml)?);
            Ok(add_line(page, place.node, key, &line))
        }
    }
}

/// Behind the comment that shows this key (`# key = ...`), else behind the table's last own line and the comments that
/// close it.
fn add_line(page: Page<'_>, table: &Node, key: &str, line: &str) -> String {
    let own = table.entries().iter().filter(|e| !e.node.has_heading()).map(|e| e.node.span.end).max();
    let has_place = own.is_some() || !table.span.is_empty();
    let start = if has_place { page.line_end(own.map_or(table.span.start, |end| end)) } else { 0 };
    let body = if table.span.start == 0 { 0 } else { page.line_end(table.span.start) };
    if let Some(at) = shown_in_comment(page, body, key) {
        return put(page, at, line);
    }
    let mut end = start;
    for comment in lines(page, start).take_while(|l| is_comment(page, l)) {
        end = comment.end;
    }
    // Comments right above something else belong to that.
    let next = page.piece(end, page.line_end(end));
    put(page, if next.trim().is_empty() { end } else { start }, line)
}

/// Behind the line `# key = ...` of a table that begins at `from`.
fn shown_in_comment(page: Page<'_>, from: usize, key: &str) -> Option<usize> {
    let inside = |line: &Range<usize>| {
        let text = page.piece(line.start, line.end);
        let plain = text.trim_start().trim_start_matches('#').trim_start();
        !plain.starts_with('[')
    };
    let shows = |line: &Range<usize>| {
        let text = page.piece(line.start, line.end);
        let Some(plain) = text.trim_start().strip_prefix('#') else { return false };
        let rest = plain.trim_start().strip_prefix(&render::key(key));
        rest.is_some_and(|r| r.trim_start().starts_with("= "))
    };
    lines(page, from).take_while(inside).find(shows).map(|line| line.end)
}

/// The lines from here on.
fn lines(page: Page<'_>, from: usize) -> impl Iterator<Item = Range<usize>> {
    let mut at = from;
    std::iter::from_fn(move || {
        let start = at;
        at = page.line_end(start);
        (start < page.text.len()).then_some(start..at)
    })
}

fn is_comment(page: Page<'_>, line: &Range<usize>) -> bool {
    page.piece(line.start, line.end).trim_start().starts_with('#')
}

fn is_blank(page: Page<'_>, line: &Range<usize>) -> bool {
    page.piece(line.start, line.end).trim().is_empty()
}

/// Puts lines in; a last line without its end mark gets one.
fn put(page: Page<'_>, at: usize, new: &str) -> String {
    let cut = at > 0 && !page.piece(0, at).ends_with('\n');
    page.splice(at, at, &if cut { format!("\n{new}") } else { new.to_owned() })
}

/// A block of lines behind what ends at `end`, a blank line before it.
fn add_block(page: Page<'_>, end: usize, block: &str) -> String {
    let at = if end == 0 { page.text.len() } else { page.line_end(end) };
    let blank = if at == 0 { "" } else { "\n" };
    put(page, at, &format!("{blank}{block}"))
}

/// The first `[[key]]` of its kind, at the end of the file: the comments there tell of it.
pub(super) fn first_row(
    page: Page<'_>,
    place: &Place<'_>,
    key: &str,
    value: &Value,
) -> Result<String, Wrong> {
    let path: Vec<String> = place.keys.iter().cloned().chain([key.to_owned()]).collect();
    let block = row(&path, value, &[])?;
    Ok(add_block(page, 0, &block))
}

fn row(path: &[String], value: &Value, order: &[String]) -> Result<String, Wrong> {
    let map = value.as_object().ok_or(Wrong::Unfit("rows here are tables", "这里的行是表"))?;
    render::block(path, true, map, order)
}

/// Puts a `[[row]]` in before the one at `at`, or behind the last.
pub(super) fn insert_row(
    page: Page<'_>,
    place: &Place<'_>,
    rows: &[Node],
    at: usize,
    value: &Value,
) -> Result<String, Wrong> {
    let neighbour = rows.get(at).or(rows.last());
    let order: Vec<String> = neighbour.into_iter().flat_map(Node::entries).map(|e| e.key.clone()).collect();
    let block = row(&place.keys, value, &order)?;
    let before = at.checked_sub(1).and_then(|i| rows.get(i));
    match (before, rows.first()) {
        (Some(before), _) => Ok(add_block(page, before.end(), &block)),
        // Under the comments that explain all rows.
        (None, Some(first)) => Ok(put(page, page.line_start(first.span.start), &format!("{block}\n"))),
        (None, None) => Ok(add_block(page, 0, &block)),
    }
}

/// Takes a key's line out; comments above it stay, for they tell what the setting is. A heading that nothing is left under,
/// and that the tables below it name anyway, goes too.
pub(super) fn remove_line(page: Page<'_>, table: &Node, entry: &Entry) -> String {
    let others = || table.entries().iter().filter(|e| e.from != entry.from);
    let named_below = others().next().is_some() && others().all(|e| e.node.has_heading());
    let told = page.piece(table.span.start, table.span.end).lines().any(|l| l.trim_start().starts_with('#'));
    if named_below && !told && table.span.start > 0 {
        return without(page, page.line_start(table.span.start)..page.line_end(table.span.end));
    }
    page.splice(page.line_start(entry.from), page.line_end(entry.node.span.end), "")
}

/// Takes a table with a heading out, and those below it.
pub(super) fn remove_blocks(page: Page<'_>, node: &Node) -> String {
    let mut blocks: Vec<Range<usize>> = node.blocks();
    blocks.sort_by_key(|b| b.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for block in blocks {
        let block = page.line_start(block.start)..page.line_end(block.end);
        match joined.last_mut() {
            Some(last) if last.end == block.start => last.end = block.end,
            _ => joined.push(block),
        }
    }
    let mut text = page.text.to_owned();
    for block in joined.into_iter().rev() {
        text = without(Page { text: &text, ..page }, block);
    }
    text
}

/// Takes a `[[row]]` out, with the comment right above it; the first row's stays, for it tells of all of them.
pub(super) fn remove_row(page: Page<'_>, rows: &[Node], at: usize) -> String {
    let Some(row) = rows.get(at) else { return page.text.to_owned() };
    let mut start = page.line_start(row.span.start);
    while at > 0 && start > 0 {
        let above = page.line_start(start.saturating_sub(1));
        if !is_comment(page, &(above..start)) {
            break;
        }
        start = above;
    }
    without(page, start..page.line_end(row.end()))
}

/// Without these lines, and without one of the blank lines around them.
fn without(page: Page<'_>, block: Range<usize>) -> String {
    let above = page.line_start(block.start.saturating_sub(1))..block.start;
    let below = block.end..page.line_end(block.end);
    if block.start > 0 && is_blank(page, &above) {
        page.splice(above.start, block.end, "")
    } else if !below.is_empty() && is_blank(page, &below) {
        page.splice(block.start, below.end, "")
    } else {
        page.splice(block.start, block.end, "")
    }
}
