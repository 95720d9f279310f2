//! Names: spoken by a command ahead of time, kept, and done without.

use std::path::Path;
use std::time::{Duration, Instant};

use call::action::{Slot, Value};
use call::ids::{DeskNo, Lang, Name};
use media::Sound;

use super::{NOW, check, eventually, file, recordings, say, settings};
use crate::voice::Voice;

const DESK: &str = "入学服务二号窗口";
/// Shorter than what hangs, longer than any script takes that does not.
const DEADLINE: Duration = Duration::from_secs(5);

/// A command that writes its words down and then does `script`; `$1` is the voice, `$2` the file, `$3` the text.
fn voice(dir: &Path, script: &str, deadline: Duration) -> Voice {
    let path = dir.join("speak.sh");
    let log = dir.join("log");
    std::fs::write(&path, format!("echo \"$$ $1 $3\" >> {}\n{script}\n", log.display())).unwrap();
    let path = path.display().to_string();
    let words = ["/bin/sh", &path, "{voice}", "{file}", "{text}"];
    Voice::with_deadline(settings(&words, &dir.join("cache")), deadline).unwrap()
}

/// The script's part that speaks: a recording of ours stands for the name.
fn speaks() -> String {
    format!("cp {} \"$2\"", recordings().join("zh-CN/clip-phone.wav").display())
}

/// Process, voice and text of each time that the command was run.
fn runs(dir: &Path) -> Vec<(u32, String, String)> {
    let log = std::fs::read_to_string(dir.join("log")).unwrap_or_default();
    let run = |line: &str| {
        let mut words = line.splitn(3, ' ').map(str::to_owned);
        (words.next().unwrap().parse().unwrap(), words.next().unwrap(), words.next().unwrap())
    };
    log.lines().map(run).collect()
}

fn wishes(lang: Lang, names: &[&str]) -> impl Iterator<Item = (Lang, Name)> {
    names.iter().map(|name| (lang, Name::from(*name))).collect::<Vec<_>>().into_iter()
}

/// What P31 says for the desk.
fn desk(voice: &Voice, lang: Lang, name: &str) -> Vec<std::sync::Arc<Sound>> {
    voice.sounds(NOW, lang, &say(31, &[(Slot::Desk, Value::Desk(DeskNo(7), name.into()))]))
}

fn is_named(voice: &Voice, lang: Lang, name: &str) -> bool {
    let sounds = desk(voice, lang, name);
    sounds.len() == 3 && sounds[1].samples() == file(Lang::Zh, "clip-phone")
}

fn idle(voice: &Voice) -> bool {
    voice.threads.lock().unwrap().iter().all(std::thread::JoinHandle::is_finished)
}

#[test]
fn a_name_is_spoken_once_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let first = voice(dir.path(), &speaks(), DEADLINE);
    check(&desk(&first, Lang::Zh, DESK), Lang::Zh, "P31-1 clip-d0 clip-d0 clip-d7 clip-window P31-2");
    for _ in 0..2 {
        first.prepare(wishes(Lang::Zh, &[DESK, "教体局", DESK, "", " "]));
        first.prepare(wishes(Lang::En, &[DESK, "Tax office"]));
    }
    eventually("the name is spoken", || is_named(&first, Lang::Zh, DESK));
    eventually("the last is spoken", || is_named(&first, Lang::En, "Tax office"));
    eventually("the work is done", || idle(&first));
    let mut spoken: Vec<_> = runs(dir.path()).into_iter().map(|(_, voice, text)| (voice, text)).collect();
    spoken.sort();
    let expected = [("cmn", DESK), ("cmn", "教体局"), ("en", "Tax office")];
    let mut expected = expected.map(|(voice, text)| (voice.to_owned(), text.to_owned())).to_vec();
    expected.sort();
    assert_eq!(spoken, expected);
    // An English caller hears the number on the window, not a Chinese name; a unit has no number, so its name is said.
    check(&desk(&first, Lang::En, DESK), Lang::En, "P31-1 clip-window clip-n0 clip-n0 clip-n7 P31-2");
    let slots = [
        (Slot::Unit, Value::Named("教体局".into())),
        (Slot::Date, Value::Date { at: NOW, now: NOW, provisional: false }),
    ];
    assert_eq!(first.sounds(NOW, Lang::En, &say(23, &slots)).len(), 4);
    drop(first);

    let again = Voice::load(settings(&[], &dir.path().join("cache"))).unwrap();
    again.prepare(wishes(Lang::Zh, &[DESK, "never spoken"]));
    eventually("the name comes from the cache", || is_named(&again, Lang::Zh, DESK));
    assert_eq!(runs(dir.path()).len(), 3);
}

#[test]
fn a_broken_file_in_the_cache_is_spoken_anew() {
    let dir = tempfile::tempdir().unwrap();
    let first = voice(dir.path(), &speaks(), DEADLINE);
    first.prepare(wishes(Lang::Zh, &[DESK]));
    eventually("the name is spoken", || is_named(&first, Lang::Zh, DESK));
    drop(first);
    let cached: Vec<_> = std::fs::read_dir(dir.path().join("cache")).unwrap().flatten().collect();
    assert_eq!(cached.len(), 1, "{cached:?}");
    std::fs::write(cached[0].path(), b"RIFF").unwrap();
    let again = voice(dir.path(), &speaks(), DEADLINE);
    again.prepare(wishes(Lang::Zh, &[DESK]));
    eventually("the name is spoken anew", || is_named(&again, Lang::Zh, DESK));
    assert_eq!(runs(dir.path()).len(), 2);
}

#[test]
fn a_command_that_fails_is_not_tried_for_ever() {
    let names: Vec<String> = (0..20).map(|i| format!("窗口{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for script in ["exit 1", "exit 0", "echo noise > \"$2\"", &format!("{}; exit 3", speaks())] {
        let dir = tempfile::tempdir().unwrap();
        let voice = voice(dir.path(), script, DEADLINE);
        for _ in 0..2 {
            voice.prepare(wishes(Lang::Zh, &names));
            eventually("it is given up", || idle(&voice));
        }
        assert_eq!(runs(dir.path()).len(), 3, "{script}");
        assert_eq!(std::fs::read_dir(dir.path().join("cache")).unwrap().count(), 0, "{script}");
        check(&desk(&voice, Lang::Zh, "窗口1"), Lang::Zh, "P31-1 clip-d0 clip-d0 clip-d7 clip-window P31-2");
    }
}

#[test]
fn some_names_may_fail() {
    let dir = tempfile::tempdir().unwrap();
    let voice = voice(dir.path(), &format!("case $3 in *bad*) exit 1;; esac; {}", speaks()), DEADLINE);
    voice.prepare(wishes(Lang::Zh, &["bad 1", "bad 2", "good", "bad 3", "bad 4", DESK]));
    eventually("the good ones are spoken", || is_named(&voice, Lang::Zh, DESK));
    assert!(is_named(&voice, Lang::Zh, "good") && !is_named(&voice, Lang::Zh, "bad 4"));
}

#[test]
fn a_command_that_is_not_there_is_done_without() {
    let dir = tempfile::tempdir().unwrap();
    let voice = Voice::load(settings(&["/nowhere/speak", "{text}"], &dir.path().join("cache"))).unwrap();
    voice.prepare(wishes(Lang::Zh, &[DESK, "教体局"]));
    eventually("it is given up", || idle(&voice));
    check(&desk(&voice, Lang::Zh, DESK), Lang::Zh, "P31-1 clip-d0 clip-d0 clip-d7 clip-window P31-2");
}

#[test]
fn a_command_that_hangs_is_ended_and_holds_nobody_up() {
    let dir = tempfile::tempdir().unwrap();
    let script = format!("case $3 in slow) exec sleep 600;; esac; {}", speaks());
    let voice = voice(dir.path(), &script, Duration::from_secs(1));
    voice.prepare(wishes(Lang::Zh, &["slow", DESK]));
    eventually("it runs", || !runs(dir.path()).is_empty());
    let (process, _, _) = runs(dir.path())[0];
    let asked = Instant::now();
    assert!(!desk(&voice, Lang::Zh, DESK).is_empty());
    voice.prepare(wishes(Lang::Zh, &["教体局"]));
    assert!(asked.elapsed() < Duration::from_millis(800), "{:?}", asked.elapsed());
    eventually("the next name is spoken", || is_named(&voice, Lang::Zh, DESK));
    eventually("and one that came in between", || is_named(&voice, Lang::Zh, "教体局"));
    assert!(!Path::new(&format!("/proc/{process}")).exists());
}

#[test]
fn a_voice_that_is_dropped_ends_its_command() {
    let dir = tempfile::tempdir().unwrap();
    let voice = voice(dir.path(), "exec sleep 600", DEADLINE);
    voice.prepare(wishes(Lang::Zh, &[DESK, "教体局"]));
    eventually("it runs", || !runs(dir.path()).is_empty());
    let (process, _, _) = runs(dir.path())[0];
    let begun = Instant::now();
    drop(voice);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(!Path::new(&format!("/proc/{process}")).exists());
    assert_eq!(runs(dir.path()).len(), 1);
    assert_eq!(std::fs::read_dir(dir.path().join("cache")).unwrap().count(), 0);
}
