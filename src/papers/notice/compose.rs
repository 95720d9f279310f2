//! The notice on pages of paper.

use super::flow::{Flow, MARGIN, PAGE};
use super::fonts::Fonts;
use super::shape::{Anchor, Face, GREY, INK, Look, PALE, RED, RULE, Shape};
use super::words::{self, Words};
use super::{Lang, Notice, Stage, charts};
use crate::text::clean;
use crate::zone::Zone;

const BODY: Look = Look::new(Face::Body, 11.5, INK);
const LEADING: f32 = 20.0;
const CELL: Look = Look::new(Face::Plain, 9.0, INK);
const SMALL: Look = Look::new(Face::Plain, 8.0, GREY);
/// Between the two charts.
const GAP: f32 = 24.0;
const ROW: f32 = 17.0;
/// Most services that are named.
const MOST_SERVICES: usize = 8;

pub(super) fn pages(notice: &Notice, lang: Lang, zone: &Zone, fonts: &Fonts) -> Vec<Vec<Shape>> {
    let (mut flow, words) = (Flow::new(fonts), words::of(lang));
    head(&mut flow, notice, lang, zone);
    flow.paragraph(&clean(&words::addressed(notice, lang)), BODY, LEADING, 0.0);
    flow.paragraph(&words::opening(notice, lang), BODY, LEADING, indent(lang));
    flow.skip(6.0);
    tiles(&mut flow, notice, words);
    graphs(&mut flow, notice, lang);
    table(&mut flow, notice, words);
    summary(&mut flow, notice, lang, words);
    for (heading, text) in words.sections.iter().zip([&notice.work, &notice.problems, &notice.advice]) {
        section(&mut flow, heading, text, words, lang);
    }
    signature(&mut flow, &words::signature(notice, lang, zone));
    foot(flow.pages(), notice, words)
}

/// Chinese paragraphs begin two characters in.
fn indent(lang: Lang) -> f32 {
    if lang == Lang::Zh { BODY.size * 2.0 } else { 0.0 }
}

fn head(flow: &mut Flow<'_>, notice: &Notice, lang: Lang, zone: &Zone) {
    let (width, words) = (Flow::width(), words::of(lang));
    let issuer = clean(&notice.issuer);
    let fitting = width / flow.fonts.width(Face::Title, 1.0, &issuer).max(1.0);
    let look = Look::new(Face::Title, fitting.min(26.0), RED).at(Anchor::Middle);
    flow.put(Shape::text((width / 2.0, 26.0), issuer, look));
    flow.put(Shape::rect((0.0, 40.0), (width, 2.4), RED));
    flow.put(Shape::rect((0.0, 44.0), (width, 0.7), RED));
    flow.put(Shape::text((0.0, 58.0), words::number(notice, lang), Look { size: 9.0, ..SMALL }));
    let (right, color) = match &notice.stage {
        Stage::Draft => (words.draft.to_owned(), RED),
        Stage::Signed { at, .. } => (zone.day(*at, lang == Lang::Zh), GREY),
    };
    let look = Look { size: 9.0, color, ..SMALL }.at(Anchor::End);
    flow.put(Shape::text((width, 58.0), right, look));
    let title = Look::new(Face::Title, 18.0, INK).at(Anchor::Middle);
    flow.put(Shape::text((width / 2.0, 92.0), words::title(notice, lang), title));
    flow.skip(110.0);
}

fn tiles(flow: &mut Flow<'_>, notice: &Notice, words: &Words) {
    let is = &notice.figures;
    let wide = (Flow::width() - 3.0 * 8.0) / 4.0;
    let mut x = 0.0;
    for (name, count) in words.tiles.iter().zip([is.calls, is.cases, is.handovers, is.received_in_time]) {
        flow.put(Shape::rect((x, 0.0), (wide, 44.0), PALE));
        flow.put(Shape::text((x + 10.0, 23.0), count.to_string(), Look::new(Face::Plain, 18.0, INK)));
        flow.put(Shape::text((x + 10.0, 37.0), *name, SMALL));
        x += wide + 8.0;
    }
    flow.skip(62.0);
}

fn graphs(flow: &mut Flow<'_>, notice: &Notice, lang: Lang) {
    let half = (Flow::width() - GAP) / 2.0;
    let rates = charts::rates(&notice.figures, lang, half + 16.0);
    let high = rates.height;
    flow.draw(rates, 0.0);
    flow.draw(charts::kinds(&notice.figures, lang, half - 16.0), half + 16.0 + GAP);
    flow.skip(high + 14.0);
    let days = charts::days(&notice.figures, lang, Flow::width());
    let high = days.height;
    flow.draw(days, 0.0);
    flow.skip(high + 12.0);
}

fn table(flow: &mut Flow<'_>, notice: &Notice, words: &Words) {
    let (is, width) = (&notice.figures, Flow::width());
    let column = |at: u8| width - f32::from(4 - at) * 52.0;
    let line = |flow: &mut Flow<'_>, cells: [(String, Look); 5]| {
        for (at, (text, look)) in (0_u8..).zip(cells) {
            let (x, anchor) = if at == 0 { (0.0, Anchor::Start) } else { (column(at), Anchor::End) };
            flow.put(Shape::text((x, 11.5), text, look.at(anchor)));
        }
        flow.put(Shape::rect((0.0, ROW - 0.5), (width, 0.5), RULE));
        flow.skip(ROW);
    };
    line(flow, words.table.map(|title| (title.to_owned(), Look { color: GREY, ..CELL })));
    for (name, tally) in words.rows.iter().zip([is.work, is.echo1, is.echo2, is.echo3]) {
        let count = |count: u64| (count.to_string(), CELL);
        let missed = Look { color: if tally.missed > 0 { RED } else { INK }, ..CELL };
        let name = ((*name).to_owned(), CELL);
        line(
            flow,
            [
                name,
                count(tally.made),
                count(tally.kept),
                (tally.missed.to_string(), missed),
                count(tally.void),
            ],
        );
    }
    flow.skip(5.0);
}

fn summary(flow: &mut Flow<'_>, notice: &Notice, lang: Lang, words: &Words) {
    let look = Look { face: Face::Plain, ..CELL };
    flow.paragraph(&words::rest(notice, lang), look, 15.0, 0.0);
    let services = notice.figures.services.iter().take(MOST_SERVICES);
    let services: Vec<String> = services.map(|(name, count)| format!("{} {count}", clean(name))).collect();
    if !services.is_empty() {
        let all = format!("{}{}{}", words.services, words.colon, services.join(words.comma));
        flow.paragraph(&all, look, 15.0, 0.0);
    }
    flow.skip(6.0);
}

fn section(flow: &mut Flow<'_>, heading: &str, text: &str, words: &Words, lang: Lang) {
    // A heading does not stand alone at the end of a page.
    flow.need(26.0 + 2.0 * LEADING);
    flow.skip(4.0);
    flow.put(Shape::text((0.0, 15.0), heading, Look::new(Face::Title, 12.5, INK)));
    flow.skip(22.0);
    let text = clean(text).replace('\t', " ");
    let mut paragraphs = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    if paragraphs.peek().is_none() {
        flow.paragraph(words.nothing, Look { color: GREY, ..BODY }, LEADING, indent(lang));
    }
    for paragraph in paragraphs {
        flow.paragraph(paragraph, BODY, LEADING, indent(lang));
    }
}

fn signature(flow: &mut Flow<'_>, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    flow.skip(14.0);
    flow.need(LEADING * 3.0);
    for line in lines {
        flow.put(Shape::text((Flow::width(), 14.0), clean(line), BODY.at(Anchor::End)));
        flow.skip(LEADING);
    }
}

/// Page numbers, how the figures come about; a draft says that it is one.
fn foot(mut pages: Vec<Vec<Shape>>, notice: &Notice, words: &Words) -> Vec<Vec<Shape>> {
    let (y, count, right) = (PAGE.1 - 34.0, pages.len(), PAGE.0 - MARGIN);
    for (at, page) in pages.iter_mut().enumerate() {
        page.push(Shape::rect((MARGIN, y - 12.0), (right - MARGIN, 0.5), RULE));
        page.push(Shape::text((MARGIN, y), words.foot, Look { size: 7.0, ..SMALL }));
        let number = format!("{} / {count}", at + 1);
        page.push(Shape::text((right, y), number, SMALL.at(Anchor::End)));
        if at > 0 && notice.stage == Stage::Draft {
            page.push(Shape::text((right, 36.0), words.draft, Look { color: RED, ..SMALL }.at(Anchor::End)));
        }
    }
    pages
}
