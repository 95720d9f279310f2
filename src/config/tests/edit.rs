//! Edits of the real files: an edit and its inverse give the same bytes, and nothing changes but what was addressed.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};

use super::repository;
use crate::edit::{Edit, EditError, Op, Step, differences, model};
use crate::{FileSet, check};

fn sample() -> FileSet {
    FileSet::read(&repository().join("sip-config"))
}

fn value_of(file: &str, text: &str) -> Value {
    if file.ends_with(".json") {
        return serde_json::from_str(text).unwrap();
    }
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}

fn row(name: &str, value: &str) -> Step {
    Step::Where(Map::from_iter([(name.to_owned(), json!(value))]))
}

fn edit(text: &str, file: &str, at: &[Step], op: Op) -> Result<String, EditError> {
    Edit { file: file.to_owned(), at: at.to_vec(), op }.apply(text)
}

fn done(text: &str, file: &str, at: &[Step], op: Op) -> String {
    edit(text, file, at, op).unwrap_or_else(|e| panic!("{e}"))
}

/// Every place of a value: leaves, lists, tables, with what is there.
fn places(value: &Value, at: &[Step], found: &mut Vec<(Vec<Step>, Value)>) {
    found.push((at.to_vec(), value.clone()));
    match value {
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, v)| places(v, &[at, &[Step::Index(i)]].concat(), found));
        }
        Value::Object(map) => {
            map.iter().for_each(|(k, v)| places(v, &[at, &[key(k)]].concat(), found));
        }
        _ => {}
    }
}

fn all(file: &str, text: &str) -> Vec<(Vec<Step>, Value)> {
    let mut found = Vec::new();
    places(&value_of(file, text), &[], &mut found);
    found
}

/// The value at a place, to change what is expected.
fn at<'v>(value: &'v mut Value, steps: &[Step]) -> &'v mut Value {
    steps.iter().fold(value, |value, step| match step {
        Step::Key(key) => &mut value[key.as_str()],
        Step::Index(i) => &mut value[*i],
        Step::Where(_) => panic!("places are counted"),
    })
}

fn other(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(format!("{text} \"另\" \\ one")),
        Value::Number(n) => json!(n.as_i64().unwrap_or(0) + 1),
        Value::Bool(flag) => json!(!flag),
        _ => json!(["x", "y"]),
    }
}

fn comments(text: &str) -> Vec<&str> {
    text.lines().filter(|l| l.trim_start().starts_with('#')).collect()
}

fn is_leaf(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

const FILES: [&str; 14] = [
    "hotline.toml",
    "trunks.toml",
    "routing.toml",
    "menus.toml",
    "units.toml",
    "staff.toml",
    "desks.toml",
    "services.toml",
    "operators.toml",
    "promises.toml",
    "outputs.toml",
    "calendar/hours.toml",
    "calendar/2025.json",
    "calendar/2026.json",
];

/// The sample, with a trunk in trunks.toml.
fn text_of(file: &str) -> String {
    let text = sample().get(file).unwrap().to_owned();
    let trunk =
        if file == "trunks.toml" { "\n[[trunk]]\nname = \"a\"\nnets = [\"10.9.0.0/16\"]\n" } else { "" };
    text + trunk
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn setting_a_value_and_setting_it_back_gives_the_same_bytes(file in 0..FILES.len(), which in any::<Index>()) {
        let text = text_of(FILES[file]);
        let leaves: Vec<_> = all(FILES[file], &text).into_iter().filter(|(_, v)| is_leaf(v)).collect();
        let (place, old) = &leaves[which.index(leaves.len())];
        let new = other(old);
        let changed = done(&text, FILES[file], place, Op::Set(new.clone()));
        let mut expected = value_of(FILES[file], &text);
        *at(&mut expected, place) = new;
        prop_assert_eq!(value_of(FILES[file], &changed), expected);
        prop_assert_eq!(comments(&changed), comments(&text));
        prop_assert_eq!(changed.lines().count(), text.lines().count());
        prop_assert_eq!(done(&changed, FILES[file], place, Op::Set(old.clone())), text);
    }

    #[test]
    fn a_row_put_in_and_taken_out_leaves_no_trace(file in 0..FILES.len(), which in any::<Index>(), spot in any::<Index>()) {
        let text = text_of(FILES[file]);
        let lists: Vec<_> = all(FILES[file], &text).into_iter().filter(|(_, v)| v.is_array()).collect();
        prop_assume!(!lists.is_empty());
        let (place, list) = &lists[which.index(lists.len())];
        let list = list.as_array().unwrap();
        let index = spot.index(list.len() + 1);
        let new = list.first().map_or(json!("new"), |first| match first {
            Value::Object(_) => json!({"no": "998", "name": "新", "members": ["1"], "open": true}),
            _ => json!("new"),
        });
        let there = [place.as_slice(), &[Step::Index(index)]].concat();
        let more = done(&text, FILES[file], &there, Op::Insert(new.clone()));
        let mut expected = value_of(FILES[file], &text);
        at(&mut expected, place).as_array_mut().unwrap().insert(index, new);
        prop_assert_eq!(value_of(FILES[file], &more), expected);
        prop_assert_eq!(comments(&more), comments(&text));
        prop_assert_eq!(done(&more, FILES[file], &there, Op::Remove), text);
    }

    #[test]
    fn a_new_key_and_its_removal_leave_no_trace(file in 0..FILES.len(), which in any::<Index>(), table in any::<bool>()) {
        let text = text_of(FILES[file]);
        let tables: Vec<_> = all(FILES[file], &text).into_iter().filter(|(_, v)| v.is_object()).collect();
        let (place, _) = &tables[which.index(tables.len())];
        let there = [place.as_slice(), &[key("新 key")]].concat();
        let new = if table { json!({"a": 1, "b": {"c": ["d"]}}) } else { json!(true) };
        let more = done(&text, FILES[file], &there, Op::Set(new.clone()));
        let mut expected = value_of(FILES[file], &text);
        at(&mut expected, place)["新 key"] = new;
        prop_assert_eq!(value_of(FILES[file], &more), expected);
        prop_assert_eq!(comments(&more), comments(&text));
        prop_assert_eq!(done(&more, FILES[file], &there, Op::Remove), text);
    }

    #[test]
    fn a_removal_takes_what_it_names_and_no_comment_that_explains(file in 0..FILES.len(), which in any::<Index>()) {
        let text = text_of(FILES[file]);
        let places: Vec<_> = all(FILES[file], &text).into_iter().filter(|(at, _)| !at.is_empty()).collect();
        let (place, gone) = &places[which.index(places.len())];
        let less = done(&text, FILES[file], place, Op::Remove);
        let mut expected = value_of(FILES[file], &text);
        let (last, way) = place.split_last().unwrap();
        match (at(&mut expected, way), last) {
            (Value::Array(list), Step::Index(i)) => drop(list.remove(*i)),
            (Value::Object(map), Step::Key(key)) => drop(map.remove(key)),
            _ => panic!("a place in a list or a table"),
        }
        // A file without the last [[row]] has no such list any more.
        let mut found = value_of(FILES[file], &less);
        if let (Value::Object(map), [Step::Key(key), Step::Index(_)]) = (&mut found, place.as_slice()) {
            map.entry(key.clone()).or_insert_with(|| json!([]));
        }
        if !(place.len() == 1 || expected["menu"] == json!({})) {
            prop_assert_eq!(found, expected);
        }
        // A table goes with what stands in it.
        if !less.contains("[[") && !gone.is_object() {
            prop_assert_eq!(comments(&less), comments(&text));
        }
    }
}

#[test]
fn a_window_is_renamed_where_it_stands() {
    let text = text_of("desks.toml");
    let place = [key("desk"), row("no", "012"), key("name")];
    let changed = done(&text, "desks.toml", &place, Op::Set(json!("户籍综合窗口")));
    let line = "  { no = \"012\", name = \"户籍综合窗口\", unit = \"GAJ\", members = [\"2012\", \"2013\"], hunt = \"longest_idle\" },";
    assert!(changed.contains(line));
    let (mut before, mut after) = (sample(), sample());
    before.set("desks.toml", text);
    after.set("desks.toml", changed);
    let [one] = differences(&before, &after).try_into().unwrap();
    assert_eq!(one.file, "desks.toml");
    assert_eq!(one.unified.lines().filter(|l| l.starts_with(['+', '-'])).count(), 4, "{}", one.unified);
    assert!(one.unified.starts_with("--- a/desks.toml\n+++ b/desks.toml\n@@ "));
}

#[test]
fn a_new_row_is_written_as_its_neighbours_are() {
    let new = json!({"members": ["2001"], "unit": "ZFB", "name": "新窗口", "no": "150"});
    let text = done(&text_of("desks.toml"), "desks.toml", &[key("desk")], Op::Insert(new));
    assert!(
        text.ends_with("  { no = \"150\", name = \"新窗口\", unit = \"ZFB\", members = [\"2001\"] },\n]\n")
    );
    let day = json!({"date": "2026-12-31", "name": "调休", "isOffDay": false});
    let text = done(&text_of("calendar/2026.json"), "calendar/2026.json", &[key("days")], Op::Insert(day));
    assert!(
        text.contains(",\n  {\"name\": \"调休\", \"date\": \"2026-12-31\", \"isOffDay\": false}\n"),
        "{text}"
    );
    let trunk = json!({"name": "carrier-a", "nets": ["192.0.2.0/29"], "channels": 30});
    let text = done(sample().get("trunks.toml").unwrap(), "trunks.toml", &[key("trunk")], Op::Insert(trunk));
    assert!(text.starts_with(sample().get("trunks.toml").unwrap()));
    assert!(
        text.ends_with("\n\n[[trunk]]\nname = \"carrier-a\"\nchannels = 30\nnets = [\"192.0.2.0/29\"]\n")
    );
    let change = json!({"place": "desk 037", "from": "2026-12-03", "reason": "停电检修"});
    let text =
        done(&text_of("calendar/hours.toml"), "calendar/hours.toml", &[key("change")], Op::Insert(change));
    assert!(
        text.ends_with("\n[[change]]\nplace = \"desk 037\"\nfrom = \"2026-12-03\"\nreason = \"停电检修\"\n")
    );
}

#[test]
fn a_setting_that_a_comment_shows_is_written_below_it() {
    let set = Op::Set(json!("data/own.pem"));
    let text = done(&text_of("hotline.toml"), "hotline.toml", &[key("sip"), key("certificate")], set);
    assert!(
        text.contains("\n# certificate = \"data/tls/certificate.pem\"\ncertificate = \"data/own.pem\"\n")
    );
    let night = [key("greeting"), key("night")];
    let text = text_of("menus.toml");
    let less = done(&text, "menus.toml", &night, Op::Remove);
    assert!(less.contains("# 夜间时段") && !less.contains("night ="));
    assert_eq!(done(&less, "menus.toml", &night, Op::Set(json!("22:00-06:00"))), text);
}

#[test]
fn a_menu_of_its_own_comes_and_goes_with_its_tables() {
    let text = text_of("menus.toml");
    let menu = json!({"say": ["P30"], "nothing": "queue general", "invalid": "queue general", "keys": {"1": "back", "*": "back"}});
    let place = [key("menu"), key("extra")];
    let more = done(&text, "menus.toml", &place, Op::Set(menu.clone()));
    assert!(more.ends_with(
        "\n[menu.extra]\nsay = [\"P30\"]\ninvalid = \"queue general\"\nnothing = \"queue general\"\n[menu.extra.keys]\n\"*\" = \"back\"\n1 = \"back\"\n"
    ), "{more}");
    assert_eq!(value_of("menus.toml", &more)["menu"]["extra"], menu);
    assert_eq!(done(&more, "menus.toml", &place, Op::Remove), text);
}

#[test]
fn a_whole_list_is_set_row_by_row() {
    let text = text_of("desks.toml");
    let mut rows = value_of("desks.toml", &text)["desk"].clone();
    rows[3]["name"] = json!("改名");
    rows.as_array_mut().unwrap().pop();
    let changed = done(&text, "desks.toml", &[key("desk")], Op::Set(rows.clone()));
    assert_eq!(value_of("desks.toml", &changed)["desk"], rows);
    assert_eq!(comments(&changed), comments(&text));
    let same = changed.lines().zip(text.lines()).filter(|(a, b)| a != b).count();
    assert!(same <= 2, "{same} lines differ");
}

#[test]
fn what_can_not_be_done_is_said_and_leaves_the_text_alone() {
    let desks = text_of("desks.toml");
    let no_row =
        edit(&desks, "desks.toml", &[key("desk"), row("no", "777"), key("name")], Op::Set(json!("x")));
    assert!(no_row.unwrap_err().to_string().contains("desk / {\"no\":\"777\"} / name"));
    for (file, at, op) in [
        ("desks.toml", vec![], Op::Set(json!(1))),
        ("desks.toml", vec![key("desk"), Step::Index(0), key("no"), key("x")], Op::Remove),
        ("desks.toml", vec![key("desk"), Step::Index(0), key("name")], Op::Set(Value::Null)),
        ("desks.toml", vec![key("desk"), Step::Index(99)], Op::Insert(json!("x"))),
        ("menus.toml", vec![key("greeting")], Op::Set(json!(1))),
        ("calendar/hours.toml", vec![key("pattern")], Op::Set(json!(1))),
        ("calendar/hours.toml", vec![key("pattern")], Op::Insert(json!(1))),
    ] {
        let error = edit(&text_of(file), file, &at, op.clone()).err();
        assert!(error.is_some_and(|e| !e.zh().is_empty()), "{file} {at:?} {op:?}");
    }
    for file in [
        "../desks.toml",
        "calendar/../desks.toml",
        "secrets.toml",
        "calendar/.json",
        "calendar/%2e%2e/x.json",
        "a\0",
    ] {
        let error = edit("", file, &[key("a")], Op::Set(json!(1))).unwrap_err();
        assert_eq!(error, EditError::NoSuchFile(file.to_owned()));
    }
    let broken = edit("a = [", "desks.toml", &[key("a")], Op::Set(json!(1)));
    assert_eq!(broken, Err(EditError::Syntax("desks.toml".into())));
}

#[test]
fn files_in_memory_are_checked_like_those_on_disk() {
    let dir = repository().join("sip-config");
    let mut files = sample();
    let checked = check(&files, &dir).unwrap();
    assert_eq!(checked, crate::load(&dir).unwrap());
    assert_eq!(files.version(), &*checked.plan.version);
    let place = [key("desk"), row("no", "012"), key("unit")];
    files.set(
        "desks.toml",
        done(files.get("desks.toml").unwrap(), "desks.toml", &place, Op::Set(json!("XYZ"))),
    );
    let faults = check(&files, &dir).unwrap_err();
    assert!(faults.iter().all(|f| f.file == "desks.toml") && faults[0].en.contains("XYZ"), "{faults:?}");
    files.remove("desks.toml");
    assert!(check(&files, &dir).unwrap_err().iter().any(|f| f.file == "desks.toml"));
}

#[test]
fn the_model_has_every_file() {
    let model = model(&sample());
    assert_eq!(model["desks"].as_array().unwrap().len(), 98);
    assert_eq!(model["services"].as_array().unwrap().len(), 466);
    assert_eq!(model["trunks"], json!([]));
    assert_eq!(model["years"], json!([2024, 2025, 2026]));
    assert_eq!(model["menus"]["menu"]["root"]["keys"]["2"], json!("menu desk"));
    assert_eq!(model["hotline"]["api"]["bind"], json!("127.0.0.1:8089"));
    assert_eq!(model["operators"]["shift_leads"], json!(["1009", "1010"]));
}
