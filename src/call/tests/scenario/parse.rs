//! Reads a script. Every fault names its line; the language is described in `tests/scenarios/README.md`.

use std::time::Duration;

use call::event::Key;

use super::ends;
use super::script::{Case, Deed, Expect, House, Pattern, Script, Step};
use super::time::utc_ms;

/// Monday, a working day, in the middle of the morning span.
const USUAL_CLOCK: &str = "2026-10-12T10:00";
/// How long the journal's disk takes unless a script says otherwise.
const USUAL_JOURNAL: Duration = Duration::from_millis(3);

/// The prelude of a `given` line: what everybody does until the stage is reached.
fn prelude(name: &str) -> Option<&'static str> {
    const TALK: &str = "at 0 citizen dials 89000\nat 1 op1 answers\nat 10 -\ntalk citizen op1\n";
    Some(match name {
        "talk" => TALK,
        "ringing" => concat!(
            "at 0 citizen dials 89000\nat 1 op1 answers\nat 10 op1 keys *3037#\nat 12 -\n",
            "talk citizen op1\nhears op1 ringback\n"
        ),
        "three" => concat!(
            "at 0 citizen dials 89000\nat 1 op1 answers\nat 10 op1 keys *3037#\n",
            "at 13 d1 answers\nat 14 d1 keys 1\nat 20 -\ntalk citizen op1 d1\n"
        ),
        "consult" => concat!(
            "at 0 citizen dials 89000\nat 1 op1 answers\nat 10 op1 keys *2037#\n",
            "at 13 d1 answers\nat 14 d1 keys 1\nat 20 -\nprivate op1 d1\nalone citizen\n"
        ),
        "desk-talk" => concat!(
            "at 0 citizen dials 89000\nat 1 op1 answers\nat 10 op1 keys *3037#\n",
            "at 13 d1 answers\nat 14 d1 keys 1\nat 20 op1 keys *7\nat 25 -\ntalk citizen d1\n"
        ),
        _ => return None,
    })
}

/// Reads the whole file; `Err` is one line for the report.
pub fn parse(name: &str, text: &str) -> Result<Script, String> {
    if !text.starts_with("# ") {
        return Err(format!("{name}.txt:1: the first line must say in a comment what is proved"));
    }
    let mut script = Script {
        name: name.to_owned(),
        house: House {
            plan: "standard".to_owned(),
            clock: utc_ms(USUAL_CLOCK).ok_or("the usual clock")?,
            journal: Some(USUAL_JOURNAL),
            ..House::default()
        },
        steps: Vec::new(),
        ends: Vec::new(),
    };
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        read_line(&mut script, number, line).map_err(|fault| format!("{name}.txt:{number}: {fault}"))?;
    }
    if script.steps.is_empty() {
        return Err(format!("{name}.txt: no steps"));
    }
    Ok(script)
}

fn read_line(script: &mut Script, number: usize, line: &str) -> Result<(), String> {
    let code = line.split(" # ").next().unwrap_or_default().trim();
    if code.is_empty() || code.starts_with('#') {
        return Ok(());
    }
    let (word, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
    let rest = rest.trim();
    match word {
        "at" => return read_step(script, number, rest),
        "given" => {
            let steps = prelude(rest).ok_or_else(|| format!("no such stage: {rest}"))?;
            return steps.lines().try_for_each(|l| read_line(script, number, l));
        }
        "finally" => {
            script.ends.push((number, ends::read(rest)?));
            return Ok(());
        }
        _ => {}
    }
    if let Some(expect) = read_expect(word, rest)? {
        let step = script.steps.last_mut().ok_or("an expectation before the first step")?;
        step.expects.push((number, expect));
        return Ok(());
    }
    if !script.steps.is_empty() {
        return Err(format!("{word}: not a word of the language, or too late for it"));
    }
    read_house(&mut script.house, number, word, rest)
}

fn read_house(house: &mut House, number: usize, word: &str, rest: &str) -> Result<(), String> {
    let names = || rest.split_whitespace().map(str::to_owned);
    match word {
        "plan" => house.plan = rest.to_owned(),
        "set" => {
            let (key, value) = rest.split_once('=').ok_or("set key = value")?;
            house.sets.push((number, key.trim().to_owned(), value.trim().to_owned()));
        }
        "clock" => house.clock = utc_ms(rest).ok_or("clock 2026-10-12T10:00")?,
        "duty" => house.duty.extend(names()),
        "away" => house.away.extend(names()),
        "case" => house.cases.push(read_case(rest)?),
        "journal" if rest == "never" => house.journal = None,
        "journal" => house.journal = Some(seconds(rest)?),
        "store" if rest == "away" => house.store_away = true,
        "wrong-codes" => house.wrong_codes = rest.parse().map_err(|_| "wrong-codes N")?,
        _ => return Err(format!("{word}: not a word of the language")),
    }
    Ok(())
}

fn read_case(rest: &str) -> Result<Case, String> {
    let mut words = rest.split_whitespace();
    let number = words.next().ok_or("case NUMBER ...")?.to_owned();
    let mut case = Case {
        number,
        code: "0000".to_owned(),
        owner: String::new(),
        status: "in_progress".to_owned(),
        unit: None,
        received: utc_ms("2026-10-09T09:00").ok_or("a date")?,
        due: None,
        provisional: false,
        extended: false,
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().map(str::to_owned).ok_or(format!("{word} what?"));
        match word {
            "code" => case.code = value()?,
            "owner" => case.owner = value()?,
            "status" => case.status = value()?,
            "unit" => case.unit = Some((value()?, value()?)),
            "received" => case.received = utc_ms(&value()?).ok_or("received 2026-10-09T09:00")?,
            "due" => case.due = Some(utc_ms(&value()?).ok_or("due 2026-10-15T17:00")?),
            "provisional" => case.provisional = true,
            "extended" => case.extended = true,
            _ => return Err(format!("{word}: not a word about a case")),
        }
    }
    Ok(case)
}

fn read_step(script: &mut Script, line: usize, rest: &str) -> Result<(), String> {
    let (when, deed) = rest.split_once(char::is_whitespace).ok_or("at TIME who does what")?;
    let before = script.steps.last().map_or(Duration::ZERO, |s| s.at);
    let at = match when.strip_prefix('+') {
        Some(later) => before + seconds(later)?,
        None => seconds(when)?,
    };
    if at < before {
        return Err(format!("{when} is before the step above"));
    }
    let deed = deed.trim();
    let text = format!("at {} {deed}", at.as_secs_f64());
    script.steps.push(Step { line, at, text, deed: read_deed(line, deed)?, expects: Vec::new() });
    Ok(())
}

fn read_deed(line: usize, text: &str) -> Result<Deed, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let own = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    Ok(match words.as_slice() {
        ["-"] => Deed::Wait,
        ["house", "drains"] => Deed::Drains(true),
        ["house", "opens"] => Deed::Drains(false),
        ["elsewhere", "talk", staff @ ..] => Deed::Elsewhere(own(staff)),
        ["store", "goes", "away"] => Deed::StoreAway(true),
        ["store", "comes", "back"] => Deed::StoreAway(false),
        ["plan", "changes", "to", plan] => Deed::PlanChanges((*plan).to_owned(), Vec::new()),
        ["plan", "changes", "to", plan, "with", key, "=", value] => {
            Deed::PlanChanges((*plan).to_owned(), vec![(line, (*key).to_owned(), (*value).to_owned())])
        }
        ["house", "calls", "for", who, rest @ ..] => Deed::Calls { who: (*who).to_owned(), words: own(rest) },
        ["order", "for", who, rest @ ..] => Deed::Orders(Some((*who).to_owned()), own(rest)),
        ["order", rest @ ..] => Deed::Orders(None, own(rest)),
        [who, "dials", "in", "for", citizen, from @ ..] => {
            Deed::DialsIn { who: (*who).to_owned(), citizen: (*citizen).to_owned(), from: own(from) }
        }
        [who, "dials", to] => dials(who, to, None, false),
        [who, "dials", to, "from", number] => dials(who, to, Some(number), false),
        [who, "dials", to, "withheld"] => dials(who, to, None, true),
        [who, "keys", keys] => Deed::Keys((*who).to_owned(), read_keys(keys)?),
        [who, "answers"] => Deed::Answers((*who).to_owned()),
        [who, "answers", "too", "late"] => Deed::AnswersLate((*who).to_owned()),
        [who, "replies", code] => {
            Deed::Replies((*who).to_owned(), code.parse().map_err(|_| format!("{code} is no SIP status"))?)
        }
        [who, "hangs", "up"] => Deed::HangsUp((*who).to_owned()),
        [who, "holds"] => Deed::Holds((*who).to_owned(), true),
        [who, "retrieves"] => Deed::Holds((*who).to_owned(), false),
        [who, "transfers", to @ ..] => Deed::Transfers((*who).to_owned(), own(to)),
        [who, "calls", to] => Deed::Consults((*who).to_owned(), (*to).to_owned()),
        [who, "points", "outside"] => Deed::Points((*who).to_owned(), None),
        [who, "points", "to", to] => Deed::Points((*who).to_owned(), Some((*to).to_owned())),
        ["disk", "is", "full", "for", who] => Deed::Unrecorded((*who).to_owned()),
        [who, "changes", "phones"] => Deed::Moves((*who).to_owned()),
        [who, "loses", "media"] => Deed::LosesMedia((*who).to_owned(), true),
        [who, "regains", "media"] => Deed::LosesMedia((*who).to_owned(), false),
        [who, "stops", "speaking"] => Deed::StopsSpeaking((*who).to_owned()),
        [who, "registers"] => Deed::Registers((*who).to_owned(), true),
        [who, "unregisters"] => Deed::Registers((*who).to_owned(), false),
        _ => return Err(format!("nobody knows how to do this: {text}")),
    })
}

fn dials(who: &str, to: &str, from: Option<&str>, withheld: bool) -> Deed {
    Deed::Dials { who: who.to_owned(), to: to.to_owned(), from: from.map(str::to_owned), withheld }
}

fn read_keys(keys: &str) -> Result<Vec<Key>, String> {
    keys.chars().map(|c| Key::from_char(c).ok_or_else(|| format!("{c} is not a key"))).collect()
}

fn read_expect(word: &str, rest: &str) -> Result<Option<Expect>, String> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let own = |w: &str| w.to_owned();
    let all = || words.iter().map(|w| own(w)).collect::<Vec<_>>();
    Ok(Some(match (word, words.as_slice()) {
        ("expect", ["no", ..]) => Expect::Never(read_pattern(rest.trim_start_matches("no ").trim())?),
        ("expect", [_, ..]) => {
            Expect::Seen(rest.split(',').map(|p| read_pattern(p.trim())).collect::<Result<_, _>>()?)
        }
        ("talk", [_, ..]) => Expect::Talk(all()),
        ("private", [_, ..]) => Expect::Private(all()),
        ("listens", [who]) => Expect::Listens(own(who)),
        ("coaches", [who, whom]) => Expect::Coaches(own(who), own(whom)),
        ("alone", [who]) => Expect::Alone(own(who)),
        ("apart", [one, other]) => Expect::Apart(own(one), own(other)),
        ("muted", [who]) => Expect::Muted(own(who), true),
        ("unmuted", [who]) => Expect::Muted(own(who), false),
        ("hears", [who, what]) => Expect::Hears(own(who), own(what)),
        ("stage", [stage]) => Expect::Stage(None, own(stage)),
        ("stage", [who, stage]) => Expect::Stage(Some(own(who)), own(stage)),
        ("position", [n]) => Expect::Position(None, n.parse().map_err(|_| "position N")?),
        ("position", [who, n]) => Expect::Position(Some(own(who)), n.parse().map_err(|_| "position N")?),
        ("agent", [staff, state]) => Expect::Agent(own(staff), own(state)),
        _ => return Ok(None),
    }))
}

fn read_pattern(text: &str) -> Result<Pattern, String> {
    let mut pattern = Pattern { words: Vec::new(), at: None };
    for word in text.split_whitespace() {
        match word.strip_prefix('@') {
            Some(when) => pattern.at = Some(seconds(when)?),
            None => pattern.words.push(word.to_owned()),
        }
    }
    if pattern.words.is_empty() { Err("expect what?".to_owned()) } else { Ok(pattern) }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let value: f64 = text.parse().map_err(|_| format!("{text} is not a number of seconds"))?;
    Duration::try_from_secs_f64(value).map_err(|_| format!("{text} is not a number of seconds"))
}
