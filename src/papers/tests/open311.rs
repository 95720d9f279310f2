//! Open311: names and lists of the specification, in both forms; filters.

use serde_json::{Value, json};

use super::{AT, zone};
use crate::open311::{self, Discovery, Fault, Filter, Format, MOST_IDS, Request, Service};

pub(super) fn services() -> Vec<Service> {
    vec![Service {
        code: "033".to_owned(),
        name: "路灯 <故障> & 报修".to_owned(),
        description: "路灯不亮、损坏".to_owned(),
        keywords: vec!["路灯".to_owned(), "照明".to_owned()],
        group: "住建局".to_owned(),
    }]
}

pub(super) fn requests() -> Vec<Request> {
    let open = Request {
        id: "202603020017".to_owned(),
        status_notes: "住建局办理中".to_owned(),
        service_code: Some("033".to_owned()),
        service_name: Some("路灯报修".to_owned()),
        agency: Some("住建局".to_owned()),
        requested_at: AT,
        updated_at: AT + 60_000,
        expected_at: Some(AT + 86_400_000),
        place: Some((37.5, 121.25)),
        ..Request::default()
    };
    let closed = Request {
        id: "202603020025".to_owned(),
        closed: true,
        expected_at: None,
        place: None,
        ..open.clone()
    };
    vec![open, closed]
}

pub(super) fn discovery() -> Discovery {
    Discovery {
        changed_at: AT,
        contact: "89000".to_owned(),
        url: "https://hotline.example.org/open311/v2".to_owned(),
    }
}

fn xml(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap();
    text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap().to_owned()
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn requests_are_as_the_specification_has_them() {
    let text = xml(open311::requests(&requests()[..1], &zone(), Format::Xml).unwrap());
    assert_eq!(
        text,
        "<service_requests><request><service_request_id>202603020017</service_request_id><status>open</status>\
         <status_notes>住建局办理中</status_notes><service_name>路灯报修</service_name><service_code>033</service_code>\
         <description/><agency_responsible>住建局</agency_responsible><service_notice/>\
         <requested_datetime>2026-03-02T09:15:00+08:00</requested_datetime>\
         <updated_datetime>2026-03-02T09:16:00+08:00</updated_datetime>\
         <expected_datetime>2026-03-03T09:15:00+08:00</expected_datetime><address/><address_id/><zipcode/>\
         <lat>37.5</lat><long>121.25</long><media_url/></request></service_requests>"
    );
    let both = json_of(&open311::requests(&requests(), &zone(), Format::Json).unwrap());
    assert_eq!(
        both[1],
        json!({
            "service_request_id": "202603020025", "status": "closed", "status_notes": "住建局办理中",
            "service_name": "路灯报修", "service_code": "033", "description": null, "agency_responsible": "住建局",
            "service_notice": null, "requested_datetime": "2026-03-02T09:15:00+08:00",
            "updated_datetime": "2026-03-02T09:16:00+08:00", "expected_datetime": null, "address": null,
            "address_id": null, "zipcode": null, "lat": null, "long": null, "media_url": null,
        })
    );
}

#[test]
fn services_and_discovery_are_as_the_specification_has_them() {
    assert_eq!(
        xml(open311::services(&services(), Format::Xml).unwrap()),
        "<services><service><service_code>033</service_code><service_name>路灯 &lt;故障&gt; &amp; 报修</service_name>\
         <description>路灯不亮、损坏</description><metadata>false</metadata><type>realtime</type>\
         <keywords>路灯,照明</keywords><group>住建局</group></service></services>"
    );
    assert_eq!(json_of(&open311::services(&services(), Format::Json).unwrap())[0]["metadata"], json!(false));
    assert_eq!(
        xml(open311::definition(&services()[0], Format::Xml).unwrap()),
        "<service_definition><service_code>033</service_code><attributes></attributes></service_definition>"
    );
    assert_eq!(
        xml(open311::discovery(&discovery(), &zone(), Format::Xml).unwrap()),
        "<discovery><changeset>2026-03-02T09:15:00+08:00</changeset><contact>89000</contact>\
         <key_service>89000</key_service><endpoints><endpoint>\
         <specification>http://wiki.open311.org/GeoReport_v2</specification>\
         <url>https://hotline.example.org/open311/v2</url><changeset>2026-03-02T09:15:00+08:00</changeset>\
         <type>production</type><formats><format>text/xml</format><format>application/json</format></formats>\
         </endpoint></endpoints></discovery>"
    );
    let is = json_of(&open311::discovery(&discovery(), &zone(), Format::Json).unwrap());
    assert_eq!(is["endpoints"][0]["formats"], json!(["text/xml", "application/json"]));
}

#[test]
fn errors_are_a_list_with_code_and_words() {
    let fault = [Fault { code: 404, description: "no such <request>".to_owned() }];
    assert_eq!(
        xml(open311::errors(&fault, Format::Xml).unwrap()),
        "<errors><error><code>404</code><description>no such &lt;request&gt;</description></error></errors>"
    );
    let list = json_of(&open311::errors(&fault, Format::Json).unwrap());
    assert_eq!(list, json!([{ "code": 404, "description": "no such <request>" }]));
}

#[test]
fn names_say_their_form() {
    assert_eq!(Format::split("requests.json"), Some(("requests", Format::Json)));
    assert_eq!(Format::split("202603020017.xml"), Some(("202603020017", Format::Xml)));
    assert_eq!(Format::split("requests"), None);
}

#[test]
fn a_question_without_dates_is_about_ninety_days() {
    const DAY: i64 = 86_400_000;
    let read = |arguments: &[(&'static str, &'static str)]| Filter::read(arguments.iter().copied(), AT);
    let plain = read(&[("jurisdiction_id", "x"), ("api_key", "y")]).unwrap();
    assert_eq!((plain.from, plain.until, plain.closed), (AT - 90 * DAY, AT, None));
    let from = read(&[("start_date", "2026-02-28T00:00:00 08:00"), ("status", "closed")]).unwrap();
    assert_eq!((from.until, from.closed), (AT, Some(true)));
    let old = read(&[("start_date", "2025-01-01T00:00:00Z")]).unwrap();
    assert_eq!(old.until - old.from, 90 * DAY);
    let until = read(&[("end_date", "2025-06-01T00:00:00Z"), ("status", "open,closed")]).unwrap();
    assert_eq!((until.until - until.from, until.closed), (90 * DAY, None));
    let named =
        read(&[("service_request_id", "1, 2"), ("service_request_id", "3"), ("service_code", "033,")])
            .unwrap();
    assert_eq!((named.ids, named.codes), (["1", "2", "3"].map(str::to_owned).into(), vec!["033".to_owned()]));
}

#[test]
fn faults_of_a_question_are_all_told() {
    let many = vec!["1"; MOST_IDS + 1].join(",");
    let told = Filter::read(
        [
            ("status", "new"),
            ("start_date", "yesterday"),
            ("end_date", "2026-03-02"),
            ("service_request_id", &many),
        ],
        AT,
    );
    let told = told.unwrap_err();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.iter().all(|fault| fault.code == 400));
    for (from, until) in
        [("2026-01-01T00:00:00Z", "2026-04-02T00:00:00Z"), ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z")]
    {
        assert_eq!(Filter::read([("start_date", from), ("end_date", until)], AT).unwrap_err().len(), 1);
    }
}
