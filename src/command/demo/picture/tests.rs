//! The picture: its structure, hostile text, calls of no length and of a day.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use audio::tones;

use super::*;

#[path = "../../../../tests/support/well_formed.rs"]
mod well_formed;

fn lane(name: &str, colour: Colour, presence: &[(f64, f64, State)], samples: Vec<i16>) -> Lane {
    Lane {
        name: name.to_owned(),
        who: "1001".to_owned(),
        colour,
        presence: presence
            .iter()
            .map(|(from_s, to_s, state)| Presence { from_s: *from_s, to_s: *to_s, state: *state })
            .collect(),
        begin_s: 0.0,
        samples,
        apart: false,
    }
}

fn three_way() -> Picture {
    let tone = |hertz| tones::sine(hertz, 6_000, 80_000);
    let mark = |at_s, label: &str| Mark { at_s, label: label.to_owned() };
    Picture {
        title: "89000 · three-way".to_owned(),
        subtitle: "138****0000 · 2026-10-12 09:00:00 · 01K7".to_owned(),
        length_s: 20.0,
        phases: vec![
            Phase { from_s: 0.0, to_s: 6.0, name: "greeting".to_owned() },
            Phase { from_s: 6.0, to_s: 20.0, name: "talk".to_owned() },
        ],
        marks: vec![mark(0.0, "offered"), mark(6.0, "op1 answers"), mark(19.9, "over")],
        lanes: vec![
            lane("citizen", Colour::Blue, &[(0.0, 20.0, State::Joined)], tone(700.0)),
            lane(
                "operator",
                Colour::Green,
                &[(0.1, 0.2, State::Invited), (0.2, 6.0, State::Ringing), (6.0, 19.0, State::Joined)],
                tone(1_100.0),
            ),
            lane("desk", Colour::Orange, &[(7.0, 9.0, State::Whisper)], Vec::new()),
            Lane { apart: true, ..lane("private", Colour::Rose, &[], tone(1_500.0)) },
        ],
        legend: Legend {
            states: vec![(State::Joined, "in the room".to_owned()), (State::Ringing, "rings".to_owned())],
            sound: ("mean".to_owned(), "peak".to_owned()),
            note: "8 kHz".to_owned(),
        },
    }
}

#[test]
fn the_structure_is_that_of_the_call() {
    let svg = draw(&three_way());
    let elements = well_formed::elements(&svg).unwrap();
    assert_eq!(elements[0], "svg");
    let count = |what: &str| svg.matches(what).count();
    assert_eq!((count("class=\"lane\""), count("class=\"mark\""), count("class=\"phase\"")), (4, 3, 2));
    // Seats: one citizen, three of the operator, and two of the desk's whisper (colour and stripes); two more in the legend.
    assert_eq!(
        (count("class=\"joined\""), count("class=\"invited\""), count("class=\"whisper\"")),
        (3, 1, 2)
    );
    assert_eq!(count("class=\"sound\""), 8, "peak and mean of each lane");
    assert!(svg.contains("138****0000") && svg.contains("op1 answers"));
    for never in ["http://", "https://", "<script", "<image", "url(http", "@import"] {
        let allowed = usize::from(never == "http://");
        assert_eq!(count(never), allowed, "{never}: only the namespace's name");
    }
}

#[test]
fn the_axis_has_about_a_dozen_ticks_at_any_length() {
    for (length_s, last) in
        [(1.0, "1 s"), (35.3, "35 s"), (119.0, "110 s"), (600.0, "10:00"), (86_400.0, "24:00:00")]
    {
        let axis = Axis { length_s };
        let ticks = (length_s / axis.step()).floor();
        assert!(ticks <= 13.0, "{length_s} s: {ticks} ticks");
        let words = axis.words(ticks * axis.step());
        if length_s != 35.3 && length_s != 119.0 {
            assert_eq!(words, last);
        }
        assert!((axis.x(0.0) - LEFT).abs() < 1e-9 && (axis.x(length_s * 2.0) - RIGHT).abs() < 1e-9);
    }
}

#[test]
fn hostile_text_stays_text() {
    let evil = "</text><script>alert(\"1\")</script> & ' \u{1} \u{202e}gpj ]]> 群众";
    let mut picture = three_way();
    (picture.title, picture.subtitle) = (evil.to_owned(), evil.to_owned());
    picture.marks[0].label = evil.to_owned();
    picture.lanes[0].name = evil.to_owned();
    picture.lanes[0].who = evil.to_owned();
    picture.phases[1].name = evil.to_owned();
    picture.legend.note = evil.to_owned();
    picture.legend.states[0].1 = evil.to_owned();
    let svg = draw(&picture);
    let elements = well_formed::elements(&svg).unwrap();
    assert!(!elements.iter().any(|e| e == "script"));
    assert!(!svg.contains('\u{202e}') && !svg.contains('\u{1}') && svg.contains("群众"));
}

#[test]
fn no_call_and_no_numbers_still_make_a_picture() {
    let nothing = draw(&Picture::default());
    assert!(well_formed::elements(&nothing).is_ok());
    let mut odd = three_way();
    odd.length_s = f64::NAN;
    odd.marks[1].at_s = f64::INFINITY;
    odd.lanes[0].presence[0].to_s = f64::NAN;
    let odd = draw(&odd);
    assert!(well_formed::elements(&odd).is_ok());
    assert!(!odd.contains("NaN") && !odd.contains("inf"));
}

#[test]
fn a_call_of_hours_is_no_larger_a_picture_than_one_of_seconds() {
    let mut long = three_way();
    long.length_s = 7_200.0;
    long.lanes[0].samples = tones::sine(700.0, 6_000, 8_000 * 600);
    long.marks = (0..500).map(|i| Mark { at_s: f64::from(i) * 14.0, label: format!("event {i}") }).collect();
    let svg = draw(&long);
    assert!(well_formed::elements(&svg).is_ok());
    assert_eq!(svg.matches("class=\"mark\"").count(), MOST_MARKS);
    assert!(svg.len() < 400_000, "{} bytes", svg.len());
}

#[test]
fn texts_are_cut_to_their_place() {
    assert_eq!(svg::fit("民政局婚姻登记一号窗口", 15.0, 100.0), "民政局婚姻…");
    assert_eq!(svg::fit("op1", 15.0, 100.0), "op1");
    assert_eq!(svg::short(-0.04), "0");
    assert_eq!(
        (svg::short(1.25), svg::short(f64::NAN), svg::short(12.0)),
        ("1.3".to_owned(), "0".to_owned(), "12".to_owned())
    );
}
