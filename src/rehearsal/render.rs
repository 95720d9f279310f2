//! The tale as text for people, or as one JSON object for machines.

use std::time::Duration;

use call::ids::Lang;
use serde_json::{Value, json};

use crate::prompts::weekday;
use crate::story::masked;
use crate::why::clock_time;
use crate::wishes::shown_number;
use crate::{Scene, Step, Tale, say};

/// Lines for people.
pub fn text(scene: &Scene<'_>, tale: &Tale, explain: bool) -> String {
    let t = scene.tongue;
    let (from, to) = (masked(scene), shown_number(&scene.wishes.to, &scene.plan));
    let date = scene.plan.calendar.zone.date(scene.wishes.at);
    let (at, day) = (clock_time(scene, scene.wishes.at), weekday(date, t.pick(Lang::Zh, Lang::En)));
    let mut text = say!(t, "{at}（{day}）{from} 拨打 {to}\n\n", "{at} ({day}), {from} calls {to}\n\n");
    let mut before = None;
    for step in &tale.steps {
        let at = seconds(step.at);
        // Steps of one moment stand under one time.
        let shown = if before.as_ref() == Some(&at) { String::new() } else { at.clone() };
        text.push_str(&format!("{shown:>7}  {}\n", step.text));
        if explain {
            step.why.iter().for_each(|why| text.push_str(&format!("           - {why}\n")));
        }
        before = Some(at);
    }
    let (result, end) = (&tale.result, seconds(tale.at));
    text.push_str(&say!(t, "\n{end:>7}  => {result}\n", "\n{end:>7}  => {result}\n"));
    for note in &tale.notes {
        text.push_str(&say!(t, "\n注：{note}", "\nNote: {note}"));
    }
    if !tale.notes.is_empty() {
        text.push('\n');
    }
    text
}

fn seconds(at: Duration) -> String {
    format!("{:.1}", at.as_secs_f64())
}

/// One object.
pub fn json(scene: &Scene<'_>, tale: &Tale, explain: bool) -> String {
    let steps: Vec<Value> = tale.steps.iter().map(|step| object(step, explain)).collect();
    let whole = json!({
        "at": clock_time(scene, scene.wishes.at),
        "from": masked(scene),
        "to": shown_number(&scene.wishes.to, &scene.plan),
        "version": &*scene.plan.version,
        "steps": steps,
        "end": {"t": rounded(tale.at), "kind": tale.ending.word(), "text": tale.result},
        "notes": tale.notes,
    });
    format!("{whole:#}\n")
}

fn object(step: &Step, explain: bool) -> Value {
    let mut object = json!({"t": rounded(step.at), "kind": step.kind, "text": step.text});
    if let (Some(object), Some(facts)) = (object.as_object_mut(), step.facts.as_object()) {
        for (key, value) in facts {
            object.insert(key.clone(), value.clone());
        }
        if explain {
            object.insert("why".to_owned(), json!(step.why));
        }
    }
    object
}

/// Seconds, to the millisecond.
fn rounded(at: Duration) -> f64 {
    (at.as_secs_f64() * 1_000.0).round() / 1_000.0
}
