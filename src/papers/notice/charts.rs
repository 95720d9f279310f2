//! The charts of the notice: rates beside last month's, cases by kind, cases by day.

use super::shape::{Anchor, BEFORE, Drawing, Face, GREY, INK, Look, NOW, PALE, RULE, Shape};
use super::words::{Words, kind, of};
use super::{Figures, Lang, Share};

const HEADING: Look = Look::new(Face::Plain, 10.0, INK);
const LABEL: Look = Look::new(Face::Plain, 8.5, INK);
const SMALL: Look = Look::new(Face::Plain, 7.5, GREY);
/// Where the first row begins, below heading and legend.
const TOP: f32 = 24.0;
/// Most kinds that are shown; the store has six.
const MOST_KINDS: usize = 6;

/// On-time replies, satisfaction and reachability, each over last month's.
pub(super) fn rates(figures: &Figures, lang: Lang, width: f32) -> Drawing {
    let words = of(lang);
    let (now, before) = (figures.rates, figures.before);
    let rows = [
        (now.on_time, before.on_time),
        (now.reply, before.reply),
        (now.satisfied, before.satisfied),
        (now.reachable, before.reachable),
    ];
    let mut shapes = vec![Shape::text((0.0, 10.0), words.rates, HEADING)];
    legend(&mut shapes, words, width);
    let (left, right, step) = (label_room(lang), 66.0, 29.0);
    let room = (width - left - right).max(1.0);
    for (at, (name, (now, before))) in (0_u8..).zip(words.rate.iter().zip(rows)) {
        let top = TOP + f32::from(at) * step;
        shapes.push(Shape::text((0.0, top + 13.0), *name, LABEL));
        shapes.push(Shape::rect((left, top + 2.0), (room, 18.0), PALE));
        bar(&mut shapes, (left, top + 2.0), (room, 11.0), now, NOW);
        bar(&mut shapes, (left, top + 14.0), (room, 6.0), before, BEFORE);
        let end = LABEL.at(Anchor::End);
        shapes.push(Shape::text((width - 29.0, top + 12.5), now.text(), Look { color: NOW, ..end }));
        shapes.push(Shape::text((width, top + 12.5), before.text(), SMALL.at(Anchor::End)));
    }
    let said = words.rate.iter().zip(rows).map(|(name, (now, before))| {
        format!("{name} {} ({} {})", now.text(), words.last_month, before.text())
    });
    let says = format!("{}{}{}", words.rates, words.colon, said.collect::<Vec<_>>().join(words.comma));
    Drawing { width, height: TOP + 4.0 * step, says, shapes }
}

fn label_room(lang: Lang) -> f32 {
    match lang {
        Lang::Zh => 70.0,
        Lang::En => 92.0,
    }
}

fn legend(shapes: &mut Vec<Shape>, words: &Words, width: f32) {
    let mut x = width;
    for (name, color) in [(words.last_month, BEFORE), (words.this_month, NOW)] {
        shapes.push(Shape::text((x, 10.0), name, SMALL.at(Anchor::End)));
        // A full-width character is as wide as high, another about half.
        let wide: f32 = name.chars().map(|c| if c.is_ascii() { 4.1 } else { 7.5 }).sum();
        x -= wide + 10.0;
        shapes.push(Shape::rect((x, 4.0), (7.0, 7.0), color));
        x -= 9.0;
    }
}

fn bar(
    shapes: &mut Vec<Shape>,
    at: (f32, f32),
    (room, height): (f32, f32),
    share: Share,
    color: super::shape::Color,
) {
    if let Some(permille) = share.permille() {
        shapes.push(Shape::rect(at, (room * permille as f32 / 1_000.0, height), color));
    }
}

/// How many cases of each kind.
pub(super) fn kinds(figures: &Figures, lang: Lang, width: f32) -> Drawing {
    let words = of(lang);
    let rows: Vec<(&str, u64)> =
        figures.kinds.iter().take(MOST_KINDS).map(|(word, count)| (kind(word, lang), *count)).collect();
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let mut shapes = vec![Shape::text((0.0, 10.0), words.kinds, HEADING)];
    if rows.is_empty() {
        shapes.push(Shape::text((0.0, TOP + 13.0), words.none, Look { color: GREY, ..LABEL }));
    }
    let (left, right, step) = (if lang == Lang::Zh { 28.0 } else { 52.0 }, 30.0, 116.0 / 6.0);
    for (at, (name, count)) in (0_u8..).zip(&rows) {
        let top = TOP + f32::from(at) * step;
        let long = (width - left - right).max(1.0) * *count as f32 / most as f32;
        shapes.push(Shape::text((0.0, top + 10.5), *name, LABEL));
        shapes.push(Shape::rect((left, top + 2.0), (long, 11.0), NOW));
        shapes.push(Shape::text((left + long + 4.0, top + 10.5), count.to_string(), LABEL));
    }
    let said: Vec<String> = rows.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let says = format!("{}{}{}", words.kinds, words.colon, said.join(words.comma));
    Drawing { width, height: TOP + 116.0, says, shapes }
}

/// How many cases on each day of the month.
pub(super) fn days(figures: &Figures, lang: Lang, width: f32) -> Drawing {
    let words = of(lang);
    let days = figures.by_day.get(..31).unwrap_or(&figures.by_day);
    let most = days.iter().copied().max().unwrap_or(0).max(1);
    let (left, bottom, high) = (16.0, 82.0, 60.0);
    let mut shapes = vec![Shape::text((0.0, 10.0), words.days, HEADING)];
    for (level, text) in [(0.0, "0".to_owned()), (high, most.to_string())] {
        shapes.push(Shape::rect((left, bottom - level), (width - left, 0.5), RULE));
        shapes.push(Shape::text((left - 4.0, bottom - level + 3.0), text, SMALL.at(Anchor::End)));
    }
    let step = (width - left) / 31.0;
    for (at, count) in (0_u8..).zip(days) {
        let (x, height) = (left + f32::from(at) * step, high * *count as f32 / most as f32);
        shapes.push(Shape::rect((x + step * 0.18, bottom - height), (step * 0.64, height), NOW));
        if at == 0 || (at + 1) % 5 == 0 {
            let label = (at + 1).to_string();
            shapes.push(Shape::text((x + step / 2.0, bottom + 10.0), label, SMALL.at(Anchor::Middle)));
        }
    }
    let said: Vec<String> = days.iter().map(u64::to_string).collect();
    let says = format!("{}{}{}", words.days, words.colon, said.join(words.comma));
    Drawing { width, height: 96.0, says, shapes }
}
