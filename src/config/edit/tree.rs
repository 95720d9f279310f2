//! A file as a tree of places: what stands where, in bytes. Made of TOML or JSON, so that changes are written once for both.

use std::ops::Range;

/// Something with a place in the text.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// From its first byte to behind its last; of a table with a heading, the heading and its own keys.
    pub span: Range<usize>,
    pub kind: Kind,
}

/// What it is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A text, a number, yes or no.
    Leaf,
    /// `[a, b]`
    List(Vec<Node>),
    /// `{ a = 1 }`, `{"a": 1}`
    Inline(Vec<Entry>),
    /// A TOML table with a heading of its own, or the whole file.
    Table(Vec<Entry>),
    /// `[[a]]`, each a table.
    Tables(Vec<Node>),
    /// Keys with dots, `a.b = 1`: read, but not changed here.
    Dotted(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: String,
    /// Where the key begins.
    pub from: usize,
    pub node: Node,
}

impl Node {
    /// The value of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| e.key == key)
    }

    /// All keys, of whatever has some.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Inline(entries) | Kind::Table(entries) | Kind::Dotted(entries) => entries,
            Kind::Leaf | Kind::List(_) | Kind::Tables(_) => &[],
        }
    }

    /// The rows, of whatever has some.
    pub fn rows(&self) -> &[Node] {
        match &self.kind {
            Kind::List(rows) | Kind::Tables(rows) => rows,
            Kind::Leaf | Kind::Inline(_) | Kind::Table(_) | Kind::Dotted(_) => &[],
        }
    }

    /// Whether it stands under a heading of its own: it is no part of its parent's lines.
    pub fn has_heading(&self) -> bool {
        matches!(self.kind, Kind::Table(_) | Kind::Tables(_))
    }

    /// The tables with headings in it, itself among them, in no order.
    pub fn blocks(&self) -> Vec<Range<usize>> {
        let inside: Vec<&Node> = match &self.kind {
            Kind::Tables(rows) => rows.iter().collect(),
            Kind::Table(entries) => entries.iter().map(|e| &e.node).filter(|n| n.has_heading()).collect(),
            Kind::Leaf | Kind::List(_) | Kind::Inline(_) | Kind::Dotted(_) => Vec::new(),
        };
        let own = matches!(self.kind, Kind::Table(_)) && !self.span.is_empty();
        let own = own.then(|| self.span.clone());
        own.into_iter().chain(inside.into_iter().flat_map(Node::blocks)).collect()
    }

    /// Behind its last byte, tables below it among them.
    pub fn end(&self) -> usize {
        self.blocks().into_iter().map(|b| b.end).fold(self.span.end, usize::max)
    }
}
