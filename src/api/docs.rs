//! The OpenAPI document and a page that shows it: made once, on this side; no script, nothing from elsewhere.

use std::fmt::Write;
use std::sync::Arc;

use axum::Extension;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Content, InfoBuilder, OpenApi, Ref, RefOr, Required, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::board::Levels;
use crate::kinds;
use crate::problem::Problem;
use crate::promises;
use crate::shapes::Done;

/// The page may load its own style, and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const TAGS: &[(&str, &str)] = &[
    ("calls", "通话与录音。Calls and their recordings."),
    (
        "orders",
        "对通话的指令，每条须带 Idempotency-Key。What can be done with a live call, each with an Idempotency-Key.",
    ),
    ("operators", "话务员。Operators."),
    ("events", "实时事件。Live events."),
    ("config", "配置、演练、录音、中继检查。Configuration, rehearsal, recordings, examination of trunks."),
    ("cases", "工单。Cases."),
    (
        "promises",
        "承诺：交办、回访、督办、台账、通报、指标。What was promised: hand-overs, follow-ups, ledger, notices, figures.",
    ),
    ("open311", "公开数据（Open311 GeoReport v2）。The public's view of cases."),
    ("knowledge", "知识库与事项。The information base and the services."),
    ("house", "系统状态。The house itself."),
    ("access", "登录、账户、审计。Signing in, accounts, the audit."),
    ("pages", "接口说明。This description."),
];

const SESSION: &str = "Set by POST /api/v1/session, named after the tab: hotline_TAB; pages send the header X-Hotline-Tab: TAB \
    with every request, and may send what carries `token` too, as far as their role allows.";

const ABOUT: &str = "Without TLS on loopback only. Programs send the header `Authorization: Bearer TOKEN`, with the token of the \
    file that [api] token in hotline.toml names, and may do everything; people sign in (see `access`), and their role decides. Times are UTC milliseconds; numbers of citizens are masked. Refusals are \
    problem+json (RFC 9457) in Chinese or English by Accept-Language.";

/// Gives the document what stands in no single handler.
pub(crate) fn complete(mut document: OpenApi, version: &str) -> OpenApi {
    document.info = InfoBuilder::new().title("hotline").version(version).description(Some(ABOUT)).build();
    let tag = |(name, about): &(&str, &str)| TagBuilder::new().name(*name).description(Some(*about)).build();
    document.tags = Some(TAGS.iter().map(tag).collect());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description("hotline_main", SESSION));
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    // What only shared answers name is not collected from the handlers.
    components.schemas.insert(Done::name().into(), Done::schema());
    components.schemas.insert(Levels::name().into(), Levels::schema());
    components.schemas.insert(Problem::name().into(), Problem::schema());
    document
}

/// What is shown, made once.
pub(crate) struct Pages {
    spec: String,
    page: String,
}

impl Pages {
    pub(crate) fn new(document: &OpenApi) -> Self {
        Self { spec: document.to_json().unwrap_or_default(), page: draw(document) }
    }
}

/// 本接口的 OpenAPI 描述。This interface as an OpenAPI document.
#[utoipa::path(get, path = "/openapi.json", tag = "pages", responses((status = 200, content_type = "application/json", description = "The document")))]
pub(crate) async fn spec(Extension(pages): Extension<Arc<Pages>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], pages.spec.clone())
}

/// 接口说明页。This description as a page.
#[utoipa::path(get, path = "/docs", tag = "pages", responses((status = 200, content_type = "text/html", description = "The page")))]
pub(crate) async fn page(Extension(pages): Extension<Arc<Pages>>) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, pages.page.clone())
}

/// 说明页的样式。The page's style.
#[utoipa::path(get, path = "/docs/style.css", tag = "pages", responses((status = 200, content_type = "text/css", description = "The style")))]
pub(crate) async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("docs.css"))
}

fn draw(document: &OpenApi) -> String {
    let mut page = String::from(include_str!("docs.html"));
    let mut main = String::new();
    for (tag, about) in TAGS {
        let _ = write!(main, "<h2 id=\"{tag}\">{}</h2>", escaped(about));
        for (path, item) in &document.paths.paths {
            for (method, operation) in operations(item) {
                if operation.tags.iter().flatten().any(|t| t == tag) {
                    draw_operation(&mut main, method, path, operation);
                }
            }
        }
    }
    page = page.replace("{version}", &escaped(&document.info.version));
    page = page.replace("{kinds}", &draw_kinds());
    page = page.replace("{shapes}", &draw_shapes(document));
    page.replace("{main}", &main)
}

/// The methods that this interface uses.
fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    let all = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    all.into_iter().filter_map(|(m, o)| o.as_ref().map(|o| (m, o)))
}

fn draw_operation(page: &mut String, method: &str, path: &str, operation: &Operation) {
    let summary = escaped(operation.summary.as_deref().unwrap_or_default());
    let _ = write!(
        page,
        "<section><h3><b class=\"{m}\">{method}</b> <code>{path}</code></h3><p>{summary}</p>",
        m = method.to_lowercase(),
        path = escaped(path),
    );
    for paragraph in operation.description.iter().flat_map(|text| text.split("\n\n")) {
        let _ = write!(page, "<p>{}</p>", escaped(paragraph));
    }
    page.push_str("<dl>");
    for parameter in operation.parameters.iter().flatten() {
        if let RefOr::T(parameter) = parameter {
            draw_parameter(page, parameter);
        }
    }
    if let Some(RefOr::T(body)) = &operation.request_body {
        let shape = body.content.values().map(content).collect::<Vec<_>>().join(", ");
        let _ = write!(page, "<dt>body</dt><dd><code>{}</code></dd>", escaped(&shape));
    }
    for (status, response) in &operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let shape = response.content.iter().map(|(kind, c)| format!("{kind} {}", content(c)));
        let shape = shape.collect::<Vec<_>>().join(", ");
        let (shape, about) = (escaped(&shape), escaped(&response.description));
        let _ = write!(page, "<dt>{status}</dt><dd><code>{shape}</code> {about}</dd>");
    }
    page.push_str("</dl></section>");
}

fn draw_parameter(page: &mut String, parameter: &Parameter) {
    let place = match parameter.parameter_in {
        ParameterIn::Query | ParameterIn::QueryString => "query",
        ParameterIn::Path => "path",
        ParameterIn::Header => "header",
        ParameterIn::Cookie => "cookie",
    };
    let needed = if matches!(parameter.required, Required::True) { ", required" } else { "" };
    let name = escaped(&parameter.name);
    let about = escaped(parameter.description.as_deref().unwrap_or_default());
    let _ = write!(page, "<dt><code>{name}</code> ({place}{needed})</dt><dd>{about}</dd>");
}

fn content(content: &RefOr<Content>) -> String {
    match content {
        RefOr::T(content) => content.schema.as_ref().map(shape).unwrap_or_default(),
        RefOr::Ref(_) => String::new(),
    }
}

/// A schema in a word: its name, or its type.
fn shape(schema: &RefOr<Schema>) -> String {
    match schema {
        RefOr::Ref(Ref { ref_location, .. }) => {
            ref_location.rsplit('/').next().unwrap_or_default().to_owned()
        }
        RefOr::T(Schema::OneOf(of)) => {
            let named = of.items.iter().filter(|item| matches!(item, RefOr::Ref(_)));
            named.map(shape).collect::<Vec<_>>().join(" | ")
        }
        RefOr::T(_) => String::new(),
    }
}

/// The fields of every JSON shape.
fn draw_shapes(document: &OpenApi) -> String {
    let mut out = String::new();
    for (name, schema) in document.components.iter().flat_map(|c| &c.schemas) {
        let schema = serde_json::to_value(schema).unwrap_or_default();
        let about = |value: &serde_json::Value| {
            let words = value["enum"].as_array().into_iter().flatten().filter_map(|word| word.as_str());
            let words = words.collect::<Vec<_>>().join(", ");
            escaped(&format!("{} {words}", value["description"].as_str().unwrap_or_default()))
        };
        let _ = write!(out, "<section><h3><code>{}</code></h3><p>{}</p><dl>", escaped(name), about(&schema));
        for (field, value) in schema["properties"].as_object().into_iter().flatten() {
            let _ = write!(out, "<dt><code>{}</code></dt><dd>{}</dd>", escaped(field), about(value));
        }
        out.push_str("</dl></section>");
    }
    out
}

fn draw_kinds() -> String {
    let mut rows = String::new();
    for kind in kinds::ALL {
        let _ = write!(
            rows,
            "<tr id=\"{code}\"><td><code>{code}</code></td><td>{status}</td><td>{zh}</td><td>{en}</td></tr>",
            code = escaped(kind.code),
            status = kind.status,
            zh = escaped(kind.zh),
            en = escaped(kind.en),
        );
    }
    for (kind, zh, en) in promises::kinds::all() {
        let _ = write!(
            rows,
            "<tr id=\"{code}\"><td><code>{code}</code></td><td>{status}</td><td>{zh}</td><td>{en}</td></tr>",
            code = escaped(kind.code),
            status = kind.status,
            zh = escaped(&zh),
            en = escaped(&en),
        );
    }
    rows
}

/// Text that can stand in HTML, in an attribute too.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
