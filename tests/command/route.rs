//! `hotline route` on the sample configuration, as data: `route.txt` holds arguments and the lines that must come of them.

use super::{in_order, run};

/// One block of `route.txt`.
struct Case {
    arguments: Vec<String>,
    code: i32,
    /// In this order.
    lines: Vec<String>,
    /// Nowhere.
    absent: Vec<String>,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in include_str!("route.txt").lines().map(str::trim) {
        if let Some(arguments) = line.strip_prefix("$ ") {
            let arguments = arguments.split(' ').map(str::to_owned).collect();
            cases.push(Case { arguments, code: 0, lines: Vec::new(), absent: Vec::new() });
            continue;
        }
        let Some(case) = cases.last_mut().filter(|_| !line.is_empty() && !line.starts_with('#')) else {
            continue;
        };
        match line.split_once(' ') {
            Some(("exit", code)) => case.code = code.parse().unwrap(),
            Some(("absent", text)) => case.absent.push(text.to_owned()),
            _ => case.lines.push(line.to_owned()),
        }
    }
    cases
}

#[test]
fn every_call_takes_the_path_that_is_written() {
    let cases = cases();
    assert!(cases.len() > 20);
    for case in cases {
        let arguments: Vec<&str> = case.arguments.iter().map(String::as_str).collect();
        let (code, out, err) = run(&arguments);
        assert_eq!(code, case.code, "{arguments:?}\n{out}{err}");
        let lines: Vec<&str> = case.lines.iter().map(String::as_str).collect();
        println!("{arguments:?}");
        in_order(&format!("{out}{err}"), &lines);
        for text in case.absent {
            assert!(!out.contains(&text), "{arguments:?} tells {text:?}:\n{out}");
        }
        assert!(!out.contains("13800000000") && !err.contains("13800000000"), "{arguments:?}");
    }
}

#[test]
fn the_same_path_is_told_to_machines() {
    let (code, out, _) =
        run(&["route", "--at", "2026-10-10T10:00", "--from", "13800000000", "--keys", "2,037#,1", "--json"]);
    assert_eq!(code, 0);
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["from"], "138****0000");
    assert_eq!(told["end"]["kind"], "three_way");
    let steps = told["steps"].as_array().unwrap();
    let of = |kind: &str| steps.iter().find(|s| s["kind"] == kind).unwrap();
    assert_eq!(of("offered")["ours"], true);
    assert_eq!(of("hours")["open"], true);
    assert_eq!(of("hours")["closes_at"], "2026-10-10 12:00");
    assert_eq!(of("order")["people"][0]["address"], "desk037");
    assert_eq!(of("order")["people"][1]["staff"], "3011");
    assert!(steps.iter().all(|s| s["t"].is_number() && s.get("why").is_none()));
    let times: Vec<f64> = steps.iter().map(|s| s["t"].as_f64().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "in the order of time");
    let (_, out, _) = run(&["route", "--at", "2026-10-10T10:00", "--json", "--explain"]);
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(told["steps"][0]["why"][0].as_str().unwrap().starts_with("routing.toml:"));
}
