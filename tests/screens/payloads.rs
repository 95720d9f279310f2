//! Script of strangers on every page: in the headers and descriptions of calls that ring, that are three-way and that are over,
//! in the information base, cases, accounts and the configuration. Nothing runs, and what would have run is noticed.

use std::collections::BTreeMap;
use std::time::Duration;

use phone::{Account, Call, Dial, Dialing, Phone};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::folder::{append, edit};
use crate::house::House;
use crate::office::{ask, own_password, sign_in};
use crate::pages::{self, PAGES, Page};
use crate::patience::{s, until};
use crate::poison::{PAYLOADS, Poison, TEMPLATE, payload};
use crate::screen::{Screen, Screens};

/// For a call to get from one state to the next, announcements included.
const SOON: Duration = s(30);
const PASSWORD: &str = "correct horse battery";
/// What a page's console says when the house answers that something is not there or not allowed: that is no fault of the page.
const REFUSED: &[&str] = &["status of 401", "status of 403", "status of 404"];
/// A payload in an address.
const SCRIPT: &str = "%3Cimg%20src=%2F__hit%2Faddress%20onerror=window.__hit='address'%3E";
/// A dozen messages at least have script in their text: each request of the citizen, each answer of the desk, and their echoes.
const HOSTILE_MESSAGES: usize = 6;

/// The house, a tab for each role, and the phones whose wires are poisoned.
struct Scene {
    house: House,
    tabs: BTreeMap<&'static str, Screen>,
    screens: Screens,
    phones: Phones,
}

/// Strangers and the desk by SIP.
struct Phones {
    runtime: Runtime,
    citizen: (Phone, Poison),
    other: (Phone, Poison),
    desk: (Phone, Poison),
}

#[test]
fn script_of_strangers_runs_on_no_page() {
    pages::none_is_left_out();
    let Some(mut scene) = Scene::set() else { return };
    let unheard = scene.rings();
    scene.walk("ringing");
    // A page's phone rings for a minute, and to look at all pages may take longer: that one gives up, and calls again.
    scene.phones.runtime.block_on(unheard.cancel());
    let dialing = scene.rings();
    let (citizen, desk, waiting) = scene.three_way(dialing);
    scene.walk("three-way");
    scene.over(citizen, desk, waiting);
    scene.walk("over");
    scene.ladders();
    scene.nothing_ran();
    scene.what_runs_is_noticed();
}

impl Phones {
    fn start(house: &House) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (citizen, other, desk) =
            (Poison::to(house.udp, 0), Poison::number_too(house.udp, 4), Poison::to(house.udp, 8));
        let account = |user: &str, password: &str, wire: &Poison| Account {
            realm: Some("hotline".to_owned()),
            ..Account::new(user, password, wire.near)
        };
        let start = |account| runtime.block_on(Phone::start(account)).unwrap();
        let of_desk = start(account("desk001", &house.password("desk001"), &desk));
        let (one, two) = (start(account("town", "", &citizen)), start(account("town", "", &other)));
        Self { runtime, citizen: (one, citizen), other: (two, other), desk: (of_desk, desk) }
    }

    /// The citizen dials the hotline.
    fn dials(&self) -> Dialing {
        let _inside = self.runtime.enter();
        self.citizen.0.dial(Dial::to("89000").caller("13800001234")).unwrap()
    }
}

impl Scene {
    fn set() -> Option<Self> {
        let house = House::open_with(&["--trial"], |config| {
            // TOML's basic strings are written as JSON's.
            let name = |field| json!(payload(field, 1)).to_string();
            edit(&config.join("desks.toml"), &[("\"政务公开窗口\"", &name("desk"))]);
            edit(&config.join("units.toml"), &[("\"区政府办公室\"", &name("unit"))]);
            edit(&config.join("services.toml"), &[("\"政府信息公开申请\"", &name("service"))]);
            edit(&config.join("menus.toml"), &[("opening = [\"P01\", \"P02\"]", "opening = [\"P02\"]")]);
            // Nobody speaks in these calls for as long as all pages take.
            edit(&config.join("routing.toml"), &[("media_lost_hang_up = 30", "media_lost_hang_up = 300")]);
            edit(
                &config.join("routing.toml"),
                &[("\nring = 20", "\nring = 120"), ("\nhunt = 60", "\nhunt = 300")],
            );
            append(
                &config.join("trunks.toml"),
                "[[trunk]]\nname = \"town\"\nnets = [\"127.0.0.0/8\"]\ntrusted = true\n",
            );
        });
        let screens = Screens::open(&house)?;
        // Before there is any account: the page of the first one, and the trial's.
        let setup = format!("{}?tab=nobody&setup=%22%3E{SCRIPT}#/setup", house.pages());
        let nobody = screens.tab("nobody", &setup, 440);
        nobody.sees("main form", "", SOON);
        let look = pages::look(&nobody);
        assert!(look.found.is_empty() && look.shows, "{look:?}");
        let mut tabs = BTreeMap::from([("nobody", nobody)]);
        for (role, view) in [
            ("admin", "/admin"),
            ("operator", "/operator"),
            ("desk", "/desk"),
            ("supervisor", "/supervisor"),
            ("citizen", "/phone"),
        ] {
            let screen = screens.on_trial(&house, role, view, 440);
            if role == "admin" {
                draft(&screen);
            }
            tabs.insert(role, screen);
        }
        for role in ["operator", "desk"] {
            tabs[role].sees("[data-testid=line][data-is=registered]", "", SOON);
        }
        let mut scene = Self { phones: Phones::start(&house), house, tabs, screens };
        scene.fill();
        scene.auditor();
        scene.publish();
        scene.phones.runtime.block_on(scene.phones.desk.0.register()).unwrap();
        Some(scene)
    }

    fn tab(&self, who: &str) -> &Screen {
        &self.tabs[who]
    }

    /// Script in whatever people of the house write.
    fn fill(&self) {
        let house = &self.house;
        for (n, text) in PAYLOADS.iter().enumerate() {
            let text = text.replace("{}", "base");
            let entry = json!({"title": format!("登记 {text}"), "body": format!("{text} {TEMPLATE}"), "keywords": [format!("{text:.40}")],
                "service": "ZFB-001", "source": text});
            house.ask("POST /api/v1/knowledge", &entry);
            let case = json!({"kind": "enquiry", "track": "reply", "title": text, "content": format!("{text} {TEMPLATE}"),
                "place": text, "applicant_name": format!("{:.60}", text), "applicant_phone": "13800001234", "unit": "ZFB",
                "confidential": false, "anonymous": false, "urgent": n == 0});
            let no = house.ask("POST /api/v1/cases", &case)["no"].as_str().unwrap().to_owned();
            house.ask(&format!("POST /api/v1/cases/{no}/note"), &json!({"text": text}));
        }
        house.get("/api/v1/knowledge?q=%3Cimg%20src%3D%2F__hit%2Fmissed%20onerror%3Dx%3Exyzzy");
        let name = "<img src=/__hit/u onerror=alert(1)>";
        house.ask(
            "POST /api/v1/users",
            &json!({"user": "evil", "name": name, "role": "auditor", "staff": null, "password": PASSWORD}),
        );
        self.phones.citizen.1.says();
    }

    /// Makes the draft a version whose comment is script, as soon as it was rehearsed.
    fn publish(&self) {
        until("the version is published", s(60), || {
            let told = ask(
                self.tab("admin"),
                "POST",
                "/config/draft/publish",
                &json!({"comment": payload("comment", 1)}),
            );
            (told["status"] == 200).then_some(())
        });
    }

    /// An auditor, whose name is script, signs in at the door.
    fn auditor(&mut self) {
        let url = format!("{}?tab=auditor#/login", self.house.pages());
        let auditor = self.screens.tab("auditor", &url, 440);
        sign_in(&auditor, "evil", PASSWORD);
        auditor.sees(".why", "", SOON);
        let look = pages::look(&auditor);
        assert!(look.found.is_empty() && look.shows, "{look:?}");
        own_password(&auditor, "nobody else's battery");
        auditor.sees(".page h1", "", SOON);
        self.tabs.insert("auditor", auditor);
    }

    /// The citizen dials, and the operator's page rings.
    fn rings(&self) -> Dialing {
        until("no call is left", SOON, || self.live().is_empty().then_some(()));
        let dialing = self.phones.dials();
        let operator = self.tab("operator");
        operator.eval("() => { location.hash = '/operator' }", Value::Null);
        operator.sees("[data-testid=answer]", "", SOON);
        dialing
    }

    /// The operator takes the call and brings the desk in, whose phone answers; another citizen waits meanwhile.
    fn three_way(&mut self, dialing: Dialing) -> (Call, Call, Dialing) {
        let operator = self.tab("operator");
        operator.tap("[data-testid=answer]");
        operator.sees("[data-testid=stage][data-is=talk]", "", SOON);
        let phones = &self.phones;
        let call = self.live()[0].clone();
        let rings = phones.desk.0.incoming();
        self.house
            .ask(&format!("POST /api/v1/calls/{call}/bridge"), &json!({"desk": "001", "mode": "bridge"}));
        let (citizen, desk) = phones.runtime.block_on(async {
            let citizen = dialing.answered().await.unwrap();
            let desk = rings.await.unwrap();
            desk.ring().unwrap();
            (citizen, desk.answer().await.unwrap())
        });
        self.house.ask(&format!("POST /api/v1/calls/{call}/accept"), &json!({}));
        operator.sees("[data-testid=stage][data-is=three]", "", SOON);
        self.tab("desk").sees("[data-testid=stage][data-is=three]", "", SOON);
        let waiting = {
            let _inside = phones.runtime.enter();
            phones.other.0.dial(Dial::to("89000").caller("13900001234")).unwrap()
        };
        until("the second call is there", SOON, || (self.live().len() == 2).then_some(()));
        (citizen, desk, waiting)
    }

    /// Everybody has gone, the one who waited too.
    fn over(&self, citizen: Call, desk: Call, waiting: Dialing) {
        self.phones.runtime.block_on(async {
            waiting.cancel().await;
            citizen.hang_up_because(&payload("reason", 2));
            citizen.ended().await;
            desk.hang_up_because(&payload("reason", 8));
            desk.ended().await;
        });
        let operator = self.tab("operator");
        operator.eval("() => { location.hash = '/operator' }", Value::Null);
        operator.sees("[data-testid=find]", "", SOON);
        // Who is left alone may have been hung up already.
        operator.eval("() => { document.querySelector('[data-testid=hang-up]')?.click() }", Value::Null);
        until("no call is left", SOON, || self.live().is_empty().then_some(()));
    }

    /// The live calls.
    fn live(&self) -> Vec<String> {
        ids(&self.house.get("/api/v1/calls/live"))
    }

    /// Opens every page; when the calls are over, each as everybody who may, and before by one of them.
    fn walk(&self, when: &str) {
        let calls = self.calls();
        for page in PAGES {
            let who = if when == "over" { page.who } else { &page.who[..1] };
            for (at, who) in page.at.iter().flat_map(|at| who.iter().map(move |who| (*at, *who))) {
                for call in if at.contains("{call}") { &calls[..] } else { &calls[..1] } {
                    self.visit(page, &at.replace("{call}", call).replace("{script}", SCRIPT), who, when);
                }
            }
        }
    }

    fn visit(&self, page: &Page, at: &str, who: &str, when: &str) {
        let look = pages::visit(self.tab(who), page, at);
        assert_eq!(look.found, Vec::<String>::new(), "{at} as {who}, {when}");
        assert!(look.shows || !page.hostile, "{at} as {who}, {when}: no payload is on it, nothing is proved");
    }

    /// All calls that came in, the first the longest.
    fn calls(&self) -> Vec<String> {
        let mut all = self.house.get("/api/v1/calls");
        if let Some(list) = all["calls"].as_array_mut() {
            list.retain(|call| call["direction"] == "in");
        }
        let mut calls = ids(&all);
        calls.reverse();
        calls
    }

    /// Every message of every call.
    fn ladders(&self) {
        for (n, call) in self.calls().iter().enumerate() {
            let admin = self.tab("admin");
            admin.eval("(to) => { location.hash = to }", json!(format!("/box/{call}")));
            admin.sees(".box .verdict", "", SOON);
            admin.sees(".box h1", call, SOON);
            admin.sees("[data-index]", "", SOON);
            let (look, hostile) = pages::open_ladder(admin);
            assert_eq!(look.found, Vec::<String>::new(), "call {n}");
            assert!(hostile >= HOSTILE_MESSAGES, "call {n}: {hostile} messages with script in them");
        }
    }

    /// Not one page ran, asked for or reported anything.
    fn nothing_ran(&self) {
        for (who, screen) in &self.tabs {
            assert_eq!(screen.faults(REFUSED), Vec::<String>::new(), "{who}");
        }
        assert_eq!(self.house.get("/health")["csp_reports"], 0);
    }

    /// Each payload runs where text is taken for a page, and is noticed there; on a page of ours its policy reports it.
    fn what_runs_is_noticed(&self) {
        for (n, text) in PAYLOADS.iter().enumerate() {
            let text = text.replace("{}", "control");
            let name = format!("control {n}");
            let control = self.screens.tab(&name, "about:blank", 440);
            let page = format!(
                "<!doctype html><base href='{}'><p>{text}</p><input value='{text}'><input value=\"{text}\"><a id=a href=\"{text}\">a</a>",
                self.house.pages()
            );
            control
                .eval("(page) => { document.open(); document.write(page); document.close() }", json!(page));
            control.eval(CLICK, Value::Null);
            until(&format!("{text} is noticed"), SOON, || {
                let ran = !control.eval("() => window.__hit ?? null", Value::Null).is_null();
                (ran || control
                    .faults(&[])
                    .iter()
                    .any(|fault| fault.contains("__hit") || fault.contains("dialog")))
                .then_some(())
            });
            let found = pages::look(&control).found;
            assert!(found.iter().any(|one| !one.contains("<base")), "{text}: the look does not see it");
            control.close();
        }
        let admin = self.tab("admin");
        admin.eval(
            "() => { document.querySelector('main').innerHTML += `<img src=x onerror=\"window.__hit=1\">` }",
            Value::Null,
        );
        until("the page's policy stops it, and says so", SOON, || {
            let told = admin.faults(REFUSED).iter().any(|fault| fault.starts_with("policy: script-src"));
            (told && self.house.get("/health")["csp_reports"].as_u64().unwrap() > 0).then_some(())
        });
        assert!(!pages::look(admin).found.is_empty());
    }
}

/// Begins a draft whose change is script, and its rehearsal, which takes its time.
fn draft(admin: &Screen) {
    let edit = json!({"file": "units.toml", "at": ["unit", {"code": "FGJ"}, "name"], "op": "set", "value": payload("unit", 2)});
    for (method, body) in [("POST", json!({})), ("PATCH", json!({"edits": [edit]}))] {
        let told = ask(admin, method, "/config/draft", &body);
        assert_eq!(told["status"], 200, "{told}");
    }
    let rehearse = "() => {
        const headers = { 'Content-Type': 'application/json', 'X-Hotline-Tab': 'admin' };
        void fetch('/api/v1/config/draft/rehearse', { method: 'POST', headers, body: '{}' });
    }";
    admin.eval(rehearse, Value::Null);
}

/// Somebody clicks what is script, and goes into each field.
const CLICK: &str = "() => {
  [...document.links].find((link) => link.protocol === 'javascript:')?.click();
  document.querySelectorAll('input').forEach((field) => field.focus());
}";

/// The identifiers of a list of calls.
fn ids(list: &Value) -> Vec<String> {
    list["calls"].as_array().unwrap().iter().map(|call| call["id"].as_str().unwrap().to_owned()).collect()
}
