//! Prompts, slots and fallbacks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use audio::speech::{self, Clock, Counted, Day};
use call::action::{Say, Slot, Value};
use call::ids::{DeskNo, Lang, Pii, PromptId};
use media::Sound;

use super::{DAY, NOW, check, file, mute, recordings, say, settings};
use crate::voice::{COUNTED, Voice, VoiceError};

const CASE: &str = "261009000012";

/// A list of `prompts/` as rows of cells.
fn list(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(recordings().join(name)).unwrap();
    text.lines().map(|row| row.split('\t').map(str::to_owned).collect()).collect()
}

fn lang(tag: &str) -> Lang {
    if tag == "en" { Lang::En } else { Lang::Zh }
}

/// A plausible value for each slot, and what the speech module should be asked for.
fn fill(id: u8, slot: &str) -> (Slot, Value, Option<speech::Value<'static>>) {
    let day = Day { year: 2026, month: 10, day: 12, weekday: 1 };
    let today = Day { year: 2026, month: 10, day: 9, weekday: 5 };
    let at = NOW + 3 * DAY;
    let counted = if (id, slot) == (10, "{n}") { Counted::Callers } else { Counted::Minutes };
    match slot {
        "{n}" => (Slot::N, Value::Count(2), Some(speech::Value::Count(2, counted))),
        "{m}" => (Slot::M, Value::Count(12), Some(speech::Value::Count(12, counted))),
        "{d4}" => (Slot::D4, Value::Digits(Pii::new("1203")), Some(speech::Value::Digits("1203"))),
        "{case}" => (Slot::Case, Value::Case(Pii::new(CASE)), Some(speech::Value::Case(CASE))),
        "{date}" => (
            Slot::Date,
            Value::Date { at, now: NOW, provisional: true },
            Some(speech::Value::Date { day, today, provisional: true }),
        ),
        "{datetime}" => (
            Slot::DateTime,
            Value::DateTime { at, now: NOW },
            Some(speech::Value::DateTime { day, clock: Clock { hour: 14, minute: 2 }, today }),
        ),
        "{status}" => {
            (Slot::Status, Value::Status("in_progress".into()), Some(speech::Value::Status("in_progress")))
        }
        "{unit}" => (Slot::Unit, Value::Named("教体局".into()), None),
        "{desk}" => {
            (Slot::Desk, Value::Desk(DeskNo(7), "入学服务二号窗口".into()), Some(speech::Value::Window(7)))
        }
        "{service}" => (Slot::Service, Value::Named("居住证".into()), None),
        "{place}" => (Slot::Place, Value::Named("人民路".into()), None),
        "{emg}" => (Slot::Emergency, Value::Emergency(120), Some(speech::Value::Emergency(120))),
        other => panic!("{other} is no slot"),
    }
}

fn speech_length(lang: Lang, value: &speech::Value<'_>) -> usize {
    let spoken = if lang == Lang::En { speech::Lang::En } else { speech::Lang::Zh };
    let units = speech::speak(spoken, value).into_iter();
    let length = |unit| match unit {
        speech::Unit::Clip(name) => file(lang, name).len(),
        speech::Unit::Pause(ms) => ms as usize * 8,
    };
    units.map(length).sum()
}

fn length(sounds: &[Arc<Sound>]) -> usize {
    sounds.iter().map(|s| s.samples().len()).sum()
}

#[test]
fn every_prompt_is_as_long_as_its_parts() {
    let voice = mute();
    let mut prompts = 0;
    for row in list("parts.tsv").into_iter().skip(1) {
        let (id, lang) = (row[0][1..].parse::<u8>().unwrap(), lang(&row[1]));
        let (mut slots, mut expected) = (Vec::new(), 0);
        for part in row[2].split_whitespace() {
            if !part.starts_with('{') {
                expected += file(lang, part).len();
                continue;
            }
            let (slot, value, spoken) = fill(id, part);
            slots.push((slot, value));
            expected += spoken.map_or(0, |value| speech_length(lang, &value));
        }
        if id == 23 {
            // "It is with" makes no sense without the unit's name.
            expected -= file(lang, "P23-1").len();
        }
        slots.reverse();
        let sounds = voice.sounds(NOW, lang, &say(id, &slots));
        assert!(!sounds.is_empty() && expected > 4_000);
        assert_eq!(length(&sounds), expected, "P{id:02} in {lang:?}: {sounds:?}");
        prompts += 1;
    }
    assert!(prompts > 90, "{prompts} prompts");
}

#[test]
fn the_queue_is_told_with_liang() {
    let voice = mute();
    let slots = [(Slot::N, Value::Count(2)), (Slot::M, Value::Count(12))];
    let sounds = voice.sounds(NOW, Lang::Zh, &say(10, &slots));
    check(&sounds, Lang::Zh, "P10-1 clip-d2-liang P10-2 clip-ten clip-d2 P10-3");
    let sounds = voice.sounds(NOW, Lang::En, &say(10, &slots));
    check(&sounds, Lang::En, "P10-1 clip-n2 P10-2 clip-n12 P10-3");
    let slots = [(Slot::N, Value::Count(1)), (Slot::M, Value::Count(1))];
    let sounds = voice.sounds(NOW, Lang::Zh, &say(10, &slots));
    check(&sounds, Lang::Zh, "P10-1 clip-d1-yi2 P10-2 clip-d1-yi4 P10-3");
}

#[test]
fn what_is_counted_stands_at_the_beginning_of_the_next_part() {
    let texts: BTreeMap<String, String> =
        list("texts-zh-CN.tsv").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let mut found = 0;
    for row in list("parts.tsv").into_iter().filter(|row| row[1] == "zh-CN") {
        let id = PromptId(row[0][1..].parse().unwrap());
        let parts: Vec<&str> = row[2].split_whitespace().collect();
        for (i, part) in parts.iter().enumerate().filter(|(_, p)| matches!(**p, "{n}" | "{m}")) {
            let slot = if *part == "{n}" { Slot::N } else { Slot::M };
            let (_, _, of) = COUNTED.iter().find(|(i, s, _)| (*i, *s) == (id, slot)).unwrap();
            let noun = match of {
                Counted::Callers => "位",
                Counted::Minutes => "分钟",
                Counted::Nothing | Counted::Things | Counted::Hours | Counted::Days | Counted::Workdays => {
                    "?"
                }
            };
            let next = &texts[parts[i + 1]];
            assert!(next.starts_with(noun), "{id} {part} counts {noun}, but {next} follows");
            found += 1;
        }
    }
    assert_eq!(found, COUNTED.len(), "rows without a prompt");
}

#[test]
fn a_case_number_is_said_in_three_groups() {
    let sounds = mute().sounds(NOW, Lang::Zh, &say(19, &[(Slot::Case, Value::Case(Pii::new(CASE)))]));
    let number = "clip-d2 clip-d6 clip-d1-yao clip-d0 / clip-d0 clip-d9 clip-d0 clip-d0 / \
                  clip-d0 clip-d0 clip-d1-yao clip-d2";
    check(&sounds, Lang::Zh, &format!("P19-1 {number} P19-2"));
}

#[test]
fn days_and_hours_are_those_of_shanghai() {
    let voice = mute();
    let opens = |at| say(32, &[(Slot::DateTime, Value::DateTime { at, now: NOW })]);
    let zh = |at| voice.sounds(NOW, Lang::Zh, &opens(at));
    check(
        &zh(NOW),
        Lang::Zh,
        "P32-1 clip-today clip-xiawu clip-d2-liang clip-dian clip-d0 clip-d2 clip-fen P32-2",
    );
    // 00:00 there is 16:00 UTC of the day before.
    let midnight = NOW - (14 * 60 + 2) * 60_000 + DAY;
    check(&zh(midnight), Lang::Zh, "P32-1 clip-tomorrow clip-lingchen clip-d0 clip-dian clip-zheng P32-2");
    let en = voice.sounds(NOW, Lang::En, &opens(midnight + 2 * DAY));
    let said = "clip-week1 clip-month10 clip-o12 clip-at clip-n12 clip-oclock clip-am";
    check(&en, Lang::En, &format!("P32-1 {said} P32-2"));
}

#[test]
fn a_sentence_repeated_after_midnight_knows_the_new_day() {
    let due = Value::Date { at: NOW + DAY, now: NOW, provisional: false };
    let extended = say(24, &[(Slot::Date, due)]);
    let voice = mute();
    check(&voice.sounds(NOW, Lang::Zh, &extended), Lang::Zh, "P24-1 clip-tomorrow");
    check(&voice.sounds(NOW + DAY, Lang::Zh, &extended), Lang::Zh, "P24-1 clip-today");
}

#[test]
fn pauses_and_beeps_stand_between_prompts() {
    let say = [Say::plain(17), Say::Pause(Duration::from_millis(300)), Say::Beep, Say::plain(99)];
    let sounds = mute().sounds(NOW, Lang::En, &say);
    assert_eq!(sounds[1].length(), Duration::from_millis(300));
    assert!(sounds[1].samples().iter().all(|s| *s == 0));
    check(&[sounds[0].clone(), sounds[2].clone()], Lang::En, "P17 beep");
    assert_eq!(sounds.len(), 3);
}

#[test]
fn what_has_no_words_takes_its_lead_in_along() {
    let voice = mute();
    let due = (Slot::Date, Value::Date { at: NOW, now: NOW, provisional: false });
    let unit = (Slot::Unit, Value::Named("教体局".into()));
    check(
        &voice.sounds(NOW, Lang::Zh, &say(23, &[unit.clone(), due.clone()])),
        Lang::Zh,
        "P23-2 clip-today P23-3",
    );
    check(&voice.sounds(NOW, Lang::En, &say(23, &[unit, due])), Lang::En, "P23-2 clip-today");
    let tail = (Slot::D4, Value::Digits(Pii::new("0012")));
    let number = "clip-d0 clip-d0 clip-d1-yao clip-d2";
    check(&voice.sounds(NOW, Lang::Zh, &say(50, &[tail])), Lang::Zh, &format!("P50-1 {number} P50-2"));
    let withheld = (Slot::D4, Value::Digits(Pii::new("")));
    check(&voice.sounds(NOW, Lang::Zh, &say(50, &[withheld])), Lang::Zh, "P50-2");
}

#[test]
fn a_number_does_not_show_in_the_sounds_names() {
    let voice = mute();
    let names = |digits: &str| {
        let sounds = voice.sounds(NOW, Lang::Zh, &say(14, &[(Slot::D4, Value::Digits(Pii::new(digits)))]));
        sounds.iter().map(|s| s.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("1234"), names("9876"));
}

/// A folder of recordings in which each prompt is one of ours.
fn small(parts: &str, files: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (i, path) in files.iter().enumerate() {
        let place = dir.path().join(path).with_extension("wav");
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::copy(recordings().join(format!("zh-CN/clip-d{i}.wav")), place).unwrap();
    }
    std::fs::write(dir.path().join("parts.tsv"), format!("prompt\tlang\tparts\n{parts}")).unwrap();
    std::fs::write(dir.path().join("clips.tsv"), "lang\tid\ttext\nzh-CN\tclip-n2\t?\n").unwrap();
    dir
}

fn from(dir: &tempfile::TempDir) -> Result<Voice, VoiceError> {
    let cache = dir.path().join("cache");
    Voice::load(crate::voice::VoiceSettings { dir: dir.path().to_owned(), ..settings(&[], &cache) })
}

#[test]
fn what_is_missing_in_one_language_is_said_in_the_other() {
    let parts = "P01\tzh-CN\tP01\nP02\tzh-CN\tP02\nP02\ten\tP02 P02-2\nP03\ten\tP03\nP04\tzh-CN\tP04\n\
                 P05\tzh-CN\tP02 gone\n";
    let dir = small(parts, &["zh-CN/P01", "zh-CN/P02", "en/P02", "en/P03"]);
    let voice = from(&dir).unwrap();
    for _ in 0..2 {
        let said = |lang, id| voice.sounds(NOW, lang, &[Say::plain(id)]);
        check(&said(Lang::En, 1), Lang::Zh, "clip-d0");
        // A file of the English one is missing.
        check(&said(Lang::En, 2), Lang::Zh, "clip-d1");
        check(&said(Lang::Zh, 3), Lang::Zh, "clip-d3");
        check(&said(Lang::Zh, 5), Lang::Zh, "clip-d1");
        // Nowhere: a beep tells that something was to be said.
        check(&said(Lang::Zh, 4), Lang::Zh, "beep");
        check(&said(Lang::En, 6), Lang::Zh, "beep");
        let rest = voice.sounds(NOW, Lang::Zh, &[Say::plain(4), Say::plain(1), Say::plain(6)]);
        check(&rest, Lang::Zh, "clip-d0");
    }
}

#[test]
fn lists_that_make_no_sense_are_told() {
    let fault = |parts: &str| from(&small(parts, &[])).err().map(|e| e.to_string());
    assert_eq!(fault("P01\tzh-CN\tP01\n"), None);
    for parts in ["P1\ten\tP01", "P01\tfr\tP01", "P01\ten", "P01\ten\t{who}", "P01\ten\t../P01"] {
        let said = fault(&format!("P02\ten\tP02\n{parts}\n")).unwrap();
        assert!(said.contains("line 3") && said.contains("parts.tsv"), "{said}");
    }
    let none = tempfile::tempdir().unwrap();
    assert!(from(&none).err().unwrap().to_string().contains("[prompts] dir"));
}
