//! Pages of marks as PDF: fonts embedded and cut down to the glyphs that are used, texts kept as texts.

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;

use super::Lang;
use super::flow::PAGE;
use super::fonts::Fonts;
use super::shape::{Anchor, Color, Shape};
use super::words;
use crate::error::PapersError;
use crate::zone::Zone;

pub(super) fn pdf(
    pages: &[Vec<Shape>],
    title: &str,
    lang: Lang,
    made_at: i64,
    zone: &Zone,
    fonts: &Fonts,
) -> Result<Vec<u8>, PapersError> {
    let mut document = Document::new();
    let metadata = Metadata::new()
        .title(title.to_owned())
        .language(words::of(lang).tag.to_owned())
        .producer("hotline".to_owned())
        .creation_date(date(made_at, zone));
    document.set_metadata(metadata);
    for shapes in pages {
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or(PapersError::Pdf)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for shape in shapes {
            paint(&mut surface, shape, fonts);
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|_| PapersError::Pdf)
}

fn date(at: i64, zone: &Zone) -> DateTime {
    let (year, month, day) = zone.civil(at);
    DateTime::new(year).month(month).day(day)
}

fn paint(surface: &mut Surface<'_>, shape: &Shape, fonts: &Fonts) {
    match shape {
        Shape::Rect { x, y, width, height, color } => {
            let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) else { return };
            let mut path = PathBuilder::new();
            path.push_rect(rect);
            surface.set_fill(Some(fill(*color)));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Shape::Text { x, y, text, look } => {
            let shift = match look.anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => 0.5,
                Anchor::End => 1.0,
            };
            let start = x - fonts.width(look.face, look.size, text) * shift;
            let face = fonts.face(look.face);
            surface.set_fill(Some(fill(look.color)));
            surface.draw_glyphs(
                Point::from_xy(start, *y),
                &face.glyphs(text),
                face.font(),
                text,
                look.size,
                false,
            );
        }
    }
}

fn fill((red, green, blue): Color) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }
}
