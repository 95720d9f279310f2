//! What is said, compared with the recordings sample by sample; names by a fake text-to-speech command.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod names;
mod prompts;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use audio::speech::GROUP_PAUSE;
use call::action::{Say, Slot, Value};
use call::ids::{Lang, PromptId};
use media::Sound;

use super::{Voice, VoiceSettings};

/// Friday, 9 October 2026, 14:02 in Asia/Shanghai.
const NOW: i64 = 1_791_525_720_000;
const DAY: i64 = 86_400_000;

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prompts")
}

fn settings(tts: &[&str], cache: &Path) -> VoiceSettings {
    VoiceSettings {
        dir: recordings(),
        tts: tts.iter().map(|word| (*word).to_owned()).collect(),
        voice_zh: "cmn".into(),
        voice_en: "en".into(),
        cache: cache.to_owned(),
    }
}

/// A voice without text-to-speech.
fn mute() -> Voice {
    Voice::load(settings(&[], Path::new("/nowhere"))).unwrap()
}

fn say(id: u8, slots: &[(Slot, Value)]) -> Vec<Say> {
    vec![Say::Prompt(PromptId(id), slots.to_vec())]
}

fn file(lang: Lang, name: &str) -> Vec<i16> {
    let path = recordings().join(lang.tag()).join(format!("{name}.wav"));
    audio::wav::read(&std::fs::read(path).unwrap()).unwrap()
}

/// Compares with recordings by name; `/` is the pause between groups.
#[track_caller]
fn check(sounds: &[Arc<Sound>], lang: Lang, expected: &str) {
    let expected: Vec<&str> = expected.split_whitespace().collect();
    let names: Vec<_> = sounds.iter().map(|s| s.name()).collect();
    assert_eq!(sounds.len(), expected.len(), "{names:?} for {expected:?}");
    for (sound, name) in sounds.iter().zip(expected) {
        let samples = match name {
            "/" => vec![0; GROUP_PAUSE as usize * 8],
            "beep" => audio::tones::beep(),
            name => file(lang, name),
        };
        assert!(sound.samples() == samples.as_slice(), "{sound:?} is not {name}");
    }
}

/// Looks again and again until it holds.
#[track_caller]
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    const POLL: Duration = Duration::from_millis(5);
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(std::time::Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(POLL);
    }
}
