//! A script: read line by line, played in a small house, checked. The language is described in `tests/promises/README.md`.

mod deeds;

use promise::State;

use crate::world::time::{say, try_at};
use crate::world::{Line, World};

struct Step {
    line: usize,
    at: i64,
    deed: String,
    expects: Vec<(usize, String)>,
}

#[derive(Default)]
struct Script {
    clock: Option<i64>,
    before: Vec<(usize, String)>,
    steps: Vec<Step>,
}

/// Plays it; each failure in words.
pub fn check(name: &str, text: &str, aloud: bool) -> Vec<String> {
    if !text.starts_with("# ") {
        return vec![format!("{name}.txt:1: the first line must say in a comment what is proved")];
    }
    let script = match read(text) {
        Ok(script) => script,
        Err((line, fault)) => return vec![format!("{name}.txt:{line}: {fault}")],
    };
    let mut play = deeds::Play::new(World::new(script.clock.unwrap_or_else(|| script.steps[0].at)));
    for (line, text) in &script.before {
        if let Err(fault) = play.prepare(text) {
            return vec![format!("{name}.txt:{line}: {fault}")];
        }
    }
    let mut failures = Vec::new();
    for (at, step) in script.steps.iter().enumerate() {
        play.world.run_until(step.at - 1);
        play.world.now = step.at;
        let mark = play.world.lines.len();
        if let Err(fault) = play.perform(&step.deed) {
            return vec![format!("{name}.txt:{}: {fault}", step.line)];
        }
        play.world.run_until(script.steps.get(at + 1).map_or(step.at, |next| next.at - 1));
        play.world.rebuild_all();
        let mut from = mark;
        for (line, expect) in &step.expects {
            if let Err(fault) = hold(&play, mark, &mut from, expect) {
                failures.push(format!("{name}.txt:{line}: {expect}: {fault}\n{}", story(&play, mark)));
            }
        }
    }
    if aloud {
        println!("== {name}\n{}", story(&play, 0));
    }
    failures
}

fn story(play: &deeds::Play, from: usize) -> String {
    let told = |line: &Line| format!("    {} {}", say(line.at), play.text(line));
    play.world.lines[from..].iter().map(told).collect::<Vec<_>>().join("\n")
}

fn read(text: &str) -> Result<Script, (usize, String)> {
    let mut script = Script::default();
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        let code = line.split(" # ").next().unwrap_or_default().trim();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        let (word, rest) = code.split_once(' ').unwrap_or((code, ""));
        match word {
            "clock" => {
                script.clock = Some(try_at(rest).ok_or((number, "clock 2026-10-12 10:00".to_owned()))?)
            }
            "at" => {
                let before = script.steps.last().map(|s| s.at).or(script.clock);
                let (at, deed) = moment(before, rest.trim()).ok_or((number, "at when?".to_owned()))?;
                if before.is_some_and(|before| at < before) {
                    return Err((number, "before the step above".to_owned()));
                }
                script.steps.push(Step { line: number, at, deed, expects: Vec::new() });
            }
            "expect" | "due" | "state" | "never" => {
                let step = script.steps.last_mut().ok_or((number, "before the first step".to_owned()))?;
                step.expects.push((number, code.to_owned()));
            }
            _ if script.steps.is_empty() => script.before.push((number, code.to_owned())),
            _ => return Err((number, format!("{word}: too late for it"))),
        }
    }
    if script.steps.is_empty() { Err((1, "no steps".to_owned())) } else { Ok(script) }
}

/// `+8m DEED`, `10:08 DEED`, `2026-10-13 10:08 DEED`.
fn moment(before: Option<i64>, text: &str) -> Option<(i64, String)> {
    let mut words = text.splitn(2, ' ');
    let (first, rest) = (words.next()?, words.next().unwrap_or_default().trim());
    if let Some(later) = first.strip_prefix('+') {
        let (number, unit) = later.split_at(later.len() - 1);
        let unit = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)].iter().find(|(u, _)| *u == unit)?.1;
        return Some((before? + number.parse::<i64>().ok()? * unit * 1000, rest.to_owned()));
    }
    if first.contains('-') {
        let (time, deed) = rest.split_once(' ').unwrap_or((rest, "-"));
        return Some((try_at(&format!("{first} {time}"))?, deed.trim().to_owned()));
    }
    let today = say(before?);
    Some((try_at(&format!("{} {first}", today.split_once(' ')?.0))?, rest.to_owned()))
}

/// Checks one expectation of the lines since the step.
fn hold(play: &deeds::Play, mark: usize, from: &mut usize, expect: &str) -> Result<(), String> {
    let (word, rest) = expect.split_once(' ').ok_or("what?")?;
    let (pattern, when) = rest.split_once('@').map_or((rest, None), |(p, w)| (p, Some(w.trim())));
    let words: Vec<&str> = pattern.split_whitespace().collect();
    let fits = |line: &Line| {
        let text = play.text(line);
        let mut have = text.split_whitespace();
        words.iter().all(|word| have.any(|w| w == *word))
            && when.is_none_or(|when| say(line.at).contains(when))
    };
    match word {
        "expect" => {
            let found =
                play.world.lines[*from..].iter().position(fits).ok_or("not seen, or not in this order")?;
            *from += found + 1;
            Ok(())
        }
        "never" => match play.world.lines[mark..].iter().find(|line| fits(line)) {
            Some(line) => Err(format!("seen at {}", say(line.at))),
            None => Ok(()),
        },
        "state" => {
            let is = play.named(&words).state;
            let wanted = words.last().and_then(|word| State::parse(word)).ok_or("no such state")?;
            if is == wanted { Ok(()) } else { Err(format!("it is {}", is.word())) }
        }
        "due" => {
            let (at, provisional) = play.named(&words).work_due().ok_or("no work is promised")?;
            let is = format!("{}{}", say(at), if provisional { " provisional" } else { "" });
            let wanted = pattern.trim();
            let same =
                is.starts_with(wanted) && is.ends_with("provisional") == wanted.ends_with("provisional");
            let same = same || is.replacen(":00 ", " ", 1) == wanted;
            if same { Ok(()) } else { Err(format!("it is {is}")) }
        }
        _ => Err("not a word of the language".to_owned()),
    }
}
