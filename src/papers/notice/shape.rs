//! What charts and pages are made of: rectangles, lines, texts. Points (1/72 inch) from the upper left corner.

/// Red, green, blue.
pub(super) type Color = (u8, u8, u8);

pub(super) const INK: Color = (0x1b, 0x24, 0x30);
pub(super) const GREY: Color = (0x5f, 0x6b, 0x7a);
pub(super) const RULE: Color = (0xd8, 0xdd, 0xe4);
pub(super) const PALE: Color = (0xf3, 0xf6, 0xfa);
pub(super) const RED: Color = (0xb4, 0x1e, 0x1e);
pub(super) const NOW: Color = (0x1f, 0x5f, 0xa8);
pub(super) const BEFORE: Color = (0xb4, 0xc8, 0xe2);

/// Which of the fonts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Face {
    /// Titles: serif, bold.
    Title,
    /// Running text: serif.
    Body,
    /// Charts and tables: sans.
    Plain,
}

/// Which point of a text stands at its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Look {
    pub(super) face: Face,
    pub(super) size: f32,
    pub(super) color: Color,
    pub(super) anchor: Anchor,
}

impl Look {
    pub(super) const fn new(face: Face, size: f32, color: Color) -> Self {
        Self { face, size, color, anchor: Anchor::Start }
    }

    pub(super) const fn at(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
}

/// One mark.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Shape {
    /// Left, top, width, height.
    Rect { x: f32, y: f32, width: f32, height: f32, color: Color },
    /// On its baseline.
    Text { x: f32, y: f32, text: String, look: Look },
}

impl Shape {
    pub(super) fn rect((x, y): (f32, f32), (width, height): (f32, f32), color: Color) -> Self {
        Self::Rect { x, y, width, height, color }
    }

    pub(super) fn text((x, y): (f32, f32), text: impl Into<String>, look: Look) -> Self {
        Self::Text { x, y, text: text.into(), look }
    }

    /// The same elsewhere.
    pub(super) fn moved(mut self, (dx, dy): (f32, f32)) -> Self {
        match &mut self {
            Self::Rect { x, y, .. } | Self::Text { x, y, .. } => {
                *x += dx;
                *y += dy;
            }
        }
        self
    }
}

/// A chart.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Drawing {
    pub(super) width: f32,
    pub(super) height: f32,
    /// What it shows, in a sentence with its figures: for who can't see it.
    pub(super) says: String,
    pub(super) shapes: Vec<Shape>,
}
