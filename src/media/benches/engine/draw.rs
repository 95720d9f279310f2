//! The history as a drawing: one small picture a figure, the runs from left to right, the aim as a line.

use std::fmt::Write as _;

use crate::history::Row;

/// What is drawn, in this order: name in the history, words, aim.
const PICTURES: &[(&str, &str, Option<f64>)] = &[
    ("prompt", "prompt, CPU ms a leg-second", Some(0.33)),
    ("two-seat", "two seats, CPU ms a leg-second", Some(0.33)),
    ("three-way", "three-way, CPU ms a leg-second", Some(0.36)),
    ("three-way-recorded", "three-way recorded, CPU ms a leg-second", None),
    ("three-way-srtp", "three-way SRTP, CPU ms a leg-second", None),
    ("three-way-to-floor", "three-way, times the floor", Some(1.5)),
    ("floor-mix", "floor with mixing, CPU ms a leg-second", None),
    ("capacity-5", "three-way calls on one core, jitter p99 < 5 ms", Some(850.0)),
    ("capacity-20", "three-way calls on one core, jitter p99 <= 20 ms", Some(850.0)),
    ("delay-p50", "added delay p50, ms", Some(15.0)),
    ("delay-p99", "added delay p99, ms", Some(22.0)),
    ("three-way-at-850", "three-way at 850 calls, CPU ms a leg-second", Some(0.36)),
    ("memory-prompt", "memory of a prompt call, MiB", Some(0.05)),
    ("memory-two-seat", "memory of a bridge, MiB", Some(0.07)),
    ("memory-three-way", "memory of a three-way, MiB", Some(0.10)),
    ("storm-left", "memory kept after a storm, MiB", None),
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
    for (at, (name, words, aim)) in PICTURES.iter().enumerate() {
        let (x, y) = ((at % ACROSS) as f64 * WIDE, (at / ACROSS) as f64 * HIGH);
        let own: Vec<&Row> = rows.iter().filter(|r| r.name == *name).collect();
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        picture(&mut svg, words, *aim, &own);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

fn picture(svg: &mut String, words: &str, aim: Option<f64>, rows: &[&Row]) {
    let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"18\" font-weight=\"bold\" fill=\"#222\">{words}</text>");
    let most = rows.iter().map(|r| r.value).chain(aim).fold(0.0, f64::max) * 1.1;
    if most <= 0.0 {
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
        let y = level(aim);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{end}\" stroke=\"#2a7\" stroke-dasharray=\"4 3\"/>\
             <text x=\"{}\" y=\"{:.1}\" fill=\"#2a7\" text-anchor=\"end\">{aim}</text>",
            LEFT - 4.0,
            y + 3.0
        );
    }
    let points: Vec<String> =
        rows.iter().enumerate().map(|(at, r)| format!("{:.1},{:.1}", place(at), level(r.value))).collect();
    let _ = writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"#36c\"/>", points.join(" "));
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
