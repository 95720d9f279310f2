//! Open311 GeoReport v2, the part that reads: discovery, services, requests, errors, each as XML and as JSON.
//!
//! Names, lists and moments are as <https://wiki.open311.org/GeoReport_v2> and <https://wiki.open311.org/Service_Discovery>
//! have them. Requests can't be posted here: citizens call.

mod filter;
mod tree;

pub use filter::{Filter, MOST_CODES, MOST_IDS, MOST_REQUESTS, SPAN_DAYS};

use crate::error::PapersError;
use crate::zone::Zone;
use tree::Tree;

/// The two forms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `.xml`
    Xml,
    /// `.json`
    Json,
}

impl Format {
    /// By the end of an address's last part: `requests.json` is `requests` as JSON.
    pub fn split(name: &str) -> Option<(&str, Self)> {
        let xml = name.strip_suffix(".xml").map(|name| (name, Self::Xml));
        xml.or_else(|| name.strip_suffix(".json").map(|name| (name, Self::Json)))
    }

    /// What the answer's header says.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// Where the interface is and who keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Discovery {
    /// When the list of services last changed, UTC ms.
    pub changed_at: i64,
    /// Whom to ask, in words.
    pub contact: String,
    /// The address of the interface: `https://hotline.example.org/open311/v2`.
    pub url: String,
}

/// A matter that citizens bring.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Words by which it is found.
    pub keywords: Vec<String>,
    /// The unit or field that it belongs to.
    pub group: String,
}

/// A case as the public may see it. Whoever fills this in takes care that nothing personal is in it: no content of the case,
/// no name, no place of a person.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Request {
    /// The case's number.
    pub id: String,
    /// Closed only when it is archived.
    pub closed: bool,
    /// What stage it is in, in words.
    pub status_notes: String,
    /// Its service, when one was named.
    pub service_code: Option<String>,
    /// The service's name.
    pub service_name: Option<String>,
    /// Words for the public.
    pub description: Option<String>,
    /// The unit.
    pub agency: Option<String>,
    /// When the citizen called, UTC ms.
    pub requested_at: i64,
    /// When it last changed, UTC ms.
    pub updated_at: i64,
    /// When it is due, UTC ms.
    pub expected_at: Option<i64>,
    /// Where, WGS 84: latitude and longitude.
    pub place: Option<(f64, f64)>,
}

/// What is wrong with a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The HTTP status: 400, 404.
    pub code: u16,
    /// In words.
    pub description: String,
}

/// `discovery`.
///
/// # Errors
/// [`PapersError::Xml`], as all below.
pub fn discovery(is: &Discovery, zone: &Zone, format: Format) -> Result<Vec<u8>, PapersError> {
    let changed = || Tree::text(zone.rfc3339(is.changed_at));
    let formats = ["text/xml", "application/json"].map(Tree::text).into();
    let endpoint = Tree::Map(vec![
        ("specification", Tree::text("http://wiki.open311.org/GeoReport_v2")),
        ("url", Tree::text(&*is.url)),
        ("changeset", changed()),
        ("type", Tree::text("production")),
        ("formats", Tree::List("format", formats)),
    ]);
    let contact = || Tree::text(&*is.contact);
    let all = Tree::Map(vec![
        ("changeset", changed()),
        ("contact", contact()),
        // No key is needed to read, and nothing else can be done.
        ("key_service", contact()),
        ("endpoints", Tree::List("endpoint", vec![endpoint])),
    ]);
    all.write("discovery", format)
}

/// `services`.
///
/// # Errors
/// As [`discovery`].
pub fn services(list: &[Service], format: Format) -> Result<Vec<u8>, PapersError> {
    let one = |service: &Service| {
        Tree::Map(vec![
            ("service_code", Tree::text(&*service.code)),
            ("service_name", Tree::text(&*service.name)),
            ("description", Tree::text(&*service.description)),
            // Nothing more is asked of the citizen than the call brings.
            ("metadata", Tree::Flag(false)),
            ("type", Tree::text("realtime")),
            ("keywords", Tree::text(service.keywords.join(","))),
            ("group", Tree::text(&*service.group)),
        ])
    };
    Tree::List("service", list.iter().map(one).collect()).write("services", format)
}

/// `services/CODE`: no attributes, for nothing more is asked.
///
/// # Errors
/// As [`discovery`].
pub fn definition(service: &Service, format: Format) -> Result<Vec<u8>, PapersError> {
    let attributes = Tree::List("attribute", Vec::new());
    let all = Tree::Map(vec![("service_code", Tree::text(&*service.code)), ("attributes", attributes)]);
    all.write("service_definition", format)
}

/// `requests`, and `requests/ID` as a list of one.
///
/// # Errors
/// As [`discovery`].
pub fn requests(list: &[Request], zone: &Zone, format: Format) -> Result<Vec<u8>, PapersError> {
    let one = |request: &Request| Tree::Map(fields(request, zone));
    Tree::List("request", list.iter().map(one).collect()).write("service_requests", format)
}

fn fields(request: &Request, zone: &Zone) -> Vec<(&'static str, Tree)> {
    let maybe = |text: &Option<String>| text.as_deref().map_or(Tree::Nothing, Tree::text);
    let moment = |at| Tree::text(zone.rfc3339(at));
    let place =
        |pick: fn((f64, f64)) -> f64| request.place.map_or(Tree::Nothing, |at| Tree::Number(pick(at)));
    vec![
        ("service_request_id", Tree::text(&*request.id)),
        ("status", Tree::text(if request.closed { "closed" } else { "open" })),
        ("status_notes", Tree::text(&*request.status_notes)),
        ("service_name", maybe(&request.service_name)),
        ("service_code", maybe(&request.service_code)),
        ("description", maybe(&request.description)),
        ("agency_responsible", maybe(&request.agency)),
        ("service_notice", Tree::Nothing),
        ("requested_datetime", moment(request.requested_at)),
        ("updated_datetime", moment(request.updated_at)),
        ("expected_datetime", request.expected_at.map_or(Tree::Nothing, moment)),
        // Addresses and pictures are a person's as often as not.
        ("address", Tree::Nothing),
        ("address_id", Tree::Nothing),
        ("zipcode", Tree::Nothing),
        ("lat", place(|(lat, _)| lat)),
        ("long", place(|(_, long)| long)),
        ("media_url", Tree::Nothing),
    ]
}

/// The body of a refusal.
///
/// # Errors
/// As [`discovery`].
pub fn errors(faults: &[Fault], format: Format) -> Result<Vec<u8>, PapersError> {
    let one = |fault: &Fault| {
        let (code, description) = (Tree::Whole(i64::from(fault.code)), Tree::text(&*fault.description));
        Tree::Map(vec![("code", code), ("description", description)])
    };
    Tree::List("error", faults.iter().map(one).collect()).write("errors", format)
}
