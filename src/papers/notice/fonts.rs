//! The fonts of the PDF, as bytes that the caller has read: which face of a collection, how wide a text is.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::FileRef;
use skrifa::string::StringId;
use skrifa::{FontRef, MetadataProvider};

use super::shape::Face;
use crate::error::PapersError;

/// Where the fonts stand on the usual systems: folders to look in, first found counts.
pub const FONT_PLACES: [&str; 3] = [
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/noto-cjk",
    "/usr/share/fonts/google-noto-serif-cjk-fonts",
];
/// The package that brings them, for the words about fonts that are missing.
pub const FONT_PACKAGE: &str = "fonts-noto-cjk";

/// The names of the three files in the folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FontFiles;

impl FontFiles {
    /// Titles.
    pub const TITLE: &'static str = "NotoSerifCJK-Bold.ttc";
    /// Running text.
    pub const BODY: &'static str = "NotoSerifCJK-Regular.ttc";
    /// Charts and tables.
    pub const PLAIN: &'static str = "NotoSansCJK-Regular.ttc";
}

/// One face, read.
pub(super) struct Typeface {
    bytes: Vec<u8>,
    index: u32,
    font: Font,
}

/// The three faces of the notice.
pub struct Fonts {
    title: Typeface,
    body: Typeface,
    plain: Typeface,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fonts")
    }
}

impl Fonts {
    /// From the bytes of three files: [`FontFiles::TITLE`], [`FontFiles::BODY`], [`FontFiles::PLAIN`], or others. Of a collection
    /// the face for simplified Chinese is taken.
    ///
    /// # Errors
    /// [`PapersError::Font`].
    pub fn read(title: Vec<u8>, body: Vec<u8>, plain: Vec<u8>) -> Result<Self, PapersError> {
        Ok(Self { title: Typeface::read(title)?, body: Typeface::read(body)?, plain: Typeface::read(plain)? })
    }

    pub(super) fn face(&self, face: Face) -> &Typeface {
        match face {
            Face::Title => &self.title,
            Face::Body => &self.body,
            Face::Plain => &self.plain,
        }
    }

    /// How wide a text is, points.
    pub(super) fn width(&self, face: Face, size: f32, text: &str) -> f32 {
        self.face(face).glyphs(text).iter().map(|glyph| glyph.x_advance).sum::<f32>() * size
    }
}

impl Typeface {
    fn read(bytes: Vec<u8>) -> Result<Self, PapersError> {
        let file = FileRef::new(&bytes).map_err(|_| PapersError::Font)?;
        let simplified = |font: &FontRef<'_>| {
            let name = font.localized_strings(StringId::FULL_NAME).english_or_first();
            name.is_some_and(|name| name.to_string().contains(" SC"))
        };
        let index = file.fonts().position(|font| font.is_ok_and(|font| simplified(&font))).unwrap_or(0);
        let index = u32::try_from(index).unwrap_or(0);
        let font = Font::new(bytes.clone().into(), index).ok_or(PapersError::Font)?;
        Ok(Self { bytes, index, font })
    }

    pub(super) fn font(&self) -> Font {
        self.font.clone()
    }

    /// The glyphs of a text, advances in parts of the size. What the font lacks is drawn as its empty box.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let Ok(font) = FontRef::from_index(&self.bytes, self.index) else { return Vec::new() };
        let (map, metrics) = (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()));
        let glyph = |(at, c): (usize, char)| {
            let id = map.map(c).unwrap_or_default();
            let advance = metrics.advance_width(id).unwrap_or(1.0);
            KrillaGlyph::new(GlyphId::new(id.to_u32()), advance, 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
        };
        text.char_indices().map(glyph).collect()
    }
}
