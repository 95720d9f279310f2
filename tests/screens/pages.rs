//! Every page of the app, as its router lists them: who opens it, what is opened on it, and a look whether script of strangers
//! got anywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::patience::soon;
use crate::screen::Screen;

/// For a page to show what it reads from the house, on a busy machine.
const SHOWN: Duration = Duration::from_secs(20);

/// What is done on a page, one after another; each must be possible.
pub enum Act {
    /// Clicks the first that this selector finds.
    Click(&'static str),
    /// Fills a field.
    Fill(&'static str, &'static str),
    /// Waits until this is visible.
    See(&'static str),
    /// Presses a key.
    Press(&'static str),
}
use Act::{Click, Fill, Press, See};

/// A page.
pub struct Page {
    /// Its path in the router, that of a child behind its parent's.
    pub route: &'static str,
    /// Addresses of it; `{call}` is each call's, `{script}` a payload.
    pub at: &'static [&'static str],
    /// Who opens it; `nobody` has not signed in.
    pub who: &'static [&'static str],
    /// What it shows when it is there.
    pub shows: &'static str,
    /// What is opened on it.
    pub acts: &'static [Act],
    /// Somebody's script stands on it, as text.
    pub hostile: bool,
}

const fn page(
    route: &'static str,
    at: &'static [&'static str],
    who: &'static [&'static str],
    shows: &'static str,
) -> Page {
    Page { route, at, who, shows, acts: &[], hostile: false }
}

const fn hostile(page: Page, acts: &'static [Act]) -> Page {
    Page { acts, hostile: true, ..page }
}

/// In the order in which they are walked.
pub const PAGES: &[Page] = &[
    page("/", &["/"], &["admin", "auditor"], "main h1"),
    page("/:rest(.*)*", &["/no/such/{script}"], &["admin"], "main h1"),
    page("/trial", &["/trial?token={script}"], &["nobody"], ".steps .step"),
    page("/setup", &["/setup"], &["nobody"], "main h1"),
    page("/login", &["/login?to={script}"], &["nobody"], "main form"),
    page("/enrol", &["/enrol"], &["auditor"], "main form"),
    page("/password", &["/password"], &["auditor"], "main h1"),
    page("/phone", &["/phone"], &["citizen"], ".phone-box"),
    hostile(
        page("/operator", &["/operator"], &["operator", "supervisor"], "[data-testid=find]"),
        &[
            Fill("[data-testid=find]", "登记"),
            Click(".find .hit"),
            See(".find :text('__hit')"),
            Fill("[data-testid=find]", "001"),
            Click(".find .desk"),
            See(".find .desk :text('__hit')"),
            Fill("[data-testid=find]", ""),
            Click("#tab-earlier"),
            Click("#tab-case"),
        ],
    ),
    hostile(
        page("/desk", &["/desk"], &["desk"], ".own .names"),
        &[
            Click(".cases .btn"),
            Click(".cases .line"),
            See(".case .body"),
            Click(".case .back"),
            See(".cases .line"),
        ],
    ),
    page("/supervisor", &["/supervisor"], &["supervisor", "admin"], ".board h2"),
    page("/cases", &["/cases"], &["operator", "auditor"], "main h1"),
    hostile(
        page("/cases/", &["/cases/"], &["operator", "supervisor", "admin"], "[data-testid=only-open]"),
        // What the poisoned calls brought is settled: it stands among all cases, not among the open ones.
        &[Click("[data-testid=only-open]"), See(".list .line"), Click(".list .line"), See(".one .content")],
    ),
    page("/cases/escalations", &["/cases/escalations"], &["supervisor"], "main h1"),
    page("/cases/handovers", &["/cases/handovers"], &["operator", "supervisor"], "main h1"),
    page("/cases/followups", &["/cases/followups"], &["operator", "supervisor"], "main h1"),
    page("/cases/callbacks", &["/cases/callbacks"], &["operator", "supervisor"], "main h1"),
    page("/cases/:no", &["/cases/{script}"], &["operator", "auditor"], ".one [role=alert]"),
    page("/cases/ledger", &["/cases/ledger"], &["operator", "auditor"], "main h1"),
    page("/cases/notices", &["/cases/notices"], &["auditor"], "main h1"),
    page("/cases/notices/:month/:unit", &["/cases/notices/{script}/{script}"], &["auditor"], "main h1"),
    page("/cases/figures", &["/cases/figures"], &["auditor"], "main h1"),
    page("/cases/exports", &["/cases/exports"], &["auditor"], "main h1"),
    page("/calls", &["/calls"], &["admin", "supervisor", "auditor"], "main h1"),
    page("/box/:call", &["/box/{script}"], &["admin"], "main h1"),
    page("/box/:call", &["/box/{call}"], &["admin", "supervisor", "auditor"], ".box .verdict"),
    hostile(
        page("/knowledge", &["/knowledge"], &["admin", "supervisor"], "#tab-entries"),
        &[
            Fill("main input[type=search]", "登记"),
            Click(".hit"),
            See(".read .body"),
            Click("#tab-synonyms"),
            See("#pane-synonyms textarea, #pane-synonyms input"),
            Click("#tab-import"),
            Click("#tab-usage"),
            See("#pane-usage :text('__hit')"),
            Click("#tab-entries"),
        ],
    ),
    hostile(
        page("/knowledge", &["/knowledge"], &["operator"], "main input[type=search]"),
        &[Fill("main input[type=search]", "登记"), Click(".hit"), See(".read .body")],
    ),
    page("/admin", &["/admin"], &["admin", "auditor"], ".admin h1"),
    page("/admin/", &["/admin/"], &["admin"], ".admin h1"),
    page("/admin/trunks", &["/admin/trunks"], &["admin", "supervisor", "auditor"], ".admin .trunk"),
    page("/admin/trunks/:name", &["/admin/trunks/town", "/admin/trunks/{script}"], &["admin"], ".admin h1"),
    page("/admin/routing", &["/admin/routing"], &["admin"], ".admin .editor"),
    hostile(
        page(
            "/admin/people/:kind?",
            &["/admin/people/desks", "/admin/people/units", "/admin/people/services"],
            &["admin"],
            ".admin tbody :text('__hit')",
        ),
        &[],
    ),
    page(
        "/admin/people/:kind?",
        &["/admin/people/staff", "/admin/people/{script}"],
        &["admin"],
        ".admin tbody tr",
    ),
    page("/admin/calendar", &["/admin/calendar"], &["admin"], ".admin .day"),
    page("/admin/prompts", &["/admin/prompts"], &["admin"], ".admin tbody tr"),
    page("/admin/limits", &["/admin/limits"], &["admin"], ".admin .setting"),
    page("/admin/webhooks", &["/admin/webhooks"], &["admin"], ".admin h1"),
    page("/admin/retention", &["/admin/retention"], &["admin"], ".admin h1"),
    hostile(page("/admin/files/:file*", &["/admin/files/desks.toml"], &["admin"], ".admin h1"), &[]),
    page("/admin/files/:file*", &["/admin/files/{script}"], &["admin"], ".admin h1"),
    page("/admin/rehearsal", &["/admin/rehearsal"], &["admin"], ".admin h1"),
    hostile(
        page("/admin/versions", &["/admin/versions"], &["admin", "auditor"], ".admin .list li"),
        &[Click(".admin .list .head"), See(".admin .list .diff")],
    ),
    hostile(
        page("/users", &["/users"], &["admin"], "main tbody tr"),
        &[Click("main tbody tr:has-text('__hit') .acts .btn"), See(".modal form"), Press("Escape")],
    ),
    page("/audit", &["/audit"], &["admin", "auditor"], "main tbody tr"),
];

/// Fails when the router has a page that is not in the list, or lacks one that is.
pub fn none_is_left_out() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src");
    let router = fs::read_to_string(source.join("router.ts")).unwrap();
    let mut listed = paths(&router, "const routes");
    for folder in fs::read_dir(source.join("views")).unwrap().flatten() {
        let Ok(children) = fs::read_to_string(folder.path().join("routes.ts")) else { continue };
        let parent = format!("/{}", folder.file_name().to_str().unwrap());
        listed.extend(paths(&children, "const pages").iter().map(|path| format!("{parent}/{path}")));
    }
    let known: BTreeSet<String> = PAGES.iter().map(|page| page.route.to_owned()).collect();
    assert!(listed.len() > 20, "the router was not understood: {listed:?}");
    assert_eq!(listed, known, "left: the router; right: the pages that are walked here");
}

/// The paths of a list of routes.
fn paths(source: &str, list: &str) -> BTreeSet<String> {
    let list = source.split_once(list).unwrap().1.split_once("\n]").unwrap().0;
    let quoted = list.split("path: '").skip(1).map(|rest| rest.split('\'').next().unwrap().to_owned());
    quoted.collect()
}

/// What a look at a page finds.
#[derive(Debug)]
pub struct Look {
    /// Elements and attributes that nobody of ours has made, and what ran; empty on a sound page.
    pub found: Vec<String>,
    /// The page shows some payload, as text.
    pub shows: bool,
}

/// Looks at the page that is left, goes to this one within the app, opens what there is to open, and looks after each step.
/// Where somebody's script must stand it is waited for.
pub fn visit(screen: &Screen, page: &Page, at: &str) -> Look {
    let mut all = look(screen);
    all.shows = false;
    let see = |all: &mut Look| {
        let now = look(screen);
        all.found.extend(now.found);
        all.shows |= now.shows;
    };
    screen.eval("(to) => { location.hash = to }", json!(at));
    screen.sees(page.shows, "", SHOWN);
    screen.sees_no(".skeleton", "", SHOWN);
    see(&mut all);
    for act in page.acts {
        match act {
            Click(on) => screen.tap(on),
            Fill(field, text) => screen.fill(field, text),
            See(what) => screen.sees(what, "", SHOWN),
            Press(key) => screen.press(key),
        }
        see(&mut all);
    }
    soon(SHOWN, || {
        see(&mut all);
        (all.shows || !page.hostile).then_some(())
    });
    all
}

/// Looks at what the page is made of now.
pub fn look(screen: &Screen) -> Look {
    read(&screen.eval(LOOK, Value::Null))
}

/// Opens every message of the ladder, one after another, and looks at each; how many show a payload in their text.
pub fn open_ladder(screen: &Screen) -> (Look, usize) {
    // The page's policy forbids to make a function of a text there: both are one text here.
    let told = screen.eval(&LADDER.replace("{look}", LOOK), Value::Null);
    (read(&told["look"]), usize::try_from(told["hostile"].as_u64().unwrap()).unwrap())
}

fn read(told: &Value) -> Look {
    let found =
        told["found"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
    Look { found, shows: told["shows"].as_bool().unwrap() }
}

/// What no page of ours has: handlers in attributes, script of others, frames, addresses that are script or a payload's.
const LOOK: &str = r"() => {
  const found = window.__hit === undefined ? [] : [`ran: ${window.__hit}`];
  const address = /^(xlink:)?(href|src|srcset|action|formaction|srcdoc|data|poster|from|to|values)$/i;
  const bad = (value) => {
    const to = URL.parse(value, document.baseURI);
    return to !== null && (to.protocol === 'javascript:' || to.pathname.startsWith('/__hit'));
  };
  for (const one of document.querySelectorAll('*')) {
    const own = [...one.attributes].some(({ name, value }) => /^on/i.test(name) || (address.test(name) && bad(value)));
    const foreign = one.localName === 'script' && !one.src.startsWith(`${location.origin}/assets/`);
    const style = one.localName === 'style' && one.textContent.includes('__hit');
    if (own || foreign || style || /^(iframe|frame|object|embed|base|animate|set)$/.test(one.localName)) {
      found.push(`made: ${one.outerHTML.slice(0, 200)}`);
    }
  }
  const fields = [...document.querySelectorAll('input, textarea')].map((field) => field.value);
  return { found, shows: [document.body.innerText, ...fields].some((text) => text.includes('__hit')) };
}";

/// Chooses each message of a ladder in its turn.
const LADDER: &str = r"async () => {
  const look = {look};
  // A turn of the loop of events: neither pictures nor timers, of which a tab behind others has one a second.
  const see = () => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(0);
  });
  const found = new Set();
  let hostile = 0;
  for (const message of [...document.querySelectorAll('[data-index]')]) {
    message.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await see();
    if (document.querySelector('.text pre').innerText.includes('__hit')) hostile += 1;
    for (const one of look().found) found.add(one);
  }
  return { look: { found: [...found], shows: hostile > 0 }, hostile };
}";
