//! A call as one picture: who had a seat when, what each track sounded like, and what happened. Pure: values in, SVG out.
//!
//! The SVG is one file without fonts, scripts or links of its own; it is drawn for a light page 1,440 wide.

mod lanes;
mod marks;
mod svg;
mod wave;

#[cfg(test)]
mod tests;

use svg::{Anchor, Svg, fit, short};

/// Width of the picture, its margin, the column of the lanes' names, all in pixels.
const WIDE: f64 = 1_440.0;
const MARGIN: f64 = 36.0;
const NAMES: f64 = 168.0;
/// Where the time axis begins and ends.
const LEFT: f64 = MARGIN + NAMES;
const RIGHT: f64 = WIDE - MARGIN;
/// Heights: header, one row of labels, the strip of phases, one lane and the gap below it, axis, legend.
const HEADER: f64 = 92.0;
const LABEL_ROW: f64 = 19.0;
const STRIP: f64 = 26.0;
const LANE: f64 = 96.0;
const LANE_GAP: f64 = 8.0;
const AXIS: f64 = 34.0;
const LEGEND: f64 = 56.0;
/// Most lines and rows that are drawn: a call of hours has more, and nobody could read them.
const MOST_MARKS: usize = 60;
const MOST_LANES: usize = 16;

/// Everything that is to be seen. Seconds are counted from the same moment everywhere: the call's first INVITE.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Picture {
    /// Heading.
    pub title: String,
    /// Below it: whose call, when, which. Never a whole number of a citizen.
    pub subtitle: String,
    /// Length of the call.
    pub length_s: f64,
    /// What the call was doing, one after the other.
    pub phases: Vec<Phase>,
    /// What happened.
    pub marks: Vec<Mark>,
    /// The tracks, from above.
    pub lanes: Vec<Lane>,
    /// What the signs mean.
    pub legend: Legend,
}

/// A stretch of the call.
#[derive(Clone, PartialEq, Debug)]
pub struct Phase {
    /// From.
    pub from_s: f64,
    /// To.
    pub to_s: f64,
    /// Its name.
    pub name: String,
}

/// A moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    /// When.
    pub at_s: f64,
    /// What.
    pub label: String,
}

/// One track.
#[derive(Clone, PartialEq, Debug)]
pub struct Lane {
    /// Whose.
    pub name: String,
    /// Who that was: a masked number, a staff number, a desk.
    pub who: String,
    /// Its colour.
    pub colour: Colour,
    /// When its seat was there, and how far; nothing for tracks without a seat.
    pub presence: Vec<Presence>,
    /// When the sound begins.
    pub begin_s: f64,
    /// 8 kHz mono.
    pub samples: Vec<i16>,
    /// Not part of the mix.
    pub apart: bool,
}

/// Colours of the tracks; each is told apart from the others in grey too, by its place and name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// The citizen.
    Blue,
    /// The operator.
    Green,
    /// The desk.
    Orange,
    /// The house's prompts.
    Violet,
    /// The mix.
    Slate,
    /// Private talk.
    Rose,
}

impl Colour {
    fn hex(self) -> &'static str {
        match self {
            Self::Blue => "#2563eb",
            Self::Green => "#0f8a72",
            Self::Orange => "#d9730d",
            Self::Violet => "#7c3aed",
            Self::Slate => "#475569",
            Self::Rose => "#c2255c",
        }
    }
}

/// A stretch of a seat.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Presence {
    /// From.
    pub from_s: f64,
    /// To.
    pub to_s: f64,
    /// How far it was.
    pub state: State,
}

/// How far a seat is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// INVITE sent, nothing heard yet.
    Invited,
    /// Its phone rings.
    Ringing,
    /// Answered; hears the house alone, nobody hears it.
    Whisper,
    /// In the room.
    Joined,
}

/// What the signs mean.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Legend {
    /// Words for the states.
    pub states: Vec<(State, String)>,
    /// Words for the dark and the light outline of a sound.
    pub sound: (String, String),
    /// A line at the end.
    pub note: String,
}

/// The time axis.
struct Axis {
    length_s: f64,
}

impl Axis {
    fn x(&self, at_s: f64) -> f64 {
        let at = if at_s.is_finite() { at_s.clamp(0.0, self.length_s) } else { 0.0 };
        LEFT + at / self.length_s * (RIGHT - LEFT)
    }

    /// Seconds between two ticks: at most about a dozen.
    fn step(&self) -> f64 {
        const STEPS: [f64; 14] =
            [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0];
        let least = self.length_s / 12.0;
        STEPS.into_iter().find(|step| *step >= least).unwrap_or(86_400.0)
    }

    /// `35 s`, `2:05`, `1:02:05`.
    fn words(&self, at_s: f64) -> String {
        let s = at_s.round() as u64;
        match self.length_s {
            l if l < 120.0 => format!("{s} s"),
            l if l < 3_600.0 => format!("{}:{:02}", s / 60, s % 60),
            _ => format!("{}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60),
        }
    }
}

/// Heights that depend on the call.
struct Plan<'a> {
    axis: Axis,
    lanes: &'a [Lane],
    labels: Vec<marks::Placed>,
    /// Top of the strip of phases, of the lanes, of the axis' numbers, and the whole height.
    strip: f64,
    top: f64,
    bottom: f64,
    high: f64,
}

impl<'a> Plan<'a> {
    fn of(picture: &'a Picture) -> Self {
        let length_s = if picture.length_s.is_finite() { picture.length_s.max(1.0) } else { 1.0 };
        let axis = Axis { length_s };
        let lanes = picture.lanes.get(..MOST_LANES).unwrap_or(&picture.lanes);
        let shown = picture.marks.get(..MOST_MARKS).unwrap_or(&picture.marks);
        let labels = marks::place(shown, |at| axis.x(at), WIDE - MARGIN / 2.0);
        let rows = labels.iter().filter_map(|l| l.row).max().map_or(0, |row| row + 1);
        let strip = HEADER + rows as f64 * LABEL_ROW + 8.0;
        let top = strip + STRIP + 10.0;
        let bottom = top + lanes.len() as f64 * (LANE + LANE_GAP);
        Self { axis, lanes, labels, strip, top, bottom, high: bottom + AXIS + LEGEND }
    }
}

/// Draws it.
pub fn draw(picture: &Picture) -> String {
    let plan = Plan::of(picture);
    let mut svg = Svg::default();
    let (wide, high) = (short(WIDE), short(plan.high));
    svg.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg".into()),
            ("viewBox", (&format!("0 0 {wide} {high}")).into()),
            ("width", (&wide).into()),
            ("height", (&high).into()),
            ("role", "img".into()),
            ("aria-label", (&picture.title).into()),
        ],
    );
    svg.said("title", &[], &picture.title);
    svg.said("desc", &[], &picture.subtitle);
    svg.said("style", &[], STYLE);
    patterns(&mut svg);
    svg.leaf("rect", &[("width", WIDE.into()), ("height", plan.high.into()), ("fill", "#ffffff".into())]);
    svg.text("title", (MARGIN, 46.0), Anchor::Start, &fit(&picture.title, 24.0, RIGHT - MARGIN));
    svg.text("subtitle", (MARGIN, 70.0), Anchor::Start, &fit(&picture.subtitle, 13.0, RIGHT - MARGIN));
    strip(&mut svg, &plan, &picture.phases);
    lanes::cards(&mut svg, &plan);
    grid(&mut svg, &plan);
    lanes::draw(&mut svg, &plan);
    draw_marks(&mut svg, &plan);
    legend(&mut svg, &plan, &picture.legend);
    svg.finish()
}

const STYLE: &str = "\
text{font-family:system-ui,-apple-system,Segoe UI,Noto Sans CJK SC,Noto Sans SC,PingFang SC,Microsoft YaHei,sans-serif;fill:#334155;font-size:12px}\
.title{font-size:24px;font-weight:650;fill:#0f172a}\
.subtitle{font-size:13px;fill:#64748b}\
.name{font-size:15px;font-weight:600;fill:#0f172a}\
.who{font-size:12px;fill:#64748b}\
.tick{font-size:11px;fill:#64748b}\
.phase{font-size:12px;fill:#475569}\
.label{font-size:12px;fill:#1e293b}\
.small{font-size:11.5px;fill:#64748b}";

/// Stripes over a bar's colour: ringing slants, whisper stands.
fn patterns(svg: &mut Svg) {
    svg.open("defs", &[]);
    for (id, turn) in [("ringing", "rotate(45)"), ("whisper", "rotate(90)")] {
        svg.open(
            "pattern",
            &[
                ("id", id.into()),
                ("width", 6.0.into()),
                ("height", 6.0.into()),
                ("patternUnits", "userSpaceOnUse".into()),
                ("patternTransform", turn.into()),
            ],
        );
        svg.leaf(
            "rect",
            &[
                ("width", 6.0.into()),
                ("height", 3.0.into()),
                ("fill", "#ffffff".into()),
                ("opacity", "0.7".into()),
            ],
        );
        svg.close();
    }
    svg.close();
}

/// What the call was doing.
fn strip(svg: &mut Svg, plan: &Plan<'_>, phases: &[Phase]) {
    svg.open("g", &[("class", "phases".into())]);
    for (i, phase) in phases.iter().enumerate() {
        let (from, to) = (plan.axis.x(phase.from_s), plan.axis.x(phase.to_s));
        let wide = (to - from - 2.0).max(1.0);
        let fill = if i % 2 == 0 { "#e2e8f0" } else { "#eef2f7" };
        svg.open("g", &[]);
        svg.said("title", &[], &phase.name);
        svg.leaf(
            "rect",
            &[
                ("x", (from + 1.0).into()),
                ("y", plan.strip.into()),
                ("width", wide.into()),
                ("height", STRIP.into()),
                ("rx", 5.0.into()),
                ("fill", fill.into()),
            ],
        );
        if svg::width(&phase.name, 12.0) + 6.0 <= wide {
            let place = (f64::midpoint(from, to), plan.strip + 17.5);
            svg.text("phase", place, Anchor::Middle, &phase.name);
        }
        svg.close();
    }
    svg.close();
}

/// The axis and its fine lines over the lanes.
fn grid(svg: &mut Svg, plan: &Plan<'_>) {
    svg.open("g", &[("class", "axis".into())]);
    let step = plan.axis.step();
    let ticks = (plan.axis.length_s / step).floor() as usize;
    for i in 0..=ticks {
        let at = i as f64 * step;
        let x = plan.axis.x(at);
        line(svg, (x, plan.top, plan.bottom - LANE_GAP + 5.0), "#e2e8f0", None);
        svg.text("tick", (x, plan.bottom + 14.0), Anchor::Middle, &plan.axis.words(at));
    }
    svg.close();
}

fn line(svg: &mut Svg, (x, from, to): (f64, f64, f64), colour: &str, dashes: Option<&str>) {
    let mut attributes = vec![
        ("x1", x.into()),
        ("y1", from.into()),
        ("x2", x.into()),
        ("y2", to.into()),
        ("stroke", colour.into()),
        ("stroke-width", "1".into()),
    ];
    attributes.extend(dashes.map(|d| ("stroke-dasharray", d.into())));
    svg.leaf("line", &attributes);
}

/// What happened: a line down through all lanes, its words above.
fn draw_marks(svg: &mut Svg, plan: &Plan<'_>) {
    svg.open("g", &[("class", "marks".into())]);
    for mark in &plan.labels {
        svg.open("g", &[("class", "mark".into())]);
        svg.said("title", &[], &mark.whole);
        let foot = plan.bottom - LANE_GAP;
        let Some(row) = mark.row else {
            line(svg, (mark.x, plan.strip, foot), "#94a3b8", Some("2 4"));
            svg.close();
            continue;
        };
        let base = plan.strip - 8.0 - row as f64 * LABEL_ROW;
        line(svg, (mark.x, base - 11.0, plan.strip - 1.0), "#64748b", None);
        line(svg, (mark.x, plan.strip + STRIP + 1.0, foot), "#94a3b8", Some("2 4"));
        let (x, anchor) = if mark.left { (mark.x - 5.0, Anchor::End) } else { (mark.x + 5.0, Anchor::Start) };
        svg.text("label", (x, base - 1.0), anchor, &mark.label);
        svg.close();
    }
    svg.close();
}

/// What the signs mean.
fn legend(svg: &mut Svg, plan: &Plan<'_>, legend: &Legend) {
    let y = plan.bottom + AXIS + 14.0;
    let mut x = LEFT;
    svg.open("g", &[("class", "legend".into())]);
    for (state, words) in &legend.states {
        lanes::bar(svg, (x, y - 9.0, 28.0), *state, Colour::Slate);
        svg.text("small", (x + 35.0, y), Anchor::Start, words);
        x += 35.0 + svg::width(words, 11.5) + 22.0;
    }
    for (words, opacity) in [(&legend.sound.0, "0.9"), (&legend.sound.1, "0.3")] {
        svg.leaf(
            "rect",
            &[
                ("x", x.into()),
                ("y", (y - 10.0).into()),
                ("width", 12.0.into()),
                ("height", 12.0.into()),
                ("rx", 2.0.into()),
                ("fill", Colour::Slate.hex().into()),
                ("opacity", opacity.into()),
            ],
        );
        svg.text("small", (x + 19.0, y), Anchor::Start, words);
        x += 19.0 + svg::width(words, 11.5) + 22.0;
    }
    svg.text("small", (LEFT, y + 22.0), Anchor::Start, &fit(&legend.note, 11.5, RIGHT - LEFT));
    svg.close();
}
