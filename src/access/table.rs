//! The one table that says which role may come to which endpoint. What has no row is refused to everybody.
//!
//! Method and path are those of the router (`src/api/router.rs`). Whose call, whose desk, whose state it is, the handlers
//! ask beside this: an operator may order only own calls, a desk only the call that it sits in.

use crate::role::Role;
use crate::role::Role::{Admin, Auditor, Citizen, Desk, Operator, Supervisor};

/// Who may come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Allowed {
    /// Everybody who reaches this machine, without a session.
    Everybody,
    /// Whoever has a session, even one that may do nothing yet but change a password that somebody else chose, and give
    /// its account a second factor.
    Beginners(&'static [Role]),
    /// These roles.
    Roles(&'static [Role]),
}

/// One endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path as the router has it: `/api/v1/calls/{id}`.
    pub path: &'static str,
    /// Who may come.
    pub allowed: Allowed,
}

impl Row {
    /// Whether this role may come; `beginner`: its account still has a password that somebody else chose, or
    /// lacks the second factor that it must have.
    pub fn admits(&self, role: Role, beginner: bool) -> bool {
        match self.allowed {
            Allowed::Everybody => true,
            Allowed::Beginners(roles) => roles.contains(&role),
            Allowed::Roles(roles) => !beginner && roles.contains(&role),
        }
    }

    /// Whether nobody needs to say who they are.
    pub fn is_open(&self) -> bool {
        self.allowed == Allowed::Everybody
    }
}

const fn open(method: &'static str, path: &'static str) -> Row {
    Row { method, path, allowed: Allowed::Everybody }
}

const fn row(method: &'static str, path: &'static str, roles: &'static [Role]) -> Row {
    Row { method, path, allowed: Allowed::Roles(roles) }
}

const fn beginner(method: &'static str, path: &'static str, roles: &'static [Role]) -> Row {
    Row { method, path, allowed: Allowed::Beginners(roles) }
}

/// Whoever has a session.
const EVERY_ROLE: &[Role] = &Role::ALL;
/// Looks at the house, changes nothing.
const LOOKING: &[Role] = &[Supervisor, Auditor, Admin];
/// Looks, or was in the call.
const LOOKING_OR_OWN: &[Role] = &[Operator, Supervisor, Auditor, Admin];
/// Leads.
const LEADING: &[Role] = &[Supervisor, Admin];
/// Talks with citizens.
const TALKING: &[Role] = &[Operator, Desk, Supervisor, Admin];
/// Has a phone in the page; a citizen is there in trials only.
const PHONING: &[Role] = &[Citizen, Operator, Desk, Supervisor, Admin];
/// Answers the hotline.
const ANSWERING: &[Role] = &[Operator, Supervisor, Admin];
/// Sits at a window, or leads.
const AT_A_DESK: &[Role] = &[Desk, Supervisor, Admin];
/// All who work here.
const SERVING: &[Role] = &[Operator, Desk, Supervisor, Auditor, Admin];
/// Runs the house.
const RUNNING: &[Role] = &[Admin];

/// What everybody may see: that the house stands, and how to ask it.
const OPEN: &[Row] = &[
    open("GET", "/"),
    open("GET", "/assets/{file}"),
    open("GET", "/favicon.svg"),
    open("GET", "/health"),
    open("GET", "/openapi.json"),
    open("GET", "/docs"),
    open("GET", "/docs/style.css"),
    // Those who sign in have no session yet; the handlers ask for our own page (`api::screen`) and limit guesses.
    open("POST", "/api/v1/session"),
    open("GET", "/api/v1/setup"),
    open("POST", "/api/v1/setup"),
    open("POST", "/api/v1/trial"),
    open("POST", "/api/v1/csp"),
    // Only where the configuration says so; nothing personal.
    open("GET", "/open311/v2/{file}"),
    open("GET", "/open311/v2/services/{file}"),
    open("GET", "/open311/v2/requests/{file}"),
];

/// The own session, accounts, the audit.
const ACCESS: &[Row] = &[
    beginner("GET", "/api/v1/session", EVERY_ROLE),
    beginner("DELETE", "/api/v1/session", EVERY_ROLE),
    beginner("POST", "/api/v1/session/password", EVERY_ROLE),
    beginner("POST", "/api/v1/session/second-factor", EVERY_ROLE),
    beginner("POST", "/api/v1/session/second-factor/confirm", EVERY_ROLE),
    row("POST", "/api/v1/phone", PHONING),
    row("DELETE", "/api/v1/phone", PHONING),
    row("GET", "/api/v1/users", RUNNING),
    row("POST", "/api/v1/users", RUNNING),
    row("PATCH", "/api/v1/users/{user}", RUNNING),
    row("DELETE", "/api/v1/users/{user}", RUNNING),
    row("POST", "/api/v1/users/{user}/reset", RUNNING),
    row("GET", "/api/v1/audit", &[Auditor, Admin]),
];

/// The house as it runs.
const HOUSE: &[Row] = &[
    row("GET", "/api/v1/health", LOOKING),
    row("GET", "/metrics", LOOKING),
    row("GET", "/api/v1/trunks", LOOKING),
    row("GET", "/api/v1/events", LEADING),
    row("GET", "/api/v1/board", TALKING),
    row("GET", "/api/v1/operators", TALKING),
    row("POST", "/api/v1/operators/{staff}/state", ANSWERING),
    row("POST", "/api/v1/drain", RUNNING),
    row("GET", "/api/v1/guard", LOOKING),
    row("DELETE", "/api/v1/guard/{source}", RUNNING),
    row("POST", "/api/v1/outbound", LEADING),
];

/// Calls and their records.
const CALLS: &[Row] = &[
    row("GET", "/api/v1/calls/live", TALKING),
    row("GET", "/api/v1/calls", LOOKING),
    row("GET", "/api/v1/calls/{id}", LOOKING_OR_OWN),
    row("GET", "/api/v1/calls/{id}/recordings/{n}", LOOKING_OR_OWN),
    row("POST", "/api/v1/calls/{id}/unmask", LEADING),
    row("GET", "/api/v1/calls/{id}/box", LOOKING_OR_OWN),
    row("GET", "/api/v1/calls/{id}/peaks/{no}", LOOKING_OR_OWN),
    row("GET", "/api/v1/calls/{id}/pcap", LOOKING_OR_OWN),
    row("GET", "/api/v1/calls/{id}/vcon", LOOKING_OR_OWN),
];

/// What can be done with a live call.
const ORDERS: &[Row] = &[
    row("POST", "/api/v1/calls/{id}/bridge", ANSWERING),
    row("POST", "/api/v1/calls/{id}/merge", ANSWERING),
    row("POST", "/api/v1/calls/{id}/drop", TALKING),
    row("POST", "/api/v1/calls/{id}/leave", ANSWERING),
    row("POST", "/api/v1/calls/{id}/hold", ANSWERING),
    row("POST", "/api/v1/calls/{id}/mute", ANSWERING),
    row("POST", "/api/v1/calls/{id}/survey", ANSWERING),
    row("POST", "/api/v1/calls/{id}/emergency", TALKING),
    row("POST", "/api/v1/calls/{id}/recall", TALKING),
    row("POST", "/api/v1/calls/{id}/recording", ANSWERING),
    row("POST", "/api/v1/calls/{id}/hang-up", ANSWERING),
    row("POST", "/api/v1/calls/{id}/accept", AT_A_DESK),
    row("POST", "/api/v1/calls/{id}/decline", AT_A_DESK),
    row("POST", "/api/v1/calls/{id}/supervise", LEADING),
    row("POST", "/api/v1/calls/{id}/outcome", ANSWERING),
    row("POST", "/api/v1/desks/{no}/closed", AT_A_DESK),
];

/// The configuration, its rehearsal, recordings, and trunks tried.
const CONFIG: &[Row] = &[
    row("GET", "/api/v1/config", LOOKING),
    row("POST", "/api/v1/config/draft", RUNNING),
    row("DELETE", "/api/v1/config/draft", RUNNING),
    row("PATCH", "/api/v1/config/draft", RUNNING),
    row("PUT", "/api/v1/config/draft/files/{name}", RUNNING),
    row("POST", "/api/v1/config/draft/rehearse", RUNNING),
    row("GET", "/api/v1/config/draft/rehearsal", LOOKING),
    row("DELETE", "/api/v1/config/draft/rehearsal", RUNNING),
    row("POST", "/api/v1/config/draft/publish", RUNNING),
    row("GET", "/api/v1/config/versions", LOOKING),
    row("GET", "/api/v1/config/versions/{id}", LOOKING),
    row("POST", "/api/v1/config/versions/{id}/restore", RUNNING),
    row("POST", "/api/v1/rehearsal/route", LOOKING),
    row("GET", "/api/v1/calendar/{year}", LOOKING),
    row("GET", "/api/v1/prompts", LOOKING),
    row("GET", "/api/v1/prompts/{lang}/{id}/sound", LOOKING),
    row("PUT", "/api/v1/prompts/{lang}/{id}/sound", RUNNING),
    row("DELETE", "/api/v1/prompts/{lang}/{id}/sound", RUNNING),
    row("POST", "/api/v1/prompts/{lang}/{id}/speak", RUNNING),
    row("POST", "/api/v1/trunks/{name}/doctor", RUNNING),
    row("POST", "/api/v1/trunks/{name}/test-call", RUNNING),
];

/// The information base and the services.
const KNOWLEDGE: &[Row] = &[
    row("GET", "/api/v1/knowledge", SERVING),
    row("GET", "/api/v1/knowledge/{id}", SERVING),
    row("POST", "/api/v1/knowledge/{id}/opened", SERVING),
    row("GET", "/api/v1/knowledge/usage", LOOKING),
    row("POST", "/api/v1/knowledge", LEADING),
    row("PUT", "/api/v1/knowledge/{id}", LEADING),
    row("DELETE", "/api/v1/knowledge/{id}", LEADING),
    row("PUT", "/api/v1/knowledge/synonyms", LEADING),
    row("POST", "/api/v1/knowledge/import", LEADING),
    row("GET", "/api/v1/knowledge/import", LEADING),
    row("GET", "/api/v1/services", SERVING),
];

/// Cases; a desk those of its unit.
const CASES: &[Row] = &[
    row("POST", "/api/v1/cases", ANSWERING),
    row("GET", "/api/v1/cases", SERVING),
    row("GET", "/api/v1/cases/{no}", SERVING),
    row("POST", "/api/v1/cases/{no}/note", TALKING),
    row("POST", "/api/v1/cases/{no}/attach", ANSWERING),
    row("POST", "/api/v1/cases/{no}/unmask", LEADING),
    row("GET", "/api/v1/calls/{id}/earlier", SERVING),
];

/// What was promised; a desk what is of its unit.
const PROMISES: &[Row] = &[
    row("GET", "/api/v1/units", SERVING),
    row("POST", "/api/v1/cases/{no}/step", TALKING),
    row("POST", "/api/v1/cases/{no}/connect", TALKING),
    row("GET", "/api/v1/handovers", SERVING),
    row("GET", "/api/v1/followups", LOOKING_OR_OWN),
    row("GET", "/api/v1/escalations", SERVING),
    row("POST", "/api/v1/escalations/{id}/seen", TALKING),
    row("GET", "/api/v1/callbacks", LOOKING_OR_OWN),
    row("POST", "/api/v1/callbacks/{id}/reached", ANSWERING),
    row("GET", "/api/v1/ledger", SERVING),
    row("POST", "/api/v1/ledger", LEADING),
    row("POST", "/api/v1/ledger/{item}/review", LEADING),
    row("POST", "/api/v1/ledger/{item}/strike", LEADING),
    row("GET", "/api/v1/notices", LOOKING),
    row("GET", "/api/v1/notices/{month}/{unit}", LOOKING),
    row("PUT", "/api/v1/notices/{month}/{unit}", LEADING),
    row("POST", "/api/v1/notices/{month}/{unit}/sign", LEADING),
    row("POST", "/api/v1/notices/{month}/{unit}/sent", LEADING),
    row("GET", "/api/v1/notices/{month}/{unit}/html", LOOKING),
    row("GET", "/api/v1/notices/{month}/{unit}/pdf", LOOKING),
    row("GET", "/api/v1/figures", SERVING),
    row("GET", "/api/v1/exports/{table}", LOOKING),
    row("GET", "/api/v1/cloudevents", RUNNING),
    row("GET", "/api/v1/webhooks", LOOKING),
    row("POST", "/api/v1/webhooks/{webhook}/replay", RUNNING),
];

/// All rows, by what they are about.
const TABLE: &[&[Row]] = &[OPEN, ACCESS, HOUSE, CALLS, CONFIG, ORDERS, KNOWLEDGE, CASES, PROMISES];

/// The row of an endpoint.
pub fn of(method: &str, path: &str) -> Option<&'static Row> {
    all().find(|row| row.method == method && row.path == path)
}

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().flat_map(|rows| rows.iter())
}
