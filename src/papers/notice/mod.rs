//! The monthly notice to the head of a unit: what was done, what went wrong, what is advised; as HTML and as PDF.
//!
//! Both are one document: the same words, the same charts, drawn by [`charts`] and painted by [`svg`] or [`pdf`].

mod charts;
mod compose;
mod flow;
mod fonts;
mod html;
mod paint;
mod shape;
mod svg;
mod words;

pub use fonts::{FONT_PACKAGE, FONT_PLACES, FontFiles, Fonts};

use crate::error::PapersError;
use crate::zone::Zone;

/// So many of so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Share {
    /// Of these ...
    pub whole: u64,
    /// ... so many.
    pub part: u64,
}

impl Share {
    /// In thousandths, rounded down: 1000 means all. `None` when there is nothing to count.
    fn permille(self) -> Option<u64> {
        self.part.min(self.whole).saturating_mul(1_000).checked_div(self.whole)
    }

    /// `97.5%`, or a dash.
    fn text(self) -> String {
        self.permille().map_or_else(|| "—".to_owned(), |p| format!("{}.{}%", p / 10, p % 10))
    }
}

/// How a kind of promises ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Made in the month.
    pub made: u64,
    /// Kept in time.
    pub kept: u64,
    /// Missed.
    pub missed: u64,
    /// Not needed any more.
    pub void: u64,
}

/// The rates that are shown beside those of the month before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rates {
    /// Call-backs in time.
    pub on_time: Share,
    /// Satisfied with the reply.
    pub reply: Share,
    /// Satisfied, in all questions that were answered.
    pub satisfied: Share,
    /// Contacts that the monthly test has reached.
    pub reachable: Share,
}

/// What was counted when the notice was made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Calls about the unit.
    pub calls: u64,
    /// Cases that were opened for it.
    pub cases: u64,
    /// Hand-overs to it.
    pub handovers: u64,
    /// Those that it received in time.
    pub received_in_time: u64,
    /// This month's.
    pub rates: Rates,
    /// Last month's.
    pub before: Rates,
    /// Row 12: done within the working days.
    pub work: Tally,
    /// Row 11.
    pub echo1: Tally,
    /// Row 13.
    pub echo2: Tally,
    /// Row 14.
    pub echo3: Tally,
    /// Extensions that were granted.
    pub extensions: u64,
    /// Cases that came back because the citizen was not satisfied.
    pub redo: u64,
    /// Cases by kind: the store's word, and how many.
    pub kinds: Vec<(String, u64)>,
    /// The services with most cases, most first: name, and how many.
    pub services: Vec<(String, u64)>,
    /// Cases by day of the month, from the first.
    pub by_day: Vec<u64>,
}

/// How far a notice is; what is not signed says so on every page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    /// A draft.
    Draft,
    /// Signed.
    Signed {
        /// By whom.
        by: String,
        /// UTC ms.
        at: i64,
    },
}

/// Which words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// The notice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Who issues it: the hotline's name.
    pub issuer: String,
    /// The unit's name.
    pub unit: String,
    /// The year that it is about.
    pub year: i16,
    /// The month, 1 to 12.
    pub month: u8,
    /// When its figures were counted, UTC ms.
    pub made_at: i64,
    /// How far it is.
    pub stage: Stage,
    /// What was counted.
    pub figures: Figures,
    /// A person's text: the month's work. Lines are paragraphs.
    pub work: String,
    /// The main problems.
    pub problems: String,
    /// Advice.
    pub advice: String,
}

impl Notice {
    /// One page of HTML that needs nothing else: no script, nothing from elsewhere, style for A4 within.
    pub fn html(&self, lang: Lang, zone: &Zone) -> String {
        html::page(self, lang, zone)
    }

    /// The same as PDF, A4, its text selectable, the glyphs that it uses embedded.
    ///
    /// # Errors
    /// [`PapersError::Pdf`].
    pub fn pdf(&self, lang: Lang, zone: &Zone, fonts: &Fonts) -> Result<Vec<u8>, PapersError> {
        let pages = compose::pages(self, lang, zone, fonts);
        paint::pdf(&pages, &words::title(self, lang), lang, self.made_at, zone, fonts)
    }
}
