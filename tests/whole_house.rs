//! The whole house on free ports: the demonstration's three-way call over real SIP and RTP, and everything that it leaves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/well_formed.rs"]
mod well_formed;

#[path = "whole_house/clear.rs"]
mod clear;
#[path = "whole_house/dial_in.rs"]
mod dial_in;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use hotline::command::Tongue;
use hotline::command::demo::ears::{Finding, Part, Who};
use hotline::command::demo::play::Step;
use hotline::command::demo::stage::{CALLER, Stage};
use hotline::command::demo::{self, Outcome};
use store::RecordingKind;

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn stage(folder: &Path) -> Stage {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("sip-config");
    let mut checked = config::load(&config).unwrap();
    // Names are not spoken here: the machine that tests may have no such command, and needs its time for the call.
    checked.settings.prompts.tts.clear();
    Stage::set(checked, folder, None, now()).unwrap()
}

async fn play(stage: Stage, steps: &mut Vec<Step>) -> Outcome {
    demo::play_out(stage, Tongue::En, &mut |step| steps.push(step)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_talk_in_one_call_and_leave_record_recording_and_picture() {
    let folder = tempfile::tempdir().unwrap();
    let mut steps = Vec::new();
    let outcome = play(stage(folder.path()), &mut steps).await;
    let faults: Vec<String> = outcome
        .played
        .checks
        .iter()
        .filter_map(|c| {
            Some(format!("{}: {}", c.step.words(Tongue::En), c.fault.as_ref()?.words(Tongue::En)))
        })
        .collect();
    assert_eq!(faults, Vec::<String>::new());
    assert!(outcome.played.is_right());
    assert_eq!(steps, Step::ALL, "each step is told once, in its order");
    everybody_heard_whom_they_should(&outcome);
    the_record_is_one_and_masked(&outcome);
    the_recording_has_its_channels(&outcome);
    the_picture_is_well_formed(&outcome);
    no_file_holds_the_number(folder.path());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_play_that_fails_stops_there_and_says_why_in_plain_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = stage(folder.path());
    stage.roles.number = "12345".into();
    let outcome = play(stage, &mut Vec::new()).await;
    assert!(!outcome.played.is_right());
    let checks: Vec<(Step, String)> = outcome
        .played
        .checks
        .iter()
        .map(|c| (c.step, c.fault.as_ref().map(|f| f.words(Tongue::En)).unwrap_or_default()))
        .collect();
    assert_eq!(checks, [(Step::Called, "the call was refused (404, Q.850 1)".to_owned())]);
    assert!(outcome.evidence.is_none() && outcome.picture.is_none());
}

fn everybody_heard_whom_they_should(outcome: &Outcome) {
    let parts: Vec<Part> = outcome.played.heard.iter().map(|h| h.part).collect();
    assert_eq!(parts, [Part::Two, Part::Ringing, Part::Whisper, Part::Three, Part::TwoAgain]);
    let heard = |part| outcome.played.heard.iter().find(|h| h.part == part).unwrap();
    for who in Who::ALL {
        for other in Who::ALL {
            let finding = if who == other { Finding::Still } else { Finding::Heard };
            assert_eq!(heard(Part::Three).finding(who, other), finding, "{who:?} {other:?}");
        }
    }
    assert_eq!(heard(Part::Whisper).finding(Who::Citizen, Who::Desk), Finding::Still);
    assert_eq!(heard(Part::Whisper).finding(Who::Desk, Who::Citizen), Finding::Still);
    assert_eq!(heard(Part::TwoAgain).finding(Who::Operator, Who::Desk), Finding::Still);
    let figures = &outcome.played.figures;
    assert!(figures.ringing <= figures.answered && figures.stats.len() == 3);
}

fn the_record_is_one_and_masked(outcome: &Outcome) {
    let detail = &outcome.evidence.as_ref().unwrap().detail;
    let finals = detail.events.iter().filter(|e| matches!(e.kind.as_str(), "call.ended" | "call.abandoned"));
    assert_eq!(finals.count(), 1);
    assert_eq!(
        detail.events.iter().map(|e| e.seq).collect::<Vec<_>>(),
        (1..=detail.events.len() as u32).collect::<Vec<_>>()
    );
    assert_eq!((detail.row.caller_masked.as_str(), detail.legs.len()), ("138****0000", 3));
    assert!(!format!("{detail:?}").contains(CALLER));
    let kinds: Vec<RecordingKind> = detail.recordings.iter().map(|r| r.row.kind).collect();
    assert!(kinds.contains(&RecordingKind::Mix) && kinds.contains(&RecordingKind::Private), "{kinds:?}");
}

fn the_recording_has_its_channels(outcome: &Outcome) {
    let evidence = outcome.evidence.as_ref().unwrap();
    for (recording, names) in [
        (&evidence.main, &["mix", "house", "citizen", "operator", "desk"][..]),
        (&evidence.private, &["mix", "desk"][..]),
    ] {
        let recording = recording.as_ref().unwrap();
        assert_eq!(recording.tracks.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), names);
        let spec = hound::WavReader::open(&recording.path).unwrap().spec();
        assert_eq!(
            (usize::from(spec.channels), spec.sample_rate, spec.bits_per_sample),
            (names.len(), 8_000, 16)
        );
    }
}

fn the_picture_is_well_formed(outcome: &Outcome) {
    let svg = fs::read_to_string(outcome.picture.as_ref().unwrap()).unwrap();
    let elements = well_formed::elements(&svg).unwrap();
    assert_eq!(elements.first().map(String::as_str), Some("svg"));
    assert_eq!(svg.matches("class=\"lane\"").count(), 6, "three seats, prompts, mix, private track");
    assert!(svg.contains("138****0000") && svg.contains("three seats"));
}

/// Sealed in the store, masked in the picture, in no file's name and in no log.
fn no_file_holds_the_number(folder: &Path) {
    assert_eq!(clear::holding(folder, CALLER), Vec::<PathBuf>::new(), "the whole number is there");
}
