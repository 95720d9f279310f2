//! Phones in a real browser: JsSIP and SIP.js in Chromium call the hotline, answer as operators, and are heard, each by its tone.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Browser, is_here};
use crate::folder::edit;
use crate::house::House;
use crate::patience::{s, until};

/// Decibels below full scale from which on a tone is heard; the tones are sent at some -25.
const LOUD: f64 = -50.0;
/// Above what G.711 carries: browsers speak G.722 with the house.
const CITIZEN: u32 = 5_500;
const OPERATOR: u32 = 900;

/// The browser, driven by `tests/web/drive.mjs`.
struct Phones(Browser);

impl Phones {
    fn ask(&mut self, order: &Value) -> Value {
        self.0.ask(order)
    }

    fn run(&mut self, page: &str, what: &str, with: Value) {
        self.ask(&json!({"do": "run", "page": page, "what": what, "with": with}));
    }

    /// Waits until the page's phone has said this so often.
    fn until(&mut self, page: &str, state: &str, times: usize) {
        until(&format!("{page} is {state}"), s(30), || {
            let states = self.ask(&json!({"do": "states", "page": page}));
            let said = states.as_array().unwrap().iter().filter(|v| v.as_str().unwrap().starts_with(state));
            (said.count() >= times).then_some(())
        });
    }

    /// How long it took until this page heard this tone.
    fn hears(&mut self, page: &str, hertz: u32, within: Duration) -> Duration {
        let ms = u64::try_from(within.as_millis()).unwrap();
        let order = json!({"do": "wait", "page": page, "hertz": hertz, "loud": LOUD, "within": ms});
        let after = self.ask(&order).as_f64().unwrap();
        assert!(after >= 0.0, "{page} did not hear {hertz} Hz within {within:?}");
        Duration::from_secs_f64(after / 1e3)
    }

    /// Both hear the other, and not themselves.
    fn talk(&mut self, within: Duration) -> Duration {
        let after = self.hears("operator", CITIZEN, within).max(self.hears("citizen", OPERATOR, within));
        for (page, own) in [("operator", OPERATOR), ("citizen", CITIZEN)] {
            let level = self.ask(&json!({"do": "levels", "page": page, "of": [own]}))[0].as_f64().unwrap();
            assert!(level < LOUD, "{page} hears itself: {level}");
        }
        after
    }
}

/// A house, a browser, and two pages in a call: the citizen's and the operator's.
struct Stage {
    house: House,
    browser: Phones,
}

impl Stage {
    fn set(citizen: &str, operator: &str) -> Option<Self> {
        let web = is_here("phones in a real browser")?;
        let mut page = 0;
        let house = House::open_with(|config, ports| {
            page = ports.four();
            let origin = format!("origins = [\"http://127.0.0.1:{page}\", ");
            edit(&config.join("hotline.toml"), &[("origins = [\"http://127.0.0.1:8089\", ", &origin)]);
        });
        let out = fs::read_to_string(house.folder.path().join("out")).unwrap();
        let ws = out.split_once("WS ").unwrap().1.split_ascii_whitespace().next().unwrap().to_owned();
        let mut browser =
            Phones(Browser::open(&web.join("drive.mjs"), &[page.to_string()], house.folder.path()));
        for (page, library, user, hertz) in
            [("operator", operator, "op1", OPERATOR), ("citizen", citizen, "citizen1", CITIZEN)]
        {
            let password = house.password(user);
            let uri = format!("sip:{user}@hotline");
            let account = json!({"ws": format!("ws://{ws}"), "uri": uri, "user": user, "password": password,
                "hertz": hertz});
            browser.ask(&json!({"do": "open", "page": page, "library": library, "account": account}));
            browser.until(page, "registered", 1);
        }
        browser.run("citizen", "call", json!(["89000"]));
        browser.until("citizen", "talking", 1);
        browser.until("operator", "talking", 1);
        browser.talk(s(20));
        Some(Self { house, browser })
    }

    /// Ends the call from the citizen's page; the house has one record of it, with its operator.
    fn end(mut self) {
        self.browser.run("citizen", "hangUp", json!([]));
        self.browser.until("operator", "ended", 1);
        let calls = until("the record", s(20), || {
            let calls = self.house.get("/api/v1/calls")["calls"].as_array().unwrap().clone();
            calls.iter().all(|call| !call["ended_at"].is_null()).then_some(calls)
        });
        assert_eq!(calls.len(), 1, "one call throughout: {calls:?}");
        let call = self.house.only_call();
        let codecs: Vec<&str> =
            call["legs"].as_array().unwrap().iter().filter_map(|l| l["codec"].as_str()).collect();
        assert!(codecs.len() >= 2 && codecs.iter().all(|codec| *codec == "G722"), "{call:#}");
        drop(self.browser);
        self.house.close(&[]);
    }
}

/// Hold and retrieval, three restarts of ICE by either end, a WebSocket that breaks in the talk: the same call throughout.
fn through_all(citizen: &str, operator: &str) {
    let Some(mut stage) = Stage::set(citizen, operator) else { return };
    let browser = &mut stage.browser;
    browser.run("citizen", "hold", json!([true]));
    until("the operator hears nothing", s(10), || {
        let levels = browser.ask(&json!({"do": "levels", "page": "operator", "of": [CITIZEN]}));
        (levels[0].as_f64().unwrap() < LOUD).then_some(())
    });
    browser.run("citizen", "hold", json!([false]));
    browser.talk(s(10));
    browser.run("citizen", "key", json!(["9"]));
    for page in ["citizen", "operator", "citizen"] {
        browser.run(page, "restart", json!([]));
        assert!(browser.talk(s(10)) < s(3), "after an ICE restart");
    }
    browser.run("operator", "cut", json!([]));
    browser.until("operator", "disconnected", 1);
    assert!(browser.talk(s(10)) < s(3), "after the WebSocket broke");
    stage.house.until_log("user=\"op1\"", s(10));
    // Requests inside the dialog find the phone at its new connection: it hears that the call has ended.
    browser.run("operator", "registeredAgain", json!([]));
    stage.end();
}

#[test]
fn jssip_calls_and_sip_js_answers() {
    through_all("jssip", "sipjs");
}

#[test]
fn sip_js_calls_and_jssip_answers() {
    through_all("sipjs", "jssip");
}

#[test]
fn an_operator_whose_page_is_loaded_anew_is_rung_again_in_the_same_call() {
    let Some(mut stage) = Stage::set("jssip", "jssip") else { return };
    stage.browser.ask(&json!({"do": "reload", "page": "operator"}));
    stage.browser.until("operator", "talking", 1);
    stage.browser.talk(s(20));
    stage.end();
}

/// Row 22 of docs/reliability.md, as often as `HOTLINE_CUTS` says (4 unless it says).
#[test]
fn sockets_break_and_ice_restarts_and_the_sound_is_back_in_the_same_call() {
    let Some(mut stage) = Stage::set("jssip", "jssip") else { return };
    let times = std::env::var("HOTLINE_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let mut worst = Duration::ZERO;
    for n in 1..=times {
        let page = if n % 4 < 2 { "operator" } else { "citizen" };
        if n % 2 == 0 {
            stage.browser.run(page, "restart", json!([]));
        } else {
            stage.browser.run(page, "cut", json!([]));
            stage.browser.run(page, "registeredAgain", json!([]));
        }
        worst = worst.max(stage.browser.talk(s(10)));
    }
    eprintln!("{times} cuts and restarts: sound back after {worst:?} at most");
    assert!(worst < s(3), "{worst:?}");
    stage.end();
}
