//! A chart as SVG within HTML.

use std::fmt::Write as _;

use super::shape::{Anchor, Color, Drawing, Shape};
use crate::text::escape;

pub(super) fn svg(drawing: &Drawing) -> String {
    let Drawing { width, height, says, shapes } = drawing;
    let mut text = format!(
        "<svg viewBox=\"0 0 {width:.1} {height:.1}\" role=\"img\" aria-label=\"{}\">\n",
        escape(says)
    );
    for shape in shapes {
        // Writing to a String does not fail.
        let _ = match shape {
            Shape::Rect { x, y, width, height, color } => writeln!(
                text,
                "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{}\"/>",
                hex(*color)
            ),
            Shape::Text { x, y, text: said, look } => {
                let anchor = match look.anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                writeln!(
                    text,
                    "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{}\">{}</text>",
                    look.size,
                    hex(look.color),
                    escape(said)
                )
            }
        };
    }
    text.push_str("</svg>\n");
    text
}

fn hex((red, green, blue): Color) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
