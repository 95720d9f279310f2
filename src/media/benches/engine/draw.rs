//! The history as a drawing: one small picture a figure, the runs from left to right, the aim as a line, the floor in grey.

use std::fmt::Write as _;

use crate::history::Row;

/// One small picture.
struct Picture {
    /// Its name in the history.
    name: &'static str,
    words: &'static str,
    aim: Option<f64>,
    /// The name of what it can't go below, drawn beside it.
    floor: Option<&'static str>,
}

const fn of(name: &'static str, words: &'static str, aim: Option<f64>) -> Picture {
    Picture { name, words, aim, floor: None }
}

const fn above(floor: &'static str, name: &'static str, words: &'static str, aim: Option<f64>) -> Picture {
    Picture { name, words, aim, floor: Some(floor) }
}

/// What is drawn, in this order.
const PICTURES: &[Picture] = &[
    above("floor-batch", "prompt", "prompt, CPU ms a leg-second", Some(0.33)),
    above("floor-batch", "two-seat", "two seats, CPU ms a leg-second", Some(0.33)),
    above("floor-mix", "three-way", "three-way, CPU ms a leg-second", Some(0.36)),
    above("floor-mix", "three-way-recorded", "three-way recorded, CPU ms a leg-second", None),
    above("floor-mix", "three-way-wideband", "three-way wideband, CPU ms a leg-second", None),
    above("floor-mix", "three-way-srtp", "three-way SRTP, CPU ms a leg-second", None),
    of("three-way-to-floor", "three-way, times the floor", Some(1.5)),
    above("floor-at-10", "three-way-at-10", "three-way at 10 calls, CPU ms a leg-second", Some(0.36)),
    above("floor-at-850", "three-way-at-850", "three-way at 850 calls, CPU ms a leg-second", Some(0.36)),
    of("capacity-5", "three-way calls on a core, jitter p99 under 5 ms", Some(850.0)),
    of("delay-p50", "added delay, half of all, ms", Some(15.0)),
    of("delay-p99", "added delay, 99 of 100, ms", Some(22.0)),
    of("memory-prompt", "memory of a prompt call, MiB", Some(0.05)),
    of("memory-two-seat", "memory of a bridge, MiB", Some(0.07)),
    of("memory-three-way", "memory of a three-way, MiB", Some(0.10)),
    of("storm-left", "memory kept after a storm of set-ups, MiB", Some(2.0)),
    of("storm-cpu", "CPU ms a set-up of the storm", None),
    of("launch", "start of the engine with 2,000 ports, ms", None),
];
const ACROSS: usize = 3;
const WIDE: f64 = 330.0;
const HIGH: f64 = 170.0;
/// Room for words around a picture.
const LEFT: f64 = 44.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 26.0;

/// The whole drawing.
pub fn history(rows: &[Row]) -> String {
    let lines = PICTURES.len().div_ceil(ACROSS);
    let (width, height) = (WIDE * ACROSS as f64, HIGH * lines as f64);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"10\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for (at, one) in PICTURES.iter().enumerate() {
        let (x, y) = ((at % ACROSS) as f64 * WIDE, (at / ACROSS) as f64 * HIGH);
        let named = |name: &str| rows.iter().filter(|r| r.name == name).collect::<Vec<_>>();
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        picture(&mut svg, one, &named(one.name), &one.floor.map(named).unwrap_or_default());
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

fn picture(svg: &mut String, what: &Picture, rows: &[&Row], floor: &[&Row]) {
    let Picture { words, aim, .. } = what;
    let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"18\" font-weight=\"bold\" fill=\"#222\">{words}</text>");
    let most = rows.iter().map(|r| r.value).chain(*aim).fold(0.0, f64::max) * 1.15;
    if rows.is_empty() || most <= 0.0 {
        let _ =
            writeln!(svg, "<text x=\"{LEFT}\" y=\"{}\" fill=\"#777\">not measured yet</text>", HIGH / 2.0);
        return;
    }
    let (wide, high) = (WIDE - LEFT - 20.0, HIGH - TOP - BOTTOM);
    let level = |value: f64| TOP + high * (1.0 - value / most);
    let place = |at: usize| LEFT + wide * (at as f64 + 0.5) / rows.len().max(1) as f64;
    let (end, base) = (LEFT + wide, TOP + high);
    let _ = writeln!(svg, "<path d=\"M{LEFT} {TOP}V{base}H{end}\" fill=\"none\" stroke=\"#999\"/>");
    if let Some(aim) = aim {
        let y = level(*aim);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{end}\" stroke=\"#2a7\" stroke-dasharray=\"4 3\"/>\
             <text x=\"{}\" y=\"{:.1}\" fill=\"#2a7\" text-anchor=\"end\">{aim}</text>",
            LEFT - 4.0,
            y + 3.0
        );
    }
    // A run has both, so that they stand above each other.
    for (of, colour) in [(floor, "#bbb"), (rows, "#36c")] {
        let points: Vec<String> =
            of.iter().enumerate().map(|(at, r)| format!("{:.1},{:.1}", place(at), level(r.value))).collect();
        let _ =
            writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\"/>", points.join(" "));
    }
    for (at, row) in floor.iter().enumerate().take(rows.len()) {
        let (x, y) = (place(at), level(row.value));
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2\" fill=\"#999\"><title>floor {:.3}</title></circle>",
            row.value
        );
    }
    for (at, row) in rows.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#36c\"><title>{} {} {} {}</title></circle>",
            place(at),
            level(row.value),
            row.date,
            row.commit,
            row.value,
            row.unit
        );
    }
    if let Some(last) = rows.last() {
        let value =
            if last.value >= 100.0 { format!("{:.0}", last.value) } else { format!("{:.3}", last.value) };
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#36c\" text-anchor=\"middle\">{value}</text>\
             <text x=\"{end}\" y=\"{}\" fill=\"#777\" text-anchor=\"end\">last: {} {}</text>",
            place(rows.len() - 1),
            level(last.value) - 7.0,
            HIGH - 10.0,
            last.date,
            last.commit
        );
    }
}
