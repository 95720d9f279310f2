//! The lanes of the picture: a card each, with a name, the sound's outline and the seat's bar.

use super::svg::{Anchor, Svg, fit};
use super::wave::{self, Column};
use super::{Colour, LANE, LANE_GAP, LEFT, MARGIN, NAMES, Plan, RIGHT, State};

/// Height of a seat's bar, and its distance from the lane's lower edge.
const BAR: f64 = 10.0;
const BAR_FOOT: f64 = 8.0;
/// Half the height of the loudest sound, with a bar below it and without.
const HALF_WITH_BAR: f64 = 33.0;
const HALF: f64 = 42.0;
/// Pixels of one column of sound.
const COLUMN: f64 = 1.0;
/// Peaks are drawn on a scale of their own picture, but never blown up beyond this.
const QUIETEST_SCALE: f32 = 6_000.0;
/// Heights are compressed a little, as the ear does, so that one voice is seen beside the mix of three.
const COMPRESSION: f32 = 0.65;

/// The cards behind everything.
pub(super) fn cards(svg: &mut Svg, plan: &Plan<'_>) {
    svg.open("g", &[("class", "cards".into())]);
    for (i, lane) in plan.lanes.iter().enumerate() {
        let mut attributes = vec![
            ("x", MARGIN.into()),
            ("y", top(plan, i).into()),
            ("width", (RIGHT - MARGIN).into()),
            ("height", LANE.into()),
            ("rx", 8.0.into()),
            ("fill", "#f8fafc".into()),
            ("stroke", "#e2e8f0".into()),
        ];
        if lane.apart {
            attributes.push(("stroke-dasharray", "5 4".into()));
        }
        svg.leaf("rect", &attributes);
        svg.leaf(
            "rect",
            &[
                ("x", MARGIN.into()),
                ("y", (top(plan, i) + 14.0).into()),
                ("width", 4.0.into()),
                ("height", (LANE - 28.0).into()),
                ("rx", 2.0.into()),
                ("fill", lane.colour.hex().into()),
            ],
        );
    }
    svg.close();
}

/// Names, sounds and bars.
pub(super) fn draw(svg: &mut Svg, plan: &Plan<'_>) {
    let count = ((RIGHT - LEFT) / COLUMN).round() as usize;
    let step_s = plan.axis.length_s / count as f64;
    let sounds: Vec<Vec<Column>> =
        plan.lanes.iter().map(|lane| wave::columns(&lane.samples, -lane.begin_s, step_s, count)).collect();
    // One scale for all lanes, so that they can be compared.
    let scale = sounds.iter().flatten().map(|c| c.peak).fold(QUIETEST_SCALE, f32::max);
    for (i, (lane, sound)) in plan.lanes.iter().zip(&sounds).enumerate() {
        let top = top(plan, i);
        let (half, middle) = if lane.presence.is_empty() {
            (HALF, top + LANE / 2.0)
        } else {
            (HALF_WITH_BAR, top + (LANE - BAR - BAR_FOOT) / 2.0)
        };
        svg.open("g", &[("class", "lane".into())]);
        svg.text("name", (MARGIN + 18.0, top + 42.0), Anchor::Start, &fit(&lane.name, 15.0, NAMES - 26.0));
        svg.text("who", (MARGIN + 18.0, top + 61.0), Anchor::Start, &fit(&lane.who, 12.0, NAMES - 26.0));
        let heights = |of: fn(&Column) -> f32| -> Vec<f64> {
            sound.iter().map(|c| f64::from((of(c) / scale).powf(COMPRESSION)) * half).collect()
        };
        for (path, opacity) in [(heights(|c| c.peak), "0.3"), (heights(|c| c.rms), "0.9")] {
            let path = wave::outline(&path, LEFT, COLUMN, middle);
            let (fill, d) = (lane.colour.hex().into(), (&path).into());
            svg.leaf(
                "path",
                &[("class", "sound".into()), ("fill", fill), ("opacity", opacity.into()), ("d", d)],
            );
        }
        for span in &lane.presence {
            let (from, to) = (plan.axis.x(span.from_s), plan.axis.x(span.to_s));
            let place = (from, top + LANE - BAR_FOOT - BAR, (to - from).max(2.0));
            bar(svg, place, span.state, lane.colour);
        }
        svg.close();
    }
}

fn top(plan: &Plan<'_>, lane: usize) -> f64 {
    plan.top + lane as f64 * (LANE + LANE_GAP)
}

/// A stretch of a seat: x, y, width.
pub(super) fn bar(svg: &mut Svg, (x, y, wide): (f64, f64, f64), state: State, colour: Colour) {
    let (class, fill, opacity, stripes) = match state {
        State::Invited => ("invited", "#ffffff", "1", None),
        State::Ringing => ("ringing", colour.hex(), "0.55", Some("url(#ringing)")),
        State::Whisper => ("whisper", colour.hex(), "0.8", Some("url(#whisper)")),
        State::Joined => ("joined", colour.hex(), "1", None),
    };
    let rect = |fill: &str, opacity: &str, svg: &mut Svg| {
        svg.leaf(
            "rect",
            &[
                ("class", class.into()),
                ("x", x.into()),
                ("y", y.into()),
                ("width", wide.into()),
                ("height", BAR.into()),
                ("rx", 3.0.into()),
                ("fill", fill.into()),
                ("opacity", opacity.into()),
                ("stroke", colour.hex().into()),
            ],
        );
    };
    rect(fill, opacity, svg);
    if let Some(stripes) = stripes {
        rect(stripes, "1", svg);
    }
}
