//! A talker presses no keys (reliability, row 13): the project's own prompts and hours of synthetic speech go through the
//! detector of keys in sound, and none may be heard.
//!
//! `HOTLINE_SPEECH_HOURS` says how much is spoken by espeak-ng (10 in the soak). Where espeak-ng is missing, that is said,
//! and only the prompts are listened to.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use audio::FRAME;
use audio::g711::{self, Law};
use audio::inband::Detector;
use audio::{resample, tones, wav};

/// Hours without an order.
const HOURS: f64 = 0.2;
/// Frames of a talker that may be hidden in an hour: a quarter of a second.
const MOST_HIDDEN: f64 = 12.0;
/// Voices of both languages of the house, and of others whose vowels are different.
const VOICES: [&str; 7] = ["cmn", "en-gb", "en-us", "yue", "ko", "fr-fr", "de"];
/// How the voices are built.
const VARIANTS: [&str; 14] = [
    "", "+m1", "+m3", "+m7", "+f1", "+f2", "+f4", "+f5", "+klatt", "+croak", "+Annie", "+Mr", "+linda",
    "+whisper",
];

/// What was listened to.
#[derive(Default)]
struct Ear {
    detector: Detector,
    frames: u64,
    keys: Vec<String>,
    /// Moments that looked like a key, and frames that would have been hidden for it.
    doubts: u64,
    hidden: u64,
}

impl Ear {
    fn listen(&mut self, what: &str, sound: &[i16], law: Law) {
        let mut before = false;
        for (at, frame) in sound.chunks_exact(FRAME).enumerate() {
            let (mut bytes, mut samples) = ([0; FRAME], [0; FRAME]);
            g711::encode(law, frame, &mut bytes);
            g711::decode(law, &bytes, &mut samples);
            let heard = self.detector.frame(&samples);
            self.frames += 1;
            self.keys.extend(heard.key.map(|key| format!("{key} in {what} at {:.2} s", at as f32 / 50.0)));
            self.doubts += u64::from(heard.sounding && !before);
            self.hidden += u64::from(heard.sounding);
            before = heard.sounding;
        }
    }

    fn hours(&self) -> f64 {
        self.frames as f64 / 180_000.0
    }

    /// No key, and so little doubt that nobody would hear it. Then one is pressed, so that a deaf detector is noticed.
    fn judge(&mut self, what: &str) {
        let hours = self.hours();
        println!(
            "{what}: {} false keys in {hours:.2} h of sound; {:.1} doubts and {:.1} frames hidden an hour",
            self.keys.len(),
            self.doubts as f64 / hours,
            self.hidden as f64 / hours
        );
        assert!(self.keys.is_empty(), "{:#?}", self.keys);
        assert!(self.hidden as f64 <= MOST_HIDDEN * hours.max(1.0), "{} frames hidden", self.hidden);
        let (low, high) = (tones::sine(770.0, 6_000, 800), tones::sine(1_336.0, 6_000, 800));
        let five: Vec<i16> = low.iter().zip(&high).map(|(low, high)| low + high).collect();
        self.listen("a press", &five, Law::A);
        assert_eq!(self.keys.len(), 1, "{:?}", self.keys);
    }
}

fn prompts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prompts")
}

/// As loud as a loud talker: full scale is where talk-off is worst.
fn loud(sound: &mut [i16], peak: i32) {
    let most = sound.iter().map(|s| i32::from(*s).abs()).max().unwrap_or(0).max(1);
    sound.iter_mut().for_each(|s| *s = (i32::from(*s) * peak / most) as i16);
}

#[test]
fn the_prompts_press_no_key() {
    let mut ear = Ear::default();
    for tongue in ["zh-CN", "en"] {
        for file in std::fs::read_dir(prompts().join(tongue)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|e| e == "wav") {
                let mut sound = wav::any(&std::fs::read(&path).unwrap()).unwrap();
                for (peak, law) in [(30_000, Law::A), (6_000, Law::Mu)] {
                    loud(&mut sound, peak);
                    ear.listen(&path.display().to_string(), &sound, law);
                }
            }
        }
    }
    assert!(ear.frames > 10_000);
    ear.judge("prompts");
}

/// Every text that the house speaks, and every name it can build.
fn texts(tongue: &str) -> Vec<String> {
    let text = std::fs::read_to_string(prompts().join(format!("texts-{tongue}.tsv"))).unwrap();
    text.lines().filter_map(|l| l.split_once('\t')).map(|(_, text)| text.to_owned()).collect()
}

#[test]
fn hours_of_speech_press_no_key() {
    if Command::new("espeak-ng").arg("--version").output().is_err() {
        println!("espeak-ng: not there, skipped");
        return;
    }
    let hours = std::env::var("HOTLINE_SPEECH_HOURS").ok().and_then(|h| h.parse().ok()).unwrap_or(HOURS);
    let (chinese, english) = (texts("zh-CN"), texts("en"));
    let (mut ear, mut dice) = (Ear::default(), 1u64);
    let mut roll = |most: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % most
    };
    while ear.hours() < hours {
        let voice = VOICES[roll(VOICES.len())];
        let texts = if matches!(voice, "cmn" | "yue") { &chinese } else { &english };
        let text: Vec<&str> = (0..12).map(|_| texts[roll(texts.len())].as_str()).collect();
        let name = format!("{voice}{}", VARIANTS[roll(VARIANTS.len())]);
        let (pitch, speed) = (roll(100).to_string(), (110 + roll(200)).to_string());
        let spoken = Command::new("espeak-ng")
            .args(["-v", &name, "-p", &pitch, "-s", &speed, "--stdout", &text.join("\n")])
            .output()
            .unwrap();
        // A stream's header has no length: 44 bytes of it, then samples of 22,050 Hz.
        let samples = spoken.stdout.get(44..).unwrap_or_default().chunks_exact(2);
        let wide: Vec<i16> = samples.map(|b| i16::from_le_bytes(b.try_into().unwrap())).collect();
        let mut sound = resample::from(&wide, 22_050);
        assert!(sound.len() > 8_000, "{name} says nothing: {}", String::from_utf8_lossy(&spoken.stderr));
        loud(&mut sound, [32_000, 16_000, 4_000][roll(3)]);
        let law = if roll(2) == 0 { Law::A } else { Law::Mu };
        ear.listen(&format!("{name} -p {pitch} -s {speed} {text:?}"), &sound, law);
    }
    assert!(Duration::from_secs_f64(ear.hours() * 3_600.0) >= Duration::from_secs_f64(hours * 3_600.0));
    ear.judge("espeak-ng");
}
