//! A JSON file as a tree of places: serde_json checks it, this only walks over what is known to be right.

use super::Wrong;
use super::tree::{Entry, Kind, Node};

/// Reads the file.
pub(super) fn read(text: &str) -> Result<Node, Wrong> {
    serde_json::from_str::<serde_json::Value>(text).map_err(|_| Wrong::Syntax)?;
    Walk { text, at: 0 }.node().ok_or(Wrong::Syntax)
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl Walk<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// The next byte that is no space, if it is this one; then it is passed.
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn node(&mut self) -> Option<Node> {
        self.space();
        let start = self.at;
        let kind = match self.peek()? {
            b'[' => self.list()?,
            b'{' => self.object()?,
            b'"' => {
                self.string()?;
                Kind::Leaf
            }
            _ => {
                while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) {
                    self.at += 1;
                }
                Kind::Leaf
            }
        };
        Some(Node { span: start..self.at, kind })
    }

    fn list(&mut self) -> Option<Kind> {
        let mut rows = Vec::new();
        self.takes(b'[');
        while !self.takes(b']') {
            rows.push(self.node()?);
            self.takes(b',');
        }
        Some(Kind::List(rows))
    }

    fn object(&mut self) -> Option<Kind> {
        let mut entries = Vec::new();
        self.takes(b'{');
        while !self.takes(b'}') {
            self.space();
            let from = self.at;
            let key = serde_json::from_str(self.string()?).ok()?;
            self.takes(b':');
            entries.push(Entry { key, from, node: self.node()? });
            self.takes(b',');
        }
        Some(Kind::Inline(entries))
    }

    /// A text with its quotes.
    fn string(&mut self) -> Option<&str> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return self.text.get(start..self.at);
                }
                _ => self.at += 1,
            }
        }
    }
}
