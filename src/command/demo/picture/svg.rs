//! Writing SVG by hand: elements, attributes and text, always escaped, numbers short.

use std::fmt::Write as _;

/// A document that grows. What is opened is closed by [`Svg::close`], in the reverse order.
#[derive(Debug, Default)]
pub(super) struct Svg {
    text: String,
    open: Vec<&'static str>,
}

/// An attribute's value.
pub(super) enum Value<'a> {
    Text(&'a str),
    Number(f64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// Where a text begins, or ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// An element with others inside.
    pub(super) fn open(&mut self, tag: &'static str, attributes: &[(&str, Value<'_>)]) {
        self.tag(tag, attributes, ">\n");
        self.open.push(tag);
    }

    /// The end of the innermost open element.
    pub(super) fn close(&mut self) {
        if let Some(tag) = self.open.pop() {
            self.text.push_str("</");
            self.text.push_str(tag);
            self.text.push_str(">\n");
        }
    }

    /// An element without anything inside.
    pub(super) fn leaf(&mut self, tag: &str, attributes: &[(&str, Value<'_>)]) {
        self.tag(tag, attributes, "/>\n");
    }

    /// An element with text inside.
    pub(super) fn said(&mut self, tag: &str, attributes: &[(&str, Value<'_>)], text: &str) {
        self.tag(tag, attributes, ">");
        escape(&mut self.text, text);
        let _ = writeln!(self.text, "</{tag}>");
    }

    /// A line of text.
    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.said(
            "text",
            &[("class", class.into()), ("x", x.into()), ("y", y.into()), ("text-anchor", anchor.into())],
            text,
        );
    }

    /// The whole document; what is still open is closed.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }

    fn tag(&mut self, tag: &str, attributes: &[(&str, Value<'_>)], end: &str) {
        self.text.push('<');
        self.text.push_str(tag);
        for (name, value) in attributes {
            let _ = write!(self.text, " {name}=\"");
            match value {
                Value::Text(text) => escape(&mut self.text, text),
                Value::Number(number) => self.text.push_str(&short(*number)),
            }
            self.text.push('"');
        }
        self.text.push_str(end);
    }
}

/// One decimal at most, and none where it is 0. What is no number is 0.
pub(super) fn short(number: f64) -> String {
    let tenths = if number.is_finite() { (number * 10.0).round() / 10.0 } else { 0.0 };
    // No minus before a rounded 0.
    format!("{}", tenths + 0.0)
}

/// Text for XML 1.0: marks become entities, characters that XML forbids are left out.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\x1f' | '\x7f' | '\u{fffe}' | '\u{ffff}' => {}
            // Bidirectional controls would turn the rest of the line around.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c => out.push(c),
        }
    }
}

/// About how wide a text is, in units of the font size: Chinese takes a whole one, Latin a good half.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let wide = |c: char| if matches!(c, '\u{2e80}'..='\u{ffdc}') { 1.0 } else { 0.56 };
    text.chars().map(wide).sum::<f64>() * size
}

/// A text cut so that it is no wider than this.
pub(super) fn fit(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size) + size > most {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}
