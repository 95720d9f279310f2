//! Running text on pages: lines broken as Chinese and English want it, pages filled from the top.

use super::fonts::Fonts;
use super::shape::{Drawing, Face, Shape};

/// A4, points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// Left and right.
pub(super) const MARGIN: f32 = 62.0;
const TOP: f32 = 54.0;
const BOTTOM: f32 = 62.0;

/// What must not begin a line (JIS X 4051 and GB/T 15834 agree on these) ...
const CLOSING: &str = "，。、；：？！）》】」』”’〉〕％%,.;:?!)]}";
/// ... and what must not end one.
const OPENING: &str = "（《【「『“‘〈〔([{";

/// Pages that fill.
pub(super) struct Flow<'a> {
    pub(super) fonts: &'a Fonts,
    pages: Vec<Vec<Shape>>,
    y: f32,
}

impl<'a> Flow<'a> {
    pub(super) fn new(fonts: &'a Fonts) -> Self {
        Self { fonts, pages: vec![Vec::new()], y: TOP }
    }

    pub(super) fn width() -> f32 {
        PAGE.0 - 2.0 * MARGIN
    }

    pub(super) fn pages(self) -> Vec<Vec<Shape>> {
        self.pages
    }

    /// Leaves some room.
    pub(super) fn skip(&mut self, height: f32) {
        self.y += height;
    }

    /// Makes sure that so much fits on this page; else the next begins.
    pub(super) fn need(&mut self, height: f32) {
        if self.y + height > PAGE.1 - BOTTOM {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    /// A mark, its place counted from the left margin and the current height.
    pub(super) fn put(&mut self, shape: Shape) {
        let shape = shape.moved((MARGIN, self.y));
        if let Some(page) = self.pages.last_mut() {
            page.push(shape);
        }
    }

    /// A chart at this distance from the left margin; the height stays.
    pub(super) fn draw(&mut self, drawing: Drawing, left: f32) {
        for shape in drawing.shapes {
            self.put(shape.moved((left, 0.0)));
        }
    }

    /// A paragraph. `first` is the indent of its first line.
    pub(super) fn paragraph(&mut self, text: &str, look: super::shape::Look, leading: f32, first: f32) {
        for (at, line) in
            lines(self.fonts, look.face, look.size, text, Self::width(), first).iter().enumerate()
        {
            self.need(leading);
            let indent = if at == 0 { first } else { 0.0 };
            self.put(Shape::text((indent, leading * 0.72), line, look));
            self.skip(leading);
        }
    }
}

/// Breaks a text into lines of at most this width. A piece that is wider than a line is cut.
pub(super) fn lines(fonts: &Fonts, face: Face, size: f32, text: &str, width: f32, first: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), first);
    for piece in pieces(text) {
        let wide = fonts.width(face, size, piece.trim_end());
        if used + wide > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0.0;
        }
        if wide > width {
            for c in piece.chars() {
                let one = fonts.width(face, size, c.encode_utf8(&mut [0; 4]));
                if used + one > width {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(c);
                used += one;
            }
            continue;
        }
        line.push_str(piece);
        used += fonts.width(face, size, piece);
    }
    if !line.trim_end().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// What stays together: a word with the space behind it, a Chinese character with the marks that cling to it.
fn pieces(text: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut pieces = Vec::new();
    let mut start = 0;
    for pair in chars.windows(2) {
        let [(_, before), (at, after)] = pair else { continue };
        let clings = CLOSING.contains(*after) || OPENING.contains(*before) || *after == ' ';
        let word = !wide(*before) && !wide(*after) && *before != ' ';
        if !clings && !word {
            pieces.extend(text.get(start..*at));
            start = *at;
        }
    }
    pieces.extend(text.get(start..));
    pieces
}

/// Written without spaces between words.
fn wide(c: char) -> bool {
    c >= '\u{2e80}' || matches!(c, '“' | '”' | '‘' | '’' | '—' | '…')
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn marks_cling_to_what_they_belong_to() {
        assert_eq!(pieces("路灯（3 盏）不亮。"), ["路", "灯", "（3 ", "盏）", "不", "亮。"]);
        assert_eq!(pieces("called back, at once"), ["called ", "back, ", "at ", "once"]);
        assert_eq!(pieces("“好”，ABC-12个"), ["“好”，", "ABC-12", "个"]);
        assert_eq!(pieces(""), [""]);
    }
}
