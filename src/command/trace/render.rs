//! The ladder in lines, and the messages whole.

use call::advice::{Advice, Facts, advice};
use sip::glance::Glance;
use store::{CallDetail, LegLine};
use trace::{Direction, Traced};

use super::ladder::{Party, Rung, rungs};
use super::look::Seen;
use crate::command::Tongue;
use crate::command::text::{pad, width};
use crate::command::tongue::say;

/// Columns of the time, and of a party.
const TIME: usize = 10;
const LANE: usize = 24;
/// Most parties that have a column; further ones share the last.
const MOST_LANES: usize = 8;

/// The ladder of a call, and what came of it.
pub(super) fn ladder(seen: &Seen, tongue: Tongue) -> String {
    let (parties, rungs) = rungs(seen.detail.as_ref(), &seen.found.messages);
    let mut text = title(seen, tongue);
    let begin = rungs.first().map_or(0, |rung| rung.at_us);
    if !rungs.is_empty() {
        text.push_str(&heads(&parties, tongue));
        let lanes = (parties.len() + 1).min(MOST_LANES);
        for rung in &rungs {
            text.push_str(&line(rung, begin, lanes, tongue));
        }
    }
    text.push_str(&gaps(seen, tongue));
    if let Some(detail) = &seen.detail {
        text.push_str(&outcome(detail, tongue));
    }
    text
}

/// Each message as it was, blotted and, unless asked for, masked.
pub(super) fn raw(seen: &Seen, tongue: Tongue) -> String {
    let mut text = title(seen, tongue);
    for message in &seen.found.messages {
        let Traced { transport, bytes, direction, .. } = message;
        let arrow = match direction {
            Direction::In => "<-",
            Direction::Out => "->",
        };
        let (at, local, remote) = (moment(message.at_us), message.local, message.remote);
        text.push_str(&format!("--- {at} {} {local} {arrow} {remote} {}\n", transport.as_str(), bytes.len()));
        let shown = |c: char| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c };
        let body = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        text.extend(body.chars().map(shown));
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text.push_str(&gaps(seen, tongue));
    text
}

/// UTC, as `2026-11-24T10:00:00.000000Z`.
fn moment(at_us: i64) -> String {
    let (days, rest) = (at_us.div_euclid(86_400_000_000), at_us.rem_euclid(86_400_000_000));
    let (year, month, day) = trace::date(days);
    let (seconds, us) = (rest / 1_000_000, rest % 1_000_000);
    let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{us:06}Z")
}

fn title(seen: &Seen, tongue: Tongue) -> String {
    let count = seen.found.messages.len();
    let at = seen.found.messages.first().map(|m| moment(m.at_us)).unwrap_or_default();
    match &seen.detail {
        Some(detail) => {
            let (call, caller, did) = (detail.row.call, &detail.row.caller_masked, &detail.row.did);
            let caller = if caller.is_empty() { tongue.pick("不显示号码", "withheld") } else { caller };
            say!(
                tongue,
                "通话 {call}  {caller} -> {did}  {at}  {count} 条消息\n\n",
                "call {call}  {caller} -> {did}  {at}  {count} messages\n\n"
            )
        }
        None => {
            let asked = super::ladder::plain(&seen.asked);
            say!(
                tongue,
                "Call-ID {asked}（不属于任何通话）  {at}  {count} 条消息\n\n",
                "Call-ID {asked} (of no call)  {at}  {count} messages\n\n"
            )
        }
    }
}

/// The column of a party: the first stands left of the house, all others right of it.
fn lane_of(party: usize) -> usize {
    let lane = if party == 0 { 0 } else { party.saturating_add(1) };
    lane.min(MOST_LANES - 1)
}

/// The house's column.
const HOUSE: usize = 1;

fn heads(parties: &[Party], tongue: Tongue) -> String {
    let lanes = (parties.len() + 1).min(MOST_LANES);
    let mut names = vec![String::new(); lanes];
    let mut addresses = names.clone();
    for (n, party) in parties.iter().enumerate().rev() {
        let lane = lane_of(n);
        if let (Some(name), Some(address)) = (names.get_mut(lane), addresses.get_mut(lane)) {
            *name = format!("{} {}", seat(party.seat, tongue), party.name).trim().to_owned();
            address.clone_from(&party.address);
        }
    }
    if let Some(house) = names.get_mut(HOUSE) {
        *house = tongue.pick("热线", "hotline").to_owned();
    }
    let row = |words: &[String]| {
        let cells: String = words.iter().map(|word| centred(word)).collect();
        format!("{}{}\n", " ".repeat(TIME), cells).trim_end().to_owned() + "\n"
    };
    row(&names) + &row(&addresses)
}

fn seat(word: &'static str, tongue: Tongue) -> &'static str {
    let zh = match word {
        "citizen" => "群众",
        "operator" => "话务员",
        "desk" => "窗口",
        "liaison" => "联络员",
        "supervisor" => "班长",
        "emergency" => "紧急",
        other => other,
    };
    tongue.pick(zh, word)
}

/// In the middle of a column; cut where it is too long.
fn centred(word: &str) -> String {
    let mut word = word.to_owned();
    while width(&word) > LANE - 2 {
        word.pop();
    }
    let left = (LANE - width(&word)) / 2;
    pad(&format!("{}{word}", " ".repeat(left)), LANE)
}

/// One message between two columns, and what is worth knowing of it behind them.
fn line(rung: &Rung, begin: i64, lanes: usize, tongue: Tongue) -> String {
    let centre = |lane: usize| lane * LANE + LANE / 2;
    let mut row = vec![' '; lanes * LANE];
    for lane in 0..lanes {
        put(&mut row, centre(lane), '|');
    }
    let lane = lane_of(rung.party);
    let (from, to) = (centre(lane.min(HOUSE)), centre(lane.max(HOUSE)));
    for at in from + 1..to {
        // Another party's line is crossed, not cut.
        if row.get(at) == Some(&' ') {
            put(&mut row, at, '-');
        }
    }
    // A message that came goes from the party to the house.
    let rightwards = (lane < HOUSE) == (rung.direction == Direction::In);
    put(&mut row, if rightwards { to - 1 } else { from + 1 }, if rightwards { '>' } else { '<' });
    let label: Vec<char> =
        format!(" {} ", rung.label).chars().filter(|c| width(&c.to_string()) == 1).collect();
    // The label stands beside the party, where the next column is the house or another's line.
    let near = if lane < HOUSE { from + 3 } else { to + 1 - LANE + 2 };
    for (n, c) in label.iter().take(LANE - 5).enumerate() {
        put(&mut row, near + n, *c);
    }
    let seconds = (rung.at_us - begin) as f64 / 1_000_000.0;
    let mut notes = Vec::new();
    notes.extend(rung.answers.iter().map(|method| format!("({method})")));
    notes.extend(rung.sound.as_ref().map(|sound| heard(sound, tongue)));
    notes.extend(rung.notes.iter().cloned());
    if rung.again {
        notes.push(tongue.pick("重发", "again").to_owned());
    }
    let row: String = row.into_iter().collect();
    format!("{seconds:>+9.3} {row} {}", notes.join("  ")).trim_end().to_owned() + "\n"
}

fn put(row: &mut [char], at: usize, c: char) {
    if let Some(cell) = row.get_mut(at) {
        *cell = c;
    }
}

/// A session description in a few words.
fn heard(sound: &Glance, tongue: Tongue) -> String {
    let Glance { address, port, codecs, direction, encrypted, .. } = sound;
    let codecs = codecs.join(",");
    let lock = if *encrypted { tongue.pick("加密", "encrypted") } else { tongue.pick("明文", "clear") };
    format!("[{codecs} {address}:{port} {direction} {lock}]")
}

/// What is missing.
fn gaps(seen: &Seen, tongue: Tongue) -> String {
    let mut text = String::new();
    let torn = seen.found.torn;
    if torn > 0 {
        text.push_str(&say!(
            tongue,
            "\n{torn} 个信令文件不完整，可能缺消息。\n",
            "\n{torn} files of the trace are torn: messages may be missing.\n"
        ));
    }
    if seen.found.more {
        text.push_str(tongue.pick(
            "\n消息过多，只显示最前面的。\n",
            "\nThere are more messages; these are the first ones.\n",
        ));
    }
    if seen.found.messages.is_empty() {
        text.push_str(tongue.pick(
            "没有保留的信令（已过保留天数，或 [trace] days = 0）。\n",
            "No messages are kept of it (too old, or days = 0 in [trace]).\n",
        ));
    }
    text
}

/// How the legs and the call ended, and what to change.
fn outcome(detail: &CallDetail, tongue: Tongue) -> String {
    let mut text = String::from("\n");
    for leg in &detail.legs {
        if let Some(words) = leg_words(leg, tongue) {
            text.push_str(&words);
        }
    }
    match detail.row.cause {
        None => text.push_str(tongue.pick("通话仍在进行。\n", "The call goes on.\n")),
        Some(cause) => {
            let what = tongue.pick(cause.zh(), cause.en());
            let Advice { zh, en } = advice(cause, detail.facts());
            let what_to_do = tongue.pick(zh, en);
            text.push_str(&say!(
                tongue,
                "结果：{what}\n建议：{what_to_do}\n",
                "Ended: {what}\nTo do: {what_to_do}\n"
            ));
        }
    }
    text
}

/// A leg that failed or was refused.
fn leg_words(leg: &LegLine, tongue: Tongue) -> Option<String> {
    let cause = leg.row.result.filter(|_| leg.row.answered_at.is_none())?;
    let last = leg.sip.last();
    let facts = last.map_or_else(Facts::default, |sip| sip.facts());
    let (who, party) = (seat(leg.row.seat.word(), tongue), &leg.row.party);
    let status = facts.status.map(|s| s.to_string()).unwrap_or_default();
    let words = last.map(|sip| sip.far_words.as_str()).unwrap_or_default();
    let what = tongue.pick(cause.zh(), cause.en());
    let Advice { zh, en } = advice(cause, facts);
    let to_do = tongue.pick(zh, en);
    let told = format!("{status} {words}");
    Some(format!("{who} {party}: {} {what} {to_do}\n", told.trim()))
}
